# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a failed test shows of its namespace, so that nobody has to run it again to see why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .cluster import Cluster
from .in_memory import InMemory

WORKLOADS = ("deployments", "statefulsets", "daemonsets", "replicasets")
LINES = 80
"""Of events and of requests the last so many are shown."""


def described(cluster: Cluster | InMemory, namespace: str, mark: int) -> str:
    """Return the workloads, pods, events and requests of a namespace as text; `mark` is where the test began in the audit log."""
    parts: list[str] = []
    for title, lines in (
        ("workloads", _workloads(cluster, namespace)),
        ("pods", _pods(cluster, namespace)),
        ("events", _events(cluster, namespace)),
        ("requests", _requests(cluster, namespace, mark)),
    ):
        try:
            shown = list(lines)[-LINES:]
        except Exception as error:  # noqa: BLE001 - the test's own failure matters more than what cannot be shown
            shown = [f"cannot be shown: {error}"]
        parts += [f"{title}:", *(f"  {line}" for line in shown)]
    return "\n".join(parts)


def _workloads(cluster: Cluster | InMemory, namespace: str) -> Iterator[str]:
    for kind in WORKLOADS:
        for obj in cluster.get(namespace, kind):
            numbers = {key: value for key, value in obj.get("status", {}).items() if isinstance(value, int)}
            generation, spec = obj["metadata"].get("generation"), obj["spec"]
            asked = f"generation {generation}, replicas {spec.get('replicas')}, {_images(spec['template'])}"
            yield f"{obj['kind']} {obj['metadata']['name']}: {asked}, {numbers}"


def _pods(cluster: Cluster | InMemory, namespace: str) -> Iterator[str]:
    for pod in cluster.get(namespace, "pods"):
        status = pod.get("status", {})
        ready = next((entry["status"] for entry in status.get("conditions", ()) if entry["type"] == "Ready"), "unknown")
        going = ", terminating" if "deletionTimestamp" in pod["metadata"] else ""
        waiting = [
            entry["state"]["waiting"].get("reason") for entry in status.get("containerStatuses", ()) if "waiting" in entry.get("state", {})
        ]
        yield f"{pod['metadata']['name']}: {status.get('phase')}, ready {ready}, {_images(pod)}{going} {waiting or ''}".rstrip()


def _images(template: dict[str, Any]) -> str:
    return " ".join(container["image"] for container in template["spec"]["containers"])


def _events(cluster: Cluster | InMemory, namespace: str) -> Iterator[str]:
    for event in sorted(cluster.get(namespace, "events"), key=lambda event: str(event["metadata"].get("creationTimestamp"))):
        about, came = event["involvedObject"], event["metadata"].get("creationTimestamp")
        yield f"{came} {event.get('reason')} {about.get('kind')}/{about.get('name')}: {event.get('message')}"


def _requests(cluster: Cluster | InMemory, namespace: str, mark: int) -> Iterator[str]:
    for event in cluster.audit_since(mark, about=namespace):
        if event.stage != "RequestReceived" and not event.user_agent.startswith(("kube-", "kwok", "etcd", "server/")):
            dry = " (dry run)" if event.dry_run else ""
            yield f"{event.time} {event.user_agent.partition(' ')[0][:24]} {event.verb} {event.uri}{dry} {event.code} {event.stage}"
