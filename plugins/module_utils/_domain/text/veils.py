# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects as people may see them: secrets are masked where one can stand, and what only names things never is.

Secrets stand in the values of a Secret, of environment variables, annotations, ConfigMaps, command lines, and of fields whose names say
so. They are told by the name beside them and by their form (`_domain/text/masking.py`). Of a value that was another one before one sees
that it changed.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from ..base.objects import JsonObject, JsonValue, text
from .masking import CHANGED, MASK, hidden_parts, looks_secret, mask, mask_changed, mask_each, says_nothing

Shown: TypeAlias = dict[str, JsonValue]

_NAMING = frozenset(
    {
        *("apiVersion", "kind", "name", "generateName", "namespace", "uid", "resourceVersion", "labels", "matchLabels", "selector"),
        *("image", "imageID", "nodeSelector", "ownerReferences", "finalizers", "topologyKey", "serviceAccountName"),
        *("secretName", "existingSecret", "imagePullSecret", "tlsSecret", "authSecret", "credentialsSecret", "passwordSecret"),
    }
)
"""Fields that hold the names of things, and nothing else."""
_FREE = frozenset({"annotations", "data", "stringData", "binaryData"})
"""Mappings whose keys are the user's own."""
_COMMANDS = frozenset({"command", "args"})
_SECRET_FIELDS = ("data", "stringData")


def veiled(obj: JsonObject, known: frozenset[str] = frozenset()) -> Shown:
    """An object, or a part of one, without its secrets. `known` are texts that are secret wherever they stand."""
    return veiled_pair(None, obj, known)[1]


def veiled_pair(before: JsonObject | None, after: JsonObject, known: frozenset[str] = frozenset()) -> tuple[Shown, Shown]:
    """Both sides of a comparison; a value that is hidden on both and not the same is marked on the second."""
    old, given = before or {}, after
    if "Secret" in (text(old, "kind"), text(after, "kind")):
        old, after = {"kind": "Secret", **old} if old else old, {"kind": "Secret", **after}
    veil = _Veil(known)
    return _in_order(veil.mapping(old, None), before or {}), _in_order(veil.mapping(after, old), given)


def secrets_within(obj: JsonObject) -> set[str]:
    """The secret texts of an object, as `veiled` would hide them; those of a Secret encoded, as they stand."""
    return {found for found in _hidden(obj, veiled(obj)) if found.strip("*") and not says_nothing(found)}


def _in_order(shown: Shown, obj: JsonObject) -> Shown:
    return {key: shown[key] for key in obj}


