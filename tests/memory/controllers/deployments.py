# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deployments: ReplicaSets that take over from one another."""

from __future__ import annotations

from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import DEPLOYMENT, POD, REPLICA_SET

from ..refusals import Refusal
from ..schema import Json
from ..store import Change
from .base import Controller, condition_of, conditions_with, controller_of, is_going, key_of, moment, share, template_hash
from .proportion import proportional

REVISION = "deployment.kubernetes.io/revision"
HISTORY = "deployment.kubernetes.io/revision-history"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MAXIMUM = "deployment.kubernetes.io/max-replicas"
_NOT_COPIED = ("kubectl.kubernetes.io/last-applied-configuration", REVISION, HISTORY, DESIRED, MAXIMUM)
HASH = "pod-template-hash"
_NO_DEADLINE = 2**31 - 1


class Deployments(Controller):
    """One step each time, as the real one: make the ReplicaSet, scale up, scale down, tell how far it is."""

    resource = DEPLOYMENT

    def touched(self, change: Change) -> Any:
        yield from super().touched(change)
        if change.resource == POD and change.type == "DELETED":  # Recreate waits for the last pod.
            owner = controller_of(change.new)
            found = self.store.get(REPLICA_SET, change.new["metadata"]["namespace"], owner["name"]) if owner else None
            above = controller_of(found) if found is not None else None
            if above is not None:
                yield change.new["metadata"]["namespace"], above["name"]

    def reconcile(self, obj: Json) -> None:
        sets = self.owned(REPLICA_SET, obj)
        if is_going(obj):
            return
        obj = self._note_pause(obj)
        new = new_set(obj, sets)
        if obj["spec"].get("paused") or self._is_scaled(obj, sets):
            obj, new, sets = self._synced(obj, sets, make=False)
            self._scale_all(obj, new, sets)
            sets = self.owned(REPLICA_SET, obj)
            if obj["spec"].get("paused"):
                self._clean(obj, sets)
            self._tell(obj, new_set(obj, sets), sets, judge=False)
            return
        roll = self._recreate if obj["spec"]["strategy"]["type"] == "Recreate" else self._roll
        obj = roll(obj, sets)
        sets = self.owned(REPLICA_SET, obj)
        self._tell(obj, new_set(obj, sets), sets, judge=True)

    # --- the two strategies ---------------------------------------------------------------------------------------------------

    def _roll(self, obj: Json, sets: list[Json]) -> Json:
        obj, new, sets = self._synced(obj, sets, make=True)
        if new is None:
            return obj
        old = [entry for entry in sets if entry is not new]
        wanted = self._room(obj, new, sets)
        if wanted != new["spec"]["replicas"]:
            self._scale(obj, new, wanted)
        elif not self._retire(obj, new, old):
            self._clean_if_complete(obj, sets)
        return obj

    def _recreate(self, obj: Json, sets: list[Json]) -> Json:
        obj, new, sets = self._synced(obj, sets, make=False)
        old = [entry for entry in sets if entry is not new]
        for entry in old:
            if entry["spec"]["replicas"]:
                self._scale(obj, entry, 0)
        pods = [pod for entry in old for pod in self.owned(POD, entry)]
        if any(pod["status"].get("phase") not in ("Succeeded", "Failed") for pod in pods):
            return obj
        if new is None:
            obj, new, sets = self._synced(obj, sets, make=True)
        if new is not None and new["spec"]["replicas"] != obj["spec"]["replicas"]:
            self._scale(obj, new, obj["spec"]["replicas"])
        else:
            self._clean_if_complete(obj, sets)
        return obj

    def _room(self, obj: Json, new: Json, sets: list[Json]) -> int:
        """How many replicas the new ReplicaSet shall have."""
        desired, now = obj["spec"]["replicas"], new["spec"]["replicas"] if new is not None else 0
        if now >= desired:
            return int(desired)
        if obj["spec"]["strategy"]["type"] == "Recreate":
            return int(desired)
        room = desired + surge(obj) - sum(entry["spec"]["replicas"] for entry in sets)
        return int(now + max(0, min(room, desired - now)))

    def _retire(self, obj: Json, new: Json, old: list[Json]) -> bool:
        """Scale old ReplicaSets down as far as others serve; first their pods that do not serve."""
        everything = sum(entry["spec"]["replicas"] for entry in (*old, new))
        least = obj["spec"]["replicas"] - unavailable(obj)
        lacking = new["spec"]["replicas"] - _count(new, "availableReplicas")
        spare = everything - least - lacking
        if spare <= 0 or not any(entry["spec"]["replicas"] for entry in old):
            return False
        changed = False
        by_age = sorted(old, key=lambda entry: (entry["metadata"]["creationTimestamp"], entry["metadata"]["name"]))
        left = {entry["metadata"]["name"]: entry["spec"]["replicas"] for entry in by_age}
        for entry in by_age:
            unhealthy = min(spare, left[entry["metadata"]["name"]] - _count(entry, "availableReplicas"))
            if unhealthy > 0:
                left[entry["metadata"]["name"]] -= unhealthy
                spare -= unhealthy
        surplus = sum(_count(entry, "availableReplicas") for entry in (*old, new)) - least
        for entry in by_age:
            less = max(0, min(surplus, left[entry["metadata"]["name"]]))
            left[entry["metadata"]["name"]] -= less
            surplus -= less
        for entry in by_age:
            if left[entry["metadata"]["name"]] != entry["spec"]["replicas"]:
                self._scale(obj, entry, left[entry["metadata"]["name"]])
                changed = True
        return changed

    # --- ReplicaSets ----------------------------------------------------------------------------------------------------------

    def _synced(self, obj: Json, sets: list[Json], *, make: bool) -> tuple[Json, Json, list[Json]]:
        """The Deployment, its new ReplicaSet with number and annotations as they should be, and all of them."""
        new = new_set(obj, sets)
        old = [entry for entry in sets if entry is not new]
        number = max((_number(entry) for entry in old), default=0) + 1
        if new is None:
            if not make:
                return obj, None, sets
            new = self._make(obj, sets, number)
            if new is None:
                return self.store.get(DEPLOYMENT, *key_of(obj)), None, sets
        else:
            annotations = _annotations(obj, new, number)
            spec = {**new["spec"]}
            if obj["spec"].get("minReadySeconds", 0) != spec.get("minReadySeconds", 0):
                spec["minReadySeconds"] = obj["spec"].get("minReadySeconds", 0)
            new = self.server.revise(REPLICA_SET, new, annotations=annotations, spec=spec)
        obj = self._numbered(obj, new)
        return obj, new, [*old, new]

    def _make(self, obj: Json, sets: list[Json], number: int) -> Json:
        own = template_hash(obj["spec"]["template"])
        template = obj["spec"]["template"]
        labels = {**(template["metadata"].get("labels") or {}), HASH: own}
        selector = obj["spec"]["selector"]
        spec = {
            "replicas": self._room(obj, None, sets),
            "selector": {**selector, "matchLabels": {**(selector.get("matchLabels") or {}), HASH: own}},
            "template": {**template, "metadata": {**template["metadata"], "labels": labels}},
        }
        if obj["spec"].get("minReadySeconds"):
            spec["minReadySeconds"] = obj["spec"]["minReadySeconds"]
        blank = {"metadata": {"annotations": {}}, "spec": spec}
        annotations = {**_annotations(obj, blank, number), **_sizes(obj)}
        name = f"{obj['metadata']['name']}-{own}"
        try:
            made = self.create(REPLICA_SET, {"metadata": {"name": name, "labels": labels, "annotations": annotations}, "spec": spec}, obj)
        except Refusal as refusal:
            if refusal.code == 409:  # It belonged to a Deployment of the same name, and will be gone.
                raise
            self._progress(obj, "False", "ReplicaSetCreateError", refusal.body["message"])
            self.again_after_failure(key_of(obj))
            return None
        self._progress(obj, "True", "NewReplicaSetCreated", f'Created new replica set "{name}"')
        return made

    def _numbered(self, obj: Json, new: Json) -> Json:
        """The Deployment with the number of its new ReplicaSet, and a condition where it has none."""
        obj = self.store.get(DEPLOYMENT, *key_of(obj))
        number = new["metadata"]["annotations"][REVISION]
        annotations = {**(obj["metadata"].get("annotations") or {}), REVISION: number}
        status = obj.get("status") or {}
        if condition_of(obj, "Progressing") is None and deadline(obj) is not None:
            found = f'Found new replica set "{new["metadata"]["name"]}"'
            status = {**status, "conditions": self._progressing(obj, "True", "FoundNewReplicaSet", found)}
        return self.server.revise(DEPLOYMENT, obj, annotations=annotations, status=status)

    def _scale(self, obj: Json, entry: Json, count: int) -> None:
        entry = self.store.get(REPLICA_SET, *key_of(entry))
        annotations = {**(entry["metadata"].get("annotations") or {}), **_sizes(obj)}
        self.server.revise(REPLICA_SET, entry, spec={**entry["spec"], "replicas": count}, annotations=annotations)

    def _is_scaled(self, obj: Json, sets: list[Json]) -> bool:
        """Whether somebody has given the Deployment another number of replicas since it was looked at."""
        active = [entry for entry in sets if entry["spec"]["replicas"]]
        desired = str(obj["spec"]["replicas"])
        return any(entry["metadata"]["annotations"].get(DESIRED, desired) != desired for entry in active)

    def _scale_all(self, obj: Json, new: Json, sets: list[Json]) -> None:
        """Bring a new number of replicas to the ReplicaSets, in proportion to their sizes where there are several."""
        desired = obj["spec"]["replicas"]
        active = [entry for entry in sets if entry["spec"]["replicas"]]
        if len(active) < 2:
            newest = max(sets, key=_number, default=None)
            one = (active or [new if new is not None else newest])[0]
            if one is not None and (one["spec"]["replicas"] != desired or _sizes(obj).items() - one["metadata"]["annotations"].items()):
                self._scale(obj, one, desired)
            return
        if new is not None and new["spec"]["replicas"] == desired == _count(new, "availableReplicas"):
            sizes = {entry["metadata"]["name"]: 0 for entry in active if entry is not new} | {new["metadata"]["name"]: desired}
        elif obj["spec"]["strategy"]["type"] == "RollingUpdate":
            sizes = proportional(active, desired, desired + surge(obj) if desired else 0, _count(obj, "replicas"))
        else:
            return
        for entry in active:
            self._scale(obj, entry, sizes[entry["metadata"]["name"]])

    def _clean_if_complete(self, obj: Json, sets: list[Json]) -> None:
        if is_complete(obj, obj.get("status") or {}):
            self._clean(obj, sets)

    def _clean(self, obj: Json, sets: list[Json]) -> None:
        """Delete old ReplicaSets that are more than the history keeps."""
        new = new_set(obj, sets)
        old = sorted((entry for entry in sets if entry is not new and not is_going(entry)), key=_number)
        for entry in old[: max(0, len(old) - obj["spec"].get("revisionHistoryLimit", 10))]:
            idle = not entry["spec"]["replicas"] and not _count(entry, "replicas")
            if idle and entry["metadata"]["generation"] <= _count(entry, "observedGeneration"):
                self.server.delete(REPLICA_SET, entry)

    # --- the status -----------------------------------------------------------------------------------------------------------

    def _note_pause(self, obj: Json) -> Json:
        """A pause stops the deadline; its condition says so."""
        found = condition_of(obj, "Progressing")
        reason = found["reason"] if found is not None else ""
        if deadline(obj) is None or reason == "ProgressDeadlineExceeded":
            return obj
        if obj["spec"].get("paused") and reason != "DeploymentPaused":
            return self._progress(obj, "Unknown", "DeploymentPaused", "Deployment is paused")
        if not obj["spec"].get("paused") and reason == "DeploymentPaused":
            return self._progress(obj, "Unknown", "DeploymentResumed", "Deployment is resumed")
        return obj

    def _progressing(self, obj: Json, status: str, reason: str, message: str) -> list[Json]:
        now = self.store.stamp()
        former = (obj.get("status") or {}).get("conditions") or ()
        return conditions_with(former, now, "Progressing", status, reason, message, lastUpdateTime=now)

    def _progress(self, obj: Json, status: str, reason: str, message: str) -> Json:
        obj = self.store.get(DEPLOYMENT, *key_of(obj))
        if deadline(obj) is None:
            return obj
        whole = {**(obj.get("status") or {}), "conditions": self._progressing(obj, status, reason, message)}
        return self.server.revise(DEPLOYMENT, obj, status=whole)

    def _tell(self, obj: Json, new: Json, sets: list[Json], *, judge: bool) -> None:
        """Write the counts, and whether it goes on."""
        obj = self.store.get(DEPLOYMENT, *key_of(obj))
        counts = _counts(obj, new, sets)
        conditions = self._judged(obj, new, counts) if judge else list((obj.get("status") or {}).get("conditions") or ())
        conditions = self._available(obj, counts, conditions)
        failure = next((found for entry in sets if (found := condition_of(entry, "ReplicaFailure")) is not None), None)
        conditions = [entry for entry in conditions if entry["type"] != "ReplicaFailure" or not judge]
        if failure is not None and judge:
            now = self.store.stamp()
            conditions = conditions_with(
                [*conditions, *filter(None, [condition_of(obj, "ReplicaFailure")])],
                now, "ReplicaFailure", "True", failure["reason"], failure["message"], lastUpdateTime=now,
            )  # fmt: skip
        self.server.revise(DEPLOYMENT, obj, status={**counts, "conditions": conditions} if conditions else counts)

    def _judged(self, obj: Json, new: Json, counts: dict[str, Any]) -> list[Json]:
        former = list((obj.get("status") or {}).get("conditions") or ())
        limit, found = deadline(obj), condition_of(obj, "Progressing")
        if limit is None:
            return [entry for entry in former if entry["type"] != "Progressing"]
        reason = found["reason"] if found is not None else ""
        name = new["metadata"]["name"] if new is not None else ""
        called = f'ReplicaSet "{name}"' if name else f'Deployment "{obj["metadata"]["name"]}"'
        was_complete = reason == "NewReplicaSetAvailable"
        if was_complete and (is_complete(obj, counts) or counts.get("replicas", 0) == counts.get("updatedReplicas", 0)):
            return former
        if is_complete(obj, counts):
            return self._progressing(obj, "True", "NewReplicaSetAvailable", f"{called} has successfully progressed.")
        if _goes_on(obj.get("status") or {}, counts):
            return self._progressing(obj, "True", "ReplicaSetUpdated", f"{called} is progressing.")
        if found is not None and not was_complete and reason != "ProgressDeadlineExceeded":
            left = limit - (self.clock.now() - moment(found["lastUpdateTime"])).total_seconds()
            if left < 0:
                return self._progressing(obj, "False", "ProgressDeadlineExceeded", f"{called} has timed out progressing.")
            self.look_at(key_of(obj), left + 1)
        return former

    def _available(self, obj: Json, counts: dict[str, Any], conditions: list[Json]) -> list[Json]:
        enough = counts.get("availableReplicas", 0) >= obj["spec"]["replicas"] - unavailable(obj)
        status, reason = ("True", "MinimumReplicasAvailable") if enough else ("False", "MinimumReplicasUnavailable")
        found = next((entry for entry in conditions if entry["type"] == "Available"), None)
        if found is not None and found["status"] == status and found["reason"] == reason:
            return conditions
        message = "Deployment has minimum availability." if enough else "Deployment does not have minimum availability."
        now = self.store.stamp()
        return conditions_with(conditions, now, "Available", status, reason, message, lastUpdateTime=now)


