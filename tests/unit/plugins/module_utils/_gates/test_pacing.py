# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests in time slots: slow answers stop nothing, and everything ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.verification import Reply, Tally, Verification
from ansible_collections.rollout.kubernetes.plugins.module_utils._gates.http import HttpProbe, Outcome
from ansible_collections.rollout.kubernetes.plugins.module_utils._gates.pacing import Pace, in_a_row

from .faulty_server import hangs, says, serving


class Counter:
    """What was delivered; `wait_for` waits until so many were."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self._changed = threading.Condition()

    def __call__(self, reply: Reply) -> None:
        with self._changed:
            self.replies.append(reply)
            self._changed.notify_all()

    def wait_for(self, number: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.replies) >= number, 60)

    @property
    def tally(self) -> Tally:
        tally = Tally()
        for reply in self.replies:
            tally = tally.after(reply)
        return tally


def ours() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "rollout-verify"]


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """No thread outlives a test."""
    yield
    for thread in ours():
        thread.join(30)
    assert not ours()


def test_requests_begin_in_their_slots_and_not_faster() -> None:
    with serving(says()) as server:
        wanted, counter = Verification(server.url, interval=0.02), Counter()
        pace = Pace(wanted, HttpProbe(wanted).ask, counter, time.monotonic)
        pace.start()
        counter.wait_for(20)
        pace.drain()
    starts = sorted(reply.at for reply in counter.replies)
    # No slot is used twice, and what was missed is not made up for.
    assert len({round(at / 0.02 - 0.5) for at in starts}) >= len(starts) - 1
    assert len(starts) <= starts[-1] / 0.02 + 1
    assert counter.tally.failed == 0


class Together:
    """Asks as `ask` does, and counts how many are at it at the same time: a server learns later that a client has gone."""

    def __init__(self, ask: Callable[[], Outcome]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._now = 0
        self.peak = 0

    def __call__(self) -> Outcome:
        with self._lock:
            self._now += 1
            self.peak = max(self.peak, self._now)
        try:
            return self._ask()
        finally:
            with self._lock:
                self._now -= 1


def test_answers_that_hang_stop_nothing_up_to_a_bound() -> None:
    with serving(hangs) as server:
        wanted, counter = Verification(server.url, interval=0.02, timeout=0.4), Counter()
        assert wanted.at_once == 20
        together = Together(HttpProbe(wanted).ask)
        pace = Pace(wanted, together, counter, time.monotonic)
        pace.start()
        counter.wait_for(30)
        pace.drain()
    assert counter.tally.outcomes == {"timeout": len(counter.replies)}
    assert 2 <= together.peak <= 20
    assert max(reply.at for reply in counter.replies) > 0.4


def test_slots_for_which_nobody_is_free_are_counted() -> None:
    release, counter = threading.Event(), Counter()

    def ask() -> Outcome:
        release.wait(60)
        return "ok", ""

    pace = Pace(Verification("http://web/", interval=0.01, timeout=0.02), ask, counter, time.monotonic)
    pace.start()
    while not pace.skipped:
        time.sleep(0.01)
    release.set()
    counter.wait_for(2)
    pace.drain()


def test_what_never_answers_counts_as_timed_out_at_the_end() -> None:
    release, counter = threading.Event(), Counter()

    def ask() -> Outcome:
        release.wait(60)
        return "ok", ""

    pace = Pace(Verification("http://web/", interval=10, timeout=0.2), ask, counter, time.monotonic)
    pace.start()
    while len(ours()) < 2:
        time.sleep(0.01)
    pace.drain()
    assert [reply.outcome for reply in counter.replies] == ["timeout"]
    release.set()
    for thread in ours():
        thread.join(30)
    assert len(counter.replies) == 1, "what comes later does not count again"


def test_after_close_nothing_is_delivered() -> None:
    release, begun, counter = threading.Event(), threading.Event(), Counter()

    def ask() -> Outcome:
        begun.set()
        release.wait(60)
        return "ok", ""

    pace = Pace(Verification("http://web/", interval=0.01), ask, counter, time.monotonic)
    pace.start()
    assert begun.wait(60)
    pace.close()
    release.set()
    for thread in ours():
        thread.join(30)
    assert counter.replies == []


def test_a_fault_of_our_own_is_a_failure_and_no_traceback(capfd: pytest.CaptureFixture[str]) -> None:
    counter = Counter()

    def ask() -> Outcome:
        raise KeyError("x")

    pace = Pace(Verification("http://web/", interval=0.01), ask, counter, time.monotonic)
    pace.start()
    counter.wait_for(1)
    pace.drain()
    assert (counter.replies[0].outcome, counter.replies[0].detail) == ("broken off", "KeyError")
    assert capfd.readouterr() == ("", "")


# --- in a row -----------------------------------------------------------------------------------------------------------------


class Scripted:
    """Answers in their order, each after some seconds on a clock of its own."""

    def __init__(self, *outcomes: str, seconds: float = 0.01) -> None:
        self.now = 100.0
        self.asked = 0
        self._outcomes = outcomes
        self._seconds = seconds

    def ask(self) -> Outcome:
        outcome = self._outcomes[min(self.asked, len(self._outcomes) - 1)]
        self.asked += 1
        self.now += self._seconds
        return outcome, ""

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def clock(self) -> float:
        return self.now


def tried(script: Scripted, **options: float) -> Reply | None:
    return in_a_row(Verification("http://web/", **options), script.ask, script.wait, script.clock)


def test_five_in_a_row_are_enough() -> None:
    script = Scripted("ok")
    assert tried(script) is None
    assert script.asked == 5


def test_a_hiccup_begins_the_row_again() -> None:
    script = Scripted("ok", "ok", "refused", "ok")
    assert tried(script) is None
    assert script.asked == 8


def test_failures_end_it_after_the_time_of_one_request_with_the_last_of_them() -> None:
    failure = tried(Scripted("status 502", "refused"), timeout=1)
    assert failure is not None
    assert failure.outcome == "refused"
    assert 0.8 < failure.at <= 1


def test_good_answers_may_be_as_slow_as_they_may() -> None:
    script = Scripted("ok", seconds=4.9)
    assert tried(script, timeout=5) is None


def test_a_server_that_never_answers_twice_in_a_row_is_refused() -> None:
    assert tried(Scripted(*["ok", "refused"] * 100)) is not None
