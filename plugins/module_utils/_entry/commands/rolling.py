# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rolling out in place, and the operations on one workload."""

from __future__ import annotations

from collections.abc import Mapping

from ..._domain.request import OperationRequest
from ..._engine.outside.surroundings import Surroundings
from ..._engine.plan.foresight import ROLLING
from ..._engine.plan.in_place import OPERATION
from ..._engine.run import in_place
from ..._engine.tell.outcome import Outcome
from ..requests import pause_request, restart_request, rollout_request
from .call import Call, Command, ours_in, selection_in


def roll_out(call: Call, outside: Surroundings) -> Outcome:
    request = rollout_request(call.name, call.parameters, call.manifests, outside.cluster, call.namespace)
    return in_place.roll_out(request, ROLLING, ours_in(call), outside, check=call.check)


def operate(call: Call, request: OperationRequest, outside: Surroundings) -> Outcome:
    return in_place.operate(request, OPERATION, ours_in(call), outside, check=call.check)


def pause(call: Call, outside: Surroundings) -> Outcome:
    return operate(call, pause_request(call.parameters, selection_in(call), paused=True), outside)


def resume(call: Call, outside: Surroundings) -> Outcome:
    return operate(call, pause_request(call.parameters, selection_in(call), paused=False), outside)


def restart(call: Call, outside: Surroundings) -> Outcome:
    return operate(call, restart_request(call.parameters, selection_in(call), outside.cluster.now()), outside)


COMMANDS: Mapping[str, Command] = {"rolling": roll_out, "pause": pause, "resume": resume, "restart": restart}
