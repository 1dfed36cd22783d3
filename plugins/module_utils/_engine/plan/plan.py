# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planning: what a request would change, asked from the server by dry run. Nothing here writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

from ..._domain.base.errors import ForbiddenError, InputError, RefusedError
from ..._domain.base.objects import JsonObject, Ref, flag, mapping
from ..._domain.base.ports import Cluster
from ..._domain.kinds import WORKLOADS, named, workload_of
from ..._domain.ownership.borrowed import with_everything_back
from ..._domain.request import Abort, Cause, OperationRequest, Pause, Repair, Restart, RolloutRequest, Target, Undo, Waiting
from ..._domain.steps.changes import content, news_of
from ..._domain.steps.edits import EverythingBack
from ..._domain.steps.groups import Group
from ..._domain.steps.step import NO_TERMS, Apply, Edit, Step, StepState, Terms, Write
from ..._domain.workloads.completion import standing
from ..._domain.workloads.revisions import candidate_of, foreseen, is_of
from ..._domain.workloads.workload import Pod, Snapshot
from ..._strategies import STRATEGIES, steps_of, warning_of
from ..config.configuration import NO_CONFIGURATION, Configuration, prepare
from ..hold.claimed import refuse_claimed
from ..hold.hold import refuse_held
from ..hold.idle_sides import refuse_idle_sides
from ..hold.undone import told_of_undone, version_of
from ..observe.select import is_everywhere, present, select
from ..observe.workloads import Observer
from ..outside.parallel import side_by_side
from ..outside.surroundings import Surroundings
from ..tell.outcome import Difference, Outcome, Rollout, RolloutPhase, StepReport
from ..wait.failure import strategy_of
from ..write.writer import NO_CAUSE, Planned, Writer
from .emptied import refuse_emptied, rolled

T = TypeVar("T")
U = TypeVar("U")
NOTHING_SEEN = Snapshot(None)


@dataclass(frozen=True)
class PlannedTarget:
    """One workload with its steps, and the first step's write as it would be carried out."""

    target: Target
    strategy: str
    steps: tuple[Step, ...]
    write: Planned
    before: Snapshot = NOTHING_SEEN
    """What was seen of it, where the steps follow from that."""
    seen: Snapshot = NOTHING_SEEN
    """What was seen of it for the pods that may have to be deleted, where the steps do not follow from that."""
    intent: str = ""
    """What check mode says instead of the first step's own intent."""
    outages: tuple[float, ...] | None = None
    """Seconds of earlier outages, the newest last, where the write makes another one; None where it makes none."""
    cause: Cause = NO_CAUSE
    """For the change cause of its new template."""
    terms: Terms = NO_TERMS
    """What follows from the write, as the server has answered it."""
    left: tuple[Step, ...] = ()
    """Further steps that this task does not take."""
    groups: tuple[Group, ...] = ()
    """What its steps are made of, where it goes pod by pod."""

    def is_pending(self, step: Step) -> bool:
        """Something is to be written or deleted in the step, as far as can be told from what was seen while planning."""
        if step is self.steps[0]:
            return self.write.changed or bool(_due(self, step))
        if self.write.changed:
            return True
        live = self.write.before
        writes = live is not None and isinstance(step.write, Edit) and content(step.write.edit(live)) != content(live)
        return writes or bool(_due(self, step))


@dataclass(frozen=True)
class Plotted:
    """The steps of one workload, and the first one's write as it would be carried out."""

    steps: tuple[Step, ...]
    write: Planned
    before: Snapshot = NOTHING_SEEN
    left: tuple[Step, ...] = ()
    groups: tuple[Group, ...] = ()


Plot: TypeAlias = Callable[[Target, Writer, Cause], Plotted]


