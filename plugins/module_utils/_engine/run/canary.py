# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is special of a canary: it reads how far it is from the pods of one Deployment, and goes on where a person has left it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..._domain.base.objects import JsonObject, JsonValue, Ref, mapping, texts
from ..._domain.base.resources import DEPLOYMENT, SERVICE
from ..._domain.canary.course import CANARY, Canary, serving, sight_of
from ..._domain.gates.placeholders import one_of
from ..._domain.leases.claim import Claim
from ..._domain.ownership.owners import by_whom, unrestarted
from ..._domain.request import CanaryRequest, StagedRequest
from ..._domain.sides.claims import claim_of
from ..._domain.sides.colours import fingerprint
from ..._domain.steps.actions import Perform, SceneStep
from ..._domain.steps.plan_hash import UNKNOWN, Aspect, images_in_words, settings_in_words, settings_of, words_of
from ..._domain.traffic.routes import Match, concerned, weights_of
from ..._domain.traffic.scenes import Scene, View
from ..._domain.traffic.services import Service
from ..._domain.workloads.completion import some, standing
from ..._domain.workloads.revisions import is_of, pods_of_candidate
from ..._domain.workloads.shares import PROMOTE, Share, percent
from ..._domain.workloads.workload import Snapshot
from ..._routers.table import ROUTERS
from ..._strategies.canary import back, forward, view
from ..._strategies.canary_moves import gone
from ..._strategies.canary_plan import most_pods, rows, seconds
from ..._strategies.routing import routes_of
from ..hold.canary_notes import CanaryNotes
from ..hold.memory import Notes
from ..outside.gates import Subject
from ..outside.surroundings import Surroundings
from ..plan.approval import companions_of, compare, configuration_of, objects, steps, way
from ..plan.canary import CanaryPlan, CanaryPlanner
from ..plan.rights import Need
from ..plan.routes import asked_before, beside_of, services_behind
from ..tell.outcome import Routed
from .method import Part, Preview


