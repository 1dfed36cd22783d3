# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Only looking: the state of workloads now, their history, and waiting for what somebody else started. Nothing here writes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from ..._domain.base.errors import ForbiddenError
from ..._domain.base.objects import JsonObject, Ref, text
from ..._domain.history import entries, numbered
from ..._domain.leases.claim import Judged
from ..._domain.ownership.borrowed import told
from ..._domain.request import HistoryRequest, Selection, WatchRequest
from ..._domain.sides.claims import claim_of, is_readable
from ..._domain.steps.goals import GOALS, old_pods_gone
from ..._domain.workloads.completion import standing
from ..._domain.workloads.diagnosis import diagnose
from ..._domain.workloads.revisions import candidate_of, newest_besides, observed, stable_of
from ..._domain.workloads.workload import Snapshot
from ..observe.select import is_everywhere, present, select
from ..observe.workloads import Observer
from ..outside.surroundings import Surroundings
from ..tell.outcome import Outcome, Rollout
from ..wait.course import Course
from ..wait.course_track import await_all
from ..wait.failure import failure_of, phase_of, read_logs, strategy_of, with_logs


def status(request: WatchRequest, outside: Surroundings, *, judged: bool = True) -> Outcome:
    """The workloads as they are now; `judged`: with what gates have found of them, which Leases tell.

    Raises `NotFoundError` for one that is not there, `ClusterError` when they cannot be read.
    """
    targets = select(request.selection, outside.cluster)
    refs = [target.ref for target in targets]
    with Observer(outside.cluster, refs, follow=False, everywhere=is_everywhere(request.selection)) as observer:
        snapshots = present(observer, targets, request.selection, outside.cluster)
    leases = _leases(request.selection, snapshots, outside) if judged else ()
    rollouts = tuple(replace(_status(ref, snapshot), verdicts=_verdicts(ref, leases)) for ref, snapshot in snapshots.items())
    return Outcome(changed=False, rollouts=rollouts, notes=_borrowed(rollouts), warnings=tuple(observer.warnings))


def history(request: HistoryRequest, outside: Surroundings) -> Outcome:
    """The revisions of the workloads. Raises as `status`, and `InputError` for a number that a workload does not have."""
    targets = select(request.selection, outside.cluster)
    refs = [target.ref for target in targets]
    with Observer(outside.cluster, refs, follow=False, everywhere=is_everywhere(request.selection)) as observer:
        snapshots = present(observer, targets, request.selection, outside.cluster)
    if observer.warnings:
        raise ForbiddenError(observer.warnings[0], status=403)
    found = (_history(ref, snapshot, request) for ref, snapshot in snapshots.items())
    return Outcome(changed=False, rollouts=tuple(replace(rollout, seen=outside.cluster.now()) for rollout in found))


def wait(request: WatchRequest, outside: Surroundings) -> Outcome:
    """Wait until the workloads are where the request wants them, all under one deadline; a failure is an outcome with an error.

    Raises `NotFoundError` for a workload that is not there (unless it is to be waited for), `ClusterError` when they cannot be watched.
    """
    selection, waiting = request.selection, request.waiting
    started = outside.clock()
    targets = select(selection, outside.cluster)
    again = waiting.on_deletion == "wait"
    refs = [target.ref for target in targets]
    with Observer(outside.cluster, refs, everywhere=is_everywhere(selection), narrow=not again) as observer:
        if not again:
            refs = list(present(observer, targets, selection, outside.cluster))
        if request.old_pods_gone and observer.warnings:
            raise ForbiddenError(observer.warnings[0], status=403)
        courses = [_course(ref, request, started) for ref in refs]
        await_all(courses, observer, outside)
    rollouts = tuple(with_logs(_waited(course, request, outside)) for course in courses)
    error = "\n".join(rollout.cause for rollout in rollouts if rollout.cause)
    return Outcome(changed=False, rollouts=rollouts, notes=_borrowed(rollouts), warnings=tuple(observer.warnings), error=error)


def _leases(selection: Selection, refs: Collection[Ref], outside: Surroundings) -> tuple[JsonObject, ...]:
    """The Leases of applications that can be read, by one list for each namespace or one of all; none for who may not list them."""
    if is_everywhere(selection):
        found = outside.leases.of_all()
    else:
        found = tuple(lease for place in sorted({ref.namespace for ref in refs}) for lease in outside.leases.of(place) or ())
    return tuple(filter(is_readable, found))


def _verdicts(ref: Ref, leases: Iterable[JsonObject]) -> tuple[Judged, ...]:
    """What the gates have found until now of the rollout in stages that a workload is part of."""
    claims = (claim_of(lease) for lease in leases if text(lease, "metadata", "namespace") == ref.namespace)
    return next((claim.verdicts for claim in claims if claim is not None and claim.covers(ref)), ())


def _borrowed(rollouts: Iterable[Rollout]) -> tuple[str, ...]:
    """What a task that was broken off has left changed."""
    workloads = (rollout.snapshot.workload for rollout in rollouts)
    return tuple(sentence for workload in workloads if workload is not None and (sentence := told(workload)))


def _course(ref: Ref, request: WatchRequest, started: float) -> Course:
    reached = GOALS[request.until]

    def done(snapshot: Snapshot) -> bool:
        return reached(snapshot) and (not request.old_pods_gone or old_pods_gone(snapshot))

    return Course(ref, started=started, waiting=request.waiting, done=done, impossible=_demand(ref, request.revision))


def _demand(ref: Ref, number: int | None) -> Callable[[Snapshot], str]:
    """That the wanted revision is still the one with that number."""

    def demand(snapshot: Snapshot) -> str:
        candidate, workload = candidate_of(snapshot), snapshot.workload
        if number is None or candidate is None or workload is None or not observed(workload):
            return ""
        # Where the workload says its number itself, the news of its revision's may be late.
        own = workload.kind.told_number(workload)
        wanted = int(own) if own.isdecimal() else candidate.number
        if wanted in (number, 0):
            return ""
        change = "it was changed since, or the number is wrong"
        return f"{ref} wants revision {wanted} and not {number}, which was to be waited for; {change}."

    return demand


def _status(ref: Ref, snapshot: Snapshot) -> Rollout:
    state = standing(snapshot)
    return Rollout(
        ref=ref,
        phase=state.phase,
        strategy=strategy_of(snapshot),
        snapshot=snapshot,
        message=state.message,
        stable=stable_of(snapshot),
        candidate=candidate_of(snapshot),
        findings=() if state.done else diagnose(snapshot),
    )


def _history(ref: Ref, snapshot: Snapshot, request: HistoryRequest) -> Rollout:
    rollout = replace(_status(ref, snapshot), history=entries(snapshot))
    chosen = numbered(snapshot, ref, request.revision) if request.revision is not None else None
    if request.compare_to is None:
        return replace(rollout, chosen=chosen)
    earlier = numbered(snapshot, ref, request.compare_to)
    later = chosen or candidate_of(snapshot) or newest_besides(snapshot, None)
    return replace(rollout, chosen=chosen, compared=(earlier, later) if later is not None else None)


def _waited(course: Course, request: WatchRequest, outside: Surroundings) -> Rollout:
    logs = read_logs(course, outside.cluster, request.waiting)
    return Rollout(
        ref=course.ref,
        phase=phase_of(course),
        strategy=strategy_of(course.snapshot),
        snapshot=course.snapshot,
        message=course.verdict.message,
        stable=stable_of(course.snapshot),
        candidate=candidate_of(course.snapshot),
        findings=course.verdict.findings,
        cause=failure_of(course, request.waiting) if course.failed else "",
        logs=logs,
    )
