# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Evictions, and the budgets that hold them up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import BUDGET, POD

from . import refusals
from .schema import Json
from .selectors import picks

if TYPE_CHECKING:
    from .requests import Place
    from .server import Server


def evict(server: Server, place: Place, body: Json) -> Json:
    """Delete a pod if its budget allows it now."""
    pod = server.store.get(POD, place.namespace, place.name)
    if pod is None:
        raise refusals.not_found("pods", "", place.name)
    wanted, there = ((body.get("deleteOptions") or {}).get("preconditions") or {}).get("uid", ""), pod["metadata"]["uid"]
    if wanted and wanted != there:
        raise refusals.precondition("pods", "", place.name, wanted, there)
    if not _goes_anyway(pod):
        _reckon(server, place.namespace, pod)
    server.delete(POD, pod)
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}


def _goes_anyway(pod: Json) -> bool:
    return bool(pod["metadata"].get("deletionTimestamp")) or (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed", "Pending")


def _reckon(server: Server, namespace: str, pod: Json) -> None:
    labels = pod["metadata"].get("labels") or {}
    found = [budget for budget in server.store.all(BUDGET, namespace) if picks(budget["spec"].get("selector"), labels)]
    if len(found) > 1:
        message = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
        raise refusals.Refusal(500, "InternalError", message)
    for budget in found:
        status = budget.get("status") or {}
        if not is_ready(pod) and status.get("currentHealthy", 0) >= status.get("desiredHealthy", 0) > 0:
            continue  # An unready pod may go while enough others are healthy.
        if status.get("observedGeneration", 0) < budget["metadata"].get("generation", 0):
            raise _too_early(budget["metadata"]["name"])
        if status.get("disruptionsAllowed", 0) < 1:
            raise refusals.held(budget["metadata"]["name"], status.get("desiredHealthy", 0), status.get("currentHealthy", 0))
        gone = {**(status.get("disruptedPods") or {}), pod["metadata"]["name"]: server.store.stamp()}
        counted = {**status, "disruptionsAllowed": status["disruptionsAllowed"] - 1, "disruptedPods": gone}
        server.store.put(BUDGET, {**budget, "status": counted})


def _too_early(name: str) -> refusals.Refusal:
    message = f"The disruption budget {name} is still being processed by the server."
    cause = {"reason": "DisruptionBudget", "message": message}
    words = "Cannot evict pod as it would violate the pod's disruption budget."
    return refusals.Refusal(429, "TooManyRequests", words, causes=[cause], retryAfterSeconds=10)


def is_ready(pod: Json) -> bool:
    """Whether the pod's Ready condition is true."""
    return any(entry["type"] == "Ready" and entry["status"] == "True" for entry in (pod.get("status") or {}).get("conditions") or ())
