# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The preflight: what is known before a rollout, read from the cluster as far as that is allowed, and what the rules say of it.

Nothing here writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..._domain.base.errors import ForbiddenError, NotFoundError
from ..._domain.base.objects import JsonObject, Ref, items, number, ref_of, text, without
from ..._domain.base.ports import Cluster
from ..._domain.base.resources import KNOWN, SCALED_OBJECT, Resource
from ..._domain.canary.parking import FIELDS
from ..._domain.kinds import WORKLOADS, workload_of
from ..._domain.preflight.findings import KINDS, Scenery
from ..._domain.preflight.manifest import subject_of, subjects
from ..._domain.preflight.surroundings import way
from ..._domain.preflight.table import check, check_ignored
from ..._domain.request import Limits, PreflightRequest, Selection, ShortChange, Target, WatchRequest
from ..._domain.sides.colours import deployments_of
from ..._domain.workloads.workload import HELD_SECONDS, Snapshot
from ..._strategies.rolling import with_change, with_limits
from ..outside.parallel import side_by_side
from ..outside.surroundings import Surroundings
from ..tell.outcome import Outcome, Preflight, Rollout
from .look import status

_RESOURCES = {kind: next(found for (_version, known), found in KNOWN.items() if known == kind) for kind in KINDS}
_NOT_NEEDED = (("metadata", "managedFields"), ("data",), ("binaryData",), ("status", "images"))
"""The large parts of objects that no rule asks for."""


@dataclass(frozen=True)
class _Seen:
    """What the cluster shows, and what of it could not be read."""

    live: Mapping[str, tuple[JsonObject, ...]] = field(default_factory=dict)
    version: tuple[int, int] | None = None
    unseen: tuple[str, ...] = ()
    """In words, each with the namespaces where that matters."""


def preflight(request: PreflightRequest, outside: Surroundings | None) -> Outcome:
    """What the rules find. `outside` is None where no cluster is to be asked; then there are manifests alone.

    A finding that is to fail the task is an outcome with an error. Raises `InputError` for rules to ignore that do not exist,
    `NotFoundError` for a workload that is not there, `ClusterError` when the cluster cannot be read at all.
    """
    check_ignored(request.ignore)
    looked = Outcome(changed=False, rollouts=())
    wanted: tuple[JsonObject, ...] = ()
    seen = _Seen()
    if outside is not None:
        selection = _with_sides(request, outside.cluster)
        if selection is not None:
            looked = status(WatchRequest(selection), outside, judged=False)
        seen = _look(request, selection, looked, outside.cluster)
        wanted = _wanted(request, looked, seen, outside.cluster)
    coming = tuple(_changed(obj, request.limits, None) for obj in request.manifests)
    scenery = Scenery(
        (*coming, *wanted),
        live=seen.live,
        server_version=seen.version,
        strategy=request.strategy,
        wait_timeout=request.wait_timeout,
        shutdown_seconds=request.shutdown_seconds,
        versioned=request.versioned,
        shares=request.shares,
        least=request.least,
    )
    named = {ref_of(obj) for obj in coming}
    pending = tuple(_pending(obj, scenery) for obj in coming if text(obj, "kind") in WORKLOADS)
    return Outcome(
        changed=False,
        rollouts=(*pending, *(rollout for rollout in looked.rollouts if rollout.ref not in named)),
        warnings=(_warning(seen.unseen),) if seen.unseen else (),
        preflight=Preflight(check(scenery, request.ignore), request.ignore, request.fails_on),
    )


# --- which workloads ----------------------------------------------------------------------------------------------------------


def _with_sides(request: PreflightRequest, cluster: Cluster) -> Selection | None:
    """The selection. What blue/green rolls out is called by its name without a colour, which perhaps no Deployment has."""
    selection = request.selection
    if selection is None or request.strategy != "blue_green":
        return selection
    targets = tuple(_side(target, cluster) for target in selection.targets)
    return Selection(targets, selection.resources, selection.labels, selection.namespace, may_be_empty=selection.may_be_empty)


def _side(target: Target, cluster: Cluster) -> Target:
    """The Deployment of a workload that has most pods, its own name first."""
    if not target.kind.has_sides:
        return target
    found = [cluster.read(target.resource, target.ref.namespace, name) for name in deployments_of(target.ref.name)]
    there = [obj for obj in found if obj is not None]
    if not there:
        return target
    chosen = max(there, key=lambda obj: number(obj, "spec", "replicas", default=1))
    return Target(target.resource, Ref(target.ref.kind, target.ref.namespace, ref_of(chosen).name))


def _wanted(request: PreflightRequest, looked: Outcome, seen: _Seen, cluster: Cluster) -> tuple[JsonObject, ...]:
    """The live workloads as they are going to be; a manifest of the definition stands for its own."""
    named = {ref_of(obj) for obj in request.manifests}
    found = []
    for rollout in looked.rollouts:
        if rollout.ref not in named:
            known = next((obj for obj in seen.live.get(rollout.ref.kind, ()) if ref_of(obj) == rollout.ref), None)
            live = known or cluster.read(WORKLOADS[rollout.ref.kind], rollout.ref.namespace, rollout.ref.name)
            if live is not None:
                # Its number of pods is what it runs with (as `known` tells the rules), not what somebody wants it set to.
                bare = live if known is None else without(live, "spec", "replicas")
                found.append(_changed(_let_go(bare), request.limits, request.image))
    return tuple(found)


