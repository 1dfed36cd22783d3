# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Job of a gate."""

from __future__ import annotations

import math

from .._domain.base.objects import JsonObject, JsonValue, Ref
from .._domain.gates.gate import JobRun
from .one_pod import job_of, literal

CONTAINER = "gate"
LABEL = "rollout.kubernetes/gate"
"""The Job's name, on its pod: so that no selector of an application finds it, and we do."""


def manifest(source: JobRun, *, namespace: str, name: str) -> JsonObject:
    """The Job of one measurement; see `job_of` for its end."""
    container: dict[str, JsonValue] = {
        "name": CONTAINER,
        "image": source.image,
        "env": [{"name": key, "value": literal(value)} for key, value in source.env.items()],
        "securityContext": {"allowPrivilegeEscalation": False},
        **({"command": list(map(literal, source.command))} if source.command else {}),
        **({"args": list(map(literal, source.args))} if source.args else {}),
    }
    # Whoever names a service account wants its rights; others get no token.
    spec: dict[str, JsonValue] = {"automountServiceAccountToken": bool(source.service_account)}
    return job_of(source, container, spec, Ref("Job", namespace, name), labels={LABEL: name}, seconds=math.ceil(source.seconds))
