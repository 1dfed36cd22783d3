# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which pods of a workload are updated together, and in which order.

A place is where a pod stands, whichever pod that is at the moment: a StatefulSet's by the pod's name, a DaemonSet's by the node's. A
StatefulSet's partition is an index and not an ordinal: with `spec.ordinals.start: 5` and 5 replicas, partition 3 updates pods 8 and 9.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..base.errors import InputError, RefusedError
from ..base.objects import Ref
from ..kinds import named
from ..request import Batching, Partitioning, Primary
from ..workloads.kind import Kind
from ..workloads.replicas import Amount
from ..workloads.shares import PROMOTE, Share
from ..workloads.workload import Pod, Snapshot, Workload

PRIMARY, REST = "primary", "rest"
"""What `stop_before` may say besides names."""
_DEFAULT = (Amount(1), Amount(100, percent=True))


@dataclass(frozen=True)
class Group:
    """Places that are updated in one step, in their order; `alias` is what `stop_before` may call it besides its names."""

    places: tuple[str, ...]
    alias: str = ""
    in_row: bool = False
    """They are all that lie between the first and the last."""
    title: str = ""
    """The name of its step, where that says its share; such a step may have no place, as the one before has reached its share already."""
    share: Share | None = None
    """What the step was asked for, where it has a share."""
    measured: bool = True
    """The step is held and its gates are measured."""
    portions: tuple[tuple[str, ...], ...] = ()
    """The places that go together, one portion after another; none: all of them."""

    @property
    def name(self) -> str:
        """`web-4`, `web-3 to web-0` in a row, else `web-3 and web-0` or `web-3 and 4 more`; or its title."""
        if self.title:
            return self.title
        first, others = self.places[0], self.places[1:]
        if not others:
            return first
        if self.in_row:
            return f"{first} to {others[-1]}"
        return f"{first} and {others[0] if len(others) == 1 else f'{len(others)} more'}"


def place_of(pod: Pod, kind: Kind) -> str:
    """Where a pod stands."""
    return pod.node if kind.per_node else pod.ref.name


def pods_of(workload: Workload) -> tuple[str, ...]:
    """The pods that a StatefulSet has when it is complete, by name, the highest ordinal first."""
    first = workload.first_ordinal
    return tuple(f"{workload.ref.name}-{first + index}" for index in reversed(range(workload.desired)))


# --- partitions ---------------------------------------------------------------------------------------------------------------


def by_shares(places: Sequence[str], shares: Iterable[Share], primary: str = "") -> tuple[Group, ...]:
    """All places in the groups of steps with shares: what each step adds, the rest as `promote`, and the primary alone after it.

    The last step is not held: nothing comes after it that could wait for a verdict.
    """
    queue = [place for place in places if place != primary]
    groups, begin = list[Group](), 0
    for share in shares:
        end = max(begin, min(share.candidates(len(places)), len(queue)))
        groups.append(Group(tuple(queue[begin:end]), in_row=True, title=share.name, share=share))
        begin = end
    groups.append(Group(tuple(queue[begin:]), in_row=True, title=PROMOTE))
    groups += [Group((place,), PRIMARY) for place in places if place == primary]
    return (*groups[:-1], replace(groups[-1], measured=False))


def falling(workload: Workload, wish: Partitioning, primary: str = "") -> tuple[Group, ...]:
    """All pods of a StatefulSet in groups, from the highest ordinal down; `primary` is the pod that is last and alone, if there is one.

    Raises `InputError` for steps that do not go down, `RefusedError` for pods that are not there and for a primary that is not the lowest.
    """
    names = pods_of(workload)
    if not names:
        return ()
    if primary and primary != names[-1]:
        raise RefusedError(
            f"{workload.ref} has the primary {primary}, and a partition updates {names[-1]} last; make {names[-1]} the primary first, or "
            "use the module on_delete, which goes in any order."
        )
    if wish.shares:
        return by_shares(names, wish.shares, primary)
    cuts = {*_cuts(workload, wish, names), len(names) - bool(primary), len(names)} - {0}
    ends = sorted(cuts)
    groups = (names[begin:end] for begin, end in zip([0, *ends], ends, strict=False))
    return tuple(Group(places, PRIMARY if primary and places == (primary,) else "", in_row=True) for places in groups)


def partition_below(workload: Workload, groups: Sequence[Group], number: int) -> int:
    """The partition under which the first `number` groups are updated."""
    return workload.desired - sum(len(group.places) for group in groups[:number])


def _cuts(workload: Workload, wish: Partitioning, names: Sequence[str]) -> list[int]:
    """How many pods are updated at the end of each step."""
    total = len(names)
    if wish.one_by_one:
        return list(range(1, total + 1))
    if wish.lowest:
        found = [names.index(_known(entry, workload.ref, names, "ordinals")) + 1 for entry in wish.lowest]
        given = [str(entry) for entry in wish.lowest]
        wrong = "which is not below {before}: the ordinals go down from step to step"
    else:
        counts = wish.counts or _DEFAULT
        found = [min(count.of(total, up=True), total) for count in counts]
        given = [str(count) for count in counts]
        wrong = "which is not more than {before}: each step says how many pods are updated in all"
    for position in range(1, len(found)):
        if found[position] < found[position - 1] or given[position] == given[position - 1]:
            option = "ordinals" if wish.lowest else "steps"
            raise InputError(
                f"{option} of {workload.ref} go from {given[position - 1]} to {given[position]}, "
                f"{wrong.format(before=given[position - 1])}; put them in order."
            )
    return found


