# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Blue/green: take the steps of the strategy one after another, each as long as something is lacking; go back when one fails.

What is to be done follows from the scene alone, so a run that was killed at any instant is continued by the next one. The claim in the
application's Lease says which rollout that is, across tasks and approvals; the Lease itself is the lock while a task works.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from .._domain.actions import Action, Change, Promote, Removal, SceneStep, Turn
from .._domain.claims import CLAIM, HISTORY, SETTINGS, Claim, Promotion, Settings, history_of, history_text
from .._domain.colours import base_of, deployments_of, fingerprint, mark_of
from .._domain.errors import ClusterError, InvalidError, NotFoundError, RefusedError, RolloutError
from .._domain.expected import GIVEN_UP, GivenUp, candidates_of, given_up_of, given_up_text
from .._domain.leases import lease_name, user_of
from .._domain.objects import JsonObject, Ref, texts
from .._domain.ownership import OURS, last_writer, unrestarted
from .._domain.request import Cause, ColourRequest, SwitchRequest
from .._domain.resources import DEPLOYMENT, SERVICE
from .._domain.scenes import DRAIN_SECONDS, Scene
from .._domain.services import spelled
from .._domain.steps import StepState
from .._domain.switching import INTENT, Intent, half_done
from .._domain.undone import UNDONE, Undone, settled, undone_of, undone_text
from .._domain.workload import Condition
from .._strategies.blue_green import FORWARD, forward, led_elsewhere
from .._strategies.blue_green_back import back, gone
from .._strategies.blue_green_foreseen import foreseen
from .claimed import refuse_claimed
from .cleaning import clean_up
from .colour_report import ColourReport
from .colours import ColourPlan, Planner
from .course import Course
from .hold import holding, refuse_held
from .lock import Lock
from .outcome import Outcome, StepReport
from .report import failure_of, read_logs
from .rights import demand_rights, for_sides
from .stage import Stage
from .surroundings import Surroundings
from .switch import switch_within
from .verdict import deadline_exceeded
from .writer import Planned, Writer

_Current: TypeAlias = Callable[[], SceneStep]
"""The step as it is by now: it follows from the claim, which changes when the traffic has moved."""


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
            refs = {Ref("Deployment", request.namespace, name) for name in names}
            refs |= {Ref("Service", request.namespace, name) for name in services}
            raise _RefusedPlan(error, refs) from error
        _refuse_others(request, plan, outside)
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
        refs |= {Ref(kind, request.namespace, request.application) for kind in ("Deployment", "Service")}
    if not plan.empty or request.goal in ("promote", "abort"):
        refuse_claimed(sorted(refs), outside, besides=request.application)


def _covered(request: ColourRequest, plan: ColourPlan) -> set[Ref]:
    """What the task works on: both sides of each workload, the Services, and what comes along."""
    refs = {planned.ref for planned in (*plan.companions, *plan.direct, *plan.candidates) if planned.ref.namespace}
    if plan.claim is not None:
        refs |= {Ref("Service", request.namespace, name) for name in (*plan.claim.services, *plan.claim.previews)}
        names = {name for side in plan.claim.sides for name in (side.stable, side.candidate, *deployments_of(side.workload)) if name}
        refs |= {Ref("Deployment", request.namespace, name) for name in names}
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
    ref = Ref("Deployment", request.namespace, request.application)
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


def _settings(claim: Claim) -> Settings:
    """What later tasks take from this rollout where they do not say."""
    previews = {
        service: next((name for name, its in claim.previews.items() if its == workload), "") for service, workload in claim.services.items()
    }
    return Settings(previews, claim.delay, claim.keep_old)


class _Failed(Exception):
    """A step cannot be done, for a reason that lies with the new version; the text is the sentence."""


