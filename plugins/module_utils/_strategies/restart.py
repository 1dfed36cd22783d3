# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restart: all pods are replaced by equal ones, once per key; as `kubectl rollout restart`, and where that does nothing or leaves a gap."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .._domain.base.errors import RefusedError
from .._domain.base.objects import JsonObject, JsonValue, items, mapping, replaced, text
from .._domain.ownership.borrowed import LIMITS_FIELD, SURGING
from .._domain.ownership.superseded import by_restart
from .._domain.request import Restart, Target
from .._domain.steps.edits import Chain, OwnStrategy
from .._domain.steps.goals import is_complete
from .._domain.steps.step import Edit, Replacement, Step
from .._domain.text.causes import restart_cause, signed
from .._domain.workloads.pace import has_host_ports
from .._domain.workloads.records import RestartRecord
from .._domain.workloads.replicas import Bounds, resolve
from .._domain.workloads.revisions import observed
from .._domain.workloads.workload import CHANGE_CAUSE, RESTARTED_AT, Pod, Snapshot, Workload

_TEMPLATE_MARK = ("spec", "template", "metadata", "annotations", RESTARTED_AT)


def steps(target: Target, snapshot: Snapshot, operation: Restart) -> tuple[Step, ...]:
    """`restart`, and `limits` where a single replica runs under other limits meanwhile. Raises `RefusedError` for a paused Deployment."""
    workload = snapshot.workload
    if workload is None:
        return ()
    record = RestartRecord.of(workload.annotations)
    repeated = bool(operation.key) and record.key == operation.key
    if workload.paused and not (repeated and is_complete(snapshot)):
        raise RefusedError(f"{target.ref} is paused, so a restart would replace no pod; resume it first.")
    if repeated:
        again = Edit(OwnStrategy(), single=True)
        unchanged = f"it was restarted for the key {operation.key} already"
        first = Step("restart", again, _done(record.at), _one_by_one(record.at), unchanged=unchanged, wants=by_restart)
        return (first, *_limits_back(record))
    # Those of a restart that broke off are still to be given back; under other limits the record has come back from the dead.
    kept = record.limits if dict(workload.limits) == dict(SURGING) else {}
    limits = kept or (_limits_in_the_way(workload) if operation.waited_for else {})
    record = RestartRecord(operation.key, operation.at, limits)
    write = Edit(Chain((OwnStrategy(), _Restarted(record, operation))), single=True, tells_cause=True)
    news = f"was restarted{f' for the key {operation.key}' if operation.key else ''}"
    first = Step("restart", write, _done(record.at), _one_by_one(record.at), intent="restarted", news=news, wants=by_restart)
    return (first, *_limits_back(record))


def warning(target: Target, snapshot: Snapshot, operation: Restart) -> str:
    """What the user must know: where a restart stops the only pod before there is another one. Empty otherwise."""
    workload = snapshot.workload
    if workload is None or workload.kind.lends != "limits" or workload.desired != 1:
        return ""
    if operation.key and RestartRecord.of(workload.annotations).key == operation.key:
        return ""
    if workload.update_type == "Recreate":
        return f"{target.ref} has one replica and the strategy Recreate: a restart stops its only pod before the new one starts."
    if _goes_first(workload) and not _limits_in_the_way(workload):
        why = _no_second(workload)
        return f"{target.ref} has one replica and {why}: a restart stops its only pod before the new one is ready." if why else ""
    if not operation.waited_for and _limits_in_the_way(workload):
        return f"The limits of {target.ref} let its only pod go before the new one is ready; with wait: true the restart has no gap."
    return ""


@dataclass(frozen=True)
class _Restarted:
    """Sets the restart's time in the template, its record, its change cause, and the limits of a single replica meanwhile."""

    record: RestartRecord
    operation: Restart

    def __call__(self, obj: JsonObject) -> JsonObject:
        record, cause = self.record, self.operation.cause
        why = cause.why or restart_cause(self.operation.key, text(obj, "metadata", "annotations", CHANGE_CAUSE))
        changed = replaced(record.into(obj), _TEMPLATE_MARK, record.at)
        changed = replaced(changed, ("metadata", "annotations", CHANGE_CAUSE), signed(why, cause.by))
        return replaced(changed, LIMITS_FIELD, dict(SURGING)) if record.limits else changed


