# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a rollout by blue/green that does not come to its end is told, and what is taken back of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.kinds import WORKLOADS
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.resources import SERVICE

from tests.memory.cases import BLUE, PLAIN, Case, edited, image, made
from tests.memory.cluster import Memory, running
from tests.memory.runs import Run
from tests.memory.scenes import deployment, service

GREEN = "web-green"


def begun(memory: Memory, tag: str = "2", before: Any = PLAIN, **options: Any) -> Run:
    case = Case("blue_green", {**BLUE, "image": f"registry.example/web:{tag}", "wait_timeout": 60, **options}, before)
    case.prepare(memory)
    return case.run(memory).start()


def claim(memory: Memory) -> dict[str, Any]:
    lease = memory.get("default", "Lease", "rollout-web") or {"metadata": {}}
    found: dict[str, Any] = json.loads(lease["metadata"].get("annotations", {}).get("rollout.kubernetes/claim", "{}"))
    return found


def await_switch(memory: Memory) -> None:
    """Wait until the traffic has moved for good."""
    memory.clock.wait(lambda: bool(claim(memory).get("switched")))


def leads_to_green(memory: Memory) -> bool:
    selector = memory.get("default", "Service", "web")["spec"]["selector"]
    pods = [pod for pod in memory.all("default", "Pod") if selector.items() <= pod["metadata"]["labels"].items()]
    return bool(pods) and all(pod["metadata"]["name"].startswith(GREEN) for pod in pods)


def deleted(memory: Memory, resource: Any, kind: str, name: str) -> None:
    memory.server.delete(resource, memory.get("default", kind, name))


@pytest.mark.parametrize("on_failure", ["abort", "hold"])
def test_a_candidate_that_is_never_ready_in_time(on_failure: str) -> None:
    with running() as memory:
        result = begun(memory, "unready", on_failure=on_failure).wait()
        assert result["failed"]
        assert "wait_timeout of 60 s is over" in result["msg"]
        assert result["rollouts"][0]["phase"] == ("aborted" if on_failure == "abort" else "degraded")
        assert bool(claim(memory)) is (on_failure == "hold")
        assert not leads_to_green(memory)


def test_a_first_version_that_is_bad_has_nothing_to_go_back_to() -> None:
    with running() as memory:
        manifest = deployment("unready", replicas=2)
        case = Case("blue_green", {"definition": manifest, "wait_timeout": 30}, (made("Service", service()),))
        case.prepare(memory)
        result = case.run(memory).start().wait()
        assert result["failed"]
        assert "There is no earlier version to go back to." in result["msg"]


def somebody_deletes_the_service(memory: Memory) -> None:
    deleted(memory, SERVICE, "Service", "web")


def somebody_leads_it_elsewhere(memory: Memory) -> None:
    edited("Service", lambda obj: obj["spec"].update(selector={"app": "other"}))(memory)


MEDDLING: dict[str, tuple[Callable[[Memory], None], str]] = {
    "deleted": (somebody_deletes_the_service, "Service default/web was deleted meanwhile; create it with the selector"),
    "led elsewhere": (somebody_leads_it_elsewhere, "was changed by kubectl-edit after the traffic had moved: it is app=other instead of"),
}


@pytest.mark.parametrize("who", MEDDLING)
def test_traffic_that_somebody_takes_away_after_the_switch_is_told_with_who_it_was(who: str) -> None:
    meddle, words = MEDDLING[who]
    with running() as memory:
        run = begun(memory, scale_down_delay=40)
        await_switch(memory)
        meddle(memory)
        result = run.wait()
        assert result["failed"]
        assert words in result["msg"]


def test_a_candidate_that_loses_its_pods_after_the_switch_is_taken_back() -> None:
    with running() as memory:
        run = begun(memory, scale_down_delay=40)
        await_switch(memory)
        edited("Deployment", lambda obj: obj["spec"].update(replicas=0), name=GREEN)(memory)
        result = run.wait()
        assert result["failed"]
        assert "Went back" in result["msg"]
        assert result["rollouts"][0]["phase"] == "aborted"
        assert not leads_to_green(memory)


def test_without_the_old_version_there_is_no_way_back() -> None:
    with running() as memory:
        run = begun(memory, scale_down_delay=40)
        await_switch(memory)
        deleted(memory, WORKLOADS["Deployment"], "Deployment", "web")
        edited("Deployment", lambda obj: obj["spec"].update(replicas=0), name=GREEN)(memory)
        result = run.wait()
        assert result["failed"]
        assert "There is no way back, as Deployment default/web, which served before, is deleted already." in result["msg"]


def test_a_way_back_that_does_not_end_says_what_to_do() -> None:
    with running() as memory:
        run = begun(memory, scale_down_delay=40)
        await_switch(memory)
        made("ResourceQuota", {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "none"}, "spec": {"hard": {"pods": "0"}}})(
            memory
        )
        for name in ("web", GREEN):
            edited("Deployment", lambda obj: obj["spec"].update(replicas=0), name=name)(memory)
        result = run.wait()
        assert result["failed"]
        assert "Going back did not finish" in result["msg"], result["msg"]
        assert "Run the module abort once that is mended." in result["msg"]
        assert claim(memory)


def test_another_template_that_somebody_gives_to_what_serves_is_told_at_the_end() -> None:
    with running() as memory:
        run = begun(memory, scale_down_delay=20)
        await_switch(memory)
        edited("Deployment", image("theirs"), name=GREEN)(memory)
        result = run.wait()
        assert result["failed"]
        assert "was given another template by kubectl-edit after it had got the traffic" in result["msg"]
