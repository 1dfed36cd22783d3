# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with manifests, or with what runs, before anything is rolled out."""

from __future__ import annotations

from collections.abc import Mapping

from ..._engine.outside.surroundings import Surroundings
from ..._engine.read.preflight import preflight
from ..._engine.tell.outcome import Outcome
from ..preflight import live_is_meant, preflight_request, refuse_live
from .call import Call, Command, selection_in


def check(call: Call, outside: Surroundings) -> Outcome:
    selection = selection_in(call) if live_is_meant(call.parameters) else None
    return preflight(preflight_request(call.parameters, call.manifests, selection, call.namespace), outside)


def check_alone(call: Call) -> Outcome:
    refuse_live(call.parameters)
    return preflight(preflight_request(call.parameters, call.manifests, None, ""), None)


COMMANDS: Mapping[str, Command] = {"preflight_info": check}
