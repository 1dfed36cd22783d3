# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Manifests in which nothing is wrong, and a short way to make something wrong in them."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import yaml
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.preflight.findings import Finding, Scenery
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.preflight.table import check

DROP = object()
"""In place of a value: the field goes."""
POD = "spec.template.spec"
APP = f"{POD}.containers.0"
CONTAINER = f"{POD}.containers[0]"
RUN: Mapping[str, dict[str, Any]] = {
    "Deployment": {"strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}},
    "StatefulSet": {"serviceName": "web-pods", "updateStrategy": {"rollingUpdate": {"maxUnavailable": 1}}},
    "DaemonSet": {"updateStrategy": {"rollingUpdate": {"maxUnavailable": 1}}},
}


def put(obj: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A copy with values at paths such as `spec.ports.0.port`; missing parents are made."""
    copy = deepcopy(dict(obj))
    for path, value in changes.items():
        *parents, last = path.split(".")
        place: Any = copy
        for key in parents:
            place = place[int(key)] if isinstance(place, list) else place.setdefault(key, {})
        if value is DROP:
            del place[last]
        elif isinstance(place, list):
            place[int(last) : int(last) + 1] = [value]
        else:
            place[last] = value
    return copy


def container(name: str = "web", **fields: Any) -> dict[str, Any]:
    """A container that answers requests."""
    return {
        "name": name,
        "image": "registry.example/web:2.0",
        "ports": [{"name": "http", "containerPort": 8080}],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}},
        "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}},
        "livenessProbe": {"httpGet": {"path": "/live", "port": "http"}},
        "lifecycle": {"preStop": {"sleep": {"seconds": 5}}},
        **fields,
    }


def workload(kind: str = "Deployment", changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A workload `shop/web` of three pods (a DaemonSet: of each node)."""
    counted = {} if kind == "DaemonSet" else {"replicas": 3}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container()]}}
    spec = {**counted, **deepcopy(RUN[kind]), "selector": {"matchLabels": {"app": "web"}}, "template": template}
    return put({"apiVersion": "apps/v1", "kind": kind, "metadata": {"namespace": "shop", "name": "web"}, "spec": spec}, changes or {})


def companion(kind: str, name: str = "web", **spec: Any) -> dict[str, Any]:
    """Any other object of the namespace."""
    return {"kind": kind, "metadata": {"namespace": "shop", "name": name}, "spec": spec}


def service(name: str = "web", **spec: Any) -> dict[str, Any]:
    """A Service that leads to the pods of `web`."""
    return companion("Service", name, **{"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}], **spec})


def budget(name: str = "web", **spec: Any) -> dict[str, Any]:
    """A PodDisruptionBudget of the pods of `web`."""
    return companion("PodDisruptionBudget", name, **{"selector": {"matchLabels": {"app": "web"}}, **spec})


def autoscaler(name: str = "web", **spec: Any) -> dict[str, Any]:
    """A HorizontalPodAutoscaler of the Deployment `web`."""
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    return companion("HorizontalPodAutoscaler", name, **{"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 9, **spec})


def node(
    name: str, *, taint: str = "", cordoned: bool = False, zone: str = "", allocatable: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A node, which has room for a lot unless it says otherwise."""
    labels = {"kubernetes.io/hostname": name, **({"topology.kubernetes.io/zone": zone} if zone else {})}
    spec: dict[str, Any] = {"unschedulable": True} if cordoned else {}
    if taint:
        spec["taints"] = [{"key": "dedicated", "effect": taint}]
    room = {"cpu": "4", "memory": "8Gi", "pods": "110"} if allocatable is None else allocatable
    return {"kind": "Node", "metadata": {"name": name, "labels": labels}, "spec": spec, "status": {"allocatable": room}}


def pod(name: str, seconds: int = 10, *, restarts: int = 0, of: str = "web", **metadata: Any) -> dict[str, Any]:
    """A pod of a Deployment that took so long until it was ready."""
    owner = {"kind": "ReplicaSet", "name": f"{of}-5d4f8", "controller": True}
    ready = {"type": "Ready", "status": "True", "lastTransitionTime": f"2026-01-01T08:{seconds // 60:02}:{seconds % 60:02}Z"}
    status = {"conditions": [ready], "containerStatuses": [{"name": "web", "restartCount": restarts}]}
    about = {"labels": {"pod-template-hash": "5d4f8"}, "ownerReferences": [owner], "creationTimestamp": "2026-01-01T08:00:00Z", **metadata}
    return {"kind": "Pod", "metadata": {"namespace": "shop", "name": name, **about}, "status": status}


def nodes(count: int) -> tuple[dict[str, Any], ...]:
    """Nodes that nothing is wrong with."""
    return tuple(node(f"node-{number}") for number in range(count))


def web(changes: Mapping[str, Any] | None = None, *others: Mapping[str, Any], kind: str = "Deployment", **options: Any) -> Scenery:
    """The workload with changes, the Service before it, and others."""
    return Scenery((workload(kind, changes), service(), *others), **options)


def worker(changes: Mapping[str, Any] | None = None, *others: Mapping[str, Any], kind: str = "Deployment", **options: Any) -> Scenery:
    """The workload with changes, without a Service."""
    return Scenery((workload(kind, changes), *others), **options)


def of(rule: str, scenery: Scenery) -> list[Finding]:
    """What one rule finds. Each remedy is YAML, and what it begins with is what the path ends with."""
    found = [finding for finding in check(scenery) if finding.rule == rule]
    for finding in found:
        assert finding.why.endswith("."), finding
        assert "  " not in finding.why, finding
        assert finding.path, finding
        given = yaml.safe_load(finding.remedy)
        if given is None:
            assert all(line.startswith("#") for line in finding.remedy.splitlines()), finding
        elif rule == "config-without-version":
            assert [entry["name"] for entry in given["config"]], finding
        else:
            assert list(given) == [finding.path.rpartition(".")[2]], finding
    return found


def paths(rule: str, scenery: Scenery) -> list[str]:
    """Where one rule finds something."""
    return [finding.path for finding in of(rule, scenery)]
