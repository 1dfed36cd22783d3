# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The measurement of whether users lose requests: its life beside a task, and how it ends a wait.

It begins right before the first write (`begin` is part of the guard of each write) or the first wait, and ends with the task. Requests
are sent and counted in threads; all that is decided or shown is so in the caller's, whose wait is woken when something fails.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from ..._domain.base.errors import RefusedError, RolloutError
from ..._domain.base.ports import Clock, Progress
from ..._domain.verification import IN_A_ROW, Reply, Tally, Verification, loss, shown_url
from ..._gates.http import HttpProbe
from ..._gates.pacing import Pace, in_a_row

_LINE_SECONDS = 2.0
"""How often a line about failures is shown at most."""


class Source(Protocol):
    """Where requests come from."""

    @property
    def skipped(self) -> int:
        """Slots in which no request could be sent."""

    @property
    def trouble(self) -> str:
        """Why nothing more will be heard of it, in a clause; empty when all is well."""

    def try_out(self) -> Reply | None:
        """Requests one after another; None when enough of them succeeded, else the last failure. Raises `RolloutError` where none can
        be sent at all."""

    def allow(self, seconds: float) -> None:
        """The task may take so long; without effect once it has begun."""

    def start(self, deliver: Callable[[Reply], None], wake: Callable[[], None]) -> None:
        """Send requests from now on. `wake` is to be called when there is trouble."""

    def drain(self) -> None:
        """Send no more, and wait for the answers that are still to come."""

    def close(self) -> None:
        """End everything at once."""


class FromHere:
    """Requests from this very process. Raises `InputError` for what cannot be used."""

    def __init__(self, wanted: Verification, clock: Clock) -> None:
        self._wanted = wanted
        self._clock = clock
        self._probe = HttpProbe(wanted)
        self._pace: Pace | None = None

    @property
    def skipped(self) -> int:
        return self._pace.skipped if self._pace is not None else 0

    @property
    def trouble(self) -> str:
        return ""

    def try_out(self) -> Reply | None:
        return in_a_row(self._wanted, self._probe.ask, threading.Event().wait, self._clock)

    def allow(self, seconds: float) -> None:
        del seconds  # What is sent from here ends with the task.

    def start(self, deliver: Callable[[Reply], None], wake: Callable[[], None]) -> None:
        del wake
        self._pace = Pace(self._wanted, self._probe.ask, deliver, self._clock)
        self._pace.start()

    def drain(self) -> None:
        if self._pace is not None:
            self._pace.drain()

    def close(self) -> None:
        if self._pace is not None:
            self._pace.close()
        self._probe.close()


@dataclass(frozen=True)
class Measured:
    """What a measurement leaves. `longest_gap` and `slowest` are seconds."""

    tally: Tally
    longest_gap: float
    skipped: int
    origin: str
    url: str


