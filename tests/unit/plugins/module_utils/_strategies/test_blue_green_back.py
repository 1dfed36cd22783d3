# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Giving a rollout by blue/green up, from wherever it is."""

from __future__ import annotations

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import mapping, replaced, text, without
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.scenes import DRAIN_SECONDS
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import COLOUR
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies.blue_green_back import back, gone
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies.blue_green_steps import FORWARD

from tests.unit.plugins.module_utils._domain.world import NAMESPACE, World, deployment, image_of

from .blue_green_task import begin, finish, task
from .test_blue_green import adopted, at_green, back_step, hash_of, news, written


def given_up(world: World) -> World:
    world.keep(world.claim.given_up("on request"))
    world.trace.append("BEGIN to go back")
    return world


@pytest.mark.parametrize("before", [step for step in FORWARD if step not in ("preview", "scale_up")])
def test_what_was_adopted_is_as_before_from_wherever_it_is_given_up(before: str) -> None:
    world = adopted()
    world.scalers["web"] = "web"
    world.budgets["web"] = {"matchLabels": {"app": "web"}}
    finish(world, begin(world), before=before)
    finish(given_up(world), {})
    assert (sorted(world.deployments), world.services, world.scalers) == (["web"], {"web": {"app": "web"}}, {"web": "web"})
    assert world.budgets == {"web": {"matchLabels": {"app": "web"}}}
    assert (world.desired("web"), world.paused("web")) == (2, False)
    world.settle()
    assert [(step.name, step.lacking(world.scene())) for step in back(world.claim, NAMESPACE) if step.lacking(world.scene())] == []


def test_a_candidate_that_somebody_deleted_after_the_switch_loses_its_traffic() -> None:
    world = adopted()
    finish(world, begin(world), before="hold")
    assert world.picked(world.services["web"]) == {"web-green"}
    del world.deployments["web-green"]
    world.collect()
    finish(given_up(world), {})
    assert (sorted(world.deployments), world.services) == (["web"], {"web": {"app": "web"}})


def test_the_candidate_stays_until_the_nodes_have_followed() -> None:
    world = adopted()
    finish(world, begin(world), before="switch")
    given_up(world).turned = world.clock
    step = back_step(world, "clear")
    assert (step.lacking(world.scene()), step.recheck(world.scene())) == ("the pods of the candidate are kept for 2 s more", DRAIN_SECONDS)
    assert step.due(world.scene()) == ()
    world.clock += DRAIN_SECONDS
    assert step.recheck(world.scene()) is None
    assert news(world, step) == ["delete web-green"]


def test_a_candidate_to_which_a_service_of_somebodys_leads_stays() -> None:
    world = adopted()
    finish(world, begin(world), before="switch")
    world.services["other"] = {"pod-template-hash": hash_of(world, "web-green")}
    step = back_step(given_up(world), "clear")
    assert step.due(world.scene()) == ()
    assert step.lacking(world.scene())
    del world.services["other"]
    assert news(world, step) == ["delete web-green"]


def test_a_colour_is_scaled_up_before_the_traffic_returns_and_the_other_one_ends_at_zero() -> None:
    world = at_green()
    finish(world, begin(world, "web:3", replicas=3))
    finish(given_up(world), {})
    assert written(world) == [
        "restore: scale web-green from 0 to 3",
        f"switch_back: point back web to app=web,{COLOUR}=green",
        "clear: scale web from 3 to 0",
    ]


def test_a_kept_version_that_is_given_up_as_a_candidate_is_not_left_paused() -> None:
    world = at_green(keep_old=True)
    finish(world, begin(world, "web:1"), before="switch")
    finish(given_up(world), {})
    assert written(world)[-2:] == ["clear: scale web from 2 to 0", "clear: resume web"]
    assert (world.desired("web"), world.paused("web")) == (0, False)


def test_what_served_before_must_carry_as_much_as_what_serves_now() -> None:
    world = adopted()
    finish(world, begin(world), before="scale_down")
    given_up(world)
    restore, switch_back = back_step(world, "restore"), back_step(world, "switch_back")
    assert news(world, switch_back) == [f"point back web to app=web,pod-template-hash={hash_of(world)}"]
    pod = next(pod for pod in world.pods if pod.deployment == "web")
    world.change(pod, ready=False)
    for step in (restore, switch_back):
        assert step.lacking(world.scene()) == "Deployment shop/web: 1 of 2 pods are ready"
        assert news(world, step) == []


def test_what_serves_now_may_have_grown_meanwhile() -> None:
    world = adopted()
    finish(world, begin(world), before="scale_down")
    given_up(world)
    world.edit("web-green", lambda obj: replaced(obj, ("spec", "replicas"), 4))
    assert news(world, back_step(world, "switch_back")) == ["scale web from 2 to 4"]


