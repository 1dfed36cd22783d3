# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Istio: names of hosts, weights that are not there, and what istiod says where it says something."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.routes import Acceptance, divided, weights_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._routers.istio import VIRTUAL_SERVICE

from tests.memory.routes import virtual_service


def to(host: str, weight: int | None = None, **destination: Any) -> dict[str, Any]:
    return {"destination": {"host": host, **destination}, **({} if weight is None else {"weight": weight})}


def service(*entries: Any, protocol: str = "http") -> dict[str, Any]:
    return {"metadata": {"namespace": "shop", "generation": 3}, "spec": {protocol: [{"route": list(entries)}]}}


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("web", "web"),
        ("web.shop.svc.cluster.local", "web"),
        ("web.shop.svc.example.org", "web"),
        ("web.other.svc.cluster.local", ""),
        ("web.shop", ""),
        ("web.shop.svc", ""),
        ("shop.example", ""),
        ("*.example.org", ""),
        ("", ""),
    ],
)
def test_which_hosts_are_services_of_the_namespace(host: str, name: str) -> None:
    (rule,) = VIRTUAL_SERVICE.rules(service(to(host)))
    assert rule.branches[0].service == name


@pytest.mark.parametrize(
    ("entries", "weights"),
    [
        ((to("web"),), {"web": 100}),
        ((to("web", 0),), {"web": 100}),
        ((to("web", 7),), {"web": 7}),
        ((to("web"), to("canary", 5)), {"web": 0, "canary": 5}),
    ],
)
def test_who_is_alone_gets_everything(entries: Any, weights: dict[str, int]) -> None:
    (rule,) = VIRTUAL_SERVICE.rules(service(*entries))
    assert weights_of(rule) == weights


def test_each_protocol_has_rules_that_are_called_by_it() -> None:
    assert [rule.name for rule in VIRTUAL_SERVICE.rules(virtual_service())] == ["http[0]", "main", "tcp[0]"]
    assert [rule.name for rule in VIRTUAL_SERVICE.rules(service(to("web"), protocol="tls"))] == ["tls[0]"]
    assert not VIRTUAL_SERVICE.reports


@pytest.mark.parametrize(
    ("host", "led"),
    [("web", "canary"), ("web.shop.svc.cluster.local", "canary.shop.svc.cluster.local")],
)
def test_a_new_branch_is_spelled_like_the_first_and_has_no_subset(host: str, led: str) -> None:
    (rule,) = VIRTUAL_SERVICE.rules(service(to(host, subset="v1", port={"number": 80})))
    after = divided(VIRTUAL_SERVICE, rule, {"web": 95, "canary": 5})
    assert after.branches[1].entry == {"destination": {"host": led, "port": {"number": 80}}, "weight": 5}
    assert after.branches[0].entry == to(host, 95, subset="v1", port={"number": 80})


def said(status: str = "True", condition: Any = None, whole: Any = None, **more: str) -> dict[str, Any]:
    seen = {} if condition is None else {"observedGeneration": condition}
    found = {"conditions": [{"type": "Other"}, {"type": "Reconciled", "status": status, **seen, **more}]}
    return {**service(to("web")), "status": {**found, **({} if whole is None else {"observedGeneration": whole})}}


def test_istiod_is_heard_where_it_writes_the_condition() -> None:
    assert VIRTUAL_SERVICE.heard(service(to("web"))) == frozenset()
    assert VIRTUAL_SERVICE.heard({"status": {"conditions": [{"type": "PassedAnalysis"}]}}) == frozenset()
    assert VIRTUAL_SERVICE.heard(said("False")) == {"istiod"}


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        (service(to("web")), Acceptance()),
        (said(), Acceptance()),
        (said(condition="3"), Acceptance()),
        (said(condition=3), Acceptance()),
        (said(whole="3"), Acceptance()),
        (said(condition="2"), Acceptance("istiod has not taken generation 3 over yet")),
        (said(condition="new"), Acceptance("istiod has not taken generation 3 over yet")),
        (said(whole=2), Acceptance("istiod has not taken generation 3 over yet")),
        (said("False", whole=3, message="1/2 proxies up to date."), Acceptance("istiod has not reconciled it yet: 1/2 proxies up to date")),
        (said("Unknown", reason="Waiting"), Acceptance("istiod has not reconciled it yet: Waiting")),
        (said("False"), Acceptance("istiod has not reconciled it yet")),
    ],
)
def test_it_is_waited_for_where_it_says_something(obj: Any, expected: Acceptance) -> None:
    assert VIRTUAL_SERVICE.acceptance(obj, frozenset({"istiod"})) == expected


def test_it_is_not_waited_for_where_it_had_said_nothing() -> None:
    assert VIRTUAL_SERVICE.acceptance(said(condition="2"), frozenset()) == Acceptance()


def test_connections_are_not_requests() -> None:
    assert VIRTUAL_SERVICE.warnings(service(to("web"))) == ()
    assert VIRTUAL_SERVICE.warnings(virtual_service()) == ("its rule tcp[0] divides connections: who keeps one open stays where he is",)
