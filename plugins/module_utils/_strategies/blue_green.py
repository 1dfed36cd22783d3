# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Blue/green by Service selector: the candidate is made ready beside what serves, then the Services are pointed at it.

The order is what keeps requests from failing: what serves is pinned before a second set of pods exists; the traffic moves only to pods
that are ready, as many as served before; what served stays until the traffic has moved and some time is over; going back makes it able
to carry everything before the traffic returns.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from .._domain.base.objects import JsonObject
from .._domain.base.resources import DEPLOYMENT
from .._domain.sides.claims import BLUE_GREEN, SidesClaim
from .._domain.sides.colours import deployments_of, fingerprint, is_coloured, mark_of
from .._domain.steps.actions import Action, Change, Remember, Removal, SceneStep
from .._domain.steps.step import Apply
from .._domain.traffic.scenes import DRAIN_SECONDS, SWITCHED, Scene, View
from .._domain.traffic.services import Selector
from .blue_green_back import back
from .staged import Staged
from .two_sides import (
    Rollout,
    as_many,
    autoscaler_turn,
    budget_turns,
    colours_left,
    draining,
    first_of,
    has_moved,
    holds,
    led_away,
    led_to,
    needs_template,
    news_of,
    not_gone,
    not_proven,
    off,
    pause,
    regrown,
    scale,
    step,
    turns,
    unready,
    widen,
)


def forward(claim: SidesClaim, namespace: str, manifests: Mapping[str, JsonObject]) -> tuple[SceneStep, ...]:
    """The steps of a rollout, in their order. `manifests` has the candidate's manifest for each workload; without one its template must
    be there already."""
    rollout = Rollout(claim, namespace, manifests)
    nothing = "" if rollout.moving else "the Deployment of the plain name serves already"
    # What comes before the switch is over with it: what served may be gone by now.
    over = nothing or ("the traffic has moved already" if claim.switched else "")
    no_preview = "" if claim.previews else "there is no preview Service"
    watched, impossible, guarded = partial(_watched, rollout), partial(_impossible, rollout), partial(led_elsewhere, rollout)
    return (
        step(
            "prepare",
            lambda scene: _prepare(rollout, scene),
            lambda scene: first_of(unready(rollout, scene, side, rollout.first_size(scene, side)) for side in rollout.moving),
            watched=watched,
            impossible=impossible,
            idle=over,
        ),
        step(
            "preview",
            lambda scene: _preview(rollout, scene),
            lambda scene: not_proven(scene, rollout.to_candidates(scene, claim.previews)),
            watched=watched,
            impossible=impossible,
            idle=no_preview or over,
        ),
        step(
            "scale_up",
            lambda scene: _scale_up(rollout, scene),
            lambda scene: first_of(unready(rollout, scene, side, rollout.size(scene, side)) for side in rollout.moving),
            watched=watched,
            impossible=impossible,
            idle=over,
        ),
        SceneStep(
            "switch",
            lambda scene: news_of(_switch(rollout, scene)),
            lambda scene: _switch(rollout, scene),
            watched=watched,
            idle=over,
        ),
        step(
            "verify",
            lambda scene: _verify(rollout, scene),
            lambda scene: not_proven(scene, _served(rollout, scene), partial=True),
            watched=watched,
            impossible=impossible,
            guarded=guarded,
            idle=nothing,
        ),
        SceneStep(
            "hold",
            lambda scene: _hold(rollout, scene),
            lambda scene: (),
            watched=watched,
            impossible=impossible,
            guarded=guarded,
            recheck=lambda scene: _kept(rollout, scene) or None,
            idle=nothing or ("nothing served before" if rollout.first() else ""),
            extra=max(claim.delay, DRAIN_SECONDS),
            only_time=True,
        ),
        _scale_down(rollout),
    )


def _prepare(rollout: Rollout, scene: Scene) -> tuple[Action, ...]:
    """Pin what serves, then make the candidate beside it."""
    claim = rollout.claim
    moved = has_moved(rollout, scene)
    if moved and not _is_outdated(rollout, scene):
        return _candidates(rollout, scene)
    # Where the traffic is at another version than the one that is wanted by now, it goes back first, to as many pods.
    minimum = dict.fromkeys(claim.previews, 0) | (as_many(scene, claim.services) if moved else {})
    pins = rollout.to_stable() | ({} if _previews_moved(rollout, scene) else rollout.previews_to_stable())
    return (
        holds(rollout, scene, ((side.stable, side.mark) for side in rollout.moving))
        or (regrown(rollout, scene) if moved else ())
        or turns(rollout, scene, pins, "pin", minimum=minimum, partial=True)
        or tuple(budget_turns(scene, ((side, side.mark) for side in rollout.moving if side.mark)))
        or _candidates(rollout, scene)
    )


