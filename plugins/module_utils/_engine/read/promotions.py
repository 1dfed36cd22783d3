# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The history of an application that blue/green rolls out: its promotions, whose templates the ReplicaSets of its colours keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..._domain.base.errors import ForbiddenError, InputError
from ..._domain.base.objects import Ref, moment
from ..._domain.base.resources import DEPLOYMENT
from ..._domain.history import Entry, config_of
from ..._domain.request import HistoryRequest
from ..._domain.sides.claims import Promotion, Settings, history_of
from ..._domain.sides.colours import deployments_of
from ..._domain.workloads.completion import standing
from ..._domain.workloads.workload import Revision, Snapshot
from ..hold.lock import read_lease
from ..observe.workloads import Observer
from ..outside.surroundings import Surroundings
from ..tell.outcome import Coloured, Outcome, Rollout


def is_blue_green(namespace: str, application: str, outside: Surroundings) -> bool:
    """The application is rolled out by blue/green, as its Lease tells; without the right to read that it counts as not."""
    try:
        return Settings.of(read_lease(outside, namespace, application)) is not None
    except ForbiddenError:
        return False


def history(request: HistoryRequest, namespace: str, application: str, outside: Surroundings) -> Outcome:
    """The promotions of an application. Raises `InputError` for a number that it does not have, `ClusterError` when it cannot be read."""
    promotions = history_of(read_lease(outside, namespace, application))
    workloads = sorted({name for promotion in promotions for name in promotion.parts})
    refs = {name: Ref(DEPLOYMENT.kind, namespace, name) for workload in workloads for name in deployments_of(workload)}
    with Observer(outside.cluster, refs.values(), follow=False) as observer:
        snapshots = {name: observer.snapshot(ref) for name, ref in refs.items()}
    if observer.warnings:
        raise ForbiddenError(observer.warnings[0], status=403)
    found = (_rollout(request, workload, namespace, promotions, snapshots) for workload in workloads)
    return Outcome(changed=False, rollouts=tuple(replace(rollout, seen=outside.cluster.now()) for rollout in found))


def _rollout(
    request: HistoryRequest, workload: str, namespace: str, promotions: tuple[Promotion, ...], snapshots: Mapping[str, Snapshot]
) -> Rollout:
    found = tuple(
        _entry(promotion, workload, snapshots, current=promotion is promotions[-1])
        for promotion in promotions
        if workload in promotion.parts
    )
    live = found[-1].revision
    deployment = promotions[-1].parts[workload][0]
    snapshot = snapshots.get(deployment, Snapshot(None))
    chosen = _numbered(found, workload, request.revision) if request.revision is not None else None
    earlier = _numbered(found, workload, request.compare_to) if request.compare_to is not None else None
    return Rollout(
        ref=Ref(DEPLOYMENT.kind, namespace, deployment),
        phase=standing(snapshot).phase,
        strategy="blue_green",
        snapshot=snapshot,
        message=standing(snapshot).message,
        stable=live,
        candidate=live,
        history=found,
        chosen=chosen,
        compared=(earlier, chosen or live) if earlier is not None else None,
        coloured=Coloured(workload=workload, stable=deployment, candidate=deployment, selectors={}, replicas={}),
    )


def _numbered(found: tuple[Entry, ...], workload: str, number: int) -> Revision:
    entry = next((entry for entry in found if entry.revision.number == number), None)
    if entry is None:
        listed = ", ".join(str(entry.revision.number) for entry in found)
        raise InputError(f"{workload} has no promotion {number}; it has {listed}. history_info shows them.")
    return entry.revision


def _entry(promotion: Promotion, workload: str, snapshots: Mapping[str, Snapshot], *, current: bool) -> Entry:
    """A promotion as an entry of a history; where its ReplicaSet is gone only what the Lease remembers is known."""
    deployment, its_hash = promotion.parts[workload]
    kept = next((entry for entry in snapshots.get(deployment, Snapshot(None)).revisions if entry.hash == its_hash), None)
    if kept is None:
        kept = Revision(name="", uid="", number=promotion.number, hash=its_hash, template={}, change_cause="", created=None)
    since = moment({"at": promotion.at}, "at") or kept.created
    revision = replace(kept, number=promotion.number, change_cause=promotion.cause, created=since, former=())
    return Entry(
        revision=revision,
        config=config_of(revision.template),
        running=current or kept.replicas > 0,
        current=current,
        replicas=kept.replicas,
        ready=kept.ready,
    )