class _Unable(Exception):
    """A step cannot be done since this task cannot work now, which says nothing of the new version; the text is the sentence."""


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
        self._lock = lock
        self._plan = plan
        self._report = report
        self._writer = Writer(outside.cluster, guard=lock.guard, take_ownership=request.take_ownership, wrote=outside.wrote)
        self._claim = plan.claim
        self._history = plan.history
        self._written: list[Planned] = [*made]
        self._changed = bool(made)
        self._steps: list[StepReport] = []
        self._stale: dict[str, Condition | None] = {}

    def carry_out(self) -> Outcome:
        """Write what needs no new template, or take the steps."""
        self._forget_a_switch_that_is_over()
        self._bring_along()
        claim = self._claim
        if claim is None:
            return self._report.direct(self._plan, tuple(self._written))
        if self._plan.fresh:
            self._begin(claim)
        else:
            # The run before may have been killed right after it pointed a Service elsewhere.
            self._stage.turned()
        if claim.back:
            return self._go_back(claim.why, resumed=self._request.goal != "abort")
        self._note_if_changed(claim)
        try:
            stopped = self._forward()
            return self._completed(stopped, self._lost(claim, stopped))
        except _Failed as failure:
            return self._failed(str(failure))
        except (_Unable, RolloutError) as trouble:
            return self._held(str(trouble))

    def _completed(self, stopped: str, lost: str) -> Outcome:
        """All steps that were to be taken are taken; after the last one nothing is on its way any more."""
        if stopped:
            return self._report.stopped(self._plan, self._now(), self._steps, stopped, changed=self._changed, written=self._written)
        foreign = self._foreign(self._now())
        self._end(self._now())
        if lost or foreign:
            over = "The new version serves, and the old pods are gone already; the module undo brings them back."
            why = f"{lost} {over}" if lost else foreign
            return self._report.failed(self._plan, self._now(), self._steps, why, changed=self._changed, written=self._written)
        cleaned = clean_up(self._plan.configuration.copies, self._outside.cluster, self._writer)
        outcome = self._report.complete(self._plan, self._now(), self._steps, changed=self._changed, written=self._written)
        return replace(outcome, notes=(*outcome.notes, *cleaned.notes), warnings=(*outcome.warnings, *cleaned.warnings))

    def _forget_a_switch_that_is_over(self) -> None:
        """An earlier run may have been killed between the last Service's write and the end of the lock."""
        former = Intent.of(self._lock.lease)
        if former.after and not half_done(former, self._scene().services):
            self._lock.forget(INTENT)

    def _bring_along(self) -> None:
        """Write what needs no new template. Raises, when one of them fails, with the names of those that stay changed."""
        for planned in (*self._plan.companions, *self._plan.direct):
            try:
                self._keep(self._writer.execute(planned))
            except RolloutError as error:
                if self._written:
                    error.message = (
                        f"{error.message} Changed before that, and left so: {', '.join(str(entry.ref) for entry in self._written)}."
                    )
                raise

    def _foreign(self, claim: Claim) -> str:
        """That what serves now has another template than the one that was promoted: somebody has given it that since."""
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

    def _now(self) -> Claim:
        if self._claim is None:
            raise ValueError("There is no rollout on its way.")
        return self._claim

    # --- what is remembered ---------------------------------------------------------------------------------------------------

    def _begin(self, claim: Claim) -> None:
        """The claim is stored before anything of it is carried out; what served until now begins the history."""
        if not self._history and any(side.stable for side in claim.sides):
            scene = self._scene()
            self._history = (self._promotion(scene, {side.workload: side.stable for side in claim.sides}, at="", undoes=0, cause=""),)
        self._lock.note_all({CLAIM: claim.text(), HISTORY: history_text(self._history), SETTINGS: _settings(claim).text()})
        self._changed = True

    def _note_if_changed(self, claim: Claim) -> None:
        """The options of a task that goes on count from now on."""
        if Claim.of(self._lock.lease) != claim:
            self._lock.note_all({CLAIM: claim.text(), SETTINGS: _settings(claim).text()})

    def _promotion(self, scene: Scene, deployments: Mapping[str, str], *, at: str, undoes: int, cause: str) -> Promotion:
        parts: dict[str, tuple[str, str]] = {}
        images: list[str] = []
        causes: list[str] = []
        for workload, deployment in deployments.items():
            snapshot = scene.snapshot(deployment)
            if snapshot.workload is None:
                continue
            wanted = snapshot.workload.normal
            revision = next((entry for entry in snapshot.revisions if entry.normal == wanted), None)
            parts[workload] = (deployment, revision.hash if revision is not None else "")
            images.extend(snapshot.workload.images.values())
            if revision is not None and revision.change_cause:
                causes.append(revision.change_cause)
        number = self._history[-1].number + 1 if self._history else 1
        text = cause or "; ".join(dict.fromkeys(causes))
        return Promotion(number, at, text, parts, tuple(dict.fromkeys(images)), undoes)

    def _promote(self) -> None:
        claim = self._now()
        now = self._outside.cluster.now().isoformat(timespec="seconds").replace("+00:00", "Z")
        candidates = {side.workload: side.candidate for side in claim.sides}
        entry = self._promotion(self._scene(), candidates, at=now, undoes=claim.undoes, cause=claim.cause)
        self._history = (*self._history, entry)
        self._claim = replace(claim, switched=now)
        self._lock.note_all({CLAIM: self._claim.text(), HISTORY: history_text(self._history)})

    def _end(self, claim: Claim) -> None:
        """Nothing is on its way any more."""
        gone = {HISTORY: "", SETTINGS: "", GIVEN_UP: ""} if claim.leaves else {}
        # The intent as well, in one write: whoever is killed right after it leaves nothing that a later task would act on.
        back = {side.workload: side.base for side in claim.sides if side.base} if claim.undoes and self._request.remember else {}
        undone = self._undone(back, {side.workload: side.wanted for side in claim.sides})
        self._lock.note_all({CLAIM: "", INTENT: "", **gone, **undone})
        self._changed = True

    # --- forward --------------------------------------------------------------------------------------------------------------

    def _forward(self) -> str:
        """Take the steps; the name of the one before which it stops, as the request wants it, else an empty text."""
        namespace = self._request.namespace
        for index, name in enumerate(step.name for step in forward(self._now(), namespace, self._plan.manifests)):
            if name == self._request.stop_before:
                return name
            # The claim may have changed since: the traffic has moved.
            self._take(partial(self._forward_step, index))
        return ""

    def _forward_step(self, index: int) -> SceneStep:
        return forward(self._now(), self._request.namespace, self._plan.manifests)[index]

    def _back_step(self, index: int) -> SceneStep:
        return back(self._now(), self._request.namespace)[index]

    def _failed(self, why: str) -> Outcome:
        """What the request wants for a failure. Once the old pods are on their way out there is no going back."""
        claim = self._now()
        last = self._steps[-1].name
        if self._request.waiting.on_failure != "abort" or (last == "scale_down" and not self._keeps_old(claim)):
            return self._report.failed(self._plan, claim, self._steps, why, changed=self._changed, written=self._written)
        if not any(side.stable for side in claim.sides):
            why += " There is no earlier version to go back to."
            return self._report.failed(self._plan, claim, self._steps, why, changed=self._changed, written=self._written)
        lost = gone(claim, self._request.namespace, self._scene())
        if lost:
            why += f" There is no way back, as {lost}, which served before, is deleted already."
            return self._report.failed(self._plan, claim, self._steps, why, changed=self._changed, written=self._written)
        try:
            return self._go_back(why)
        except RolloutError as error:
            why = f"{why} Going back did not finish: {error.message} Run the module abort once that is mended."
            return self._report.failed(self._plan, self._now(), self._steps, why, changed=self._changed, written=self._written)

    def _held(self, why: str) -> Outcome:
        """Everything stays as it is, and the claim with it, so that the same task goes on later."""
        why = f"{why} That says nothing of the new version, so nothing was taken back: mend it and run the task again, or give up by abort."
        return self._report.failed(self._plan, self._now(), self._steps, why, changed=self._changed, written=self._written)

    def _lost(self, claim: Claim, stopped: str) -> str:
        """What it cost users, if that is too much. Raises `_Failed` for that where there is a way back."""
        lost = _capital(self._outside.measurement.settle(longer=not stopped))
        if lost and (stopped or self._keeps_old(claim)):
            raise _Failed(lost)
        return lost

    @staticmethod
    def _keeps_old(claim: Claim) -> bool:
        """There are old pods also at the end."""
        return claim.keep_old and not claim.leaves

    # --- back -----------------------------------------------------------------------------------------------------------------

    def _go_back(self, why: str, *, resumed: bool = False) -> Outcome:
        claim = self._now()
        requested = self._request.goal == "abort"
        # What went back by itself and is only brought to its end now was taken back by nobody.
        stored = Claim.of(self._lock.lease)
        wanted = requested and self._request.remember and stored is not None and not stored.back
        if not claim.back:
            claim = claim.given_up(why, candidates_of(claim, self._scene()))
        self._claim = claim
        undone = self._undone({side.workload: side.wanted for side in claim.sides} if wanted else {}, {})
        self._lock.note_all({CLAIM: claim.text(), **undone})
        self._changed = True
        self._outside.measurement.rest()
        if not requested:
            self._outside.progress(f"going back: {why}")
        namespace = self._request.namespace
        sentence = "" if requested else why
        if resumed:
            sentence = (
                f"An earlier run went back ({why.rstrip('.')}) and was interrupted; that is finished now. Run the task again to try anew."
            )
        try:
            for index in range(len(back(claim, namespace))):
                self._take(partial(self._back_step, index))
        except (_Failed, _Unable) as failure:
            sentence = f"{sentence} Going back did not finish: {failure} Run the module abort once that is mended.".strip()
            return self._report.failed(self._plan, claim, self._steps, sentence, changed=True, written=self._written)
        if requested:
            sentence = _capital(self._outside.measurement.settle(longer=True, anyway=True))
        if claim.switched and self._history:
            self._history = self._history[:-1]
        gone = {SETTINGS: ""} if len(self._history) < 2 and self._is_adopted_back(claim) else {}
        kept = "" if gone else history_text(self._history)
        self._lock.note_all({CLAIM: "", INTENT: "", HISTORY: kept, **gone, **self._given_up(claim)})
        return self._report.aborted(self._plan, claim, self._steps, sentence, written=self._written)

    def _given_up(self, claim: Claim) -> dict[str, str]:
        """What the Lease is to remember of it; nothing of a rollout whose candidates were not made."""
        if not claim.candidates or not all(claim.candidates):
            return {}
        try:
            former = given_up_of(self._lock.lease)
        except RefusedError:  # It cannot be read, and nothing but an approval that comes late needs it.
            former = ()
        by = user_of(self._request.holder)
        entry = GivenUp(frozenset(claim.candidates), claim.why, by, f"{self._outside.cluster.now():%Y-%m-%dT%H:%M:%SZ}")
        return {GIVEN_UP: given_up_text((*former, entry))}

    def _undone(self, back: Mapping[str, str], again: Mapping[str, str]) -> dict[str, str]:
        """What the Lease is to remember of versions (workload to fingerprint) that were taken back, or that run again."""
        former, why = undone_of(self._lock.lease), self._request.cause.why
        now = f"{self._outside.cluster.now():%Y-%m-%dT%H:%M:%SZ}"
        by = self._request.cause.by or user_of(self._request.holder)
        kept = settled(
            former,
            back=[Undone(f"Deployment/{workload}", template, by, why, now) for workload, template in back.items()],
            again=[(f"Deployment/{workload}", template) for workload, template in again.items()],
        )
        return {UNDONE: undone_text(kept)} if kept != former else {}

    def _is_adopted_back(self, claim: Claim) -> bool:
        """Blue/green began with this rollout, and has ended with it."""
        scene = self._scene()
        return all(
            name in scene.services and scene.services[name].selector == selector
            for name, selector in claim.originals.items()
            if name in claim.services
        )

    # --- one step -------------------------------------------------------------------------------------------------------------

    def _scene(self) -> Scene:
        self._stage.wait(0)
        return self._stage.scene(self._claim.switched if self._claim is not None else "")

    def _take(self, current: _Current) -> None:
        """Take one step. Raises `_Failed` or `_Unable` when it cannot be done; who has lost the lock must not go back either."""
        step = current()
        started = self._outside.clock()
        self._steps.append(StepReport(step.name, "running"))
        if step.idle:
            self._steps[-1] = StepReport(step.name, "unchanged")
            return
        self._lock.tell(step.name)
        try:
            with self._outside.measurement.waking(self._stage.wake):
                changed = self._until_done(current, started)
        except (_Failed, _Unable, RolloutError) as error:
            self._steps[-1] = StepReport(step.name, "failed", self._seconds(started))
            try:
                self._lock.guard()
            except RolloutError as lost:
                raise _Unable(lost.message) from error
            if isinstance(error, ClusterError) and not isinstance(error, NotFoundError):
                raise _Unable(error.message) from error
            if isinstance(error, RolloutError):
                raise _Failed(error.message) from error
            raise
        state: StepState = "done" if changed or step.name == "hold" else "unchanged"
        self._steps[-1] = StepReport(step.name, state, self._seconds(started))

    def _seconds(self, started: float) -> float:
        return round(self._outside.clock() - started, 1)

    def _until_done(self, current: _Current, started: float) -> bool:
        """Act and wait until nothing is lacking; whether anything was written."""
        changed = False
        shown = ""
        courses: dict[str, Course] = {}
        kept = {"hold": max(self._now().delay, DRAIN_SECONDS), "clear": DRAIN_SECONDS}
        allowed = self._request.waiting.timeout + kept.get(current().name, 0)
        self._outside.cluster.patience(allowed)
        while True:
            lost = self._outside.measurement.verdict()
            if lost:
                raise _Failed(_capital(lost))
            step, scene = current(), self._scene()
            self._refuse_led_elsewhere(step, scene)
            lacking = step.lacking(scene)
            if not lacking:
                return changed
            acted, refusal = self._act(step, scene)
            changed |= acted
            if acted:
                continue
            self._watch(step, scene, courses, started)
            lacking = refusal or lacking
            if lacking != shown and not lacking.startswith("still to do"):
                self._outside.progress(f"{step.name}: {lacking}")
                shown = lacking
            now = self._outside.clock()
            left = started + allowed - now
            if left <= 0:
                silence = f"; the cluster did not answer ({self._stage.silence})" if self._stage.silence else ""
                timeout = f"wait_timeout of {self._request.waiting.timeout:g} s is over"
                sentence = f"The step {step.name} did not finish: {lacking.rstrip('.')} ({timeout}){silence}."
                raise _Unable(sentence) if silence else _Failed(sentence)
            rechecks = [step.recheck(scene), *(course.verdict.recheck and course.verdict.recheck - now for course in courses.values())]
            self._stage.wait(min([left, *(max(0.0, entry) for entry in rechecks if entry is not None)]))

    def _act(self, step: SceneStep, scene: Scene) -> tuple[bool, str]:
        """Carry out what is due; whether something was written, and why not where that may change by itself."""
        acted, refusal = False, ""
        for action in step.due(scene):
            try:
                acted |= self._execute(action, scene)
            except _Refused as refused:
                refusal = str(refused)
        self._changed |= acted
        return acted, refusal

    def _execute(self, action: Action, scene: Scene) -> bool:
        match action:
            case Change():
                return self._change(action, scene)
            case Removal():
                self._outside.progress(action.news)
                return self._writer.delete(action.resource, action.ref, action.uid)
            case Turn():
                return self._turn(action)
            case Promote():
                self._promote()
                return True

    def _change(self, action: Change, scene: Scene) -> bool:
        cause = Cause(self._now().cause)
        try:
            planned = self._writer.plan(action.resource, action.ref, action.write, cause=cause)
            if action.starts:
                self._stale[action.ref.name] = deadline_exceeded(scene.snapshot(action.ref.name))
            written = self._writer.execute(planned, cause=cause)
        except InvalidError as error:
            if action.starts:
                raise _Failed(error.message) from error
            raise
        self._stage.take(action.resource, written.after)
        if written.changed:
            self._outside.progress(action.news)
            self._written.append(written)
        return written.changed

    def _turn(self, turn: Turn) -> bool:
        request = SwitchRequest(
            namespace=self._request.namespace,
            wanted=turn.wanted,
            application=self._request.application,
            holder=self._request.holder,
            minimum=1,
            minimums=turn.minimums,
            partial=turn.partial,
            take_ownership=self._request.take_ownership,
            timeout=self._request.waiting.timeout,
        )
        self._refuse_meddling(turn)
        try:
            outcome = switch_within(request, self._outside, self._stage.traffic, self._lock)
        except RefusedError as error:
            self._lock.guard()
            raise _Refused(error.message) from error
        if outcome.error:
            self._changed |= outcome.changed
            raise _Unable(outcome.error) if outcome.unable else _Failed(outcome.error)
        if outcome.changed:
            self._stage.turned()
        return outcome.changed

    def _refuse_meddling(self, turn: Turn) -> None:
        """Raise `_Failed`, naming who it was, where somebody has pointed a Service elsewhere meanwhile."""
        for name, expected in turn.expected.items():
            live = self._outside.cluster.read(SERVICE, self._request.namespace, name)
            found = texts(live or {}, "spec", "selector")
            if live is not None and found != turn.wanted[name] and found not in expected:
                who = last_writer(live, "spec", "selector", besides=OURS)
                by = f" by {who}" if who else ""
                now = spelled(found) or "empty"
                raise _Failed(
                    f"spec.selector of {self._ref(name)} was changed meanwhile{by}: it is {now}; look at it and run the task again."
                )

    def _refuse_led_elsewhere(self, step: SceneStep, scene: Scene) -> None:
        """Raise `_Failed`, naming who it was, where somebody has taken the traffic away from what got it: there is nothing to wait for."""
        claim, namespace = self._now(), self._request.namespace
        for name, selector in led_elsewhere(claim, namespace, step.name, scene).items():
            live = self._outside.cluster.read(SERVICE, namespace, name)
            if live is None:
                raise _Failed(
                    f"{self._ref(name)} was deleted meanwhile; create it with the selector {spelled(selector)} and run the task again."
                )
            found = texts(live, "spec", "selector")
            if found != selector:
                who = last_writer(live, "spec", "selector", besides=OURS)
                raise _Failed(
                    f"spec.selector of {self._ref(name)} was changed{f' by {who}' if who else ''} after the traffic had moved: it is "
                    f"{spelled(found) or 'empty'} instead of {spelled(selector)}; look at it and run the task again."
                )

    def _ref(self, service: str) -> Ref:
        return Ref("Service", self._request.namespace, service)

    def _keep(self, written: Planned) -> None:
        self._stage.take(written.resource, written.after)
        if written.changed:
            self._changed = True
            self._written.append(written)

    # --- failures -------------------------------------------------------------------------------------------------------------

    def _watch(self, step: SceneStep, scene: Scene, courses: dict[str, Course], started: float) -> None:
        """Raise `_Failed` when a Deployment of this step has failed: with its cause, as early as for any other strategy."""
        for name in step.watched:
            snapshot = scene.snapshot(name)
            if snapshot.workload is None or not self._is_wanted(name, scene):
                continue
            course = courses.get(name)
            if course is None:
                course = Course(
                    snapshot.workload.ref,
                    started=started,
                    waiting=replace(self._request.waiting, on_deletion="fail"),
                    done=lambda seen: False,
                    stale=self._stale.get(name),
                )
                courses[name] = course
            course.look(snapshot, self._outside.clock(), self._outside.cluster)
            line = course.new_line()
            if line:
                self._outside.progress(line)
            if course.failed:
                waiting = self._request.waiting
                logs = read_logs(course, self._outside.cluster, waiting)
                lines = [line for log in logs.values() for line in ("Its log ends with:", *(f"  {entry}" for entry in log))]
                raise _Failed("\n".join([failure_of(course, waiting), *lines]))
        claim = self._now()
        if not claim.switched or claim.back or not step.watched:
            return
        for side in claim.sides:
            mark = mark_of(scene.snapshot(side.candidate))
            for service in (name for name, workload in claim.services.items() if workload == side.workload):
                if mark and not scene.ready({**base_of(claim.originals.get(service, {})), **mark}):
                    raise _Failed(f"Deployment {self._request.namespace}/{side.candidate} has no ready pod any more after the switch.")

    def _is_wanted(self, deployment: str, scene: Scene) -> bool:
        """The Deployment has the template that is waited for: what is wrong with another one is of no interest."""
        side = next((side for side in self._now().sides if deployment == side.candidate), None)
        workload = scene.workload(deployment)
        return side is None or workload is None or self._now().switched != "" or fingerprint(workload.template) == side.wanted


def _capital(sentence: str) -> str:
    """A sentence as it begins a message."""
    return sentence[:1].upper() + sentence[1:]


class _Refused(Exception):
    """An action is refused as things are; it may be taken later."""
