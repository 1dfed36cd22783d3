# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What serves, as the Services say, and what keeps a rollout of two sides from beginning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import RefusedError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, Ref, mapping
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.sides.colours import coloured
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.sides.serving import (
    leading,
    leads_only_to,
    obstacles,
    serving,
    strangers_behind,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.scenes import Autoscaler, Scene
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import COLOUR, Snapshot

from ..world import World, deployment

GREEN, BLUE = {"app": "web", COLOUR: "green"}, {"app": "web", COLOUR: "blue"}
TEMPLATE = mapping(deployment("web", "web:2"), "spec", "template")


def world(*names: str, **services: Mapping[str, str]) -> World:
    """These Deployments of the workload, all rolled out, and Services with these selectors."""
    found = World(services=dict(services))
    for name in names:
        plain = deployment("web", "web:1")
        found.apply(plain if name == "web" else coloured(plain, name))
    found.settle()
    return found


@pytest.mark.parametrize(
    ("names", "services", "found"),
    [
        pytest.param((), {"web": {"app": "web"}}, "", id="nothing yet"),
        pytest.param(("web",), {"web": {"app": "web"}}, "web", id="plain"),
        pytest.param(("web-blue", "web-green"), {"web": GREEN}, "web-green", id="green"),
        pytest.param(("web-blue", "web-green"), {"web": GREEN, "second": GREEN}, "web-green", id="two Services"),
        pytest.param(("web", "web-green"), {}, "web", id="no Service, plain"),
        pytest.param(("web-blue", "web-green"), {}, "web-blue", id="no Service, colours"),
    ],
)
def test_what_serves_follows_from_the_services(names: tuple[str, ...], services: dict[str, Any], found: str) -> None:
    assert serving("web", [*services, "not-there-yet"], world(*names, **services).scene()) == found


def test_a_hash_leads_to_the_deployment_that_has_it() -> None:
    there = world("web", "web-green")
    own = {revision.name.rpartition("-")[0]: revision.hash for revision in there.sets}
    there.services["web"] = {"app": "web", "pod-template-hash": own["web"]}
    assert serving("web", ["web"], there.scene()) == "web"


def test_a_deployment_without_a_spec_serves_nobody() -> None:
    there = world("web-green", web=GREEN).scene()
    assert serving("web", ["web"], replace(there, deployments={**there.deployments, "web": Snapshot(None)})) == "web-green"


@pytest.mark.parametrize(
    ("names", "services", "sentence"),
    [
        pytest.param(
            ("web", "web-green"),
            {"web": {"app": "web"}},
            "Service shop/web selects the pods of Deployment web and Deployment web-green alike by app=web; give it a label that only "
            "those that serve have, or delete the Deployment that is not meant to.",
            id="both",
        ),
        pytest.param(
            ("web", "web-green"),
            {"web": BLUE},
            f"Service shop/web selects app=web,{COLOUR}=blue, which no pod of Deployment web and Deployment web-green has; correct its "
            "selector first, so that it leads to what serves.",
            id="none",
        ),
        pytest.param(
            ("web-blue", "web-green"),
            {"web": BLUE, "second": GREEN},
            "The Services of web lead to different Deployments (second to web-green, web to web-blue); point them at one first "
            "(service_switch).",
            id="different ones",
        ),
    ],
)
def test_services_that_do_not_say_what_serves_are_refused(names: tuple[str, ...], services: dict[str, Any], sentence: str) -> None:
    with pytest.raises(RefusedError) as raised:
        serving("web", list(services), world(*names, **services).scene())
    assert raised.value.message == sentence


# --- obstacles ----------------------------------------------------------------------------------------------------------------


def hindered(scene: Scene, stable: str = "web", template: JsonObject = TEMPLATE, **previews: str) -> list[str]:
    return [found for found in obstacles(scene, {"web": stable}, {"web": template}, {"web": "web"}, previews) if found]


def scaler(name: str, target: str, scaled_object: str = "") -> Autoscaler:
    return Autoscaler(Ref("HorizontalPodAutoscaler", "shop", name), {"kind": "Deployment", "name": target}, target, scaled_object)


def test_nothing_hinders_an_application_in_order() -> None:
    there = world("web", web={"app": "web"})
    assert hindered(replace(there.scene(), autoscalers=(scaler("web", "web"), scaler("api", "api")))) == []
    assert hindered(world("web", web={"app": "web"}).scene(), preview="web") == [], "a preview Service that comes with the definition"
    assert hindered(Scene(), stable="") == []
    assert hindered(Scene(), stable="web") == []


def test_what_a_colour_serves_needs_no_hash() -> None:
    assert hindered(world("web-green", web=GREEN).scene(), stable="web-green") == []


def test_a_service_that_cannot_be_switched_hinders() -> None:
    there = world("web", web={"app": "web"}).scene()
    headless = replace(there, services={"web": replace(there.services["web"], headless=True)})
    assert hindered(headless) == [
        (
            "Service shop/web is headless (clusterIP: None): its clients resolve the pods' own addresses and keep them, so a switch would "
            "reach them late or never; put a Service with a cluster IP in front."
        )
    ]


def test_a_port_that_the_new_template_lacks_hinders() -> None:
    there = world("web", web={"app": "web"}).scene()
    assert hindered(replace(there, services={"web": replace(there.services["web"], named_ports=("http",))})) == [
        "Service shop/web leads to the port http, which the new template of web does not have; name it in its containers' ports."
    ]


def test_a_service_that_would_lead_to_both_colours_hinders() -> None:
    assert hindered(world("web", web={"app": "web"}, stranger={"app": "web"}, other={"app": "api"}).scene()) == [
        (
            "Service shop/stranger selects the pods of web too (app=web) and would lead to both colours; name it in services, so that it "
            "is switched with the others, or narrow its selector."
        )
    ]


def test_autoscalers_that_would_not_follow_hinder() -> None:
    there = world("web", web={"app": "web"}).scene()
    assert hindered(replace(there, autoscalers=(scaler("keda", "web", "queue"),))) == [
        (
            "Deployment web is scaled by KEDA's ScaledObject queue, which would keep its autoscaler where it is; use a "
            "HorizontalPodAutoscaler of your own for blue/green, or roll it out by the module rolling."
        )
    ]
    assert hindered(replace(there, autoscalers=(scaler("one", "web"), scaler("two", "web-green")))) == [
        "web has several autoscalers, one (web) and two (web-green), which hinder each other; keep one, it is moved from colour to colour."
    ]


def test_what_serves_must_have_pods() -> None:
    there = world("web", web={"app": "web"})
    there.apply(deployment("web", "web:1", replicas=0))
    assert hindered(there.scene()) == [
        "Deployment shop/web serves and is scaled to 0, so there is nothing to switch from; scale it up first."
    ]


def test_what_serves_must_be_one_whole_version() -> None:
    there = world("web", web={"app": "web"})
    there.edit("web", lambda obj: {**obj, "spec": {**mapping(obj, "spec"), "replicas": 3}})
    there.reconcile("web")
    assert hindered(there.scene()) == [
        (
            "Deployment shop/web serves and is not rolled out completely (1 of 3 updated replicas are available); finish or undo that "
            "first (module rolling or undo)."
        )
    ]


def test_the_pods_of_what_serves_must_be_told_apart() -> None:
    there = world("web", web={"app": "web"})
    there.sets.clear()
    assert hindered(there.scene()) == [
        "Deployment shop/web serves, and its ReplicaSet is not known, so its pods cannot be told apart; restart it first (module restart)."
    ]


def test_where_services_lead_is_told_as_it_is() -> None:
    there = world("web", "web-green", web=GREEN, second=GREEN, wide={"app": "web"}, lost={"app": "other"}, bare={})
    assert leading(there.scene(), ["second", "web"]) == f"Service second, web leads to web-green (app=web,{COLOUR}=green)"
    assert leading(there.scene(), ["wide", "lost", "gone", "bare"]) == (
        "Service wide leads to web and web-green (app=web); Service lost leads to no pod (app=other); "
        "Service gone does not exist any more; Service bare leads to no pod (without a selector)"
    )
    assert leads_only_to(there.scene(), "web", "web-green")
    assert not any(leads_only_to(there.scene(), name, "web-green") for name in ("wide", "lost", "gone", "bare"))
    for pod in list(there.pods):
        there.change(pod, ready=False)
    assert leading(there.scene(), ["web"]) == f"Service web leads to web-green (app=web,{COLOUR}=green), of which no pod is ready"
    assert not leads_only_to(there.scene(), "web", "web-green")


def test_pods_of_others_behind_a_service_are_named() -> None:
    there = world("web", "web-green", web={"app": "web"})
    there.apply(deployment("api", "api:1"))
    there.settle()
    there.services |= {"api": {"app": "api"}, "none": {"app": "db"}}
    found = {name: strangers_behind(there.scene(), name, ["web"]) for name in ("web", "api", "none", "gone")}
    assert found == {"web": "", "api": "Deployment api", "none": "", "gone": ""}


def left_behind(there: World, stable: str, labels: Mapping[str, str]) -> list[str]:
    template: JsonObject = {"metadata": {"labels": labels}}
    return [found for found in obstacles(there.scene(), {"web": stable}, {"web": template}, {"web": "web"}, {}) if "in the end" in found]


def test_other_services_must_not_select_what_goes_alone() -> None:
    there = world("web", web={"app": "web"}, other={"app": "db"})
    own = next(entry.hash for entry in there.sets)
    assert left_behind(there, "web", {"app": "web"}) == []
    there.services["pinned"] = {"app": "web", "pod-template-hash": own}
    (pinned,) = left_behind(there, "web", {"app": "web"})
    assert pinned == (
        f"Service shop/pinned selects app=web,pod-template-hash={own}, which the pods of web have and the new ones do not, and would "
        "lead to nothing in the end; name it in services, so that it is switched with the others."
    )
    there.services["pinned"] = {"app": "web"}
    assert "take app out of it first" in left_behind(there, "web", {"app": "new"})[0]
    assert left_behind(there, "", {"app": "new"}) == []
