# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands around a workload: the Services that lead to it, its autoscalers and budgets, how many pods there will be, the nodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from fractions import Fraction
from statistics import median_low

from ..base.errors import InputError
from ..base.objects import JsonObject, JsonValue, Ref, at, items, mapping, moment, number, ref_of, text, texts
from ..base.quantities import quantity
from ..kinds import WORKLOADS
from ..request import Way
from ..sides.colours import base_of, deployments_of
from ..traffic.scenes import Budget
from ..traffic.services import Service, picks
from ..workloads.replicas import Bounds, resolve
from ..workloads.shares import most_more
from ..workloads.workload import Pod
from .findings import Scenery, near
from .manifest import Part, Subject, subject_of, subjects

_QUIET = ("metrics", "monitoring", "prometheus")
"""How the names of ports end that only monitoring asks."""


# --- Services -----------------------------------------------------------------------------------------------------------------


def services(subject: Subject, scenery: Scenery) -> tuple[tuple[Service, JsonObject], ...]:
    """The Services of its namespace that are known, each with its object."""
    return tuple((Service.of(obj), obj) for obj in scenery.known("Service") if near(ref_of(obj), subject.ref))


def served_by(subject: Subject, scenery: Scenery) -> tuple[tuple[Service, JsonObject], ...]:
    """The Services that bring requests to its pods, whichever of its sides they lead to now.

    The headless one that gives a StatefulSet's pods their names is none of them.
    """
    governing = text(subject.obj, "spec", "serviceName") if subject.kind.keeps_ordinals else ""
    return tuple(
        (service, obj)
        for service, obj in services(subject, scenery)
        if picks(base_of(service.selector), subject.labels) and not (service.headless and service.ref.name == governing)
    )


def unserved(subject: Subject, scenery: Scenery) -> bool:
    """It is known that no Service leads to its pods."""
    return scenery.looked_at("Service") and not served_by(subject, scenery)


def serving(subject: Subject, scenery: Scenery) -> tuple[Part, ...]:
    """The containers that answer requests: those with a port that a Service leads to; where none declares it, the first."""
    targets = [
        at(port, "targetPort") if at(port, "targetPort") is not None else at(port, "port")
        for _service, obj in served_by(subject, scenery)
        for port in items(obj, "spec", "ports")
    ]
    found = tuple(part for part in subject.parts if any(_leads(target, port) for target in targets for port in part.ports))
    return found or (subject.main[:1] if served_by(subject, scenery) else ())


def answering(subject: Subject, scenery: Scenery) -> tuple[Part, ...]:
    """The containers that are likely to answer requests: where no Service is known yet, a port is a sign of it."""
    if unserved(subject, scenery):
        return ()
    return serving(subject, scenery) or tuple(
        part for part in subject.main if any(not text(port, "name").endswith(_QUIET) for port in part.ports)
    )


def _leads(target: JsonValue, port: JsonObject) -> bool:
    return target is not None and target in (at(port, "name"), at(port, "containerPort"))


# --- replicas -----------------------------------------------------------------------------------------------------------------


def autoscalers(subject: Subject, scenery: Scenery) -> tuple[JsonObject, ...]:
    """The HorizontalPodAutoscalers that scale it, as far as they are known."""
    return tuple(
        obj
        for obj in scenery.known("HorizontalPodAutoscaler")
        if near(ref_of(obj), subject.ref)
        and (text(obj, "spec", "scaleTargetRef", "kind"), text(obj, "spec", "scaleTargetRef", "name"))
        == (subject.ref.kind, subject.ref.name)
    )


def desired(subject: Subject, scenery: Scenery) -> int | None:
    """How many pods it shall have: as written, else as it runs, else the least that its autoscaler allows; None is unknown."""
    running = running_as(subject, scenery)
    if not subject.counted:
        return next((number(obj, "status", "desiredNumberScheduled") for obj in running), 0) or _nodes_taken(subject, scenery)
    if subject.replicas is not None:
        return subject.replicas
    # Of two sides one is idle.
    return max((number(obj, "spec", "replicas", default=1) for obj in running), default=least(subject, scenery))


def running_as(subject: Subject, scenery: Scenery) -> tuple[JsonObject, ...]:
    """The live objects of it, under its own name or that of one of its sides."""
    name = subject.ref.name
    names = deployments_of(workload_of(name)) if subject.kind.has_sides else (name,)
    live = scenery.live.get(subject.ref.kind, ())
    return tuple(obj for obj in live if ref_of(obj).name in names and near(ref_of(obj), subject.ref))


