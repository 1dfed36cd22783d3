# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a task may take is told by its plan: a claim may ask for a hold that the task's own options do not name."""

from __future__ import annotations

from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import at
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.request import ColourRequest, Waiting
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.sides.claims import Side, SidesClaim
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.verification import PodProbe, Verification
from ansible_collections.rollout.kubernetes.plugins.module_utils._engine.gates.measuring_job import FromPod
from ansible_collections.rollout.kubernetes.plugins.module_utils._engine.outside.measurement import UNMEASURED, Measurement
from ansible_collections.rollout.kubernetes.plugins.module_utils._engine.plan.sides import ColourPlan
from ansible_collections.rollout.kubernetes.plugins.module_utils._engine.run.blue_green import BlueGreen


def seconds_of(claim: SidesClaim | None) -> float:
    request = ColourRequest(goal="promote", namespace="shop", application="web", holder="alice", waiting=Waiting(timeout=10))
    nowhere: Any = None
    return BlueGreen(request, nowhere, None).seconds(ColourPlan(claim))


def holding(delay: float) -> SidesClaim:
    return SidesClaim("a", (Side("web", "web", "web-green", "x"),), {"web": "web"}, delay=delay)


def test_the_hold_of_the_claim_comes_on_top_of_all_steps_there_and_back() -> None:
    assert seconds_of(holding(900)) - seconds_of(holding(0)) == 900
    assert 10 * 7 < seconds_of(holding(0)) < 10 * 30
    assert seconds_of(None) > 0


def test_the_pod_that_measures_lives_as_long_as_the_plan_may_take() -> None:
    wanted = Verification("http://web/", pod=PodProbe("curl", "shop"), after=100)

    nowhere: Any = None

    def source() -> FromPod:
        return FromPod(
            wanted,
            PodProbe("curl", "shop"),
            cluster=nowhere,
            clock=lambda: 0.0,
            guard=lambda: None,
            namespace="shop",
            seconds=140,
        )

    def ends(pod: FromPod) -> object:
        return at(pod._manifest, "spec", "activeDeadlineSeconds")

    pod = source()
    assert ends(pod) == 440
    Measurement(wanted, pod, clock=lambda: 0.0, progress=lambda line: None).allow(1040)
    assert ends(pod) == 1040 + 120 + 100 + 2 * wanted.timeout + 300
    pod.allow(1)
    assert ends(pod) == 1040 + 120 + 100 + 2 * wanted.timeout + 300, "never shorter than was said before"
    UNMEASURED.allow(1)
