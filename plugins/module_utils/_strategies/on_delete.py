# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""OnDelete: a StatefulSet or DaemonSet gets a template that moves no pod, then its pods are evicted in an order and number of the user's.

Where the update strategy is RollingUpdate it becomes OnDelete in the very write that brings the template, and is remembered in an
annotation until the last pod runs the template: then it is given back. Killed in between, no pod moves, and the next run goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from .._domain.base.objects import JsonObject, mapping, replaced, text
from .._domain.kinds import workload_of
from .._domain.request import Limits, ShortChange, Target
from .._domain.steps.edits import Chain, SameTemplate
from .._domain.steps.goals import is_complete
from .._domain.steps.groups import Group, place_of
from .._domain.steps.step import Apply, Edit, GatesWhen, Replacement, Step, Write
from .._domain.workloads.diagnosis import is_hopeless
from .._domain.workloads.kind import Kind
from .._domain.workloads.records import StrategyRecord
from .._domain.workloads.revisions import candidate_of, is_of, observed
from .._domain.workloads.workload import Pod, Revision, Snapshot, Workload
from .rolling import NewTemplate, wants_of, with_limits

STRATEGY = ("spec", "updateStrategy")
_ON_DELETE = {"type": "OnDelete"}


def plain(target: Target, limits: Limits, live: JsonObject | None) -> Write:
    """The write that brings the template and leaves the update strategy as it is; of what is not there yet, as its manifest has it.

    Raises `InputError` where the manifest cannot take the limits.
    """
    if target.manifest is not None:
        manifest = with_limits(target, limits, target.manifest)
        if live is not None and text(live, *STRATEGY, "type") == "OnDelete":
            manifest = replaced(manifest, STRATEGY, _ON_DELETE)
        return Apply(manifest, borrows=True)
    change = target.change or ShortChange()
    return Edit(NewTemplate(target, change, limits))


def switching(target: Target, limits: Limits, live: JsonObject) -> Write:
    """The write that brings the template together with OnDelete, and the record of what the update strategy shall be afterwards."""
    record = StrategyRecord(wanted(target) or mapping(live, *STRATEGY))
    if target.manifest is not None:
        manifest = with_limits(target, limits, target.manifest)
        return Apply(_Borrowed(record)(manifest), borrows=True)
    change = target.change or ShortChange()

    return Edit(Chain((NewTemplate(target, change, limits), _Borrowed(record))))


@dataclass(frozen=True)
class _Borrowed:
    """Sets OnDelete, with the record of what the update strategy shall be afterwards."""

    record: StrategyRecord

    def __call__(self, obj: JsonObject) -> JsonObject:
        return self.record.into(replaced(obj, STRATEGY, _ON_DELETE))


@dataclass(frozen=True)
class _GivenBack:
    """Sets the update strategy that the workload is to have at the end, unless somebody has set another one."""

    strategy: JsonObject

    def __call__(self, obj: JsonObject) -> JsonObject:
        if text(obj, *STRATEGY, "type") == "OnDelete":
            obj = replaced(obj, STRATEGY, dict(self.strategy))
        return StrategyRecord().into(obj)


def wanted(target: Target) -> JsonObject:
    """The update strategy that the definition names; empty where it names none."""
    return mapping(target.manifest, *STRATEGY)


def afterwards(target: Target, after: JsonObject) -> JsonObject:
    """The update strategy that the workload is to have at the end; empty where it stays OnDelete."""
    named = wanted(target)
    record = StrategyRecord.of(workload_of(after).annotations).strategy
    chosen = named or record
    return {} if text(chosen, "type") == "OnDelete" or (not chosen) else {"type": "RollingUpdate", **chosen}


def steps(target: Target, first: Write, after: JsonObject, groups: Sequence[Group], before: Snapshot) -> tuple[Step, ...]:
    """`template`, a step for each group of places, and `strategy` where the update strategy is to be given back.

    `first` is the write that brings the template, `after` what it makes of the workload, `before` what was seen of it.
    """
    kind = target.kind
    if not groups:
        return (Step("template", first, is_complete, unchanged="the template already runs", wants=wants_of(target), gates="after"),)
    final = afterwards(target, after)
    names = ", then ".join(group.name for group in groups)
    note = f"the update strategy of {target.ref} is OnDelete until all its pods run the template, then RollingUpdate again"
    begin = Step(
        "template",
        first,
        _settled,
        _broken_pods(),
        intent=f"rolled out in {len(groups)} step{'' if len(groups) == 1 else 's'}: {names}",
        unchanged="the template already runs",
        waiting_for=_not_ready,
        notes=(note,) if final and text(after, *STRATEGY, "type") == "OnDelete" else (),
        wants=wants_of(target),
    )
    found = {place_of(pod, kind): pod for pod in before.pods if not pod.terminating}
    batches = tuple(_batch(kind, group, found) for group in groups)
    return (begin, *batches, *((_strategy_back(target, workload_of(after), final),) if final else ()))


def _batch(kind: Kind, group: Group, found: dict[str, Pod]) -> Step:
    names = tuple(found[place].ref.name if place in found else place for place in group.places)
    nodes = tuple(found[place].node if place in found else "" for place in group.places)
    done, evictions = _replaced_at(kind, group.places), _evictions(kind, group.portions or (group.places,))
    gates: GatesWhen = "after" if group.measured else "none"
    return Step(group.name, None, done, evictions, gates=gates, pods=names, nodes=nodes)