def _let_go(live: JsonObject) -> JsonObject:
    """A workload without the settings under which a canary holds it. Its own come back; until then nobody may be told to mend those."""
    if number(live, "spec", "minReadySeconds") != HELD_SECONDS:
        return live
    for name in FIELDS:
        live = without(live, "spec", name)
    return live


def _changed(obj: JsonObject, limits: Limits, image: str | Mapping[str, str] | None) -> JsonObject:
    """A workload with what the rollout is going to set; any other object as it is."""
    if text(obj, "kind") not in WORKLOADS:
        return obj
    ref = ref_of(obj)
    target = Target(WORKLOADS[ref.kind], ref)
    return with_limits(target, limits, with_change(target, ShortChange(image=image), obj))


def _pending(obj: JsonObject, scenery: Scenery) -> Rollout:
    """The entry of a workload that only a manifest tells of."""
    subject = subject_of(obj)
    strategy = "on_delete" if subject.update_type == "OnDelete" else way(subject, scenery)
    return Rollout(ref=subject.ref, phase="pending", strategy=strategy, snapshot=Snapshot(workload_of(obj)), message="not rolled out yet")


# --- what stands around them --------------------------------------------------------------------------------------------------


def _look(request: PreflightRequest, selection: Selection | None, looked: Outcome, cluster: Cluster) -> _Seen:
    """Everything that rules ask for in the namespaces of the workloads, one list a kind and namespace, as far as it may be read."""
    refs = [subject.ref for subject in subjects(request.manifests)] + [rollout.ref for rollout in looked.rollouts]
    if not refs:
        return _Seen()
    everywhere = selection is not None and bool(selection.resources) and not selection.namespace
    namespaces = [""] if everywhere else sorted({ref.namespace for ref in refs})
    places = [(_RESOURCES[kind], namespace) for kind in KINDS for namespace in _where(_RESOURCES[kind], namespaces)]
    pages = side_by_side(lambda place: _listed(cluster, *place), places)
    live: dict[str, tuple[JsonObject, ...]] = {}
    unseen: dict[str, list[str]] = {}
    for (resource, namespace), page in zip(places, pages, strict=True):
        if page is None:
            unseen.setdefault(resource.plural, []).append(namespace)
        live[resource.kind] = (*live.get(resource.kind, ()), *(page or ()))
    # A kind counts as looked at only where it was in all places.
    known = {kind: found for kind, found in live.items() if _RESOURCES[kind].plural not in unseen}
    scaled = [ref_of(obj).namespace for obj in live["HorizontalPodAutoscaler"] if request.strategy == "canary" and _is_kedas(obj)]
    pages = [_listed(cluster, SCALED_OBJECT, namespace) for namespace in sorted({*scaled})]
    if scaled and None not in pages:
        known[SCALED_OBJECT.kind] = tuple(obj for page in pages for obj in page or ())
    elif scaled:
        unseen[SCALED_OBJECT.plural] = sorted({*scaled})
    lacking = [*_spelled(unseen), *(("revisions of the workloads",) if looked.warnings else ())]
    version = _version(cluster)
    return _Seen(known, version, (*lacking, *(("the server's version",) if version is None else ())))


def _is_kedas(autoscaler: JsonObject) -> bool:
    """KEDA has made it for a ScaledObject, which alone says whether it goes down to 0. Nobody is asked for the right to see one in vain."""
    return any(text(owner, "kind") == SCALED_OBJECT.kind for owner in items(autoscaler, "metadata", "ownerReferences"))


def _where(resource: Resource, namespaces: Iterable[str]) -> Iterable[str]:
    return namespaces if resource.namespaced else ("",)


def _listed(cluster: Cluster, resource: Resource, namespace: str) -> tuple[JsonObject, ...] | None:
    """All objects of a kind, without what nobody asks for; None where they may not be read, or the cluster does not have the kind."""
    try:
        return tuple(_lean(item) for item in cluster.list(resource, namespace).items)
    except (ForbiddenError, NotFoundError):
        return None


def _lean(obj: JsonObject) -> JsonObject:
    for path in _NOT_NEEDED:
        obj = without(obj, *path)
    return obj


def _version(cluster: Cluster) -> tuple[int, int] | None:
    try:
        return cluster.version()
    except (ForbiddenError, NotFoundError):
        return None


def _spelled(unseen: Mapping[str, Iterable[str]]) -> list[str]:
    """`nodes`, `services in shop`."""
    where = {plural: sorted(namespace for namespace in namespaces if namespace) for plural, namespaces in unseen.items()}
    return [f"{plural} in {', '.join(namespaces)}" if namespaces else plural for plural, namespaces in sorted(where.items())]


def _warning(unseen: tuple[str, ...]) -> str:
    return (
        f"The preflight was not allowed to look at these and says nothing about them: {'; '.join(unseen)}. Give the right to list them "
        "where that is to be checked too."
    )
