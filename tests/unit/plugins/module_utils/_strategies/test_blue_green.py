# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Blue/green step by step: what is written in which order, what is waited for, and what once went wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import mapping, replaced, text, without
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.sides.claims import Side, SidesClaim
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.sides.colours import coloured, fingerprint
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.steps.actions import SceneStep, Turn
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.scenes import DRAIN_SECONDS
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import COLOUR
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies.blue_green import forward
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies.blue_green_back import BACK, back, gone
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies.blue_green_steps import FORWARD
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies.two_sides import budgets_of

from tests.unit.plugins.module_utils._domain.world import NAMESPACE, Running, World, deployment

from .blue_green_task import Manifests, begin, bodies_of, finish

GREEN, BLUE = {"app": "web", COLOUR: "green"}, {"app": "web", COLOUR: "blue"}
MOVED = "2026-11-21T10:00:00Z"


def adopted(*previews: str, replicas: int = 2) -> World:
    """A plain Deployment and Service, as before blue/green, and preview Services that lead to the same."""
    world = World(services={name: {"app": "web"} for name in ("web", *previews)}, live=frozenset({"web"}))
    world.apply(deployment("web", "web:1", replicas=replicas))
    world.settle()
    return world


def at_green(*previews: str, keep_old: bool = False) -> World:
    """After the first rollout of an adopted Deployment."""
    world = adopted(*previews)
    finish(world, begin(world, keep_old=keep_old))
    world.settle()
    return world


def forward_step(world: World, name: str, manifests: Manifests | None = None) -> SceneStep:
    return forward(world.claim, NAMESPACE, manifests or {})[FORWARD.index(name)]


def back_step(world: World, name: str) -> SceneStep:
    return back(world.claim, NAMESPACE)[BACK.index(name)]


def news(world: World, step: SceneStep) -> list[str]:
    return [action.news for action in step.due(world.scene())]


def written(world: World) -> list[str]:
    """The actions since the last claim."""
    lines = world.trace[max(index for index, line in enumerate(world.trace) if line.startswith("BEGIN")) + 1 :]
    return [line for line in lines if ": " in line and " waits: " not in line and not line.startswith("refused")]


def hash_of(world: World, name: str = "web") -> str:
    return next(entry.hash for entry in world.sets if entry.name == f"{name}-{entry.hash}")


# --- others who meddle --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", ["preview", "scale_up", "switch", "hold", "scale_down"])
@pytest.mark.parametrize("back", [False, True], ids=["forward", "back"])
def test_a_preview_service_that_somebody_deleted_is_left_out(before: str, back: bool) -> None:
    world = adopted("web-preview")
    manifests = begin(world)
    finish(world, manifests, before=before)
    del world.services["web-preview"]
    if back:
        world.keep(world.claim.given_up("on request"))
    finish(world, manifests)
    expected: dict[str, dict[str, str]] = {"web": {"app": "web"} if back else GREEN}
    assert world.services == expected


def test_a_preview_service_that_somebody_deleted_does_not_keep_one_from_leaving() -> None:
    world = at_green("web-preview")
    finish(world, begin(world, "web:2", leaves=True), before="scale_down")
    del world.services["web-preview"]
    finish(world, bodies_of(world.claim, {"web": deployment("web", "web:2")}))
    assert (sorted(world.deployments), world.services) == (["web"], {"web": {"app": "web"}})


def test_traffic_that_somebody_takes_away_is_told_from_what_is_not_there_yet() -> None:
    world = adopted()
    finish(world, begin(world), before="switch")
    assert forward_step(world, "scale_up").guarded(world.scene()) == {}
    finish(world, bodies_of(world.claim, {"web": deployment("web", "web:2")}), before="hold")
    assert forward_step(world, "hold").guarded(world.scene()) == {}
    world.services["web"] = {"app": "other"}
    for step in ("verify", "hold", "scale_down"):
        assert forward_step(world, step).guarded(world.scene()) == {"web": GREEN}
    del world.services["web"]
    assert forward_step(world, "hold").guarded(world.scene()) == {"web": GREEN}


