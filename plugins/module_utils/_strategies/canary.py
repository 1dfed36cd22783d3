# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A canary inside one plain Deployment: some of its pods run the candidate, are watched with real requests, and then all of them do.

The Deployment's own rolling update is made to stand still (`_domain/canary/parking.py`). Each step is one write after another, and which
one follows from what is there: first the candidate gets its pods besides the stable ones, and when they serve as many stable ones go. So
there are never fewer ready pods than the Deployment asks for. While nothing is to move it is paused: nobody's change then starts a pod.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from .._domain.base.objects import JsonObject, replaced, without
from .._domain.base.resources import DEPLOYMENT
from .._domain.canary.course import CANARY, RELEASED, RESTORED, Canary, Sight, serving, sight_of
from .._domain.canary.parking import PARKED_FIELDS, Bounds, Park, Unpark, has_fields, portion
from .._domain.leases.claim import Claim
from .._domain.request import Limits, ShortChange, Target
from .._domain.steps.actions import STILL, Action, Change, Meddling, Remember, SceneStep
from .._domain.steps.edits import Chain, SameTemplate
from .._domain.steps.step import Apply, Disown, Edit, Write
from .._domain.traffic.scenes import Scene, View
from .._domain.workloads.completion import some, standing
from .._domain.workloads.revisions import is_of
from .._domain.workloads.shares import PROMOTE, Share, percent
from .._domain.workloads.workload import CHANGE_CAUSE, Revision
from .rolling import NewTemplate
from .staged import Staged

WITHDRAW, BRING_BACK, RESTORE, ROLL = "withdraw", "bring_back", "restore", "roll"
_TEMPLATE = ("spec", "template")
_REPLICAS = ("spec", "replicas")


@dataclass(frozen=True)
class Move:
    """What is missing until a step is done, and what can be done about it now."""

    lacking: str = ""
    actions: tuple[Action, ...] = ()
    recheck: float | None = None


@dataclass(frozen=True)
class Brought:
    """Sets the template of a revision, with the change cause that was its own."""

    template: JsonObject
    cause: str

    def __call__(self, obj: JsonObject) -> JsonObject:
        """Return the object with both."""
        found = replaced(obj, _TEMPLATE, self.template)
        if not self.cause:
            return without(found, "metadata", "annotations", CHANGE_CAUSE)
        return replaced(found, ("metadata", "annotations", CHANGE_CAUSE), self.cause)


@dataclass(frozen=True)
class Way:
    """One canary and the task that works on it. `target` is what the task brings; None where it only goes on, or back."""

    canary: Canary
    since: Mapping[str, str] = field(default_factory=dict)
    """When something had happened, as the claim remembers it."""
    target: Target | None = None

    def step(self, name: str, move: Callable[[Scene], Move], **more: Any) -> SceneStep:
        """Return a step that is done when its move lacks nothing. `more`: as of SceneStep."""
        return SceneStep(
            name,
            lambda scene: self._told(move(scene).lacking, scene),
            lambda scene: move(scene).actions,
            recheck=lambda scene: move(scene).recheck,
            tells_pods=True,
            **more,
        )

    def _told(self, lacking: str, scene: Scene) -> str:
        """Return what is lacking, after how many pods of each version serve."""
        old, new = serving(self.canary, scene)
        return f"{old} stable, {new} new ready: {lacking}" if lacking and not lacking.startswith(STILL) else lacking

    def park(self, sight: Sight, bounds: Bounds, news: str, *, paused: bool = False) -> Move:
        """Return the move that changes how far the rolling update goes."""
        write = Edit(Park(bounds, sight.total, paused), self.demand(sight), single=True)
        return Move(news, (Change(DEPLOYMENT, self.canary.ref, write, news),))

    def demand(self, sight: Sight) -> SameTemplate:
        """Return the demand that the template is still the one that was seen."""
        return SameTemplate(self.canary.ref, sight.workload.template)


