# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A canary whose requests are divided by pods: each that is ready gets an equal part of them.

First the candidate gets its pods besides the stable ones, and when they serve as many stable ones go. So there are never fewer ready pods
than the Deployment asks for.
"""

from __future__ import annotations

from .._domain.base.resources import DEPLOYMENT
from .._domain.canary.course import RELEASED, RESTORED, Sight, sight_of
from .._domain.canary.parking import Bounds, Park, Unpark, has_fields, portion
from .._domain.steps.actions import STILL, Change, Meddling, Remember
from .._domain.steps.step import Edit
from .._domain.traffic.scenes import Scene
from .._domain.workloads.completion import some, standing
from .._domain.workloads.shares import PROMOTE, Share, percent
from .canary_moves import Move, Moves, Way, going_words, is_stopped, left_over, released, settling, stabilized, written

# --- forward ------------------------------------------------------------------------------------------------------------------------


def give(way: Way, share: Share, scene: Scene) -> Move:
    """Give the candidate its share, then let the time of the step pass."""
    sight = sight_of(way.canary, scene)
    if sight is None:
        return Move(f"{way.canary.ref} does not exist")
    wanted = way.canary.pods(share, sight.total)
    if sight.whose != "candidate":
        return _start(way, sight, Bounds(wanted, 0))
    return _moved(way, sight, wanted) or _rested(way, share, sight, scene)


def _moved(way: Way, sight: Sight, wanted: int) -> Move | None:
    """What is still to be done until so many pods run the candidate; None when they do, and nothing moves any more."""
    return _grown(way, sight, wanted) or _shrunk(way, sight)


def _grown(way: Way, sight: Sight, wanted: int) -> Move | None:
    """What the candidate lacks until so many of its pods serve."""
    reach, bounds = sight.bounds.new, sight.bounds
    if is_stopped(sight, reach):
        return way.park(sight, bounds, f"let {way.canary.ref} go on")
    if sight.total == 1 and bounds.unavailable:
        return way.park(sight, Bounds(1, 0), "keep the only stable pod")
    settled = settling(sight, min(reach, sight.total))
    if settled is not None or reach >= wanted:
        return settled
    return way.park(sight, Bounds(wanted - reach, reach), f"start {some(wanted - reach, 'pod')} of the candidate")


def _shrunk(way: Way, sight: Sight) -> Move | None:
    """What is left to be taken away of the stable version, once as many pods of the candidate serve; then nothing is to move."""
    bounds = sight.bounds
    if bounds.surge and sight.total > 1:
        kept = min(bounds.new, sight.total - 1)
        return way.park(sight, Bounds(0, kept), f"stop {some(max(0, sight.old - sight.total + kept), 'stable pod')}")
    going = max(0, sight.old - sight.total + bounds.unavailable)
    if going or sight.others:
        return Move(going_words(going, sight.others))
    return way.park(sight, bounds, f"hold {way.canary.ref}", paused=True) if not sight.workload.paused else None


def _rested(way: Way, share: Share, sight: Sight, scene: Scene) -> Move:
    """The time of the step, from when the candidate had its share."""
    if share.name not in scene.since:
        news = f"{len(sight.new)} of {some(sight.total, 'pod')} run the candidate ({percent(len(sight.new), len(sight.new) + sight.old)})"
        return Move(news, (Remember(share.name, news),))
    left = max(0.0, share.hold - scene.since[share.name])
    # Without what is left, which would be another line of progress at each event.
    return Move(f"held for {share.hold:g} s", recheck=left) if left else Move()


def is_held(way: Way, share: Share, scene: Scene) -> bool:
    """Whether the candidate has its share, so that gates can measure it."""
    sight = sight_of(way.canary, scene)
    if sight is None or sight.whose != "candidate" or share.name not in scene.since:
        return False
    return _moved(way, sight, way.canary.pods(share, sight.total)) is None


def promote(way: Way, scene: Scene) -> Move:
    """Exchange the rest of the pods, in portions of the Deployment's own surge; then give it its own fields back."""
    canary, sight = way.canary, sight_of(way.canary, scene)
    if sight is None:
        return written(way, None)
    if sight.whose != "candidate":
        return _start(way, sight, None)
    if not sight.parked:
        return released(way, scene, RELEASED, canary.heirs) if standing(sight.snapshot).done else Move(left_over(sight))
    if canary.shares and PROMOTE not in scene.since:
        return Move(f"{STILL}begin the promotion", (Remember(PROMOTE, "begin the promotion"),))
    return _exchanged(way, sight)


def _exchanged(way: Way, sight: Sight) -> Move:
    """Go on where the Deployment stands still, up to the last pod."""
    canary, reach = way.canary, sight.bounds.new
    if is_stopped(sight, reach):
        return way.park(sight, sight.bounds, f"let {canary.ref} go on")
    settled = settling(sight, min(reach, sight.total))
    if settled is not None:
        return settled
    if reach < sight.total:
        more = min(portion(sight.workload, canary.after), sight.total - reach)
        return way.park(sight, Bounds(more, reach), f"exchange {some(more, 'pod')} more")
    news = f"give {canary.ref} its own settings back"
    return Move(news, (Change(DEPLOYMENT, canary.ref, Edit(Unpark(canary.after), way.demand(sight), single=True), news),))


def _start(way: Way, sight: Sight, bounds: Bounds | None) -> Move:
    """Bring the candidate's template, and in the same write what makes the rolling update stand still; without bounds nothing does."""
    if way.canary.shares and not sight.is_whole:
        return Move(standing(sight.snapshot).message)
    return written(way, Park(bounds, sight.total) if bounds is not None else None)


def withdraw(way: Way, scene: Scene) -> Move:
    """Take the candidate away that another one supersedes: the stable version gets all its pods back first."""
    sight = sight_of(way.canary, scene)
    if sight is None or sight.whose == "candidate":
        return Move()
    return stabilized(way, sight)


# --- back ---------------------------------------------------------------------------------------------------------------------------


def bring_back(way: Way, scene: Scene) -> Move:
    """Give the stable version all its pods back; those of the candidate go when they are ready."""
    sight = sight_of(way.canary, scene)
    return stabilized(way, sight) if sight is not None else Move()


def restore(way: Way, scene: Scene) -> Move:
    """Give the Deployment its own settings back."""
    sight, canary = sight_of(way.canary, scene), way.canary
    if sight is None:
        return Move()
    if not has_fields(sight.workload, canary.own):
        news = f"give {canary.ref} its own settings back"
        return Move(news, (Change(DEPLOYMENT, canary.ref, Edit(Unpark(canary.own), way.demand(sight), single=True), news),))
    return released(way, scene, RESTORED, canary.owners)


def impossible(_way: Way, _scene: Scene) -> str:
    """Return '': nothing but the pods has to follow."""
    return ""


def meddled(_way: Way, _share: Share | None, _scene: Scene) -> Meddling | None:
    """Return None: there is nothing but the Deployment that somebody could have changed."""
    return None


BY_PODS = Moves(give, is_held, promote, withdraw, bring_back, restore, impossible, meddled)
