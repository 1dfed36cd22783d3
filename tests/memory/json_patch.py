# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON patch (RFC 6902), as the API server carries it out."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from .refusals import patch_does_not_fit
from .schema import Json


def patched(obj: Json, operations: Sequence[Json]) -> Json:
    """The object after all operations; refused as a whole when one does not fit."""
    result = copy.deepcopy(obj)
    for operation in operations:
        *parents, last = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]] or [""]
        holder = result
        for part in parents:
            holder = _below(holder, part)
        _DEEDS[operation["op"]](holder, last, copy.deepcopy(operation.get("value")))
    return result


def _below(holder: Json, part: str) -> Json:
    if isinstance(holder, dict) and part in holder:
        return holder[part]
    if isinstance(holder, list):
        return holder[_index(holder, part)]
    raise patch_does_not_fit()


def _index(holder: list[Json], part: str, *, more: int = 0) -> int:
    if not part.isdigit() or int(part) >= len(holder) + more:
        raise patch_does_not_fit()
    return int(part)


def _test(holder: Json, part: str, value: Json) -> None:
    there = holder.get(part) if isinstance(holder, dict) else _below(holder, part)
    if there != value or isinstance(there, bool) is not isinstance(value, bool):
        raise patch_does_not_fit()


def _add(holder: Json, part: str, value: Json) -> None:
    if isinstance(holder, dict):
        holder[part] = value
    elif isinstance(holder, list):
        holder.insert(len(holder) if part == "-" else _index(holder, part, more=1), value)
    else:
        raise patch_does_not_fit()


def _replace(holder: Json, part: str, value: Json) -> None:
    if not isinstance(holder, dict):  # In a map it adds what is not there.
        _below(holder, part)
    holder[part if isinstance(holder, dict) else int(part)] = value


def _remove(holder: Json, part: str, value: Json) -> None:
    del value
    _below(holder, part)
    del holder[part if isinstance(holder, dict) else int(part)]


_DEEDS = {"test": _test, "add": _add, "replace": _replace, "remove": _remove}
