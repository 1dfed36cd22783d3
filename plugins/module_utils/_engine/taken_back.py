# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Remembering what a person took back, in the write that releases the Lease."""

from __future__ import annotations

from .._domain.resources import WORKLOADS
from .._domain.undone import UNDONE, Undone, named, settled, undone_of, undone_text
from .hold import Extents, Hold
from .outcome import Outcome
from .plan import Plan, PlannedTarget
from .surroundings import Surroundings
from .undone import version_of


def remember_undone(plan: Plan, outcome: Outcome, hold: Hold, extents: Extents, outside: Surroundings) -> None:
    """Have the Leases remember what the task took back, and forget what it has rolled out again; nothing of what has failed."""
    failed = {rollout.ref for rollout in outcome.rollouts if rollout.cause}
    entries = [entry for entry in plan.targets if _is_new(entry) and entry.target.ref not in failed]
    now = f"{outside.cluster.now():%Y-%m-%dT%H:%M:%SZ}"
    for place, lock in hold.locks.items():
        ours = [entry for entry in entries if entry.target.ref in extents[place]]
        back = [
            Undone(named(entry.target.ref), version_of(entry.write.before), plan.takes_back.by or hold.user, plan.takes_back.why, now)
            for entry in ours
            if plan.takes_back is not None
        ]
        again = [(named(entry.target.ref), version_of(entry.write.after)) for entry in ours]
        former = undone_of(lock.lease)
        kept = settled(former, back=back, again=again)
        if kept != former:
            lock.leave(UNDONE, undone_text(kept))


def _is_new(entry: PlannedTarget) -> bool:
    return entry.write.before is not None and entry.write.template_changed and entry.target.resource.kind in WORKLOADS
