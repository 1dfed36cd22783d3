# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Blue/green: take the steps of the strategy one after another, each as long as something is lacking; go back when one fails.

What is to be done follows from the scene alone, so a run that was killed at any instant is continued by the next one. The claim in the
application's Lease says which rollout that is, across tasks and approvals; the Lease itself is the lock while a task works.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from dataclasses import replace

from ..._domain.actions import Promote, SceneStep
from ..._domain.claims import Claim, Settings, history_of
from ..._domain.colours import deployments_of, fingerprint
from ..._domain.errors import RefusedError, RolloutError
from ..._domain.leases import lease_name
from ..._domain.objects import JsonObject, Ref
from ..._domain.ownership import OURS, last_writer, unrestarted
from ..._domain.request import ColourRequest
from ..._domain.resources import DEPLOYMENT, SERVICE
from ..._domain.scenes import DRAIN_SECONDS, Scene
from ..._strategies.blue_green import FORWARD, forward
from ..._strategies.blue_green_back import back, gone
from ..._strategies.blue_green_foreseen import foreseen
from ..config.cleaning import clean_up
from ..hold.claimed import refuse_claimed
from ..hold.hold import holding, refuse_held
from ..hold.lock import Lock
from ..hold.memory import Memory
from ..observe.scene import Stage
from ..outside.surroundings import Surroundings
from ..plan.approved_sides import refuse_other_sides
from ..plan.rights import demand_rights, for_sides
from ..plan.sides import ColourPlan, Planner
from ..tell.outcome import Outcome, StepReport
from ..write.writer import Planned, Writer
from .colour_report import ColourReport
from .scene_track import SceneTrack, StepFailed, capital
from .writing import Writing

_LOOKS = 5
"""How often the first plan is made when others begin or end in the meantime."""


class _RefusedPlan(Exception):
    """The first plan was refused; nothing was written."""

    def __init__(self, error: RefusedError, refs: Collection[Ref]) -> None:
        super().__init__(error.message)
        self.error = error
        self.refs = refs
        """What it was about."""


def roll(request: ColourRequest, outside: Surroundings, *, check: bool) -> Outcome:
    """Carry a request out, or in check mode tell what it would do. A rollout that fails is an outcome with an error.

    Raises `RolloutError` for what is refused: then nothing has changed.
    """
    # First of all, so that whoever works on it between our look at the cluster and the lock is noticed.
    lease = _lease(request, outside)
    for look in range(1, _LOOKS + 1):
        try:
            return _roll(request, outside, lease, check=check)
        except _RefusedPlan as refused:
            # Another run may have begun since the Lease was read: its steps are seen half-way, and its claim or lock tells what is wrong.
            outside.leases.forget()
            now = _lease(request, outside)
            if look == _LOOKS or _remembered(now) == _remembered(lease):
                refuse_held(refused.refs, outside)
                raise refused.error from None
            lease = now
    raise ValueError("There is no look without an answer.")


def _roll(request: ColourRequest, outside: Surroundings, lease: JsonObject | None, *, check: bool) -> Outcome:
    """As `roll`, from what the Lease has told."""
    request = _with_known_previews(request, lease, outside)
    names, services, optional = _extent(request, lease, outside)
    with ExitStack() as stack:
        stage = stack.enter_context(Stage(outside.cluster, request.namespace, names, services, follow=not check, optional=optional))
        try:
            plan = Planner(request, outside, stage.scene(_switched(lease)), lease).plan()
        except RefusedError as error:
            refs = {Ref(DEPLOYMENT.kind, request.namespace, name) for name in names}
            refs |= {Ref("Service", request.namespace, name) for name in services}
            raise _RefusedPlan(error, refs) from error
        _refuse_others(request, plan, outside)
        refuse_other_sides(plan, request, _covered(request, plan), outside)
        report = ColourReport(request, stage)
        if plan.empty:
            return _with_configuration(report.unchanged(plan), plan)
        if plan.claim is not None:
            ahead = foreseen(plan.claim, request.namespace, stage.scene(plan.claim.switched), _until(request.stop_before))
            demand_rights(for_sides(plan.claim, ahead, request.namespace), outside.cluster)
        if check:
            return _with_configuration(report.preview(plan, outside.cluster), plan)
        outside.measurement.allow(longest(plan, request))
        made = _with_namespace(plan, request, outside)
        if made:
            # Only now can the server say what becomes of the templates.
            plan = Planner(request, outside, stage.scene(_switched(lease)), lease).plan()
        place = (request.namespace, request.application)
        extents = {place: _covered(request, plan)}
        hold = stack.enter_context(holding(extents, outside, request.holder, besides=request.application))
        lock = hold.locks[place]
        outcome = _with_configuration(_Run(request, outside, stage, lock, plan, report, made).carry_out(), plan)
        return replace(outcome, warnings=(*hold.warnings, *outcome.warnings))


