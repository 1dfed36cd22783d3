# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planning: what a request would change, asked from the server by dry run. Nothing here writes."""

from __future__ import annotations

from dataclasses import dataclass

from .._domain.completion import standing
from .._domain.errors import RefusedError
from .._domain.request import RolloutRequest, Target
from .._domain.steps import Apply, Step, StepState, Write
from .._domain.workload import Snapshot, Workload
from .._strategies import STRATEGIES
from .outcome import Difference, Outcome, Rollout, RolloutPhase, StepReport
from .surroundings import Surroundings
from .writer import Planned, Writer


@dataclass(frozen=True)
class PlannedTarget:
    """One workload with the steps of its strategy and the first step's write as it would be carried out."""

    target: Target
    steps: tuple[Step, ...]
    write: Planned


@dataclass(frozen=True)
class Plan:
    """A whole task: the objects that come along, then the workloads."""

    companions: tuple[Planned, ...]
    targets: tuple[PlannedTarget, ...]
    writer: Writer

    @property
    def writes(self) -> tuple[Planned, ...]:
        """All writes in their order."""
        return self.companions + tuple(entry.write for entry in self.targets)


def make_plan(request: RolloutRequest, outside: Surroundings) -> Plan:
    """The plan for a request as the cluster is now. Raises `RolloutError` for whatever would be refused, before anything is written."""
    writer = Writer(outside.cluster, guard=outside.guard, take_ownership=request.take_ownership)
    steps_of = STRATEGIES[request.strategy]
    steps = [(target, steps_of(target, request.limits)) for target in request.targets]
    companions = tuple(writer.plan(entry.resource, entry.ref, Apply(entry.manifest)) for entry in request.companions)
    targets = []
    for target, its_steps in steps:
        planned = writer.plan(target.resource, target.ref, _first_write(its_steps), cause=request.change_cause)
        _refuse_paused(planned)
        targets.append(PlannedTarget(target, its_steps, planned))
    return Plan(companions, tuple(targets), writer)


def preview(request: RolloutRequest, plan: Plan) -> Outcome:
    """The outcome of check mode: what would change, from the plan alone."""
    return Outcome(
        changed=any(planned.changed for planned in plan.writes),
        rollouts=tuple(_preview(request, entry) for entry in plan.targets),
        differences=differences(plan.writes),
        notes=notes(plan.writes),
    )


def differences(writes: tuple[Planned, ...]) -> tuple[Difference, ...]:
    """Before and after of each write that changes something."""
    return tuple(Difference(planned.ref, planned.before, planned.after) for planned in writes if planned.changed)


def notes(writes: tuple[Planned, ...]) -> tuple[str, ...]:
    """What the writes have to say, in their order."""
    return tuple(note for planned in writes for note in planned.notes)


def _preview(request: RolloutRequest, entry: PlannedTarget) -> Rollout:
    planned = entry.write
    before = Snapshot(Workload.of(planned.before)) if planned.before is not None else Snapshot(None)
    state = standing(before)
    phase: RolloutPhase = "pending" if planned.changed else state.phase
    if planned.template_changed:
        message = "would be rolled out"
    else:
        message = "would be changed without a rollout" if planned.changed else state.message
    step: StepState = "pending" if planned.changed else "unchanged"
    reports = tuple(StepReport(its.name, step) for its in entry.steps)
    return Rollout(entry.target.ref, phase, request.strategy, Snapshot(Workload.of(planned.after)), message, steps=reports)


def _first_write(steps: tuple[Step, ...]) -> Write:
    """The write that brings the template. Raises `ValueError` for a strategy whose first step has none: a fault in its table."""
    if steps[0].write is None:
        raise ValueError(f"The first step {steps[0].name} of a strategy writes nothing.")
    return steps[0].write


def _refuse_paused(planned: Planned) -> None:
    """A paused Deployment takes a new template and rolls nothing out: say so instead of waiting for ever."""
    if not Workload.of(planned.after).paused:
        return
    if planned.before is None:
        raise RefusedError(f"{planned.ref} would be created paused, so nothing would be rolled out; take paused out of the definition.")
    if planned.template_changed or not standing(Snapshot(Workload.of(planned.before))).done:
        raise RefusedError(
            f"{planned.ref} is paused, so nothing would be rolled out; resume it first (kubectl rollout resume), or write paused: false "
            "into the definition."
        )
