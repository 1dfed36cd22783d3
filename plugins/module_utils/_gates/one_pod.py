# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Job of one pod, as gates and measurements run it in the cluster."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Protocol

from .._domain.base.objects import JsonObject, JsonValue, Ref

SECONDS_TO_LIVE = 60
"""How long a Job that has ended stays, if nobody deletes it."""


class Runs(Protocol):
    """What a user says of the pod of a Job; empty texts leave Kubernetes' own."""

    @property
    def service_account(self) -> str:
        """The service account."""

    @property
    def image_pull_policy(self) -> str:
        """When the image is pulled."""

    @property
    def image_pull_secrets(self) -> tuple[str, ...]:
        """Secrets for the image's registry."""


def job_of(
    pod: Runs, container: Mapping[str, JsonValue], spec: Mapping[str, JsonValue], ref: Ref, *, labels: Mapping[str, JsonValue], seconds: int
) -> JsonObject:
    """A Job of one pod without a second attempt. After `seconds` the cluster ends it, whoever has forgotten it, and removes it soon after.

    Its pod is never ready, as nobody ever says yes to its readiness gate: so no Service leads to it, whatever that selects.
    """
    policy = {"imagePullPolicy": pod.image_pull_policy} if pod.image_pull_policy else {}
    account = {"serviceAccountName": pod.service_account} if pod.service_account else {}
    secrets = {"imagePullSecrets": [{"name": secret} for secret in pod.image_pull_secrets]} if pod.image_pull_secrets else {}
    template = {
        "restartPolicy": "Never",
        "enableServiceLinks": False,
        "readinessGates": [{"conditionType": "rollout.kubernetes/never"}],
        **spec,
        "containers": [{**container, **policy}],
        **account,
        **secrets,
    }
    made = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"namespace": ref.namespace, "name": ref.name, "labels": labels},
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": seconds,
            "ttlSecondsAfterFinished": SECONDS_TO_LIVE,
            "template": {"metadata": {"labels": labels}, "spec": template},
        },
    }
    copied: JsonObject = json.loads(json.dumps(made))
    return copied


def literal(text: str) -> str:
    """A text of a container as it stands: `$(NAME)` would be replaced by the kubelet."""
    return text.replace("$", "$$")
