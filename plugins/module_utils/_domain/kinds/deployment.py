# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the code knows of Deployments.

Where the rule of completion deviates from `kubectl rollout status`, each time on the side of "not done":

- A paused Deployment whose template has no ReplicaSet of its own is never done. Its controller makes none while paused and reports
  0 updated pods once it has observed the generation, so kubectl says the same, except with 0 replicas, where its numbers look
  finished. Once the template is rolled out, paused or not makes no difference; scaling and readiness go on while paused.
- A progress deadline that an earlier revision exceeded does not fail this one. The controller keeps the condition, and in its
  message the earlier ReplicaSet's name, until the new template makes progress (after an undo) or for ever (while paused);
  kubectl fails at once. It is not "done" before the condition is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from ..base.objects import JsonObject, mapping, texts
from ..base.resources import DEPLOYMENT, REPLICA_SET
from ..workloads.completion import Standing, are, complete, count, have, progressing, some
from ..workloads.kind import Kind
from ..workloads.pace import Pace, about, limit_of, spelled
from ..workloads.replicas import Amount, refuse_both_zero, resolve
from ..workloads.revisions import as_revision, candidate_of, numeral
from ..workloads.workload import REVISION, TEMPLATE_HASH, Condition, Counts, Revision, Snapshot, Workload, condition


def _read(obj: JsonObject) -> Workload:
    return Workload.read(obj, KIND, Counts.of_replicas(obj))


def _revision(obj: JsonObject) -> Revision:
    number = numeral(texts(obj, "metadata", "annotations").get(REVISION, ""))
    return as_revision(obj, number, texts(obj, "metadata", "labels").get(TEMPLATE_HASH, ""), mapping(obj, "spec", "template"))


def _oldest(equal: Sequence[Revision]) -> Revision:
    """The ReplicaSet that was made first."""
    return min(equal, key=lambda revision: (revision.created.timestamp() if revision.created else inf, revision.name))


def _told_number(workload: Workload) -> str:
    return workload.annotations.get(REVISION, "")


def _goes_first(workload: Workload) -> bool:
    return workload.update_type == "Recreate"


def _completion(snapshot: Snapshot, workload: Workload) -> Standing:
    candidate = candidate_of(snapshot)
    progress = condition(workload.conditions, "Progressing")
    expired = progress is not None and progress.reason == "ProgressDeadlineExceeded"
    if progress is not None and expired and not _is_of_another(progress, snapshot, candidate):
        return Standing("degraded", "the progress deadline is exceeded", done=False, failed=True)
    # A pause holds back the template's first pod and the replacement of the old ones; it holds back neither scaling nor readiness.
    if workload.paused and (candidate is None or workload.current > workload.updated or expired):
        updated = f"{count(workload.updated, workload.desired, 'new replica')} {have(workload.desired)} been updated"
        return progressing(_lacking(workload) or updated)
    lacking = _lacking(workload)
    if expired and not lacking:
        lacking = "an earlier revision exceeded its progress deadline and the controller has not judged this one yet"
    return progressing(lacking) if lacking else complete()


def _lacking(workload: Workload) -> str:
    if workload.updated < workload.desired:
        return f"{count(workload.updated, workload.desired, 'new replica')} {have(workload.desired)} been updated"
    if workload.current > workload.updated:
        old = workload.current - workload.updated
        return f"{some(old, 'old replica')} {are(old)} pending termination"
    if workload.available < workload.updated:
        return f"{count(workload.available, workload.updated, 'updated replica')} {are(workload.updated)} available"
    return ""


def _is_of_another(progress: Condition, snapshot: Snapshot, candidate: Revision | None) -> bool:
    return any(revision != candidate and f'"{revision.name}"' in progress.message for revision in snapshot.revisions)


def _pace(workload: Workload) -> Pace:
    total = workload.desired
    if not total:
        return Pace()
    if workload.update_type == "Recreate":
        stop = "its only pod stops" if total == 1 else f"all {total} pods stop"
        return Pace(f"{stop} before the first new one starts (strategy Recreate)")
    surge, unavailable = limit_of(workload, "maxSurge"), limit_of(workload, "maxUnavailable")
    bounds = resolve(KIND, total, surge=surge, unavailable=unavailable)
    more = f"up to {some(bounds.surge, 'pod')} more (maxSurge {spelled(surge, '25%')})"
    fewer = f"{bounds.unavailable} fewer (maxUnavailable {spelled(unavailable, '25%')})"
    return Pace(f"{more} and {fewer} than {total} at a time", about(workload, bounds.warning))


KIND = Kind(
    resource=DEPLOYMENT,
    read=_read,
    strategy_field="strategy",
    has_deadline=True,
    update_types=("RollingUpdate", "Recreate"),
    has_sides=True,
    has_bare_lease=True,
    lends="limits",
    pauses=True,
    goes_first=_goes_first,
    revisions=REPLICA_SET,
    read_revision=_revision,
    through_revisions=True,
    chosen=_oldest,
    told_number=_told_number,
    keeps_former_numbers=True,
    limits=("maxSurge", "maxUnavailable"),
    default_limits=(Amount(25, percent=True), Amount(25, percent=True)),
    proposed_limits={"maxSurge": 1, "maxUnavailable": 0},
    refuse_limits=refuse_both_zero,
    leaves_no_old_pods=True,
    completion=_completion,
    pace=_pace,
)
