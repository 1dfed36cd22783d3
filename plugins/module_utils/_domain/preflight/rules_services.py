# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about Services: what they lead to, and when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..base.objects import JsonObject, Ref, at, items, ref_of, text, texts
from ..sides.colours import base_of
from ..traffic.emptied import OF_ONE_POD, OF_ONE_TEMPLATE, Relabelled, Turned, emptied, of_one_pod
from ..traffic.services import Backend, Selector, Service, picks, spelled
from .findings import Fault, Scenery, near, yaml_lines
from .manifest import Subject, subjects
from .surroundings import about, bounds_of, listed, served_by, services, unseen, way, workload_of, workloads

_OUTSIDE = ("NodePort", "LoadBalancer")


def selects_nothing(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """A Service of the definition leads to none of its workloads."""
    for service, obj in _coming(subject, scenery):
        around = _around(subject, scenery)
        # What the controllers add to the pods' labels stands in no template.
        picked = any(picks(_of_templates(service), found.labels) for found in around)
        if service.selector and not picked and about(service.ref, around, scenery) == subject.ref:
            why = (
                f"{service.ref} selects {spelled(service.selector)}, which no pod of the definition has{unseen(scenery)}: every request "
                "to it fails."
            )
            yield Fault(ref_of(obj), "spec.selector", why, yaml_lines("selector", _selector(subject)))


def _coming(subject: Subject, scenery: Scenery) -> Iterator[tuple[Service, JsonObject]]:
    """The Services that come along in the definition."""
    for service, obj in services(subject, scenery):
        if any(obj is manifest for manifest in scenery.manifests):
            yield service, obj


def _around(subject: Subject, scenery: Scenery) -> tuple[Subject, ...]:
    """All workloads of its namespace that are known."""
    return tuple(found for found in workloads(scenery) if near(found.ref, subject.ref))


def _selector(subject: Subject) -> JsonObject:
    wanted = at(subject.obj, "spec", "selector", "matchLabels")
    return wanted if isinstance(wanted, dict) and wanted else subject.labels


def selects_several(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """A Service leads to pods of several workloads. The sides of one application are one."""
    for service, obj in served_by(subject, scenery):
        selector = base_of(service.selector)
        picked = {found.ref: found for found in _around(subject, scenery) if picks(selector, found.labels) and found.replicas != 0}
        beside = {ref: found for ref, found in picked.items() if _application(found) != _application(subject)}
        if beside and about(service.ref, picked.values(), scenery) == subject.ref:
            names = listed(sorted(f"{ref.kind} {ref.name}" for ref in (subject.ref, *beside)))
            why = (
                f"{service.ref} selects {spelled(service.selector)}, and so the pods of {names}: some requests reach a program that "
                "cannot answer them."
            )
            yield Fault(ref_of(obj), "spec.selector", why, yaml_lines("selector", {**service.selector, **_telling(subject, beside)}))


def _application(subject: Subject) -> tuple[str, str]:
    return subject.ref.kind, workload_of(subject.ref.name) if subject.kind.has_sides else subject.ref.name


def _telling(subject: Subject, beside: Mapping[Ref, Subject]) -> dict[str, str]:
    """Labels that its pods alone have."""
    own = {key: value for key, value in subject.labels.items() if all(found.labels.get(key) != value for found in beside.values())}
    return own or {"app.kubernetes.io/name": subject.ref.name}


def publishes_unready(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """A Service leads to pods that are not ready."""
    for service, obj in served_by(subject, scenery):
        if service.publishes_unready:
            why = f"{service.ref} publishes addresses that are not ready: each new pod gets requests before it can answer them."
            yield Fault(ref_of(obj), "spec.publishNotReadyAddresses", why, yaml_lines("publishNotReadyAddresses", False))


def local_traffic(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """A Service leads only to pods of the node where the request came in."""
    bounds = bounds_of(subject, scenery)
    if not subject.counted and bounds is not None and bounds.surge:
        return
    for service, obj in served_by(subject, scenery):
        for field, applies in (("externalTrafficPolicy", service.type in _OUTSIDE), ("internalTrafficPolicy", True)):
            if applies and text(obj, "spec", field) == "Local":
                why = (
                    f"{service.ref} has {field} Local: a node whose last pod is replaced answers no request, until what sends "
                    "requests there has noticed."
                )
                yield Fault(ref_of(obj), f"spec.{field}", why, yaml_lines(field, "Cluster"))


def port_missing(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """A Service leads to a port by a name that no container has."""
    names = {text(port, "name") for part in subject.parts for port in part.ports}
    for service, obj in served_by(subject, scenery):
        for index, port in enumerate(items(obj, "spec", "ports")):
            target = text(port, "targetPort")
            if target and not target.isdecimal() and target not in names:
                why = (
                    f"{service.ref} leads to a port called {target}, which no container of {subject.ref.kind} {subject.ref.name} has: "
                    "no pod of it gets any request."
                )
                declared = next((found for part in subject.main for found in part.ports), {})
                proposed = text(declared, "name") or at(declared, "containerPort") or 8080
                yield Fault(ref_of(obj), f"spec.ports[{index}].targetPort", why, yaml_lines("targetPort", proposed))


def loses_pods(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """A Service that leads to pods now is left without a ready one by the rollout, for a time or for good."""
    changes = {found.ref: change for found in subjects(scenery.manifests) if (change := _change(found, scenery)) is not None}
    if subject.ref not in changes:
        return
    pods = [Backend.of(pod) for pod in scenery.live.get("Pod", ()) if near(ref_of({**pod, "kind": "Pod"}), subject.ref)]
    for service, obj in services(subject, scenery):
        before, after = _live_selector(service, scenery), service.selector
        if way(subject, scenery) == "blue_green":
            before, after = base_of(before), base_of(after)  # It leads one side's Services to the other.
        ours = [change for change in changes.values() if picks(before, _labelled(change, pods, before))]
        if subject.ref not in {change.ref for change in ours[:1]} or not after:
            continue
        turned = Turned(service.ref, before, after, pods)
        why = emptied(turned, changes.values(), outage=way(subject, scenery) == "recreate" or subject.update_type == "Recreate")
        if why:
            kept = {key: value for key, value in after.items() if (key, value) in changes[subject.ref].after.items()}
            yield Fault(ref_of(obj), "spec.selector", why, yaml_lines("selector", kept or dict(_selector(subject))))


def _change(subject: Subject, scenery: Scenery) -> Relabelled | None:
    """What becomes of the labels of its pods; None for a workload of which none runs."""
    live = next((obj for obj in scenery.live.get(subject.ref.kind, ()) if _is(obj, subject.ref)), None)
    return None if live is None else Relabelled.of(subject.ref, live, subject.obj)


def _is(obj: JsonObject, ref: Ref) -> bool:
    found = ref_of(obj)
    return found.name == ref.name and near(found, ref)


def _live_selector(service: Service, scenery: Scenery) -> dict[str, str]:
    """What a Service selects now; nothing where it is not there yet."""
    return next((texts(obj, "spec", "selector") for obj in scenery.live.get("Service", ()) if _is(obj, service.ref)), {})


def _labelled(change: Relabelled, pods: list[Backend], selector: Selector) -> Selector:
    """The labels of one of its pods that the selector picks; where there is none, those of its template."""
    found = (pod.labels for pod in pods if pod.application == change.application and picks(selector, pod.labels))
    return next(found, change.before)


def of_one(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """A Service leads to one pod of a StatefulSet alone. Where each pod has one, clients know several addresses."""
    if not subject.kind.keeps_ordinals:
        return
    found = [(service, obj) for service, obj in services(subject, scenery) if of_one_pod(service.selector)]
    mine = [(service, obj) for service, obj in found if picks(_of_templates(service), subject.labels)]
    if len({of_one_pod(service.selector) for service, _obj in mine}) != 1:
        return
    for service, obj in mine:
        why = f"{service.ref} leads to one pod alone ({spelled(service.selector)}): it leads to nothing while that pod is replaced."
        yield Fault(ref_of(obj), "spec.selector", why, yaml_lines("selector", _of_templates(service)))


def _of_templates(service: Service) -> dict[str, str]:
    """Its selector without the labels that controllers give to pods, and that of a side."""
    return {key: value for key, value in base_of(service.selector).items() if key not in (*OF_ONE_POD, *OF_ONE_TEMPLATE)}
