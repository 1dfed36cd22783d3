# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`expect`: an approval, or a refusal of one, that comes late moves no other version than the one that somebody has looked at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import DEPLOYMENT
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.sides.expected import GIVEN_UP

from tests.memory.cases import PLACE, PLAIN
from tests.memory.cluster import Memory, running
from tests.memory.runs import Run


@pytest.fixture
def memory() -> Iterator[Memory]:
    with running(1) as cluster:
        for act in PLAIN:
            act(cluster)
        cluster.clock.sleep(5)
        yield cluster


def run(memory: Memory, module: str, *, check: bool = False, user: str = "alice", **options: Any) -> Run:
    """A module on the application `web`, run to its end."""
    one = Run(memory, module, check=check, **{**PLACE, "name": "web", "wait_timeout": 120, "requested_by": user, **options})
    one.start().wait()
    return one


def prepared(memory: Memory, tag: str = "2") -> str:
    """Prepare a version; the name of its candidate."""
    result = run(memory, "blue_green", image=f"registry.example/web:{tag}", scale_down_delay=0, stop_before="switch").result
    assert not result.get("failed"), result["msg"]
    name: str = result["rollouts"][0]["candidate"]["name"]
    return name


def serving(memory: Memory) -> set[str]:
    """The ReplicaSets of the pods to which the Service leads."""
    selector = memory.get("default", "Service", "web")["spec"]["selector"]
    pods = [pod for pod in memory.all("default", "Pod") if selector.items() <= pod["metadata"]["labels"].items()]
    return {pod["metadata"]["ownerReferences"][0]["name"] for pod in pods if "deletionTimestamp" not in pod["metadata"]}


def refused(memory: Memory, module: str, *expect: str, **options: Any) -> str:
    """The sentence of a run that is refused and writes nothing."""
    one = run(memory, module, expect=list(expect), **options)
    assert one.result["failed"], one.result["msg"]
    assert not one.result["changed"]
    assert [str(request) for request in one.wire.writes] == []
    message: str = one.result["msg"]
    return message


def test_what_is_expected_is_promoted_and_again_changes_nothing(memory: Memory) -> None:
    name = prepared(memory)
    first = run(memory, "promote", expect=[name]).result
    assert first["changed"], first["msg"]
    assert serving(memory) == {name}
    again = run(memory, "promote", expect=[name])
    assert not again.result.get("failed"), again.result["msg"]
    assert not again.result["changed"]
    assert again.wire.writes == []
    assert f"{name} serves already" in again.result["msg"]


def test_an_approval_that_comes_late_promotes_no_other_candidate(memory: Memory) -> None:
    looked_at = prepared(memory)
    run(memory, "abort")
    other = prepared(memory, "3")
    before = serving(memory)
    said = refused(memory, "promote", looked_at)
    assert f"promote of web expects {looked_at}, but {other} is on the way (image web=registry.example/web:3" in said
    assert "begun by alice, " in said
    assert said.rstrip().endswith("expect it by name, or abort it. Nothing was changed.")
    assert serving(memory) == before
    assert refused(memory, "promote", looked_at, check=True) == said


def test_nothing_on_its_way_is_not_what_was_approved(memory: Memory) -> None:
    name = prepared(memory)
    run(memory, "abort")
    said = refused(memory, "promote", name)
    assert f"promote of web expects {name}, but nothing is on its way; roll it out anew" in said


def test_the_earlier_candidate_serves_while_another_one_is_on_its_way(memory: Memory) -> None:
    name = prepared(memory)
    run(memory, "promote", expect=[name])
    other = prepared(memory, "3")
    late = run(memory, "promote", expect=[name])
    assert not late.result.get("failed"), late.result["msg"]
    assert late.wire.writes == []
    assert serving(memory) == {name}
    said = refused(memory, "abort", name)
    assert "it serves already; undo brings the version before back" in said
    assert run(memory, "promote", expect=[other]).result["changed"]
    assert f"but nothing is on its way, {other} serves" in refused(memory, "promote", "web-gone")


def test_what_is_expected_is_aborted_and_again_changes_nothing(memory: Memory) -> None:
    before = serving(memory)
    name = prepared(memory)
    first = run(memory, "abort", expect=[name], user="bob").result
    assert first["changed"], first["msg"]
    assert serving(memory) == before
    again = run(memory, "abort", expect=[name])
    assert not again.result.get("failed"), again.result["msg"]
    assert again.wire.writes == []
    assert f"{name} was given up already by bob, " in again.result["msg"]
    other = prepared(memory, "3")
    assert run(memory, "abort", expect=[name]).wire.writes == [], "the one that is on its way now is another one"
    assert f"abort of web expects web-else, but {other} is on the way" in refused(memory, "abort", "web-else")


def test_what_went_back_by_itself_counts_as_aborted(memory: Memory) -> None:
    failed = run(memory, "blue_green", image="registry.example/web:missing", scale_down_delay=0).result
    assert failed["failed"]
    lease = memory.get("default", "Lease", "rollout-web")
    (name,) = (entry["candidates"] for entry in json.loads(lease["metadata"]["annotations"][GIVEN_UP])["rollouts"])
    assert name.startswith("web-green-")
    late = run(memory, "abort", expect=[name])
    assert not late.result.get("failed"), late.result["msg"]
    assert f"{name} was given up already" in late.result["msg"]
    assert f"expects {name}, but nothing is on its way" in refused(memory, "promote", name)


def test_a_candidate_that_somebody_gave_another_template_is_another_one(memory: Memory) -> None:
    name = prepared(memory)
    live = memory.get("default", "Deployment", "web-green")
    body = {**live, "spec": {**live["spec"], "paused": False}}
    body["spec"]["template"] = {**live["spec"]["template"], "spec": {**live["spec"]["template"]["spec"], "hostname": "else"}}
    memory.client().update(DEPLOYMENT, body, manager="kubectl-edit")
    memory.clock.sleep(10)
    assert f"promote of web expects {name}, but " in refused(memory, "promote", name)


@pytest.mark.parametrize("expect", [[], [""], ["web-1", " "]])
@pytest.mark.parametrize("module", ["promote", "abort"])
def test_an_expectation_without_a_name_is_refused(memory: Memory, module: str, expect: list[str]) -> None:
    prepared(memory)
    assert "expect names no candidate" in refused(memory, module, *expect)


def test_a_stateful_set_has_no_candidate_of_blue_green(memory: Memory) -> None:
    assert "leave it out for StatefulSet default/web" in refused(memory, "abort", "web-1", kind="StatefulSet")
