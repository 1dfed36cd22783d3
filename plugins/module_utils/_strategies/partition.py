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

from .._domain.diagnosis import is_hopeless
from .._domain.errors import RefusedError
from .._domain.goals import is_complete
from .._domain.groups import Group, partition_below
from .._domain.objects import JsonObject, JsonValue, at, mapping, replaced, text
from .._domain.request import Limits, ShortChange, Target
from .._domain.revisions import candidate_of, is_of, observed
from .._domain.steps import Apply, Edit, Replacement, Step, Write
from .._domain.workload import Pod, Snapshot, Workload
from .rolling import with_change, with_limits
from .undo import still

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
        return Apply(_under(with_limits(target, limits, target.manifest), partition))
    change = target.change or ShortChange()

    def edit(obj: JsonObject) -> JsonObject:
        refuse_on_delete(target, obj)
        return _under(with_limits(target, limits, with_change(target, change, obj)), partition)

    return Edit(edit)


def refuse_on_delete(target: Target, live: JsonObject) -> None:
    """Raise `RefusedError` for a live StatefulSet with the update strategy OnDelete, unless the definition says RollingUpdate."""
    if text(live, *_STRATEGY, "type") == "OnDelete" and text(target.manifest, *_STRATEGY, "type") != "RollingUpdate":
        raise RefusedError(
            f"{target.ref} has the update strategy OnDelete, so a partition means nothing; use the module on_delete, or give it "
            "the updateStrategy RollingUpdate in its definition."
        )


def overridden(target: Target) -> tuple[str, ...]:
    """That the definition has a partition of its own, which the steps replace."""
    given = at(target.manifest, *_PARTITION)
    return (f"the definition of {target.ref} says partition {given}, and the steps are used instead",) if given else ()


def steps(target: Target, first: Write, after: Workload, groups: Sequence[Group], *, repair: str = "true") -> tuple[Step, ...]:
    """`template`, then a step for each group. `first` is the write that brings the template, `after` what it makes of the StatefulSet."""
    replacement = broken_pods(repair)
    if not groups:
        return (Step("template", first, is_complete, replacement, unchanged="the template already runs", notes=overridden(target)),)
    names = ", then ".join(group.name for group in groups)
    begin = Step(
        "template",
        first,
        _settled,
        replacement,
        intent=f"rolled out in {len(groups)} step{'' if len(groups) == 1 else 's'}: {names}",
        unchanged="the template already runs",
        lacks=_not_ready,
        notes=overridden(target),
    )
    return (begin, *(_step(target, after, groups, number, replacement) for number in range(1, len(groups) + 1)))


def _step(target: Target, after: Workload, groups: Sequence[Group], number: int, replacement: Replacement | None) -> Step:
    group, partition = groups[number - 1], partition_below(after, groups, number)
    lower = Edit(_lowered(target, partition), still(target.ref, after), single=True)
    return Step(group.name, lower, _reached(partition), replacement, pods=group.places)


def _under(obj: JsonObject, partition: int) -> dict[str, JsonValue]:
    bounds = {**mapping(obj, *_STRATEGY, "rollingUpdate"), "partition": partition}
    return replaced(obj, _STRATEGY, {"type": "RollingUpdate", "rollingUpdate": bounds})


def _lowered(target: Target, partition: int) -> Callable[[JsonObject], JsonObject]:
    def edit(obj: JsonObject) -> JsonObject:
        if text(obj, *_STRATEGY, "type") == "OnDelete":
            raise RefusedError(f"{target.ref} was given the update strategy OnDelete meanwhile; nothing more was updated.")
        live = at(obj, *_PARTITION)
        return replaced(obj, _PARTITION, partition) if isinstance(live, int) and live > partition else obj

    return edit


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


def broken_pods(repair: str = "true") -> Replacement | None:
    """Pods that are not ready and stand in the way, one at a time, the lowest ordinal first; None with repair `false`.

    Those of neither the template that shall be nor the one that serves, below the partition as well: they come back as what serves. From
    the partition on also those of the template that serves, where they cannot heal or none of it is ready; with repair `all` any of them.
    """
    if repair == "false":
        return None

    def due(snapshot: Snapshot) -> tuple[Pod, ...]:
        workload, goal = snapshot.workload, candidate_of(snapshot)
        if workload is None or goal is None or not observed(workload) or goal.name != workload.update_revision:
            return ()
        lowest = workload.first_ordinal + (workload.partition or 0)
        serving = {pod.revision_hash for pod in snapshot.pods if pod.ready and not pod.terminating}

        def is_broken(pod: Pod) -> bool:
            if is_of(pod, goal) or pod.ready or pod.terminating:
                return False
            if pod.revision_hash != workload.current_revision or repair == "all":
                return True
            return pod.ordinal >= lowest and (pod.revision_hash not in serving or is_hopeless(pod))

        return tuple(sorted(filter(is_broken, snapshot.pods), key=lambda pod: pod.ordinal))

    def free(snapshot: Snapshot) -> bool:
        first = snapshot.workload.first_ordinal if snapshot.workload is not None else 0
        ordinals = sorted(pod.ordinal for pod in snapshot.pods)
        waiting = {pod.uid for pod in due(snapshot)}
        others = [pod for pod in snapshot.pods if pod.uid not in waiting]
        return ordinals == list(range(first, first + len(ordinals))) and all(pod.ready and not pod.terminating for pod in others)

    return Replacement(due, free)
