# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands behind Services: which pods are picked, which may serve, what the EndpointSlices prove."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.services import (
    Backend,
    Endpoint,
    Service,
    picked,
    picks,
    ready_behind,
    spelled,
    unfit,
    unproven,
    unswitchable,
)
from hypothesis import given
from hypothesis import strategies as st

GREEN = {"app": "web", "colour": "green"}
LABELS = st.dictionaries(st.sampled_from(["app", "colour", "tier"]), st.sampled_from(["web", "green", "blue"]))


def service(**spec: Any) -> Service:
    """A Service that leads to green."""
    ports = [{"port": 80, "targetPort": 8080}]
    metadata = {"namespace": "shop", "name": "web", "uid": "service", **spec.pop("metadata", {})}
    return Service.of({"kind": "Service", "metadata": metadata, "spec": {"selector": GREEN, "ports": ports, **spec}})


def pod(name: str = "web-green-h1-a", *, owner: str = "web-green-h1", **more: Any) -> JsonObject:
    """A ready pod of the Deployment web-green."""
    labels = {**more.pop("labels", GREEN), "pod-template-hash": "h1"}
    owners = [{"controller": True, "kind": more.pop("kind", "ReplicaSet"), "name": owner}] if owner else []
    metadata = {"namespace": "shop", "name": name, "uid": name, "labels": labels, "ownerReferences": owners, **more.pop("metadata", {})}
    conditions = [{"type": "Ready", "status": "True" if more.pop("ready", True) else "False"}]
    status = {"phase": more.pop("phase", "Running"), "conditions": conditions}
    return {
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"containers": [{"name": "web", "ports": more.pop("ports", [])}]},
        "status": status,
    }


def backend(name: str = "web-green-h1-a", **more: Any) -> Backend:
    return Backend.of(pod(name, **more))


def endpoint(name: str = "web-green-h1-a", *, ready: bool = True) -> Endpoint:
    return Endpoint(name, name, ready)


# --- reading ------------------------------------------------------------------------------------------------------------------


def test_a_service_tells_what_matters_for_traffic() -> None:
    ports = [{"port": 80, "targetPort": "http"}, {"port": 81, "targetPort": "http"}, {"port": 82, "targetPort": 8082}, {"port": 83}]
    found = service(ports=ports, clusterIP="None", publishNotReadyAddresses=True)
    assert (found.type, found.headless, found.publishes_unready, found.named_ports) == ("ClusterIP", True, True, ("http",))
    assert (str(found.ref), found.uid, found.selector, found.deleted) == ("Service shop/web", "service", GREEN, False)


@pytest.mark.parametrize(
    ("made", "application"),
    [
        pytest.param(pod(), "Deployment web-green", id="Deployment"),
        pytest.param(pod(owner="by-hand"), "ReplicaSet by-hand", id="ReplicaSet"),
        pytest.param(pod(owner="db", kind="StatefulSet"), "StatefulSet db", id="StatefulSet"),
        pytest.param(pod("alone", owner=""), "Pod alone", id="nobody"),
    ],
)
def test_a_pod_tells_what_made_it(made: JsonObject, application: str) -> None:
    assert Backend.of(made).application == application


@pytest.mark.parametrize(
    ("made", "ready", "going"),
    [
        pytest.param(pod(), True, False, id="serving"),
        pytest.param(pod(ready=False), False, False, id="not ready"),
        pytest.param({**pod(), "status": {"phase": "Pending"}}, False, False, id="without conditions"),
        pytest.param(pod(phase="Failed"), True, True, id="evicted"),
        pytest.param(pod(phase="Succeeded"), True, True, id="ended"),
        pytest.param(pod(metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"}), True, True, id="on its way out"),
    ],
)
def test_a_pod_tells_whether_it_serves(made: JsonObject, ready: bool, going: bool) -> None:
    found = Backend.of(made)
    assert (found.ready, found.going) == (ready, going)
    assert len(picked(GREEN, [found])) == (0 if going else 1)


def test_endpoints_are_ready_unless_they_say_no() -> None:
    entries = [
        {"targetRef": {"uid": "1", "name": "a"}, "conditions": {"ready": False}},
        {"targetRef": {"uid": "2", "name": "b"}, "conditions": {"ready": True}},
        {"addresses": ["192.0.2.1"]},
    ]
    assert Endpoint.all_of({"endpoints": entries}) == (Endpoint("1", "a", False), Endpoint("2", "b", True), Endpoint("", "", True))
    assert Endpoint.all_of({"endpoints": None}) == ()


@given(selector=LABELS, labels=LABELS)
def test_a_selector_picks_what_has_all_its_labels(selector: dict[str, str], labels: dict[str, str]) -> None:
    assert picks(selector, labels) == (bool(selector) and selector.items() <= labels.items())


def test_a_selector_is_spelled_in_order() -> None:
    assert spelled({"colour": "green", "app": "web"}) == "app=web,colour=green"


# --- before -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        pytest.param({}, "", id="fine"),
        pytest.param({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}, "is being deleted", id="deleted"),
        pytest.param({"type": "ExternalName"}, "is an ExternalName", id="ExternalName"),
        pytest.param({"selector": None}, "has no selector", id="by hand"),
        pytest.param({"clusterIP": "None"}, "is headless", id="headless"),
        pytest.param({"publishNotReadyAddresses": True}, "set publishNotReadyAddresses to false", id="unready"),
    ],
)
def test_some_services_are_not_to_be_switched(spec: dict[str, Any], sentence: str) -> None:
    found = unswitchable(service(**spec))
    assert sentence in found
    assert bool(found) == bool(sentence)


