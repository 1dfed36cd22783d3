# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Gateways say of routes: of the cluster in memory, read by the router's own rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.ports import PatchOperation as Step
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import SERVICE
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.routes import ACCEPTED, Acceptance
from ansible_collections.rollout.kubernetes.plugins.module_utils._routers.table import ROUTERS

from tests.memory.cluster import Memory, running

WHO = "Gateway public (example.org/gateway-controller)"
HEARD = frozenset({f"Accepted by {WHO}", f"ResolvedRefs by {WHO}"})


@pytest.fixture
def memory() -> Iterator[Memory]:
    with running() as found:
        for name in ("web", "canary"):
            found.client().create(SERVICE, service(name), manager="test")
        yield found


def service(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "default"}, "spec": {"selector": {"app": name}, "ports": [{"port": 80}]}}


def made(memory: Memory, kind: str, *names: str) -> Any:
    rules: list[Any] = [{"backendRefs": [{"name": name, "port": 80} for name in names]}]
    route: dict[str, Any] = {
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"parentRefs": [{"name": "public"}], "rules": rules},
    }
    return memory.client().create(ROUTERS[kind].resource, route, manager="test")


def said(memory: Memory, kind: str) -> Acceptance:
    route = memory.get("default", kind, "web")
    return ROUTERS[kind].acceptance(route, HEARD)


@pytest.mark.parametrize("kind", ["HTTPRoute", "GRPCRoute"])
def test_a_route_is_accepted_some_moments_after_each_change(memory: Memory, kind: str) -> None:
    router = ROUTERS[kind]
    made(memory, kind, "web", "canary")
    assert router.heard(memory.get("default", kind, "web")) == frozenset()
    memory.clock.sleep(0.2)
    assert router.heard(memory.get("default", kind, "web")) == HEARD
    assert said(memory, kind) == ACCEPTED
    change = [Step("replace", "/spec/rules/0/backendRefs/0/weight", 5)]
    memory.client().json_patch(router.resource, "default", "web", change, manager="test")
    assert said(memory, kind) == Acceptance(f"{WHO} has not taken generation 2 over yet")
    memory.clock.sleep(0.2)
    assert said(memory, kind) == ACCEPTED


def test_a_service_that_is_not_there_is_told_until_it_comes(memory: Memory) -> None:
    made(memory, "HTTPRoute", "web", "late")
    memory.clock.sleep(0.2)
    assert "ResolvedRefs False, BackendNotFound: Service late not found" in said(memory, "HTTPRoute").refused
    memory.client().create(SERVICE, service("late"), manager="test")
    memory.clock.sleep(0.2)
    assert said(memory, "HTTPRoute") == ACCEPTED


def test_gateways_refuse_what_the_test_says(memory: Memory) -> None:
    made(memory, "HTTPRoute", "web")
    memory.controllers.http_routes.refuse("default", "web", "NotAllowedByListeners", "No listener admits it.")
    memory.clock.sleep(0.2)
    assert "Accepted False, NotAllowedByListeners: No listener admits it; let the listener" in said(memory, "HTTPRoute").refused
    memory.controllers.http_routes.refuse("default", "web", "", "")
    memory.clock.sleep(0.2)
    assert said(memory, "HTTPRoute") == ACCEPTED
