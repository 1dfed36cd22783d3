# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OpenShift: `to` and `alternateBackends` are the branches of one rule, and stay where they are."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.routes import (
    Acceptance,
    divided,
    remembered,
    restored,
    weights_of,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._routers.openshift_route import ROUTE

BALANCE, COOKIES = "haproxy.router.openshift.io/balance", "haproxy.router.openshift.io/disable_cookies"
WANTED = {"web": 95, "canary": 5}


def entry(name: str, weight: int | None = None, kind: str = "Service") -> dict[str, Any]:
    return {"kind": kind, "name": name, **({} if weight is None else {"weight": weight})}


def route(to: Any, *more: Any, **annotations: str) -> dict[str, Any]:
    spec = {"host": "shop.example", "to": to, **({"alternateBackends": list(more)} if more else {})}
    return {"metadata": {"namespace": "shop", "annotations": annotations}, "spec": spec}


def split(obj: Any, wanted: dict[str, int]) -> Any:
    (rule,) = ROUTE.rules(obj)
    return ROUTE.written(obj, divided(ROUTE, rule, wanted))


def test_both_places_are_branches_of_one_rule() -> None:
    (rule,) = ROUTE.rules(route(entry("web"), entry("canary", 0), entry("other", 50)))
    assert weights_of(rule) == {"web": 100, "canary": 0, "other": 50}
    assert ROUTE.reports
    assert ROUTE.most == 256


@pytest.mark.parametrize("spec", [{}, {"to": None}, {"to": "web"}, {"to": {"name": "web"}, "alternateBackends": ["x"]}])
def test_what_is_no_route_has_no_rules(spec: Any) -> None:
    assert ROUTE.rules({"spec": spec}) == ()


def test_what_is_no_service_is_none() -> None:
    (rule,) = ROUTE.rules(route(entry("web"), entry("cart", kind="Cart")))
    assert rule.services == ("web",)


def test_the_first_one_stays_the_first() -> None:
    after = split(route(entry("web")), {"web": 0, "canary": 1})
    assert after["spec"] == {"host": "shop.example", "to": entry("web", 0), "alternateBackends": [entry("canary", 100)]}


def test_the_list_goes_as_it_came() -> None:
    before = route(entry("web"))
    former: Any = remembered(ROUTE.rules(before))
    assert restored(ROUTE, split(before, WANTED), former, WANTED) == before
    without = {"metadata": {}, "spec": {"to": entry("web"), "alternateBackends": []}}
    assert ROUTE.written(without, ROUTE.rules(without)[0]) == without


def test_where_somebody_has_turned_the_route_round_it_stays_so() -> None:
    before = route(entry("web", 80), entry("other", 20))
    former: Any = remembered(ROUTE.rules(before))
    turned = split(before, WANTED)
    turned = {**turned, "spec": {**turned["spec"], "to": entry("other", 20), "alternateBackends": [entry("web", 76), entry("canary", 4)]}}
    assert restored(ROUTE, turned, former, WANTED)["spec"] == {
        "host": "shop.example",
        "to": entry("other", 20),
        "alternateBackends": [entry("web", 80)],
    }


def test_where_somebody_has_put_another_service_first_it_stays() -> None:
    before = route(entry("web", 80))
    former: Any = remembered(ROUTE.rules(before))
    changed = route(entry("new", 9), entry("canary", 4))
    assert restored(ROUTE, changed, former, WANTED)["spec"] == {"host": "shop.example", "to": entry("new", 9)}


def ingress(name: str, *conditions: Any) -> dict[str, Any]:
    return {"routerName": name, "host": "shop.example", "conditions": list(conditions)}


def admitted(status: str = "True", reason: str = "", message: str = "") -> dict[str, Any]:
    return {"type": "Admitted", "status": status, "reason": reason, "message": message}


def said(*ingresses: Any) -> dict[str, Any]:
    return {**route(entry("web")), "status": {"ingress": list(ingresses)}}


def test_who_has_admitted_a_route_is_told() -> None:
    assert ROUTE.heard(route(entry("web"))) == frozenset()
    assert ROUTE.heard(said(ingress("a", admitted()), ingress("b", admitted("False")), ingress("c"))) == {"router a"}


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        (said(ingress("a", admitted())), Acceptance()),
        (said(ingress("a", admitted()), ingress("b", admitted("False"))), Acceptance()),
        (said(ingress("b", admitted())), Acceptance("router a says nothing of it yet")),
        (said(ingress("a")), Acceptance("router a says nothing of it yet")),
        (
            said(ingress("a", admitted("False", "HostAlreadyClaimed", "route b has it."))),
            Acceptance(
                refused="router a says Admitted False, HostAlreadyClaimed: route b has it; "
                "give the Route a host and path that no other one has"
            ),
        ),
        (
            said(ingress("a", admitted("False", "Strange"))),
            Acceptance(refused="router a says Admitted False, Strange; look at the status of the Route"),
        ),
    ],
)
def test_every_router_that_had_admitted_it_still_must(obj: Any, expected: Acceptance) -> None:
    assert ROUTE.acceptance(obj, frozenset({"router a"})) == expected


@pytest.mark.parametrize(
    ("annotations", "words"),
    [
        ({COOKIES: "true"}, ()),
        ({COOKIES: "TRUE", BALANCE: "roundrobin"}, ()),
        ({COOKIES: "true", BALANCE: "random"}, ()),
        ({COOKIES: "true", BALANCE: "leastconn"}, ("balance is leastconn",)),
        ({COOKIES: "true", BALANCE: "source"}, ("balance is source",)),
        ({}, ("binds clients by a cookie",)),
        ({COOKIES: "false", BALANCE: "source"}, ("balance is source", "binds clients by a cookie")),
    ],
)
def test_what_keeps_requests_from_following_the_weights_is_told(annotations: dict[str, str], words: tuple[str, ...]) -> None:
    found = ROUTE.warnings(route(entry("web"), **annotations))
    assert len(found) == len(words)
    assert all(word in warning for word, warning in zip(words, found, strict=True))


def test_a_router_that_does_not_see_requests_binds_nobody_by_a_cookie() -> None:
    obj = route(entry("web"))
    obj["spec"]["tls"] = {"termination": "passthrough"}
    assert ROUTE.warnings(obj) == ()
