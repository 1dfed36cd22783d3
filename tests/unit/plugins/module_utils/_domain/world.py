# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small namespace in memory, for the properties of blue/green: what its controllers do, and what must hold at every moment.

Nothing happens by itself: the test decides which controller acts next, which pod becomes ready or goes. What is written from outside
goes through `write`, `point` and `remove`, which check what the write would do to those that are served.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from math import inf

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import (
    JsonObject,
    JsonValue,
    Ref,
    at,
    flag,
    mapping,
    number,
    replaced,
    text,
    texts,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.kinds import workload_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.sides.claims import CLAIM, SidesClaim, sides_claim_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.scenes import DRAIN_SECONDS, Autoscaler, Budget, Scene
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.services import Backend, Endpoint, Selector, Service, picks
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.switching import Intent
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import (
    TEMPLATE_HASH,
    Pod,
    Revision,
    Snapshot,
    normal,
)

NAMESPACE = "shop"


@dataclass(frozen=True)
class Running:
    """One pod."""

    name: str
    deployment: str
    uid: str
    """Of its Deployment."""
    hash: str
    labels: Selector
    ready: bool = False
    going: bool = False

    def backend(self) -> Backend:
        ref = Ref("Pod", NAMESPACE, self.name)
        return Backend(ref, self.name, self.labels, frozenset(), f"Deployment {self.deployment}", self.ready, self.going)

    def pod(self) -> Pod:
        return Pod(
            ref=Ref("Pod", NAMESPACE, self.name),
            uid=self.name,
            owner_uid=f"{self.uid}-{self.hash}",
            revision_hash=self.hash,
            phase="Running",
            node="",
            terminating=self.going,
            ready=self.ready,
            ready_since=None,
            conditions=(),
            containers=(),
            deployment=self.deployment,
        )


@dataclass
class World:
    """The objects of the namespace, and the application's Lease."""

    deployments: dict[str, JsonObject] = field(default_factory=dict)
    sets: list[Revision] = field(default_factory=list)
    pods: list[Running] = field(default_factory=list)
    services: dict[str, Selector] = field(default_factory=dict)
    endpoints: dict[str, tuple[Endpoint, ...]] = field(default_factory=dict)
    scalers: dict[str, str] = field(default_factory=dict)
    """What each HorizontalPodAutoscaler scales."""
    budgets: dict[str, JsonObject] = field(default_factory=dict)
    stored: str = ""
    """The claim."""
    intent: Intent = field(default_factory=Intent)
    clock: float = 0
    turned: float = -inf
    """When a Service was pointed elsewhere last."""
    left: dict[str, float] = field(default_factory=dict)
    """When the traffic has left a Deployment."""
    moved: float = 0
    """When the traffic moved."""
    live: frozenset[str] = frozenset()
    """The Services that people use, unlike the previews."""
    first: bool = False
    """Nothing serves yet: then nobody is served by what the Services pick."""
    seen: dict[str, int] = field(default_factory=dict)
    """How many ready pods each Service had when the task looked last."""
    count: int = 0
    trace: list[str] = field(default_factory=list)

    # --- reading --------------------------------------------------------------------------------------------------------------

    @property
    def claim(self) -> SidesClaim:
        found = sides_claim_of({"metadata": {"annotations": {CLAIM: self.stored}}})
        assert found is not None
        return found

    def keep(self, claim: SidesClaim) -> None:
        self.stored = claim.text()

    def service(self, name: str) -> Service:
        ref = Ref("Service", NAMESPACE, name)
        return Service(ref, name, self.services[name], "ClusterIP", headless=False, publishes_unready=False, named_ports=(), deleted=False)

    def backends(self) -> tuple[Backend, ...]:
        return tuple(pod.backend() for pod in self.pods)

    def snapshot(self, name: str) -> Snapshot:
        obj = self.deployments[name]
        uid = text(obj, "metadata", "uid")
        owned = tuple(entry for entry in self.sets if entry.owner_uid == uid)
        return Snapshot(workload_of(obj), owned, tuple(pod.pod() for pod in self.pods if pod.uid == uid))

    def scene(self) -> Scene:
        self.seen = {name: self.ready(selector) for name, selector in self.services.items()}
        return Scene(
            deployments={name: self.snapshot(name) for name in self.deployments},
            services={name: self.service(name) for name in self.services},
            backends=self.backends(),
            endpoints=dict(self.endpoints),
            autoscalers=tuple(
                Autoscaler(Ref("HorizontalPodAutoscaler", NAMESPACE, name), {"kind": "Deployment", "name": target}, target, "")
                for name, target in self.scalers.items()
            ),
            budgets=tuple(Budget(Ref("PodDisruptionBudget", NAMESPACE, name), found) for name, found in self.budgets.items()),
            since={"switched": self.clock - self.moved},
            since_turn=self.clock - self.turned,
        )

    def ready(self, selector: Selector) -> int:
        return sum(1 for pod in self.pods if pod.ready and not pod.going and picks(selector, pod.labels))

    def picked(self, selector: Selector) -> set[str]:
        """The Deployments whose pods a selector picks."""
        return {pod.deployment for pod in self.pods if picks(selector, pod.labels)}

    def leading_to(self, deployment: str) -> list[str]:
        """The Services that pick a pod of a Deployment."""
        return [name for name, selector in self.services.items() if deployment in self.picked(selector)]

    def desired(self, name: str) -> int:
        return number(self.deployments[name], "spec", "replicas", default=1)

    def paused(self, name: str) -> bool:
        return flag(self.deployments[name], "spec", "paused")

    # --- writing --------------------------------------------------------------------------------------------------------------

    def apply(self, manifest: JsonObject) -> None:
        """Server-side apply: what the manifest leaves open keeps its value."""
        name = text(manifest, "metadata", "name")
        live = self.deployments.get(name)
        if live is None:
            self.count += 1
            self._set(name, {**manifest, "metadata": {**mapping(manifest, "metadata"), "uid": f"{name}-{self.count}"}}, 0)
            return
        spec = {**mapping(live, "spec"), **mapping(manifest, "spec")}
        assert self.first or mapping(spec, "template") == mapping(live, "spec", "template") or not self.leading_to(name), (
            f"{name} gets a new template while a Service leads to it"
        )
        self._set(name, {**live, "spec": spec})

    def edit(self, name: str, change: Callable[[JsonObject], JsonObject]) -> None:
        before = self.desired(name)
        found = change(self.deployments[name])
        after = number(found, "spec", "replicas", default=1)
        if after < before:
            self._check_drained(name)
        if after < before and self.leading_to(name):
            side = next(side for side in self.claim.sides if name == side.candidate)
            assert self.claim.switched, "scaled down before the end"
            assert after == side.replicas, f"{name} is scaled down while {self.leading_to(name)} lead to it (R2)"
        self._set(name, found)

    def _set(self, name: str, obj: JsonObject, generation: int | None = None) -> None:
        now = number(obj, "metadata", "generation") if generation is None else generation
        self.deployments[name] = replaced(obj, ("metadata", "generation"), now + 1)

    def remove(self, name: str, uid: str) -> None:
        assert text(self.deployments[name], "metadata", "uid") == uid
        assert not self.leading_to(name), f"{name} is deleted while {self.leading_to(name)} lead to it (R2)"
        self._check_drained(name)
        del self.deployments[name]
        self.sets = [entry for entry in self.sets if entry.owner_uid != uid]

    def point(self, name: str, selector: Selector) -> None:
        """Give a Service another selector."""
        before, after = self.services[name], selector
        if name in self.live and not self.first:
            served = min(self.ready(before), self.seen[name])
            assert self.ready(after) >= served, f"{name} gets {self.ready(after)} instead of {served} ready pods"
            self._check_fit(before, after)
        gone = self.picked(before) - self.picked(after)
        self.left |= dict.fromkeys(gone, self.clock)
        self.turned = self.clock
        self.services[name] = selector

    def _check_drained(self, name: str) -> None:
        """The pods of a Deployment stay until the nodes have followed (R1)."""
        drained = self.clock - self.left.get(name, -inf)
        assert drained >= DRAIN_SECONDS, f"{name} loses its pods {drained:.0f} s after the traffic has left it"

    def _check_fit(self, before: Selector, after: Selector) -> None:
        """Traffic reaches a candidate only when all its pods are ready."""
        reached = self.picked(after) - self.picked(before)
        candidates = {side.candidate for side in self.claim.sides} if not self.claim.back else set()
        for pod in self.pods:
            if pod.deployment in reached & candidates and not pod.going:
                assert pod.ready, f"{pod.name} gets traffic and is not ready"

    # --- what its controllers do ----------------------------------------------------------------------------------------------

    def reconcile(self, name: str) -> None:
        """The controllers of Deployments and ReplicaSets."""
        obj = self.deployments[name]
        uid, desired = text(obj, "metadata", "uid"), self.desired(name)
        new = self._set_of(uid, mapping(obj, "spec", "template"))
        if new is None and not self.paused(name):
            new = self._make_set(name, uid, mapping(obj, "spec", "template"))
        if self.paused(name):
            self._resize(self._active(uid, new), desired)
        elif new is not None:
            self._resize(new, desired)
            self._retire(uid, new, desired)
        mine = [pod for pod in self.pods if pod.uid == uid and not pod.going]
        updated = sum(1 for pod in mine if new is not None and pod.hash == new.hash)
        ready = sum(1 for pod in mine if pod.ready)
        counts: JsonObject = {"replicas": len(mine), "updatedReplicas": updated, "readyReplicas": ready, "availableReplicas": ready}
        self.deployments[name] = {**obj, "status": {**counts, "observedGeneration": number(obj, "metadata", "generation")}}

    def _set_of(self, uid: str, template: JsonObject) -> Revision | None:
        return next((entry for entry in self.sets if entry.owner_uid == uid and entry.normal == normal(template)), None)

    def _make_set(self, name: str, uid: str, template: JsonObject) -> Revision:
        own = hashlib.sha256(json.dumps(normal(template), sort_keys=True).encode()).hexdigest()[:6]
        count = 1 + max((entry.number for entry in self.sets if entry.owner_uid == uid), default=0)
        made = Revision(f"{name}-{own}", f"{uid}-{own}", count, own, normal(template), "", None, owner_uid=uid)
        self.sets.append(made)
        return made

    def _active(self, uid: str, new: Revision | None) -> Revision | None:
        """What a paused Deployment scales: the ReplicaSet that has pods, else the newest one."""
        mine = [entry for entry in self.sets if entry.owner_uid == uid]
        active = [entry for entry in mine if any(pod.uid == uid and pod.hash == entry.hash and not pod.going for pod in self.pods)]
        return next(iter([*active[-1:], *([new] if new else []), *mine[-1:]]), None)

    def _resize(self, chosen: Revision | None, count: int) -> None:
        if chosen is None:
            return
        uid = chosen.owner_uid
        mine = [pod for pod in self.pods if pod.uid == uid and pod.hash == chosen.hash and not pod.going]
        for pod in sorted(mine, key=lambda pod: pod.ready)[: max(0, len(mine) - count)]:
            self.change(pod, going=True)
        for _more in range(count - len(mine)):
            self.count += 1
            labels = {**texts(chosen.template, "metadata", "labels"), TEMPLATE_HASH: chosen.hash}
            deployment = chosen.name.removesuffix(f"-{chosen.hash}")
            self.pods.append(Running(f"{chosen.name}-{self.count}", deployment, uid, chosen.hash, labels))

    def _retire(self, uid: str, new: Revision, desired: int) -> None:
        """Old pods go as new ones are ready: never fewer than are desired."""
        mine = [pod for pod in self.pods if pod.uid == uid and not pod.going]
        spare = sum(1 for pod in mine if pod.ready) - desired
        for pod in [pod for pod in mine if pod.hash != new.hash]:
            if not pod.ready or spare > 0:
                spare -= pod.ready
                self.change(pod, going=True)

    def change(self, pod: Running, *, ready: bool | None = None, going: bool = False) -> None:
        """The pod becomes ready or not, or is on its way out."""
        self.pods[self.pods.index(pod)] = replace(pod, ready=pod.ready if ready is None else ready, going=pod.going or going)

    def collect(self) -> None:
        """The garbage collector."""
        there = {text(obj, "metadata", "uid") for obj in self.deployments.values()}
        for pod in [pod for pod in self.pods if pod.uid not in there and not pod.going]:
            self.change(pod, going=True)

    def follow(self, name: str) -> None:
        """The EndpointSlices of a Service follow."""
        chosen = [pod for pod in self.pods if picks(self.services[name], pod.labels)]
        self.endpoints[name] = tuple(Endpoint(pod.name, pod.name, pod.ready and not pod.going) for pod in chosen)

    def autoscale(self, name: str, count: int) -> None:
        """An autoscaler wants so many replicas; 0 switches it off."""
        target = self.scalers[name]
        if target in self.deployments and self.desired(target):
            self._set(target, replaced(self.deployments[target], ("spec", "replicas"), count))

    def natural(self) -> Iterator[Callable[[], None]]:
        """All that happens in the end."""
        for name in list(self.deployments):
            yield lambda name=name: self.reconcile(name)  # type: ignore[misc]
        yield self.collect
        for pod in list(self.pods):
            if pod.going:
                yield lambda pod=pod: self.pods.remove(pod) if pod in self.pods else None  # type: ignore[misc]
            elif not pod.ready:
                yield lambda pod=pod: self.change(pod, ready=True) if pod in self.pods else None  # type: ignore[misc]
        for name in self.services:
            yield lambda name=name: self.follow(name)  # type: ignore[misc]

    def settle(self) -> None:
        """Everything comes to rest."""
        for _round in range(5):
            for event in list(self.natural()):
                event()

    # --- what must hold at every moment ---------------------------------------------------------------------------------------

    def check(self) -> None:
        for name, selector in self.services.items():
            assert len(self.picked(selector)) < 2, f"Service {name} selects pods of {self.picked(selector)}"
            named = selector.get(TEMPLATE_HASH)
            for entry in self.sets:
                deployment = entry.name.removesuffix(f"-{entry.hash}")
                if entry.hash == named and deployment in self.picked(selector):
                    assert self.paused(deployment), f"Service {name} names a hash of {deployment}, which is not paused"
        for name, counts in self.budgets.items():
            budget = Budget(Ref("PodDisruptionBudget", NAMESPACE, name), counts)
            counted = {pod.deployment for pod in self.pods if budget.counts(pod.labels)}
            assert len(counted) < 2, f"PodDisruptionBudget {name} counts pods of {counted}"


def deployment(name: str, image: str, **spec: JsonValue) -> dict[str, JsonValue]:
    """The manifest of a workload."""
    template: JsonObject = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "app", "image": image}]}}
    whole: dict[str, JsonValue] = {"selector": {"matchLabels": {"app": name}}, "template": template, **spec}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": NAMESPACE}, "spec": whole}


def image_of(obj: JsonObject) -> JsonValue:
    """The image of a Deployment's only container."""
    entries = at(obj, "spec", "template", "spec", "containers")
    assert isinstance(entries, list)
    return at(entries[0], "image")