def test_a_candidate_that_loses_its_last_ready_pod_after_the_switch_fails_the_step() -> None:
    world = adopted()
    manifests = begin(world)
    finish(world, manifests, before="switch")
    assert forward_step(world, "scale_up").impossible(world.scene()) == ""
    finish(world, manifests, before="hold")
    hold = forward_step(world, "hold")
    assert hold.impossible(world.scene()) == ""
    for pod in [pod for pod in world.pods if pod.name.startswith("web-green")]:
        world.change(pod, ready=False)
    assert hold.impossible(world.scene()) == "Deployment shop/web-green has no ready pod any more after the switch."


# --- in order -----------------------------------------------------------------------------------------------------------------


def test_an_adopted_deployment_is_paused_and_pinned_before_a_second_one_is_made() -> None:
    world = adopted()
    world.scalers["web"] = "web"
    world.budgets["web"] = {"matchLabels": {"app": "web"}}
    own = hash_of(world)
    finish(world, begin(world))
    assert written(world) == [
        "prepare: pause web",
        f"prepare: pin web to app=web,pod-template-hash={own}",
        f"prepare: budget web counts app=web,pod-template-hash={own}",
        "prepare: create web-green",
        "prepare: scale web-green from 1 to 2",
        f"switch: point web to app=web,{COLOUR}=green",
        "verify: remember the promotion",
        f"verify: budget web counts app=web,{COLOUR}=green",
        "verify: autoscaler web scales web-green",
        "scale_down: scale web from 2 to 0",
        "scale_down: resume web",
    ]
    assert world.services["web"] == GREEN


def test_the_adopted_one_becomes_blue_with_its_next_version_and_leaving_ends_with_it() -> None:
    world = at_green()
    finish(world, begin(world, "web:3", replicas=3))
    assert written(world)[:2] == ["prepare: give the new template to web", "prepare: scale web from 0 to 3"]
    assert world.services["web"] == BLUE
    finish(world, begin(world, "web:3", leaves=True))
    assert (sorted(world.deployments), world.services) == (["web"], {"web": {"app": "web"}})


def test_previews_come_first_with_as_few_pods_as_they_may_have() -> None:
    world = adopted("web-preview")
    finish(world, begin(world, preview_replicas=1))
    own = hash_of(world)
    assert written(world)[1:6] == [
        f"prepare: pin web to app=web,pod-template-hash={own}, web-preview to app=web,pod-template-hash={own}",
        "prepare: create web-green",
        f"preview: point the preview web-preview to app=web,{COLOUR}=green",
        "scale_up: scale web-green from 1 to 2",
        f"switch: point web to app=web,{COLOUR}=green",
    ]


def test_a_kept_old_version_needs_no_pods_to_come_back() -> None:
    world = at_green(keep_old=True)
    assert (world.desired("web"), world.paused("web")) == (2, True)
    finish(world, begin(world, "web:1"))
    assert written(world) == [
        f"switch: point web to app=web,pod-template-hash={hash_of(world)}",
        "verify: remember the promotion",
        "scale_down: scale web-green from 2 to 0",
    ]


def test_a_kept_old_version_that_gets_another_one_is_resumed_first() -> None:
    world = at_green(keep_old=True)
    finish(world, begin(world, "web:3"))
    assert written(world)[:2] == ["prepare: resume web", "prepare: give the new template to web"]


def test_a_paused_colour_is_resumed() -> None:
    world = at_green()
    manifests = begin(world, "web:3")
    finish(world, manifests, before="switch")
    world.deployments["web"] = replaced(world.deployments["web"], ("spec", "paused"), True)
    assert news(world, forward_step(world, "prepare", manifests)) == ["resume web"]


def test_the_new_version_is_given_the_size_of_its_definition_at_the_end() -> None:
    world = adopted(replicas=3)
    finish(world, begin(world, replicas=1))
    assert written(world)[-3:] == [
        "scale_down: scale web from 3 to 0",
        "scale_down: scale web-green from 3 to 1",
        "scale_down: resume web",
    ]


