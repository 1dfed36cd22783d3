# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the run of a staged rollout asks of its strategy, and the answers for strategies of which nothing is special."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from ..._domain.base.errors import RefusedError
from ..._domain.base.objects import Ref
from ..._domain.leases.claim import Claim
from ..._domain.request import StagedRequest
from ..._domain.steps.actions import Perform, SceneStep
from ..._domain.steps.plan_hash import Aspect, words_of
from ..._domain.text.tables import Row
from ..._domain.traffic.scenes import DRAIN_SECONDS, Scene, View
from ..._domain.workloads.completion import standing
from ..._domain.workloads.workload import Snapshot
from ..._strategies.foreseen import Foreseen
from ..._strategies.table import STAGED
from ..hold.memory import NoNotes, Notes
from ..outside.gates import Subject
from ..outside.surroundings import Surroundings
from ..plan.approval import compare, objects, steps, way
from ..plan.rights import Need
from ..plan.staged import StagedPlan, plan_of
from ..tell.outcome import Coloured, Routed

P = TypeVar("P", bound=StagedPlan[Any])
C = TypeVar("C", bound=Claim)


@dataclass(frozen=True)
class Part:
    """One workload of a rollout for its report."""

    ref: Ref
    live: Snapshot
    """What serves, or what the rollout is about."""
    stable: Snapshot
    candidate: Snapshot
    coloured: Coloured | None = None
    weights: Mapping[str, int] = field(default_factory=dict)
    message: str = ""
    """How it stands, where that is not what is said of all."""
    routed: tuple[Routed, ...] = ()


@dataclass(frozen=True)
class Preview:
    """What check mode says of a rollout that goes forward."""

    message: str
    rows: tuple[Row, ...] = ()
    foreseen: tuple[Foreseen, ...] = ()


class Method(Protocol[C, P]):
    """The answers of one strategy for one request. The scene is what the cluster shows at that moment."""

    name: str

    def view(self) -> View:
        """Return what to look at. Raises `RefusedError` where nothing of the application is known."""

    def refs(self, view: View) -> Collection[Ref]:
        """Return what a plan is about, whatever becomes of it."""

    def plan(self, scene: Scene) -> P:
        """Return the plan. Raises `RolloutError` for whatever would be refused."""

    def refuse_other(self, plan: P) -> None:
        """Note the plan's hash. Raises `RefusedError` where another plan was approved."""

    def covered(self, plan: P) -> set[Ref]:
        """Return the objects that the task works on."""

    def steps(self, plan: P) -> Sequence[str]:
        """Return the names of the steps forward, also of a plan that takes none."""

    def forward(self, plan: P, claim: C) -> Sequence[SceneStep]:
        """Return the steps forward."""

    def back(self, claim: C) -> Sequence[SceneStep]:
        """Return the steps back."""

    def perform(self) -> Mapping[type[Any], Perform]:
        """Return how the actions are carried out that only this strategy has."""

    def needs(self, plan: P, claim: C, scene: Scene, steps: Collection[str]) -> Iterable[Need]:
        """Return the rights that these steps need later on."""

    def seconds(self, plan: P) -> float:
        """Return how long the whole rollout may take, there and back."""

    def notes(self, plan: P) -> Notes[C]:
        """Return what is stored beside the claim."""

    def give_up(self, claim: C, why: str, scene: Scene) -> C:
        """Return the claim of the rollout on its way back."""

    def no_way_back(self, claim: C, scene: Scene) -> str:
        """Return why there is nothing to go back to, or ''."""

    def foreign(self, claim: C, scene: Scene) -> str:
        """Return that something else runs in the end than what was rolled out, or ''."""

    def parts(self, plan: P, claim: C | None, scene: Scene, *, aborted: bool) -> Iterator[Part]:
        """Return the workloads for the report."""

    def stands(self, claim: C, scene: Scene) -> str:
        """Return how the rollout stands, in words."""

    def stays_away(self, claim: C, scene: Scene) -> tuple[str, bool]:
        """Return what is not as it was before once the rollout is given up, in words or '', and whether somebody has changed that."""

    def preview(self, claim: C, scene: Scene, pending: Collection[str], taken: Collection[str]) -> Preview:
        """Return what check mode says. `pending` are the steps that have something to do, `taken` those that the task would take."""

    def over(self) -> str:
        """Return what is to be said of a failure after which there is no way back."""

    def subject(self, claim: C, scene: Scene) -> Subject:
        """Return what gates are about."""


