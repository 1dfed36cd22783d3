# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rollouts that go pod by pod: their steps follow from what there is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..._domain.base.errors import ForbiddenError, NotFoundError, RefusedError
from ..._domain.base.objects import JsonObject, Ref, mapping, ref_of, text, texts
from ..._domain.base.ports import Cluster
from ..._domain.base.resources import BUDGET, NODE
from ..._domain.kinds import named, workload_of
from ..._domain.request import Batching, Cause, Limits, Partitioning, RolloutRequest, Target
from ..._domain.steps.groups import Group, batches, falling, place_of, pods_of, primary_of, ready_places, taken
from ..._domain.text.tables import lines_of
from ..._domain.traffic.budgets import never
from ..._domain.workloads.revisions import candidate_of, is_of
from ..._domain.workloads.workload import Snapshot, Workload
from ..._strategies import on_delete, partition
from ..._strategies.shares_plan import rows
from ..observe.workloads import Observer
from ..outside.surroundings import Surroundings
from ..tell.outcome import Outcome
from ..write.writer import Planned, Writer
from .in_place import InPlace
from .plan import Plan, Plot, Plotted, require_pod_access


def plot_of(request: RolloutRequest, outside: Surroundings) -> Plot:
    """What makes the steps of a request from what there is. It raises `RefusedError` for an order, a budget or a primary with which the
    rollout could not end."""
    grouping = request.grouping
    if isinstance(grouping, Partitioning):
        return lambda target, writer, cause: _by_partition(request, grouping, target, writer, cause, outside)
    if isinstance(grouping, Batching):
        return lambda target, writer, cause: _by_deletion(request, grouping, target, writer, cause, outside)
    raise ValueError(f"The strategy {request.strategy} needs groups.")


def _seen(target: Target, live: JsonObject | None, outside: Surroundings) -> Snapshot:
    if live is None:
        return Snapshot(None)
    with Observer(outside.cluster, [target.ref], follow=False) as observer:
        require_pod_access(observer)
        return observer.snapshot(target.ref)


# --- partition ----------------------------------------------------------------------------------------------------------------


def _by_partition(
    request: RolloutRequest, wish: Partitioning, target: Target, writer: Writer, cause: Cause, outside: Surroundings
) -> Plotted:
    live = writer.look(target.resource, target.ref)
    if live is not None:
        partition.refuse_on_delete(target, live)
    before = _seen(target, live, outside)

    def planned(index: int) -> Planned:
        return writer.plan(target.resource, target.ref, partition.write(target, request.limits, index), cause=cause)

    write = planned(workload_of(live).partition or 0 if live is not None else 0)
    after = workload_of(write.after)
    if not ready_places(before, target.kind):
        return _all_at_once(request.limits, wish, target, planned(0), before)
    primary = primary_of(target.ref, wish.primary, pods_of(after), before.pods)
    groups = falling(after, wish, primary)
    number = taken(target.ref, groups, wish.stop_before)
    if write.template_changed or (live is not None and text(live, *on_delete.STRATEGY, "type") == "OnDelete"):
        # Nothing moves before the first step lowers it.
        write = planned(after.desired)
    steps = partition.steps(target, request.limits, write.write, workload_of(write.after), groups, before)
    return Plotted(steps[: number + 1], write, before, steps[number + 1 :], groups)


def _all_at_once(limits: Limits, wish: Partitioning, target: Target, write: Planned, before: Snapshot) -> Plotted:
    """Where no pod is ready there is nothing to protect, and none that the others could wait for."""
    if wish.stop_before and before.workload is not None and before.workload.desired:
        raise RefusedError(
            f"No pod of {target.ref} is ready, so none can be kept as it is while others are updated; leave stop_before out to update all."
        )
    (step,) = partition.steps(target, limits, write.write, workload_of(write.after), (), before)
    told = (f"no pod of {target.ref} is ready, so all are updated at once",) if before.pods else ()
    return Plotted((replace(step, notes=(*step.notes, *told)),), write, before)


# --- on_delete ----------------------------------------------------------------------------------------------------------------