# --- batches ------------------------------------------------------------------------------------------------------------------


def batches(
    ref: Ref,
    places: Sequence[str],
    wish: Batching,
    *,
    primary: str = "",
    canary: Collection[str] = (),
    zones: Mapping[str, str] | None = None,
) -> tuple[Group, ...]:
    """All places in groups. `places` is the order where nothing else is said; `canary` those on the nodes that come first; `zones` the
    value of the node label by place, where the label tells what goes together.

    Raises `RefusedError` for an order that names what is not there, and for nodes on which there is no pod.
    """
    chosen = [_known(entry, ref, places, "order") for entry in wish.order]
    twice = next((place for place in chosen if chosen.count(place) > 1), "")
    if twice:
        raise InputError(f"order of {ref} names {twice} twice; leave one out.")
    if wish.nodes and not canary:
        raise RefusedError(f"{ref} has no pod on a node that {wish.nodes} selects, so there is nothing to begin with; correct nodes.")
    queue = [*chosen, *(place for place in places if place not in chosen)]
    last = [place for place in queue if place == primary]
    first = [place for place in queue if place in canary and place not in last]
    rest = [place for place in queue if place not in first and place not in last]
    size = max(1, wish.size.of(len(places), up=False))

    def cut(part: Sequence[str]) -> list[tuple[str, ...]]:
        return _by_size(size, part) if zones is None else _by_value(zones, part)

    if wish.shares:
        return tuple(replace(group, portions=tuple(cut(group.places))) for group in by_shares(queue, wish.shares, primary))
    groups = [Group(batch) for batch in cut(first)]
    others = [Group(batch) for batch in cut(rest)]
    if first and others:
        others[0] = Group(others[0].places, REST)
    return (*groups, *others, *(Group((place,), PRIMARY) for place in last))


def _by_size(size: int, places: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(places[begin : begin + size]) for begin in range(0, len(places), size)]


def _by_value(zones: Mapping[str, str], places: Sequence[str]) -> list[tuple[str, ...]]:
    values = dict.fromkeys(zones.get(place, "") for place in places)
    return [tuple(place for place in places if zones.get(place, "") == value) for value in values]


# --- names --------------------------------------------------------------------------------------------------------------------


def primary_of(ref: Ref, wish: Primary, places: Sequence[str], pods: Iterable[Pod]) -> str:
    """The place of the primary; empty where none is named. Raises `RefusedError` where it is not there, or not one pod."""
    kind = named(ref.kind)
    if wish.labels:
        spelled = ",".join(f"{key}={value}" for key, value in wish.labels.items())
        alive = [pod for pod in pods if not pod.terminating]
        found = [pod for pod in alive if all(pod.labels.get(key) == value for key, value in wish.labels.items())]
        if len(found) != 1:
            who = " and ".join(sorted(pod.ref.name for pod in found)) or "no pod"
            raise RefusedError(f"The primary of {ref} is the pod with {spelled}, and {who} {_has(len(found))} it; name the primary.")
        return place_of(found[0], kind)
    if not wish.pod:
        return ""
    of_pods = {pod.ref.name: place_of(pod, kind) for pod in pods}
    return _known(of_pods.get(wish.pod, wish.pod), ref, places, "primary")


def taken(ref: Ref, groups: Sequence[Group], stop_before: str) -> int:
    """How many of the groups are updated before the one that `stop_before` names. Raises `RefusedError` where none begins with that."""
    if not stop_before:
        return len(groups)
    full = f"{ref.name}-{stop_before}" if named(ref.kind).keeps_ordinals and stop_before.isdecimal() else stop_before
    for number, group in enumerate(groups):
        if full in (group.name, *group.places[:1]) or (group.alias and full == group.alias):
            return number
    inside = next((group for group in groups if full in group.places), None)
    names = ", ".join(group.name for group in groups)
    if inside is not None:
        raise RefusedError(f"{full} of {ref} is in the middle of the step {inside.name}; stop before one of the steps {names}.")
    raise RefusedError(f"stop_before names {stop_before}, and no step of {ref} begins with that; its steps are {names}.")


def _known(entry: str, ref: Ref, places: Sequence[str], option: str) -> str:
    """The place that somebody names. Raises `RefusedError`."""
    kind = named(ref.kind)
    full = f"{ref.name}-{int(entry)}" if kind.keeps_ordinals and entry.isdecimal() else entry
    if full in places:
        return full
    what = "node with a pod" if kind.per_node else "pod"
    there = ", ".join(places[:8]) + (" and more" if len(places) > 8 else "") if places else "none"
    raise RefusedError(f"{option} names {entry}, and {ref} has no such {what}; it has {there}.")


def _has(count: int) -> str:
    return "have" if count > 1 else "has"


def ready_places(snapshot: Snapshot, kind: Kind) -> frozenset[str]:
    """Where a pod is ready and stays."""
    return frozenset(place_of(pod, kind) for pod in snapshot.pods if pod.ready and not pod.terminating)
