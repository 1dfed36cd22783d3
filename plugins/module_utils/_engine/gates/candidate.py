# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gate that looks at the pods of a version."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..._domain.gates.gate import Pods, Reading
from ..._domain.workloads.revisions import pods_of_candidate
from ..._domain.workloads.steadiness import Restarts, more_restarts, restarts_of
from ..._domain.workloads.workload import Pod, Snapshot


class PodsAsk:
    """Looks at the pods of the candidates of workloads. What has restarted before the first look does not count."""

    def __init__(self, source: Pods, snapshots: Callable[[], Sequence[Snapshot]]) -> None:
        self._source = source
        self._snapshots = snapshots
        self._before: Restarts | None = None

    def ask(self) -> Reading:
        """Return whether the pods are as they should be."""
        snapshots = self._snapshots()
        names = ", ".join(str(snapshot.workload.ref) for snapshot in snapshots if snapshot.workload is not None)
        asked = f"pods of {names or 'nothing'}"
        pods = [pod for snapshot in snapshots for pod in pods_of_candidate(snapshot)]
        if not pods:
            return Reading(query=asked)
        restarts = restarts_of(pods)
        if self._before is None:
            self._before = restarts
        more = more_restarts(self._before, restarts)
        waiting = [pod for pod in pods if not pod.ready] if self._source.ready else []
        again = sum(more.values())
        restarted = f"{again} {'restart' if again == 1 else 'restarts'} ({self._source.restarts} may)"
        said = f"{len(pods) - len(waiting)} of {len(pods)} pods are ready, {restarted}"
        if again > self._source.restarts:
            return Reading(passed=False, said=f"{said}{self._which(pods, more)}", query=asked)
        return Reading(passed=not waiting, said=f"{said}{f', not {waiting[0].ref.name}' if waiting else ''}", query=asked)

    def close(self) -> None:
        """Return at once: nothing is on its way."""

    def _which(self, pods: list[Pod], more: Restarts) -> str:
        names = {pod.uid: pod.ref.name for pod in pods}
        uid, container = max(more, key=lambda key: more[key])
        return f"; container {container} of {names[uid]} the most often"
