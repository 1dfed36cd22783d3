# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether what a run wrote into a pod template still stands there, or somebody has written something else meanwhile.

Only the values that the run brought count, each at its place: another container's image, a restart or a scaling supersedes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..base.objects import JsonObject, JsonValue, Ref, containers, items, mapping, moment, text, thaw
from ..request import ShortChange
from ..workloads.workload import RESTARTED_AT, normal
from .owners import OURS, is_restart, last_writer

Place = tuple[str, ...]
"""Where a value stands in a pod template: keys, and for an item of a list what tells it from the others (its name mostly)."""

_KEYS = (("name",), ("mountPath",), ("devicePath",), ("containerPort", "protocol"), ("ip",))
"""The fields that tell the items of a list apart, as the API has them."""
_DEFAULTS: Mapping[str, JsonValue] = {"protocol": "TCP"}
_LISTED = 3


@dataclass(frozen=True)
class Wanted:
    """What a run wants of a pod template; an empty one wants nothing."""

    values: Mapping[Place, JsonValue] = field(default_factory=dict)
    """By place; None where nothing shall stand."""
    restarted: str = ""
    """The time of the restart that the template is to carry, or a later one."""

    def lost(self, template: JsonObject) -> tuple[Place, ...]:
        """The places that have another value than the run wrote there."""
        found = values_of(template)
        lost = [place for place, value in self.values.items() if found.get(place) != value or (value is None and _below(place, found))]
        if self.restarted and _is_before(template, self.restarted):
            lost.append(_MARK)
        return tuple(sorted(lost))


_MARK: Place = ("metadata", "annotations", RESTARTED_AT)
NOTHING_WANTED = Wanted()


def by_manifest(manifest: JsonObject, before: JsonObject | None, after: JsonObject) -> Wanted:
    """What a definition wants: all that it names in its template, as the server has understood it, and all that it has changed.

    `before` and `after` are the workload around the write.
    """
    new = values_of(mapping(after, "spec", "template"))
    named = {place: new[place] for place in values_of(mapping(manifest, "spec", "template")) if place in new}
    return Wanted(_without_restarts({**named, **_changed(before, after)}))


def by_change(change: ShortChange, before: JsonObject | None, after: JsonObject) -> Wanted:
    """What a short change wants: the images and variables that it names, and all that it has changed."""
    template = mapping(after, "spec", "template")
    new = values_of(template)
    asked = tuple(_asked(change, template))
    named = {place: value for place, value in new.items() if any(place[: len(start)] == start for start in asked)}
    gone = {start: None for start in asked if not _below(start, new)}
    return Wanted(_without_restarts({**gone, **named, **_changed(before, after)}))


def by_template(before: JsonObject | None, after: JsonObject) -> Wanted:
    """What an undo wants: all that it has changed; where it found the wanted template, that whole template."""
    changed = _changed(before, after)
    return Wanted(_without_restarts(changed or values_of(mapping(after, "spec", "template"))))


def by_restart(before: JsonObject | None, after: JsonObject) -> Wanted:
    """What a restart wants: pods from its time or later, of whatever template."""
    del before
    return Wanted(restarted=text(after, "spec", "template", *_MARK))


def values_of(template: JsonObject) -> dict[Place, JsonValue]:
    """The values of a pod template by their places; a list whose items nothing tells apart is one value."""
    return dict(_values(normal(template), ()))


def sentence(ref: Ref, lost: Sequence[Place], wanted: Wanted, live: JsonObject) -> str:
    """That a workload was given something else while a run was on its way: what, and by which field manager."""
    template = mapping(live, "spec", "template")
    found = values_of(template)
    told = list(dict.fromkeys(f"{_spelled(place)} {_news(place, found.get(place), wanted)}" for place in lost))
    more = [f"{len(told) - _LISTED} more"] if len(told) > _LISTED else []
    who = ", ".join(sorted(set(filter(None, (_writer(live, place) for place in lost)))))
    by = f" (by {who})" if who else ""
    what = " and ".join([*told[:_LISTED], *more])
    return (
        f"{ref} was given another template while this task was on its way{by}: {what}. So what this task has written is not what runs; "
        "look at who did that, and run the task again if it shall be so."
    )


# --- parts ----------------------------------------------------------------------------------------------------------------------


