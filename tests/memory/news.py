# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may become of the events of one kind on their way: late, twice, old, cut off; and whether who says `complete` is right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import Resource
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.kinds import WORKLOADS

from .cluster import Memory
from .schema import Json
from .store import Change
from .watches import CUT, Stream

Way = Callable[[Memory, Resource], None]
LATE = (2.0, 8.0)
"""Seconds that a late event takes."""
DEAF_SECONDS = 20.0
"""For how long each watch is ended at once."""


def _carried(of: Callable[[Memory], Callable[[Stream, Change, float], None]]) -> Way:
    """A way to carry each event of the kind; those of other kinds arrive as ever."""

    def way(memory: Memory, resource: Resource) -> None:
        watches, carry = memory.server.watches, of(memory)

        def chosen(stream: Stream, change: Change) -> None:
            if change.resource == resource:
                carry(stream, change, watches.delay(change))
            else:
                stream.offer(change, watches.delay(change))

        watches.carry = chosen

    return way


def _late(memory: Memory) -> Callable[[Stream, Change, float], None]:
    return lambda stream, change, _delay: stream.offer(change, memory.clock.random.uniform(*LATE))


def _twice(_memory: Memory) -> Callable[[Stream, Change, float], None]:
    def carry(stream: Stream, change: Change, delay: float) -> None:
        stream.offer(change, delay)
        stream.offer(change, delay)

    return carry


def _old(memory: Memory) -> Callable[[Stream, Change, float], None]:
    """After each event the one before it of an object of that name, as from a server that lags behind."""

    def carry(stream: Stream, change: Change, delay: float) -> None:
        stream.offer(change, delay)
        older = (one for one in reversed(memory.server.store.changes) if one.version < change.version and _same(one, change))
        former = next(older, None)
        if former is not None:
            stream.offer(former, delay)

    return carry


def _same(one: Change, other: Change) -> bool:
    places = [(change.new["metadata"].get("namespace", ""), change.new["metadata"]["name"]) for change in (one, other)]
    return one.resource == other.resource and places[0] == places[1]


def _expired(memory: Memory) -> Callable[[Stream, Change, float], None]:
    def carry(stream: Stream, change: Change, delay: float) -> None:
        if memory.clock.random.random() < 0.3:
            stream.say_expired()
        else:
            stream.offer(change, delay)

    return carry


def _closing(_memory: Memory) -> Callable[[Stream, Change, float], None]:
    def carry(stream: Stream, change: Change, delay: float) -> None:
        stream.offer(change, delay)
        stream.send(CUT, delay)

    return carry


def _bookmarked(memory: Memory, resource: Resource) -> None:
    """Whatever happens anywhere is a bookmark on the watches of the kind, after which each of them ends."""
    watches = memory.server.watches

    def carry(stream: Stream, change: Change) -> None:
        delay = watches.delay(change)
        stream.offer(change, delay)
        if stream.resource == resource:
            stream.send(stream.bookmark(), delay)
            stream.send(CUT, delay)

    watches.carry = carry


def _deaf(memory: Memory, resource: Resource) -> None:
    ends = memory.clock.seconds + DEAF_SECONDS

    def opened(stream: Stream) -> None:
        if stream.resource == resource and memory.clock.seconds < ends:
            stream.send(CUT, 0.0)

    memory.server.watches.opened = opened


WAYS: Mapping[str, Way] = {
    "late": _carried(_late),
    "twice": _carried(_twice),
    "old": _carried(_old),
    "410": _carried(_expired),
    "a watch for each event": _carried(_closing),
    "bookmarks": _bookmarked,
    "ended at once": _deaf,
}


def untrue(memory: Memory, result: Mapping[str, Any]) -> list[str]:
    """Of which workloads a result says that they are complete, and the server does not, in this very moment."""
    found = []
    for rollout in result.get("rollouts") or ():
        obj = memory.get(rollout["namespace"], rollout["kind"], rollout["name"])
        if rollout["phase"] == "complete" and not (obj is not None and _is_complete(obj)):
            found.append(f"{rollout['kind']} {rollout['name']} is said to be complete, and its status is {obj and obj.get('status')}")
    return found


def _is_complete(obj: Json) -> bool:
    """As `kubectl rollout status` has it."""
    if obj["kind"] not in WORKLOADS:
        return True
    spec, status = obj["spec"], obj.get("status") or {}
    if status.get("observedGeneration", 0) < obj["metadata"]["generation"]:
        return False
    if obj["kind"] == "DaemonSet":
        wanted = status.get("desiredNumberScheduled", 0)
        return bool(status.get("updatedNumberScheduled", 0) == wanted == status.get("numberAvailable", 0))
    wanted, updated = spec.get("replicas", 1), status.get("updatedReplicas", 0)
    if obj["kind"] == "StatefulSet":
        wanted_updated = wanted - ((spec["updateStrategy"].get("rollingUpdate") or {}).get("partition") or 0)
        return bool(updated >= wanted_updated and status.get("availableReplicas", 0) == wanted)
    return bool(updated == wanted == status.get("replicas", 0) == status.get("availableReplicas", 0))
