# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client against the real API server: every verb, every refusal, and what a network does to them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    InvalidError,
    NotFoundError,
    ServerError,
    UnreachableError,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.ports import Cluster as Api
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.ports import PatchOperation as Step
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import DEPLOYMENT, KNOWN, POD, SECRET, Resource
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube import client as client_module
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.auth import auth_options
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.connect import connect

from .cluster import Cluster, Done
from .faults import Faults, Request

CONFIG_MAP = KNOWN["v1", "ConfigMap"]
NAMESPACE = KNOWN["v1", "Namespace"]
ME = "rollout-test"


class Time:
    """A clock that runs ahead instead of sleeping."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def clock(self) -> float:
        return time.monotonic() + sum(self.slept)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def api(cluster: Cluster) -> Api:
    """The client as the administrator."""
    return connect(auth_options({"kubeconfig": str(cluster.kubeconfig)}, environment={}), environment={}, deadline_seconds=30).cluster


@pytest.fixture
def timer() -> Time:
    """The time of the client behind faults."""
    return Time()


@pytest.fixture
def shaky(faults: Faults, timer: Time) -> Api:
    """The client behind faults, with 300 s of patience that do not pass."""
    options = auth_options({"host": faults.url, "api_key": "unused"}, environment={})
    return connect(options, environment={}, deadline_seconds=300, clock=timer.clock, sleep=timer.sleep).cluster


def config_map(namespace: str, name: str = "a", **data: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": namespace}, "data": data}


def of(method: str) -> Callable[[Request], bool]:
    return lambda request: request.method == method


def test_read_gives_the_object_or_none(api: Api, namespace: str) -> None:
    assert api.read(CONFIG_MAP, namespace, "a") is None
    made = api.create(CONFIG_MAP, config_map(namespace, x="1"), manager=ME)
    assert api.read(CONFIG_MAP, namespace, "a") == made
    assert made["metadata"]["managedFields"][0]["manager"] == ME  # type: ignore[call-overload,index]


def test_absent_namespaces_and_kinds_are_told_apart(api: Api) -> None:
    assert api.read(CONFIG_MAP, "no-such-namespace", "a") is None
    with pytest.raises(NotFoundError, match="the namespace no-such-namespace does not exist"):
        api.apply(CONFIG_MAP, config_map("no-such-namespace"), manager=ME)
    with pytest.raises(NotFoundError, match=r"has no Gadget of gadgets\.example/v1"):
        api.read(Resource("gadgets.example/v1", "Gadget", "gadgets"), "default", "a")
    with pytest.raises(NotFoundError, match=r"has no Gadget of v1"):
        api.list(Resource("v1", "Gadget", "gadgets"), "default")


def test_the_version_is_the_servers(api: Api, cluster: Cluster) -> None:
    said = json.loads(cluster.kubectl("get", "--raw", "/version").stdout)
    assert api.version() == (int(said["major"]), int(said["minor"].rstrip("+")))


def test_a_list_is_read_in_chunks_and_its_items_say_what_they_are(
    api: Api, namespace: str, apply: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(*[{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"c{n}", "labels": {"of": "us"}}} for n in range(5)])
    monkeypatch.setattr(client_module, "_CHUNK", 2)
    page = api.list(CONFIG_MAP, namespace, labels="of=us")
    assert [item["metadata"]["name"] for item in page.items] == [f"c{n}" for n in range(5)]  # type: ignore[call-overload,index]
    assert {(item["apiVersion"], item["kind"]) for item in page.items} == {("v1", "ConfigMap")}
    assert int(page.resource_version) > 0
    assert [item["metadata"]["name"] for item in api.list(CONFIG_MAP, namespace, fields="metadata.name=c3").items] == ["c3"]  # type: ignore[call-overload,index]


def test_a_list_whose_snapshot_is_gone_begins_again(
    shaky: Api, faults: Faults, namespace: str, apply: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(*[{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"c{n}", "labels": {"of": "us"}}} for n in range(3)])
    monkeypatch.setattr(client_module, "_CHUNK", 2)
    gone = {"kind": "Status", "code": 410, "reason": "Expired", "message": "The provided continue parameter is too old"}
    faults.add(matches=lambda request: "continue" in request.query, status=410, body=gone)
    assert len(shaky.list(CONFIG_MAP, namespace, labels="of=us").items) == 3
    assert ["continue" in request.query for request in faults.requests] == [False, True, False, True]


def test_a_dry_run_writes_nothing(api: Api, namespace: str) -> None:
    tried = api.apply(CONFIG_MAP, config_map(namespace, x="1"), manager=ME, dry_run=True)
    assert tried["data"] == {"x": "1"}
    assert api.create(CONFIG_MAP, config_map(namespace, x="1"), manager=ME, dry_run=True)["data"] == {"x": "1"}
    assert api.read(CONFIG_MAP, namespace, "a") is None
    api.apply(CONFIG_MAP, config_map(namespace, x="1"), manager=ME)
    step = [Step("replace", "/data/x", "2")]
    assert api.json_patch(CONFIG_MAP, namespace, "a", step, manager=ME, dry_run=True)["data"] == {"x": "2"}
    assert api.update(CONFIG_MAP, config_map(namespace, x="3"), manager=ME, dry_run=True)["data"] == {"x": "3"}
    assert api.read(CONFIG_MAP, namespace, "a")["data"] == {"x": "1"}  # type: ignore[index]


def test_apply_names_the_other_owners_unless_forced(api: Api, namespace: str) -> None:
    api.apply(CONFIG_MAP, config_map(namespace, x="1", y="1"), manager="somebody")
    with pytest.raises(ConflictError) as caught:
        api.apply(CONFIG_MAP, config_map(namespace, x="2"), manager=ME)
    assert caught.value.managers == ("somebody",)
    assert "somebody owns .data.x." in caught.value.message
    assert api.apply(CONFIG_MAP, config_map(namespace, x="2"), manager=ME, force=True)["data"] == {"x": "2", "y": "1"}


def test_a_json_patch_whose_test_fails_is_a_conflict(api: Api, namespace: str) -> None:
    api.apply(CONFIG_MAP, config_map(namespace, x="1"), manager=ME)
    steps = [Step("test", "/data/x", "1"), Step("replace", "/data/x", "2")]
    assert api.json_patch(CONFIG_MAP, namespace, "a", steps, manager=ME)["data"] == {"x": "2"}
    with pytest.raises(ConflictError, match="what the change expects to find is not there any more"):
        api.json_patch(CONFIG_MAP, namespace, "a", steps, manager=ME)
    with pytest.raises(ConflictError):
        api.json_patch(CONFIG_MAP, namespace, "a", [Step("remove", "/data/z")], manager=ME)
    with pytest.raises(NotFoundError, match=r"it does not exist\."):
        api.json_patch(CONFIG_MAP, namespace, "absent", steps, manager=ME)
    api.json_patch(CONFIG_MAP, namespace, "a", [Step("add", "/data/n", "1"), Step("remove", "/data/x")], manager=ME)
    assert api.read(CONFIG_MAP, namespace, "a")["data"] == {"n": "1"}  # type: ignore[index]


def test_create_and_update_conflict_with_what_is_there(api: Api, namespace: str) -> None:
    made = api.create(CONFIG_MAP, config_map(namespace, x="1"), manager=ME)
    with pytest.raises(ConflictError, match=r"it exists already\."):
        api.create(CONFIG_MAP, config_map(namespace, x="1"), manager=ME)
    api.update(CONFIG_MAP, {**made, "data": {"x": "2"}}, manager=ME)
    with pytest.raises(ConflictError, match="somebody else changed it in the meantime"):
        api.update(CONFIG_MAP, {**made, "data": {"x": "3"}}, manager=ME)
    generated = {"metadata": {"generateName": "g-", "namespace": namespace}}
    assert str(api.create(CONFIG_MAP, generated, manager=ME)["metadata"]["name"]).startswith("g-")  # type: ignore[call-overload,index]


@pytest.mark.parametrize(
    ("resource", "obj", "words"),
    [
        (CONFIG_MAP, {"dta": {}}, r"\.dta: field not declared in schema"),
        (CONFIG_MAP, {"data": {"x": 5}}, r"\.data\.x is 5 and must be a text; write it in quotes: .5."),
        (
            DEPLOYMENT,
            {"spec": {"replicas": -1}},
            r"spec\.replicas: Invalid value: -1: must be greater than or equal to 0; spec\.selector: Required",
        ),
        (SECRET, {"data": {"x": "s3cr3t!"}}, "the server refuses its content"),
        (SECRET, {"data": {"x": ["s3cr3t"]}}, r"the server refuses \.data\.x"),
        (SECRET, {"type": "kubernetes.io/tls", "stringData": {"tls.crt": "s3cr3t"}}, r"the server refuses data\[tls\.key\]"),
    ],
)
def test_what_the_server_refuses_is_told_at_once_and_without_secrets(
    api: Api, namespace: str, resource: Resource, obj: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidError, match=words) as caught:
        api.apply(resource, {"metadata": {"name": "a", "namespace": namespace}, **obj}, manager=ME)
    assert "s3cr3t" not in caught.value.message


def test_a_misspelt_field_is_refused_by_every_verb(api: Api, namespace: str) -> None:
    with pytest.raises(InvalidError, match='unknown field "dta"'):
        api.create(CONFIG_MAP, {**config_map(namespace), "dta": {}}, manager=ME)
    api.create(CONFIG_MAP, config_map(namespace, x="1"), manager=ME)
    with pytest.raises(InvalidError, match='unknown field "dta"'):
        api.update(CONFIG_MAP, {**config_map(namespace), "dta": {}}, manager=ME)
    with pytest.raises(InvalidError, match='unknown field "dta"') as caught:
        api.json_patch(CONFIG_MAP, namespace, "a", [Step("add", "/dta", {})], manager=ME)
    assert "apiVersion" not in caught.value.message


def test_a_quota_is_an_invalid_error_not_a_lack_of_rights(api: Api, namespace: str, kubectl: Callable[..., Done]) -> None:
    kubectl("create", "quota", "none", "--hard=count/configmaps=0")
    used = ""
    deadline = time.monotonic() + 120
    while not used and time.monotonic() < deadline:
        used = kubectl("get", "quota", "none", "-o", "jsonpath={.status.used}").stdout
        time.sleep(0.1)
    with pytest.raises(InvalidError, match="the quota none of the namespace is exceeded"):
        api.create(CONFIG_MAP, config_map(namespace, "one-too-many"), manager=ME)


def test_objects_without_a_place_are_refused(api: Api) -> None:
    with pytest.raises(InputError, match="ConfigMap a has no namespace"):
        api.apply(CONFIG_MAP, {"metadata": {"name": "a"}}, manager=ME)
    with pytest.raises(InputError, match=r"has no metadata\.name"):
        api.apply(CONFIG_MAP, {"metadata": {"namespace": "default"}}, manager=ME)
    assert api.read(NAMESPACE, "", "default") is not None


def test_kinds_are_resolved_by_table_then_by_discovery_once(shaky: Api, faults: Faults) -> None:
    assert shaky.resolve("apps/v1", "Deployment") == DEPLOYMENT
    assert faults.requests == []
    roles = Resource("rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles", namespaced=False)
    assert shaky.resolve(roles.api_version, "ClusterRole") == shaky.resolve(roles.api_version, "ClusterRole") == roles
    assert [request.path for request in faults.requests] == ["/apis/rbac.authorization.k8s.io/v1"]
    with pytest.raises(InputError, match=r"no kind Deployement in apiVersion apps/v1; did you mean Deployment\?"):
        shaky.resolve("apps/v1", "Deployement")
    with pytest.raises(InputError, match=r"no kind Gadget in apiVersion apps/v1\."):
        shaky.resolve("apps/v1", "Gadget")
    for version in ("apps/v9", "gadgets.example/v1"):
        with pytest.raises(InputError, match=f"no apiVersion {version}"):
            shaky.resolve(version, "Deployment")


def test_the_log_of_what_has_none_is_empty(api: Api, namespace: str) -> None:
    assert api.log(namespace, "absent", "web", lines=5, previous=True) == ""


def test_a_log_is_asked_for_once_and_a_lack_of_rights_is_told(shaky: Api, faults: Faults) -> None:
    def of_log(request: Request) -> bool:
        return request.path.endswith("/log")

    faults.add(matches=of_log, status=200, body="last words")
    assert shaky.log("default", "web-1", "web", lines=5, previous=True) == '"last words"'
    assert dict(faults.requests[0].query) == {"container": "web", "tailLines": "5", "limitBytes": "65536", "previous": "true"}
    faults.add(matches=of_log, unheard=True)
    faults.add(matches=of_log, status=500, body={"kind": "Status"})
    for _ in range(2):
        assert shaky.log("default", "web-1", "web", lines=5, previous=False) == ""
    assert len(faults.requests) == 3
    message = 'pods "web-1" is forbidden: User "joe" cannot get resource "pods/log" in API group "" in the namespace "default"'
    faults.add(matches=of_log, status=403, body={"kind": "Status", "reason": "Forbidden", "message": message})
    with pytest.raises(ForbiddenError, match="user joe may not get pods/log in namespace default"):
        shaky.log("default", "web-1", "web", lines=5, previous=False)


def test_time_is_the_servers_and_goes_on_by_our_clock(shaky: Api, timer: Time, namespace: str) -> None:
    made = shaky.create(CONFIG_MAP, config_map(namespace), manager=ME)
    stamped = datetime.fromisoformat(made["metadata"]["creationTimestamp"])  # type: ignore[call-overload,index,arg-type]
    first = shaky.now()
    assert timedelta(0) <= first - stamped < timedelta(minutes=10)
    timer.sleep(3600)
    assert timedelta(hours=1) <= shaky.now() - first < timedelta(hours=1, minutes=10)


def test_before_the_first_answer_it_is_our_own_time(api: Api) -> None:
    assert abs(api.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_the_client_names_itself(shaky: Api, faults: Faults) -> None:
    shaky.read(NAMESPACE, "", "default")
    assert faults.requests[0].headers["User-Agent"].startswith("rollout.kubernetes/")


def test_429_waits_as_long_as_the_server_asks(shaky: Api, faults: Faults, timer: Time) -> None:
    faults.add(matches=of("GET"), times=2, status=429, headers={"Retry-After": "7"}, body={"kind": "Status"})
    assert shaky.read(NAMESPACE, "", "default") is not None
    assert timer.slept == [7.0, 7.0]


def test_a_create_is_repeated_after_429(shaky: Api, faults: Faults, namespace: str) -> None:
    faults.add(matches=of("POST"), status=429, body={"kind": "Status"})
    generated = {"metadata": {"generateName": "g-", "namespace": namespace}}
    assert shaky.create(CONFIG_MAP, generated, manager=ME)


@pytest.mark.parametrize("status", [502, 503, 504])
def test_overload_is_waited_out_until_the_deadline(shaky: Api, faults: Faults, timer: Time, status: int) -> None:
    assert shaky.read(NAMESPACE, "", "default") is not None
    faults.add(matches=of("GET"), times=8, status=status)
    assert shaky.read(NAMESPACE, "", "default") is not None
    faults.add(matches=of("GET"), times=1000, status=status)
    with pytest.raises(ServerError, match=f"answered {status} to the end of the retries"):
        shaky.read(NAMESPACE, "", "default")
    assert 280 < sum(timer.slept) <= 300


def test_500_is_given_up_sooner_with_what_the_server_says(shaky: Api, faults: Faults, timer: Time) -> None:
    said = {"kind": "Status", "reason": "InternalError", "message": 'Internal error occurred: failed calling webhook "w.example"'}
    faults.add(matches=of("GET"), times=1000, status=500, body=said)
    with pytest.raises(ServerError, match=r'failed calling webhook "w\.example"'):
        shaky.read(NAMESPACE, "", "default")
    assert 15 < sum(timer.slept) <= 30


@pytest.mark.parametrize("fault", [{"unsent": True}, {"unheard": True}])
def test_lost_connections_are_opened_again(shaky: Api, faults: Faults, namespace: str, fault: dict[str, bool]) -> None:
    for method in ("GET", "PATCH", "PATCH", "PUT"):
        faults.add(matches=of(method), **fault)
    api = shaky
    assert api.read(NAMESPACE, "", namespace) is not None
    made = api.apply(CONFIG_MAP, config_map(namespace, x="1"), manager=ME)
    made = api.json_patch(CONFIG_MAP, namespace, "a", [Step("test", "/data/x", "1"), Step("replace", "/data/x", "2")], manager=ME)
    assert api.update(CONFIG_MAP, {**made, "data": {"x": "3"}}, manager=ME)["data"] == {"x": "3"}


def test_a_create_whose_answer_was_lost_is_recognised(shaky: Api, faults: Faults, namespace: str) -> None:
    faults.add(matches=of("POST"), unheard=True)
    made = shaky.create(CONFIG_MAP, config_map(namespace, x="1"), manager=ME)
    assert made["data"] == {"x": "1"}
    assert [request.method for request in faults.requests] == ["POST", "POST", "GET"]


def test_a_create_that_somebody_else_won_is_a_conflict(shaky: Api, api: Api, faults: Faults, namespace: str) -> None:
    api.create(CONFIG_MAP, config_map(namespace, x="theirs"), manager="other")
    faults.add(matches=of("POST"), unheard=True)
    with pytest.raises(ConflictError, match=r"it exists already\."):
        shaky.create(CONFIG_MAP, config_map(namespace, x="ours"), manager=ME)


def test_a_create_under_a_generated_name_is_not_repeated_in_doubt(shaky: Api, api: Api, faults: Faults, namespace: str) -> None:
    faults.add(matches=of("POST"), unheard=True)
    with pytest.raises(UnreachableError, match="Whether it was carried out is not known"):
        shaky.create(CONFIG_MAP, {"metadata": {"generateName": "g-", "namespace": namespace}}, manager=ME)
    names = [str(item["metadata"]["name"]) for item in api.list(CONFIG_MAP, namespace).items]  # type: ignore[call-overload,index]
    assert len([name for name in names if name.startswith("g-")]) == 1


def test_a_patch_that_went_through_unheard_and_one_that_somebody_overtook(shaky: Api, api: Api, faults: Faults, namespace: str) -> None:
    api.apply(CONFIG_MAP, config_map(namespace, x="1"), manager=ME)
    steps = [Step("test", "/data/x", "1"), Step("replace", "/data/x", "2")]
    faults.add(matches=of("PATCH"), unheard=True)
    assert shaky.json_patch(CONFIG_MAP, namespace, "a", steps, manager=ME)["data"] == {"x": "2"}
    api.json_patch(CONFIG_MAP, namespace, "a", [Step("replace", "/data/x", "theirs")], manager="other")
    faults.add(matches=of("PATCH"), unheard=True)
    with pytest.raises(ConflictError):
        shaky.json_patch(CONFIG_MAP, namespace, "a", steps, manager=ME)
    assert api.read(CONFIG_MAP, namespace, "a")["data"] == {"x": "theirs"}  # type: ignore[index]


def test_a_patch_of_a_position_is_not_repeated_in_doubt(shaky: Api, api: Api, faults: Faults, namespace: str) -> None:
    api.create(CONFIG_MAP, config_map(namespace), manager=ME)
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "a", "uid": "u"}
    faults.add(matches=of("PATCH"), unheard=True)
    with pytest.raises(UnreachableError, match="run the task again"):
        shaky.json_patch(CONFIG_MAP, namespace, "a", [Step("add", "/metadata/ownerReferences/-", owner)], manager=ME)


def test_an_address_that_is_no_kubernetes_is_told(shaky: Api, faults: Faults) -> None:
    faults.add(matches=of("GET"), status=200, body="<html>console</html>")
    with pytest.raises(Exception, match="did not answer with JSON; is it the address of a Kubernetes API"):
        shaky.read(POD, "default", "a")
    faults.add(matches=of("GET"), status=302, headers={"Location": "/login"})
    with pytest.raises(Exception, match="answered 302 without an explanation"):
        shaky.read(POD, "default", "a")
