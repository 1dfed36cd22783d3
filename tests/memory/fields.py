# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sets of fields, as server-side apply reckons with them: which fields a value has, what differs between two, merging and taking away.

A path is a tuple of steps as `fieldsV1` spells them (`f:spec`, `k:{"name":"web"}`, `v:"x"`); a set is a set of paths.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from .schema import ANY, Json, Node

Path: TypeAlias = tuple[str, ...]
Fields: TypeAlias = frozenset[Path]

_STRIPPED = [
    ("f:apiVersion",),
    ("f:kind",),
    ("f:metadata",),
    *(
        ("f:metadata", f"f:{name}")
        for name in ("name", "namespace", "creationTimestamp", "selfLink", "uid", "generation", "managedFields", "resourceVersion")
    ),
]
STRIPPED = frozenset(_STRIPPED)
"""Nobody owns these."""


def fields_of(value: Json, node: Node) -> Fields:
    """The fields that an applied object has."""
    found: set[Path] = set()
    _collect(value, node, (), found)
    return frozenset(found)


def _collect(value: Json, node: Node, path: Path, found: set[Path]) -> None:
    if node.shape in ("scalar", "any") or node.atomic or value is None:
        if path and not (value is None and node.shape not in ("scalar", "any")):
            found.add(path)
        return
    for step, item, place in _members(value, node):
        deeper = (*path, step)
        if node.shape != "struct" or item is None or item == {}:
            found.add(deeper)
        _collect(item, place, deeper, found)


def _members(value: Json, node: Node) -> list[tuple[str, Json, Node]]:
    """What lies directly in a value: step, value, place."""
    if node.shape in ("struct", "map"):
        pairs = value.items() if isinstance(value, dict) else ()
        return [(f"f:{name}", item, node.field(name) or ANY) for name, item in pairs]
    place = node.item()
    return [(node.key_of(item, index), item, place) for index, item in enumerate(value if isinstance(value, list) else ())]


class Comparison:
    """What came, changed and went between two objects."""

    def __init__(self, old: Json, new: Json, node: Node) -> None:
        self._added: set[Path] = set()
        self._modified: set[Path] = set()
        self._removed: set[Path] = set()
        self._compare(old, new, node, ())
        self.added, self.modified = frozenset(self._added), frozenset(self._modified)
        self.removed = frozenset(self._removed)

    def _compare(self, old: Json, new: Json, node: Node, path: Path) -> None:
        if old is new or old == new:
            return
        is_leaf = node.shape in ("scalar", "any") or node.atomic or (not old and not new)
        if path and (is_leaf or old is None or new is None):
            if old is None:
                self._added.add(path)
            elif new is None:
                self._removed.add(path)
            else:
                self._modified.add(path)
        if is_leaf:
            return
        before = {step: item for step, item, _place in _members(old, node)}
        after = {step: item for step, item, _place in _members(new, node)}
        places = {step: place for step, _item, place in (*_members(old, node), *_members(new, node))}
        for step, place in places.items():
            self._compare(before.get(step), after.get(step), place, (*path, step))


def merged(live: Json, applied: Json, node: Node) -> Json:
    """The live value with the applied one laid over it."""
    if applied is None:
        return live
    if node.shape in ("scalar", "any") or node.atomic or live is None:
        return applied
    if node.shape in ("struct", "map"):
        both = dict(live)
        for name, item in applied.items():
            both[name] = merged(live.get(name), item, node.field(name) or ANY)
        return both
    return _merged_list(live, applied, node)


def _merged_list(live: list[Json], applied: list[Json], node: Node) -> list[Json]:
    """Items in the applied order; those that only the live list has come as early as they came there."""
    place = node.item()
    there = {node.key_of(item, index): item for index, item in enumerate(live)}
    wanted = {node.key_of(item, index): item for index, item in enumerate(applied)}
    left, right = list(there), list(wanted)
    result: dict[str, Json] = {}
    while left or right:
        shared = next((step for step in right if step in there), None)
        if left and left[0] not in wanted:
            result[left[0]] = there[left[0]]
            left.pop(0)
        elif left and (left[0] in result or left[0] != shared):
            left.pop(0)
        else:
            step = right.pop(0)
            result[step] = merged(there.get(step), wanted[step], place)
            left = left[1:] if left and left[0] == step else left
    return list(result.values())


def with_named(fields: Fields, node: Node) -> Fields:
    """The set, and the fields of structs that lead to its members."""
    found = set(fields)
    for path in fields:
        place: Node = node
        for depth, step in enumerate(path[:-1]):
            if place.shape == "struct" and step.startswith("f:"):
                found.add(path[: depth + 1])
            place = _below(place, step)
    return frozenset(found)


def _below(node: Node, step: str) -> Node:
    if node.shape in ("struct", "map"):
        return node.field(step[2:]) or ANY
    return node.item() if node.shape in ("list", "set") else ANY


def without(value: Json, fields: Fields, node: Node) -> Json:
    """The value without what the set names; None when nothing is left of a map or list."""
    tree: dict[str, Any] = {}
    for path in fields:
        at = tree
        for step in path:
            at = at.setdefault(step, {})
        at["."] = True
    return _without(value, tree, node)


def _without(value: Json, tree: dict[str, Any], node: Node) -> Json:
    if node.shape in ("scalar", "any") or node.atomic or not value:
        return value
    kept: list[tuple[str, Json]] = []
    for step, item, place in _members(value, node):
        below = tree.get(step)
        if below is None:
            kept.append((step, item))
        elif "." not in below:
            kept.append((step, _without(item, below, place)))
    if not kept:
        return None
    if node.shape in ("struct", "map"):
        return {step[2:]: item for step, item in kept}
    return [item for _step, item in kept]


def to_v1(fields: Iterable[Path]) -> dict[str, Any]:
    """The set as `fieldsV1` spells it."""
    everything = set(fields)
    tree: dict[str, Any] = {}
    for path in sorted(everything):
        at = tree
        for depth, step in enumerate(path):
            if step not in at:
                at[step] = {}
            at = at[step]
            if depth + 1 < len(path) and path[: depth + 1] in everything:
                at["."] = {}
    return tree


def from_v1(tree: dict[str, Any]) -> Fields:
    """The set that a `fieldsV1` spells."""
    found: set[Path] = set()

    def walk(node: dict[str, Any], path: Path) -> None:
        if path and (not node or "." in node):
            found.add(path)
        for step, below in node.items():
            if step != ".":
                walk(below, (*path, step))

    walk(tree, ())
    return frozenset(found)