def _lease(request: ColourRequest, outside: Surroundings) -> JsonObject | None:
    return outside.leases.named(request.namespace, lease_name(request.application))


def _until(stop_before: str) -> tuple[str, ...]:
    """The steps forward that a task takes at most."""
    return FORWARD[: FORWARD.index(stop_before)] if stop_before else FORWARD


def _with_namespace(plan: ColourPlan, request: ColourRequest, outside: Surroundings) -> tuple[Planned, ...]:
    """The namespace that comes along is made before the lock, which lies in it: the write, none where it is there."""
    namespace = Ref("Namespace", "", request.namespace)
    writer = Writer(outside.cluster, guard=outside.guard, take_ownership=request.take_ownership, wrote=outside.wrote)
    return tuple(writer.execute(planned) for planned in plan.companions if planned.ref == namespace and planned.before is None)


def _refuse_others(request: ColourRequest, plan: ColourPlan, outside: Surroundings) -> None:
    """Raise `RefusedError` where another application's rollout covers what this one is about: also for who calls an application that is
    on its way by the name of one of its Deployments or Services."""
    refs = _covered(request, plan)
    if plan.claim is None and request.goal in ("promote", "abort"):
        refs |= {Ref(kind, request.namespace, request.application) for kind in (DEPLOYMENT.kind, SERVICE.kind)}
    if not plan.empty or request.goal in ("promote", "abort"):
        refuse_claimed(sorted(refs), outside, besides=request.application)


def _covered(request: ColourRequest, plan: ColourPlan) -> set[Ref]:
    """What the task works on: both sides of each workload, the Services, and what comes along."""
    refs = {planned.ref for planned in (*plan.companions, *plan.direct, *plan.candidates) if planned.ref.namespace}
    if plan.claim is not None:
        refs |= {Ref("Service", request.namespace, name) for name in (*plan.claim.services, *plan.claim.previews)}
        names = {name for side in plan.claim.sides for name in (side.stable, side.candidate, *deployments_of(side.workload)) if name}
        refs |= {Ref(DEPLOYMENT.kind, request.namespace, name) for name in names}
    return refs


def longest(plan: ColourPlan, request: ColourRequest) -> float:
    """How many seconds the whole rollout may take, there and back: the claim may ask for a hold that the task's options do not name."""
    steps = len(FORWARD) + (len(back(plan.claim, request.namespace)) if plan.claim is not None else 0)
    return steps * request.waiting.timeout + (plan.claim.delay if plan.claim is not None else 0.0) + 3 * DRAIN_SECONDS


def _with_configuration(outcome: Outcome, plan: ColourPlan) -> Outcome:
    """The outcome with the copies, and what is to be said of the configuration."""
    return replace(outcome, copies=plan.configuration.copies, notes=(*plan.notes, *outcome.notes))


def _switched(lease: JsonObject | None) -> str:
    claim = Claim.of(lease)
    return claim.switched if claim is not None else ""


def _remembered(lease: JsonObject | None) -> tuple[object, ...]:
    """What a plan is made from: also the history, as a whole rollout may have come between."""
    return Claim.of(lease), Settings.of(lease), history_of(lease)


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


