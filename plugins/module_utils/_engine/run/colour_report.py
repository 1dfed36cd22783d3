# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rollout by blue/green leaves behind for the user: one report for each workload, whatever has happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..._domain.claims import Claim
from ..._domain.completion import standing
from ..._domain.objects import JsonObject, replaced
from ..._domain.ports import Cluster
from ..._domain.request import ColourRequest
from ..._domain.revisions import candidate_of
from ..._domain.sides import leading, leads_only_to
from ..._domain.tables import lines_of
from ..._strategies.blue_green import FORWARD, forward
from ..._strategies.blue_green_back import BACK
from ..._strategies.blue_green_foreseen import Foreseen, foreseen
from ..._strategies.blue_green_plan import extra_pods, rows
from ..observe.scene import Stage
from ..plan.plan import notes
from ..plan.sides import ColourPlan
from ..tell.outcome import Coloured, Difference, Outcome, Rollout, RolloutPhase, StepReport
from ..write.writer import Planned


class ColourReport:
    """Makes outcomes for one request from what the stage shows at that moment."""

    def __init__(self, request: ColourRequest, stage: Stage) -> None:
        self._request = request
        self._stage = stage

    def unchanged(self, plan: ColourPlan) -> Outcome:
        """There is nothing to do."""
        return Outcome(
            changed=False,
            rollouts=self._rollouts(plan, None, "complete", (), unchanged=plan.unchanged),
            warnings=(*self._stage.warnings, *plan.warnings),
        )

    def direct(self, plan: ColourPlan, written: Sequence[Planned]) -> Outcome:
        """What serves was changed without a new template."""
        changed = any(planned.changed for planned in written)
        return Outcome(
            changed=changed,
            rollouts=self._rollouts(plan, None, "complete", (), message="changed without a rollout"),
            differences=_differences(written),
            notes=notes(tuple(written)),
            warnings=(*self._stage.warnings, *plan.warnings),
        )

    def preview(self, plan: ColourPlan, cluster: Cluster) -> Outcome:
        """What would be done."""
        writes = (*plan.companions, *plan.direct, *plan.candidates)
        if plan.claim is None:
            rollouts = self._rollouts(plan, None, "pending", (), message="would be changed without a rollout")
            told = notes(tuple(writes))
            return Outcome(changed=True, rollouts=rollouts, differences=_differences(writes), notes=told, warnings=plan.warnings)
        claim, scene = plan.claim, self._stage.scene(plan.claim.switched)
        steps = tuple(StepReport(name, "pending") for name in BACK) if claim.back else self._ahead(plan, claim)
        table: tuple[str, ...] = ()
        message = "would be given up, back to what served before"
        if not claim.back:
            pending = {step.name for step in steps if step.state == "pending"}
            before = self._request.stop_before
            if before and not plan.fresh and not pending & set(FORWARD[: FORWARD.index(before)]) and not any(w.changed for w in writes):
                return self.stopped(plan, claim, steps[: FORWARD.index(before)], before, changed=False, written=())
            extra = extra_pods(claim, self._request.namespace, scene)
            table = lines_of(row for row in rows(claim, self._request.namespace, scene) if row.step in pending)
            message = f"would be rolled out by blue/green, at the cost of {extra} more pods until the old ones are gone"
        rollouts = self._rollouts(plan, claim, "pending", steps, message=message, table=table)
        coming = [step.name for step in steps if step.state == "pending"]
        stop = self._request.stop_before
        taken = [name for name in coming if not stop or name in BACK or FORWARD.index(name) < FORWARD.index(stop)]
        return Outcome(
            changed=True,
            rollouts=rollouts,
            differences=_ahead(foreseen(claim, self._request.namespace, scene, taken), _differences(writes), cluster),
            notes=notes(tuple(writes)),
            warnings=(*self._stage.warnings, *plan.warnings),
            table=table,
        )

    def complete(
        self, plan: ColourPlan, claim: Claim, steps: Sequence[StepReport], *, changed: bool, written: Sequence[Planned]
    ) -> Outcome:
        """It came to its end."""
        return self._outcome(plan, claim, "complete", steps, changed=changed, written=written)

    def stopped(
        self, plan: ColourPlan, claim: Claim, steps: Sequence[StepReport], before: str, *, changed: bool, written: Sequence[Planned]
    ) -> Outcome:
        """It waits before a step, as the request wants it."""
        rest = self._ahead(plan, claim)[FORWARD.index(before) :]
        message = f"stopped before {before}"
        return self._outcome(plan, claim, "paused", (*steps, *rest), changed=changed, written=written, message=message)

    def _ahead(self, plan: ColourPlan, claim: Claim) -> tuple[StepReport, ...]:
        """The steps as they are before they are taken: those that have nothing to do (any more) are `unchanged`."""
        self._stage.wait(0)
        scene = self._stage.scene(claim.switched)
        found: list[StepReport] = []
        due = False
        for step in forward(claim, self._request.namespace, plan.manifests):
            # What a step lacks is known once those before it are done.
            due = due or (not step.idle and (step.only_time or bool(step.lacking(scene))))
            found.append(StepReport(step.name, "pending" if due and not step.idle else "unchanged"))
        return tuple(found)

    def failed(
        self, plan: ColourPlan, claim: Claim, steps: Sequence[StepReport], why: str, *, changed: bool, written: Sequence[Planned]
    ) -> Outcome:
        """A step failed, and it stays as it is."""
        return self._outcome(plan, claim, "degraded", steps, changed=changed, written=written, error=why)

    def aborted(self, plan: ColourPlan, claim: Claim, steps: Sequence[StepReport], why: str, *, written: Sequence[Planned]) -> Outcome:
        """It was given up, and everything is as it was before; a Service that somebody leads elsewhere meanwhile makes it a failure."""
        self._stage.wait(0)
        scene = self._stage.scene()
        stable = {side.workload: side.stable for side in claim.sides}
        others = [name for name, workload in sorted(claim.services.items()) if not leads_only_to(scene, name, stable[workload])]
        found = self._leads(claim)
        went = f"Went back: {found}." if not others else f"Went back, but not all traffic is where it was before: {found}."
        error = f"{why} {went}" if why else ""
        if not why and any(name in scene.services for name in others):
            error = (
                f"{went} Somebody has changed that meanwhile; look at who, and lead the traffic back by service_switch if it shall be so."
            )
        outcome = self._outcome(plan, claim, "aborted", steps, changed=True, written=written, error=error, message=found)
        warning = (f"The rollout is given up, but not all traffic is where it was before: {leading(scene, others)}.",) if others else ()
        return replace(outcome, warnings=(*outcome.warnings, *warning))

    def _outcome(
        self,
        plan: ColourPlan,
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

    def _rollouts(
        self,
        plan: ColourPlan,
        claim: Claim | None,
        phase: RolloutPhase,
        steps: tuple[StepReport, ...],
        *,
        message: str = "",
        cause: str = "",
        unchanged: str = "",
        table: tuple[str, ...] = (),
    ) -> tuple[Rollout, ...]:
        self._stage.wait(0)
        scene = self._stage.scene()
        sides = {side.workload: (side.stable, side.candidate) for side in claim.sides} if claim is not None else {}
        found = []
        for workload, deployment in (sides or {name: ("", its) for name, its in plan.serving.items()}).items():
            stable, candidate = deployment
            live = stable if phase == "aborted" or (claim is not None and claim.back) else candidate
            snapshot = scene.snapshot(live)
            services = {
                name: scene.services[name].selector
                for name, its in (claim.services if claim is not None else {}).items()
                if its == workload and name in scene.services
            }
            found.append(
                Rollout(
                    ref=snapshot.workload.ref if snapshot.workload is not None else self._stage.ref(live or workload),
                    phase=phase,
                    strategy="blue_green",
                    snapshot=snapshot,
                    message=message or (self._leads(claim) if claim is not None else standing(snapshot).message),
                    stable=candidate_of(scene.snapshot(stable)) if stable else None,
                    candidate=candidate_of(scene.snapshot(candidate)),
                    steps=steps,
                    cause=cause,
                    unchanged=unchanged,
                    coloured=Coloured(
                        workload=workload,
                        stable=stable if claim is not None else live,
                        candidate=candidate,
                        selectors=services,
                        replicas={name: scene.desired(name) for name in dict.fromkeys((stable, candidate)) if name in scene.deployments},
                        plan=table,
                        plan_hash=claim.plan_hash if claim is not None else "",
                    ),
                )
            )
        return tuple(found)

    def _leads(self, claim: Claim) -> str:
        """Where the traffic goes, in words: as the cluster shows it."""
        order = [side.workload for side in claim.sides]
        return leading(self._stage.scene(), sorted(claim.services, key=lambda name: (order.index(claim.services[name]), name)))


def _ahead(changes: Sequence[Foreseen], planned: Sequence[Difference], cluster: Cluster) -> tuple[Difference, ...]:
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