def test_a_first_rollout_has_no_way_back_and_holds_nothing() -> None:
    world = World(services={"web": {"app": "web"}}, live=frozenset({"web"}))
    finish(world, begin(world, replicas=2))
    assert back(world.claim, NAMESPACE) == ()
    assert forward_step(world, "hold").idle == "nothing served before"
    assert gone(world.claim, NAMESPACE, world.scene()) == ""
    assert (world.services["web"], world.desired("web-blue")) == (BLUE, 2)


@pytest.mark.parametrize(
    ("options", "idle"),
    [
        pytest.param({}, {"preview": "there is no preview Service"}, id="plain"),
        pytest.param(
            {"keep_old": True},
            {"preview": "there is no preview Service", "scale_down": "the old pods are kept, as keep_old says"},
            id="kept",
        ),
        pytest.param(
            {"switched": MOVED},
            {
                "prepare": "the traffic has moved already",
                "preview": "there is no preview Service",
                "scale_up": "the traffic has moved already",
                "switch": "the traffic has moved already",
            },
            id="moved",
        ),
    ],
)
def test_steps_without_anything_to_do_say_why(options: dict[str, str | bool], idle: dict[str, str]) -> None:
    world = adopted()
    begin(world, **options)  # type: ignore[arg-type]
    assert {step.name: step.idle for step in forward(world.claim, NAMESPACE, {}) if step.idle} == idle


def test_where_the_plain_deployment_serves_already_leaving_only_clears() -> None:
    world = adopted()
    begin(world, "web:1", leaves=True)
    steps = {step.name: step.idle for step in forward(world.claim, NAMESPACE, {}) if not step.idle}
    assert steps == {"scale_down": ""}
    assert forward_step(world, "hold").idle == "the Deployment of the plain name serves already"


def test_the_old_pods_are_held_for_a_while() -> None:
    world = adopted()
    finish(world, begin(world), before="scale_down")
    step = forward_step(world, "hold")
    world.clock = world.moved + 10
    assert (step.lacking(world.scene()), step.recheck(world.scene())) == ("the old pods are kept for 20 s more", 20)
    world.clock = world.moved + 30
    assert (step.lacking(world.scene()), step.recheck(world.scene())) == ("", None)
    assert step.due(world.scene()) == ()
    assert forward_step(world, "verify").recheck(world.scene()) is None


def test_the_old_pods_stay_until_the_nodes_have_followed_also_without_a_delay() -> None:
    world = adopted()
    finish(world, begin(world, delay=0), before="scale_down")
    step = forward_step(world, "hold")
    world.turned = world.clock
    assert (step.lacking(world.scene()), step.recheck(world.scene())) == ("the old pods are kept for 2 s more", DRAIN_SECONDS)
    world.clock += DRAIN_SECONDS
    assert (step.lacking(world.scene()), step.recheck(world.scene())) == ("", None)


# --- what is waited for -------------------------------------------------------------------------------------------------------


def preparing(world: World) -> str:
    return forward_step(world, "scale_up").lacking(world.scene())


def test_the_candidate_is_waited_for_until_all_its_pods_are_ready() -> None:
    world = adopted()
    manifests = begin(world)
    found = forward_step(world, "scale_up")
    assert preparing(world) == "still to do: scale web-green from 0 to 2"
    assert forward_step(world, "prepare").lacking(world.scene()) == "still to do: pause web"
    world.apply(coloured(deployment("web", "web:other"), "web-green"))
    world.edit("web-green", lambda obj: replaced(obj, ("spec", "replicas"), 2))
    assert preparing(world) == "Deployment shop/web-green has not the new template yet"
    world.apply(manifests["web"])
    world.reconcile("web-green")
    assert preparing(world) == "Deployment shop/web-green: 0 of 2 updated replicas are available"
    world.settle()
    assert found.lacking(world.scene()) == ""
    pod = next(pod for pod in world.pods if pod.deployment == "web-green")
    world.change(pod, ready=False)
    assert preparing(world) == "Deployment shop/web-green: 1 of 2 pods are ready"
    uid = pod.uid
    world.pods.append(Running("more", "web-green", uid, pod.hash, pod.labels, ready=True))
    assert preparing(world) == "Deployment shop/web-green: 1 pods are not ready"


