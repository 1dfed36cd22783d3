# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carrying out: write what the plan says, wait for all workloads together, step by step, answer a failure as the request wants it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from ..._domain.base.errors import ClusterError, RolloutError
from ..._domain.base.objects import Ref, mapping
from ..._domain.gates.placeholders import compares
from ..._domain.gates.versions import values_of
from ..._domain.kinds import workload_of
from ..._domain.leases.outages import Gap, expected, is_serving, spelled
from ..._domain.ownership.superseded import Wanted
from ..._domain.steps.step import Step, StepState, Write
from ..._domain.workloads.completion import standing
from ..._domain.workloads.revisions import candidate_of, old_and_new, stable_of
from ..._domain.workloads.workload import Condition, Snapshot
from ..config.cleaning import clean_up
from ..observe.workloads import Observer
from ..outside.gates import Gates, Subject
from ..outside.parallel import side_by_side
from ..outside.surroundings import Surroundings
from ..plan.plan import Plan, PlannedTarget, differences, in_the_way, may_be_in_the_way, notes, obstacle, report_of, require_pod_access
from ..plan.rights import demand_rights, for_later_writes, for_pods, for_steps
from ..tell.outcome import Outage, Outcome, Rollout, StepReport
from ..wait.course import SETTLE_SECONDS, Course
from ..wait.course_track import await_all
from ..wait.failure import deleted, failure_of, phase_of, read_logs, with_logs
from ..wait.loop import Until, take
from ..wait.superseding import Superseded, wanted_of
from ..wait.verdict import deadline_exceeded
from ..write.writer import Planned
from .going_back import roll_back, went_back

_DECIDE = "Look at it, then run the same task again, which measures anew before it updates further pods, or give up by undo."
_DECIDE_AFTERWARDS = "All pods have the new version by now: look at it, and bring the version before back by undo if that is better."
_MOST_LEFT = 10
"""How many steps that are left a message names."""


def carry_out(plan: Plan, outside: Surroundings) -> Outcome:
    """The outcome of a run. A rollout that fails is an outcome, not an exception, and so is a write that fails.

    Raises `RolloutError` for what fails before the first workload is written.
    """
    demand_rights((*for_pods(plan), *for_later_writes(plan), *for_steps(plan, outside.gates)), outside.cluster)
    with ExitStack() as stack:
        run = Run(plan, outside, stack)
        run.clear_the_way()
        run.watch_first()
        run.take_steps()
        run.settle()
        run.reports = {entry.target.ref: run.report(entry) for entry in plan.targets}
        if plan.waiting.on_failure != "hold" and any(rollout.cause for rollout in run.reports.values()):
            outside.measurement.rest()
            roll_back(run)
        run.clean_up()
        return run.outcome()


def seconds_of(plan: Plan, gates: Gates) -> float:
    """Return how long a run may take: what is waited for first, each step of the workload that has most, with its gates, and going back."""
    steps = max((len(entry.steps) for entry in plan.targets), default=0)
    between = (sum(gates.held(step.name) + gates.seconds(step.name) for step in entry.steps) for entry in plan.targets)
    return plan.waiting.timeout * (1 + steps + (plan.waiting.on_failure == "rollback")) + max(between, default=0.0)


@dataclass(frozen=True)
class Leg:
    """One step that was begun."""

    step: Step
    course: Course
    written: Planned
    """The write that it follows from: its own, or that of the step before."""


