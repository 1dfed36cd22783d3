# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about budgets and autoscalers: each finds its fault, and keeps quiet where there is none."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.preflight.findings import Scenery

from .manifests import DROP, autoscaler, budget, companion, nodes, of, paths, web, worker, workload

AUTOSCALED = {"spec.replicas": DROP}


@pytest.mark.parametrize(
    ("spec", "changes", "found"),
    [
        pytest.param({"maxUnavailable": 0}, {}, ["spec.maxUnavailable"], id="maxUnavailable 0"),
        pytest.param({"maxUnavailable": "0%"}, {}, ["spec.maxUnavailable"], id="0%"),
        pytest.param({"minAvailable": 3}, {}, ["spec.minAvailable"], id="all must stay"),
        pytest.param({"minAvailable": "100%"}, {}, ["spec.minAvailable"], id="100%"),
        pytest.param({"minAvailable": "90%"}, {}, ["spec.minAvailable"], id="90% of 3 rounds up"),
        pytest.param({"minAvailable": 1}, {"spec.replicas": 1}, ["spec.minAvailable"], id="one of one"),
        pytest.param({"minAvailable": 2}, {}, [], id="one may go"),
        pytest.param({"maxUnavailable": "1%"}, {}, [], id="1% rounds up"),
        pytest.param({"minAvailable": 3}, {"spec.replicas": 0}, [], id="switched off"),
        pytest.param({"minAvailable": "many"}, {}, [], id="no amount"),
        pytest.param({}, {}, [], id="nothing is said"),
        pytest.param({"maxUnavailable": 0, "selector": {"matchLabels": {"app": "api"}}}, {}, [], id="of others"),
        pytest.param({"maxUnavailable": 0, "selector": None}, {}, [], id="of nobody"),
    ],
)
def test_a_budget_allows_something(spec: dict[str, Any], changes: dict[str, Any], found: list[str]) -> None:
    assert paths("budget-blocks-evictions", web(changes, budget(**spec))) == found
    assert paths("budget-blocks-evictions", web(changes, live={"PodDisruptionBudget": (budget(**spec),)})) == found


def test_a_budget_of_daemons_is_another_rules() -> None:
    scenery = web({}, budget(minAvailable=3), kind="DaemonSet", live={"Node": nodes(3)})
    assert paths("budget-blocks-evictions", scenery) == []


def test_the_proposed_budget_lets_one_go() -> None:
    def remedies(changes: dict[str, Any], **spec: Any) -> list[str]:
        return [finding.remedy for finding in of("budget-blocks-evictions", web(changes, budget(**spec)))]

    assert remedies({}, minAvailable="100%") == ["minAvailable: 2"]
    assert remedies({}, maxUnavailable=0) == ["maxUnavailable: 1"]
    assert remedies({"spec.replicas": 1}, minAvailable=1) == ["# with two replicas:\n# minAvailable: 1"]


