# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the controllers of StatefulSets and DaemonSets do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.ports import PatchOperation as Step
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.ports import WatchEvent

from .bench import ME, Bench, deployment, kind, object_of, row
from .workloads import (
    IMAGE,
    POD,
    REVISION,
    STATEFUL_SET,
    comes,
    images,
    is_ready,
    made,
    patch,
    pods,
    read,
    rolled_out,
    together,
)

# --- StatefulSets -------------------------------------------------------------------------------------------------------------------


def order(events: list[WatchEvent], kind_of_event: str = "ADDED") -> list[str]:
    found: list[Any] = [event.object for event in events if event.type == kind_of_event]
    return [obj["metadata"]["name"] for obj in found]


@row
def a_stateful_set_counts_its_pods_and_makes_them_in_turn(bench: Bench) -> None:
    with bench.events(POD) as events:
        bench.until(lambda: len(events) > 0, "the watch")
        found = made(bench, "StatefulSet", replicas=3)
        bench.until(lambda: len(order(events)) == 3, "all pods")
    assert order(events) == ["web-0", "web-1", "web-2"]
    status = found["status"]
    assert status["currentRevision"] == status["updateRevision"]
    names = ("replicas", "readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas")
    assert {key: status[key] for key in names} == dict.fromkeys(names, 3)
    assert set(status) == {*names, "currentRevision", "updateRevision", "observedGeneration", "collisionCount"}
    (revision,) = bench.api.list(REVISION, bench.namespace).items
    body: Any = revision
    assert body["metadata"]["name"] == status["updateRevision"]
    assert body["revision"] == 1
    assert body["data"]["spec"]["template"]["$patch"] == "replace"
    assert body["data"]["spec"]["template"]["spec"]["containers"][0]["image"] == "registry.example/web:1"
    assert body["metadata"]["labels"]["app"] == "web"
    labels = pods(bench)[1]["metadata"]["labels"]
    assert labels == {
        "app": "web",
        "controller-revision-hash": status["updateRevision"],
        "statefulset.kubernetes.io/pod-name": "web-1",
        "apps.kubernetes.io/pod-index": "1",
    }


@row
def a_stateful_set_is_updated_from_the_last_pod_on(bench: Bench) -> None:
    first = made(bench, "StatefulSet", replicas=3)
    with bench.events(POD) as events:
        bench.until(lambda: len(events) > 0, "the pods")
        patch(bench, Step("replace", IMAGE, "x:2"), name="StatefulSet")
        found = rolled_out(bench, "StatefulSet")
        bench.until(lambda: len(order(events)) == 3, "all pods")
    assert order(events) == ["web-2", "web-1", "web-0"]
    assert order(events, "DELETED") == ["web-2", "web-1", "web-0"]
    assert min(ready for _there, ready in together(events)) == 2
    assert found["status"]["updateRevision"] != first["status"]["updateRevision"]
    numbers: Any = bench.api.list(REVISION, bench.namespace).items
    assert sorted(entry["revision"] for entry in numbers) == [1, 2]


@row
def a_partition_keeps_the_first_pods(bench: Bench) -> None:
    made(bench, "StatefulSet", replicas=3, updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"partition": 2}})
    patch(bench, Step("replace", IMAGE, "x:2"), name="StatefulSet")

    def updated(count: int) -> Callable[[Any], bool]:
        return lambda obj: obj["status"].get("updatedReplicas") == count and obj["status"].get("readyReplicas") == 3

    found = comes(bench, updated(1), "one is updated", "StatefulSet")
    assert found["status"]["currentReplicas"] == 2
    assert found["status"]["currentRevision"] != found["status"]["updateRevision"]
    assert images(bench) == {"web-0": "registry.example/web:1", "web-1": "registry.example/web:1", "web-2": "x:2"}
    gone = next(pod for pod in pods(bench) if pod["metadata"]["name"] == "web-0")
    bench.api.delete(POD, bench.namespace, "web-0", uid=gone["metadata"]["uid"])
    bench.until(lambda: len(pods(bench)) == 3 and gone["metadata"]["uid"] not in {pod["metadata"]["uid"] for pod in pods(bench)}, "anew")
    assert images(bench)["web-0"] == "registry.example/web:1", "below the partition the current revision comes back"
    patch(bench, Step("replace", "/spec/updateStrategy/rollingUpdate/partition", 1), name="StatefulSet")
    comes(bench, updated(2), "two are updated", "StatefulSet")
    patch(bench, Step("replace", "/spec/updateStrategy/rollingUpdate/partition", 0), name="StatefulSet")
    found = rolled_out(bench, "StatefulSet")
    assert found["status"]["currentRevision"] == found["status"]["updateRevision"]


