# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Only looking: the state of workloads now, and waiting for rollouts that somebody else started. Nothing here writes."""

from __future__ import annotations

from .._domain.completion import standing
from .._domain.diagnosis import diagnose
from .._domain.errors import NotFoundError
from .._domain.objects import Ref
from .._domain.request import WatchRequest
from .._domain.revisions import candidate_of, stable_of
from .._domain.workload import Snapshot
from .course import Course, await_all
from .observer import Observer
from .outcome import Outcome, Rollout
from .report import failure_of, phase_of, read_logs, with_logs
from .surroundings import Surroundings

_STRATEGY = {"RollingUpdate": "rolling", "Recreate": "recreate", "OnDelete": "on_delete"}


def status(request: WatchRequest, outside: Surroundings) -> Outcome:
    """The workloads as they are now. Raises `NotFoundError` for one that is not there, `ClusterError` when they cannot be read."""
    refs = [target.ref for target in request.targets]
    with Observer(outside.cluster, refs, follow=False) as observer:
        snapshots = _snapshots(observer, refs)
    rollouts = tuple(_status(ref, snapshot) for ref, snapshot in snapshots.items())
    return Outcome(changed=False, rollouts=rollouts, warnings=tuple(observer.warnings))


def wait(request: WatchRequest, outside: Surroundings) -> Outcome:
    """Wait until the workloads are done, all under one deadline; a failure is an outcome with an error.

    Raises `NotFoundError` for a workload that is not there, `ClusterError` when they cannot be watched.
    """
    refs = [target.ref for target in request.targets]
    with Observer(outside.cluster, refs) as observer:
        _snapshots(observer, refs)
        started = outside.clock()
        courses = [Course(ref, started=started, waiting=request.waiting, done=lambda _: True) for ref in refs]
        await_all(courses, observer, outside)
    rollouts = tuple(with_logs(_waited(course, request, outside)) for course in courses)
    error = "\n".join(rollout.cause for rollout in rollouts if rollout.cause)
    return Outcome(changed=False, rollouts=rollouts, warnings=tuple(observer.warnings), error=error)


def _snapshots(observer: Observer, refs: list[Ref]) -> dict[Ref, Snapshot]:
    snapshots = {ref: observer.snapshot(ref) for ref in refs}
    missing = [str(ref) for ref, snapshot in snapshots.items() if snapshot.workload is None]
    if missing:
        raise NotFoundError(f"{', '.join(missing)} does not exist; correct kind, name and namespace.", status=404)
    return snapshots


def _status(ref: Ref, snapshot: Snapshot) -> Rollout:
    state = standing(snapshot)
    return Rollout(
        ref=ref,
        phase=state.phase,
        strategy=_strategy_of(snapshot),
        snapshot=snapshot,
        message=state.message,
        stable=stable_of(snapshot),
        candidate=candidate_of(snapshot),
        findings=() if state.done else diagnose(snapshot),
    )


def _waited(course: Course, request: WatchRequest, outside: Surroundings) -> Rollout:
    logs = read_logs(course, outside.cluster, request.waiting)
    return Rollout(
        ref=course.ref,
        phase=phase_of(course),
        strategy=_strategy_of(course.snapshot),
        snapshot=course.snapshot,
        message=course.verdict.message,
        stable=stable_of(course.snapshot),
        candidate=candidate_of(course.snapshot),
        findings=course.verdict.findings,
        cause=failure_of(course, request.waiting) if course.failed else "",
        logs=logs,
    )


def _strategy_of(snapshot: Snapshot) -> str:
    return _STRATEGY.get(snapshot.workload.update_type, "") if snapshot.workload is not None else ""
