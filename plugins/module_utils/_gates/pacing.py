# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests in time slots: each begins when its slot does, whatever became of those before."""

from __future__ import annotations

import threading
from collections.abc import Callable

from .._domain.base.ports import Clock
from .._domain.verification import IN_A_ROW, OK, Reply, Verification
from .http import Outcome

_PAUSE = 0.1
"""Seconds between the requests that are to succeed in a row, at most."""


class Pace:
    """Calls `ask` in each slot from `start` on, in threads of their own, and gives what came of it to `deliver`, until `close`.

    When as many are on their way as may be, a slot passes without a request and is counted in `skipped`.
    """

    def __init__(self, wanted: Verification, ask: Callable[[], Outcome], deliver: Callable[[Reply], None], clock: Clock) -> None:
        self._wanted = wanted
        self._ask = ask
        self._deliver = deliver
        self._clock = clock
        self._changed = threading.Condition()
        self._under_way: dict[int, float] = {}
        self._ended = threading.Event()
        self._closed = False
        self._began = clock()
        self.skipped = 0

    def start(self) -> None:
        """Begin now."""
        self._began = self._clock()
        threading.Thread(target=self._run, name="rollout-verify", daemon=True).start()

    def drain(self) -> None:
        """Send no more, and wait for the answers that are still to come; what has none after its time counts as timed out."""
        self._ended.set()
        limit = self._clock() + self._wanted.timeout
        with self._changed:
            while self._under_way and self._clock() < limit:
                self._changed.wait(limit - self._clock())
            late, self._closed = sorted(self._under_way.values()), True
        for at in late:
            self._deliver(Reply(at, self._clock() - self._began - at, "timeout"))

    def close(self) -> None:
        """Send no more, and take no more answers."""
        self._ended.set()
        with self._changed:
            self._closed = True

    def _run(self) -> None:
        slot = 0
        while not self._ended.wait(max(0.0, self._began + slot * self._wanted.interval - self._clock())):
            at = self._clock() - self._began
            with self._changed:
                free = len(self._under_way) < self._wanted.at_once and not self._closed
                if free:
                    self._under_way[slot] = at
                else:
                    self.skipped += 1
            if free:
                threading.Thread(target=self._one, args=(slot, at), name="rollout-verify", daemon=True).start()
            # A slot that has passed by now does not come again: no bursts.
            slot = max(slot + 1, int((self._clock() - self._began) / self._wanted.interval))

    def _one(self, slot: int, at: float) -> None:
        try:
            outcome, detail = self._ask()
        except Exception as error:  # noqa: BLE001 - a thread has nobody to raise to, and what is not known to have gone well has not.
            outcome, detail = "broken off", type(error).__name__
        reply = Reply(at, self._clock() - self._began - at, outcome, detail)
        with self._changed:
            if not self._closed:
                self._deliver(reply)
            self._under_way.pop(slot, None)
            self._changed.notify_all()


def in_a_row(wanted: Verification, ask: Callable[[], Outcome], wait: Callable[[float], object], clock: Clock) -> Reply | None:
    """None once enough requests have succeeded one after another; the last failure where that was not to be had in the time of one
    request. `wait` passes so many seconds."""
    began, row, last = clock(), 0, None
    while row < IN_A_ROW:
        at = clock() - began
        outcome, detail = ask()
        row = row + 1 if outcome == OK else 0
        last = last if outcome == OK else Reply(at, clock() - began - at, outcome, detail)
        if last is not None and row < IN_A_ROW and clock() - began >= wanted.timeout:
            return last
        wait(min(_PAUSE, wanted.interval))
    return None