def _changed(before: JsonObject | None, after: JsonObject) -> dict[Place, JsonValue]:
    """What differs between two states of a workload; nothing for a new one, in which all that nobody named is a default."""
    if before is None:
        return {}
    old, new = (values_of(mapping(obj, "spec", "template")) for obj in (before, after))
    gone = {place: None for place in old if place not in new and not _below(place, new)}
    return {**gone, **{place: value for place, value in new.items() if old.get(place) != value}}


def _below(place: Place, values: Iterable[Place]) -> bool:
    """One of these stands at the place or below it."""
    return any(other[: len(place)] == place for other in values)


def _is_before(template: JsonObject, restarted: str) -> bool:
    """The template has no restart, or an earlier one. Tools write their times in several zones."""
    wanted, found = moment({"at": restarted}, "at"), moment(template, *_MARK)
    return found is None or (wanted is not None and found < wanted)


def _without_restarts(values: Mapping[Place, JsonValue]) -> dict[Place, JsonValue]:
    return {place: value for place, value in values.items() if not (place[:2] == _MARK[:2] and is_restart(place[-1]))}


def _asked(change: ShortChange, template: JsonObject) -> Iterator[Place]:
    """Where the images and variables of a short change stand."""
    names = [text(container, "name") for container in items(template, "spec", "containers")]
    images = change.image if isinstance(change.image, Mapping) else dict.fromkeys(names[:1], change.image) if change.image else {}
    chosen = change.container or next(iter(names), "")
    for group, container in containers(template):
        name = text(container, "name")
        if name in images:
            yield ("spec", group, name, "image")
        for variable in change.env if name == chosen else ():
            yield ("spec", group, name, "env", variable)


def _values(value: JsonValue, place: Place) -> Iterator[tuple[Place, JsonValue]]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _values(item, (*place, key))
        return
    named = _named(value)
    if named is None:
        yield place, thaw(value)
        return
    for key, item in named.items():
        yield from _values(item, (*place, key))


def _named(value: JsonValue) -> dict[str, JsonObject] | None:
    """The items of a list by what tells them apart; None where nothing does, or it is no list."""
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        return None
    found = [item for item in value if isinstance(item, Mapping)]
    for keys in _KEYS:
        if len(found) == len(value) and all(keys[0] in item for item in found):
            named = {"/".join(str(item.get(key, _DEFAULTS.get(key))) for key in keys): item for item in found}
            return named if len(named) == len(found) else None
    return None


def _spelled(place: Place) -> str:
    match place:
        case ("spec", "containers" | "initContainers", name, "image"):
            return f"the image of container {name}"
        case ("spec", "containers" | "initContainers", name, "env", variable, *_):
            return f"the variable {variable} of container {name}"
        case ("metadata", "annotations", name) if name == RESTARTED_AT:
            return "the annotation of the restart"
    return f"spec.template.{'.'.join(place)}"


def _news(place: Place, found: JsonValue, wanted: Wanted) -> str:
    """What became of a value. Only images are shown: anything else may be a secret."""
    if found is None:
        return "is gone"
    if place[-1] == "image" and place[1] in ("containers", "initContainers"):
        return f"is {found} and not {wanted.values.get(place)} any more" if wanted.values.get(place) else f"is {found}"
    return "was changed"


def _writer(live: JsonObject, place: Place) -> str:
    """The field manager that owns what stands at a place now; of what is gone the one that wrote to the template last."""
    found = ("", "")
    for entry in items(live, "metadata", "managedFields"):
        if _holds(mapping(entry, "fieldsV1", "f:spec", "f:template"), place):
            found = max(found, (text(entry, "time"), text(entry, "manager")))
    who = found[1] or last_writer(live, "spec", "template", besides=OURS)
    return f"another run, as {who}" if who in OURS else who


def _holds(fields: JsonObject, place: Place) -> bool:
    """A set of fields has this place, or the map or list above it as one value."""
    step = next((key for key in fields if key == f"f:{place[0]}" or _tells(key, place[0])), "")
    if not step:
        return False
    below = mapping(fields, step)
    return not below or not place[1:] or _holds(below, place[1:])


def _tells(key: str, name: str) -> bool:
    """A step of fieldsV1 is the item of a list that is called so here."""
    if not key.startswith("k:"):
        return False
    parts = mapping(json.loads(key[2:]))
    return any(keys[0] in parts and "/".join(str(parts.get(part, _DEFAULTS.get(part))) for part in keys) == name for keys in _KEYS)
