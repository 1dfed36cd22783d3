# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Deployments that are rolled."""

from __future__ import annotations

from typing import Any


def deployment(name: str, *, image: str, replicas: int, namespace: str) -> dict[str, Any]:
    """Return a Deployment as people write it: labels, resources, probes."""
    probe = {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 1}
    container = {
        "name": "web",
        "image": image,
        "ports": [{"containerPort": 8080}],
        "env": [{"name": "GREETING", "value": "hello"}],
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}},
        "readinessProbe": probe,
    }
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template}
    metadata = {"name": name, "namespace": namespace, "labels": {"app": name, "fleet": "bench"}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def fleet(count: int, *, image: str, replicas: int, namespace: str) -> list[dict[str, Any]]:
    """Return many of them."""
    return [deployment(f"web-{index:03}", image=image, replicas=replicas, namespace=namespace) for index in range(count)]


def image(version: int) -> str:
    """Return the image of a version."""
    return f"registry.example/web:{version}"
