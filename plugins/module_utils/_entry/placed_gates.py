# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gates of a rollout: in which step each one is measured, and whether it can be told there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._domain.base.errors import InputError
from .._domain.gates.gate import Gate, Placed, Prometheus
from .._domain.gates.placeholders import SERVICES, needed
from .._domain.gates.spans import judges_the_past, least_seconds, looks_back
from .gates import BEFORE, gate_of


def gates_in(parameters: Mapping[str, Any]) -> Iterator[tuple[Any, str, int | None]]:
    """The options of all gates of a task, each with what its names stand within, and the number of the step that it belongs to."""
    for number, given in enumerate(parameters.get("gates") or ()):
        yield given, f"gates[{number}]", None
    steps = parameters.get("steps")
    for place, step in enumerate(steps if isinstance(steps, list | tuple) else ()):
        for number, given in enumerate((step.get("gates") or ()) if isinstance(step, Mapping) else ()):
            yield given, f"steps[{place}].gates[{number}]", place


def placed_gates(parameters: Mapping[str, Any], shares: Sequence[tuple[str, float]] = ()) -> tuple[Placed, ...]:
    """The gates of a rollout; `shares` are its steps with their holds, where these are named by who asks. Raises `InputError` as `gate_of`,
    for a name that is given twice, for a hold that ends too soon, and for Services of the versions where both have the same."""
    found: list[Placed] = []
    if parameters.get("wait") is False and (parameters.get("gates") or parameters.get("hold")):
        raise InputError(
            "gates and hold are measured and waited for by the task, which wait: false ends before; take wait: true, or leave them out."
        )
    for given, option, place in gates_in(parameters):
        gate = gate_of(given, f"{option}.")
        if "before" not in given and parameters.get("routes") is None:
            _refuse_services(gate, option)
        steps = tuple(BEFORE[step] for step in given.get("before") or ()) if place is None else (shares[place][0],)
        if any(placed.gate.name == gate.name and (placed.steps == steps or not placed.steps) for placed in found):
            raise InputError(f"{option.rpartition('[')[0]} has two of the name {gate.name}; their verdicts could not be told apart.")
        found.append(Placed(gate, steps))
        held = _held(parameters, given, place, shares)
        if held is not None and (held.seconds or "before" in given) and least_seconds(gate) > held.seconds:
            least, delay = gate.limits.least, gate.limits.initial_delay
            times = f"{least} {'measurement' if least == 1 else 'measurements'} after an initial_delay of {delay:g} s"
            where = "before scale_down" if "before" in given else "in the hold"
            raise InputError(
                f"{option} cannot pass {where}: {times} take {least_seconds(gate):g} s, and the hold lasts {held.seconds:g} s; "
                f"give a longer {held.option}."
            )
    return tuple(found)


@dataclass(frozen=True)
class _Held:
    """For how long a rollout is held while a gate is measured, and the option that says so."""

    option: str
    seconds: float


def _held(parameters: Mapping[str, Any], given: Mapping[str, Any], place: int | None, shares: Sequence[tuple[str, float]]) -> _Held | None:
    """The shortest time for which the rollout is held while a gate is measured, 0 for none; None where that is not known here, and where
    the gate is measured before anything has changed for the users."""
    if "before" in given:
        delay = parameters.get("scale_down_delay")
        in_hold = not given["before"] or "scale_down" in given["before"]
        return _Held("scale_down_delay", delay) if in_hold and delay is not None else None
    if place is not None:
        return _Held(f"steps[{place}].hold", shares[place][1])
    if "wait" in parameters:
        return None  # A rolling update, whose gates are measured before the hold as well, and longer where that is not enough.
    return _Held("hold", min((seconds for _name, seconds in shares), default=parameters.get("hold") or 0.0))


def warnings_of(
    parameters: Mapping[str, Any], gates: Sequence[Placed], shares: Sequence[tuple[str, float]] = (), *, same_names: bool = False
) -> list[str]:
    """What is to be said of the gates of a rollout that look back further than it is held; otherwise as `placed_gates`. `same_names`: new
    pods may have the names of those before them."""
    found = []
    for placed, (given, _option, place) in zip(gates, gates_in(parameters), strict=True):
        held = _held(parameters, given, place, shares)
        if held is None or not judges_the_past(placed.gate, held.seconds, same_names=same_names):
            continue
        lasts = f"{held.option} is {held.seconds:g} s" if held.seconds else "there is no hold"
        found.append(
            f"Gate {placed.gate.name} asks for the last {looks_back(placed.gate):g} s, and {lasts}: each of its values also holds what was "
            f"before the step. Give a shorter range or a longer {held.option}."
        )
    return found


def _refuse_services(gate: Gate, option: str) -> None:
    """Raise `InputError` for a gate that asks for the Service of a version, where the pods of both are behind the same."""
    missing = sorted(needed(gate) & SERVICES)
    if not missing:
        return
    asks = gate.source.metric if isinstance(gate.source, Prometheus) and gate.source.metric else "it"
    by_service = f"{option}.prometheus.service for the Service as a whole, or source: istio" if asks != "it" else "$candidate_pods"
    raise InputError(
        f"{option} cannot be measured: {asks} needs ${missing[0]}, and here the pods of both versions are behind the same Services; "
        f"give {by_service}."
    )
