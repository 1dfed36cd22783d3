# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PodDisruptionBudgets: how many pods may go now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import BUDGET, KNOWN, POD

from ..evictions import is_ready
from ..schema import Json
from ..selectors import picks
from ..store import Change
from .base import Controller, Key, conditions_with, controller_of, is_going, key_of, moment, share

_SCALES = {("apps/v1", kind): KNOWN["apps/v1", kind] for kind in ("Deployment", "StatefulSet", "ReplicaSet")}


class Budgets(Controller):
    """Counts healthy pods, and those that are wanted."""

    resource = BUDGET

    def touched(self, change: Change) -> Iterable[Key]:
        if change.resource == BUDGET:
            yield key_of(change.new)
        elif change.resource == POD:
            for budget in self.store.all(BUDGET, change.new["metadata"]["namespace"]):
                if picks(budget["spec"].get("selector"), change.new["metadata"].get("labels") or {}):
                    yield key_of(budget)

    def reconcile(self, obj: Json) -> None:
        namespace, spec = obj["metadata"]["namespace"], obj["spec"]
        found = [pod for pod in self.store.all(POD, namespace) if picks(spec.get("selector"), pod["metadata"].get("labels") or {})]
        pods = [pod for pod in found if pod["status"].get("phase") not in ("Succeeded", "Failed")]
        former, now = obj.get("status") or {}, self.clock.now()
        disrupted = {
            name: at
            for name, at in (former.get("disruptedPods") or {}).items()
            if moment(at) + timedelta(minutes=2) > now and any(pod["metadata"]["name"] == name and not is_going(pod) for pod in pods)
        }
        healthy = sum(1 for pod in pods if is_ready(pod) and not is_going(pod) and pod["metadata"]["name"] not in disrupted)
        try:
            expected, wanted = self._wanted(spec, pods)
        except LookupError as error:
            self._fail(obj, str(error))
            return
        allowed = max(0, healthy - wanted) if expected else 0
        reason = "SufficientPods" if allowed else "InsufficientPods"
        conditions = conditions_with(
            former.get("conditions") or (), self.store.stamp(), "DisruptionAllowed", str(bool(allowed)), reason, "",
            observedGeneration=obj["metadata"]["generation"],
        )  # fmt: skip
        status = {
            "currentHealthy": healthy,
            "desiredHealthy": wanted,
            "disruptionsAllowed": allowed,
            "expectedPods": expected,
            "observedGeneration": obj["metadata"]["generation"],
            "conditions": conditions,
            **({"disruptedPods": disrupted} if disrupted else {}),
        }
        self.server.revise(BUDGET, obj, status=status)

    def _wanted(self, spec: Json, pods: list[Json]) -> tuple[int, int]:
        """How many pods there should be, and how many of them must be healthy."""
        if spec.get("maxUnavailable") is not None:
            expected = self._expected(pods)
            return expected, max(0, expected - share(spec["maxUnavailable"], expected, up=True))
        least = spec.get("minAvailable")
        if isinstance(least, str) and least.endswith("%"):
            expected = self._expected(pods)
            return expected, share(least, expected, up=True)
        return len(pods), int(least or 0)

    def _expected(self, pods: list[Json]) -> int:
        """What the controllers of the pods want, each counted once."""
        scales = {}
        for pod in pods:
            above = controller_of(pod)
            while above is not None:
                resource = _SCALES.get((above["apiVersion"], above["kind"]))
                if resource is None:
                    raise LookupError(f"{above['kind'].lower()}s.apps does not implement the scale subresource")
                owner = self.store.get(resource, pod["metadata"]["namespace"], above["name"])
                if owner is None:
                    break
                further = controller_of(owner)
                if further is None:
                    scales[owner["metadata"]["uid"]] = owner["spec"]["replicas"]
                above = further
        return sum(scales.values())

    def _fail(self, obj: Json, message: str) -> None:
        former = (obj.get("status") or {}).get("conditions") or ()
        conditions = conditions_with(former, self.store.stamp(), "DisruptionAllowed", "False", "SyncFailed", message,
                                     observedGeneration=obj["metadata"]["generation"])  # fmt: skip
        counts = {"currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0}
        self.server.revise(BUDGET, obj, status={**counts, **(obj.get("status") or {}), "disruptionsAllowed": 0, "conditions": conditions})
