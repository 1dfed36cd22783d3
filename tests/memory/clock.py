# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time of the test's own, and the threads that live in it.

One thread runs at a time. It goes on until it waits; then the next one that has something to do goes on, chosen by the seed. When all of
them wait, time jumps to the moment at which the next thing is due: minutes pass in milliseconds, and the same seed gives the same run.
"""

from __future__ import annotations

import heapq
import itertools
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

BEGINNING = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)
"""What people's clocks show when the test's time begins."""
_STEP = 0.0001
"""How long each wait takes at least, in seconds: who only ever looks again would keep time from passing."""
_LONGEST = 30 * 24 * 3600.0
"""A test that takes longer than that in its own time hangs."""


class Killed(BaseException):
    """The party that the thread belongs to is dead: it does nothing more, not even cleaning up."""


@dataclass
class Party:
    """Threads that die together: those of one run of a module."""

    name: str
    dead: bool = False
    waits: int = 0
    """How often it has waited for news or for time to pass."""
    dies_in_wait: int = 0
    """The number of the wait in which it is killed; 0: in none."""

    def waiting(self) -> None:
        """Note that it waits now."""
        self.waits += 1
        if self.waits == self.dies_in_wait:
            self.dead = True


def _taken() -> threading.Lock:
    """A lock that is held: whoever wants it waits until somebody releases it."""
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(eq=False)
class Strand:
    """One thread, and what it waits for."""

    party: Party
    name: str
    turn: threading.Lock = field(default_factory=_taken)
    holds: Callable[[], bool] = lambda: True
    until: float | None = None
    done: bool = False


class Clock:
    """Use it as a context manager in the thread of the test, which becomes the first of its threads.

    What fails in a thread or in what was due (`after`) is raised in the test's thread; there is no other way to learn of it.
    """

    def __init__(self, seed: int = 0) -> None:
        self.random = random.Random(seed)  # noqa: S311 - no secret
        self.seconds = 1000.0
        self.test = Party("the test")
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._first = Strand(self.test, "test")
        self._strands = [self._first]
        self._current = self._first
        self._failure: BaseException | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        """End all threads."""
        self._due.clear()
        for strand in self._strands:
            strand.party.dead = strand is not self._first
        self.test = self._first.party = Party("the test")
        self._failure = None
        while len(self._strands) > 1:
            self._first.holds, self._first.until = (lambda: len(self._strands) == 1), None
            self._pass_on(self._first)

    @property
    def party(self) -> Party:
        """Whose thread runs now."""
        return self._current.party

    def now(self) -> datetime:
        """What people's clocks show."""
        return BEGINNING + timedelta(seconds=self.seconds - 1000.0)

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Let something happen in so many seconds. It must not wait."""
        heapq.heappush(self._due, (self.seconds + seconds, next(self._order), act))

    def sleep(self, seconds: float) -> None:
        """Let time pass for the thread that calls."""
        self.wait(lambda: False, seconds)

    def wait(self, holds: Callable[[], bool], timeout: float | None = None) -> bool:
        """Wait until something holds, or until so many seconds are over; whether it holds. Raises `Killed` in a thread that is dead."""
        strand = self._current
        self.refuse_dead()
        self.seconds += _STEP
        strand.holds, strand.until = holds, None if timeout is None else self.seconds + max(0.0, timeout)
        self._pass_on(strand)
        self.refuse_dead()
        return holds()

    def refuse_dead(self) -> None:
        """Raise `Killed` when the thread that calls is dead."""
        if self._current.party.dead:
            raise Killed
        if self._current is self._first and self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure

    def start(self, target: Callable[[], Any], *, party: Party | None = None, name: str = "") -> Strand:
        """Run something in a thread, which belongs to the party of the one that calls."""
        strand = Strand(party or self.party, name)
        self._strands.append(strand)
        threading.Thread(target=self._live, args=(strand, target), name=name, daemon=True).start()
        return strand

    def _live(self, strand: Strand, target: Callable[[], Any]) -> None:
        strand.turn.acquire()
        try:
            if not strand.party.dead:
                target()
        except Killed:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again in the test's thread
            self._fail(error)
        strand.done = True
        self._strands.remove(strand)
        self._hand_to(self._chosen())

    def _pass_on(self, strand: Strand) -> None:
        chosen = self._chosen()
        if chosen is not strand:
            self._hand_to(chosen)
            strand.turn.acquire()

    def _hand_to(self, strand: Strand) -> None:
        self._current = strand
        strand.turn.release()

    def _chosen(self) -> Strand:
        """Who goes on: after all that is due by then has happened."""
        while True:
            while self._due and self._due[0][0] <= self.seconds:
                self._do(heapq.heappop(self._due)[2])
            if self._failure is not None:
                return self._first
            now = self.seconds
            # A strand of a dead party goes on as well: to learn that it is dead.
            ready = [
                strand
                for strand in self._strands
                if strand.party.dead or (strand.until is not None and strand.until <= now) or strand.holds()
            ]
            if ready:
                return ready[0] if len(ready) == 1 else self.random.choice(ready)
            moments = [strand.until for strand in self._strands if strand.until is not None]
            moments += [self._due[0][0]] if self._due else []
            if not moments or self.seconds > _LONGEST:
                waiting = ", ".join(f"{strand.name} of {strand.party.name}" for strand in self._strands)
                self._fail(AssertionError(f"Nothing will happen any more, and these still wait: {waiting}"))
                return self._first
            self.seconds = max(self.seconds, min(moments))

    def _do(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001 - raised again in the test's thread
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        self._failure = self._failure or error
