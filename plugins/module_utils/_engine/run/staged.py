# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rollout that may last over several tasks: plan, claim, steps forward, steps back where one fails, and the end.

What is to be done follows from the scene alone, so a run that was killed at any instant is continued by the next one. The claim in the
application's Lease says which rollout that is, across tasks and approvals; the Lease itself is the lock while a task works. Nothing here
knows a strategy: what is special of one it answers itself (`method.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

from ..._domain.base.errors import InputError, RefusedError, RolloutError
from ..._domain.base.objects import JsonObject, Ref
from ..._domain.base.resources import SERVICE
from ..._domain.kinds import TWO_SIDED
from ..._domain.leases.claim import Claim
from ..._domain.leases.lease import lease_name
from ..._domain.request import StagedRequest
from ..._domain.sides.claims import Settings, claim_of, history_of
from ..._domain.steps.actions import Remember, SceneStep
from ..._domain.traffic.scenes import Scene
from ..config.cleaning import clean_up
from ..hold.claimed import refuse_claimed
from ..hold.hold import holding, refuse_held
from ..hold.lock import Lock
from ..hold.memory import Memory
from ..observe.scene import Stage
from ..outside.gates import NO_GATES, Gates
from ..outside.surroundings import Surroundings
from ..plan.rights import demand_rights, for_gates
from ..plan.staged import StagedPlan
from ..tell.outcome import Outcome, StepReport
from ..write.writer import Planned, Writer
from .method import Method
from .scene_track import Execute, SceneTrack, StepFailed, capital
from .staged_report import StagedReport
from .writing import Writing

_LOOKS = 5
"""How often the first plan is made when others begin or end in the meantime."""
Make: TypeAlias = "Callable[[JsonObject | None], Method[Any, Any]]"
"""Returns the answers of the strategy, from what the Lease has told. Raises `RolloutError` for what is refused."""


class _RefusedPlan(Exception):
    """The first plan was refused; nothing was written."""

    def __init__(self, error: RefusedError, refs: Collection[Ref]) -> None:
        super().__init__(error.message)
        self.error = error
        self.refs = refs
        """What it was about."""


def roll(request: StagedRequest, make: Make, outside: Surroundings, *, check: bool) -> Outcome:
    """Carry a request out, or in check mode tell what it would do. A rollout that fails is an outcome with an error.

    Raises `RolloutError` for what is refused: then nothing has changed.
    """
    # First of all, so that whoever works on it between our look at the cluster and the lock is noticed.
    lease = _lease(request, outside)
    for look in range(1, _LOOKS + 1):
        try:
            return _roll(request, make, outside, lease, check=check)
        except _RefusedPlan as refused:
            # Another run may have begun since the Lease was read: its steps are seen half-way, and its claim or lock tells what is wrong.
            outside.leases.forget()
            now = _lease(request, outside)
            if look == _LOOKS or _remembered(now) == _remembered(lease):
                refuse_held(refused.refs, outside)
                raise refused.error from None
            lease = now
    raise ValueError("There is no look without an answer.")


def _roll(request: StagedRequest, make: Make, outside: Surroundings, lease: JsonObject | None, *, check: bool) -> Outcome:
    """As `roll`, from what the Lease has told."""
    claim = claim_of(lease)
    method = make(lease)
    view = method.view()
    with ExitStack() as stack:
        try:
            _refuse_another(request, claim)
            stage = stack.enter_context(Stage(outside.cluster, request.namespace, view, follow=not check))
            plan = method.plan(stage.scene(_moments(claim)))
        except RefusedError as error:
            raise _RefusedPlan(error, method.refs(view)) from error
        _check_stop(request, method.steps(plan))
        _refuse_others(request, method.covered(plan), plan, outside)
        method.refuse_other(plan)
        report = StagedReport(request, method, stage)
        if plan.empty:
            return _with_configuration(report.unchanged(plan), plan)
        if plan.claim is not None:
            needs = _needs(request, method, plan, stage.scene(plan.claim.moments))
            taken = up_to(method.steps(plan), request.stop_before)
            measured = {gate.name: gate for name in taken for gate in outside.gates.at(name)}
            demand_rights((*needs, *for_gates(measured.values(), request.namespace)), outside.cluster)
            subject = method.subject(plan.claim, stage.scene(plan.claim.moments))
            outside.gates.check(replace(subject, values=_to_come(subject.values)), taken)
        if check:
            return _with_configuration(report.preview(plan, outside.cluster), plan)
        outside.measurement.allow(method.seconds(plan) + sum(outside.gates.seconds(name) for name in method.steps(plan)))
        made = _with_namespace(plan, request, outside)
        if made:
            # Only now can the server say what becomes of the templates.
            plan = method.plan(stage.scene(_moments(claim)))
        place = (request.namespace, request.application)
        hold = stack.enter_context(holding({place: method.covered(plan)}, outside, request.holder, besides=request.application))
        run = _Run(request, method, outside, stage, hold.locks[place], plan, report, made)
        outcome = _with_configuration(run.carry_out(), plan)
        return replace(outcome, warnings=(*hold.warnings, *outcome.warnings))


def _to_come(values: Mapping[str, str]) -> Mapping[str, str]:
    """What placeholders are going to stand for: the candidate comes with the rollout."""
    return {name: value or ("to come" if name.startswith("candidate") else "") for name, value in values.items()}


def _needs(request: StagedRequest, method: Method[Any, Any], plan: StagedPlan[Any], scene: Scene) -> Any:
    steps = [step.name for step in method.forward(plan, plan.claim)]
    return method.needs(plan, plan.claim, scene, up_to(steps, request.stop_before))


def _check_stop(request: StagedRequest, steps: Sequence[str]) -> None:
    """Raise `InputError` where `stop_before` names no step of the plan, or the first, before which nothing would be done."""
    if request.stop_before and request.stop_before not in steps[1:]:
        raise InputError(f"stop_before names {request.stop_before}, which is none of the steps to stop before: {', '.join(steps[1:])}.")


def up_to(steps: Sequence[str], stop_before: str) -> tuple[str, ...]:
    """The steps that a task takes at most."""
    return tuple(steps[: steps.index(stop_before)] if stop_before in steps else steps)


def _lease(request: StagedRequest, outside: Surroundings) -> JsonObject | None:
    return outside.leases.named(request.namespace, lease_name(request.application))


def _moments(claim: Claim | None) -> Any:
    return claim.moments if claim is not None else {}


def _remembered(lease: JsonObject | None) -> tuple[object, ...]:
    """What a plan is made from: also the history, as a whole rollout may have come between."""
    return claim_of(lease), Settings.of(lease), history_of(lease)


def _with_namespace(plan: StagedPlan[Any], request: StagedRequest, outside: Surroundings) -> tuple[Planned, ...]:
    """The namespace that comes along is made before the lock, which lies in it: the write, none where it is there."""
    namespace = Ref("Namespace", "", request.namespace)
    writer = Writer(outside.cluster, guard=outside.guard, take_ownership=request.take_ownership, wrote=outside.wrote)
    return tuple(writer.execute(planned) for planned in plan.companions if planned.ref == namespace and planned.before is None)


def _refuse_another(request: StagedRequest, claim: Claim | None) -> None:
    """Raise `RefusedError` where the application is on its way by another strategy; one that is to be given up is."""
    if claim is None or request.goal not in ("roll", "undo") or claim.strategy == request.strategy:
        return
    cause = f" ({claim.cause})" if claim.cause else ""
    raise RefusedError(
        f"{request.application} has a {claim.way} rollout on its way{cause}; promote it to its end, or abort it, before one by "
        f"{request.strategy}."
    )


def _refuse_others(request: StagedRequest, covered: set[Ref], plan: StagedPlan[Any], outside: Surroundings) -> None:
    """Raise `RefusedError` where another application's rollout covers what this one is about: also for who calls an application that is
    on its way by the name of one of its Deployments or Services."""
    refs = set(covered)
    if plan.claim is None and request.goal in ("promote", "abort"):
        refs |= {Ref(kind, request.namespace, request.application) for kind in (*TWO_SIDED, SERVICE.kind)}
    if not plan.empty or request.goal in ("promote", "abort"):
        refuse_claimed(sorted(refs), outside, besides=request.application)


def _with_configuration(outcome: Outcome, plan: StagedPlan[Any]) -> Outcome:
    """The outcome with the copies, and what is to be said of the configuration."""
    return replace(outcome, copies=plan.configuration.copies, notes=(*plan.notes, *outcome.notes))


class _Run:
    """One task on its way."""

    def __init__(
        self,
        request: StagedRequest,
        method: Method[Any, Any],
        outside: Surroundings,
        stage: Stage,
        lock: Lock,
        plan: StagedPlan[Any],
        report: StagedReport,
        made: tuple[Planned, ...],
    ) -> None:
        self._request = request
        self._method = method
        self._outside = outside
        self._stage = stage
        self._plan = plan
        self._report = report
        self._memory: Memory[Any] = Memory(outside, lock, self._scene, plan.claim, method.notes(plan))
        self._writing = Writing(request, outside, stage, lock, lambda: self._memory.now.cause)
        self._writing.written.extend(made)
        self._lock = lock
        self._noted = 0
        self._track = self._tracked(lambda: method.forward(plan, self._memory.now), request.stop_before, outside.gates)
        self._way_back = self._tracked(lambda: method.back(self._memory.now))

    def _tracked(self, steps: Callable[[], Sequence[SceneStep]], stop_before: str = "", gates: Gates = NO_GATES) -> SceneTrack:
        own: dict[type, Execute] = {kind: partial(perform, self._writing) for kind, perform in self._method.perform().items()}
        actions = {**self._writing.actions(), Remember: self._memory.remember, **own}
        waiting, stale = self._request.waiting, self._writing.stale
        return SceneTrack(
            steps,
            self._outside,
            self._stage,
            self._lock,
            waiting,
            actions,
            scene=self._scene,
            stale=stale,
            stop_before=stop_before,
            gates=gates,
            subject=lambda scene: self._method.subject(self._memory.now, scene),
            passed=self._keep_verdicts,
        )

    def _note_verdicts(self) -> None:
        """Have the claim remember what gates have found since the last call."""
        reports = self._outside.gates.reports
        new, self._noted = reports[self._noted :], len(reports)
        if new:
            now = f"{self._outside.cluster.now():%Y-%m-%dT%H:%M:%SZ}"
            self._memory.judge(report.judged(now) for report in new)

    def _keep_verdicts(self) -> None:
        """Have the Lease remember them as well."""
        self._note_verdicts()
        self._memory.keep()

    def _scene(self) -> Scene:
        self._stage.wait(0)
        return self._stage.scene(_moments(self._memory.claim))

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
            return self._go_back(memory.claim, resumed=self._request.goal != "abort" and not self._plan.reverts)
        memory.keep()
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
            if track.failure.meaning != "unable":
                self._note_verdicts()
            answers = {"unable": self._held, "unsure": self._paused, "bad": self._failed}
            return answers[track.failure.meaning](str(track.failure))
        if track.stopped:
            return self._report.stopped(
                self._plan, self._memory.now, track.reports, track.stopped, changed=track.changed, written=self._writing.written
            )
        foreign = self._method.foreign(self._memory.now, self._scene())
        self._memory.end()
        track.changed = True
        if lost or foreign:
            return self._degraded(f"{lost} {self._method.over()}" if lost else foreign)
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
        """Do what the request wants for a bad candidate. After a step without return there is no going back."""
        if self._request.waiting.on_failure != "rollback" or self._no_return():
            self._keep_what_is_known()
            return self._degraded(why)
        claim, scene = self._memory.now, self._scene()
        lost = self._method.no_way_back(claim, scene)
        if lost:
            self._keep_what_is_known()
            return self._degraded(f"{why} {lost}")
        try:
            return self._go_back(self._method.give_up(claim, why, scene))
        except RolloutError as error:
            return self._degraded(f"{why} Going back did not finish: {error.message} Run the module abort once that is mended.")

    def _paused(self, why: str) -> Outcome:
        """Return that somebody has to decide; a task that goes on measures anew."""
        track = self._track
        self._keep_what_is_known()
        outcome = self._report.stopped(
            self._plan, self._memory.now, track.reports[:-1], track.last.name, changed=track.changed, written=self._writing.written
        )
        return replace(outcome, warnings=(*outcome.warnings, f"{why} Look at it, then go on by promote, or give up by abort."))

    def _keep_what_is_known(self) -> None:
        """Store the claim that stays. Where that cannot be written the rest is told all the same: nothing depends on it."""
        with suppress(RolloutError):
            self._memory.keep()

    def _held(self, why: str) -> Outcome:
        """Return that everything stays as it is, and the claim with it, so that the same task goes on later."""
        return self._degraded(
            f"{why} That says nothing of the new version, so nothing was taken back: mend it and run the task again, or give up by abort."
        )

    def _go_back(self, claim: Claim, *, resumed: bool = False) -> Outcome:
        """Take the steps back of a claim that is given up."""
        requested = self._request.goal == "abort" or self._plan.reverts
        self._memory.begin_back(claim, requested=requested)
        self._track.changed = True
        self._outside.measurement.rest()
        if not requested:
            self._outside.progress(f"going back: {claim.why}")
        sentence = "" if requested else claim.why
        if resumed:
            why = claim.why.rstrip(".")
            sentence = f"An earlier run went back ({why}) and was interrupted; that is finished now. Run the task again to try anew."
        track = self._way_back.take()
        if track.failure is not None:
            sentence = f"{sentence} Going back did not finish: {track.failure} Run the module abort once that is mended.".strip()
            return self._degraded(sentence)
        if requested:
            sentence = capital(self._outside.measurement.settle(longer=True, anyway=True))
        self._memory.end_back()
        return self._report.aborted(self._plan, self._memory.now, self._reports, sentence, written=self._writing.written)
