# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One file a strategy: pure functions from a request's target to steps. Imports `_domain` only.

A new strategy is one file and one line in this table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .._domain.request import Limits, Target
from .._domain.steps import Step
from . import rolling

STRATEGIES: Mapping[str, Callable[[Target, Limits], tuple[Step, ...]]] = {
    "rolling": rolling.steps,
}
