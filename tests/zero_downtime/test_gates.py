# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A version that answers every fifth request with 500, in real pods: a gate stops it, and without one the users keep it."""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.functional import metrics

from .scene import Scene
from .table import AS_ADVISED, STATEFUL
from .traffic import LEAST, Request, Seen

BAD = {"image": "web:v2", "env": {"FAIL_EVERY": "5"}}
PODS = AS_ADVISED.replicas
CERTAIN = 4 * PODS + 1
"""So many requests in a row cannot all be answered well: each of the pods fails its fifth."""
HOLD = 60
"""Seconds; the gate has to end it long before."""
ASKED = 'sum(increase(requests_total{pod=~"$candidate_pods"}[5s]))'
FAILED = 'sum(increase(requests_total{pod=~"$candidate_pods",code="500"}[5s]))'
SMOKE = f"""
for number in $(seq {CERTAIN}); do
  wget -q -O /dev/null "http://$TARGET/" || {{ echo "request $number failed"; exit 1; }}
done
"""


@contextlib.contextmanager
def measured(scene: Scene) -> Iterator[str]:
    """A Prometheus that reads the counters of the pods that are there, with the label `pod`: the address of it."""
    over = threading.Event()
    with metrics.serving(scene.folder, {}) as prometheus:

        def follow() -> None:
            known: dict[str, dict[str, str]] = {}
            while not over.wait(0.5):
                pods = [pod for pod in scene.get("pods") if pod["status"].get("podIP")]
                found = {f"{pod['status']['podIP']}:8080": {"pod": pod["metadata"]["name"]} for pod in pods}
                if found != known:
                    prometheus.scrape(found)
                known = found

        follower = threading.Thread(target=follow, daemon=True)
        follower.start()
        try:
            yield prometheus.url
        finally:
            over.set()
            follower.join()


def errors(url: str, **options: Any) -> dict[str, Any]:
    """A gate that fails where more than one of twenty requests to the candidate does, as soon as there were some."""
    prometheus = {"url": url, "query": f"{FAILED} / {ASKED}"}
    least = {"query": ASKED, "min": 50}
    return {
        "name": "errors",
        "prometheus": prometheus,
        "max": 0.05,
        "min_samples": least,
        "interval": "1s",
        "inconclusive_limit": 30,
        **options,
    }


def by(seen: Seen, version: str) -> list[Request]:
    """The requests that a version has answered, well or badly."""
    return [request for request in seen.requests if request.version == version]


def check_losses(seen: Seen) -> None:
    """All that failed was answered so by v2, and that is a fifth of what it was asked, within four standard deviations of a share."""
    failed = [request for request in seen.requests if not request.ok]
    assert {(request.outcome, request.version) for request in failed} == {("status 500", "v2")}, seen.outcomes
    asked = len(by(seen, "v2"))
    assert abs(len(failed) - asked / 5) <= 4 * math.sqrt(asked * 0.2 * 0.8)


def test_a_gate_in_the_hold_takes_a_bad_version_away_from_the_users(stage):
    scene = stage(AS_ADVISED)
    with measured(scene) as url:
        gate = errors(url, before=["scale_down"])
        seen = scene.under_load(lambda scene: scene.role("blue_green", **BAD, scale_down_delay=HOLD, gates=[gate], fails=True))
    assert "Gate errors fails: 0." in scene.plays[-1].stdout
    check_losses(seen)
    there = by(seen, "v2")
    assert there[-1].begin - there[0].begin < HOLD * 1000 / 2
    back = next(request for request in seen.requests if request.version == "v1" and request.begin > there[0].end)
    afterwards = [request for request in seen.requests if request.begin > back.end]
    assert {(request.outcome, request.version) for request in afterwards} == {("ok", "v1")}
    assert {request.pod for request in afterwards} == {request.pod for request in seen.requests if request.end < there[0].begin}


def test_a_gate_before_the_switch_keeps_a_bad_version_from_the_users(stage):
    scene = stage(AS_ADVISED)
    preview = {"selector": {"app": "nobody-yet"}, "ports": [{"port": 80, "targetPort": 8080}]}
    scene.create({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web-preview"}, "spec": preview})
    target = scene.get("service", "web-preview")["spec"]["clusterIP"]
    gate = {"name": "smoke", "before": ["switch"], "job": {"image": "tools:1", "command": ["sh", "-c", SMOKE], "env": {"TARGET": target}}}
    seen = scene.under_load(lambda scene: scene.role("blue_green", **BAD, preview_service="web-preview", gates=[gate], fails=True))
    output = scene.plays[-1].stdout
    assert "Gate smoke fails" in output
    assert "500 Internal Server Error" in output
    assert len(seen.requests) >= LEAST
    assert (seen.failed, {request.version for request in seen.requests}) == (0, {"v1"}), seen.outcomes
    assert scene.get("jobs") == []


def test_a_gate_after_the_first_step_keeps_a_bad_version_from_all_pods_but_one(stage):
    scene = stage(STATEFUL)
    first = f"web-{PODS - 1}"
    with measured(scene) as url:
        options = {"steps": "one_by_one", "hold": HOLD, "gates": [errors(url)], "on_failure": "rollback"}
        seen = scene.under_load(lambda scene: scene.role("partition", **BAD, **options, fails=True))
    assert "Gate errors fails: 0." in scene.plays[-1].stdout
    check_losses(seen)
    there = by(seen, "v2")
    assert {request.pod for request in there} == {first}
    meanwhile = [request for request in seen.requests if there[0].begin <= request.begin <= there[-1].begin]
    assert len(there) <= len(meanwhile) / PODS + 4 * math.sqrt(len(meanwhile) * (1 / PODS) * (1 - 1 / PODS))
    assert there[-1].begin - there[0].begin < HOLD * 1000 / 2
    afterwards = [request for request in seen.requests if request.begin > there[-1].end]
    assert {(request.outcome, request.version) for request in afterwards} == {("ok", "v1")}
    assert {pod["spec"]["containers"][0]["image"] for pod in scene.get("pods")} == {"web:v1"}
    assert scene.get("statefulset", "web")["status"]["readyReplicas"] == PODS


def test_a_gate_stops_a_bad_canary_at_its_first_step(stage):
    scene = stage(AS_ADVISED)
    with measured(scene) as url:
        options = {"weights": [33, 66], "hold": HOLD, "gates": [errors(url)]}
        seen = scene.under_load(lambda scene: scene.task("canary", **BAD, **options, fails=True))
    assert "Gate errors fails: 0." in scene.plays[-1].stdout
    check_losses(seen)
    there = by(seen, "v2")
    assert len({request.pod for request in there}) == 1
    assert there[-1].begin - there[0].begin < HOLD * 1000 / 2
    afterwards = [request for request in seen.requests if request.begin > there[-1].end]
    assert {(request.outcome, request.version) for request in afterwards} == {("ok", "v1")}
    assert {pod["spec"]["containers"][0]["image"] for pod in scene.get("pods")} == {"web:v1"}


@pytest.mark.parametrize(
    ("pods", "role", "options"),
    [(AS_ADVISED, "blue_green", {"scale_down_delay": 0}), (STATEFUL, "partition", {"steps": "one_by_one"})],
    ids=["blue_green", "partition"],
)
def test_without_a_gate_the_users_keep_a_bad_version(stage, pods, role, options):
    scene = stage(pods)
    seen = scene.under_load(lambda scene: scene.role(role, **BAD, **options))
    check_losses(seen)
    last = seen.requests[-2 * CERTAIN :]
    assert {request.version for request in last} == {"v2"}
    assert any(not request.ok for request in last)
