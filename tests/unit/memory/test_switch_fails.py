# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a switch of Services that does not come to its end is told, and where the traffic is then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import SERVICE
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.transport import Answer

from tests.memory.cases import Case, edited, made, replicas, theirs
from tests.memory.cluster import Memory, running
from tests.memory.requests import Request
from tests.memory.runs import Run
from tests.memory.scenes import service
from tests.memory.trouble import act_before_first

FROM, TO = {"app": "web"}, {"app": "api"}
TWO = {"services": [{"name": name, "selector": TO} for name in ("a", "b")], "application": "web"}


def prepared(memory: Memory, *services: str) -> None:
    for act in (theirs(), theirs(name="api"), *(made("Service", service(name, app="web")) for name in services or ("web",))):
        act(memory)


def switch(memory: Memory, **options: Any) -> Run:
    return Case("service_switch", {"name": "web", "selector": TO, "wait_timeout": 30} if "services" not in options else {}).run(
        memory, **options
    )


def leads(memory: Memory, name: str = "web") -> dict[str, str] | None:
    found = memory.get("default", "Service", name)
    selector: dict[str, str] | None = found["spec"]["selector"] if found is not None else None
    return selector


def turns(request: Request) -> bool:
    """It writes a Service."""
    return request.is_write and "/services/" in request.path


def notes(request: Request) -> bool:
    """It stores where the switch is going."""
    return request.method == "PUT" and "rollout.kubernetes/switch" in (request.body["metadata"].get("annotations") or {})


def takes(request: Request) -> bool:
    """It takes the lock."""
    return request.is_write and "/leases" in request.path


def after_first(run: Run, fits: Callable[[Request], bool], act: Callable[[], object]) -> None:
    """Let somebody do something right after the first request of a run that fits was carried out; once."""
    acted: list[Request] = []

    def hear(request: Request, answer: Answer) -> Answer:
        if not acted and fits(request):
            acted.append(request)
            act()
        return answer

    run.wire.after.append(hear)


def gone(memory: Memory) -> None:
    memory.server.delete(SERVICE, memory.get("default", "Service", "web"))
    memory.clock.sleep(1)


def stopped(memory: Memory) -> None:
    """All pods that it should lead to are gone."""
    edited("Deployment", replicas(0), name="api")(memory)
    memory.clock.sleep(3)


@pytest.mark.parametrize("when", ["before it holds the lock", "before its write", "after its write"])
def test_a_service_that_somebody_deletes_meanwhile_is_told(when: str) -> None:
    with running() as memory:
        prepared(memory)
        run = switch(memory)
        if when == "after its write":
            after_first(run, turns, lambda: gone(memory))
        else:
            act_before_first(run, takes if when == "before it holds the lock" else notes, lambda: gone(memory))
        result = run.start().wait()
        assert result["failed"]
        assert "Service default/web does not exist any more" in result["msg"], result["msg"]
        assert leads(memory) is None


def test_pods_that_are_gone_before_the_lock_is_held_leave_the_traffic_where_it_is() -> None:
    with running() as memory:
        prepared(memory)
        run = switch(memory)
        act_before_first(run, takes, lambda: stopped(memory))
        result = run.start().wait()
        assert result["failed"]
        assert "Service default/web" in result["msg"]
        assert leads(memory) == FROM
        assert not memory.get("default", "Lease", "rollout-web")["metadata"].get("annotations", {}).get("rollout.kubernetes/switch")


def test_pods_that_are_gone_before_the_write_leave_the_traffic_where_it_is() -> None:
    with running() as memory:
        prepared(memory)
        run = switch(memory)
        act_before_first(run, notes, lambda: stopped(memory))
        result = run.start().wait()
        assert result["failed"]
        assert result["msg"].startswith("The switch failed: ")
        assert "Nothing was switched." in result["msg"]
        assert leads(memory) == FROM


def test_pods_that_are_gone_after_the_write_bring_the_traffic_back() -> None:
    with running() as memory:
        prepared(memory)
        memory.controllers.endpoint_slices.stopped = True
        run = switch(memory)

        after_first(run, turns, lambda: edited("Deployment", replicas(0), name="api")(memory))
        result = run.start().wait()
        assert result["failed"]
        assert "pods are ready after the switch" in result["msg"], result["msg"]
        assert "Switched back: web." in result["msg"]
        assert leads(memory) == FROM


