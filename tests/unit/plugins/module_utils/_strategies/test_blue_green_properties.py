# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Blue/green under any interleaving: pods, endpoints and autoscalers as they like, tasks that are killed, given up or superseded.

One example is a chain of rollouts of one application; the small namespace checks after every event and every action what must hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, mapping
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.sides.claims import Side, SidesClaim
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.sides.colours import base_of, deployments_of, fingerprint
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import TEMPLATE_HASH
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies.blue_green import forward
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies.blue_green_back import back, gone
from hypothesis import given, note, settings
from hypothesis import strategies as st

from tests.unit.plugins.module_utils._domain.world import NAMESPACE, World, deployment, image_of

from .blue_green_task import begin, bodies_of, task

ROUNDS = 400


@dataclass(frozen=True)
class Plan:
    """One rollout of the chain."""

    image: str
    replicas: int | None
    preview_replicas: int | None
    keep_old: bool
    leaves: bool
    supersede: int | None
    """The moment at which another version takes its place."""
    abort: int | None
    """The moment at which it is given up."""


@dataclass(frozen=True)
class Application:
    """How it begins."""

    workloads: tuple[str, ...]
    adopted: bool
    previews: bool
    scaler: bool
    budget: JsonObject | None
    size: int
    second_service: bool


BUDGETS = ({"matchLabels": {"app": "web"}}, {"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]}, None)
IMAGES = ("web:1", "web:2", "web:3")
APPLICATIONS = st.builds(
    Application,
    workloads=st.sampled_from([("web",), ("web", "api")]),
    adopted=st.booleans(),
    previews=st.booleans(),
    scaler=st.booleans(),
    budget=st.sampled_from(BUDGETS),
    size=st.integers(1, 3),
    second_service=st.booleans(),
)
PLANS = st.builds(
    Plan,
    image=st.sampled_from(IMAGES),
    replicas=st.none() | st.integers(1, 3),
    preview_replicas=st.none() | st.integers(1, 2),
    keep_old=st.booleans(),
    leaves=st.sampled_from([False, False, False, True]),
    supersede=st.none() | st.none() | st.integers(0, 60),
    abort=st.none() | st.integers(0, 60),
)
EVENTS = st.lists(st.integers(0, 2**12), max_size=60) | st.lists(st.integers(0, 2**12), min_size=100, max_size=300)


class Chain:
    """An application on its way through a chain of rollouts."""

    def __init__(self, application: Application, events: Sequence[int]) -> None:
        self.application = application
        self.events = iter(events)
        self.world = world = World()
        for workload in application.workloads:
            names = [workload, *([f"{workload}-second"] if application.second_service else [])]
            world.services |= {name: {"app": workload} for name in names}
            world.live |= set(names)
            if application.adopted:
                world.apply(deployment(workload, "web:0", replicas=application.size))
            if application.scaler and application.adopted:
                world.scalers[workload] = workload
        if application.previews:
            world.services["web-preview"] = {"app": "web"}
        if application.budget is not None:
            world.budgets["web"] = application.budget
        world.settle()

    # --- what happens ---------------------------------------------------------------------------------------------------------

    def roll(self, plan: Plan) -> None:
        """One rollout to its end, whatever comes between."""
        world = self.world
        bodies = begin(
            world,
            plan.image,
            workloads=self.application.workloads,
            replicas=plan.replicas,
            leaves=plan.leaves,
            preview_replicas=plan.preview_replicas,
            keep_old=plan.keep_old,
        )
        if self.refused(plan, world.claim):
            return
        paused = {name for name in world.deployments if world.paused(name)}
        for moment, way in enumerate(self.rounds(bodies)):
            if way == "ended":
                break
            self.interfere(moment, plan, bodies)
            assert moment < ROUNDS, f"it does not end: {world.trace[-3:]}"
        self.check_end(world.claim, paused)
        world.first = False

    def refused(self, plan: Plan, claim: SidesClaim) -> bool:
        """The planner begins no such rollout."""
        there = {side.workload: self.world.deployments.get(side.stable, {}) for side in claim.sides}
        same = {side.workload: fingerprint(mapping(there[side.workload], "spec", "template")) == side.wanted for side in claim.sides}
        if plan.leaves and not all(side.stable for side in claim.sides):
            return True  # Nothing is there that could leave.
        if plan.leaves:
            return any(not side.stable or (side.stable == side.candidate and not same[side.workload]) for side in claim.sides)
        return all(same.values())

    def rounds(self, bodies: dict[str, JsonObject]) -> Iterator[str]:
        """Tasks, one after another, until one comes to the end; it gives way at each moment."""
        world = self.world
        while True:
            way = task(world, bodies)
            while True:
                try:
                    next(way)
                except StopIteration as end:
                    (ended,) = end.args or (False,)
                    if ended:
                        yield "ended"
                        return
                    world.trace.append("a task has failed")
                    self.event()
                    yield ""
                    break
                stored = world.stored
                killed = self.event()
                yield ""
                if killed or world.stored != stored:
                    world.trace.append("a task was killed")
                    break

    def interfere(self, moment: int, plan: Plan, bodies: dict[str, JsonObject]) -> None:
        """A rollout is superseded by another version, or given up."""
        world = self.world
        claim = world.claim
        if moment == plan.supersede and not claim.switched and not claim.back:
            bodies |= bodies_of(claim, {side.workload: deployment(side.workload, "web:superseding") for side in claim.sides})
            sides = tuple(replace(side, wanted=fingerprint(mapping(bodies[side.workload], "spec", "template"))) for side in claim.sides)
            world.keep(replace(claim, identity="two", sides=sides))
            world.trace.append("SUPERSEDED")
        if moment == plan.abort and not world.first and not world.claim.back and not gone(world.claim, NAMESPACE, world.scene()):
            world.keep(world.claim.given_up("aborted on request"))
            world.trace.append("ABORTED")

    def event(self) -> bool:
        """The next thing that happens; whether it kills the task. In the end everything comes to rest."""
        world = self.world
        drawn = next(self.events, None)
        if drawn is None:
            world.clock += 20
            world.settle()
            world.check()
            return False
        kind, which = drawn % 16, drawn // 16
        if kind < 11:
            possible = list(world.natural())
            possible[which % len(possible)]()
        elif kind == 11 and world.pods:
            pod = world.pods[which % len(world.pods)]
            world.change(pod, ready=False)
        elif kind == 12 and world.scalers:
            world.autoscale(sorted(world.scalers)[which % len(world.scalers)], 1 + which % 4)
        elif kind == 13:
            world.clock += which % 40
        world.trace.append(f"event {kind} {which}")
        world.check()
        return kind == 15

    # --- the end --------------------------------------------------------------------------------------------------------------

    def check_end(self, claim: SidesClaim, paused: set[str]) -> None:
        world = self.world
        world.clock += 100
        world.settle()
        world.check()
        steps = back(claim, NAMESPACE) if claim.back else forward(claim, NAMESPACE, {})
        scene = world.scene()
        assert [(step.name, step.lacking(scene)) for step in steps if not step.idle and step.lacking(scene)] == []
        assert [action.news for step in steps if not step.idle for action in step.due(scene)] == []
        for side in claim.sides:
            self.check_side(claim, side, side.stable if claim.back else side.candidate)
        adopted = all(claim.originals[name] == base_of(claim.originals[name]) for name in claim.services)
        if claim.back and adopted:
            assert {name for name in world.deployments if world.paused(name)} <= paused
            assert not any(TEMPLATE_HASH in selector for selector in world.services.values())
        world.stored = ""

    def check_side(self, claim: SidesClaim, side: Side, serves: str) -> None:
        world = self.world
        idle = [name for name in deployments_of(side.workload) if name in world.deployments and name != serves]
        for name in (name for name, workload in claim.services.items() if workload == side.workload):
            assert world.picked(world.services[name]) == {serves}
            if claim.back:
                assert world.services[name] == claim.originals[name]
            elif claim.leaves:
                assert world.services[name] == {"app": side.workload}
        kept = {side.stable} if claim.keep_old and not claim.back and side.stable else set()
        assert claim.leaves is False or claim.back or not idle
        if not claim.back:
            assert image_of(world.deployments[serves]) != "web:0"
        for name in idle:
            assert name in kept or not world.desired(name) or name not in (side.stable, side.candidate)
        scaled = {target for workload, target in world.scalers.items() if workload == side.workload}
        assert scaled <= {serves}


@pytest.mark.matrix
@settings(max_examples=100, derandomize=True, deadline=None)
@given(APPLICATIONS, st.lists(PLANS, min_size=1, max_size=4), EVENTS)
def test_nobody_is_left_without_a_ready_pod_and_every_rollout_ends(application: Application, plans: list[Plan], events: list[int]) -> None:
    chain = Chain(application, events)
    try:
        for plan in plans:
            chain.roll(plan)
    except AssertionError:
        note("\n".join(chain.world.trace))
        raise
