# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which ConfigMaps and Secrets something refers to, and which copies may therefore be removed.

A copy that is removed too early is an undo that ends in pods which cannot start. So whatever may bring pods to life counts: templates
of live workloads (a paused Deployment has no ReplicaSet of its newest one), of kept revisions, and pods themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta

from ..base.objects import JsonObject, items, mapping, moment, text
from .content import SECRET, Key
from .naming import base_of
from .references import references

YOUNGEST = timedelta(hours=1)
"""A copy is made before the template that refers to it: up to this age it may be about to be used."""

_TEMPLATES = (("spec", "template"), ("spec", "jobTemplate", "spec", "template"), ("data", "spec", "template"), ("template",))
_ENDED = ("Succeeded", "Failed")


def in_use(objects: Iterable[JsonObject]) -> set[Key]:
    """Kind and name of all that these objects of one namespace refer to, credentials included.

    Templates are looked for where Kubernetes' kinds have them, whatever the object is: ReplicaSets and ControllerRevisions (also those
    without pods: an undo may go back to them), Deployments, StatefulSets, DaemonSets, Jobs, CronJobs, and kinds of others that have a
    `spec.template`. Of pods all count that have not ended, terminating ones too. ServiceAccounts and Ingresses are read as well.
    """
    return {(kind, name) for obj in objects for kind, name in _used(obj) if name}


def removable(
    copies: Iterable[JsonObject],
    used: Collection[Key],
    now: datetime,
    *,
    kind: str,
    base: str,
    keep: int,
    younger_than: timedelta = YOUNGEST,
) -> tuple[JsonObject, ...]:
    """The copies of this base that may be removed, oldest first.

    A copy stays while it is used, while it is younger than that (or the cluster does not say how old it is), and if it is one of the
    newest `keep` of the rest. What we have not labelled as a copy of the base stays, and so does what has the name of the base itself.
    `now` is a time with a time zone.
    """
    idle: list[tuple[datetime, str, JsonObject]] = []
    for copy in copies:
        name, made = text(copy, "metadata", "name"), moment(copy, "metadata", "creationTimestamp")
        ours = text(copy, "kind") == kind and base_of(copy) == base and name != base
        leaving = bool(text(copy, "metadata", "deletionTimestamp"))
        if ours and not leaving and (kind, name) not in used and made is not None and now - made >= younger_than:
            idle.append((made, name, copy))
    idle.sort(key=lambda entry: entry[:2])
    return tuple(copy for _made, _name, copy in idle[: max(0, len(idle) - keep)])


def _used(obj: JsonObject) -> Iterator[Key]:
    kind = text(obj, "kind")
    if kind == "ServiceAccount":
        for field in ("secrets", "imagePullSecrets"):
            yield from ((SECRET, text(entry, "name")) for entry in items(obj, field))
    elif kind == "Ingress":
        yield from ((SECRET, text(entry, "secretName")) for entry in items(obj, "spec", "tls"))
    elif kind != "Pod" or text(obj, "status", "phase") not in _ENDED:
        # A pod has the shape of its template.
        for template in (obj, *(mapping(obj, *path) for path in _TEMPLATES)):
            yield from (found.key for found in references(template))
