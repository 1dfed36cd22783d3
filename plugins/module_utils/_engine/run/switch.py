# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Switching Services to other pods: all of them or none, with proof before and after.

1. Nothing is written unless every pod that the new selectors pick is ready. 2. The intent is stored. 3. Each Service is switched, with a
test on the selector that it has. 4. The EndpointSlices prove that the new pods get the traffic, and only they. 5. The intent is cleared.
Whatever goes wrong in between turns everything back; a process that is killed leaves the intent, from which the next run goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ..._domain.base.errors import ClusterError, NotFoundError, RefusedError, RolloutError
from ..._domain.base.objects import JsonObject, Ref, texts
from ..._domain.base.resources import SERVICE
from ..._domain.leases.lease import lease_name
from ..._domain.ownership.owners import by_whom
from ..._domain.request import SwitchRequest
from ..._domain.steps.step import Replace, StepState
from ..._domain.traffic.services import Selector, Service, picked, ready_behind, spelled, unfit, unproven, unswitchable
from ..._domain.traffic.switching import INTENT, Intent, following, half_done, is_same
from ..._domain.workloads.workload import Snapshot
from ..hold.claimed import refuse_claimed
from ..hold.hold import holding
from ..hold.lock import Lock
from ..observe.traffic import Traffic
from ..outside.surroundings import Surroundings
from ..plan.approval import refuse_other_switch
from ..tell.outcome import Difference, Outcome, Rollout, RolloutPhase, StepReport, Switched
from ..wait.loop import Until, take
from ..write.writer import Planned, Writer

_PATH = ("spec", "selector")
_STEPS = ("check", "switch", "verify")


@dataclass(frozen=True)
class _Plan:
    """What is to be written, in the order of the names, and what to go back to."""

    intent: Intent
    writes: Mapping[str, Planned]
    interrupted: bool
    """An earlier run was killed in the middle."""

    @property
    def empty(self) -> bool:
        return not self.interrupted and not any(planned.changed for planned in self.writes.values())


def switch(request: SwitchRequest, outside: Surroundings, *, check: bool) -> Outcome:
    """Carry a switch out, or in check mode tell what it would write. A switch that was turned back is an outcome with an error.

    Raises `RefusedError` where the new pods are not fit to serve or somebody else works on the application, `NotFoundError` for a
    missing Service; then nothing has changed, but for what an interrupted run had switched, which is turned back.
    """
    # First of all, so that whoever works on it between our look at the cluster and the lock is noticed.
    former = Intent.of(outside.leases.named(request.namespace, lease_name(request.application)))
    with Traffic(outside.cluster, request.namespace, request.wanted, follow=not check) as traffic:
        _refuse_another(former, request, outside)
        run = _Run(
            request,
            outside,
            traffic,
            Writer(outside.cluster, guard=outside.guard, take_ownership=request.take_ownership, wrote=outside.wrote),
        )
        plan = run.plan(former)
        refuse_other_switch(request, outside)
        if plan.empty:
            return run.unchanged(plan)
        refuse_claimed(map(run.ref, request.wanted), outside)
        if check or not plan.interrupted:
            run.refuse_unfit(plan)
        if check:
            return run.preview(plan)
        traffic.await_open()
        place = (request.namespace, request.application)
        with holding({place: set(map(run.ref, request.wanted))}, outside, request.holder) as hold:
            lock = hold.locks[place]
            outcome = run.carry_out(run.plan(Intent.of(lock.lease)), lock)
            return replace(outcome, warnings=(*hold.warnings, *outcome.warnings))


def switch_within(request: SwitchRequest, outside: Surroundings, traffic: Traffic, lock: Lock) -> Outcome:
    """`switch` for a task that holds the lock and follows the traffic already. Raises and returns as `switch`."""
    run = _Run(
        request, outside, traffic, Writer(outside.cluster, guard=lock.guard, take_ownership=request.take_ownership, wrote=outside.wrote)
    )
    return run.carry_out(run.plan(Intent.of(lock.lease)), lock)


