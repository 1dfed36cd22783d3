# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One gate by itself."""

from __future__ import annotations

import time
from collections.abc import Mapping

from ..._domain.base.objects import Ref
from ..._domain.base.ports import Progress
from ..._engine.gates.alone import Wanted, from_outside, with_cluster
from ..._engine.outside.surroundings import Surroundings
from ..._engine.tell.outcome import Outcome
from ..gates import gate_of
from ..manifests import check_name
from .call import Call, Command


def measure(call: Call, outside: Surroundings) -> Outcome:
    return with_cluster(_wanted(call), outside, check=call.check)


def measure_alone(call: Call, progress: Progress) -> Outcome:
    return from_outside(_wanted(call), clock=time.monotonic, progress=progress, check=call.check)


def _wanted(call: Call) -> Wanted:
    given = call.parameters
    namespace = check_name(given["namespace"], "namespace") if given["namespace"] else call.namespace
    name = check_name(given["workload"], "workload") if given["workload"] else ""
    return Wanted(gate_of(given), Ref(given["kind"], namespace, name))


COMMANDS: Mapping[str, Command] = {"gate": measure}
