# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which Deployment of a workload serves, as its Services say, and what would go wrong with two of them: before anything is written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from ..base.errors import RefusedError
from ..base.objects import JsonObject, texts
from ..traffic.emptied import Relabelled
from ..traffic.scenes import Scene
from ..traffic.services import Selector, picked, picks, spelled, unswitchable
from ..workloads.completion import standing
from ..workloads.workload import COLOUR, TEMPLATE_HASH, Snapshot
from .colours import base_of, deployments_of, is_coloured, is_pinned, mark_of, missing_port


def serving(workload: str, services: Collection[str], scene: Scene) -> str:
    """The Deployment to which all these Services lead; empty when none of the workload exists.

    Raises `RefusedError` when they lead to several, to none, or not all to the same.
    """
    existing = [name for name in deployments_of(workload) if name in scene.deployments]
    if not existing:
        return ""
    found: dict[str, str] = {}
    for name in sorted(services):
        service = scene.services.get(name)
        if service is None:
            continue
        chosen = [deployment for deployment in existing if _leads_to(service.selector, scene.snapshot(deployment))]
        names = " and ".join(f"Deployment {deployment}" for deployment in chosen or existing)
        if len(chosen) > 1:
            raise RefusedError(
                f"{service.ref} selects the pods of {names} alike by {spelled(service.selector)}; give it a label that only those that "
                "serve have, or delete the Deployment that is not meant to."
            )
        if not chosen:
            raise RefusedError(
                f"{service.ref} selects {spelled(service.selector)}, which no pod of {names} has; correct its selector first, so that it "
                "leads to what serves."
            )
        found[name] = chosen[0]
    if len(set(found.values())) > 1:
        listed = ", ".join(f"{name} to {deployment}" for name, deployment in found.items())
        raise RefusedError(
            f"The Services of {workload} lead to different Deployments ({listed}); point them at one first (service_switch)."
        )
    if found:
        return next(iter(found.values()))
    return workload if workload in existing else existing[0]


def _leads_to(selector: Selector, snapshot: Snapshot) -> bool:
    if snapshot.workload is None:
        return False
    labels = texts(snapshot.workload.template, "metadata", "labels")
    if not is_pinned(selector):
        return picks(selector, labels)
    hashes = {revision.hash for revision in snapshot.revisions}
    return selector.get(TEMPLATE_HASH) in hashes and picks(base_of(selector), labels)


def leading(scene: Scene, services: Collection[str]) -> str:
    """Where these Services lead now, in words: `Service web leads to web-green (app=web,...)`."""
    found: dict[str, list[str]] = {}
    for name in services:
        found.setdefault(_leading(scene, name), []).append(name)
    return "; ".join(f"Service {', '.join(names)} {where}" for where, names in found.items())


def _leading(scene: Scene, service: str) -> str:
    if service not in scene.services:
        return "does not exist any more"
    selector = scene.services[service].selector
    chosen = picked(selector, scene.backends)
    names = " and ".join(sorted({backend.application.removeprefix("Deployment ") for backend in chosen}))
    unready = ", of which no pod is ready" if chosen and not any(backend.ready for backend in chosen) else ""
    return f"leads to {names or 'no pod'} ({spelled(selector) or 'without a selector'}){unready}"


def leads_only_to(scene: Scene, service: str, deployment: str) -> bool:
    """The Service leads to ready pods of this Deployment, and to no others."""
    chosen = picked(scene.services[service].selector, scene.backends) if service in scene.services else ()
    return {backend.application for backend in chosen} == {f"Deployment {deployment}"} and any(backend.ready for backend in chosen)


def strangers_behind(scene: Scene, service: str, workloads: Collection[str]) -> str:
    """The pods of others to which a Service leads, in words: they would lose its requests. Empty where there are none."""
    mine = {f"Deployment {name}" for workload in workloads for name in deployments_of(workload)}
    chosen = picked(scene.services[service].selector, scene.backends) if service in scene.services else ()
    return " and ".join(sorted({backend.application for backend in chosen} - mine))