class InDeployment:
    """The answers for one request, from what the Lease has told."""

    name = CANARY

    def __init__(self, request: StagedRequest, outside: Surroundings, lease: JsonObject | None) -> None:
        claim = claim_of(lease)
        self._request = request
        self._outside = outside
        self._lease = lease
        self._claim = claim if claim is not None and claim.strategy == CANARY else None

    def _shares(self) -> Sequence[Share]:
        if isinstance(self._request, CanaryRequest):
            return self._request.shares
        return self._canary(self._claim).shares if self._claim is not None else ()

    def _canary(self, claim: Claim) -> Canary:
        return Canary.of(claim, self._request.namespace)

    def _ref(self) -> Ref:
        if self._claim is not None:
            return self._canary(self._claim).ref
        return self._request.target.ref if isinstance(self._request, CanaryRequest) else self._named()

    def _named(self) -> Ref:
        return Ref(DEPLOYMENT.kind, self._request.namespace, self._request.application)

    def view(self) -> View:
        """Return the Deployment; with routes also these, and all Services that lead to its pods."""
        if self._claim is not None:
            return view(self._claim)
        if not isinstance(self._request, CanaryRequest) or self._request.routes is None:
            return View((self._ref().name,))
        asked, namespace = self._request.routes, self._request.namespace
        named = [(ROUTERS[kind], name) for kind, _slash, name in (entry.partition("/") for entry in asked.rules)]
        named += [(router, beside_of(name)) for router, name in named if router.beside is not None]
        routes = tuple(dict.fromkeys((router.resource, name) for router, name in named))
        live = self._outside.cluster.read(DEPLOYMENT, namespace, self._ref().name)
        if live is None:  # A first rollout, whose Service may come along.
            return View((self._ref().name,))
        listed = map(Service.of, self._outside.cluster.list(SERVICE, namespace).items)
        behind = services_behind(texts(live, "spec", "template", "metadata", "labels"), listed, asked.candidate_service)
        names = tuple(dict.fromkeys((asked.service, *(service.ref.name for service in behind))))
        return View((self._ref().name,), (*names, asked.candidate_service), (asked.candidate_service,), traffic=True, routes=routes)

    def refs(self, view: View) -> Collection[Ref]:
        """Return the Deployment."""
        del view
        return {self._ref()}

    def plan(self, scene: Scene) -> CanaryPlan:
        """Return what the planner makes of it."""
        self._outside.gates.place([share.name for share in self._shares()])
        return CanaryPlanner(self._request, self._outside, scene, self._claim, self._lease).plan()

    def refuse_other(self, plan: CanaryPlan) -> None:
        """Compare what there shall be when all is done."""
        unasked = any(planned.needs for planned in plan.writes)
        compare(lambda written: self._aspects(plan, written=written), self.covered(plan) or {self._ref()}, self._outside, unasked=unasked)

    def _aspects(self, plan: CanaryPlan, *, written: bool) -> Mapping[str, Aspect]:
        request, claim = self._request, plan.claim or self._claim
        ref, template = self._ref(), plan.template
        if written and plan.target is not None and plan.target.manifest is not None:
            template = mapping(plan.target.manifest, "spec", "template")
        known = fingerprint(unrestarted(template)) if template is not None else self._ends(claim)
        names = [share.name for share in self._shares()]
        nothing = claim is None and request.goal != "roll"
        brings = request.goal == "roll" and (plan.reverts or claim is None or not claim.back)
        return {
            "goal": self._goal(claim),
            "objects": objects([ref]),
            "templates": Aspect({ref.name: known}, images_in_words(ref, template or {})) if known else UNKNOWN,
            "settings": UNKNOWN if nothing else self._settings(),
            "companions": companions_of(plan.companions, plan.configuration) if brings else UNKNOWN,
            "configuration": configuration_of(plan.configuration) if brings else UNKNOWN,
            "steps": UNKNOWN if nothing else steps([*names, PROMOTE]),
        }

    def _ends(self, claim: Claim | None) -> str:
        """The fingerprint of the template that there is in the end."""
        if claim is None:
            return ""
        return self._canary(claim).base if self._request.goal == "abort" else self._canary(claim).wanted

    def _goal(self, claim: Claim | None) -> Aspect:
        """What the task is for; what an abort gives up is not known any more once that is done."""
        if self._request.goal != "abort":
            return way(CANARY if self._request.goal == "roll" else self._request.goal)
        if claim is None:
            return UNKNOWN
        return Aspect({"way": "abort", "gives up": self._canary(claim).wanted}, f"abort of {claim.cause or 'the canary'}")

    def _settings(self) -> Aspect:
        """What the definition names besides the template, and how the canary goes."""
        request, shares = self._request, self._shares()
        least = request.least if isinstance(request, CanaryRequest) else 0
        found: dict[str, JsonValue] = {"steps": [share.plain() for share in shares], "min_replicas": least}
        routing = self._routing()
        if routing is not None:
            found["routes"] = routing
        words = [f"{share.asked}{f' for {share.hold:g} s' if share.hold else ''}" for share in shares]
        manifest = request.target.manifest if isinstance(request, CanaryRequest) else None
        if manifest is not None:
            own = settings_of(manifest, mapping(manifest, "spec"))
            found["workload"] = own
            words.append(settings_in_words(self._ref(), own))
        return Aspect(found, words_of(words))

    def _routing(self) -> JsonObject | None:
        """The routes, and the Services of both versions, as they were asked for; None where each pod gets an equal part."""
        if isinstance(self._request, CanaryRequest):
            asked = self._request.routes
            if asked is None:
                return None
            return _spelled(asked.rules, asked.service, asked.candidate_service, Match(asked.headers, asked.cookies))
        routing = self._canary(self._claim).routing if self._claim is not None else None
        if routing is None or self._claim is None:
            return None
        return _spelled(asked_before(self._claim), routing.service, routing.candidate_service, routing.match or Match())

    def covered(self, plan: CanaryPlan) -> set[Ref]:
        """Return the Deployment with the Services and routes of its versions, and what comes along."""
        refs = {planned.ref for planned in plan.writes if planned.ref.namespace}
        objects = plan.claim.objects if plan.claim is not None else ()
        return refs | {Ref(kind, self._request.namespace, name) for kind, _slash, name in (entry.partition("/") for entry in objects)}

    def steps(self, plan: CanaryPlan) -> Sequence[str]:
        """Return the names of the steps, also where none is taken. A first rollout has none of them, and stops before none."""
        if plan.claim is not None and not plan.claim.back and self._canary(plan.claim).shares:
            return [step.name for step in self.forward(plan, plan.claim)]
        return [*(share.name for share in self._shares()), PROMOTE]

    def forward(self, plan: CanaryPlan, claim: Claim) -> Sequence[SceneStep]:
        """Return the steps forward."""
        return forward(claim, self._request.namespace, plan.target)

    def back(self, claim: Claim) -> Sequence[SceneStep]:
        """Return the steps back."""
        return back(claim, self._request.namespace)

    def perform(self) -> Mapping[type[Any], Perform]:
        """Return that it has no actions of its own."""
        return {}

    def needs(self, plan: CanaryPlan, claim: Claim, _scene: Scene, _steps: Collection[str]) -> Iterable[Need]:
        """Return the right to change the Deployment later on; with routes also these, and the Services."""
        del plan
        ref, routing = self._ref(), self._canary(claim).routing
        yield Need("patch", DEPLOYMENT, ref.namespace, ref.name)
        if routing is None:
            return
        services = (*routing.selectors, routing.candidate_service)
        routes = routes_of(claim, ref.namespace)
        for verb in ("get", "patch"):
            yield Need(verb, DEPLOYMENT, ref.namespace, ref.name)
            yield from (Need(verb, SERVICE, ref.namespace, name) for name in services)
            yield from (Need(verb, route.router.resource, ref.namespace, route.ref.name) for route in routes)
            yield from (Need(verb, route.router.resource, ref.namespace, route.beside) for route in routes if route.beside)
        for route in (route for route in routes if route.beside):
            yield Need("create", route.router.resource, ref.namespace)
            yield Need("delete", route.router.resource, ref.namespace, route.ref.name)
        if not routing.former:
            yield Need("create", SERVICE, ref.namespace)
            yield Need("delete", SERVICE, ref.namespace, routing.candidate_service)

    def seconds(self, plan: CanaryPlan) -> float:
        """Return the time of all steps, there and back, and of all holds."""
        claim = plan.claim
        if claim is None:
            return 0.0
        count, canary = len(self.forward(plan, claim)) + len(self.back(claim)), self._canary(claim)
        return count * self._request.waiting.timeout + seconds(canary) + (4 * canary.routing.delay if canary.routing is not None else 0.0)

    def notes(self, plan: CanaryPlan) -> Notes[Claim]:
        """Return what counts as taken back by a person."""
        del plan
        return CanaryNotes(self._request, self._outside.cluster)

    def give_up(self, claim: Claim, why: str, _scene: Scene) -> Claim:
        """Return the claim on its way back."""
        return claim.given_up(why)

    def no_way_back(self, claim: Claim, scene: Scene) -> str:
        """Return that nothing served before, or that its template is lost; else ''."""
        canary = self._canary(claim)
        if not canary.base:
            return "There is no earlier version to go back to."
        lost = gone(canary, scene)
        return f"There is no way back: {lost}" if lost else ""

    def foreign(self, claim: Claim, scene: Scene) -> str:
        """Return that another template runs by now than the one that was promoted, or ''."""
        canary = self._canary(claim)
        sight = sight_of(canary, scene)
        if sight is None or sight.whose == "candidate":
            return ""
        live = self._outside.cluster.read(DEPLOYMENT, canary.ref.namespace, canary.ref.name)
        by = by_whom(live, "spec", "template")
        return (
            f"{canary.ref} was given another template{by} when the candidate had just been promoted; look at that, and run the task again."
        )

    def parts(self, plan: CanaryPlan, claim: Claim | None, scene: Scene, *, aborted: bool) -> Iterator[Part]:
        """Return the Deployment, its stable side by the pods of the stable ReplicaSet alone."""
        del plan, aborted
        snapshot = scene.snapshot(self._ref().name)
        sight = sight_of(self._canary(claim), scene) if claim is not None else None
        if claim is None or sight is None or sight.stable is None or snapshot.workload is None:
            yield Part(self._ref(), snapshot, snapshot, snapshot)
            return
        stable = replace(snapshot, workload=replace(snapshot.workload, template=sight.stable.template))
        wanted = snapshot
        if sight.candidate is not None:
            wanted = replace(snapshot, workload=replace(snapshot.workload, template=sight.candidate.template))
        share, routed = self._share(claim, scene), tuple(self._routed(claim, scene))
        weights = {"stable": 100 - share, "candidate": share} if share else {}
        yield Part(self._ref(), snapshot, stable, wanted, weights=weights, routed=routed)

    def _share(self, claim: Claim, scene: Scene) -> int:
        """The percentage of the requests that the candidate has, 0 where one version serves alone."""
        canary = self._canary(claim)
        if canary.routing is None:
            old, new = serving(canary, scene)
            return round(100 * new / (old + new)) if old and new else 0
        parts = [
            routed.weights.get(canary.routing.candidate_service, 0) / (sum(routed.weights.values()) or 1)
            for routed in self._routed(claim, scene)
        ]
        return round(100 * max(parts, default=0.0))

    def _routed(self, claim: Claim, scene: Scene) -> Iterator[Routed]:
        """What the rules of the routes give the Services of both versions."""
        routing = self._canary(claim).routing
        for route in routes_of(claim, self._request.namespace) if routing is not None else ():
            names = routing.weights(50) if routing is not None else {}
            for rule in concerned(route.router.rules(scene.routes.get(route.ref, {})), names, route.only):
                yield Routed(route.router.name, route.ref, rule.name, weights_of(rule))

    def stands(self, claim: Claim, scene: Scene) -> str:
        """Return how many pods run which version."""
        canary = self._canary(claim)
        sight = sight_of(canary, scene)
        if sight is None:
            return "it does not exist"
        old, new = serving(canary, scene)
        if sight.parked and canary.routing is not None:
            return f"{self._share(claim, scene)} % of the requests go to the candidate, with {new} of {some(new + old, 'ready pod')}"
        if sight.parked:
            return f"{new} of {some(new + old, 'ready pod')} run the candidate ({percent(new, new + old)})"
        return f"{some(old, 'pod')} run the stable version" if sight.is_whole else standing(sight.snapshot).message

    def stays_away(self, _claim: Claim, _scene: Scene) -> tuple[str, bool]:
        """Return that all is as it was before: the last step back has seen that."""
        return "", False

    def preview(self, claim: Claim, scene: Scene, pending: Collection[str], taken: Collection[str]) -> Preview:
        """Return the table of the steps."""
        del taken
        canary = self._canary(claim)
        if claim.back:
            return Preview("would be given up, back to what served before")
        workload = scene.workload(canary.ref.name)
        if workload is None:
            return Preview("would be created")
        more, held = most_pods(canary, workload), seconds(canary)
        lasts = f", held for {held:g} s in all" if held else ""
        message = f"would be rolled out by a canary, with at most {some(more, 'pod')} more than {workload.desired} at a time{lasts}"
        return Preview(message, rows(canary, workload, pending))

    def over(self) -> str:
        """Return that undo is left."""
        return "The candidate serves alone by now; the module undo brings the version before back."

    def subject(self, claim: Claim, scene: Scene) -> Subject:
        """Return the pods of both versions."""
        canary = self._canary(claim)
        sight = sight_of(canary, scene)
        values = {"namespace": self._request.namespace, "name": canary.ref.name}
        if canary.routing is not None:
            values |= {"stable_service": canary.routing.service, "candidate_service": canary.routing.candidate_service}
        if sight is None:
            return Subject(values)
        stable, candidate = sight.stable, sight.candidate
        old = [pod.ref.name for pod in sight.snapshot.pods if stable is not None and is_of(pod, stable) and not pod.terminating]
        values |= {
            "stable_hash": stable.hash if stable is not None else "",
            "candidate_hash": candidate.hash if candidate is not None else "",
            "stable_pods": one_of(old),
            "candidate_pods": one_of([pod.ref.name for pod in sight.new]),
        }
        candidates = [sight.snapshot] if sight.whose == "candidate" and pods_of_candidate(sight.snapshot) else [Snapshot(None)]
        return Subject(values, candidates)


def _spelled(rules: Mapping[str, str], service: str, own: str, match: Match) -> JsonObject:
    return {"rules": dict(rules), "service": service, "own": own, "headers": dict(match.headers), "cookies": dict(match.cookies)}
