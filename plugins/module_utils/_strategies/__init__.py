# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One file a strategy or operation: pure functions from a request's target to steps. Imports `_domain` only.

A strategy brings a template, an operation changes what is there; a new one is one file and one line here. Those whose rollouts may last
over several tasks stand in `table.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .._domain.request import Abort, Limits, Operation, Restart, Target, Undo
from .._domain.steps.step import Step
from .._domain.workloads.workload import Snapshot
from . import abort, pause, recreate, restart, rolling, undo

STRATEGIES: Mapping[str, Callable[[Target, Limits], tuple[Step, ...]]] = {
    "rolling": rolling.steps,
    "recreate": recreate.steps,
}


def steps_of(operation: Operation, target: Target, snapshot: Snapshot) -> tuple[Step, ...]:
    """The steps of an operation on one workload. Raises `InputError` or `RefusedError` where it cannot be."""
    match operation:
        case Undo():
            return undo.steps(target, snapshot, operation)
        case Abort():
            return abort.steps(target, snapshot, operation)
        case Restart():
            return restart.steps(target, snapshot, operation)
        case _:
            return pause.steps(target, snapshot, operation)


def warning_of(operation: Operation, target: Target, snapshot: Snapshot) -> str:
    """What the user must know before an operation; mostly nothing."""
    return restart.warning(target, snapshot, operation) if isinstance(operation, Restart) else ""
