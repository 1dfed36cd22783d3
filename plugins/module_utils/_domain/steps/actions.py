# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a strategy over several objects is made of: steps as values, each with what is missing until it is done and what to do about it.

Nothing says how far a rollout is but the scene: a step is done when nothing is missing, whoever brought that about. So a run that was
killed at any instant goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from ..base.objects import Ref
from ..base.resources import DEPLOYMENT, Resource
from ..traffic.scenes import Scene
from ..traffic.services import Selector
from .step import Write

STILL = "still to do: "
"""How a step begins what it lacks where that is done next, so that nobody waits for it."""


@dataclass(frozen=True)
class Change:
    """One write to one object; `news` is what it does, as the plan and the progress say it."""

    resource: Resource
    ref: Ref
    write: Write
    news: str
    starts: bool = False
    """It brings a new template: what was wrong before says nothing about it."""


@dataclass(frozen=True)
class Removal:
    """The deletion of one object, that very one."""

    resource: Resource
    ref: Ref
    uid: str
    news: str


@dataclass(frozen=True)
class Turn:
    """Point Services elsewhere, all of them or none, with proof."""

    wanted: Mapping[str, Selector]
    news: str
    expected: Mapping[str, tuple[Selector, ...]] = field(default_factory=dict)
    """The selectors that each may have now; another one was set by somebody else meanwhile."""
    minimums: Mapping[str, int] = field(default_factory=dict)
    """How many ready pods each must get; 1 where nothing is said."""
    partial: bool = False
    """For what serves already, or served just before: some of its pods may not be ready."""


@dataclass(frozen=True)
class Meddling:
    """What somebody else has done that ends a rollout: `ref` and `what` make a sentence, `path` is the field that tells who it was."""

    ref: Ref
    what: str
    path: tuple[str, ...]
    resource: Resource = DEPLOYMENT


@dataclass(frozen=True)
class Remember:
    """Store in the claim that something has happened just now, under a name by which later tasks find the time (`Scene.since`)."""

    name: str
    news: str


Action: TypeAlias = Any
"""A value that says what to do. `Change`, `Removal`, `Turn` and `Remember` are known; a strategy may bring others, with the functions that
carry them out. Each has its `news`: what it does, in words."""


class Hands(Protocol):
    """Carries the known actions out for a strategy's own ones; each returns whether something was written."""

    def change(self, action: Change, scene: Scene) -> bool:
        """Write one object."""

    def remove(self, action: Removal, scene: Scene) -> bool:
        """Delete one object."""

    def turn(self, turn: Turn, scene: Scene) -> bool:
        """Point Services elsewhere."""


Perform: TypeAlias = Callable[[Hands, Any, Scene], bool]
"""Carries one kind of a strategy's own actions out and returns whether something was written."""


def _none(_scene: Scene) -> str:
    return ""


def _never(_scene: Scene) -> None:
    return None


def _nobody(_scene: Scene) -> tuple[str, ...]:
    return ()


def _always(_scene: Scene) -> bool:
    return True


def _undisturbed(_scene: Scene) -> Meddling | None:
    return None


def _nothing(_scene: Scene) -> Mapping[str, Selector]:
    return {}


@dataclass(frozen=True)
class SceneStep:
    """One step of a rollout. The engine takes it like this:

    while lacking(scene):
        for action in due(scene):
            carry it out
        if nothing was due: wait for an event, or until `recheck` seconds are over
    """

    name: str
    lacking: Callable[[Scene], str]
    """Returns what is missing until the step is done, in words; '' when it is done."""
    due: Callable[[Scene], tuple[Action, ...]]
    """Returns what can be done now, all of it or a part."""
    watched: Callable[[Scene], tuple[str, ...]] = _nobody
    """Returns the Deployments whose failure fails the step."""
    impossible: Callable[[Scene], str] = _none
    """Returns why the step can never finish, which fails it, or ''."""
    guarded: Callable[[Scene], Mapping[str, Selector]] = _nothing
    """Returns the Services that somebody has led elsewhere or deleted, which fails the step, with the selectors that they must have."""
    meddled: Callable[[Scene], Meddling | None] = _undisturbed
    """Returns what somebody else has done that fails the step, or None."""
    measured: Callable[[Scene], bool] = _always
    """Returns whether its gates can measure: until then the step acts, from then on it waits for their verdicts."""
    recheck: Callable[[Scene], float | None] = _never
    """Returns the seconds after which the scene may change without any event."""
    idle: str = ""
    """Why there is nothing to do in the step, where that is known from the beginning."""
    tells_pods: bool = False
    """What it lacks says how far the pods are, so that the usual line of progress is left out."""
    extra: float = 0.0
    """Seconds that the step lasts by itself, which the time limit of a step leaves out."""
    measures_anew: bool = False
    """Its gates are measured also where nothing is lacking any more: what they have said is not remembered."""
    only_time: bool = False
    """The step only lets time pass: it is done, not unchanged, though nothing was written in it."""
    no_return: bool = False
    """Once the step has begun there is no way back."""
