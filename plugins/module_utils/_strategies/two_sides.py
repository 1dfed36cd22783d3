# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the steps forward and back share: the names and selectors of both sides, the writes, and what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias, TypeVar

from .._domain.base.objects import JsonObject, Ref, replaced, texts, without
from .._domain.base.resources import BUDGET, DEPLOYMENT, HPA
from .._domain.sides.claims import Side, SidesClaim
from .._domain.sides.colours import base_of, colour_of, deployments_of, fingerprint, is_coloured, is_pinned, mark_of
from .._domain.steps.actions import STILL, Action, Change, SceneStep, Turn
from .._domain.steps.edits import Paused, Replicas
from .._domain.steps.step import Edit, Replace
from .._domain.traffic.scenes import DRAIN_SECONDS, Autoscaler, Budget, Scene
from .._domain.traffic.services import Selector, picks, spelled, unproven
from .._domain.workloads.completion import standing
from .._domain.workloads.workload import COLOUR, Workload

T = TypeVar("T")
Due: TypeAlias = Callable[[Scene], tuple[Action, ...]]
Lacking: TypeAlias = Callable[[Scene], str]


class Rollout:
    """What all steps ask: the claim, with the names and selectors that follow from it."""

    def __init__(self, claim: SidesClaim, namespace: str, manifests: Mapping[str, JsonObject], former: Rollout | None = None) -> None:
        """`former`: the same rollout as it was remembered, where what serves has changed since."""
        self.claim = claim
        self.former = former
        self.namespace = namespace
        self.manifests = manifests
        self.sides = {side.workload: side for side in claim.sides}
        self.moving = tuple(side for side in claim.sides if side.candidate != side.stable)

    def ref(self, deployment: str) -> Ref:
        return Ref(DEPLOYMENT.kind, self.namespace, deployment)

    # --- selectors ------------------------------------------------------------------------------------------------------------

    def base(self, service: str) -> dict[str, str]:
        """The selector of a Service without a mark; a preview Service has that of a Service of its workload."""
        workload = self.claim.previews.get(service)
        main = service if workload is None else next(name for name, its in self.claim.services.items() if its == workload)
        return base_of(self.claim.originals.get(main, {}))

    def bases(self) -> dict[str, Selector]:
        """The selectors of all Services without blue/green."""
        return {name: self.base(name) for name in (*self.claim.services, *self.claim.previews)}

    def to_candidates(self, scene: Scene, services: Mapping[str, str]) -> dict[str, Selector]:
        """The selectors that lead to the candidates; a Service whose candidate's mark is not known yet is left out, and so is a preview
        Service that somebody has deleted."""
        found: dict[str, Selector] = {}
        for service, workload in self.there(scene, services).items():
            mark = mark_of(scene.snapshot(self.sides[workload].candidate))
            if mark:
                found[service] = {**self.base(service), **mark}
        return found

    def there(self, scene: Scene, services: Mapping[str, T]) -> dict[str, T]:
        """These Services without the preview Services that somebody has deleted: nobody is served by those."""
        return {name: found for name, found in services.items() if name in scene.services or name not in self.claim.previews}

    def known(self, scene: Scene, service: str) -> tuple[Selector, ...]:
        """The selectors that a Service may have in this rollout; any other was set by somebody else."""
        both = {**self.claim.services, **self.claim.previews}
        side = self.sides[both[service]]
        found = [self.claim.originals.get(service, {}), self.base(service), *self.to_candidates(scene, {service: both[service]}).values()]
        if side.candidate != side.workload:
            # Also where somebody has deleted the Deployment that has this colour.
            found.append({**self.base(service), COLOUR: colour_of(side.workload, side.candidate)})
        found.extend(its for name, its in {**self.to_stable(), **self.previews_to_stable()}.items() if name == service)
        return (*found, *(self.former.known(scene, service) if self.former is not None else ()))

    def to_stable(self) -> dict[str, Selector]:
        """The selectors of the Services that lead to what serves."""
        services = self.claim.services.items()
        return {name: {**self.base(name), **self.sides[workload].mark} for name, workload in services if self.sides[workload].mark}

    def previews_to_stable(self) -> dict[str, Selector]:
        """Those of the preview Services: to what serves as well where they would pick the candidate's pods by their own labels, else as
        they were."""
        found: dict[str, Selector] = {}
        for name, workload in self.claim.previews.items():
            original, base, mark = self.claim.originals.get(name, {}), self.base(name), self.sides[workload].mark
            found[name] = {**base, **mark} if mark and picks(base_of(original), base) else original
        return found

    def first(self) -> bool:
        """Nothing served before."""
        return not any(side.stable for side in self.claim.sides)

    # --- counts ---------------------------------------------------------------------------------------------------------------

    def autoscaled(self, scene: Scene, side: Side) -> bool:
        return any(scene.scales(name) is not None for name in {side.stable, side.candidate} - {""})

    def size(self, scene: Scene, side: Side) -> int:
        """How many replicas the candidate needs: as many as serve now, whatever made them that many (R12), and at least what the
        definition asks for where no autoscaler decides."""
        asked = 0 if self.autoscaled(scene, side) and side.stable else (side.replicas or 0)
        return max(scene.desired(side.stable), asked) if side.stable else (asked or 1)

    def first_size(self, scene: Scene, side: Side) -> int:
        size = self.size(scene, side)
        wanted = self.claim.preview_replicas
        return size if wanted is None else min(wanted, size)


