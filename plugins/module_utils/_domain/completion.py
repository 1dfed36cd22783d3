# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a rollout is done, as `kubectl rollout status` decides it, and where we go further.

The rules stand in kubectl's order, the first that applies counts; the numbers are those of the workload's status. Deviations, each
on the side of "not done":

- A paused Deployment whose template has no ReplicaSet of its own is never done. Its controller makes none while paused and reports
  0 updated pods once it has observed the generation, so kubectl says the same, except with 0 replicas, where its numbers look
  finished. Once the template is rolled out, paused or not makes no difference; scaling and readiness go on while paused.
- A progress deadline that an earlier revision exceeded does not fail this one. The controller keeps the condition, and in its
  message the earlier ReplicaSet's name, until the new template makes progress (after an undo) or for ever (while paused);
  kubectl fails at once. It is not "done" before the condition is gone.
- A StatefulSet counts minReadySeconds: availableReplicas is read as well as readyReplicas.
- A StatefulSet with a partition is told from its pods, where they are seen: those from the partition on are of the wanted revision and
  ready. kubectl compares counts, and after a way back the pods below the partition make up the number of those above it.
- A workload that is being deleted is not done, whatever its numbers.
- OnDelete, where kubectl answers with an error: done when every desired pod is of the wanted revision, ready and available, and
  no other pod is left that is not terminating.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from .revisions import candidate_of, is_of, observed
from .workload import Condition, Pod, Revision, Snapshot, Workload, condition

Phase = Literal["pending", "progressing", "paused", "complete", "degraded"]


@dataclass(frozen=True)
class Standing:
    """How far a rollout is."""

    phase: Phase
    message: str
    """One sentence without a full stop at the end: `1 of 3 new replicas have been updated`."""
    done: bool
    """`kubectl rollout status --watch=false` would say that it is rolled out, and our own rules agree."""
    failed: bool
    """The controller has given up on this revision: the progress deadline is exceeded."""


def standing(snapshot: Snapshot) -> Standing:
    """How far the rollout of the snapshot's workload is; a missing workload is pending, and one that is paused is in phase paused
    whether its numbers match (`done`) or not."""
    state = _standing(snapshot)
    workload = snapshot.workload
    if workload is None or workload.deleted or not workload.paused or state.failed:
        return state
    message = "the template is rolled out" if state.done else state.message
    return replace(state, phase="paused", message=f"paused: {message if observed(workload) else 'the controller has yet to see it'}")


def _standing(snapshot: Snapshot) -> Standing:
    workload = snapshot.workload
    if workload is None:
        return _pending("the workload does not exist")
    if workload.deleted:
        return _pending("the workload is being deleted")
    if not observed(workload):
        return _pending("the update of the spec has not been observed by the controller yet")
    if workload.update_type == "OnDelete":
        return _on_delete(snapshot, workload)
    return _RULES[workload.ref.kind](snapshot, workload)


def _deployment(snapshot: Snapshot, workload: Workload) -> Standing:
    candidate = candidate_of(snapshot)
    progress = condition(workload.conditions, "Progressing")
    expired = progress is not None and progress.reason == "ProgressDeadlineExceeded"
    if progress is not None and expired and not _is_of_another(progress, snapshot, candidate):
        return Standing("degraded", "the progress deadline is exceeded", done=False, failed=True)
    # A pause holds back the template's first pod and the replacement of the old ones; it holds back neither scaling nor readiness.
    if workload.paused and (candidate is None or workload.current > workload.updated or expired):
        updated = f"{_count(workload.updated, workload.desired, 'new replica')} {_have(workload.desired)} been updated"
        return _progressing(_lacking(workload) or updated)
    lacking = _lacking(workload)
    if expired and not lacking:
        lacking = "an earlier revision exceeded its progress deadline and the controller has not judged this one yet"
    return _progressing(lacking) if lacking else _complete()


def _lacking(workload: Workload) -> str:
    if workload.updated < workload.desired:
        return f"{_count(workload.updated, workload.desired, 'new replica')} {_have(workload.desired)} been updated"
    if workload.current > workload.updated:
        old = workload.current - workload.updated
        return f"{_some(old, 'old replica')} {_are(old)} pending termination"
    if workload.available < workload.updated:
        return f"{_count(workload.available, workload.updated, 'updated replica')} {_are(workload.updated)} available"
    return ""