def _is_outdated(rollout: Rollout, scene: Scene) -> bool:
    """A candidate has not the wanted template."""
    return any(needs_template(rollout, scene, side) for side in rollout.moving)


def _previews_moved(rollout: Rollout, scene: Scene) -> bool:
    """The preview Services lead to candidates that have the new template."""
    wanted = rollout.to_candidates(scene, rollout.claim.previews)
    return not _is_outdated(rollout, scene) and bool(wanted) and not off(scene, wanted)


def _candidates(rollout: Rollout, scene: Scene) -> tuple[Action, ...]:
    templates: list[Action] = []
    scales: list[Action] = []
    for side in rollout.moving:
        workload = scene.workload(side.candidate)
        needed = needs_template(rollout, scene, side)
        if needed and workload is not None and workload.paused:
            templates.append(pause(rollout, side.candidate, paused=False))
        elif needed and side.workload in rollout.manifests:
            verb = "create" if workload is None else "give the new template to"
            write = Apply(rollout.manifests[side.workload])
            templates.append(Change(DEPLOYMENT, rollout.ref(side.candidate), write, f"{verb} {side.candidate}", starts=True))
        elif workload is not None and workload.paused and is_coloured(workload.template):
            templates.append(pause(rollout, side.candidate, paused=False))
        elif not needed and scene.desired(side.candidate) < rollout.first_size(scene, side):
            scales.append(scale(rollout, scene, side.candidate, rollout.first_size(scene, side)))
    return tuple(templates or scales)


def _preview(rollout: Rollout, scene: Scene) -> tuple[Action, ...]:
    wanted = rollout.to_candidates(scene, rollout.claim.previews)
    return _holds_candidates(rollout, scene) or turns(rollout, scene, wanted, "point the preview", minimum={}, partial=False)


def _holds_candidates(rollout: Rollout, scene: Scene) -> tuple[Action, ...]:
    return holds(rollout, scene, ((side.candidate, mark_of(scene.snapshot(side.candidate))) for side in rollout.moving))


def _scale_up(rollout: Rollout, scene: Scene) -> tuple[Action, ...]:
    return tuple(
        scale(rollout, scene, side.candidate, rollout.size(scene, side))
        for side in rollout.moving
        if scene.desired(side.candidate) < rollout.size(scene, side)
    )


def _switch(rollout: Rollout, scene: Scene) -> tuple[Action, ...]:
    """The traffic never gets fewer ready pods than it has now."""
    wanted = rollout.to_candidates(scene, rollout.claim.services)
    return (
        _holds_candidates(rollout, scene)
        # What serves may have grown since.
        or _scale_up(rollout, scene)
        or turns(rollout, scene, wanted, "point", minimum=as_many(scene, wanted), partial=False)
    )


def _verify(rollout: Rollout, scene: Scene) -> tuple[Action, ...]:
    claim = rollout.claim
    if not claim.switched:
        return () if not_proven(scene, _served(rollout, scene), partial=True) else (Remember(SWITCHED, "remember the promotion"),)
    # At the end of leaving blue/green nothing is told apart any more.
    told = () if claim.leaves and not colours_left(rollout, scene) else rollout.moving
    marks = ((side, mark_of(scene.snapshot(side.candidate))) for side in told)
    budgets = tuple(budget_turns(scene, ((side, mark) for side, mark in marks if mark)))
    scalers = tuple(change for side in rollout.moving for change in autoscaler_turn(scene, side.stable, side.candidate))
    return (*budgets, *scalers)


def _hold(rollout: Rollout, scene: Scene) -> str:
    """The old pods stay until open connections have ended; then what serves is looked at once more."""
    left = _kept(rollout, scene)
    if left:
        return f"the old pods are kept for {left:.0f} s more"
    return not_proven(scene, _served(rollout, scene), partial=True)


def _kept(rollout: Rollout, scene: Scene) -> float:
    """How many seconds the old pods still stay: as long as was asked for, and as the nodes need to follow."""
    return max(0.0, rollout.claim.delay - scene.since_switch, draining(scene))


