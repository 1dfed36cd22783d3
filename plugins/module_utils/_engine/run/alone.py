# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carrying a plan out while nobody else works on its objects."""

from __future__ import annotations

from dataclasses import replace

from ..._domain.request import Ours
from ..hold.hold import Extents, extents_of, holding
from ..outside.surroundings import Surroundings
from ..plan.plan import Plan, touched
from ..plan.stepping import settle_steps, steps_at_the_start, with_theirs
from ..plan.taken_back import settle_undone, undone_at_the_start
from ..tell.outcome import Outcome
from .run import carry_out


def carry_out_alone(plan: Plan, ours: Ours, outside: Surroundings, *, optional: bool = False) -> Outcome:
    """The outcome of a run that holds the Leases of what it changes. One that only looks on holds nothing.

    Raises as `carry_out` and `holding`. Who may not write Leases goes on without, with a warning, if they are `optional`.
    """
    extents = with_theirs(extents_for(plan, ours), plan, outside)
    if not extents:
        return carry_out(plan, outside)
    make_namespaces(plan, extents)
    begun, undone = steps_at_the_start(plan, extents, outside, ours.user), undone_at_the_start(plan, extents, outside, ours.user)
    notes = {place: {**begun.get(place, {}), **undone.get(place, {})} for place in extents}
    with holding(extents, outside, ours.holder, optional=optional, notes=notes) as hold:
        outcome = carry_out(plan, replace(outside, tell=hold.tell))
        # What raises has not written to any workload yet.
        hold.confirm()
        settle_steps(plan, outcome, hold, extents)
        settle_undone(plan, outcome, hold, extents)
    return replace(outcome, warnings=(*hold.warnings, *outcome.warnings))


def extents_for(plan: Plan, ours: Ours) -> Extents:
    """What is to be held for a plan; nothing where it has nothing to write, and will not have if what is on its way fails."""
    pending = any(entry.is_pending(step) for entry in plan.targets for step in entry.steps)
    if not pending and not any(planned.changed for planned in plan.companions) and plan.waiting.on_failure == "hold":
        return {}
    return extents_of(touched(plan), ours.application, [entry.target.ref for entry in plan.targets])


def make_namespaces(plan: Plan, extents: Extents) -> None:
    """Make the namespaces that come along, as the Leases lie in them."""
    names = {namespace for namespace, _application in extents}
    for planned in plan.companions:
        if planned.ref.kind == "Namespace" and planned.before is None and planned.ref.name in names:
            plan.writer.execute(planned)
