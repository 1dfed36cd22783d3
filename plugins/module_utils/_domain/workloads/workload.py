# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Workloads, their revisions and their pods as frozen values: one `Snapshot` is what the cluster showed at one moment.

Each value is read from an API object by its `of`, workloads and revisions by their kind (`kinds.workload_of`, `kinds.revision_of`); rules
about them stand in modules of their own (`completion`, `diagnosis`, `revisions`), so that everything that decides is a pure function of a
snapshot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from ..base.objects import (
    JsonObject,
    JsonValue,
    Ref,
    at,
    containers,
    controller_of,
    flag,
    items,
    mapping,
    moment,
    number,
    ref_of,
    text,
    texts,
    uid_of,
    without,
)

if TYPE_CHECKING:
    from .kind import Kind

CHANGE_CAUSE = "kubernetes.io/change-cause"
REVISION = "deployment.kubernetes.io/revision"
TEMPLATE_HASH = "pod-template-hash"
REVISION_HASH = "controller-revision-hash"
COLOUR = "rollout.kubernetes/colour"
"""The label that tells the pods of blue/green's two sides apart."""
RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
"""kubectl's annotation of the template that makes a restart."""


def plain(template: JsonObject) -> dict[str, JsonValue]:
    """A template as a person would write it: without the hash label, and without the nulls that a ControllerRevision keeps of what
    its controller wrote (creationTimestamp)."""
    found = without(without(template, "metadata", "labels", TEMPLATE_HASH), "$patch")
    return {key: _without_nulls(item) for key, item in found.items() if item is not None}


def normal(template: JsonObject) -> JsonObject:
    """A pod template as the controllers compare it: without the label `pod-template-hash` and empty (null) fields."""
    found = plain(template)
    return found if mapping(found, "metadata", "labels") else without(found, "metadata", "labels")


def _without_nulls(value: JsonValue) -> JsonValue:
    """The value without nulls in it; itself where it has none, so that what was read is not held twice."""
    if isinstance(value, Mapping):
        found = {key: _without_nulls(item) for key, item in value.items() if item is not None}
        return value if len(found) == len(value) and all(found[key] is item for key, item in value.items()) else found
    if isinstance(value, Sequence) and not isinstance(value, str):
        made = [_without_nulls(item) for item in value]
        return value if all(new is item for new, item in zip(made, value, strict=True)) else made
    return value


@dataclass(frozen=True)
class Condition:
    """One entry of a status' conditions."""

    type: str
    status: str
    reason: str
    message: str
    since: datetime | None

    @classmethod
    def all_of(cls, obj: JsonObject) -> tuple[Condition, ...]:
        """The conditions of an object's status, in the API's order."""
        return tuple(
            cls(
                type=text(entry, "type"),
                status=text(entry, "status"),
                reason=text(entry, "reason"),
                message=text(entry, "message"),
                since=moment(entry, "lastTransitionTime"),
            )
            for entry in items(obj, "status", "conditions")
        )


def condition(conditions: tuple[Condition, ...], kind: str) -> Condition | None:
    """The condition of that type, if there is one."""
    return next((entry for entry in conditions if entry.type == kind), None)


@dataclass(frozen=True)
class Container:
    """One container of a pod as its status shows it."""

    name: str
    image: str
    init: bool
    ready: bool
    restarts: int
    waiting: str
    """The reason of the waiting state, empty unless it waits."""
    waiting_message: str
    terminated: str
    """The reason of the terminated state, empty unless it has ended."""
    last_exit: int | None
    """The exit code of the run that ended last."""
    last_message: str
    """The message or reason of the run that ended last."""
    last_reason: str = ""
    """The reason of the run that ended last: Error, OOMKilled, Completed, StartError, ..."""
    running: bool = False
    started: bool = False
    """Its startup probe has passed, or it has none and runs."""

    @classmethod
    def of(cls, status: JsonObject, *, init: bool) -> Container:
        """From an entry of containerStatuses."""
        ended = mapping(status, "state", "terminated") or mapping(status, "lastState", "terminated")
        return cls(
            name=text(status, "name"),
            image=text(status, "image"),
            init=init,
            ready=flag(status, "ready"),
            restarts=number(status, "restartCount"),
            waiting=text(status, "state", "waiting", "reason"),
            waiting_message=text(status, "state", "waiting", "message"),
            terminated=text(status, "state", "terminated", "reason"),
            last_exit=number(ended, "exitCode") if "exitCode" in ended else None,
            last_message=text(ended, "message") or text(ended, "reason"),
            last_reason=text(ended, "reason"),
            running=at(status, "state", "running") is not None,
            started=flag(status, "started"),
        )


