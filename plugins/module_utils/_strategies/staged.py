# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a strategy is made of whose rollouts may last over several tasks: one value, which stands in the table of this package.

Its rollouts have a claim on their objects until they are done or given up. The engine stores it, takes the steps, stops before one,
goes on in another process, and goes back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from .._domain.base.objects import JsonObject
from .._domain.leases.claim import Claim
from .._domain.steps.actions import Perform, SceneStep
from .._domain.traffic.scenes import Scene, View

C = TypeVar("C", bound=Claim)


def nothing(_claim: Claim, _scene: Scene) -> JsonObject:
    """Return that nothing is to be remembered."""
    return {}


@dataclass(frozen=True)
class Staged(Generic[C]):
    """A strategy. Its functions are pure; `namespace` is where the rollout is."""

    name: str
    view: Callable[[C], View]
    """Returns what the rollout looks at."""
    forward: Callable[[C, str], tuple[SceneStep, ...]]
    """Returns the steps of a claim's rollout in a namespace, in their order. Their names do not change while it is on its way."""
    back: Callable[[C, str], tuple[SceneStep, ...]]
    """Returns the steps that give it up, from wherever it is; none where there is no way back."""
    known: Callable[[C, Scene], JsonObject] = nothing
    """Returns what the claim remembers of what is there before anything is written."""
    perform: Mapping[type[Any], Perform] = field(default_factory=dict)
    """How actions are carried out that only this strategy has."""
