# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Before the first write: no Service may be left without a ready pod by it. Only what gives pods another template is looked at, and of
pods only those that a Service in question selects."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..._domain.base.errors import ForbiddenError, RefusedError
from ..._domain.base.objects import JsonObject, Ref, mapping, ref_of, text, texts
from ..._domain.base.ports import Cluster
from ..._domain.base.resources import POD, SERVICE
from ..._domain.kinds import WORKLOADS, workload_of
from ..._domain.traffic.emptied import OF_ONE_TEMPLATE, Relabelled, Turned, concerned, emptied, of_one_pod
from ..._domain.traffic.services import Backend, Selector, Service, spelled
from ..._domain.workloads.revisions import same_template
from ..._domain.workloads.workload import Snapshot
from ..observe.workloads import Observer
from ..write.writer import Planned

_BUILT_IN = ".k8s.io"


@dataclass(frozen=True)
class Rolled:
    """A workload that gets new pods, as it would be written, and what is seen of it, if that is known."""

    planned: Planned
    snapshot: Snapshot


def rolled(planned: Planned, snapshot: Snapshot) -> Rolled | None:
    """The write of a workload, if pods are replaced after it; else None."""
    before, after = planned.before, workload_of(planned.after)
    if not planned.changed or after.paused:
        return None
    if before is None or planned.template_changed:
        return Rolled(planned, snapshot)
    was = workload_of(before)
    return Rolled(planned, snapshot) if was.paused or was.updated < was.desired else None


def refuse_emptied(
    found: Iterable[Rolled | None], places: Collection[str], companions: Sequence[Planned], cluster: Cluster, *, outage: bool
) -> tuple[str, ...]:
    """Raise `RefusedError` for Services that would be left without a ready pod. The answer are warnings of those that lead to one pod.

    `places` are the namespaces of all workloads of the task. `outage`: the pods stop before others start. Who may not list Services is
    told only of those that the definition brings.
    """
    changes = [entry for entry in found if entry is not None]
    coming = {planned.ref: planned for planned in companions if planned.resource == SERVICE}
    if not changes and not any(planned.changed for planned in coming.values()):
        return ()
    sentences: list[str] = []
    warnings: list[str] = []
    for namespace in sorted({entry.planned.ref.namespace for entry in changes} | {ref.namespace for ref in coming}):
        here = [entry for entry in changes if entry.planned.ref.namespace == namespace]
        look = _Look(namespace, here, companions if namespace in places else (), cluster, outage=outage)
        pairs = look.services({ref: planned for ref, planned in coming.items() if ref.namespace == namespace})
        sentences.extend(look.emptied(before, after) for before, after in pairs)
        # Where each pod has a Service of its own, clients know several addresses.
        alone = [after for _before, after in pairs if of_one_pod(after.selector)]
        warnings.extend(look.alone(service) for service in alone if len({of_one_pod(found.selector) for found in alone}) == 1)
    if any(sentences):
        raise RefusedError("\n".join(filter(None, sentences)))
    return tuple(filter(None, warnings))


