# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pods on which a StatefulSet is stuck: its controller waits for each pod to be ready before it replaces any, for ever if one never
will be. They are deleted, one at a time, so that they are made anew from the template that is wanted.

Which ones the option `repair` says, with one meaning wherever it is: `blocking` those that are not ready and not of the revision to be
reached, except pods of the version that serves which may still become ready; `all` those as well, and pods of the revision to be
reached that were not ready when the task began; `none` no pod. Ready pods never. What a pod below the partition is to reach is the
version that serves.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from .._domain.request import Repair
from .._domain.steps.step import Replacement
from .._domain.workloads.diagnosis import is_hopeless
from .._domain.workloads.revisions import candidate_of, is_of, observed
from .._domain.workloads.workload import Pod, Revision, Snapshot, Workload


def way_for_the_new(repair: Repair, goal: Revision | None = None, before: Snapshot | None = None) -> Replacement | None:
    """What stands in the way of the revision that the workload asks for; None where nothing is to be deleted.

    `goal` is the revision that an undo brings back: then the version that is taken back is none to be spared, and OnDelete is no
    reason to leave its pods. `before` is what was there when the task began, which only `all` needs.
    """
    if repair == "none":
        return None
    stale = {pod.uid for pod in before.pods if not pod.ready} if before is not None and repair == "all" else set()

    def due(snapshot: Snapshot) -> tuple[Pod, ...]:
        return _in_the_way(snapshot, repair, goal, stale)

    def free(snapshot: Snapshot) -> bool:
        reached = goal or candidate_of(snapshot)
        return reached is not None and is_made_up_for(snapshot, reached, due(snapshot))

    def since(seen: Snapshot) -> Replacement | None:
        return way_for_the_new(repair, goal, seen)

    return Replacement(due, free, why=lambda snapshot, pod: _why(snapshot, pod, goal), since=since if repair == "all" else None)


def blocked(repair: Repair, goal: Revision | None = None) -> Callable[[Snapshot], str]:
    """A function to the sentence that names the first pod that `repair` leaves in the way, and the word that would delete it; empty where
    there is none. It has no full stop."""
    words: dict[Repair, tuple[Repair, ...]] = {"none": ("blocking", "all"), "blocking": ("all",), "all": ()}

    def sentence(snapshot: Snapshot) -> str:
        left = {pod.uid for pod in _in_the_way(snapshot, repair, goal, ())} if repair != "none" else set[str]()
        for word in words[repair]:
            for pod in _in_the_way(snapshot, word, goal, ()):
                if pod.uid not in left:
                    return f"{pod.ref.name} ({_why(snapshot, pod, goal)}) is in the way; repair: {word} would delete it"
        return ""

    return sentence


def _in_the_way(snapshot: Snapshot, repair: Repair, goal: Revision | None, stale: Collection[str]) -> tuple[Pod, ...]:
    workload, reached = snapshot.workload, goal or candidate_of(snapshot)
    if workload is None or reached is None or not observed(workload) or reached.name != workload.update_revision:
        return ()
    if goal is None and workload.update_type != "RollingUpdate":
        return ()
    serving = {pod.revision_hash for pod in snapshot.pods if pod.ready and not pod.terminating}

    lowest = workload.first_ordinal + (workload.partition or 0)

    def goes(pod: Pod) -> bool:
        if is_of(pod, reached) and (goal is not None or pod.ordinal >= lowest):
            return pod.uid in stale
        serves = goal is None and pod.revision_hash == workload.current_revision and pod.revision_hash in serving
        return repair == "all" or not serves or is_hopeless(pod)

    return unready(snapshot, workload, goes, stale)


def _why(snapshot: Snapshot, pod: Pod, goal: Revision | None) -> str:
    """`not ready, of revision 3 that was given up`."""
    own, reached = next((revision for revision in snapshot.revisions if is_of(pod, revision)), None), goal or candidate_of(snapshot)
    name = f"revision {own.number}" if own is not None else "an earlier revision"
    if reached is not None and is_of(pod, reached):
        return f"not ready since before the task, of {name}"
    replaced = snapshot.workload is not None and pod.revision_hash == snapshot.workload.current_revision
    return f"not ready, of {name} that {'is replaced' if replaced else 'was given up'}"


def unready(snapshot: Snapshot, workload: Workload, wanted: Callable[[Pod], bool], stale: Collection[str]) -> tuple[Pod, ...]:
    """The wanted ones among the pods that are not ready, the lowest ordinal first, since pods are made in that order. Pods below the
    partition come back as the revision that serves, so those that are of it already stay, but for the `stale` ones (UIDs)."""
    lowest = workload.first_ordinal + (workload.partition or 0)

    def changes(pod: Pod) -> bool:
        return pod.ordinal >= lowest or pod.revision_hash != workload.current_revision or pod.uid in stale

    found = (pod for pod in snapshot.pods if not pod.ready and not pod.terminating and changes(pod) and wanted(pod))
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
