# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gate that looks at the pods of a version."""

from __future__ import annotations

from ..._domain.gates.gate import Pods, Reading
from ..._domain.workloads.revisions import pods_of_candidate
from ..._domain.workloads.steadiness import Restarts, more_restarts, restarts_of
from ..._domain.workloads.workload import Pod
from ..outside.gates import Subject


class PodsAsk:
    """Looks at the pods of the candidates of workloads. What has restarted before the first look does not count, nor does a pod that was
    never ready while new ones are to come."""

    def __init__(self, source: Pods, subject: Subject) -> None:
        self._source = source
        self._subject = subject
        self._before: Restarts | None = None
        self._ready: set[str] = set()
        """The UIDs of pods that have been ready."""

    def ask(self) -> Reading:
        """Return whether the pods are as they should be."""
        snapshots = self._subject.candidates
        names = ", ".join(str(snapshot.workload.ref) for snapshot in snapshots if snapshot.workload is not None)
        asked = f"pods of {names or 'nothing'}"
        pods = [pod for snapshot in snapshots for pod in pods_of_candidate(snapshot)]
        if not pods:
            return Reading(query=asked)
        restarts = restarts_of(pods)
        if self._before is None:
            self._before = restarts
        more = more_restarts(self._before, restarts)
        self._ready |= {pod.uid for pod in pods if pod.ready}
        waiting = [pod for pod in pods if not pod.ready and self._counts(pod)] if self._source.ready else []
        again = sum(more.values())
        restarted = f"{again} {'restart' if again == 1 else 'restarts'} ({self._source.restarts} may)"
        said = f"{sum(pod.ready for pod in pods)} of {len(pods)} pods are ready, {restarted}"
        if again > self._source.restarts:
            return Reading(passed=False, said=f"{said}{self._which(pods, more)}", query=asked)
        return Reading(passed=not waiting, said=f"{said}{f', not {waiting[0].ref.name}' if waiting else ''}", query=asked)

    def close(self) -> None:
        """Return at once: nothing is on its way."""

    def _counts(self, pod: Pod) -> bool:
        """Return whether a pod that is not ready says something."""
        return not self._subject.arriving or pod.uid in self._ready

    def _which(self, pods: list[Pod], more: Restarts) -> str:
        names = {pod.uid: pod.ref.name for pod in pods}
        uid, container = max(more, key=lambda key: more[key])
        return f"; container {container} of {names[uid]} the most often"