@row
def pods_in_turn_do_not_recover_from_a_bad_version_and_parallel_ones_do(bench: Bench) -> None:
    made(bench, "StatefulSet", replicas=2)
    patch(bench, Step("replace", IMAGE, "x:unready"), name="StatefulSet")
    bench.until(lambda: images(bench).get("web-1") == "x:unready", "the bad pod is there")
    patch(bench, Step("replace", IMAGE, "x:3"), name="StatefulSet")
    bench.passes(1)
    assert images(bench) == {"web-0": "registry.example/web:1", "web-1": "x:unready"}
    bad = next(pod for pod in pods(bench) if pod["metadata"]["name"] == "web-1")
    bench.api.delete(POD, bench.namespace, "web-1", uid=bad["metadata"]["uid"])
    rolled_out(bench, "StatefulSet")
    assert set(images(bench).values()) == {"x:3"}


@row
def parallel_pods_come_at_once_and_recover_by_themselves(bench: Bench) -> None:
    made(bench, "StatefulSet", replicas=2, podManagementPolicy="Parallel")
    patch(bench, Step("replace", IMAGE, "x:unready"), name="StatefulSet")
    bench.until(lambda: images(bench).get("web-1") == "x:unready", "the bad pod is there")
    patch(bench, Step("replace", IMAGE, "x:3"), name="StatefulSet")
    rolled_out(bench, "StatefulSet")
    assert set(images(bench).values()) == {"x:3"}


@row
def on_delete_leaves_the_pods_alone(bench: Bench) -> None:
    for name in ("StatefulSet", "DaemonSet"):
        made(bench, name, replicas=2, updateStrategy={"type": "OnDelete"})
        patch(bench, Step("replace", IMAGE, "x:2"), name=name)
        generation = read(bench, name)["metadata"]["generation"]
        comes(bench, lambda obj, seen=generation: obj["status"]["observedGeneration"] == seen, "it is seen", name)  # type: ignore[misc]
        bench.passes(0.5)
        assert set(images(bench).values()) == {"registry.example/web:1"}
        one = pods(bench)[0]
        bench.api.delete(POD, bench.namespace, one["metadata"]["name"], uid=one["metadata"]["uid"])
        bench.until(lambda: max(images(bench).values()) == "x:2" and all(map(is_ready, pods(bench))), "the new one")
        assert sorted(images(bench).values()).count("x:2") == 1
        found = read(bench, name)
        bench.api.delete(kind(name), bench.namespace, "web", uid=found["metadata"]["uid"])
        bench.until(lambda: not bench.api.list(POD, bench.namespace).items, "nothing is left")


