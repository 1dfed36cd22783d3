# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a canary remembers in its claim, and what the cluster shows of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Self

from ..base.objects import JsonObject, JsonValue, Ref, items, mapping, number, text
from ..leases.claim import Claim
from ..ownership.formers import Former
from ..ownership.owners import unrestarted
from ..sides.colours import fingerprint
from ..traffic.scenes import Scene
from ..workloads.completion import standing
from ..workloads.revisions import candidate_of, is_of
from ..workloads.shares import Share
from ..workloads.workload import Pod, Revision, Snapshot, Workload
from .parking import Bounds, bounds_of
from .routing import Routing

CANARY = "canary"
"""The strategy's name."""
RELEASED, RESTORED = "released", "restored"
"""When the Deployment had its own fields back and we owned them no more, in a claim: after the promotion, and after the way back."""
Whose = Literal["candidate", "stable", "former", "other"]
"""Whose template the Deployment has now. `former`: that of a candidate which another one has superseded."""


@dataclass(frozen=True, kw_only=True)
class Canary:
    """One canary on its way, of one Deployment."""

    ref: Ref
    wanted: str
    """The fingerprint of the candidate's template."""
    base: str = ""
    """That of the template which serves; empty where there was none, so that there is nothing to hold and no way back."""
    stable: str = ""
    """The name of the ReplicaSet that serves."""
    shares: tuple[Share, ...] = ()
    """The steps before the promotion; none where there is no pod to watch."""
    least: int = 1
    """How many pods run the candidate at least."""
    former: tuple[str, ...] = ()
    """The fingerprints of candidates that this one has superseded."""
    own: Mapping[str, JsonValue] = field(default_factory=dict)
    """The fields of the Deployment that are changed on the way, as they were before."""
    after: Mapping[str, JsonValue] = field(default_factory=dict)
    """The same as they shall be once the candidate is promoted."""
    owners: tuple[Former, ...] = ()
    """Who owned them before."""
    heirs: tuple[Former, ...] = ()
    """Who shall own them once the candidate is promoted."""
    routing: Routing | None = None
    """The Services of both versions, where routes divide the requests; None where each pod gets an equal part of them."""

    @classmethod
    def of(cls, claim: Claim, namespace: str) -> Self:
        """From a claim."""
        kind, _slash, name = claim.objects[0].partition("/")
        wanted, known = claim.wanted, claim.known
        return cls(
            ref=Ref(kind, namespace, name),
            wanted=text(wanted, "template"),
            base=text(known, "template"),
            stable=text(known, "stable"),
            shares=tuple(Share.of(entry) for entry in items(wanted, "steps")),
            least=number(wanted, "min_replicas", default=1),
            former=tuple(text(known, "former").split()),
            own=dict(mapping(known, "fields")),
            after=dict(mapping(wanted, "fields")),
            routing=Routing.of(mapping(wanted, "routing"), mapping(known, "routing")),
            owners=tuple(Former.of(entry) for entry in items(known, "owners")),
            heirs=tuple(Former.of(entry) for entry in items(wanted, "owners")),
        )

    def brings(self) -> dict[str, JsonValue]:
        """What the claim says that it shall bring."""
        steps: list[JsonValue] = [share.plain() for share in self.shares]
        heirs: list[JsonValue] = [former.plain() for former in self.heirs]
        found: dict[str, JsonValue] = {
            "template": self.wanted,
            "steps": steps,
            "min_replicas": self.least,
            "fields": dict(self.after),
            "owners": heirs,
        }
        return found if self.routing is None else {**found, "routing": self.routing.brings()}

    def found(self) -> dict[str, JsonValue]:
        """What the claim says that was there before."""
        owners: list[JsonValue] = [former.plain() for former in self.owners]
        found: dict[str, JsonValue] = {
            "template": self.base,
            "stable": self.stable,
            "former": " ".join(self.former),
            "fields": dict(self.own),
            "owners": owners,
        }
        return found if self.routing is None else {**found, "routing": self.routing.found()}

    def pods(self, share: Share, total: int) -> int:
        """How many of `total` pods run the candidate in a step. With routes they come besides all stable ones, at least as many as
        their part of the requests needs."""
        if self.routing is None:
            return share.candidates(total, self.least)
        wanted = share.replicas if share.replicas is not None else -(-total * (share.weight or 0) // 100)
        return max(1, min(max(wanted, self.least), total))

    def whose(self, template: JsonObject) -> Whose:
        """Whose a template is; a restart by kubectl does not count."""
        prints = {fingerprint(template), fingerprint(unrestarted(template))}
        if self.wanted in prints:
            return "candidate"
        if self.base in prints:
            return "stable"
        return "former" if prints & set(self.former) else "other"


@dataclass(frozen=True)
class Sight:
    """What the cluster shows of a canary's Deployment at one moment."""

    workload: Workload
    snapshot: Snapshot
    whose: Whose
    parked: bool
    bounds: Bounds
    candidate: Revision | None
    stable: Revision | None
    new: tuple[Pod, ...]
    """The pods of the candidate that are not on their way out."""
    settled: int
    """How many of them have been ready for as long as the Deployment's own minReadySeconds say."""
    soon: float | None
    """Seconds until another one has."""
    others: int
    """Pods of neither version."""

    @property
    def total(self) -> int:
        """How many pods the Deployment asks for."""
        return self.workload.desired

    @property
    def old(self) -> int:
        """How many pods the stable ReplicaSet asks for."""
        return self.stable.asked if self.stable is not None else 0

    @property
    def is_whole(self) -> bool:
        """The stable version has all its pods, and no other version has any."""
        return self.whose == "stable" and standing(self.snapshot).done


def sight_of(canary: Canary, scene: Scene) -> Sight | None:
    """What is there; None where the Deployment does not exist."""
    snapshot = scene.snapshot(canary.ref.name)
    workload = snapshot.workload
    if workload is None:
        return None
    whose = canary.whose(workload.template)
    stable = next((revision for revision in snapshot.revisions if revision.name == canary.stable), None)
    candidate = _candidate(canary, snapshot, whose)
    there = [pod for pod in snapshot.pods if not pod.terminating]
    new = tuple(pod for pod in there if candidate is not None and is_of(pod, candidate))
    old = sum(1 for pod in there if stable is not None and is_of(pod, stable))
    waits = [_left(pod, number({"seconds": canary.after.get("minReadySeconds")}, "seconds"), scene.now) for pod in new]
    settled = [left for left in waits if left == 0]
    coming = [left for left in waits if left]
    return Sight(
        workload=workload,
        snapshot=snapshot,
        whose=whose,
        parked=workload.held,
        bounds=bounds_of(workload),
        candidate=candidate,
        stable=stable,
        new=new,
        settled=len(settled),
        soon=min(coming) if coming else None,
        others=len(there) - len(new) - old,
    )


def candidate_name(canary: Canary, scene: Scene) -> str:
    """The name of the candidate's ReplicaSet; empty before it is made."""
    sight = sight_of(canary, scene)
    return sight.candidate.name if sight is not None and sight.candidate is not None else ""


def serving(canary: Canary, scene: Scene) -> tuple[int, int]:
    """How many pods of the stable version, and of the candidate, are ready."""
    sight = sight_of(canary, scene)
    if sight is None:
        return 0, 0
    ready = [pod for pod in sight.snapshot.pods if pod.ready and not pod.terminating]
    return (
        sum(1 for pod in ready if sight.stable is not None and is_of(pod, sight.stable)),
        sum(1 for pod in ready if sight.candidate is not None and is_of(pod, sight.candidate)),
    )


def _candidate(canary: Canary, snapshot: Snapshot, whose: Whose) -> Revision | None:
    """The candidate's ReplicaSet: that of the present template, else the newest one that has the candidate's."""
    if whose == "candidate":
        return candidate_of(snapshot)
    fitting = [revision for revision in snapshot.revisions if canary.whose(revision.template) == "candidate"]
    return fitting[-1] if fitting else None


def _left(pod: Pod, seconds: int, now: datetime | None) -> float | None:
    """Seconds until a pod has been ready for long enough: 0 when it has, None while it is not ready."""
    if not pod.ready:
        return None
    if not seconds or now is None or pod.ready_since is None:
        return 0.0
    return max(0.0, (pod.ready_since + timedelta(seconds=seconds) - now).total_seconds())
