# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Partition: a StatefulSet gets a template while its partition lets nothing move, then the partition is lowered step by step.

The partition never rises but together with a new template: raising it sends no pod back. Each step begins when all pods are ready, those
below the partition as well, and is done when the pods that it is for run the template, told by their revision label and not by counts.
Whoever brought a step about, it is done: a run that was killed goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .._domain.base.errors import RefusedError
from .._domain.base.objects import JsonObject, Ref, at, mapping, replaced, text
from .._domain.ownership.borrowed import with_own_strategy
from .._domain.request import Limits, Repair, ShortChange, Target
from .._domain.steps.edits import Chain, OwnStrategy, SameTemplate
from .._domain.steps.goals import is_complete
from .._domain.steps.groups import Group, partition_below
from .._domain.steps.step import Apply, Edit, GatesWhen, Step, Terms, Write
from .._domain.workloads.revisions import candidate_of, is_of, observed
from .._domain.workloads.workload import Snapshot, Workload
from .repair import blocked, way_for_the_new
from .rolling import NewTemplate, ignored_unavailable, wants_of, with_limits

_STRATEGY = ("spec", "updateStrategy")
_PARTITION = (*_STRATEGY, "rollingUpdate", "partition")


def write(target: Target, limits: Limits, partition: int) -> Write:
    """The write that brings the template under a partition. Raises `InputError` where the manifest cannot take the limits, `RefusedError`
    under OnDelete."""
    if target.manifest is not None:
        if text(target.manifest, *_STRATEGY, "type") == "OnDelete":
            raise RefusedError(
                f"The definition of {target.ref} says updateStrategy OnDelete, under which a partition has no meaning; take it out, or use "
                "the module on_delete."
            )
        return Apply(_Under(partition)(with_limits(target, limits, target.manifest)))
    change = target.change or ShortChange()

    return Edit(Chain((OwnStrategy(), _NotOnDelete(target), NewTemplate(target, change, limits), _Under(partition))))


def refuse_on_delete(target: Target, live: JsonObject) -> None:
    """Raise `RefusedError` for a live StatefulSet with the update strategy OnDelete, unless the definition says RollingUpdate, or it was
    borrowed by a task that was broken off."""
    if text(with_own_strategy(live), *_STRATEGY, "type") == "OnDelete" and text(target.manifest, *_STRATEGY, "type") != "RollingUpdate":
        raise RefusedError(
            f"{target.ref} has the update strategy OnDelete, so a partition means nothing; use the module on_delete, or give it "
            "the updateStrategy RollingUpdate in its definition."
        )


def overridden(target: Target) -> tuple[str, ...]:
    """That the definition has a partition of its own, which the steps replace."""
    given = at(target.manifest, *_PARTITION)
    return (f"the definition of {target.ref} says partition {given}, and the steps are used instead",) if given else ()


def steps(target: Target, limits: Limits, first: Write, after: Workload, groups: Sequence[Group], before: Snapshot) -> tuple[Step, ...]:
    """`template`, then a step for each group; without groups one step for all.

    `first` is the write that brings the template, `after` what it makes of the StatefulSet, `before` what was seen of it.
    """
    given = target.manifest if target.manifest is not None else {}
    unavailable = limits.max_unavailable if limits.max_unavailable is not None else at(given, *_STRATEGY, "rollingUpdate", "maxUnavailable")

    def terms(_before: JsonObject | None, made: JsonObject) -> Terms:
        return Terms(warnings=ignored_unavailable(target.ref, unavailable, made))

    names = ", then ".join(group.name for group in groups)
    begin = Step(
        "template",
        first,
        _settled if groups else is_complete,
        way_for_the_new(limits.repair, before=before),
        intent=f"rolled out in {len(groups)} step{'' if len(groups) == 1 else 's'}: {names}" if groups else "rolled out",
        unchanged="the template already runs",
        waiting_for=_lacking(limits.repair),
        notes=overridden(target),
        terms=terms,
        wants=wants_of(target),
        gates="none" if groups else "after",
    )
    return (begin, *(_step(target, limits, after, groups, number, before) for number in range(1, len(groups) + 1)))


