# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A track of steps over a scene: act on what is due, wait while something is lacking, end at the first failure.

It knows no strategy, no step by its name and no kind of action: those come as values and in a table.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, Self, TypeAlias

from ..._domain.base.errors import ClusterError, NotFoundError, RolloutError
from ..._domain.base.objects import Ref, texts
from ..._domain.base.resources import SERVICE
from ..._domain.ownership.owners import OURS, by_whom, last_writer
from ..._domain.request import Waiting
from ..._domain.steps.actions import STILL, SceneStep
from ..._domain.steps.step import StepState
from ..._domain.traffic.scenes import Scene
from ..._domain.traffic.services import Selector, spelled
from ..._domain.workloads.workload import Condition
from ..hold.lock import Lock
from ..observe.scene import Stage
from ..outside.gates import NO_GATES, Gates, Subject
from ..outside.surroundings import Surroundings
from ..tell.outcome import StepReport
from ..wait.course import Course
from ..wait.failure import failure_of, read_logs
from ..wait.loop import take

Meaning = Literal["bad", "unable", "unsure"]
"""What a failed step says: the new version is bad, so the rollout goes back or holds; this task cannot work now, which says nothing of the
new version, so the rollout holds; or a gate does not know, and somebody is to decide, so the rollout pauses."""


class StepFailed(Exception):
    """A step cannot be done; the text is the sentence for the user."""

    def __init__(self, sentence: str, meaning: Meaning = "bad", *, changed: bool = False) -> None:
        super().__init__(sentence)
        self.meaning: Meaning = meaning
        self.changed = changed
        """Something was written in the attempt."""


class NotNow(Exception):
    """An action is refused as things are; it may be taken later. The text says why."""


Execute: TypeAlias = Callable[[Any, Scene], bool]
"""Carries one kind of action out and returns whether something was written. Raises `NotNow`, `StepFailed` or `RolloutError`."""


