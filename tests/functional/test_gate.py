# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module `gate` with a real Prometheus, in plays, and with a Job and pods of the real control plane."""

from __future__ import annotations

import json
from functools import partial

import pytest

from . import metrics
from .calls import call
from .workloads import create, rolled_out

pytestmark = pytest.mark.server

SHARE = 'sum(increase(requests_total{pod=~"$candidate_pods",code="500"}[1m])) / sum(increase(requests_total{pod=~"$candidate_pods"}[1m]))'


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory):
    with metrics.running(tmp_path_factory.mktemp("prometheus")) as found:
        yield found


def served(prometheus, *pods: str, badly: int) -> None:
    """Each pod has answered a hundred requests more, so many of them badly; Prometheus has seen it."""
    for pod in pods:
        prometheus.application.serve(pod, well=0)
    prometheus.read()
    for pod in pods:
        prometheus.application.serve(pod, well=100 - badly, badly=badly)
    prometheus.read()


def verdict(result):
    (gate,) = result["gates"]
    return gate["verdict"]


@pytest.mark.parametrize(("badly", "wanted"), [(0, "pass"), (20, "fail")])
def test_the_share_of_failed_requests_of_the_candidate_s_pods_decides(
    prometheus, cluster, namespace, deployment, kubectl, get, badly, wanted
):
    create(kubectl, deployment(replicas=2))
    rolled_out(kubectl)
    names = [pod["metadata"]["name"] for pod in get("pods")]
    served(prometheus, *names, badly=badly)
    served(prometheus, "of-somebody-else", badly=100)
    source = {"url": prometheus.url, "query": SHARE}
    result = call(cluster, "gate", name="errors", workload="web", namespace=namespace, prometheus=source, max=0.01)
    assert verdict(result) == wanted, result["msg"]
    (found,) = result["gates"][0]["measurements"]
    assert found["value"] == pytest.approx(badly / 100)
    assert names[0] in found["query"]
    if wanted == "fail":
        assert result["msg"].startswith("Gate errors fails: 0.2 is more than 0.01; the query was sum(increase(")


def test_series_keep_their_labels_and_a_baseline_is_compared(prometheus, cluster):
    served(prometheus, "stable-1", badly=1)
    served(prometheus, "candidate-1", "candidate-2", badly=1)
    served(prometheus, "candidate-2", badly=30)
    errors = 'increase(requests_total{{pod=~"{}",code="500"}}[5m])'
    source = {"url": prometheus.url, "query": errors.format("candidate-.+")}
    baseline = {"query": f"sum({errors.format('stable-.+')})", "max_ratio": 3}
    ask = partial(call, cluster, "gate", name="errors", baseline=baseline)
    result = ask(prometheus=source)
    assert verdict(result) == "fail"
    assert '(code="500", ' in result["msg"]
    assert 'pod="candidate-2")' in result["msg"]
    assert "times the baseline's" in result["msg"]
    assert verdict(ask(prometheus=source, each="any")) == "pass"


@pytest.mark.parametrize(
    ("query", "wanted", "words"),
    [
        ("scalar(vector(0))", "pass", ""),
        ("vector(2)", "fail", "2 is more than 1"),
        ("vector(0) / 0", "inconclusive", "the value is no number"),
        ("vector(1) / 0", "fail", "inf is more than 1"),
        ('nothing{at="all"}', "inconclusive", "the answer holds no value"),
        ('"text"', "inconclusive", "the query gives a text"),
        ("up{", "inconclusive", "answered 400: "),
    ],
)
def test_what_a_real_prometheus_answers_has_the_verdict_of_the_table(prometheus, cluster, query, wanted, words):
    source = {"url": prometheus.url, "query": query}
    result = call(cluster, "gate", name="errors", prometheus=source, max=1, inconclusive_limit=0, error_limit=0)
    assert verdict(result) == wanted, result["msg"]
    assert words in result["msg"]
    assert bool(result.get("failed")) == (wanted != "pass")


def test_a_range_judges_each_of_its_values(prometheus, cluster):
    served(prometheus, "ranged", badly=40)
    source = {"url": prometheus.url, "query": 'requests_total{pod="ranged",code="500"}', "range": "10s", "step": "1s"}
    result = call(cluster, "gate", name="errors", prometheus=source, max=39)
    assert verdict(result) == "fail"
    assert "40 is more than 39" in result["msg"]


def test_a_play_needs_no_cluster_and_shows_no_token(ansible, prometheus):
    source = {"url": prometheus.url, "query": "vector(2)", "bearer_token": "c0rrect-h0rse", "headers": {"X-Key": "b4ttery-st4ple"}}
    task = {"name": "errors", "prometheus": source, "max": 1, "host": "https://127.0.0.1:1"}
    tasks = [
        {"name": "Measure", "rollout.kubernetes.gate": task, "ignore_errors": True},
        {"name": "Only look", "rollout.kubernetes.gate": task, "check_mode": True},
    ]
    play = ansible(tasks, diff=True, arguments=["-vvv"])
    measured, looked = play.results
    assert measured.msg.startswith("Gate errors fails: 2 is more than 1; the query was vector(2); measured 1 time in ")
    assert (looked.failed, looked["gates"][0]["verdict"]) == (False, None)
    seen = play.stdout + play.stderr + json.dumps([result.data for result in play.results])
    assert not [secret for secret in ("c0rrect-h0rse", "b4ttery-st4ple") if secret in seen]


def test_a_job_and_the_pods_of_a_real_control_plane(cluster, namespace, deployment, kubectl, get):
    create(kubectl, deployment(replicas=2))
    rolled_out(kubectl)
    smoke = {"image": "registry.example/smoke:1", "command": ["sh", "-c", "exit 0"], "env": {"TARGET": "$name"}}
    result = call(cluster, "gate", name="smoke", workload="web", namespace=namespace, job=smoke)
    assert verdict(result) == "pass", result["msg"]
    assert [job for job in get("jobs") if not job["metadata"].get("deletionTimestamp")] == []
    result = call(cluster, "gate", name="pods", workload="web", namespace=namespace, pods={})
    assert "2 of 2 pods are ready, 0 restarts (0 may)" in result["msg"]