@dataclass(frozen=True)
class Pod:
    """One pod."""

    ref: Ref
    uid: str
    owner_uid: str
    """UID of the controller: a ReplicaSet, StatefulSet or DaemonSet."""
    revision_hash: str
    """`pod-template-hash` of a ReplicaSet's pod, `controller-revision-hash` of the others'."""
    phase: str
    node: str
    terminating: bool
    ready: bool
    """Its Ready condition is True; a terminating pod may still be ready."""
    ready_since: datetime | None
    conditions: tuple[Condition, ...]
    containers: tuple[Container, ...]
    """Init containers first."""
    restarted_at: str = ""
    """kubectl's restart annotation, which the pod has from its template."""
    deployment: str = ""
    """The name of its Deployment, as the name of its ReplicaSet tells it; it stays known when the ReplicaSet is gone."""
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def ordinal(self) -> int:
        """The number at the end of a StatefulSet's pod's name; -1 where there is none."""
        number_ = self.ref.name.rpartition("-")[2]
        return int(number_) if number_.isdecimal() else -1

    @classmethod
    def of(cls, obj: JsonObject) -> Pod:
        """From a Pod object."""
        conditions = Condition.all_of(obj)
        ready = condition(conditions, "Ready")
        labels = texts(obj, "metadata", "labels")
        return cls(
            ref=Ref("Pod", text(obj, "metadata", "namespace"), text(obj, "metadata", "name")),
            uid=uid_of(obj),
            owner_uid=text(controller_of(obj), "uid"),
            revision_hash=labels.get(TEMPLATE_HASH) or labels.get(REVISION_HASH, ""),
            phase=text(obj, "status", "phase"),
            node=text(obj, "spec", "nodeName"),
            terminating=bool(text(obj, "metadata", "deletionTimestamp")),
            ready=ready is not None and ready.status == "True",
            ready_since=ready.since if ready is not None and ready.status == "True" else None,
            conditions=conditions,
            containers=tuple(Container.of(status, init=True) for status in items(obj, "status", "initContainerStatuses"))
            + tuple(Container.of(status, init=False) for status in items(obj, "status", "containerStatuses")),
            restarted_at=texts(obj, "metadata", "annotations").get(RESTARTED_AT, ""),
            deployment=_deployment_of(controller_of(obj), labels.get(TEMPLATE_HASH, "")),
            labels=labels,
        )


def _deployment_of(owner: JsonObject, own: str) -> str:
    """ReplicaSets of a Deployment are called `<Deployment>-<hash>`."""
    name = text(owner, "name")
    return name.removesuffix(f"-{own}") if own and text(owner, "kind") == "ReplicaSet" and name.endswith(f"-{own}") else ""


def images_of(template: JsonObject) -> dict[str, str]:
    """Container name to image in a pod template, init containers included."""
    return {text(container, "name"): text(container, "image") for _group, container in containers(template)}


@dataclass(frozen=True)
class Revision:
    """One version of a workload that the cluster keeps: a ReplicaSet or a ControllerRevision."""

    name: str
    uid: str
    number: int
    hash: str
    """The value of the pods' revision label."""
    template: JsonObject
    """The pod template, without the label `pod-template-hash`."""
    change_cause: str
    created: datetime | None
    former: tuple[int, ...] = ()
    """The numbers that it had before an undo gave it a new one (Deployments only)."""
    asked: int = 0
    """How many pods it asks for, where revisions make the pods."""
    replicas: int = 0
    ready: int = 0
    available: int = 0
    conditions: tuple[Condition, ...] = ()
    owner_uid: str = ""
    """UID of its controller: the workload."""

    @property
    def images(self) -> dict[str, str]:
        """Container name to image, init containers included."""
        return images_of(self.template)

    @cached_property
    def normal(self) -> JsonObject:
        """The template as the controllers compare it, made once: it is asked for at each event."""
        return normal(self.template)


@dataclass(frozen=True)
class Counts:
    """How many pods a workload shall have, and how many it has."""

    desired: int
    current: int
    updated: int
    ready: int
    available: int

    @classmethod
    def of_replicas(cls, obj: JsonObject) -> Counts:
        """Those of a kind that has replicas."""
        status = mapping(obj, "status")
        return cls(
            desired=number(obj, "spec", "replicas", default=1),
            current=number(status, "replicas"),
            updated=number(status, "updatedReplicas"),
            ready=number(status, "readyReplicas"),
            available=number(status, "availableReplicas"),
        )