class _Look:
    """One namespace, and what of it gets new pods."""

    def __init__(self, namespace: str, changes: Sequence[Rolled], companions: Sequence[Planned], cluster: Cluster, *, outage: bool) -> None:
        self._namespace = namespace
        self._changes = changes
        self._companions = companions
        self._cluster = cluster
        recreated = [workload_of(entry.planned.after).update_type == "Recreate" for entry in changes]
        self._outage = outage or (bool(recreated) and all(recreated))
        self._labels = [Relabelled.of(entry.planned.ref, entry.planned.before, entry.planned.after) for entry in changes]

    def services(self, coming: Mapping[Ref, Planned]) -> list[tuple[Service | None, Service]]:
        """The Services as they are and as they will be, those that are in question."""
        live: dict[Ref, Service] = {}
        if any(entry.planned.before is not None for entry in self._changes):
            live = {service.ref: service for service in map(_service, self._listed())}
        live |= {ref: _service(planned.before) for ref, planned in coming.items() if planned.before is not None}
        after = {**live, **{ref: _service(planned.after) for ref, planned in coming.items()}}
        pairs = [(live.get(ref), service) for ref, service in sorted(after.items())]
        return [(before, service) for before, service in pairs if _leads(service) and self._is_concerned(before, service)]

    def _listed(self) -> Sequence[JsonObject]:
        try:
            return self._cluster.list(SERVICE, self._namespace).items
        except ForbiddenError:
            return ()

    def _is_concerned(self, before: Service | None, after: Service) -> bool:
        selector = before.selector if before is not None else {}
        if selector != after.selector:
            return True
        return any(
            concerned(selector, after.selector, workload_of(entry.planned.after).selector, change)
            for entry, change in zip(self._changes, self._labels, strict=True)
        )

    def emptied(self, before: Service | None, after: Service) -> str:
        """Why the Service would lead to nothing; empty when it is served on."""
        was = before.selector if before is not None else {}
        hashed = any(key in OF_ONE_TEMPLATE for key in after.selector)
        changes = [
            self._seen(entry, change)
            if entry.planned.before is not None and (hashed or change.lacks(after.selector, alive=False))
            else change
            for entry, change in zip(self._changes, self._labels, strict=True)
        ]
        comes = any(planned.ref == after.ref for planned in self._companions)
        pods = [*self._pods(was), *(self._pods(after.selector) if was != after.selector else ())]
        turned = Turned(after.ref, was, after.selector, pods, comes)
        found = emptied(turned, changes, outage=self._outage)
        if not found or not comes:
            return found
        return emptied(replace(turned, others=self._others(after.selector)), changes, outage=self._outage)

    def alone(self, service: Service) -> str:
        """The warning for a Service that leads to one pod, which is going to be replaced."""
        pod = of_one_pod(service.selector)
        backends = self._pods(service.selector) if pod and not self._outage else ()
        names = {change.application for change in self._labels}
        if not any(backend.ready and backend.application in names for backend in backends):
            return ""
        return f"{service.ref} leads to one pod alone ({spelled(service.selector)}): it leads to nothing while that pod is replaced."

    def _seen(self, entry: Rolled, change: Relabelled) -> Relabelled:
        """The change with what the revisions of the workload tell."""
        snapshot, after = entry.snapshot, entry.planned.after
        if not snapshot.revisions:
            with Observer(self._cluster, [change.ref], follow=False) as observer:
                snapshot = observer.snapshot(change.ref)
        template = mapping(after, "spec", "template")
        same = frozenset(entry.hash for entry in snapshot.revisions if same_template(entry.template, template))
        known = frozenset(key for entry in snapshot.revisions for key in texts(entry.template, "metadata", "labels"))
        return replace(change, returning=same, known=known)

    def _pods(self, selector: Selector) -> Sequence[Backend]:
        """The pods that a selector picks; for who may not list them those that the templates tell of."""
        if not selector:
            return ()
        try:
            return tuple(Backend.of(pod) for pod in self._cluster.list(POD, self._namespace, labels=spelled(selector)).items)
        except ForbiddenError:
            there = [change for change in self._labels if change.before]
            return tuple(Backend(change.ref, "", change.before, frozenset(), change.application, True, False) for change in there)

    def _others(self, selector: Selector) -> tuple[Selector, ...]:
        """The labels of pods that something else makes or may make: other workloads, what comes along; what makes pods by a program of its
        own may make any."""
        found: list[Selector] = []
        for planned in self._companions:
            group = planned.resource.group
            if ("." in group and not group.endswith(_BUILT_IN)) or planned.resource.kind == "CustomResourceDefinition":
                return (selector,)
            obj = planned.after
            pod = obj if text(obj, "kind") == "Pod" else mapping(obj, "spec", "jobTemplate", "spec", "template")
            found.append(texts(pod or mapping(obj, "spec", "template"), "metadata", "labels"))
        changed = {entry.planned.ref for entry in self._changes}
        for resource in WORKLOADS.values():
            try:
                live = self._cluster.list(resource, self._namespace).items
            except ForbiddenError:
                return (selector,)
            refs = ((replace(ref_of(obj), kind=resource.kind), obj) for obj in live)
            found.extend(texts(obj, "spec", "template", "metadata", "labels") for ref, obj in refs if ref not in changed)
        return tuple(found)


def _service(obj: JsonObject) -> Service:
    return Service.of({**obj, "kind": "Service"})


def _leads(service: Service) -> bool:
    """It leads to pods by their labels."""
    return bool(service.selector) and service.type != "ExternalName" and not service.deleted
