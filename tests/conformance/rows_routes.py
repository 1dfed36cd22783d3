# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routes, whose kinds CustomResourceDefinitions have brought: what is stored, owned and merged of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import (
    ClusterError,
    ConflictError,
    InputError,
    InvalidError,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.ports import PatchOperation as Step
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.ownership.fields import is_empty, outside
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.steps.changes import patch_between
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.routes import (
    Router,
    concerned,
    divided,
    is_divided,
    remembered,
    restored,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._routers.table import ROUTERS

from tests.memory.routes import MANIFESTS, RULES

from .bench import ME, OTHER, Bench, heard, object_of, owners, refused, row

HTTP_ROUTE, GRPC_ROUTE = (ROUTERS[kind].resource for kind in ("HTTPRoute", "GRPCRoute"))
WEB, CANARY = "/spec/rules/0/backendRefs/0", "/spec/rules/0/backendRefs/1"


def backend(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "port": 80, **more}


def http_route(bench: Bench, *backends: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An HTTPRoute's manifest with one rule."""
    spec = {"parentRefs": [{"name": "gateway"}], "rules": [{"backendRefs": list(backends)}], **more}
    return {"metadata": {"name": "web", "namespace": bench.namespace}, "spec": spec}


def made(bench: Bench, *backends: dict[str, Any], **more: Any) -> Any:
    return bench.api.create(HTTP_ROUTE, http_route(bench, *backends, **more), manager=OTHER)


def patch(bench: Bench, *steps: Step, dry_run: bool = False) -> Any:
    return bench.api.json_patch(HTTP_ROUTE, bench.namespace, "web", steps, manager=ME, dry_run=dry_run)


def mine(obj: Any, operation: str = "Update") -> Any:
    return owners(obj).get((ME, operation, ""))


def changed(bench: Bench, router: Router, before: Any, after: Any) -> Any:
    """The route after the patch that makes one of the other."""
    steps = patch_between(own(before), own(after))
    return bench.api.json_patch(router.resource, bench.namespace, before["metadata"]["name"], steps, manager=ME)


def own(obj: Any) -> Any:
    """What is a person's in a route."""
    return {"spec": obj["spec"], "metadata": {key: obj["metadata"][key] for key in ("labels", "annotations")}}


def divide_and_bring_back(bench: Bench, kind: str) -> None:
    """A route of that kind gets other weights, and then those that it had: nothing else is another one at any time."""
    router, manifest, wanted = ROUTERS[kind], MANIFESTS[kind](bench.namespace), {"web": 95, "web-canary": 5}
    before: Any = bench.api.create(router.resource, manifest, manager=OTHER)
    rules = concerned(router.rules(before), wanted)
    assert [rule.name for rule in rules] == [RULES[kind]]
    planned: Any = before
    for rule in rules:
        planned = router.written(planned, divided(router, rule, wanted))
    after = changed(bench, router, before, planned)
    assert own(after) == own(planned)
    assert all(is_divided(rule, wanted) for rule in concerned(router.rules(after), wanted))
    assert is_empty(outside(mine(after), router.fields))
    former: Any = remembered(rules)
    back = changed(bench, router, after, restored(router, after, former, wanted))
    assert json.dumps(own(back)) == json.dumps(own(before))


@row
def http_routes_get_other_weights_and_theirs_back(bench: Bench) -> None:
    divide_and_bring_back(bench, "HTTPRoute")


@row
def grpc_routes_get_other_weights_and_theirs_back(bench: Bench) -> None:
    divide_and_bring_back(bench, "GRPCRoute")


@row
def openshift_routes_get_other_weights_and_theirs_back(bench: Bench) -> None:
    divide_and_bring_back(bench, "Route")


@row
def ingresses_get_other_weights_and_theirs_back(bench: Bench) -> None:
    divide_and_bring_back(bench, "Ingress")


@row
def virtual_services_get_other_weights_and_theirs_back(bench: Bench) -> None:
    divide_and_bring_back(bench, "VirtualService")


@row
def traefik_services_get_other_weights_and_theirs_back(bench: Bench) -> None:
    divide_and_bring_back(bench, "TraefikService")


@row
def ingress_routes_get_other_weights_and_theirs_back(bench: Bench) -> None:
    divide_and_bring_back(bench, "IngressRoute")


@row
def a_kind_of_routes_is_found(bench: Bench) -> None:
    assert bench.api.resolve("gateway.networking.k8s.io/v1", "HTTPRoute") == HTTP_ROUTE
    assert bench.api.resolve("gateway.networking.k8s.io/v1", "GRPCRoute") == GRPC_ROUTE
    with pytest.raises(InputError):
        bench.api.resolve("gateway.networking.k8s.io/v1", "HTTPRoad")


@row
def a_route_has_the_defaults_of_its_schema(bench: Bench) -> None:
    route = made(bench, backend("web"), backend("canary", weight=0))
    everything = {"path": {"type": "PathPrefix", "value": "/"}}
    assert route["spec"] == {
        "parentRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "gateway"}],
        "rules": [
            {
                "matches": [everything],
                "backendRefs": [
                    {"group": "", "kind": "Service", "name": "web", "port": 80, "weight": 1},
                    {"group": "", "kind": "Service", "name": "canary", "port": 80, "weight": 0},
                ],
            }
        ],
    }
    assert route["metadata"]["generation"] == 1
    grpc: Any = bench.api.create(GRPC_ROUTE, http_route(bench, backend("web")), manager=OTHER)
    assert grpc["spec"]["rules"] == [{"backendRefs": [{"group": "", "kind": "Service", "name": "web", "port": 80, "weight": 1}]}]


@row
def what_is_empty_in_a_route_stays(bench: Bench) -> None:
    rule: dict[str, Any] = {"name": "all", "matches": [], "filters": [], "backendRefs": [], "timeouts": {}}
    route = bench.api.create(HTTP_ROUTE, {**http_route(bench), "spec": {"hostnames": [], "rules": [rule]}}, manager=OTHER)
    assert route["spec"] == {"hostnames": [], "rules": [rule]}


@row
def a_patch_of_weights_is_tested_and_counted(bench: Bench) -> None:
    first = made(bench, backend("web", weight=80), backend("canary", weight=0), backend("other", weight=20))
    version: str = first["metadata"]["resourceVersion"]
    there = Step("test", WEB, {"group": "", "kind": "Service", "name": "web", "port": 80, "weight": 80})
    steps = there, Step("replace", f"{WEB}/weight", 76), Step("replace", f"{CANARY}/weight", 4)
    assert patch(bench, *steps, dry_run=True)["metadata"]["generation"] == 2
    assert object_of(bench, HTTP_ROUTE, "web")["metadata"]["generation"] == 1
    second = patch(bench, *steps)
    assert [entry["weight"] for entry in second["spec"]["rules"][0]["backendRefs"]] == [76, 4, 20]
    assert second["metadata"]["generation"] == 2
    with refused(ConflictError):
        patch(bench, *steps)
    with refused(ConflictError):
        patch(bench, Step("test", "/metadata/resourceVersion", version), Step("replace", f"{WEB}/weight", 1))
    assert object_of(bench, HTTP_ROUTE, "web")["spec"] == second["spec"]
    same = patch(bench, Step("replace", f"{WEB}/weight", 76))
    assert same["metadata"]["generation"] == 2


@row
def a_branch_is_added_and_taken_out_by_patch(bench: Bench) -> None:
    made(bench, backend("web"))
    more = patch(bench, Step("add", "/spec/rules/0/backendRefs/-", backend("canary", weight=0)))
    assert [entry["name"] for entry in more["spec"]["rules"][0]["backendRefs"]] == ["web", "canary"]
    assert more["spec"]["rules"][0]["backendRefs"][1]["kind"] == "Service"
    less = patch(bench, Step("test", f"{CANARY}/name", "canary"), Step("remove", CANARY))
    assert [entry["name"] for entry in less["spec"]["rules"][0]["backendRefs"]] == ["web"]
    assert less["metadata"]["generation"] == 3


@row
def who_changes_a_weight_owns_all_rules(bench: Bench) -> None:
    made(bench, backend("web"))
    route = patch(bench, Step("replace", f"{WEB}/weight", 5))
    assert mine(route) == {"f:spec": {"f:rules": {}}}
    assert owners(route)[OTHER, "Update", ""] == {"f:spec": {".": {}, "f:parentRefs": {}}}
    bench.api.create(GRPC_ROUTE, http_route(bench, backend("web")), manager=OTHER)
    change = [Step("replace", f"{WEB}/weight", 5)]
    assert mine(bench.api.json_patch(GRPC_ROUTE, bench.namespace, "web", change, manager=ME)) == {"f:spec": {"f:rules": {}}}


@row
def metadata_of_a_route_is_no_new_generation(bench: Bench) -> None:
    made(bench, backend("web"))
    route = patch(bench, Step("add", "/metadata/annotations", {"a": "1"}), Step("add", "/metadata/labels", {"b": "2"}))
    assert route["metadata"]["generation"] == 1
    assert mine(route) == {"f:metadata": {"f:annotations": {".": {}, "f:a": {}}, "f:labels": {".": {}, "f:b": {}}}}


@row
def a_status_that_is_sent_with_a_route_is_dropped(bench: Bench) -> None:
    status: dict[str, Any] = {"parents": [{"parentRef": {"name": "gateway"}, "controllerName": "example.net/gateway", "conditions": []}]}
    route = bench.api.create(HTTP_ROUTE, {**http_route(bench, backend("web")), "status": status}, manager=OTHER)
    assert "status" not in route
    assert "example.net" not in str(patch(bench, Step("add", "/status", status)))


@row
def an_update_of_a_route_needs_a_version(bench: Bench) -> None:
    made(bench, backend("web"))
    with refused(InvalidError, "metadata.resourceVersion", "must be specified for an update"):
        bench.api.update(HTTP_ROUTE, http_route(bench, backend("canary")), manager=OTHER)


@row
def applied_rules_are_taken_whole(bench: Bench) -> None:
    first: Any = bench.api.apply(HTTP_ROUTE, http_route(bench, backend("web"), backend("other", weight=3)), manager=ME)
    assert mine(first, "Apply") == {"f:spec": {"f:parentRefs": {}, "f:rules": {}}}
    again: Any = bench.api.apply(HTTP_ROUTE, http_route(bench, backend("web"), backend("other", weight=3)), manager=ME)
    assert again["metadata"]["generation"] == 1
    second: Any = bench.api.apply(HTTP_ROUTE, http_route(bench, backend("canary")), manager=ME)
    assert [entry["name"] for entry in second["spec"]["rules"][0]["backendRefs"]] == ["canary"]
    assert second["metadata"]["generation"] == 2


@row
def rules_that_somebody_else_changed_are_a_conflict(bench: Bench) -> None:
    bench.api.apply(HTTP_ROUTE, http_route(bench, backend("web"), hostnames=["web.example"]), manager=OTHER)
    patch(bench, Step("replace", f"{WEB}/weight", 5))
    with refused(ConflictError, ME, ".spec.rules"):
        bench.api.apply(HTTP_ROUTE, http_route(bench, backend("web", weight=7), hostnames=["web.example"]), manager=OTHER)
    route: Any = bench.api.apply(HTTP_ROUTE, http_route(bench, backend("web", weight=7)), manager=OTHER, force=True)
    assert mine(route) is None
    assert "hostnames" not in route["spec"]


@row
def a_field_that_no_route_has_is_refused(bench: Bench) -> None:
    made(bench, backend("web"))
    with refused(InvalidError, 'unknown field "spec.rules[0].backendRefs[0].wait"'):
        patch(bench, Step("add", f"{WEB}/wait", 5))
    with refused(ClusterError, "field not declared in schema"):
        bench.api.apply(HTTP_ROUTE, http_route(bench, backend("web", wait=5)), manager=ME)


@row
def routes_are_listed_watched_and_deleted(bench: Bench) -> None:
    uid = made(bench, backend("web"))["metadata"]["uid"]
    page = bench.api.list(HTTP_ROUTE, bench.namespace)
    assert [item["metadata"]["name"] for item in page.items if isinstance(item["metadata"], dict)] == ["web"]
    with bench.events(HTTP_ROUTE, version=page.resource_version) as events:
        patch(bench, Step("replace", f"{WEB}/weight", 5))
        bench.until(lambda: ("MODIFIED", "web") in heard(events), "the change is heard")
        bench.api.delete(HTTP_ROUTE, bench.namespace, "web", uid=uid)
        bench.until(lambda: ("DELETED", "web") in heard(events), "the end is heard")
    assert bench.api.read(HTTP_ROUTE, bench.namespace, "web") is None
