# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the cluster shows of some workloads, kept up to date by watches: one list and one watch for each kind and namespace."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from ..._domain.base.errors import ForbiddenError
from ..._domain.base.objects import JsonObject, Ref, text, uid_of
from ..._domain.base.ports import Cluster, WatchEvent
from ..._domain.base.resources import DEPLOYMENT, EVENT, POD, Resource
from ..._domain.kinds import KINDS, WORKLOADS, named, revision_of, workload_of
from ..._domain.workloads.revisions import observed, revisions_of
from ..._domain.workloads.workload import Pod, Revision, Snapshot, Workload
from .feed import Feed, Source

_KEEPERS = frozenset(kind.revisions for kind in KINDS)
"""What keeps revisions."""
_ENDED = ("Succeeded", "Failed")
_FAILED_CREATE = "reason=FailedCreate,type=Warning"


@dataclass
class _Cache:
    """What is known, by UID, read once for each state of an object; `..._of` leads from an owner's UID to what it owns."""

    workloads: dict[str, Workload] = field(default_factory=dict)
    revisions: dict[str, Revision] = field(default_factory=dict)
    pods: dict[str, Pod] = field(default_factory=dict)
    kept_as: dict[str, tuple[str, str]] = field(default_factory=dict)
    """The kind and namespace of each revision."""
    revisions_of: dict[str, set[str]] = field(default_factory=dict)
    pods_of: dict[str, set[str]] = field(default_factory=dict)
    sets_of: dict[Ref, set[str]] = field(default_factory=dict)
    """UIDs of ReplicaSets that pods name, by the Deployment that the ReplicaSets' names tell: those that are gone have pods still."""
    refusals: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Of StatefulSets and DaemonSets: the last refusal to make a pod, and the generation that it speaks of."""


class Observer:
    """Follows workloads until it is closed; use it as a context manager. With ``follow=False`` it only lists, once.

    ``coming``: workloads as they are going to be, for what is asked for before they are made.
    ``everywhere``: one list and one watch a kind for the whole cluster instead of one for each namespace. ``narrow``: of a single
    workload only what its labels select is asked for; not where it may be made anew with other labels.

    Raises `ClusterError` from `start` and `wait` when the cluster cannot be read.
    """

    def __init__(
        self,
        cluster: Cluster,
        refs: Iterable[Ref],
        *,
        follow: bool = True,
        everywhere: bool = False,
        narrow: bool = True,
        feed: Feed | None = None,
        coming: Iterable[Workload] = (),
    ) -> None:
        self._feed = feed or Feed(cluster, self.hear, follow=follow)
        self._follow = follow
        self._starting = True
        self._everywhere = everywhere
        self._narrow = narrow
        self._refs = frozenset(refs)
        self._cache = _Cache()
        self._touched: set[str] = set()
        self.warnings: list[str] = []
        """What could not be read, in sentences."""
        self._by_ref: dict[Ref, str] = {}
        self._coming = {workload.ref: workload for workload in coming}

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End all watches."""
        self._feed.close()

    def snapshot(self, ref: Ref) -> Snapshot:
        """What is known now; without a workload when it is not there."""
        workload = self._cache.workloads.get(self._by_ref.get(ref, ""))
        if workload is None:
            return Snapshot(workload=None)
        owned = [self._cache.revisions[uid] for uid in self._cache.revisions_of.get(workload.uid, ())]
        owners = {revision.uid for revision in owned} | self._gone_sets(ref) if workload.kind.through_revisions else {workload.uid}
        pods = [self._cache.pods[uid] for owner in owners for uid in self._cache.pods_of.get(owner, ())]
        return Snapshot(
            workload=workload,
            revisions=revisions_of(workload.uid, owned),
            pods=tuple(sorted((pod for pod in pods if pod.phase not in _ENDED), key=lambda pod: pod.ref)),
            refusal=self._refusal(workload),
        )

    def _refusal(self, workload: Workload) -> str:
        generation, message = self._cache.refusals.get(workload.uid, (0, ""))
        return message if generation == workload.generation else ""

    def _gone_sets(self, ref: Ref) -> set[str]:
        """The ReplicaSets of a Deployment that its history does not keep, and whose pods are still on their way out."""
        return self._cache.sets_of.get(ref, set()) - self._cache.revisions.keys()

    @property
    def silence(self) -> str:
        """Why nothing is heard of the cluster now; empty when all is well."""
        return self._feed.silence

    def wait(self, timeout: float) -> set[Ref]:
        """Block until something happens or `timeout` seconds are over; the workloads that changed (all that is pending is read)."""
        self._touched = set()
        self._feed.wait(timeout)
        return {ref for ref, uid in self._by_ref.items() if uid in self._touched}

    def await_open(self) -> None:
        """Block until the server has taken all watches. Raises `ForbiddenError` where it refuses one."""
        self._feed.await_open()

    def take(self, resource: Resource, obj: JsonObject) -> None:
        """Take the answer to a write of our own, before its event comes."""
        self._feed.take(resource, obj)

    def wake(self) -> None:
        """End a wait now, from any thread."""
        self._feed.wake()

    def _start(self) -> None:
        """List, then watch from there: the workloads first, as their selectors narrow what follows."""
        for source in self._workload_sources():
            self._feed.follow(source)
        for source in self._dependent_sources():
            try:
                self._feed.follow(source)
            except ForbiddenError as error:
                # A rollout is done or not by the workload alone; only causes and the way back need the rest.
                self.warnings.append(f"{error.message} So causes of a failure cannot be told, and nothing can be rolled back.")
        for source in self._event_sources():
            try:
                self._feed.follow(source)
            except ForbiddenError:
                continue  # Then only the time-out ends a wait for pods that the server refuses.
        self._starting = False

    def _workload_sources(self) -> list[Source]:
        names: dict[tuple[str, str], list[str]] = {}
        for ref in self._refs:
            names.setdefault((ref.kind, self._place(ref)), []).append(ref.name)
        return [
            Source(WORKLOADS[kind], namespace, fields=f"metadata.name={its[0]}" if len(its) == 1 and namespace else "")
            for (kind, namespace), its in sorted(names.items())
        ]

    def _dependent_sources(self) -> list[Source]:
        places: dict[str, list[Ref]] = {}
        for ref in self._refs:
            places.setdefault(self._place(ref), []).append(ref)
        sources = []
        for namespace, here in sorted(places.items()):
            labels = self._selector(here[0]) if len(here) == 1 and self._narrow else ""
            kinds = {ref.kind for ref in here}
            keepers = dict.fromkeys(kind.revisions for kind in KINDS if kind.name in kinds)
            sources += [Source(resource, namespace, labels=labels) for resource in (*keepers, POD)]
        return sources

    def _event_sources(self) -> list[Source]:
        """Refusals to make pods, where nothing but Events tells of them."""
        names: dict[str, list[str]] = {}
        for ref in self._refs:
            if self._follow and not named(ref.kind).through_revisions:
                names.setdefault(self._place(ref), []).append(ref.name)
        return [
            Source(
                EVENT,
                namespace,
                fields=_FAILED_CREATE + (f",involvedObject.name={its[0]}" if len(its) == 1 and namespace else ""),
                optional=True,
            )
            for namespace, its in sorted(names.items())
        ]

    def _place(self, ref: Ref) -> str:
        return "" if self._everywhere else ref.namespace

    def _selector(self, ref: Ref) -> str:
        """A label selector for what belongs to one workload; empty (all) where matchExpressions would have to be spelled."""
        workload = self._cache.workloads.get(self._by_ref.get(ref, "")) or self._coming.get(ref)
        if workload is None or workload.match_expressions:
            return ""
        return ",".join(f"{key}={value}" for key, value in sorted(workload.selector.items()))

    def hear(self, resource: Resource, event: WatchEvent) -> None:
        """Take one event of a kind that is followed here; others are left alone."""
        if resource not in (POD, EVENT, *_KEEPERS, *WORKLOADS.values()):
            return
        self._touched |= self._take(resource, event)

    def _take(self, resource: Resource, event: WatchEvent) -> set[str]:
        """Bring one event into the cache; UIDs of the workloads that it touches."""
        if resource is EVENT:
            return self._take_refusal(event)
        if event.type == "RESYNC":
            return self._resync(resource, event)
        if event.type == "DELETED":
            return self._forget(resource, uid_of(event.object))
        if resource is POD:
            return self._take_pod(Pod.of(event.object))
        if resource in _KEEPERS:
            return self._take_revision(resource, event.object)
        return self._take_workload(workload_of(event.object))

    def _resync(self, resource: Resource, event: WatchEvent) -> set[str]:
        touched: set[str] = set()
        there = {uid_of(item) for item in event.items}
        for uid in self._known(resource, event.namespace) - there:
            touched |= self._forget(resource, uid)
        for item in event.items:
            touched |= self._take(resource, WatchEvent("MODIFIED", item))
        return touched

    def _known(self, resource: Resource, namespace: str) -> set[str]:
        """UIDs of the objects of a kind in a namespace, in all without one."""
        if resource is POD:
            found = {uid: ("Pod", pod.ref.namespace) for uid, pod in self._cache.pods.items()}
        elif resource in _KEEPERS:
            found = {uid: self._cache.kept_as[uid] for uid in self._cache.revisions}
        else:
            found = {uid: (workload.ref.kind, workload.ref.namespace) for uid, workload in self._cache.workloads.items()}
        return {uid for uid, (kind, place) in found.items() if kind == resource.kind and namespace in ("", place)}

    def _forget(self, resource: Resource, uid: str) -> set[str]:
        if resource is POD:
            pod = self._cache.pods.pop(uid, None)
            if pod is None:
                return set()
            self._cache.pods_of[pod.owner_uid].discard(uid)
            return self._touched_by(pod)
        if resource in _KEEPERS:
            revision = self._cache.revisions.pop(uid, None)
            if revision is None:
                return set()
            self._cache.revisions_of[revision.owner_uid].discard(uid)
            return {revision.owner_uid}
        return {uid} if self._cache.workloads.pop(uid, None) is not None else set()

    def _take_pod(self, pod: Pod) -> set[str]:
        former = self._forget(POD, pod.uid)
        self._cache.pods[pod.uid] = pod
        self._cache.pods_of.setdefault(pod.owner_uid, set()).add(pod.uid)
        if pod.deployment:
            self._cache.sets_of.setdefault(Ref(DEPLOYMENT.kind, pod.ref.namespace, pod.deployment), set()).add(pod.owner_uid)
        return former | self._touched_by(pod)

    def _touched_by(self, pod: Pod) -> set[str]:
        owner = self._cache.revisions.get(pod.owner_uid)
        if owner is not None:
            return {pod.owner_uid, owner.owner_uid}
        return {pod.owner_uid, self._by_ref.get(Ref(DEPLOYMENT.kind, pod.ref.namespace, pod.deployment), "")}

    def _take_revision(self, resource: Resource, obj: JsonObject) -> set[str]:
        revision = revision_of(obj)
        self._cache.kept_as[revision.uid] = resource.kind, text(obj, "metadata", "namespace")
        self._cache.revisions[revision.uid] = revision
        self._cache.revisions_of.setdefault(revision.owner_uid, set()).add(revision.uid)
        return {revision.owner_uid}

    def _take_refusal(self, event: WatchEvent) -> set[str]:
        """Events that were there before say nothing of now; nor do those that come before the controller has seen the present spec."""
        uid = text(event.object, "involvedObject", "uid")
        workload = self._cache.workloads.get(uid)
        if self._starting or event.type not in ("ADDED", "MODIFIED") or workload is None or not observed(workload):
            return set()
        self._cache.refusals[uid] = (workload.generation, text(event.object, "message"))
        return {uid}

    def _take_workload(self, workload: Workload) -> set[str]:
        if workload.ref not in self._refs:
            return set()
        self._cache.workloads[workload.uid] = workload
        self._by_ref[workload.ref] = workload.uid
        return {workload.uid}
