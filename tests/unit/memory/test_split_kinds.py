# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module `traffic_split` on routes of each kind: once for good, told as it is, and byte by byte as before in the end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._routers.table import ROUTERS

from tests.memory.cases import made, theirs
from tests.memory.cluster import Memory, running
from tests.memory.routes import MANIFESTS, RULES
from tests.memory.runs import call
from tests.memory.scenes import service

KINDS = sorted(ROUTERS)
SERVICES = ("web", "web-canary", "other", "api")
THIRDS = {"web": 2, "web-canary": 1}
"""A proportion that not every router can have exactly."""


@pytest.fixture
def memory() -> Iterator[Memory]:
    with running() as found:
        for name in SERVICES:
            theirs(name=name, replicas=1)(found)
            made("Service", service(name))(found)
        for kind in KINDS:
            made(kind, MANIFESTS[kind]("default"))(found)
        route = found.get("default", "Route", "web")
        admitted = [{"routerName": "default", "conditions": [{"type": "Admitted", "status": "True"}]}]
        found.server.revise(ROUTERS["Route"].resource, route, manager="openshift-router", status={"ingress": admitted})
        found.clock.sleep(10)
        yield found


def options(kind: str) -> dict[str, Any]:
    return {"namespace": "default", "kind": kind, "name": MANIFESTS[kind]("default")["metadata"]["name"], "wait_timeout": 30}


def own(memory: Memory, kind: str) -> str:
    """What is a person's in the route, as a text."""
    found = memory.get("default", kind, options(kind)["name"])
    return json.dumps([found["spec"], found["metadata"]["labels"], found["metadata"]["annotations"]], sort_keys=True)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weights", [{"web": 95, "web-canary": 5}, THIRDS], ids=str)
def test_weights_are_set_once_and_come_back(memory: Memory, kind: str, weights: dict[str, int]) -> None:
    before = own(memory, kind)
    planned = call(memory, "traffic_split", **options(kind), weights=weights, check=True)
    assert (planned["changed"], own(memory, kind)) == (True, before)
    result = call(memory, "traffic_split", **options(kind), weights=weights)
    assert not result.get("failed"), result["msg"]
    assert own(memory, kind) != before
    (traffic,) = result["rollouts"][0]["traffic"]
    assert (traffic["router"], traffic["rule"]) == (ROUTERS[kind].name, RULES[kind])
    whole = sum(traffic["weights"][name] for name in weights)
    for name, weight in weights.items():
        assert abs(traffic["weights"][name] / whole - weight / sum(weights.values())) < 0.01
    again = call(memory, "traffic_split", **options(kind), weights=weights)
    assert (again.get("failed", False), again["changed"]) == (False, False)
    back = call(memory, "traffic_split", **options(kind), state="original")
    assert back["changed"], back["msg"]
    assert own(memory, kind) == before


def test_the_first_ingress_is_not_the_one_that_has_the_weight(memory: Memory) -> None:
    first = MANIFESTS["Ingress"]("default")
    first["metadata"] = {"name": "web"}
    made("Ingress", first)(memory)
    result = call(memory, "traffic_split", **{**options("Ingress"), "name": "web"}, weights=THIRDS)
    assert result["failed"]
    assert result["msg"].startswith('Ingress default/web has no annotation nginx.ingress.kubernetes.io/canary: "true"')


def test_what_keeps_requests_from_following_the_weights_is_a_warning(memory: Memory) -> None:
    result = call(memory, "traffic_split", **options("Route"), weights=THIRDS)
    assert ["its router binds clients by a cookie" in warning for warning in result["warnings"]] == [True]
