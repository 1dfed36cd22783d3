# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which versions of a workload the cluster keeps, which of them is wanted (candidate) and which is there to go back to (stable).

Rules as in Kubernetes' controllers: revisions belong to a workload by the UID of their controller, templates are equal without the
label `pod-template-hash`, a StatefulSet names its revisions in its status.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..base.objects import JsonObject, controller_of, moment, number, text, texts, uid_of
from .workload import CHANGE_CAUSE, Condition, Pod, Revision, Snapshot, Workload, normal, plain

_NEW = "new"
"""Stands for the name and UID of a revision that the controller has not made yet."""
_REVISION_HISTORY = "deployment.kubernetes.io/revision-history"


def revisions_of(uid: str, revisions: Iterable[Revision]) -> tuple[Revision, ...]:
    """Those whose controller has this UID, oldest (lowest number) first.

    What another controller owns, or nobody, is left out however its labels look. A workload that does not exist yet (no UID) has none.
    """
    mine = (revision for revision in revisions if uid and revision.owner_uid == uid)
    return tuple(sorted(mine, key=lambda entry: (entry.number, entry.name)))


def same_template(left: JsonObject, right: JsonObject) -> bool:
    """Are two pod templates equal to the controllers: the label `pod-template-hash` and empty (null) fields do not count."""
    return normal(left) == normal(right)


def candidate_of(snapshot: Snapshot) -> Revision | None:
    """The revision whose template the workload asks for; None before the controller has made it, and for a paused Deployment.

    A StatefulSet's status names it, once it has observed the present generation. Among several equal ones we take what the kind's
    controller takes.
    """
    workload = snapshot.workload
    if workload is None:
        return None
    named = workload.update_revision if observed(workload) else ""
    for revision in snapshot.revisions:
        if revision.name == named:
            return revision
    equal = [revision for revision in snapshot.revisions if revision.normal == workload.normal]
    if not equal:
        return None
    return workload.kind.chosen(equal)


def stable_of(snapshot: Snapshot) -> Revision | None:
    """The revision to go back to, None on the first rollout.

    A StatefulSet's status.currentRevision, while it differs from the candidate; else the newest other revision that still serves;
    else the newest other one.
    """
    candidate = candidate_of(snapshot)
    others = [revision for revision in reversed(snapshot.revisions) if candidate is None or revision.uid != candidate.uid]
    current = snapshot.workload.current_revision if snapshot.workload is not None else ""
    named = [revision for revision in others if revision.name == current]
    serving = [revision for revision in others if _serves(snapshot, revision)]
    return next(iter(named + serving + others), None)


def newest_besides(snapshot: Snapshot, revision: Revision | None) -> Revision | None:
    """The revision with the highest number besides this one; of all when there is none to leave out."""
    return next((entry for entry in reversed(snapshot.revisions) if revision is None or entry.uid != revision.uid), None)


def old_and_new(snapshot: Snapshot) -> tuple[int, int]:
    """How many pods of other revisions and of the candidate are ready and not terminating: 3/0, 2/1, 1/2, 0/3."""
    candidate = candidate_of(snapshot)
    serving = [pod for pod in snapshot.pods if pod.ready and not pod.terminating]
    new = sum(1 for pod in serving if candidate is not None and is_of(pod, candidate))
    return len(serving) - new, new


def foreseen(snapshot: Snapshot, wanted: Workload) -> Snapshot:
    """What is there of a StatefulSet or DaemonSet, once its controller has observed what is wanted and none of its pods has gone yet."""
    equal = [revision for revision in snapshot.revisions if revision.normal == wanted.normal]
    number_ = max((revision.number for revision in snapshot.revisions), default=0) + 1
    goal = equal[-1] if equal else Revision(_NEW, _NEW, number_, _NEW, wanted.template, "", None)
    workload = replace(wanted, update_revision=goal.name, observed_generation=max(wanted.generation, 1))
    return replace(snapshot, workload=workload, revisions=snapshot.revisions if equal else (*snapshot.revisions, goal))


def is_of(pod: Pod, revision: Revision) -> bool:
    """Does the pod run that revision: owned by the ReplicaSet, or labelled with the ControllerRevision's hash."""
    return pod.owner_uid == revision.uid or (bool(revision.hash) and pod.revision_hash == revision.hash)


def pods_of_candidate(snapshot: Snapshot) -> list[Pod]:
    """The pods of the version that a workload asks for, without those that are on their way out."""
    candidate = candidate_of(snapshot)
    return [pod for pod in snapshot.pods if candidate is not None and is_of(pod, candidate) and not pod.terminating]


def hash_of(snapshot: Snapshot) -> str:
    """The label by which the pods of that version are known; empty before there are any."""
    candidate = candidate_of(snapshot)
    return candidate.hash if candidate is not None else ""


def observed(workload: Workload) -> bool:
    """Has the controller seen the present spec; before that its status speaks of an older one.

    Generations begin at 1, so of an object from the API the comparison with its own generation alone says it.
    """
    return workload.observed_generation >= max(workload.generation, workload.kind.least_observed)


def _serves(snapshot: Snapshot, revision: Revision) -> bool:
    # Where revisions have no pods, only the pods themselves tell.
    if revision.available > 0:
        return True
    through = snapshot.workload is not None and snapshot.workload.kind.through_revisions
    return not through and any(pod.ready and not pod.terminating and is_of(pod, revision) for pod in snapshot.pods)


def newest(equal: Sequence[Revision]) -> Revision:
    """The one with the highest number, of some that are sorted by it."""
    return equal[-1]


def as_revision(obj: JsonObject, number_: int, own: str, template: JsonObject) -> Revision:
    """The revision that an object keeps. `own` is the value of the pods' revision label."""
    annotations = texts(obj, "metadata", "annotations")
    return Revision(
        name=text(obj, "metadata", "name"),
        uid=uid_of(obj),
        owner_uid=text(controller_of(obj), "uid"),
        number=number_,
        hash=own,
        # "$patch" tells the server how to merge a ControllerRevision's data; it is no part of the template.
        template=plain(template),
        change_cause=annotations.get(CHANGE_CAUSE, ""),
        created=moment(obj, "metadata", "creationTimestamp"),
        former=tuple(numeral(entry) for entry in annotations.get(_REVISION_HISTORY, "").split(",") if numeral(entry)),
        asked=number(obj, "spec", "replicas"),
        replicas=number(obj, "status", "replicas"),
        ready=number(obj, "status", "readyReplicas"),
        available=number(obj, "status", "availableReplicas"),
        conditions=Condition.all_of(obj),
    )


def numeral(value: str) -> int:
    """The number that an annotation spells; 0 for what is none."""
    stripped = value.strip()
    return int(stripped) if stripped.isdecimal() else 0
