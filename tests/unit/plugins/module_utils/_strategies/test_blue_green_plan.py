# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a rollout by blue/green as a table, from wherever it is."""

from __future__ import annotations

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.text.tables import Row
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import COLOUR
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies.blue_green_plan import extra_pods, rows

from tests.unit.plugins.module_utils._domain.world import NAMESPACE, World

from .blue_green_task import begin, finish
from .test_blue_green import adopted, at_green, hash_of

WAIT = "wait until all its pods are ready"


def planned(world: World) -> tuple[Row, ...]:
    return rows(world.claim, NAMESPACE, world.scene())


def extra(world: World) -> int:
    return extra_pods(world.claim, NAMESPACE, world.scene())


def test_an_adoption() -> None:
    world = adopted("web-preview")
    world.scalers["web"] = "web"
    world.budgets["web"] = {"matchLabels": {"app": "web"}}
    begin(world, preview_replicas=1)
    pinned = f"app=web,pod-template-hash={hash_of(world)}"
    green = f"app=web,{COLOUR}=green"
    assert planned(world) == (
        Row("prepare", "pause web until it does not serve any more", "running", "paused"),
        Row("prepare", "pin Service web", "app=web", pinned),
        Row("prepare", "pin Service web-preview", "app=web", pinned),
        Row("prepare", "narrow PodDisruptionBudget web", "app=web", pinned),
        Row("prepare", f"create web-green, {WAIT}", "0 replicas", "1 replicas"),
        Row("preview", "point Service web-preview", "app=web", green),
        Row("scale_up", "scale web-green", "1", "2"),
        Row("switch", "point Service web", "app=web", green),
        Row("verify", "move PodDisruptionBudget web", "app=web", green),
        Row("verify", "move HorizontalPodAutoscaler web", "web", "web-green"),
        Row("hold", "keep the old pods, then look again", "", "30 s"),
        Row("scale_down", "scale web", "2 replicas", "0 replicas"),
    )
    assert extra(world) == 2


def test_from_colour_to_colour_without_delay() -> None:
    world = at_green()
    begin(world, "web:3", replicas=3, delay=0)
    assert planned(world) == (
        Row("prepare", f"give the new template to web, {WAIT}", "0 replicas", "3 replicas"),
        Row("switch", "point Service web", f"app=web,{COLOUR}=green", f"app=web,{COLOUR}=blue"),
        Row("scale_down", "scale web-green", "2 replicas", "0 replicas"),
    )
    assert extra(world) == 3


def test_back_to_a_kept_version() -> None:
    world = at_green(keep_old=True)
    world.budgets["web"] = {"matchLabels": {"app": "web", COLOUR: "green"}}
    begin(world, "web:1", keep_old=True)
    pinned = f"app=web,pod-template-hash={hash_of(world)}"
    assert planned(world) == (
        Row("prepare", "wait until all pods of web are ready", "2 replicas", "2 replicas"),
        Row("switch", "point Service web", f"app=web,{COLOUR}=green", pinned),
        Row("verify", "move PodDisruptionBudget web", f"app=web,{COLOUR}=green", pinned),
        Row("hold", "keep the old pods, then look again", "", "30 s"),
    )
    assert extra(world) == 0


def test_leaving() -> None:
    world = at_green()
    begin(world, leaves=True)
    assert planned(world) == (
        Row("prepare", f"give the new template to web, {WAIT}", "0 replicas", "2 replicas"),
        Row("switch", "point Service web", f"app=web,{COLOUR}=green", "app=web,pod-template-hash=(that of the new template)"),
        Row("hold", "keep the old pods, then look again", "", "30 s"),
        Row("scale_down", "delete web-green", "2 replicas", "gone"),
        Row("scale_down", "widen Service web", "", "app=web"),
    )


def test_a_version_that_was_given_up_needs_no_template_when_it_is_tried_again() -> None:
    world = at_green()
    finish(world, begin(world, "web:3"), before="switch")
    world.keep(world.claim.given_up("on request"))
    finish(world, {})
    begin(world, "web:3", preview_replicas=1)
    assert planned(world)[:3] == (
        Row("prepare", f"scale web, {WAIT}", "0 replicas", "1 replicas"),
        Row("scale_up", "scale web", "1", "2"),
        Row("switch", "point Service web", f"app=web,{COLOUR}=green", f"app=web,{COLOUR}=blue"),
    )


def test_a_kept_version_that_gets_another_one_gets_its_colour() -> None:
    world = at_green(keep_old=True)
    begin(world, "web:3")
    assert planned(world)[:2] == (
        Row("prepare", f"give the new template to web, {WAIT}", "2 replicas", "2 replicas"),
        Row("switch", "point Service web", f"app=web,{COLOUR}=green", f"app=web,{COLOUR}=blue"),
    )


def test_leaving_where_the_plain_one_does_not_exist() -> None:
    world = World(services={"web": {"app": "web"}}, live=frozenset({"web"}))
    finish(world, begin(world))
    world.settle()
    begin(world, leaves=True)
    assert planned(world)[:2] == (
        Row("prepare", f"create web, {WAIT}", "0 replicas", "1 replicas"),
        Row("switch", "point Service web", f"app=web,{COLOUR}=blue", "app=web,pod-template-hash=(that of the new template)"),
    )


def test_where_the_plain_one_serves_leaving_only_clears() -> None:
    world = adopted()
    begin(world, "web:1", leaves=True)
    assert planned(world) == (Row("scale_down", "widen Service web", "", "app=web"),)


def test_a_first_rollout_has_nothing_to_hold_or_to_scale_down() -> None:
    world = World(services={"web": {"app": "web"}}, live=frozenset({"web"}))
    begin(world, replicas=2)
    assert planned(world) == (
        Row("prepare", f"create web-blue, {WAIT}", "0 replicas", "2 replicas"),
        Row("switch", "point Service web", "app=web", f"app=web,{COLOUR}=blue"),
    )
    # The definition brings its Service along.
    del world.services["web"]
    assert planned(world)[1] == Row("switch", "point Service web", "", f"app=web,{COLOUR}=blue")


def test_once_the_traffic_has_moved_only_the_rest_is_left() -> None:
    world = adopted()
    finish(world, begin(world), before="scale_down")
    assert planned(world) == (
        Row("hold", "keep the old pods, then look again", "", "30 s"),
        Row("scale_down", "scale web", "2 replicas", "0 replicas"),
    )
