# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""EndpointSlices: which pods a Service leads to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import ENDPOINT_SLICE, POD, SERVICE

from ..evictions import is_ready
from ..schema import Json
from ..store import Change
from .base import Controller, Key, is_going, key_of

_NAME = "kubernetes.io/service-name"


class EndpointSlices(Controller):
    """One slice for each Service that has a selector."""

    resource = SERVICE

    def touched(self, change: Change) -> Iterable[Key]:
        if change.resource == SERVICE:
            yield key_of(change.new)
        elif change.resource == POD:
            namespace = change.new["metadata"]["namespace"]
            for service in self.store.all(SERVICE, namespace):
                for pod in (change.old, change.new):
                    if pod is not None and _picks(service, pod):
                        yield key_of(service)

    def reconcile(self, obj: Json) -> None:
        if not obj["spec"].get("selector"):
            return
        pods = [pod for pod in self.store.all(POD, obj["metadata"]["namespace"]) if _picks(obj, pod) and _has_address(pod)]
        eager = bool(obj["spec"].get("publishNotReadyAddresses"))
        endpoints = [_endpoint(pod, eager=eager) for pod in pods]
        ports = [
            {"name": port.get("name", ""), "port": _number(port, pods), "protocol": port["protocol"]}
            for port in obj["spec"].get("ports") or ()
        ]
        there = [slice_ for slice_ in self.store.all(ENDPOINT_SLICE, obj["metadata"]["namespace"]) if _belongs(slice_, obj)]
        content: dict[str, Any] = {"addressType": "IPv4", "endpoints": endpoints, "ports": ports}
        if there:
            self.server.revise(ENDPOINT_SLICE, there[0], **content)
            return
        labels = {**(obj["metadata"].get("labels") or {}), _NAME: obj["metadata"]["name"]}
        labels["endpointslice.kubernetes.io/managed-by"] = "endpointslice-controller.k8s.io"
        metadata = {"generateName": f"{obj['metadata']['name']}-", "labels": labels}
        self.create(ENDPOINT_SLICE, {"metadata": metadata, **content}, obj)


def _picks(service: Json, pod: Json) -> bool:
    selector = service["spec"].get("selector") or {}
    labels = pod["metadata"].get("labels") or {}
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())


def _has_address(pod: Json) -> bool:
    return bool(pod["status"].get("podIP")) and pod["status"].get("phase") not in ("Succeeded", "Failed")


def _endpoint(pod: Json, *, eager: bool) -> Json:
    serving, going = is_ready(pod), is_going(pod)
    conditions = {"ready": (serving and not going) or eager, "serving": serving, "terminating": going}
    target = {"kind": "Pod", "namespace": pod["metadata"]["namespace"], "name": pod["metadata"]["name"], "uid": pod["metadata"]["uid"]}
    return {
        "addresses": [pod["status"]["podIP"]],
        "conditions": conditions,
        "targetRef": target,
        "nodeName": pod["spec"]["nodeName"],
    }


def _belongs(slice_: Json, service: Json) -> bool:
    return bool((slice_["metadata"].get("labels") or {}).get(_NAME) == service["metadata"]["name"])


def _number(port: Json, pods: list[Json]) -> Any:
    target = port.get("targetPort")
    if isinstance(target, int):
        return target
    for pod in pods:
        for container in pod["spec"]["containers"]:
            for entry in container.get("ports") or ():
                if entry.get("name") == target:
                    return entry["containerPort"]
    return None
