# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Lease of an application: who works on it now, and what must be remembered of it.

What is remembered stands in annotations, which outlive whoever wrote them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from .objects import JsonObject, JsonValue, mapping, number, replaced, text, without

DURATION = 15
"""Seconds after which a holder that does not renew counts as dead, by the waiter's own clock."""
_PREFIX = "rollout-"
_LABELS = {"app.kubernetes.io/managed-by": "rollout.kubernetes"}
OURS = ",".join(f"{key}={value}" for key, value in _LABELS.items())
"""The label selector that finds the Leases of all applications."""


@dataclass(frozen=True)
class Holding:
    """What a Lease says of its holder."""

    holder: str
    """Empty when it is free."""
    renewed: str
    """As the server's clock had it; it is only compared with itself."""
    since: str
    duration: int

    @classmethod
    def of(cls, lease: JsonObject | None) -> Holding:
        """From a Lease; a missing one is free."""
        spec = mapping(lease or {}, "spec")
        return cls(
            holder=text(spec, "holderIdentity"),
            renewed=text(spec, "renewTime"),
            since=text(spec, "acquireTime"),
            duration=number(spec, "leaseDurationSeconds", default=DURATION),
        )


def lease_name(application: str) -> str:
    """The name of an application's Lease."""
    return f"{_PREFIX}{application}"


def application_of(lease: JsonObject) -> str:
    """The application that a Lease is of."""
    return text(lease, "metadata", "name").removeprefix(_PREFIX)


def new_lease(namespace: str, application: str) -> dict[str, JsonValue]:
    """A Lease that nobody holds."""
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {
            "namespace": namespace,
            "name": lease_name(application),
            "labels": dict(_LABELS),
        },
        "spec": {},
    }


def taken(lease: JsonObject, holder: str, now: datetime) -> dict[str, JsonValue]:
    """The Lease held by `holder` from now on."""
    spec = mapping(lease, "spec")
    transitions = number(spec, "leaseTransitions") + (1 if spec else 0)
    moment = _spelled(now)
    return replaced(
        lease,
        ("spec",),
        {
            "holderIdentity": holder,
            "acquireTime": moment,
            "renewTime": moment,
            "leaseDurationSeconds": DURATION,
            "leaseTransitions": transitions,
        },
    )


def renewed(lease: JsonObject, now: datetime) -> dict[str, JsonValue]:
    """The Lease, with a sign of life of its holder."""
    return replaced(lease, ("spec", "renewTime"), _spelled(now))


def released(lease: JsonObject) -> dict[str, JsonValue]:
    """The Lease without a holder; what it remembers stays."""
    return without(lease, "spec", "holderIdentity")


def noted(lease: JsonObject, name: str, value: str) -> dict[str, JsonValue]:
    """The Lease with an annotation; an empty value takes it away."""
    return replaced(lease, ("metadata", "annotations", name), value) if value else without(lease, "metadata", "annotations", name)


def _spelled(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
