# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is special of rollouts by blue/green: two sides, Services that lead to one of them, a history of promotions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..._domain.base.errors import RefusedError
from ..._domain.base.objects import JsonObject, Ref
from ..._domain.base.resources import DEPLOYMENT, SERVICE
from ..._domain.gates.placeholders import one_of
from ..._domain.ownership.owners import by_whom, unrestarted
from ..._domain.request import ColourRequest
from ..._domain.sides.claims import BLUE_GREEN, Settings, SidesClaim, history_of, sides_claim_of
from ..._domain.sides.colours import deployments_of, fingerprint
from ..._domain.sides.expected import candidates_of
from ..._domain.sides.serving import leading, leads_only_to
from ..._domain.steps.actions import Perform, SceneStep
from ..._domain.traffic.scenes import DRAIN_SECONDS, Scene, View
from ..._domain.workloads.revisions import hash_of, pods_of_candidate
from ..._strategies.blue_green import forward
from ..._strategies.blue_green_back import back, gone
from ..._strategies.blue_green_foreseen import foreseen
from ..._strategies.blue_green_plan import extra_pods, rows
from ..._strategies.blue_green_steps import FORWARD, GATED
from ..hold.claimed import refuse_claimed
from ..hold.memory import Notes
from ..hold.sides_notes import SidesNotes
from ..outside.gates import Subject
from ..outside.surroundings import Surroundings
from ..plan.approved_sides import refuse_other_sides
from ..plan.rights import Need, for_sides
from ..plan.sides import ColourPlan, Planner
from ..tell.outcome import Coloured
from .method import Part, Preview


