# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about numbers: each finds its fault, and keeps quiet where there is none."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.preflight.findings import Scenery
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.preflight.table import check

from .manifests import APP, DROP, autoscaler, nodes, of, paths, pod, web, worker, workload

SURGE, UNAVAILABLE = "spec.strategy.rollingUpdate.maxSurge", "spec.strategy.rollingUpdate.maxUnavailable"
OF_OTHERS = "spec.updateStrategy.rollingUpdate"
LIMITS = "spec.strategy.rollingUpdate"
STARTUP = {"httpGet": {"path": "/", "port": 80}, "initialDelaySeconds": 10, "failureThreshold": 30, "periodSeconds": 5}


@pytest.mark.parametrize(
    ("changes", "kind", "found"),
    [
        pytest.param({SURGE: 0}, "Deployment", [LIMITS], id="both 0"),
        pytest.param({SURGE: "0%", UNAVAILABLE: "0"}, "Deployment", [LIMITS], id="both 0, spelled otherwise"),
        pytest.param({f"{OF_OTHERS}.maxUnavailable": 0}, "StatefulSet", [OF_OTHERS], id="StatefulSet: unavailable is all it has"),
        pytest.param({f"{OF_OTHERS}.maxUnavailable": 0}, "DaemonSet", [OF_OTHERS], id="DaemonSet: surge is 0 by default"),
        pytest.param({}, "Deployment", [], id="surge"),
        pytest.param({SURGE: 0, UNAVAILABLE: 1}, "Deployment", [], id="unavailable"),
        pytest.param({SURGE: DROP}, "Deployment", [], id="surge by default"),
        pytest.param({SURGE: DROP, UNAVAILABLE: DROP}, "Deployment", [], id="all by default"),
        pytest.param({SURGE: 0, UNAVAILABLE: "10%"}, "Deployment", [], id="rounds to 0 only"),
        pytest.param({SURGE: 0, UNAVAILABLE: "none"}, "Deployment", [], id="no amount is another rule's"),
        pytest.param({f"{OF_OTHERS}.maxUnavailable": 0, f"{OF_OTHERS}.maxSurge": 1}, "DaemonSet", [], id="DaemonSet with surge"),
        pytest.param({OF_OTHERS: {}}, "DaemonSet", [], id="DaemonSet by default"),
        pytest.param({OF_OTHERS: {}}, "StatefulSet", [], id="StatefulSet by default"),
        pytest.param({"spec.strategy": {"type": "Recreate"}}, "Deployment", [], id="Recreate"),
    ],
)
def test_something_must_be_allowed_to_change(changes: dict[str, Any], kind: str, found: list[str]) -> None:
    assert paths("surge-and-unavailable-zero", web(changes, kind=kind)) == found


@pytest.mark.parametrize(
    ("kind", "path", "remedy"),
    [
        ("Deployment", SURGE, "rollingUpdate:\n  maxSurge: 1\n  maxUnavailable: 0"),
        ("StatefulSet", f"{OF_OTHERS}.maxUnavailable", "rollingUpdate:\n  maxUnavailable: 1"),
        ("DaemonSet", f"{OF_OTHERS}.maxUnavailable", "rollingUpdate:\n  maxUnavailable: 1"),
    ],
)
def test_each_kind_has_its_own_way_out(kind: str, path: str, remedy: str) -> None:
    (zero,) = of("surge-and-unavailable-zero", web({path: 0}, kind=kind))
    assert zero.remedy == remedy
    assert ("maxSurge" in zero.why) == (kind != "StatefulSet")
    wrong = path.replace("maxSurge", "maxUnavailable")
    assert [finding.remedy for finding in of("limits-refused", web({wrong: "x"}, kind=kind))] == [remedy]
    all_of_them = [finding.remedy for finding in of("unavailable-takes-all", web({wrong: "100%"}, kind=kind))]
    assert all_of_them == [remedy]


@pytest.mark.parametrize(
    ("changes", "kind", "said"),
    [
        pytest.param({SURGE: "a lot"}, "Deployment", "maxSurge is 'a lot'", id="no amount"),
        pytest.param({UNAVAILABLE: 1.5}, "Deployment", "maxUnavailable is '1.5'", id="a fraction"),
        pytest.param({UNAVAILABLE: "120%"}, "Deployment", "more than 100%", id="above 100%"),
        pytest.param({f"{OF_OTHERS}.maxSurge": 1}, "DaemonSet", "both above 0", id="DaemonSet with both"),
        pytest.param({f"{OF_OTHERS}.maxSurge": 1}, "StatefulSet", "does not exist for a StatefulSet", id="StatefulSet with surge"),
        pytest.param({SURGE: "150%"}, "Deployment", "", id="surge may be above 100%"),
        pytest.param({SURGE: 0}, "Deployment", "", id="both 0 is another rule's"),
        pytest.param({LIMITS: {"maxSurge": "x"}, "spec.strategy.type": "Recreate"}, "Deployment", "", id="Recreate"),
    ],
)
def test_limits_that_kubernetes_refuses(changes: dict[str, Any], kind: str, said: str) -> None:
    found = of("limits-refused", web(changes, kind=kind))
    assert len(found) == bool(said)
    assert all(said in finding.why and "max_" not in finding.why for finding in found)


