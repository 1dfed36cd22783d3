# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a request for a canary and what the cluster shows to a plan: what serves, what shall, what is refused. Nothing here writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from ..._domain.base.errors import ForbiddenError, NotFoundError, RefusedError, RolloutError
from ..._domain.base.objects import JsonObject, JsonValue, Ref, at, mapping, number, text
from ..._domain.base.resources import HPA, SCALED_OBJECT
from ..._domain.canary.course import CANARY, Canary, candidate_name, sight_of
from ..._domain.canary.parking import FIELDS, PARKED_FIELDS, fields_of, named_fields
from ..._domain.canary.routing import Routing
from ..._domain.leases.claim import Claim
from ..._domain.leases.lease import user_of
from ..._domain.ownership.fields import remove
from ..._domain.ownership.formers import Applied, applied, formers
from ..._domain.ownership.owners import scaled_by
from ..._domain.request import CanaryRequest, Cause, StagedRequest, Target
from ..._domain.sides.colours import fingerprint, is_coloured
from ..._domain.sides.expected import Known, aborted_already, given_up_of, promoted_already
from ..._domain.steps.changes import describe
from ..._domain.steps.step import Apply
from ..._domain.text.causes import signed
from ..._domain.traffic.scenes import Autoscaler, Scene, least_field
from ..._domain.workloads.completion import standing
from ..._domain.workloads.revisions import candidate_of
from ..._domain.workloads.shares import PROMOTE, Share
from ..._domain.workloads.workload import CHANGE_CAUSE, Workload
from ..._strategies.canary_moves import first_write, gone
from ..._strategies.routing import routes_of
from ..config.configuration import prepare
from ..hold.undone import told_of_undone
from ..outside.surroundings import Surroundings
from ..write.writer import Planned, Writer
from .routes import asked_before, match_of, routed_claim, routing_of, warned
from .staged import StagedPlan


@dataclass(frozen=True)
class CanaryPlan(StagedPlan[Claim]):
    """The plan of a task for a canary."""

    target: Target | None = None
    """What the task brings, its configuration resolved; None where it only goes on, or back."""
    template: JsonObject | None = None
    """The candidate's template as the server would have it, where the task brings one."""