class Plain:
    """A strategy of which nothing is special: it stands in the table of strategies and nowhere else."""

    def __init__(self, request: StagedRequest, outside: Surroundings, claim: Claim | None) -> None:
        self.name = claim.strategy if claim is not None else request.strategy
        if self.name not in STAGED:
            raise RefusedError(
                f"{request.application} has a rollout by {self.name} on its way, which this version of the collection does not know; use "
                "the version that began it."
            )
        self._strategy = STAGED[self.name]
        self._request = request
        self._outside = outside
        self._claim = claim

    def view(self) -> View:
        """Return what the strategy looks at."""
        request = self._request
        return self._strategy.view(self._claim or Claim(strategy=self.name, objects=request.objects, wanted=request.wanted))

    def refs(self, view: View) -> Collection[Ref]:
        """Return the objects of the claim, or of the request."""
        del view
        objects = self._claim.objects if self._claim is not None else self._request.objects
        return set(self._refs(objects))

    def _refs(self, objects: Iterable[str]) -> Iterator[Ref]:
        for kind, _slash, name in (entry.partition("/") for entry in objects):
            yield Ref(kind, self._request.namespace, name)

    def plan(self, scene: Scene) -> StagedPlan[Claim]:
        """Return the plan."""
        return plan_of(self._request, self._strategy, self._claim, scene, self._outside)

    def refuse_other(self, plan: StagedPlan[Claim]) -> None:
        """Compare the goal, the objects, what they shall be, and the names of the steps."""
        request, claim = self._request, plan.claim or self._claim
        refs = [*self._refs(claim.objects if claim is not None else request.objects)]
        wanted = claim.wanted if claim is not None else request.wanted
        new = self._claim_of(plan)
        taken = self.back(new) if request.goal == "abort" else self.forward(plan, new)
        told = words_of(f"{key} {value}" for key, value in sorted(wanted.items()))
        found = {
            "goal": way(self.name, goal=request.goal),
            "objects": objects(refs),
            "settings": Aspect(dict(wanted), told),
            "steps": steps(step.name for step in taken),
        }
        compare(lambda _written: found, refs, self._outside)

    def covered(self, plan: StagedPlan[Claim]) -> set[Ref]:
        """Return the objects of the claim."""
        return set(self._refs(plan.claim.objects)) if plan.claim is not None else set()

    def _claim_of(self, plan: StagedPlan[Claim]) -> Claim:
        """The claim of the plan, or the one that is there; else what a new one would be."""
        request = self._request
        return plan.claim or self._claim or Claim(strategy=self.name, objects=request.objects, wanted=request.wanted)

    def steps(self, plan: StagedPlan[Claim]) -> Sequence[str]:
        """Return the names that the strategy's own function gives."""
        return [step.name for step in self.forward(plan, self._claim_of(plan))]

    def forward(self, plan: StagedPlan[Claim], claim: Claim) -> Sequence[SceneStep]:
        """Return the strategy's steps forward."""
        del plan
        return self._strategy.forward(claim, self._request.namespace)

    def back(self, claim: Claim) -> Sequence[SceneStep]:
        """Return the strategy's steps back."""
        return self._strategy.back(claim, self._request.namespace)

    def perform(self) -> Mapping[type[Any], Perform]:
        """Return the strategy's own functions."""
        return self._strategy.perform

    def needs(self, _plan: StagedPlan[Claim], _claim: Claim, _scene: Scene, _steps: Collection[str]) -> Iterable[Need]:
        """Return nothing: which writes are to come is not known before."""
        return ()

    def seconds(self, plan: StagedPlan[Claim]) -> float:
        """Return the time limit of each step, with what the steps last by themselves."""
        claim = plan.claim
        steps = (*self.forward(plan, claim), *self.back(claim)) if claim is not None else ()
        return sum(self._request.waiting.timeout + step.extra for step in steps) + DRAIN_SECONDS

    def notes(self, _plan: StagedPlan[Claim]) -> Notes[Claim]:
        """Return that nothing is stored beside the claim."""
        return NoNotes()

    def give_up(self, claim: Claim, why: str, _scene: Scene) -> Claim:
        """Return the claim on its way back."""
        return claim.given_up(why)

    def no_way_back(self, claim: Claim, _scene: Scene) -> str:
        """Return that the strategy has no way back, or ''."""
        return "" if self.back(claim) else f"{self.name} has no way back."

    def foreign(self, _claim: Claim, _scene: Scene) -> str:
        """Return '': the last step has seen what runs."""
        return ""

    def parts(self, plan: StagedPlan[Claim], claim: Claim | None, scene: Scene, *, aborted: bool) -> Iterator[Part]:
        """Return the workloads that the claim or the request names."""
        del plan, aborted
        for ref in self._refs(claim.objects if claim is not None else self._request.objects):
            snapshot = scene.snapshot(ref.name) if ref.name in scene.deployments else Snapshot(None)
            if snapshot.workload is not None and snapshot.workload.ref == ref:
                yield Part(ref, snapshot, snapshot, snapshot)

    def stands(self, claim: Claim, scene: Scene) -> str:
        """Return how far its workloads are."""
        return "; ".join(dict.fromkeys(standing(scene.snapshot(ref.name)).message for ref in self._refs(claim.objects)))

    def stays_away(self, _claim: Claim, _scene: Scene) -> tuple[str, bool]:
        """Return that all is as it was: the last step back has seen that."""
        return "", False

    def preview(self, claim: Claim, scene: Scene, pending: Collection[str], taken: Collection[str]) -> Preview:
        """Return what each step lacks."""
        del taken
        steps = self._strategy.forward(claim, self._request.namespace)
        rows = tuple(Row(step.name, step.lacking(scene) or step.idle or "as it is then") for step in steps if step.name in pending)
        return Preview(f"would be rolled out by {claim.way}", rows)

    def over(self) -> str:
        """Return what can be done after the last step that has a way back."""
        return "There is no way back from there; roll the version before out again."

    def subject(self, _claim: Claim, _scene: Scene) -> Subject:
        """Return that nothing is known but the place."""
        return Subject({"namespace": self._request.namespace, "name": self._request.application})
