# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of one task of a rollout that may last over several tasks, for strategies that need no planner of their own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from ..._domain.base.errors import InputError, RefusedError
from ..._domain.base.objects import mapping
from ..._domain.leases.claim import Claim
from ..._domain.leases.lease import user_of
from ..._domain.request import StagedRequest
from ..._domain.text.causes import signed
from ..._domain.traffic.scenes import Scene
from ..._strategies.staged import Staged
from ..config.configuration import NO_CONFIGURATION, Configuration
from ..outside.surroundings import Surroundings
from ..write.writer import Planned

C_co = TypeVar("C_co", bound=Claim, covariant=True)


@dataclass(frozen=True)
class StagedPlan(Generic[C_co]):
    """What is to be done. Without a claim there is no rollout: then the writes that are named here are all there are."""

    claim: C_co | None
    companions: tuple[Planned, ...] = ()
    direct: tuple[Planned, ...] = ()
    """Changes of what serves that bring no new template."""
    candidates: tuple[Planned, ...] = ()
    """The candidates as they would be."""
    reverts: bool = False
    """It is given up because what served before is wanted again: going back is what the task asks for."""
    fresh: bool = False
    """The claim is new: nothing of it has been carried out."""
    unchanged: str = ""
    """Why there is nothing to do."""
    warnings: tuple[str, ...] = ()
    configuration: Configuration = NO_CONFIGURATION

    @property
    def writes(self) -> tuple[Planned, ...]:
        """All writes that are known by now, in their order."""
        return (*self.companions, *self.direct, *self.candidates)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the configuration has to say."""
        changed = [planned for planned in self.candidates if planned.template_changed] if self.fresh else []
        found = (self.configuration.unversioned(planned.ref, mapping(planned.after, "spec", "template")) for planned in changed)
        return (*self.configuration.notes, *(note for notes in found for note in notes))

    @property
    def empty(self) -> bool:
        """There is nothing to do."""
        return self.claim is None and not any(planned.changed for planned in (*self.companions, *self.direct))


def plan_of(request: StagedRequest, strategy: Staged[Claim], claim: Claim | None, scene: Scene, outside: Surroundings) -> StagedPlan[Claim]:
    """The plan of a request. Raises `RefusedError` where another rollout of the application is on its way, or where this one has no way
    back; `InputError` for candidates that are expected, as such a rollout names none."""
    if request.expect is not None:
        raise InputError(f"A rollout of {request.application} by {strategy.name} names no candidates; leave expect out.")
    if request.goal in ("promote", "abort"):
        if claim is None:
            return StagedPlan(None, unchanged="nothing is on its way")
        if request.goal == "abort" and not strategy.back(claim, request.namespace):
            raise RefusedError(f"{request.application} is rolled out by {strategy.name}, which has no way back; promote it to its end.")
        return StagedPlan(claim.given_up("aborted on request") if request.goal == "abort" and not claim.back else claim)
    if claim is not None and (claim.back or claim.wanted == request.wanted):
        return StagedPlan(claim)
    if claim is not None and not request.supersede:
        told = f" ({claim.cause})" if claim.cause else ""
        raise RefusedError(
            f"{request.application} has another rollout on its way{told}; promote or abort it first, or set supersede: "
            "true to put this one in its place."
        )
    new = Claim(
        strategy=strategy.name,
        objects=request.objects,
        wanted=request.wanted,
        cause=signed(request.cause.why, request.cause.by),
        by=user_of(request.holder),
        since=f"{outside.cluster.now():%Y-%m-%dT%H:%M:%SZ}",
    )
    new = replace(new, known=claim.known if claim is not None else strategy.known(new, scene))
    if claim is None and not any(step.lacking(scene) for step in strategy.forward(new, request.namespace) if not step.only_time):
        return StagedPlan(None, unchanged="all is as it is wanted already")
    return StagedPlan(new, fresh=True)
