# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what users give as a definition to a list of manifests, in the order in which they are applied."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from .._domain.base.errors import InputError
from .._domain.base.objects import JsonObject, JsonValue, at, mapping, text, texts, without
from .._domain.definitions.nulls import without_nulls
from .given_objects import check_identity, objects_in

try:
    import yaml
except ImportError:  # Reported together with the `kubernetes` library, which brings it.
    yaml = None  # type: ignore[assignment]

_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
_TEXTS: Mapping[str, tuple[str, ...]] = {"ConfigMap": ("data", "binaryData"), "Secret": ("data", "stringData")}
_ENCODED: Mapping[str, str] = {"ConfigMap": "binaryData", "Secret": "data"}


class NoTextError(InputError):
    """A value that must be a text is none. The message names its key and never shows it."""


def manifests_of(definition: Any, *, origin: str, may_be_empty: bool = False) -> tuple[JsonObject, ...]:
    """The manifests in a dict, a list, or a text of one or several YAML documents; Lists are opened, empty documents left out.

    `origin` says in messages where they come from. Raises `InputError` for what is no manifest.
    """
    found = tuple(without_nulls(manifest) for manifest in objects_in(definition, origin))
    if not found and not may_be_empty:
        raise InputError(f"{origin} holds no manifest; give at least one object with apiVersion, kind and metadata.name.")
    for index, manifest in enumerate(found, start=1):
        check_identity(manifest, f"{origin}, object {index}")
        check_name_of(manifest, f"{origin}, object {index}")
        _check_texts(manifest, origin)
    return tuple(_plain_secret(manifest) for manifest in found)


def dumped(value: JsonObject) -> str:
    """An object as YAML, for people to read."""
    text_of_it: str = yaml.safe_dump(value, sort_keys=True, default_flow_style=False, allow_unicode=True)
    return text_of_it


def check_name(value: str, what: str) -> str:
    """The name itself if an object may be called so; raises `InputError`."""
    if not _NAME.fullmatch(value) or len(value) > 253:
        raise InputError(
            f"{what} {value!r} is not a valid name: small letters, digits, '-' and '.' are, with a letter or digit at both ends."
        )
    return value


def secrets_of(manifests: Sequence[JsonObject]) -> set[str]:
    """Every value of every Secret among the manifests, encoded and decoded, that is long enough to be told from ordinary words."""
    values: set[str] = set()
    for manifest in manifests:
        if text(manifest, "kind") == "Secret":
            for value in texts(manifest, "data").values():
                values.add(value)
                with suppress(ValueError):  # Not base64, or not text: the server refuses the former, nobody can read the latter.
                    values.add(base64.b64decode(value, validate=True).decode())
    return {stripped for value in values for stripped in (value, value.strip()) if len(stripped) >= 4}


def check_name_of(manifest: JsonObject, where: str) -> None:
    """Names with what a URL would take for its own; the server checks the rest, by the rules of each kind."""
    name = text(manifest, "metadata", "name")
    if "/" in name or "%" in name or name in (".", ".."):
        raise InputError(f"{where}: metadata.name {name!r} is not a valid name: it may not hold '/' or '%'.")
    namespace = text(manifest, "metadata", "namespace")
    if namespace:
        check_name(namespace, f"{where}: metadata.namespace")


def _check_texts(manifest: JsonObject, origin: str) -> None:
    """Raise `NoTextError` for a value of a ConfigMap or Secret that is none: what was meant is lost by now, as of 1.10 or yes."""
    kind = text(manifest, "kind")
    for field in _TEXTS.get(kind, ()) if text(manifest, "apiVersion") == "v1" else ():
        found = at(manifest, field)
        where = f"{origin}: {kind} {text(manifest, 'metadata', 'name')}"
        if found is not None and not isinstance(found, Mapping):
            raise NoTextError(f"{where}: {field} is {kind_of(found)}; it must map keys to texts.")
        for key, value in mapping(manifest, field).items():
            if not isinstance(value, str):
                raise NoTextError(f"{where}: the value of {key} in {field} is {kind_of(value)} and no text; write it in quotes.")
            if field == _ENCODED[kind] and not _is_base64(value):
                text_field = "data" if kind == "ConfigMap" else "stringData"
                raise NoTextError(f"{where}: the value of {key} in {field} is no base64; encode it, or give a text under {text_field}.")


def _is_base64(value: str) -> bool:
    """As the server reads it, which passes over line breaks."""
    try:
        base64.b64decode(value.replace("\r", "").replace("\n", ""), validate=True)
    except ValueError:
        return False
    return True


def kind_of(value: Any) -> str:
    """What sort of value it is, for a message that must not show it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a text"
    return "a mapping" if isinstance(value, Mapping) else "a list" if isinstance(value, Sequence) else f"a {type(value).__name__}"


def _plain_secret(manifest: JsonObject) -> JsonObject:
    """stringData becomes data: the API never shows stringData again, so that nothing could be compared with it."""
    if text(manifest, "kind") != "Secret" or "stringData" not in manifest:
        return manifest
    texts_of_it = mapping(manifest, "stringData").items()
    data: dict[str, JsonValue] = {**mapping(manifest, "data"), **{key: _base64(value) for key, value in texts_of_it}}
    return {**without(manifest, "stringData"), **({"data": data} if data else {})}


def _base64(value: JsonValue) -> str:
    return base64.b64encode(str(value).encode()).decode()
