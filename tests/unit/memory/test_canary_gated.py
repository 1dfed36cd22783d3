# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gates in a canary: measured from when the candidate has its share, in each step, and anew by a task that goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.gates.gate import Prometheus, Reading
from ansible_collections.rollout.kubernetes.plugins.module_utils._gates.asking import BY_REQUEST

from tests.memory.answers import Answers, gate, value
from tests.memory.cases import theirs
from tests.memory.cluster import Memory, running
from tests.memory.pods import WORSE
from tests.memory.runs import Run, call

CANARY: dict[str, Any] = {
    "namespace": "default",
    "name": "web",
    "image": "registry.example/web:2",
    "weights": [33, 60],
    "hold": 30,
    "wait_timeout": 120,
}


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    found = Answers()
    monkeypatch.setitem(BY_REQUEST, Prometheus, found.begin)
    return found


def canary(memory: Memory, *gates: dict[str, Any], **options: Any) -> Run:
    """A canary of three pods that has begun."""
    theirs()(memory)
    memory.clock.sleep(5)
    return Run(memory, "canary", **{**CANARY, "gates": list(gates), **options}).start()


def tags(memory: Memory) -> list[str]:
    """The versions of the pods, without those that are on their way out."""
    pods = [pod for pod in memory.all("default", "Pod") if not pod["metadata"].get("deletionTimestamp")]
    return sorted(pod["spec"]["containers"][0]["image"].rpartition(":")[2] for pod in pods)


def verdicts(result: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(entry["name"], entry["step"], entry["verdict"]) for entry in result.get("gates", [])]


def test_each_step_is_measured_when_the_candidate_has_its_share(answers: Answers) -> None:
    with running() as memory:
        seen: list[list[str]] = []

        def answer(_query: str) -> Reading:
            seen.append(tags(memory))
            return value(0)

        answers.answer = answer
        result = canary(memory, gate(count=2), {"name": "pods", "pods": {}}).wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        assert sorted(verdicts(result)) == [(name, step, "pass") for name in ("errors", "pods") for step in ("weight_33", "weight_60")]
        assert {tuple(pods) for pods in seen} == {("1", "1", "2"), ("1", "2", "2")}


def test_a_gate_of_one_step_is_measured_there_alone(answers: Answers) -> None:
    with running() as memory:
        steps = [{"weight": 33, "gates": [gate(name="first")]}, {"weight": 60, "hold": 20, "gates": [gate(name="second")]}]
        theirs()(memory)
        options = {key: option for key, option in CANARY.items() if key != "weights"}
        result = call(memory, "canary", **options, steps=steps)
        assert verdicts(result) == [("first", "weight_33", "pass"), ("second", "weight_60", "pass")], result["msg"]


@pytest.mark.parametrize("on_failure", ["rollback", "hold"])
def test_a_gate_that_fails_stops_the_canary_at_its_step(answers: Answers, on_failure: str) -> None:
    answers.answer = lambda _query: value(0.2)
    with running() as memory:
        result = canary(memory, gate(), on_failure=on_failure).wait()
        assert result["failed"]
        assert "Gate errors fails: 0.2 is more than 0.01" in result["msg"]
        assert verdicts(result) == [("errors", "weight_33", "fail")]
        assert result["rollouts"][0]["phase"] == {"rollback": "aborted", "hold": "degraded"}[on_failure]
        memory.clock.sleep(30)
        assert tags(memory) == {"rollback": ["1", "1", "1"], "hold": ["1", "1", "2"]}[on_failure]


def test_a_gate_that_fails_late_in_the_hold_ends_it_at_once(answers: Answers) -> None:
    with running() as memory:
        run = canary(memory, gate(), hold=600)
        memory.clock.wait(lambda: len(answers.asked) > 3, 200)
        answers.answer = lambda _query: value(1)
        failed = memory.clock.seconds
        assert run.wait()["rollouts"][0]["phase"] == "aborted"
        assert memory.clock.seconds - failed < 60


def test_a_gate_that_does_not_know_pauses_in_its_step_and_the_next_task_measures_anew(answers: Answers) -> None:
    answers.answer = lambda _query: Reading()
    with running() as memory:
        unsure = gate(error_limit=1, inconclusive_limit=1, interval=5, count=9)
        result = canary(memory, unsure, on_inconclusive="pause").wait()
        assert not result.get("failed"), result["msg"]
        assert (result["rollouts"][0]["phase"], result["rollouts"][0]["next_step"]) == ("paused", "weight_33")
        memory.clock.sleep(100)
        answers.answer = lambda _query: value(0)
        result = call(memory, "promote", namespace="default", application="web", gates=[gate(count=1)])
        assert verdicts(result) == [("errors", "weight_33", "pass"), ("errors", "weight_60", "pass")], result["msg"]
        assert result["rollouts"][0]["phase"] == "complete"


@pytest.mark.parametrize("happens", WORSE)
def test_a_candidate_that_gets_worse_while_it_is_held_goes_without_any_gate(happens: Callable[[Memory, str], None]) -> None:
    with running() as memory:
        run = canary(memory, hold=600)
        memory.clock.wait(lambda: any("held for" in line for line in run.lines), 200)
        (new,) = (pod["metadata"]["name"] for pod in memory.all("default", "Pod") if "web:2" in pod["spec"]["containers"][0]["image"])
        happens(memory, new)
        result = run.wait()
        assert WORSE[happens] in result["msg"]
        assert result["rollouts"][0]["phase"] == "aborted"
        memory.clock.sleep(30)
        assert tags(memory) == ["1", "1", "1"]


def test_nothing_is_asked_in_check_mode(answers: Answers) -> None:
    with running() as memory:
        theirs()(memory)
        run = Run(memory, "canary", check=True, **CANARY, gates=[gate()])
        assert not run.start().wait().get("failed")
        assert answers.asked == []