@dataclass(frozen=True)
class Plan:
    """A whole task: the objects that come along, then the workloads; how they are waited for."""

    companions: tuple[Planned, ...]
    targets: tuple[PlannedTarget, ...]
    writer: Writer
    waiting: Waiting
    everywhere: bool = False
    warnings: tuple[str, ...] = ()
    configuration: Configuration = NO_CONFIGURATION
    repair: Repair = "blocking"
    """Which pods of a stuck StatefulSet a way back may delete."""
    takes_back: Cause | None = None
    """Why and by whom a version is taken back; None where that is not what the task does."""
    by_steps: bool = False
    """It goes pod by pod, and may stand between two steps."""

    @property
    def writes(self) -> tuple[Planned, ...]:
        """All writes in their order."""
        return self.companions + tuple(entry.write for entry in self.targets)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the steps and the configuration have to say, whatever becomes of them."""
        steps = tuple(
            note for entry in self.targets for note in (*(note for step in entry.steps for note in step.notes), *entry.terms.notes)
        )
        changed = (entry.write for entry in self.targets if entry.write.template_changed)
        unversioned = (self.configuration.unversioned(write.ref, mapping(write.after, "spec", "template")) for write in changed)
        return (*steps, *self.configuration.notes, *(note for found in unversioned for note in found))


def make_plan(request: RolloutRequest, outside: Surroundings, plot: Plot | None = None) -> Plan:
    """The plan for a request as the cluster is now. Raises `RolloutError` for whatever would be refused, before anything is written.

    `plot` makes the steps where they follow from what there is; else the strategy does, from the request alone.
    """
    try:
        plan = _make_plan(request, outside, plot)
    except RefusedError:
        # What blue/green has paused, say, is not to be resumed.
        refuse_claimed((target.ref for target in request.targets), outside)
        refuse_held([target.ref for target in request.targets], outside)
        raise
    refuse_claimed(touched(plan), outside)
    refuse_idle_sides(plan.writes, outside)
    plan = _undone_told(plan, request, outside)
    outage = request.strategy == "recreate"
    return _serving_on(plan, outside.cluster, outage=outage)


def _undone_told(plan: Plan, request: RolloutRequest, outside: Surroundings) -> Plan:
    """The plan that warns of versions that a person took back. Raises `RefusedError` for them on request."""
    new = (entry for entry in plan.targets if entry.write.before is not None and entry.write.template_changed)
    versions = {entry.target.ref: version_of(entry.write.after) for entry in new}
    return replace(plan, warnings=(*plan.warnings, *told_of_undone(versions, outside, refuse=request.refuse_undone)))


def _serving_on(plan: Plan, cluster: Cluster, *, outage: bool = False) -> Plan:
    """The plan with what is to be said of Services that lead to one pod. Raises `RefusedError` where one would lead to none."""
    found = [rolled(entry.write, entry.before) for entry in plan.targets]
    places = {entry.target.ref.namespace for entry in plan.targets}
    return replace(plan, warnings=(*plan.warnings, *refuse_emptied(found, places, plan.companions, cluster, outage=outage)))


def touched(plan: Plan) -> Iterator[Ref]:
    """What the plan changes: workloads, also those that it would bring back if what is on its way there fails, and what comes along."""
    yield from (planned.ref for planned in plan.companions if planned.changed)
    for entry in plan.targets:
        idle = entry.write.before is not None and standing(Snapshot(workload_of(entry.write.before))).done
        if not idle or any(entry.is_pending(step) for step in entry.steps):
            yield entry.target.ref


def _make_plan(request: RolloutRequest, outside: Surroundings, plot: Plot | None) -> Plan:
    writer = _writer(request, outside)
    writer.prefetch(request.targets)
    configuration = prepare(
        request.config,
        request.targets,
        request.companions,
        lambda target: _template(writer.look(target.resource, target.ref)),
        outside.cluster,
        application=request.targets[0].ref.name,
    )
    plots = [(target, plot or _by_request(request, target)) for target in configuration.targets]
    companions = tuple(writer.plan(entry.resource, entry.ref, Apply(entry.manifest)) for entry in configuration.companions)
    copies = tuple(copy.planned(writer) for copy in configuration.copies)

    def planned(entry: tuple[Target, Plot]) -> PlannedTarget:
        target, its_plot = entry
        cause = replace(request.cause, news=configuration.news_of(target.ref))
        plotted = its_plot(target, writer, cause)
        write, first = plotted.write, plotted.steps[0]
        steps = plotted.steps if request.strategy == "on_delete" else _giving_back(plotted.steps, write)
        _refuse_paused(write, target, outside.cluster)
        terms = first.terms(write.before, write.after) if first.terms is not None else NO_TERMS
        left, groups = plotted.left, plotted.groups
        return PlannedTarget(target, request.strategy, steps, write, plotted.before, cause=cause, terms=terms, left=left, groups=groups)

    targets = tuple(side_by_side(planned, plots))
    warnings = tuple(warning for entry in targets for warning in entry.terms.warnings)
    return Plan(
        (*companions, *copies),
        targets,
        writer,
        request.waiting,
        warnings=warnings,
        configuration=configuration,
        repair=request.limits.repair,
    )


def _writer(request: RolloutRequest | OperationRequest, outside: Surroundings) -> Writer:
    approved = bool(outside.approved.expected)
    return Writer(outside.cluster, guard=outside.guard, take_ownership=request.take_ownership, wrote=outside.wrote, approved=approved)


def _by_request(request: RolloutRequest, target: Target) -> Plot:
    steps = STRATEGIES[request.strategy](target, request.limits)
    return lambda its, writer, cause: Plotted(steps, writer.plan(its.resource, its.ref, _first_write(steps), cause=cause))


def _giving_back(steps: tuple[Step, ...], write: Planned) -> tuple[Step, ...]:
    """The steps, and one more where a task that was broken off has left something borrowed that the first write does not give back."""
    if write.resource.kind not in WORKLOADS or content(with_everything_back(write.after)) == content(write.after):
        return steps
    what = named(write.ref.kind).lends
    own = "own limits" if what == "limits" else "own update strategy"
    note = f"{write.ref} gets its {own} back, which a task that was broken off had changed"
    return (*steps, Step(what, Edit(EverythingBack(), single=True), steps[-1].done, notes=(note,)))


def _template(obj: JsonObject | None) -> JsonObject | None:
    return None if obj is None else mapping(obj, "spec", "template")


def plan_operation(request: OperationRequest, outside: Surroundings) -> Plan:
    """The plan of an operation on workloads that are there. Raises as `make_plan`: one that is refused refuses the whole task."""
    operation, selection = request.operation, request.selection
    writer = _writer(request, outside)
    found = select(selection, outside.cluster)
    refuse_claimed((target.ref for target in found), outside)
    everywhere = is_everywhere(selection)
    with Observer(outside.cluster, [target.ref for target in found], follow=False, everywhere=everywhere) as observer:
        snapshots = present(observer, found, selection, outside.cluster)
    if observer.warnings and not isinstance(operation, Pause):
        raise ForbiddenError(observer.warnings[0], status=403)
    targets = [target for target in found if target.ref in snapshots]
    try:
        steps = _all_or_none(lambda target: steps_of(operation, target, snapshots[target.ref]), targets)
    except RefusedError:
        refuse_held([target.ref for target in targets], outside)
        raise
    cause = NO_CAUSE if isinstance(operation, Pause) else operation.cause
    writer.prefetch(targets)
    writes = _all_or_none(
        lambda entry: writer.plan(entry[0].resource, entry[0].ref, _first_write(entry[1]), cause=cause), zip(targets, steps, strict=True)
    )
    if not isinstance(operation, Restart):  # Which gives its own limits back.
        steps = [_giving_back(its_steps, write) for its_steps, write in zip(steps, writes, strict=True)]
    planned = tuple(
        PlannedTarget(target, strategy_of(snapshots[target.ref]), its_steps, write, snapshots[target.ref], cause=cause)
        for target, its_steps, write in zip(targets, steps, writes, strict=True)
    )
    warnings = tuple(filter(None, (warning_of(operation, target, snapshots[target.ref]) for target in targets)))
    takes_back = operation.cause if isinstance(operation, Undo | Abort) and operation.remember else None
    plan = Plan((), planned, writer, request.waiting, everywhere, (*observer.warnings, *warnings), takes_back=takes_back)
    refuse_idle_sides(plan.writes, outside)
    return _serving_on(plan, outside.cluster)


def _all_or_none(make: Callable[[U], T], entries: Iterable[U]) -> list[T]:
    """What `make` makes of each; when some are refused, one error that names them all."""

    def tried(entry: U) -> T | InputError | RefusedError:
        try:
            return make(entry)
        except (InputError, RefusedError) as error:
            return error

    made = side_by_side(tried, entries)
    refusals = [entry.message for entry in made if isinstance(entry, InputError | RefusedError)]
    if refusals:
        raise RefusedError("\n".join(refusals))
    return [entry for entry in made if not isinstance(entry, InputError | RefusedError)]


def preview(plan: Plan) -> Outcome:
    """The outcome of check mode: what would change, from the plan alone."""
    found = {entry.target.ref: _doomed(entry) if plan.waiting.wait else () for entry in plan.targets}
    doomed = tuple(f"{ref}: would delete {', '.join(names)}, to be made anew" for ref, names in found.items() if names)
    further = any(entry.is_pending(step) for entry in plan.targets for step in entry.steps)
    return Outcome(
        changed=any(planned.changed for planned in plan.writes) or bool(doomed) or further,
        rollouts=tuple(_preview(entry, deletes=bool(found[entry.target.ref])) for entry in plan.targets),
        differences=differences(plan.writes),
        notes=plan.notes + notes(plan.writes) + doomed,
        warnings=plan.warnings,
        copies=plan.configuration.copies,
    )


def differences(writes: tuple[Planned, ...]) -> tuple[Difference, ...]:
    """Before and after of each write that changes something."""
    return tuple(Difference(planned.ref, planned.before or planned.former, planned.after) for planned in writes if planned.changed)


def notes(writes: tuple[Planned, ...]) -> tuple[str, ...]:
    """What the writes have to say, in their order, and which of them the server could not be asked about."""
    unasked: dict[str, list[str]] = {}
    for planned in writes:
        if planned.needs:
            unasked.setdefault(planned.needs, []).append(str(planned.ref))
    said = (f"{', '.join(refs)} could not be checked, as {needed} comes with the same definition" for needed, refs in unasked.items())
    return (*(note for planned in writes for note in planned.notes), *said)


def may_be_in_the_way(entry: PlannedTarget) -> bool:
    """Something may have to be over before the first step is written."""
    return entry.steps[0].before is not None and entry.write.before is not None and entry.write.template_changed


def obstacle(entry: PlannedTarget, observer: Observer) -> str:
    """What must be over before the first step is written, in a sentence; empty when nothing is in the way."""
    ref, before = entry.target.ref, entry.steps[0].before
    found = before(observer.snapshot(ref), workload_of(entry.write.after)) if before is not None else ""
    return f"{ref}: {found}" if found else ""


def in_the_way(found: str, waiting: Waiting) -> RefusedError:
    """The error for an obstacle that does not go away in time."""
    later = "wait until that is over and run the task again" if waiting.wait else "set wait: true, or run the task again later"
    return RefusedError(f"{found}. Nothing was written; {later}.")


def require_pod_access(observer: Observer) -> None:
    """Raise `ForbiddenError` where the pods cannot be seen."""
    if observer.warnings:
        raise ForbiddenError(f"{observer.warnings[0]} Without that nobody can tell when the old pods are gone.", status=403)


def _due(entry: PlannedTarget, step: Step) -> tuple[Pod, ...]:
    """The pods that an earlier run has left to be replaced; those of a write that is yet to come are not known before it."""
    return step.replacement.due(entry.before) if step.replacement is not None and not entry.write.changed else ()


def _doomed(entry: PlannedTarget) -> tuple[str, ...]:
    """The pods that are deleted because they are in the way, or that an earlier run has left to be replaced, as they are told."""
    replacement, before = entry.steps[0].replacement, entry.before
    if replacement is None:
        return ()
    if replacement.why is not None:
        before = foreseen(entry.seen if before.workload is None else before, workload_of(entry.write.after))
    elif entry.write.changed:
        return ()  # Which ones go is not known before the write.
    return replacement.told(before, replacement.due(before))


def _preview(entry: PlannedTarget, *, deletes: bool) -> Rollout:
    planned = entry.write
    before = Snapshot(workload_of(planned.before)) if planned.before is not None else Snapshot(None)
    state = standing(before if entry.before.workload is None else entry.before)
    goes_on = any(entry.is_pending(step) for step in entry.steps[1:]) and not planned.changed
    phase: RolloutPhase = "pending" if planned.changed or goes_on else state.phase
    if goes_on or planned.template_changed or entry.terms.replaces_pods or (planned.changed and entry.before.workload is not None):
        message = f"would be {entry.intent or entry.steps[0].intent}{_news(planned)}"
    else:
        message = "would be changed without a rollout" if planned.changed else state.message
    reports = tuple(_ahead(entry, step, deletes=deletes) for step in entry.steps) + tuple(report_of(step, "pending") for step in entry.left)
    after = Snapshot(workload_of(planned.after), entry.before.revisions, entry.before.pods)
    unchanged = "" if planned.changed or goes_on or deletes else entry.steps[0].unchanged
    return Rollout(entry.target.ref, phase, entry.strategy, after, message, steps=reports, unchanged=unchanged)


def _news(planned: Planned) -> str:
    """What changes in the template, as the end of a sentence."""
    if planned.before is None or not planned.template_changed:
        return ""
    found = news_of(mapping(planned.before, "spec", "template"), mapping(planned.after, "spec", "template"))
    return f", {found}" if found else ""


def _ahead(entry: PlannedTarget, step: Step, *, deletes: bool) -> StepReport:
    """A step that would change something, or that comes after one; a step with pods of its own is ahead only if some of them are to be
    replaced or waited for, whatever else is written."""
    if step.pods and entry.before.workload is not None:
        return report_of(step, "pending" if _has_old_pods(entry, step) else "unchanged")
    return report_of(step, "pending" if deletes or entry.is_pending(step) else "unchanged")


def _has_old_pods(entry: PlannedTarget, step: Step) -> bool:
    """Some pods of the step do not run what is wanted, or are not ready."""
    coming = foreseen(entry.before, workload_of(entry.write.after))
    goal = candidate_of(coming)
    names = step.pods or ()
    here = [pod for pod in coming.pods if pod.ref.name in names and pod.ready and not pod.terminating]
    return goal is None or len(here) < len(names) or not all(is_of(pod, goal) for pod in here)


def report_of(step: Step, state: StepState, seconds: float = 0.0) -> StepReport:
    """A step in the report."""
    return StepReport(step.name, state, seconds, step.pods, step.nodes)


def _first_write(steps: tuple[Step, ...]) -> Write:
    """The write that brings the template. Raises `ValueError` for a strategy whose first step has none: a fault in its table."""
    if steps[0].write is None:
        raise ValueError(f"The first step {steps[0].name} of a strategy writes nothing.")
    return steps[0].write


def _refuse_paused(planned: Planned, target: Target, cluster: Cluster) -> None:
    """Raise `RefusedError` for a paused Deployment, which rolls no new template out, unless what is wanted runs already."""
    if not workload_of(planned.after).paused:
        return
    if planned.before is None:
        raise RefusedError(f"{planned.ref} would be created paused, so nothing would be rolled out; take paused out of the definition.")
    is_paused = workload_of(planned.before).paused
    if planned.template_changed or not is_paused or not _runs(target, cluster):
        if target.manifest is not None and flag(target.manifest, "spec", "paused"):
            resume = ", and resume it (module resume)" if is_paused else ""
            raise RefusedError(
                f"{planned.ref}: spec.paused is true in the definition, so nothing would be rolled out; take it out of there{resume}."
            )
        raise RefusedError(
            f"{planned.ref} is paused, so nothing would be rolled out; resume it first (module resume), or write paused: false into the "
            "definition."
        )


def _runs(target: Target, cluster: Cluster) -> bool:
    """Return whether all pods of a workload run its template. Of a paused one only its revisions tell."""
    with Observer(cluster, [target.ref], follow=False) as observer:
        return standing(observer.snapshot(target.ref)).done