def _by_deletion(request: RolloutRequest, wish: Batching, target: Target, writer: Writer, cause: Cause, outside: Surroundings) -> Plotted:
    ref, live = target.ref, writer.look(target.resource, target.ref)
    before = _seen(target, live, outside)
    write = writer.plan(target.resource, ref, on_delete.plain(target, request.limits, live), cause=cause)
    if live is None:
        return Plotted(on_delete.steps(target, write.write, write.after, (), before), write, before)
    old = _has_old_pods(before)
    if (write.template_changed or old) and text(write.after, *on_delete.STRATEGY, "type") != "OnDelete":
        write = writer.plan(target.resource, ref, on_delete.switching(target, request.limits, live), cause=cause)
    groups = _groups(wish, workload_of(write.after), before, outside.cluster)
    number = taken(ref, groups, wish.stop_before)
    if write.template_changed or old:
        _refuse_hopeless(ref, mapping(write.after, "spec", "template", "metadata"), outside.cluster)
    steps = on_delete.steps(target, write.write, write.after, groups, before)
    if number < len(groups):
        return Plotted(steps[: number + 1], write, before, steps[number + 1 :], groups)
    return Plotted(steps, write, before, groups=groups)


def _has_old_pods(before: Snapshot) -> bool:
    candidate = candidate_of(before)
    return candidate is None or any(not is_of(pod, candidate) for pod in before.pods)


def _groups(wish: Batching, after: Workload, before: Snapshot, cluster: Cluster) -> tuple[Group, ...]:
    ref = after.ref
    alive = [pod for pod in before.pods if not pod.terminating]
    places = pods_of(after) if after.kind.keeps_ordinals else tuple(sorted({pod.node for pod in alive if pod.node}))
    primary = primary_of(ref, wish.primary, places, alive)
    node_of = {place_of(pod, after.kind): pod.node for pod in alive}
    canary: frozenset[str] = frozenset()
    zones: Mapping[str, str] | None = None
    if wish.nodes:
        chosen = {ref_of(node).name for node in cluster.list(NODE, labels=wish.nodes).items}
        canary = frozenset(place for place, node in node_of.items() if node in chosen)
    if wish.label:
        values = {ref_of(node).name: text(node, "metadata", "labels", wish.label) for node in cluster.list(NODE).items}
        zones = {place: values.get(node, "") for place, node in node_of.items()}
        _refuse_unlabelled(ref, wish.label, zones)
    return batches(ref, places, wish, primary=primary, canary=canary, zones=zones)


def _refuse_unlabelled(ref: Ref, label: str, zones: Mapping[str, str]) -> None:
    if zones and not any(zones.values()):
        raise RefusedError(f"No node of {ref} has the label {label}, so it tells nothing about batches; correct batch_label, or use batch.")


def _refuse_hopeless(ref: Ref, metadata: JsonObject, cluster: Cluster) -> None:
    """Raise `RefusedError` where a PodDisruptionBudget will never let a pod go. Who may not see budgets finds that out by waiting."""
    try:
        budgets = cluster.list(BUDGET, ref.namespace).items
    except (ForbiddenError, NotFoundError):
        return
    sentence = never(({**budget, "kind": "PodDisruptionBudget"} for budget in budgets), ref, texts(metadata, "labels"))
    if sentence:
        raise RefusedError(sentence)


def _scaled_meanwhile(outcome: Outcome, plan: Plan) -> Outcome:
    """The outcome that tells of a workload that somebody has scaled meanwhile: no pod was left behind, and the steps had others."""
    told = []
    for rollout in outcome.rollouts:
        planned = next(workload_of(entry.write.after).desired for entry in plan.targets if entry.target.ref == rollout.ref)
        now = rollout.snapshot.workload.desired if rollout.snapshot.workload is not None else planned
        if now != planned and not named(rollout.ref.kind).per_node:
            told.append(f"{rollout.ref} was scaled from {planned} to {now} meanwhile, and all its pods were reckoned with")
    return replace(outcome, notes=(*outcome.notes, *told))


def _with_table(outcome: Outcome, plan: Plan) -> Outcome:
    """The outcome of check mode with a table of the steps, where they have shares of the pods."""
    (rollout,), (entry,) = outcome.rollouts, plan.targets
    pending = {step.name for step in rollout.steps if step.state == "pending"}
    found = rows(entry.groups, pending) if any(group.share is not None for group in entry.groups) else ()
    if not found:
        return outcome
    table = lines_of(found)
    return replace(outcome, rollouts=(replace(rollout, plan=table),), table=table)


def _given_up(outcome: Outcome, _plan: Plan) -> Outcome:
    """The outcome in which what was taken back well is aborted."""
    ends = (replace(rollout, phase="aborted") if not rollout.cause and rollout.news else rollout for rollout in outcome.rollouts)
    return replace(outcome, rollouts=tuple(ends))


POD_BY_POD = InPlace(plot=plot_of, by_steps=True, previewed=_with_table, told=_scaled_meanwhile)
ABORT = InPlace(told=_given_up)
"""Giving up what is on its way pod by pod."""
