# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recreate: the old pods are gone before the first new one starts.

One write brings the template and the strategy Recreate together, so that there is no instant at which a killed task leaves the
application scaled to nothing: the cluster's own controller goes on. Two steps are seen from it: `stop` and `start`.

That controller overlooks two sorts of pods (seen on a real one): those whose ReplicaSet is gone (revisionHistoryLimit 0), and those of
the very ReplicaSet that is to be scaled up again, while they still stop. Both are waited for before the write.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from .._domain.base.objects import JsonObject, mapping, replaced, text
from .._domain.request import Limits, ShortChange, Target
from .._domain.steps.edits import Chain
from .._domain.steps.goals import is_complete
from .._domain.steps.step import Apply, Edit, Step
from .._domain.workloads.revisions import candidate_of, observed
from .._domain.workloads.workload import Pod, Snapshot, Workload
from .rolling import NewTemplate, wants_of, with_limits

_STRATEGY = ("spec", "strategy")


def steps(target: Target, limits: Limits) -> tuple[Step, ...]:
    """`stop`: all is written, done when no old pod is left; `start`: only waited for, done when the rollout is complete.

    Raises `InputError` where the manifest cannot take the limits.
    """
    if target.manifest is not None:
        stop = _stop(target, Apply(_Recreated()(with_limits(target, limits, target.manifest))))
        return (replace(stop, notes=_overridden(target, target.manifest)), _START)
    change = target.change or ShortChange()
    return (_stop(target, Edit(Chain((NewTemplate(target, change, limits), _Recreated())))), _START)


def _stop(target: Target, write: Apply | Edit) -> Step:
    return Step(
        "stop",
        write,
        _old_pods_are_gone,
        before=_overlooked,
        waiting_for=_still_there,
        ignores_deadline=True,
        no_return="the old pods are still stopping, and what is started now would run beside them; once they are gone the cluster starts "
        "the new ones by itself",
        unchanged="the template already runs",
        wants=wants_of(target),
    )


_START = Step("start", None, is_complete)


@dataclass(frozen=True)
class _Recreated:
    """Sets the strategy Recreate. The parameters of a rolling update go as well: the server refuses them beside this type."""

    def __call__(self, obj: JsonObject) -> JsonObject:
        return replaced(obj, _STRATEGY, {"type": "Recreate"})


def _overridden(target: Target, manifest: JsonObject) -> tuple[str, ...]:
    """That the manifest wants another strategy than the task."""
    given = mapping(manifest, *_STRATEGY)
    kind = text(given, "type") or ("RollingUpdate" if mapping(given, "rollingUpdate") else "")
    if kind in ("", "Recreate"):
        return ()
    return (f"the definition of {target.ref} says strategy {kind}, and Recreate is used instead",)


def _old_pods_are_gone(snapshot: Snapshot) -> bool:
    """No pod is left but those of the ReplicaSet that is wanted. Without any ReplicaSet the pods are not known yet."""
    workload = snapshot.workload
    if workload is None or is_complete(snapshot):
        return workload is not None
    return bool(snapshot.revisions) and observed(workload) and (not _old_pods(snapshot) or _are_refused(snapshot, workload))


def _are_refused(snapshot: Snapshot, workload: Workload) -> bool:
    """The cluster refuses new pods: so their controller has seen the old ones go, and only the news of that is late."""
    refused = any(condition.type == "ReplicaFailure" and condition.status == "True" for condition in workload.conditions)
    return refused and candidate_of(snapshot) is not None and all(pod.terminating for pod in _old_pods(snapshot))


def _still_there(snapshot: Snapshot) -> str:
    old = _old_pods(snapshot)
    if not old or snapshot.workload is None or not observed(snapshot.workload):
        return ""
    several = len(old) > 1
    stopping = all(pod.terminating for pod in old)
    return f"{len(old)} old {'pods' if several else 'pod'} {'are' if several else 'is'} {'still stopping' if stopping else 'to be stopped'}"


def _old_pods(snapshot: Snapshot) -> tuple[Pod, ...]:
    candidate = candidate_of(snapshot)
    return tuple(pod for pod in snapshot.pods if candidate is None or pod.owner_uid != candidate.uid)


def _overlooked(snapshot: Snapshot, wanted: Workload) -> str:
    """What the controller would start new pods beside of."""
    templates = {revision.uid: revision.normal for revision in snapshot.revisions}

    def is_overlooked(pod: Pod) -> bool:
        return pod.owner_uid not in templates or (pod.terminating and templates[pod.owner_uid] == wanted.normal)

    found = [pod.ref.name for pod in snapshot.pods if is_overlooked(pod)]
    if not found:
        return ""
    several = len(found) > 1
    return (
        f"{len(found)} {'pods' if several else 'pod'} of an earlier rollout {'are' if several else 'is'} still stopping "
        f"({', '.join(found)}), which the cluster would not wait for"
    )
