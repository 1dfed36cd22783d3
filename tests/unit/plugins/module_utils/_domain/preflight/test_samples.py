# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Manifests as people write them, and what a person who knows would say of each: no less and no more."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.preflight.findings import Scenery
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.preflight.table import RULES, check
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.request import Way

from tests.dev.rules import PAGE, SAMPLES, documents, examples, page, scenery_of

DEMO = Path(__file__).parents[5] / "demo"

EXPECTED: dict[str, set[str]] = {
    "a_tenth_of_few": {"unavailable-rounds-to-zero"},
    "all_at_once": {"unavailable-takes-all"},
    "blog_with_a_disk": {"no-pre-stop", "no-readiness-probe", "no-requests", "recreate-behind-service", "single-replica"},
    "branch_builds": {"image-latest", "image-tag-moves"},
    "budget_of_all": {"budget-blocks-evictions"},
    "canary_for_two_services": {"canary-behind-several-services"},
    "canary_of_a_singleton": {"canary-with-recreate"},
    "canary_scaled_by_a_queue": {"canary-counted-by-autoscaler"},
    "chart_scaffold": {"no-pre-stop", "no-requests", "readiness-equals-liveness", "single-replica"},
    "database_for_clients": {"no-pre-stop", "readiness-equals-liveness", "single-replica"},
    "drain_to_the_last_second": {"grace-too-short"},
    "edge_controller": {"service-traffic-local"},
    "edge_on_host_ports": {"host-port-with-surge"},
    "first_pod_for_clients": {"service-of-one-pod"},
    "first_steps": {"no-readiness-probe", "no-requests"},
    "frontend_and_balancer": {"no-pre-stop", "no-readiness-probe"},
    "hashed_configuration": set(),
    "java_distroless": {"pre-stop-needs-shell"},
    "killed_at_once": {"grace-zero", "no-history", "pre-stop-too-short"},
    "labels_renamed": {"budget-matches-nothing", "service-selects-nothing"},
    "log_shipper": {"image-latest", "no-requests"},
    "long_drain": {"pre-stop-exceeds-grace"},
    "mesh_by_hand": {"no-readiness-probe"},
    "message_brokers": set(),
    "name_server": {"no-pre-stop"},
    "native_sidecar": {"no-requests"},
    "node_metrics": set(),
    "node_proxy": {"budget-of-daemonset", "service-traffic-local"},
    "nothing_may_change": {"surge-and-unavailable-zero"},
    "operator": set(),
    "port_renamed": {"service-port-missing"},
    "queue_worker": set(),
    "scaled_out_of_bounds": {"replicas-outside-autoscaler"},
    "scaled_rightly": set(),
    "scaled_with_replicas": {"replicas-beside-autoscaler"},
    "settings_in_place": {"config-without-version"},
    "shared_disk_rolling": {"volume-of-one-node"},
    "single_cache": {"single-replica"},
    "slow_java": {"startup-exceeds-deadline"},
    "soak_of_a_quarter": {"min-ready-exceeds-deadline"},
    "unready_for_clients": {"service-publishes-unready"},
    "worker_under_the_same_label": {"no-pre-stop", "no-readiness-probe", "service-selects-several"},
}


IN_A_CLUSTER: dict[str, set[str]] = {
    "canary_of_a_sleeper": {"canary-scaled-to-zero"},
    "full_quota": {"quota-exceeded"},
    "large_pods": {"nodes-too-small"},
    "limits_of_a_daemonset": {"limits-refused"},
    "live_settings": {"config-without-version"},
    "old_server": {"native-sleep-unknown"},
    "one_on_each_node": {"anti-affinity-blocks-surge"},
    "quota_of_limits": {"quota-needs-requests"},
    "slow_start": {"start-exceeds-deadline"},
    "small_quota_for_a_new_one": {"quota-exceeded"},
    "spread_over_zones": {"spread-blocks-surge"},
    "two_autoscalers": {"autoscalers-overlap"},
    "two_budgets": {"budgets-overlap"},
    "version_in_the_selector": {"service-loses-pods"},
    "waited_for_too_short": {"min-ready-exceeds-timeout"},
}


def scenery(path: Path) -> Scenery:
    """A file of manifests, in a namespace of which nothing else is known."""
    return Scenery(tuple(documents(path.read_text("utf-8"))))


def test_all_samples_are_in_the_table() -> None:
    assert sorted(path.stem for path in SAMPLES.glob("*.manifests")) == sorted(EXPECTED)
    assert sorted(path.stem for path in SAMPLES.glob("live/*.manifests")) == sorted(IN_A_CLUSTER)
    assert len(EXPECTED) >= 30


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_what_is_said_of_real_manifests(name: str) -> None:
    assert {finding.rule for finding in check(scenery_of(SAMPLES / f"{name}.manifests"))} == EXPECTED[name]


@pytest.mark.parametrize("name", sorted(IN_A_CLUSTER))
def test_what_is_said_of_manifests_in_a_cluster(name: str) -> None:
    assert {finding.rule for finding in check(scenery_of(SAMPLES / "live" / f"{name}.manifests"))} == IN_A_CLUSTER[name]


def test_each_rule_has_a_sample() -> None:
    assert set(examples()) == {rule.name for rule in RULES}


def test_the_page_of_the_rules_says_what_they_say() -> None:
    assert PAGE.read_text("utf-8") == page(), "The rules have changed: run ./dev docs and commit what it writes."


def test_two_references_are_two_findings() -> None:
    found = check(scenery(SAMPLES / "settings_in_place.manifests"))
    assert [finding.path for finding in found] == [
        "spec.template.spec.containers[0].envFrom[0].configMapRef.name",
        "spec.template.spec.containers[0].envFrom[1].secretRef.name",
    ]


@pytest.mark.parametrize("name", ["vweb-v1", "vweb-v2", "vweb-v3-crash", "vweb-v3-crash-later", "vweb-v3-missing"])
@pytest.mark.parametrize("strategy", [None, "rolling", "blue_green", "canary"])
def test_what_is_said_of_the_demo(name: str, strategy: Way | None) -> None:
    """Its pods are as small as they can be and ask for nothing; the rest is as the guides want it."""
    manifests = scenery(DEMO / f"{name}.yml").manifests
    found = check(Scenery(manifests, strategy=strategy, server_version=(1, 36), wait_timeout=600))
    assert [(finding.severity, finding.rule, finding.path) for finding in found] == [
        ("info", "no-requests", "spec.template.spec.containers[0].resources.requests")
    ]


def test_the_demo_by_recreate_is_down_for_a_while() -> None:
    found = check(Scenery(scenery(DEMO / "vweb-v2.yml").manifests, strategy="recreate"))
    assert [finding.rule for finding in found] == ["recreate-behind-service", "no-requests"]


def test_the_preview_beside_the_demo_is_no_fault() -> None:
    both = scenery(DEMO / "vweb-v1.yml").manifests + scenery(DEMO / "vweb-preview.yml").manifests
    assert {finding.rule for finding in check(Scenery(both, strategy="blue_green"))} == {"no-requests"}
    assert check(scenery(DEMO / "vweb-preview.yml")) == ()


@pytest.mark.parametrize("strategy", [None, "rolling", "blue_green", "canary"])
def test_what_is_said_of_the_demo_before_its_configuration_is_versioned(strategy: Way | None) -> None:
    found = check(Scenery(scenery(DEMO / "vweb.yml").manifests, strategy=strategy))
    assert [finding.rule for finding in found] == ["config-without-version", "no-requests"]
