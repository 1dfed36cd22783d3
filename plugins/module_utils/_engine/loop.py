# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The loop that takes the steps of a rollout: act on what is due, wait while something is lacking, end at the first failure.

It knows no strategy, no step by its name and no kind of action: those come as values and in a table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from .._domain.actions import SceneStep
from .._domain.errors import ClusterError, NotFoundError, RolloutError
from .._domain.objects import Ref, texts
from .._domain.ownership import OURS, last_writer
from .._domain.request import Waiting
from .._domain.resources import SERVICE
from .._domain.scenes import Scene
from .._domain.services import Selector, spelled
from .._domain.steps import StepState
from .._domain.workload import Condition
from .course import Course
from .lock import Lock
from .outcome import StepReport
from .report import failure_of, read_logs
from .stage import Stage
from .surroundings import Surroundings

Meaning = Literal["bad", "unable"]
"""What a failed step says: the new version is bad, so the rollout goes back or holds; or this task cannot work now, which says nothing of
the new version, so the rollout holds."""


class StepFailed(Exception):
    """A step cannot be done; the text is the sentence for the user."""

    def __init__(self, sentence: str, meaning: Meaning = "bad", *, changed: bool = False) -> None:
        super().__init__(sentence)
        self.meaning: Meaning = meaning
        self.changed = changed
        """Something was written in the attempt."""


class NotNow(Exception):
    """An action is refused as things are; it may be taken later. The text says why."""


@dataclass
class Track:
    """Steps that are taken one after another, and how far that went."""

    steps: Callable[[], Sequence[SceneStep]]
    """Returns all steps as they are by now: they follow from the claim, which changes on the way; their names and number do not."""
    stop_before: str = ""
    """The name of the step before which it stops."""
    reports: list[StepReport] = field(default_factory=list)
    """The steps that were begun."""
    changed: bool = False
    """Something was written."""
    stopped: str = ""
    """The step before which it has stopped."""
    failure: StepFailed | None = None
    """Why the last step that was begun failed."""

    @property
    def last(self) -> SceneStep:
        """The step that was begun last."""
        return self.steps()[len(self.reports) - 1]


Execute: TypeAlias = Callable[[Any, Scene], bool]
"""Carries one kind of action out and returns whether something was written. Raises `NotNow`, `StepFailed` or `RolloutError`."""


