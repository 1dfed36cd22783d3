# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Giving a rollout by blue/green up: what served before carries everything again, then the candidate goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from .._domain.base.objects import texts
from .._domain.base.resources import DEPLOYMENT
from .._domain.sides.claims import Side, SidesClaim
from .._domain.sides.colours import is_pinned, mark_of
from .._domain.steps.actions import Action, Removal, SceneStep
from .._domain.traffic.scenes import DRAIN_SECONDS, Scene
from .._domain.traffic.services import Selector, picks
from .._domain.workloads.workload import COLOUR, TEMPLATE_HASH, Workload
from .two_sides import (
    Rollout,
    adopted_now,
    autoscaler_turn,
    budget_turns,
    draining,
    first_of,
    has_moved,
    holds,
    led_to,
    news_of,
    not_gone,
    not_proven,
    off,
    pause,
    regrown,
    scale,
    step,
    turns,
    widen,
)

T = TypeVar("T")
BACK = ("restore", "switch_back", "verify_back", "clear", "release")
"""The names of the steps, in their order."""


def back(claim: SidesClaim, namespace: str) -> tuple[SceneStep, ...]:
    """The steps that give a rollout up, from wherever it is; none where nothing served before."""
    remembered = Rollout(claim, namespace, {})
    if remembered.first():
        return ()
    stable = {side.stable for side in remembered.moving}

    def now(ask: Callable[[Rollout, Scene], T]) -> Callable[[Scene], T]:
        return lambda scene: ask(_as_it_is(remembered, scene), scene)

    able = now(lambda rollout, scene: first_of(_weaker(rollout, scene, side) for side in rollout.moving))
    return (
        step("restore", now(_restore), able, watched=lambda scene: tuple(sorted(stable & set(scene.deployments)))),
        step("switch_back", now(_switch_back), able),
        step("verify_back", now(_verify_back), now(_unproven_back)),
        SceneStep(
            "clear",
            now(
                lambda rollout, scene: (
                    _kept(rollout, scene)
                    or news_of(_clear(rollout, scene))
                    or first_of(_cleared(rollout, scene, side) for side in rollout.moving)
                )
            ),
            now(lambda rollout, scene: () if draining(scene) else _clear(rollout, scene)),
            recheck=lambda scene: draining(scene) or None,
            extra=DRAIN_SECONDS,
        ),
        step("release", now(_release), lambda scene: ""),
    )


def gone(claim: SidesClaim, namespace: str, scene: Scene) -> str:
    """What served before and does not exist any more: then there is no way back. Empty when there is."""
    rollout = Rollout(claim, namespace, {})
    missing = (rollout.ref(side.stable) for side in rollout.moving if side.stable and scene.workload(side.stable) is None)
    return next((str(ref) for ref in missing), "")


def _as_it_is(remembered: Rollout, scene: Scene) -> Rollout:
    """The rollout with the stable sides as they are now. Where somebody has rolled one out meanwhile, its pods have another hash than the
    one that was remembered, and a Service that names the old one leads nowhere."""
    sides = tuple(replace(side, mark=_present_mark(side, scene)) for side in remembered.claim.sides)
    claim = replace(remembered.claim, sides=sides)
    return Rollout(claim, remembered.namespace, {}, former=remembered)


def _present_mark(side: Side, scene: Scene) -> Selector:
    """The label that tells the stable pods: the one that was remembered, as long as a pod with it is ready, or no others are known."""
    remembered = any(pod.ready and not pod.going and picks(side.mark, pod.labels) for pod in scene.pods_of(side.stable))
    return side.mark if remembered else mark_of(scene.snapshot(side.stable)) or side.mark


def _on_candidate(rollout: Rollout, scene: Scene) -> bool:
    """A Service leads to a candidate."""
    stable = _ours(rollout, scene, rollout.to_stable())
    return bool(off(scene, stable)) and has_moved(rollout, scene)


def _ours(rollout: Rollout, scene: Scene, wanted: Mapping[str, Selector]) -> dict[str, Selector]:
    """Those of these Services that are there and lead where this rollout or what was before it has led them. What somebody else has set
    meanwhile is not ours to take back."""
    there = {name: its for name, its in wanted.items() if name in scene.services}
    return {name: its for name, its in there.items() if scene.services[name].selector in (its, *rollout.known(scene, name))}


def _restore(rollout: Rollout, scene: Scene) -> tuple[Action, ...]:
    """What served before is made able to carry everything, while the traffic is elsewhere (R4)."""
    if not _on_candidate(rollout, scene):
        # What a Service names by its hash must not be replaced under it, nor be scaled to nothing, whoever asked for that.
        named = [side for side in rollout.moving if _is_named(rollout, scene, side)]
        return holds(rollout, scene, ((side.stable, side.mark) for side in named)) or _woken(rollout, scene)
    holding = holds(rollout, scene, ((side.stable, side.mark) for side in rollout.moving))
    return holding or regrown(rollout, scene)


def _is_named(rollout: Rollout, scene: Scene, side: Side) -> bool:
    """A Service names the hash of these stable pods."""
    names = [name for name, workload in {**rollout.claim.services, **rollout.claim.previews}.items() if workload == side.workload]
    live = (scene.services[name].selector for name in names if name in scene.services)
    return is_pinned(side.mark) and any(selector.items() >= side.mark.items() for selector in live)


