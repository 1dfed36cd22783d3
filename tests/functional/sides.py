# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Applications for blue/green, and what there is to see of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

COLOUR = "rollout.kubernetes/colour"
CLAIM = "rollout.kubernetes/claim"
INTENT = "rollout.kubernetes/switch"
SLOW = {"ready-after": "200ms", "ready-after-at-most": "900ms", "terminate-after": "700ms"}
"""Pods start slowly and at random, and take their time to end."""

Get = Callable[..., Any]


def service(name: str = "web", app: str = "", **spec: Any) -> dict[str, Any]:
    """A Service as people write it: it selects by the application's label alone."""
    ports = [{"name": "http", "port": 80, "targetPort": 8080}]
    body = {"selector": {"app": app or name}, "ports": ports, **spec}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": body}


def first_ingress(name: str = "web", app: str = "") -> dict[str, Any]:
    """An Ingress that leads to a Service, by default the one of its name."""
    path = {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": app or name, "port": {"number": 80}}}}
    spec = {"ingressClassName": "nginx", "rules": [{"host": "shop.example", "http": {"paths": [path]}}]}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": name}, "spec": spec}


def second_ingress(name: str = "web", app: str = "") -> dict[str, Any]:
    """One that gives a Service a part of what goes to another one, as ingress-nginx reads it."""
    found = first_ingress(name, app or f"{name}-second")
    prefix = "nginx.ingress.kubernetes.io"
    found["metadata"]["annotations"] = {f"{prefix}/canary": "true", f"{prefix}/canary-weight": "10"}
    return found


def coloured(colour: str, app: str = "web") -> dict[str, str]:
    """The selector that leads to a colour."""
    return {"app": app, COLOUR: colour}


def state(get: Get) -> dict[str, Any]:
    """What matters: each Deployment's replicas, which of them are paused, where the Services lead."""
    deployments = get("deployments")
    return {
        **{entry["metadata"]["name"]: entry["spec"]["replicas"] for entry in deployments},
        "paused": [entry["metadata"]["name"] for entry in deployments if entry["spec"].get("paused")],
        **{f"service {entry['metadata']['name']}": entry["spec"]["selector"] for entry in get("services") if "selector" in entry["spec"]},
    }


def steps(result: dict[str, Any]) -> dict[str, str]:
    """The steps of a result with their states."""
    return {step["name"]: step["state"] for step in result["rollouts"][0]["steps"]}


def pods(get: Get) -> dict[str, str]:
    """The pods that are there, and their UIDs."""
    return {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in get("pods") if not pod["metadata"]["name"].startswith("witness")}


def claim_of(get: Get, application: str = "web") -> str:
    """What the application's Lease says of a rollout on its way."""
    found: str = get("lease", f"rollout-{application}")["metadata"].get("annotations", {}).get(CLAIM, "")
    return found
