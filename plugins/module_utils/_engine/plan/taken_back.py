# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Remembering what a person took back, in the writes by which the Lease is taken and given back."""

from __future__ import annotations

from ..._domain.kinds import WORKLOADS
from ..._domain.leases.lease import lease_name
from ..._domain.leases.undone import UNDONE, Undone, settled, undone_of, undone_text
from ..hold.hold import Extents, Hold, Notes, Place
from ..hold.undone import version_of
from ..outside.surroundings import Surroundings
from ..tell.outcome import Outcome
from .plan import Plan, PlannedTarget


def undone_at_the_start(plan: Plan, extents: Extents, outside: Surroundings, user: str) -> Notes:
    """What the Leases are to remember from the moment they are held on: also a task that is killed has taken it back."""
    if plan.takes_back is None:
        return {}
    now = f"{outside.cluster.now():%Y-%m-%dT%H:%M:%SZ}"
    notes: dict[Place, dict[str, str]] = {}
    for place, refs in extents.items():
        entries = [entry for entry in plan.targets if _is_new(entry) and entry.target.ref in refs]
        by, why = plan.takes_back.by or user, plan.takes_back.why
        back = [Undone(entry.target.ref.short, version_of(entry.write.before), by, why, now) for entry in entries]
        former = undone_of(outside.leases.named(place[0], lease_name(place[1])))
        notes[place] = {UNDONE: undone_text(settled(former, back=back))}
    return notes


def settle_undone(plan: Plan, outcome: Outcome, hold: Hold, extents: Extents) -> None:
    """Have the Leases forget what runs again, and what was not taken back after all, as that has failed."""
    failed = {rollout.ref for rollout in outcome.rollouts if rollout.cause}
    for place, lock in hold.locks.items():
        entries = [entry for entry in plan.targets if _is_new(entry) and entry.target.ref in extents[place]]
        gone = [
            (entry.target.ref.short, version_of(entry.write.before if entry.target.ref in failed else entry.write.after))
            for entry in entries
            if plan.takes_back is not None or entry.target.ref not in failed
        ]
        former = undone_of(lock.lease)
        kept = settled(former, again=gone)
        if kept != former:
            lock.leave(UNDONE, undone_text(kept))


def _is_new(entry: PlannedTarget) -> bool:
    return entry.write.before is not None and entry.write.template_changed and entry.target.resource.kind in WORKLOADS
