# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run leaves alone: what belongs to another rollout, Services that would lead nowhere, pods that may never go."""

from __future__ import annotations

from typing import Any

import pytest

from tests.memory.cases import BLUE, NEXT, PLAIN, SET, Case, done, made, ours, theirs
from tests.memory.cluster import Memory, running
from tests.memory.runs import Run
from tests.memory.scenes import deployment, service


def _refused(memory: Memory, module: str, **options: Any) -> str:
    """The sentence by which a task is refused, before it has changed anything."""
    run: Run = Case(module, options).run(memory)
    result = run.start().wait()
    assert result.get("failed"), result["msg"]
    assert [str(request) for request in run.wire.writes if "/leases" not in request.path and "selfsubject" not in request.path] == []
    return str(result["msg"])


@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("rolling", NEXT),
        ("recreate", NEXT),
        ("restart", {"name": "web"}),
        ("service_switch", {"name": "web", "selector": {"app": "api"}}),
    ],
)
def test_what_a_blue_green_rollout_has_claimed_is_left_alone(module: str, options: dict[str, Any]) -> None:
    with running() as memory:
        for act in (theirs(name="api"), *PLAIN, done("blue_green", **{**BLUE, "image": "x:7"}, stop_before="switch")):
            act(memory)
        assert "belongs to a blue/green rollout of web that is on its way" in _refused(memory, module, **options)


def test_the_side_that_gets_no_requests_is_not_rolled_out_as_if_users_got_it() -> None:
    with running() as memory:
        for act in (*PLAIN, done("blue_green", **BLUE)):
            act(memory)
        assert "is a side of web that gets no requests" in _refused(memory, "rolling", name="web", image="x:3")


def test_a_service_that_a_new_template_would_leave_without_pods_is_in_the_way() -> None:
    with running() as memory:
        ours()(memory)
        body = deployment()
        body["spec"]["template"]["metadata"]["labels"]["tier"] = "front"
        for act in (done("rolling", definition=body), made("Service", service(tier="front"))):
            act(memory)
        assert "Service default/web" in _refused(memory, "rolling", definition=deployment("2"))


def test_a_budget_that_never_lets_a_pod_go_is_told_before_the_first_write() -> None:
    budget = {"metadata": {"name": "web"}, "spec": {"selector": {"matchLabels": {"app": "web"}}, "maxUnavailable": 0}}
    with running() as memory:
        for act in (theirs("StatefulSet"), made("PodDisruptionBudget", budget)):
            act(memory)
        assert "PodDisruptionBudget default/web" in _refused(memory, "on_delete", **SET)


def test_pods_that_are_not_ready_get_no_traffic() -> None:
    with running() as memory:
        for act in (theirs(), theirs(tag="unready", name="api"), made("Service", service())):
            act(memory)
        assert "ready" in _refused(memory, "service_switch", name="web", selector={"app": "api"})


def test_no_pod_moves_before_the_step_that_is_for_it() -> None:
    with running() as memory:
        theirs("StatefulSet")(memory)
        done("partition", **SET, stop_before="web-1")(memory)
        memory.clock.sleep(60)
        images = {pod["metadata"]["name"]: pod["spec"]["containers"][0]["image"][-1] for pod in memory.all("default", "Pod")}
        assert images == {"web-0": "1", "web-1": "1", "web-2": "2"}
