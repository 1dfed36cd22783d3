# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One call of a module, and what all modules make of it."""

from __future__ import annotations

import getpass
import os
import socket
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from ..._domain.base.objects import JsonObject
from ..._domain.request import Ours, Selection
from ..._engine.outside.surroundings import Surroundings
from ..._engine.tell.outcome import Outcome
from ..arguments import ARGUMENTS
from ..requests import Parameters, ours_of, selection_of


@dataclass(frozen=True)
class Call:
    """One call of a module. `namespace` is where objects are that name none."""

    name: str
    parameters: Parameters
    manifests: tuple[JsonObject, ...]
    namespace: str
    check: bool


Command = Callable[[Call, Surroundings], Outcome]
"""What a module does, once its arguments are valid."""


def selection_in(call: Call) -> Selection:
    kinds = ARGUMENTS[call.name].spec["kind"]["choices"]
    return selection_of(call.parameters, call.namespace, kinds=kinds)


def ours_in(call: Call) -> Ours:
    return ours_of(call.parameters, this_process())


def this_process() -> str:
    """What tells this very process from all others."""
    return f"{_user()}@{socket.gethostname()} {uuid.uuid4().hex[:8]}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # A container may run under a number without a name.
        return f"uid {os.getuid()}"
