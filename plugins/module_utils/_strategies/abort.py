# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Abort: a StatefulSet whose rollout is on its way gets the template back that serves, at the same partition.

What serves is the status's currentRevision, whatever was tried since, while an undo brings the revision before the last. Raising the
partition would send no pod back, so it stays where it is; the pods below it run what serves already.
"""

from __future__ import annotations

from dataclasses import replace

from .._domain.base.errors import RefusedError
from .._domain.base.objects import Ref
from .._domain.request import Abort, Target, Undo
from .._domain.steps.edits import Nothing
from .._domain.steps.step import Edit, Step
from .._domain.workloads.records import StrategyRecord
from .._domain.workloads.revisions import candidate_of, is_of
from .._domain.workloads.workload import Snapshot
from . import undo

NOTHING = "nothing is on its way (undo brings an earlier version back)"


def steps(target: Target, snapshot: Snapshot, operation: Abort) -> tuple[Step, ...]:
    """One step, `abort`, which writes nothing where the template that serves is the wanted one already. Raises `RefusedError` under
    OnDelete while pods of several revisions run: there a template moves no pod."""
    workload = snapshot.workload
    current = workload.current_revision if workload is not None else ""
    goal = next((revision for revision in snapshot.revisions if revision.name == current), None)
    wanted = candidate_of(snapshot)
    if workload is not None and workload.update_type == "OnDelete" and not StrategyRecord.of(workload.annotations).strategy:
        _refuse_mixed(target.ref, snapshot)
        goal = None
    is_quiet = goal is not None and wanted is not None and wanted.uid == goal.uid and all(is_of(pod, goal) for pod in snapshot.pods)
    if goal is None or is_quiet:
        return (Step("abort", Edit(Nothing(), single=True), lambda _snapshot: True, unchanged=NOTHING),)
    (step,) = undo.steps(target, snapshot, Undo(revision=goal.number, repair=operation.repair, cause=operation.cause))
    return (replace(step, name="abort", unchanged=f"revision {goal.number}, which serves, is wanted already"),)


def _refuse_mixed(ref: Ref, snapshot: Snapshot) -> None:
    wanted = candidate_of(snapshot)
    if wanted is not None and not all(is_of(pod, wanted) for pod in snapshot.pods):
        raise RefusedError(
            f"{ref} has the update strategy OnDelete, under which a template moves no pod; run the module on_delete with the version "
            "before."
        )
