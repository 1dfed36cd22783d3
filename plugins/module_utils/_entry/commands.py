# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each module does, once its arguments are valid: one function a module, one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .._domain.objects import JsonObject
from .._engine import look
from .._engine.outcome import Outcome
from .._engine.plan import make_plan, preview
from .._engine.run import carry_out
from .._engine.surroundings import Surroundings
from .requests import Parameters, rollout_request, watch_request


@dataclass(frozen=True)
class Call:
    """One call of a module. `namespace` is where objects are that name none."""

    name: str
    parameters: Parameters
    manifests: tuple[JsonObject, ...]
    namespace: str
    check: bool


def _roll_out(call: Call, outside: Surroundings) -> Outcome:
    request = rollout_request(call.name, call.parameters, call.manifests, outside.cluster, call.namespace)
    plan = make_plan(request, outside)
    return preview(request, plan) if call.check else carry_out(request, plan, outside)


def _wait(call: Call, outside: Surroundings) -> Outcome:
    return look.wait(watch_request(call.parameters, call.namespace), outside)


def _status(call: Call, outside: Surroundings) -> Outcome:
    return look.status(watch_request(call.parameters, call.namespace), outside)


COMMANDS: Mapping[str, Callable[[Call, Surroundings], Outcome]] = {
    "rolling": _roll_out,
    "wait": _wait,
    "status_info": _status,
}
