# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a write whose answer was lost has happened: what the object shows decides. Pure.

Repeating a write is safe when its effect is the same the second time; where the repeated write is refused because the first one
went through, the object holds all that was to be written, and that is what is looked for. A value that the server writes
in another form (`0.5` as `500m`) is taken as not written: then the caller gets the conflict and reads the object itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .._domain.base.objects import JsonObject, JsonValue
from .._domain.base.ports import PatchOperation

_BY_THE_SERVER = frozenset({"resourceVersion", "generation", "managedFields", "creationTimestamp", "uid", "selfLink"})


def holds(live: JsonObject, wanted: JsonObject) -> bool:
    """Whether an object has everything that was to be written; what the server sets itself does not count."""
    return _covers(live, {key: _less(value) if key == "metadata" else value for key, value in wanted.items() if key != "status"})


def is_repeatable(operations: Sequence[PatchOperation]) -> bool:
    """Whether a JSON patch does no harm the second time: it changes no position of a list, or it tests the resourceVersion or the
    generation, which it changes."""
    if any(step.op == "test" and step.path in ("/metadata/resourceVersion", "/metadata/generation") for step in operations):
        return True
    return not any(step.op in ("add", "remove") and _is_position(step.path.rpartition("/")[2]) for step in operations)


def patch_holds(live: JsonObject, operations: Sequence[PatchOperation]) -> bool:
    """Whether an object shows the effect of a JSON patch, and still passes those of its tests that the patch itself does not overthrow."""
    changes = [step for step in operations if step.op != "test"]
    if not changes or any(step.path.endswith("/-") for step in changes):
        return False
    tests = [step for step in operations if step.op == "test" and not _overthrown(step, changes)]
    return all(_shows(live, step) for step in (*changes, *tests))


def _overthrown(test: PatchOperation, changes: Sequence[PatchOperation]) -> bool:
    """Whether a test cannot hold after the changes, because it looks at what they change."""
    if test.path in ("/metadata/resourceVersion", "/metadata/generation"):
        return True
    return any(_within(test.path, change.path) or _within(change.path, test.path) for change in changes)


def _within(path: str, parent: str) -> bool:
    return path == parent or path.startswith(f"{parent}/")


def _shows(live: JsonObject, step: PatchOperation) -> bool:
    found, value = _look(live, step.path)
    return not found if step.op == "remove" else found and value == step.value


def _look(obj: JsonValue, pointer: str) -> tuple[bool, JsonValue]:
    """Whether there is something at a JSON pointer, and what."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(obj, Mapping) and key in obj:
            obj = obj[key]
        elif isinstance(obj, Sequence) and not isinstance(obj, str) and key.isdigit() and int(key) < len(obj):
            obj = obj[int(key)]
        else:
            return False, None
    return True, obj


def _is_position(part: str) -> bool:
    return part == "-" or part.isdigit()


def _less(metadata: JsonValue) -> JsonValue:
    if not isinstance(metadata, Mapping):
        return metadata
    return {key: value for key, value in metadata.items() if key not in _BY_THE_SERVER}


def _covers(live: JsonValue, wanted: JsonValue) -> bool:
    """Whether `live` has everything in `wanted`; lists must have as many items. Null and what is empty count as absent."""
    if wanted is None or wanted in ({}, []):
        return live is None or live in ({}, [], "") or isinstance(live, Mapping)
    if isinstance(wanted, Mapping):
        return isinstance(live, Mapping) and all(_covers(live.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, Sequence) and not isinstance(wanted, str):
        if not isinstance(live, Sequence) or isinstance(live, str) or len(live) != len(wanted):
            return False
        return all(_covers(left, right) for left, right in zip(live, wanted, strict=True))
    return live == wanted
