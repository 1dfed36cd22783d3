# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A canary whose requests are divided by the weights of routes.

Both versions stand inside the one Deployment. The candidate comes besides all pods of the stable version, so going back takes nothing but
the weights. The order of the writes is what keeps requests from being lost:

- forward: the Services are pinned to the stable version, the candidate's pods get ready, its own Service gets their endpoints, the route
  its weight;
- in the end: all weight to the candidate, the Services to the candidate, the routes as they were, then the stable pods go;
- back: the routes as they were, then the candidate's pods go.

Pods that had requests go only `delay` seconds after the change of weights, as routers follow that late.
"""

from __future__ import annotations

from collections.abc import Mapping

from .._domain.base.objects import Ref
from .._domain.base.resources import DEPLOYMENT, SERVICE
from .._domain.canary.course import RELEASED, RESTORED, Sight, serving, sight_of
from .._domain.canary.parking import Bounds, Park, Unpark, has_fields
from .._domain.ownership.formers import Former
from .._domain.steps.actions import STILL, Action, Change, Meddling, Remember, Removal, Turn
from .._domain.steps.step import Apply, Edit
from .._domain.traffic.scenes import Scene
from .._domain.traffic.services import Selector, spelled
from .._domain.workloads.completion import some, standing
from .._domain.workloads.shares import PROMOTE, Share
from .canary_moves import Move, Moves, Way, is_stopped, left_over, released, settling, stabilized, written
from .routing import disowned, gone, refused, unaccepted, undivided, unmade, unmatched, unreached, unrestored

SHIFTED, RETURNED, AWAY, WITHDRAWN = "all_weight", "routes_back", "weights_away", "weights_withdrawn"
"""When all requests went to the candidate, when the routes were as before again in the end, and when on the way back, or before a candidate
that supersedes this one: in a claim."""


# --- forward ------------------------------------------------------------------------------------------------------------------------


def give(way: Way, share: Share, scene: Scene) -> Move:
    """Give the candidate its pods and its part of the requests, then let the time of the step pass."""
    sight = sight_of(way.canary, scene)
    if sight is None:
        return Move(f"{way.canary.ref} does not exist")
    if sight.whose != "candidate":
        return _begun(way, sight, share, scene)
    return _given(way, share, sight, scene) or _rested(share, scene)


def _begun(way: Way, sight: Sight, share: Share, scene: Scene) -> Move:
    """Pin the Services to what serves, then bring the candidate's template: in this order, as its first pod would else get requests."""
    if not sight.is_whole or sight.stable is None:
        return Move(standing(sight.snapshot).message)
    pins = _turned(way.routing.leading(sight.stable.hash), scene, way, sight, "pin to the stable version")
    return pins or written(way, Park(Bounds(way.canary.pods(share, sight.total), 0), sight.total))


def _given(way: Way, share: Share, sight: Sight, scene: Scene) -> Move | None:
    """What is missing until the candidate has so many pods and so much weight; None when it has."""
    weights = way.routing.weights(share.weight or 0)
    return (
        _grown(way, sight, way.canary.pods(share, sight.total))
        or _served(way, sight, scene)
        or _acted("make what has the weights", unmade(way.routes, way.routing.service, way.routing.candidate_service, scene))
        or _acted("lead matching requests to the candidate", _matching(way, scene))
        or _acted("give the candidate its weight", unreached(way.routes, weights, way.routing.candidate_service, scene))
        or _taken_over(way, scene)
    )


def _matching(way: Way, scene: Scene) -> tuple[Change, ...]:
    routing = way.routing
    if routing.match is None:
        return ()
    return unmatched(way.routes, routing.match, routing.candidate_service, (routing.service, routing.candidate_service), scene)


def _grown(way: Way, sight: Sight, wanted: int) -> Move | None:
    """What the candidate lacks until so many of its pods serve besides all of the stable version."""
    reach, bounds = sight.bounds.surge, sight.bounds
    if is_stopped(sight, reach):
        return way.park(sight, bounds, f"let {way.canary.ref} go on")
    settled = settling(sight, min(reach, sight.total))
    if settled is not None:
        return settled
    if reach < wanted:
        return way.park(sight, Bounds(wanted, 0), f"start {some(wanted - reach, 'pod')} of the candidate")
    return way.park(sight, bounds, f"hold {way.canary.ref}", paused=True) if not sight.workload.paused else None


def _served(way: Way, sight: Sight, scene: Scene) -> Move | None:
    """What the candidate's Service lacks until it has the endpoints of all its pods: a weight without endpoints is answered with errors."""
    routing, candidate = way.routing, sight.candidate
    name = routing.candidate_service
    wanted = routing.to_candidate(candidate.hash if candidate is not None else "")
    found = scene.services.get(name)
    if found is None or found.selector != wanted:
        if routing.former:
            return _turned({name: wanted}, scene, way, sight, "lead to the candidate")
        news = f"{'make' if found is None else 'lead'} Service {name} {'for' if found is None else 'to'} the candidate"
        manifest = routing.manifest(way.canary.ref, sight.workload.uid, candidate.hash if candidate is not None else "")
        return Move(news, (Change(SERVICE, _service(way, name), Apply(manifest), news),))
    lacking = len(sight.new) - scene.serving(name)
    return Move(f"Service {name} lacks {some(lacking, 'endpoint')}") if lacking > 0 else None


