# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How objects are built: what schema.json, recorded from a real API server, says of each place."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

Json: TypeAlias = Any
"""A value of an API object: tests speak of objects whose form they know."""


@functools.cache
def _recorded() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(__file__).with_name("schema.json").read_text())
    return found


@dataclass(frozen=True)
class Node:
    """One place. `shape` is `scalar`, `struct` (fields with names), `map`, `list` (of items with keys), `set`, or `any`."""

    shape: str
    atomic: bool = False
    """It belongs to one manager as a whole."""
    type: str = ""
    """Of a scalar: s (text), i, n (numbers), b, v (number or text), q (quantity)."""
    default: Json = None
    """What the server writes where there is none; of what is no scalar for custom kinds alone."""
    always: bool = False
    """It is there even when nothing was given: its type is no pointer."""
    keys: tuple[str, ...] = ()
    spelled: Any = None
    """What the file says."""

    def field(self, name: str) -> Node | None:
        """The place of a field, or of a key of a map; None for an unknown field."""
        if self.shape == "struct":
            return _fields(id(self.spelled), self).get(name)
        return self.item() if self.shape == "map" else ANY

    def fields(self) -> dict[str, Node]:
        """All fields of a struct."""
        return _fields(id(self.spelled), self)

    def item(self) -> Node:
        """The place of each item of a list, or value of a map."""
        return _item(id(self.spelled), self)

    def key_of(self, item: Json, index: int) -> str:
        """The step of a path that leads to an item of a list."""
        if self.shape == "set":
            return "v:" + json.dumps(item, sort_keys=True, separators=(",", ":"))
        if not self.keys or not isinstance(item, dict):
            return f"i:{index}"
        named = self.item().fields()
        key = {name: item.get(name, named[name].default if name in named else None) for name in self.keys}
        present = {name: value for name, value in key.items() if value is not None}
        return "k:" + json.dumps(present, sort_keys=True, separators=(",", ":"))


ANY = Node("any", atomic=True)
_MADE: dict[int, dict[str, Node]] = {}
_ITEMS: dict[int, Node] = {}


def _fields(identity: int, node: Node) -> dict[str, Node]:
    if identity not in _MADE:
        _MADE[identity] = {name: _node(spelled) for name, spelled in node.spelled["fields"].items()}
    return _MADE[identity]


def _item(identity: int, node: Node) -> Node:
    if identity not in _ITEMS:
        spelled = node.spelled if isinstance(node.spelled, dict) else {}
        _ITEMS[identity] = _node(spelled.get("items", spelled.get("values", "x")))
    return _ITEMS[identity]


def _node(spelled: Any) -> Node:
    if isinstance(spelled, str):
        return ANY if spelled == "x" else Node("scalar", type=spelled)
    if "scalar" in spelled:
        return Node("scalar", type=spelled["scalar"] if isinstance(spelled["scalar"], str) else "s", default=spelled["default"])
    atomic, always = spelled.get("atomic", False), spelled.get("always", False)
    if "of" in spelled:
        inner = _node(_recorded()["definitions"][spelled["of"]])
        return Node(inner.shape, inner.atomic or atomic, inner.type, inner.default, always, inner.keys, inner.spelled)
    default = spelled.get("default")
    if "fields" in spelled:
        return Node("struct", atomic, default=default, always=always, spelled=spelled)
    if "values" in spelled:
        return Node("map", atomic, default=default, always=always, spelled=spelled)
    kind, keys = spelled["list"], tuple(spelled.get("keys", ()))
    return Node("set" if kind == "set" else "list", kind == "atomic", default=default, keys=keys, spelled=spelled)


@functools.cache
def root(api_version: str, kind: str) -> Node:
    """The place of a whole object; of a kind that was not recorded everything is allowed."""
    name = _recorded()["kinds"].get(f"{api_version} {kind}")
    return ANY if name is None else _node({"of": name})


@functools.cache
def is_custom(api_version: str, kind: str) -> bool:
    """A CustomResourceDefinition brought the kind: its objects are stored as they were sent, with the defaults of their schema."""
    return f"{api_version} {kind}" in _recorded()["custom"]


@functools.cache
def has_status(api_version: str, kind: str) -> bool:
    """Its status is a subresource, which a write of the object cannot change: so is that of all kinds but a few custom ones."""
    return bool(_recorded()["custom"].get(f"{api_version} {kind}", True))


def misfits(value: Json, node: Node, path: str = "", *, named: bool = False) -> Iterator[tuple[str, str]]:
    """What does not fit: the path, and `field not declared in schema` or which type was expected, as the server has these words. `named`:
    items of lists are named by their keys, else by their numbers."""
    if value is None or node.shape == "any":
        return
    if node.shape == "scalar":
        if not _fits(value, node.type):
            yield path, _expected(_WORDS.get(node.type, "string"), value)
    elif node.shape in ("struct", "map"):
        if not isinstance(value, dict):
            yield path, _expected("map", value)
            return
        for name, item in value.items():
            place = node.field(name)
            if place is None:
                yield f"{path}.{name}", "field not declared in schema"
            else:
                yield from misfits(item, place, f"{path}.{name}", named=named)
    elif not isinstance(value, list):
        yield path, _expected("list", value)
    else:
        for index, item in enumerate(value):
            step = spelled_step(node.key_of(item, index)) if named else f"[{index}]"
            yield from misfits(item, node.item(), f"{path}{step}", named=named)


def spelled_step(step: str) -> str:
    """A step of a path as conflicts name it: `.image`, `[name="web"]`, `[="x"]`, `[3]`."""
    what, value = step[0], step[2:]
    if what == "f":
        return f".{value}"
    if what == "k":
        return "[" + ",".join(f"{key}={json.dumps(item)}" for key, item in json.loads(value).items()) + "]"
    return f"[={value}]" if what == "v" else f"[{value}]"


def _expected(kind: str, value: Json) -> str:
    spelled = "map[...]" if isinstance(value, dict) else "[...]" if isinstance(value, list) else value
    return f"expected {kind}, got &value.valueUnstructured{{Value:{spelled}}}"


_WORDS = {"s": "string", "i": "numeric (int or float)", "n": "numeric (int or float)", "b": "boolean"}


def _fits(value: Json, wanted: str) -> bool:
    if wanted == "s":
        return isinstance(value, str)
    if wanted == "b":
        return isinstance(value, bool)
    if wanted == "i":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, (int, float, str)) and not isinstance(value, bool)


def blank(node: Node) -> Json:
    """What an object is before anything was given: the parts whose type is no pointer, empty."""
    made = {name: blank(place) for name, place in node.fields().items() if place.always and place.shape == "struct"}
    if "initContainers" in node.fields():  # A pod's spec: the only list that is written even when there is none.
        made["containers"] = []
    return made
