# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The queries of metrics, and which Services a name of Traefik's is taken for. What they give is shown with a real Prometheus."""

from __future__ import annotations

import re

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.gates.placeholders import filled
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.gates.queries.built_in import COUNTERS, METRICS
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.gates.queries.counters import Metric, Whose, amount_of, value_of

VALUES = {
    "namespace": "shop",
    "candidate_service": "web|api",
    "stable_service": "old",
    "candidate_pods": "web-1|web-2",
    "stable_pods": "web-0",
}
MESH = 'reporter="destination",destination_workload_namespace="shop",pod=~"web-1|web-2"'


def asked(source: str, metric: Metric, window: float = 60.0, whose: Whose | None = None) -> str:
    """A query as it is sent."""
    return filled(value_of(metric, COUNTERS[source](whose or Whose()), window), VALUES, "query")


def test_a_share_divides_by_all_requests_and_takes_no_error_for_none() -> None:
    assert asked("istio", "error_ratio") == (
        f'sum(rate(istio_requests_total{{{MESH},response_code=~"5.."}}[1m]) or vector(0)) / sum(rate(istio_requests_total{{{MESH}}}[1m]))'
    )


def test_a_quantile_is_in_seconds() -> None:
    assert asked("istio", "p95").endswith(" / 1000")
    assert "/" not in asked("traefik", "p95")
    assert asked("traefik", "p95").startswith("histogram_quantile(0.95, sum by (le) (rate(traefik_service_request_duration_seconds_bucket{")


@pytest.mark.parametrize(("window", "text"), [(60, "[1m]"), (300, "[5m]"), (90, "[90s]"), (1.5, "[1500ms]")])
def test_a_window_is_written_as_prometheus_reads_it(window: float, text: str) -> None:
    assert asked("istio", "p95", window).count(text) == 1


@pytest.mark.parametrize("source", COUNTERS)
@pytest.mark.parametrize("metric", METRICS)
def test_a_version_and_a_service_are_asked_for_by_their_own_names(source: str, metric: Metric) -> None:
    candidate, stable = asked(source, metric), asked(source, metric, whose=Whose("stable"))
    assert ("web-1" if source == "istio" else "web|api") in candidate
    assert ("web-0" if source == "istio" else "(old)") in stable
    service = asked(source, metric, whose=Whose(service="given"))
    assert "given" in service
    assert not [other for other in ("web", "old") if other in service]


@pytest.mark.parametrize("source", COUNTERS)
def test_the_amount_counts_the_same_requests(source: str) -> None:
    amount = filled(amount_of(COUNTERS[source](Whose()), 60), VALUES, "query")
    denominator = asked(source, "error_ratio").split(" / ")[1]
    assert amount == denominator.replace("rate(", "increase(")


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("shop-web-80@kubernetescrd", True),
        ("shop-web-http@kubernetes", True),
        ("shop-api-8080@kubernetesgateway", True),
        ("httproute-shop-r-gw-infra-gw-ep-web-0-1f2e-svc-shop-web-0@kubernetesgateway", True),
        ("shop-web-canary-80@kubernetescrd", False),
        ("shop-my-web-80@kubernetescrd", False),
        ("other-web-80@kubernetescrd", False),
        ("httproute-shop-web-gw-infra-gw-ep-web-0-1f2e-svc-shop-other-0@kubernetesgateway", False),
        ("httproute-shop-web-gw-infra-gw-ep-web-0-1f2e-wrr@kubernetesgateway", False),
        ("web@file", False),
    ],
)
def test_a_service_is_found_by_the_names_that_traefik_gives_it_and_by_no_other_s(name: str, fits: bool) -> None:
    (pattern,) = set(re.findall(r'service=~"([^"]+)"', asked("traefik", "error_ratio")))
    assert (re.fullmatch(pattern, name) is not None) is fits
