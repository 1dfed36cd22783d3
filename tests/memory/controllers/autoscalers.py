# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HorizontalPodAutoscalers: another number of replicas as soon as the test says that it is wanted."""

from __future__ import annotations

from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import HPA
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.kinds import WORKLOADS

from ..schema import Json
from .base import Controller, conditions_with


class Autoscalers(Controller):
    """`wanted` says, by the name of an autoscaler, how many replicas its metrics ask for; without it the number stays within its limits."""

    resource = HPA

    def __init__(self, server: Any) -> None:
        super().__init__(server)
        self.wanted: dict[str, int] = {}

    def want(self, namespace: str, name: str, count: int) -> None:
        """Let the metrics ask for so many."""
        self.wanted[name] = count
        self.look_at((namespace, name))

    def reconcile(self, obj: Json) -> None:
        spec, target = obj["spec"], obj["spec"]["scaleTargetRef"]
        resource = WORKLOADS.get(target["kind"])
        found = self.store.get(resource, obj["metadata"]["namespace"], target["name"]) if resource is not None else None
        if found is None or resource is None:
            self._tell(obj, "AbleToScale", "False", "FailedGetScale")
            return
        now = found["spec"]["replicas"]
        if now == 0:
            self._tell(obj, "ScalingActive", "False", "ScalingDisabled")
            return
        count = max(spec.get("minReplicas", 1), min(spec["maxReplicas"], self.wanted.get(obj["metadata"]["name"], now)))
        if count != now:
            self.server.revise(resource, found, below="scale", spec={**found["spec"], "replicas": count})
        status = {**(obj.get("status") or {}), "currentReplicas": now, "desiredReplicas": count}
        self.server.revise(HPA, obj, status=status)

    def _tell(self, obj: Json, kind: str, status: str, reason: str) -> None:
        former = obj.get("status") or {}
        conditions = conditions_with(former.get("conditions") or (), self.store.stamp(), kind, status, reason, reason)
        self.server.revise(HPA, obj, status={**former, "conditions": conditions})
