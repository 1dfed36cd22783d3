# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a rollout is done, as `kubectl rollout status` decides it, and where we go further.

The rules stand in kubectl's order, the first that applies counts; the numbers are those of the workload's status. Deviations, each
on the side of "not done":

- A workload that is being deleted is not done, whatever its numbers.
- OnDelete, where kubectl answers with an error: done when every desired pod is of the wanted revision, ready and available, and
  no other pod is left that is not terminating.

Under the update strategies by which a controller replaces pods itself, each kind has its rule, and its own deviations, in `kinds`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from .revisions import candidate_of, is_of, observed
from .workload import Pod, Snapshot, Workload

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
    whether its numbers match (`done`) or not. One that a canary holds is paused as well, and never done."""
    state = _standing(snapshot)
    workload = snapshot.workload
    if workload is None or workload.deleted or state.failed:
        return state
    if workload.held:
        return Standing("paused", f"held by a canary: {state.message}", done=False, failed=False)
    if not workload.paused:
        return state
    message = "the template is rolled out" if state.done else state.message
    return replace(state, phase="paused", message=f"paused: {message if observed(workload) else 'the controller has yet to see it'}")


def _standing(snapshot: Snapshot) -> Standing:
    workload = snapshot.workload
    if workload is None:
        return pending("the workload does not exist")
    if workload.deleted:
        return pending("the workload is being deleted")
    if not observed(workload):
        return pending("the update of the spec has not been observed by the controller yet")
    if workload.update_type == "OnDelete":
        return _on_delete(snapshot, workload)
    return workload.kind.completion(snapshot, workload)


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
        return complete() if all_there else progressing("the new revision has not been recorded yet")
    if old:
        return progressing(f"{some(old, 'pod')} of an older revision {are(old)} still to be deleted (OnDelete)")
    if len(new) < workload.desired:
        return progressing(f"{count(len(new), workload.desired, 'new pod')} {have(workload.desired)} been created")
    if ready < workload.desired:
        return progressing(f"{count(ready, workload.desired, 'new pod')} {are(workload.desired)} ready")
    if workload.available < workload.desired:
        return progressing(f"{count(workload.available, workload.desired, 'new pod')} {are(workload.desired)} available")
    return complete()


# --- words for the rules ------------------------------------------------------------------------------------------------------


def pending(message: str) -> Standing:
    """Nothing can be told yet."""
    return Standing("pending", message, done=False, failed=False)


def progressing(message: str) -> Standing:
    """It is on its way."""
    return Standing("progressing", message, done=False, failed=False)


def complete(message: str = "") -> Standing:
    """It is done."""
    return Standing("complete", message or "successfully rolled out", done=True, failed=False)


def some(number: int, noun: str) -> str:
    """`2 pods`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def count(part: int, whole: int, noun: str) -> str:
    """`1 of 2 pods`."""
    return f"{part} of {some(whole, noun)}"


def are(number: int) -> str:
    """The verb that goes with a number."""
    return "is" if number == 1 else "are"


def have(number: int) -> str:
    """The verb that goes with a number."""
    return "has" if number == 1 else "have"
