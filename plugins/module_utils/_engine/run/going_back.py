# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Going back: what a run has failed to bring about is undone to what served before, unless that is not its business any more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..._domain.base.errors import RolloutError
from ..._domain.base.objects import Ref
from ..._domain.request import Cause, Undo
from ..._domain.workloads.revisions import candidate_of, stable_of
from ..._domain.workloads.workload import Revision, Snapshot
from ..._strategies import steps_of
from ..tell.outcome import Rollout, StepReport
from ..wait.course import Course
from ..wait.failure import deleted, failure_of
from ..wait.superseding import wanted_of

if TYPE_CHECKING:
    from .run import Run


def roll_back(run: Run) -> None:
    """Undo each workload that failed to its stable revision, then wait for all of them."""
    begun: dict[Ref, Course] = {}
    started = run.outside.clock()
    for entry in run.plan.targets:
        rollout = run.reports[entry.target.ref]
        if not rollout.cause or rollout.snapshot.workload is None:
            continue
        if not run.is_written(rollout.ref):
            continue
        if run.no_return(rollout.ref):
            run.reports[rollout.ref] = replace(rollout, cause=f"{rollout.cause} It was not taken back: {run.no_return(rollout.ref)}.")
            continue
        stable = stable_of(rollout.snapshot)
        if stable is None:
            run.reports[rollout.ref] = replace(rollout, cause=f"{rollout.cause} There is no earlier revision to go back to.")
            continue
        run.outside.progress(f"{rollout.ref}: going back to revision {stable.number}")
        undo = Undo(revision=stable.number, repair=run.plan.repair, cause=Cause(by=entry.cause.by))
        try:
            (step,) = steps_of(undo, entry.target, rollout.snapshot)
            if step.write is None:
                continue
            planned = run.plan.writer.plan(entry.target.resource, rollout.ref, step.write)
            written = run.plan.writer.execute(planned)
        except RolloutError as error:
            run.reports[rollout.ref] = replace(
                rollout, cause=f"{rollout.cause} Going back to revision {stable.number} failed: {error.message}"
            )
            continue
        begun[rollout.ref] = run.course(written, step, started, Snapshot(None), wanted=wanted_of(step, written))
        run.reports[rollout.ref] = replace(rollout, cause=f"{rollout.cause} Went back to revision {stable.number}{_because(stable)}.")
    run.wait(list(begun.values()))
    for ref, course in begun.items():
        run.reports[ref] = _after_going_back(run.reports[ref], course, run)


def _because(stable: Revision) -> str:
    return f" ({stable.change_cause})" if stable.change_cause else ""


def _after_going_back(rollout: Rollout, course: Course, run: Run) -> Rollout:
    """The report of a rollout that was given up: phase aborted when the stable template runs again, degraded when it does not."""
    seconds = round((course.ended or course.started) - course.started, 1)
    step = StepReport("rollback", "failed" if course.failed else "done", seconds)
    cause = rollout.cause + deleted(course.told)
    if course.failed:
        cause += f" Going back did not finish either: {failure_of(course, run.plan.waiting)}"
    return replace(
        rollout,
        phase="degraded" if course.failed else "aborted",
        snapshot=course.snapshot,
        message=course.verdict.message,
        stable=candidate_of(course.snapshot),
        steps=(*rollout.steps, step),
        cause=cause,
    )


def went_back(rollout: Rollout) -> bool:
    return any(step.name == "rollback" for step in rollout.steps)
