# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rolling out pod by pod, in the order that the user wants."""

from __future__ import annotations

from collections.abc import Mapping

from ..._engine.outside.surroundings import Surroundings
from ..._engine.plan.pod_by_pod import POD_BY_POD
from ..._engine.run.in_place import roll_out
from ..._engine.tell.outcome import Outcome
from ..requests import rollout_request
from .call import Call, Command, ours_in


def pod_by_pod(call: Call, outside: Surroundings) -> Outcome:
    request = rollout_request(call.name, call.parameters, call.manifests, outside.cluster, call.namespace)
    return roll_out(request, POD_BY_POD, ours_in(call), outside, check=call.check)


COMMANDS: Mapping[str, Command] = {"partition": pod_by_pod, "on_delete": pod_by_pod}
