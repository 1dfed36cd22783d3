# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each module does, once its arguments are valid: one function a module, one table."""

from __future__ import annotations

import getpass
import os
import socket
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .._domain.kinds import TWO_SIDED
from .._domain.objects import JsonObject
from .._domain.request import OperationRequest, Ours, Selection, Undo
from .._engine import blue_green, look, promotions, stateful
from .._engine.admission import demand_admission
from .._engine.alone import carry_out_alone
from .._engine.config_history import with_configuration
from .._engine.foresight import with_sight
from .._engine.outcome import Outcome
from .._engine.plan import make_plan, plan_operation, preview
from .._engine.preflight import preflight
from .._engine.recreate import recreate
from .._engine.stepping import refuse_on_their_way
from .._engine.surroundings import Surroundings
from .._engine.switch import switch
from .._engine.versions import version
from .arguments import ARGUMENTS
from .colour_requests import colour_operation, colour_request, colour_undo
from .preflight import live_is_meant, preflight_request, refuse_live
from .repair import check_repair
from .requests import (
    Parameters,
    abort_request,
    config_request,
    history_request,
    named_target,
    ours_of,
    pause_request,
    restart_request,
    rollout_request,
    selection_of,
    switch_request,
    undo_request,
    watch_request,
)


@dataclass(frozen=True)
class Call:
    """One call of a module. `namespace` is where objects are that name none."""

    name: str
    parameters: Parameters
    manifests: tuple[JsonObject, ...]
    namespace: str
    check: bool


def _roll_out(call: Call, outside: Surroundings) -> Outcome:
    ours = _ours(call)
    request = rollout_request(call.name, call.parameters, call.manifests, outside.cluster, call.namespace)
    plan = with_sight(make_plan(request, outside), outside, check=call.check)
    refuse_on_their_way(plan, outside)
    demand_admission(plan, outside.cluster)
    return preview(plan) if call.check else carry_out_alone(plan, ours, outside, optional=True)


def _recreate(call: Call, outside: Surroundings) -> Outcome:
    request = rollout_request(call.name, call.parameters, call.manifests, outside.cluster, call.namespace)
    return recreate(request, _ours(call), outside, check=call.check)


def _stateful(call: Call, outside: Surroundings) -> Outcome:
    request = rollout_request(call.name, call.parameters, call.manifests, outside.cluster, call.namespace)
    return stateful.roll(request, _ours(call), outside, check=call.check)


def _selection(call: Call) -> Selection:
    kinds = ARGUMENTS[call.name].spec["kind"]["choices"]
    return selection_of(call.parameters, call.namespace, kinds=kinds)


def _wait(call: Call, outside: Surroundings) -> Outcome:
    return look.wait(watch_request(call.parameters, _selection(call)), outside)


def _status(call: Call, outside: Surroundings) -> Outcome:
    return look.status(watch_request(call.parameters, _selection(call)), outside)


def _history(call: Call, outside: Surroundings) -> Outcome:
    application = _two_sided(call, outside)
    if application:
        namespace = call.parameters.get("namespace") or call.namespace
        found = promotions.history(history_request(call.parameters, _selection(call)), namespace, application, outside)
    else:
        found = look.history(history_request(call.parameters, _selection(call)), outside)
    return with_configuration(found, outside.cluster)


def _preflight(call: Call, outside: Surroundings) -> Outcome:
    selection = _selection(call) if live_is_meant(call.parameters) else None
    return preflight(preflight_request(call.parameters, call.manifests, selection, call.namespace), outside)


def _preflight_alone(call: Call) -> Outcome:
    refuse_live(call.parameters)
    return preflight(preflight_request(call.parameters, call.manifests, None, ""), None)


def _operate(call: Call, request: OperationRequest, outside: Surroundings) -> Outcome:
    ours = _ours(call)
    plan = plan_operation(request, outside)
    if not isinstance(request.operation, Undo):  # It gives up what is on its way.
        refuse_on_their_way(plan, outside)
    demand_admission(plan, outside.cluster)
    return preview(plan) if call.check else carry_out_alone(plan, ours, outside, optional=True)


def _undo(call: Call, outside: Surroundings) -> Outcome:
    if _two_sided(call, outside):
        return blue_green.roll(colour_undo(call.parameters, call.namespace, _process()), outside, check=call.check)
    return _operate(call, undo_request(call.parameters, _selection(call)), outside)


def _two_sided(call: Call, outside: Surroundings) -> str:
    """The name of the application that the task is about, where blue/green rolls that out; else empty."""
    name = call.parameters.get("name")
    if not name or call.parameters.get("kind") not in (None, *TWO_SIDED):
        return ""
    _selection(call)  # It refuses what is no name.
    return name if promotions.is_blue_green(call.parameters.get("namespace") or call.namespace, name, outside) else ""


def _pause(call: Call, outside: Surroundings) -> Outcome:
    return _operate(call, pause_request(call.parameters, _selection(call), paused=True), outside)


def _resume(call: Call, outside: Surroundings) -> Outcome:
    return _operate(call, pause_request(call.parameters, _selection(call), paused=False), outside)


def _restart(call: Call, outside: Surroundings) -> Outcome:
    return _operate(call, restart_request(call.parameters, _selection(call), outside.cluster.now()), outside)


def _switch(call: Call, outside: Surroundings) -> Outcome:
    return switch(switch_request(call.parameters, call.namespace, _process()), outside, check=call.check)


def _colour(call: Call, outside: Surroundings) -> Outcome:
    request = colour_request(call.parameters, call.manifests, outside.cluster, call.namespace, _process())
    return blue_green.roll(request, outside, check=call.check)


def _version(call: Call, outside: Surroundings) -> Outcome:
    return version(config_request(call.parameters, call.namespace), outside, check=call.check)


def _promote(call: Call, outside: Surroundings) -> Outcome:
    return blue_green.roll(colour_operation("promote", call.parameters, call.namespace, _process()), outside, check=call.check)


def _abort(call: Call, outside: Surroundings) -> Outcome:
    if call.parameters["kind"] not in TWO_SIDED:
        return stateful.abort(abort_request(call.parameters, call.namespace), _ours(call), outside, check=call.check)
    check_repair(call.parameters, Selection((named_target(call.parameters, call.namespace),)))
    return blue_green.roll(colour_operation("abort", call.parameters, call.namespace, _process()), outside, check=call.check)


def _ours(call: Call) -> Ours:
    return ours_of(call.parameters, _process())


def _process() -> str:
    """What tells this very process from all others."""
    return f"{_user()}@{socket.gethostname()} {uuid.uuid4().hex[:8]}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # A container may run under a number without a name.
        return f"uid {os.getuid()}"


COMMANDS: Mapping[str, Callable[[Call, Surroundings], Outcome]] = {
    "rolling": _roll_out,
    "recreate": _recreate,
    "partition": _stateful,
    "on_delete": _stateful,
    "wait": _wait,
    "status_info": _status,
    "preflight_info": _preflight,
    "history_info": _history,
    "undo": _undo,
    "pause": _pause,
    "resume": _resume,
    "restart": _restart,
    "service_switch": _switch,
    "blue_green": _colour,
    "promote": _promote,
    "abort": _abort,
    "versioned_config": _version,
}
ALONE: Mapping[str, Callable[[Call], Outcome]] = {"preflight_info": _preflight_alone}
"""The modules that do without a cluster where the option `cluster` is false."""