@pytest.mark.parametrize(
    ("backends", "options", "sentence"),
    [
        pytest.param([backend()], {}, "", id="fine"),
        pytest.param([], {}, "would select no pod by app=web,colour=green", id="none"),
        pytest.param([backend(phase="Failed")], {}, "would select no pod", id="evicted"),
        pytest.param([backend(labels={"app": "web"})], {}, "would select no pod", id="of another colour"),
        pytest.param(
            [backend(), backend("b", owner="")], {}, "several workloads by app=web,colour=green: Deployment web-green, Pod b;", id="two"
        ),
        pytest.param([backend(), backend("b", owner="")], {"mixed": True}, "", id="two on purpose"),
        pytest.param([backend(), backend("b", ready=False)], {}, "that is not ready: b;", id="one is unready"),
        pytest.param([backend(name, ready=False) for name in "abcde"], {}, "that are not ready: a, b, c and 2 more;", id="all are unready"),
        pytest.param(
            [backend()], {"minimum": 2}, "would get 1 ready pods by app=web,colour=green, fewer than min_endpoints: 2", id="too few"
        ),
    ],
)
def test_all_that_is_picked_must_be_fit(backends: list[Backend], options: dict[str, Any], sentence: str) -> None:
    found = unfit(service(), GREEN, backends, **{"minimum": 1, **options})
    assert sentence in found
    assert bool(found) == bool(sentence)


def test_named_ports_must_be_there() -> None:
    named = service(ports=[{"port": 80, "targetPort": "http"}])
    assert "leads to the port http, which pods selected by" in unfit(named, GREEN, [backend()], minimum=1)
    assert unfit(named, GREEN, [backend(ports=[{"name": "http", "containerPort": 8080}])], minimum=1) == ""


# --- after --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("backends", "endpoints", "lack"),
    [
        pytest.param([backend()], [endpoint()], "", id="proven"),
        pytest.param([backend()], [endpoint(), endpoint("old", ready=False)], "", id="an old one that gets nothing"),
        pytest.param([backend()], [endpoint(), endpoint("old")], "its EndpointSlices still lead to old", id="an old one"),
        pytest.param(
            [backend()], [endpoint(), Endpoint("", "", True)], "its EndpointSlices still lead to an address by hand", id="by hand"
        ),
        pytest.param([backend(), backend("b")], [endpoint()], "its EndpointSlices do not lead to b yet", id="one is missing"),
        pytest.param(
            [backend()], [endpoint(ready=False)], "its EndpointSlices do not lead to web-green-h1-a yet", id="not ready there yet"
        ),
        pytest.param([backend(ready=False)], [], "web-green-h1-a is not ready", id="unready"),
        pytest.param([backend("a", ready=False), backend("b", ready=False)], [], "a, b are not ready", id="two unready"),
        pytest.param([], [], "0 of at least 1 pods are ready", id="none"),
    ],
)
def test_the_endpoints_prove_a_switch(backends: list[Backend], endpoints: list[Endpoint], lack: str) -> None:
    assert unproven(service(), GREEN, backends, endpoints, minimum=1) == lack


def test_a_selector_that_is_not_seen_yet_proves_nothing() -> None:
    assert unproven(service(), {"app": "web"}, [backend()], [endpoint()], minimum=1) == (
        "the cluster still shows its selector as app=web,colour=green"
    )


def test_ready_pods_behind_a_selector_are_counted() -> None:
    assert ready_behind(GREEN, [backend(), backend("b", ready=False), backend("c", phase="Failed"), backend("d", labels={})]) == 1
