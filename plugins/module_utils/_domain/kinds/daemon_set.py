# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the code knows of DaemonSets."""

from __future__ import annotations

from ..base.errors import InputError
from ..base.objects import JsonObject, mapping, number, texts
from ..base.resources import CONTROLLER_REVISION, DAEMON_SET
from ..workloads.completion import Standing, are, complete, count, have, progressing, some
from ..workloads.kind import Kind
from ..workloads.pace import Pace, has_host_ports, limit_of, spelled
from ..workloads.replicas import Amount, refuse_both_zero, refuse_more_than_all, resolve
from ..workloads.revisions import as_revision
from ..workloads.workload import REVISION_HASH, Counts, Revision, Snapshot, Workload


def _read(obj: JsonObject) -> Workload:
    """It has no replicas: its status says on how many nodes it shall run."""
    status = mapping(obj, "status")
    counts = Counts(
        desired=number(status, "desiredNumberScheduled"),
        current=number(status, "currentNumberScheduled"),
        updated=number(status, "updatedNumberScheduled"),
        ready=number(status, "numberReady"),
        available=number(status, "numberAvailable"),
    )
    return Workload.read(obj, KIND, counts)


def _revision(obj: JsonObject) -> Revision:
    """Its pods are labelled with the revision's hash alone."""
    own = texts(obj, "metadata", "labels").get(REVISION_HASH, "")
    return as_revision(obj, number(obj, "revision"), own, mapping(obj, "data", "spec", "template"))


def _goes_first(workload: Workload) -> bool:
    return workload.update_type == "OnDelete" or workload.limits.get("maxSurge") in (None, 0, "0%")


def _completion(snapshot: Snapshot, workload: Workload) -> Standing:
    del snapshot
    if workload.updated < workload.desired:
        return progressing(f"{count(workload.updated, workload.desired, 'new pod')} {have(workload.desired)} been updated")
    if workload.available < workload.desired:
        return progressing(f"{count(workload.available, workload.desired, 'updated pod')} {are(workload.desired)} available")
    return complete()


def _refuse_limits(surge: Amount, unavailable: Amount) -> None:
    refuse_both_zero(surge, unavailable)
    if surge.value and unavailable.value:
        raise InputError(
            "max_surge and max_unavailable of a DaemonSet are both above 0 (max_unavailable is 1 where it is not set), which Kubernetes "
            "refuses: set one of them to 0."
        )
    refuse_more_than_all("max_surge", surge)


def _pace(workload: Workload) -> Pace:
    total = workload.desired
    if workload.update_type != "RollingUpdate":
        return Pace()
    if not total:
        return Pace("no node takes its pods")
    surge, unavailable = limit_of(workload, "maxSurge"), limit_of(workload, "maxUnavailable")
    bounds = resolve(KIND, total, surge=surge, unavailable=unavailable)
    if bounds.surge:
        nodes = f"{min(bounds.surge, total)} of {some(total, 'node')} at a time"
        taken = f"{workload.ref}: with maxSurge the new pod starts beside the old one, and finds its hostPort taken: set maxSurge to 0."
        warning = taken if has_host_ports(workload) else ""
        return Pace(f"{nodes}, where the new pod starts beside the old one (maxSurge {surge})", warning)
    written = spelled(unavailable, "1")
    share = f" (maxUnavailable {written})" if written != str(bounds.unavailable) else ""
    sentence = f"{bounds.unavailable} of {some(total, 'node')} at a time{share}"
    if total > 1:
        return Pace(sentence)
    if has_host_ports(workload):
        return Pace(f"{sentence}: no pod runs on the node while it is replaced, as hostPort allows no second one beside it", gap=True)
    return Pace(f"{sentence}: no pod runs on the node while it is replaced; maxSurge: 1 with maxUnavailable: 0 avoids that", gap=True)


KIND = Kind(
    resource=DAEMON_SET,
    read=_read,
    strategy_field="updateStrategy",
    update_types=("RollingUpdate", "OnDelete"),
    lends="strategy",
    per_node=True,
    goes_first=_goes_first,
    revisions=CONTROLLER_REVISION,
    read_revision=_revision,
    limits=("maxSurge", "maxUnavailable"),
    default_limits=(Amount(0), Amount(1)),
    unavailable_rounds_up=True,
    proposed_limits={"maxUnavailable": 1},
    refuse_limits=_refuse_limits,
    completion=_completion,
    pace=_pace,
)
