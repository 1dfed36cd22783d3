# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plain JSON as the API speaks it, and the typed way to read it.

Every accessor answers with an empty value of its type when the path is missing or holds another type: an API object is data from
outside, and a missing field means its default.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

JsonValue: TypeAlias = "str | int | float | bool | Sequence[JsonValue] | Mapping[str, JsonValue] | None"
JsonObject: TypeAlias = Mapping[str, JsonValue]


@dataclass(frozen=True, order=True)
class Ref:
    """What one object is called: the key of caches and the way it stands in messages."""

    kind: str
    namespace: str
    name: str

    @property
    def short(self) -> str:
        """As it is stored where the namespace is known: `Deployment/web`."""
        return f"{self.kind}/{self.name}"

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


def at(obj: JsonValue, *path: str) -> JsonValue:
    """The value at a path of keys, None when there is none."""
    value: JsonValue = obj
    for key in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def text(obj: JsonValue, *path: str) -> str:
    """The string at a path, else an empty one."""
    value = at(obj, *path)
    return value if isinstance(value, str) else ""


def number(obj: JsonValue, *path: str, default: int = 0) -> int:
    """The integer at a path, else `default`."""
    value = at(obj, *path)
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def flag(obj: JsonValue, *path: str) -> bool:
    """True only where the path holds the boolean true."""
    return at(obj, *path) is True


def mapping(obj: JsonValue, *path: str) -> JsonObject:
    """The mapping at a path, else an empty one."""
    value = at(obj, *path)
    return value if isinstance(value, Mapping) else {}


def texts(obj: JsonValue, *path: str) -> dict[str, str]:
    """The string-to-string mapping at a path (labels, annotations, selectors), a copy."""
    return {key: value for key, value in mapping(obj, *path).items() if isinstance(value, str)}


def items(obj: JsonValue, *path: str) -> tuple[JsonObject, ...]:
    """The mappings in the list at a path, else none."""
    value = at(obj, *path)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(item for item in value if isinstance(item, Mapping))
    return ()


def moment(obj: JsonValue, *path: str) -> datetime | None:
    """The RFC 3339 time at a path."""
    value = text(obj, *path)
    try:
        return datetime.fromisoformat(value) if value else None
    except ValueError:
        return None


def thaw(value: JsonValue) -> JsonValue:
    """A deep copy of plain dicts and lists, which may be changed."""
    if isinstance(value, Mapping):
        return {key: thaw(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [thaw(item) for item in value]
    return value


def replaced(obj: JsonObject, path: Sequence[str], value: JsonValue) -> dict[str, JsonValue]:
    """A copy of `obj` with `value` at `path`; missing parents are made."""
    copy = dict(obj)
    if len(path) == 1:
        copy[path[0]] = value
    else:
        copy[path[0]] = replaced(mapping(obj, path[0]), path[1:], value)
    return copy


def without(obj: JsonObject, *path: str) -> dict[str, JsonValue]:
    """A copy of `obj` that lacks what is at `path`; the same content when there is nothing."""
    copy = dict(obj)
    if len(path) == 1:
        copy.pop(path[0], None)
    elif isinstance(copy.get(path[0]), Mapping):
        copy[path[0]] = without(mapping(obj, path[0]), *path[1:])
    return copy


def ref_of(obj: JsonObject) -> Ref:
    """The name of an object that carries its kind."""
    return Ref(text(obj, "kind"), text(obj, "metadata", "namespace"), text(obj, "metadata", "name"))


def uid_of(obj: JsonObject) -> str:
    """The UID, empty before the object exists."""
    return text(obj, "metadata", "uid")


def controller_of(obj: JsonObject) -> JsonObject:
    """The owner reference that controls the object, else an empty mapping."""
    for owner in items(obj, "metadata", "ownerReferences"):
        if flag(owner, "controller"):
            return owner
    return {}


def containers(template: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    """Every container of a pod template with the list it stands in, `containers` first, then `initContainers`."""
    for group in ("containers", "initContainers"):
        for container in items(template, "spec", group):
            yield group, container
