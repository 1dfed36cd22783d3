# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which numbers an option takes: what is out of bounds is refused before anything is asked or written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from math import isfinite
from typing import Any

from .._domain.base.errors import InputError
from .durations import seconds

_YEAR = 365 * 24 * 60 * 60
_INT32 = 2**31 - 1
_INT64 = 2**63 - 1
_GREATEST = 1e15
_BOUNDS: Mapping[str, tuple[float, float, str]] = {
    "wait_timeout": (1, _YEAR, "seconds"),
    "lock_timeout": (0, _YEAR, "seconds"),
    "failure_grace": (0, _YEAR, "seconds"),
    "hold": (0, _YEAR, "seconds"),
    "scale_down_delay": (0, _YEAR, "seconds"),
    "propagation_delay": (5, 3600, "seconds"),
    "shutdown_seconds": (0, _YEAR, "seconds"),
    "log_lines": (0, 10_000, "lines"),
    "min_ready_seconds": (0, _INT32, "seconds"),
    "progress_deadline_seconds": (1, _INT32, "seconds"),
    "partition": (0, _INT32, ""),
    "preview_replicas": (1, _INT32, "pods"),
    "min_endpoints": (1, _INT32, "pods"),
    "min_replicas": (1, _INT32, "pods"),
    "replicas": (1, _INT32, "pods"),
    "weight": (1, 99, "percent"),
    "keep": (0, _INT32, "copies"),
    "revision": (0, _INT64, ""),
    "compare_to": (1, _INT64, ""),
    "run_as_user": (1, _INT32, ""),
    "interval": (0, 3600, "seconds"),
    "timeout": (0, 60, "seconds"),
    "after": (0, 3600, "seconds"),
    "initial_delay": (0, _YEAR, "seconds"),
    "range": (1, _YEAR, "seconds"),
    "window": (1, _YEAR, "seconds"),
    "step": (0.1, _YEAR, "seconds"),
    "count": (1, 100_000, "measurements"),
    "min_count": (1, 100_000, "measurements"),
    "failure_limit": (0, 100_000, "measurements"),
    "error_limit": (0, 100_000, "errors"),
    "inconclusive_limit": (0, 100_000, "measurements"),
    "restarts": (0, _INT32, "restarts"),
    "min": (-_GREATEST, _GREATEST, ""),
    "max": (-_GREATEST, _GREATEST, ""),
    "max_ratio": (0, _GREATEST, ""),
    "max_difference": (0, _GREATEST, ""),
}
"""The least, the most and the unit of each number, by the option's name."""

_WHOLE = ("min_ready_seconds", "progress_deadline_seconds")
"""What Kubernetes takes in whole seconds only."""

_BELOW: Mapping[str, str] = {
    "wait_timeout": "; to start a rollout without waiting set wait: false",
    "run_as_user": "; the pod runs as a user other than root",
}
"""What is to be said of a number that is too small."""
_ABOVE: Mapping[str, str] = {"weight": "; all pods get the candidate in the step promote"}
"""What is to be said of one that is too large."""


def is_duration(name: str, option: Mapping[str, Any]) -> bool:
    """Return whether an option of an argument spec takes a length of time."""
    return option.get("type") == "str" and name in _BOUNDS


def in_numbers(spec: Mapping[str, Any], parameters: Mapping[str, Any], within: str = "") -> dict[str, Any]:
    """Return the parameters with lengths of time in seconds.

    Raises `InputError` for a number that is out of bounds, or none (`nan`), also in options of options.
    """
    found = dict(parameters)
    for name, option in spec.items():
        value = found.get(name)
        if value is None:
            continue
        if is_duration(name, option):
            found[name] = value = seconds(value, f"{within}{name}")
        if option.get("type") in ("int", "float") or is_duration(name, option):
            _check(value, name, f"{within}{name}", _BELOW.get(name, "") if name != "wait_timeout" or "wait" in spec else "")
        if "options" in option:
            found[name] = _each(value, partial(in_numbers, option["options"]), f"{within}{name}")
    return found


def _each(value: Any, read: Callable[[Mapping[str, Any], str], dict[str, Any]], shown: str) -> Any:
    """Return an option of options, or a list of such, with what `read` makes of each and of what its names stand within."""
    if isinstance(value, Mapping):
        return read(value, f"{shown}.")
    if not isinstance(value, list):
        return value
    return [read(entry, f"{shown}[{number}].") if isinstance(entry, Mapping) else entry for number, entry in enumerate(value)]


def _check(value: Any, name: str, shown: str, below: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    least, most, unit = _BOUNDS[name]
    given = f"{value:g}" if isinstance(value, float) else str(value)[:40]
    if name in _WHOLE and isfinite(value) and value != int(value):
        raise InputError(f"{shown} must be whole seconds, not {given}.")
    if isfinite(value) and least <= value <= most:
        return
    if value < least:
        raise InputError(f"{shown} must be at least {least}{_unit(unit, least)}, not {given}{below}.")
    raise InputError(f"{shown} must be between {least} and {most}{_unit(unit, most)}, not {given}{_ABOVE.get(name, '')}.")


def _unit(unit: str, count: float) -> str:
    return f" {unit.removesuffix('s') if count == 1 else unit}" if unit else ""