def surge(obj: Json) -> int:
    """How many pods there may be besides those that are wanted."""
    limits = obj["spec"]["strategy"].get("rollingUpdate")
    return share(limits["maxSurge"], obj["spec"]["replicas"], up=True) if limits else 0


def unavailable(obj: Json) -> int:
    """How many of the wanted pods may be missing."""
    limits, desired = obj["spec"]["strategy"].get("rollingUpdate"), obj["spec"]["replicas"]
    if not limits or not desired:
        return 0
    found = share(limits["maxUnavailable"], desired, up=False)
    if not found and not surge(obj):
        found = 1
    return int(min(found, desired))


def deadline(obj: Json) -> int | None:
    """In how many seconds it has to make progress."""
    found = obj["spec"].get("progressDeadlineSeconds")
    return None if found in (None, _NO_DEADLINE) else found


def new_set(obj: Json, sets: list[Json]) -> Json:
    """The ReplicaSet of the present template; the oldest where there are several."""
    wanted = obj["spec"]["template"]
    by_age = sorted(sets, key=lambda entry: (entry["metadata"]["creationTimestamp"], entry["metadata"]["name"]))
    return next((entry for entry in by_age if _without_hash(entry["spec"]["template"]) == _without_hash(wanted)), None)


def is_complete(obj: Json, counts: dict[str, Any]) -> bool:
    desired = obj["spec"]["replicas"]
    names = ("updatedReplicas", "replicas", "availableReplicas")
    return all(counts.get(name, 0) == desired for name in names) and counts.get("observedGeneration", 0) >= obj["metadata"]["generation"]