def _strategy_back(target: Target, after: Workload, final: JsonObject) -> Step:
    write = Edit(_GivenBack(final), SameTemplate(target.ref, after.template), single=True)
    return Step("strategy", write, is_complete)


# --- when a step is done, and what it deletes -----------------------------------------------------------------------------------


def _goal(snapshot: Snapshot) -> Revision | None:
    """The revision that shall be, once the controller has taken it up."""
    workload, goal = snapshot.workload, candidate_of(snapshot)
    if workload is None or goal is None or not observed(workload):
        return None
    return goal if workload.update_revision in ("", goal.name) else None


def _settled(snapshot: Snapshot) -> bool:
    workload = snapshot.workload
    return workload is not None and _goal(snapshot) is not None and not _not_ready(snapshot) and workload.available >= workload.desired


def _not_ready(snapshot: Snapshot) -> str:
    """How many pods are missing or not ready, in words; empty when all are."""
    workload = snapshot.workload
    if workload is None or not observed(workload):
        return ""
    lacking = workload.desired - sum(pod.ready and not pod.terminating for pod in snapshot.pods)
    if lacking <= 0:
        return ""
    names = [pod.ref.name for pod in snapshot.pods if not pod.ready or pod.terminating]
    who = f": {', '.join(names[:3])}{' and more' if len(names) > 3 else ''}" if names else ""
    return f"{lacking} of {workload.desired} pods {'is' if lacking == 1 else 'are'} not ready{who}"


def _replaced_at(kind: Kind, places: Collection[str]) -> Callable[[Snapshot], bool]:
    """At these places every pod runs the template and is ready, and the workload has all its pods available.

    The status must know of the new pods: else it may be the one from before, which says nothing of minReadySeconds.
    """

    def done(snapshot: Snapshot) -> bool:
        workload, goal = snapshot.workload, _goal(snapshot)
        if workload is None or goal is None or _not_ready(snapshot):
            return False
        here = [pod for pod in snapshot.pods if place_of(pod, kind) in places]
        new = sum(is_of(pod, goal) and not pod.terminating for pod in snapshot.pods)
        counted = workload.updated >= new and workload.available >= workload.desired
        return counted and all(pod.ready and not pod.terminating and is_of(pod, goal) for pod in here)

    return done


def _evictions(kind: Kind, portions: Sequence[Sequence[str]]) -> Replacement:
    """The pods at these places, one portion after another; a portion may go when every other pod is ready, and those that have gone
    before are available."""

    def due(snapshot: Snapshot) -> tuple[Pod, ...]:
        workload, goal = snapshot.workload, _goal(snapshot)
        if workload is None or goal is None or workload.update_type != "OnDelete":
            return ()
        here = {place_of(pod, kind): pod for pod in snapshot.pods if not pod.terminating and not is_of(pod, goal)}
        return tuple(here[place] for places in portions for place in places if place in here)

    def at_once(pods: tuple[Pod, ...]) -> tuple[Pod, ...]:
        places = portion_of(pods)
        return tuple(pod for pod in pods if place_of(pod, kind) in places)

    def portion_of(pods: tuple[Pod, ...]) -> Sequence[str]:
        every = tuple(place for places in portions for place in places)
        return next((places for places in portions if pods and place_of(pods[0], kind) in places), every)

    def free(snapshot: Snapshot) -> bool:
        places = portion_of(due(snapshot))
        others = [pod for pod in snapshot.pods if place_of(pod, kind) not in places]
        workload, there = snapshot.workload, len(others) + len(places)
        if workload is None or there < workload.desired or not all(pod.ready and not pod.terminating for pod in others):
            return False
        return places == portions[0] or _is_counted(kind, snapshot, workload, places)

    return Replacement(due, free, together=at_once, evicts=True)


def _is_counted(kind: Kind, snapshot: Snapshot, workload: Workload, places: Sequence[str]) -> bool:
    """The status knows of the new pods, and all but those at these places are available."""
    goal = _goal(snapshot)
    new = sum(goal is not None and is_of(pod, goal) and not pod.terminating for pod in snapshot.pods)
    away = len(places) - sum(pod.ready and not pod.terminating for pod in snapshot.pods if place_of(pod, kind) in places)
    return workload.updated >= new and workload.available >= workload.desired - away


def _broken_pods() -> Replacement:
    """Pods of another template that are not ready and will not be, or of which none is: one at a time, the first by name. They serve
    nobody, and a StatefulSet makes no other pod before they are mended."""

    def due(snapshot: Snapshot) -> tuple[Pod, ...]:
        workload, goal = snapshot.workload, _goal(snapshot)
        if workload is None or goal is None or workload.update_type != "OnDelete":
            return ()
        serving = {pod.revision_hash for pod in snapshot.pods if pod.ready and not pod.terminating}
        unready = (pod for pod in snapshot.pods if not pod.ready and not pod.terminating and not is_of(pod, goal))
        return tuple(sorted((pod for pod in unready if pod.revision_hash not in serving or is_hopeless(pod)), key=_ordinal))

    def free(snapshot: Snapshot) -> bool:
        waiting = {pod.uid for pod in due(snapshot)}
        return not any(pod.terminating for pod in snapshot.pods) and all(pod.ready for pod in snapshot.pods if pod.uid not in waiting)

    return Replacement(due, free)


def _ordinal(pod: Pod) -> tuple[int, str]:
    return pod.ordinal, pod.ref.name
