# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who owns the fields of a Deployment that a canary has changed on its way, once it is over."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import DEPLOYMENT
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.canary.parking import FIELDS

from tests.memory.cases import Case, done, edited, ours
from tests.memory.cluster import Memory, running
from tests.memory.ends import differences
from tests.memory.runs import call
from tests.memory.scenes import deployment
from tests.memory.stories import points, told

from .test_canary import NEXT, ON_ITS_WAY

WAITING: dict[str, Any] = {"namespace": "default", "wait_timeout": 120}
DEFINED = {**WAITING, "hold": 1}
OWN: dict[str, Any] = {
    "minReadySeconds": 2,
    "progressDeadlineSeconds": 300,
    "paused": False,
    "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 2, "maxUnavailable": 0}},
}
DEFAULTS = {
    "progressDeadlineSeconds": 600,
    "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
}
KUBECTL = "kubectl"


def applied(memory: Memory, tag: str = "1", *, without: str = "", **spec: Any) -> None:
    """Somebody applies a Deployment on the server side, without force, and waits for it."""
    body = deployment(tag, **{name: value for name, value in {**OWN, **spec}.items() if name != without})
    body["metadata"]["namespace"] = "default"
    memory.client().apply(DEPLOYMENT, body, manager=KUBECTL, force=False)
    memory.clock.sleep(30)


def owners(memory: Memory) -> dict[str, Any]:
    """What each manager owns of the fields, by its name and how it wrote."""
    found = {}
    for entry in memory.get("default", "Deployment", "web")["metadata"]["managedFields"]:
        part = {name: fields for name, fields in entry["fieldsV1"].get("f:spec", {}).items() if name.removeprefix("f:") in FIELDS}
        if part:
            found[f"{entry['manager']} {entry['operation']}"] = part
    return found


def spec(memory: Memory) -> dict[str, Any]:
    found = memory.get("default", "Deployment", "web")["spec"]
    return {name: found[name] for name in FIELDS if name in found}


def begun(memory: Memory, tag: str = "2", **options: Any) -> None:
    """A canary that stands before its promotion."""
    brings = DEFINED if "definition" in options else {**NEXT, "image": f"registry.example/web:{tag}"}
    result = call(memory, "canary", **{**brings, "weights": [60], "stop_before": "promote", **options})
    assert result["rollouts"][0]["phase"] == "paused", result["msg"]


def ended(memory: Memory, end: str) -> None:
    result = call(memory, end, **ON_ITS_WAY)
    assert not result.get("failed"), result["msg"]
    memory.clock.sleep(60)


ENDS = {"complete": "promote", "aborted": "abort"}
ends = pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)


@ends
@pytest.mark.parametrize("dropped", ["minReadySeconds", "progressDeadlineSeconds", "strategy"])
def test_what_was_applied_on_the_server_side_stays_its_managers(end: str, dropped: str) -> None:
    with running() as memory:
        applied(memory)
        before, fields = owners(memory), spec(memory)
        begun(memory)
        assert owners(memory) != before
        ended(memory, end)
        assert (owners(memory), spec(memory)) == (before, fields)
        # The next apply meets no conflict, and what it does not name any more goes.
        applied(memory, "2" if end == "promote" else "1", without=dropped)
        assert spec(memory).get(dropped) in (
            None,
            600,
            {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
        )


@ends
def test_the_owners_before_the_first_of_several_canaries_count(end: str) -> None:
    with running() as memory:
        applied(memory)
        before, fields = owners(memory), spec(memory)
        begun(memory)
        begun(memory, "3", supersede=True)
        ended(memory, end)
        assert (owners(memory), spec(memory)) == (before, fields)


@ends
def test_a_manager_of_nothing_else_comes_back(end: str) -> None:
    with running() as memory:
        applied(memory, without="minReadySeconds")
        edited("Deployment", lambda obj: obj["spec"].update(minReadySeconds=4), manager="kubectl-patch")(memory)
        memory.clock.sleep(10)
        before = owners(memory)
        begun(memory)
        assert "kubectl-patch Update" not in owners(memory)
        ended(memory, end)
        assert owners(memory) == before
        assert memory.get("default", "Deployment", "web")["spec"]["minReadySeconds"] == 4


@ends
def test_what_our_definition_does_not_name_any_more_goes_after_a_canary(end: str) -> None:
    with running() as memory:
        ours(minReadySeconds=3)(memory)
        memory.clock.sleep(10)
        before = owners(memory)
        begun(memory, definition=deployment("2", minReadySeconds=3))
        ended(memory, end)
        assert owners(memory) == before
        last = "2" if end == "promote" else "1"
        assert not call(memory, "rolling", **WAITING, definition=deployment(last, minReadySeconds=3))["changed"]
        assert call(memory, "rolling", **WAITING, definition=deployment(last))["changed"]
        assert "minReadySeconds" not in spec(memory)


@pytest.mark.parametrize("tag", ["2", "3"], ids=["the same template", "another template"])
def test_what_a_definition_that_supersedes_another_does_not_name_goes(tag: str) -> None:
    with running() as memory:
        ours(minReadySeconds=3)(memory)
        edited("Deployment", lambda obj: obj["spec"].update(strategy=OWN["strategy"]))(memory)
        memory.clock.sleep(10)
        begun(memory, definition=deployment("2", minReadySeconds=4))
        result = call(memory, "canary", **DEFINED, definition=deployment(tag), weights=[60], supersede=True)
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        assert spec(memory) == {"progressDeadlineSeconds": 600, "strategy": OWN["strategy"]}
        assert not call(memory, "canary", **DEFINED, definition=deployment(tag), weights=[60])["changed"]


def test_a_definition_that_takes_over_leaves_nothing_to_the_manager_before() -> None:
    with running() as memory:
        applied(memory)
        begun(memory, definition=deployment("2", progressDeadlineSeconds=200))
        ended(memory, "promote")
        assert owners(memory) == {"rollout.kubernetes Apply": {"f:progressDeadlineSeconds": {}}}
        assert (spec(memory)["progressDeadlineSeconds"], "minReadySeconds" in spec(memory)) == (200, False)


def test_given_up_what_was_taken_over_is_still_there_and_goes_with_the_next_definition() -> None:
    with running() as memory:
        applied(memory)
        fields = spec(memory)
        begun(memory, definition=deployment("2", progressDeadlineSeconds=200))
        ended(memory, "abort")
        assert spec(memory) == fields
        assert call(memory, "rolling", **WAITING, definition=deployment("2"))["changed"]
        assert "minReadySeconds" not in spec(memory)


@pytest.mark.matrix
@ends
def test_killed_after_any_write_the_owners_are_the_same_in_the_end(end: str) -> None:
    stopped = done("canary", **{**NEXT, "weights": [60], "stop_before": "promote"})
    case = Case(end, {"application": "web"}, (applied, stopped))
    undisturbed = told(case, 1)
    assert not undisturbed.result.get("failed"), undisturbed.result["msg"]
    for point in points(undisturbed, 1):
        story = told(case, 1, point.kill)
        assert not story.again, f"{point}: {story.again}"
        assert not differences(undisturbed.end, story.end), str(point)
