# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is special of one way to change workloads in place: a value of functions, which the one run of them all calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..._domain.request import RolloutRequest
from ..hold.hold import Extents, Hold
from ..outside.surroundings import Surroundings
from ..tell.outcome import Outcome
from .plan import Plan, Plot


def _as_planned(plan: Plan, _outside: Surroundings) -> Plan:
    return plan


def _as_told(outcome: Outcome, _plan: Plan) -> Outcome:
    return outcome


def _alone(extents: Extents, _plan: Plan) -> Extents:
    return extents


def _nothing(outcome: Outcome, _plan: Plan, _hold: Hold) -> Outcome:
    return outcome


@dataclass(frozen=True)
class InPlace:
    """What is special of a strategy that changes workloads in place, and of an operation on them. The defaults are for nothing special."""

    plot: Callable[[RolloutRequest, Surroundings], Plot] | None = None
    """Returns what makes the steps from what there is; None where they follow from the request alone."""
    by_steps: bool = False
    """It goes pod by pod, may stand between two steps, and keeps its workload until it is done."""
    optional: bool = False
    """Who may not write Leases goes on without, with a warning."""
    seen: Callable[[Plan, Surroundings, bool], Plan] = lambda plan, _outside, _check: plan
    """Returns the plan with what must be seen before the first write; the last argument: in check mode."""
    announced: Callable[[Plan, Surroundings], Plan] = _as_planned
    """Returns the plan with what is said beforehand. Called before check mode's preview, and once more when the Leases are held."""
    waits_first: Callable[[Plan, Surroundings], Plan] = _as_planned
    """Returns the plan that says in check mode what would be waited for first. Raises what the run would raise."""
    extents: Callable[[Extents, Plan], Extents] = _alone
    """Returns what is to be held, with what is held besides the workloads."""
    previewed: Callable[[Outcome, Plan], Outcome] = _as_told
    """Returns the outcome of check mode with what the strategy shows of its plan."""
    told: Callable[[Outcome, Plan], Outcome] = _as_told
    """Returns the outcome with what the strategy has to say of it."""
    remembered: Callable[[Outcome, Plan, Hold], Outcome] = _nothing
    """Stores what is to be remembered, while the Leases are held; returns the outcome with what went wrong in that."""


OPERATION = InPlace(optional=True)
"""An operation, of which nothing is special."""
