# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Creating, updating, patching, deleting."""

from __future__ import annotations

from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import ConflictError, InvalidError, NotFoundError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.ports import PatchOperation as Step

from .bench import ME, OTHER, Bench, config_map, deployment, kind, refused, row

CONFIG_MAP, DEPLOYMENT, LEASE, SECRET, SERVICE = (kind(name) for name in ("ConfigMap", "Deployment", "Lease", "Secret", "Service"))


def version(obj: Any) -> str:
    found: str = obj["metadata"]["resourceVersion"]
    return found


@row
def a_created_object_is_read_as_it_was_answered(bench: Bench) -> None:
    made: Any = bench.api.create(CONFIG_MAP, config_map(bench, x="1"), manager=ME)
    assert bench.api.read(CONFIG_MAP, bench.namespace, "a") == made
    assert made["data"] == {"x": "1"}
    assert {"uid", "resourceVersion", "creationTimestamp", "managedFields"} <= set(made["metadata"])
    with refused(ConflictError, "it exists already."):
        bench.api.create(CONFIG_MAP, config_map(bench, x="2"), manager=ME)


@row
def a_name_is_generated(bench: Bench) -> None:
    made: Any = bench.api.create(CONFIG_MAP, {"metadata": {"generateName": "g-", "namespace": bench.namespace}}, manager=ME)
    assert made["metadata"]["name"].startswith("g-")
    assert len(made["metadata"]["name"]) == 7


@row
def an_update_needs_the_newest_version(bench: Bench) -> None:
    made: Any = bench.api.create(CONFIG_MAP, config_map(bench, x="1"), manager=ME)
    second: Any = bench.api.update(CONFIG_MAP, {**made, "data": {"x": "2"}}, manager=ME)
    assert int(version(second)) > int(version(made))
    with refused(ConflictError, "somebody else changed it in the meantime"):
        bench.api.update(CONFIG_MAP, {**made, "data": {"x": "3"}}, manager=ME)
    with refused(NotFoundError, "it does not exist."):
        bench.api.update(CONFIG_MAP, config_map(bench, "absent"), manager=ME)


@row
def an_update_without_a_version_is_carried_out(bench: Bench) -> None:
    bench.api.create(CONFIG_MAP, config_map(bench, x="1"), manager=ME)
    assert bench.api.update(CONFIG_MAP, config_map(bench, y="2"), manager=ME)["data"] == {"y": "2"}


@row
def an_update_for_another_uid_is_refused(bench: Bench) -> None:
    made: Any = bench.api.create(CONFIG_MAP, config_map(bench, x="1"), manager=ME)
    other = {**made, "metadata": {**made["metadata"], "uid": "11111111-2222-4333-8444-555555555555"}}
    with refused(ConflictError):
        bench.api.update(CONFIG_MAP, other, manager=ME)


@row
def what_changes_nothing_is_no_new_version(bench: Bench) -> None:
    made: Any = bench.api.create(CONFIG_MAP, config_map(bench, x="1"), manager=ME)
    assert version(bench.api.update(CONFIG_MAP, made, manager=ME)) == version(made)
    same = [Step("replace", "/data/x", "1")]
    assert version(bench.api.json_patch(CONFIG_MAP, bench.namespace, "a", same, manager=ME)) == version(made)
    first: Any = bench.api.apply(CONFIG_MAP, config_map(bench, "b", x="1"), manager=ME)
    assert version(bench.api.apply(CONFIG_MAP, config_map(bench, "b", x="1"), manager=ME)) == version(first)


@row
def a_lease_is_only_updated_at_its_version(bench: Bench) -> None:
    lease: dict[str, Any] = {
        "metadata": {"name": "lock", "namespace": bench.namespace, "annotations": {"a": "1"}},
        "spec": {"holderIdentity": "x"},
    }
    made: Any = bench.api.create(LEASE, lease, manager=ME)
    with refused(InvalidError, "metadata.resourceVersion"):
        bench.api.update(LEASE, lease, manager=ME)
    released: dict[str, Any] = {**made, "spec": {}}
    second: Any = bench.api.update(LEASE, released, manager=ME)
    assert "holderIdentity" not in second["spec"]
    assert second["metadata"]["annotations"] == {"a": "1"}
    with refused(ConflictError):
        bench.api.update(LEASE, made, manager=ME)
    assert bench.api.delete(LEASE, bench.namespace, "lock", uid=made["metadata"]["uid"])
    with refused(ConflictError):
        bench.api.update(LEASE, second, manager=ME)
    again: Any = bench.api.update(LEASE, lease, manager=ME)
    assert again["metadata"]["uid"] != made["metadata"]["uid"], "without a UID it is made anew"


