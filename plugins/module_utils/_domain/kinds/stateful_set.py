# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the code knows of StatefulSets.

Where the rule of completion deviates from `kubectl rollout status`, each time on the side of "not done":

- minReadySeconds count: availableReplicas is read as well as readyReplicas.
- With a partition it is told from the pods, where they are seen: those from the partition on are of the wanted revision and ready.
  kubectl compares counts, and after a way back the pods below the partition make up the number of those above it.
"""

from __future__ import annotations

from ..base.errors import InputError
from ..base.objects import JsonObject, mapping, number, text
from ..base.resources import CONTROLLER_REVISION, STATEFUL_SET
from ..workloads.completion import Standing, are, complete, count, have, progressing, some
from ..workloads.kind import Kind
from ..workloads.pace import Pace, about, left_behind, limit_of, pod_at
from ..workloads.replicas import Amount, resolve
from ..workloads.revisions import as_revision, candidate_of, is_of
from ..workloads.workload import Counts, Revision, Snapshot, Workload


def _read(obj: JsonObject) -> Workload:
    return Workload.read(obj, KIND, Counts.of_replicas(obj))


def _revision(obj: JsonObject) -> Revision:
    """Its pods are labelled with the revision's whole name."""
    return as_revision(obj, number(obj, "revision"), text(obj, "metadata", "name"), mapping(obj, "data", "spec", "template"))


def _goes_first(workload: Workload) -> bool:
    """No second pod can have the same name."""
    del workload
    return True


def _completion(snapshot: Snapshot, workload: Workload) -> Standing:
    if workload.ready < workload.desired:
        return progressing(f"{count(workload.ready, workload.desired, 'pod')} {are(workload.desired)} ready")
    # The API fills in partition 0; None is an object without `rollingUpdate`, for which only the revisions tell.
    target = workload.desired - (workload.partition or 0)
    updated = min(workload.updated, _updated_from(snapshot, workload)) if workload.partition else workload.updated
    if workload.partition is not None and updated < target:
        return progressing(f"{count(updated, target, 'new pod')} {have(target)} been updated")
    if workload.partition is None and workload.update_revision != workload.current_revision:
        return progressing(f"{some(workload.updated, 'pod')} {are(workload.updated)} at revision {workload.update_revision}")
    if workload.available < workload.desired:
        return progressing(f"{count(workload.available, workload.desired, 'pod')} {are(workload.desired)} available")
    return complete(f"partitioned rollout complete: {some(workload.updated, 'new pod')} updated" if workload.partition else "")


def _updated_from(snapshot: Snapshot, workload: Workload) -> int:
    """How many pods from the partition on are of the wanted revision and ready; what the controller counts where no pods are seen."""
    candidate = candidate_of(snapshot)
    if candidate is None or not snapshot.pods:
        return workload.updated
    first = workload.first_ordinal
    moved = range(first + (workload.partition or 0), first + workload.desired)
    return sum(1 for pod in snapshot.pods if pod.ordinal in moved and pod.ready and not pod.terminating and is_of(pod, candidate))


def _refuse_limits(surge: Amount, unavailable: Amount) -> None:
    del surge  # There is none.
    if unavailable.value == 0:
        raise InputError("max_unavailable of a StatefulSet is 0, so that no pod could ever be replaced: set at least 1.")


def _pace(workload: Workload) -> Pace:
    total, partition = workload.desired, workload.partition or 0
    if not total or workload.update_type != "RollingUpdate":
        return Pace()
    if partition >= total:
        return Pace(f"nothing is updated: {left_behind(workload)} (partition {partition})")
    given = limit_of(workload, "maxUnavailable")
    bounds = resolve(KIND, total, unavailable=given)
    several = bounds.unavailable > 1
    at_a_time = f"up to {bounds.unavailable} pods at a time (maxUnavailable {given})" if several else "one pod at a time"
    highest, lowest = pod_at(workload, total - 1), pod_at(workload, partition)
    if total == 1:
        sentence = f"its only pod {highest} stops before the new one starts"
    elif highest == lowest:
        sentence = f"only {highest} is replaced (partition {partition})"
    else:
        sentence = f"{at_a_time}, from {highest} down to {lowest}{f' (partition {partition})' if partition else ''}"
    kept = left_behind(workload)
    return Pace(f"{sentence}: {kept}" if kept else sentence, about(workload, bounds.warning))


KIND = Kind(
    resource=STATEFUL_SET,
    read=_read,
    strategy_field="updateStrategy",
    fixed_fields=("selector", "serviceName", "podManagementPolicy", "volumeClaimTemplates"),
    update_types=("RollingUpdate", "OnDelete"),
    lends="strategy",
    keeps_ordinals=True,
    needs_repair=True,
    goes_first=_goes_first,
    revisions=CONTROLLER_REVISION,
    read_revision=_revision,
    names_revisions=True,
    least_observed=1,
    limits=("maxUnavailable", "partition"),
    default_limits=(Amount(0), Amount(1)),
    unavailable_gate="MaxUnavailableStatefulSet",
    proposed_limits={"maxUnavailable": 1},
    refuse_limits=_refuse_limits,
    completion=_completion,
    pace=_pace,
)
