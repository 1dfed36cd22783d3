# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fixtures of the tests with real pods; ./dev test zero_downtime runs them inside the node's network."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.dev import cluster as clusters
from tests.dev import router_pods
from tests.dev.paths import OUTPUT
from tests.functional import api
from tests.functional.cluster import ROOT, Cluster
from tests.functional.conftest import ansible, namespace
from tests.functional.plays import Ansible

from .router_scene import RouterScene
from .routes import RouteKind
from .scene import Pods, Scene
from .table import Row
from .timeline import Request, draw
from .traffic import Seen

__all__ = ["ansible", "namespace"]
Stage = Callable[[Pods], Scene]
RouterStage = Callable[[RouteKind, Pods], RouterScene]
IMAGES = ROOT / "docs" / "images"
MEASURED = OUTPUT / "zero_downtime"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the number of runs."""
    parser.addoption("--runs", type=int, default=1, help="how often each scenario is measured (default: 1)")
    parser.addoption("--publish", action="store_true", help="draw the pictures of the documentation")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Measure each scenario as often as asked."""
    if "nth" in metafunc.fixturenames:
        metafunc.parametrize("nth", range(1, metafunc.config.getoption("--runs") + 1))


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The cluster with the real node, which must be up, and whose network this process must be in."""
    name = os.environ.get("ROLLOUT_TEST_CLUSTER", "dev")
    done = subprocess.run(
        [sys.executable, str(ROOT / "dev"), "cluster", "status", "--json", "--name", name], capture_output=True, text=True
    )
    facts = json.loads(done.stdout)
    how = "./dev cluster up --real, and ./dev exec pytest tests/zero_downtime"
    assert facts["up"], f"The cluster {name} is not up: {how}."
    assert facts["inside"], f"The cluster {name} has no real node: {how}."
    network = Path(facts["inside"][1].removeprefix("--net="))
    assert os.stat("/proc/self/ns/net").st_ino == network.stat().st_ino, f"These tests run inside the node's network: {how}."
    return Cluster(kubeconfig=Path(facts["kubeconfig"]), audit_log=Path(facts["audit_log"]), kubectl_program=Path(facts["kubectl"]))


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Callable[[Row, int, Scene, Seen], None]:
    """picture(row, number, scene, seen): draw the first run of a row that has a picture, when the documentation is to be made."""

    def draw_first(row: Row, number: int, scene: Scene, seen: Seen) -> None:
        if row.picture and number == 1 and request.config.getoption("--publish"):
            started = seen.epoch
            samples = [dataclasses.replace(sample, ms=sample.ms - started) for sample in scene.samples]
            requests = [Request(ms=asked.begin, outcome=asked.outcome, version=asked.version) for asked in seen.requests]
            text = draw(requests, samples, [], f"{row.name}: {seen.failed} of {len(seen.requests):,} requests failed")
            (IMAGES / f"{row.picture}.svg").write_text(text)

    return draw_first


@pytest.fixture
def empty_stage(cluster: Cluster, namespace: str, ansible: Ansible, tmp_path: Path) -> Iterator[Callable[[Pods, str], Scene]]:
    """empty_stage(pods, name): a namespace for the application of that name; its load does not outlive the test."""
    made: list[Scene] = []

    def make(pods: Pods, name: str = "web") -> Scene:
        made.append(Scene(cluster=cluster, namespace=namespace, ansible=ansible, folder=tmp_path, pods=pods, name=name))
        return made[-1]

    yield make
    for scene in made:
        if scene.load is not None:
            scene.load.kill()


@pytest.fixture
def stage(empty_stage: Callable[[Pods, str], Scene]) -> Stage:
    """stage(pods): the application `web`, up and answering."""

    def make(pods: Pods) -> Scene:
        scene = empty_stage(pods, "web")
        scene.set_up()
        return scene

    return make


@pytest.fixture
def router_stage(cluster: Cluster, namespace: str, ansible: Ansible, tmp_path: Path) -> Iterator[RouterStage]:
    """router_stage(route, pods): the application `web` behind a route of that kind, up and answering; its router is started first."""
    made: list[RouterScene] = []

    def make(route: RouteKind, pods: Pods) -> RouterScene:
        router_pods.start(clusters.named(os.environ.get("ROLLOUT_TEST_CLUSTER", "dev")), route.router)
        # The kinds of its routes may be newer than what was asked before.
        api._kinds.cache_clear()
        scene = RouterScene(cluster=cluster, namespace=namespace, ansible=ansible, folder=tmp_path, pods=pods, route=route)
        made.append(scene)
        scene.set_up()
        return scene

    yield make
    for scene in made:
        if scene.load is not None:
            scene.load.kill()


@pytest.fixture
def again(stage: Stage, cluster: Cluster, namespace: str) -> Callable[[int], Iterator[Stage]]:
    """again(times): the same stage as often, in an emptied namespace each time."""

    def empty() -> None:
        cluster.kubectl("--namespace", namespace, "delete", "deployments,statefulsets,daemonsets,services,leases,pods", "--all", "--wait")

    def stages(times: int) -> Iterator[Stage]:
        for number in range(times):
            if number:
                empty()
            yield stage

    return stages
