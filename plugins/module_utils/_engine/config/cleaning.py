# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cleaning up after a rollout: copies of configuration that nothing refers to any more."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ..._domain.base.errors import ForbiddenError, InputError, NotFoundError, RolloutError
from ..._domain.base.objects import JsonObject, Ref, moment, ref_of, uid_of
from ..._domain.base.ports import Cluster
from ..._domain.config import use as config_use
from ..._domain.config.content import Key
from ..._domain.config.naming import BASE, base_of, label_value
from ..._domain.config.use import in_use, removable
from ..._domain.kinds import WORKLOADS
from ..._domain.ownership.foreign import foreign_controller, helm_release
from ..._domain.request import Versioned
from ..write.writer import Writer
from .configuration import Copy, resource_of

_USERS = (
    ("v1", "Pod"),
    ("apps/v1", "ReplicaSet"),
    ("apps/v1", "ControllerRevision"),
    *((workload.api_version, workload.kind) for workload in WORKLOADS.values()),
    ("batch/v1", "Job"),
    ("batch/v1", "CronJob"),
    ("v1", "ReplicationController"),
    ("v1", "ServiceAccount"),
    ("networking.k8s.io/v1", "Ingress"),
)
"""What each cluster has."""
_OTHERS = (
    ("apps.openshift.io/v1", "DeploymentConfig"),
    ("argoproj.io/v1alpha1", "Rollout"),
    ("apps.kruise.io/v1alpha1", "CloneSet"),
    ("apps.kruise.io/v1beta1", "StatefulSet"),
    ("apps.kruise.io/v1alpha1", "DaemonSet"),
    ("serving.knative.dev/v1", "Service"),
    ("serving.knative.dev/v1", "Revision"),
)
"""Kinds with a pod template that some clusters have. Of any other kind the pods count, and the ReplicaSets that it may own."""


@dataclass(frozen=True)
class Cleaned:
    """What was removed, and why something was not looked at; sentences without a full stop, and with one."""

    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def clean_up(copies: Iterable[Copy], cluster: Cluster, writer: Writer) -> Cleaned:
    """Remove what nothing needs of these entries, in their namespaces; what cannot be removed stays, with a warning.

    The rollout is over by then, so nothing that is refused here fails it.
    """
    entries: dict[str, list[Copy]] = {}
    for copy in copies:
        entries.setdefault(copy.ref.namespace, []).append(copy)
    removed: list[Ref] = []
    warnings: list[str] = []
    for namespace, here in sorted(entries.items()):
        try:
            for obj in _unneeded(here, namespace, cluster):
                ref = ref_of(obj)
                if writer.delete(resource_of(ref.kind), ref, uid_of(obj)):
                    removed.append(ref)
        except RolloutError as error:
            warnings.append(f"Old copies of configuration in namespace {namespace} were not cleaned up: {error.message}")
    notes = (f"removed {', '.join(map(str, removed))}, which nothing refers to any more",) if removed else ()
    return Cleaned(notes, tuple(warnings))


def _unneeded(copies: list[Copy], namespace: str, cluster: Cluster) -> tuple[JsonObject, ...]:
    """What may go; who uses what is only asked where something is old enough to go. The copies of the task itself stay."""
    entries = [copy.entry for copy in copies]
    own = {(copy.ref.kind, copy.ref.name) for copy in copies}
    listed = {entry.key: _copies(entry, namespace, cluster) for entry in entries}
    now, floor = cluster.now(), config_use.YOUNGEST
    originals = {entry.key: _original(entry, namespace, cluster) for entry in entries if entry.remove_original}

    def spare(entry: Versioned, used: Collection[Key]) -> tuple[JsonObject, ...]:
        return removable(listed[entry.key], used, now, kind=entry.kind, base=entry.name, keep=entry.keep, younger_than=floor)

    if not any(spare(entry, own) for entry in entries) and not any(originals.values()):
        return ()
    used = own | in_use(_users(namespace, cluster))
    found: list[JsonObject] = []
    for entry in entries:
        found += spare(entry, used)
        original = originals.get(entry.key)
        if original is not None and entry.key not in used:
            found.append(original)
    return tuple(found)


def _copies(entry: Versioned, namespace: str, cluster: Cluster) -> tuple[JsonObject, ...]:
    return cluster.list(resource_of(entry.kind), namespace, labels=f"{BASE}={label_value(entry.name)}").items


def _original(entry: Versioned, namespace: str, cluster: Cluster) -> JsonObject | None:
    """The object that was taken over, where it is nobody else's."""
    found = cluster.read(resource_of(entry.kind), namespace, entry.name)
    if found is None or base_of(found) or foreign_controller(found) or helm_release(found):
        return None
    made = moment(found, "metadata", "creationTimestamp")
    young = made is None or cluster.now() - made < config_use.YOUNGEST
    return None if young else found


def _users(namespace: str, cluster: Cluster) -> Iterable[JsonObject]:
    """All objects of the namespace that may refer to configuration. Raises `ForbiddenError` where one of the usual kinds is hidden."""
    for api_version, kind in (*_USERS, *_OTHERS):
        try:
            resource = cluster.resolve(api_version, kind)
            found = cluster.list(resource, namespace).items
        except (InputError, NotFoundError):
            continue  # The cluster has no such kind.
        except ForbiddenError:
            if (api_version, kind) in _OTHERS:
                continue  # Seldom granted; the pods are seen.
            raise
        yield from found