def test_a_candidate_that_is_missing_or_too_small_is_named() -> None:
    world = adopted()
    world.keep(replace(_claim(world), preview_replicas=1))
    step = forward_step(world, "prepare")
    assert step.lacking(world.scene()) == "still to do: pause web"
    world.edit("web", lambda obj: replaced(obj, ("spec", "paused"), True))
    world.services["web"] = {"app": "web", "pod-template-hash": hash_of(world)}
    # Without its manifest (the module promote) the candidate cannot be made.
    assert step.lacking(world.scene()) == "Deployment shop/web-green does not exist yet"


def _claim(world: World) -> SidesClaim:
    begin(world)
    return world.claim


def test_an_unknown_revision_of_the_candidate_has_no_ready_pods() -> None:
    world = adopted()
    manifests = begin(world)
    world.apply(manifests["web"])
    world.edit("web-green", lambda obj: replaced(obj, ("spec", "replicas"), 2))
    world.settle()
    bare = without(world.deployments["web-green"], "spec", "template", "metadata", "labels", COLOUR)
    world.deployments["web-green"] = bare
    assert preparing(world) == "Deployment shop/web-green: 0 of 2 pods are ready"


def test_a_service_that_is_deleted_on_the_way_is_named() -> None:
    world = adopted()
    finish(world, begin(world), before="scale_down")
    del world.services["web"]
    assert forward_step(world, "verify").lacking(world.scene()) == "Service web does not exist any more"


def test_a_service_that_is_deleted_while_blue_green_is_left_is_named() -> None:
    world = at_green()
    finish(world, begin(world, leaves=True), before="scale_down")
    assert forward_step(world, "verify").lacking(world.scene()) == ""
    del world.services["web"]
    assert forward_step(world, "verify").lacking(world.scene()) == "Service web does not exist any more"


def test_what_a_service_leads_to_is_kept() -> None:
    world = adopted()
    finish(world, begin(world), before="scale_down")
    world.services["other"] = {"pod-template-hash": hash_of(world)}
    step = forward_step(world, "scale_down")
    assert step.lacking(world.scene()) == "Deployment shop/web is kept, as Service other still leads to it"
    assert news(world, step) == []
    del world.services["other"]
    world.edit("web", lambda obj: replaced(obj, ("spec", "replicas"), 0))
    world.edit("web", lambda obj: without(obj, "spec", "paused"))
    assert step.lacking(world.scene()) == "Deployment shop/web: 2 old pods are still there"
    world.remove("web", "web-1")
    assert step.lacking(world.scene()) == ""


def test_the_switch_asks_for_as_many_ready_pods_as_serve_now() -> None:
    world = adopted(replicas=3)
    finish(world, begin(world), before="switch")
    world.change(next(pod for pod in world.pods if pod.deployment == "web"), ready=False)
    (turn,) = forward_step(world, "switch").due(world.scene())
    assert isinstance(turn, Turn)
    assert (turn.minimums, turn.partial) == ({"web": 2}, False)


def test_who_leaves_widens_nothing_while_pods_of_a_colour_are_left() -> None:
    world = at_green()
    finish(world, begin(world, leaves=True), before="scale_down")
    step = forward_step(world, "scale_down")
    assert news(world, step) == ["delete web-green"]
    world.remove("web-green", text(world.deployments["web-green"], "metadata", "uid"))
    assert news(world, step) == []
    assert step.lacking(world.scene()) == "Deployment shop/web-green: its end is waited for (2 pods)"
    world.settle()
    assert news(world, step) == ["widen web to app=web"]