def test_endpoints_that_never_follow_bring_the_traffic_back() -> None:
    with running() as memory:
        prepared(memory)
        run = switch(memory)

        def stop() -> None:
            memory.controllers.endpoint_slices.stopped = True

        act_before_first(run, turns, stop)
        result = run.start().wait()
        assert result["failed"]
        assert "(wait_timeout of 30 s is over)" in result["msg"], result["msg"]
        assert "Switched back: web." in result["msg"]
        assert leads(memory) == FROM


def test_a_service_that_somebody_leads_elsewhere_after_the_write_is_left_there() -> None:
    with running() as memory:
        prepared(memory)
        memory.controllers.endpoint_slices.stopped = True
        run = switch(memory)
        after_first(run, turns, lambda: edited("Service", lambda obj: obj["spec"].update(selector={"app": "mine"}))(memory))
        result = run.start().wait()
        assert result["failed"]
        assert "spec.selector of Service default/web was changed meanwhile by kubectl-edit: it is app=mine" in result["msg"], result["msg"]
        assert leads(memory) == {"app": "mine"}


def test_traffic_is_not_led_back_to_pods_that_are_gone_as_well() -> None:
    with running() as memory:
        prepared(memory)
        run = switch(memory)

        def both() -> None:
            memory.controllers.endpoint_slices.stopped = True
            for name in ("web", "api"):
                edited("Deployment", replicas(0), name=name)(memory)
                memory.clock.sleep(3)

        after_first(run, turns, both)
        result = run.start().wait()
        assert result["failed"]
        assert "Not switched back: Service default/web stays as it is, as no pod of app=web is ready." in result["msg"], result["msg"]
        assert result["rollouts"][0]["phase"] == "degraded"
        assert leads(memory) == TO


@pytest.mark.parametrize("verb", ["get", "patch"])
def test_a_right_that_is_taken_away_meanwhile_leaves_it_said_what_is_not_switched_back(verb: str) -> None:
    with running() as memory:
        prepared(memory)
        run = switch(memory, user="robot")

        def act() -> None:
            memory.controllers.endpoint_slices.stopped = True
            memory.server.rights.deny("robot", [verb], "services")

        after_first(run, turns, act)
        result = run.start().wait()
        assert result["failed"]
        assert f"Not switched back: Service default/web could not be {'read' if verb == 'get' else 'patched'}" in result["msg"], result[
            "msg"
        ]
        assert leads(memory) == TO
        assert memory.get("default", "Lease", "rollout-web")["metadata"]["annotations"]["rollout.kubernetes/switch"]


def killed_halfway(memory: Memory) -> None:
    """A run was killed after it had switched the first of two Services; its lock has expired."""
    run = switch(memory, **TWO)
    run.dies_after(turns).start().wait()
    memory.clock.sleep(30)
    assert (leads(memory, "a"), leads(memory, "b")) == (TO, FROM)


def test_what_was_switched_already_counts_and_the_rest_follows() -> None:
    with running() as memory:
        prepared(memory, "a", "b")
        killed_halfway(memory)
        result = switch(memory, **TWO).start().wait()
        assert not result.get("failed"), result["msg"]
        assert (leads(memory, "a"), leads(memory, "b")) == (TO, TO)


def test_half_a_switch_to_pods_that_are_gone_meanwhile_is_turned_back() -> None:
    with running() as memory:
        prepared(memory, "a", "b")
        killed_halfway(memory)
        stopped(memory)
        result = switch(memory, **TWO).start().wait()
        assert result["failed"]
        assert "an earlier run was interrupted, and the pods that it switched to are not ready any more" in result["msg"], result["msg"]
        assert "Switched back: a." in result["msg"]
        assert (leads(memory, "a"), leads(memory, "b")) == (FROM, FROM)


def test_a_service_that_leads_there_already_is_told_with_what_it_lacks() -> None:
    with running() as memory:
        prepared(memory)
        assert not switch(memory).start().wait().get("failed")
        edited("Deployment", replicas(0), name="api")(memory)
        memory.clock.sleep(5)
        result = switch(memory).start().wait()
        assert not result["changed"]
        assert any(warning.startswith("Service default/web selects app=api already, but ") for warning in result["warnings"]), result
