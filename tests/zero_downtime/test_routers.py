# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real routers: they share the requests as the weights say, lose none where the order of the writes is right, and some where it is not."""

from __future__ import annotations

import dataclasses
import itertools
import time
from typing import Any

import pytest

from .router_scene import BATCH, RouterScene
from .routes import (
    CANDIDATE,
    HTTP_ROUTE,
    INGRESS,
    INGRESS_ROUTE,
    ISTIO_HTTP_ROUTE,
    KINDS,
    STRICT_TRAEFIK_SERVICE,
    TRAEFIK_SERVICE,
    VIRTUAL_SERVICE,
    RouteKind,
)
from .scene import until
from .table import AS_ADVISED
from .traffic import LEAST, Seen

DEFENCELESS = dataclasses.replace(AS_ADVISED, pre_stop=0, on_term="exit")
"""Pods that end at once: what a router still sends them is lost."""
SHARES = (0, 100, 1, 10, 50)
SAMPLE = {1: 2000}
WHOLE_SAMPLE = {1: 10_000}
"""How many requests a share is judged by, where that is not as usual."""
FOLLOWING = 5
"""Seconds for which pods outlive their last weight."""
UNSEEN = 1000
"""So many requests take longer than a router needs to follow: what none of them shows will not come."""
TRIES = 3
"""How often a control is tried: with annotations a few requests are lost, within moments."""
DAILY = (HTTP_ROUTE, VIRTUAL_SERVICE)
"""One kind of each router is in every run, where the others have the same promise."""


def case(route: RouteKind, *more: float, always: bool) -> Any:
    """One case, by its name and mark."""
    return pytest.param(route, *more, id=route.name, marks=[pytest.mark.long] * (not always))


@pytest.mark.parametrize(
    ("sample", "usual"), [pytest.param(SAMPLE, 400, id="some"), pytest.param(WHOLE_SAMPLE, 2000, id="many", marks=pytest.mark.long)]
)
@pytest.mark.parametrize("route", [case(kind, always=True) for kind in KINDS])
def test_requests_are_shared_by_weight(router_stage, route, sample, usual):
    scene = router_stage(route, AS_ADVISED)
    scene.add_candidate()
    for before, weight in itertools.pairwise((0, *SHARES)):
        # A few requests show that 100 is reached, and that it is left; they do not tell two smaller weights from each other.
        for step in (weight,) if before in (0, 100) else (100, weight):
            scene.weigh(step)
            scene.until_shared(step)
        counts = scene.send(sample.get(weight, usual))
        assert counts.failed == 0, counts
        assert counts.is_share(counts.by_version["v2"], weight / 100), counts


def up_and_down_again(scene: RouterScene) -> None:
    """Give the candidate all requests and take them away again, and its pods when nobody is sent to them any more."""
    for weight in (50, 100, 50, 0):
        scene.weigh(weight)
        scene.until_shared(weight)
    time.sleep(FOLLOWING)
    scene.scale_candidate(0)


@pytest.mark.parametrize("route", [case(kind, always=kind in DAILY) for kind in KINDS])
def test_no_request_is_lost_where_pods_outlive_their_weight(router_stage, route):
    scene = router_stage(route, DEFENCELESS)
    scene.add_candidate()
    seen = scene.under_load(up_and_down_again)
    assert len(seen.requests) >= LEAST
    assert (seen.failed, seen.versions, seen.last) == (0, {"v1", "v2"}, "v1"), seen.outcomes


def pods_first(scene: RouterScene) -> None:
    """Take the candidate's pods away while it has a weight."""
    scene.scale_candidate(0)
    scene.settle()
    scene.weigh(0)


@pytest.mark.parametrize("route", [case(kind, always=kind in DAILY) for kind in KINDS])
def test_requests_are_lost_where_pods_go_before_their_weight(router_stage, route):
    scene = router_stage(route, DEFENCELESS)
    scene.add_candidate()

    def loses() -> bool:
        scene.scale_candidate(2)
        scene.weigh(50)
        scene.until_shared(50)
        seen: Seen = scene.under_load(pods_first, least=500)
        return seen.failed > 0

    assert any(loses() for _time in range(TRIES))


def loses(scene: RouterScene, share: float) -> bool:
    """Say whether a share of the requests is lost once the router has followed the last write."""
    until(lambda: (scene.send(BATCH).failed > 0) is (share > 0), f"requests are lost or not, as {share} says")
    counts = scene.send(UNSEEN)
    return counts.is_share(counts.failed, share)


@pytest.mark.parametrize(
    ("route", "weighed", "idle", "missing"),
    [
        case(HTTP_ROUTE, 0.5, 0, 0, always=True),
        case(ISTIO_HTTP_ROUTE, 0.5, 0, 0, always=False),
        case(VIRTUAL_SERVICE, 0.5, 0, 0, always=True),
        case(INGRESS, 0, 0, 0, always=False),
        case(INGRESS_ROUTE, 0.5, 0, 1, always=False),
        case(TRAEFIK_SERVICE, 0.5, 0, 1, always=True),
        case(STRICT_TRAEFIK_SERVICE, 1, 1, 1, always=True),
    ],
)
def test_what_a_candidate_without_pods_costs(router_stage, route, weighed, idle, missing):
    scene = router_stage(route, AS_ADVISED)
    scene.add_candidate(replicas=0)
    scene.weigh(50)
    assert loses(scene, weighed)
    scene.weigh(0)
    assert loses(scene, idle)
    scene.kubectl("delete", "service", CANDIDATE)
    assert loses(scene, missing)