@pytest.mark.parametrize(
    ("changes", "kind", "options", "found"),
    [
        pytest.param({SURGE: 0, UNAVAILABLE: "10%"}, "Deployment", {}, [SURGE], id="10% of 3"),
        pytest.param({f"{OF_OTHERS}.maxUnavailable": "10%"}, "StatefulSet", {}, [f"{OF_OTHERS}.maxUnavailable"], id="StatefulSet"),
        pytest.param({SURGE: 0, UNAVAILABLE: "10%", "spec.replicas": 10}, "Deployment", {}, [], id="10% of 10"),
        pytest.param({SURGE: 1, UNAVAILABLE: "10%"}, "Deployment", {}, [], id="a pod may be added"),
        pytest.param({SURGE: 0, UNAVAILABLE: "10%", "spec.replicas": 0}, "Deployment", {}, [], id="no pods"),
        pytest.param({SURGE: 0, UNAVAILABLE: "10%"}, "Deployment", {"strategy": "blue_green"}, [], id="not rolling"),
        pytest.param({f"{OF_OTHERS}.maxUnavailable": "1%"}, "DaemonSet", {"live": {"Node": nodes(5)}}, [], id="DaemonSets round up"),
    ],
)
def test_a_percentage_of_few_pods(changes: dict[str, Any], kind: str, options: dict[str, Any], found: list[str]) -> None:
    assert paths("unavailable-rounds-to-zero", web(changes, kind=kind, **options)) == found


@pytest.mark.parametrize(
    ("scenery", "found"),
    [
        pytest.param(web({UNAVAILABLE: "100%"}), [LIMITS], id="100%"),
        pytest.param(web({UNAVAILABLE: 3}), [LIMITS], id="as many as there are"),
        pytest.param(web({f"{OF_OTHERS}.maxUnavailable": 5}, kind="StatefulSet"), [OF_OTHERS], id="StatefulSet"),
        pytest.param(web({f"{OF_OTHERS}.maxUnavailable": "100%"}, kind="DaemonSet"), [OF_OTHERS], id="DaemonSet of unknown nodes"),
        pytest.param(web({UNAVAILABLE: 2}), [], id="one stays"),
        pytest.param(web({f"{OF_OTHERS}.maxUnavailable": 5}, kind="DaemonSet"), [], id="5 of unknown nodes"),
        pytest.param(web({f"{OF_OTHERS}.maxUnavailable": 5}, kind="DaemonSet", live={"Node": nodes(9)}), [], id="5 of 9 nodes"),
        pytest.param(web(kind="DaemonSet", live={"Node": nodes(1)}), [OF_OTHERS], id="DaemonSet of one node"),
        pytest.param(web({f"{OF_OTHERS}.maxUnavailable": 1}, kind="DaemonSet", live={"Node": nodes(2)}), [], id="1 of 2 nodes"),
        pytest.param(web({UNAVAILABLE: 1, "spec.replicas": 1}), [], id="one alone is another rule's"),
        pytest.param(web({UNAVAILABLE: "100%"}, strategy="blue_green"), [], id="blue/green"),
        pytest.param(web({UNAVAILABLE: "101%"}), [], id="refused anyway"),
        pytest.param(worker({UNAVAILABLE: "100%"}), [LIMITS], id="with a port, no Service is known"),
        pytest.param(worker({UNAVAILABLE: "100%", f"{APP}.ports": DROP}), [], id="without a port, no Service is known"),
        pytest.param(worker({UNAVAILABLE: "100%"}, live={"Service": ()}), [], id="no Service leads to it"),
        pytest.param(web({"spec.updateStrategy": {"type": "OnDelete"}}, kind="StatefulSet"), [], id="OnDelete"),
    ],
)
def test_all_pods_at_once(scenery: Scenery, found: list[str]) -> None:
    assert paths("unavailable-takes-all", scenery) == found


@pytest.mark.parametrize(
    ("changes", "value"),
    [({OF_OTHERS: DROP}, "1, the default, lets the only pod go"), ({f"{OF_OTHERS}.maxUnavailable": "50%"}, "50% lets the only pod go")],
)
def test_the_only_pod_of_a_daemon_set_needs_a_surge(changes: dict[str, Any], value: str) -> None:
    (finding,) = of("unavailable-takes-all", web(changes, kind="DaemonSet", live={"Node": nodes(1)}))
    assert value in finding.why
    assert finding.remedy == "rollingUpdate:\n  maxSurge: 1\n  maxUnavailable: 0"


