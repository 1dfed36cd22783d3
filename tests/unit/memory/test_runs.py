# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of modules to their end on the cluster in memory, and the time that they live in."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.memory.clock import Clock
from tests.memory.cluster import Memory, running
from tests.memory.runs import Run, call
from tests.memory.scenes import deployment, manifest


def rolled(memory: Memory, kind: str = "Deployment", tag: str = "1", **options: Any) -> dict[str, Any]:
    return call(memory, "rolling", namespace="default", definition=manifest(kind, tag), wait_timeout=300, **options)


def images(memory: Memory) -> list[str]:
    pods = [pod for pod in memory.all("default", "Pod") if not pod["metadata"].get("deletionTimestamp")]
    return sorted(pod["spec"]["containers"][0]["image"].rpartition(":")[2] for pod in pods)


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
def test_three_replicas_are_rolled_out_and_a_second_run_changes_nothing(kind: str) -> None:
    with running() as memory:
        assert rolled(memory, kind)["changed"]
        result = rolled(memory, kind, "2")
        assert result["changed"]
        assert result["msg"].startswith(f"{kind} default/web is complete: successfully rolled out.")
        assert images(memory) == ["2", "2", "2"]
        again = Run(memory, "rolling", namespace="default", definition=manifest(kind, "2"))
        assert not again.start().wait()["changed"]
        assert again.wire.writes == []


def test_the_same_seed_gives_the_same_run() -> None:
    def story(seed: int) -> list[Any]:
        with running(seed) as memory:
            rolled(memory)
            rolled(memory, tag="2")
            return [memory.clock.seconds, memory.server.store.version, [json.dumps(obj) for obj in memory.all("default", "Pod")]]

    assert story(7) == story(7)
    assert story(7) != story(8)


def test_ten_minutes_pass_at_once() -> None:
    began = time.monotonic()
    with running() as memory:
        assert rolled(memory)["changed"]
        result = call(memory, "rolling", namespace="default", definition=deployment("unready"), wait_timeout=600)
        assert result["failed"]
        assert memory.clock.seconds > 1600
    assert time.monotonic() - began < 60


def test_a_killed_run_does_nothing_more() -> None:
    with running() as memory:
        rolled(memory)
        run = (
            Run(memory, "rolling", namespace="default", definition=deployment("2"), wait_timeout=300).dies_after_write(2).start()
        )  # That of its Lease, and that of the Deployment.
        assert run.wait() == {}
        asked = len(run.wire.requests)
        memory.clock.sleep(100)
        assert len(run.wire.requests) == asked
        assert images(memory) == ["2", "2", "2"]


def test_who_waits_for_nothing_is_named() -> None:
    with pytest.raises(AssertionError, match="Nothing will happen any more, and these still wait: test of the test"), Clock() as clock:
        clock.wait(lambda: False)


def test_ages_are_told_by_the_clock_of_the_server() -> None:
    with running() as memory:
        rolled(memory)
        memory.clock.sleep(3600)
        result = Run(memory, "history_info", namespace="default", name="web").start().wait()
        (revision,) = result["rollouts"][0]["revisions"]
        assert 3600 <= revision["age"] < 3700


def test_each_workload_takes_its_steps_at_its_own_pace() -> None:
    """The limits that a restart has borrowed go back as soon as its own workload is done."""

    def borrowed(memory: Memory, name: str) -> bool:
        limits: dict[str, Any] = memory.get("default", "Deployment", name)["spec"]["strategy"]["rollingUpdate"]
        return limits != {"maxSurge": 1, "maxUnavailable": 1}

    with running() as memory:
        for name in ("fast", "slow"):
            made = deployment(name=name, replicas=1, strategy={"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 1}})
            made["metadata"]["labels"] = {"team": "shop"}
            if name == "slow":
                made["spec"]["template"]["metadata"]["annotations"] = {"simulate.rollout.kubernetes/ready-after": "60s"}
            assert not call(memory, "rolling", namespace="default", definition=made, wait_timeout=300).get("failed")
        began = memory.clock.seconds
        run = Run(memory, "restart", namespace="default", label_selectors=["team=shop"], wait_timeout=300).start()
        memory.clock.wait(lambda: borrowed(memory, "fast") and borrowed(memory, "slow"))
        memory.clock.wait(lambda: not borrowed(memory, "fast"))
        assert memory.clock.seconds < began + 30
        assert borrowed(memory, "slow")
        assert run.wait()["changed"]
        assert not borrowed(memory, "slow")
