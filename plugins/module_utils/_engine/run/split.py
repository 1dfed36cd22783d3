# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is special of `traffic_split`: it is about routes and has no workload, and it remembers what they were like at first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from ..._domain.base.objects import JsonObject, JsonValue, mapping
from ..._domain.leases.claim import Claim
from ..._domain.request import StagedRequest
from ..._domain.sides.claims import claim_of
from ..._domain.steps.actions import Change
from ..._domain.steps.plan_hash import Aspect
from ..._domain.text.tables import Row
from ..._domain.traffic.routes import concerned, weights_of
from ..._domain.traffic.scenes import Scene
from ..._domain.traffic.splitting import Former, Originals
from ..._domain.workloads.workload import Snapshot
from ..._strategies.routing import Route, routes_of, undivided, unrestored
from ..._strategies.traffic_split import SPLIT, STEPS, TRAFFIC_SPLIT, weights_in
from ..hold.memory import Notes
from ..hold.split_notes import SplitNotes
from ..outside.surroundings import Surroundings
from ..plan.approval import compare, objects, steps, way
from ..plan.rights import Need
from ..plan.routes import refuse_unfit, warned
from ..plan.staged import StagedPlan
from ..tell.outcome import Routed
from ..write.writer import Planned, Writer
from .method import Part, Plain, Preview

_NOTHING = Snapshot(None)


class Splitting(Plain):
    """The answers for one request, from what the Lease has told."""

    def __init__(self, request: StagedRequest, outside: Surroundings, lease: JsonObject | None) -> None:
        claim = claim_of(lease)
        self._named = request.objects
        super().__init__(_with_originals(request, lease), outside, claim if claim is not None and claim.strategy == TRAFFIC_SPLIT else None)

    def plan(self, scene: Scene) -> StagedPlan[Claim]:
        """Return the plan, each write of a new one as the server would carry it out."""
        if self._request.goal == "roll" and not self._request.objects:
            return StagedPlan(None, unchanged="no change of its weights is remembered")
        if self._request.goal != "roll" or (self._claim is not None and self._claim.back):
            return super().plan(scene)
        wanted = Claim(strategy=self.name, objects=self._request.objects, wanted=self._request.wanted)
        routes, weights = routes_of(wanted, self._request.namespace), weights_in(wanted)
        refuse_unfit(routes, weights, scene)
        found = super().plan(scene)
        if not found.fresh:
            return found
        writes = self._planned(routes, weights, scene)
        return replace(found, candidates=writes, warnings=(*found.warnings, *warned(routes, scene)))

    def _planned(self, routes: tuple[Route, ...], weights: Mapping[str, int], scene: Scene) -> tuple[Planned, ...]:
        request, outside = self._request, self._outside
        writer = Writer(outside.cluster, guard=outside.guard, take_ownership=request.take_ownership, wrote=outside.wrote)
        left = undivided(routes, weights, scene) if weights else unrestored(routes, scene, originals=True)
        return tuple(writer.plan(change.resource, change.ref, change.write) for change in left if isinstance(change, Change))

    def refuse_other(self, plan: StagedPlan[Claim]) -> None:
        """Compare the goal, the routes, and what is to become of them: by the request, as what it brings back is not known any more once
        that is done."""
        request = self._request
        if request.goal != "roll":
            super().refuse_other(plan)
            return
        refs = [*self._refs(self._named)]
        weights = mapping(request.wanted, "weights")
        settings = {"weights": weights or "as they were before", "rules": mapping(request.wanted, "rules")}
        told = ", ".join(f"{name} {weight}" for name, weight in weights.items()) or "as they were before"
        found = {"goal": way(self.name), "objects": objects(refs), "settings": Aspect(settings, told), "steps": steps(STEPS)}
        compare(lambda _written: found, refs, self._outside)

    def needs(self, _plan: StagedPlan[Claim], claim: Claim, _scene: Scene, _steps: Collection[str]) -> Iterable[Need]:
        """Return the right to change each of the routes, before one of them is."""
        for route in routes_of(claim, self._request.namespace):
            for verb in ("get", "patch"):
                yield Need(verb, route.router.resource, route.ref.namespace, route.ref.name)

    def notes(self, _plan: StagedPlan[Claim]) -> Notes[Claim]:
        """Return that what the routes were like is remembered."""
        return SplitNotes()

    def parts(self, plan: StagedPlan[Claim], claim: Claim | None, scene: Scene, *, aborted: bool) -> Iterator[Part]:
        """Return the routes."""
        del plan
        seen = claim or Claim(strategy=self.name, objects=self._named, wanted=self._request.wanted)
        for route in routes_of(seen, self._request.namespace):
            routed = tuple(_routed(route, seen, scene, told=claim is not None and not aborted))
            message = "; ".join(_told(entry) for entry in routed)
            yield Part(route.ref, _NOTHING, _NOTHING, _NOTHING, message=message, routed=routed)

    def stands(self, claim: Claim, scene: Scene) -> str:
        """Return how the requests are divided."""
        return "; ".join(part.message for part in self.parts(StagedPlan(claim), claim, scene, aborted=False))

    def preview(self, claim: Claim, scene: Scene, pending: Collection[str], taken: Collection[str]) -> Preview:
        """Return the weights of each rule before and after."""
        del pending, taken
        if claim.back:
            return Preview("would get the weights back that it had before")
        routes, weights = routes_of(claim, self._request.namespace), weights_in(claim)
        return Preview("would get other weights" if weights else "would get its first weights back", tuple(_rows(routes, weights, scene)))


