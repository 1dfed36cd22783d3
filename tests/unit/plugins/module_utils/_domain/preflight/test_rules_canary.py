# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about canaries: each finds its fault, and keeps quiet where there is none, or no canary."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.preflight.findings import Scenery
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.preflight.table import check
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.shares import Share

from .manifests import DROP, autoscaler, companion, nodes, of, paths, service, web

CANARY: dict[str, Any] = {"strategy": "canary", "shares": (Share("weight_50", weight=50),)}
SCALED = {"spec.replicas": DROP}
RECREATE = {"spec.strategy": {"type": "Recreate"}}


def keda(**spec: Any) -> dict[str, Any]:
    return companion("ScaledObject", "web", **{"scaleTargetRef": {"name": "web"}, **spec})


def metric(kind: str, target: str = "AverageValue") -> dict[str, Any]:
    return {"type": kind, kind.lower(): {"target": {"type": target, "averageValue": 30}}}


def test_a_canary_of_nothing_wrong_is_told_nothing() -> None:
    assert check(web(**CANARY)) == ()


def test_pods_that_all_stop_first_leave_no_place_for_a_candidate() -> None:
    assert paths("canary-with-recreate", web(RECREATE, **CANARY)) == ["spec.strategy"]
    assert paths("canary-with-recreate", web(RECREATE)) == []
    assert paths("recreate-behind-service", web(RECREATE, **CANARY)) == []
    assert paths("canary-with-recreate", web(**CANARY)) == []


@pytest.mark.parametrize(
    ("scaler", "found"),
    [
        pytest.param(autoscaler(minReplicas=0), ["spec.minReplicas"], id="0"),
        pytest.param(autoscaler(minReplicas=1), [], id="1"),
        pytest.param(autoscaler(minReplicas=None), [], id="its default, 1"),
        pytest.param(autoscaler(minReplicas=0, scaleTargetRef={"kind": "Deployment", "name": "api"}), [], id="of another one"),
        pytest.param(keda(), ["spec.minReplicaCount"], id="KEDA's default, 0"),
        pytest.param(keda(minReplicaCount=0), ["spec.minReplicaCount"], id="KEDA 0"),
        pytest.param(keda(minReplicaCount=1), [], id="KEDA 1"),
        pytest.param(keda(minReplicaCount=2, idleReplicaCount=0), ["spec.idleReplicaCount"], id="KEDA idle"),
        pytest.param(keda(minReplicaCount=2, idleReplicaCount=1), [], id="KEDA idle 1"),
        pytest.param(keda(scaleTargetRef={"name": "api"}), [], id="KEDA of another one"),
        pytest.param(keda(scaleTargetRef={"kind": "StatefulSet", "name": "web"}), [], id="KEDA of another kind"),
        pytest.param({**keda(), "metadata": {"namespace": "other", "name": "web"}}, [], id="KEDA of another namespace"),
    ],
)
def test_nothing_takes_all_pods_away(scaler: dict[str, Any], found: list[str]) -> None:
    assert paths("canary-scaled-to-zero", web(SCALED, scaler, **CANARY)) == found
    assert paths("canary-scaled-to-zero", web(SCALED, live={scaler["kind"]: (scaler,)}, **CANARY)) == found
    assert paths("canary-scaled-to-zero", web(SCALED, scaler)) == []


@pytest.mark.parametrize(
    ("metrics", "count"),
    [
        pytest.param([metric("External")], 1, id="external"),
        pytest.param([metric("Object")], 1, id="object"),
        pytest.param([metric("External"), metric("Object")], 1, id="both are said once"),
        pytest.param([metric("External", "Value")], 0, id="not by pods"),
        pytest.param([metric("Resource")], 0, id="of each pod"),
        pytest.param([], 0, id="none"),
    ],
)
def test_no_autoscaler_takes_the_pods_of_a_canary_for_wanted_ones(metrics: list[dict[str, Any]], count: int) -> None:
    scaler = autoscaler(metrics=metrics)
    assert len(of("canary-counted-by-autoscaler", web(SCALED, scaler, **CANARY))) == count
    assert of("canary-counted-by-autoscaler", web(SCALED, scaler)) == []


def test_the_autoscaler_is_held_at_the_number_of_pods() -> None:
    scaler = autoscaler(metrics=[metric("External")])
    (found,) = of("canary-counted-by-autoscaler", web(SCALED, scaler, **CANARY))
    assert found.remedy == "# for the time of the canary:\n# maxReplicas: 2"
    (found,) = of("canary-counted-by-autoscaler", web({"spec.replicas": 0}, scaler, **CANARY))
    assert found.remedy == "# for the time of the canary a fixed maxReplicas"


def test_all_services_that_lead_to_the_candidate_are_named() -> None:
    (found,) = of("canary-behind-several-services", web(None, service("admin"), **CANARY))
    assert "The Services admin and web all lead to its pods" in found.why
    for quiet in (web(**CANARY), web(None, service("admin")), web(None, service("admin", selector={"app": "api"}), **CANARY)):
        assert of("canary-behind-several-services", quiet) == []


def test_rules_of_rollouts_that_add_pods_speak_of_canaries_too() -> None:
    claim = companion("PersistentVolumeClaim", "data", accessModes=["ReadWriteOnce"])
    pod = "spec.template.spec"
    volume = {f"{pod}.volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]}
    assert paths("volume-of-one-node", web(volume, claim, **CANARY)) == ["spec.strategy"]
    apart = {"labelSelector": {"matchLabels": {"app": "web"}}, "topologyKey": "kubernetes.io/hostname"}
    alone = {f"{pod}.affinity.podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [apart]}}

    def crowded(count: int) -> Scenery:
        return web(alone, live={"Node": nodes(count)}, **CANARY)

    assert len(of("anti-affinity-blocks-surge", crowded(4))) == 1
    assert of("anti-affinity-blocks-surge", crowded(5)) == []
    assert paths("no-history", web({"spec.revisionHistoryLimit": 0}, **CANARY)) == ["spec.revisionHistoryLimit"]
