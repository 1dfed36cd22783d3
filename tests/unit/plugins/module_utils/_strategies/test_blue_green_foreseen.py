# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What check mode says of the end is what is there in the end."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import COLOUR
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies.blue_green_foreseen import foreseen
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies.blue_green_steps import FORWARD

from tests.unit.plugins.module_utils._domain.world import NAMESPACE, World

from .blue_green_task import begin, finish
from .test_blue_green import adopted, at_green
from .test_blue_green_back import given_up

Seen = dict[tuple[str, str], Any]


def with_others(world: World, **labels: str) -> World:
    world.scalers["web"] = "web"
    world.budgets["web"] = {"matchLabels": {"app": "web", **labels}}
    return world


def told(world: World, *steps: str) -> Seen:
    """By kind and name what is going to stand there; None for what goes."""
    found = foreseen(world.claim, NAMESPACE, world.scene(), steps or FORWARD)
    return {(change.ref.kind, change.ref.name): change.value for change in found}


def there(world: World, wanted: Seen) -> Seen:
    """The same of what is there."""
    places = {
        "Service": lambda name: world.services[name],
        "PodDisruptionBudget": lambda name: world.budgets[name],
        "HorizontalPodAutoscaler": lambda name: {"kind": "Deployment", "name": world.scalers[name]},
        "Deployment": lambda name: world.desired(name) if name in world.deployments else None,
    }
    return {key: places[key[0]](key[1]) for key in wanted}


FORWARDS: dict[str, tuple[Any, dict[str, Any]]] = {
    "adoption": (lambda: with_others(adopted("web-preview")), {"preview_replicas": 1}),
    "colour to colour": (at_green, {"image": "web:3", "replicas": 1}),
    "grown": (at_green, {"image": "web:3", "replicas": 5}),
    "old ones kept": (lambda: at_green(keep_old=True), {"image": "web:3", "keep_old": True}),
    "nothing before": (World, {"image": "web:1"}),
}


@pytest.mark.parametrize(("start", "options"), FORWARDS.values(), ids=FORWARDS)
def test_a_rollout_ends_as_it_was_foreseen(start: Any, options: dict[str, Any]) -> None:
    world = start()
    if not world.services:
        world.services["web"] = {"app": "web"}
        world.live = frozenset({"web"})
    manifests = begin(world, **options)
    wanted = told(world)
    finish(world, manifests)
    assert there(world, wanted) == wanted
    assert ("Service", "web") in wanted
    assert {kind for kind, _name in wanted} >= {"Deployment", "Service"}


def test_all_kinds_are_foreseen() -> None:
    world = with_others(adopted("web-preview"))
    begin(world)
    assert {kind for kind, _name in told(world)} == {"Deployment", "Service", "PodDisruptionBudget", "HorizontalPodAutoscaler"}
    assert set(told(world)) >= {("Deployment", "web"), ("Deployment", "web-green"), ("Service", "web"), ("Service", "web-preview")}


@pytest.mark.parametrize("before", ["preview", "scale_up", "switch", "verify", "scale_down"])
def test_what_stops_before_a_step_is_foreseen_up_to_it(before: str) -> None:
    world = with_others(adopted("web-preview"))
    manifests = begin(world, preview_replicas=1)
    wanted = told(world, *FORWARD[: FORWARD.index(before)])
    finish(world, manifests, before=before)
    assert there(world, wanted) == wanted


@pytest.mark.parametrize("before", [step for step in FORWARD if step != "preview"])
def test_giving_up_ends_as_it_was_foreseen(before: str) -> None:
    world = with_others(adopted("web-preview"))
    finish(world, begin(world), before=before)
    given_up(world)
    wanted = told(world)
    finish(world, {})
    assert there(world, wanted) == wanted
    assert wanted["Service", "web"] == {"app": "web"}


def test_giving_up_between_colours_ends_as_it_was_foreseen() -> None:
    world = at_green()
    world.budgets["web"] = {"matchLabels": {"app": "web", COLOUR: "green"}}
    finish(world, begin(world, "web:3", replicas=3))
    given_up(world)
    wanted = told(world)
    assert wanted["Deployment", "web-green"] == 3
    finish(world, {})
    assert there(world, wanted) == wanted


def test_leaving_ends_as_it_was_foreseen() -> None:
    world = at_green()
    world.budgets["web"] = {"matchLabels": {"app": "web", COLOUR: "green"}}
    manifests = begin(world, "web:3", leaves=True)
    wanted = told(world)
    assert wanted["Deployment", "web-green"] is None
    assert wanted["Service", "web"] == {"app": "web"}
    finish(world, manifests)
    assert there(world, wanted) == wanted


def test_a_rollout_that_only_shrinks_touches_nothing_else() -> None:
    world = with_others(at_green(), **{COLOUR: "green"})
    begin(world, "web:3")
    assert told(world, "hold") == {}
    assert told(world, "scale_down") == {("Deployment", "web-green"): 0}


def test_what_serves_under_the_plain_name_already_is_only_told_apart_no_more() -> None:
    world = adopted()
    begin(world, "web:1", leaves=True)
    assert told(world) == {("Service", "web"): {"app": "web"}}
