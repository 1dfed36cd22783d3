# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Lease of an application: who works on it now, on which objects, and what must be remembered of it.

What is remembered stands in annotations, which outlive whoever wrote them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from ..base.objects import JsonObject, JsonValue, Ref, mapping, number, ref_of, replaced, text, texts, without
from ..base.resources import SERVICE
from ..kinds import KINDS

DURATION = 15
"""Seconds after which a holder that does not renew counts as dead, by the waiter's own clock."""
_PREFIX = "rollout-"
_BARE = frozenset({SERVICE.kind, *(kind.name for kind in KINDS if kind.has_bare_lease)})
_LABELS = {"app.kubernetes.io/managed-by": "rollout.kubernetes"}
OURS = ",".join(f"{key}={value}" for key, value in _LABELS.items())
"""The label selector that finds the Leases of all applications."""
OBJECTS = "rollout.kubernetes/objects"
"""The annotation with the objects that the holder works on, or has worked on last: `Deployment/web Service/web`. 0.1.0 writes none."""
TAKEN_AT = "rollout.kubernetes/taken-at"
"""The annotation with the resourceVersion of the write by which the holder took the Lease; its later writes add it."""
STEP = "rollout.kubernetes/step"
"""The annotation with the step that the holder is at."""


@dataclass(frozen=True)
class Holding:
    """What a Lease says of its holder."""

    holder: str
    """Empty when it is free."""
    renewed: str
    """As the server's clock had it; it is only compared with itself."""
    since: str
    duration: int
    step: str = ""
    """The step that the holder has told of last."""

    @classmethod
    def of(cls, lease: JsonObject | None) -> Holding:
        """From a Lease; a missing one is free."""
        spec = mapping(lease or {}, "spec")
        return cls(
            holder=text(spec, "holderIdentity"),
            renewed=text(spec, "renewTime"),
            since=text(spec, "acquireTime"),
            duration=number(spec, "leaseDurationSeconds", default=DURATION),
            step=texts(lease or {}, "metadata", "annotations").get(STEP, ""),
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


def user_of(holder: str) -> str:
    """Who a holder is, without what tells this very process from others."""
    return holder.rpartition(" ")[0] or holder


def is_ours(lease: JsonObject) -> bool:
    """It has the label by which the Leases of all applications are found."""
    return texts(lease, "metadata", "labels").items() >= _LABELS.items()


def default_application(ref: Ref) -> str:
    """What an application is called that has no name of its own, by its first workload or Service: kind and name.

    The kind is left out of a Deployment's and a Service's, whose Leases 0.1.0 has named so.
    """
    return ref.name if ref.kind in _BARE else f"{ref.kind.lower()}-{ref.name}"


def taken(lease: JsonObject, holder: str, now: datetime, objects: Iterable[Ref] = ()) -> dict[str, JsonValue]:
    """The Lease held by `holder` from now on, for its work on `objects`."""
    spec = mapping(lease, "spec")
    transitions = number(spec, "leaseTransitions") + (1 if spec else 0)
    moment = _spelled(now)
    held = replaced(
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
    held = replaced(held, ("metadata", "labels"), {**mapping(lease, "metadata", "labels"), **_LABELS})
    names = " ".join(sorted({ref.short for ref in objects}))
    return noted(noted(noted(held, OBJECTS, names), TAKEN_AT, ""), STEP, "")


def renewed(lease: JsonObject, now: datetime) -> dict[str, JsonValue]:
    """The Lease, with a sign of life of its holder."""
    return replaced(lease, ("spec", "renewTime"), _spelled(now))


def released(lease: JsonObject) -> dict[str, JsonValue]:
    """The Lease without a holder; what it remembers stays."""
    return noted(noted(without(lease, "spec", "holderIdentity"), TAKEN_AT, ""), STEP, "")


def version_taken(lease: JsonObject) -> int | None:
    """The resourceVersion of the write by which a Lease was taken, which tells who of two was first; None where that is no number."""
    found = texts(lease, "metadata", "annotations").get(TAKEN_AT) or text(lease, "metadata", "resourceVersion")
    return int(found) if found.isdecimal() else None


def object_of(lease: JsonObject, refs: Collection[Ref]) -> Ref | None:
    """Return the first of these objects that the holder of a Lease works on, or has worked on last; None where it is about none of them.

    A holder that does not say on what (0.1.0) works on what has the application's name.
    """
    objects = texts(lease, "metadata", "annotations").get(OBJECTS, "").split()
    theirs = (lambda ref: ref.short in objects) if objects else (lambda ref: ref.name == application_of(lease))
    namespace = text(lease, "metadata", "namespace")
    return next((ref for ref in sorted(refs) if ref.namespace == namespace and theirs(ref)), None)


def held_sentence(lease: JsonObject, what: Ref | str) -> str:
    """Who works on `what`, since when and at which step, and how to go on: for a task that finds a Lease held."""
    holding = Holding.of(lease)
    step = f", at the step {holding.step}" if holding.step else ""
    return (
        f"{what} is being changed by {holding.holder} since {holding.since}{step} ({ref_of({**lease, 'kind': 'Lease'})}); wait until that "
        "is done and run the task again, or let it wait by itself (lock_timeout)."
    )


def overtaken_sentence(what: Ref) -> str:
    """That others have been faster each time, and how to go on."""
    return f"{what} is changed by others all the time; look at who does that and run the task again."


def noted(lease: JsonObject, name: str, value: str) -> dict[str, JsonValue]:
    """The Lease with an annotation; an empty value takes it away."""
    return replaced(lease, ("metadata", "annotations", name), value) if value else without(lease, "metadata", "annotations", name)


def _spelled(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
