# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Undo: the template of an earlier revision comes back, and what stays stuck on the one it replaces is repaired."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .._domain.base.objects import JsonObject, JsonValue, Ref, mapping, replaced, text, without
from .._domain.history import described, numbered, previous
from .._domain.ownership.superseded import by_template
from .._domain.request import Target, Undo
from .._domain.steps.edits import Chain, OwnStrategy, Paused, SameTemplate
from .._domain.steps.step import Edit, Replacement, Step
from .._domain.text.causes import signed, undo_cause
from .._domain.workloads.completion import standing
from .._domain.workloads.records import StrategyRecord, UndoRecord
from .._domain.workloads.revisions import candidate_of, is_of, observed
from .._domain.workloads.workload import CHANGE_CAUSE, RESTARTED_AT, Revision, Snapshot
from .repair import blocked, way_for_the_new

_LAST_APPLIED = ("metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration")


def steps(target: Target, snapshot: Snapshot, operation: Undo) -> tuple[Step, ...]:
    """One step, `undo`. Raises `InputError` when the workload has no such revision.

    Nothing is written where the revision is wanted already, and without a named one where what is wanted is the outcome of an undo:
    asked again (after a crash, by a relaunched job) it must not bring back what it has just taken away. A paused Deployment is undone
    as well; no pod moves before it is resumed.
    """
    candidate = candidate_of(snapshot)
    goal = _goal(target.ref, snapshot, operation)
    stuck = target.kind.needs_repair
    replacement = way_for_the_new(operation.repair, goal, snapshot) if stuck else None
    lacks = blocked(operation.repair, goal) if stuck else None
    done = _done(replacement)
    if candidate is not None and goal.uid == candidate.uid:
        repeated = operation.revision is None and not operation.to
        return (
            Step(
                "undo",
                Edit(Chain((OwnStrategy(), *((Paused(False),) if operation.resume else ()))), single=True),
                done,
                replacement,
                intent="resumed",
                unchanged=_already(goal, operation, repeated=repeated),
                waiting_for=lacks,
                notes=_left_to_delete(snapshot, goal),
                wants=by_template,
            ),
        )
    workload = snapshot.workload
    record = UndoRecord.of(workload.annotations if workload is not None else {}).after(snapshot, goal)
    name = f"revision {goal.number}{f' ({goal.change_cause})' if goal.change_cause else ''}"
    demand = SameTemplate(target.ref, workload.template) if workload is not None else None
    write = Edit(_brought_back(goal, operation, record), demand, tells_cause=True)
    notes = _left_to_delete(snapshot, goal)
    intent, news = f"taken back to {name}", f"went back to {name}"
    return (Step("undo", write, done, replacement, intent=intent, news=news, waiting_for=lacks, notes=notes, wants=by_template),)


def _left_to_delete(snapshot: Snapshot, goal: Revision) -> tuple[str, ...]:
    """Which pods do not follow the template by themselves, where the update strategy is OnDelete and stays so."""
    workload = snapshot.workload
    if workload is None or workload.update_type != "OnDelete" or StrategyRecord.of(workload.annotations).strategy:
        return ()
    names = [pod.ref.name for pod in snapshot.pods if not is_of(pod, goal)]
    if not names:
        return ()
    several = len(names) > 1
    who = f"{', '.join(names[:3])}{f' and {len(names) - 3} more' if names[3:] else ''}"
    sentence = (
        f"{workload.ref} has the update strategy OnDelete, so {who} {'stay' if several else 'stays'} on another template until somebody "
        f"deletes {'them' if several else 'it'}; the module on_delete with this version does that"
    )
    return (sentence,)


@dataclass(frozen=True)
class BringBack:
    """Sets the template of a revision, and a change cause that is true of it."""

    template: JsonObject
    cause: str

    def __call__(self, obj: JsonObject) -> JsonObject:
        """Return the object with both."""
        return replaced(replaced(obj, ("spec", "template"), self.template), ("metadata", "annotations", CHANGE_CAUSE), self.cause)


@dataclass(frozen=True)
class _Recorded:
    """Sets the record of the undo, by which the same undo asked again finds its outcome."""

    record: UndoRecord

    def __call__(self, obj: JsonObject) -> JsonObject:
        return self.record.into(obj)


def _goal(ref: Ref, snapshot: Snapshot, operation: Undo) -> Revision:
    if operation.revision is not None:
        return numbered(snapshot, ref, operation.revision)
    if operation.to:
        return described(snapshot, ref, operation.to)
    candidate, workload = candidate_of(snapshot), snapshot.workload
    if candidate is not None and workload is not None and UndoRecord.of(workload.annotations).holds(snapshot):
        return candidate
    return previous(snapshot, ref)


def _already(goal: Revision, operation: Undo, *, repeated: bool) -> str:
    if repeated:
        return f"revision {goal.number}, which an undo has brought back, is wanted already; to go further back name a revision"
    was = f" (now revision {goal.number})" if operation.revision not in (None, goal.number) else ""
    wanted = f"revision {operation.revision}{was}" if operation.revision is not None else f"{operation.to} (revision {goal.number})"
    return f"{wanted} is wanted already"


def _brought_back(goal: Revision, operation: Undo, record: UndoRecord) -> Chain:
    cause = signed(operation.cause.why or undo_cause(goal.number, goal.change_cause), operation.cause.by)
    aligned = (_Aligned(goal.template),) if operation.last_applied == "align" else ()
    resumed = (Paused(False),) if operation.resume else ()
    return Chain((BringBack(goal.template, cause), _Recorded(record), OwnStrategy(), *aligned, *resumed))


@dataclass(frozen=True)
class _Aligned:
    """Sets the template in kubectl's record of what it applied last: what the next `kubectl apply` does not name, it then removes, instead
    of mixing two versions. A restart's annotation was never applied."""

    template: JsonObject

    def __call__(self, obj: JsonObject) -> JsonObject:
        last = text(obj, *_LAST_APPLIED)
        try:
            applied = json.loads(last) if last else None
        except (ValueError, RecursionError):
            return obj
        if not isinstance(applied, Mapping) or not mapping(applied, "spec", "template"):
            return obj
        template: JsonObject = without(self.template, "metadata", "annotations", RESTARTED_AT)
        if not mapping(template, "metadata", "annotations"):
            template = without(template, "metadata", "annotations")
        aligned: JsonValue = json.dumps(replaced(applied, ("spec", "template"), template), separators=(",", ":")) + "\n"
        return replaced(obj, _LAST_APPLIED, aligned)


# --- done ---------------------------------------------------------------------------------------------------------------------


def _done(replacement: Replacement | None) -> Callable[[Snapshot], bool]:
    def done(snapshot: Snapshot) -> bool:
        workload = snapshot.workload
        if workload is None or not observed(workload):
            return False
        if replacement is not None and replacement.due(snapshot):
            return False
        if workload.update_type == "OnDelete":
            # An undo restarts nothing there; only what was repaired is waited for.
            return replacement is None or (replacement.free(snapshot) and len(snapshot.pods) >= workload.desired)
        return workload.paused or standing(snapshot).done

    return done