def _is_of_another(progress: Condition, snapshot: Snapshot, candidate: Revision | None) -> bool:
    return any(revision != candidate and f'"{revision.name}"' in progress.message for revision in snapshot.revisions)


def _daemon_set(snapshot: Snapshot, workload: Workload) -> Standing:
    del snapshot
    if workload.updated < workload.desired:
        return _progressing(f"{_count(workload.updated, workload.desired, 'new pod')} {_have(workload.desired)} been updated")
    if workload.available < workload.desired:
        return _progressing(f"{_count(workload.available, workload.desired, 'updated pod')} {_are(workload.desired)} available")
    return _complete()


def _stateful_set(snapshot: Snapshot, workload: Workload) -> Standing:
    if workload.ready < workload.desired:
        return _progressing(f"{_count(workload.ready, workload.desired, 'pod')} {_are(workload.desired)} ready")
    # The API fills in partition 0; None is an object without `rollingUpdate`, for which only the revisions tell.
    target = workload.desired - (workload.partition or 0)
    updated = min(workload.updated, _updated_from(snapshot, workload)) if workload.partition else workload.updated
    if workload.partition is not None and updated < target:
        return _progressing(f"{_count(updated, target, 'new pod')} {_have(target)} been updated")
    if workload.partition is None and workload.update_revision != workload.current_revision:
        return _progressing(f"{_some(workload.updated, 'pod')} {_are(workload.updated)} at revision {workload.update_revision}")
    if workload.available < workload.desired:
        return _progressing(f"{_count(workload.available, workload.desired, 'pod')} {_are(workload.desired)} available")
    return _complete(f"partitioned rollout complete: {_some(workload.updated, 'new pod')} updated" if workload.partition else "")


def _updated_from(snapshot: Snapshot, workload: Workload) -> int:
    """How many pods from the partition on are of the wanted revision and ready; what the controller counts where no pods are seen."""
    candidate = candidate_of(snapshot)
    if candidate is None or not snapshot.pods:
        return workload.updated
    first = workload.first_ordinal
    moved = range(first + (workload.partition or 0), first + workload.desired)
    return sum(1 for pod in snapshot.pods if pod.ordinal in moved and pod.ready and not pod.terminating and is_of(pod, candidate))


def _on_delete(snapshot: Snapshot, workload: Workload) -> Standing:
    candidate = candidate_of(snapshot)
    pods = [pod for pod in snapshot.pods if not pod.terminating]
    new: list[Pod] = [pod for pod in pods if candidate is not None and is_of(pod, candidate)]
    ready = sum(1 for pod in new if pod.ready)
    old = len(pods) - len(new)
    if candidate is None:
        # Where revisions and pods were not looked at, what the controller has counted.
        counted = not (snapshot.revisions or snapshot.pods) and workload.current == workload.updated
        all_there = counted and min(workload.updated, workload.available) >= workload.desired > 0
        return _complete() if all_there else _progressing("the new revision has not been recorded yet")
    if old:
        return _progressing(f"{_some(old, 'pod')} of an older revision {_are(old)} still to be deleted (OnDelete)")
    if len(new) < workload.desired:
        return _progressing(f"{_count(len(new), workload.desired, 'new pod')} {_have(workload.desired)} been created")
    if ready < workload.desired:
        return _progressing(f"{_count(ready, workload.desired, 'new pod')} {_are(workload.desired)} ready")
    if workload.available < workload.desired:
        return _progressing(f"{_count(workload.available, workload.desired, 'new pod')} {_are(workload.desired)} available")
    return _complete()


_RULES: Mapping[str, Callable[[Snapshot, Workload], Standing]] = {
    "Deployment": _deployment,
    "DaemonSet": _daemon_set,
    "StatefulSet": _stateful_set,
}


def _pending(message: str) -> Standing:
    return Standing("pending", message, done=False, failed=False)


def _progressing(message: str) -> Standing:
    return Standing("progressing", message, done=False, failed=False)


def _complete(message: str = "") -> Standing:
    return Standing("complete", message or "successfully rolled out", done=True, failed=False)


def _some(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _count(part: int, whole: int, noun: str) -> str:
    return f"{part} of {_some(whole, noun)}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _have(count: int) -> str:
    return "has" if count == 1 else "have"