def test_any_pod_is_better_than_none() -> None:
    world = adopted()
    finish(world, begin(world), before="scale_down")
    given_up(world)
    for pod in list(world.pods):
        world.change(pod, ready=False)
    assert back_step(world, "restore").lacking(world.scene()) == "Deployment shop/web: 0 of 1 pods are ready"
    world.change(next(pod for pod in world.pods if pod.deployment == "web"), ready=True)
    assert back_step(world, "restore").lacking(world.scene()) == ""


def test_without_what_served_before_there_is_no_way_back() -> None:
    world = at_green()
    finish(world, begin(world, "web:3", leaves=True))
    assert gone(world.claim, NAMESPACE, world.scene()) == "Deployment shop/web-green"
    world.services["web"] = {"app": "web", "pod-template-hash": hash_of(world)}
    given_up(world)
    world.services["web"] = {"app": "web", "pod-template-hash": next(pod.hash for pod in world.pods)}
    assert back_step(world, "restore").lacking(world.scene()) == "Deployment shop/web-green does not exist any more"


def test_as_long_as_nothing_has_moved_what_is_missing_is_no_question() -> None:
    world = adopted()
    begin(world)
    assert gone(world.claim, NAMESPACE, world.scene()) == ""


def test_giving_up_before_anything_was_written_writes_nothing() -> None:
    world = adopted()
    begin(world)
    finish(given_up(world), {})
    assert written(world) == []


def test_nothing_is_pinned_that_is_not_paused() -> None:
    world = adopted()
    finish(world, begin(world), before="switch")
    given_up(world)
    world.services["web"] = {"app": "web"}
    world.deployments["web"] = replaced(world.deployments["web"], ("spec", "paused"), False)
    assert news(world, back_step(world, "switch_back")) == ["pause web"]


def meddled(world: World, image: str = "web:7") -> World:
    """Somebody gives what serves another image and resumes it: the hash that the Service names is gone."""
    path = ("spec", "template")
    template = mapping(deployment("web", image), *path)
    world.deployments["web"] = without(replaced(world.deployments["web"], path, template), "spec", "paused")
    world.settle()
    assert not world.ready(world.services["web"]), "the Service leads nowhere"
    return world


def gone_back(world: World) -> None:
    """Go back from a state that breaks the rules."""
    for _moment in task(given_up(world), {}):
        world.clock += 20
        world.settle()


@pytest.mark.parametrize("before", ["scale_up", "switch"])
def test_what_somebody_has_rolled_out_under_the_service_serves_again(before: str) -> None:
    world = adopted("web-preview")
    world.budgets["web"] = {"matchLabels": {"app": "web"}}
    finish(world, begin(world), before=before)
    meddled(world)
    gone_back(world)
    assert (sorted(world.deployments), world.services["web"]) == (["web"], {"app": "web"})
    assert (world.desired("web"), world.paused("web"), image_of(world.deployments["web"])) == (2, False, "web:7")
    assert world.budgets == {"web": {"matchLabels": {"app": "web"}}}
    assert written(world)[:2] == [
        "switch_back: pause web",
        f"switch_back: point back web to app=web,pod-template-hash={newest_hash(world)}",
    ]


def newest_hash(world: World) -> str:
    return world.sets[-1].hash


def test_what_somebody_rolls_out_while_the_traffic_is_elsewhere_carries_it_again() -> None:
    world = adopted()
    finish(world, begin(world), before="scale_down")
    world.deployments["web"] = without(world.deployments["web"], "spec", "paused")
    world.deployments["web"] = replaced(
        world.deployments["web"], ("spec", "template"), mapping(deployment("web", "web:7"), "spec", "template")
    )
    world.settle()
    gone_back(world)
    assert (sorted(world.deployments), world.services) == (["web"], {"web": {"app": "web"}})


def test_what_serves_is_held_before_it_is_replaced_to_its_end() -> None:
    world = adopted()
    finish(world, begin(world), before="switch")
    world.deployments["web"] = without(world.deployments["web"], "spec", "paused")
    given_up(world)
    assert news(world, back_step(world, "restore")) == ["pause web"]


def test_what_somebody_scaled_to_nothing_gets_its_pods_again() -> None:
    world = adopted()
    finish(world, begin(world), before="switch")
    world.deployments["web"] = replaced(world.deployments["web"], ("spec", "replicas"), 0)
    world.settle()
    gone_back(world)
    assert (world.desired("web"), sorted(world.deployments), world.services) == (2, ["web"], {"web": {"app": "web"}})


def test_without_what_served_there_is_no_way_back_also_before_the_switch() -> None:
    world = adopted()
    finish(world, begin(world), before="switch")
    del world.deployments["web"]
    assert gone(world.claim, NAMESPACE, world.scene()) == "Deployment shop/web"


def test_the_end_of_a_deleted_candidate_is_waited_for() -> None:
    world = adopted()
    finish(world, begin(world), before="switch")
    given_up(world)
    world.remove("web-green", text(world.deployments["web-green"], "metadata", "uid"))
    assert back_step(world, "clear").lacking(world.scene()) == "Deployment shop/web-green: its end is waited for (2 pods)"
    assert news(world, back_step(world, "clear")) == []