def scale(rollout: Rollout, scene: Scene, deployment: str, count: int) -> Change:
    now = scene.desired(deployment)
    return Change(
        DEPLOYMENT,
        rollout.ref(deployment),
        Edit(Replicas(count), single=True),
        f"scale {deployment} from {now} to {count}",
    )


def pause(rollout: Rollout, deployment: str, *, paused: bool) -> Change:
    verb = "pause" if paused else "resume"
    return Change(DEPLOYMENT, rollout.ref(deployment), Edit(Paused(paused), single=True), f"{verb} {deployment}")


def holds(rollout: Rollout, scene: Scene, pairs: Iterable[tuple[str, Selector]]) -> tuple[Change, ...]:
    """Pause the Deployments whose present template a Service is about to name: it must not change under the Service."""
    found = ((name, scene.workload(name)) for name, mark in pairs if is_pinned(mark))
    return tuple(pause(rollout, name, paused=True) for name, workload in found if workload is not None and not workload.paused)


def regrown(rollout: Rollout, scene: Scene) -> tuple[Change, ...]:
    """Give what served before as many replicas as what gets the traffic now."""
    return tuple(
        scale(rollout, scene, side.stable, scene.desired(side.candidate))
        for side in rollout.moving
        if scene.workload(side.stable) is not None and scene.desired(side.stable) < scene.desired(side.candidate)
    )


def as_many(scene: Scene, services: Iterable[str]) -> dict[str, int]:
    """What these Services must get when they are pointed elsewhere: as many ready pods as they have now."""
    return {name: max(1, scene.ready(scene.services[name].selector)) for name in services if name in scene.services}


def budget_turns(scene: Scene, pairs: Iterable[tuple[Side, Selector]]) -> Iterator[Change]:
    """The budgets that count pods of a workload, so that they count those with the mark alone.

    A budget that counted both sides would let all pods that serve be evicted one after another while the idle ones are healthy.
    """
    for side, mark in pairs:
        for budget in budgets_of(scene, side):
            wanted = narrowed(budget, mark)
            if wanted != budget.selector:
                news = f"budget {budget.ref.name} counts {spelled(texts(wanted, 'matchLabels'))}"
                yield Change(BUDGET, budget.ref, Replace(("spec", "selector"), budget.selector, wanted), news)