def _extent(request: ColourRequest, lease: JsonObject | None, outside: Surroundings) -> tuple[list[str], list[str], list[str]]:
    """The Deployments and Services to look at, and those of the Services that need not be there: what comes with the definition, preview
    Services that somebody has deleted since, and all for who gives up."""
    claim, settings = Claim.of(lease), Settings.of(lease)
    workloads = {target.ref.name for target in request.targets} | {name for entry in history_of(lease)[-1:] for name in entry.parts}
    services: dict[str, str] = dict(request.colours.services) if request.colours is not None else {}
    if claim is not None:
        workloads |= {side.workload for side in claim.sides}
        services |= {name: services.get(name, "") for name in claim.services}
    if request.colours is None and settings is not None:
        services |= settings.previews
    ref = Ref(DEPLOYMENT.kind, request.namespace, request.application)
    known = claim is not None or settings is not None or request.colours is not None
    if not known and lease is None and outside.cluster.read(DEPLOYMENT, ref.namespace, ref.name) is None:
        refuse_claimed((ref, replace(ref, kind="Service")), outside)
        raise RefusedError(
            f"{ref} is not rolled out by blue/green, as far as Lease rollout-{request.application} tells; correct name and namespace."
        )
    names = [deployment for workload in sorted(workloads or {request.application}) for deployment in deployments_of(workload)]
    wanted = [*services, *(preview for preview in services.values() if preview), *(claim.previews if claim is not None else ())]
    coming = {entry.ref.name for entry in request.companions if entry.resource == SERVICE}
    optional = {name for name in wanted if name in coming and outside.cluster.read(SERVICE, request.namespace, name) is None}
    optional |= set(claim.previews if claim is not None else ()) - set(services)
    if request.colours is None:
        optional |= {preview for preview in services.values() if preview}
    return names, list(dict.fromkeys(wanted)), wanted if request.goal == "abort" else sorted(optional)


