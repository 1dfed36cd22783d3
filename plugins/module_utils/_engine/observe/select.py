# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which workloads a task is about, and what the cluster shows of them at its beginning."""

from __future__ import annotations

from collections.abc import Mapping

from ..._domain.base.errors import NotFoundError
from ..._domain.base.objects import Ref, ref_of
from ..._domain.base.ports import Cluster
from ..._domain.request import Selection, Target
from ..._domain.workloads.workload import Snapshot
from .namesakes import missing
from .workloads import Observer


def select(selection: Selection, cluster: Cluster) -> tuple[Target, ...]:
    """The workloads that are named, or that the labels find now; sorted. Raises `NotFoundError` when the labels find none."""
    if not selection.resources:
        return selection.targets
    found = [
        Target(resource, ref_of(item))
        for resource in selection.resources
        for item in cluster.list(resource, selection.namespace, labels=selection.labels).items
    ]
    if not found and not selection.may_be_empty:
        kinds = " or ".join(resource.kind for resource in selection.resources)
        where = f"namespace {selection.namespace}" if selection.namespace else "any namespace"
        raise NotFoundError(
            f"No {kinds} in {where} has the labels {selection.labels}; correct them, or set allow_empty: true where that may be.",
            status=404,
        )
    return tuple(sorted(found, key=lambda target: target.ref))


def is_everywhere(selection: Selection) -> bool:
    """The whole cluster is searched, so that it is watched as a whole too: one request a kind, not one a namespace."""
    return bool(selection.resources) and not selection.namespace


def present(observer: Observer, targets: tuple[Target, ...], selection: Selection, cluster: Cluster) -> Mapping[Ref, Snapshot]:
    """What there is of each workload, without those that are missing and may be. Raises `NotFoundError` for others that are missing."""
    snapshots = {target.ref: observer.snapshot(target.ref) for target in targets}
    gone = [ref for ref, snapshot in snapshots.items() if snapshot.workload is None]
    if gone and not selection.may_be_empty:
        what = missing(gone[0], cluster) if len(gone) == 1 else f"{', '.join(map(str, gone))} do not exist"
        raise NotFoundError(f"{what}; correct kind, name and namespace.", status=404)
    return {ref: snapshot for ref, snapshot in snapshots.items() if snapshot.workload is not None}