HELD_SECONDS = 2**31 - 2
"""The minReadySeconds of a Deployment whose rolling update stands still. It must be less than progressDeadlineSeconds."""


@dataclass(frozen=True)
class Workload:
    """A Deployment, StatefulSet or DaemonSet: what its spec asks for and what its status says."""

    ref: Ref
    kind: Kind = field(repr=False, compare=False)
    uid: str
    resource_version: str
    generation: int
    observed_generation: int
    deleted: bool
    desired: int
    """spec.replicas (1 when absent); for a DaemonSet the nodes it shall run on."""
    current: int
    """Pods of all revisions that exist."""
    updated: int
    ready: int
    available: int
    update_type: str
    """RollingUpdate, Recreate or OnDelete."""
    partition: int | None
    paused: bool
    min_ready_seconds: int
    progress_deadline_seconds: int | None
    """None where it is switched off (Deployments) or does not exist."""
    current_revision: str
    """status.currentRevision (StatefulSet), else empty."""
    update_revision: str
    """status.updateRevision (StatefulSet), else empty."""
    conditions: tuple[Condition, ...]
    selector: Mapping[str, str]
    """spec.selector.matchLabels."""
    match_expressions: tuple[JsonObject, ...]
    template: JsonObject
    annotations: Mapping[str, str]
    labels: Mapping[str, str]
    first_ordinal: int = 0
    """Of a StatefulSet: the ordinal of its first pod."""
    limits: JsonObject = field(default_factory=dict)
    """`rollingUpdate` of its strategy."""

    @cached_property
    def normal(self) -> JsonObject:
        """The template as the controllers compare it, made once: it is asked for at each event."""
        return normal(self.template)

    @property
    def held(self) -> bool:
        """A canary makes its rolling update stand still: new pods are ready, and never count as available."""
        return self.min_ready_seconds == HELD_SECONDS

    @classmethod
    def read(cls, obj: JsonObject, kind: Kind, counts: Counts) -> Workload:
        """From an object whose kind has counted its pods."""
        spec, status = mapping(obj, "spec"), mapping(obj, "status")
        strategy = mapping(spec, kind.strategy_field)
        return cls(
            ref=ref_of(obj),
            kind=kind,
            uid=uid_of(obj),
            resource_version=text(obj, "metadata", "resourceVersion"),
            generation=number(obj, "metadata", "generation"),
            observed_generation=number(status, "observedGeneration"),
            deleted=bool(text(obj, "metadata", "deletionTimestamp")),
            desired=counts.desired,
            current=counts.current,
            updated=counts.updated,
            ready=counts.ready,
            available=counts.available,
            update_type=text(strategy, "type") or "RollingUpdate",
            partition=number(strategy, "rollingUpdate", "partition") if at(strategy, "rollingUpdate", "partition") is not None else None,
            paused=flag(spec, "paused"),
            min_ready_seconds=number(spec, "minReadySeconds"),
            progress_deadline_seconds=kind.deadline(spec),
            current_revision=text(status, "currentRevision"),
            update_revision=text(status, "updateRevision"),
            conditions=Condition.all_of(obj),
            selector=texts(spec, "selector", "matchLabels"),
            match_expressions=items(spec, "selector", "matchExpressions"),
            template=mapping(spec, "template"),
            annotations=texts(obj, "metadata", "annotations"),
            labels=texts(obj, "metadata", "labels"),
            first_ordinal=number(spec, "ordinals", "start"),
            limits=mapping(strategy, "rollingUpdate"),
        )

    @property
    def images(self) -> dict[str, str]:
        """Container name to image, init containers included."""
        return images_of(self.template)


@dataclass(frozen=True)
class Snapshot:
    """What the cluster showed at one moment of one workload and what belongs to it (by owner UID, never by labels alone)."""

    workload: Workload | None
    revisions: tuple[Revision, ...] = ()
    """Oldest first."""
    pods: tuple[Pod, ...] = ()
    """Sorted by name; pods that have ended (Succeeded, Failed) are left out."""
    refusal: str = ""
    """Why the server made no pod of a StatefulSet or DaemonSet since its present spec was observed, in its own words. Neither says so in
    its status, as a ReplicaSet does."""