@pytest.mark.parametrize(
    ("scenery", "found"),
    [
        pytest.param(web({}, budget(selector={"matchLabels": {"app": "wbe"}})), True, id="a slip"),
        pytest.param(web({}, budget(selector=None)), True, id="no selector"),
        pytest.param(
            web({}, budget(selector={"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]})), True, id="expressions"
        ),
        pytest.param(web({}, budget()), False, id="it does"),
        pytest.param(web({}, budget(selector={})), False, id="all"),
        pytest.param(web(live={"PodDisruptionBudget": (budget(selector={"matchLabels": {"app": "api"}}),)}), False, id="live, of others"),
        pytest.param(
            web(
                {},
                budget(selector={"matchLabels": {"app": "api"}}),
                live={"StatefulSet": (workload("StatefulSet", {"spec.template.metadata.labels.app": "api"}),)},
            ),
            False,
            id="another one that runs",
        ),
    ],
)
def test_a_budget_counts_something(scenery: Scenery, found: bool) -> None:
    assert paths("budget-matches-nothing", scenery) == ["spec.selector"] * found


def test_what_is_wrong_with_a_budget_is_said_once() -> None:
    api = {**workload(changes={"spec.template.metadata.labels.app": "api"}), "metadata": {"namespace": "shop", "name": "api"}}
    scenery = web({}, api, budget(selector={"matchLabels": {"app": "wbe"}}))
    assert [finding.remedy for finding in of("budget-matches-nothing", scenery)] == ["selector:\n  matchLabels:\n    app: web"]
    bare = web({"spec.selector": DROP}, budget(selector=None))
    assert [finding.remedy for finding in of("budget-matches-nothing", bare)] == ["selector:\n  matchLabels:\n    app: web"]


@pytest.mark.parametrize(
    ("spec", "kind", "found"),
    [
        pytest.param({"maxUnavailable": 1}, "DaemonSet", ["spec.maxUnavailable"], id="maxUnavailable"),
        pytest.param({"maxUnavailable": "10%"}, "DaemonSet", ["spec.maxUnavailable"], id="maxUnavailable, a percentage"),
        pytest.param({"minAvailable": "50%"}, "DaemonSet", ["spec.minAvailable"], id="minAvailable, a percentage"),
        pytest.param({"minAvailable": 2}, "DaemonSet", [], id="minAvailable, a count"),
        pytest.param({"maxUnavailable": 1}, "Deployment", [], id="Deployment"),
        pytest.param({"maxUnavailable": 1, "selector": {"matchLabels": {"app": "api"}}}, "DaemonSet", [], id="of others"),
    ],
)
def test_a_budget_of_daemons_counts_them(spec: dict[str, Any], kind: str, found: list[str]) -> None:
    assert paths("budget-of-daemonset", web({}, budget(**spec), kind=kind, live={"Node": nodes(3)})) == found


@pytest.mark.parametrize(
    ("others", "found"),
    [
        pytest.param([budget(), budget("second", selector={})], True, id="two"),
        pytest.param([budget()], False, id="one"),
        pytest.param([budget(), budget("second", selector={"matchLabels": {"app": "api"}})], False, id="one, and one of others"),
        pytest.param([], False, id="none"),
    ],
)
def test_one_budget_counts_a_pod(others: list[Any], found: bool) -> None:
    assert paths("budgets-overlap", web({}, *others)) == ["spec.selector"] * found


def test_a_budget_that_the_definition_replaces_is_not_counted_twice() -> None:
    assert paths("budgets-overlap", web({}, budget(), live={"PodDisruptionBudget": (budget(),)})) == []
    assert paths("budgets-overlap", web({}, budget(), live={"PodDisruptionBudget": (budget("old"),)})) == ["spec.selector"]


@pytest.mark.parametrize(
    ("replicas", "spec", "outside", "beside"),
    [
        pytest.param(1, {}, True, False, id="below"),
        pytest.param(10, {}, True, False, id="above"),
        pytest.param(2, {}, False, True, id="the least"),
        pytest.param(9, {}, False, True, id="the most"),
        pytest.param(1, {"minReplicas": None}, False, True, id="one is the least by default"),
        pytest.param(10, {"maxReplicas": None}, False, True, id="unknown how many at most"),
        pytest.param(DROP, {}, False, False, id="not written"),
        pytest.param(0, {}, False, False, id="switched off"),
        pytest.param(10, {"scaleTargetRef": {"kind": "Deployment", "name": "api"}}, False, False, id="of another one"),
        pytest.param(10, {"scaleTargetRef": {"kind": "StatefulSet", "name": "web"}}, False, False, id="of another kind"),
    ],
)
def test_replicas_are_left_to_the_autoscaler(replicas: Any, spec: dict[str, Any], outside: bool, beside: bool) -> None:
    scenery = web({"spec.replicas": replicas}, autoscaler(**spec))
    assert paths("replicas-outside-autoscaler", scenery) == ["spec.replicas"] * outside
    assert paths("replicas-beside-autoscaler", scenery) == ["spec.replicas"] * beside


@pytest.mark.parametrize(
    ("others", "found"),
    [
        pytest.param([autoscaler(), autoscaler("second")], True, id="two"),
        pytest.param([autoscaler()], False, id="one"),
        pytest.param([autoscaler(), autoscaler("second", scaleTargetRef={"kind": "Deployment", "name": "api"})], False, id="of others"),
    ],
)
def test_one_autoscaler_scales(others: list[Any], found: bool) -> None:
    assert paths("autoscalers-overlap", web(AUTOSCALED, *others)) == ["spec.scaleTargetRef"] * found


def test_policies_of_another_namespace_are_of_others() -> None:
    elsewhere = {**companion("HorizontalPodAutoscaler"), "spec": autoscaler()["spec"], "metadata": {"namespace": "other", "name": "web"}}
    assert paths("replicas-beside-autoscaler", worker({}, elsewhere)) == []
    blocking = {**budget(maxUnavailable=0), "metadata": {"namespace": "other", "name": "web"}}
    assert paths("budget-blocks-evictions", worker({}, blocking)) == []
    nobody = {**budget(selector=None), "metadata": {"namespace": "other", "name": "web"}}
    assert paths("budget-matches-nothing", worker({}, nobody)) == []
