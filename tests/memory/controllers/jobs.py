# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs: pods that run to their end."""

from __future__ import annotations

from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import JOB, POD

from ..schema import Json
from .base import Controller, conditions_with, is_active, key_of, moment


class Jobs(Controller):
    """Makes pods until enough have succeeded, or too many have failed, or its time is over."""

    resource = JOB

    def reconcile(self, obj: Json) -> None:
        status: dict[str, Any] = dict(obj.get("status") or {})
        if any(entry["type"] in ("Complete", "Failed") and entry["status"] == "True" for entry in status.get("conditions") or ()):
            self._expire(obj, status)
            return
        pods = self.owned(POD, obj)
        active = [pod for pod in pods if is_active(pod)]
        succeeded = sum(1 for pod in pods if pod["status"].get("phase") == "Succeeded")
        failed = sum(1 for pod in pods if pod["status"].get("phase") == "Failed")
        spec, now = obj["spec"], self.store.stamp()
        status.setdefault("startTime", now)
        ended = self._ended(obj, status, succeeded, failed)
        if ended is not None:
            kind, reason, message = ended
            status["conditions"] = conditions_with(status.get("conditions") or (), now, kind, "True", reason, message)
            status |= {"completionTime": now} if kind == "Complete" else {}
            for pod in active:
                self.server.delete(POD, pod)
            active = []
        else:
            wanted = min(spec.get("parallelism", 1), max(0, spec.get("completions", 1) - succeeded))
            for _more in range(wanted - len(active)):
                labels = {"job-name": obj["metadata"]["name"], "batch.kubernetes.io/job-name": obj["metadata"]["name"]}
                active.append(self.create_pod(obj, spec["template"], f"{obj['metadata']['name']}-", labels=labels, generate=True))
        counts = {"active": len(active), "succeeded": succeeded, "failed": failed, "ready": 0, "terminating": 0}
        for name, count in counts.items():
            if count or name in ("ready", "terminating"):
                status[name] = count
            else:
                status.pop(name, None)
        self.server.revise(JOB, obj, status=status)

    def _ended(self, obj: Json, status: Json, succeeded: int, failed: int) -> tuple[str, str, str] | None:
        spec = obj["spec"]
        if succeeded >= spec.get("completions", 1):
            return "Complete", "CompletionsReached", "Reached expected number of succeeded pods"
        if failed > spec.get("backoffLimit", 6):
            return "Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit"
        limit = spec.get("activeDeadlineSeconds")
        if limit is not None:
            left = limit - (self.clock.now() - moment(status["startTime"])).total_seconds()
            if left <= 0:
                return "Failed", "DeadlineExceeded", "Job was active longer than specified deadline"
            self.look_at(key_of(obj), left)
        return None

    def _expire(self, obj: Json, status: Json) -> None:
        kept = obj["spec"].get("ttlSecondsAfterFinished")
        if kept is None:
            return
        at = max(moment(entry["lastTransitionTime"]) for entry in status["conditions"])
        left = kept - (self.clock.now() - at).total_seconds()
        if left <= 0:
            self.server.delete(JOB, obj)
        else:
            self.look_at(key_of(obj), left)
