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
from typing import TypeAlias

from .objects import Ref
from .resources import Resource
from .scenes import Scene
from .services import Selector
from .steps import Write


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
class Promote:
    """Remember that the traffic has moved: from now on the old pods are kept for a while, and the history has a line more."""

    news: str = "remember the promotion"


Action: TypeAlias = "Change | Removal | Turn | Promote"


@dataclass(frozen=True)
class SceneStep:
    """One step. `due` is asked only while something is `lacking`; it answers with what can be done now, all of it or a part: then it is
    asked again. No action and still something lacking means waiting."""

    name: str
    lacking: Callable[[Scene], str]
    """What is missing until it is done, in words; empty when it is."""
    due: Callable[[Scene], tuple[Action, ...]]
    watched: tuple[str, ...] = ()
    """The Deployments whose failure is that of the step."""
    recheck: Callable[[Scene], float | None] = lambda scene: None
    """Seconds after which this may change without any event."""
    idle: str = ""
    """Why there is nothing to do in this step, where that is so from the beginning."""