class SceneTrack:
    """Steps over a scene, and how far they were taken.

    `steps` returns all steps as they are by now: they follow from the claim, which changes on the way; their names and number do not.
    `actions` has the function for each kind of action, `scene` returns what is there now. `stale` has, for Deployments that have got a new
    template, the condition that was there before and says nothing about it. `stop_before` is the name of the step before which it stops.
    `gates` must pass in their steps; `subject` says what they are about. `passed` is called when all gates of a step have passed.
    """

    def __init__(
        self,
        steps: Callable[[], Sequence[SceneStep]],
        outside: Surroundings,
        stage: Stage,
        lock: Lock,
        waiting: Waiting,
        actions: Mapping[type, Execute],
        *,
        scene: Callable[[], Scene],
        stale: Mapping[str, Condition | None],
        stop_before: str = "",
        gates: Gates = NO_GATES,
        subject: Callable[[Scene], Subject] = lambda _scene: Subject({}),
        passed: Callable[[], None] = lambda: None,
    ) -> None:
        self._passed = passed
        self._gates = gates
        self._subject = subject
        self._steps = steps
        self._outside = outside
        self._stage = stage
        self._lock = lock
        self._waiting = waiting
        self._actions = actions
        self._scene = scene
        self._stale = stale
        self._stop_before = stop_before
        self.open = True
        self.wakes_at = outside.clock()
        self.reports: list[StepReport] = []
        """The steps that were begun."""
        self.changed = False
        """Something was written."""
        self.stopped = ""
        """The step before which it has stopped."""
        self.failure: StepFailed | None = None
        """Why the step that was begun last failed."""
        self._under_way = False
        self._holds = False
        """The step lets time pass, or measures, and has begun with that."""
        self._unmeasured_yet = False
        """The step has gates, of which none has begun."""
        self._started = 0.0
        self._changed_in_step = False
        self._shown = ""
        self._courses: dict[str, Course] = {}
        self._lacking = ""
        """What the step lacks, in its own words, where these say how far the pods are."""

    @property
    def last(self) -> SceneStep:
        """The step that was begun last, as it is by now."""
        return self._steps()[len(self.reports) - 1]

    def concerns(self, changed: Collection[Ref]) -> bool:
        """Return True: whatever happens in the namespace may matter."""
        del changed
        return True

    def take(self) -> Self:
        """Take the steps up to the last, to `stop_before`, or to the first that fails."""
        try:
            take([self], self._stage, self._outside)
        except RolloutError as error:
            self._fail(error)
        return self

    def lose(self, sentence: str) -> None:
        """End with a failure, since users have lost too much; the sentence says what."""
        self._fail(StepFailed(capital(sentence)))

    def advance(self) -> None:
        """Act and take steps until there is something to wait for."""
        try:
            while self.open:
                if not self._under_way:
                    self._begin()
                elif not self._goes_on():
                    return
        except (StepFailed, RolloutError) as error:
            self._fail(error)

    def _begin(self) -> None:
        """Begin the next step; end the track where there is none, or it is to stop before it."""
        steps, place = self._steps(), len(self.reports)
        if place == len(steps) or steps[place].name == self._stop_before:
            self.stopped = steps[place].name if place < len(steps) else ""
            self.open = False
            return
        step = steps[place]
        if step.idle and not self._gates.at(step.name):
            self.reports.append(StepReport(step.name, "unchanged"))
            return
        self.reports.append(StepReport(step.name, "running"))
        self._under_way, self._started = True, self._outside.clock()
        self._changed_in_step, self._shown, self._courses = False, "", {}
        self._lock.tell(step.name)
        self._outside.cluster.patience(self._allowed(step))
        self._unmeasured_yet, self._holds = bool(self._gates.at(step.name)), False

    def _begin_gates(self, step: SceneStep, scene: Scene) -> None:
        """Begin to measure, once that can be, unless the step was taken already: then its gates had passed."""
        if not self._unmeasured_yet or not step.measured(scene):
            return
        self._unmeasured_yet = False
        if step.only_time or step.measures_anew or step.lacking(scene):
            self._gates.begin(step.name, self._subject(scene), step.recheck(scene) or 0.0)

    def _allowed(self, step: SceneStep) -> float:
        return self._waiting.timeout + step.extra + self._gates.seconds(step.name)

    def _end(self, state: StepState) -> None:
        self._under_way = False
        self._gates.end()
        self.reports[-1] = StepReport(self.reports[-1].name, state, round(self._outside.clock() - self._started, 1))

    def _fail(self, error: StepFailed | RolloutError) -> None:
        self.failure, self.open = self._meaning(error), False
        self.changed |= self.failure.changed
        if self._under_way:
            self._end("pending" if self.failure.meaning == "unsure" else "failed")

    def _meaning(self, error: StepFailed | RolloutError) -> StepFailed:
        """Return what a failure says. Who has lost the lock must not go back either."""
        try:
            self._lock.guard()
        except RolloutError as lost:
            return StepFailed(lost.message, "unable", changed=isinstance(error, StepFailed) and error.changed)
        if isinstance(error, RolloutError):
            unable = isinstance(error, ClusterError) and not isinstance(error, NotFoundError)
            return StepFailed(error.message, "unable" if unable else "bad")
        return error

    def _goes_on(self) -> bool:
        """Act once; return whether to look again at once, as something was written or the step is done."""
        lost = self._outside.measurement.verdict()
        if lost:
            raise StepFailed(capital(lost))
        step, scene = self.last, self._scene()
        self._refuse_led_elsewhere(step, scene)
        self._refuse_meddled(step, scene)
        gated = step.only_time or step.measures_anew or bool(self._gates.at(step.name))
        self._holds = self._holds or (gated and step.measured(scene))
        if self._holds:
            # Before anything is done that follows from all being well.
            self._watch(step, scene, steady=not self._gates.watch_pods(step.name))
        self._begin_gates(step, scene)
        unmeasured = self._unmeasured(scene)
        lacking = unmeasured or step.lacking(scene)
        if not lacking:
            if self._gates.at(step.name):
                self._passed()
            self._end("done" if self._changed_in_step or step.only_time else "unchanged")
            return True
        acted, refusal = (False, "") if unmeasured else self._act(step, scene)
        if acted:
            self._changed_in_step = True
            return True
        if not self._holds:
            self._watch(step, scene)
        lacking = refusal or lacking
        if lacking != self._shown and not lacking.startswith(STILL):
            self._outside.progress(f"{step.name}: {lacking}")
            self._shown = lacking
        now, over_at = self._outside.clock(), self._started + self._allowed(step)
        if over_at <= now:
            raise self._over(step, lacking)
        rechecks = [course.verdict.recheck for course in self._courses.values() if course.verdict.recheck]
        soon = step.recheck(scene)
        self.wakes_at = min([over_at, *rechecks, *([] if soon is None else [now + soon])])
        return False

    def _unmeasured(self, scene: Scene) -> str:
        """Return which gates have no verdict yet, or ''. Raises `StepFailed` for a verdict that is no pass."""
        if self._gates.measures:
            subject = self._subject(scene)
            self._gates.look(subject.candidates, subject.values)
        for line in self._gates.lines():
            self._outside.progress(line)
        failed = self._gates.failed()
        if failed is not None:
            raise StepFailed(failed.sentence, "unsure" if self._gates.is_unsure(failed) else "bad")
        return self._gates.lacking()

    def _over(self, step: SceneStep, lacking: str) -> StepFailed:
        silence = f"; the cluster did not answer ({self._stage.silence})" if self._stage.silence else ""
        timeout = f"wait_timeout of {self._waiting.timeout:g} s is over"
        sentence = f"The step {step.name} did not finish: {lacking.rstrip('.')} ({timeout}){silence}."
        return StepFailed(sentence, "unable" if silence else "bad")

    def _act(self, step: SceneStep, scene: Scene) -> tuple[bool, str]:
        """Carry out what is due; return whether something was written, and why not where that may change by itself."""
        acted, refusal = False, ""
        for action in step.due(scene):
            try:
                acted |= self._actions[type(action)](action, scene)
            except NotNow as refused:
                refusal = str(refused)
            self.changed |= acted
        return acted, refusal

    # --- failures -------------------------------------------------------------------------------------------------------------

    def _watch(self, step: SceneStep, scene: Scene, *, steady: bool = False) -> None:
        """Raise `StepFailed` when the step can never finish: with the cause, as early as it is known. `steady`: also when a pod of what is
        watched restarts or loses its readiness."""
        for name in step.watched(scene):
            snapshot = scene.snapshot(name)
            if snapshot.workload is None:
                continue
            if name not in self._courses:
                self._courses[name] = self._course(name, snapshot.workload.ref, told=step.tells_pods)
            self._lacking = step.lacking(scene) if step.tells_pods else ""
            self._judge(self._courses[name], scene, steady=steady, quiet=step.tells_pods)
        sentence = step.impossible(scene)
        if sentence:
            raise StepFailed(sentence)

    def _course(self, name: str, ref: Ref, *, told: bool) -> Course:
        waiting, stale = replace(self._waiting, on_deletion="fail"), self._stale.get(name)
        words = (lambda _seen: self._lacking) if told else None
        return Course(ref, started=self._started, waiting=waiting, done=lambda seen: False, stale=stale, waiting_for=words)

    def _judge(self, course: Course, scene: Scene, *, steady: bool, quiet: bool) -> None:
        snapshot, now = scene.snapshot(course.ref.name), self._outside.clock()
        course.look(snapshot, now, self._outside.cluster)
        if steady and not course.failed:
            course.is_steady(snapshot, now)
        line = course.new_line()
        if line and not quiet:
            self._outside.progress(line)
        if course.failed:
            logs = read_logs(course, self._outside.cluster, self._waiting)
            lines = [line for log in logs.values() for line in ("Its log ends with:", *(f"  {entry}" for entry in log))]
            raise StepFailed("\n".join([failure_of(course, self._waiting), *lines]))

    def _refuse_meddled(self, step: SceneStep, scene: Scene) -> None:
        """Raise `StepFailed`, naming who it was, where somebody has changed what the step is about."""
        found = step.meddled(scene)
        if found is None:
            return
        live = self._outside.cluster.read(found.resource, found.ref.namespace, found.ref.name)
        who = last_writer(live or {}, *found.path, besides=OURS) if found.path else ""
        raise StepFailed(f"{found.ref} {found.what}{f' (by {who})' if who else ''} while it was rolled out.")

    def _refuse_led_elsewhere(self, step: SceneStep, scene: Scene) -> None:
        """Raise `StepFailed`, naming who it was, where somebody has taken the traffic away from what got it."""
        for name, selector in step.guarded(scene).items():
            ref = Ref("Service", self._lock.ref.namespace, name)
            live = self._outside.cluster.read(SERVICE, ref.namespace, name)
            if live is None:
                raise StepFailed(f"{ref} was deleted meanwhile; create it with the selector {spelled(selector)} and run the task again.")
            found: Selector = texts(live, "spec", "selector")
            if found != selector:
                by = by_whom(live, "spec", "selector")
                raise StepFailed(
                    f"spec.selector of {ref} was changed{by} after the traffic had moved: it is "
                    f"{spelled(found) or 'empty'} instead of {spelled(selector)}; look at it and run the task again."
                )


def capital(sentence: str) -> str:
    """Return a sentence as it begins a message."""
    return sentence[:1].upper() + sentence[1:]