def workload_of(deployment: str) -> str:
    """The name of a workload without the colour of its side."""
    return deployment.removesuffix("-blue").removesuffix("-green")


def least(subject: Subject, scenery: Scenery) -> int:
    """How many pods its autoscalers leave it at least."""
    return max((number(obj, "spec", "minReplicas", default=1) for obj in autoscalers(subject, scenery)), default=1)


def _nodes_taken(subject: Subject, scenery: Scenery) -> int | None:
    """How many nodes a DaemonSet runs on; None where that takes more than its nodeSelector and the nodes' taints to tell."""
    nodes = eligible(subject, scenery)
    return None if nodes is None or mapping(subject.pod, "affinity", "nodeAffinity") or _tolerant(subject) else len(nodes)


def _tolerant(subject: Subject) -> bool:
    """It tolerates some taints, and not simply all."""
    given = items(subject.pod, "tolerations")
    return bool(given) and not any(text(entry, "operator") == "Exists" and not text(entry, "key") for entry in given)


def way(subject: Subject, scenery: Scenery) -> Way:
    """How its pods will be replaced. Only Deployments have two sides, or stand still while some of their pods run the candidate."""
    cannot = {"blue_green": not subject.kind.has_sides, "canary": not subject.kind.pauses}
    if scenery.strategy is None or cannot.get(scenery.strategy):
        return "recreate" if subject.update_type == "Recreate" else "rolling"
    return scenery.strategy


def rolls(subject: Subject, scenery: Scenery) -> bool:
    """Kubernetes itself replaces its pods, a few at a time."""
    return way(subject, scenery) == "rolling" and subject.update_type == "RollingUpdate"


def bounds_of(subject: Subject, scenery: Scenery) -> Bounds | None:
    """What holds in its rolling update; None where it has none, where the number of pods is unknown, or where it is refused."""
    total = desired(subject, scenery)
    if total is None or not rolls(subject, scenery):
        return None
    try:
        return resolve(subject.kind, total, surge=limit(subject, "maxSurge"), unavailable=limit(subject, "maxUnavailable"))
    except InputError:
        return None


def limit(subject: Subject, name: str) -> int | str | None:
    """maxSurge or maxUnavailable as it is written; None where it is not."""
    found = at(subject.strategy, "rollingUpdate", name)
    return found if isinstance(found, int) or found is None else str(found)


def surges(subject: Subject, scenery: Scenery) -> bool:
    """Pods of both versions run beside each other, more than are desired."""
    bounds = bounds_of(subject, scenery)
    return way(subject, scenery) in ("blue_green", "canary") or (bounds is not None and bounds.surge > 0)


def needed(subject: Subject, scenery: Scenery) -> int:
    """The pods beyond those that there are without which the rollout stands still: none where pods may be taken away first."""
    total = desired(subject, scenery) or 0
    bounds = bounds_of(subject, scenery)
    if way(subject, scenery) == "blue_green":
        more = total
    elif way(subject, scenery) == "canary":
        more = most_more(scenery.shares, scenery.least, total, _portion(subject, total))
    else:
        more = 1 if bounds is not None and subject.counted and total and bounds.surge and not bounds.unavailable else 0
    # A rollout that is on its way has some of them already.
    there = sum(number(obj, "status", "replicas") for obj in running_as(subject, scenery))
    return max(0, more - max(0, there - total))


def _portion(subject: Subject, total: int) -> int:
    """How many pods a canary's promotion exchanges at a time. Bounds that no server takes are another rule's."""
    try:
        return max(1, resolve(subject.kind, total, surge=limit(subject, "maxSurge"), unavailable=limit(subject, "maxUnavailable")).surge)
    except InputError:
        return 1


def first_time(subject: Subject, scenery: Scenery) -> bool:
    """It is known that nothing of it runs yet."""
    return scenery.looked_at(subject.ref.kind) and not running_as(subject, scenery)


def usual_start(subject: Subject, scenery: Scenery) -> int | None:
    """Seconds that its pods took from their creation until they were ready, in the middle; None where none tells.

    A pod whose container was restarted tells nothing: it has become ready more than once.
    """
    names = deployments_of(workload_of(subject.ref.name))
    seconds = []
    for obj in scenery.live.get("Pod", ()):
        pod = Pod.of(obj)
        own = pod.deployment in names and near(pod.ref, subject.ref)
        taken = _between(moment(obj, "metadata", "creationTimestamp"), pod.ready_since)
        if own and taken is not None and not any(entry.restarts for entry in pod.containers):
            seconds.append(taken)
    return int(median_low(seconds)) if seconds else None


