# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What controllers have in common: they act a moment after something has changed, on what there is then."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from math import ceil, floor
from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import KNOWN, POD, Resource

from ..evictions import is_ready
from ..refusals import Refusal
from ..schema import Json
from ..server import Server
from ..store import Change

EVENT = KNOWN["v1", "Event"]
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
Key = tuple[str, str]


class Controller:
    """One kind's. `touched` names the objects that a change concerns; each is reconciled a moment later, once for many changes."""

    resource: Resource
    pace = (0.005, 0.03)
    """Within how many seconds it acts."""

    def __init__(self, server: Server) -> None:
        self.server, self.store, self.clock = server, server.store, server.clock
        self._soon: dict[Key, float] = {}
        self.failures: dict[Key, int] = {}
        self.stopped = False
        """It sees and does nothing, as one that is down or far behind."""
        server.store.listeners.append(self._notice)

    def touched(self, change: Change) -> Iterable[Key]:
        """Namespace and name of what is to be looked at."""
        if change.resource == self.resource:
            yield key_of(change.new)
        for obj in (change.new, change.old):
            owner = controller_of(obj) if obj is not None else None
            if owner is not None and owner["kind"] == self.resource.kind:
                yield obj["metadata"].get("namespace", ""), owner["name"]

    def reconcile(self, obj: Json) -> None:
        """Bring about what the object asks for, one step."""
        raise NotImplementedError

    def look_at(self, key: Key, seconds: float | None = None) -> None:
        """Reconcile an object soon, or in so many seconds."""
        delay = self.clock.random.uniform(*self.pace) if seconds is None else seconds
        due = self.clock.seconds + delay
        if key in self._soon and self._soon[key] <= due:
            return
        self._soon[key] = due
        self.clock.after(delay, lambda: self._come(key, due))

    def again_after_failure(self, key: Key) -> None:
        """Reconcile again later, and later each time."""
        self.failures[key] = self.failures.get(key, 0) + 1
        self.look_at(key, min(0.25 * 2 ** self.failures[key], 60.0))

    def create(self, resource: Resource, obj: Json, owner: Json) -> Json:
        """Make an object that belongs to `owner`."""
        reference = {
            "apiVersion": owner["apiVersion"],
            "kind": owner["kind"],
            "name": owner["metadata"]["name"],
            "uid": owner["metadata"]["uid"],
            "controller": True,
            "blockOwnerDeletion": True,
        }
        metadata = {**obj["metadata"], "namespace": owner["metadata"]["namespace"], "ownerReferences": [reference]}
        return self.server.create(resource, {**obj, "metadata": metadata})

    def create_pod(self, owner: Json, template: Json, name: str, *, labels: Json, generate: bool, **spec: Json) -> Json:
        """A pod after a template; the refusal is also an Event of the owner."""
        marks = template.get("metadata") or {}
        metadata: dict[str, Any] = {"generateName" if generate else "name": name, "labels": {**(marks.get("labels") or {}), **labels}}
        if marks.get("annotations"):
            metadata["annotations"] = marks["annotations"]
        body = {"metadata": metadata, "spec": {**template["spec"], **spec}, "status": {"phase": "Pending"}}
        try:
            return self.create(POD, body, owner)
        except Refusal as refusal:
            self.tell(owner, "FailedCreate", f"Error creating: {refusal.body['message']}")
            raise

    def tell(self, about: Json, reason: str, message: str, kind: str = "Warning") -> None:
        """An Event."""
        namespace, name = key_of(about)
        involved = {
            "kind": about["kind"],
            "namespace": namespace,
            "name": name,
            "uid": about["metadata"]["uid"],
            "apiVersion": about["apiVersion"],
            "resourceVersion": about["metadata"]["resourceVersion"],
        }
        body = {"involvedObject": involved, "reason": reason, "message": message, "type": kind, "count": 1}
        self.server.create(EVENT, {"metadata": {"generateName": f"{name}.", "namespace": namespace}, **body})

    def owned(self, resource: Resource, owner: Json) -> list[Json]:
        """What an object controls."""
        uid = owner["metadata"]["uid"]
        found = self.store.all(resource, owner["metadata"]["namespace"])
        return [obj for obj in found if (reference := controller_of(obj)) is not None and reference["uid"] == uid]

    def _notice(self, change: Change) -> None:
        if not self.stopped:
            for key in self.touched(change):
                self.look_at(key)

    def _come(self, key: Key, due: float) -> None:
        if self._soon.get(key) != due:
            return  # It was looked at earlier, or will be.
        del self._soon[key]
        obj = self.store.get(self.resource, *key)
        if obj is not None and not self.stopped:
            try:
                self.reconcile(obj)
            except Refusal:  # Such as a name that is still taken by what belonged to an object of the same name.
                self.again_after_failure(key)


def key_of(obj: Json) -> Key:
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def controller_of(obj: Json) -> Json:
    """The reference to the object that controls this one."""
    return next((entry for entry in obj["metadata"].get("ownerReferences") or () if entry.get("controller")), None)


def is_going(obj: Json) -> bool:
    return bool(obj["metadata"].get("deletionTimestamp"))


def is_active(pod: Json) -> bool:
    """Neither ended nor on its way out."""
    return not is_going(pod) and (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def ready_since(pod: Json) -> datetime | None:
    """When the pod became ready; None while it is not."""
    if not is_ready(pod):
        return None
    return next(moment(entry["lastTransitionTime"]) for entry in pod["status"]["conditions"] if entry["type"] == "Ready")


def available_in(pod: Json, seconds: int, now: datetime) -> float | None:
    """Seconds until the pod has been ready for so long; 0 when it has, None while it is not ready."""
    since = ready_since(pod)
    if since is None:
        return None
    return max(0.0, (since + timedelta(seconds=seconds) - now).total_seconds()) if seconds else 0.0


def share(value: Json, total: int, *, up: bool) -> int:
    """A number, or a percentage of the total."""
    if isinstance(value, str) and value.endswith("%"):
        part = int(value[:-1]) * total / 100
        return ceil(part) if up else floor(part)
    return int(value or 0)


def template_hash(template: Json) -> str:
    """A short word for a pod template."""
    number = int(hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest(), 16)
    return "".join(_LETTERS[number // 27**place % 27] for place in range(9))


def conditions_with(conditions: Iterable[Json], now: str, kind: str, status: str, reason: str, message: str, **more: Json) -> list[Json]:
    """The conditions with this one set; when it changed is kept while its status is the same."""
    former = next((entry for entry in conditions if entry["type"] == kind), None)
    since = former["lastTransitionTime"] if former is not None and former["status"] == status else now
    new = {"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": since, **more}
    return [*(entry for entry in conditions if entry["type"] != kind), new]


def condition_of(obj: Json, kind: str) -> Json:
    return next((entry for entry in (obj.get("status") or {}).get("conditions") or () if entry["type"] == kind), None)


def in_order(objects: Iterable[Json], *keys: Callable[[Json], Any]) -> Iterator[Json]:
    return iter(sorted(objects, key=lambda obj: tuple(key(obj) for key in keys)))
