# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rollouts that may last over several tasks, beside what runs or inside it, and what goes on with them, or takes them back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..._domain.base.errors import InputError
from ..._domain.base.objects import Ref
from ..._domain.kinds import TWO_SIDED
from ..._domain.request import Selection
from ..._engine.outside.surroundings import Surroundings
from ..._engine.plan.pod_by_pod import ABORT
from ..._engine.read.on_its_way import on_its_way
from ..._engine.run import in_place, methods
from ..._engine.tell.outcome import Outcome
from ..arguments import ARGUMENTS
from ..canary_requests import canary_request
from ..colour_requests import canary_undo, colour_operation, colour_request, colour_undo
from ..manifests import check_name
from ..repair import check_repair
from ..requests import abort_request, named_target, undo_request
from ..split_requests import split_request
from .call import Call, Command, ours_in, selection_in, this_process
from .rolling import operate
from .two_sided import has_canary, two_sided

_ABORTED = ARGUMENTS["abort"].spec["kind"]["choices"]


def roll_out(call: Call, outside: Surroundings) -> Outcome:
    request = colour_request(call.parameters, call.manifests, outside.cluster, call.namespace, this_process())
    return methods.roll(request, outside, check=call.check)


def canary(call: Call, outside: Surroundings) -> Outcome:
    request = canary_request(call.parameters, call.manifests, outside.cluster, call.namespace, this_process())
    return methods.roll(request, outside, check=call.check)


def split(call: Call, outside: Surroundings) -> Outcome:
    return methods.roll(split_request(call.parameters, call.namespace, this_process()), outside, check=call.check)


def promote(call: Call, outside: Surroundings) -> Outcome:
    request = colour_operation("promote", call.parameters["application"], call.parameters, call.namespace, this_process())
    return methods.roll(request, outside, check=call.check)


def abort(call: Call, outside: Surroundings) -> Outcome:
    application = check_name(call.parameters["application"], "application")
    place = Ref(call.parameters["kind"] or "", check_name(call.parameters.get("namespace") or call.namespace, "namespace"), application)
    ref = place if place.kind else on_its_way(place.namespace, application, outside)
    target = named_target({"kind": ref.kind, "name": ref.name, "namespace": ref.namespace}, call.namespace)
    if ref.kind not in _ABORTED:
        raise InputError(f"{ref} cannot be given up by abort, which is for {' and '.join(f'{kind}s' for kind in _ABORTED)}; use undo.")
    if ref.kind not in TWO_SIDED:
        return in_place.operate(abort_request(call.parameters, target), ABORT, ours_in(call), outside, check=call.check)
    check_repair(call.parameters, Selection((target,)))
    request = colour_operation("abort", application, call.parameters, call.namespace, this_process())
    return methods.roll(request, outside, check=call.check)


def undo(call: Call, outside: Surroundings) -> Outcome:
    if not any(call.parameters.get(option) for option in ("name", "workloads", "label_selectors")):
        application, namespace = call.parameters["application"], call.parameters.get("namespace") or call.namespace
        ref = on_its_way(check_name(namespace, "namespace"), check_name(application, "application"), outside)
        kind = call.parameters.get("kind")
        named = {"name": application} if ref.kind in TWO_SIDED or kind else {"kind": ref.kind, "name": ref.name}
        call = replace(call, parameters={**call.parameters, **named})
    if has_canary(call, outside):
        return methods.roll(canary_undo(call.parameters, call.namespace, this_process()), outside, check=call.check)
    if two_sided(call, outside):
        return methods.roll(colour_undo(call.parameters, call.namespace, this_process()), outside, check=call.check)
    return operate(call, undo_request(call.parameters, selection_in(call)), outside)


COMMANDS: Mapping[str, Command] = {
    "blue_green": roll_out,
    "canary": canary,
    "traffic_split": split,
    "promote": promote,
    "abort": abort,
    "undo": undo,
}
