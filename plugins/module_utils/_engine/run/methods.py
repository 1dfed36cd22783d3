# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which answers a staged rollout gets: those of its strategy where that is special, else the plain ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..._domain.base.objects import JsonObject, texts
from ..._domain.canary.course import CANARY
from ..._domain.request import StagedRequest
from ..._domain.sides.claims import BLUE_GREEN, STRATEGY, claim_of
from ..._strategies.traffic_split import TRAFFIC_SPLIT
from ..outside.surroundings import Surroundings
from ..tell.outcome import Outcome
from . import staged
from .blue_green import BlueGreen
from .canary import InDeployment
from .method import Method, Plain
from .split import Splitting

_SPECIAL: Mapping[str, Any] = {BLUE_GREEN: BlueGreen, CANARY: InDeployment, TRAFFIC_SPLIT: Splitting}
"""The strategies that bring a planner, a history or a report of their own."""


def roll(request: StagedRequest, outside: Surroundings, *, check: bool) -> Outcome:
    """Carry a request out, or in check mode tell what it would do. Raises and returns as `staged.roll`.

    What promotes or gives up goes on by the strategy of what is on its way.
    """

    def make(lease: JsonObject | None) -> Method[Any, Any]:
        claim = claim_of(lease)
        goes_on = claim is not None and request.goal in ("promote", "abort")
        name = claim.strategy if claim is not None and goes_on else request.strategy
        if claim is None and request.goal in ("promote", "abort"):
            name = texts(lease or {}, "metadata", "annotations").get(STRATEGY) or name
        special = _SPECIAL.get(name)
        if special is not None:
            found: Method[Any, Any] = special(request, outside, lease)
            return found
        return Plain(request, outside, claim if claim is not None and claim.strategy == name else None)

    return staged.roll(request, make, outside, check=check)
