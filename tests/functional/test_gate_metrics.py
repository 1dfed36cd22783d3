# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The queries of metrics, asked a real Prometheus that has read what Traefik and Istio count."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.gates.judging import judged
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.gates.placeholders import one_of, with_values
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.arguments import ARGUMENTS
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.gates import gate_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.numbers import in_numbers
from ansible_collections.rollout.kubernetes.plugins.module_utils._gates.asking import BY_REQUEST

from . import metrics

pytestmark = pytest.mark.server

VALUES = {
    "namespace": "shop",
    "stable_service": "web",
    "candidate_service": "web-canary",
    "stable_pods": one_of(["web-c"]),
    "candidate_pods": one_of(["web-a", "web-b"]),
}
ROUTE = "httproute-shop-web-gw-infra-gw-ep-web-0-1f2e3d-svc-shop-api-1@kubernetesgateway"


def traefik(service: str, *, well: float = 0.0, badly: float = 0.0, method: str = "GET") -> dict[str, float]:
    """What Traefik counts of a Service: half of its requests take less than 0.1 s, nine of ten less than 0.3 s, all less than 1.2 s."""
    labels = f'method="{method}",protocol="http",service="{service}"'
    requests = {
        f'traefik_service_requests_total{{code="{code}",{labels}}}': growth
        for code, growth in (("200", well), ("503", badly))
        if growth or code == "200"
    }
    shares = {"0.1": 0.5, "0.3": 0.9, "1.2": 1, "5.0": 1, "+Inf": 1}
    name = "traefik_service_request_duration_seconds"
    buckets = {f'{name}_bucket{{code="200",{labels},le="{le}"}}': (well + badly) * share for le, share in shares.items()}
    return {**requests, **buckets}


def istio(pod: str, *, well: float, badly: float = 0.0, slow: float = 0.0, reporter: str = "destination") -> dict[str, float]:
    """What a proxy counts: the slow requests take 100 to 250 ms, the others 50 to 100."""
    labels = (
        f'reporter="{reporter}",pod="{pod}",destination_workload="web",destination_workload_namespace="shop",'
        'destination_service_name="web",destination_service_namespace="shop"'
    )
    total = well + badly
    shares = {"50": 0.0, "100": total - slow, "250": total, "+Inf": total}
    return {
        f'istio_requests_total{{{labels},response_code="200"}}': well,
        f'istio_requests_total{{{labels},response_code="503"}}': badly,
        **{f'istio_request_duration_milliseconds_bucket{{{labels},response_code="200",le="{le}"}}': share for le, share in shares.items()},
    }


COUNTED = {
    **traefik("shop-web-80@kubernetescrd", well=8, badly=1),
    **traefik("shop-web-80@kubernetescrd", well=1, method="POST"),
    **traefik("shop-web-canary-80@kubernetescrd", well=4, badly=1),
    **traefik(ROUTE, well=3, badly=1),
    **traefik("shop-fine-http@kubernetes", well=5),
    **traefik("shop-idle-80@kubernetescrd"),
    **traefik("other-web-80@kubernetescrd", badly=100),
    **traefik("shop-my-web-80@kubernetescrd", badly=100),
    **istio("web-a", well=8, badly=2, slow=2),
    **istio("web-b", well=10),
    **istio("web-c", well=10),
    **istio("web-ab", well=0, badly=100),
    **istio("web-a-client", well=20, badly=5, reporter="source"),
    **istio("idle", well=0),
}


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory):
    """Prometheus once it has read all: of Traefik once more as the operator lets it be read, in another namespace."""
    relabelled = {
        series.replace('service="shop-', 'service="far-'): growth for series, growth in COUNTED.items() if series.startswith("traefik")
    }
    known, other = metrics.Recorded(COUNTED), metrics.Recorded(relabelled)
    folder = tmp_path_factory.mktemp("prometheus")
    with metrics.served(known), metrics.served(other):
        targets = {f"127.0.0.1:{known.port}": {}, f"127.0.0.1:{other.port}": {"service": "traefik"}}
        with metrics.serving(folder, targets) as server:
            server.until(
                'count(count_over_time({__name__=~".+_requests_total"}[1m]) == 10)',
                sum("_requests_total{" in name for name in (*COUNTED, *relabelled)),
            )
            yield server