def forward(claim: Claim, namespace: str, target: Target | None = None) -> tuple[SceneStep, ...]:
    """The steps of a canary: one for each share, then the promotion. `target` brings the candidate's template; without one it must be
    there already."""
    way = Way(Canary.of(claim, namespace), claim.times, target)
    canary = way.canary
    order = [*(share.name for share in canary.shares), PROMOTE]
    begun = [name for name in order if name in claim.times]
    found = []
    if canary.former:
        over = "the candidate before is gone" if begun else ""
        found.append(way.step(WITHDRAW, partial(_withdraw, way), idle=over))
    for share in canary.shares:
        later = any(name in claim.times for name in order[order.index(share.name) + 1 :])
        found.append(
            way.step(
                share.name,
                partial(_give, way, share),
                watched=partial(_watched, way),
                meddled=partial(_meddled, way),
                measured=partial(_is_held, way, share),
                measures_anew=True,
                idle="it was done before" if later else "",
                extra=share.hold,
            )
        )
    found.append(
        way.step(
            last_step(canary),
            partial(_promote, way),
            watched=partial(_watched, way),
            meddled=partial(_meddled, way),
        )
    )
    return tuple(found)


def back(claim: Claim, namespace: str) -> tuple[SceneStep, ...]:
    """The steps that give a canary up, from wherever it is; none where nothing served before."""
    way = Way(Canary.of(claim, namespace), claim.times)
    if not way.canary.base:
        return ()
    return (
        way.step(BRING_BACK, partial(_bring_back, way), impossible=partial(gone, way.canary)),
        way.step(RESTORE, partial(_restore, way), impossible=partial(gone, way.canary)),
    )


def last_step(canary: Canary) -> str:
    """The name of the step that gives all pods the candidate: without anything to watch before it is a plain rollout."""
    return PROMOTE if canary.shares else ROLL


def gone(canary: Canary, scene: Scene) -> str:
    """Why there is nothing to go back to, or ''."""
    sight = sight_of(canary, scene)
    if sight is not None and sight.stable is None and sight.whose != "stable":
        return f"ReplicaSet {canary.stable}, which has kept the template that served before, is gone; roll that version out again."
    return ""


# --- forward ------------------------------------------------------------------------------------------------------------------------


def _give(way: Way, share: Share, scene: Scene) -> Move:
    """Give the candidate its share, then let the time of the step pass."""
    sight = sight_of(way.canary, scene)
    if sight is None:
        return Move(f"{way.canary.ref} does not exist")
    wanted = share.candidates(sight.total, way.canary.least)
    if sight.whose != "candidate":
        return _start(way, sight, Bounds(wanted, 0))
    return _moved(way, sight, wanted) or _rested(way, share, sight, scene)


def _moved(way: Way, sight: Sight, wanted: int) -> Move | None:
    """What is still to be done until so many pods run the candidate; None when they do, and nothing moves any more."""
    return _grown(way, sight, wanted) or _shrunk(way, sight)


def _grown(way: Way, sight: Sight, wanted: int) -> Move | None:
    """What the candidate lacks until so many of its pods serve."""
    reach, bounds = sight.bounds.new, sight.bounds
    if _is_stopped(sight, reach):
        return way.park(sight, bounds, f"let {way.canary.ref} go on")
    if sight.total == 1 and bounds.unavailable:
        return way.park(sight, Bounds(1, 0), "keep the only stable pod")
    settled = _settling(sight, min(reach, sight.total))
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
        return Move(_going(going, sight.others))
    return way.park(sight, bounds, f"hold {way.canary.ref}", paused=True) if not sight.workload.paused else None


def _going(stable: int, others: int) -> str:
    """Which pods are on their way out, in words."""
    told = [some(stable, "stable pod") if stable else "", f"{some(others, 'pod')} of another version" if others else ""]
    return f"{' and '.join(filter(None, told))} still to stop"