@row
def a_dry_run_writes_nothing_and_answers_what_would_be(bench: Bench) -> None:
    tried: Any = bench.api.apply(CONFIG_MAP, config_map(bench, x="1"), manager=ME, dry_run=True)
    assert tried["data"] == {"x": "1"}
    assert "uid" in tried["metadata"]
    assert "resourceVersion" not in tried["metadata"]
    assert bench.api.create(CONFIG_MAP, config_map(bench, x="1"), manager=ME, dry_run=True)["data"] == {"x": "1"}
    assert bench.api.read(CONFIG_MAP, bench.namespace, "a") is None
    made: Any = bench.api.apply(CONFIG_MAP, config_map(bench, x="1"), manager=ME)
    step = [Step("replace", "/data/x", "2")]
    patched: Any = bench.api.json_patch(CONFIG_MAP, bench.namespace, "a", step, manager=ME, dry_run=True)
    assert patched["data"] == {"x": "2"}
    assert version(patched) == version(made)
    assert bench.api.update(CONFIG_MAP, config_map(bench, x="3"), manager=ME, dry_run=True)["data"] == {"x": "3"}
    assert bench.api.read(CONFIG_MAP, bench.namespace, "a") == made


@row
def a_json_patch_is_carried_out_as_a_whole_or_not(bench: Bench) -> None:
    bench.api.create(CONFIG_MAP, config_map(bench, x="1", y="2"), manager=ME)

    def patch(*steps: Step) -> Any:
        return bench.api.json_patch(CONFIG_MAP, bench.namespace, "a", steps, manager=ME)

    assert patch(Step("test", "/data/x", "1"), Step("replace", "/data/x", "2"))["data"]["x"] == "2"
    for wrong in (
        [Step("test", "/data/x", "1"), Step("replace", "/data/y", "2")],
        [Step("replace", "/data/y", "2"), Step("test", "/data/x", "1")],
        [Step("remove", "/data/z")],
        [Step("replace", "/binaryData/z", "1")],
        [Step("add", "/binaryData/z", "1")],
        [Step("test", "/data/z", "1")],
        [Step("test", "/metadata/uid", "other")],
    ):
        with refused(ConflictError, "what the change expects to find is not there any more"):
            patch(*wrong)
    patch(Step("add", "/metadata/annotations", {}), Step("add", "/metadata/annotations/a~1b", "1"), Step("remove", "/data/y"))
    found: Any = patch(Step("replace", "/data/b", "4"))
    assert found["data"] == {"x": "2", "b": "4"}, "what is not there may be replaced"
    assert found["metadata"]["annotations"] == {"a/b": "1"}
    assert patch(Step("test", "/data/nothing", None), Step("add", "/data/x", "3"))["data"]["x"] == "3"
    with refused(NotFoundError, "it does not exist."):
        bench.api.json_patch(CONFIG_MAP, bench.namespace, "absent", [Step("add", "/data/x", "1")], manager=ME)


@row
def a_json_patch_of_lists(bench: Bench) -> None:
    containers = [{"name": "web", "image": "x:1"}, {"name": "sidecar", "image": "y:1"}]
    made = deployment(bench, pod={"containers": containers}, replicas=0)
    bench.api.create(DEPLOYMENT, made, manager=ME)
    where = "/spec/template/spec/containers"
    steps = [
        Step("test", f"{where}/1/name", "sidecar"),
        Step("replace", f"{where}/1/image", "y:2"),
        Step("add", f"{where}/-", {"name": "third", "image": "z:1"}),
        Step("add", f"{where}/0", {"name": "first", "image": "z:1"}),
    ]
    patched: Any = bench.api.json_patch(DEPLOYMENT, bench.namespace, "web", steps, manager=ME)
    found = [(entry["name"], entry["image"]) for entry in patched["spec"]["template"]["spec"]["containers"]]
    assert found == [("first", "z:1"), ("web", "x:1"), ("sidecar", "y:2"), ("third", "z:1")]
    with refused(ConflictError):
        bench.api.json_patch(DEPLOYMENT, bench.namespace, "web", [Step("replace", f"{where}/9/image", "y")], manager=ME)


