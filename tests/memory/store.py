# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The objects, their versions, and what has changed when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import Resource

from .clock import Clock
from .schema import Json

_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


@dataclass(frozen=True)
class Change:
    """One change; `new` is what there is afterwards, or was at the end."""

    version: int
    type: Literal["ADDED", "MODIFIED", "DELETED"]
    resource: Resource
    new: Json
    old: Json = None


class Store:
    """What is stored is never changed in place, so that nobody needs a copy."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.version = 1000
        self.changes: list[Change] = []
        self.forgotten = 500
        """Changes up to this version are no longer known: who watches from there is told 410."""
        self.listeners: list[Callable[[Change], None]] = []
        self._objects: dict[Resource, dict[tuple[str, str], Json]] = {}
        self._count = 0

    def get(self, resource: Resource, namespace: str, name: str) -> Json:
        """The object, None when it is not there."""
        return self._objects.get(resource, {}).get((namespace, name))

    def all(self, resource: Resource, namespace: str = "") -> Iterator[Json]:
        """The objects of a kind in the order of their names, in all namespaces without one."""
        for (place, _name), obj in sorted(self._objects.get(resource, {}).items()):
            if not namespace or place == namespace:
                yield obj

    def resources(self) -> list[Resource]:
        """The kinds of which there is something, or was."""
        return list(self._objects)

    def put(self, resource: Resource, obj: Json) -> Json:
        """Store an object as its newest version; what is stored is returned."""
        key = obj["metadata"].get("namespace", ""), obj["metadata"]["name"]
        there = self._objects.setdefault(resource, {})
        old = there.get(key)
        self.version += 1
        new = {**obj, "metadata": {**obj["metadata"], "resourceVersion": str(self.version)}}
        there[key] = new
        self._tell(Change(self.version, "ADDED" if old is None else "MODIFIED", resource, new, old))
        return new

    def remove(self, resource: Resource, obj: Json) -> Json:
        """Take an object away; its last state is returned."""
        key = obj["metadata"].get("namespace", ""), obj["metadata"]["name"]
        old = self._objects[resource].pop(key)
        self.version += 1
        last = {**obj, "metadata": {**obj["metadata"], "resourceVersion": str(self.version)}}
        self._tell(Change(self.version, "DELETED", resource, last, old))
        return last

    def forget(self) -> None:
        """Forget how everything came about, as a server does with time."""
        self.forgotten = self.version
        self.changes.clear()

    def uid(self) -> str:
        """A new one; they count, so that a run with the same seed has the same ones."""
        self._count += 1
        return f"00000000-0000-4000-8000-{self._count:012d}"

    def suffix(self) -> str:
        """The end of a generated name."""
        return "".join(self.clock.random.choice(_LETTERS) for _letter in range(5))

    def stamp(self) -> str:
        """Now, as the API spells times."""
        return self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def _tell(self, change: Change) -> None:
        self.changes.append(change)
        for listener in self.listeners:
            listener(change)