@pytest.mark.parametrize(
    ("scenery", "found"),
    [
        pytest.param(web({"spec.replicas": 1}), True, id="one"),
        pytest.param(web({"spec.replicas": DROP}), True, id="one by default"),
        pytest.param(web({"spec.replicas": DROP}, autoscaler(minReplicas=1)), True, id="one by its autoscaler"),
        pytest.param(web({"spec.replicas": DROP}, autoscaler()), False, id="two by its autoscaler"),
        pytest.param(web({"spec.replicas": DROP}, live={"Deployment": (workload(),)}), False, id="three run"),
        pytest.param(web(), False, id="three"),
        pytest.param(web({"spec.replicas": 1}, autoscaler()), False, id="one is written, two by its autoscaler"),
        pytest.param(web({"spec.replicas": 0}), False, id="switched off"),
        pytest.param(worker({"spec.replicas": 1}), False, id="no Service is known"),
        pytest.param(web(kind="DaemonSet", live={"Node": nodes(1)}), False, id="DaemonSet"),
    ],
)
def test_one_pod_alone(scenery: Scenery, found: bool) -> None:
    assert paths("single-replica", scenery) == ["spec.replicas"] * found


def test_who_says_how_many_is_told_to_say_two() -> None:
    in_autoscaler = "# minReplicas of its HorizontalPodAutoscaler:\n# minReplicas: 2"
    one = autoscaler(minReplicas=1)
    assert of("single-replica", web({"spec.replicas": DROP}))[0].remedy == "replicas: 2"
    assert of("single-replica", web({"spec.replicas": 1}, one))[0].remedy == "replicas: 2"
    assert of("single-replica", web({"spec.replicas": DROP}, one))[0].remedy == in_autoscaler


@pytest.mark.parametrize(
    ("scenery", "found"),
    [
        pytest.param(web({"spec.strategy": {"type": "Recreate"}}), True, id="by its manifest"),
        pytest.param(web(strategy="recreate"), True, id="by the task"),
        pytest.param(web({"spec.strategy": {"type": "Recreate"}}, strategy="blue_green"), False, id="the task does it otherwise"),
        pytest.param(worker({"spec.strategy": {"type": "Recreate"}}), False, id="no Service"),
        pytest.param(web(), False, id="rolling"),
    ],
)
def test_recreate_behind_a_service(scenery: Scenery, found: bool) -> None:
    assert paths("recreate-behind-service", scenery) == ["spec.strategy"] * found


@pytest.mark.parametrize(
    ("changes", "kind", "found"),
    [
        pytest.param({"spec.minReadySeconds": 600}, "Deployment", True, id="as long as the default"),
        pytest.param({"spec.minReadySeconds": 60, "spec.progressDeadlineSeconds": 30}, "Deployment", True, id="longer"),
        pytest.param({"spec.minReadySeconds": 30, "spec.progressDeadlineSeconds": 31}, "Deployment", False, id="shorter"),
        pytest.param({"spec.minReadySeconds": 900, "spec.progressDeadlineSeconds": 2**31 - 1}, "Deployment", False, id="no deadline"),
        pytest.param({"spec.minReadySeconds": 900}, "StatefulSet", False, id="StatefulSets have none"),
    ],
)
def test_min_ready_seconds_end_before_the_deadline(changes: dict[str, Any], kind: str, found: bool) -> None:
    assert paths("min-ready-exceeds-deadline", web(changes, kind=kind)) == ["spec.progressDeadlineSeconds"] * found


@pytest.mark.parametrize(
    ("scenery", "said"),
    [
        pytest.param(web({"spec.minReadySeconds": 200}, wait_timeout=600), "in 3 rounds of pods takes at least 600 s", id="one by one"),
        pytest.param(web({"spec.minReadySeconds": 60}, strategy="blue_green", wait_timeout=60), "in 1 round of pods", id="blue/green"),
        pytest.param(web({"spec.minReadySeconds": 60}, kind="DaemonSet", wait_timeout=30.5), "only 30.5 s", id="unknown number of nodes"),
        pytest.param(web({"spec.minReadySeconds": 199}, wait_timeout=600), "", id="in time"),
        pytest.param(web({"spec.minReadySeconds": 200, SURGE: 3}, wait_timeout=600), "", id="all at once"),
        pytest.param(web({"spec.minReadySeconds": 60, "spec.replicas": 0}, wait_timeout=600), "", id="no pods"),
        pytest.param(web({"spec.minReadySeconds": 9000}), "", id="unknown how long it is waited for"),
        pytest.param(web(wait_timeout=0), "", id="no minReadySeconds"),
    ],
)
def test_the_wait_is_long_enough(scenery: Scenery, said: str) -> None:
    found = of("min-ready-exceeds-timeout", scenery)
    assert [finding.path for finding in found] == ["spec.minReadySeconds"] * bool(said)
    assert all(said in finding.why for finding in found)


