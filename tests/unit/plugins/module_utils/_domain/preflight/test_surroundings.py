# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands around a workload: how many pods there will be, how they are replaced, what they ask for."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.preflight.findings import Scenery
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.preflight.manifest import Subject, subjects
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.preflight.surroundings import (
    asked,
    desired,
    listed,
    needed,
    surges,
    way,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.shares import Share

from .manifests import APP, DROP, POD, autoscaler, node, nodes, put, web, workload

SURGE, UNAVAILABLE = (f"spec.strategy.rollingUpdate.{name}" for name in ("maxSurge", "maxUnavailable"))
HALF, THIRD = ((Share("weight", weight=weight),) for weight in (50, 33))
TAINTED = (*nodes(3), node("control-plane", taint="NoSchedule"))


def subject(scenery: Scenery) -> Subject:
    """The workload of a scenery."""
    return subjects(scenery.manifests)[0]


def running(kind: str, **fields: Any) -> dict[str, Any]:
    """The live workload."""
    return {**workload(kind), **fields}


def with_pods(counts: dict[str, int]) -> dict[str, Any]:
    """Deployments by name with so many pods each."""
    found = [put(workload(), {"metadata.name": name, "spec.replicas": count, "status.replicas": count}) for name, count in counts.items()]
    return {"Deployment": found}


@pytest.mark.parametrize(
    ("scenery", "expected"),
    [
        pytest.param(web(), 3, id="written"),
        pytest.param(web({"spec.replicas": 0}), 0, id="none"),
        pytest.param(web({"spec.replicas": DROP}), 1, id="one by default"),
        pytest.param(web({"spec.replicas": -1}), 1, id="no number of pods"),
        pytest.param(web({"spec.replicas": DROP}, live={"Deployment": (running("Deployment", spec={"replicas": 7}),)}), 7, id="as it runs"),
        pytest.param(
            web({"spec.replicas": DROP}, live={"Deployment": (running("Deployment", metadata={"namespace": "other", "name": "web"}),)}),
            1,
            id="another namespace",
        ),
        pytest.param(
            web({"spec.replicas": DROP}, live={"Deployment": (running("Deployment", metadata={"namespace": "shop", "name": "api"}),)}),
            1,
            id="another name",
        ),
        pytest.param(web({"spec.replicas": DROP}, autoscaler(minReplicas=4)), 4, id="by its autoscaler"),
        pytest.param(web({"spec.replicas": DROP}, live=with_pods({"web": 0, "web-green": 5})), 5, id="one of two sides is idle"),
        pytest.param(web(kind="DaemonSet"), None, id="DaemonSet, unknown nodes"),
        pytest.param(web(kind="DaemonSet", live={"Node": TAINTED}), 3, id="DaemonSet, taints"),
        pytest.param(
            web({f"{POD}.tolerations": [{"operator": "Exists"}]}, kind="DaemonSet", live={"Node": TAINTED}), 4, id="all tolerated"
        ),
        pytest.param(
            web({f"{POD}.tolerations": [{"operator": "Exists", "key": "disk"}]}, kind="DaemonSet", live={"Node": TAINTED}),
            None,
            id="some tolerated",
        ),
        pytest.param(
            web({f"{POD}.affinity.nodeAffinity": {"?": "?"}}, kind="DaemonSet", live={"Node": TAINTED}), None, id="affinity to nodes"
        ),
        pytest.param(
            web(
                {f"{POD}.affinity.nodeAffinity": {"?": "?"}},
                kind="DaemonSet",
                live={"DaemonSet": (running("DaemonSet", status={"desiredNumberScheduled": 5}),)},
            ),
            5,
            id="DaemonSet as it runs",
        ),
    ],
)
def test_how_many_pods_there_shall_be(scenery: Scenery, expected: int | None) -> None:
    assert desired(subject(scenery), scenery) == expected


@pytest.mark.parametrize(
    ("scenery", "how", "more", "beside"),
    [
        pytest.param(web(), "rolling", 1, True, id="one is added first"),
        pytest.param(web({UNAVAILABLE: 1}), "rolling", 0, True, id="one may go first"),
        pytest.param(web({"spec.replicas": 0}), "rolling", 0, True, id="switched off"),
        pytest.param(web({"spec.strategy": {"type": "Recreate"}}), "recreate", 0, False, id="Recreate"),
        pytest.param(web(strategy="blue_green"), "blue_green", 3, True, id="blue/green"),
        pytest.param(web({"spec.strategy": {"type": "Recreate"}}, strategy="blue_green"), "blue_green", 3, True, id="the task decides"),
        pytest.param(web(kind="StatefulSet", strategy="blue_green"), "rolling", 0, False, id="a StatefulSet has no sides"),
        pytest.param(web(kind="StatefulSet"), "rolling", 0, False, id="StatefulSet"),
        pytest.param(web({"spec.replicas": 10}, strategy="canary", shares=HALF), "canary", 5, True, id="a canary's largest step"),
        pytest.param(web({SURGE: 2}, strategy="canary", shares=THIRD), "canary", 2, True, id="a canary's promotion"),
        pytest.param(web({SURGE: 0, UNAVAILABLE: 0}, strategy="canary", shares=THIRD), "canary", 1, True, id="one at a time"),
        pytest.param(web({SURGE: "many"}, strategy="canary", shares=THIRD), "canary", 1, True, id="bounds that are none"),
        pytest.param(web(strategy="canary", shares=THIRD, least=2), "canary", 2, True, id="a canary's least"),
        pytest.param(web({"spec.replicas": 0}, strategy="canary", shares=THIRD), "canary", 0, True, id="a canary of nothing"),
        pytest.param(web(live=with_pods({"web": 4}), strategy="canary", shares=THIRD), "canary", 0, True, id="a canary on its way"),
        pytest.param(web(kind="StatefulSet", strategy="canary", shares=THIRD), "rolling", 0, False, id="a StatefulSet has no canary"),
        pytest.param(
            web({"spec.updateStrategy.rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}, kind="DaemonSet", live={"Node": nodes(3)}),
            "rolling",
            0,
            True,
            id="DaemonSet with surge",
        ),
        pytest.param(web({"spec.updateStrategy": {"type": "OnDelete"}}, kind="DaemonSet"), "rolling", 0, False, id="OnDelete"),
        pytest.param(web(live=with_pods({"web": 3})), "rolling", 1, True, id="it has not begun"),
        pytest.param(web(live=with_pods({"web": 4})), "rolling", 0, True, id="on its way"),
        pytest.param(web(live=with_pods({"web": 3}), strategy="blue_green"), "blue_green", 3, True, id="blue/green has not begun"),
        pytest.param(web(live=with_pods({"web": 3, "web-green": 2}), strategy="blue_green"), "blue_green", 1, True, id="on its way there"),
        pytest.param(
            web(live=with_pods({"web-blue": 3, "web-green": 3}), strategy="blue_green"), "blue_green", 0, True, id="both are there"
        ),
    ],
)
def test_what_a_rollout_needs_beside_what_runs(scenery: Scenery, how: str, more: int, beside: bool) -> None:
    found = subject(scenery)
    assert (way(found, scenery), needed(found, scenery), surges(found, scenery)) == (how, more, beside)


def test_what_a_pod_asks_for() -> None:
    changes = {
        f"{APP}.resources": {"requests": {"cpu": "100m"}, "limits": {"cpu": 1, "memory": "1Ki"}},
        f"{POD}.initContainers": [
            {"resources": {"requests": {"cpu": "150m", "memory": 1}}},
            {"restartPolicy": "Always", "resources": {"requests": {"cpu": "20m"}}},
        ],
    }
    found = subject(web(changes))
    assert asked(found) == {"cpu": Fraction(150, 1000), "memory": 1024}
    assert asked(found, of="limits") == {"cpu": 1, "memory": 1024}


def test_names_are_listed_once() -> None:
    assert listed(["a"]) == "a"
    assert listed(["b", "a", "b"]) == "b and a"
    assert listed(["a", "b", "c"]) == "a, b and c"
