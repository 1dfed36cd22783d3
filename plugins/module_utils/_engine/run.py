# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carrying out: write what the plan says, wait for all workloads together, answer a failure as the request wants it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from .._domain.completion import standing
from .._domain.errors import RefusedError, RolloutError
from .._domain.objects import JsonObject, Ref, mapping, replaced, without
from .._domain.request import RolloutRequest
from .._domain.revisions import candidate_of, same_template, stable_of
from .._domain.steps import Edit, Step, StepState
from .._domain.workload import CHANGE_CAUSE, Revision, Snapshot, Workload
from .course import Course, await_all
from .observer import Observer
from .outcome import Outcome, Rollout, StepReport
from .plan import Plan, PlannedTarget, differences, notes
from .report import failure_of, phase_of, read_logs, with_logs
from .surroundings import Surroundings
from .verdict import deadline_exceeded
from .writer import Planned


def carry_out(request: RolloutRequest, plan: Plan, outside: Surroundings) -> Outcome:
    """The outcome of a run. Raises `RolloutError` when a write fails; a rollout that fails is an outcome, not an exception."""
    written: dict[Ref, Planned] = {planned.ref: plan.writer.execute(planned) for planned in plan.companions}
    courses: dict[Ref, Course] = {}
    for entry in plan.targets:
        ref = entry.target.ref
        written[ref] = plan.writer.execute(entry.write, cause=request.change_cause)
        courses[ref] = _course(written[ref], entry.steps[-1].done, request, outside)
    warnings: list[str] = []
    rollouts = tuple(with_logs(rollout) for rollout in _finish(request, plan, courses, written, outside, warnings))
    failures = tuple(rollout.cause for rollout in rollouts if rollout.cause)
    writes = tuple(written.values())
    return Outcome(
        changed=any(planned.changed for planned in writes) or any(_went_back(rollout) for rollout in rollouts),
        rollouts=rollouts,
        differences=differences(writes),
        notes=notes(writes),
        warnings=(*warnings, *(_not_restored(plan, writes) if any(_went_back(rollout) for rollout in rollouts) else ())),
        error="\n".join(failures),
    )


def _course(written: Planned, done: Callable[[Snapshot], bool], request: RolloutRequest, outside: Surroundings) -> Course:
    workload = Workload.of(written.after)
    course = Course(
        written.ref,
        started=outside.clock(),
        waiting=request.waiting,
        done=done,
        generation=workload.generation if written.changed else 0,
        stale=deadline_exceeded(Snapshot(Workload.of(written.before))) if written.changed and written.before is not None else None,
    )
    snapshot = Snapshot(workload)
    if standing(snapshot).done or not request.waiting.wait:
        course.look(snapshot, outside.clock())
    return course


def _finish(
    request: RolloutRequest,
    plan: Plan,
    courses: Mapping[Ref, Course],
    written: Mapping[Ref, Planned],
    outside: Surroundings,
    warnings: list[str],
) -> tuple[Rollout, ...]:
    """Wait where there is something to wait for; nothing is watched where all is done already. Takes up what the observer warns of."""

    def report(entry: PlannedTarget) -> Rollout:
        return _report(request, entry.steps, courses[entry.target.ref], written[entry.target.ref], outside)

    if not request.waiting.wait or not any(course.open for course in courses.values()):
        return tuple(report(entry) for entry in plan.targets)
    with Observer(outside.cluster, courses) as observer:
        warnings.extend(observer.warnings)
        await_all(courses.values(), observer, outside)
        rollouts = [report(entry) for entry in plan.targets]
        if request.waiting.on_failure == "rollback":
            rollouts = _roll_back(request, plan, rollouts, observer, outside)
        return tuple(rollouts)


def _report(request: RolloutRequest, steps: tuple[Step, ...], course: Course, written: Planned, outside: Surroundings) -> Rollout:
    state: StepState = "running" if course.open else ("failed" if course.failed else ("done" if written.changed else "unchanged"))
    logs = read_logs(course, outside.cluster, request.waiting)
    seconds = round((course.ended if course.ended is not None else outside.clock()) - course.started, 1)
    return Rollout(
        ref=course.ref,
        phase=phase_of(course),
        strategy=request.strategy,
        snapshot=course.snapshot,
        message=course.verdict.message,
        stable=stable_of(course.snapshot),
        candidate=candidate_of(course.snapshot),
        steps=tuple(StepReport(step.name, state, seconds) for step in steps),
        findings=course.verdict.findings,
        cause=failure_of(course, request.waiting) if course.failed else "",
        logs=logs,
    )


