# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Workloads for rows: making them, changing them, waiting for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.ports import PatchOperation as Step
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.ports import WatchEvent

from .bench import ME, Bench, deployment, kind

DEPLOYMENT, REPLICA_SET, POD, REVISION = (kind(name) for name in ("Deployment", "ReplicaSet", "Pod", "ControllerRevision"))
STATEFUL_SET, DAEMON_SET = kind("StatefulSet"), kind("DaemonSet")
IMAGE = "/spec/template/spec/containers/0/image"
NUMBER = "deployment.kubernetes.io/revision"


def made(bench: Bench, name: str = "Deployment", **more: Any) -> Any:
    """A workload, rolled out."""
    bench.api.apply(kind(name), set_of(name, deployment(bench, **more)), manager=ME)
    return rolled_out(bench, name)


def set_of(name: str, manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest for this kind."""
    left_out = {"DaemonSet": ("replicas",)}.get(name, ())
    return {**manifest, "spec": {key: value for key, value in manifest["spec"].items() if key not in left_out}}


def patch(bench: Bench, *steps: Step, name: str = "Deployment") -> Any:
    return bench.api.json_patch(kind(name), bench.namespace, "web", steps, manager=ME)


def read(bench: Bench, name: str = "Deployment") -> Any:
    return bench.api.read(kind(name), bench.namespace, "web")


def pods(bench: Bench) -> list[Any]:
    """The pods that are not on their way out."""
    items: Any = bench.api.list(POD, bench.namespace).items
    return [item for item in items if "deletionTimestamp" not in item["metadata"]]


def images(bench: Bench) -> dict[str, str]:
    return {pod["metadata"]["name"]: pod["spec"]["containers"][0]["image"] for pod in pods(bench)}


def sets(bench: Bench) -> list[Any]:
    items: Any = bench.api.list(REPLICA_SET, bench.namespace).items
    return sorted(items, key=lambda item: int(item["metadata"]["annotations"][NUMBER]))


def is_ready(pod: Any) -> bool:
    return any(entry["type"] == "Ready" and entry["status"] == "True" for entry in pod["status"].get("conditions", ()))


def condition(obj: Any, name: str) -> Any:
    return next((entry for entry in obj["status"].get("conditions", ()) if entry["type"] == name), {})


def comes(bench: Bench, holds: Callable[[Any], bool], what: str, name: str = "Deployment") -> Any:
    """The workload as soon as something holds of it."""
    found: list[Any] = []

    def look() -> bool:
        found[:] = [read(bench, name)]
        return holds(found[0])

    bench.until(look, what)
    return found[0]


def rolled_out(bench: Bench, name: str = "Deployment") -> Any:
    """The workload, once all its pods are up to date, ready and counted."""
    return comes(bench, lambda obj: _is_complete(obj, name), "it is rolled out", name)


def _is_complete(obj: Any, name: str) -> bool:
    status = obj.get("status", {})
    if status.get("observedGeneration", 0) < obj["metadata"]["generation"]:
        return False
    if name == "DaemonSet":
        desired = status.get("desiredNumberScheduled", 0)
        return bool(desired and desired == status.get("updatedNumberScheduled") == status.get("numberAvailable"))
    desired = obj["spec"]["replicas"]
    counts = [status.get(key, 0) for key in ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")]
    if name == "Deployment" and condition(obj, "Progressing").get("reason") not in ("NewReplicaSetAvailable", None):
        return False
    return counts == [desired] * 4 and (name != "StatefulSet" or status["currentRevision"] == status["updateRevision"])


def wanted(events: list[WatchEvent]) -> list[int]:
    """After each event of the ReplicaSets: how many pods all of them ask for."""
    sizes: dict[str, int] = {}
    found = []
    for event in events:
        obj: Any = event.object
        everything: Any = event.items if event.type == "RESYNC" else [obj]
        for entry in everything:
            sizes[entry["metadata"]["name"]] = entry["spec"]["replicas"] if event.type != "DELETED" else 0
        found.append(sum(sizes.values()))
    return found


def together(events: list[WatchEvent]) -> list[tuple[int, int]]:
    """After each event of the pods: how many there are that are not on their way out, and how many of them are ready."""
    there: dict[str, Any] = {}
    seen = []
    for event in events:
        obj: Any = event.object
        everything: Any = event.items if event.type == "RESYNC" else [obj]
        for pod in everything:
            gone = event.type == "DELETED" or "deletionTimestamp" in pod["metadata"]
            if gone:
                there.pop(pod["metadata"]["name"], None)
            else:
                there[pod["metadata"]["name"]] = pod
        seen.append((len(there), sum(1 for pod in there.values() if is_ready(pod))))
    return seen
