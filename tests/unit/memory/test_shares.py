# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Steps by weight or number of pods, of `partition` and `on_delete`, in the shape that `canary` has."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.gates.gate import Prometheus, Reading
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.arguments import ARGUMENTS
from ansible_collections.rollout.kubernetes.plugins.module_utils._gates.asking import BY_REQUEST

from tests.memory.answers import Answers, gate, value
from tests.memory.cases import DAEMON, SET, theirs
from tests.memory.cluster import Memory, running
from tests.memory.runs import Run

WAYS: dict[str, tuple[str, dict[str, Any]]] = {
    "partition": ("partition", SET),
    "on_delete, StatefulSet": ("on_delete", SET),
    "on_delete, DaemonSet": ("on_delete", DAEMON),
}
ways = pytest.mark.parametrize("way", WAYS)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    found = Answers()
    monkeypatch.setitem(BY_REQUEST, Prometheus, found.begin)
    return found


def run(memory: Memory, way: str, *, replicas: int = 3, **options: Any) -> Run:
    """A rollout that has not begun, of a workload that is there."""
    module, change = WAYS[way]
    if memory.get("default", change["kind"], "web") is None:
        scale: dict[str, Any] = {"replicas": replicas} if change["kind"] == "StatefulSet" else {}
        theirs(change["kind"], **scale)(memory)
    return Run(memory, module, namespace="default", wait_timeout=120, **{**change, **options})


def updated(memory: Memory) -> int:
    """How many pods have the new image."""
    return sum(pod["spec"]["containers"][0]["image"].endswith(":2") for pod in memory.all("default", "Pod"))


def states(result: dict[str, Any]) -> dict[str, tuple[str, int]]:
    """The state of each step that has pods, and how many."""
    return {step["name"]: (step["state"], len(step["pods"])) for step in result["rollouts"][0]["steps"] if "pods" in step}


@ways
def test_the_steps_are_named_by_their_weights_and_the_rest_is_promoted(way: str) -> None:
    with running() as memory:
        result = run(memory, way, weights=[10, 50]).start().wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        assert states(result) == {"weight_10": ("done", 1), "weight_50": ("done", 1), "promote": ("done", 1)}
        again = run(memory, way, weights=[10, 50]).start().wait()
        assert (again["changed"], states(again)["promote"][0]) == (False, "unchanged"), again["msg"]


@ways
def test_check_mode_tells_what_each_step_reaches(way: str) -> None:
    with running() as memory:
        begun = run(memory, way, check=True, steps=[{"weight": 10, "hold": "90s"}, {"replicas": 2}])
        result = begun.start().wait()
        assert result["msg"].startswith(
            f"{WAYS[way][1]['kind']} default/web would be rolled out in 3 steps: weight_10, then replicas_2, then"
        )
        plan = result["rollouts"][0]["plan"]
        assert [" ".join(line.split()) for line in plan] == [
            "STEP WHAT BEFORE AFTER",
            "weight_10 1 of 3 pods run the candidate (33 %, asked for 10 %), hold 90 s 3 stable, 0 new 2 stable, 1 new",
            "replicas_2 2 of 3 pods run the candidate (67 %) 2 stable, 1 new 1 stable, 2 new",
            f"promote exchange the rest{'' if way == 'partition' else ', 1 pod at a time'} 1 stable, 2 new 0 stable, 3 new",
        ]
        assert result["rollouts"][0]["steps_left"][:4] == ["template", "weight_10", "replicas_2", "promote"]
        assert (updated(memory), begun.wire.writes) == (0, [])


@ways
def test_it_stops_before_a_step_and_goes_on_with_the_rest(way: str) -> None:
    with running() as memory:
        result = run(memory, way, weights=[10, 50], stop_before="weight_50").start().wait()
        (rollout,) = result["rollouts"]
        assert (rollout["phase"], rollout["next_step"], rollout["steps_left"][:2]) == ("paused", "weight_50", ["weight_50", "promote"])
        assert (updated(memory), "is paused: stopped before weight_50." in result["msg"]) == (1, True)
        again = run(memory, way, weights=[10, 50], stop_before="weight_50").start().wait()
        assert (again["changed"], again["rollouts"][0]["phase"]) == (False, "paused")
        left = run(memory, way, check=True, weights=[10, 50]).start().wait()
        assert [line.split()[0] for line in left["rollouts"][0]["plan"]] == ["STEP", "weight_50", "promote"]
        assert run(memory, way, weights=[10, 50], stop_before="promote").start().wait()["rollouts"][0]["next_step"] == "promote"
        assert updated(memory) == 2
        assert run(memory, way, weights=[10, 50]).start().wait()["rollouts"][0]["phase"] == "complete"