def _refuse_another(former: Intent, request: SwitchRequest, outside: Surroundings) -> None:
    """A switch that was interrupted half-way is finished or turned back before another one begins."""
    if not former.after or is_same(request.wanted, former.after) or is_same(request.wanted, former.before):
        return
    found = {name: outside.cluster.read(SERVICE, request.namespace, name) for name in former.after}
    reached = half_done(former, {name: Service.of(obj) for name, obj in found.items() if obj is not None})
    if reached:
        goals = " and ".join(f"{name} ({spelled(selector)})" for name, selector in sorted(former.after.items()))
        raise RefusedError(
            f"An earlier switch of {goals} was interrupted after {', '.join(reached)}; run it again with just these services, or with the "
            "selectors that they had before, to turn it back."
        )


class _Run:
    """One task on its way."""

    def __init__(self, request: SwitchRequest, outside: Surroundings, traffic: Traffic, writer: Writer) -> None:
        self.writer = writer
        self._request = request
        self._outside = outside
        self._traffic = traffic
        self._started = outside.clock()
        self._seconds: dict[str, float] = {}
        self._written: dict[str, Planned] = {}

    def plan(self, former: Intent) -> _Plan:
        """What follows from the cluster as it is now. Raises `RefusedError` for a Service that cannot be switched."""
        self._traffic.wait(0)
        services = self._traffic.services()
        for name in sorted(self._request.wanted):
            if name not in services:
                raise RefusedError(f"{self.ref(name)} does not exist any more; create it and run the task again.")
            refusal = unswitchable(services[name])
            if refusal:
                raise RefusedError(refusal)
        writes = {name: self._replace(name, services[name].selector, wanted) for name, wanted in sorted(self._request.wanted.items())}
        # The answers are newer than what was listed.
        services = {name: Service.of(planned.before or {}) for name, planned in writes.items()}
        return _Plan(following(former, services, self._request.wanted), writes, interrupted=bool(former.after))

    def _replace(self, name: str, expected: Selector, wanted: Selector) -> Planned:
        write = Replace(_PATH, dict(expected), dict(wanted))
        return self.writer.plan(SERVICE, self.ref(name), write)

    def ref(self, name: str) -> Ref:
        """What one of the Services is called."""
        return Ref("Service", self._request.namespace, name)

    # --- checks ---------------------------------------------------------------------------------------------------------------

    def refuse_unfit(self, plan: _Plan) -> None:
        """Raise `RefusedError` unless all that the new selectors pick may serve; also for a Service that is switched already, as its
        switch may have been interrupted."""
        sentences = [self._unfit(name) for name in plan.writes]
        if any(sentences):
            raise RefusedError("\n".join(filter(None, sentences)))

    def _unfit(self, name: str) -> str:
        request = self._request
        service = self._traffic.services().get(name)
        if service is None:
            return f"{self.ref(name)} does not exist any more; create it and run the task again."
        backends, minimum = self._traffic.backends(), request.minimum_of(name)
        return unfit(service, request.wanted[name], backends, minimum=minimum, mixed=request.mixed, partial=request.partial)

    def _unproven(self, name: str, selector: Selector, minimum: int) -> str:
        service = self._traffic.services().get(name)
        if service is None:
            return "it does not exist any more"
        found = self._traffic.endpoints(name)
        return unproven(service, selector, self._traffic.backends(), found, minimum=minimum, partial=self._request.partial)

    # --- carrying out ---------------------------------------------------------------------------------------------------------

    def carry_out(self, plan: _Plan, lock: Lock) -> Outcome:
        """Switch, prove, and turn back what cannot be proven."""
        try:
            self.refuse_unfit(plan)
        except RefusedError:
            if not self._reached(plan):
                lock.forget(INTENT)
                raise
            lock.note(INTENT, plan.intent.text())
            why = "an earlier run was interrupted, and the pods that it switched to are not ready any more"
            return self._turn_back(plan, lock, why, failed="check")
        lock.note(INTENT, plan.intent.text())
        try:
            for name, planned in plan.writes.items():
                # Between the check and this write others were switched: it must still hold.
                self._traffic.wait(0)
                problem = self._unfit(name)
                if problem:
                    raise RefusedError(problem)
                self._written[name] = self.writer.execute(planned)
                if planned.changed:
                    self._outside.progress(f"{planned.ref}: selects {spelled(self._request.wanted[name])}")
        except RolloutError as error:
            outcome = self._turn_back(plan, lock, error.message, failed="switch")
            return replace(outcome, unable=isinstance(error, ClusterError) and not isinstance(error, NotFoundError))
        self._seconds["switch"] = self._outside.clock() - self._started
        missing = self._prove(self._request.wanted, self._request.minimum_of, until_lost=True)
        self._seconds["verify"] = self._outside.clock() - self._started - self._seconds["switch"]
        if missing:
            unable = bool(self._traffic.silence)
            return replace(self._turn_back(plan, lock, missing, failed="verify"), unable=unable)
        lock.forget(INTENT)
        return self._outcome(plan, "complete", "", self._steps())

    def _reached(self, plan: _Plan) -> tuple[str, ...]:
        """The Services that have the new selector by now, and had another one before: as the cluster says, since the answer to a write
        may have been lost."""
        wanted = self._request.wanted
        changed = [name for name in plan.writes if plan.intent.before[name] != wanted[name]]
        found = {name: self._outside.cluster.read(SERVICE, self._request.namespace, name) for name in changed}
        return tuple(name for name, obj in found.items() if obj is not None and Service.of(obj).selector == wanted[name])

    def _prove(self, wanted: Mapping[str, Selector], minimum_of: Callable[[str], int], *, until_lost: bool = False) -> str:
        """Wait until the EndpointSlices of all Services hold the pods of their selectors and nothing else; what is missing when the time
        is over. With `until_lost` no longer than there are enough ready pods at all: without them waiting is an outage."""
        proof = Until(
            lambda: self._missing(wanted, minimum_of),
            self._outside.clock() + self._request.timeout,
            self._outside,
            hopeless=(lambda: self._never_proven(wanted, minimum_of)) if until_lost else lambda: "",
        )
        take([proof], self._traffic, self._outside)
        if proof.lost or not proof.missing:
            return proof.lost
        silence = f"; the cluster did not answer ({self._traffic.silence})" if self._traffic.silence else ""
        return f"{proof.missing} (wait_timeout of {self._request.timeout:g} s is over){silence}"

    def _missing(self, wanted: Mapping[str, Selector], minimum_of: Callable[[str], int]) -> str:
        lacks = {name: self._unproven(name, selector, minimum_of(name)) for name, selector in wanted.items()}
        return next((f"{self.ref(name)}: {lack}" for name, lack in lacks.items() if lack), "")

    def _never_proven(self, wanted: Mapping[str, Selector], minimum_of: Callable[[str], int]) -> str:
        """Return that somebody has led a Service elsewhere, or that too few pods are ready, or ''."""
        taken = next(filter(None, map(self._taken, wanted)), "")
        if taken:
            return taken
        backends = self._traffic.backends()
        lost = next((name for name, selector in wanted.items() if ready_behind(selector, backends) < minimum_of(name)), "")
        if not lost:
            return ""
        count = ready_behind(wanted[lost], backends)
        return f"{self.ref(lost)}: only {count} of at least {minimum_of(lost)} pods are ready after the switch"

    def _taken(self, name: str) -> str:
        """That somebody has deleted a Service, or led it elsewhere, since it was switched; empty where nobody has."""
        service, written = self._traffic.services().get(name), self._written.get(name)
        if service is None:
            return f"{self.ref(name)} does not exist any more"
        known = [texts(written.before or {}, *_PATH), self._request.wanted[name]] if written is not None else [service.selector]
        if service.selector in known:
            return ""
        live = self._outside.cluster.read(SERVICE, self._request.namespace, name)
        by = by_whom(live, *_PATH)
        return f"spec.selector of {self.ref(name)} was changed meanwhile{by}: it is {spelled(service.selector) or 'empty'}"

    def _turn_back(self, plan: _Plan, lock: Lock, why: str, *, failed: str) -> Outcome:
        """Give each Service that was switched the selector back that it had; not to pods of which none is ready."""
        self._outside.progress(f"going back: {why}")
        back: dict[str, Selector] = {}
        left: list[str] = []
        try:
            reached = self._reached(plan)
        except RolloutError as error:
            reached, left = (), [error.message]
        for name in reached:
            former = plan.intent.before[name]
            if not ready_behind(former, self._traffic.backends()):
                left.append(f"{self.ref(name)} stays as it is, as no pod of {spelled(former)} is ready")
                continue
            try:
                planned = self._replace(name, self._request.wanted[name], former)
                self._written[name] = self.writer.execute(planned)
                back[name] = former
            except RolloutError as error:
                left.append(error.message)
        missing = self._prove(back, lambda name: 1) if back else ""
        if not left:
            lock.forget(INTENT)
        parts = [
            f"The switch failed: {why.rstrip('.')}.",
            f"Switched back: {', '.join(sorted(back))}." if back else "",
            f"That is not proven yet: {missing}." if missing else "",
            f"Not switched back: {'; '.join(left)}." if left else "",
        ]
        sentence = " ".join(
            filter(
                None,
                parts if back or left or any(planned.changed for planned in self._written.values()) else (*parts, "Nothing was switched."),
            )
        )
        steps = (*self._steps(failed), *((StepReport("switch_back", "failed" if left or missing else "done"),) if back else ()))
        return self._outcome(plan, "degraded" if left or missing else "aborted", sentence, steps)

    # --- what is told ---------------------------------------------------------------------------------------------------------

    def unchanged(self, plan: _Plan) -> Outcome:
        """All Services are where they shall be."""
        rollouts = []
        warnings = []
        for name, planned in plan.writes.items():
            lack = self._unproven(name, self._request.wanted[name], self._request.minimum_of(name))
            if lack:
                warnings.append(f"{planned.ref} selects {spelled(self._request.wanted[name])} already, but {lack}.")
            rollouts.append(
                replace(
                    self._rollout(name, planned.after, planned.after, "complete", ()),
                    unchanged=f"selects {spelled(self._request.wanted[name])} already",
                )
            )
        return Outcome(changed=False, rollouts=tuple(rollouts), warnings=tuple(warnings))

    def preview(self, plan: _Plan) -> Outcome:
        """What would be written."""
        rollouts = []
        for name, planned in plan.writes.items():
            steps = tuple(StepReport(step, "pending") for step in _STEPS)
            rollout = self._rollout(name, planned.before or {}, planned.after, "pending", steps)
            rollouts.append(replace(rollout, message=f"would select {spelled(self._request.wanted[name])}"))
        return Outcome(
            changed=any(entry.changed for entry in plan.writes.values()), rollouts=tuple(rollouts), differences=_differences(plan.writes)
        )

    def _steps(self, failed: str = "") -> tuple[StepReport, ...]:
        """The steps as they went: those before the one that failed are done, those after it were not begun."""
        states: dict[str, StepState] = dict.fromkeys(_STEPS, "done")
        if failed:
            states |= {**dict.fromkeys(_STEPS[_STEPS.index(failed) :], "pending"), failed: "failed"}
        return tuple(StepReport(name, states[name], round(self._seconds.get(name, 0.0), 1)) for name in _STEPS)

    def _outcome(self, plan: _Plan, phase: RolloutPhase, error: str, steps: tuple[StepReport, ...]) -> Outcome:
        rollouts = []
        for name, planned in plan.writes.items():
            written = self._written.get(name, planned)
            rollout = self._rollout(name, planned.before or {}, written.after, phase, steps)
            message = f"selects {spelled(Service.of(written.after).selector)}"
            rollouts.append(replace(rollout, message=message, cause=error))
        return Outcome(
            changed=any(planned.changed for planned in self._written.values()),
            rollouts=tuple(rollouts),
            differences=_differences(plan.writes),
            error=error,
        )

    def _rollout(self, name: str, before: JsonObject, after: JsonObject, phase: RolloutPhase, steps: tuple[StepReport, ...]) -> Rollout:
        selector = Service.of(after).selector
        chosen = picked(selector, self._traffic.backends())
        return Rollout(
            ref=self.ref(name),
            phase=phase,
            strategy="service_switch",
            application=self._request.application,
            snapshot=Snapshot(None),
            message="",
            steps=steps,
            switched=Switched(
                before=Service.of(before).selector,
                after=selector,
                pods=len(chosen),
                ready=sum(1 for endpoint in self._traffic.endpoints(name) if endpoint.ready),
            ),
        )


def _differences(writes: Mapping[str, Planned]) -> tuple[Difference, ...]:
    return tuple(Difference(planned.ref, planned.before, planned.after) for planned in writes.values() if planned.changed)