def _without_hash(template: Json) -> Json:
    metadata = template.get("metadata") or {}
    labels = {key: value for key, value in (metadata.get("labels") or {}).items() if key != HASH}
    return {**template, "metadata": {**metadata, "labels": labels}}


def _goes_on(before: dict[str, Any], now: dict[str, Any]) -> bool:
    def old(counts: dict[str, Any]) -> int:
        return int(counts.get("replicas", 0) - counts.get("updatedReplicas", 0))

    more = any(now.get(name, 0) > before.get(name, 0) for name in ("updatedReplicas", "readyReplicas", "availableReplicas"))
    return more or old(now) < old(before)


def _counts(obj: Json, new: Json, sets: list[Json]) -> dict[str, Any]:
    wanted = sum(entry["spec"]["replicas"] for entry in sets)
    totals = {name: sum(_count(entry, name) for entry in sets) for name in ("replicas", "readyReplicas", "availableReplicas")}
    counts = {
        **totals,
        "updatedReplicas": _count(new, "replicas") if new is not None else 0,
        "unavailableReplicas": max(0, wanted - totals["availableReplicas"]),
    }
    going = sum(_count(entry, "terminatingReplicas") for entry in sets)
    fixed = {"observedGeneration": obj["metadata"]["generation"], "terminatingReplicas": going}
    return {**{name: count for name, count in counts.items() if count}, **fixed}


def _count(obj: Json, name: str) -> int:
    return int((obj.get("status") or {}).get(name, 0))


def _number(entry: Json) -> int:
    return int((entry["metadata"].get("annotations") or {}).get(REVISION, 0))


def _sizes(obj: Json) -> dict[str, str]:
    desired = obj["spec"]["replicas"]
    return {DESIRED: str(desired), MAXIMUM: str(desired + surge(obj))}


def _annotations(obj: Json, entry: Json, number: int) -> dict[str, str]:
    """The ReplicaSet's annotations: those of the Deployment, and its number with the numbers it had."""
    there = dict(entry["metadata"].get("annotations") or {})
    copied = {key: value for key, value in (obj["metadata"].get("annotations") or {}).items() if key not in _NOT_COPIED}
    former = there.get(REVISION, "")
    found = {**there, **copied}
    if int(former or 0) < number:
        found[REVISION] = str(number)
        if former:
            past = [part for part in there.get(HISTORY, "").split(",") if part]
            found[HISTORY] = ",".join([*past, former])
    return found