def _step(target: Target, limits: Limits, after: Workload, groups: Sequence[Group], number: int, before: Snapshot) -> Step:
    group, partition = groups[number - 1], partition_below(after, groups, number)
    lower = Edit(_Lowered(target.ref, partition), SameTemplate(target.ref, after.template), single=True)
    in_the_way = way_for_the_new(limits.repair, before=before)
    lacking = _lacking(limits.repair)
    gates: GatesWhen = "after" if group.measured else "none"
    return Step(group.name, lower, _reached(partition), in_the_way, waiting_for=lacking, gates=gates, pods=group.places)


def _lacking(repair: Repair) -> Callable[[Snapshot], str]:
    in_the_way = blocked(repair)
    return lambda snapshot: in_the_way(snapshot) or (_not_ready(snapshot) if not _is_moving(snapshot) else "")


def _is_moving(snapshot: Snapshot) -> bool:
    """Pods are being replaced: how far that is says more than who is away."""
    workload = snapshot.workload
    return workload is not None and workload.updated < workload.desired - (workload.partition or 0)


@dataclass(frozen=True)
class _NotOnDelete:
    """Refuses a StatefulSet with the update strategy OnDelete."""

    target: Target

    def __call__(self, obj: JsonObject) -> JsonObject:
        refuse_on_delete(self.target, obj)
        return obj


@dataclass(frozen=True)
class _Under:
    """Sets a rolling update under a partition."""

    partition: int

    def __call__(self, obj: JsonObject) -> JsonObject:
        bounds = {**mapping(obj, *_STRATEGY, "rollingUpdate"), "partition": self.partition}
        return replaced(obj, _STRATEGY, {"type": "RollingUpdate", "rollingUpdate": bounds})


@dataclass(frozen=True)
class _Lowered:
    """Lowers the partition; one that is lower already stays."""

    ref: Ref
    partition: int

    def __call__(self, obj: JsonObject) -> JsonObject:
        if text(obj, *_STRATEGY, "type") == "OnDelete":
            raise RefusedError(f"{self.ref} was given the update strategy OnDelete meanwhile; nothing more was updated.")
        live = at(obj, *_PARTITION)
        return replaced(obj, _PARTITION, self.partition) if isinstance(live, int) and live > self.partition else obj


def _settled(snapshot: Snapshot) -> bool:
    """The controller has taken up the template, and every pod is ready."""
    workload = snapshot.workload
    return (
        workload is not None
        and observed(workload)
        and candidate_of(snapshot) is not None
        and not _not_ready(snapshot)
        and workload.available >= workload.desired
    )


def _not_ready(snapshot: Snapshot) -> str:
    """Which pods are not ready, in words; empty when all are."""
    workload = snapshot.workload
    if workload is None or not observed(workload):
        return ""
    ready = {pod.ref.name for pod in snapshot.pods if pod.ready and not pod.terminating}
    first, name = workload.first_ordinal, workload.ref.name
    missing = [entry for entry in (f"{name}-{first + index}" for index in range(workload.desired)) if entry not in ready]
    if not missing:
        return ""
    return f"{missing[0]}{f' and {len(missing) - 1} more' if missing[1:] else ''} {'are' if missing[1:] else 'is'} not ready"


def _reached(partition: int) -> Callable[[Snapshot], bool]:
    """All pods from this index on run the template and every pod is ready."""

    def done(snapshot: Snapshot) -> bool:
        workload, candidate = snapshot.workload, candidate_of(snapshot)
        if workload is None or candidate is None or not is_complete(snapshot) or _not_ready(snapshot):
            return False
        wanted = range(workload.first_ordinal + partition, workload.first_ordinal + workload.desired)
        return (workload.partition or 0) <= partition and all(is_of(pod, candidate) for pod in snapshot.pods if pod.ordinal in wanted)

    return done
