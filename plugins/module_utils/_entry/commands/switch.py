# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Leading a Service to other pods."""

from __future__ import annotations

from collections.abc import Mapping

from ..._engine.outside.surroundings import Surroundings
from ..._engine.run.switch import switch
from ..._engine.tell.outcome import Outcome
from ..requests import switch_request
from .call import Call, Command, this_process


def lead_elsewhere(call: Call, outside: Surroundings) -> Outcome:
    return switch(switch_request(call.parameters, call.namespace, this_process()), outside, check=call.check)


COMMANDS: Mapping[str, Command] = {"service_switch": lead_elsewhere}
