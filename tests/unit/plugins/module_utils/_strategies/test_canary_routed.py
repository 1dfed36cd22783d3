# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The moves of a canary by routes where something is not there, or goes another way than usual; the usual ones are seen in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, Ref
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.canary.routing import Routing
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.steps.actions import Turn
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.routes import Match
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.scenes import Scene
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.services import Service
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.splitting import LeadMatching
from ansible_collections.rollout.kubernetes.plugins.module_utils._routers.table import ROUTERS
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies.canary_moves import Move, Way
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies.canary_routed import (
    bring_back,
    give,
    promote,
    restore,
    withdraw,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies.routing import Route, unmade

from .._domain.samples import NEW, OLD
from .test_canary import CANARY_, Stand

ROUTING = Routing("web", "web-canary", selectors={"web": {"app": "web"}})
WAY = Way(replace(CANARY_, routing=ROUTING))
(FIRST, _SECOND) = CANARY_.shares


def services(**hashes: str) -> Mapping[str, Service]:
    found = {}
    for name, template_hash in hashes.items():
        selector = {"app": "web", "pod-template-hash": template_hash} if template_hash else {"app": "web"}
        found[name.replace("_", "-")] = Service.of({"kind": "Service", "metadata": {"name": name}, "spec": {"selector": selector}})
    return found


def test_a_canary_by_pods_has_no_services_of_its_versions() -> None:
    with pytest.raises(ValueError, match="no routes"):
        assert Way(CANARY_).routing


def test_without_its_deployment_there_is_nothing_to_do_but_to_give_the_routes_back() -> None:
    gone = Scene()
    assert give(WAY, FIRST, gone) == Move("Deployment shop/web does not exist")
    assert promote(WAY, gone) == Move("Deployment shop/web has not the candidate's template")
    assert (bring_back(WAY, gone), withdraw(WAY, gone), restore(WAY, gone)) == (Move(), Move(), Move())


def test_it_begins_when_the_stable_version_has_all_its_pods() -> None:
    found = give(WAY, FIRST, Stand(image=OLD, observed=1).scene())
    assert (bool(found.lacking), found.actions) == (True, ())


def test_a_pause_that_keeps_the_candidates_pods_from_being_made_ends() -> None:
    found = give(WAY, FIRST, Stand(bounds=(2, 0), new=0, paused=True).scene())
    assert found.lacking == "let Deployment shop/web go on"


@pytest.mark.parametrize(("old", "to"), [(10, {"app": "web", "pod-template-hash": "old"}), (4, {"app": "web"})])
def test_the_way_back_leads_services_to_the_stable_version_where_that_has_all_its_pods(old: int, to: dict[str, str]) -> None:
    scene = Stand(bounds=(10, 0), old=old, new=10, image=NEW).scene()
    found = bring_back(WAY, replace(scene, services=services(web="new", web_canary="new")))
    (turn,) = found.actions
    assert isinstance(turn, Turn)
    assert turn.wanted == {"web": to}


def test_an_ingress_that_has_lost_its_path_gets_no_second_one() -> None:
    route = Route(Ref("Ingress", "shop", "web-canary"), ROUTERS["Ingress"], beside="web")
    first: JsonObject = {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"rules": []}}
    assert unmade([route], "web", "web-canary", Scene(routes={Ref("Ingress", "shop", "web"): first})) == ()


def test_a_router_that_tells_no_requests_apart_leaves_its_route_alone() -> None:
    obj: dict[str, Any] = {"spec": {"weighted": {"services": [{"name": "web"}]}}}
    edit = LeadMatching(ROUTERS["TraefikService"], Match({"x": "1"}), "web-canary", ("web", "web-canary"))
    assert edit(obj) is obj
