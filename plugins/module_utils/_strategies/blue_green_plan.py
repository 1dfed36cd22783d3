# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rollout by blue/green would do from here on, as a table; the steps themselves decide when it comes to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .._domain.sides.claims import Side, SidesClaim
from .._domain.sides.colours import base_of, colour_of, deployments_of, is_pinned, mark_of
from .._domain.text.tables import Row
from .._domain.traffic.scenes import Scene
from .._domain.traffic.services import Selector, spelled
from .._domain.workloads.workload import COLOUR, TEMPLATE_HASH
from .two_sides import Rollout, budgets_of, needs_template


def rows(claim: SidesClaim, namespace: str, scene: Scene) -> tuple[Row, ...]:
    """The table of a rollout that goes forward."""
    rollout = Rollout(claim, namespace, {})
    found: list[Row] = []
    if not claim.switched:
        for side in rollout.moving:
            found.extend(_prepare(rollout, scene, side))
        found.extend(_pointed("preview", claim.previews, rollout, scene))
        for side in rollout.moving:
            size, first = rollout.size(scene, side), rollout.first_size(scene, side)
            if size > first:
                found.append(Row("scale_up", f"scale {side.candidate}", str(max(first, scene.desired(side.candidate))), str(size)))
        found.extend(_pointed("switch", claim.services, rollout, scene))
    for side in rollout.moving:
        found.extend(_moved(rollout, scene, side))
    if rollout.moving and not rollout.first() and claim.delay:
        found.append(Row("hold", "keep the old pods, then look again", after=f"{claim.delay:g} s"))
    found.extend(_end(rollout, scene))
    return tuple(found)


def extra_pods(claim: SidesClaim, namespace: str, scene: Scene) -> int:
    """How many pods more than now there will be while both sides stand."""
    rollout = Rollout(claim, namespace, {})
    return sum(max(0, rollout.size(scene, side) - scene.desired(side.candidate)) for side in rollout.moving)


def _prepare(rollout: Rollout, scene: Scene, side: Side) -> Iterator[Row]:
    stable = scene.workload(side.stable)
    if stable is not None and is_pinned(side.mark) and not stable.paused:
        yield Row("prepare", f"pause {side.stable} until it does not serve any more", "running", "paused")
    mine = {name for name, workload in {**rollout.claim.services, **rollout.claim.previews}.items() if workload == side.workload}
    pinned = {name: its for name, its in {**rollout.to_stable(), **rollout.previews_to_stable()}.items() if name in mine}
    for name, selector in sorted(pinned.items()):
        now = scene.services[name].selector if name in scene.services else {}
        if now != selector:
            yield Row("prepare", f"pin Service {name}", spelled(now), spelled(selector))
    if side.mark:
        for budget in budgets_of(scene, side):
            wanted = {**base_of(budget.labels), **side.mark}
            if wanted != budget.labels:
                yield Row("prepare", f"narrow PodDisruptionBudget {budget.ref.name}", spelled(budget.labels), spelled(wanted))
    count, size = scene.desired(side.candidate), rollout.first_size(scene, side)
    most = max(count, size)
    if scene.workload(side.candidate) is None:
        verb = "create "
    elif needs_template(rollout, scene, side):
        verb = "give the new template to "
    else:
        verb = "scale " if count < most else ""
    does = f"{verb}{side.candidate}, wait until all its pods are ready" if verb else f"wait until all pods of {side.candidate} are ready"
    yield Row("prepare", does, f"{count} replicas", f"{most} replicas")


def _pointed(step: str, services: Mapping[str, str], rollout: Rollout, scene: Scene) -> Iterator[Row]:
    for name, workload in sorted(services.items()):
        side = rollout.sides[workload]
        if side.candidate == side.stable:
            continue
        now = scene.services[name].selector if name in scene.services else {}
        yield Row(step, f"point Service {name}", spelled(now), spelled({**rollout.base(name), **coming_mark(rollout, scene, side)}))


def coming_mark(rollout: Rollout, scene: Scene, side: Side) -> Selector:
    """The mark that the candidate will have."""
    known = {} if needs_template(rollout, scene, side) else mark_of(scene.snapshot(side.candidate))
    if known or not rollout.claim.leaves:
        return known or {COLOUR: colour_of(side.workload, side.candidate)}
    return {TEMPLATE_HASH: "(that of the new template)"}


def _moved(rollout: Rollout, scene: Scene, side: Side) -> Iterator[Row]:
    wanted = coming_mark(rollout, scene, side)
    for budget in budgets_of(scene, side):
        yield Row(
            "verify", f"move PodDisruptionBudget {budget.ref.name}", spelled(budget.labels), spelled({**base_of(budget.labels), **wanted})
        )
    scaler = scene.scales(side.stable) if side.stable else None
    if scaler is not None:
        yield Row("verify", f"move HorizontalPodAutoscaler {scaler.ref.name}", side.stable, side.candidate)


def _end(rollout: Rollout, scene: Scene) -> Iterator[Row]:
    claim = rollout.claim
    for side in claim.sides:
        if claim.leaves:
            for name in deployments_of(side.workload)[1:]:
                if scene.workload(name) is not None:
                    yield Row("scale_down", f"delete {name}", f"{scene.desired(name)} replicas", "gone")
        elif side.stable and not claim.keep_old:
            yield Row("scale_down", f"scale {side.stable}", f"{scene.desired(side.stable)} replicas", "0 replicas")
    if claim.leaves:
        for name in sorted({**claim.services, **claim.previews}):
            yield Row("scale_down", f"widen Service {name}", after=spelled(rollout.base(name)))
