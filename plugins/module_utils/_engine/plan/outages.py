# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rollouts that make an outage: announced from the application's own history, and remembered in its Lease afterwards."""

from __future__ import annotations

from dataclasses import replace

from ..._domain.base.errors import RolloutError
from ..._domain.base.objects import Ref, mapping
from ..._domain.kinds import workload_of
from ..._domain.leases.lease import default_application, lease_name
from ..._domain.leases.outages import OUTAGES, announcement, expected, outages_of, stops_pods, with_outage
from ..._domain.workloads.completion import standing
from ..._domain.workloads.workload import Snapshot
from ..hold.hold import Extents, Hold, Place
from ..observe.workloads import Observer
from ..outside.surroundings import Surroundings
from ..tell.outcome import Outage, Outcome, Rollout
from .in_place import InPlace
from .plan import Plan, PlannedTarget, in_the_way, may_be_in_the_way, obstacle, require_pod_access


def _with_histories(extents: Extents, plan: Plan) -> Extents:
    """What is to be held, with the Lease of each workload that makes an outage: that Lease remembers them."""
    found = {place: {*refs} for place, refs in extents.items()}
    for ref in (entry.target.ref for entry in plan.targets if extents and _makes_outage(entry)):
        found.setdefault(_place(ref), set()).add(ref)
    return found


def _place(ref: Ref) -> Place:
    return ref.namespace, default_application(ref)


def _makes_outage(entry: PlannedTarget) -> bool:
    before = entry.write.before
    return before is not None and entry.write.template_changed and stops_pods(before)


def _is_idle(entry: PlannedTarget) -> bool:
    return entry.write.before is None or standing(Snapshot(workload_of(entry.write.before))).done


def _looked_after(plan: Plan, outside: Surroundings) -> Plan:
    """The plan that says what would be waited for first. Raises what the run would raise."""
    entries = [entry for entry in plan.targets if may_be_in_the_way(entry)]
    if not entries:
        return plan
    with Observer(outside.cluster, [entry.target.ref for entry in entries], follow=False) as observer:
        require_pod_access(observer)
        found = [sentence for sentence in (obstacle(entry, observer) for entry in entries) if sentence]
    if found and not plan.waiting.wait:
        raise in_the_way(found[0], plan.waiting)
    return replace(plan, warnings=(*plan.warnings, *(f"{sentence}: that would be waited for first." for sentence in found)))


# --- the outage -----------------------------------------------------------------------------------------------------------------


def _announced(plan: Plan, outside: Surroundings) -> Plan:
    """The plan that says which outages it makes, from what is remembered of earlier ones."""
    return replace(plan, targets=tuple(_with_history(entry, outside) for entry in plan.targets))


def _with_history(entry: PlannedTarget, outside: Surroundings) -> PlannedTarget:
    before, ref = entry.write.before, entry.target.ref
    if before is None or not _makes_outage(entry):
        return entry
    outages = outages_of(outside.leases.named(ref.namespace, lease_name(default_application(ref))))
    return replace(entry, outages=outages, intent=f"recreated: {announcement(outages, mapping(before, 'spec', 'template'))}")


def _completed(outcome: Outcome, plan: Plan) -> Outcome:
    """The outcome in which each rollout has its outage, also one that makes none."""
    entries = {entry.target.ref: entry for entry in plan.targets}
    return replace(outcome, rollouts=tuple(_with_outage(rollout, entries[rollout.ref]) for rollout in outcome.rollouts))


def _with_outage(rollout: Rollout, entry: PlannedTarget) -> Rollout:
    if rollout.outage is not None:
        return rollout
    if entry.outages is not None:
        return replace(rollout, outage=Outage(expected(entry.outages), None))
    # Whether what somebody else began has stopped pods was not seen.
    return replace(rollout, outage=Outage(None, 0.0 if _is_idle(entry) else None))


def _remembered(outcome: Outcome, plan: Plan, hold: Hold) -> Outcome:
    """The outcome, once the outages are in the applications' Leases: of those that went well, since the others tell nothing of the next."""
    announced = {entry.target.ref for entry in plan.targets if entry.outages is not None}
    lost = []
    for rollout in outcome.rollouts:
        ref, seconds = rollout.ref, rollout.outage.seconds if rollout.outage is not None else None
        if ref not in announced or seconds is None or rollout.phase != "complete":
            continue
        try:
            lock = hold.locks[_place(ref)]
            lock.note(OUTAGES, with_outage(outages_of(lock.lease), seconds))
        except RolloutError as error:
            lost.append(f"The outage of {ref} could not be remembered for the next announcement: {error.message}")
    return replace(outcome, warnings=(*outcome.warnings, *lost))


RECREATE = InPlace(announced=_announced, waits_first=_looked_after, extents=_with_histories, told=_completed, remembered=_remembered)
