# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A look at the pods that a rollout may have to delete, before its first write."""

from __future__ import annotations

from dataclasses import replace

from ..._domain.kinds import workload_of
from ..._domain.workloads.workload import Snapshot
from ..observe.workloads import Observer
from ..outside.surroundings import Surroundings
from .in_place import InPlace
from .plan import Plan, PlannedTarget


def with_current_pods(plan: Plan, outside: Surroundings, check: bool) -> Plan:
    """Return the plan with the pods that are there now of StatefulSets whose pods it may delete. Check mode names them; a run needs to know
    which ones were not ready when it began. Without the right to list pods there are none."""
    refs = [entry.target.ref for entry in plan.targets if _needs_pods(entry, check=check)]
    if not refs:
        return plan
    with Observer(outside.cluster, refs, follow=False) as observer:
        return replace(
            plan,
            targets=tuple(
                _seeing(entry, observer.snapshot(entry.target.ref)) if entry.target.ref in refs else entry for entry in plan.targets
            ),
        )


def _needs_pods(entry: PlannedTarget, *, check: bool) -> bool:
    replacement, before = entry.steps[0].replacement, entry.write.before
    if replacement is None or before is None:
        return False
    workload = workload_of(before)
    return (check or replacement.since is not None) and workload.ready < max(workload.current, workload.desired)


def _seeing(entry: PlannedTarget, seen: Snapshot) -> PlannedTarget:
    first, *others = entry.steps
    if first.replacement is not None and first.replacement.since is not None:
        first = replace(first, replacement=first.replacement.since(seen))
    return replace(entry, steps=(first, *others), seen=seen)


ROLLING = InPlace(optional=True, seen=with_current_pods)