def test_the_way_out_of_a_wait_that_is_too_short() -> None:
    (finding,) = of("min-ready-exceeds-timeout", web({"spec.minReadySeconds": 200}, wait_timeout=600))
    assert finding.remedy == "minReadySeconds: 100\n# or wait longer, in the task:\n# wait_timeout: 780"
    (finding,) = of("min-ready-exceeds-timeout", web({"spec.minReadySeconds": 200}, wait_timeout=1))
    assert finding.remedy.startswith("minReadySeconds: 1\n")


@pytest.mark.parametrize(
    ("changes", "kind", "said"),
    [
        pytest.param({f"{APP}.startupProbe": STARTUP, "spec.progressDeadlineSeconds": 160}, "Deployment", "allows 160 s", id="reached"),
        pytest.param(
            {f"{APP}.startupProbe": STARTUP, "spec.progressDeadlineSeconds": 170, "spec.minReadySeconds": 15},
            "Deployment",
            "minReadySeconds adds 15 s",
            id="with minReadySeconds",
        ),
        pytest.param({f"{APP}.startupProbe": {"periodSeconds": 200}}, "Deployment", "allows 600 s", id="the defaults"),
        pytest.param({f"{APP}.startupProbe": STARTUP, "spec.progressDeadlineSeconds": 161}, "Deployment", "", id="in time"),
        pytest.param({"spec.progressDeadlineSeconds": 5}, "Deployment", "", id="no startup probe"),
        pytest.param({f"{APP}.startupProbe": STARTUP, "spec.progressDeadlineSeconds": 5}, "StatefulSet", "", id="StatefulSet"),
    ],
)
def test_a_slow_start_is_within_the_deadline(changes: dict[str, Any], kind: str, said: str) -> None:
    found = of("startup-exceeds-deadline", web(changes, kind=kind))
    assert [finding.path for finding in found] == ["spec.progressDeadlineSeconds"] * bool(said)
    assert all(said in finding.why for finding in found)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"spec.revisionHistoryLimit": 0}, True),
        ({"spec.revisionHistoryLimit": 2}, False),
        ({}, False),
        ({"spec.revisionHistoryLimit": False}, False),
    ],
)
def test_there_is_something_to_go_back_to(changes: dict[str, Any], found: bool) -> None:
    assert paths("no-history", web(changes)) == ["spec.revisionHistoryLimit"] * found


DEADLINE = {"spec.progressDeadlineSeconds": 60}


@pytest.mark.parametrize(
    ("pods", "found"),
    [
        pytest.param([pod("a", 60)], True, id="reached"),
        pytest.param([pod("a", 59)], False, id="in time"),
        pytest.param([pod("a", 10), pod("b", 20), pod("c", 300)], False, id="one that was late"),
        pytest.param([pod("a", 10), pod("b", 90), pod("c", 300)], True, id="most were late"),
        pytest.param([pod("a", 300, restarts=1)], False, id="restarted since"),
        pytest.param([pod("a", 300, of="api")], False, id="of another Deployment"),
        pytest.param([pod("a", 300, of="web-green")], True, id="of its other side"),
        pytest.param([pod("a", 300, namespace="other")], False, id="of another namespace"),
        pytest.param([pod("a", 300, creationTimestamp="2026-01-01T08:00:00")], False, id="a time without a zone"),
        pytest.param([{**pod("a", 300), "status": {}}], False, id="never ready"),
        pytest.param([], False, id="none"),
    ],
)
def test_pods_start_within_the_deadline(pods: list[dict[str, Any]], found: bool) -> None:
    assert paths("start-exceeds-deadline", web(DEADLINE, live={"Pod": pods})) == ["spec.progressDeadlineSeconds"] * found


def test_a_slow_start_needs_a_deadline_and_pods_to_know_it_by() -> None:
    (finding,) = of("start-exceeds-deadline", web(DEADLINE, live={"Pod": [pod("a", 90)]}))
    assert finding.remedy == "progressDeadlineSeconds: 180"
    assert paths("start-exceeds-deadline", web(DEADLINE)) == []
    assert paths("start-exceeds-deadline", web({"spec.progressDeadlineSeconds": 2**31 - 1}, live={"Pod": [pod("a", 900)]})) == []


@pytest.mark.parametrize("limits", [{"maxSurge": 0, "maxUnavailable": 0}, {"maxSurge": "much"}])
def test_what_is_replaced_by_recreate_need_not_be_right(limits: dict[str, Any]) -> None:
    assert check(worker({LIMITS: limits}, strategy="rolling")) != ()
    assert check(worker({LIMITS: limits}, strategy="recreate")) == ()
