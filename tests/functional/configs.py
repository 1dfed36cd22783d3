# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Workloads whose configuration is versioned, and the ConfigMaps and Secrets beside them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

BASE = "rollout.kubernetes/config"
Object = dict[str, Any]
Get = Callable[..., Any]


def config_map(name: str = "web-config", **data: str) -> Object:
    """A ConfigMap as people write it."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def secret(name: str = "web-secret", **data: str) -> Object:
    """A Secret as people write it."""
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data}


def configured(workload: Mapping[str, Any], config: str = "web-config", hidden: str = "web-secret") -> Object:
    """The workload whose pods refer to a ConfigMap and a Secret in each way there is: volumes, projected volumes, variables, subPath, init
    and sidecar containers; and with credentials that are no configuration."""
    manifest: Object = {**workload, "spec": dict(workload["spec"])}
    template = dict(manifest["spec"]["template"])
    pod = dict(template["spec"])
    (container,) = pod["containers"]
    sources = [{"configMap": {"name": config}}, {"secret": {"name": hidden}}]
    token = {"serviceAccountToken": {"path": "token", "expirationSeconds": 3600}}
    pod["volumes"] = [
        {"name": "files", "configMap": {"name": config, "items": [{"key": "LOG_LEVEL", "path": "level"}]}},
        {"name": "keys", "secret": {"secretName": hidden}},
        {"name": "both", "projected": {"sources": [*sources, token]}},
    ]
    pod["imagePullSecrets"] = [{"name": hidden}]
    pod["containers"] = [
        {
            **container,
            "envFrom": [{"configMapRef": {"name": config}}, {"secretRef": {"name": hidden}, "prefix": "S_"}],
            "env": [
                *container.get("env", []),
                {"name": "LEVEL", "valueFrom": {"configMapKeyRef": {"name": config, "key": "LOG_LEVEL"}}},
                {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": hidden, "key": "password"}}},
            ],
            "volumeMounts": [{"name": "files", "mountPath": "/etc/level", "subPath": "level"}, {"name": "both", "mountPath": "/both"}],
        }
    ]
    image = container["image"]
    pod["initContainers"] = [
        {"name": "before", "image": image, "envFrom": [{"configMapRef": {"name": config}}]},
        {"name": "beside", "image": image, "restartPolicy": "Always", "envFrom": [{"configMapRef": {"name": config}}]},
    ]
    template["spec"] = pod
    manifest["spec"]["template"] = template
    return manifest


def simply(workload: Mapping[str, Any], config: str = "web-config") -> Object:
    """The workload whose container takes its variables from a ConfigMap, and nothing else."""
    manifest: Object = {**workload, "spec": dict(workload["spec"])}
    template = dict(manifest["spec"]["template"])
    pod = dict(template["spec"])
    pod["containers"] = [{**container, "envFrom": [{"configMapRef": {"name": config}}]} for container in pod["containers"]]
    template["spec"] = pod
    manifest["spec"]["template"] = template
    return manifest


def copies(get: Get, base: str = "web-config", kind: str = "configmaps") -> dict[str, Object]:
    """The copies that there are of one base, by name."""
    return {obj["metadata"]["name"]: obj for obj in get(kind) if obj["metadata"].get("annotations", {}).get(BASE) == base}


def named(pod_spec: Mapping[str, Any]) -> set[str]:
    """The ConfigMaps that the first container of a pod takes its variables from."""
    return {entry["configMapRef"]["name"] for entry in pod_spec["containers"][0].get("envFrom", []) if "configMapRef" in entry}


def seen_by_pods(get: Get, key: str = "LOG_LEVEL", app: str | None = None) -> set[str]:
    """The value that running pods get for a key by envFrom: what the ConfigMap holds that their spec names."""
    found = set()
    for pod in get("pods"):
        if "deletionTimestamp" in pod["metadata"] or (app is not None and pod["metadata"]["labels"].get("app") != app):
            continue
        for name in named(pod["spec"]):
            found.add(get("configmap", name)["data"][key])
    return found


def decoded(obj: Mapping[str, Any]) -> dict[str, str]:
    """A Secret's values."""
    return {key: base64.b64decode(value).decode() for key, value in obj.get("data", {}).items()}