class CanaryPlanner:
    """Plans one request. Raises `RolloutError` for whatever would be refused, before anything is written."""

    def __init__(self, request: StagedRequest, outside: Surroundings, scene: Scene, claim: Claim | None, lease: JsonObject | None) -> None:
        self._lease = lease
        self._request = request
        self._outside = outside
        self._scene = scene
        self._claim = claim
        self._writer = Writer(outside.cluster, guard=outside.guard, take_ownership=request.take_ownership, wrote=outside.wrote)
        self._warnings: list[str] = []

    def plan(self) -> CanaryPlan:
        """Return the plan as the cluster is now."""
        if self._request.goal == "promote":
            return self._promote()
        if self._request.goal == "abort":
            return self._abort()
        if not isinstance(self._request, CanaryRequest):
            raise TypeError(f"A request of {self._request.strategy} brings no canary.")
        return self._roll(self._request)

    # --- going on with, or giving up, what is on its way ----------------------------------------------------------------------

    def _promote(self) -> CanaryPlan:
        claim = self._claim
        done = self._expected_already("promote")
        if claim is None or done:
            self._refuse_forgotten()
            return CanaryPlan(claim=None, unchanged=done or "nothing is on its way", template=self._live())
        if claim.back:
            return CanaryPlan(claim=claim)
        canary = Canary.of(claim, self._request.namespace)
        sight = sight_of(canary, self._scene)
        if not claim.times and (sight is None or sight.whose not in ("candidate", "other")):
            raise RefusedError(f"The candidate of {canary.ref} was not made yet; run canary again with what you want, or abort.")
        return CanaryPlan(claim=claim)

    def _abort(self) -> CanaryPlan:
        claim = self._claim
        done = self._expected_already("abort")
        if claim is None or done:
            self._refuse_forgotten()
            nothing = "nothing is on its way, so there is nothing to abort; undo brings an earlier version back"
            return CanaryPlan(claim=None, unchanged=done or nothing, template=self._live())
        canary = Canary.of(claim, self._request.namespace)
        if not canary.base:
            raise RefusedError(f"{canary.ref} has no earlier version to go back to; correct it by canary with supersede: true.")
        lost = gone(canary, self._scene)
        if lost:
            raise RefusedError(f"There is no way back: {lost}")
        return CanaryPlan(claim=claim if claim.back else claim.given_up("aborted on request"))

    def _expected_already(self, goal: Literal["promote", "abort"]) -> str:
        """Return why there is nothing to do about the expected candidate any more, or ''. Raises `RefusedError` where it is not what is on
        its way."""
        expected, claim = self._request.expect, self._claim
        if expected is None:
            return ""
        snapshot = self._scene.snapshot(self._name())
        live = candidate_of(snapshot)
        serving = frozenset([live.name] if live is not None and claim is None else [])
        candidates: frozenset[str] = frozenset()
        if claim is not None:
            candidates = frozenset([candidate_name(Canary.of(claim, self._request.namespace), self._scene)])
        known = Known(self._request.application, claim, candidates, serving, given_up_of(self._lease))
        return (promoted_already if goal == "promote" else aborted_already)(expected, known)

    def _refuse_forgotten(self) -> None:
        """Raise `RefusedError` for a Deployment that is held, and nobody knows any more what it was like before."""
        workload = self._scene.workload(self._name())
        if workload is not None and workload.held:
            raise RefusedError(
                f"{workload.ref} is held by a canary, and the Lease that has kept its own settings is gone; set minReadySeconds, "
                "progressDeadlineSeconds and strategy as its manifest has them and paused: false, with the template that shall serve."
            )

    def _live(self) -> JsonObject | None:
        """Return the template that the Deployment has now."""
        workload = self._scene.workload(self._name())
        return workload.template if workload is not None else None

    def _name(self) -> str:
        return next(iter(self._scene.deployments), self._request.application)

    # --- a new version ---------------------------------------------------------------------------------------------------------

    def _roll(self, request: CanaryRequest) -> CanaryPlan:
        if self._claim is not None and self._claim.back:
            return self._goes_back(request, self._claim)
        live = self._scene.workload(request.target.ref.name)
        template = live.template if live is not None else None
        configuration = prepare(
            request.config,
            (request.target,),
            request.companions,
            lambda _target: template,
            self._outside.cluster,
            application=request.application,
        )
        (target,) = configuration.targets
        companions = tuple(self._writer.plan(entry.resource, entry.ref, Apply(entry.manifest)) for entry in configuration.companions)
        companions = (*companions, *(copy.planned(self._writer) for copy in configuration.copies))
        planned = self._writer.plan(target.resource, target.ref, first_write(target, None), cause=self._cause(request, live))
        after = mapping(planned.after, "spec", "template")
        begun = self._claim if live is not None else None
        claim = self._begun(request, planned, live) if begun is None else self._continued(request, begun, planned)
        if claim is None:
            return CanaryPlan(
                claim=None,
                companions=companions,
                direct=(planned,),
                unchanged="the template already runs",
                configuration=configuration,
                target=target,
                template=after,
                warnings=tuple(self._warnings),
            )
        if claim.back:
            return CanaryPlan(claim=claim, companions=companions, reverts=True, configuration=configuration, target=target, template=after)
        fresh = begun is None or begun.wanted.get("template") != claim.wanted.get("template")
        if fresh:
            versions = {target.ref: text(claim.wanted, "template")}
            self._warnings += told_of_undone(versions, self._outside, refuse=request.refuse_undone)
        return CanaryPlan(
            claim=claim,
            companions=companions,
            candidates=(planned,) if fresh else (),
            fresh=fresh,
            configuration=configuration,
            target=target,
            template=after,
            warnings=tuple(self._warnings),
        )

    def _goes_back(self, request: CanaryRequest, claim: Claim) -> CanaryPlan:
        """Return the plan that ends a way back. Where the task wants what served before, it ends as the task asks."""
        try:
            planned = self._writer.plan(request.target.resource, request.target.ref, first_write(request.target, None))
        except RolloutError:
            return CanaryPlan(claim=claim)  # Whatever is wrong with what is wanted, going back comes first.
        after = mapping(planned.after, "spec", "template")
        reverts = Canary.of(claim, request.namespace).whose(after) == "stable"
        return CanaryPlan(claim=claim, reverts=reverts, template=after)

    def _cause(self, request: CanaryRequest, live: Workload | None) -> Cause:
        """Why, in the words of the task, its definition, or of what changes; known once the write is planned."""
        own = text(request.target.manifest or {}, "metadata", "annotations", CHANGE_CAUSE)
        return Cause(request.cause.why or own or ("first rollout" if live is None else ""), request.cause.by)

    def _begun(self, request: CanaryRequest, planned: Planned, live: Workload | None) -> Claim | None:
        """Return the claim of a new canary; None where there is no new template. Raises `RefusedError` for what keeps it from beginning."""
        snapshot = self._scene.snapshot(request.target.ref.name)
        if live is not None and not planned.template_changed:
            self._refuse_forgotten()
            if standing(snapshot).done:
                return None
        after = mapping(planned.after, "spec", "template")
        shares: tuple[Share, ...] = ()
        routing: Routing | None = None
        if live is not None and planned.template_changed:
            self._refuse_beginning(request, planned, live)
            shares = request.shares if live.desired > 0 else ()
            routing = self._routing(request, live) if shares else None
        stable = candidate_of(snapshot)
        changes = live is not None and planned.template_changed
        canary = Canary(
            ref=request.target.ref,
            wanted=fingerprint(after),
            base=fingerprint(live.template) if live is not None and changes else "",
            stable=stable.name if stable is not None and changes else "",
            shares=shares,
            least=request.least,
            own=fields_of(planned.before or {}),
            after=fields_of(planned.after),
            owners=formers(planned.before or {}, PARKED_FIELDS),
            routing=routing,
        )
        return self._claim_of(request, replace(canary, heirs=self._applied(request, canary).owners), planned)

    def _applied(self, request: CanaryRequest, canary: Canary) -> Applied:
        """Return what becomes of the fields that are changed on the way by what the task brings; a short change brings none of them."""
        manifest = request.target.manifest
        if manifest is None:
            return Applied(canary.owners, {})
        return applied(canary.owners, named_fields(manifest), text(manifest, "apiVersion"), take_ownership=request.take_ownership)

    def _routing(self, request: CanaryRequest, live: Workload) -> Routing | None:
        """Return the Services of both versions, where routes divide the requests."""
        if request.routes is None:
            return None
        routing, warnings = routing_of(request.routes, live, self._scene, self._outside)
        self._warnings += warnings
        return routing

    def _continued(self, request: CanaryRequest, claim: Claim, planned: Planned) -> Claim:
        """Return the claim of the canary that is on its way, or of the one that supersedes it. Raises `RefusedError` where that was not
        asked for."""
        canary, after = Canary.of(claim, request.namespace), mapping(planned.after, "spec", "template")
        whose = canary.whose(after)
        if whose == "candidate":
            shares = request.shares if canary.shares else ()
            canary = replace(self._with_routes(request, claim, canary), shares=shares, least=request.least)
            return replace(claim, wanted={**claim.wanted, **self._settled(request, canary, canary.after).brings()})
        if whose == "stable":
            return claim.given_up("the version that served before is wanted again")
        told = f" ({claim.cause})" if claim.cause else ""
        if PROMOTE in claim.times:
            raise RefusedError(f"{canary.ref} is being promoted to another version{told}; promote it to its end, or abort it first.")
        if not request.supersede:
            raise RefusedError(
                f"{canary.ref} has another canary on its way{told}; promote or abort it first, or set supersede: true to put this one in "
                "its place."
            )
        new = replace(
            self._with_routes(request, claim, canary),
            wanted=fingerprint(after),
            shares=request.shares,
            least=request.least,
            former=(*canary.former, canary.wanted),
            heirs=canary.owners,
        )
        return self._claim_of(request, self._settled(request, new, new.own), planned)

    def _settled(self, request: CanaryRequest, canary: Canary, known: Mapping[str, JsonValue]) -> Canary:
        """Return the canary with the fields that there are in the end, and their owners: what a definition makes of those that were there
        before, or, where the task brings none of them, the known ones."""
        manifest = request.target.manifest
        if manifest is None:
            return replace(canary, after=_without_nothing(known))
        settled = self._applied(request, canary)
        kept = mapping(remove({"spec": dict(canary.own)}, settled.removed), "spec")
        return replace(canary, after=_without_nothing(_named_fields(manifest, kept)), heirs=settled.owners)

    def _with_routes(self, request: CanaryRequest, claim: Claim, canary: Canary) -> Canary:
        """Return the canary with what may change of how its requests are divided. Raises `RefusedError` for what may not."""
        if not canary.shares:
            return canary
        asked, routing = request.routes, canary.routing
        before = asked_before(claim) if routing is not None else None
        if before != (asked.rules if asked is not None else None):
            how = f"routes ({', '.join(before)})" if before is not None else "pods"
            raise RefusedError(
                f"{canary.ref} has a canary on its way whose requests are divided by {how}; give the same in routes, or promote or "
                "abort it first."
            )
        if asked is None or routing is None:
            return canary
        if (asked.service, asked.candidate_service) != (routing.service, routing.candidate_service):
            raise RefusedError(
                f"{canary.ref} has a canary on its way between {routing.service} and {routing.candidate_service}; give the same Services "
                "in service and candidate_service, or promote or abort it first."
            )
        return replace(canary, routing=replace(routing, delay=asked.delay, match=match_of(asked)))

    def _claim_of(self, request: CanaryRequest, canary: Canary, planned: Planned) -> Claim:
        before = mapping(planned.before or {}, "spec", "template")
        why = request.cause.why or text(planned.after, "metadata", "annotations", CHANGE_CAUSE)
        why = why or (describe(before, mapping(planned.after, "spec", "template")) if planned.before is not None else "first rollout")
        claim = Claim(
            strategy=CANARY,
            objects=(request.target.ref.short,),
            wanted=canary.brings(),
            known=canary.found(),
            cause=why if request.cause.by and request.cause.by in why else signed(why, request.cause.by),
            by=user_of(request.holder),
            since=f"{self._outside.cluster.now():%Y-%m-%dT%H:%M:%SZ}",
        )
        if canary.routing is None or request.routes is None:
            return claim
        former = self._claim.known if self._claim is not None else None
        found = routed_claim(claim, request.routes, canary.routing, self._scene, request.namespace, former)
        self._warnings += warned(routes_of(found, request.namespace), self._scene)
        return found

    # --- refusals --------------------------------------------------------------------------------------------------------------

    def _refuse_beginning(self, request: CanaryRequest, planned: Planned, live: Workload) -> None:
        """Raise `RefusedError` for what keeps a canary from beginning."""
        self._refuse_forgotten()
        ref, snapshot = live.ref, self._scene.snapshot(live.ref.name)
        types = {live.update_type, text(planned.after, "spec", "strategy", "type") or "RollingUpdate"}
        if types != {"RollingUpdate"}:
            raise RefusedError(
                f"{ref} has the strategy Recreate, which stops all pods before the first new one starts, so no part of them can run the "
                "candidate; use recreate, or blue_green."
            )
        if at(planned.after, "spec", "paused") is True:
            raise RefusedError(
                f"{ref} is paused, so no pod would get the new template; resume it first, or take paused out of its definition."
            )
        if is_coloured(live.template):
            raise RefusedError(f"{ref} is a side of a blue/green application; roll it out by blue_green, or leave that first.")
        state = standing(snapshot)
        if not state.done:
            raise RefusedError(f"{ref} has a rollout on its way ({state.message}); wait for its end, or undo it, and run the canary then.")
        lost = self._may_go_to_zero(live)
        if lost:
            raise RefusedError(lost)

    def _may_go_to_zero(self, live: Workload) -> str:
        """Return that an autoscaler may take all pods away, or ''. From 0 a Deployment comes back with the newest template alone."""
        try:
            scaler = scaled_by(self._outside.cluster.list(HPA, live.ref.namespace).items, live.ref)
        except (ForbiddenError, NotFoundError):
            return ""
        if scaler is None:
            return ""
        if at(scaler, "spec", "minReplicas") != 0:
            return self._may_be_taken_to_zero(live, Autoscaler.of(scaler).scaled_object)
        return (
            f"HorizontalPodAutoscaler {text(scaler, 'metadata', 'name')} may scale {live.ref} to 0 (minReplicas 0), and from 0 it comes "
            "back with the candidate alone; set minReplicas to 1 for the time of the canary, or use blue_green."
        )

    def _may_be_taken_to_zero(self, live: Workload, name: str) -> str:
        """Return that KEDA may take all pods away, or '': its autoscaler does not tell, its ScaledObject does."""
        if not name:
            return ""
        ref = Ref(SCALED_OBJECT.kind, live.ref.namespace, name)
        try:
            found = self._outside.cluster.read(SCALED_OBJECT, ref.namespace, name)
        except (ForbiddenError, NotFoundError):
            self._warnings.append(f"{ref} may scale {live.ref} to 0, which is not known, as the user may not read it.")
            return ""
        field = least_field(found or {})
        if found is None or number(found, "spec", field):
            return ""
        return (
            f"{ref} may scale {live.ref} to 0 ({field} is 0), and from 0 it comes back with the candidate alone; set minReplicaCount to 1, "
            "without idleReplicaCount, for the time of the canary, or use blue_green."
        )


def _named_fields(manifest: JsonObject, known: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The fields of the Deployment in the end: the known ones, with what the definition names."""
    found, spec = dict(known), mapping(manifest, "spec")
    for name in FIELDS:
        value = spec.get(name)
        if name == "strategy" and isinstance(value, Mapping):
            former = mapping(found, "strategy")
            limits = {**mapping(former, "rollingUpdate"), **mapping(value, "rollingUpdate")}
            found[name] = {**former, **value, **({"rollingUpdate": limits} if limits else {})}
        elif name in spec and value is not None:
            found[name] = value
    return found


def _without_nothing(fields: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The same as the server has them: it leaves minReadySeconds out where that is 0."""
    return {name: value for name, value in fields.items() if name != "minReadySeconds" or number({"seconds": value}, "seconds")}