def obstacles(
    scene: Scene, stable: Mapping[str, str], templates: Mapping[str, JsonObject], services: Mapping[str, str], previews: Mapping[str, str]
) -> Iterator[str]:
    """Sentences on what keeps a rollout from beginning. `stable` and `templates` are by workload: the Deployment that serves (empty for
    none) and the template that shall; `services` and `previews` lead to the workloads."""
    for name, workload in {**services, **previews}.items():
        service = scene.services.get(name)
        if service is None:
            continue
        yield unswitchable(service)
        port = missing_port(service.named_ports, templates[workload])
        if port:
            yield (
                f"{service.ref} leads to the port {port}, which the new template of {workload} does not have; name it in its containers' "
                "ports."
            )
    for workload, template in templates.items():
        yield from _strangers(scene, workload, template, {**services, **previews})
        yield from _left_behind(scene, stable[workload], template, {**services, **previews})
        yield from _scalers(scene, workload)
        if stable[workload]:
            yield _incomplete(scene.snapshot(stable[workload]))


def _strangers(scene: Scene, workload: str, template: JsonObject, known: Mapping[str, str]) -> Iterator[str]:
    """Services that are not part of the rollout and would lead to both sides."""
    labels = base_of(texts(template, "metadata", "labels"))
    for name, service in sorted(scene.services.items()):
        if name not in known and picks(service.selector, labels):
            yield (
                f"{service.ref} selects the pods of {workload} too ({spelled(service.selector)}) and would lead to both colours; name it "
                "in services, so that it is switched with the others, or narrow its selector."
            )


def _left_behind(scene: Scene, stable: str, template: JsonObject, known: Mapping[str, str]) -> Iterator[str]:
    """Services that are not part of the rollout and select the pods that serve, but not those of the new version."""
    workload = scene.workload(stable)
    if workload is None:
        return
    labels = texts(workload.template, "metadata", "labels")
    change = Relabelled(workload.ref, labels, base_of(texts(template, "metadata", "labels")))
    for name, service in sorted(scene.services.items()):
        chosen = {backend.application for backend in picked(service.selector, scene.backends)}
        lacking = change.lacks(service.selector, alive=True) if chosen == {change.application} and name not in known else ()
        if lacking:
            told = any(key in (COLOUR, TEMPLATE_HASH) for key in lacking)
            remedy = (
                "name it in services, so that it is switched with the others" if told else f"take {' and '.join(lacking)} out of it first"
            )
            yield (
                f"{service.ref} selects {spelled(service.selector)}, which the pods of {stable} have and the new ones do not, and would "
                f"lead to nothing in the end; {remedy}."
            )


def _scalers(scene: Scene, workload: str) -> Iterator[str]:
    names = deployments_of(workload)
    found = [entry for entry in scene.autoscalers if entry.deployment in names]
    for entry in found:
        if entry.scaled_object:
            yield (
                f"Deployment {entry.deployment} is scaled by KEDA's ScaledObject {entry.scaled_object}, which would keep its autoscaler "
                "where it is; use a HorizontalPodAutoscaler of your own for blue/green, or roll it out by the module rolling."
            )
    if len({entry.ref for entry in found}) > 1:
        listed = " and ".join(f"{entry.ref.name} ({entry.deployment})" for entry in found)
        yield f"{workload} has several autoscalers, {listed}, which hinder each other; keep one, it is moved from colour to colour."


def _incomplete(snapshot: Snapshot) -> str:
    """What serves must be one whole version: it is what is gone back to."""
    workload = snapshot.workload
    if workload is None:
        return ""
    if not workload.desired:
        return f"{workload.ref} serves and is scaled to 0, so there is nothing to switch from; scale it up first."
    state = standing(snapshot)
    if not state.done:
        return (
            f"{workload.ref} serves and is not rolled out completely ({state.message}); finish or undo that first (module rolling or undo)."
        )
    if not is_coloured(workload.template) and not mark_of(snapshot):
        return (
            f"{workload.ref} serves, and its ReplicaSet is not known, so its pods cannot be told apart; restart it first (module restart)."
        )
    return ""
