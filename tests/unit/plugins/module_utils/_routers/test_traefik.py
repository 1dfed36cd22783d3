# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Traefik: which entries lead to a Service, and what a weight that is not there counts for."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.routes import weights_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._routers.traefik import INGRESS_ROUTE, TRAEFIK_SERVICE

from tests.memory.routes import ingress_route, traefik_service


def weighted(*entries: Any, **more: Any) -> dict[str, Any]:
    return {"metadata": {"namespace": "shop"}, "spec": {"weighted": {"services": list(entries), **more}}}


def routes(*entries: Any) -> dict[str, Any]:
    return {"metadata": {"namespace": "shop"}, "spec": {"routes": [{"match": "PathPrefix(`/`)", "services": list(entries)}]}}


@pytest.mark.parametrize(
    ("entry", "service"),
    [
        ({"name": "web"}, "web"),
        ({"name": "web", "kind": "Service", "namespace": "shop"}, "web"),
        ({"name": "web", "namespace": "other"}, ""),
        ({"name": "web", "kind": "TraefikService"}, ""),
    ],
)
def test_which_entries_lead_to_a_service(entry: dict[str, Any], service: str) -> None:
    for found in (TRAEFIK_SERVICE.rules(weighted(entry)), INGRESS_ROUTE.rules(routes(entry))):
        assert found[0].branches[0].service == service


def test_without_a_weight_it_is_one() -> None:
    both = {"name": "web"}, {"name": "canary", "weight": 0}
    for found in (TRAEFIK_SERVICE.rules(weighted(*both)), INGRESS_ROUTE.rules(routes(*both))):
        assert weights_of(found[0]) == {"web": 1, "canary": 0}


def test_who_is_alone_in_a_route_gets_everything() -> None:
    alone = {"name": "web", "weight": 0}
    assert weights_of(INGRESS_ROUTE.rules(routes(alone))[0]) == {"web": 1}
    assert weights_of(TRAEFIK_SERVICE.rules(weighted(alone))[0]) == {"web": 0}


def test_rules_are_called_by_their_number() -> None:
    assert [rule.name for rule in INGRESS_ROUTE.rules(ingress_route())] == ["0", "1"]
    assert [rule.name for rule in TRAEFIK_SERVICE.rules(traefik_service())] == ["weighted"]


@pytest.mark.parametrize("spec", [{}, {"mirroring": {"name": "web"}}, {"weighted": {}}, {"weighted": {"services": []}}, {"weighted": []}])
def test_a_service_without_weights_is_unfit(spec: dict[str, Any]) -> None:
    assert TRAEFIK_SERVICE.rules({"spec": spec}) == ()
    assert "has no spec.weighted.services" in TRAEFIK_SERVICE.unfit({"spec": spec})


def test_a_cookie_that_binds_clients_is_told() -> None:
    assert TRAEFIK_SERVICE.warnings(weighted({"name": "web"})) == ()
    assert TRAEFIK_SERVICE.warnings(weighted({"name": "web"}, sticky={})) == ()
    (warning,) = TRAEFIK_SERVICE.warnings(weighted({"name": "web"}, sticky={"cookie": {}}))
    assert "spec.weighted.sticky binds clients by a cookie" in warning
