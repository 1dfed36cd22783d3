# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A canary inside one plain Deployment: some of its pods run the candidate, are watched with real requests, and then all of them do.

The Deployment's own rolling update is made to stand still (`_domain/canary/parking.py`). Each step is one write after another, and which
one follows from what is there: first the candidate gets its pods besides the stable ones, and when they serve as many stable ones go. So
there are never fewer ready pods than the Deployment asks for. While nothing is to move it is paused: nobody's change then starts a pod.
"""

from __future__ import annotations

from functools import partial

from .._domain.canary.course import CANARY, Canary, Sight, sight_of
from .._domain.leases.claim import Claim
from .._domain.request import Target
from .._domain.steps.actions import Meddling, SceneStep
from .._domain.traffic.scenes import Scene, View
from .._domain.workloads.shares import PROMOTE, Share
from .canary_moves import Moves, Way, gone
from .canary_pods import BY_PODS
from .canary_routed import BY_ROUTES, WITHDRAWN
from .routing import looked_at, routes_of
from .staged import Staged

WITHDRAW, BRING_BACK, RESTORE, ROLL = "withdraw", "bring_back", "restore", "roll"
_TEMPLATE = ("spec", "template")
_REPLICAS = ("spec", "replicas")


def forward(claim: Claim, namespace: str, target: Target | None = None) -> tuple[SceneStep, ...]:
    """The steps of a canary: one for each share, then the promotion. `target` brings the candidate's template; without one it must be
    there already."""
    way = _way(claim, namespace, target)
    canary, moves = way.canary, _moves(way)
    order = [*(share.name for share in canary.shares), PROMOTE]
    begun = [name for name in order if name in claim.times]
    found = []
    if canary.former:
        over = "the candidate before is gone" if begun else ""
        found.append(way.step(WITHDRAW, partial(moves.withdraw, way), impossible=partial(moves.impossible, way), idle=over))
    for share in canary.shares:
        later = any(name in claim.times for name in order[order.index(share.name) + 1 :])
        found.append(
            way.step(
                share.name,
                partial(moves.give, way, share),
                watched=partial(_watched, way),
                meddled=partial(_meddled, way, share),
                impossible=partial(moves.impossible, way),
                measured=partial(moves.is_held, way, share),
                measures_anew=True,
                idle="it was done before" if later else "",
                extra=share.hold,
            )
        )
    found.append(
        way.step(
            last_step(canary),
            partial(moves.promote, way),
            watched=partial(_watched, way),
            meddled=partial(_meddled, way, None),
            impossible=partial(moves.impossible, way),
        )
    )
    return tuple(found)


def back(claim: Claim, namespace: str) -> tuple[SceneStep, ...]:
    """The steps that give a canary up, from wherever it is; none where nothing served before."""
    way = _way(claim, namespace)
    if not way.canary.base:
        return ()
    moves, lost = _moves(way), partial(gone, way.canary)
    return (
        way.step(BRING_BACK, partial(moves.bring_back, way), impossible=lost),
        way.step(RESTORE, partial(moves.restore, way), impossible=lost),
    )


def _way(claim: Claim, namespace: str, target: Target | None = None) -> Way:
    canary = Canary.of(claim, namespace)
    return Way(canary, claim.times, target, routes_of(claim, namespace) if canary.routing is not None else ())


def _moves(way: Way) -> Moves:
    """How the requests are divided: without a step to watch nothing is."""
    return BY_ROUTES if way.canary.routing is not None and way.canary.shares else BY_PODS


def last_step(canary: Canary) -> str:
    """The name of the step that gives all pods the candidate: without anything to watch before it is a plain rollout."""
    return PROMOTE if canary.shares else ROLL


def _watched(way: Way, scene: Scene) -> tuple[str, ...]:
    """The Deployment, once it has the candidate's template."""
    sight = sight_of(way.canary, scene)
    return (way.canary.ref.name,) if sight is not None and sight.whose == "candidate" else ()


def _meddled(way: Way, share: Share | None, scene: Scene) -> Meddling | None:
    """What somebody has done that ends the canary; None for what it can live with."""
    return _changed(way, scene) or _moves(way).meddled(way, share, scene)


def _changed(way: Way, scene: Scene) -> Meddling | None:
    """What somebody has done to the Deployment."""
    canary, sight = way.canary, sight_of(way.canary, scene)
    if sight is None:
        return Meddling(canary.ref, "was deleted", ()) if canary.base else None
    begun = bool(set(way.since) - {WITHDRAWN}) or sight.parked or (sight.candidate is not None and sight.candidate.asked > 0)
    if sight.whose == "candidate":
        return _unheld(way, sight) if canary.shares else None
    if sight.whose == "stable":
        back = "was given the template back that served before"
        return Meddling(canary.ref, back, _TEMPLATE) if begun and canary.shares else None
    return Meddling(canary.ref, "was given another template", _TEMPLATE) if begun or not canary.former else None


def _unheld(way: Way, sight: Sight) -> Meddling | None:
    """What keeps a Deployment that has the candidate's template from standing still, or lets the candidate serve alone."""
    ref, promoting = way.canary.ref, PROMOTE in way.since
    if not sight.parked:
        lost = "has lost the settings that hold its rolling update"
        return None if promoting else Meddling(ref, lost, ("spec", "progressDeadlineSeconds"))
    if sight.total == 0:
        return Meddling(ref, "was scaled to 0, from where it would come back with the candidate alone", _REPLICAS)
    if sight.old == 0 and sight.total > 1 and not promoting:
        return Meddling(ref, "has no pod of the stable version any more, as after it was scaled to 0 and back", _REPLICAS)
    return None


def view(claim: Claim) -> View:
    """The Deployment with its revisions and pods; with routes also these, and the Services of both versions."""
    canary = Canary.of(claim, "")
    if canary.routing is None:
        return View((canary.ref.name,))
    own = canary.routing.candidate_service
    routes = looked_at(routes_of(claim, ""))
    return View((canary.ref.name,), (*canary.routing.selectors, own), (own,), traffic=True, routes=routes)


STRATEGY = Staged(CANARY, view, forward, back)