def _taken_over(way: Way, scene: Scene) -> Move | None:
    lacking = unaccepted(way.routes, scene)
    return Move(lacking) if lacking else None


def _rested(share: Share, scene: Scene) -> Move:
    """The time of the step, from when the routes were accepted with its weight."""
    if share.name not in scene.since:
        news = f"{share.weight} % of the requests go to the candidate" if share.weight else "matching requests go to the candidate"
        return Move(news, (Remember(share.name, news),))
    left = max(0.0, share.hold - scene.since[share.name])
    return Move(f"held for {share.hold:g} s", recheck=left) if left else Move()


def is_held(way: Way, share: Share, scene: Scene) -> bool:
    """Whether the candidate has its part of the requests, so that gates can measure it."""
    sight = sight_of(way.canary, scene)
    if sight is None or sight.whose != "candidate" or share.name not in scene.since:
        return False
    return _given(way, share, sight, scene) is None


def promote(way: Way, scene: Scene) -> Move:
    """Bring the candidate to its full size, give it all requests by its own Service, then by the Services and routes as they were, and end
    the stable pods."""
    sight = sight_of(way.canary, scene)
    if sight is None or sight.whose != "candidate":
        return Move(f"{way.canary.ref} has not the candidate's template")
    if not sight.parked:
        return _ended(way, sight, scene) if standing(sight.snapshot).done else Move(left_over(sight))
    if PROMOTE not in scene.since:
        return Move(f"{STILL}begin the promotion", (Remember(PROMOTE, "begin the promotion"),))
    led = _led_to_candidate(way, sight, scene)
    end = _handed_back if led and all(led) else _shifted
    return _grown(way, sight, sight.total) or end(way, sight, scene)


def _shifted(way: Way, sight: Sight, scene: Scene) -> Move:
    """All requests go to the candidate's own Service; when routers have followed, the Services lead to the candidate."""
    left = undivided(way.routes, way.routing.weights(100), scene)
    candidate = sight.candidate.hash if sight.candidate is not None else ""
    return (
        _served(way, sight, scene)
        or _acted("make what has the weights", unmade(way.routes, way.routing.service, way.routing.candidate_service, scene))
        or _acted("give the candidate all requests", left)
        or _taken_over(way, scene)
        or _passed(way, SHIFTED, scene)
        or _turned(way.routing.leading(candidate), scene, way, sight, "lead to the candidate", whole=True)
        or Move()
    )


def _handed_back(way: Way, sight: Sight, scene: Scene) -> Move:
    """The routes are as they were; when routers have followed, the Deployment gets its own settings back, which ends the stable pods."""
    return _routes_back(way, RETURNED, scene) or _unparked(way, sight)


def _unparked(way: Way, sight: Sight) -> Move:
    news = f"give {way.canary.ref} its own settings back"
    write = Edit(Unpark(way.canary.after), way.demand(sight), single=True)
    return Move(news, (Change(DEPLOYMENT, way.canary.ref, write, news),))


def _ended(way: Way, sight: Sight, scene: Scene) -> Move:
    """The Services get their own selectors back, the candidate's own Service goes, and nothing stays ours."""
    return _cleared(way, sight, scene) or _released(way, scene, RELEASED, way.canary.heirs)


def _cleared(way: Way, sight: Sight, scene: Scene) -> Move | None:
    routing = way.routing
    own = {**routing.selectors, **({routing.candidate_service: routing.former} if routing.former else {})}
    widened = _turned(own, scene, way, sight, "get their own selectors back")
    if widened is not None:
        return widened
    found = scene.services.get(routing.candidate_service)
    if found is None or routing.former:
        return None
    news = f"delete Service {routing.candidate_service}"
    return Move(news, (Removal(SERVICE, _service(way, routing.candidate_service), found.uid, news),))


def _released(way: Way, scene: Scene, mark: str, owners: tuple[Former, ...]) -> Move:
    found = released(way, scene, mark, owners)
    return Move(found.lacking, (*disowned(way.routes), *found.actions)) if found.actions else found


# --- back ---------------------------------------------------------------------------------------------------------------------------


def bring_back(way: Way, scene: Scene, mark: str = AWAY) -> Move:
    """Take the requests away from the candidate, let routers follow, then give the Deployment the stable template back."""
    sight = sight_of(way.canary, scene)
    if sight is None:
        return _acted("give the routes their weights back", unrestored(way.routes, scene)) or Move()
    # Without a Service of its own no request is led to the candidate, so no router has to follow.
    alone = not way.routing.former and way.routing.candidate_service not in scene.services
    left = _acted("give the routes their weights back", unrestored(way.routes, scene)) if alone else _routes_back(way, mark, scene)
    return _led_back(way, sight, scene) or left or stabilized(way, sight)