@row
def a_version_that_comes_back_is_the_same_revision_with_a_new_number(bench: Bench) -> None:
    for name in ("StatefulSet", "DaemonSet"):
        made(bench, name, replicas=1)
        patch(bench, Step("replace", IMAGE, "x:2"), name=name)
        rolled_out(bench, name)
        patch(bench, Step("replace", IMAGE, "registry.example/web:1"), name=name)
        rolled_out(bench, name)
        items: Any = bench.api.list(REVISION, bench.namespace).items
        by_number = {entry["revision"]: entry["data"]["spec"]["template"]["spec"]["containers"][0]["image"] for entry in items}
        assert by_number == {2: "x:2", 3: "registry.example/web:1"}
        bench.api.delete(kind(name), bench.namespace, "web", uid=read(bench, name)["metadata"]["uid"])
        bench.until(lambda: not bench.api.list(REVISION, bench.namespace).items, "nothing is left")
        bench.until(lambda: not bench.api.list(POD, bench.namespace).items, "nothing is left")


# --- DaemonSets ---------------------------------------------------------------------------------------------------------------------


@row
def a_daemon_set_has_a_pod_on_each_node(bench: Bench) -> None:
    nodes = len(bench.api.list(kind("Node")).items)
    found = made(bench, "DaemonSet")
    status = found["status"]
    names = ("desiredNumberScheduled", "currentNumberScheduled", "numberReady", "updatedNumberScheduled", "numberAvailable")
    assert status == {**dict.fromkeys(names, nodes), "numberMisscheduled": 0, "observedGeneration": 1}
    assert len({pod["spec"]["nodeName"] for pod in pods(bench)}) == nodes
    (revision,) = bench.api.list(REVISION, bench.namespace).items
    body: Any = revision
    label = body["metadata"]["labels"]["controller-revision-hash"]
    assert body["metadata"]["name"] == f"web-{label}"
    assert {pod["metadata"]["labels"]["controller-revision-hash"] for pod in pods(bench)} == {label}


@row
def a_daemon_set_is_updated_within_its_limits(bench: Bench) -> None:
    nodes = len(bench.api.list(kind("Node")).items)
    made(bench, "DaemonSet")
    with bench.events(POD) as events:
        bench.until(lambda: len(events) > 0, "the pods")
        patch(bench, Step("replace", IMAGE, "x:2"), name="DaemonSet")
        rolled_out(bench, "DaemonSet")
        bench.until(lambda: together(events)[-1] == (nodes, nodes), "everything is seen")
    assert min(ready for _there, ready in together(events)) == nodes - 1
    assert set(images(bench).values()) == {"x:2"}


@row
def a_daemon_set_with_surge_never_has_fewer(bench: Bench) -> None:
    nodes = len(bench.api.list(kind("Node")).items)
    limits = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    made(bench, "DaemonSet", updateStrategy=limits)
    with bench.events(POD) as events:
        bench.until(lambda: len(events) > 0, "the pods")
        patch(bench, Step("replace", IMAGE, "x:2"), name="DaemonSet")
        rolled_out(bench, "DaemonSet")
        bench.until(lambda: together(events)[-1] == (nodes, nodes), "everything is seen")
    assert min(ready for _there, ready in together(events)) == nodes
    assert max(there for there, _ready in together(events)) == nodes + 1


@row
def a_pod_that_no_quota_admits_is_an_event_of_its_stateful_set(bench: Bench) -> None:
    quota: dict[str, Any] = {"metadata": {"name": "none", "namespace": bench.namespace}, "spec": {"hard": {"pods": "0"}}}
    bench.api.create(kind("ResourceQuota"), quota, manager=ME)
    bench.until(lambda: "used" in object_of(bench, kind("ResourceQuota"), "none").get("status", {}), "the quota")
    bench.api.apply(STATEFUL_SET, deployment(bench, replicas=1), manager=ME)
    where = "involvedObject.kind=StatefulSet,involvedObject.name=web,reason=FailedCreate"
    bench.until(lambda: len(bench.api.list(kind("Event"), bench.namespace, fields=where).items) > 0, "the event")
    event: Any = bench.api.list(kind("Event"), bench.namespace, fields=where).items[0]
    assert "exceeded quota: none" in event["message"]
    assert event["involvedObject"]["uid"] == read(bench, "StatefulSet")["metadata"]["uid"]