class _Veil:
    """One look at an object, beside what it was."""

    def __init__(self, known: frozenset[str]) -> None:
        self._known = known

    def mapping(self, obj: JsonObject, former: JsonValue) -> Shown:
        """A mapping whose keys are fields."""
        before = former if isinstance(former, Mapping) else {}
        named = text(obj, "name")
        is_secret = text(obj, "kind") == "Secret"
        shown: Shown = {}
        for key, value in obj.items():
            was = before.get(key)
            if is_secret and key in _SECRET_FIELDS and isinstance(value, Mapping):
                shown[key] = _all_hidden(value, was)
            elif key in _FREE and isinstance(value, Mapping):
                shown[key] = self.free(value, was, encoded=key == "binaryData")
            elif key in _NAMING:
                shown[key] = value
            elif key == "value" and named and isinstance(value, str):
                shown[key] = self.named(named, value, was)
            else:
                shown[key] = self.field(key, value, was)
        return shown

    def free(self, obj: JsonObject, former: JsonValue, *, encoded: bool) -> Shown:
        """A mapping whose keys are the user's own: of annotations, of a ConfigMap."""
        before = former if isinstance(former, Mapping) else {}
        shown: Shown = {}
        for key, value in obj.items():
            if not isinstance(value, str):
                shown[key] = self.field(key, value, before.get(key))
            elif encoded and not looks_secret(key):
                shown[key] = _marked(value, before.get(key)) if hidden_parts(_decoded(value), self._known) else value
            else:
                shown[key] = self.named(key, value, before.get(key))
        return shown

    def field(self, key: str, value: JsonValue, former: JsonValue) -> JsonValue:
        """The value of a field."""
        if isinstance(value, str):
            return self.named(key, value, former)
        if isinstance(value, Mapping):
            return self.mapping(value, former)
        if isinstance(value, Sequence):
            return self.listed(key, value, former)
        return value

    def listed(self, key: str, values: Sequence[JsonValue], former: JsonValue) -> list[JsonValue]:
        """A list: its items beside those of the same name, texts beside those at the same place."""
        before = former if isinstance(former, Sequence) and not isinstance(former, str) else ()
        if values and all(isinstance(value, str) for value in values):
            return self.line([str(value) for value in values], before, hidden=looks_secret(key) and not key.lower().endswith("secrets"))
        by_name = {text(item, "name"): item for item in before if isinstance(item, Mapping) and text(item, "name")}
        shown: list[JsonValue] = []
        for index, value in enumerate(values):
            name = text(value, "name")
            was = by_name.get(name) if name else before[index] if index < len(before) else None
            shown.append(self.field("", value, was))
        return shown

    def line(self, values: Sequence[str], former: Sequence[JsonValue], *, hidden: bool) -> list[JsonValue]:
        """A list of texts, which may be a command line."""
        masked = [MASK] * len(values) if hidden else mask_each(values)
        shown: list[JsonValue] = []
        for index, (value, its) in enumerate(zip(values, masked, strict=True)):
            was = former[index] if len(former) == len(values) else value if value in former else None
            if its == value:
                shown.append(self.by_form(value, was))
            elif was == value or not former:
                shown.append(mask(its, self._known))
            else:
                shown.append(mask(its.replace(MASK, CHANGED), self._known))
        return shown

    def named(self, name: str, value: str, former: JsonValue) -> str:
        """A text beside its name."""
        if looks_secret(name) and not says_nothing(value):
            return _marked(value, former)
        return self.by_form(value, former)

    def by_form(self, value: str, former: JsonValue) -> str:
        """A text of which only parts may be secret."""
        was = former if isinstance(former, str) else value
        parsed = _parsed(value)
        if parsed is not None:
            shown = self.field("", parsed, _parsed(was))
            if shown != parsed:
                return json.dumps(shown, ensure_ascii=False)
        return mask(value, self._known) if was == value else mask_changed(value, was, self._known)


def _all_hidden(values: JsonObject, former: JsonValue) -> Shown:
    before = former if isinstance(former, Mapping) else {}
    return {key: CHANGED if key in before and before[key] != value else MASK for key, value in values.items()}


def _marked(value: str, former: JsonValue) -> str:
    return MASK if former is None or former == value else CHANGED


def _decoded(value: str) -> str:
    try:
        return b64decode(value).decode("utf-8", "replace")
    except ValueError:
        return ""


def _parsed(value: str) -> JsonValue:
    """What a text says that is JSON, such as an annotation in which a tool keeps a whole object; None for any other."""
    if not value.lstrip().startswith(("{", "[")):
        return None
    try:
        parsed: JsonValue = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return parsed


def _hidden(value: JsonValue, shown: JsonValue) -> Iterator[str]:
    """The texts, or parts of texts, that are not shown as they are."""
    if isinstance(value, Mapping) and isinstance(shown, Mapping):
        for key, item in value.items():
            yield from _hidden(item, shown.get(key))
    elif isinstance(value, str) and isinstance(shown, str):
        parsed = _parsed(value) if shown != value else None
        yield from _cut_out(value, shown) if parsed is None else _hidden(parsed, _parsed(shown))
    elif isinstance(value, Sequence) and isinstance(shown, Sequence):
        for item, its in zip(value, shown, strict=True):
            yield from _hidden(item, its)


def _cut_out(value: str, shown: str) -> Iterator[str]:
    """What stands in the text where the shown one has masks."""
    reached, (first, *rest) = 0, shown.split(MASK)
    reached = len(first)
    for part in rest:
        found = value.find(part, reached + 1) if part else len(value)
        end = found if found >= 0 else len(value)
        yield value[reached:end]
        reached = end + len(part)
