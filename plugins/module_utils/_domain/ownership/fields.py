# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sets of fields in the form that `metadata.managedFields[].fieldsV1` has, and what they mean on an object.

A set is a tree. Its keys are steps of a path: `f:NAME` a field of a struct or a key of a map, `k:{JSON}` the list item with these
values of its key fields, `v:JSON` a member of a list that is a set, `i:N` an index. A path is in the set when its node is empty, or
has the step `.` next to the steps below it; a node without `.` only leads to the paths below. The empty tree is the empty set: the
root itself is never in one. (Kubernetes' `FieldsV1`; what is said about server-side apply was seen on 1.36.)

The functions never change what they are given, and parts of the result may be shared with it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence

from ..base.objects import JsonObject, JsonValue, mapping

FieldSet = JsonObject

_SELF = "."
_Children = dict[str, JsonValue]
_Rule = Callable[[bool, bool], bool]

# Fields that are merged member by member. One of them stands in a set without anything below only where the manifest had it empty,
# and then the set does not name what others put into it.
_MERGED = frozenset(
    {
        *("annotations", "labels", "data", "stringData"),
        *("containers", "initContainers", "ephemeralContainers", "volumes", "securityContext"),
        *("env", "ports", "resources", "limits", "requests", "volumeMounts", "volumeDevices"),
    }
)


def union(left: FieldSet, right: FieldSet) -> FieldSet:
    """The paths that are in at least one of the two."""
    return _combined(left, right, lambda one, other: one or other)


def intersection(left: FieldSet, right: FieldSet) -> FieldSet:
    """The paths that are in both."""
    return _combined(left, right, lambda one, other: one and other)


def difference(left: FieldSet, right: FieldSet) -> FieldSet:
    """The paths of `left` that are not in `right`. A path stays when only one above or below it is in `right`."""
    return _combined(left, right, lambda one, other: one and not other)


def outside(fields: FieldSet, others: FieldSet) -> FieldSet:
    """The paths of `fields` that are neither in `others` nor below a path of `others`."""
    left: _Children = {}
    for step, value in _steps(fields):
        other = others.get(step)
        if other is None:
            left[step] = value
        elif not _is_member(other):
            below = outside(_below(value), _below(other))
            if _is_member(value):
                left[step] = {_SELF: {}, **below} if below else {}
            elif below:
                left[step] = below
    return left


def is_empty(fields: FieldSet) -> bool:
    """No path is in the set."""
    return not fields


def under(fields: FieldSet, *path: str) -> FieldSet:
    """What lies below a path of field names, as a set with its root there; without the path itself."""
    node: JsonObject = fields
    for name in path:
        node = mapping(node, f"f:{name}")
    return _below(node)


def at_root(fields: FieldSet, *path: str) -> FieldSet:
    """The reverse of `under`: the set moved below a path of field names."""
    for name in reversed(path if fields else ()):
        fields = {f"f:{name}": fields}
    return fields


def within(fields: FieldSet, *path: str) -> FieldSet:
    """The paths of the set that are at or below a path of field names, where they are."""
    if not path:
        return fields
    step = f"f:{path[0]}"
    if step not in fields:
        return {}
    node = mapping(fields, step)
    part = node if len(path) == 1 else within(node, *path[1:])
    return {step: part} if part or len(path) == 1 else {}


def uncovered(fields: FieldSet, others: FieldSet) -> FieldSet:
    """The paths of the set that are neither in `others` nor above a path of `others`."""
    kept: _Children = {}
    for step, value in _steps(fields):
        rest = uncovered(_below(value), _below(others[step])) if step in others else value
        if rest or step not in others:
            kept[step] = rest
    return kept


def released(fields: FieldSet, others: FieldSet) -> FieldSet:
    """What server-side apply removes when its manager lets go of `fields` while `others` are still owned by somebody.

    A list, map or item stays as long as somebody owns something in it. A field of which nobody owns anything any more goes with all
    that is in it, also what nobody ever owned: the default `scheme` of a probe's `httpGet` goes with its `port`.
    """
    gone: _Children = {}
    for step, value in _steps(fields):
        if step not in others:
            gone[step] = {} if step.startswith("f:") else value
            continue
        rest = released(_below(value), _below(others[step]))
        if rest:
            gone[step] = rest
    return gone


def extract(obj: JsonObject, fields: FieldSet) -> dict[str, JsonValue]:
    """The part of an object that the set names.

    List items come with their key fields, members of sets as they are, and a path with nothing below it brings the whole value there
    (an atomic field), except where the field is known to be merged member by member: such a one comes out empty, as it was applied.
    What the set names and the object lacks is left out.
    """
    return {} if is_empty(fields) else _extracted_fields(obj, fields)


def remove(obj: JsonObject, fields: FieldSet) -> dict[str, JsonValue]:
    """The object without what the set names.

    A path that is in the set goes with everything below it, so `released` first, where others own something there.
    A list that becomes empty goes as well, as the API never shows empty lists; a map that becomes empty stays (`securityContext: {}`
    does on the server, `labels: {}` does not: let a dry run of an update tell, which also sets defaults).
    """
    left = dict(obj)
    for step, node in _steps(fields):
        name = step[2:]
        if not step.startswith("f:") or name not in left:
            continue
        if _is_member(node):
            del left[name]
            continue
        value = _removed(left[name], node)
        if isinstance(value, list) and not value:
            del left[name]
        else:
            left[name] = value
    return left


def named(obj: JsonObject, known: FieldSet) -> FieldSet:
    """The fields that an object names, as server-side apply would own them. `known`, all that is owned on the live object, tells which
    lists have keyed items and what is atomic; where it does not reach, lists count as atomic and mappings do not."""
    return {f"f:{name}": _named(value, known.get(f"f:{name}")) for name, value in obj.items()}


def differing(fields: FieldSet, one: JsonObject, other: JsonObject) -> FieldSet:
    """The paths of the set with nothing below them at which both objects have something, and not the same."""
    return _differing(fields, one, other)


def overlaid(obj: JsonObject, manifest: JsonObject, fields: FieldSet) -> dict[str, JsonValue]:
    """The object with a manifest put over it as server-side apply merges them: structs and maps key by key, lists with keyed items item
    by item, everything else as a whole. `fields`, all that is owned on the object, tells which is what.
    """
    result = dict(obj)
    for name, value in manifest.items():
        result[name] = _overlaid(obj[name], value, fields.get(f"f:{name}")) if name in obj else value
    return result


def paths(fields: FieldSet) -> tuple[str, ...]:
    """The paths as people write them, sorted: `spec.template.spec.containers[app].image`.

    A list item that is in the set stands for its fields; a map or list that is in the set is left out when something below it is.
    """
    return tuple(sorted(_readable("", fields)))


def _combined(left: FieldSet, right: FieldSet, rule: _Rule) -> _Children:
    result: _Children = {}
    for step in (*left, *(step for step in right if step not in left)):
        if step == _SELF:
            continue
        one, other = left.get(step), right.get(step)
        member = rule(_is_member(one), _is_member(other))
        below = _combined(_below(one), _below(other), rule)
        if below and member:
            result[step] = {_SELF: {}, **below}
        elif below or member:
            result[step] = below
    return result


def _is_member(node: JsonValue) -> bool:
    return isinstance(node, Mapping) and (not node or _SELF in node)


def _below(node: JsonValue) -> FieldSet:
    return {step: value for step, value in node.items() if step != _SELF} if isinstance(node, Mapping) else {}


def _steps(node: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    for step, value in node.items():
        if step != _SELF:
            yield step, value if isinstance(value, Mapping) else {}


def _extracted(name: str, value: JsonValue, node: JsonObject) -> JsonValue:
    if not node:
        return _emptied(value) if name in _MERGED else value
    if isinstance(value, Mapping):
        return _extracted_fields(value, node)
    if _is_list(value):
        return [_extracted_item(item, *owner) for item, owner in _owned(value, node) if owner is not None]
    return value


def _extracted_fields(obj: JsonObject, node: JsonObject) -> dict[str, JsonValue]:
    part: dict[str, JsonValue] = {}
    for step, below in _steps(node):
        name = step[2:]
        if not step.startswith("f:") or name not in obj:
            continue
        value = _extracted(name, obj[name], below)
        # Parents that lead to nothing which exists are not part of the object; empty values that were named are.
        if _is_member(below) or value or not isinstance(value, (list, dict)):
            part[name] = value
    return part


def _extracted_item(item: JsonValue, step: str, node: JsonObject) -> JsonValue:
    if not node or not isinstance(item, Mapping):
        return item
    keys = _keys(step)
    return {**{key: item[key] for key in keys if key in item}, **_extracted_fields(item, node)}


def _removed(value: JsonValue, node: JsonObject) -> JsonValue:
    if isinstance(value, Mapping):
        return remove(value, node)
    if not _is_list(value):
        return value
    left: list[JsonValue] = []
    for item, owner in _owned(value, node):
        if owner is None:
            left.append(item)
        elif not _is_member(owner[1]):
            left.append(_removed(item, owner[1]))
    return left


def _owned(value: JsonValue, node: JsonObject) -> Iterator[tuple[JsonValue, tuple[str, JsonObject] | None]]:
    """The items of a list in its order, each with the step of the set that names it and what lies below, None where none does."""
    steps = tuple(_steps(node))
    for index, item in enumerate(_listed(value)):
        yield item, next((step for step in steps if _names(step[0], index, item)), None)


def _names(step: str, index: int, item: JsonValue) -> bool:
    if step.startswith("k:"):
        keys = _keys(step)
        return isinstance(item, Mapping) and bool(keys) and all(_key_of(item, key) == wanted for key, wanted in keys.items())
    if step.startswith("v:"):
        return _parsed(step) == item
    return step == f"i:{index}"


def _key_of(item: JsonObject, key: str) -> JsonValue:
    """The value of a key field; manifests may leave out the protocol of a port, the only key field that has a default."""
    return item.get(key, "TCP" if key == "protocol" else None)


def _keys(step: str) -> JsonObject:
    keys = _parsed(step)
    return keys if isinstance(keys, Mapping) else {}


def _parsed(step: str) -> JsonValue:
    try:
        parsed: JsonValue = json.loads(step[2:])
    except ValueError:
        return None
    return parsed


def _named(value: JsonValue, node: JsonValue) -> FieldSet:
    known = node if isinstance(node, Mapping) else {}
    if isinstance(value, Mapping):
        return named(value, known) if known or node is None else {}
    keys = _item_keys(known)
    items = {_item_step(item, keys, known): item for item in _listed(value) if isinstance(item, Mapping)} if keys else {}
    return {step: {_SELF: {}, **_fields_below(item, known.get(step))} for step, item in items.items()}


def _fields_below(item: JsonObject, node: JsonValue) -> FieldSet:
    return {} if node == {} else named(item, node if isinstance(node, Mapping) else {})


def _item_keys(node: JsonObject) -> tuple[str, ...]:
    """The key fields of a list's items, none where the items have no keys."""
    return next((tuple(_keys(step)) for step, _below in _steps(node) if step.startswith("k:")), ())


def _item_step(item: JsonObject, keys: tuple[str, ...], node: JsonObject) -> str:
    """The step to an item: as the set has it, else made from its keys."""
    made = "k:" + json.dumps({key: _key_of(item, key) for key in keys}, separators=(",", ":"), default=str)
    return next((step for step, _below in _steps(node) if _names(step, -1, item)), made)


def _differing(node: JsonObject, one: JsonValue, other: JsonValue) -> _Children:
    chosen: _Children = {}
    for step, below in _steps(node):
        for first, second in zip(_at(one, step), _at(other, step), strict=False):
            rest = _differing(below, first, second)
            if rest or (not _below(below) and first != second):
                chosen[step] = rest
    return chosen


def _at(parent: JsonValue, step: str) -> tuple[JsonValue, ...]:
    """What a parent has at a step: one value, or none."""
    if isinstance(parent, Mapping):
        return (parent[step[2:]],) if step.startswith("f:") and step[2:] in parent else ()
    return tuple(item for index, item in enumerate(_listed(parent)) if _names(step, index, item))[:1]


def _overlaid(value: JsonValue, manifest: JsonValue, node: JsonValue) -> JsonValue:
    known = node if isinstance(node, Mapping) else {}
    if isinstance(value, Mapping) and isinstance(manifest, Mapping):
        return manifest if node is not None and not known else overlaid(value, manifest, known)
    keys = _item_keys(known)
    if not keys or not _is_list(value) or not _is_list(manifest):
        return manifest
    old = {_item_step(item, keys, known): item for item in _listed(value) if isinstance(item, Mapping)}
    new = {_item_step(item, keys, known): item for item in _listed(manifest) if isinstance(item, Mapping)}
    return [
        overlaid(old[step], new[step], mapping(known, step)) if step in old and step in new and known.get(step) != {} else item
        for step, item in _in_order(old, new).items()
    ]


def _in_order(old: Mapping[str, JsonObject], new: Mapping[str, JsonObject]) -> dict[str, JsonObject]:
    """The items of both lists: the new ones in their order, the others before what followed them."""
    ordered: dict[str, JsonObject] = {}
    coming = iter(new.items())
    for step, item in old.items():
        if step not in new:
            ordered[step] = item
        while step in new and step not in ordered:
            ordered.update([next(coming)])
    return {**ordered, **new}


def _is_list(value: JsonValue) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _listed(value: JsonValue) -> Sequence[JsonValue]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def _emptied(value: JsonValue) -> JsonValue:
    if isinstance(value, Mapping):
        return {}
    return [] if _is_list(value) else value


def _readable(prefix: str, node: JsonObject) -> Iterator[str]:
    for step, below in _steps(node):
        path = prefix + _readable_step(step, first=not prefix)
        if not _below(below) or (step.startswith("k:") and _is_member(below)):
            yield path
        else:
            yield from _readable(path, below)


def _readable_step(step: str, *, first: bool) -> str:
    name = step[2:]
    if step.startswith("f:"):
        if "." in name or "/" in name:
            return f"[{name}]"
        return name if first else f".{name}"
    if step.startswith("k:"):
        return "[" + "/".join(str(value) for value in _keys(step).values()) + "]"
    return f"[{_parsed(step)}]"