def _is_stopped(sight: Sight, reach: int) -> bool:
    """Whether a pause keeps the candidate's pods from being made, as after somebody has restarted it."""
    asked = sight.candidate.asked if sight.candidate is not None else 0
    return sight.workload.paused and asked < min(reach, sight.total)


def _settling(sight: Sight, wanted: int) -> Move | None:
    """That pods of the candidate are not ready yet, or not for long enough; None when so many are."""
    if sight.settled >= wanted:
        return None
    return Move(f"{sight.settled} of {some(wanted, 'pod')} of the candidate {'are' if wanted > 1 else 'is'} ready", recheck=sight.soon)


def _rested(way: Way, share: Share, sight: Sight, scene: Scene) -> Move:
    """The time of the step, from when the candidate had its share."""
    if share.name not in scene.since:
        news = f"{len(sight.new)} of {some(sight.total, 'pod')} run the candidate ({percent(len(sight.new), len(sight.new) + sight.old)})"
        return Move(news, (Remember(share.name, news),))
    left = max(0.0, share.hold - scene.since[share.name])
    # Without what is left, which would be another line of progress at each event.
    return Move(f"held for {share.hold:g} s", recheck=left) if left else Move()


def _is_held(way: Way, share: Share, scene: Scene) -> bool:
    """Whether the candidate has its share, so that gates can measure it."""
    sight = sight_of(way.canary, scene)
    if sight is None or sight.whose != "candidate" or share.name not in scene.since:
        return False
    return _moved(way, sight, share.candidates(sight.total, way.canary.least)) is None


def _promote(way: Way, scene: Scene) -> Move:
    """Exchange the rest of the pods, in portions of the Deployment's own surge; then give it its own fields back."""
    canary, sight = way.canary, sight_of(way.canary, scene)
    if sight is None:
        return _written(way, None)
    if sight.whose != "candidate":
        return _start(way, sight, None)
    if not sight.parked:
        return _released(way, scene, RELEASED) if standing(sight.snapshot).done else Move(_left_over(sight))
    if canary.shares and PROMOTE not in scene.since:
        return Move(f"{STILL}begin the promotion", (Remember(PROMOTE, "begin the promotion"),))
    return _exchanged(way, sight)


def _left_over(sight: Sight) -> str:
    """What is left of a rolling update that goes on by itself, in words."""
    old = sum(1 for pod in sight.snapshot.pods if sight.stable is not None and is_of(pod, sight.stable) and not pod.terminating)
    return _going(old, 0) if old else standing(sight.snapshot).message


def _exchanged(way: Way, sight: Sight) -> Move:
    """Go on where the Deployment stands still, up to the last pod."""
    canary, reach = way.canary, sight.bounds.new
    if _is_stopped(sight, reach):
        return way.park(sight, sight.bounds, f"let {canary.ref} go on")
    settled = _settling(sight, min(reach, sight.total))
    if settled is not None:
        return settled
    if reach < sight.total:
        more = min(portion(sight.workload, canary.after), sight.total - reach)
        return way.park(sight, Bounds(more, reach), f"exchange {some(more, 'pod')} more")
    news = f"give {canary.ref} its own settings back"
    return Move(news, (Change(DEPLOYMENT, canary.ref, Edit(Unpark(canary.after), way.demand(sight), single=True), news),))


def _released(way: Way, scene: Scene, mark: str) -> Move:
    """Disown the fields that were changed on the way, so that nobody's next apply meets a conflict. `mark` tells that it is done."""
    if mark in scene.since:
        return Move()
    release = Change(DEPLOYMENT, way.canary.ref, Disown(PARKED_FIELDS), "")
    return Move(f"{STILL}let go of the settings", (release, Remember(mark, "")))


def _start(way: Way, sight: Sight, bounds: Bounds | None) -> Move:
    """Bring the candidate's template, and in the same write what makes the rolling update stand still; without bounds nothing does."""
    if way.canary.shares and not sight.is_whole:
        return Move(standing(sight.snapshot).message)
    return _written(way, Park(bounds, sight.total) if bounds is not None else None)


