# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a wait may end, besides complete; pure predicates on a snapshot."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..request import Goal
from ..workloads.completion import standing
from ..workloads.revisions import candidate_of, is_of, observed
from ..workloads.workload import Snapshot


def is_complete(snapshot: Snapshot) -> bool:
    """The rollout is complete: as kubectl has it, or stricter (`completion`)."""
    return standing(snapshot).done


def is_progressing(snapshot: Snapshot) -> bool:
    """The controller has taken up the present template: pods of it exist (ready or not), or it is complete. Not while paused."""
    state = standing(snapshot)
    return not state.failed and state.phase in ("progressing", "complete") and (state.done or _has_begun(snapshot))


def is_paused(snapshot: Snapshot) -> bool:
    """The Deployment is paused, and its controller knows."""
    workload = snapshot.workload
    return workload is not None and not workload.deleted and workload.paused and observed(workload)


def is_healthy(snapshot: Snapshot) -> bool:
    """What runs is well, of whichever revision: as many pods are available as are wanted, and no pod is there that is not ready."""
    workload = snapshot.workload
    if workload is None or workload.deleted or not observed(workload):
        return False
    return workload.available >= workload.desired and all(pod.ready for pod in snapshot.pods if not pod.terminating)


def old_pods_gone(snapshot: Snapshot) -> bool:
    """No pod of another revision is left, not even one that is terminating."""
    candidate = candidate_of(snapshot)
    return candidate is not None and all(is_of(pod, candidate) for pod in snapshot.pods)


def _has_begun(snapshot: Snapshot) -> bool:
    candidate = candidate_of(snapshot)
    return candidate is not None and any(is_of(pod, candidate) for pod in snapshot.pods)


GOALS: Mapping[Goal, Callable[[Snapshot], bool]] = {
    "complete": is_complete,
    "progressing": is_progressing,
    "paused": is_paused,
    "healthy": is_healthy,
}
"""By the option `until`."""
