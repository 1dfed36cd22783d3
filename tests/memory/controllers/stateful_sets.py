# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""StatefulSets: pods with numbers, one after another."""

from __future__ import annotations

from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import POD, STATEFUL_SET

from ..evictions import is_ready
from ..refusals import Refusal
from ..schema import Json
from .base import Controller, available_in, is_going, key_of
from .revisions import pruned, synced, template_of

HASH = "controller-revision-hash"


class StatefulSets(Controller):
    """One step each time, as the real one."""

    resource = STATEFUL_SET

    def reconcile(self, obj: Json) -> None:
        update, others = synced(self, obj, {"controller.kubernetes.io/hash": "HASH"})
        named = (obj.get("status") or {}).get("currentRevision", "")
        current = next((entry for entry in others if entry["metadata"]["name"] == named), update)
        pods = {_ordinal(pod): pod for pod in self.owned(POD, obj)}
        if not is_going(obj):
            try:
                self._step(obj, pods, current, update)
                self.failures.pop(key_of(obj), None)
            except Refusal:
                self.again_after_failure(key_of(obj))
        self._tell(obj, current, update)
        held = {pod["metadata"]["labels"].get(HASH, "") for pod in self.owned(POD, obj)}
        pruned(self, obj, others, {*held, current["metadata"]["name"], update["metadata"]["name"]})

    def _step(self, obj: Json, pods: dict[int, Json], current: Json, update: Json) -> None:
        """Make what is missing, then delete what is too much, then replace what is old; in turn each waits for the one before."""
        goes_on = self._fill(obj, pods, current, update) and self._condemn(obj, pods)
        if goes_on and obj["spec"]["updateStrategy"]["type"] == "RollingUpdate":
            self._roll(obj, pods, update)

    def _fill(self, obj: Json, pods: dict[int, Json], current: Json, update: Json) -> bool:
        in_turn = _in_turn(obj)
        for ordinal in _ordinals(obj):
            pod = pods.get(ordinal)
            if pod is None:
                self._make(obj, ordinal, current, update)
                if in_turn:
                    return False
            elif pod["status"].get("phase") in ("Succeeded", "Failed") and not is_going(pod):
                self.server.delete(POD, pod)
                if in_turn:
                    return False
            elif in_turn and not self._is_available(obj, pod):
                return False
        return True

    def _condemn(self, obj: Json, pods: dict[int, Json]) -> bool:
        ordinals, in_turn = _ordinals(obj), _in_turn(obj)
        condemned = [pods[ordinal] for ordinal in sorted(pods, reverse=True) if ordinal not in ordinals]
        unhealthy = next((pods[ordinal] for ordinal in ordinals if ordinal in pods and not _is_healthy(pods[ordinal])), None)
        for pod in condemned:
            if in_turn and (is_going(pod) or (not is_ready(pod) and unhealthy is not None and pod is not unhealthy)):
                return False
            if not is_going(pod):
                self.server.delete(POD, pod)
            if in_turn:
                return False
        return True

    def _roll(self, obj: Json, pods: dict[int, Json], update: Json) -> None:
        """Replace the last pod that is of another revision; the ones after it are up first."""
        for ordinal in reversed(_ordinals(obj)[partition(obj) :]):
            pod = pods.get(ordinal)
            if pod is None:
                return
            if pod["metadata"]["labels"].get(HASH) != update["metadata"]["name"] and not is_going(pod):
                self.server.delete(POD, pod)
                return
            if not self._is_available(obj, pod):
                return

    def _make(self, obj: Json, ordinal: int, current: Json, update: Json) -> None:
        rolling = obj["spec"]["updateStrategy"]["type"] == "RollingUpdate"
        first = (obj["spec"].get("ordinals") or {}).get("start", 0)
        revision = current if rolling and ordinal < first + partition(obj) else update
        name = f"{obj['metadata']['name']}-{ordinal}"
        labels = {
            HASH: revision["metadata"]["name"],
            "statefulset.kubernetes.io/pod-name": name,
            "apps.kubernetes.io/pod-index": str(ordinal),
        }
        more = {"hostname": name, **({"subdomain": obj["spec"]["serviceName"]} if obj["spec"].get("serviceName") else {})}
        self.create_pod(obj, template_of(revision), name, labels=labels, generate=False, **more)

    def _is_available(self, obj: Json, pod: Json) -> bool:
        wait = available_in(pod, obj["spec"].get("minReadySeconds", 0), self.clock.now())
        if wait:
            self.look_at(key_of(obj), wait)
        return wait == 0 and not is_going(pod)

    def _tell(self, obj: Json, current: Json, update: Json) -> None:
        pods = self.owned(POD, obj)
        steady = [pod for pod in pods if not is_going(pod)]

        def of(revision: Json) -> int:
            return sum(1 for pod in steady if pod["metadata"]["labels"].get(HASH) == revision["metadata"]["name"])

        ready = sum(1 for pod in pods if _is_healthy(pod))
        counts: dict[str, Any] = {"readyReplicas": ready, "currentReplicas": of(current), "updatedReplicas": of(update)}
        desired = obj["spec"]["replicas"]
        rolling = obj["spec"]["updateStrategy"]["type"] == "RollingUpdate"
        if rolling and counts["updatedReplicas"] == desired == ready == len(pods):
            current, counts["currentReplicas"] = update, counts["updatedReplicas"]
        status = {
            **{name: count for name, count in counts.items() if count},
            "replicas": len(pods),
            "availableReplicas": sum(1 for pod in pods if self._is_available(obj, pod)),
            "currentRevision": current["metadata"]["name"],
            "updateRevision": update["metadata"]["name"],
            "observedGeneration": obj["metadata"]["generation"],
            "collisionCount": 0,
        }
        found = self.store.get(STATEFUL_SET, *key_of(obj))
        self.server.revise(STATEFUL_SET, found, status=status)


def partition(obj: Json) -> int:
    """How many pods, from the first on, keep the current revision."""
    return int((obj["spec"]["updateStrategy"].get("rollingUpdate") or {}).get("partition", 0))


def _ordinals(obj: Json) -> list[int]:
    first = (obj["spec"].get("ordinals") or {}).get("start", 0)
    return list(range(first, first + obj["spec"]["replicas"]))


def _in_turn(obj: Json) -> bool:
    return bool(obj["spec"]["podManagementPolicy"] != "Parallel")


def _ordinal(pod: Json) -> int:
    return int(pod["metadata"]["name"].rpartition("-")[2])


def _is_healthy(pod: Json) -> bool:
    return is_ready(pod) and not is_going(pod)