def _between(earlier: datetime | None, later: datetime | None) -> float | None:
    """Seconds between two moments of the API, which names the zone of each."""
    if earlier is None or later is None or earlier.tzinfo is None or later.tzinfo is None:
        return None
    return (later - earlier).total_seconds()


# --- labels -------------------------------------------------------------------------------------------------------------------


def budgets(subject: Subject, scenery: Scenery) -> tuple[JsonObject, ...]:
    """The PodDisruptionBudgets that count its pods, as far as they are known."""
    return tuple(obj for obj in scenery.known("PodDisruptionBudget") if near(ref_of(obj), subject.ref) and counts(obj, subject.labels))


def counts(budget: JsonObject, labels: Mapping[str, str]) -> bool:
    """A budget counts pods with these labels. One that has no selector counts none, an empty selector all."""
    return isinstance(at(budget, "spec", "selector"), Mapping) and Budget.of(budget).counts(labels)


def matches(selector: JsonObject, labels: Mapping[str, str]) -> bool:
    """A label selector of the API picks these labels; an empty one picks all."""
    return Budget(Ref("", "", ""), selector).counts(labels)


def workloads(scenery: Scenery) -> tuple[Subject, ...]:
    """All workloads that are known, those of the definition first."""
    return tuple(subject_of(obj) for kind in WORKLOADS for obj in scenery.known(kind))


def unseen(scenery: Scenery) -> str:
    """What to add to `no pod of the definition` where there may be others."""
    return "" if all(scenery.looked_at(kind) for kind in WORKLOADS) else " (what else runs there was not looked at)"


def about(ref: Ref, among: Iterable[Subject], scenery: Scenery) -> Ref | None:
    """Which workload of the definition an object is likely to be about: one with its name, or the beginning of it, else the first.

    So that what is wrong with the object is said once.
    """
    ours = {subject.ref for subject in subjects(scenery.manifests)}
    found = (subject.ref for subject in among if subject.ref in ours)
    return min(found, key=lambda own: (own.name != ref.name, not ref.name.startswith(own.name), own), default=None)


# --- nodes and amounts --------------------------------------------------------------------------------------------------------


def chosen(subject: Subject, scenery: Scenery) -> tuple[JsonObject, ...] | None:
    """The nodes that its nodeSelector picks; None where they were not looked at."""
    if not scenery.looked_at("Node"):
        return None
    wanted = texts(subject.pod, "nodeSelector")
    return tuple(node for node in scenery.live["Node"] if not wanted or picks(wanted, texts(node, "metadata", "labels")))


def eligible(subject: Subject, scenery: Scenery) -> tuple[JsonObject, ...] | None:
    """The nodes that may take its pods, never fewer than do in truth: a pod with any toleration is taken to tolerate every taint."""
    nodes = chosen(subject, scenery)
    if nodes is None or items(subject.pod, "tolerations"):
        return nodes
    return tuple(node for node in nodes if not _closed(node, daemon=not subject.counted))


def _closed(node: JsonObject, *, daemon: bool) -> bool:
    """Nodes that are cordoned still get the pods of DaemonSets."""
    taints = [taint for taint in items(node, "spec", "taints") if text(taint, "key") != "node.kubernetes.io/unschedulable"]
    cordoned = at(node, "spec", "unschedulable") is True and not daemon
    return cordoned or any(text(taint, "effect") in ("NoSchedule", "NoExecute") for taint in taints)


def amounts(values: JsonObject) -> dict[str, Fraction]:
    """The quantities of a mapping, without what is none."""
    return {name: found for name, value in values.items() if (found := quantity(value)) is not None}


def asked(subject: Subject, *, of: str = "requests") -> dict[str, Fraction]:
    """What one of its pods asks for at least: the sum of its containers, or more where an init container needs it.

    `of` is "requests" (where a limit stands in for a request that is missing, as on the server) or "limits".
    """
    total: dict[str, Fraction] = {}
    for part in subject.parts:
        for name, value in asked_by(part, of=of).items():
            total[name] = total.get(name, Fraction(0)) + value
    for part in subject.starting:
        for name, value in asked_by(part, of=of).items():
            total[name] = max(total.get(name, Fraction(0)), value)
    return total


def asked_by(part: Part, *, of: str) -> dict[str, Fraction]:
    """What one container asks for, "requests" or "limits"."""
    limits = amounts(mapping(part.obj, "resources", "limits"))
    return limits if of == "limits" else {**limits, **amounts(mapping(part.obj, "resources", "requests"))}


def listed(names: Iterable[str]) -> str:
    """Names in the order given, each once: `a, b and c`."""
    *first, last = dict.fromkeys(names)
    return f"{', '.join(first)} and {last}" if first else last