@ways
def test_gates_and_holds_of_all_steps_are_those_before_the_last(answers: Answers, way: str) -> None:
    counts: list[int] = []
    with running() as memory:

        def seen(_query: str) -> Reading:
            counts.append(updated(memory))
            return value(0)

        answers.answer = seen
        begun, began = run(memory, way, weights=[10, 50], gates=[gate(interval="10s")], hold="30s"), memory.clock.seconds
        result = begun.start().wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        assert [(entry["step"], entry["verdict"]) for entry in result["gates"]] == [("weight_10", "pass"), ("weight_50", "pass")]
        assert set(counts) == {1, 2}
        assert 60 <= memory.clock.seconds - began < 90


@ways
def test_a_step_has_a_hold_and_gates_of_its_own(answers: Answers, way: str) -> None:
    steps = [{"weight": 10, "hold": "40s"}, {"weight": 50, "gates": [gate("late", query="late")]}]
    with running() as memory:
        begun, began = run(memory, way, steps=steps, gates=[gate()], hold=0), memory.clock.seconds
        result = begun.start().wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        assert sorted((entry["step"], entry["name"]) for entry in result["gates"]) == [
            ("weight_10", "errors"),
            ("weight_50", "errors"),
            ("weight_50", "late"),
        ]
        assert 40 <= memory.clock.seconds - began < 75


@ways
def test_a_version_that_fails_in_a_step_is_stopped_there(answers: Answers, way: str) -> None:
    answers.answer = lambda query: value(1 if query == "late" else 0)
    steps = [{"weight": 10}, {"weight": 50, "gates": [gate("late", query="late")]}]
    with running() as memory:
        result = run(memory, way, steps=steps).start().wait()
        assert (result["failed"], result["rollouts"][0]["phase"], updated(memory)) == (True, "degraded", 2), result["msg"]
        assert "Left to do: promote (" in result["msg"]
        # The same task measures anew before it goes on, and not what is behind it.
        again = run(memory, way, steps=steps).start().wait()
        assert ([entry["step"] for entry in again["gates"]], updated(memory)) == (["weight_50"], 2)


def test_a_version_that_fails_in_a_step_goes_back_where_that_is_wanted(answers: Answers) -> None:
    answers.answer = lambda _query: value(1)
    with running() as memory:
        result = run(memory, "partition", weights=[60], gates=[gate()], on_failure="rollback").start().wait()
        assert (result["rollouts"][0]["phase"], updated(memory)) == ("aborted", 0), result["msg"]


@ways
def test_a_gate_that_does_not_know_pauses_before_the_next_step(answers: Answers, way: str) -> None:
    answers.answer = lambda _query: Reading()
    with running() as memory:
        options: dict[str, Any] = {"gates": [gate(inconclusive_limit=0)], "on_inconclusive": "pause"}
        result = run(memory, way, weights=[10, 50], **options).start().wait()
        (rollout,) = result["rollouts"]
        assert (rollout["phase"], rollout["next_step"], updated(memory)) == ("paused", "weight_50", 1), result["msg"]
        assert f"is paused: stopped before {rollout['next_step']}, as a gate does not know." in result["msg"]


@ways
def test_a_step_that_adds_no_pod_is_measured_all_the_same(answers: Answers, way: str) -> None:
    with running() as memory:
        result = run(memory, way, weights=[10, 20], gates=[gate()], stop_before="promote").start().wait()
        assert (states(result)["weight_20"][1], updated(memory)) == (0, 1), result["msg"]
        assert [entry["step"] for entry in result["gates"]] == ["weight_10", "weight_20"]
        # Whether it was measured is remembered nowhere.
        again = run(memory, way, weights=[10, 20], gates=[gate()], stop_before="promote").start().wait()
        assert ([entry["step"] for entry in again["gates"]], again["changed"]) == (["weight_20"], False)


@ways
def test_the_primary_is_last_and_what_comes_before_it_is_measured(answers: Answers, way: str) -> None:
    with running() as memory:
        theirs(WAYS[way][1]["kind"])(memory)
        primary = min(pod["metadata"]["name"] for pod in memory.all("default", "Pod"))
        result = run(memory, way, weights=[10], gates=[gate()], primary=primary).start().wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        assert [entry["step"] for entry in result["gates"]] == ["weight_10", "promote"]
        assert result["rollouts"][0]["steps"][3]["pods"] == [primary]


@pytest.mark.parametrize("way", ["on_delete, StatefulSet"])
def test_within_a_step_no_more_pods_are_away_than_a_batch_has(way: str) -> None:
    with running() as memory:
        begun = run(memory, way, replicas=8, weights=[75], batch=2).start()
        ready: list[int] = []

        def over() -> bool:
            ready.append(sum(_is_ready(pod) for pod in memory.all("default", "Pod")))
            return updated(memory) == 8 and ready[-1] == 8

        memory.clock.wait(over, 300)
        result = begun.wait()
        assert states(result) == {"weight_75": ("done", 6), "promote": ("done", 2)}, result["msg"]
        assert min(ready) >= 6


