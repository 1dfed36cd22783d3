# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""maxUnavailable of a StatefulSet, with the feature gate MaxUnavailableStatefulSet on, in a cluster of its own, and as it is by default."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.main import Context

from .calls import call
from .cluster import ROOT, Cluster, running_cluster
from .control_plane import control_plane
from .interference import eventually
from .workloads import HELD, let_go, observed, of_kind

IGNORED = "this cluster ignores maxUnavailable of StatefulSets (feature gate MaxUnavailableStatefulSet), pods are replaced one at a time."
REPLICAS = 5


@pytest.fixture(scope="module")
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """With the feature gate: a cluster of this module's own; without: the cluster of all tests."""
    if request.param:
        with control_plane("max-unavailable", request.param) as own:
            yield own.cluster
    else:
        yield running_cluster()


with_gate = pytest.mark.parametrize("cluster", ["MaxUnavailableStatefulSet"], indirect=True, ids=["gate-on"])
without_gate = pytest.mark.parametrize("cluster", [""], indirect=True, ids=["gate-off"])


@pytest.fixture
def roll(cluster, namespace, deployment) -> Callable[..., dict[str, Any]]:
    """roll(tag, **options): the StatefulSet `web`, whose pods are held while they terminate; its progress is in `lines`."""

    def do(tag: int, **options: Any) -> dict[str, Any]:
        lines: list[str] = []
        definition = of_kind(
            "StatefulSet", deployment(image=f"registry.example/web:{tag}", replicas=REPLICAS, simulate={**HELD, "ready-after": "100ms"})
        )
        result = call(
            cluster,
            "rolling",
            context=Context(progress=lines.append),
            namespace=namespace,
            definition=definition,
            wait_timeout=400,
            **options,
        )
        assert not result.get("failed"), result["msg"]
        return {**result, "lines": lines}

    return do


@pytest.fixture
def away(get) -> Callable[[], set[str]]:
    """away(): the pods that are on their way out."""
    return lambda: {pod["metadata"]["name"] for pod in get("pods") if "deletionTimestamp" in pod["metadata"]}


@pytest.fixture
def looked_again(kubectl) -> Callable[[], None]:
    """looked_again(): the controller has been over the StatefulSet once more since, and has had the opportunity to do what it may do."""
    limits = iter(range(11, 1000))

    def make() -> None:
        kubectl("patch", "statefulset/web", "--type=merge", f"--patch={json.dumps({'spec': {'revisionHistoryLimit': next(limits)}})}")
        observed(kubectl, "statefulset/web")

    return make


@pytest.fixture
def rolled_in_groups(roll, away, looked_again, kubectl) -> Callable[..., dict[str, Any]]:
    """rolled_in_groups(groups, **options): roll version 2 out, and see exactly these pods away at once, one group after the other."""

    def do(groups: list[set[str]], **options: Any) -> dict[str, Any]:
        with ThreadPoolExecutor(1) as pool:
            rolling = pool.submit(roll, 2, **options)
            try:
                for group in groups:
                    eventually(partial(_is_come, rolling, away, group), f"{sorted(group)} are away")
                    looked_again()
                    assert away() == group
                    let_go(kubectl)
            finally:
                while not rolling.done():
                    let_go(kubectl)
            result: dict[str, Any] = rolling.result()
            return result

    return do


def _is_come(rolling: Future[Any], away: Callable[[], set[str]], group: set[str]) -> bool:
    return rolling.done() or away() == group


def fewest_ready(lines: list[str]) -> int:
    """How many pods were ready when it was fewest, as the progress tells."""
    return min(sum(map(int, found.groups())) for line in lines if (found := re.search(r"([0-9]+) old, ([0-9]+) new ready", line)))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--feature-gate=no gate"], "dev: A feature gate is NAME, or NAME=false to turn it off; 'no gate' is not."),
        (["--feature-gate=A", "--real"], "dev: Feature gates are for clusters with simulated nodes: leave out --real or --feature-gate."),
        pytest.param(["--feature-gate=NoSuchGate"], "unrecognized feature gate: NoSuchGate", marks=pytest.mark.long),
    ],
    ids=["no name", "a real node", "unknown"],
)
def test_a_cluster_with_gates_that_cannot_be_is_refused_in_a_sentence(arguments, sentence):
    command = [sys.executable, str(ROOT / "dev"), "cluster", "up", "--name", f"gates-{uuid.uuid4().hex[:6]}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert sentence in done.stderr.splitlines()[-1]


@pytest.mark.long
@with_gate
def test_with_the_gate_so_many_pods_are_away_at_once_and_never_more(roll, rolled_in_groups, get, kubectl):
    roll(1)
    done = rolled_in_groups([{"web-4", "web-3"}, {"web-2", "web-1"}, {"web-0"}], max_unavailable=2)
    assert done["warnings"] == []
    assert "up to 2 pods at a time (maxUnavailable 2), from web-4 down to web-0" in done["msg"]
    assert done["rollouts"][0]["phase"] == "complete"
    assert fewest_ready(done["lines"]) == REPLICAS - 2
    assert get("statefulset", "web")["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"] == 2
    assert not roll(2, max_unavailable=2)["changed"]


@without_gate
def test_without_it_one_pod_is_away_at_a_time_and_a_warning_says_so(roll, rolled_in_groups, get, kubectl):
    roll(1)
    done = rolled_in_groups([{f"web-{number}"} for number in (4, 3, 2, 1, 0)], max_unavailable=2)
    (warning,) = done["warnings"]
    assert warning.endswith(IGNORED)
    assert "one pod at a time, from web-4 down to web-0" in done["msg"]
    assert done["rollouts"][0]["phase"] == "complete"
    assert fewest_ready(done["lines"]) == REPLICAS - 1
    assert "maxUnavailable" not in get("statefulset", "web")["spec"]["updateStrategy"].get("rollingUpdate", {})
    assert not roll(2, max_unavailable=2)["changed"]
