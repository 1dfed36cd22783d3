# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What there is in the end, in a form in which two stories can be compared: without names, numbers and times that differ by chance."""

from __future__ import annotations

import json
import re
from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.leases.lease import OBJECTS, STEP, TAKEN_AT
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.leases.stepping import STEPPING
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.sides.expected import GIVEN_UP

from .cluster import Memory
from .controllers.base import controller_of

_COMPARED = (
    *("Deployment", "StatefulSet", "DaemonSet", "Service", "ConfigMap", "Secret", "PodDisruptionBudget", "HorizontalPodAutoscaler"),
    "Lease",
)
_OF_THE_SERVER = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "selfLink")
_LEFT_OUT = ("deployment.kubernetes.io/revision", "rollout.kubernetes/outages")
"""Annotations: numbers of revisions, and how long outages were."""
_BY_CHANCE = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(Z|\+00:00)"), "TIME"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "UID"),
    (re.compile(r'(identity\\*": \\*")[0-9a-f]{12}'), r"\1ID"),
    (re.compile(r'(undo to revision |undo to promotion |newest\\*": |number\\*": )\d+'), r"\1N"),
)


def end_of(memory: Memory, namespace: str = "default") -> dict[str, Any]:
    """Objects by kind and name; of the pods only which images run and are ready, without those of Jobs, and where Services lead."""
    found: dict[str, Any] = {}
    for kind in _COMPARED:
        for obj in memory.all(namespace, kind):
            if obj["metadata"]["name"] != "kube-root-ca.crt":
                found[f"{kind} {obj['metadata']['name']}"] = _plain(kind, obj)
    pods = [pod for pod in memory.all(namespace, "Pod") if not pod["metadata"].get("deletionTimestamp")]
    found["pods"] = sorted(_pod(pod) for pod in pods if (controller_of(pod) or {}).get("kind") != "Job")
    for slice_ in memory.all(namespace, "EndpointSlice"):
        service = slice_["metadata"]["labels"]["kubernetes.io/service-name"]
        found[f"endpoints of {service}"] = sum(1 for entry in slice_["endpoints"] if entry["conditions"]["ready"])
    return found


def _pod(pod: Any) -> str:
    ready = any(entry["type"] == "Ready" and entry["status"] == "True" for entry in pod["status"].get("conditions") or ())
    images = " ".join(container["image"] for container in pod["spec"]["containers"])
    return f"{images}{'' if ready else ' (not ready)'}"


def _plain(kind: str, obj: Any) -> Any:
    metadata = {key: value for key, value in obj["metadata"].items() if key not in _OF_THE_SERVER}
    metadata["annotations"] = {key: value for key, value in metadata.get("annotations", {}).items() if key not in _LEFT_OUT}
    kept = {key: value for key, value in obj.items() if key not in ("status", "metadata")}
    if kind == "Lease":
        # Why something was given up names pods.
        given_up = json.loads(metadata["annotations"].pop(GIVEN_UP, "{}")).get("rollouts", ())
        kept["given up"] = [entry["candidates"] for entry in given_up]
        # A holder that was killed stays written there; it counts as dead. The one after it may have had less to do.
        del kept["spec"]
        for name in (OBJECTS, TAKEN_AT, STEP, STEPPING):
            metadata["annotations"].pop(name, None)
    owners = [
        (entry["manager"], entry["operation"], entry["fieldsV1"])
        for entry in obj["metadata"].get("managedFields", ())
        if not entry["manager"].startswith("kube-") and kind != "Lease"
    ]
    text = json.dumps({**kept, "metadata": metadata, "owners": sorted(owners, key=str)}, sort_keys=True)
    for pattern, instead in _BY_CHANCE:
        text = pattern.sub(instead, text)
    return json.loads(text)


def differences(wanted: Any, found: Any, path: str = "") -> list[str]:
    """Where two ends differ."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        parts = [differences(wanted.get(key), found.get(key), f"{path}/{key}") for key in sorted({*wanted, *found})]
        return [line for part in parts for line in part]
    return [] if wanted == found else [f"{path}: {json.dumps(found)} instead of {json.dumps(wanted)}"]