class BlueGreen:
    """The answers for one request, from what the Lease has told."""

    name = BLUE_GREEN

    def __init__(self, request: ColourRequest, outside: Surroundings, lease: JsonObject | None) -> None:
        self._request = _with_known_previews(request, lease, outside)
        self._outside = outside
        self._lease = lease

    def view(self) -> View:
        """Return the Deployments and Services of the application. Optional are those that need not be there: what comes with the
        definition, preview Services that somebody has deleted since, and all for who gives up."""
        request, lease, cluster = self._request, self._lease, self._outside.cluster
        claim, settings = sides_claim_of(lease), Settings.of(lease)
        workloads = {target.ref.name for target in request.targets} | {name for entry in history_of(lease)[-1:] for name in entry.parts}
        services: dict[str, str] = dict(request.colours.services) if request.colours is not None else {}
        if claim is not None:
            workloads |= {side.workload for side in claim.sides}
            services |= {name: services.get(name, "") for name in claim.services}
        if request.colours is None and settings is not None:
            services |= settings.previews
        known = claim is not None or settings is not None or request.colours is not None
        if not known and lease is None:
            self._refuse_unknown()
        names = [deployment for workload in sorted(workloads or {request.application}) for deployment in deployments_of(workload)]
        wanted = [*services, *(preview for preview in services.values() if preview), *(claim.previews if claim is not None else ())]
        coming = {entry.ref.name for entry in request.companions if entry.resource == SERVICE}
        optional = {name for name in wanted if name in coming and cluster.read(SERVICE, request.namespace, name) is None}
        optional |= set(claim.previews if claim is not None else ()) - set(services)
        if request.colours is None:
            optional |= {preview for preview in services.values() if preview}
        found = wanted if request.goal == "abort" else sorted(optional)
        return View(tuple(names), tuple(dict.fromkeys(wanted)), tuple(found), traffic=True)

    def _refuse_unknown(self) -> None:
        """Raise `RefusedError` where there is nothing of this name at all."""
        request = self._request
        ref = self._ref(request.application)
        if self._outside.cluster.read(DEPLOYMENT, ref.namespace, ref.name) is not None:
            return
        refuse_claimed((ref, replace(ref, kind="Service")), self._outside)
        raise RefusedError(
            f"{ref} is not rolled out by blue/green, as far as Lease rollout-{request.application} tells; correct name and namespace."
        )

    def _ref(self, deployment: str) -> Ref:
        return Ref(DEPLOYMENT.kind, self._request.namespace, deployment)

    def refs(self, view: View) -> Collection[Ref]:
        """Return all that it looks at."""
        services = {Ref("Service", self._request.namespace, name) for name in view.services}
        return {self._ref(name) for name in view.deployments} | services

    def plan(self, scene: Scene) -> ColourPlan:
        """Return what the planner makes of it."""
        self._outside.gates.place(GATED)
        return Planner(self._request, self._outside, scene, self._lease).plan()

    def refuse_other(self, plan: ColourPlan) -> None:
        """Compare what there shall be when all is done."""
        refuse_other_sides(plan, self._request, self.covered(plan), self._outside)

    def covered(self, plan: ColourPlan) -> set[Ref]:
        """Return both sides of each workload, the Services, and what comes along."""
        refs = {planned.ref for planned in plan.writes if planned.ref.namespace}
        if plan.claim is not None:
            refs |= {Ref("Service", self._request.namespace, name) for name in (*plan.claim.services, *plan.claim.previews)}
            names = {name for side in plan.claim.sides for name in (side.stable, side.candidate, *deployments_of(side.workload)) if name}
            refs |= {self._ref(name) for name in names}
        return refs

    def steps(self, plan: ColourPlan) -> Sequence[str]:
        """Return what there always is."""
        del plan
        return FORWARD

    def forward(self, plan: ColourPlan, claim: SidesClaim) -> Sequence[SceneStep]:
        """Return the steps forward."""
        return forward(claim, self._request.namespace, plan.manifests)

    def back(self, claim: SidesClaim) -> Sequence[SceneStep]:
        """Return the steps back."""
        return back(claim, self._request.namespace)

    def perform(self) -> Mapping[type[Any], Perform]:
        """Return that it has no actions of its own."""
        return {}

    def needs(self, _plan: ColourPlan, claim: SidesClaim, scene: Scene, steps: Collection[str]) -> Iterable[Need]:
        """Return the rights for what the steps are going to change."""
        return for_sides(claim, foreseen(claim, self._request.namespace, scene, steps), self._request.namespace)

    def seconds(self, plan: ColourPlan) -> float:
        """Return the time of all steps, there and back, with a hold that the claim may ask for though the task's options do not name it."""
        claim = plan.claim
        steps = len(FORWARD) + (len(self.back(claim)) if claim is not None else 0)
        return steps * self._request.waiting.timeout + (claim.delay if claim is not None else 0.0) + 3 * DRAIN_SECONDS

    def notes(self, plan: ColourPlan) -> Notes[SidesClaim]:
        """Return the history and what goes with it."""
        return SidesNotes(self._request, self._outside.cluster, plan.history)

    def give_up(self, claim: SidesClaim, why: str, scene: Scene) -> SidesClaim:
        """Return the claim on its way back, with the names of what is given up."""
        return replace(claim.given_up(why), candidates=tuple(sorted(candidates_of(claim, scene))))

    def no_way_back(self, claim: SidesClaim, scene: Scene) -> str:
        """Return that nothing served before, or that it is gone; else ''."""
        if not any(side.stable for side in claim.sides):
            return "There is no earlier version to go back to."
        lost = gone(claim, self._request.namespace, scene)
        return f"There is no way back, as {lost}, which served before, is deleted already." if lost else ""

    def foreign(self, claim: SidesClaim, scene: Scene) -> str:
        """Return that what serves now has another template than the one that was promoted, or ''."""
        for side in claim.sides:
            workload = scene.workload(side.candidate)
            if workload is None or side.wanted in (fingerprint(workload.template), fingerprint(unrestarted(workload.template))):
                continue
            live = self._outside.cluster.read(DEPLOYMENT, self._request.namespace, side.candidate)
            by = by_whom(live, "spec", "template")
            return (
                f"{workload.ref} serves, but it was given another template{by} after it had got the traffic, so what was to be rolled out "
                "is not what runs; look at that, and run the task again if it shall be so."
            )
        return ""

    def parts(self, plan: ColourPlan, claim: SidesClaim | None, scene: Scene, *, aborted: bool) -> Iterator[Part]:
        """Return each workload with both sides."""
        sides = {side.workload: (side.stable, side.candidate) for side in claim.sides} if claim is not None else {}
        for workload, (stable, candidate) in (sides or {name: ("", its) for name, its in plan.serving.items()}).items():
            live = stable if aborted or (claim is not None and claim.back) else candidate
            snapshot = scene.snapshot(live)
            mine = [name for name, its in (claim.services if claim is not None else {}).items() if its == workload]
            yield Part(
                ref=snapshot.workload.ref if snapshot.workload is not None else self._ref(live or workload),
                live=snapshot,
                stable=scene.snapshot(stable),
                candidate=scene.snapshot(candidate),
                coloured=Coloured(
                    workload=workload,
                    stable=stable if claim is not None else live,
                    candidate=candidate,
                    selectors={name: scene.services[name].selector for name in mine if name in scene.services},
                    replicas={name: scene.desired(name) for name in dict.fromkeys((stable, candidate)) if name in scene.deployments},
                ),
            )

    def stands(self, claim: SidesClaim, scene: Scene) -> str:
        """Return where the traffic goes, as the cluster shows it."""
        order = [side.workload for side in claim.sides]
        return leading(scene, sorted(claim.services, key=lambda name: (order.index(claim.services[name]), name)))

    def stays_away(self, claim: SidesClaim, scene: Scene) -> tuple[str, bool]:
        """Return which traffic is not where it was before, and whether that is somebody's doing."""
        stable = {side.workload: side.stable for side in claim.sides}
        others = [name for name, workload in sorted(claim.services.items()) if not leads_only_to(scene, name, stable[workload])]
        return (leading(scene, others) if others else ""), any(name in scene.services for name in others)

    def preview(self, claim: SidesClaim, scene: Scene, pending: Collection[str], taken: Collection[str]) -> Preview:
        """Return the table of the steps, and what becomes of each object."""
        namespace = self._request.namespace
        ahead = foreseen(claim, namespace, scene, taken)
        if claim.back:
            return Preview("would be given up, back to what served before", foreseen=ahead)
        extra = extra_pods(claim, namespace, scene)
        message = f"would be rolled out by blue/green, at the cost of {extra} more pods until the old ones are gone"
        return Preview(message, tuple(row for row in rows(claim, namespace, scene) if row.step in pending), ahead)

    def over(self) -> str:
        """Return that undo is left."""
        return "The new version serves, and the old pods are gone already; the module undo brings them back."

    def subject(self, claim: SidesClaim, scene: Scene) -> Subject:
        """Return both sides of all workloads; the hashes are those of the first."""
        sides = [(scene.snapshot(side.stable), scene.snapshot(side.candidate)) for side in claim.sides]
        stable, candidates = ([snapshot for pair in sides for snapshot in pair[number : number + 1]] for number in (0, 1))
        values = {
            "namespace": self._request.namespace,
            "name": self._request.application,
            "stable_hash": hash_of(stable[0]),
            "candidate_hash": hash_of(candidates[0]),
            "stable_pods": one_of([pod.ref.name for snapshot in stable for pod in pods_of_candidate(snapshot)]),
            "candidate_pods": one_of([pod.ref.name for snapshot in candidates for pod in pods_of_candidate(snapshot)]),
        }
        active, previews = one_of([*claim.services]), one_of([*claim.previews])
        by_step = {
            "switch": {"candidate_service": previews, "stable_service": active if values["stable_hash"] else ""},
            "hold": {"candidate_service": active},
        }
        return Subject(values, candidates, by_step=by_step)


def _with_known_previews(request: ColourRequest, lease: JsonObject | None, outside: Surroundings) -> ColourRequest:
    """The request with the preview Services that earlier ones have named, where this one names none and they are still there: one that was
    left behind would lead to old pods, which then could not go."""
    settings, colours = Settings.of(lease), request.colours
    if settings is None or colours is None:
        return request
    known = {name: settings.previews.get(name, "") for name, preview in colours.services.items() if not preview}
    there = {name: its for name, its in known.items() if its and outside.cluster.read(SERVICE, request.namespace, its) is not None}
    free = {name: its for name, its in there.items() if its not in (*colours.services, *colours.services.values())}
    return replace(request, colours=replace(colours, services={**colours.services, **free}))
