# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Budgets under which no pod will ever go."""

from __future__ import annotations

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, JsonValue, Ref
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.budgets import never

REF, LABELS = Ref("StatefulSet", "shop", "web"), {"app": "web"}


def budget(name: str = "web", *, spec: JsonObject | None = None, observed: int = 1, reason: str = "", **status: JsonValue) -> JsonObject:
    conditions: list[JsonValue] = (
        [{"type": "DisruptionAllowed", "status": "False", "reason": reason, "message": "no scale"}] if reason else []
    )
    return {
        "kind": "PodDisruptionBudget",
        "metadata": {"namespace": "shop", "name": name, "generation": 1},
        "spec": {"selector": {"matchLabels": LABELS}, "minAvailable": 2, **(spec or {})},
        "status": {"observedGeneration": observed, "expectedPods": 3, "desiredHealthy": 2, "conditions": conditions, **status},
    }


@pytest.mark.parametrize(
    "found",
    [
        [],
        [budget()],
        [budget(desiredHealthy=3, observed=0)],
        [budget(desiredHealthy=3, spec={"selector": {"matchLabels": {"app": "other"}}})],
        [budget(desiredHealthy=3, spec={"selector": None})],
        [budget(expectedPods=0, desiredHealthy=0)],
        [budget(reason="InsufficientPods")],
    ],
    ids=["none", "one may go", "not looked at yet", "of other pods", "of no pods", "no pods", "not now"],
)
def test_what_lets_pods_go_sooner_or_later(found: list[JsonObject]) -> None:
    assert never(found, REF, LABELS) == ""


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (
            [budget(desiredHealthy=3, spec={"minAvailable": "100%"})],
            "PodDisruptionBudget shop/web (minAvailable 100%) never lets a pod of StatefulSet shop/web go: it wants 3 of 3 pods healthy",
        ),
        (
            [budget(desiredHealthy=3, spec={"minAvailable": None, "maxUnavailable": 0})],
            "PodDisruptionBudget shop/web (maxUnavailable 0) never lets a pod of StatefulSet shop/web go",
        ),
        (
            [budget(reason="SyncFailed", observed=0, spec={"minAvailable": None, "maxUnavailable": "20%"})],
            "never lets a pod of StatefulSet shop/web go, as Kubernetes cannot reckon with it: no scale; use minAvailable with a count.",
        ),
        (
            [budget(), budget("other")],
            "are counted by PodDisruptionBudget shop/other and PodDisruptionBudget shop/web, and Kubernetes evicts no pod that two budgets",
        ),
    ],
    ids=["all", "none away", "not to be reckoned", "two"],
)
def test_what_never_lets_a_pod_go(found: list[JsonObject], sentence: str) -> None:
    assert sentence in never(found, REF, LABELS)
