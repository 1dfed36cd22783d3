# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Canaries and changes of weights through real routers: no request is lost, each step has its share, and all is as before in the end.

The pods end at once when they are told to, so whatever a router still sends them is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .router_scene import BATCH, RouterScene
from .routes import CANDIDATE, HTTP_ROUTE, INGRESS, KINDS, STABLE, VIRTUAL_SERVICE
from .scene import until
from .test_routers import DEFENCELESS, case
from .traffic import LEAST

DAILY = (HTTP_ROUTE, INGRESS, VIRTUAL_SERVICE)
"""One kind of each sort is in every run."""
SAMPLE = 400
CANARY: dict[str, Any] = {"image": "web:v2", "weights": [10, 50], "hold": 2, "propagation_delay": 5, "wait_timeout": 120}
ON_ITS_WAY: dict[str, Any] = {"wait_timeout": 120}
ROUTES = [case(kind, always=kind in DAILY) for kind in KINDS]
FEWER = [case(kind, always=kind in (HTTP_ROUTE, VIRTUAL_SERVICE)) for kind in KINDS]
ONE = [case(kind, always=kind is HTTP_ROUTE) for kind in KINDS]


def own(scene: RouterScene) -> dict[str, Any]:
    """What is the user's: the route, and where the Services lead."""
    kind, name = scene.route_ref["kind"], scene.route_ref["name"]
    route = scene.get(kind.lower(), name)
    services = {entry["metadata"]["name"]: entry["spec"]["selector"] for entry in scene.get("services")}
    marks = {key: value for key, value in route["metadata"].get("annotations", {}).items() if not key.startswith("kubectl.")}
    return {"spec": route["spec"], "annotations": marks, "labels": route["metadata"].get("labels"), "services": services}


def canary(scene: RouterScene, **options: Any) -> None:
    """Run the module `canary` with the scene's route."""
    scene.task("canary", routes=[scene.route_ref], **{**CANARY, **options})


Act = Callable[[RouterScene], None]


def promoted(scene: RouterScene) -> None:
    canary(scene)


def promoted_by_another_task(scene: RouterScene) -> None:
    canary(scene, stop_before="weight_50")
    scene.task("promote", **ON_ITS_WAY)


def given_up_at_the_first_step(scene: RouterScene) -> None:
    canary(scene, stop_before="weight_50")
    scene.task("abort", **ON_ITS_WAY)


def given_up_before_the_end(scene: RouterScene) -> None:
    canary(scene, stop_before="promote")
    scene.task("abort", **ON_ITS_WAY)


def superseded(scene: RouterScene) -> None:
    canary(scene, stop_before="promote")
    canary(scene, image="web:v3", supersede=True)


def killed_and_run_again(scene: RouterScene) -> None:
    options = {"namespace": scene.namespace, "name": scene.name, "routes": [scene.route_ref], **CANARY, "hold": 60}
    begun = scene.ansible.start({"name": "Call canary", "rollout.kubernetes.canary": options})
    until(lambda: "v2" in scene.send(BATCH).by_version, "the candidate gets requests")
    begun.kill()
    begun.process.communicate()
    canary(scene, lock_timeout=60)


STORIES: dict[str, tuple[Act, set[str], str]] = {
    "promoted": (promoted, {"v1", "v2"}, "v2"),
    "promoted by another task": (promoted_by_another_task, {"v1", "v2"}, "v2"),
    "given up at the first step": (given_up_at_the_first_step, {"v1", "v2"}, "v1"),
    "given up before the end": (given_up_before_the_end, {"v1", "v2"}, "v1"),
    "killed and run again": (killed_and_run_again, {"v1", "v2"}, "v2"),
    "superseded": (superseded, {"v1", "v2", "v3"}, "v3"),
}
"""Each with the versions that answer, and the one that serves in the end."""


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    "story", [pytest.param(name, marks=[] if name in ("promoted", "given up before the end") else [pytest.mark.long]) for name in STORIES]
)
def test_a_canary_by_weight_loses_no_request_and_leaves_everything_as_it_was(router_stage, route, story):
    scene = router_stage(route, DEFENCELESS)
    before = own(scene)
    act, versions, last = STORIES[story]
    seen = scene.under_load(act)
    assert len(seen.requests) >= LEAST
    assert (seen.failed, seen.versions, seen.last) == (0, versions, last), seen.outcomes
    assert own(scene) == before
    assert {pod["spec"]["containers"][0]["image"] for pod in scene.get("pods")} == {f"web:{last}"}


@pytest.mark.parametrize("route", FEWER)
def test_each_step_has_its_share_of_the_requests(router_stage, route):
    scene = router_stage(route, DEFENCELESS)
    for step, share in (("weight_50", 0.1), ("promote", 0.5)):
        canary(scene, stop_before=step)
        scene.until_shared(int(100 * share))
        counts = scene.send(SAMPLE)
        assert counts.failed == 0, counts
        assert counts.is_share(counts.by_version["v2"], share), counts


@pytest.mark.parametrize("route", ONE)
def test_a_version_that_never_gets_ready_gets_no_request(router_stage, route):
    scene = router_stage(route, DEFENCELESS)
    before = own(scene)
    seen = scene.under_load(lambda scene: scene.task("canary", routes=[scene.route_ref], **{**CANARY, "image": "web:missing"}, fails=True))
    assert (seen.failed, seen.versions) == (0, {"v1"}), seen.outcomes
    assert own(scene) == before


@pytest.mark.parametrize("route", FEWER)
def test_weights_are_changed_and_given_back_without_a_lost_request(router_stage, route):
    scene = router_stage(route, DEFENCELESS)
    scene.add_candidate()
    before = own(scene)
    ref = {"kind": scene.route_ref["kind"], "name": CANDIDATE if scene.route_ref["kind"] == "Ingress" else scene.route_ref["name"]}

    def split(scene: RouterScene) -> None:
        for weight in (50, 100, 10):
            scene.task("traffic_split", **ref, weights={STABLE: 100 - weight, CANDIDATE: weight})
            scene.until_shared(weight)
        scene.task("traffic_split", **ref, state="original")
        scene.until_shared(0)

    seen = scene.under_load(split)
    assert (seen.failed, seen.versions, seen.last) == (0, {"v1", "v2"}, "v1"), seen.outcomes
    assert own(scene) == before
