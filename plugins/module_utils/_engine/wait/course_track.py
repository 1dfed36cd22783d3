# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The waits for workloads, one step after another, each at its own pace: what they show, what they delete, and what must pass between."""

from __future__ import annotations

from collections.abc import Callable, Collection
from math import inf

from ..._domain.base.errors import RolloutError
from ..._domain.base.objects import Ref
from ..._domain.base.resources import POD
from ..._domain.gates.versions import values_of
from ..observe.workloads import Observer
from ..outside.gates import GateReport, Subject
from ..outside.surroundings import Surroundings
from ..write.writer import Writer
from .course import Course
from .loop import take

_LINES_PER_SECOND = 10


class Lines:
    """Lines of progress of several workloads: so many a second at most, and the last of each in any case."""

    def __init__(self, outside: Surroundings) -> None:
        self._outside = outside
        self._shown: list[float] = []

    def tell(self, course: Course) -> None:
        """Show where a workload stands, if that is new."""
        now = self._outside.clock()
        self._shown = [moment for moment in self._shown if moment > now - 1]
        line = course.new_line() if len(self._shown) < _LINES_PER_SECOND or not course.open else ""
        if line:
            self._shown.append(now)
            self._outside.progress(line)


class CourseTrack:
    """The waits for one workload, one step after another; `writer` deletes the pods that a step replaces.

    `following` begins the next step of a workload whose last one is done and returns the wait for it; None after the last. `gated` says
    what gates are about that must pass first, or that are measured beside a step which is not done yet, if there are any.
    """

    def __init__(
        self,
        course: Course,
        observer: Observer,
        outside: Surroundings,
        lines: Lines,
        writer: Writer | None = None,
        following: Callable[[Course], Course | None] = lambda course: None,
        gated: Callable[[Course], Subject | None] = lambda course: None,
    ) -> None:
        self._gated = gated
        self._gates = outside.gates.apart()
        self._measured: Course | None = None
        """The wait of the step after which, or beside which, gates were begun."""
        self._along = False
        """They are measured beside it, as it is not done yet."""
        self._goes_on = False
        """Nothing stops the rollout while somebody is unsure."""
        self._shown = ""
        self._course: Course = course
        self._observer = observer
        self._outside = outside
        self._lines = lines
        self._writer = writer
        self._following = following
        self.open = True

    @property
    def wakes_at(self) -> float:
        """The clock's time at which it must be looked at, whether or not anything happens."""
        due = [self._gates.wakes_at] if self._is_measuring else []
        if self._course.open or not due:
            due += [self._course.deadline, self._course.verdict.recheck or self._course.deadline]
        return min(due)

    @property
    def _is_measuring(self) -> bool:
        return self._measured is self._course

    def concerns(self, changed: Collection[Ref]) -> bool:
        """Return whether the workload is one of these; while gates are measured, True."""
        return self._course.ref in changed or self._is_measuring

    def lose(self, sentence: str) -> None:
        """End with a failure, since users have lost too much; the sentence says what."""
        self._course.lose(sentence, self._outside.clock())
        self._gates.end()
        self.open = False

    def advance(self) -> None:
        """Look at the workload, delete pods that are to go, and begin steps until there is something to wait for."""
        while self.open:
            course = self._course
            if course.open:
                self._look(course)
            if course.open:
                self._measure_along(course)
            if course.open and course.deadline > self._outside.clock():
                return
            if course.open:
                course.time_out(self._outside.clock(), self._observer.silence)
            if not course.failed and self._waits_for_gates(course):
                return
            if course.failed:
                self._gates.end()
            following = self._following(course) if not course.failed else None
            self.open = following is not None
            self._course = following or course

    def _begins_to_measure(self, course: Course) -> bool:
        """Begin to measure what must pass, if there is something; return whether that is so. A gate that cannot be asked fails the step."""
        subject = self._gated(course)
        if subject is None:
            return False
        self._measured, self._along, self._goes_on = course, course.open, subject.goes_on
        try:
            self._gates.begin(subject.step, subject, inf if course.open else self._gates.held(subject.step))
        except RolloutError as error:
            course.lose(error.message, self._outside.clock(), alone=True)
            return False
        return True

    def _measure_along(self, course: Course) -> None:
        """Measure beside a step that goes on by itself. A verdict that says that the version is bad fails it at once."""
        if not self._is_measuring and not self._begins_to_measure(course):
            return
        failed = self._failed_gate(course)
        if failed is not None and not self._gates.is_unsure(failed):
            course.lose(failed.sentence, self._outside.clock(), alone=True)
        else:
            self._show(course, self._gates.lacking())

    def _failed_gate(self, course: Course) -> GateReport | None:
        """Let the gates see the workload; return the verdict that is no pass, if there is one."""
        snapshot = self._observer.snapshot(course.ref)
        if self._gates.measures:
            self._gates.look((snapshot,), values_of(course.ref, snapshot))
        for line in self._gates.lines():
            self._outside.progress(f"{course.ref}: {line}")
        return self._gates.failed()

    def _waits_for_gates(self, course: Course) -> bool:
        """Return whether what must pass after a step that is done is still measured. A verdict that is no pass fails the step or leaves it
        unsure; what is wrong with its pods meanwhile fails it."""
        gates, now = self._gates, self._outside.clock()
        if not self._is_measuring and not self._begins_to_measure(course):
            return False
        if self._along:
            self._along = False
            gates.settle()
        failed = self._failed_gate(course)
        if failed is not None and not gates.is_unsure(failed):
            course.lose(failed.sentence, now, alone=True)
        elif course.stays(self._observer.snapshot(course.ref), now, steady=not gates.watch_pods(gates.step)) and failed is not None:
            course.unsure = failed.sentence if not self._goes_on or not gates.lacking() else ""
        lacking = "" if course.failed or course.unsure else gates.lacking()
        self._show(course, lacking)
        if not lacking:
            gates.end()
            course.ended = now
            self._measured = None if not course.failed else course
        return bool(lacking)

    def _show(self, course: Course, lacking: str) -> None:
        """Show what is still measured, if that is new."""
        if lacking and lacking != self._shown:
            self._outside.progress(f"{course.ref}: {lacking}")
            self._shown = lacking

    def _look(self, course: Course) -> None:
        course.look(self._observer.snapshot(course.ref), self._outside.clock(), self._outside.cluster)
        self._lines.tell(course)
        if self._writer is not None and course.next_pods:
            _replace_next(course, self._writer, self._outside)


