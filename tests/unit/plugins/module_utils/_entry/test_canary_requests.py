# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of a canary, and what is no canary."""

from __future__ import annotations

from typing import Any

import pytest

from tests.memory.cases import theirs
from tests.memory.cluster import running
from tests.memory.runs import Run, call
from tests.memory.scenes import deployment

WEB: dict[str, Any] = {"namespace": "default", "name": "web", "image": "registry.example/web:2", "wait_timeout": 60}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a weight of nothing": (
        {"weights": [0]},
        "weights must be from 1 to 99 percent, not 0; all pods get the candidate in the step promote.",
    ),
    "a weight of all": ({"weights": [100]}, "weights must be from 1 to 99 percent, not 100"),
    "no weight": ({"weights": []}, "weights is empty, and without a step nothing would be watched; give at least one, or use rolling."),
    "no step": ({"steps": []}, "steps is empty"),
    "weights that fall": ({"weights": [50, 10]}, "weights must rise, and 10 % comes after 50 %; to go back use abort or undo."),
    "pods that fall": ({"steps": [{"replicas": 2}, {"replicas": 1}]}, "steps must rise, and 1 pod comes after 2 pods"),
    "neither weight nor replicas": ({"steps": [{"hold": "1m"}]}, "steps[0] needs one of weight and replicas"),
    "both": ({"steps": [{"weight": 10, "replicas": 1}]}, "steps[0] needs one of weight and replicas"),
    "a step of no pods": ({"steps": [{"replicas": 0}]}, "steps[0].replicas must be at least 1 pod, not 0"),
    "a step of all pods": ({"steps": [{"weight": 100}]}, "steps[0].weight must be between 1 and 99 percent, not 100; all pods"),
    "no pods at least": ({"min_replicas": 0}, "min_replicas must be at least 1 pod, not 0"),
    "a hold that is no time": ({"hold": "soon"}, "hold is no length of time"),
    "a step that is none": ({"stop_before": "weight_99"}, "stop_before names weight_99, which is none of the steps to stop before"),
    "the first step": ({"stop_before": "weight_10"}, "none of the steps to stop before: weight_50, promote."),
    "two gates of one name": (
        {"steps": [{"weight": 10, "gates": [{"name": "pods", "pods": {}}]}], "gates": [{"name": "pods", "pods": {}}]},
        "steps[0].gates has two of the name pods",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_canary_is_refused_before_anything_is_written(name: str) -> None:
    options, words = REFUSED[name]
    with running() as memory:
        theirs()(memory)
        run = Run(memory, "canary", **{**WEB, **options})
        result = run.start().wait()
        assert result["failed"]
        assert words in result["msg"]
        assert run.wire.writes == []


BEGINNING: dict[str, tuple[dict[str, Any], str]] = {
    "Recreate": ({"strategy": {"type": "Recreate"}}, "has the strategy Recreate, which stops all pods before the first new one starts"),
    "paused": ({"paused": True}, "is paused, so no pod would get the new template; resume it first"),
    "on its way": ({"template": "missing"}, "has a rollout on its way"),
}


@pytest.mark.parametrize("name", BEGINNING)
def test_what_cannot_be_held_is_refused_with_what_can_be_done(name: str) -> None:
    spec, words = BEGINNING[name]
    with running() as memory:
        if name == "on its way":
            theirs(tag="missing")(memory)
        else:
            theirs(**spec)(memory)
        result = call(memory, "canary", **WEB)
        assert result["failed"]
        assert words in result["msg"]
        assert not result["changed"]


def test_two_deployments_are_two_tasks() -> None:
    with running() as memory:
        definition = [deployment("2"), deployment("2", name="api")]
        result = call(memory, "canary", namespace="default", definition=definition)
        assert "canary takes one Deployment a task; make a task of each" in result["msg"]


@pytest.mark.parametrize("option", [{"revision": 1}, {"to": "2"}])
def test_an_undo_to_another_revision_waits_for_the_end_of_the_canary(option: dict[str, Any]) -> None:
    with running() as memory:
        theirs()(memory)
        assert call(memory, "canary", **WEB, hold=0, stop_before="promote")["rollouts"][0]["phase"] == "paused"
        result = call(memory, "undo", namespace="default", name="web", **option)
        assert "web has a canary on its way, which an undo without" in result["msg"]
        assert call(memory, "undo", namespace="default", name="web")["rollouts"][0]["phase"] == "aborted"


@pytest.mark.parametrize("goal", ["promote", "abort"])
def test_a_decision_about_one_candidate_moves_no_other(goal: str) -> None:
    with running() as memory:
        theirs()(memory)
        held = call(memory, "canary", **WEB, hold=0, stop_before="promote")["rollouts"][0]
        late = call(memory, goal, namespace="default", name="web", expect=["web-other"])
        assert f"{goal} of web expects web-other, but {held['candidate']['name']} is on the way" in late["msg"]
        expected = {"namespace": "default", "name": "web", "expect": [held["candidate"]["name"]]}
        assert call(memory, goal, **expected)["changed"]
        again = call(memory, goal, **expected)
        assert not again["changed"]
        assert not again.get("failed")
        assert ("serves already" if goal == "promote" else "was given up already") in again["msg"]
