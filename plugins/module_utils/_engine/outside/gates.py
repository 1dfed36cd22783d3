# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gates of a rollout: measured in threads while a step waits, judged and shown in the caller's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from math import isfinite, isinf
from typing import Protocol

from ..._domain.base.errors import InputError, RolloutError
from ..._domain.base.ports import Clock
from ..._domain.gates.gate import Gate, Placed, Pods, Reading, Verdict, asking_seconds
from ..._domain.gates.judging import Standing, judged, sentence
from ..._domain.gates.placeholders import with_values
from ..._domain.leases.claim import Judged
from ..._domain.workloads.workload import Snapshot

_PARTING_SECONDS = 5.0
"""How long the end of a task waits for a gate that is just being measured."""


class Asks(Protocol):
    """One source of readings. Never raises for what the network or a server does."""

    def ask(self) -> Reading:
        """Return what comes of the question now."""

    def close(self) -> None:
        """End what is on its way."""


@dataclass
class Subject:
    """What gates are about: what their placeholders stand for, and the candidate's workloads, as they were seen last."""

    values: Mapping[str, str]
    candidates: Sequence[Snapshot] = ()
    left_out: frozenset[str] = frozenset()
    """The names of gates that cannot be measured any more."""
    by_step: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What placeholders stand for in some steps alone."""
    workload: str = ""
    """The one that they are about; empty where that is more than one."""
    step: str = ""
    """The step after which, or beside which, they are measured; empty where the caller says it."""
    arriving: bool = False
    """New pods are still to come, so that one which was never ready says nothing."""
    goes_on: bool = False
    """The rollout goes on by itself, so that a verdict which says nothing of the version is no reason to stop measuring."""

    def at(self, step: str) -> Mapping[str, str]:
        """Return what placeholders stand for in a step."""
        return {**self.values, **self.by_step.get(step, {})}


@dataclass(frozen=True)
class GateReport:
    """What a gate has found; `seconds` is how long it took, `sentence` says all of it to people."""

    gate: Gate
    verdict: Verdict | None
    """None in check mode, in which nothing is asked."""
    standing: Standing
    seconds: float
    sentence: str
    step: str = ""
    """The step in which it was measured; empty of a gate by itself."""
    workload: str = ""
    """The one that it is about; empty where that is more than one, and of a gate by itself."""

    def judged(self, at: str) -> Judged:
        """Return what is remembered of it, with the time in RFC 3339."""
        decisive = self.standing.decisive if self.verdict != "pass" else next(reversed(self.standing.last), None)
        value = decisive.value if decisive is not None else None
        return Judged(self.gate.name, self.step, self.verdict or "", value, at, self.gate.dry_run)


Make = Callable[[Gate, Subject], Asks]
"""Returns what asks a gate's question. Raises `RolloutError` for what cannot be used."""


@dataclass
class _Watched:
    """One gate that is being measured."""

    given: Gate
    """With its placeholders."""
    gate: Gate
    """As it is asked now."""
    asks: Asks
    ends: float
    """The clock's time until which the step lasts by itself; infinite while that is not known."""
    began: float
    counts: bool
    """It is measured as often as its count says, however long the step lasts."""
    over: threading.Event
    """Set once nothing more is to be asked."""
    due: threading.Event
    """Set when the next question is not to wait for its time."""
    settled: float = 0.0
    """The clock's time from which on a measurement may be the last one."""
    thread: threading.Thread | None = None
    standing: Standing = field(default_factory=Standing)
    report: GateReport | None = None


