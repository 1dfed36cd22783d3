# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a request for blue/green and what the cluster shows to a plan: what serves, what shall, what is refused. Nothing here writes."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ..._domain.base.errors import InputError, RefusedError
from ..._domain.base.objects import JsonObject, Ref, at, mapping, number, replaced, text, texts, without
from ..._domain.base.resources import DEPLOYMENT, SERVICE
from ..._domain.leases.lease import user_of
from ..._domain.ownership.foreign import foreign_controller
from ..._domain.ownership.owners import OURS, last_writer
from ..._domain.request import Cause, ColourRequest, Colours, Companion, ShortChange, Target
from ..._domain.sides.claims import Promotion, Settings, Side, SidesClaim, chosen, history_of, sides_claim_of
from ..._domain.sides.colours import (
    base_of,
    check_manifest,
    coloured,
    deployments_of,
    fingerprint,
    is_coloured,
    manifest_from,
    mark_of,
    other,
    plain_manifest,
    with_template,
    workload_behind,
)
from ..._domain.sides.expected import Known, aborted_already, candidates_of, given_up_of, promoted_already, serving_of
from ..._domain.sides.serving import obstacles, serving
from ..._domain.steps.changes import describe
from ..._domain.steps.edits import Replicas
from ..._domain.steps.step import Apply, Edit
from ..._domain.text.causes import signed
from ..._domain.traffic.scenes import Scene
from ..._domain.traffic.services import Selector
from ..._domain.workloads.workload import Revision
from ..._strategies.blue_green_back import gone
from ..._strategies.rolling import with_change
from ..config.configuration import Configuration, prepare
from ..hold.taken_services import refuse_taken
from ..hold.undone import told_of_undone
from ..outside.surroundings import Surroundings
from ..write.writer import Planned, Writer
from .staged import StagedPlan


@dataclass(frozen=True)
class Ends:
    """What there shall be when all is done, by workload, for the hash of a plan; empty where that is not known."""

    templates: Mapping[str, JsonObject | str] = field(default_factory=dict)
    """As the server answers; the fingerprint where no more is known."""
    written: Mapping[str, JsonObject | str] = field(default_factory=dict)
    """As the manifests are written."""
    services: Mapping[str, str] | None = None
    """By Service the workload that it leads to; None where that is not known."""
    previews: Mapping[str, str] = field(default_factory=dict)
    selectors: Mapping[str, Selector] = field(default_factory=dict)
    """Of the Services, without what tells the colours apart."""
    colours: Colours | None = None


@dataclass(frozen=True)
class ColourPlan(StagedPlan[SidesClaim]):
    """The plan of a task by blue/green."""

    manifests: Mapping[str, JsonObject] = field(default_factory=dict)
    """The candidates' manifests, by workload."""
    serving: Mapping[str, str] = field(default_factory=dict)
    """What serves now, by workload; empty for nothing yet."""
    history: tuple[Promotion, ...] = ()
    ends: Ends = Ends()


