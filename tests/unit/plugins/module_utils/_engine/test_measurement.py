# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The life of a measurement: once begun, what wakes a wait, what is told, and that it ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import RefusedError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.verification import Allowance, Reply, Verification
from ansible_collections.rollout.kubernetes.plugins.module_utils._engine.outside.measurement import UNMEASURED, Measurement

URL = "http://walter@web/shop?token=secret"


class Source:
    """Requests whose answers a test gives."""

    def __init__(self, first: Reply | None = None) -> None:
        self.first = first
        self.trouble = ""
        self.skipped = 0
        self.tried = 0
        self.drained = 0
        self.closed = 0
        self.allowed = 0.0
        self.deliver: Callable[[Reply], None] = lambda reply: None
        self.wake: Callable[[], None] = lambda: None

    def try_out(self) -> Reply | None:
        self.tried += 1
        return self.first

    def allow(self, seconds: float) -> None:
        self.allowed = seconds

    def start(self, deliver: Callable[[Reply], None], wake: Callable[[], None]) -> None:
        self.deliver, self.wake = deliver, wake

    def drain(self) -> None:
        self.drained += 1

    def close(self) -> None:
        self.closed += 1

    def gets(self, *outcomes: str) -> None:
        for outcome in outcomes:
            self.deliver(Reply(1.0, 0.1, outcome))


class Scene:
    """A measurement, its source, a clock and what was shown."""

    def __init__(self, *, first: Reply | None = None, **options: object) -> None:
        self.now = 50.0
        self.lines: list[str] = []
        self.source = Source(first)
        wanted = Verification(URL, **options)  # type: ignore[arg-type]
        self.measurement = Measurement(wanted, self.source, clock=lambda: self.now, progress=self.lines.append)


def test_it_begins_once_also_from_many_threads() -> None:
    scene = Scene()
    threads = [threading.Thread(target=scene.measurement.begin) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert scene.source.tried == 1
    assert len(scene.lines) == 1
    assert "http://web/shop?..." in scene.lines[0]
    assert "secret" not in scene.lines[0]


def test_what_fails_before_refuses_each_write_and_is_told() -> None:
    scene = Scene(first=Reply(0, 0.1, "status 502"))
    for _time in range(2):
        with pytest.raises(RefusedError, match=r"fail already, before anything is changed: status 502; nothing was written"):
            scene.measurement.begin()
    assert scene.source.tried == 1
    measured = scene.measurement.measured
    assert measured is not None
    assert measured.tally.outcomes == {"status 502": 1}
    scene.measurement.close()
    assert scene.source.closed == 1


def test_giving_up_is_not_kept_from_beginning() -> None:
    scene = Scene(first=Reply(0, 0.1, "status 502"), gives_up=False)
    scene.measurement.begin()
    scene.source.gets("status 502", "ok")
    assert scene.measurement.verdict() != ""


def test_each_failure_wakes_and_the_one_too_many_is_the_verdict() -> None:
    scene, woken = Scene(allowed=Allowance(1)), list[int]()
    scene.measurement.begin()
    with scene.measurement.waking(lambda: woken.append(1)):
        scene.source.gets("ok", "refused")
        assert len(woken) == 1
        assert scene.measurement.verdict() == ""
        scene.source.gets("refused")
        assert len(woken) == 2
    scene.source.gets("refused")
    assert len(woken) == 2, "nobody waits any more"
    assert scene.measurement.verdict().startswith("users lost requests: 3 of 4 to http://web/shop?... failed (3 refused), 1 may;")


def test_a_share_wakes_when_it_can_be_judged_whatever_the_last_answer_was() -> None:
    scene, woken = Scene(allowed=Allowance(percent=10)), list[int]()
    scene.measurement.begin()
    with scene.measurement.waking(lambda: woken.append(1)):
        scene.source.gets("refused", "refused", *["ok"] * 7)
        before = len(woken)
        assert scene.measurement.verdict() == ""
        scene.source.gets("ok")
        assert len(woken) == before + 1
        assert "10% may" in scene.measurement.verdict()


def test_on_the_way_back_it_only_counts() -> None:
    scene = Scene()
    scene.measurement.begin()
    scene.measurement.rest()
    scene.source.gets("refused")
    assert scene.measurement.verdict() == ""
    assert scene.measurement.settle(longer=True) == ""
    assert scene.source.drained == 0
    assert scene.measurement.settle(longer=False, anyway=True) != ""


def test_lines_about_failures_are_few() -> None:
    scene = Scene(allowed=Allowance(1000))
    scene.measurement.begin()
    for _time in range(100):
        scene.source.gets("refused")
        scene.now += 0.1
        scene.measurement.verdict()
    lines = [line for line in scene.lines if "failed by now" in line]
    assert lines[0] == "verify: 1 of 1 requests failed by now (1 refused)"
    assert 4 <= len(lines) <= 6


def test_at_the_end_it_measures_on_then_judges_all() -> None:
    scene = Scene(after=0.05, allowed=Allowance(percent=1))
    scene.measurement.begin()
    scene.source.gets("ok", "refused")
    assert "1% may" in scene.measurement.settle(longer=True)
    assert scene.source.drained == 1
    assert "measuring for 0.05 s more" in scene.lines[-2] + scene.lines[-1]


def test_a_failure_ends_the_time_afterwards_at_once() -> None:
    scene = Scene(after=3600)
    scene.measurement.begin()
    found: list[str] = []
    thread = threading.Thread(target=lambda: found.append(scene.measurement.settle(longer=True)), daemon=True)
    thread.start()
    while not any("more" in line for line in scene.lines):
        time.sleep(0.01)
    scene.source.gets("refused")
    thread.join(60)
    assert found[0].startswith("users lost requests: 1 of 1 ")


def test_a_measurement_that_breaks_off_has_not_shown_that_all_is_well() -> None:
    scene, woken = Scene(), list[int]()
    scene.measurement.begin()
    with scene.measurement.waking(lambda: woken.append(1)):
        scene.source.trouble = "Pod shop/x is gone"
        scene.source.wake()
    assert woken
    assert scene.measurement.verdict() == (
        "the measurement of http://web/shop?... broke off, so nobody knows whether users lose requests: Pod shop/x is gone."
    )


def test_the_last_line_has_the_counts() -> None:
    scene = Scene()
    scene.measurement.begin()
    scene.source.gets("ok", "ok")
    scene.now += 1.5
    scene.measurement.close()
    assert scene.lines[-1] == "verify: 2 requests, 0 failed; the longest gap without an answer was 1.1 s"
    assert scene.source.closed == 1
    scene.now += 100
    measured = scene.measurement.measured
    assert measured is not None
    assert measured.longest_gap == 1.1


def test_where_nothing_is_wanted_nothing_happens() -> None:
    UNMEASURED.begin()
    with UNMEASURED.waking(lambda: None):
        assert UNMEASURED.verdict() == UNMEASURED.settle(longer=True) == ""
    UNMEASURED.rest()
    UNMEASURED.close()
    assert UNMEASURED.measured is None


def test_what_has_not_begun_leaves_nothing() -> None:
    scene = Scene()
    assert scene.measurement.settle(longer=True) == ""
    scene.measurement.close()
    assert scene.lines == []
    assert scene.measurement.measured is None
