# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a value stands in JSON: `$.data.items[0].ok`. Names and numbers alone: an answer that is judged has one place for its value."""

from __future__ import annotations

import re

from ..base.errors import InputError
from ..base.objects import JsonValue

_PART = re.compile(r"\.([A-Za-z_][A-Za-z0-9_-]*)|\[([0-9]{1,6})\]|\[\"([^\"\]]*)\"\]|\['([^'\]]*)'\]")


def parts_of(path: str, option: str) -> tuple[str | int, ...]:
    """The steps of a path. Raises `InputError` for what is none."""
    found: list[str | int] = []
    place = 1
    while path.startswith("$") and place < len(path):
        match = _PART.match(path, place)
        if match is None:
            break
        name, number, double, single = match.groups()
        found.append(int(number) if number is not None else next(text for text in (name, double, single) if text is not None))
        place = match.end()
    if not path.startswith("$") or place < len(path):
        raise InputError(f'{option} must be a path such as $.data.ok, $.items[0].count or $["a b"], not {path}.')
    return tuple(found)


def at_path(value: JsonValue, parts: tuple[str | int, ...]) -> JsonValue:
    """The value there; None where there is none."""
    for part in parts:
        if isinstance(part, int):
            value = value[part] if isinstance(value, list) and part < len(value) else None
        else:
            value = value.get(part) if isinstance(value, dict) else None
    return value