class Planner:
    """Plans one request. Raises `RolloutError` for whatever would be refused, before anything is written."""

    def __init__(self, request: ColourRequest, outside: Surroundings, scene: Scene, lease: JsonObject | None) -> None:
        self._request = request
        self._outside = outside
        self._cluster = outside.cluster
        self._scene = scene
        self._claim = sides_claim_of(lease)
        self._history = history_of(lease)
        self._given_up = given_up_of(lease) if request.expect is not None else ()
        self._writer = Writer(outside.cluster, guard=outside.guard, take_ownership=request.take_ownership, wrote=outside.wrote)
        self._warnings: list[str] = []
        self._live: dict[str, JsonObject | None] = {}
        settings = Settings.of(lease) or Settings()
        self._configuration = Configuration((), request.companions)
        self._colours = request.colours or Colours(settings.previews, delay=settings.delay, keep_old=settings.keep_old)

    def plan(self) -> ColourPlan:
        """The plan as the cluster is now."""
        match self._request.goal:
            case "promote":
                return self._promote()
            case "abort":
                return self._abort()
            case _:
                return self._roll()

    # --- going on with, or giving up, what is on its way ----------------------------------------------------------------------

    def _promote(self) -> ColourPlan:
        claim = self._claim
        if self._request.expect is not None:
            done = promoted_already(self._request.expect, self._known())
            if done:
                return self._nothing(done)
        if claim is None:
            return self._nothing("nothing is on its way")
        if claim.back:
            return self._planned(claim)
        self._refuse_changed_stable(claim)
        for side in claim.sides:
            workload = self._scene.workload(side.candidate)
            if not claim.switched and (workload is None or fingerprint(workload.template) != side.wanted):
                ref = self._ref(side.candidate)
                how = "was not made yet" if workload is None else f"has not the template any more that was prepared{self._by_whom(ref)}"
                raise RefusedError(f"{ref} {how}; run blue_green again with what you want, or abort.")
        return self._planned(claim)

    def _abort(self) -> ColourPlan:
        claim = self._claim
        if self._request.expect is not None:
            done = aborted_already(self._request.expect, self._known())
            if done:
                return self._nothing(done)
        if claim is None:
            return self._nothing("no blue/green rollout is on its way, so there is nothing to abort; undo brings an earlier version back")
        if not any(side.stable for side in claim.sides):
            raise RefusedError(
                f"{self._request.application} has no earlier version to go back to; correct it by blue_green with supersede: true."
            )
        lost = "" if claim.back else gone(claim, self._request.namespace, self._scene)
        if lost:
            raise RefusedError(f"{lost}, which served before, is deleted already, so there is no way back; promote the rollout to its end.")
        if not claim.back:
            claim = replace(claim.given_up("aborted on request"), candidates=tuple(sorted(candidates_of(claim, self._scene))))
        return self._planned(claim)

    def _known(self) -> Known:
        claim = self._claim
        there = frozenset(candidates_of(claim, self._scene) if claim is not None else ())
        return Known(self._request.application, claim, there, serving_of(self._history), self._given_up)

    def _nothing(self, why: str) -> ColourPlan:
        serving = self._known_serving()
        live = self._live_templates(serving)
        ends = Ends(live, live)
        return ColourPlan(claim=None, serving=serving, history=self._history, unchanged=why, ends=ends)

    def _live_templates(self, deployments: Mapping[str, str]) -> dict[str, JsonObject | str]:
        """The templates of these Deployments, by workload; without those that are not there."""
        found = {name: self._scene.workload(deployment) for name, deployment in deployments.items()}
        return {name: workload.template for name, workload in found.items() if workload is not None}

    def _known_serving(self) -> dict[str, str]:
        if not self._history:
            return {self._request.application: self._request.application}
        return {name: deployment for name, (deployment, _hash) in self._history[-1].parts.items()}

    def _planned(self, claim: SidesClaim) -> ColourPlan:
        serves = {side.workload: side.candidate if claim.switched and not claim.back else side.stable for side in claim.sides}
        return ColourPlan(claim=claim, serving=serves, history=self._history, warnings=tuple(self._warnings), ends=self._ends_of(claim))

    def _ends_of(self, claim: SidesClaim) -> Ends:
        """What the rollout on its way ends with, as its claim tells: also of one that is given up, unless this task gives it up."""
        given_up = self._request.goal == "abort"
        sides = {side.workload: (side.stable, side.base) if given_up else (side.candidate, side.wanted) for side in claim.sides}
        live = self._live_templates({name: deployment for name, (deployment, _wanted) in sides.items()})
        templates = {name: live[name] if fingerprint(mapping(live.get(name))) == known else known for name, (_its, known) in sides.items()}
        selectors = {name: base_of(claim.originals.get(name, {})) for name in claim.services}
        colours = self._colours
        if self._request.goal == "promote":
            colours = Colours({}, claim.preview_replicas, claim.delay, claim.keep_old, claim.leaves)
        return Ends(templates, templates, claim.services, claim.previews, selectors, colours)

    def _ends(
        self,
        templates: Mapping[str, JsonObject | str],
        manifests: Mapping[str, JsonObject],
        services: Mapping[str, str],
        previews: Mapping[str, str],
    ) -> Ends:
        """What a rollout ends with, from what is asked for."""
        written = {name: mapping(manifest, "spec", "template") for name, manifest in manifests.items()}
        selectors = {name: base_of(self._selector(name)) for name in services}
        return Ends({**written, **templates}, written, services, previews, selectors, self._colours)

    # --- a new version ---------------------------------------------------------------------------------------------------------

    def _roll(self) -> ColourPlan:
        claim = self._claim
        if claim is not None and claim.back:
            return self._planned(claim)
        promotion = self._promotion_wanted(claim) if self._request.goal == "undo" else None
        targets = self._targets()
        services, previews = self._services(targets)
        stable = self._stable(claim, targets, services)
        self._refuse_idle(targets, stable)
        targets = self._configured(targets, stable)
        manifests = {name: self._manifest(target, stable[name], promotion) for name, target in targets.items()}
        companions = self._companions(services, previews)
        if claim is None and not self._leaves():
            direct = self._direct(targets, stable, manifests)
            if direct is not None:
                ends = self._ends(self._live_templates(stable), manifests, services, previews)
                return replace(self._standing(direct, companions, stable, promotion), ends=ends)
        if claim is None and self._leaves() and all(self._is_plain(name, stable, services) for name in targets):
            self._refuse_leaving(targets, stable, manifests)
            direct = self._direct(targets, stable, manifests) or ()
            ends = self._ends(self._live_templates(stable), manifests, services, previews)
            return replace(self._standing(direct, companions, stable, None), unchanged="there is one plain Deployment already", ends=ends)
        return self._claimed(claim, targets, services, previews, stable, manifests, companions, promotion)

    def _configured(self, targets: Mapping[str, Target], stable: Mapping[str, str]) -> dict[str, Target]:
        """The targets whose templates refer to copies of their configuration."""

        def live(target: Target) -> JsonObject | None:
            workload = self._scene.workload(stable[target.ref.name])
            return workload.template if workload is not None else None

        request = self._request
        self._configuration = prepare(
            request.config, tuple(targets.values()), request.companions, live, self._cluster, application=request.application
        )
        return {target.ref.name: target for target in self._configuration.targets}

    def _standing(
        self, direct: tuple[Planned, ...], companions: tuple[Planned, ...], stable: Mapping[str, str], promotion: Promotion | None
    ) -> ColourPlan:
        why = "the template already serves"
        if promotion is not None:
            why = f"what promotion {promotion.number} brought ({promotion.cause}) serves already"
        return ColourPlan(
            claim=None,
            companions=companions,
            direct=direct,
            serving=stable,
            history=self._history,
            unchanged=why,
            warnings=tuple(self._warnings),
            configuration=self._configuration,
        )

    def _claimed(
        self,
        claim: SidesClaim | None,
        targets: Mapping[str, Target],
        services: Mapping[str, str],
        previews: Mapping[str, str],
        stable: Mapping[str, str],
        manifests: Mapping[str, JsonObject],
        companions: tuple[Planned, ...],
        promotion: Promotion | None,
    ) -> ColourPlan:
        for manifest in manifests.values():
            check_manifest(manifest)
        if claim is None:
            self._refuse_beginning(targets, stable, manifests, services, previews)
        known = (*claim.services, *claim.previews) if claim is not None else ()
        entering = {name: name in previews for name in (*services, *previews) if name not in known}
        refuse_taken(entering, targets, self._request.application, self._request.namespace, self._scene, self._outside)
        candidates = {name: self._candidate(claim, name, stable[name]) for name in targets}
        bodies = {name: self._body(manifests[name], candidates[name]) for name in targets}
        cause = self._cause(stable, manifests, promotion)
        moving = [name for name in targets if candidates[name] != stable[name]]
        planned = {name: self._writer.plan(DEPLOYMENT, self._ref(candidates[name]), Apply(bodies[name]), cause=cause) for name in moving}
        # What leaves blue/green in its place has its template already.
        coming = self._live_templates({name: deployment for name, deployment in stable.items() if name not in planned})
        coming |= {name: mapping(its.after, "spec", "template") for name, its in planned.items()}
        sides = tuple(self._side(targets[name], manifests[name], stable[name], candidates[name], planned.get(name)) for name in targets)
        fresh = claim is None
        if claim is not None:
            sides, fresh = self._continued(claim, sides, services)
        whole = self._whole(None if fresh else claim, sides, services, previews, cause, promotion)
        if claim is not None:
            whole = replace(whole, originals={**whole.originals, **claim.originals})
        if claim is not None and not self._request.supersede:
            self._refuse_changed_stable(claim)
        if fresh and self._request.goal == "roll":
            versions = {self._ref(side.workload): side.wanted for side in sides}
            self._warnings += told_of_undone(versions, self._outside, refuse=self._request.refuse_undone)
        return ColourPlan(
            claim=whole,
            manifests=bodies,
            companions=companions,
            candidates=tuple(planned.values()),
            serving=stable,
            history=self._history,
            fresh=fresh,
            warnings=tuple(self._warnings),
            configuration=self._configuration,
            ends=self._ends(coming, manifests, services, previews),
        )

    def _refuse_beginning(
        self,
        targets: Mapping[str, Target],
        stable: Mapping[str, str],
        manifests: Mapping[str, JsonObject],
        services: Mapping[str, str],
        previews: Mapping[str, str],
    ) -> None:
        """Raise `RefusedError` for what keeps a rollout from beginning."""
        self._refuse_leaving(targets, stable, manifests)
        templates = {name: mapping(entry, "spec", "template") for name, entry in manifests.items()}
        sentences = [sentence for sentence in obstacles(self._scene, stable, templates, services, previews) if sentence]
        if sentences:
            raise RefusedError("\n".join(dict.fromkeys(sentences)))
        self._refuse_foreign(stable, {**services, **previews})

    def _whole(
        self,
        begun: SidesClaim | None,
        sides: tuple[Side, ...],
        services: Mapping[str, str],
        previews: Mapping[str, str],
        cause: Cause,
        promotion: Promotion | None,
    ) -> SidesClaim:
        """Return the claim of this task: `begun` with what the task wants of it, or a new one."""
        colours = self._colours
        whole = SidesClaim(
            identity=uuid.uuid4().hex[:12],
            sides=sides,
            services=services,
            previews=previews,
            originals=self._originals({**services, **previews}),
            preview_replicas=colours.preview_replicas,
            delay=colours.delay,
            keep_old=colours.keep_old,
            leaves=colours.leaves,
            cause=signed(cause.why, cause.by),
            undoes=self._undoes(begun, promotion),
            by=user_of(self._request.holder),
        )
        if begun is None:
            return replace(whole, since=f"{self._cluster.now():%Y-%m-%dT%H:%M:%SZ}")
        return replace(
            whole,
            identity=begun.identity,
            cause=begun.cause,
            switched=begun.switched,
            by=begun.by,
            since=begun.since,
            plan_hash=begun.plan_hash,
        )

    @staticmethod
    def _undoes(claim: SidesClaim | None, promotion: Promotion | None) -> int:
        """The number of what is brought back; that of a rollout that goes on stays."""
        if claim is not None:
            return claim.undoes
        return promotion.number if promotion is not None else 0

    def _sides(self) -> tuple[Side, ...]:
        return self._claim.sides if self._claim is not None else ()

    def _leaves(self) -> bool:
        return self._colours.leaves

    def _is_plain(self, workload: str, stable: Mapping[str, str], services: Mapping[str, str]) -> bool:
        """Nothing of blue/green is left of this workload."""
        scene = self._scene
        wide = all(scene.services[name].selector == base_of(scene.services[name].selector) for name in services if name in scene.services)
        return stable[workload] == workload and wide and not any(name in scene.deployments for name in deployments_of(workload)[1:])

    def _continued(self, claim: SidesClaim, sides: tuple[Side, ...], services: Mapping[str, str]) -> tuple[tuple[Side, ...], bool]:
        """The sides of a rollout that is on its way; whether it is another one. Raises `RefusedError` where that was not asked for."""
        same = {side.workload: side.wanted for side in sides} == {side.workload: side.wanted for side in claim.sides}
        kept = {side.workload: side for side in claim.sides}
        if same and dict(services) == dict(claim.services) and claim.leaves is self._leaves():
            return tuple(replace(kept[side.workload], replicas=side.replicas) for side in sides), False
        if claim.switched:
            raise RefusedError(
                f"{self._request.application} has a rollout on its way whose traffic has moved already ({claim.cause}); promote it to its "
                "end or abort it before another version."
            )
        if not self._request.supersede:
            raise RefusedError(
                f"{self._request.application} has another rollout on its way ({claim.cause}); promote or abort it first, or set supersede: "
                "true to put this one in its place."
            )
        return tuple(replace(side, created=kept[side.workload].created if side.workload in kept else side.created) for side in sides), True

    def _side(self, target: Target, manifest: JsonObject, stable: str, candidate: str, planned: Planned | None) -> Side:
        live = self._scene.workload(stable)
        after = mapping(planned.after, "spec", "template") if planned is not None else self._defaulted(target, manifest)
        asked = number(manifest, "spec", "replicas") if isinstance(at(manifest, "spec", "replicas"), int) else None
        return Side(
            workload=target.ref.name,
            stable=stable,
            candidate=candidate,
            wanted=fingerprint(after),
            base=fingerprint(live.template) if live is not None else "",
            mark=mark_of(self._scene.snapshot(stable)),
            replicas=asked,
            created=self._scene.workload(candidate) is None,
        )

    # --- parts -----------------------------------------------------------------------------------------------------------------

    def _ref(self, deployment: str) -> Ref:
        return Ref(DEPLOYMENT.kind, self._request.namespace, deployment)

    def _targets(self) -> dict[str, Target]:
        """By the workloads' names. An undo takes all that the application has."""
        if self._request.goal == "undo":
            names = sorted(self._history[-1].parts) if self._history else []
            return {name: Target(DEPLOYMENT, self._ref(name), change=ShortChange()) for name in names}
        return {target.ref.name: target for target in self._request.targets}

    def _promotion_wanted(self, claim: SidesClaim | None) -> Promotion:
        """What an undo brings back. Raises `RefusedError` where a rollout is on its way, unless that is this very undo, which goes on."""
        if claim is None:
            return self._promotion()
        if claim.undoes:
            promotion = self._promotion()
            # Once the traffic has moved, the last promotion is the outcome of this undo.
            if claim.undoes == promotion.number or (claim.switched and promotion == self._history[-1]):
                return promotion
        raise RefusedError(f"{self._request.application} has a rollout on its way ({claim.cause}); promote or abort it first.")

    def _promotion(self) -> Promotion:
        request = self._request
        ref = Ref("Application", request.namespace, request.application)
        return chosen(self._history, ref, revision=request.revision, to=request.to)

    def _services(self, targets: Mapping[str, Target]) -> tuple[dict[str, str], dict[str, str]]:
        """Which workload each Service leads to. Raises `InputError` where that is none or several, or a workload has no Service."""
        wanted = self._colours.services
        templates = {name: self._known_template(target) for name, target in targets.items()}
        services: dict[str, str] = {}
        previews: dict[str, str] = {}
        for name, preview in wanted.items():
            ref = Ref("Service", self._request.namespace, name)
            services[name] = workload_behind(ref, base_of(self._selector(name)), templates)
            if preview:
                previews[preview] = services[name]
        for name in targets:
            if name not in services.values():
                raise InputError(f"{self._ref(name)} stands behind none of the Services {', '.join(wanted)}; name its Service as well.")
        return services, previews

    def _known_template(self, target: Target) -> JsonObject:
        if target.manifest is not None:
            return mapping(target.manifest, "spec", "template")
        for name in deployments_of(target.ref.name):
            workload = self._scene.workload(name)
            if workload is not None:
                return workload.template
        raise InputError(
            f"{target.ref} does not exist, nor has it colours, so there is nothing to change; correct name and namespace, or give its "
            "manifest by definition."
        )

    def _selector(self, service: str) -> Selector:
        found = self._scene.services.get(service)
        if found is not None:
            return found.selector
        companion = next((entry for entry in self._request.companions if entry.resource == SERVICE and entry.ref.name == service), None)
        return texts(companion.manifest, "spec", "selector") if companion is not None else {}

    def _originals(self, services: Mapping[str, str]) -> dict[str, Selector]:
        return {name: self._selector(name) for name in services}

    def _stable(self, claim: SidesClaim | None, targets: Mapping[str, Target], services: Mapping[str, str]) -> dict[str, str]:
        if claim is not None:
            known = {side.workload: side.stable for side in claim.sides}
            if set(targets) != set(known):
                listed = ", ".join(sorted(known))
                raise RefusedError(
                    f"{self._request.application} has a rollout on its way of {listed} ({claim.cause}); run it again with just these "
                    "workloads, or promote or abort it first."
                )
            return known
        return {name: serving(name, [service for service, its in services.items() if its == name], self._scene) for name in targets}

    def _read(self, deployment: str) -> JsonObject | None:
        if deployment not in self._live:
            self._live[deployment] = self._cluster.read(DEPLOYMENT, self._request.namespace, deployment) if deployment else None
        return self._live[deployment]

    def _manifest(self, target: Target, stable: str, promotion: Promotion | None) -> JsonObject:
        """What the user would write for the workload: the definition, or what serves with the change."""
        if target.manifest is not None:
            return target.manifest
        # At the end of leaving blue/green only the candidate is left.
        live = self._read(stable) or self._read(next((side.candidate for side in self._sides() if side.workload == target.ref.name), ""))
        if live is None:
            raise InputError(f"{target.ref} does not exist, so there is nothing to change; give its manifest by definition.")
        manifest: JsonObject = without(manifest_from(live, target.ref.name), "spec", "replicas")
        if promotion is not None:
            return with_template(manifest, self._template_of(promotion, target.ref.name))
        return with_change(target, target.change, manifest) if target.change is not None else manifest

    def _template_of(self, promotion: Promotion, workload: str) -> JsonObject:
        deployment, its_hash = promotion.parts.get(workload, ("", ""))
        found = next((entry for entry in self._revisions(deployment) if entry.hash == its_hash), None)
        if found is None:
            raise RefusedError(
                f"The ReplicaSet of {deployment or workload} that kept the template of promotion {promotion.number} is gone; roll that "
                "version out by its definition."
            )
        return found.template

    def _revisions(self, deployment: str) -> tuple[Revision, ...]:
        return self._scene.snapshot(deployment).revisions

    def _companions(self, services: Mapping[str, str], previews: Mapping[str, str]) -> tuple[Planned, ...]:
        """What comes along, and the copies of the configuration."""
        along = tuple(
            self._writer.plan(entry.resource, entry.ref, Apply(self._companion(entry, {**services, **previews})))
            for entry in self._configuration.companions
        )
        return (*along, *(copy.planned(self._writer) for copy in self._configuration.copies))

    def _companion(self, entry: Companion, services: Mapping[str, str]) -> JsonObject:
        """Where a Service leads is decided by the rollout, not by its manifest."""
        live = self._scene.services.get(entry.ref.name) if entry.resource == SERVICE and entry.ref.name in services else None
        return entry.manifest if live is None else replaced(entry.manifest, ("spec", "selector"), dict(live.selector))

    def _direct(
        self, targets: Mapping[str, Target], stable: Mapping[str, str], manifests: Mapping[str, JsonObject]
    ) -> tuple[Planned, ...] | None:
        """The writes that bring what serves to the request without a new template; None where a new template is asked for."""
        writes: list[Planned] = []
        for name, target in targets.items():
            live = self._scene.workload(stable[name])
            if live is None:
                return None
            if target.manifest is None:
                if fingerprint(mapping(manifests[name], "spec", "template")) != fingerprint(live.template):
                    return None
                continue
            check_manifest(manifests[name])
            its_colour = is_coloured(live.template)
            body = coloured(target.manifest, stable[name]) if its_colour else target.manifest
            planned = self._writer.plan(DEPLOYMENT, self._ref(stable[name]), Apply(body))
            if planned.template_changed:
                return None
            writes.append(planned)
            writes.extend(self._rescaled(stable[name], target.manifest, live.desired) if its_colour else ())
        return tuple(writes)

    def _rescaled(self, deployment: str, manifest: JsonObject, now: int) -> tuple[Planned, ...]:
        """The replicas of the definition for a colour; an autoscaler's are left alone."""
        asked = at(manifest, "spec", "replicas")
        if not isinstance(asked, int) or asked == now or self._scene.scales(deployment) is not None:
            return ()
        write = Edit(Replicas(asked), single=True)
        return (self._writer.plan(DEPLOYMENT, self._ref(deployment), write),)

    def _candidate(self, claim: SidesClaim | None, workload: str, stable: str) -> str:
        if claim is not None:
            return next(side.candidate for side in claim.sides if side.workload == workload)
        return workload if self._leaves() else other(workload, stable, self._scene.deployments)

    def _body(self, manifest: JsonObject, candidate: str) -> JsonObject:
        return plain_manifest(manifest) if self._leaves() else coloured(manifest, candidate)

    def _cause(self, stable: Mapping[str, str], manifests: Mapping[str, JsonObject], promotion: Promotion | None) -> Cause:
        request = self._request
        why = request.cause.why
        if not why and promotion is not None:
            why = f"undo to promotion {promotion.number}" + (f": {promotion.cause}" if promotion.cause else "")
        for name, deployment in stable.items():
            live = self._scene.workload(deployment)
            own = text(manifests[name], "metadata", "annotations", "kubernetes.io/change-cause")
            new = mapping(manifests[name], "spec", "template")
            why = (
                why
                or own
                or ("first rollout" if live is None else describe(live.template, new, self._configuration.news_of(self._ref(name))))
            )
        if self._leaves() and not request.cause.why:
            why = "back to one plain Deployment"
        return Cause(why, request.cause.by)

    # --- refusals --------------------------------------------------------------------------------------------------------------

    def _refuse_idle(self, targets: Mapping[str, Target], stable: Mapping[str, str]) -> None:
        """A manifest that was exported from the idle side asks for no pods, and would take those away that serve."""
        for name, target in targets.items():
            live = self._scene.workload(stable[name]) if stable[name] not in ("", name) else None
            if target.manifest is not None and at(target.manifest, "spec", "replicas") == 0 and live is not None and live.desired:
                raise RefusedError(
                    f"The definition of {self._ref(name)} asks for 0 replicas, as its idle side has, while {stable[name]} serves with "
                    f"{live.desired}; leave spec.replicas out of it, or write how many you want."
                )

    def _refuse_leaving(self, targets: Mapping[str, Target], stable: Mapping[str, str], manifests: Mapping[str, JsonObject]) -> None:
        """Who leaves blue/green ends at the Deployment of the plain name: beside what serves, so that must be there, and another one
        where there is a new version."""
        for name, manifest in manifests.items() if self._leaves() else ():
            ref = self._ref(name)
            if not stable[name]:
                raise RefusedError(f"{ref} does not exist, nor has it colours, so there is nothing to leave; use the module rolling.")
            live = self._scene.workload(name) if stable[name] == name else None
            if live is not None and fingerprint(self._defaulted(targets[name], manifest)) != fingerprint(live.template):
                raise RefusedError(
                    f"{ref} serves itself, so it cannot get another version while it leaves blue/green; roll that version out first, "
                    "then leave by name alone."
                )

    def _defaulted(self, target: Target, manifest: JsonObject) -> JsonObject:
        """The template of a manifest as the server would have it: a definition leaves out what is filled in."""
        if target.manifest is None:
            return mapping(manifest, "spec", "template")
        return mapping(self._writer.plan(DEPLOYMENT, self._ref(target.ref.name), Apply(manifest)).after, "spec", "template")

    def _refuse_foreign(self, stable: Mapping[str, str], services: Mapping[str, str]) -> None:
        """What another controller looks after is refused by its name; what a GitOps tool may change back is warned of."""
        found = [self._read(deployment) for deployment in stable.values() if deployment]
        found += [self._cluster.read(SERVICE, self._request.namespace, name) for name in services]
        for obj in found:
            if obj is None:
                continue
            refusal = foreign_controller(obj, take_ownership=self._request.take_ownership)
            if refusal:
                raise RefusedError(refusal)
            tool = foreign_controller(obj)
            if tool:
                self._warnings.append(tool.partition(";")[0] + "; its next synchronisation may change it back.")

    def _refuse_changed_stable(self, claim: SidesClaim) -> None:
        """What serves is what the rollout began with: the base to go back to (R9)."""
        for side in claim.sides:
            live = self._scene.workload(side.stable)
            if not claim.switched and live is not None and fingerprint(live.template) != side.base:
                ref = self._ref(side.stable)
                raise RefusedError(
                    f"{ref} was given another template while a rollout is on its way{self._by_whom(ref)}; look at it, then abort the "
                    "rollout, or set supersede: true to go on with blue_green."
                )

    def _by_whom(self, ref: Ref) -> str:
        who = last_writer(self._read(ref.name) or {}, "spec", "template", besides=OURS)
        return f" (by {who})" if who else ""
