# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Job of a gate: one pod, no second attempt, and an end by itself whatever becomes of the run."""

from __future__ import annotations

import math

from .._domain.base.objects import JsonObject, JsonValue
from .._domain.gates.gate import JobRun

CONTAINER = "gate"
LABEL = "rollout.kubernetes/gate"
"""The Job's name, on its pod: so that no selector of an application finds it, and we do."""
SECONDS_TO_LIVE = 60
"""How long a Job that has ended stays, if nobody deletes it."""


def manifest(source: JobRun, *, namespace: str, name: str) -> JsonObject:
    """The Job. Its pod is never ready, so that no Service leads to it whatever it selects."""
    labels = {LABEL: name}
    container: dict[str, JsonValue] = {
        "name": CONTAINER,
        "image": source.image,
        # $(NAME) would be replaced by the kubelet.
        "env": [{"name": key, "value": value.replace("$", "$$")} for key, value in source.env.items()],
        "securityContext": {"allowPrivilegeEscalation": False},
    }
    if source.command:
        container["command"] = [part.replace("$", "$$") for part in source.command]
    if source.args:
        container["args"] = [part.replace("$", "$$") for part in source.args]
    if source.image_pull_policy:
        container["imagePullPolicy"] = source.image_pull_policy
    spec: dict[str, JsonValue] = {
        "restartPolicy": "Never",
        "enableServiceLinks": False,
        "automountServiceAccountToken": bool(source.service_account),
        "readinessGates": [{"conditionType": "rollout.kubernetes/never"}],
        "containers": [container],
    }
    if source.service_account:
        spec["serviceAccountName"] = source.service_account
    if source.image_pull_secrets:
        spec["imagePullSecrets"] = [{"name": secret} for secret in source.image_pull_secrets]
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"namespace": namespace, "name": name, "labels": dict(labels)},
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": math.ceil(source.seconds),
            "ttlSecondsAfterFinished": SECONDS_TO_LIVE,
            "template": {"metadata": {"labels": dict(labels)}, "spec": spec},
        },
    }
