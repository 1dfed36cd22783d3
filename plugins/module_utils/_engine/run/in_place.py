# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changing workloads in place, while nobody else works on them: plan, refuse, hold, carry out, remember."""

from __future__ import annotations

from dataclasses import replace

from ..._domain.request import Abort, OperationRequest, Ours, RolloutRequest, Undo
from ..hold.hold import Extents, extents_of, holding
from ..outside.surroundings import Surroundings
from ..plan.admission import demand_admission
from ..plan.approval import refuse_other
from ..plan.in_place import InPlace
from ..plan.plan import Plan, make_plan, plan_operation, preview, touched
from ..plan.stepping import refuse_on_their_way, settle_steps, steps_at_the_start, with_theirs
from ..plan.taken_back import settle_undone, undone_at_the_start
from ..tell.outcome import Outcome, Rollout
from .run import carry_out, seconds_of


def roll_out(request: RolloutRequest, special: InPlace, ours: Ours, outside: Surroundings, *, check: bool) -> Outcome:
    """Carry a request out, or in check mode tell what it would do.

    Raises as `make_plan`, `carry_out` and `holding`: then nothing was written.
    """
    plot = special.plot(request, outside) if special.plot is not None else None
    plan = special.seen(make_plan(request, outside, plot), outside, check)
    refuse_other(plan, request, outside)
    refuse_on_their_way(plan, outside, request if special.by_steps else None)
    return _carried_out(replace(plan, by_steps=special.by_steps), special, ours, outside, check=check)


def operate(request: OperationRequest, special: InPlace, ours: Ours, outside: Surroundings, *, check: bool) -> Outcome:
    """As `roll_out`, for an operation on workloads that are there."""
    plan = plan_operation(request, outside)
    refuse_other(plan, request, outside)
    if not isinstance(request.operation, Undo | Abort):  # They give up what is on its way.
        refuse_on_their_way(plan, outside)
    return _carried_out(plan, special, ours, outside, check=check)


def _carried_out(plan: Plan, special: InPlace, ours: Ours, outside: Surroundings, *, check: bool) -> Outcome:
    refs = [entry.target.ref for entry in plan.targets]

    def named(rollout: Rollout) -> Rollout:
        _namespace, application = next(iter(extents_of([rollout.ref], ours.application, refs)))
        return replace(rollout, application=application)

    outcome = _done(plan, special, ours, outside, check=check)
    return replace(outcome, rollouts=tuple(map(named, outcome.rollouts)))


def _done(plan: Plan, special: InPlace, ours: Ours, outside: Surroundings, *, check: bool) -> Outcome:
    demand_admission(plan, outside.cluster)
    if check:
        plan = special.waits_first(special.announced(plan, outside), outside)
        return special.told(special.previewed(preview(plan), plan), plan)
    outside.measurement.allow(seconds_of(plan, outside.gates))
    extents = special.extents(with_theirs(extents_for(plan, ours), plan, outside), plan)
    if not extents:
        # It only looks on, and holds nothing.
        return special.told(carry_out(plan, outside), plan)
    make_namespaces(plan, extents)
    begun, undone = steps_at_the_start(plan, extents, outside, ours.user), undone_at_the_start(plan, extents, outside, ours.user)
    notes = {place: {**begun.get(place, {}), **undone.get(place, {})} for place in extents}
    with holding(extents, outside, ours.holder, optional=special.optional, notes=notes) as hold:
        plan = special.announced(plan, outside)
        outcome = special.told(carry_out(plan, replace(outside, tell=hold.tell)), plan)
        # What raises has not written to any workload yet.
        hold.confirm()
        settle_steps(plan, outcome, hold, extents)
        settle_undone(plan, outcome, hold, extents)
        outcome = special.remembered(outcome, plan, hold)
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
