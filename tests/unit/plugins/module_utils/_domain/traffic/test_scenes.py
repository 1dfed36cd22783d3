# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One moment of a namespace: autoscalers and budgets, and what is asked of them."""

from __future__ import annotations

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, Ref
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.scenes import Autoscaler, Budget, Scene
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import Snapshot

from ..world import Running, World, deployment

LABELS = {"app": "web", "tier": "front"}


def budget(**selector: object) -> Budget:
    return Budget.of({"metadata": {"namespace": "shop", "name": "web"}, "spec": {"selector": selector}})  # type: ignore[dict-item]


def expression(operator: str, *values: str, key: str = "app") -> JsonObject:
    return {"key": key, "operator": operator, **({"values": list(values)} if values else {})}


@pytest.mark.parametrize(
    ("selector", "counts"),
    [
        pytest.param({}, True, id="everything"),
        pytest.param({"matchLabels": {"app": "web"}}, True, id="labels"),
        pytest.param({"matchLabels": {"app": "api"}}, False, id="other labels"),
        pytest.param({"matchExpressions": [expression("In", "web", "api")]}, True, id="In"),
        pytest.param({"matchExpressions": [expression("In", "api")]}, False, id="not In"),
        pytest.param({"matchExpressions": [expression("In")]}, False, id="In without values"),
        pytest.param({"matchExpressions": [expression("NotIn", "api")]}, True, id="NotIn"),
        pytest.param({"matchExpressions": [expression("NotIn", "web")]}, False, id="not NotIn"),
        pytest.param({"matchExpressions": [expression("NotIn", "web", key="zone")]}, True, id="NotIn without the label"),
        pytest.param({"matchExpressions": [expression("Exists")]}, True, id="Exists"),
        pytest.param({"matchExpressions": [expression("Exists", key="zone")]}, False, id="not Exists"),
        pytest.param({"matchExpressions": [expression("DoesNotExist", key="zone")]}, True, id="DoesNotExist"),
        pytest.param({"matchExpressions": [expression("DoesNotExist")]}, False, id="not DoesNotExist"),
        pytest.param({"matchLabels": {"app": "web"}, "matchExpressions": [expression("In", "back", key="tier")]}, False, id="both"),
    ],
)
def test_a_budget_counts_pods_as_the_api_does(selector: dict[str, object], counts: bool) -> None:
    assert budget(**selector).counts(LABELS) is counts


def test_a_budget_tells_its_labels() -> None:
    found = budget(matchLabels={"app": "web"})
    assert (str(found.ref), found.labels) == ("PodDisruptionBudget shop/web", {"app": "web"})


@pytest.mark.parametrize(
    ("kind", "owners", "expected"),
    [
        pytest.param("Deployment", [], ("web", ""), id="plain"),
        pytest.param("StatefulSet", [], ("", ""), id="of something else"),
        pytest.param("Deployment", [{"kind": "Other"}, {"kind": "ScaledObject", "name": "web-queue"}], ("web", "web-queue"), id="KEDA"),
    ],
)
def test_an_autoscaler_tells_what_it_scales(kind: str, owners: list[JsonObject], expected: tuple[str, str]) -> None:
    metadata: JsonObject = {"namespace": "shop", "name": "web", "ownerReferences": owners}
    found = Autoscaler.of({"metadata": metadata, "spec": {"scaleTargetRef": {"kind": kind, "name": "web"}}})
    assert (found.deployment, found.scaled_object) == expected
    assert found.ref == Ref("HorizontalPodAutoscaler", "shop", "web")
    assert found.target == {"kind": kind, "name": "web"}


def test_a_scene_answers_for_what_is_not_there() -> None:
    scene = Scene()
    assert (scene.workload("web"), scene.snapshot("web"), scene.desired("web"), scene.scales("web")) == (None, Snapshot(None), 0, None)


def test_a_scene_counts_ready_pods_and_knows_those_of_a_deployment() -> None:
    world = World(scalers={"web": "web"})
    world.apply(deployment("web", "web:1", replicas=3))
    world.settle()
    world.change(world.pods[0], ready=False)
    world.change(world.pods[1], going=True)
    world.pods.append(Running("other", "api", "api-1", "h1", {"app": "web"}, ready=True))
    scene = world.scene()
    assert (scene.ready({"app": "web"}), scene.desired("web"), len(scene.pods_of("web"))) == (2, 3, 3)
    scaler = scene.scales("web")
    assert scaler is not None
    assert scaler.ref.name == "web"