def narrowed(budget: Budget, mark: Selector) -> JsonObject:
    """A budget's selector so that it counts pods with the mark alone; without a mark those of both sides."""
    labels = {**base_of(budget.labels), **mark}
    return replaced(budget.selector, ("matchLabels",), labels) if labels else without(budget.selector, "matchLabels")


def budgets_of(scene: Scene, side: Side) -> tuple[Budget, ...]:
    """Those that count pods of this workload, whichever side, and of nothing else."""
    labels: list[Selector] = []
    for name in (side.stable, side.candidate):
        workload = scene.workload(name)
        if workload is not None:
            labels.append(texts(workload.template, "metadata", "labels"))
    mine = {f"Deployment {name}" for name in deployments_of(side.workload)}
    found = []
    for budget in scene.budgets:
        wide = replace(budget, selector=narrowed(budget, {}))
        strangers = any(wide.counts(pod.labels) and pod.application not in mine for pod in scene.backends if not pod.ended)
        if not strangers and any(wide.counts(entry) for entry in labels):
            found.append(budget)
    return tuple(found)


def autoscaler_turn(scene: Scene, source: str, target: str) -> tuple[Change, ...]:
    found = autoscaler_target(scene, source, target)
    if found is None:
        return ()
    scaler, wanted = found
    return (
        Change(
            HPA, scaler.ref, Replace(("spec", "scaleTargetRef"), scaler.target, wanted), f"autoscaler {scaler.ref.name} scales {target}"
        ),
    )


def autoscaler_target(scene: Scene, source: str, target: str) -> tuple[Autoscaler, JsonObject] | None:
    """The autoscaler of one Deployment, and what it scales when it goes over to the other; None where there is none."""
    found = scene.scales(source) if source and source != target else None
    return (found, replaced(found.target, ("name",), target)) if found is not None else None


def adopted_now(rollout: Rollout) -> bool:
    """This very rollout has pinned Services that selected by their own labels alone."""
    return all(rollout.claim.originals.get(name) == rollout.base(name) for name in rollout.claim.services)


def turns(
    rollout: Rollout, scene: Scene, wanted: Mapping[str, Selector], news: str, *, minimum: Mapping[str, int], partial: bool
) -> tuple[Turn, ...]:
    """One turn of all these Services, if one of them is not there yet."""
    wanted = rollout.there(scene, wanted)
    if not wanted or not off(scene, wanted):
        return ()
    goals = ", ".join(f"{name} to {spelled(selector)}" for name, selector in sorted(wanted.items()))
    expected = {name: rollout.known(scene, name) for name in wanted}
    return (Turn(wanted, f"{news} {goals}", expected, minimum, partial),)


def off(scene: Scene, wanted: Mapping[str, Selector]) -> tuple[str, ...]:
    """The Services that have another selector."""
    return tuple(name for name, selector in sorted(wanted.items()) if name in scene.services and scene.services[name].selector != selector)


def needs_template(rollout: Rollout, scene: Scene, side: Side) -> bool:
    """The candidate has not the wanted template, or cannot be told from what serves."""
    workload = scene.workload(side.candidate)
    if workload is None or fingerprint(workload.template) != side.wanted:
        return True
    return not is_coloured(workload.template) and not rollout.claim.leaves and workload.desired == 0


def unready(rollout: Rollout, scene: Scene, side: Side, count: int) -> str:
    """Why the candidate cannot serve with `count` pods yet."""
    snapshot, workload = scene.snapshot(side.candidate), scene.workload(side.candidate)
    ref = rollout.ref(side.candidate)
    if workload is None:
        return f"{ref} does not exist yet"
    if needs_template(rollout, scene, side):
        return f"{ref} has not the new template yet"
    state = standing(snapshot)
    if not state.done:
        return f"{ref}: {state.message}"
    mark = mark_of(snapshot)
    ready = scene.ready({**texts(workload.template, "metadata", "labels"), **mark}) if mark else 0
    if ready < count:
        return f"{ref}: {ready} of {count} pods are ready"
    waiting = sum(1 for pod in snapshot.pods if not pod.ready and not pod.terminating)
    return f"{ref}: {waiting} pods are not ready" if waiting else ""