class Loop:
    """Takes the steps of tracks. `actions` has the function for each kind of action, `scene` returns what is there now.

    `stale` has, for Deployments that have got a new template, the condition that was there before and says nothing about it.
    """

    def __init__(
        self,
        outside: Surroundings,
        stage: Stage,
        lock: Lock,
        waiting: Waiting,
        actions: Mapping[type, Execute],
        *,
        scene: Callable[[], Scene],
        stale: Mapping[str, Condition | None],
    ) -> None:
        self._outside = outside
        self._stage = stage
        self._lock = lock
        self._waiting = waiting
        self._actions = actions
        self._scene = scene
        self._stale = stale

    def take(self, track: Track) -> Track:
        """Take the steps up to the last, to `stop_before`, or to the first that fails; return the track, which tells what became of it."""
        for place, name in enumerate([step.name for step in track.steps()]):
            if name == track.stop_before:
                track.stopped = name
                break
            try:
                self._take_step(track, place)
            except StepFailed as failure:
                track.changed |= failure.changed
                track.failure = failure
                break
        return track

    def _take_step(self, track: Track, place: int) -> None:
        step, started = track.steps()[place], self._outside.clock()
        track.reports.append(StepReport(step.name, "running"))
        if step.idle:
            track.reports[-1] = StepReport(step.name, "unchanged")
            return
        self._lock.tell(step.name)
        try:
            with self._outside.measurement.waking(self._stage.wake):
                changed = self._until_done(track, place, started)
        except (StepFailed, RolloutError) as error:
            track.reports[-1] = StepReport(step.name, "failed", self._seconds(started))
            raise self._meaning(error) from error
        state: StepState = "done" if changed or step.only_time else "unchanged"
        track.reports[-1] = StepReport(step.name, state, self._seconds(started))

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

    def _seconds(self, started: float) -> float:
        return round(self._outside.clock() - started, 1)

    def _until_done(self, track: Track, place: int, started: float) -> bool:
        """Act and wait until nothing is lacking; return whether anything was written."""
        changed, shown = False, ""
        courses: dict[str, Course] = {}
        allowed = self._waiting.timeout + track.steps()[place].extra
        self._outside.cluster.patience(allowed)
        while True:
            lost = self._outside.measurement.verdict()
            if lost:
                raise StepFailed(capital(lost))
            step, scene = track.steps()[place], self._scene()
            self._refuse_led_elsewhere(step, scene)
            lacking = step.lacking(scene)
            if not lacking:
                return changed
            acted, refusal = self._act(track, step, scene)
            if acted:
                changed = True
                continue
            self._watch(step, scene, courses, started)
            lacking = refusal or lacking
            if lacking != shown and not lacking.startswith("still to do"):
                self._outside.progress(f"{step.name}: {lacking}")
                shown = lacking
            now = self._outside.clock()
            left = started + allowed - now
            if left <= 0:
                raise self._over(step, lacking)
            rechecks = [step.recheck(scene), *(course.verdict.recheck and course.verdict.recheck - now for course in courses.values())]
            self._stage.wait(min([left, *(max(0.0, entry) for entry in rechecks if entry is not None)]))

    def _over(self, step: SceneStep, lacking: str) -> StepFailed:
        silence = f"; the cluster did not answer ({self._stage.silence})" if self._stage.silence else ""
        timeout = f"wait_timeout of {self._waiting.timeout:g} s is over"
        sentence = f"The step {step.name} did not finish: {lacking.rstrip('.')} ({timeout}){silence}."
        return StepFailed(sentence, "unable" if silence else "bad")

    def _act(self, track: Track, step: SceneStep, scene: Scene) -> tuple[bool, str]:
        """Carry out what is due; return whether something was written, and why not where that may change by itself."""
        acted, refusal = False, ""
        for action in step.due(scene):
            try:
                acted |= self._actions[type(action)](action, scene)
            except NotNow as refused:
                refusal = str(refused)
            track.changed |= acted
        return acted, refusal

    # --- failures -------------------------------------------------------------------------------------------------------------

    def _watch(self, step: SceneStep, scene: Scene, courses: dict[str, Course], started: float) -> None:
        """Raise `StepFailed` when the step can never finish: with the cause, as early as it is known."""
        for name in step.watched(scene):
            snapshot = scene.snapshot(name)
            if snapshot.workload is None:
                continue
            if name not in courses:
                courses[name] = self._course(name, snapshot.workload.ref, started)
            self._judge(courses[name], scene)
        sentence = step.impossible(scene)
        if sentence:
            raise StepFailed(sentence)

    def _course(self, name: str, ref: Ref, started: float) -> Course:
        waiting = replace(self._waiting, on_deletion="fail")
        return Course(ref, started=started, waiting=waiting, done=lambda seen: False, stale=self._stale.get(name))

    def _judge(self, course: Course, scene: Scene) -> None:
        course.look(scene.snapshot(course.ref.name), self._outside.clock(), self._outside.cluster)
        line = course.new_line()
        if line:
            self._outside.progress(line)
        if course.failed:
            logs = read_logs(course, self._outside.cluster, self._waiting)
            lines = [line for log in logs.values() for line in ("Its log ends with:", *(f"  {entry}" for entry in log))]
            raise StepFailed("\n".join([failure_of(course, self._waiting), *lines]))

    def _refuse_led_elsewhere(self, step: SceneStep, scene: Scene) -> None:
        """Raise `StepFailed`, naming who it was, where somebody has taken the traffic away from what got it."""
        for name, selector in step.guarded(scene).items():
            ref = Ref("Service", self._lock.ref.namespace, name)
            live = self._outside.cluster.read(SERVICE, ref.namespace, name)
            if live is None:
                raise StepFailed(f"{ref} was deleted meanwhile; create it with the selector {spelled(selector)} and run the task again.")
            found: Selector = texts(live, "spec", "selector")
            if found != selector:
                who = last_writer(live, "spec", "selector", besides=OURS)
                raise StepFailed(
                    f"spec.selector of {ref} was changed{f' by {who}' if who else ''} after the traffic had moved: it is "
                    f"{spelled(found) or 'empty'} instead of {spelled(selector)}; look at it and run the task again."
                )


def capital(sentence: str) -> str:
    """Return a sentence as it begins a message."""
    return sentence[:1].upper() + sentence[1:]