def _woken(rollout: Rollout, scene: Scene) -> tuple[Action, ...]:
    """What serves was scaled to nothing by somebody: as many pods again as the candidate has."""
    asleep = any(scene.workload(side.stable) is not None and not scene.desired(side.stable) for side in rollout.moving)
    return regrown(rollout, scene) if asleep else ()


def _weaker(rollout: Rollout, scene: Scene, side: Side) -> str:
    """The stable side has fewer ready pods than what gets the traffic now. Where that has none, any is better."""
    if not _on_candidate(rollout, scene):
        return ""
    workload = scene.workload(side.stable)
    if workload is None:
        return f"{rollout.ref(side.stable)} does not exist any more"
    mark = mark_of(scene.snapshot(side.candidate))
    ready, serving = scene.ready({**side.mark, **_own(workload)}), scene.ready({**mark, **_own(workload)}) if mark else 0
    if ready >= max(serving, 1):
        return ""
    return f"{rollout.ref(side.stable)}: {ready} of {max(serving, 1)} pods are ready"


def _own(workload: Workload) -> dict[str, str]:
    """The labels of a workload's pods, whichever colour."""
    labels = texts(workload.template, "metadata", "labels")
    return {key: value for key, value in labels.items() if key not in (COLOUR, TEMPLATE_HASH)}


def _switch_back(rollout: Rollout, scene: Scene) -> tuple[Action, ...]:
    services = _pinned(rollout, scene, rollout.to_stable())
    if not off(scene, services):
        return ()
    # What gets the traffic may have grown since, what served before may have lost pods.
    first = holds(rollout, scene, ((side.stable, side.mark) for side in rollout.moving)) or _restore(rollout, scene)
    if first or any(_weaker(rollout, scene, side) for side in rollout.moving):
        return first
    return turns(rollout, scene, services, "point back", minimum={}, partial=True)


def _pinned(rollout: Rollout, scene: Scene, wanted: Mapping[str, Selector]) -> dict[str, Selector]:
    """Return the selectors that must still be written to lead the traffic back to stable. A Service that has its original selector is left
    out once no pod of the candidate is left."""
    workloads = {**rollout.claim.services, **rollout.claim.previews}
    return {
        name: selector
        for name, selector in _ours(rollout, scene, wanted).items()
        if not (scene.services[name].selector == rollout.base(name) and _is_over(rollout, scene, workloads[name]))
    }


def _is_over(rollout: Rollout, scene: Scene, workload: str) -> bool:
    """This very rollout has brought blue/green, and nothing runs of its candidate."""
    candidate = rollout.sides[workload].candidate
    return adopted_now(rollout) and not scene.desired(candidate) and not scene.pods_of(candidate)


def _unproven_back(rollout: Rollout, scene: Scene) -> str:
    return not_proven(scene, _pinned(rollout, scene, rollout.to_stable()), partial=True)


def _verify_back(rollout: Rollout, scene: Scene) -> tuple[Action, ...]:
    narrowed = ((side, side.mark) for side in rollout.moving if side.mark and not _is_over(rollout, scene, side.workload))
    budgets = tuple(budget_turns(scene, narrowed))
    scalers = tuple(change for side in rollout.moving for change in autoscaler_turn(scene, side.candidate, side.stable))
    spare = dict.fromkeys(rollout.claim.previews, 0)
    previews = turns(rollout, scene, _pinned(rollout, scene, rollout.previews_to_stable()), "point back", minimum=spare, partial=True)
    return (*budgets, *scalers, *previews)


def _clear(rollout: Rollout, scene: Scene) -> tuple[Action, ...]:
    """The candidate goes: deleted where this rollout made it, else without pods."""
    actions: list[Action] = []
    for side in rollout.moving:
        workload = scene.workload(side.candidate)
        if workload is None or workload.deleted or led_to(scene, workload):
            continue
        if side.created and adopted_now(rollout):
            actions.append(Removal(DEPLOYMENT, workload.ref, workload.uid, f"delete {side.candidate}"))
        elif workload.desired:
            actions.append(scale(rollout, scene, side.candidate, 0))
        elif workload.paused:
            # One that was kept and told by its hash: nothing names that any more.
            actions.append(pause(rollout, side.candidate, paused=False))
    return tuple(actions)


def _kept(rollout: Rollout, scene: Scene) -> str:
    """The candidate got requests just before: it stays until the nodes have followed."""
    left = draining(scene)
    return f"the pods of the candidate are kept for {left:.0f} s more" if left and _clear(rollout, scene) else ""


def _cleared(rollout: Rollout, scene: Scene, side: Side) -> str:
    if side.created and adopted_now(rollout):
        pods = scene.pods_of(side.candidate)
        there = scene.workload(side.candidate) is not None
        return f"{rollout.ref(side.candidate)}: its end is waited for ({len(pods)} pods)" if there or pods else ""
    return not_gone(scene, side.candidate)


def _release(rollout: Rollout, scene: Scene) -> tuple[Action, ...]:
    """Where blue/green began with this rollout, everything is as before it."""
    if not adopted_now(rollout):
        return ()
    return widen(rollout, scene, _ours(rollout, scene, rollout.claim.originals), [side.stable for side in rollout.moving])
