# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests on the cluster in memory begin with: manifests, and people who change things."""

from __future__ import annotations

from typing import Any


def deployment(tag: str = "1", *, name: str = "web", replicas: int | None = 3, slow: bool = False, **spec: Any) -> dict[str, Any]:
    """A Deployment's manifest."""
    pod = {"containers": [{"name": "web", "image": f"registry.example/web:{tag}"}]}
    marks = {"ready-after": "200ms", "ready-after-at-most": "900ms", "terminate-after": "700ms"} if slow else {}
    annotations = {f"simulate.rollout.kubernetes/{key}": value for key, value in marks.items()}
    metadata: dict[str, Any] = {"labels": {"app": name}, **({"annotations": annotations} if annotations else {})}
    body: dict[str, Any] = {"selector": {"matchLabels": {"app": name}}, "template": {"metadata": metadata, "spec": pod}, **spec}
    if replicas is not None:
        body["replicas"] = replicas
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": body}


def configured(tag: str = "1") -> dict[str, Any]:
    """A Deployment's manifest whose pods read the ConfigMap `web-config`."""
    found = deployment(tag)
    found["spec"]["template"]["spec"]["containers"][0]["envFrom"] = [{"configMapRef": {"name": "web-config"}}]
    return found


def manifest(kind: str, tag: str = "1", **options: Any) -> dict[str, Any]:
    """The same pods as a workload of another kind."""
    found = deployment(tag, **options)
    own = {key: value for key, value in found["spec"].items() if kind != "DaemonSet" or key != "replicas"}
    return {**found, "kind": kind, "spec": own}


def service(name: str = "web", **selector: str) -> dict[str, Any]:
    """A Service's manifest."""
    spec = {"selector": selector or {"app": name}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def http_route(name: str = "web", *rules: dict[str, Any], parent: str = "gateway") -> dict[str, Any]:
    """An HTTPRoute's manifest: with one rule that leads to the Service `web`, unless others are given."""
    spec = {"parentRefs": [{"name": parent}], "rules": list(rules or (rule(),))}
    api_version = "gateway.networking.k8s.io/v1"
    return {"apiVersion": api_version, "kind": "HTTPRoute", "metadata": {"name": name, "labels": {"team": "shop"}}, "spec": spec}


def rule(name: str = "main", **weights: int) -> dict[str, Any]:
    """A rule of an HTTPRoute, with all that is not ours to touch; by default it leads to the Service `web`, without a weight."""
    branches = [{"name": service, "port": 80, "weight": weight} for service, weight in weights.items()]
    header = {"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [{"name": "x-rule", "value": name}]}}
    return {
        "name": name,
        "matches": [{"path": {"type": "PathPrefix", "value": f"/{name}"}}],
        "filters": [header],
        "timeouts": {"request": "10s"},
        "backendRefs": branches or [{"name": "web", "port": 80}],
    }
