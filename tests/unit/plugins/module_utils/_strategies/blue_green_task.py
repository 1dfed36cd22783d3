# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One task of blue/green against the small namespace: it takes the steps as the engine does, and gives way wherever the engine is not
alone with the cluster. Who throws it away there has killed the task."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, at, mapping
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.sides.claims import Side, SidesClaim
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.sides.colours import (
    coloured,
    fingerprint,
    mark_of,
    other,
    plain_manifest,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.sides.serving import obstacles, serving
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.steps.actions import (
    Action,
    Change,
    Remember,
    Removal,
    SceneStep,
    Turn,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.steps.step import Apply, Edit, Replace
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.scenes import Scene
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.services import Selector, ready_behind, unfit, unproven
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.switching import Intent, following
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies.blue_green import forward
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies.blue_green_back import BACK, back, gone
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies.blue_green_steps import FORWARD

from tests.unit.plugins.module_utils._domain.world import NAMESPACE, World, deployment

Manifests = dict[str, JsonObject]
Way = Generator[None, None, bool]


def begin(
    world: World,
    image: str = "web:2",
    *,
    workloads: Sequence[str] = ("web",),
    replicas: int | None = None,
    leaves: bool = False,
    **options: Any,
) -> Manifests:
    """Store the claim of a rollout, as the planner makes it; the candidates' manifests. `options` are more of the claim."""
    scene = world.scene()
    services = {name: name.partition("-")[0] for name in sorted(world.live)}
    previews = {name: name.partition("-")[0] for name in sorted(world.services.keys() - world.live)}
    written = {name: deployment(name, image, **({} if replicas is None else {"replicas": replicas})) for name in workloads}
    stable = {name: serving(name, [service for service, its in services.items() if its == name], scene) for name in written}
    templates = {name: mapping(manifest, "spec", "template") for name, manifest in written.items()}
    assert not [sentence for sentence in obstacles(scene, stable, templates, services, previews) if sentence]
    sides = []
    for name in written:
        live = scene.workload(stable[name])
        candidate = name if leaves else other(name, stable[name], scene.deployments)
        side = Side(
            workload=name,
            stable=stable[name],
            candidate=candidate,
            wanted=fingerprint(templates[name]),
            base=fingerprint(live.template) if live is not None else "",
            mark=mark_of(scene.snapshot(stable[name])),
            replicas=replicas,
            created=candidate not in scene.deployments,
        )
        sides.append(side)
    originals = {name: world.services[name] for name in (*services, *previews)}
    claim = SidesClaim("one", tuple(sides), services, previews, originals, leaves=leaves, **options)
    world.keep(claim)
    world.first = not any(stable.values())
    world.trace.append(f"BEGIN {claim}")
    return bodies_of(claim, written)


def bodies_of(claim: SidesClaim, written: Mapping[str, JsonObject]) -> Manifests:
    """What is applied of what was written."""
    return {
        side.workload: plain_manifest(written[side.workload]) if claim.leaves else coloured(written[side.workload], side.candidate)
        for side in claim.sides
    }


def finish(world: World, manifests: Manifests, *, before: str = "") -> None:
    """Go on, with everything as it should be, up to a step or to the end."""
    done = len(world.trace)
    for _moment in task(world, manifests):
        if before and (before == FORWARD[0] or f"done {FORWARD[FORWARD.index(before) - 1]}" in world.trace[done:]):
            return
        world.clock += 20
        world.settle()
        world.check()


class Failed(Exception):
    """A step cannot be done."""


def task(world: World, manifests: Manifests) -> Way:
    """Go forward, or back where that was begun; whether it came to the end."""
    if world.claim.back:
        return (yield from _go_back(world))
    current = ""
    try:
        for index, name in enumerate(FORWARD):
            current = name
            yield from _take(world, lambda index=index: forward(world.claim, NAMESPACE, manifests)[index])  # type: ignore[misc]
    except Failed as failure:
        world.trace.append(f"FAILED {current}: {failure}")
        if (
            forward(world.claim, NAMESPACE, manifests)[FORWARD.index(current)].no_return
            or world.first
            or gone(world.claim, NAMESPACE, world.scene())
        ):
            return False
        world.keep(world.claim.given_up(str(failure)))
        return (yield from _go_back(world))
    return True


def _go_back(world: World) -> Way:
    try:
        for index in range(len(BACK)):
            yield from _take(world, lambda index=index: back(world.claim, NAMESPACE)[index])  # type: ignore[misc]
    except Failed as failure:
        world.trace.append(f"FAILED to go back: {failure}")
        return False
    return True


def _take(world: World, current: Callable[[], SceneStep]) -> Generator[None, None, None]:
    if current().idle:
        world.trace.append(f"done {current().name}")
        return
    while True:
        step, scene = current(), world.scene()
        lacking = step.lacking(scene)
        if not lacking:
            world.trace.append(f"done {step.name}")
            return
        acted = False
        for action in step.due(scene):
            yield
            world.trace.append(f"{step.name}: {action.news}")
            acted |= yield from _execute(world, action)
            world.check()
        if not acted:
            world.trace.append(f"{step.name} waits: {lacking}")
            _watch(step, world.scene())
        yield


def _execute(world: World, action: Action) -> Way:
    match action:
        case Change():
            _write(world, action)
        case Removal():
            world.remove(action.ref.name, action.uid)
        case Remember():
            world.moved = world.clock
            world.keep(replace(world.claim, switched="2026-11-21T10:00:00Z"))
        case Turn():
            return (yield from _turn(world, action))
    return True


def _write(world: World, action: Change) -> None:
    name = action.ref.name
    match action.write:
        case Apply(manifest):
            world.apply(manifest)
        case Edit(edit):
            world.edit(name, edit)
        case Replace(path, expected, value) if path == ("spec", "selector"):
            assert world.budgets[name] == expected
            assert isinstance(value, dict)
            world.budgets[name] = value
        case Replace(path, expected, value):
            assert path == ("spec", "scaleTargetRef")
            assert at(expected, "name") == world.scalers[name]
            world.scalers[name] = str(at(value, "name"))


def _watch(step: SceneStep, scene: Scene) -> None:
    sentence = step.impossible(scene)
    if sentence:
        raise Failed(sentence)


def _turn(world: World, turn: Turn) -> Way:
    """`switch_within` of the engine."""
    before = {name: world.services[name] for name in turn.wanted}
    intent = following(world.intent, {name: world.service(name) for name in before}, turn.wanted)

    def problem(name: str) -> str:
        least = turn.minimums.get(name, 1)
        return unfit(world.service(name), turn.wanted[name], world.backends(), minimum=least, partial=turn.partial)

    problems = [problem(name) for name in sorted(turn.wanted)]
    if any(problems):
        if not _reached(world, turn, intent):
            world.intent = Intent()
            world.trace.append(f"refused: {problems}")
            return False
        world.intent = intent
        _turn_back(world, turn)
    world.intent = intent
    for name in sorted(turn.wanted):
        yield
        if problem(name):
            _turn_back(world, turn)
        world.point(name, turn.wanted[name])
        world.check()
    while any(_lacks(world, turn, name) for name in turn.wanted):
        yield
        if any(ready_behind(selector, world.backends()) < turn.minimums.get(name, 1) for name, selector in turn.wanted.items()):
            _turn_back(world, turn)
    world.intent = Intent()
    return before != dict(turn.wanted)


def _lacks(world: World, turn: Turn, name: str) -> str:
    found = world.endpoints.get(name, ())
    least = turn.minimums.get(name, 1)
    return unproven(world.service(name), turn.wanted[name], world.backends(), found, minimum=least, partial=turn.partial)


def _reached(world: World, turn: Turn, intent: Intent) -> dict[str, Selector]:
    return {
        name: intent.before[name]
        for name, selector in turn.wanted.items()
        if intent.before[name] != selector and world.services[name] == selector
    }


def _turn_back(world: World, turn: Turn) -> None:
    """What the switch has reached goes back to where it came from, unless that is empty by now; then the switch has failed."""
    reached = _reached(world, turn, world.intent)
    kept = {name for name, former in reached.items() if not ready_behind(former, world.backends())}
    for name in reached.keys() - kept:
        world.services[name] = reached[name]
        world.trace.append(f"turned back {name}")
        world.check()
    if not kept:
        world.intent = Intent()
    raise Failed("the switch was turned back")
