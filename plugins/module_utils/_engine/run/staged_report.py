# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a staged rollout leaves behind for the user: one report for each workload, whatever has happened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from ..._domain.base.objects import JsonObject, replaced
from ..._domain.base.ports import Cluster
from ..._domain.leases.claim import Claim
from ..._domain.request import StagedRequest
from ..._domain.text.tables import lines_of
from ..._domain.traffic.scenes import Scene
from ..._domain.workloads.completion import standing
from ..._domain.workloads.revisions import candidate_of
from ..._strategies.foreseen import Foreseen
from ..observe.scene import Stage
from ..plan.plan import notes
from ..plan.staged import StagedPlan
from ..tell.outcome import Difference, Outcome, Rollout, RolloutPhase, StepReport
from ..write.writer import Planned
from .method import Method, Part


class StagedReport:
    """Makes outcomes for one request from what the stage shows at that moment."""

    def __init__(self, request: StagedRequest, method: Method[Any, Any], stage: Stage) -> None:
        self._request = request
        self._method = method
        self._stage = stage

    def unchanged(self, plan: StagedPlan[Any]) -> Outcome:
        """There is nothing to do."""
        return Outcome(
            changed=False,
            rollouts=self._rollouts(plan, None, "complete", (), unchanged=plan.unchanged),
            warnings=(*self._stage.warnings, *plan.warnings),
        )

    def direct(self, plan: StagedPlan[Any], written: Sequence[Planned]) -> Outcome:
        """What serves was changed without a new template."""
        changed = any(planned.changed for planned in written)
        return Outcome(
            changed=changed,
            rollouts=self._rollouts(plan, None, "complete", (), message="changed without a rollout"),
            differences=_differences(written),
            notes=notes(tuple(written)),
            warnings=(*self._stage.warnings, *plan.warnings),
        )

    def preview(self, plan: StagedPlan[Any], cluster: Cluster) -> Outcome:
        """What would be done."""
        writes = plan.writes
        if plan.claim is None:
            rollouts = self._rollouts(plan, None, "pending", (), message="would be changed without a rollout")
            told = notes(tuple(writes))
            return Outcome(changed=True, rollouts=rollouts, differences=_differences(writes), notes=told, warnings=plan.warnings)
        claim, scene = plan.claim, self._scene(plan.claim)
        steps = self._ahead(plan, claim)
        pending = [step.name for step in steps if step.state == "pending"]
        taken = pending
        if not claim.back:
            names, stop = [step.name for step in steps], self._request.stop_before
            before = names[: names.index(stop)] if stop in names else names
            if before != names and not plan.fresh and not set(pending) & set(before) and not any(write.changed for write in writes):
                return self.stopped(plan, claim, steps[: len(before)], stop, changed=False, written=())
            taken = [name for name in pending if name in before]
        found = self._method.preview(claim, scene, pending, taken)
        table = lines_of(found.rows) if found.rows else ()
        return Outcome(
            changed=True,
            rollouts=self._rollouts(plan, claim, "pending", steps, message=found.message, table=table),
            differences=_ahead(found.foreseen, _differences(writes), cluster),
            notes=notes(tuple(writes)),
            warnings=(*self._stage.warnings, *plan.warnings),
            table=table,
        )

    def complete(
        self, plan: StagedPlan[Any], claim: Claim, steps: Sequence[StepReport], *, changed: bool, written: Sequence[Planned]
    ) -> Outcome:
        """It came to its end."""
        return self._outcome(plan, claim, "complete", steps, changed=changed, written=written)

    def stopped(
        self, plan: StagedPlan[Any], claim: Claim, steps: Sequence[StepReport], before: str, *, changed: bool, written: Sequence[Planned]
    ) -> Outcome:
        """It waits before a step, as the request wants it."""
        steps = (*steps, *self._ahead(plan, claim)[len(steps) :])
        return self._outcome(plan, claim, "paused", steps, changed=changed, written=written, message=f"stopped before {before}")

    def _ahead(self, plan: StagedPlan[Any], claim: Claim) -> tuple[StepReport, ...]:
        """The steps as they are before they are taken: those that have nothing to do (any more) are `unchanged`."""
        if claim.back:
            return tuple(StepReport(step.name, "pending") for step in self._method.back(claim))
        scene = self._scene(claim)
        found: list[StepReport] = []
        due = False
        for step in self._method.forward(plan, claim):
            # What a step lacks is known once those before it are done.
            due = due or (not step.idle and (step.only_time or bool(step.lacking(scene))))
            found.append(StepReport(step.name, "pending" if due and not step.idle else "unchanged"))
        return tuple(found)

    def _scene(self, claim: Claim | None = None) -> Scene:
        self._stage.wait(0)
        return self._stage.scene(claim.moments if claim is not None else {})

    def failed(
        self, plan: StagedPlan[Any], claim: Claim, steps: Sequence[StepReport], why: str, *, changed: bool, written: Sequence[Planned]
    ) -> Outcome:
        """A step failed, and it stays as it is."""
        return self._outcome(plan, claim, "degraded", steps, changed=changed, written=written, error=why)

    def aborted(self, plan: StagedPlan[Any], claim: Claim, steps: Sequence[StepReport], why: str, *, written: Sequence[Planned]) -> Outcome:
        """It was given up, and everything is as it was before; a Service that somebody leads elsewhere meanwhile makes it a failure."""
        scene = self._scene(claim)
        found = self._method.stands(claim, scene)
        away, meddled = self._method.stays_away(claim, scene)
        went = f"Went back: {found}." if not away else f"Went back, but not all traffic is where it was before: {found}."
        error = f"{why} {went}" if why else ""
        if not why and meddled:
            error = (
                f"{went} Somebody has changed that meanwhile; look at who, and lead the traffic back by service_switch if it shall be so."
            )
        outcome = self._outcome(plan, claim, "aborted", steps, changed=True, written=written, error=error, message=found)
        warning = (f"The rollout is given up, but not all traffic is where it was before: {away}.",) if away else ()
        return replace(outcome, warnings=(*outcome.warnings, *warning))

    def _outcome(
        self,
        plan: StagedPlan[Any],
        claim: Claim,
        phase: RolloutPhase,
        steps: Sequence[StepReport],
        *,
        changed: bool,
        written: Sequence[Planned],
        error: str = "",
        message: str = "",
    ) -> Outcome:
        return Outcome(
            changed=changed,
            rollouts=self._rollouts(plan, claim, phase, tuple(steps), message=message, cause=error),
            differences=_differences(written),
            notes=tuple(dict.fromkeys(notes(tuple(written)))),
            warnings=(*self._stage.warnings, *plan.warnings),
            error=error,
        )

    def _stands(self, part: Part, claim: Claim | None, scene: Scene) -> str:
        return self._method.stands(claim, scene) if claim is not None else standing(part.live).message

    def _rollouts(
        self,
        plan: StagedPlan[Any],
        claim: Claim | None,
        phase: RolloutPhase,
        steps: tuple[StepReport, ...],
        *,
        message: str = "",
        cause: str = "",
        unchanged: str = "",
        table: tuple[str, ...] = (),
    ) -> tuple[Rollout, ...]:
        scene = self._scene(claim)
        return tuple(
            Rollout(
                ref=part.ref,
                phase=phase,
                strategy=self._method.name,
                snapshot=part.live,
                application=self._request.application,
                message=message or part.message or self._stands(part, claim, scene),
                stable=candidate_of(part.stable),
                candidate=candidate_of(part.candidate),
                steps=steps,
                cause=cause,
                unchanged=unchanged,
                coloured=part.coloured,
                weights=part.weights,
                routed=part.routed,
                plan=table,
                plan_hash=claim.plan_hash if claim is not None else "",
            )
            for part in self._method.parts(plan, claim, scene, aborted=phase == "aborted")
        )


def _ahead(changes: Iterable[Foreseen], planned: Sequence[Difference], cluster: Cluster) -> tuple[Difference, ...]:
    """What is planned, and upon it what the steps after that are going to change."""
    found = {difference.ref: difference for difference in planned}
    for change in changes:
        known = found.get(change.ref)
        before = known.before if known is not None else cluster.read(change.resource, change.ref.namespace, change.ref.name)
        if known is None and before is None:
            continue
        after = known.after if known is not None else before or {}
        wanted: JsonObject = replaced(after, change.path, change.value) if change.path else {}
        if known is not None or wanted != before:
            found[change.ref] = Difference(change.ref, before, wanted)
    return tuple(found.values())


def _differences(writes: Sequence[Planned]) -> tuple[Difference, ...]:
    """Before the first write to an object and after the last one."""
    first: dict[object, Planned] = {}
    last: dict[object, Planned] = {}
    for planned in writes:
        if planned.changed:
            first.setdefault(planned.ref, planned)
            last[planned.ref] = planned
    return tuple(Difference(planned.ref, planned.before or planned.former, last[ref].after) for ref, planned in first.items())