def not_proven(scene: Scene, wanted: Mapping[str, Selector], *, partial: bool = False) -> str:
    for name, selector in sorted(wanted.items()):
        service = scene.services.get(name)
        if service is None:
            return f"Service {name} does not exist any more"
        lack = unproven(service, selector, scene.backends, scene.endpoints.get(name, ()), minimum=1, partial=partial)
        if lack:
            return f"{service.ref}: {lack}"
    return ""


def led_away(scene: Scene, wanted: Mapping[str, Selector]) -> tuple[str, ...]:
    """The Services that do not lead where they were led, or are gone: somebody has changed or deleted them."""
    return tuple(name for name, selector in sorted(wanted.items()) if name not in scene.services or off(scene, {name: selector}))


def news_of(actions: Iterable[Action]) -> str:
    return next((f"{STILL}{action.news}" for action in actions), "")


def step(name: str, due: Due, lacking: Lacking, **more: Any) -> SceneStep:
    """Return a step that is done when nothing is to be written any more and what was written has come about. `more`: as of SceneStep."""
    return SceneStep(name, lambda scene: news_of(due(scene)) or lacking(scene), due, **more)


def draining(scene: Scene) -> float:
    """How many seconds the pods that a Service led to just before must stay; 0 where they may go (R1)."""
    return max(0.0, DRAIN_SECONDS - scene.since_turn)


def first_of(found: Iterable[str]) -> str:
    return next((entry for entry in found if entry), "")


def has_moved(rollout: Rollout, scene: Scene) -> bool:
    """The traffic is at the candidates already, or on its way: then nothing is pinned to what served."""
    to_candidates = rollout.to_candidates(scene, rollout.claim.services)
    return any(scene.services[name].selector == wanted for name, wanted in to_candidates.items() if name in scene.services)


def is_paused(workload: Workload | None) -> bool:
    return workload is not None and workload.paused


def led_to(scene: Scene, old: Workload) -> tuple[str, ...]:
    """The Services that pick pods of a Deployment by their labels."""
    labels = texts(old.template, "metadata", "labels")
    pods = [pod for pod in scene.pods_of(old.ref.name) if not pod.going]
    return tuple(
        name
        for name, service in sorted(scene.services.items())
        if picks(service.selector, labels) or any(picks(service.selector, pod.labels) for pod in pods)
    )


def not_gone(scene: Scene, deployment: str) -> str:
    """The old side has no replicas left; pods on their way out do not matter, as nothing leads to them."""
    old = scene.workload(deployment)
    if old is None:
        return ""
    still = led_to(scene, old)
    if old.desired and still:
        return f"{old.ref} is kept, as Service {', '.join(still)} still leads to it"
    waiting = sum(1 for pod in scene.pods_of(deployment) if not pod.going)
    return f"{old.ref}: {waiting} old pods are still there" if old.desired or waiting else ""


def colours_left(rollout: Rollout, scene: Scene) -> str:
    for side in rollout.claim.sides:
        for name in deployments_of(side.workload)[1:]:
            pods = scene.pods_of(name)
            if scene.workload(name) is not None or pods:
                return f"{rollout.ref(name)}: its end is waited for ({len(pods)} pods)"
    return ""


def widen(rollout: Rollout, scene: Scene, selectors: Mapping[str, Selector], deployments: Iterable[str]) -> tuple[Action, ...]:
    """Services and budgets as without blue/green; only then is what was paused for it resumed."""
    widening = turns(rollout, scene, selectors, "widen", minimum=dict.fromkeys(rollout.claim.previews, 0), partial=True)
    if widening:
        return widening
    budgets = tuple(budget_turns(scene, ((side, {}) for side in rollout.claim.sides)))
    resumes = tuple(pause(rollout, name, paused=False) for name in deployments if is_paused(scene.workload(name)))
    return (*budgets, *resumes)