def _with_originals(request: StagedRequest, lease: JsonObject | None) -> StagedRequest:
    """The request, with what is remembered of its routes where that is to be brought back: of those that it names, or of all."""
    if request.goal != "roll" or request.strategy != TRAFFIC_SPLIT or request.wanted.get("weights"):
        return request
    known = {**_begun(claim_of(lease)), **Originals.of(lease).routes}
    names = tuple(name for name in (request.objects or sorted(known)) if name in known)
    originals: dict[str, JsonValue] = {name: known[name].plain() for name in names}
    return replace(request, objects=names, wanted={**request.wanted, "originals": originals})


def _begun(claim: Claim | None) -> dict[str, Former]:
    """What the routes were like before an earlier task, which has not come to its end."""
    if claim is None or claim.strategy != TRAFFIC_SPLIT or not weights_in(claim):
        return {}
    return {name: Former.of(mapping(claim.known, "routes", name)) for name in claim.objects}


def _routed(route: Route, claim: Claim, scene: Scene, *, told: bool) -> Iterator[Routed]:
    """The rules that a claim is about, with the weights that they have now; `told`: also those that they had before."""
    obj = scene.routes.get(route.ref, {})
    names = weights_in(claim) or dict.fromkeys(route.original.services, 1)
    before = route.restoring(route.former)(obj)
    former = {rule.name: weights_of(rule, names) for rule in route.router.rules(before)}
    for rule in concerned(route.router.rules(obj), names, route.only):
        yield Routed(route.router.name, route.ref, rule.name, weights_of(rule, names), former.get(rule.name) if told else None)


def _told(entry: Routed) -> str:
    return f"rule {entry.rule} gives {_spelled(entry.weights)}"


def _spelled(weights: Mapping[str, int]) -> str:
    whole = sum(weights.values())
    return ", ".join(f"{name} {100 * weight / whole:.3g} %" if whole else f"{name} nothing" for name, weight in weights.items())


def _rows(routes: Iterable[Route], weights: Mapping[str, int], scene: Scene) -> Iterator[Row]:
    for route in routes:
        obj = scene.routes.get(route.ref, {})
        edit = route.dividing(weights) if weights else route.restoring(route.original)
        after = {rule.place: rule for rule in route.router.rules(edit(obj))}
        names = weights or dict.fromkeys(route.original.services, 1)
        for rule in concerned(route.router.rules(obj), names, route.only):
            new = _spelled(weights_of(after[rule.place], names)) if rule.place in after else ""
            yield Row(SPLIT, f"{route.ref.short} {rule.name}", _spelled(weights_of(rule, names)), new)
