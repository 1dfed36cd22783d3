# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stopping all pods before new ones start."""

from __future__ import annotations

from collections.abc import Mapping

from ..._engine.outside.surroundings import Surroundings
from ..._engine.plan.outages import RECREATE
from ..._engine.run.in_place import roll_out
from ..._engine.tell.outcome import Outcome
from ..requests import rollout_request
from .call import Call, Command, ours_in


def stop_and_start(call: Call, outside: Surroundings) -> Outcome:
    request = rollout_request(call.name, call.parameters, call.manifests, outside.cluster, call.namespace)
    return roll_out(request, RECREATE, ours_in(call), outside, check=call.check)


COMMANDS: Mapping[str, Command] = {"recreate": stop_and_start}
