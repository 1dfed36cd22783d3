# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real node itself: it can be one of several, and nothing of it stays, however it ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.dev.cluster import Cluster, named
from tests.dev.paths import CLUSTERS
from tests.functional.cluster import ROOT

PATIENCE = 240
COMMAND = [sys.executable, str(ROOT / "dev"), "cluster"]


def dev(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run ./dev cluster."""
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=check, timeout=PATIENCE)


def left_of(cluster: Cluster) -> list[str]:
    """Return all that the machine has of a cluster: mounts, network, control groups, files, processes."""
    node = cluster.node
    found = [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if f"/real/{cluster.name}/" in line]
    found += [str(path) for path in Path("/run/netns").glob(f"*{node.full_name}*")]
    found += [path for path, _, _ in os.walk("/sys/fs/cgroup") if node.full_name in path]
    found += [str(path) for path in (node.state, cluster.kubeconfig) if path.exists()]
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            text = line.read_text(errors="replace")
            if str(node.state) in text or f"netns/{node.full_name}" in text:
                found.append(text)
    return found


@pytest.fixture
def another() -> Iterator[Cluster]:
    """A cluster beside the one that the tests are in."""
    cluster = named(f"beside-{os.getpid()}")
    yield cluster
    dev("down", "--name", cluster.name)


def killed_box(cluster: Cluster) -> None:
    """All of it runs, and its first process is killed."""
    dev("up", "--real", "--name", cluster.name)
    os.kill(min(cluster.node.processes()), signal.SIGKILL)


def killed_while_it_starts(reached: Callable[[Cluster], bool]) -> Callable[[Cluster], None]:
    """The command that starts it is killed at some moment, so that nobody cleans up."""

    def end(cluster: Cluster) -> None:
        process = subprocess.Popen([*COMMAND, "up", "--real", "--name", cluster.name], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE
        while not reached(cluster):
            assert process.poll() is None, "It was up before it could be killed."
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.kill()
        process.wait()

    return end


@pytest.mark.parametrize(
    "ends",
    [
        pytest.param(lambda cluster: dev("up", "--real", "--name", cluster.name), id="it runs"),
        pytest.param(
            lambda cluster: dev("up", "--real", "--router", "traefik", "--router", "istio", "--name", cluster.name),
            id="routers run in it",
            marks=pytest.mark.long,
        ),
        pytest.param(killed_box, id="its first process was killed"),
        pytest.param(killed_while_it_starts(lambda cluster: cluster.node.network.exists()), id="killed when its network was made"),
        pytest.param(killed_while_it_starts(lambda cluster: bool(cluster.node.processes())), id="killed when its box was made"),
        pytest.param(killed_while_it_starts(lambda cluster: "kubelet" in cluster.node.programs()), id="killed when its kubelet ran"),
    ],
)
def test_nothing_stays_of_a_node(ends, another):
    ends(another)
    assert left_of(another)
    dev("down", "--name", another.name)
    assert left_of(another) == []


@pytest.mark.long
def test_a_node_has_a_name_of_one_kind(another):
    dev("up", "--real", "--name", another.name)
    told = dev("up", "--name", another.name, check=False)
    assert told.returncode == 1
    assert "is up with a real node, not simulated ones" in told.stderr
    assert dev("status", "--name", another.name).returncode == 0


def test_the_machine_keeps_its_own_settings(another):
    kept = [
        Path("/proc/sys", name) for name in ("vm/overcommit_memory", "kernel/panic", "kernel/panic_on_oops", "kernel/keys/root_maxkeys")
    ]
    before = [path.read_text() for path in kept]
    dev("up", "--real", "--name", another.name)
    assert [path.read_text() for path in kept] == before
    assert CLUSTERS.is_dir()
