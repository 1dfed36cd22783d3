# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the cluster showed at one moment of an application with two sides: Deployments, Services, endpoints, autoscalers, budgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import inf

from ..base.objects import JsonObject, JsonValue, Ref, at, items, mapping, ref_of, text, texts
from ..base.resources import Resource
from ..kinds import TWO_SIDED
from ..workloads.workload import Snapshot, Workload
from .services import Backend, Endpoint, Selector, Service, picked, picks


@dataclass(frozen=True)
class Autoscaler:
    """A HorizontalPodAutoscaler of a Deployment."""

    ref: Ref
    target: JsonObject
    """spec.scaleTargetRef as it stands."""
    deployment: str
    """The name of the Deployment that it scales; empty where it scales something else."""
    scaled_object: str
    """The name of KEDA's ScaledObject that makes it, else empty."""

    @classmethod
    def of(cls, obj: JsonObject) -> Autoscaler:
        """From a HorizontalPodAutoscaler."""
        target = mapping(obj, "spec", "scaleTargetRef")
        owner = next((entry for entry in items(obj, "metadata", "ownerReferences") if text(entry, "kind") == "ScaledObject"), None)
        return cls(
            ref=ref_of({**obj, "kind": "HorizontalPodAutoscaler"}),
            target=target,
            deployment=text(target, "name") if text(target, "kind") in TWO_SIDED else "",
            scaled_object=text(owner, "name") if owner is not None else "",
        )


def least_field(scaled_object: JsonObject) -> str:
    """The field of a ScaledObject that says to how many pods KEDA scales down; 0 where it is not given."""
    return "idleReplicaCount" if at(scaled_object, "spec", "idleReplicaCount") is not None else "minReplicaCount"


@dataclass(frozen=True)
class Budget:
    """A PodDisruptionBudget."""

    ref: Ref
    selector: JsonObject
    """spec.selector as it stands."""

    @classmethod
    def of(cls, obj: JsonObject) -> Budget:
        """From a PodDisruptionBudget."""
        return cls(ref_of({**obj, "kind": "PodDisruptionBudget"}), mapping(obj, "spec", "selector"))

    @property
    def labels(self) -> Selector:
        """The part of its selector that names labels and values."""
        return texts(self.selector, "matchLabels")

    def counts(self, labels: Selector) -> bool:
        """It counts a pod with these labels. Unlike a Service's, an empty selector picks every pod."""
        chosen = self.labels
        if chosen and not picks(chosen, labels):
            return False
        return all(_holds(expression, labels) for expression in items(self.selector, "matchExpressions"))


def _holds(expression: JsonObject, labels: Selector) -> bool:
    key, operator = text(expression, "key"), text(expression, "operator")
    values = _strings(at(expression, "values"))
    if operator == "In":
        return labels.get(key) in values
    if operator == "NotIn":
        return labels.get(key) not in values
    return (key in labels) is (operator == "Exists")


def _strings(value: JsonValue) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, Sequence) and not isinstance(value, str) else ()


DRAIN_SECONDS = 2.0
"""How long pods stay whole after a Service was pointed elsewhere and its EndpointSlices follow: the nodes send new connections to them
until kube-proxy has taken that over. It does so at most once a second (minSyncPeriod, 1 s by default, in its iptables and nftables
modes), so what it missed by a moment is there a second later; the other second is for the work itself. An ended pod is no way out: its
preStop hook, where it has one, covers the same time."""


SWITCHED = "switched"
"""What a claim calls the moment in which the traffic had moved."""


@dataclass(frozen=True)
class View:
    """What of a namespace a rollout looks at."""

    deployments: tuple[str, ...]
    services: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    """Those of the Services that need not be there."""
    traffic: bool = False
    """Also where requests go: all Services and pods of the namespace, EndpointSlices, autoscalers and budgets."""
    routes: tuple[tuple[Resource, str], ...] = ()
    """The routes, by kind and name."""


@dataclass(frozen=True)
class Scene:
    """One moment of one namespace. Deployments that do not exist are not in it."""

    deployments: Mapping[str, Snapshot] = field(default_factory=dict)
    services: Mapping[str, Service] = field(default_factory=dict)
    """All of the namespace, by name."""
    backends: tuple[Backend, ...] = ()
    endpoints: Mapping[str, tuple[Endpoint, ...]] = field(default_factory=dict)
    """What the EndpointSlices of the Services of this rollout hold."""
    routes: Mapping[Ref, JsonObject] = field(default_factory=dict)
    """The routes of this rollout that are there."""
    autoscalers: tuple[Autoscaler, ...] = ()
    budgets: tuple[Budget, ...] = ()
    since: Mapping[str, float] = field(default_factory=dict)
    """Seconds since something had happened that the claim remembers, by its name there."""
    since_turn: float = inf
    """Seconds since this task has pointed a Service elsewhere, forward or back; infinite if it has not."""
    now: datetime | None = None
    """The server's clock; None where nobody asks it."""

    @property
    def since_switch(self) -> float:
        """Seconds since the traffic has moved for good: since the promotion. 0 before."""
        return self.since.get(SWITCHED, 0.0)

    def workload(self, deployment: str) -> Workload | None:
        """A Deployment's spec and status; None when it does not exist."""
        found = self.deployments.get(deployment)
        return found.workload if found is not None else None

    def snapshot(self, deployment: str) -> Snapshot:
        """A Deployment with its revisions and pods; an empty one when it does not exist."""
        return self.deployments.get(deployment, Snapshot(None))

    def desired(self, deployment: str) -> int:
        """How many replicas a Deployment asks for; 0 when it does not exist."""
        workload = self.workload(deployment)
        return workload.desired if workload is not None else 0

    def pods_of(self, deployment: str) -> tuple[Backend, ...]:
        """The pods of a Deployment, also those on their way out."""
        return tuple(backend for backend in self.backends if backend.application == f"Deployment {deployment}" and not backend.ended)

    def ready(self, selector: Selector) -> int:
        """How many ready pods a selector picks."""
        return sum(1 for backend in picked(selector, self.backends) if backend.ready)

    def serving(self, service: str) -> int:
        """How many endpoints of a Service of this rollout get requests."""
        return sum(1 for endpoint in self.endpoints.get(service, ()) if endpoint.ready)

    def scales(self, deployment: str) -> Autoscaler | None:
        """The autoscaler of a Deployment."""
        return next((entry for entry in self.autoscalers if entry.deployment == deployment), None)
