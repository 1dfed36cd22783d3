# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether blue/green rolls out what a task is about, or a canary has it on its way."""

from __future__ import annotations

from ..._domain.canary.course import CANARY
from ..._domain.kinds import TWO_SIDED
from ..._engine.outside.surroundings import Surroundings
from ..._engine.read import on_its_way, promotions
from .call import Call, selection_in


def two_sided(call: Call, outside: Surroundings) -> str:
    """The name of the application that the task is about, where blue/green rolls that out; else empty."""
    name = call.parameters.get("name")
    if not name or call.parameters.get("kind") not in (None, *TWO_SIDED):
        return ""
    selection_in(call)  # It refuses what is no name.
    return name if promotions.is_blue_green(call.parameters.get("namespace") or call.namespace, name, outside) else ""


def has_canary(call: Call, outside: Surroundings) -> bool:
    """Whether the one workload that the task names has a canary on its way."""
    name = call.parameters.get("name")
    if not name or call.parameters.get("kind") not in (None, *TWO_SIDED):
        return False
    selection_in(call)  # It refuses what is no name.
    return on_its_way.strategy_of(call.parameters.get("namespace") or call.namespace, name, outside) == CANARY
