# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the cluster takes the pods of a new template, asked before the old ones stop: the pod to ask with, and what its answer means."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..base.objects import JsonObject, JsonValue, Ref, items, mapping, replaced, text
from ..kinds import workload_of
from ..workloads.diagnosis import creation_remedy

_USERS_OWN = re.compile("denied the request|validatingadmissionpolicy|denied request", re.IGNORECASE)
"""Webhooks and policies may look at who asks: what they refuse us they may allow the controllers."""
_OF_THE_TRIAL = re.compile('^pods "[^"]*" is forbidden: ')
_QUOTA = re.compile(r"requested: (?P<requested>\S+), used: \S+, limited: (?P<limited>\S+)")
_HOPELESS = re.compile(
    "failed quota|violates podsecurity|security context constraint|error looking up service account|no priorityclass|runtimeclass|"
    "usage per|limit to request ratio|failed calling webhook",
    re.IGNORECASE,
)
_DECIMAL = {"": 1.0, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
_UNITS = _DECIMAL | {f"{letter}i": 1024.0**power for power, letter in enumerate("KMGTPE", start=1)}
_DECIDES = (
    *("ServiceAccount", "PriorityClass", "ResourceQuota", "LimitRange", "Namespace", "RuntimeClass", "ValidatingAdmissionPolicy"),
    *("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "ValidatingAdmissionPolicyBinding"),
)


def may_lose_pods(before: JsonObject, after: JsonObject) -> bool:
    """A pod that serves may stop before its successor is there, so that pods which are refused leave a gap."""
    workload = workload_of(after)
    return workload_of(before).desired > 0 and workload.desired > 0 and not workload.paused and workload.kind.goes_first(workload)


def decides(kinds: Iterable[str]) -> bool:
    """Objects of these kinds decide about pods as well: what the cluster says before they are written may not hold after."""
    return any(kind in _DECIDES for kind in kinds)


def trial_pod(workload: JsonObject) -> JsonObject:
    """A pod as the workload's controller would make it. Volumes of a StatefulSet's claims are named as they are for its first pod."""
    name, template = text(workload, "metadata", "name"), mapping(workload, "spec", "template")
    claims = [text(claim, "metadata", "name") for claim in items(workload, "spec", "volumeClaimTemplates")]
    metadata = {**mapping(template, "metadata"), "generateName": f"{name}-", "namespace": text(workload, "metadata", "namespace")}
    pod: JsonObject = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": mapping(template, "spec")}
    if not claims:
        return pod
    made: list[JsonValue] = [{"name": claim, "persistentVolumeClaim": {"claimName": f"{claim}-{name}-0"}} for claim in claims]
    kept = [volume for volume in items(pod, "spec", "volumes") if text(volume, "name") not in claims]
    return replaced(pod, ("spec", "volumes"), [*kept, *made])


def is_hopeless(said: str) -> bool:
    """The server's refusal of a trial holds for the controllers, and also once the old pods are gone."""
    quota = _QUOTA.search(said)
    if quota is not None:
        requested, limited = (_amounts(quota[name]) for name in ("requested", "limited"))
        return any(value > limited.get(name, value) for name, value in requested.items())
    return _HOPELESS.search(said) is not None


def is_a_users(said: str) -> bool:
    """The refusal may be for the user who asks."""
    return _USERS_OWN.search(said) is not None


def refusal(ref: Ref, said: str) -> str:
    """That a rollout would end without pods."""
    why = _OF_THE_TRIAL.sub("", said).rstrip(".")
    return (
        f"The cluster would refuse the pods of the new template of {ref}, once old ones are stopped: {why}; {creation_remedy(said)}. "
        "Nothing was written."
    )


def _amounts(listed: str) -> dict[str, float]:
    found = {}
    for entry in listed.split(","):
        name, _equals, value = entry.rpartition("=")
        number = re.fullmatch(r"([0-9.]+)([a-zA-Z]*)", value)
        if number is not None and number[2] in _UNITS:
            found[name] = float(number[1]) * _UNITS[number[2]]
    return found
