# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a Deployment is made to stand still in the middle of its own rolling update.

New pods count as available only after 68 years (`minReadySeconds`). They are ready, and serve, but the controller never goes on past them.
So it goes exactly as far as the bounds let it: `maxSurge + maxUnavailable` pods are new, and `replicas - maxUnavailable` old ones stay.
Seen on a live Kubernetes 1.36.3, and by reading pkg/controller/deployment/rolling.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..base.errors import InputError
from ..base.objects import JsonObject, JsonValue, at, mapping, replaced, text, without
from ..ownership.fields import FieldSet, named
from ..workloads.pace import limit_of
from ..workloads.replicas import resolve
from ..workloads.workload import HELD_SECONDS, Workload

_NO_DEADLINE = 2**31 - 1
"""How the API spells that there is no progress deadline: the wait itself judges the pods."""
FIELDS = ("minReadySeconds", "progressDeadlineSeconds", "strategy", "paused")
"""The fields of the spec that are other ones while it stands still."""
PARKED_FIELDS: FieldSet = {
    "f:spec": {
        "f:minReadySeconds": {},
        "f:progressDeadlineSeconds": {},
        "f:paused": {},
        "f:strategy": {"f:rollingUpdate": {".": {}, "f:maxSurge": {}, "f:maxUnavailable": {}}, "f:type": {}},
    }
}
"""The same as `managedFields` names them."""
_EXACT = 100
"""Up to so many replicas a percentage can say each number of pods."""


@dataclass(frozen=True)
class Bounds:
    """How many pods may be new besides those that are wanted, and how many of the wanted ones may be missing."""

    surge: int
    unavailable: int

    @property
    def new(self) -> int:
        """How many pods are new where a Deployment stands still within these bounds."""
        return self.surge + self.unavailable


@dataclass(frozen=True)
class Park:
    """Makes a Deployment of `total` replicas stand still within bounds.

    They are written as percentages where these say the numbers exactly: so a Deployment that somebody scales keeps the share.
    """

    bounds: Bounds
    total: int
    paused: bool = False

    def __call__(self, obj: JsonObject) -> JsonObject:
        """Return the object with all four fields."""
        found = replaced(obj, ("spec", "minReadySeconds"), HELD_SECONDS)
        found = replaced(found, ("spec", "progressDeadlineSeconds"), _NO_DEADLINE)
        found = replaced(found, ("spec", "strategy"), {"type": "RollingUpdate", "rollingUpdate": self.limits()})
        return replaced(found, ("spec", "paused"), True) if self.paused else without(found, "spec", "paused")

    def limits(self) -> dict[str, JsonValue]:
        """The bounds as manifests spell them: the controller rounds a surge up and what is unavailable down."""
        surge, unavailable, total = self.bounds.surge, self.bounds.unavailable, self.total
        if not 0 < total <= _EXACT:
            return {"maxSurge": surge, "maxUnavailable": unavailable}
        return {"maxSurge": f"{100 * surge // total}%", "maxUnavailable": f"{-(-100 * unavailable // total)}%"}


@dataclass(frozen=True)
class Unpark:
    """Sets the fields as they were, or as the definition has them; with a surge, the bounds that take no pod away before another serves."""

    fields: Mapping[str, JsonValue]
    surge: int | None = None

    def __call__(self, obj: JsonObject) -> JsonObject:
        """Return the object with these fields, and without those that are not among them."""
        found = obj
        for name in FIELDS:
            found = replaced(found, ("spec", name), self.fields[name]) if name in self.fields else without(found, "spec", name)
        if self.surge is None:
            return found
        return replaced(
            found, ("spec", "strategy"), {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": self.surge, "maxUnavailable": 0}}
        )


def fields_of(obj: JsonObject) -> dict[str, JsonValue]:
    """The four fields of an object's spec, as far as it has them."""
    spec = mapping(obj, "spec")
    return {name: spec[name] for name in FIELDS if name in spec}


def named_fields(manifest: JsonObject) -> FieldSet:
    """Which of the four fields a manifest names."""
    return named({"spec": fields_of(manifest)}, PARKED_FIELDS)


def bounds_of(workload: Workload) -> Bounds:
    """The bounds that a Deployment has now, in pods. Bounds that no server takes are none."""
    try:
        found = resolve(
            workload.kind, workload.desired, surge=limit_of(workload, "maxSurge"), unavailable=limit_of(workload, "maxUnavailable")
        )
    except InputError:
        return Bounds(0, 0)
    return Bounds(found.surge, found.unavailable)


def has_fields(workload: Workload, fields: Mapping[str, JsonValue]) -> bool:
    """Whether a Deployment has these fields, and is not paused."""
    update: JsonObject = {"spec": dict(fields)}
    wanted = at(update, "spec", "strategy", "rollingUpdate")
    seconds = at(update, "spec", "minReadySeconds") or 0
    deadline = workload.kind.deadline(mapping(update, "spec"))
    same = workload.min_ready_seconds == seconds and workload.progress_deadline_seconds == deadline and not workload.paused
    own = (text(update, "spec", "strategy", "type") or "RollingUpdate") == workload.update_type
    return same and own and (wanted is None or dict(workload.limits) == dict(mapping(wanted)))


def portion(workload: Workload, fields: Mapping[str, JsonValue]) -> int:
    """How many pods a promotion exchanges at a time: the Deployment's own maxSurge, at least 1."""
    limits = mapping({"spec": dict(fields)}, "spec", "strategy", "rollingUpdate")
    given = {name: value if isinstance(value := limits.get(name), int | str) else None for name in ("maxSurge", "maxUnavailable")}
    try:
        found = resolve(workload.kind, workload.desired, surge=given["maxSurge"], unavailable=given["maxUnavailable"])
    except InputError:
        return 1
    return max(1, found.surge)
