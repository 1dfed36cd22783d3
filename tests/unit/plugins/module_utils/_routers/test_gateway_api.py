# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gateway API: which entries lead to a Service, who has accepted a route, and what is said where not."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.routes import Acceptance, weights_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._routers.gateway_api import GRPC_ROUTE, HTTP_ROUTE

from tests.memory.routes import http_route

GATEWAY = "Gateway shop/public listener http port 80 (example.org/gateway-controller)"
HEARD = frozenset({f"Accepted by {GATEWAY}", f"ResolvedRefs by {GATEWAY}"})


def route(*entries: Any) -> dict[str, Any]:
    return {"metadata": {"namespace": "shop", "generation": 3}, "spec": {"rules": [{"backendRefs": list(entries)}]}}


def test_both_kinds_are_read_alike() -> None:
    assert HTTP_ROUTE.rules(http_route()) == GRPC_ROUTE.rules(http_route())
    assert [rule.name for rule in HTTP_ROUTE.rules(http_route())] == ["0", "main"]
    assert HTTP_ROUTE.rules(http_route())[1].place == ("spec", "rules", 1, "backendRefs")
    assert HTTP_ROUTE.reports


@pytest.mark.parametrize(
    ("entry", "service"),
    [
        ({"name": "web"}, "web"),
        ({"name": "web", "kind": "Service", "group": "", "namespace": "shop"}, "web"),
        ({"name": "web", "namespace": "other"}, ""),
        ({"name": "web", "kind": "ServiceImport", "group": "multicluster.x-k8s.io"}, ""),
        ({"name": "web", "kind": "Bucket"}, ""),
    ],
)
def test_which_entries_lead_to_a_service(entry: dict[str, Any], service: str) -> None:
    (rule,) = HTTP_ROUTE.rules(route(entry))
    assert rule.branches[0].service == service


def test_without_a_weight_it_is_one() -> None:
    (rule,) = HTTP_ROUTE.rules(
        route({"name": "web"}, {"name": "a", "weight": 0}, {"name": "b", "weight": None}, {"name": "c", "weight": True})
    )
    assert weights_of(rule) == {"web": 1, "a": 0, "b": 1, "c": 1}


def test_a_rule_without_branches_is_none() -> None:
    assert HTTP_ROUTE.rules(route()) == ()
    assert HTTP_ROUTE.rules(route({"name": "web"}, "web")) == ()


def condition(kind: str, status: str = "True", generation: int = 3, reason: str = "", message: str = "") -> dict[str, Any]:
    return {"type": kind, "status": status, "observedGeneration": generation, "reason": reason, "message": message}


def said(*conditions: dict[str, Any]) -> dict[str, Any]:
    ref = {"kind": "Gateway", "namespace": "shop", "name": "public", "sectionName": "http", "port": 80}
    parents = [{"parentRef": ref, "controllerName": "example.org/gateway-controller", "conditions": list(conditions)}]
    return {**route({"name": "web"}), "status": {"parents": parents}}


def test_who_has_accepted_a_route_is_told_with_what() -> None:
    assert HTTP_ROUTE.heard(said(condition("Accepted"), condition("ResolvedRefs"))) == HEARD
    assert HTTP_ROUTE.heard(said(condition("Accepted"), condition("ResolvedRefs", "False"))) == {f"Accepted by {GATEWAY}"}
    assert HTTP_ROUTE.heard(said(condition("Accepted", "False"), condition("ResolvedRefs"))) == frozenset()
    assert HTTP_ROUTE.heard(route({"name": "web"})) == frozenset()


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ((condition("Accepted"), condition("ResolvedRefs")), Acceptance()),
        ((), Acceptance(f"{GATEWAY} has not taken generation 3 over yet")),
        ((condition("Accepted", generation=2), condition("ResolvedRefs")), Acceptance(f"{GATEWAY} has not taken generation 3 over yet")),
        ((condition("Accepted"), condition("ResolvedRefs", generation=2)), Acceptance(f"{GATEWAY} has not taken generation 3 over yet")),
        (
            (condition("Accepted"), condition("ResolvedRefs", "False", reason="BackendNotFound", message="Service x not found.")),
            Acceptance(
                refused=f"{GATEWAY} says ResolvedRefs False, BackendNotFound: Service x not found; "
                "create the Service that the route names, or take it out"
            ),
        ),
        (
            (condition("Accepted", "False", reason="Strange"), condition("ResolvedRefs")),
            Acceptance(refused=f"{GATEWAY} says Accepted False, Strange; look at the status of the route"),
        ),
        (
            (condition("Accepted"), condition("ResolvedRefs"), condition("PartiallyInvalid", reason="UnsupportedValue", message="No")),
            Acceptance(
                refused=f"{GATEWAY} says PartiallyInvalid True, UnsupportedValue: No; take the field out that this Gateway does not know"
            ),
        ),
        ((condition("Accepted"), condition("ResolvedRefs"), condition("PartiallyInvalid", "False")), Acceptance()),
    ],
)
def test_a_route_is_accepted_when_all_who_had_accepted_it_have_its_generation(conditions: Any, expected: Acceptance) -> None:
    assert HTTP_ROUTE.acceptance(said(*conditions), HEARD) == expected


def test_who_had_not_accepted_it_is_not_waited_for() -> None:
    assert HTTP_ROUTE.acceptance(said(), frozenset()) == Acceptance()
    broken = condition("ResolvedRefs", "False")
    assert HTTP_ROUTE.acceptance(said(condition("Accepted"), broken), frozenset({f"Accepted by {GATEWAY}"})) == Acceptance()


def test_a_session_that_binds_clients_is_told() -> None:
    assert HTTP_ROUTE.warnings(http_route()) == ()
    found = http_route()
    found["spec"]["rules"][1]["sessionPersistence"] = {"sessionName": "shop"}
    (warning,) = HTTP_ROUTE.warnings(found)
    assert "its rule 1 has sessionPersistence" in warning