def _replace_next(course: Course, writer: Writer, outside: Surroundings) -> None:
    for pod in course.next_pods:
        unready = "" if pod.ready else "the unready "
        try:
            held = writer.evict(pod.ref, pod.uid) if course.evicts else ""
            if held:
                course.hold(held, outside.clock())
                line = course.new_line()
                if line:
                    outside.progress(line)
                return
            outside.progress(f"{course.ref}: {'evicted' if course.evicts else 'deleting'} {unready}{pod.ref}, to be made anew")
            course.replaces(pod)
            if not course.evicts:
                writer.delete(POD, pod.ref, pod.uid)
        except RolloutError as error:
            course.give_up(error.message, outside.clock(), "unable")
            return


def await_all(
    courses: Collection[Course],
    observer: Observer,
    outside: Surroundings,
    writer: Writer | None = None,
    following: Callable[[Course], Course | None] = lambda course: None,
    gated: Callable[[Course], Subject | None] = lambda course: None,
) -> None:
    """Wait until each of these has ended, and what `following` makes of those that are done: done, failed, deleted, or out of time.
    Before that whatever `gated` says must pass.

    Raises `ClusterError` when the cluster cannot be watched any more.
    """
    outside.measurement.begin()
    lines = Lines(outside)
    take([CourseTrack(course, observer, outside, lines, writer, following, gated) for course in courses], observer, outside)