def _written(way: Way, park: Park | None) -> Move:
    if way.target is None:
        return Move("its new template was not written yet")
    news = f"bring the candidate of {way.canary.ref}"
    return Move(news, (Change(DEPLOYMENT, way.canary.ref, first_write(way.target, park), news, starts=True),))


def first_write(target: Target, park: Park | None) -> Write:
    """The write that brings the candidate, with what makes the rolling update stand still; None for a rolling update that does not."""
    if target.manifest is not None:
        return Apply(dict(park(target.manifest)) if park is not None else target.manifest)
    change = NewTemplate(target, target.change or ShortChange(), Limits())
    return Edit(Chain((change, park) if park is not None else (change,)))


def _withdraw(way: Way, scene: Scene) -> Move:
    """Take the candidate away that another one supersedes: the stable version gets all its pods back first."""
    sight = sight_of(way.canary, scene)
    if sight is None or sight.whose == "candidate":
        return Move()
    return _stabilized(way, sight)


# --- back ---------------------------------------------------------------------------------------------------------------------------


def _bring_back(way: Way, scene: Scene) -> Move:
    """Give the stable version all its pods back; those of the candidate go when they are ready."""
    sight = sight_of(way.canary, scene)
    return _stabilized(way, sight) if sight is not None else Move()


def _stabilized(way: Way, sight: Sight) -> Move:
    canary = way.canary
    if sight.whose != "stable" or sight.parked or sight.workload.paused:
        revision = sight.stable
        template = revision.template if revision is not None else sight.workload.template
        back, own = Brought(template, _cause_of(revision)), Unpark(canary.own, surge=_missing(sight))
        news = f"bring the stable version of {canary.ref} back"
        write = Edit(Chain((back, own)), way.demand(sight), tells_cause=True)
        return Move(news, (Change(DEPLOYMENT, canary.ref, write, news, starts=True),))
    state = standing(sight.snapshot)
    return Move() if state.done else Move(state.message)


def _cause_of(revision: Revision | None) -> str:
    return revision.change_cause if revision is not None else ""


def _missing(sight: Sight) -> int:
    """How many pods the stable version lacks, which come before any other goes."""
    there = sight.candidate.asked if sight.candidate is not None and sight.whose != "stable" else 0
    return max(1, there, sight.total - sight.old)


def _restore(way: Way, scene: Scene) -> Move:
    """Give the Deployment its own settings back."""
    sight, canary = sight_of(way.canary, scene), way.canary
    if sight is None:
        return Move()
    if not has_fields(sight.workload, canary.own):
        news = f"give {canary.ref} its own settings back"
        return Move(news, (Change(DEPLOYMENT, canary.ref, Edit(Unpark(canary.own), way.demand(sight), single=True), news),))
    return _released(way, scene, RESTORED)


# --- what else steps tell -----------------------------------------------------------------------------------------------------------


def _watched(way: Way, scene: Scene) -> tuple[str, ...]:
    """The Deployment, once it has the candidate's template."""
    sight = sight_of(way.canary, scene)
    return (way.canary.ref.name,) if sight is not None and sight.whose == "candidate" else ()


def _meddled(way: Way, scene: Scene) -> Meddling | None:
    """What somebody has done to the Deployment that ends the canary; None for what it can live with."""
    canary, sight = way.canary, sight_of(way.canary, scene)
    if sight is None:
        return Meddling(canary.ref, "was deleted", ()) if canary.base else None
    begun = bool(way.since) or sight.parked or (sight.candidate is not None and sight.candidate.asked > 0)
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
    """The Deployment with its revisions and pods."""
    return View(tuple(entry.partition("/")[2] for entry in claim.objects))


STRATEGY = Staged(CANARY, view, forward, back)