@row
def a_json_patch_at_an_old_version_is_a_conflict(bench: Bench) -> None:
    made: Any = bench.api.create(CONFIG_MAP, config_map(bench, x="1"), manager=ME)
    bench.api.json_patch(CONFIG_MAP, bench.namespace, "a", [Step("replace", "/data/x", "2")], manager=OTHER)
    steps = [Step("test", "/metadata/resourceVersion", version(made)), Step("replace", "/data/x", "3")]
    with refused(ConflictError):
        bench.api.json_patch(CONFIG_MAP, bench.namespace, "a", steps, manager=ME)


@row
def a_delete_is_of_the_very_object(bench: Bench) -> None:
    made: Any = bench.api.create(CONFIG_MAP, config_map(bench, x="1"), manager=ME)
    assert not bench.api.delete(CONFIG_MAP, bench.namespace, "a", uid="11111111-2222-4333-8444-555555555555")
    assert bench.api.read(CONFIG_MAP, bench.namespace, "a") is not None
    assert bench.api.delete(CONFIG_MAP, bench.namespace, "a", uid=made["metadata"]["uid"])
    assert bench.api.read(CONFIG_MAP, bench.namespace, "a") is None
    assert not bench.api.delete(CONFIG_MAP, bench.namespace, "a", uid=made["metadata"]["uid"])


@row
def the_generation_rises_with_the_spec(bench: Bench) -> None:
    made: Any = bench.api.create(DEPLOYMENT, deployment(bench, replicas=0), manager=ME)
    assert made["metadata"]["generation"] == 1

    def after(*steps: Step) -> int:
        answer: Any = bench.api.json_patch(DEPLOYMENT, bench.namespace, "web", steps, manager=ME)
        found: int = answer["metadata"]["generation"]
        return found

    assert after(Step("replace", "/spec/replicas", 1)) == 2
    assert after(Step("add", "/metadata/labels", {"a": "b"})) == 2
    first = (
        after(Step("replace", "/spec/minReadySeconds", 3))
        if "minReadySeconds" in made["spec"]
        else after(Step("add", "/spec/minReadySeconds", 3))
    )
    assert after(Step("replace", "/spec/template/spec/containers/0/image", "x:2")) == first + 1


@row
def a_secret_holds_its_texts_coded(bench: Bench) -> None:
    secret = {"metadata": {"name": "s", "namespace": bench.namespace}, "stringData": {"key": "correct horse"}}
    made: Any = bench.api.apply(SECRET, secret, manager=ME)
    assert made["data"] == {"key": "Y29ycmVjdCBob3JzZQ=="}
    assert made["type"] == "Opaque"
    assert "stringData" not in made


@row
def a_service_gets_an_address_and_keeps_it(bench: Bench) -> None:
    spec = {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080, "name": "http"}]}
    service: dict[str, Any] = {"metadata": {"name": "web", "namespace": bench.namespace}, "spec": spec}
    made: Any = bench.api.apply(SERVICE, service, manager=ME)
    address = made["spec"]["clusterIP"]
    assert address.count(".") == 3
    assert "generation" not in made["metadata"]
    replaced: Any = bench.api.json_patch(
        SERVICE, bench.namespace, "web", [Step("replace", "/spec/selector", {"app": "web", "colour": "green"})], manager=ME
    )
    assert replaced["spec"]["selector"] == {"app": "web", "colour": "green"}
    assert replaced["spec"]["clusterIP"] == address
    again: Any = bench.api.apply(SERVICE, service, manager=ME, force=True)
    assert again["spec"]["selector"] == {"app": "web"}, "a selector belongs to one manager as a whole"
    assert {key: value for key, value in again["spec"].items() if key not in ("clusterIP", "clusterIPs", "selector")} == {
        "ports": [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": 8080}],
        "type": "ClusterIP",
        "sessionAffinity": "None",
        "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack",
        "internalTrafficPolicy": "Cluster",
    }
