# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lengths of time as people write them: seconds (`90`, `0.5`), or `90s`, `10m`, `1h30m`, `2d`, `100ms`."""

from __future__ import annotations

import re
from typing import Any

from .._domain.base.errors import InputError

_UNITS = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_NUMBER = r"\d+(?:\.\d+)?"
_PLAIN = re.compile(_NUMBER, re.ASCII)
_PARTS = re.compile(rf"({_NUMBER})(d|h|ms|m|s)", re.ASCII)
_WHOLE = re.compile(rf"(?:{_NUMBER}d)?(?:{_NUMBER}h)?(?:{_NUMBER}m(?!s))?(?:{_NUMBER}s)?(?:{_NUMBER}ms)?", re.ASCII)


def seconds(given: Any, option: str) -> float:
    """Return how many seconds a text or a number stands for, an int where they are whole. Raises `InputError` for what is no time."""
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise _refusal(given, option)
    if isinstance(given, int | float):
        return given
    said = given.strip()
    # A number with a sign, or as Python writes it, is refused for its size, in the words for numbers.
    if _PLAIN.fullmatch(said.removeprefix("-")):
        return _whole(float(said))
    if not said or not _WHOLE.fullmatch(said):
        raise _refusal(given, option)
    return _whole(sum(float(number) * _UNITS[unit] for number, unit in _PARTS.findall(said)))


def _whole(number: float) -> float:
    rounded = round(number, 3)
    return int(rounded) if rounded == int(rounded) else rounded


def _refusal(given: Any, option: str) -> InputError:
    return InputError(f"{option} is no length of time: {str(given)[:40]!r}; give seconds, or a text such as 90s, 10m or 1h30m.")
