# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the code knows of StatefulSets."""

from __future__ import annotations

from ..objects import JsonObject
from ..resources import STATEFUL_SET
from ..workload import Counts, Workload
from .kind import Kind


def _read(obj: JsonObject) -> Workload:
    return Workload.read(obj, KIND, Counts.of_replicas(obj))


KIND = Kind(resource=STATEFUL_SET, read=_read, strategy_field="updateStrategy")
