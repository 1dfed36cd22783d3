# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the steps of a canary are made of, whether its requests are divided by pods or by routes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .._domain.base.objects import JsonObject, replaced, without
from .._domain.base.resources import DEPLOYMENT
from .._domain.canary.course import Canary, Sight, serving, sight_of
from .._domain.canary.parking import PARKED_FIELDS, Bounds, Park, Unpark
from .._domain.canary.routing import Routing
from .._domain.ownership.formers import Former
from .._domain.request import Limits, ShortChange, Target
from .._domain.steps.actions import STILL, Action, Change, Meddling, Remember, SceneStep
from .._domain.steps.edits import Chain, SameTemplate
from .._domain.steps.step import Apply, Disown, Edit, Write
from .._domain.traffic.scenes import Scene
from .._domain.workloads.completion import some, standing
from .._domain.workloads.revisions import is_of
from .._domain.workloads.shares import Share
from .._domain.workloads.workload import CHANGE_CAUSE, Revision
from .rolling import NewTemplate
from .routing import Route


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
        found = replaced(obj, ("spec", "template"), self.template)
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
    routes: tuple[Route, ...] = ()
    """The routes that divide the requests; none where each pod gets an equal part of them."""

    @property
    def routing(self) -> Routing:
        """The Services of both versions. Raises `ValueError` for a canary without routes."""
        if self.canary.routing is None:
            raise ValueError("This canary has no routes.")
        return self.canary.routing

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


@dataclass(frozen=True)
class Moves:
    """The moves of a canary by how its requests are divided. Each takes the way and the scene."""

    give: Callable[[Way, Share, Scene], Move]
    """Gives the candidate its part, then lets the time of the step pass."""
    is_held: Callable[[Way, Share, Scene], bool]
    """Returns whether the candidate has its part, so that gates can measure it."""
    promote: Callable[[Way, Scene], Move]
    """Gives all pods the candidate, and everything else back."""
    withdraw: Callable[[Way, Scene], Move]
    """Takes the candidate away that another one supersedes."""
    bring_back: Callable[[Way, Scene], Move]
    """Gives the stable version all requests and pods back."""
    restore: Callable[[Way, Scene], Move]
    """Gives everything else back."""
    impossible: Callable[[Way, Scene], str]
    """Returns why a step forward can never finish, or ''."""
    meddled: Callable[[Way, Share | None, Scene], Meddling | None]
    """Returns what somebody has done, besides to the Deployment, that ends the canary."""


def gone(canary: Canary, scene: Scene) -> str:
    """Why there is nothing to go back to, or ''."""
    sight = sight_of(canary, scene)
    if sight is not None and sight.stable is None and sight.whose != "stable":
        return f"ReplicaSet {canary.stable}, which has kept the template that served before, is gone; roll that version out again."
    return ""


def first_write(target: Target, park: Park | None) -> Write:
    """The write that brings the candidate, with what makes the rolling update stand still; None for a rolling update that does not."""
    if target.manifest is not None:
        return Apply(dict(park(target.manifest)) if park is not None else target.manifest)
    change = NewTemplate(target, target.change or ShortChange(), Limits())
    return Edit(Chain((change, park) if park is not None else (change,)))


def written(way: Way, park: Park | None) -> Move:
    if way.target is None:
        return Move("its new template was not written yet")
    news = f"bring the candidate of {way.canary.ref}"
    return Move(news, (Change(DEPLOYMENT, way.canary.ref, first_write(way.target, park), news, starts=True),))


def is_stopped(sight: Sight, reach: int) -> bool:
    """Whether a pause keeps the candidate's pods from being made, as after somebody has restarted it."""
    asked = sight.candidate.asked if sight.candidate is not None else 0
    return sight.workload.paused and asked < min(reach, sight.total)


def settling(sight: Sight, wanted: int) -> Move | None:
    """That pods of the candidate are not ready yet, or not for long enough; None when so many are."""
    if sight.settled >= wanted:
        return None
    return Move(f"{sight.settled} of {some(wanted, 'pod')} of the candidate {'are' if wanted > 1 else 'is'} ready", recheck=sight.soon)


def going_words(stable: int, others: int) -> str:
    """Which pods are on their way out, in words."""
    told = [some(stable, "stable pod") if stable else "", f"{some(others, 'pod')} of another version" if others else ""]
    return f"{' and '.join(filter(None, told))} still to stop"


def left_over(sight: Sight) -> str:
    """What is left of a rolling update that goes on by itself, in words."""
    old = sum(1 for pod in sight.snapshot.pods if sight.stable is not None and is_of(pod, sight.stable) and not pod.terminating)
    return going_words(old, 0) if old else standing(sight.snapshot).message


def released(way: Way, scene: Scene, mark: str, owners: tuple[Former, ...]) -> Move:
    """Give the fields that were changed on the way to their owners, so that nobody's next apply meets a conflict, or leaves there what it
    does not name any more. `mark` tells that it is done."""
    if mark in scene.since:
        return Move()
    release = Change(DEPLOYMENT, way.canary.ref, Disown(PARKED_FIELDS, owners), "")
    return Move(f"{STILL}let go of the settings", (release, Remember(mark, "")))


def stabilized(way: Way, sight: Sight) -> Move:
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
