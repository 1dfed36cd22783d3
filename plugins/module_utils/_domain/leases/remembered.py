# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading what an application's Lease remembers in its annotations.

What is not there is nothing. What is there and cannot be understood, or was written by a newer version, is never taken for nothing:
a rollout may be on its way.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from ..base.errors import RefusedError
from ..base.objects import JsonObject, JsonValue, ref_of, text, texts

FORMAT = 1
"""The version of what is written, in the field `version`; what has none was written by 0.1.0, in the same form."""


def recalled(lease: JsonObject | None, name: str) -> JsonObject | None:
    """The mapping in an annotation of a Lease; None where the annotation is not there.

    Raises `RefusedError` for what cannot be read and for what a newer version has written.
    """
    entry = _loaded(lease, name)
    if entry is not None and not isinstance(entry, Mapping):
        raise unreadable(lease, name)
    return entry


def recalled_list(lease: JsonObject | None, name: str) -> tuple[JsonObject, ...]:
    """The list of mappings in an annotation of a Lease; an empty one where the annotation is not there. Raises as `recalled`."""
    entry = _loaded(lease, name)
    if entry is None:
        return ()
    if not isinstance(entry, list) or not all(isinstance(item, Mapping) for item in entry):
        raise unreadable(lease, name)
    return tuple(item for item in entry if isinstance(item, Mapping))


def unreadable(lease: JsonObject | None, name: str) -> RefusedError:
    """The error for an annotation with which nothing can be done."""
    return _refusal(lease, name, "cannot be read", "correct it")


def _loaded(lease: JsonObject | None, name: str) -> JsonValue:
    value = texts(lease or {}, "metadata", "annotations").get(name, "")
    if not value:
        return None
    try:
        entry: JsonValue = json.loads(value)
    except (ValueError, RecursionError):
        raise unreadable(lease, name) from None
    if entry is None:
        raise unreadable(lease, name)
    version = entry.get("version", FORMAT) if isinstance(entry, Mapping) else FORMAT
    if not isinstance(version, int) or version > FORMAT:
        raise _refusal(lease, name, f"was written by a newer version of this collection (format {version})", "use that version")
    return entry


def _refusal(lease: JsonObject | None, name: str, what: str, remedy: str) -> RefusedError:
    ref = ref_of({**(lease or {}), "kind": "Lease"})
    where = f"--namespace {text(lease, 'metadata', 'namespace')} "
    return RefusedError(
        f"The annotation {name} of {ref} {what}, so whether a rollout is on its way is not known; {remedy}, or, where surely none is, take "
        f"it away (kubectl {where}annotate lease {ref.name} {name}-)."
    )