def _is_ready(pod: dict[str, Any]) -> bool:
    conditions = pod.get("status", {}).get("conditions", [])
    return "deletionTimestamp" not in pod["metadata"] and any(
        condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions
    )


@pytest.mark.parametrize("way", ["partition", "on_delete, StatefulSet"])
def test_a_single_pod_is_exchanged_in_the_first_step(answers: Answers, way: str) -> None:
    with running() as memory:
        result = run(memory, way, replicas=1, weights=[10, 50], gates=[gate()]).start().wait()
        assert {name: pods for name, (_state, pods) in states(result).items()} == {"weight_10": 1, "weight_50": 0, "promote": 0}, result[
            "msg"
        ]
        assert result["rollouts"][0]["phase"] == "complete"


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "a weight of all": ("partition", {"weights": [100]}, "weights must be from 1 to 99 percent, not 100; all pods get the candidate in"),
    "a step of all": ("partition", {"steps": [{"weight": 100}]}, "steps[0].weight must be between 1 and 99 percent, not 100; all pods"),
    "no pods": ("partition", {"steps": [{"replicas": 0}]}, "steps[0].replicas must be at least 1 pod, not 0"),
    "no step": ("on_delete", {"steps": []}, "steps is empty, and without a step nothing would be watched"),
    "no weight": ("partition", {"weights": []}, "weights is empty, and without a step nothing would be watched"),
    "weights that fall": (
        "on_delete",
        {"weights": [50, 10]},
        "weights must rise, and 10 % comes after 50 %; to go back use abort",
    ),
    "both": ("partition", {"steps": [{"weight": 10, "replicas": 1}]}, "steps[0] needs one of weight and replicas, which say how many"),
    "a word that is none": ("partition", {"steps": [{"wieght": 10}]}, "Unsupported parameters: steps.wieght"),
    "a number that is none": ("partition", {"steps": [{"weight": "ten"}]}, "weight"),
    "a hold that is no time": ("partition", {"steps": [{"weight": 10, "hold": "soon"}]}, "steps[0].hold is no length of time"),
    "counts as well": (
        "partition",
        {"steps": [1, {"weight": 50}]},
        "steps has both 1 and steps with weight or replicas; give all of them as weight or replicas, or all as counts and percentages.",
    ),
    "a step that is none": ("partition", {"weights": [10], "stop_before": "weight_99"}, "its steps are weight_10, promote."),
    "two gates of one name": (
        "partition",
        {"steps": [{"weight": 10, "gates": [{"name": "pods", "pods": {}}]}], "gates": [{"name": "pods", "pods": {}}]},
        "steps[0].gates has two of the name pods",
    ),
    "a gate without a source": ("partition", {"steps": [{"weight": 10, "gates": [{"name": "x"}]}]}, "one of the following is required"),
    "a gate that cannot pass": (
        "on_delete",
        {"steps": [{"weight": 10, "hold": "5s", "gates": [gate(initial_delay="30s")]}]},
        "give a longer steps[0].hold.",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_are_no_steps_is_refused_before_anything_is_written(name: str) -> None:
    module, options, words = REFUSED[name]
    with running() as memory:
        theirs("StatefulSet")(memory)
        begun = Run(memory, module, namespace="default", **{**SET, **options})
        result = begun.start().wait()
        assert result["failed"]
        assert words in result["msg"]
        assert begun.wire.writes == []


@pytest.mark.parametrize(
    ("module", "options", "words"),
    [
        ("partition", {"steps": ["50%"], "weights": [10]}, "steps|weights|ordinals"),
        ("partition", {"steps": [{"weight": 10}], "ordinals": [2]}, "steps|weights|ordinals"),
        ("on_delete", {"steps": [{"weight": 10}], "weights": [10]}, "steps|weights|nodes"),
        ("on_delete", {"weights": [10], "nodes": "pool=canary"}, "steps|weights|nodes"),
    ],
)
def test_steps_are_said_in_one_way(module: str, options: dict[str, Any], words: str) -> None:
    its = ARGUMENTS[module]
    refused = ArgumentSpecValidator(its.spec, **its.checks).validate({**SET, **options})
    assert refused.error_messages == [f"parameters are mutually exclusive: {words}"]


def test_the_secrets_of_a_steps_gate_are_shown_nowhere() -> None:
    with running() as memory:
        steps = [{"weight": 10, "gates": [{**gate(), "min": "correct horse", "prometheus": {"url": "x", "bearer_token": "correct horse"}}]}]
        result = run(memory, "partition", steps=steps).start().wait()
        assert result["failed"]
        assert "correct horse" not in str(result)