def _served(rollout: Rollout, scene: Scene) -> dict[str, Selector]:
    """The selectors by which the candidates get the traffic: at the end of leaving blue/green those without a mark."""
    wanted = rollout.to_candidates(scene, rollout.claim.services)
    # Where what serves has the plain name already, no traffic moves before it.
    if rollout.claim.leaves and (rollout.claim.switched or not rollout.moving):
        widened = (name for name in wanted if name in scene.services and scene.services[name].selector == rollout.base(name))
        wanted = {**wanted, **{name: rollout.base(name) for name in widened}}
    return wanted


def _scale_down(rollout: Rollout) -> SceneStep:
    claim, guarded = rollout.claim, partial(led_elsewhere, rollout)
    if claim.leaves:
        leave, left = partial(_leave, rollout), partial(_left, rollout)
        return step("scale_down", leave, left, guarded=guarded, no_return=True)
    return step(
        "scale_down",
        lambda scene: _shrink(rollout, scene),
        lambda scene: "" if claim.keep_old else first_of(not_gone(scene, side.stable) for side in rollout.moving),
        guarded=guarded,
        idle="the old pods are kept, as keep_old says" if claim.keep_old else "",
        no_return=not claim.keep_old,
    )


def _watched(rollout: Rollout, scene: Scene) -> tuple[str, ...]:
    """Return the candidates that have the wanted template: what is wrong with another one is of no interest. After the switch all."""
    candidates = ((side, scene.workload(side.candidate)) for side in rollout.moving)
    return tuple(
        side.candidate
        for side, workload in candidates
        if workload is not None and (rollout.claim.switched or fingerprint(workload.template) == side.wanted)
    )


def _impossible(rollout: Rollout, scene: Scene) -> str:
    """Return that a candidate has lost its last ready pod after the switch, or ''."""
    claim = rollout.claim
    for side in claim.sides if claim.switched else ():
        mark = mark_of(scene.snapshot(side.candidate))
        for service in (name for name, workload in claim.services.items() if workload == side.workload):
            if mark and not scene.ready({**rollout.base(service), **mark}):
                return f"{rollout.ref(side.candidate)} has no ready pod any more after the switch."
    return ""


def _shrink(rollout: Rollout, scene: Scene) -> tuple[Action, ...]:
    """The old side to zero, unless a Service still leads to it (R2); the new one to what the definition asks for."""
    claim = rollout.claim
    actions: list[Action] = []
    for side in rollout.moving:
        old, asked = scene.workload(side.stable), side.replicas
        if old is not None and not claim.keep_old and old.desired and not led_to(scene, old):
            actions.append(scale(rollout, scene, side.stable, 0))
        if old is not None and old.paused and not old.desired and not claim.keep_old:
            actions.append(pause(rollout, side.stable, paused=False))
        now = scene.desired(side.candidate)
        if asked is not None and now > asked and not rollout.autoscaled(scene, side):
            actions.append(scale(rollout, scene, side.candidate, asked))
    return tuple(actions)


def _leave(rollout: Rollout, scene: Scene) -> tuple[Action, ...]:
    """Delete the colours, wait for the end of their pods, then let the Services select by their own labels again."""
    removals = tuple(
        Removal(DEPLOYMENT, workload.ref, workload.uid, f"delete {workload.ref.name}")
        for side in rollout.claim.sides
        for name in deployments_of(side.workload)[1:]
        if (workload := scene.workload(name)) is not None and not workload.deleted and not led_to(scene, workload)
    )
    if removals or colours_left(rollout, scene):
        return removals
    return widen(rollout, scene, rollout.bases(), [side.candidate for side in rollout.claim.sides])


def _left(rollout: Rollout, scene: Scene) -> str:
    return colours_left(rollout, scene) or not_proven(scene, rollout.there(scene, rollout.bases()), partial=True)


def led_elsewhere(rollout: Rollout, scene: Scene) -> dict[str, Selector]:
    """Return the Services that somebody has led elsewhere or deleted since the traffic has moved, with the selectors that they had got."""
    served = _served(rollout, scene)
    return {name: served[name] for name in led_away(scene, served)}


def view_of(claim: SidesClaim) -> View:
    """Return what a rollout looks at whose claim says it all."""
    deployments = {name for side in claim.sides for name in (side.stable, side.candidate) if name}
    services = (*claim.services, *claim.previews)
    return View(tuple(sorted(deployments)), services, services, traffic=True)


STRATEGY = Staged(BLUE_GREEN, view_of, lambda claim, namespace: forward(claim, namespace, {}), back)
