# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Server-side apply and `managedFields`: who owns which field, and what becomes of an object when a manager applies or updates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from .fields import STRIPPED, Comparison, Fields, Path, fields_of, from_v1, merged, to_v1, with_named, without
from .refusals import owned_by_others
from .schema import Json, Node, spelled_step


@dataclass(frozen=True)
class Entry:
    """What one manager owns."""

    manager: str
    operation: str
    version: str
    subresource: str
    time: str
    fields: Fields

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """Entries with the same one are one manager; an applier is the same in each version of the API."""
        return self.manager, self.operation, "" if self.operation == "Apply" else self.version, self.subresource

    @property
    def described(self) -> str:
        """What a conflict's message adds to the name."""
        below = f' with subresource "{self.subresource}"' if self.subresource else ""
        return below + (f" using {self.version}" if self.operation == "Update" else "")


def entries_of(obj: Json) -> list[Entry]:
    """Who owns what of an object."""
    return [
        Entry(
            raw.get("manager", ""),
            raw.get("operation", ""),
            raw.get("apiVersion", ""),
            raw.get("subresource", ""),
            raw.get("time", ""),
            from_v1(raw.get("fieldsV1") or {}),
        )
        for raw in obj["metadata"].get("managedFields") or ()
    ]


def _spelled(entries: Iterable[Entry]) -> list[Json]:
    kept = [entry for entry in entries if entry.fields]
    ordered = sorted(kept, key=lambda entry: (entry.operation, entry.time, entry.manager, entry.version, entry.subresource))
    return [
        {
            "manager": entry.manager,
            "operation": entry.operation,
            "apiVersion": entry.version,
            "time": entry.time,
            "fieldsType": "FieldsV1",
            "fieldsV1": to_v1(entry.fields),
            **({"subresource": entry.subresource} if entry.subresource else {}),
        }
        for entry in ordered
    ]


def _with_entries(obj: Json, entries: Iterable[Entry]) -> Json:
    return {**obj, "metadata": {**obj["metadata"], "managedFields": _spelled(entries)}}


def bare(obj: Json) -> Json:
    """The object without `managedFields`."""
    return {**obj, "metadata": {key: value for key, value in obj["metadata"].items() if key != "managedFields"}}


def _owned(fields: Fields, ignored: Iterable[Path]) -> Fields:
    """Without what nobody owns, and without what is below the ignored paths."""
    places = tuple(ignored)
    return frozenset(path for path in fields if path not in STRIPPED and not any(path[: len(place)] == place for place in places))


def _given(live: Json, new: Json) -> list[Entry]:
    """The entries to start from: those that the request brings, else the live ones; one empty entry means that all are to go."""
    brought = new["metadata"].get("managedFields")
    if brought == [{}]:
        return []
    return entries_of(new if brought else live)


def updated(
    live: Json, new: Json, node: Node, *, manager: str, subresource: str = "", ignored: Iterable[Path] = (), now: str, version: str
) -> Json:
    """The new object with its owners, after a create, update or patch by a manager; `live` is blank before it exists."""
    before = _given(live, new)
    comparison = Comparison(bare(live), bare(new), node)
    changed = comparison.added | comparison.modified
    mine = Entry(manager, "Update", version, subresource, now, frozenset())
    entries = []
    for entry in before:
        if entry.identity == mine.identity:
            mine = replace(mine, fields=entry.fields, time=entry.time)
        else:
            entries.append(replace(entry, fields=entry.fields - changed - comparison.removed))
    fields = _owned((mine.fields - comparison.removed) | changed, ignored)
    entries.append(mine if fields == mine.fields else replace(mine, fields=fields, time=now))
    return _with_entries(new, entries)


def applied(
    live: Json, wanted: Json, node: Node, *, manager: str, force: bool, ignored: Iterable[Path] = (), now: str, version: str
) -> Json:
    """The object after a manager has applied what it wants, with its owners and without defaults; raises `Refusal` for fields of others
    unless forced."""
    before = entries_of(live)
    mine = Entry(manager, "Apply", version, "", now, _owned(fields_of(wanted, node), ignored))
    former = next((entry for entry in before if entry.identity == mine.identity), None)
    others = [entry for entry in before if entry.identity != mine.identity]
    old = bare(live)
    new = merged(old, wanted, node)
    if former is not None and former.fields:
        # What nobody is recorded to own, as the name, is named all the same.
        new = _pruned(new, former.fields, [replace(mine, fields=fields_of(wanted, node)), *others], node)
    comparison = Comparison(old, new, node)
    changed = comparison.added | comparison.modified
    taken = {entry.identity: entry.fields & changed for entry in others}
    if any(taken.values()) and not force:
        raise _conflict(entry for entry in (replace(entry, fields=taken[entry.identity]) for entry in others) if entry.fields)
    left = [replace(entry, fields=entry.fields - taken[entry.identity] - comparison.removed) for entry in others]
    if former is not None and former.fields == mine.fields:
        mine = replace(mine, time=former.time)
    return _with_entries(new, [mine, *left])


def _pruned(new: Json, former: Fields, owners: list[Entry], node: Node) -> Json:
    """Without what the manager has let go of and nobody owns."""
    pruned = without(new, with_named(former, node), node) or {}
    everything = with_named(fields_of(new, node), node)
    owned: Fields = with_named(frozenset().union(*(entry.fields for entry in owners)), node)
    kept = with_named(fields_of(pruned, node), node)
    pruned = without(new, everything - (kept | owned), node) or {}
    kept = with_named(fields_of(pruned, node), node)
    result: Json = without(new, (everything - kept) & with_named(former, node), node)
    return result


def _conflict(entries: Iterable[Entry]) -> Exception:
    held = list(entries)
    return owned_by_others(
        {entry.manager: [spelled(path) for path in sorted(entry.fields)] for entry in held},
        {entry.manager: entry.described for entry in held},
    )


def spelled(path: Path) -> str:
    """A path as conflicts name it: `.spec.containers[name="web"].image`."""
    return "".join(map(spelled_step, path))
