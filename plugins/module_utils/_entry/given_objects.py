# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The objects in what users give as a definition: a mapping, a text, or a list of these; Lists are opened as kubectl opens them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, cast

from .._domain.base.errors import InputError
from .._domain.base.objects import JsonObject, JsonValue, at, text
from .._domain.text.scalars import key_text, plain_number
from .foreign_text import foreign_kind
from .manifest_text import values_of

_HALF = re.compile("[\ud800-\udfff]")


def objects_in(definition: Any, origin: str) -> Iterator[JsonObject]:
    """The objects in order; what is empty is left out. Raises `InputError` with `origin`, which says where they come from."""
    for value in _values(definition, origin):
        yield from _opened(value, origin)


def check_identity(manifest: JsonObject, where: str) -> None:
    """That a manifest says what it is, each in a text. Raises `InputError`."""
    if at(manifest, "metadata") is not None and not isinstance(at(manifest, "metadata"), Mapping):
        raise InputError(f"{where}: metadata is {_called(at(manifest, 'metadata'))}, and must be a mapping; correct its indentation.")
    if text(manifest, "kind").endswith("List") and not text(manifest, "metadata", "name"):
        raise InputError(f"{where} is a {text(manifest, 'kind')} without items; write the objects below items.")
    for path in (("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace")):
        value, name = at(manifest, *path), ".".join(path)
        if value not in (None, "") and not isinstance(value, str):
            quoted = f': {path[-1]}: "{_spelt(value)}"' if isinstance(value, bool | int | float) else ""
            raise InputError(f"{where}: {name} is {_called(value)}, and must be a text; write it in quotes{quoted}.")
        if not value and path[-1] != "namespace":
            raise InputError(f"{where} lacks {name}; write it into the manifest.")


def _values(definition: Any, origin: str) -> list[JsonValue]:
    """The values in a text; anything else is one value."""
    return values_of(definition, origin) if isinstance(definition, str) else [_plain(definition, origin)]


def _opened(value: JsonValue, origin: str) -> Iterator[JsonObject]:
    if value is None:
        return
    foreign = foreign_kind(value)
    if foreign:
        raise InputError(f"{origin} holds no manifest: {foreign}.")
    if isinstance(value, Mapping):
        is_list = "items" in value and (text(value, "kind").endswith("List") or not value.get("kind"))
        yield from _items(value, origin) if is_list else [value]
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for item in value:
            for part in _values(item, origin):
                yield from _opened(part, origin)
    else:
        raise InputError(f"{origin} holds {_called(value)} where a manifest was expected; give a mapping.")


def _items(value: JsonObject, origin: str) -> Iterator[JsonObject]:
    """The objects of a List of whatever kind. An item that says neither apiVersion nor kind has those of the List."""
    listed, kind = value["items"], text(value, "kind")
    if listed is not None and (isinstance(listed, str) or not isinstance(listed, Sequence)):
        raise InputError(f"{origin}: items of the {kind or 'list'} is {_called(listed)}, and must be a list of manifests.")
    inherited: JsonObject = {"apiVersion": value.get("apiVersion"), "kind": kind.removesuffix("List")}
    for number, item in enumerate(listed or (), start=1):
        if not isinstance(item, Mapping):
            raise InputError(f"{origin}: item {number} of the {kind or 'list'} is {_called(item)} where a manifest was expected.")
        named = bool(text(item, "apiVersion") or text(item, "kind"))
        yield from _opened(item if named or kind in ("", "List") else {**item, **inherited}, origin)


def _plain(value: Any, origin: str) -> JsonValue:
    """What somebody's YAML parser or program has made of a definition, as JSON has it: a date becomes its text, a key is a text."""
    if isinstance(value, Mapping):
        return {_key(key, origin): _plain(item, origin) for key, item in value.items()}
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [_plain(item, origin) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    if value is not None and not isinstance(value, bool | int | float):
        raise InputError(f"{origin} holds a {type(value).__name__}, which no manifest can hold; write it as a text.")
    try:
        return plain_number(value)
    except ValueError as error:
        raise InputError(f"{origin}: {error}.") from None


def _key(key: Any, origin: str) -> str:
    if isinstance(key, date):
        return key.isoformat()
    try:
        return key_text(cast("JsonValue", key))
    except ValueError as error:
        raise InputError(f"{origin}: {error}.") from None


def _called(value: JsonValue) -> str:
    """What a value is, without what a text says: it may be secret."""
    if value is None or isinstance(value, str):
        return "empty" if value is None else "a text (str)"
    if isinstance(value, bool):
        return f"{_spelt(value)} (bool)"
    if isinstance(value, int | float):
        return f"the number {value} ({type(value).__name__})"
    return "a mapping" if isinstance(value, Mapping) else "a list"


def _spelt(value: JsonValue) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
