# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about room for the pods that a rollout needs beside those that run: quotas, nodes, ports, volumes, spreading."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from ..base.objects import JsonObject, JsonValue, at, flag, items, mapping, number, ref_of, text, texts
from ..workloads.workload import TEMPLATE_HASH
from .findings import Fault, Scenery, near, yaml_lines
from .manifest import POD, Subject
from .surroundings import amounts, asked, asked_by, chosen, desired, eligible, first_time, matches, needed, surges, way

_HOST = "kubernetes.io/hostname"
_ALONE = ("ReadWriteOnce", "ReadWriteOncePod")
_BASIC = {"cpu": "100m", "memory": "128Mi"}
_IN_PLACE = {"maxSurge": 0, "maxUnavailable": 1}


def quota_exceeded(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """A quota has no room for the pods that must come before others may go; for any, where nothing runs yet."""
    new = first_time(subject, scenery)
    more = (desired(subject, scenery) or 0) if new else needed(subject, scenery)
    for quota in _quotas(subject, scenery) if more else ():
        hard, used = amounts(mapping(quota, "status", "hard")), amounts(mapping(quota, "status", "used"))
        for name, each in _counted(subject).items():
            left = hard[name] - used.get(name, Fraction(0)) if name in hard else None
            if left is not None and each * more > left:
                why = (
                    f"ResourceQuota {ref_of(quota).name} has {_spelled(left)} of {name} left, and the rollout needs "
                    f"{_spelled(each * more)} for {more} {'new' if new else 'more'} pod{'' if more == 1 else 's'}"
                    f"{': some of them are never made' if new else ' before any may go: it cannot begin'}."
                )
                if new:
                    yield _fewer(subject, why, int(left // each) if each else 0)
                    continue
                yield _in_place(subject, scenery, why)


def _fewer(subject: Subject, why: str, fitting: int) -> Fault:
    """As many pods as fit; what a DaemonSet has of them is not for its manifest to say."""
    if subject.counted and fitting > 0:
        return Fault(subject.ref, "spec.replicas", why, yaml_lines("replicas", fitting))
    return Fault(subject.ref, "spec.template.spec.containers", why, "# smaller requests, or a larger ResourceQuota")


def quota_needs(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """A quota wants each container to say what it takes, and one does not."""
    if not scenery.looked_at("LimitRange") or at(subject.pod, "resources"):
        return
    wanted = _wanted_by_quotas(subject, scenery) - _by_default(subject, scenery)
    for part in (*subject.parts, *subject.starting):
        for of in ("requests", "limits"):
            lacking = sorted(name for kind, name in wanted if kind == of and name not in asked_by(part, of=of))
            if lacking:
                why = (
                    f"A ResourceQuota counts the {of} of {' and '.join(lacking)}, and container {part.name} names none: Kubernetes refuses "
                    "every new pod."
                )
                there = {**mapping(part.obj, "resources", of), **{name: _BASIC[name] for name in lacking}}
                yield Fault(subject.ref, f"{part.path}.resources.{of}", why, yaml_lines(of, there))


def _wanted_by_quotas(subject: Subject, scenery: Scenery) -> set[tuple[str, str]]:
    """What containers must name: requests or limits, of what."""
    keys = {key for quota in _quotas(subject, scenery) for key in mapping(quota, "status", "hard")}
    split = {tuple(key.split(".", 1)) if "." in key else ("requests", key) for key in keys}
    return {(of, name) for of in ("requests", "limits") for name in _BASIC if (of, name) in split}


def _by_default(subject: Subject, scenery: Scenery) -> set[tuple[str, str]]:
    """What LimitRanges fill in; a limit by default is a request by default."""
    found: set[tuple[str, str]] = set()
    for limits in scenery.live["LimitRange"]:
        for entry in items(limits, "spec", "limits") if near(ref_of(limits), subject.ref) else ():
            if text(entry, "type") == "Container":
                found |= {("requests", name) for name in (*mapping(entry, "defaultRequest"), *mapping(entry, "default"))}
                found |= {("limits", name) for name in mapping(entry, "default")}
    return found


def _quotas(subject: Subject, scenery: Scenery) -> Iterator[JsonObject]:
    """The quotas of its namespace that count all pods."""
    for quota in scenery.live.get("ResourceQuota", ()):
        scoped = mapping(quota, "spec", "scopeSelector") or at(quota, "spec", "scopes")
        if not scoped and near(ref_of(quota), subject.ref):
            yield quota


def _counted(subject: Subject) -> dict[str, Fraction]:
    """What a pod takes of the quantities that a quota knows."""
    found = {"pods": Fraction(1), "count/pods": Fraction(1)}
    for name, value in asked(subject).items():
        found |= {f"requests.{name}": value} | ({name: value} if name in ("cpu", "memory") else {})
    return found | {f"limits.{name}": value for name, value in asked(subject, of="limits").items()}


def _in_place(subject: Subject, scenery: Scenery, why: str) -> Fault:
    """Taking pods away first is the way out of a rolling update; two sides need the room, and a canary some of it."""
    if way(subject, scenery) == "canary":
        total = desired(subject, scenery) or 0
        fitting = f"# {total + needed(subject, scenery)} pods must fit for a while"
        less = "smaller steps of the canary and a smaller maxSurge need less, at least"
        return Fault(subject.ref, "spec.replicas", why, f"{fitting}; {less} {total + 1}")
    if way(subject, scenery) == "blue_green":
        total = desired(subject, scenery) or 0
        return Fault(
            subject.ref, "spec.replicas", why, f"# {2 * total} pods must fit for a while; or fewer are wanted:\n# replicas: {total // 2}"
        )
    return Fault(subject.ref, f"{subject.strategy_path}.rollingUpdate", why, yaml_lines("rollingUpdate", _IN_PLACE))


def _spelled(value: Fraction) -> str:
    """A quantity for people: whole numbers as they are, fractions in thousandths, memory in Mi where that is even."""
    if value.denominator != 1:
        return f"{int(value * 1000)}m"
    return f"{value // 2**20}Mi" if value and value % 2**20 == 0 else str(value)


def nodes_too_small(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """The nodes cannot hold the pods, even if they held nothing else."""
    nodes, total = eligible(subject, scenery), desired(subject, scenery)
    if nodes is None or not total or not nodes:
        return
    wanted = asked(subject)
    rooms = [_room(node, wanted) for node in nodes]
    more = 0 if first_time(subject, scenery) else needed(subject, scenery)
    if not any(rooms):
        why = f"None of the nodes that may take it ({len(nodes)}) can hold a pod of this size: no new pod starts before others are added."
        yield Fault(subject.ref, f"{POD}.containers[0].resources.requests", why, yaml_lines("requests", _BASIC))
    elif subject.counted and sum(rooms) < total + more:
        why = (
            f"The {len(nodes)} node{'' if len(nodes) == 1 else 's'} can hold {sum(rooms)} pods of this size if nothing else runs there, "
            f"and {total + more} are needed during the rollout: the new ones are not scheduled before others are added."
        )
        yield _in_place(subject, scenery, why)


def _room(node: JsonObject, wanted: Mapping[str, Fraction]) -> int:
    """How many such pods an empty node holds."""
    there = amounts(mapping(node, "status", "allocatable"))
    each = {**wanted, "pods": Fraction(1)}
    return int(min((there[name] // value for name, value in each.items() if value and name in there), default=Fraction(2**31)))


def host_port(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """A new pod needs a port of a node that an old one still has."""
    ports = [
        (f"{part.path}.ports[{index}]", number(port, "hostPort", default=number(port, "containerPort")))
        for part in subject.parts
        for index, port in enumerate(part.ports)
        if number(port, "hostPort") or flag(subject.pod, "hostNetwork")
    ]
    nodes, more = eligible(subject, scenery), needed(subject, scenery)
    crowded = more > 0 and (nodes is None or len(nodes) < (desired(subject, scenery) or 0) + more)
    daemon = not subject.counted and str(at(subject.strategy, "rollingUpdate", "maxSurge") or 0) not in ("0", "0%")
    if ports and (crowded or daemon):
        path, port = ports[0]
        why = (
            f"{path.removeprefix(f'{POD}.')} takes port {port} of its node, so that a new pod cannot start beside an old one: where every "
            "node has one, the rollout stands still."
        )
        yield _in_place(subject, scenery, why)


def volume_alone(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """A new pod needs a volume that only one node may have, while an old pod has it."""
    if not surges(subject, scenery):
        return
    claims = {ref_of(obj).name: obj for obj in scenery.known("PersistentVolumeClaim") if near(ref_of(obj), subject.ref)}
    for volume in items(subject.pod, "volumes"):
        name = text(volume, "persistentVolumeClaim", "claimName")
        modes = at(claims.get(name, {}), "spec", "accessModes")
        if isinstance(modes, (list, tuple)) and modes and all(mode in _ALONE for mode in modes):
            why = (
                f"The claim {name} is {modes[0]}: a new pod on another node waits for the volume until the old pods are gone, and those "
                "wait for the new one."
            )
            remedy = (
                f"{yaml_lines('strategy', {'type': 'Recreate'})}\n# or a claim that many nodes may have:\n# accessModes: [ReadWriteMany]"
            )
            yield Fault(subject.ref, "spec.strategy", why, remedy)


def apart(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """The pods may not share a node or zone, and there is none left for a new one."""
    rules = at(subject.pod, "affinity", "podAntiAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    nodes, more = eligible(subject, scenery), needed(subject, scenery)
    if nodes is None or not more or not isinstance(rules, (list, tuple)):
        return
    total = desired(subject, scenery) or 0
    for index, rule in enumerate(rules):
        key = text(rule, "topologyKey")
        if not _own(subject, rule) or TEMPLATE_HASH in _strings(rule, "matchLabelKeys"):
            continue
        places = _places(nodes, key)
        if len(places) < total + more:
            why = (
                f"The required podAntiAffinity allows one pod for each {key}, of which there {_are(len(places))}, and the rollout needs "
                f"{total + more} pods at a time: the new ones are never scheduled."
            )
            path = f"{POD}.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[{index}].matchLabelKeys"
            if total <= len(places):
                yield Fault(subject.ref, path, why, yaml_lines("matchLabelKeys", [TEMPLATE_HASH]))
            else:
                yield _in_place(subject, scenery, why)


def spread(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """A place that can take no pod counts in the spreading, so that the others may not take more."""
    nodes, usable, more = chosen(subject, scenery), eligible(subject, scenery), needed(subject, scenery)
    if nodes is None or usable is None or not more:
        return
    total = desired(subject, scenery) or 0
    for index, rule in enumerate(items(subject.pod, "topologySpreadConstraints")):
        if text(rule, "whenUnsatisfiable") == "ScheduleAnyway" or not _own(subject, rule):
            continue
        together = 0 if TEMPLATE_HASH in _strings(rule, "matchLabelKeys") else more
        key = text(rule, "topologyKey")
        counted = _places(usable if text(rule, "nodeTaintsPolicy") == "Honor" else nodes, key)
        open_ = _places(usable, key)
        short = bool(counted - open_) or len(counted) < number(rule, "minDomains", default=1)
        room = len(open_) * number(rule, "maxSkew", default=1)
        if short and room < total + together:
            why = (
                f"DoNotSchedule over {key} with maxSkew {number(rule, 'maxSkew', default=1)} leaves room for {room} pods, because a place "
                f"without any pod counts too, and the rollout needs {total + together} at a time: the new ones are never scheduled."
            )
            path = f"{POD}.topologySpreadConstraints[{index}].whenUnsatisfiable"
            yield Fault(subject.ref, path, why, yaml_lines("whenUnsatisfiable", "ScheduleAnyway"))


def _own(subject: Subject, rule: JsonValue) -> bool:
    """A rule of affinity or spreading counts the workload's own pods."""
    selector = at(rule, "labelSelector")
    return isinstance(selector, Mapping) and matches(selector, subject.labels)


def _places(nodes: Sequence[JsonObject], key: str) -> set[str]:
    """The nodes, zones or regions among these nodes."""
    found = ({_HOST: ref_of(node).name, **texts(node, "metadata", "labels")}.get(key, "") for node in nodes)
    return {place for place in found if place}


def _strings(rule: JsonValue, key: str) -> tuple[str, ...]:
    found = at(rule, key)
    return tuple(str(item) for item in found) if isinstance(found, (list, tuple)) else ()


def _are(count: int) -> str:
    return "is 1" if count == 1 else f"are {count}"