class Run:
    """One task on its way. Each step of each workload has the whole time; the cluster is watched once there is something to wait for."""

    def __init__(self, plan: Plan, outside: Surroundings, stack: ExitStack) -> None:
        self.plan = plan
        self.outside = outside
        self.reports: dict[Ref, Rollout] = {}
        self.warnings = list(plan.warnings)
        self._stack = stack
        self._observer: Observer | None = None
        self._written: list[Planned] = []
        self._entries = {entry.target.ref: entry for entry in plan.targets}
        self._legs: dict[Ref, list[Leg]] = {}
        self._gaps: dict[Ref, Gap] = {}
        self._cleaned: tuple[str, ...] = ()
        self._wanted: dict[Ref, Wanted] = {}
        self._broken = threading.Event()
        self._started = outside.clock()

    def clear_the_way(self) -> None:
        """Wait for what a new template must not meet. Raises `RefusedError` when the time is over; nothing is written then."""
        waiting = self.plan.waiting
        entries = [entry for entry in self.plan.targets if may_be_in_the_way(entry)]
        gaps = [entry for entry in self.plan.targets if entry.terms.gap and waiting.wait]
        self._measure_from_now(gaps)
        if not entries:
            return
        observer = self.observer()
        require_pod_access(observer)
        way = Until(
            lambda: next(filter(None, (obstacle(entry, observer) for entry in entries)), ""),
            self._started + (waiting.timeout if waiting.wait else SETTLE_SECONDS),
            self.outside,
            show=lambda found: f"{found}: waiting for that first",
        )
        take([way], observer, self.outside)
        if way.missing:
            raise in_the_way(way.missing, waiting)
        self._measure_from_now([entry for entry in entries if entry.outages is not None and waiting.wait])

    def _measure_from_now(self, entries: Sequence[PlannedTarget]) -> None:
        """Measure how long these do not serve, if they do now."""
        for entry in entries:
            if is_serving(self.observer().snapshot(entry.target.ref)):
                self._gaps[entry.target.ref] = Gap()

    def watch_first(self) -> None:
        """Open the watches that the wait is going to need, so that a missing right is told of before the first write."""
        if self.plan.waiting.wait and any(_is_to_be_waited_for(entry) for entry in self.plan.targets):
            self.observer().await_open()

    def take_steps(self) -> None:
        """Write all first steps, then take the others of each workload at its own pace."""
        plan = self.plan
        self._started = self.outside.clock()
        self._bring_companions()
        for entry in plan.targets:
            if entry.outages is not None and entry.write.template_changed:
                self.outside.progress(f"{entry.target.ref}: going to be {entry.intent}")
        for entry, written in zip(plan.targets, side_by_side(self._first_write, plan.targets), strict=True):
            ref, step = entry.target.ref, entry.steps[0]
            planned = written if isinstance(written, Planned) else replace(entry.write, route="none", after=entry.write.before or {})
            self._written.append(planned)
            if isinstance(written, Planned):
                if entry.write.before is None and self._observer is not None:
                    # It was not there when the watches were opened, whoever has made it since.
                    self._observer.take(planned.resource, planned.after)
                self._wanted[ref] = wanted_of(step, planned)
                course = self.course(planned, step, self._started, entry.before, wanted=self._wanted[ref])
            else:
                course = self._unwritten(entry, written)
            self._legs[ref] = [Leg(step, course, planned)]
        self.wait([legs[0].course for legs in self._legs.values()])

    def _bring_companions(self) -> None:
        """Write what comes along. Raises, when one of them fails, with the names of those that stay changed."""
        for planned in self.plan.companions:
            try:
                self._written.append(self.plan.writer.execute(planned))
            except RolloutError as error:
                stays = self._stays_changed(made=True)
                if stays:
                    error.message = f"{error.message} No workload was changed, but what comes along was, and stays so: {stays}."
                raise

    def _first_write(self, entry: PlannedTarget) -> Planned | str:
        """The write as it was carried out, or why it was not. After one that has failed no other is begun."""
        if self._broken.is_set():
            return f"{entry.target.ref} was not changed, as the write of another workload of this task has failed."
        try:
            return self.plan.writer.execute(entry.write, cause=entry.cause)
        except RolloutError as error:
            self._broken.set()
            return error.message

    def _unwritten(self, entry: PlannedTarget, why: str) -> Course:
        """The wait for a workload whose first write has failed: over before it began."""
        before = entry.write.before
        course = Course(entry.target.ref, started=self._started, waiting=self.plan.waiting, done=lambda _snapshot: False)
        course.snapshot = entry.before if before is None or entry.before.workload is not None else Snapshot(workload_of(before))
        course.give_up(why, self.outside.clock(), "unwritten")
        return course

    def settle(self) -> None:
        """Fail every changed workload if `verify` lost more requests than allowed: nobody knows which of them lost them."""
        last = {ref: legs[-1].course for ref, legs in self._legs.items()}
        loss = next((course.loss for course in last.values() if course.loss and not course.lost_alone), "")
        if not any(course.failed or course.open for course in last.values()):
            loss = self.outside.measurement.settle(longer=True)
        changed = [ref for ref, legs in self._legs.items() if any(leg.written.changed for leg in legs)] or [*last]
        for course in (last[ref] for ref in changed if loss and not last[ref].failed):
            course.lose(loss, self.outside.clock())

    def _begin(self, entry: PlannedTarget) -> Course:
        """The next step of one workload."""
        legs = self._legs[entry.target.ref]
        last, step = legs[-1], entry.steps[len(legs)]
        self.outside.tell(step.name)
        self.outside.cluster.patience(self.plan.waiting.timeout)
        if step.pods is not None and not step.done(last.course.snapshot):
            self.outside.progress(f"{entry.target.ref}: step {len(legs)} of {len(entry.steps) - 1 + len(entry.left)}: {step.name}")
        written, stale, failure = last.written, deadline_exceeded(last.course.snapshot), ""
        if step.write is not None:
            stale = None
            try:
                written = self._write(entry, step.write)
            except RolloutError as error:
                written, failure = replace(written, route="none"), error.message
        wanted = self._wanted[entry.target.ref]
        course = self.course(written, step, self.outside.clock(), last.course.snapshot, wanted=wanted, after=last.course, stale=stale)
        if failure:
            course.snapshot = last.course.snapshot
            course.give_up(failure, self.outside.clock(), "unable")
        legs.append(Leg(step, course, written))
        return course

    def _following(self, course: Course) -> Course | None:
        """Begin the next step of a workload whose last one is done; return the wait for it, None after the last, and where nobody knows
        whether to update further pods."""
        entry, legs = self._entries[course.ref], self._legs[course.ref]
        ahead = entry.steps[len(legs) :]
        if legs[-1].course is not course or not ahead or (course.unsure and any(step.pods for step in ahead)):
            return None
        following = self._begin(entry)
        following.unsure = course.unsure
        return following

    def _write(self, entry: PlannedTarget, write: Write) -> Planned:
        planned = self.plan.writer.plan(entry.target.resource, entry.target.ref, write, cause=entry.cause)
        written = self.plan.writer.execute(planned, cause=entry.cause)
        self._written.append(written)
        return written

    def course(
        self,
        written: Planned,
        step: Step,
        started: float,
        before: Snapshot,
        *,
        wanted: Wanted,
        after: Course | None = None,
        stale: Condition | None = None,
    ) -> Course:
        """The wait for one step of one workload, which began when that of the step before ended; ended already where there is nothing to
        wait for."""
        workload = workload_of(written.after)
        if stale is None and written.changed and written.before is not None:
            stale = deadline_exceeded(Snapshot(workload_of(written.before)))
        course = Course(
            written.ref,
            started=started,
            waiting=self.plan.waiting,
            done=step.done,
            generation=workload.generation if written.changed else 0,
            stale=stale,
            replacement=step.replacement,
            uid=workload.uid,
            waiting_for=step.waiting_for,
            impossible=step.impossible or (lambda snapshot: ""),
            superseded=Superseded(self.outside.cluster, written, wanted),
            ignores_deadline=step.ignores_deadline,
            seen=lambda snapshot, now: self._measure(written.ref, snapshot, now),
            begun=after.ended if after is not None else None,
            line=after.line if after is not None else "",
        )
        # Nothing written: use the snapshot from planning. Written: only the object in the answer is known so far.
        seen = replace(before, workload=workload) if before.workload is not None and not written.changed else Snapshot(workload)
        if step.done(seen) or not self.plan.waiting.wait:
            course.look(seen, self.outside.clock())
        return course

    def _measure(self, ref: Ref, snapshot: Snapshot, now: float) -> None:
        # The answer to a write alone, without any ReplicaSet, says nothing of pods.
        if ref in self._gaps and snapshot.revisions:
            self._gaps[ref] = self._gaps[ref].after(snapshot, now)

    def wait(self, courses: Sequence[Course]) -> None:
        """Wait for what is still open and for the steps after it, unless the task does not wait. Where the cluster cannot be watched that
        ends, and says nothing of the workloads."""
        latest = [self._latest(course) for course in courses]
        if not self.plan.waiting.wait or not any(course.open or self._gated(course) is not None for course in latest):
            return
        try:
            await_all(latest, self.observer(), self.outside, self.plan.writer, self._following, self._gated)
        except ClusterError as error:
            for course in (*latest, *(legs[-1].course for legs in self._legs.values())):
                if course.open:
                    course.give_up(error.message, self.outside.clock(), "unable")

    def _latest(self, course: Course) -> Course:
        """Begin the further steps of a workload whose last one is done already; return the wait for the step that was begun last."""
        while not course.open and not course.failed and self._gated(course) is None:
            following = self._following(course)
            if following is None:
                break
            course = following
        return course

    def _gated(self, course: Course) -> Subject | None:
        """Return what gates are about that are measured after a step or beside it; None where none are, or nothing new is to be seen."""
        entry, legs, gates = self._entries[course.ref], self._legs[course.ref], self.outside.gates
        leg, snapshot = legs[-1], course.snapshot
        name = leg.step.name
        if not gates.hold_up(name) or leg.course is not course or leg.step.gates == "none" or course.failed:
            return None
        # Of a step that updates no pod nothing tells whether it was measured before.
        ahead = (*entry.steps[len(legs) :], *(entry.left if leg.step.pods == () else ()))
        following = ahead[0] if ahead else None
        moves = (
            _is_arriving(entry, leg) if course.open else _has_moved(entry, leg) or (following is not None and not following.done(snapshot))
        )
        if not moves:
            return None
        self.outside.cluster.patience(self.plan.waiting.timeout + gates.held(name) + gates.seconds(name))
        values = values_of(course.ref, snapshot)
        left_out = frozenset[str]() if values["stable_pods"] else self._not_comparable(leg.step)
        goes_on = leg.step.gates == "along"
        return Subject(values, (snapshot,), left_out, workload=str(course.ref), step=name, arriving=course.open, goes_on=goes_on)

    def _not_comparable(self, step: Step) -> frozenset[str]:
        """Return the names of the gates that speak of the version before, of which no pod is there; say so once."""
        names = [gate.name for gate in self.outside.gates.at(step.name) if compares(gate)]
        when = "After the last step no" if step.pods is not None else "No"
        words = f"{when} pod of the version before is left, so there was not measured: gate {', '.join(names)}."
        if names and words not in self.warnings:
            self.warnings.append(words)
        return frozenset(names)

    def observer(self) -> Observer:
        """What watches the cluster; takes up what it warns of."""
        if self._observer is None:
            refs = [entry.target.ref for entry in self.plan.targets]
            coming = [workload_of(entry.write.after) for entry in self.plan.targets if entry.write.before is None]
            watching = Observer(self.outside.cluster, refs, everywhere=self.plan.everywhere, coming=coming)
            self._observer = self._stack.enter_context(watching)
            self.warnings.extend(warning for warning in self._observer.warnings if warning not in self.warnings)
        return self._observer

    def report(self, entry: PlannedTarget) -> Rollout:
        """One workload at the end of its steps."""
        ref = entry.target.ref
        course, waiting = self._legs[ref][-1].course, self.plan.waiting
        changed = any(leg.written.changed or leg.course.replaced for leg in self._legs[ref])
        steps = self._step_reports(entry)
        if course.unsure:
            decide = _DECIDE if any(step.state == "pending" and step.pods for step in steps) else _DECIDE_AFTERWARDS
            self.warnings.append(f"{ref}: {course.unsure} {decide}")
        return Rollout(
            ref=ref,
            phase="paused" if _stands(course, entry) else phase_of(course),
            strategy=entry.strategy,
            snapshot=course.snapshot,
            message=_halted(course, steps) if _stands(course, entry) else course.verdict.message,
            stable=stable_of(course.snapshot),
            candidate=candidate_of(course.snapshot),
            steps=steps,
            findings=course.verdict.findings,
            cause=failure_of(course, waiting) + deleted(self._told(ref)) + self._left_over(entry) + self._goes_on(ref)
            if course.failed
            else "",
            news=entry.steps[0].news if changed else "",
            unchanged="" if changed or course.reason == "unwritten" else entry.steps[0].unchanged,
            logs=read_logs(course, self.outside.cluster, waiting),
        )

    def _told(self, ref: Ref, *, evicted: bool = False) -> list[str]:
        """The pods of one workload that were deleted, each with the reason; or those that were evicted."""
        return [name for leg in self._legs[ref] if leg.course.evicts is evicted for name in leg.course.told]

    def _left_over(self, entry: PlannedTarget) -> str:
        """The writes that a failure kept from being made: what they set back stays changed until then."""
        ahead = [step for step in entry.steps[len(self._legs[entry.target.ref]) :] if step.write is not None or step.pods is not None]
        left = [f"{step.name} ({', '.join(step.pods)})" if step.pods and step.pods[0] not in step.name else step.name for step in ahead]
        more = f" and {len(left) - _MOST_LEFT} steps more" if len(left) > _MOST_LEFT else ""
        return f" Left to do: {', '.join(left[:_MOST_LEFT])}{more}; mend what is wrong and run the task again." if left else ""

    def _goes_on(self, ref: Ref) -> str:
        """That a bad version goes on to be rolled out, as the cluster knows nothing of gates; empty where it does not."""
        leg, waiting = self._legs[ref][-1], self.plan.waiting
        if leg.step.gates != "along" or not leg.course.lost_alone or waiting.on_failure != "hold" or standing(leg.course.snapshot).done:
            return ""
        return " The cluster goes on with the rolling update by itself; the module undo brings the version before back."

    def _step_reports(self, entry: PlannedTarget) -> tuple[StepReport, ...]:
        """The steps that were begun, and those that come by themselves."""
        legs = self._legs[entry.target.ref]
        coming = tuple(report_of(step, "pending") for step in entry.steps[len(legs) :] if step.write is None or step.pods is not None)
        return tuple(self._step_report(leg) for leg in legs) + coming + tuple(report_of(step, "pending") for step in entry.left)

    def _step_report(self, leg: Leg) -> StepReport:
        course = leg.course
        touched = leg.written.changed or bool(course.replaced)
        state: StepState = "running" if course.open else ("failed" if course.failed else ("done" if touched else "unchanged"))
        ended = course.ended if course.ended is not None else self.outside.clock()
        return report_of(leg.step, state, round(ended - course.begun, 1))

    def no_return(self, ref: Ref) -> str:
        """Why a failure of this workload is not answered by going back; empty where it is."""
        leg = self._legs[ref][-1]
        if leg.course.refusal and leg.course.reason == "unable":
            return "this task could not go on, which says nothing of the new version; mend that and run the task again"
        if leg.course.refusal:
            return "the template is not this task's"
        if leg.course.silence:
            return "the cluster did not answer, so how the new version is doing is not known; run the task again"
        return leg.step.no_return

    def is_written(self, ref: Ref) -> bool:
        """Its first write was carried out, as far as is known."""
        return self._legs[ref][0].course.reason != "unwritten"

    def _with_outage(self, rollout: Rollout) -> Rollout:
        """The rollout with its outage, and a word about it."""
        entry, gap, now = self._entries[rollout.ref], self._gaps.get(rollout.ref), self.outside.clock()
        if entry.outages is None and gap is None:
            return rollout
        # 0 s means that the outage was shorter than the watch could see: report that nothing was measured.
        seconds = (round(gap.seconds(now), 1) or None) if gap is not None else None
        rollout = replace(rollout, outage=Outage(expected(entry.outages or ()), seconds))
        if gap is None or seconds is None:
            return rollout
        if not rollout.cause:
            done = "recreated" if entry.outages is not None else "rolled out"
            return replace(rollout, news=f"was {done} with an outage of {spelled(seconds)} s")
        if gap.since is not None:
            return replace(rollout, cause=f"{rollout.cause} No pod has served for {spelled(now - gap.since)} s by now.")
        return replace(rollout, cause=f"{rollout.cause} The outage lasted {spelled(seconds)} s.")

    def clean_up(self) -> None:
        """Remove the copies of configuration that nothing needs any more, once all is well with what has changed."""
        if all(rollout.phase == "complete" for rollout in self.reports.values()) and any(planned.changed for planned in self._written):
            cleaned = clean_up(self.plan.configuration.copies, self.outside.cluster, self.plan.writer)
            self._cleaned, self.warnings = cleaned.notes, [*self.warnings, *cleaned.warnings]

    def outcome(self) -> Outcome:
        """The whole run."""
        rollouts = tuple(with_logs(self._with_outage(rollout)) for rollout in self.reports.values())
        writes = tuple(self._written)
        gone = ((ref, evicted, ", ".join(self._told(ref, evicted=evicted))) for ref in self._legs for evicted in (False, True))
        replaced = tuple(f"{ref}: {'evicted' if evicted else 'deleted'} {names}, to be made anew" for ref, evicted, names in gone if names)
        backwards, unwritten = any(map(went_back, rollouts)), not all(map(self.is_written, self._legs))
        return Outcome(
            changed=any(planned.changed for planned in writes) or bool(replaced) or backwards,
            rollouts=rollouts,
            differences=differences(self._first_writes()),
            notes=self.plan.notes + notes(writes) + replaced + self._cleaned,
            warnings=(*self.warnings, *(self._not_restored(went_back=backwards) if backwards or unwritten else ())),
            error="\n".join(dict.fromkeys(rollout.cause for rollout in rollouts if rollout.cause)),
            copies=self.plan.configuration.copies,
        )

    def _first_writes(self) -> tuple[Planned, ...]:
        """What the diff shows, as check mode does: later steps set back what was changed for the time of the task."""
        return tuple(self._written[: len(self.plan.companions) + len(self.plan.targets)])

    def _not_restored(self, *, went_back: bool) -> tuple[str, ...]:
        """What came along has no revision to go back to: the user must know. What was made harms nobody who has gone back."""
        changed = self._stays_changed(made=not went_back)
        if not changed:
            return ()
        return (f"The workload has not the new version, but what was changed along with it stays changed: {changed}.",)

    def _stays_changed(self, *, made: bool) -> str:
        """What came along and was changed in place, or also `made`; not copies of configuration, which no workload uses yet."""
        companions = {planned.ref for planned in self.plan.companions} - {copy.ref for copy in self.plan.configuration.copies}
        changed = (entry for entry in self._written if entry.changed and entry.ref in companions)
        return ", ".join(str(entry.ref) for entry in changed if made or entry.before is not None)


