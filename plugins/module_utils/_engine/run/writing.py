# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the actions of a rollout are carried out, one function for each kind, and what was written by them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..._domain.base.errors import InvalidError, MissingError, NotFoundError, RefusedError
from ..._domain.base.objects import Ref, texts
from ..._domain.base.resources import SERVICE
from ..._domain.ownership.owners import by_whom
from ..._domain.request import Cause, StagedRequest, SwitchRequest
from ..._domain.steps.actions import Change, Removal, Turn
from ..._domain.steps.step import Apply
from ..._domain.traffic.scenes import Scene
from ..._domain.traffic.services import spelled
from ..._domain.workloads.workload import Condition
from ..hold.lock import Lock
from ..observe.scene import Stage
from ..outside.surroundings import Surroundings
from ..wait.verdict import deadline_exceeded
from ..write.writer import Planned, Writer
from .scene_track import Execute, NotNow, StepFailed
from .switch import switch_within


class Writing:
    """Carries actions out for one request under its lock; `cause` returns what new templates are told as their change cause."""

    def __init__(self, request: StagedRequest, outside: Surroundings, stage: Stage, lock: Lock, cause: Callable[[], str]) -> None:
        self._request = request
        self._outside = outside
        self._stage = stage
        self._lock = lock
        self._cause = cause
        self.writer = Writer(outside.cluster, guard=lock.guard, take_ownership=request.take_ownership, wrote=outside.wrote)
        self.written: list[Planned] = []
        """The writes that changed something, in their order."""
        self.stale: dict[str, Condition | None] = {}
        """For Deployments that have got a new template, the condition that was there before and says nothing about it."""

    def actions(self) -> Mapping[type, Execute]:
        """Return the function for each kind of action."""
        return {Change: self.change, Removal: self.remove, Turn: self.turn}

    def execute(self, planned: Planned) -> None:
        """Carry out a write that was planned before."""
        self._keep(self.writer.execute(planned))

    def change(self, action: Change, scene: Scene) -> bool:
        """Write one object; return whether that changed it. Raises `StepFailed` where the server refuses the new template, `NotNow` where
        the object is gone since the look: the next one knows that."""
        cause = Cause(self._cause())
        try:
            planned = self.writer.plan(action.resource, action.ref, action.write, cause=cause)
            if action.starts:
                self.stale[action.ref.name] = deadline_exceeded(scene.snapshot(action.ref.name))
            written = self.writer.execute(planned, cause=cause)
        except (MissingError, NotFoundError) as error:
            if isinstance(action.write, Apply):
                raise
            raise NotNow(error.message) from error
        except InvalidError as error:
            if action.starts:
                raise StepFailed(error.message) from error
            raise
        if written.changed and action.news:
            self._outside.progress(action.news)
        self._keep(written)
        return written.changed

    def _keep(self, written: Planned) -> None:
        self._stage.take(written.resource, written.after)
        if written.changed:
            self.written.append(written)

    def remove(self, action: Removal, _scene: Scene) -> bool:
        """Delete one object; return whether it was still there."""
        self._outside.progress(action.news)
        return self.writer.delete(action.resource, action.ref, action.uid)

    def turn(self, turn: Turn, _scene: Scene) -> bool:
        """Point Services elsewhere and prove it; return whether one was written. Raises `NotNow` while the pods are not ready,
        `StepFailed` when it was turned back."""
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
            raise NotNow(error.message) from error
        if outcome.error:
            raise StepFailed(outcome.error, "unable" if outcome.unable else "bad", changed=outcome.changed)
        if outcome.changed:
            self._stage.turned()
        return outcome.changed

    def _refuse_meddling(self, turn: Turn) -> None:
        """Raise `StepFailed`, naming who it was, where somebody has pointed a Service elsewhere meanwhile."""
        for name, expected in turn.expected.items():
            live = self._outside.cluster.read(SERVICE, self._request.namespace, name)
            found = texts(live or {}, "spec", "selector")
            if live is not None and found != turn.wanted[name] and found not in expected:
                ref, by = Ref("Service", self._request.namespace, name), by_whom(live, "spec", "selector")
                now = spelled(found) or "empty"
                raise StepFailed(f"spec.selector of {ref} was changed meanwhile{by}: it is {now}; look at it and run the task again.")
