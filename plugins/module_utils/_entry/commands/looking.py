# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What only looks at workloads."""

from __future__ import annotations

from collections.abc import Mapping

from ..._engine.outside.surroundings import Surroundings
from ..._engine.read import look, promotions
from ..._engine.read.config_history import with_configuration
from ..._engine.tell.outcome import Outcome
from ..requests import history_request, watch_request
from .call import Call, Command, selection_in
from .two_sided import two_sided


def wait(call: Call, outside: Surroundings) -> Outcome:
    return look.wait(watch_request(call.parameters, selection_in(call)), outside)


def status(call: Call, outside: Surroundings) -> Outcome:
    return look.status(watch_request(call.parameters, selection_in(call)), outside)


def history(call: Call, outside: Surroundings) -> Outcome:
    application = two_sided(call, outside)
    if application:
        namespace = call.parameters.get("namespace") or call.namespace
        found = promotions.history(history_request(call.parameters, selection_in(call)), namespace, application, outside)
    else:
        found = look.history(history_request(call.parameters, selection_in(call)), outside)
    return with_configuration(found, outside.cluster)


COMMANDS: Mapping[str, Command] = {"wait": wait, "status_info": status, "history_info": history}