# --- what once went wrong -----------------------------------------------------------------------------------------------------


def test_a_deployment_that_leaves_is_paused_before_a_preview_names_its_hash() -> None:
    world = at_green("web-preview")
    manifests = begin(world, "web:3", leaves=True)
    finish(world, manifests, before="preview")
    assert news(world, forward_step(world, "preview", manifests)) == ["pause web"]


def test_what_serves_may_grow_between_scaling_up_and_the_switch() -> None:
    world = adopted()
    finish(world, begin(world), before="switch")
    world.edit("web", lambda obj: replaced(obj, ("spec", "replicas"), 4))
    world.settle()
    assert news(world, forward_step(world, "switch")) == ["scale web-green from 2 to 4"]


def superseded(world: World) -> SceneStep:
    """The first step, once a third version has taken the place of one that has the traffic already."""
    third = deployment("web", "web:3")
    claim = world.claim
    assert (claim.switched, world.services["web"]) == ("", GREEN)
    side = replace(claim.sides[0], wanted=fingerprint(mapping(third, "spec", "template")))
    world.keep(replace(claim, sides=(side,)))
    return forward_step(world, "prepare", bodies_of(claim, {"web": third}))


def test_another_version_takes_the_place_of_one_that_has_the_traffic_only_after_that_went_back() -> None:
    world = adopted()
    finish(world, begin(world), before="verify")
    assert news(world, superseded(world)) == [f"pin web to app=web,pod-template-hash={hash_of(world)}"]


def test_what_goes_back_to_a_smaller_version_makes_that_larger_first() -> None:
    world = adopted()
    finish(world, begin(world, replicas=3), before="verify")
    step = superseded(world)
    assert news(world, step) == ["scale web from 2 to 3"]
    world.edit("web", lambda obj: replaced(obj, ("spec", "replicas"), 3))
    assert news(world, step) == [f"pin web to app=web,pod-template-hash={hash_of(world)}"]


def test_a_killed_run_pins_nothing_once_the_traffic_has_moved() -> None:
    world = adopted()
    manifests = begin(world)
    finish(world, manifests, before="verify")
    assert world.claim.switched == ""
    for name in ("prepare", "scale_up", "switch"):
        assert forward_step(world, name, manifests).lacking(world.scene()) == ""


def test_leaving_once_more_narrows_no_budget_again() -> None:
    world = at_green()
    world.budgets["web"] = {"matchLabels": {"app": "web"}}
    finish(world, begin(world, "web:3", leaves=True))
    assert world.budgets["web"] == {"matchLabels": {"app": "web"}}
    assert [step.name for step in forward(world.claim, NAMESPACE, {}) if not step.idle and step.due(world.scene())] == []


def test_a_budget_that_counts_others_as_well_is_left_alone() -> None:
    world = adopted()
    world.pods.append(Running("other", "api", "api-1", "h1", {"app": "api"}, ready=True))
    begin(world)
    world.budgets = {"all": {}, "api": {"matchLabels": {"app": "api"}}, "web": {"matchLabels": {"app": "web"}}}
    assert [found.ref.name for found in budgets_of(world.scene(), world.claim.sides[0])] == ["web"]


def test_what_the_endpoints_lose_after_the_switch_is_waited_for() -> None:
    world = adopted()
    finish(world, begin(world), before="scale_down")
    world.endpoints["web"] = world.endpoints["web"][:1]
    missing = max(pod.name for pod in world.pods if pod.deployment == "web-green")
    for name in ("verify", "hold"):
        assert forward_step(world, name).lacking(world.scene()) == f"Service shop/web: its EndpointSlices do not lead to {missing} yet"


def test_the_side_of_another_definition_is_told_by_its_claim() -> None:
    side = Side("web", "web-blue", "web-blue", "same")
    claim = SidesClaim("one", (side,), {"web": "web"})
    assert {step.name: step.idle for step in forward(claim, NAMESPACE, {})}["prepare"] == "the Deployment of the plain name serves already"
