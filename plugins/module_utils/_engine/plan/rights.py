# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking the cluster, before the first write, for the rights that only later writes need: a dry run of the first one does not tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..._domain.base.errors import ClusterError, ForbiddenError
from ..._domain.base.objects import JsonObject, Ref, at
from ..._domain.base.ports import Cluster
from ..._domain.base.resources import ACCESS_REVIEW, DEPLOYMENT, JOB, POD, Resource
from ..._domain.gates.gate import Gate, JobRun
from ..._domain.ownership.owners import APPLY_MANAGER
from ..._domain.sides.claims import SidesClaim
from ..._strategies.foreseen import Foreseen
from ..outside.gates import Gates
from ..outside.parallel import side_by_side
from .plan import Plan


@dataclass(frozen=True)
class Need:
    """A right on one object, or on all of a kind in a namespace where the object's name is not known yet."""

    verb: str
    resource: Resource
    namespace: str
    name: str = ""
    subresource: str = ""

    def __str__(self) -> str:
        plural = "/".join(part for part in (self.resource.plural, self.subresource) if part)
        return f"{self.verb} {plural}{f' {self.name}' if self.name else ''} in namespace {self.namespace}"

    def review(self) -> JsonObject:
        """The question in the API's form."""
        attributes = {
            "verb": self.verb,
            "group": self.resource.group,
            "resource": self.resource.plural,
            "subresource": self.subresource,
            "namespace": self.namespace,
            "name": self.name,
        }
        return {"metadata": {}, "spec": {"resourceAttributes": {key: value for key, value in attributes.items() if value}}}


def demand_rights(needs: Iterable[Need], cluster: Cluster) -> None:
    """Raise `ForbiddenError` with all that is missing. Where the cluster does not answer the question, the writes themselves tell."""
    wanted = list(dict.fromkeys(needs))
    allowed = side_by_side(lambda need: _allowed(need, cluster), wanted)
    missing = [str(need) for need, may in zip(wanted, allowed, strict=True) if not may]
    if missing:
        raise ForbiddenError(
            f"The user may not {', '.join(missing)}, which this rollout needs later on; nothing was written. "
            "A Role with these verbs and a RoleBinding to the user are missing."
        )


def for_pods(plan: Plan) -> Iterator[Need]:
    """What steps need that delete or evict pods."""
    for entry in plan.targets:
        for step in entry.steps:
            pods = step.replacement
            if pods is None or not entry.is_pending(step) or (pods.why is not None and not pods.due(entry.before)):
                continue
            place = entry.target.ref.namespace
            yield Need("create", POD, place, subresource="eviction") if pods.evicts else Need("delete", POD, place)


def for_later_writes(plan: Plan) -> Iterator[Need]:
    """What later steps need that write, where the first one has nothing to write, so that no dry run has told."""
    for entry in plan.targets:
        later = (step for step in entry.steps[1:] if step.write is not None and entry.is_pending(step))
        if not entry.write.changed and any(later):
            yield Need("patch", entry.target.resource, entry.target.ref.namespace, entry.target.ref.name)


def for_gates(gates: Iterable[Gate], namespace: str) -> Iterator[Need]:
    """What gates need that run a Job."""
    for source in (gate.source for gate in gates):
        if isinstance(source, JobRun):
            yield from (Need(verb, JOB, source.namespace or namespace) for verb in ("create", "patch", "delete", "list", "watch"))


def for_steps(plan: Plan, gates: Gates) -> Iterator[Need]:
    """What the gates need that are measured after steps which are still to be taken."""
    for entry in plan.targets:
        for step in entry.steps:
            if step.gates != "none" and entry.is_pending(step):
                yield from for_gates(gates.at(step.name), entry.target.ref.namespace)


def for_sides(claim: SidesClaim, changes: Iterable[Foreseen], namespace: str) -> Iterator[Need]:
    """What a blue/green rollout needs, forward or back: its changes, and pausing its Deployments. Each object is read before."""
    paused = (Foreseen(DEPLOYMENT, Ref(DEPLOYMENT.kind, namespace, side.stable), ("spec", "paused")) for side in claim.sides if side.stable)
    for change in (*paused, *changes):
        for verb in ("get", "patch" if change.path else "delete"):
            yield Need(verb, change.resource, namespace, change.ref.name)


def _allowed(need: Need, cluster: Cluster) -> bool:
    try:
        answer = cluster.create(ACCESS_REVIEW, need.review(), manager=APPLY_MANAGER, dry_run=True)
    except ClusterError:
        return True
    return at(answer, "status", "allowed") is not False
