# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rollouts pod by pod keep their workload between their tasks: other ways to change it are refused, the same one goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..._domain.base.errors import RefusedError
from ..._domain.base.objects import JsonObject
from ..._domain.kinds import workload_of
from ..._domain.leases.lease import Holding, application_of
from ..._domain.leases.stepping import STEPPING, Stepping, goes_on
from ..._domain.request import RolloutRequest
from ..hold.claimed import leases_of
from ..hold.hold import Extents, Hold, Notes, Place
from ..hold.undone import version_of
from ..outside.surroundings import Surroundings
from ..tell.outcome import Outcome
from .plan import Plan, PlannedTarget

_BY_STEPS = ("partition", "on_delete")


def on_their_way(plan: Plan, outside: Surroundings) -> Iterator[tuple[PlannedTarget, JsonObject, Stepping]]:
    """The workloads that a plan changes and that are on their way pod by pod, each with the Lease that says so."""
    for entry in plan.targets:
        ref, before = entry.target.ref, entry.write.before
        if before is None or not entry.target.kind.goes_pod_by_pod or not any(entry.is_pending(step) for step in entry.steps):
            continue
        for lease in leases_of(ref.namespace, outside.leases, about={ref.name}):
            stepping = Stepping.of(lease)
            if stepping is not None and stepping.is_of(ref):
                yield entry, lease, stepping


def refuse_on_their_way(plan: Plan, outside: Surroundings, request: RolloutRequest | None = None) -> None:
    """Raise `RefusedError` where the plan changes a workload that another rollout is taking pod by pod, and that stands now; while somebody
    works on it, its Lease is in the way. Whoever brings the version before back gives it up. `request` is that of a strategy, which may go
    on with its own, or supersede another."""
    for entry, lease, stepping in on_their_way(plan, outside):
        ref, before = entry.target.ref, entry.write.before or {}
        if not goes_on(workload_of(before), version_of(before), stepping):
            continue
        if request is not None and (request.supersede or _is_the_same(entry, stepping, request)):
            continue
        if entry.write.template_changed and version_of(entry.write.after) == stepping.base:
            continue
        if not Holding.of(lease).holder:
            raise RefusedError(stepping.sentence(ref))


def _is_the_same(entry: PlannedTarget, stepping: Stepping, request: RolloutRequest) -> bool:
    return stepping.strategy == request.strategy and stepping.template == version_of(entry.write.after)


def with_theirs(extents: Extents, plan: Plan, outside: Surroundings) -> Extents:
    """What is to be held, with the Leases under which these rollouts were begun: whoever ends one says so there."""
    found = {place: {*refs} for place, refs in extents.items()}
    for entry, lease, _stepping in on_their_way(plan, outside):
        ref = entry.target.ref
        if any(ref in refs for refs in extents.values()):
            found.setdefault((ref.namespace, application_of(lease)), set()).add(ref)
    return found


def steps_at_the_start(plan: Plan, extents: Extents, outside: Surroundings, user: str) -> Notes:
    """What the Leases are to say from the moment they are held on: which rollout pod by pod is on its way."""
    notes: dict[Place, dict[str, str]] = {}
    former = {entry.target.ref: stepping for entry, _lease, stepping in on_their_way(plan, outside)}
    for entry in plan.targets:
        ref = entry.target.ref
        if entry.strategy not in _BY_STEPS or not plan.by_steps or entry.write.before is None:
            continue
        known, version = former.get(ref), version_of(entry.write.after)
        before = version_of(entry.write.before)
        # What stands may have been begun by 0.1.0, or by hand.
        base = before if before != version else ""
        begun = Stepping(entry.strategy, ref.short, version, entry.cause.by or user, _now(outside), entry.cause.why, base)
        if known is not None and (known.strategy, known.template) == (entry.strategy, version):
            begun = replace(known, step="")
        notes |= {place: {STEPPING: begun.text()} for place, refs in extents.items() if ref in refs}
    return notes


def settle_steps(plan: Plan, outcome: Outcome, hold: Hold, extents: Extents) -> None:
    """Have the Leases say before which step a rollout stands, or nothing where it is done, has failed, or was given up."""
    for place, lock in hold.locks.items():
        stepping = Stepping.of(lock.lease)
        entry = next((entry for entry in plan.targets if stepping is not None and stepping.is_of(entry.target.ref)), None)
        if stepping is None or entry is None or entry.target.ref not in extents[place]:
            continue
        stands = (rollout for rollout in outcome.rollouts if rollout.ref == entry.target.ref and rollout.phase == "paused")
        ahead = next((step.name for rollout in stands for step in rollout.steps if step.state == "pending"), "")
        lock.leave(STEPPING, replace(stepping, step=ahead).text() if plan.by_steps and ahead else "")


def _now(outside: Surroundings) -> str:
    return f"{outside.cluster.now():%Y-%m-%dT%H:%M:%SZ}"