def withdraw(way: Way, scene: Scene) -> Move:
    """Take the candidate away that another one supersedes."""
    sight = sight_of(way.canary, scene)
    if sight is None or sight.whose == "candidate":
        return Move()
    return bring_back(way, scene, WITHDRAWN)


def restore(way: Way, scene: Scene) -> Move:
    """Give the Deployment its own settings back, and the Services their selectors."""
    sight, canary = sight_of(way.canary, scene), way.canary
    if sight is None:
        return Move()
    if not has_fields(sight.workload, canary.own):
        news = f"give {canary.ref} its own settings back"
        return Move(news, (Change(DEPLOYMENT, canary.ref, Edit(Unpark(canary.own), way.demand(sight), single=True), news),))
    return _cleared(way, sight, scene) or _released(way, scene, RESTORED, canary.owners)


def _led_back(way: Way, sight: Sight, scene: Scene) -> Move | None:
    """Lead the Services away from the candidate alone: to the stable version where it has all its pods, else to both."""
    if not any(_led_to_candidate(way, sight, scene)):
        return None
    old, _new = serving(way.canary, scene)
    is_full = sight.stable is not None and old >= sight.total
    to = way.routing.leading(sight.stable.hash) if is_full and sight.stable is not None else way.routing.selectors
    return _turned(to, scene, way, sight, "lead to the stable version" if is_full else "lead to both versions")


def _routes_back(way: Way, mark: str, scene: Scene) -> Move | None:
    """The routes are as they were before, and routers have had the time to follow."""
    return (
        _acted("give the routes their weights back", unrestored(way.routes, scene)) or _taken_over(way, scene) or _passed(way, mark, scene)
    )


# --- pieces -------------------------------------------------------------------------------------------------------------------------


def _acted(lacking: str, actions: tuple[Action, ...]) -> Move | None:
    return Move(lacking, actions) if actions else None


def _passed(way: Way, mark: str, scene: Scene) -> Move | None:
    """The time that routers have to follow, from when they had accepted the routes."""
    if mark not in scene.since:
        return Move(f"{STILL}let the routers follow", (Remember(mark, ""),))
    left = max(0.0, way.routing.delay - scene.since[mark])
    return Move(f"routers have {way.routing.delay:g} s to follow", recheck=left) if left else None


def _turned(wanted: Mapping[str, Selector], scene: Scene, way: Way, sight: Sight, what: str, *, whole: bool = False) -> Move | None:
    """Lead Services elsewhere, all or none, with proof; None where all lead there. `whole`: to as many ready pods as are wanted."""
    off = {name: selector for name, selector in wanted.items() if name in scene.services and scene.services[name].selector != selector}
    if not off:
        return None
    news = f"{', '.join(off)}: {what}"
    expected = {name: _expected(way, sight, name) for name in off}
    minimums = dict.fromkeys(off, sight.total if whole else 1)
    return Move(news, (Turn(off, news, expected, minimums, partial=not whole),))


def _expected(way: Way, sight: Sight, name: str) -> tuple[Selector, ...]:
    """The selectors that a Service may have on the way."""
    routing = way.routing
    hashes = [revision.hash for revision in sight.snapshot.revisions]
    if name == routing.candidate_service:
        return (routing.former, *(routing.to_candidate(found) for found in hashes))
    return (routing.selectors[name], *(routing.leading(found)[name] for found in hashes))


def _led_to_candidate(way: Way, sight: Sight, scene: Scene) -> list[bool]:
    """For each of the Services whether it leads to the candidate alone."""
    wanted = way.routing.leading(sight.candidate.hash) if sight.candidate is not None else {}
    return [scene.services[name].selector == selector for name, selector in wanted.items() if name in scene.services]


def _service(way: Way, name: str) -> Ref:
    return Ref(SERVICE.kind, way.canary.ref.namespace, name)


# --- what else steps tell -----------------------------------------------------------------------------------------------------------


def impossible(way: Way, scene: Scene) -> str:
    """Why routers will never follow, or ''."""
    lost = gone(way.routes, scene)
    return f"{lost} any more; create it and run the task again." if lost else refused(way.routes, scene)


def meddled(way: Way, share: Share | None, scene: Scene) -> Meddling | None:
    """What somebody has done to Services or routes that ends the canary."""
    sight = sight_of(way.canary, scene)
    if sight is None or sight.whose != "candidate" or not sight.parked or sight.stable is None or PROMOTE in way.since:
        return None
    for name, selector in way.routing.leading(sight.stable.hash).items():
        found = scene.services.get(name)
        if found is None or found.selector != selector:
            what = f"was led elsewhere ({spelled(found.selector) or 'without a selector'})" if found is not None else "was deleted"
            return Meddling(_service(way, name), what, ("spec", "selector") if found is not None else (), SERVICE)
    if share is None or share.name not in way.since:
        return None
    weights = way.routing.weights(share.weight or 0)
    lowered = unreached(way.routes, weights, way.routing.candidate_service, scene)
    return Meddling(lowered[0].ref, "was given other weights", ("spec",), lowered[0].resource) if lowered else None


BY_ROUTES = Moves(give, is_held, promote, withdraw, bring_back, restore, impossible, meddled)
