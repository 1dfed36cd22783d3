# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pods on which a StatefulSet is stuck: its controller waits for each pod to be ready before it replaces any, for ever if one never
will be. They are deleted, one at a time, so that they are made anew from the template that is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .._domain.diagnosis import is_hopeless
from .._domain.revisions import candidate_of, is_of, observed
from .._domain.steps import Replacement
from .._domain.workload import Pod, Revision, Snapshot, Workload


def way_for_the_new() -> Replacement:
    """For a new template: what stands in its way from a version that was given up, or never came up.

    An unready pod of another version goes if that is not the one that serves (`status.currentRevision`), if no pod of it is ready, or
    if its trouble is certain not to heal. A pod of the serving version that is only starting is waited for, as the controller does.
    """

    def due(snapshot: Snapshot) -> tuple[Pod, ...]:
        workload, goal = snapshot.workload, candidate_of(snapshot)
        if workload is None or goal is None or not observed(workload) or goal.name != workload.update_revision:
            return ()
        if workload.update_type != "RollingUpdate":
            return ()
        serving = {pod.revision_hash for pod in snapshot.pods if pod.ready and not pod.terminating}

        def is_in_the_way(pod: Pod) -> bool:
            serves = pod.revision_hash == workload.current_revision and pod.revision_hash in serving
            return not is_of(pod, goal) and (not serves or is_hopeless(pod))

        return unready(snapshot, workload, is_in_the_way)

    def free(snapshot: Snapshot) -> bool:
        goal = candidate_of(snapshot)
        return goal is not None and is_made_up_for(snapshot, goal, due(snapshot))

    return Replacement(due, free)


def unready(snapshot: Snapshot, workload: Workload, wanted: Callable[[Pod], bool]) -> tuple[Pod, ...]:
    """The wanted ones among the pods that are not ready, the lowest ordinal first, since pods are made in that order. Pods below the
    partition would come back as they are."""
    lowest = workload.first_ordinal + (workload.partition or 0)
    found = (pod for pod in snapshot.pods if not pod.ready and not pod.terminating and pod.ordinal >= lowest and wanted(pod))
    return tuple(sorted(found, key=lambda pod: pod.ordinal))


def is_made_up_for(snapshot: Snapshot, goal: Revision, due: Iterable[Pod]) -> bool:
    """No gap below the highest pod, none on its way out, and what was made anew is ready: the next one of `due` may go."""
    if snapshot.workload is None:
        return False
    first = snapshot.workload.first_ordinal
    ordinals = sorted(pod.ordinal for pod in snapshot.pods)
    waiting = {pod.uid for pod in due}
    return (
        ordinals == list(range(first, first + len(ordinals)))
        and not any(pod.terminating for pod in snapshot.pods)
        and all(pod.ready for pod in snapshot.pods if is_of(pod, goal) and pod.uid not in waiting)
    )
