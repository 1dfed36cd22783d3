# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about Services: each finds its fault, and keeps quiet where there is none."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.preflight.findings import Scenery

from .manifests import APP, DROP, POD, nodes, of, paths, pod, service, web, worker, workload

LABELS = "spec.template.metadata.labels"


def other(name: str = "api", *, kind: str = "Deployment", labels: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    """Another workload whose pods have the label of `web` too."""
    found = workload(kind, {LABELS: {"app": "web"} if labels is None else labels})
    return {**found, "metadata": {"namespace": "shop", "name": name}, "spec": {**found["spec"], **spec}}


@pytest.mark.parametrize(
    ("scenery", "found"),
    [
        pytest.param(worker({}, service(selector={"app": "wbe"})), True, id="a slip"),
        pytest.param(worker({}, service(selector={"app": "web", "tier": "front"})), True, id="one label too many"),
        pytest.param(worker({}, service(selector={"app": "api"}), live={"Deployment": (workload(),)}), True, id="nor do those that run"),
        pytest.param(web(), False, id="it does"),
        pytest.param(worker({}, service(selector={"app": "api"}), other(labels={"app": "api"})), False, id="another one of the definition"),
        pytest.param(
            worker({}, service(selector={"app": "api"}), live={"Deployment": (other(labels={"app": "api"}),)}), False, id="one that runs"
        ),
        pytest.param(worker({}, service(selector=None)), False, id="endpoints by hand"),
        pytest.param(worker({}, live={"Service": (service(selector={"app": "api"}),)}), False, id="a live Service of others"),
    ],
)
def test_a_service_leads_to_something(scenery: Scenery, found: bool) -> None:
    assert paths("service-selects-nothing", scenery) == ["spec.selector"] * found


def test_the_proposed_selector_is_the_workloads() -> None:
    wrong = service(selector={"app": "wbe"})
    assert of("service-selects-nothing", worker({}, wrong))[0].remedy == "selector:\n  app: web"
    assert of("service-selects-nothing", worker({"spec.selector": {}}, wrong))[0].remedy == "selector:\n  app: web"


def test_it_is_said_what_was_not_looked_at() -> None:
    wrong = service(selector={"app": "wbe"})
    (finding,) = of("service-selects-nothing", worker({}, wrong, live={"Deployment": ()}))
    assert finding.why == (
        "Service shop/web selects app=wbe, which no pod of the definition has (what else runs there was not looked at): every request to "
        "it fails."
    )
    (finding,) = of("service-selects-nothing", worker({}, wrong, live={"Deployment": (), "StatefulSet": (), "DaemonSet": ()}))
    assert finding.why == "Service shop/web selects app=wbe, which no pod of the definition has: every request to it fails."


@pytest.mark.parametrize(
    ("scenery", "said"),
    [
        pytest.param(web({}, other()), "the pods of Deployment api and Deployment web", id="two of the definition"),
        pytest.param(web(live={"Deployment": (other(),)}), "Deployment api and Deployment web", id="one that runs"),
        pytest.param(web({}, other(kind="StatefulSet", name="web")), "Deployment web and StatefulSet web", id="of another kind"),
        pytest.param(web({}, other("worker"), other()), "Deployment api, Deployment web and Deployment worker", id="three"),
        pytest.param(web(), "", id="alone"),
        pytest.param(web(live={"Deployment": (workload(),)}), "", id="itself as it runs"),
        pytest.param(web(live={"Deployment": (other("web-blue"), other("web-green"))}), "", id="its own sides"),
        pytest.param(web({}, other(labels={"app": "api"})), "", id="others"),
        pytest.param(web({}, other(replicas=0)), "", id="one that is switched off"),
    ],
)
def test_a_service_leads_to_one_application(scenery: Scenery, said: str) -> None:
    found = of("service-selects-several", scenery)
    assert bool(found) == bool(said)
    assert all(finding.path == "spec.selector" and said in finding.why for finding in found)


def test_the_proposed_selector_tells_them_apart() -> None:
    told = of("service-selects-several", web({f"{LABELS}.tier": "front"}, live={"Deployment": (other(),)}))
    assert [finding.remedy for finding in told] == ["selector:\n  app: web\n  tier: front"]
    same = of("service-selects-several", web(live={"Deployment": (other(),)}))
    assert [finding.remedy for finding in same] == ["selector:\n  app: web\n  app.kubernetes.io/name: web"]


@pytest.mark.parametrize(
    ("scenery", "found"),
    [
        pytest.param(worker({}, service(publishNotReadyAddresses=True)), True, id="it does"),
        pytest.param(worker({}, service(publishNotReadyAddresses=True), kind="StatefulSet"), True, id="of a StatefulSet, for clients"),
        pytest.param(web(), False, id="it does not"),
        pytest.param(worker({}, service(publishNotReadyAddresses=True, selector={"app": "api"})), False, id="of others"),
        pytest.param(
            worker({}, service("web-pods", publishNotReadyAddresses=True, clusterIP="None"), kind="StatefulSet"),
            False,
            id="the one that names a StatefulSet's pods",
        ),
    ],
)
def test_a_service_waits_for_readiness(scenery: Scenery, found: bool) -> None:
    assert paths("service-publishes-unready", scenery) == ["spec.publishNotReadyAddresses"] * found


@pytest.mark.parametrize(
    ("spec", "kind", "changes", "found"),
    [
        pytest.param({"type": "LoadBalancer", "externalTrafficPolicy": "Local"}, "Deployment", {}, ["external"], id="LoadBalancer"),
        pytest.param({"type": "NodePort", "externalTrafficPolicy": "Local"}, "Deployment", {}, ["external"], id="NodePort"),
        pytest.param({"internalTrafficPolicy": "Local"}, "Deployment", {}, ["internal"], id="internal"),
        pytest.param({"internalTrafficPolicy": "Local"}, "DaemonSet", {}, ["internal"], id="a DaemonSet that takes pods away first"),
        pytest.param({"type": "LoadBalancer", "externalTrafficPolicy": "Cluster"}, "Deployment", {}, [], id="Cluster"),
        pytest.param({"externalTrafficPolicy": "Local"}, "Deployment", {}, [], id="nothing from outside"),
        pytest.param({}, "Deployment", {}, [], id="by default"),
        pytest.param(
            {"internalTrafficPolicy": "Local"},
            "DaemonSet",
            {"spec.updateStrategy.rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            [],
            id="a DaemonSet that adds pods first",
        ),
    ],
)
def test_a_service_does_not_depend_on_the_node(spec: dict[str, Any], kind: str, changes: dict[str, Any], found: list[str]) -> None:
    scenery = worker(changes, service(**spec), kind=kind, live={"Node": nodes(3)})
    assert paths("service-traffic-local", scenery) == [f"spec.{which}TrafficPolicy" for which in found]


@pytest.mark.parametrize(
    ("ports", "changes", "found"),
    [
        pytest.param([{"port": 80, "targetPort": "web"}], {}, ["spec.ports[0].targetPort"], id="another name"),
        pytest.param([{"port": 1}, {"port": 80, "targetPort": "web"}], {}, ["spec.ports[1].targetPort"], id="the second"),
        pytest.param([{"port": 80, "targetPort": "http"}], {f"{APP}.ports": DROP}, ["spec.ports[0].targetPort"], id="none is declared"),
        pytest.param([{"port": 80, "targetPort": "http"}], {}, [], id="there"),
        pytest.param([{"port": 80, "targetPort": 9999}], {}, [], id="numbers need not be declared"),
        pytest.param([{"port": 80, "targetPort": "9999"}], {}, [], id="a number as text"),
        pytest.param(
            [{"port": 80, "targetPort": "side"}],
            {f"{POD}.initContainers": [{"name": "s", "restartPolicy": "Always", "ports": [{"name": "side", "containerPort": 1}]}]},
            [],
            id="of a sidecar",
        ),
    ],
)
def test_a_named_port_is_there(ports: list[Any], changes: dict[str, Any], found: list[str]) -> None:
    assert paths("service-port-missing", worker(changes, service(ports=ports))) == found


def test_the_proposed_port_is_one_that_is_there() -> None:
    wrong = service(ports=[{"port": 80, "targetPort": "web"}])
    assert of("service-port-missing", worker({}, wrong))[0].remedy == "targetPort: http"
    assert of("service-port-missing", worker({f"{APP}.ports": [{"containerPort": 81}]}, wrong))[0].remedy == "targetPort: 81"
    assert of("service-port-missing", worker({f"{APP}.ports": []}, wrong))[0].remedy == "targetPort: 8080"


ONE, TWO = {"app": "web", "version": "1"}, {"app": "web", "version": "2"}
HASHED = {**ONE, "pod-template-hash": "5d4f8"}
OLD = {"Deployment": (workload("Deployment", {LABELS: ONE}),), "Pod": (pod("old", labels=HASHED),)}
PINNED = {"app": "web", "pod-template-hash": "5d4f8"}


def with_services(*services: dict[str, Any], **others: Any) -> dict[str, Any]:
    """What runs, with these Services."""
    return {"live": {**OLD, "Service": services}, **others}


@pytest.mark.parametrize(
    ("scenery", "said"),
    [
        pytest.param(
            worker({LABELS: TWO}, service(selector=TWO), **with_services(service(selector=ONE))), "which no ready pod has before", id="both"
        ),
        pytest.param(worker({LABELS: TWO}, **with_services(service(selector=ONE))), "do not have version=1", id="the template"),
        pytest.param(
            worker({LABELS: TWO}, **with_services(service(selector=ONE), strategy="recreate")), "do not have version=1", id="recreate"
        ),
        pytest.param(
            worker({LABELS: TWO}, service(selector=TWO), **with_services(service(selector=ONE), strategy="recreate")),
            "",
            id="both, with an outage",
        ),
        pytest.param(worker({LABELS: ONE}, **with_services(service(selector=PINNED))), "do not have pod-template-hash=5d4f8", id="a hash"),
        pytest.param(
            worker({LABELS: ONE}, **with_services(service(selector=PINNED), strategy="blue_green")), "", id="a hash that blue/green has set"
        ),
        pytest.param(worker({LABELS: TWO}, **with_services(service())), "", id="what both have"),
        pytest.param(worker({LABELS: TWO}, **with_services(service(selector=None))), "", id="without a selector"),
        pytest.param(worker({LABELS: TWO}, **with_services(service(selector={"app": "db"}))), "", id="of others"),
        pytest.param(worker({LABELS: TWO}, service(selector=TWO)), "", id="nothing runs"),
        pytest.param(
            worker({LABELS: TWO}, live={"Deployment": OLD["Deployment"], "Service": (service(selector=ONE),)}),
            "do not have version=1",
            id="pods were not looked at",
        ),
    ],
)
def test_a_service_keeps_a_ready_pod(scenery: Scenery, said: str) -> None:
    found = of("service-loses-pods", scenery)
    assert [finding.path for finding in found] == ["spec.selector"] * bool(said)
    assert all(said in finding.why for finding in found)


def test_the_proposed_selector_leads_to_old_and_new_pods() -> None:
    lost = of("service-loses-pods", worker({LABELS: TWO}, **with_services(service(selector=ONE))))
    assert [finding.remedy for finding in lost] == ["selector:\n  app: web"]
    none = of("service-loses-pods", worker({LABELS: {"app": "new"}}, **with_services(service(selector=ONE))))
    assert [finding.remedy for finding in none] == ["selector:\n  app: web"]


@pytest.mark.parametrize(
    ("kind", "names", "found"),
    [
        ("StatefulSet", ["web-0"], ["spec.selector"]),
        ("StatefulSet", ["web-0", "web-1"], []),
        ("StatefulSet", [], []),
        ("Deployment", ["web-0"], []),
    ],
)
def test_a_service_leads_to_more_than_one_pod(kind: str, names: list[str], found: list[str]) -> None:
    label = "statefulset.kubernetes.io/pod-name"
    alone = [service(name, selector={"app": "web", label: name}) for name in names]
    foreign = service("other", selector={"app": "db", label: "db-0"})
    assert paths("service-of-one-pod", worker({}, *alone, foreign, kind=kind)) == found
