# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rolling out in place, and the operations on one workload."""

from __future__ import annotations

from collections.abc import Mapping

from ..._domain.request import OperationRequest, Undo
from ..._engine.outside.surroundings import Surroundings
from ..._engine.plan.admission import demand_admission
from ..._engine.plan.approval import refuse_other
from ..._engine.plan.foresight import with_current_pods
from ..._engine.plan.plan import make_plan, plan_operation, preview
from ..._engine.plan.stepping import refuse_on_their_way
from ..._engine.run.alone import carry_out_alone
from ..._engine.tell.outcome import Outcome
from ..requests import pause_request, restart_request, rollout_request
from .call import Call, Command, ours_in, selection_in


def roll_out(call: Call, outside: Surroundings) -> Outcome:
    ours = ours_in(call)
    request = rollout_request(call.name, call.parameters, call.manifests, outside.cluster, call.namespace)
    plan = with_current_pods(make_plan(request, outside), outside, check=call.check)
    refuse_other(plan, request, outside)
    refuse_on_their_way(plan, outside)
    demand_admission(plan, outside.cluster)
    return preview(plan) if call.check else carry_out_alone(plan, ours, outside, optional=True)


def operate(call: Call, request: OperationRequest, outside: Surroundings) -> Outcome:
    ours = ours_in(call)
    plan = plan_operation(request, outside)
    refuse_other(plan, request, outside)
    if not isinstance(request.operation, Undo):  # It gives up what is on its way.
        refuse_on_their_way(plan, outside)
    demand_admission(plan, outside.cluster)
    return preview(plan) if call.check else carry_out_alone(plan, ours, outside, optional=True)


def pause(call: Call, outside: Surroundings) -> Outcome:
    return operate(call, pause_request(call.parameters, selection_in(call), paused=True), outside)


def resume(call: Call, outside: Surroundings) -> Outcome:
    return operate(call, pause_request(call.parameters, selection_in(call), paused=False), outside)


def restart(call: Call, outside: Surroundings) -> Outcome:
    return operate(call, restart_request(call.parameters, selection_in(call), outside.cluster.now()), outside)


COMMANDS: Mapping[str, Command] = {"rolling": roll_out, "pause": pause, "resume": resume, "restart": restart}
