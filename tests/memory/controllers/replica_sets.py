# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ReplicaSets: as many pods as they ask for."""

from __future__ import annotations

from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import POD, REPLICA_SET

from ..evictions import is_ready
from ..refusals import Refusal
from ..schema import Json
from .base import Controller, available_in, conditions_with, is_active, is_going, key_of, ready_since


class ReplicaSets(Controller):
    """Makes and deletes pods, and counts them."""

    resource = REPLICA_SET
    pace = (0.001, 0.004)  # Mostly faster than what scales it looks again, as the real one.

    def reconcile(self, obj: Json) -> None:
        pods = [pod for pod in self.owned(POD, obj) if (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed")]
        active = [pod for pod in pods if is_active(pod)]
        wanted, failure = obj["spec"]["replicas"], ""
        if not is_going(obj):
            try:
                for _more in range(wanted - len(active)):
                    made = self.create_pod(obj, obj["spec"]["template"], f"{obj['metadata']['name']}-", labels={}, generate=True)
                    active.append(made)
            except Refusal as refusal:
                failure = refusal.body["message"]
            for pod in sorted(active, key=self._worth)[: max(0, len(active) - wanted)]:
                active.remove(pod)
                self.server.delete(POD, pod)
        self._count(obj, active, failure)
        if failure:
            self.again_after_failure(key_of(obj))
        else:
            self.failures.pop(key_of(obj), None)

    def _worth(self, pod: Json) -> tuple[Any, ...]:
        """The lowest goes first: without a node, not ready, ready for the shortest time."""
        since = ready_since(pod)
        readiness = -since.timestamp() if since is not None else 0.0
        created = pod["metadata"]["creationTimestamp"]
        return bool(pod["spec"].get("nodeName")), is_ready(pod), readiness, *(-ord(letter) for letter in created)

    def _count(self, obj: Json, active: list[Json], failure: str) -> None:
        now, seconds = self.clock.now(), obj["spec"].get("minReadySeconds", 0)
        waits = [available_in(pod, seconds, now) for pod in active]
        ready = sum(1 for wait in waits if wait is not None)
        available = sum(1 for wait in waits if wait == 0)
        former = obj.get("status") or {}
        status: dict[str, Any] = {"replicas": len(active), "observedGeneration": obj["metadata"]["generation"]}
        going = sum(1 for pod in self.owned(POD, obj) if is_going(pod))
        counts = {"fullyLabeledReplicas": len(active), "readyReplicas": ready, "availableReplicas": available}
        status |= {name: count for name, count in counts.items() if count} | {"terminatingReplicas": going}
        known = former.get("conditions") or ()
        conditions = [entry for entry in known if entry["type"] != "ReplicaFailure"]
        if failure:  # The first message stays: each names another pod, and a new status would be looked at at once.
            failed = len(conditions) < len(known)
            made = conditions_with(known, self.store.stamp(), "ReplicaFailure", "True", "FailedCreate", failure)
            conditions = list(known) if failed else made
        if conditions:
            status["conditions"] = conditions
        self.server.revise(self.resource, obj, status=status)
        later = [wait for wait in waits if wait]
        if later:
            self.look_at(key_of(obj), min(later))
