# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every object that a blue/green rollout touches will be in the end, for the diff of check mode. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from .._domain.base.objects import Ref
from .._domain.base.resources import BUDGET, DEPLOYMENT, HPA, SERVICE
from .._domain.sides.claims import Side, SidesClaim
from .._domain.sides.colours import deployments_of
from .._domain.traffic.scenes import Scene
from .._domain.traffic.services import Selector
from .blue_green_plan import coming_mark
from .foreseen import Foreseen
from .two_sides import Rollout, adopted_now, autoscaler_target, budgets_of, has_moved, narrowed


def foreseen(claim: SidesClaim, namespace: str, scene: Scene, steps: Collection[str]) -> tuple[Foreseen, ...]:
    """What becomes of the objects when these steps are taken: those forward, or all of those back where the claim says so."""
    rollout = Rollout(claim, namespace, {})
    return tuple(_back(rollout, scene) if claim.back else _forward(rollout, scene, frozenset(steps)))


def _forward(rollout: Rollout, scene: Scene, steps: frozenset[str]) -> Iterator[Foreseen]:
    claim = rollout.claim
    leaves = claim.leaves and "scale_down" in steps
    for step, services, before in (
        ("switch", claim.services, rollout.to_stable()),
        ("preview", claim.previews, rollout.previews_to_stable()),
    ):
        for name, workload in sorted(services.items()):
            side = rollout.sides[workload]
            if leaves:
                yield _selects(rollout, name, rollout.base(name))
            elif step in steps and side in rollout.moving:
                yield _selects(rollout, name, {**rollout.base(name), **coming_mark(rollout, scene, side)})
            elif "prepare" in steps and name in before:
                yield _selects(rollout, name, before[name])
    for side in claim.sides:
        yield from _sizes(rollout, scene, side, steps)
        if side in rollout.moving:
            mark = coming_mark(rollout, scene, side) if "verify" in steps else side.mark if "prepare" in steps else {}
            yield from _counted(scene, side, {} if leaves else mark) if mark or leaves else ()
            yield from _scaled(scene, side.stable, side.candidate) if "verify" in steps else ()


def _sizes(rollout: Rollout, scene: Scene, side: Side, steps: frozenset[str]) -> Iterator[Foreseen]:
    claim = rollout.claim
    if side in rollout.moving and steps & {"prepare", "scale_up"}:
        size = rollout.size(scene, side) if "scale_up" in steps else rollout.first_size(scene, side)
        yield _has(rollout, side.candidate, max(scene.desired(side.candidate), size))
    if "scale_down" in steps and side in rollout.moving and side.replicas is not None and not rollout.autoscaled(scene, side):
        yield _has(rollout, side.candidate, side.replicas)
    if "scale_down" not in steps:
        return
    if claim.leaves:
        for name in deployments_of(side.workload)[1:]:
            if scene.workload(name) is not None:
                yield Foreseen(DEPLOYMENT, rollout.ref(name))
    elif side in rollout.moving and side.stable and not claim.keep_old:
        yield _has(rollout, side.stable, 0)


def _back(rollout: Rollout, scene: Scene) -> Iterator[Foreseen]:
    claim, adopted = rollout.claim, adopted_now(rollout)
    selectors: Mapping[str, Selector] = claim.originals if adopted else {**rollout.to_stable(), **rollout.previews_to_stable()}
    for name, selector in sorted(selectors.items()):
        yield _selects(rollout, name, selector)
    for side in rollout.moving:
        if has_moved(rollout, scene) and scene.desired(side.stable) < scene.desired(side.candidate):
            yield _has(rollout, side.stable, scene.desired(side.candidate))
        if scene.workload(side.candidate) is not None:
            yield Foreseen(DEPLOYMENT, rollout.ref(side.candidate)) if side.created and adopted else _has(rollout, side.candidate, 0)
        yield from _counted(scene, side, {} if adopted else side.mark)
        yield from _scaled(scene, side.candidate, side.stable)


def _selects(rollout: Rollout, service: str, selector: Selector) -> Foreseen:
    return Foreseen(SERVICE, Ref("Service", rollout.namespace, service), ("spec", "selector"), dict(selector))


def _has(rollout: Rollout, deployment: str, count: int) -> Foreseen:
    return Foreseen(DEPLOYMENT, rollout.ref(deployment), ("spec", "replicas"), count)


def _counted(scene: Scene, side: Side, mark: Selector) -> Iterator[Foreseen]:
    for budget in budgets_of(scene, side):
        yield Foreseen(BUDGET, budget.ref, ("spec", "selector"), narrowed(budget, mark))


def _scaled(scene: Scene, source: str, target: str) -> Iterator[Foreseen]:
    found = autoscaler_target(scene, source, target)
    if found is not None:
        yield Foreseen(HPA, found[0].ref, ("spec", "scaleTargetRef"), found[1])