class Measurement:
    """One measurement, or none where nothing is `wanted`: then all its methods do nothing. Close it whatever happens."""

    def __init__(self, wanted: Verification | None, source: Source | None, *, clock: Clock, progress: Progress) -> None:
        self._wanted = wanted
        self._source = source
        self._clock = clock
        self._progress = progress
        self._url = shown_url(wanted.url) if wanted is not None else ""
        self._beginning = threading.Lock()
        self._counting = threading.Lock()
        self._tally = Tally()
        self._refused: RolloutError | None = None
        self._broken = ""
        """Why nothing could be measured, where that stops nothing."""
        self._began: float | None = None
        self._ended: float | None = None
        self._resting = False
        self._wakes: list[Callable[[], None]] = []
        self._exceeded = threading.Event()
        self._shown_at = 0.0
        self._shown = 0

    def allow(self, seconds: float) -> None:
        """The task may take so many seconds, as its plan has shown; before that only its options were known."""
        if self._source is not None:
            self._source.allow(seconds)

    def begin(self) -> None:
        """Begin, once; again it does nothing. Raises `RefusedError` when requests fail already: then nothing may be written."""
        if self._wanted is None or self._source is None:
            return
        with self._beginning:
            if self._refused is not None:
                raise self._refused
            if self._began is not None:
                return
            self._progress(
                f"verify: a request to {self._url} each {self._wanted.interval:g} s, from "
                f"{'here' if self._wanted.pod is None else 'a pod'}; {IN_A_ROW} must succeed first"
            )
            try:
                failure = self._source.try_out()
                if failure is not None and self._wanted.gives_up:
                    self._tally = Tally().after(failure)
                    raise RefusedError(
                        f"The requests to {self._url} fail already, before anything is changed: {failure.words}; nothing was written. Mend "
                        "that, correct verify, or leave verify out to roll out all the same."
                    )
            except RolloutError as error:
                if self._wanted.gives_up:
                    self._refused = error
                    raise
                self._broken = error.message.rstrip(".")
            self._began = self._clock()
            if not self._broken:
                self._source.start(self._take, self._wake)

    def _take(self, reply: Reply) -> None:
        """In a thread of the source."""
        if self._wanted is None:
            return
        with self._counting:
            self._tally = self._tally.after(reply)
            exceeded = self._wanted.allowed.is_exceeded(self._tally)
        if exceeded and not self._exceeded.is_set():
            self._exceeded.set()
            self._wake()
        elif reply.failed:
            self._wake()

    def _wake(self) -> None:
        for wake in tuple(self._wakes):
            wake()
        if self._source is not None and self._source.trouble:
            self._exceeded.set()

    @contextmanager
    def waking(self, wake: Callable[[], None]) -> Iterator[None]:
        """While inside, `wake` is called (from any thread) when something has failed."""
        self._wakes.append(wake)
        try:
            yield
        finally:
            self._wakes.remove(wake)

    def verdict(self) -> str:
        """Why the rollout must not go on, in a sentence; empty as long as it may. Shows what has failed, now and then."""
        if self._began is None or self._wanted is None:
            return ""
        self._show_failures()
        return self._judged(final=False)

    def _judged(self, *, final: bool) -> str:
        if self._wanted is None or self._source is None or self._resting:
            return ""
        with self._counting:
            tally = self._tally
        if self._wanted.allowed.is_exceeded(tally, final=final):
            return f"{loss(tally, self._wanted.allowed, self._url)}."
        trouble = self._broken or self._source.trouble
        if trouble:
            return f"the measurement of {self._url} broke off, so nobody knows whether users lose requests: {trouble}."
        return ""

    def rest(self) -> None:
        """Only count from now on: a way back must not be interrupted."""
        self._resting = True

    def settle(self, *, longer: bool, anyway: bool = False) -> str:
        """End the measurement and return the verdict. `longer`: measure on for a while first, as requests are lost when the old pods end.
        `anyway`: return one even after `rest()`."""
        if self._began is None or self._wanted is None or self._source is None or (self._resting and not anyway):
            return ""
        self._resting = False
        if longer and self._wanted.after and not self._judged(final=False):
            self._progress(f"verify: all is complete; measuring for {self._wanted.after:g} s more")
            self._exceeded.wait(self._wanted.after)
        sentence = self.verdict()
        if sentence:
            return sentence
        self._source.drain()
        self._end()
        return self._judged(final=True)

    def _end(self) -> None:
        if self._ended is None and self._began is not None:
            self._ended = self._clock() - self._began

    def close(self) -> None:
        """End it, whatever it is doing."""
        if self._source is None:
            return
        self._end()
        self._source.close()
        measured = self.measured
        if measured is not None and self._began is not None:
            tally = measured.tally
            wrong = f" ({tally.spelled()})" if tally.failed else ""
            self._progress(
                f"verify: {tally.requests} requests, {tally.failed} failed{wrong}; the longest gap without an answer was "
                f"{measured.longest_gap:.1f} s"
            )

    @property
    def measured(self) -> Measured | None:
        """What came of it; None when no request was sent."""
        with self._counting:
            tally = self._tally
        if self._wanted is None or self._source is None or (self._began is None and not tally.requests):
            return None
        now = self._ended if self._ended is not None else (self._clock() - self._began if self._began is not None else 0.0)
        return Measured(tally, tally.longest_gap(now), self._source.skipped, self._wanted.origin, self._url)

    def _show_failures(self) -> None:
        now = self._clock()
        with self._counting:
            tally = self._tally
        if tally.failed > self._shown and (not self._shown or now - self._shown_at >= _LINE_SECONDS):
            self._shown, self._shown_at = tally.failed, now
            self._progress(f"verify: {tally.failed} of {tally.requests} requests failed by now ({tally.spelled()})")


UNMEASURED = Measurement(None, None, clock=lambda: 0.0, progress=lambda line: None)
"""For tasks that measure nothing."""