# --- going back ---------------------------------------------------------------------------------------------------------------


def _roll_back(request: RolloutRequest, plan: Plan, rollouts: list[Rollout], observer: Observer, outside: Surroundings) -> list[Rollout]:
    """Bring the stable template back for each workload that failed, then wait for all of them."""
    courses: dict[Ref, Course] = {}
    reports = {rollout.ref: rollout for rollout in rollouts}
    for entry in plan.targets:
        rollout = reports[entry.target.ref]
        if not rollout.cause or rollout.snapshot.workload is None:
            continue
        stable = stable_of(rollout.snapshot)
        if stable is None:
            reports[rollout.ref] = replace(rollout, cause=f"{rollout.cause} There is no earlier revision to go back to.")
            continue
        outside.progress(f"{rollout.ref}: going back to revision {stable.number}")
        edit = Edit(_bring_back(stable), _still(rollout.ref, rollout.snapshot.workload))
        try:
            planned = plan.writer.plan(entry.target.resource, rollout.ref, edit, cause=stable.change_cause)
            written = plan.writer.execute(planned, cause=stable.change_cause)
        except RolloutError as error:
            reports[rollout.ref] = replace(rollout, cause=f"{rollout.cause} Going back to revision {stable.number} failed: {error.message}")
            continue
        courses[rollout.ref] = _course(written, lambda snapshot: standing(snapshot).done, request, outside)
        reports[rollout.ref] = replace(rollout, cause=f"{rollout.cause} Went back to revision {stable.number}{_because(stable)}.")
    await_all(courses.values(), observer, outside)
    for ref, course in courses.items():
        reports[ref] = _after_going_back(reports[ref], course, request, outside)
    return [reports[rollout.ref] for rollout in rollouts]


def _bring_back(stable: Revision) -> Callable[[JsonObject], JsonObject]:
    """The edit that sets the stable template and the change cause that is true of it."""

    def edit(obj: JsonObject) -> JsonObject:
        obj = replaced(obj, ("spec", "template"), stable.template)
        if stable.change_cause:
            return replaced(obj, ("metadata", "annotations", CHANGE_CAUSE), stable.change_cause)
        return without(obj, "metadata", "annotations", CHANGE_CAUSE)

    return edit


def _still(ref: Ref, failed: Workload) -> Callable[[JsonObject], None]:
    """The demand that the template which failed is still the one: what somebody has set since is not ours to take back."""

    def demand(live: JsonObject) -> None:
        if not same_template(mapping(live, "spec", "template"), failed.template):
            raise RefusedError(f"{ref} was given another template meanwhile, which is left alone.")

    return demand


def _because(stable: Revision) -> str:
    return f" ({stable.change_cause})" if stable.change_cause else ""


def _after_going_back(rollout: Rollout, course: Course, request: RolloutRequest, outside: Surroundings) -> Rollout:
    """The report of a rollout that was given up: phase aborted when the stable template runs again, degraded when it does not."""
    seconds = round((course.ended or course.started) - course.started, 1)
    step = StepReport("rollback", "failed" if course.failed else "done", seconds)
    cause = rollout.cause
    if course.failed:
        cause += f" Going back did not finish either: {failure_of(course, request.waiting)}"
    return replace(
        rollout,
        phase="degraded" if course.failed else "aborted",
        snapshot=course.snapshot,
        message=course.verdict.message,
        stable=candidate_of(course.snapshot),
        steps=(*rollout.steps, step),
        cause=cause,
    )


def _went_back(rollout: Rollout) -> bool:
    return any(step.name == "rollback" for step in rollout.steps)


def _not_restored(plan: Plan, writes: tuple[Planned, ...]) -> tuple[str, ...]:
    """What came along was changed in place and has no revision to go back to: the user must know."""
    companions = {planned.ref for planned in plan.companions}
    changed = [str(planned.ref) for planned in writes if planned.changed and planned.before is not None and planned.ref in companions]
    if not changed:
        return ()
    return (f"The workload went back, but what was changed along with it did not: {', '.join(changed)}.",)
