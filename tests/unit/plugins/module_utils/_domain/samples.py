# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""API objects as the tables of these tests need them: workloads, their revisions, their pods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, JsonValue, mapping, uid_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.kinds import revision_of, workload_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.revisions import revisions_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import Pod, Revision, Snapshot

UID = "uid-of-the-workload"
OLD, NEW = "registry.example/web:1.0", "registry.example/web:2.0"


def template(image: str = OLD, **labels: str) -> dict[str, JsonValue]:
    """A pod template of one container; keyword arguments are more labels, `_` standing for `-`."""
    more = {name.replace("_", "-"): value for name, value in labels.items()}
    return {"metadata": {"labels": {"app": "web", **more}}, "spec": {"containers": [{"name": "app", "image": image}]}}


def workload(
    kind: str = "Deployment",
    *,
    image: str = NEW,
    spec: Mapping[str, JsonValue] | None = None,
    status: Mapping[str, JsonValue] | None = None,
    **metadata: JsonValue,
) -> dict[str, JsonValue]:
    """A workload `shop/web` of generation 2."""
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"namespace": "shop", "name": "web", "uid": UID, "generation": 2, "resourceVersion": "77", **metadata},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": template(image), **(spec or {})},
        "status": {"observedGeneration": 2, **(status or {})},
    }


def owner(uid: str = UID, kind: str = "Deployment", *, controller: bool = True) -> dict[str, JsonValue]:
    """An owner reference."""
    return {"kind": kind, "name": "web", "uid": uid, "controller": controller}


def replica_set(
    number: int,
    image: str = OLD,
    *,
    own: str = "",
    replicas: int = 0,
    available: int | None = None,
    by: str = UID,
    annotations: Mapping[str, JsonValue] | None = None,
) -> dict[str, JsonValue]:
    """The ReplicaSet `web-<hash>` of a revision."""
    own = own or f"h{number}"
    return {
        "kind": "ReplicaSet",
        "metadata": {
            "namespace": "shop",
            "name": f"web-{own}",
            "uid": f"rs-{own}",
            "creationTimestamp": f"2026-01-{number:02}T00:00:00Z",
            "labels": {"app": "web", "pod-template-hash": own},
            "annotations": {"deployment.kubernetes.io/revision": str(number), **(annotations or {})},
            "ownerReferences": [owner(by)],
        },
        "spec": {"template": template(image, pod_template_hash=own)},
        "status": {"replicas": replicas, "readyReplicas": replicas, "availableReplicas": replicas if available is None else available},
    }


def controller_revision(number: int, image: str = OLD, *, kind: str = "StatefulSet", own: str = "", by: str = UID) -> dict[str, JsonValue]:
    """The ControllerRevision `web-<hash>` of a revision, with the marks that its controller leaves in the data."""
    own = own or f"h{number}"
    data = template(image)
    return {
        "kind": "ControllerRevision",
        "metadata": {
            "namespace": "shop",
            "name": f"web-{own}",
            "uid": f"cr-{own}",
            "labels": {"app": "web", "controller-revision-hash": own},
            "annotations": {"kubernetes.io/change-cause": f"cause {number}"},
            "ownerReferences": [owner(by, kind)],
        },
        "revision": number,
        "data": {"spec": {"template": {**data, "$patch": "replace", "metadata": {"creationTimestamp": None, **mapping(data, "metadata")}}}},
    }


def with_metadata(obj: JsonObject, **metadata: JsonValue) -> dict[str, JsonValue]:
    """A copy of an object with some fields of its metadata set."""
    return {**obj, "metadata": {**mapping(obj, "metadata"), **metadata}}


def pod(
    name: str,
    revision: str,
    *,
    ready: bool = True,
    terminating: bool = False,
    by: str = "",
    statuses: Sequence[JsonObject] = (),
    init: Sequence[JsonObject] = (),
    conditions: Sequence[JsonObject] = (),
    phase: str = "Running",
    restarted: str = "",
    node: str = "node-1",
    labels: Mapping[str, str] | None = None,
) -> dict[str, JsonValue]:
    """A pod of a ReplicaSet's hash, or with `by` of another controller's revision label."""
    label = "controller-revision-hash" if by else "pod-template-hash"
    metadata: dict[str, JsonValue] = {
        "namespace": "shop",
        "name": name,
        "uid": f"pod-{name}",
        "labels": {"app": "web", label: revision, **(labels or {})},
        "ownerReferences": [owner(by or f"rs-{revision}", "ReplicaSet")],
    }
    if restarted:
        metadata["annotations"] = {"kubectl.kubernetes.io/restartedAt": restarted}
    if terminating:
        metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    shown: list[JsonValue] = [{"type": "Ready", "status": str(ready), "lastTransitionTime": "2026-01-01T00:00:00Z"}, *conditions]
    return {
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"nodeName": node},
        "status": {"phase": phase, "conditions": shown, "initContainerStatuses": list(init), "containerStatuses": list(statuses)},
    }


def revisions(obj: JsonObject, owned: Sequence[JsonObject]) -> tuple[Revision, ...]:
    """The revisions of a workload among these ReplicaSets or ControllerRevisions."""
    return revisions_of(uid_of(obj), map(revision_of, owned))


def snapshot(obj: JsonObject | None, owned: Sequence[JsonObject] = (), pods: Sequence[JsonObject] = ()) -> Snapshot:
    """What the engine would see of these objects."""
    return Snapshot(
        workload=workload_of(obj) if obj is not None else None,
        revisions=revisions(obj, owned) if obj is not None else (),
        pods=tuple(Pod.of(entry) for entry in pods),
    )


def container(
    state: JsonObject,
    *,
    name: str = "app",
    ready: bool = False,
    restarts: int = 0,
    last: JsonObject | None = None,
    image: str = NEW,
    started: bool = False,
) -> dict[str, JsonValue]:
    """An entry of containerStatuses; `last` is the run before."""
    return {
        "name": name,
        "image": image,
        "ready": ready,
        "started": started,
        "restartCount": restarts,
        "state": state,
        "lastState": {"terminated": last} if last is not None else {},
    }


def waiting(reason: str, message: str = "", *, restarts: int = 0, last: JsonObject | None = None, image: str = NEW) -> dict[str, JsonValue]:
    """A container that waits."""
    return container({"waiting": {"reason": reason, "message": message}}, restarts=restarts, last=last, image=image)


def ended(code: int, reason: str = "Error", message: str = "") -> dict[str, JsonValue]:
    """A terminated state."""
    return {"exitCode": code, "reason": reason, "message": message}