class _Run:
    """One task on its way."""

    def __init__(
        self,
        request: ColourRequest,
        outside: Surroundings,
        stage: Stage,
        lock: Lock,
        plan: ColourPlan,
        report: ColourReport,
        made: tuple[Planned, ...],
    ) -> None:
        self._request = request
        self._outside = outside
        self._stage = stage
        self._plan = plan
        self._report = report
        self._memory = Memory(request, outside, lock, self._scene, plan.claim, plan.history)
        self._writing = Writing(request, outside, stage, lock, lambda: self._memory.now.cause)
        self._writing.written.extend(made)
        self._lock = lock
        self._track = self._tracked(self._forward, request.stop_before)
        self._way_back = self._tracked(self._back)

    def _tracked(self, steps: Callable[[], Sequence[SceneStep]], stop_before: str = "") -> SceneTrack:
        actions = {**self._writing.actions(), Promote: self._memory.promote}
        waiting, stale = self._request.waiting, self._writing.stale
        return SceneTrack(
            steps, self._outside, self._stage, self._lock, waiting, actions, scene=self._scene, stale=stale, stop_before=stop_before
        )

    def _scene(self) -> Scene:
        self._stage.wait(0)
        claim = self._memory.claim
        return self._stage.scene(claim.switched if claim is not None else "")

    def _forward(self) -> Sequence[SceneStep]:
        return forward(self._memory.now, self._request.namespace, self._plan.manifests)

    def _back(self) -> Sequence[SceneStep]:
        return back(self._memory.now, self._request.namespace)

    def carry_out(self) -> Outcome:
        """Write what needs no new template, or take the steps."""
        memory = self._memory
        memory.forget_a_switch_that_is_over()
        self._bring_along()
        if memory.claim is None:
            return self._report.direct(self._plan, tuple(self._writing.written))
        if self._plan.fresh:
            memory.begin()
            self._track.changed = True
        else:
            # The run before may have been killed right after it pointed a Service elsewhere.
            self._stage.turned()
        if memory.claim.back:
            return self._go_back(memory.claim.why, resumed=self._request.goal != "abort")
        memory.note_options()
        try:
            track = self._track.take()
            lost = "" if track.failure is not None else capital(self._outside.measurement.settle(longer=not track.stopped))
            if lost and not self._no_return():
                track.failure = StepFailed(lost)
            return self._after(track, lost)
        except RolloutError as trouble:
            return self._held(str(trouble))

    def _after(self, track: SceneTrack, lost: str) -> Outcome:
        """Return the outcome of the steps forward; go back where they have failed."""
        if track.failure is not None:
            return self._held(str(track.failure)) if track.failure.meaning == "unable" else self._failed(str(track.failure))
        if track.stopped:
            return self._report.stopped(
                self._plan, self._memory.now, track.reports, track.stopped, changed=track.changed, written=self._writing.written
            )
        foreign = self._foreign(self._memory.now)
        self._memory.end()
        track.changed = True
        if lost or foreign:
            over = "The new version serves, and the old pods are gone already; the module undo brings them back."
            return self._degraded(f"{lost} {over}" if lost else foreign)
        cleaned = clean_up(self._plan.configuration.copies, self._outside.cluster, self._writing.writer)
        outcome = self._report.complete(self._plan, self._memory.now, track.reports, changed=True, written=self._writing.written)
        return replace(outcome, notes=(*outcome.notes, *cleaned.notes), warnings=(*outcome.warnings, *cleaned.warnings))

    def _no_return(self) -> bool:
        """Return whether the step that was begun last leaves no way back."""
        return bool(self._track.reports) and not self._track.stopped and self._track.last.no_return

    def _bring_along(self) -> None:
        """Write what needs no new template. Raises, when one of them fails, with the names of those that stay changed."""
        for planned in (*self._plan.companions, *self._plan.direct):
            try:
                self._writing.execute(planned)
            except RolloutError as error:
                if self._writing.written:
                    changed = ", ".join(str(entry.ref) for entry in self._writing.written)
                    error.message = f"{error.message} Changed before that, and left so: {changed}."
                raise
        self._track.changed = bool(self._writing.written)

    def _foreign(self, claim: Claim) -> str:
        """Return that what serves now has another template than the one that was promoted, or ''."""
        scene = self._scene()
        for side in claim.sides:
            workload = scene.workload(side.candidate)
            if workload is None or side.wanted in (fingerprint(workload.template), fingerprint(unrestarted(workload.template))):
                continue
            live = self._outside.cluster.read(DEPLOYMENT, self._request.namespace, side.candidate)
            who = last_writer(live or {}, "spec", "template", besides=OURS)
            by = f" by {who}" if who else ""
            return (
                f"{workload.ref} serves, but it was given another template{by} after it had got the traffic, so what was to be rolled out "
                "is not what runs; look at that, and run the task again if it shall be so."
            )
        return ""

    # --- failures -------------------------------------------------------------------------------------------------------------

    @property
    def _reports(self) -> tuple[StepReport, ...]:
        """The steps forward and back that were begun."""
        return (*self._track.reports, *self._way_back.reports)

    def _degraded(self, why: str) -> Outcome:
        """Return that it failed and stays as it is."""
        changed, written = self._track.changed, self._writing.written
        return self._report.failed(self._plan, self._memory.now, self._reports, why, changed=changed, written=written)

    def _failed(self, why: str) -> Outcome:
        """Do what the request wants for a bad candidate. Once the old pods are on their way out there is no going back."""
        claim = self._memory.now
        if self._request.waiting.on_failure != "abort" or self._no_return():
            return self._degraded(why)
        if not any(side.stable for side in claim.sides):
            return self._degraded(f"{why} There is no earlier version to go back to.")
        lost = gone(claim, self._request.namespace, self._scene())
        if lost:
            return self._degraded(f"{why} There is no way back, as {lost}, which served before, is deleted already.")
        try:
            return self._go_back(why)
        except RolloutError as error:
            return self._degraded(f"{why} Going back did not finish: {error.message} Run the module abort once that is mended.")

    def _held(self, why: str) -> Outcome:
        """Return that everything stays as it is, and the claim with it, so that the same task goes on later."""
        return self._degraded(
            f"{why} That says nothing of the new version, so nothing was taken back: mend it and run the task again, or give up by abort."
        )

    def _go_back(self, why: str, *, resumed: bool = False) -> Outcome:
        requested = self._request.goal == "abort"
        self._memory.begin_back(why, requested=requested)
        self._track.changed = True
        self._outside.measurement.rest()
        if not requested:
            self._outside.progress(f"going back: {why}")
        sentence = "" if requested else why
        if resumed:
            sentence = (
                f"An earlier run went back ({why.rstrip('.')}) and was interrupted; that is finished now. Run the task again to try anew."
            )
        track = self._way_back.take()
        if track.failure is not None:
            sentence = f"{sentence} Going back did not finish: {track.failure} Run the module abort once that is mended.".strip()
            return self._degraded(sentence)
        if requested:
            sentence = capital(self._outside.measurement.settle(longer=True, anyway=True))
        self._memory.end_back()
        return self._report.aborted(self._plan, self._memory.now, self._reports, sentence, written=self._writing.written)
