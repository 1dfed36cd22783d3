# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which kinds a strategy rolls out: those that can do what it needs."""

from __future__ import annotations

from collections.abc import Mapping

from .._domain.kinds import KINDS
from .._domain.workloads.kind import Kind

TAKES: Mapping[str, tuple[Kind, ...]] = {
    "rolling": KINDS,
    "recreate": tuple(kind for kind in KINDS if "Recreate" in kind.update_types),
    "blue_green": tuple(kind for kind in KINDS if kind.has_sides),
    "canary": tuple(kind for kind in KINDS if kind.pauses),
    "partition": tuple(kind for kind in KINDS if kind.takes("partition")),
    "on_delete": tuple(kind for kind in KINDS if kind.goes_pod_by_pod),
}
"""By the module's name."""