def _is_to_be_waited_for(entry: PlannedTarget) -> bool:
    """Its first write changes the spec, and the step is not done with that alone; or further steps have something to write."""
    write = entry.write
    if any(entry.is_pending(step) for step in entry.steps[1:]):
        return True
    if not write.changed or (write.before is not None and mapping(write.before, "spec") == mapping(write.after, "spec")):
        return False
    return not entry.steps[0].done(replace(entry.before, workload=workload_of(write.after)))


def _is_arriving(entry: PlannedTarget, leg: Leg) -> bool:
    """Pods of a version that is new are coming, and the first of them is ready."""
    old, new = old_and_new(leg.course.snapshot)
    is_new = entry.write.template_changed or not leg.written.changed or old > 0
    return leg.step.gates == "along" and leg.course.is_seen and is_new and new > 0


def _has_moved(entry: PlannedTarget, leg: Leg) -> bool:
    """The step has brought pods of a version that is new."""
    return (entry.write.template_changed if leg.step is entry.steps[0] else leg.written.changed) or bool(leg.course.replaced)


def _stands(course: Course, entry: PlannedTarget) -> bool:
    """It is well as far as it went, and the task was to go no further, or does not know whether to."""
    return bool(entry.left or course.unsure) and not course.failed and not course.open


def _halted(course: Course, steps: Sequence[StepReport]) -> str:
    """Where it stands."""
    ahead = next((f"stopped before {step.name}" for step in steps if step.state == "pending"), "stopped after the last step")
    return f"{ahead}, as a gate does not know" if course.unsure else ahead