class Gates:
    """The gates of one task; without any, all methods do nothing. Close it whatever happens.

    `pauses`: an inconclusive verdict pauses the rollout instead of failing it. `hold`: so many seconds pass after each step in any case;
    `holds` has those of single steps.
    """

    def __init__(
        self,
        placed: Sequence[Placed],
        make: Make,
        clock: Clock,
        *,
        pauses: bool = False,
        hold: float = 0.0,
        holds: Mapping[str, float] | None = None,
    ) -> None:
        self._placed = tuple(placed)
        self._make = make
        self._clock = clock
        self.pauses = pauses
        self._hold = hold
        self._holds = holds or {}
        self._held_until = 0.0
        self.step = ""
        """The step in which they were begun last."""
        self._subject = Subject({})
        self._watched: list[_Watched] = []
        self._lock = threading.Lock()
        self._lines: list[str] = []
        self._wakes: list[Callable[[], None]] = []
        self._begun: list[_Watched] = []
        self.reports: list[GateReport] = []
        """What was found, in the order of the verdicts."""

    def place(self, steps: Sequence[str]) -> None:
        """Measure those that name no step in these. A rollout calls it that knows its steps."""
        self._placed = tuple(placed if placed.steps else replace(placed, steps=tuple(steps)) for placed in self._placed)

    def apart(self) -> Gates:
        """Return the same gates for one of several workloads, each of which is measured by itself. They are told and closed with these."""
        other = Gates(self._placed, self._make, self._clock, pauses=self.pauses, hold=self._hold, holds=self._holds)
        other._wakes, other._begun, other.reports = self._wakes, self._begun, self.reports
        return other

    def at(self, step: str) -> tuple[Gate, ...]:
        """Return the gates that are measured in a step."""
        return tuple(placed.gate for placed in self._placed if step in placed.steps or not placed.steps)

    def watch_pods(self, step: str) -> bool:
        """Return whether a gate of this step says how well the pods must be, so that nothing else has to."""
        return any(isinstance(gate.source, Pods) and not gate.dry_run for gate in self.at(step))

    def held(self, step: str) -> float:
        """Return how many seconds pass after a step in any case."""
        return self._holds.get(step, self._hold)

    def hold_up(self, step: str) -> bool:
        """Return whether there is something to wait for after a step."""
        return bool(self.at(step)) or self.held(step) > 0

    @property
    def measures(self) -> bool:
        """Whether something is being measured."""
        return bool(self._watched)

    @property
    def wakes_at(self) -> float:
        """The clock's time at which the hold is over; a minute from now where it is not what is waited for."""
        now = self._clock()
        return self._held_until if self._held_until > now else now + 60.0

    def seconds(self, step: str) -> float:
        """Return how long the gates of a step may take at most, besides the time that it lasts by itself."""
        return max((_longest(gate) for gate in self.at(step)), default=0.0)

    def check(self, subject: Subject, steps: Collection[str]) -> None:
        """Raise `InputError` for a placeholder that is going to stand for nothing in one of these steps. `subject` has a text for what
        comes with the rollout."""
        for step in steps:
            for gate in self.at(step):
                try:
                    with_values(gate, subject.at(step))
                except InputError as error:
                    raise InputError(f"Gate {gate.name} cannot be measured in the step {step}: {error.message}") from error

    def begin(self, step: str, subject: Subject, lasts: float) -> None:
        """Begin to measure, in a step that lasts so many seconds by itself: infinite where `settle` is going to say it. Raises `InputError`
        for a placeholder that stands for nothing, and for a certificate that cannot be read."""
        now, values = self._clock(), subject.at(step)
        found = [(gate, with_values(gate, values)) for gate in self.at(step) if gate.name not in subject.left_out]
        begun = [
            _Watched(given, gate, self._make(gate, subject), now + lasts, now, isinf(lasts), threading.Event(), threading.Event())
            for given, gate in found
        ]
        self.step, self._subject = step, subject
        self._held_until = now + self.held(step) if self.held(step) and isfinite(lasts) else 0.0
        self._watched = begun
        self._begun += begun
        for watched in self._watched:
            name = f"rollout-gate-{watched.gate.name}"
            watched.thread = threading.Thread(target=self._run, args=(watched,), name=name, daemon=True)
            watched.thread.start()

    def settle(self) -> None:
        """Have the gates come to their verdicts, as what they are measured beside is done: each is asked once more now, and as long as the
        step is held, and as often as its count says."""
        now, lasts = self._clock(), self.held(self.step)
        self._held_until = now + lasts if lasts else 0.0
        self._subject.arriving = False
        with self._lock:
            for watched in self._watched:
                watched.ends, watched.settled = now + lasts, now
                watched.due.set()

    def look(self, candidates: Sequence[Snapshot], values: Mapping[str, str]) -> None:
        """Let the gates see how the candidate's workloads are now, and what placeholders stand for. One that stands for nothing by now
        goes on to stand for what it was last: what a server knows of pods outlasts them."""
        self._subject.candidates = candidates
        self._subject.values = {**self._subject.values, **{name: value for name, value in values.items() if value}}

    def lacking(self) -> str:
        """Return which gates have no verdict yet, in words; '' when all have passed."""
        with self._lock:
            waiting = [watched for watched in self._watched if watched.report is None]
            found = [f"gate {watched.gate.name}: {_so_far(watched)}" for watched in waiting]
            left = self._held_until - self._clock()
            return "; ".join([f"held for {left:.0f} s more", *found] if left > 0 else found)

    def failed(self) -> GateReport | None:
        """Return the first verdict that counts and is no pass; one that says something of the version before one that does not."""
        with self._lock:
            reports = [watched.report for watched in self._watched if watched.report is not None]
        counting = [report for report in reports if report.verdict != "pass" and not report.gate.dry_run]
        return min(counting, key=lambda report: report.verdict != "fail", default=None)

    def is_unsure(self, report: GateReport) -> bool:
        """Return whether a verdict that is no pass pauses the rollout instead of failing it."""
        return self.pauses and report.verdict == "inconclusive"

    def lines(self) -> list[str]:
        """Return what is to be shown since the last call."""
        with self._lock:
            found, self._lines = self._lines, []
        return found

    @contextmanager
    def waking(self, wake: Callable[[], None]) -> Iterator[None]:
        """While inside, `wake` is called (from any thread) after each measurement."""
        self._wakes.append(wake)
        try:
            yield
        finally:
            self._wakes.remove(wake)

    def end(self) -> None:
        """End the gates of the step: those that have no verdict yet ask nothing more."""
        for watched in self._watched:
            self._stop(watched)
        self._watched, self._held_until = [], 0.0

    def _stop(self, watched: _Watched) -> None:
        watched.over.set()
        watched.due.set()
        with self._lock:
            asks = watched.asks
        asks.close()

    def close(self) -> None:
        """End all that is on its way. It waits a moment, so that a gate's Job is deleted; one that stays goes by itself."""
        self.end()
        for watched in self._begun:
            self._stop(watched)
        for watched in self._begun:
            if watched.thread is not None:
                watched.thread.join(_PARTING_SECONDS)

    def _run(self, watched: _Watched) -> None:
        """In a thread of its own."""
        limits, subject, step = watched.given.limits, self._subject, self.step
        try:
            watched.over.wait(limits.initial_delay)
            while True:
                watched.due.clear()
                if watched.over.is_set():
                    return
                asked = self._clock()
                try:
                    reading = self._asks(watched, subject, step).ask()
                except RolloutError as error:
                    reading = Reading(trouble=error.message.rstrip("."))
                if watched.over.is_set() or self._takes(watched, reading, asked):
                    return
                watched.due.wait(max(0.0, limits.interval - (self._clock() - asked)))
        finally:
            watched.asks.close()

    def _asks(self, watched: _Watched, subject: Subject, step: str) -> Asks:
        """Return what asks a gate's question about the pods that there are now. Raises as `begin`."""
        gate = with_values(watched.given, subject.at(step))
        with self._lock:
            if gate != watched.gate and not watched.over.is_set():
                watched.asks.close()
                watched.gate, watched.asks = gate, self._make(gate, subject)
            return watched.asks

    def _takes(self, watched: _Watched, reading: Reading, asked: float) -> bool:
        """Count a reading; return whether that was the last one."""
        gate, now = watched.gate, self._clock()
        with self._lock:
            watched.standing = standing = watched.standing.after(gate, judged(gate, reading, asked - watched.began))
            late = asked + gate.limits.interval > watched.ends and asked >= watched.settled
            lasts = watched.ends > watched.began and not watched.counts
            enough = standing.is_counted_out(gate) or (lasts and standing.passed >= max(1, gate.limits.least))
            verdict = standing.verdict(gate, over=late and enough)
            if verdict is not None:
                seconds = now - watched.began
                words = sentence(gate, standing, verdict, seconds)
                watched.report = GateReport(gate, verdict, standing, seconds, words, self.step, self._subject.workload)
                self.reports.append(watched.report)
                self._lines.append(words)
        for wake in tuple(self._wakes):
            wake()
        return verdict is not None


def _longest(gate: Gate) -> float:
    limits = gate.limits
    times = limits.count * (limits.errors + 1) + limits.errors
    return limits.initial_delay + times * max(limits.interval, asking_seconds(gate.source))


def _so_far(watched: _Watched) -> str:
    standing = watched.standing
    if not standing.last:
        return "not measured yet"
    return f"passed {standing.passed} of {standing.total} {'time' if standing.total == 1 else 'times'}, the last: {standing.last[-1].said}"


def nobody(gate: Gate, _subject: Subject) -> Asks:
    """Raise `ValueError`: there is nobody to ask."""
    raise ValueError(f"There is nobody to ask for gate {gate.name}.")


NO_GATES = Gates((), nobody, lambda: 0.0)
"""For tasks that have none."""