def measured(server, asked, *, values=VALUES, **options: Any):
    """One measurement of a gate with these options, over a time that holds all that was counted however slow the machine is."""
    its = ARGUMENTS["gate"]
    source = {"url": server.url, "window": "5m", **asked}
    validated = ArgumentSpecValidator(its.spec, **its.checks).validate({"name": "errors", "max": 0.05, "prometheus": source, **options})
    assert validated.error_messages == []
    gate = with_values(gate_of(in_numbers(its.spec, validated.validated_parameters)), values)
    return judged(gate, BY_REQUEST[type(gate.source)](gate.source).ask(), 0.0)


@pytest.mark.parametrize(
    ("source", "service", "metric", "value"),
    [
        ("traefik", "", "error_ratio", 0.2),
        ("traefik", "web", "error_ratio", 0.1),
        ("traefik", "api", "error_ratio", 0.25),
        ("traefik", "fine", "error_ratio", 0.0),
        ("traefik", "", "p95", 0.75),
        ("istio", "", "error_ratio", 0.1),
        ("istio", "web", "error_ratio", 0.2),
        ("istio", "", "p95", 0.175),
    ],
)
def test_a_metric_has_the_value_that_was_counted(prometheus, source, service, metric, value):
    found = measured(prometheus, {"source": source, "metric": metric, **({"service": service} if service else {})})
    assert found.value == pytest.approx(value), found
    assert found.outcome == ("fail" if value > 0.05 else "pass")


@pytest.mark.parametrize("metric", ["error_ratio", "p95"])
@pytest.mark.parametrize(
    ("source", "values"),
    [
        ("traefik", {"candidate_service": "idle"}),
        ("traefik", {"candidate_service": "unheard-of"}),
        ("traefik", {"candidate_service": "web", "namespace": "nobody"}),
        ("istio", {"candidate_pods": "idle"}),
        ("istio", {"candidate_pods": "unheard-of"}),
    ],
)
def test_without_requests_there_is_no_data(prometheus, metric, source, values):
    found = measured(prometheus, {"source": source, "metric": metric}, values={**VALUES, **values})
    assert found.outcome == "no_data", found


def test_traefik_s_label_is_found_where_prometheus_has_renamed_it(prometheus):
    assert prometheus.value('count(traefik_service_requests_total{service="traefik"})') != []
    found = measured(prometheus, {"source": "traefik", "metric": "error_ratio"}, values={**VALUES, "namespace": "far"})
    assert found.value == pytest.approx(0.2)


@pytest.mark.parametrize(("source", "stable"), [("traefik", "0.1"), ("istio", "0")])
def test_a_baseline_without_a_query_is_the_metric_of_the_version_before(prometheus, source, stable):
    its = {"source": source, "metric": "error_ratio"}
    found = measured(prometheus, its, max=1, baseline={"max_difference": 0.05})
    assert (found.outcome, f"0.05 above the baseline's {stable}" in found.said) == ("fail", True), found
    assert measured(prometheus, its, max=1, baseline={"max_difference": 0.15}).outcome == "pass"


@pytest.mark.parametrize(
    ("source", "least", "outcome"), [("traefik", 40, "fail"), ("traefik", 70, "no_data"), ("istio", 160, "fail"), ("istio", 300, "no_data")]
)
def test_min_samples_without_a_query_counts_the_requests_of_the_window(prometheus, source, least, outcome):
    found = measured(prometheus, {"source": source, "metric": "error_ratio"}, min_samples={"min": least})
    assert found.outcome == outcome, found
