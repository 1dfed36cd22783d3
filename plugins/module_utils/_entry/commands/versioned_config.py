# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeping configuration in versions."""

from __future__ import annotations

from collections.abc import Mapping

from ..._engine.outside.surroundings import Surroundings
from ..._engine.run.versions import version
from ..._engine.tell.outcome import Outcome
from ..requests import config_request
from .call import Call, Command


def keep_version(call: Call, outside: Surroundings) -> Outcome:
    return version(config_request(call.parameters, call.namespace), outside, check=call.check)


COMMANDS: Mapping[str, Command] = {"versioned_config": keep_version}
