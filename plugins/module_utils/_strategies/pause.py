# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pause and resume of a Deployment's rollout; both are idempotent."""

from __future__ import annotations

from .._domain.request import Pause, Target
from .._domain.steps.edits import Paused
from .._domain.steps.goals import is_complete
from .._domain.steps.step import Edit, Step
from .._domain.workloads.workload import Snapshot


def steps(target: Target, snapshot: Snapshot, operation: Pause) -> tuple[Step, ...]:
    """One step, `pause` or `resume`; a pause is done once it is written, a resumed rollout when it is complete."""
    del target, snapshot
    if operation.paused:
        return (Step("pause", Edit(Paused(True), single=True), _is_held, intent="paused"),)
    return (Step("resume", Edit(Paused(False), single=True), is_complete, intent="resumed", news="goes on", unchanged="it is not paused"),)


def _is_held(snapshot: Snapshot) -> bool:
    return snapshot.workload is not None and snapshot.workload.paused