@dataclass(frozen=True)
class _LimitsBack:
    """Gives a single replica its own limits back, unless somebody has set others meanwhile."""

    record: RestartRecord

    def __call__(self, obj: JsonObject) -> JsonObject:
        if dict(mapping(obj, *LIMITS_FIELD)) == dict(SURGING):
            obj = replaced(obj, LIMITS_FIELD, dict(self.record.limits))
        return RestartRecord(self.record.key, self.record.at).into(obj)


def _limits_in_the_way(workload: Workload) -> Mapping[str, JsonValue]:
    """The limits of a Deployment of one replica, if they let its only pod go before there is another, and allow for another beside it."""
    return dict(workload.limits) if _goes_first(workload) and not _no_second(workload) else {}


def _goes_first(workload: Workload) -> bool:
    """The only pod of a Deployment may go before there is another."""
    single = workload.kind.lends == "limits" and workload.desired == 1 and workload.update_type == "RollingUpdate"
    return single and _bounds(workload).unavailable > 0


def _no_second(workload: Workload) -> str:
    """Why no second pod is to be started beside the only one, as that would override what its owner has chosen, or wait for ever for a
    place; in words, empty where one may be."""
    if not _bounds(workload).surge:
        return "maxSurge 0"
    spec = mapping(workload.template, "spec")
    if has_host_ports(workload):
        return "a port of its node"
    if any("persistentVolumeClaim" in volume for volume in items(spec, "volumes")):
        return "a PersistentVolumeClaim"
    apart = items(spec, "affinity", "podAntiAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    return "a podAntiAffinity that demands a node of its own" if apart else ""


def _bounds(workload: Workload) -> Bounds:
    surge, unavailable = (value if isinstance(value, int | str) else None for value in map(workload.limits.get, SURGING))
    return resolve(workload.kind, 1, surge=surge, unavailable=unavailable)


def _limits_back(record: RestartRecord) -> tuple[Step, ...]:
    return (Step("limits", Edit(_LimitsBack(record), single=True), is_complete),) if record.limits else ()


# --- OnDelete -----------------------------------------------------------------------------------------------------------------


def _done(at: str) -> Callable[[Snapshot], bool]:
    replacement = _one_by_one(at)

    def done(snapshot: Snapshot) -> bool:
        workload = snapshot.workload
        if workload is None or workload.update_type != "OnDelete":
            return is_complete(snapshot)
        # Pods that carry the restart's time are restarted, also if somebody has brought another template since.
        return observed(workload) and not replacement.due(snapshot) and replacement.free(snapshot)

    return done


def _one_by_one(at: str) -> Replacement:
    """Where the controller replaces no pod by itself, we delete those that the restart has not reached, each when the one before is
    made up for: first what is not ready anyway, from the lowest ordinal up, as a StatefulSet makes none while one below is not ready;
    then as the controllers do, a StatefulSet's from the highest ordinal down."""

    def due(snapshot: Snapshot) -> tuple[Pod, ...]:
        workload = snapshot.workload
        if workload is None or workload.update_type != "OnDelete" or not observed(workload):
            return ()
        if text(workload.template, "metadata", "annotations", RESTARTED_AT) != at:
            return ()  # Another restart or template has come since: this one is over.
        left = (pod for pod in snapshot.pods if pod.restarted_at != at and not pod.terminating)
        return tuple(sorted(left, key=lambda pod: (pod.ready, -pod.ordinal if pod.ready else pod.ordinal, pod.node, pod.ref.name)))

    def free(snapshot: Snapshot) -> bool:
        workload = snapshot.workload
        if workload is None or any(pod.terminating for pod in snapshot.pods):
            return False
        waiting = due(snapshot)
        uids = {pod.uid for pod in waiting}
        if not all(pod.ready for pod in snapshot.pods if pod.uid not in uids):
            return False
        if waiting and not waiting[0].ready and workload.kind.keeps_ordinals:
            # Nothing is lost with it, and those above it may wait for it to be made.
            return {pod.ordinal for pod in snapshot.pods}.issuperset(range(workload.first_ordinal, waiting[0].ordinal))
        unready = sum(not pod.ready for pod in waiting)
        return len(snapshot.pods) >= workload.desired and workload.available >= workload.desired - unready

    return Replacement(due, free)
