# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Steps that are named by the share of the pods that run the candidate: one shape for all strategies that have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.errors import UnsupportedError

from .._domain.base.errors import InputError
from .._domain.workloads.shares import Share, named
from .gates import STEPS

WEIGHTS = (10, 50)
"""The steps of a canary where none are given, in percent."""


def in_full(parameters: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters with steps that are validated and have all their options, where they may also be said in another way, which no
    argument spec can tell. Raises `InputError` for those that are none, and for both ways in one list."""
    steps: Any = parameters.get("steps")
    if spec.get("steps", {}).get("type") != "raw" or not has_shares(steps):
        return dict(parameters)
    other = next((entry for entry in steps if not isinstance(entry, Mapping)), None)
    if other is not None:
        raise InputError(
            f"steps has both {other} and steps with weight or replicas; give all of them as weight or replicas, or all as counts and "
            "percentages."
        )
    found = ArgumentSpecValidator({"steps": STEPS["steps"]}).validate({"steps": steps})
    if found.error_messages:
        unknown = "Unsupported parameters: " if isinstance(found.errors[0], UnsupportedError) else ""
        raise InputError(f"{unknown}{str(found.errors.msg).rstrip('.')}.")
    return {**parameters, "steps": found.validated_parameters["steps"]}


def has_shares(steps: Any) -> bool:
    """Whether steps say shares: a list with a mapping in it."""
    return isinstance(steps, list | tuple) and any(isinstance(entry, Mapping) for entry in steps)


def shares_of(parameters: Mapping[str, Any], weights: Sequence[int] = ()) -> tuple[Share, ...]:
    """The steps with shares of the pods, from `steps` or `weights`, with their names; where neither is given those with `weights`. None
    where these are none either, or the steps are said in another way. Raises `InputError` for what is no step."""
    hold, steps, given = parameters.get("hold") or 0.0, parameters.get("steps"), parameters.get("weights")
    if steps is not None:
        if steps and not has_shares(steps):
            return ()
        routed = parameters.get("routes") is not None
        entries = [_share(entry, number, hold, routed=routed) for number, entry in enumerate(steps)]
        option = "steps"
    else:
        entries = [Share("", _weight(weight, "weights"), None, hold) for weight in (weights if given is None else given)]
        option = "weights"
        if given is None and not entries:
            return ()
    if not entries:
        raise InputError(f"{option} is empty, and without a step nothing would be watched; give at least one, or use rolling.")
    for former, later in pairwise(entries):
        if _falls(former.weight, later.weight) or _falls(former.replicas, later.replicas):
            raise InputError(f"{option} must rise, and {later.asked} comes after {former.asked}; to go back use abort or undo.")
    return named(entries)


def _falls(former: int | None, later: int | None) -> bool:
    return former is not None and later is not None and later < former


def _share(entry: Mapping[str, Any], number: int, hold: float, *, routed: bool) -> Share:
    within = f"steps[{number}]."
    weight, replicas = entry.get("weight"), entry.get("replicas")
    if routed and weight is None:
        raise InputError(f"{within[:-1]} needs weight, the percentage of the requests that the routes give the candidate.")
    if not routed and (weight is None) is (replicas is None):
        raise InputError(f"{within[:-1]} needs one of weight and replicas, which say how many pods run the candidate.")
    if replicas is not None and replicas < 1:
        raise InputError(f"{within}replicas must be 1 or more, not {replicas}.")
    own = entry.get("hold")
    return Share("", None if weight is None else _weight(weight, f"{within}weight"), replicas, hold if own is None else own)


def _weight(weight: int, option: str) -> int:
    if not 1 <= weight <= 99:
        raise InputError(f"{option} must be from 1 to 99 percent, not {weight}; all pods get the candidate in the step promote.")
    return weight
