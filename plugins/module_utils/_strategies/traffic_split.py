# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dividing the requests of routes among Services by weights, all routes or none; and bringing back what was there before.

A Service gets a weight only when it has endpoints, and the task ends when every router has taken its route over. All numbers stand in the
routes, so a run that was killed is continued by the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from .._domain.base.objects import JsonObject, Ref, mapping, number
from .._domain.leases.claim import Claim
from .._domain.steps.actions import Change, Removal, SceneStep
from .._domain.traffic.scenes import Scene, View
from .._domain.traffic.splitting import Former
from .routing import Route, gone, looked_at, refused, routes_of, unaccepted, undivided, unreleased, unrestored, unserved
from .staged import Staged

TRAFFIC_SPLIT = "traffic_split"
ENDPOINTS, SPLIT, ACCEPT, RESTORE = "endpoints", "split", "accept", "restore"
STEPS = (ENDPOINTS, SPLIT, ACCEPT)
Left = Callable[[Scene], tuple[Change | Removal, ...]]
"""Returns the changes that are left in a scene."""


def weights_in(claim: Claim) -> dict[str, int]:
    """The weights that a claim wants, by Service; none where it brings back what was there before."""
    found = mapping(claim.wanted, "weights")
    return {name: number(found, name) for name in found}


def forward(claim: Claim, namespace: str) -> tuple[SceneStep, ...]:
    """Wait for endpoints, write all routes, wait for their routers."""
    routes, weights = routes_of(claim, namespace), weights_in(claim)
    left: Left = partial(undivided, routes, weights) if weights else partial(_unlike_before, routes)
    return (
        SceneStep(ENDPOINTS, partial(unserved, weights), lambda scene: (), only_time=True),
        _writing(SPLIT, routes, left),
        _accepted(ACCEPT, routes),
    )


def _unlike_before(routes: Sequence[Route], scene: Scene) -> tuple[Change | Removal, ...]:
    """What is left until the routes are as they were before all changes of weights, and nothing of them is ours."""
    return unrestored(routes, scene, originals=True) or unreleased(routes, scene)


def back(claim: Claim, namespace: str) -> tuple[SceneStep, ...]:
    """Bring back what was there when the task began, and wait for the routers."""
    routes = routes_of(claim, namespace)
    return _writing(RESTORE, routes, partial(unrestored, routes)), _accepted(ACCEPT, routes)


def _writing(name: str, routes: Sequence[Route], left: Left) -> SceneStep:
    def lacking(scene: Scene) -> str:
        return " and ".join(f"{change.ref} has other weights" for change in left(scene))

    return SceneStep(name, lacking, left, impossible=partial(_gone, routes))


def _accepted(name: str, routes: Sequence[Route]) -> SceneStep:
    def impossible(scene: Scene) -> str:
        return _gone(routes, scene) or refused(routes, scene)

    return SceneStep(name, partial(unaccepted, routes), lambda scene: (), impossible=impossible, only_time=True)


def _gone(routes: Sequence[Route], scene: Scene) -> str:
    lost = gone(routes, scene)
    return f"{lost} any more; create it and run the task again." if lost else ""


def known(claim: Claim, scene: Scene) -> JsonObject:
    """What the routes are like now, as the claim remembers it."""
    return {"routes": {ref.short: _seen(claim, ref, obj).plain() for ref, obj in scene.routes.items()}}


def _seen(claim: Claim, ref: Ref, obj: JsonObject) -> Former:
    """What one of them is like now: its rules that name the Services, or those that are to be brought back."""
    route = next(route for route in routes_of(claim, ref.namespace) if route.ref == ref)
    weights = weights_in(claim) or dict.fromkeys(route.original.services, 1)
    return Former.seen(route.dividing(weights), obj)


def view(claim: Claim) -> View:
    """The routes, and the endpoints of the Services that shall get requests."""
    serving = tuple(name for name, weight in weights_in(claim).items() if weight)
    return View((), serving, routes=looked_at(routes_of(claim, "")))


STRATEGY: Staged[Claim] = Staged(TRAFFIC_SPLIT, view, forward, back, known)
