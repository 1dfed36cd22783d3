# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which numbers an option takes: what is out of bounds is refused before anything is asked or written."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from .._domain.base.errors import InputError

_YEAR = 365 * 24 * 60 * 60
_INT32 = 2**31 - 1
_INT64 = 2**63 - 1
_BOUNDS: Mapping[str, tuple[float, float, str]] = {
    "wait_timeout": (1, _YEAR, "seconds"),
    "lock_timeout": (0, _YEAR, "seconds"),
    "failure_grace": (0, _YEAR, "seconds"),
    "scale_down_delay": (0, _YEAR, "seconds"),
    "shutdown_seconds": (0, _YEAR, "seconds"),
    "log_lines": (0, 10_000, "lines"),
    "min_ready_seconds": (0, _INT32, "seconds"),
    "progress_deadline_seconds": (1, _INT32, "seconds"),
    "partition": (0, _INT32, ""),
    "preview_replicas": (1, _INT32, "pods"),
    "min_endpoints": (1, _INT32, "pods"),
    "keep": (0, _INT32, "copies"),
    "revision": (0, _INT64, ""),
    "compare_to": (1, _INT64, ""),
    "run_as_user": (1, _INT32, ""),
    "interval": (0, 60, "seconds"),
    "timeout": (0, 60, "seconds"),
    "after": (0, 3600, "seconds"),
}
"""The least, the most and the unit of each number, by the option's name."""

_BELOW: Mapping[str, str] = {
    "wait_timeout": "; to start a rollout without waiting set wait: false",
    "run_as_user": "; the pod runs as a user other than root",
}
"""What is to be said of a number that is too small."""


def check_numbers(spec: Mapping[str, Any], parameters: Mapping[str, Any], within: str = "") -> None:
    """Raise `InputError` for a number that is out of bounds, or none (`nan`), also in options of options."""
    for name, option in spec.items():
        value = parameters.get(name)
        if option.get("type") in ("int", "float"):
            _check(value, name, f"{within}{name}", _BELOW.get(name, "") if name != "wait_timeout" or "wait" in spec else "")
        for entry in value if isinstance(value, list) else (value,):
            if "options" in option and isinstance(entry, Mapping):
                check_numbers(option["options"], entry, f"{within}{name}.")


def _check(value: Any, name: str, shown: str, below: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    least, most, unit = _BOUNDS[name]
    if isfinite(value) and least <= value <= most:
        return
    given = f"{value:g}" if isinstance(value, float) else str(value)[:40]
    if value < least:
        raise InputError(f"{shown} must be at least {least}{_unit(unit, least)}, not {given}{below}.")
    raise InputError(f"{shown} must be between {least} and {most}{_unit(unit, most)}, not {given}.")


def _unit(unit: str, count: float) -> str:
    return f" {unit.removesuffix('s') if count == 1 else unit}" if unit else ""
