# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who owned fields before they were changed for a time, so that all of them own them again in the end.

A field that another manager gives another value is lost to all who owned it, also where its value comes back: what such a tool applies
next without the field would leave it there for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ..base.objects import JsonObject, JsonValue, flag, items, mapping, text
from .fields import FieldSet, difference, intersection, is_empty, outside, released, union
from .owners import APPLY_MANAGER, OURS, takeover

_ELSE: FieldSet = {"f:spec": {"f:template": {}}}
"""Somebody owns the template of a workload, so that its spec stays whatever goes of it."""
_KEYS = ("manager", "operation", "subresource", "apiVersion")


@dataclass(frozen=True)
class Former:
    """What one manager owned of some fields: one entry of managedFields, as far as it is about them."""

    entry: JsonObject
    """Without any other field."""
    whole: bool = False
    """It had no other field, so that it is gone once it has lost these."""

    @property
    def fields(self) -> FieldSet:
        """What it owned."""
        return mapping(self.entry, "fieldsV1")

    @property
    def is_our_apply(self) -> bool:
        """It is what we have applied."""
        return (text(self.entry, "manager"), text(self.entry, "operation")) == (APPLY_MANAGER, "Apply")

    def plain(self) -> dict[str, JsonValue]:
        """What is stored of it."""
        return {"entry": self.entry, **({"whole": True} if self.whole else {})}

    @classmethod
    def of(cls, stored: JsonObject) -> Former:
        """From what is stored of it."""
        return cls(mapping(stored, "entry"), flag(stored, "whole"))

    def is_of(self, entry: JsonObject) -> bool:
        """An entry of managedFields is that of the same manager."""
        return all(text(self.entry, key) == text(entry, key) for key in _KEYS)


def formers(obj: JsonObject, fields: FieldSet) -> tuple[Former, ...]:
    """Who owns some of these fields now."""
    found = []
    for entry in items(obj, "metadata", "managedFields"):
        every = mapping(entry, "fieldsV1")
        part = intersection(every, fields)
        if not is_empty(part):
            found.append(Former({**entry, "fieldsV1": part}, whole=part == every))
    return tuple(found)


@dataclass(frozen=True)
class Applied:
    """What becomes of fields when a definition is applied."""

    owners: tuple[Former, ...]
    """Who owns them then."""
    removed: FieldSet
    """Those that go, as the definition does not name them any more."""


def applied(before: Sequence[Former], named: FieldSet, version: str, *, take_ownership: bool = False) -> Applied:
    """What would become of the fields that these own if a definition were applied that names `named` of them, at an apiVersion."""
    entries: list[JsonValue] = [former.entry for former in before]
    live: JsonObject = {"apiVersion": version, "metadata": {"managedFields": entries}}
    taken = takeover(live, named, take_ownership=take_ownership)
    left = [mapping({"entry": entry}, "entry") for entry in (entries if taken.managed_fields is None else taken.managed_fields)]
    ours = next((entry for entry in left if Former(entry).is_our_apply), None)
    others = [entry for entry in left if entry is not ours]
    held = _all_of((_ELSE, named, *(mapping(entry, "fieldsV1") for entry in others)))
    after = [replace(former, entry=entry) for entry in others for former in before if former.is_of(entry)]
    if not is_empty(named):
        # Its entry has more than these fields: at least the template.
        known = ours or {"manager": APPLY_MANAGER, "operation": "Apply", "apiVersion": version, "fieldsType": "FieldsV1"}
        after.append(Former({**known, "fieldsV1": named}))
    return Applied(tuple(after), released(difference(mapping(ours, "fieldsV1"), named), held) if ours is not None else {})


def given_back(obj: JsonObject, fields: FieldSet, before: Sequence[Former]) -> tuple[JsonObject, ...] | None:
    """metadata.managedFields in which these fields are not ours any more, but theirs who owned them before; None where they are so already.

    What somebody else has written meanwhile is that one's alone. Whose entry was taken over meanwhile has handed it to what we apply.
    """
    entries = items(obj, "metadata", "managedFields")
    theirs = _all_of(mapping(entry, "fieldsV1") for entry in entries if _is_a_strangers(entry, before))
    found: list[JsonObject] = []
    for entry in entries:
        mine = mapping(entry, "fieldsV1")
        kept = outside(mine, fields) if text(entry, "manager") in OURS and not text(entry, "subresource") else mine
        own = [former.fields for former in before if former.is_of(entry)]
        if Former(entry).is_our_apply:
            own += [former.fields for former in before if _is_taken(former, entries)]
        left = union(kept, difference(_all_of(own), theirs))
        if not is_empty(left):
            found.append({**entry, "fieldsV1": left} if left != mine else entry)
    for former in before:
        back = difference(former.fields, theirs)
        if former.whole and not is_empty(back) and not any(former.is_of(entry) for entry in entries):
            found.append({**former.entry, "fieldsV1": back})
    return tuple(found) if found != [*entries] else None


def _is_a_strangers(entry: JsonObject, before: Iterable[Former]) -> bool:
    return text(entry, "manager") not in OURS and not any(former.is_of(entry) for former in before)


def _is_taken(former: Former, entries: Iterable[JsonObject]) -> bool:
    return not former.whole and not former.is_our_apply and not any(former.is_of(entry) for entry in entries)


def _all_of(sets: Iterable[FieldSet]) -> FieldSet:
    result: FieldSet = {}
    for fields in sets:
        result = union(result, fields)
    return result
