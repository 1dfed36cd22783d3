# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where everything is measured: one cluster, fresh namespaces, and the subjects: a play, kubectl."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import resource
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.functional.cluster import Cluster
from tests.functional.plays import Ansible, Running, Way

from .api import Api, is_complete

HERE = Path(__file__).resolve().parent
FUNCTIONAL = HERE.parent / "functional"
PLAY_SECONDS = 900


class Unfit(Exception):
    """A subject failed, or changed something that it should not have, so that there is nothing to measure."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sizes:
    """How much of everything."""

    rounds: int = 5
    tasks: int = 10
    pairs: int = 20
    fleet: int = 20
    fleet_replicas: int = 3
    scale: int = 200
    scale_replicas: int = 5
    moments: int = 5
    counts: tuple[int, ...] = (1, 20, 200)


TINY = Sizes(rounds=1, tasks=2, pairs=1, fleet=2, fleet_replicas=1, scale=3, scale_replicas=1, moments=1, counts=(1, 3))
"""For trying out whether it works; the numbers mean nothing."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Timed:
    """A play that ended well: its wall time with Ansible's start and end, its processor time with that of all its processes, when each
    task began and ended, and what changed."""

    seconds: float
    processor_seconds: float
    tasks: tuple[tuple[float, float], ...]
    changed: tuple[bool, ...]


def processor_seconds() -> float:
    """Return what all processes have used that were started here, with theirs, and whose end was waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@dataclasses.dataclass(kw_only=True)
class Scene:
    """All that a measurement needs."""

    cluster: Cluster
    ansible: Ansible
    api: Api
    sizes: Sizes
    folder: Path
    collections: Path | None = None
    plays: int = 0

    @contextlib.contextmanager
    def namespace(self, word: str) -> Iterator[str]:
        """Give a namespace that goes away."""
        name = f"bench-{word}-{uuid.uuid4().hex[:6]}"
        self.cluster.kubectl("create", "namespace", name)
        try:
            self.cluster.kubectl("wait", "--namespace", name, "--for=create", "serviceaccount/default", "--timeout=30s")
            yield name
        finally:
            # The pods are waited for, as what comes next shall not share the cluster with their end; the namespace itself is cheap.
            everything = ("--namespace", name, "--cascade=foreground", "--timeout=100s")
            self.cluster.kubectl("delete", "deployments", "--all", *everything, check=False)
            self.cluster.kubectl("delete", "namespace", name, "--wait=false", check=False)

    def play(self, tasks: Sequence[Mapping[str, Any]] | Mapping[str, Any], *, way: Way = "process") -> Timed:
        """Run a play; raise `Unfit` when it fails."""
        started = time.monotonic()
        running, times = self.start(tasks, way=way)
        return self.ended(running, times, started)

    def start(self, tasks: Sequence[Mapping[str, Any]] | Mapping[str, Any], *, way: Way = "process") -> tuple[Running, Path]:
        """Start a play; also the file where its tasks' times will be."""
        self.plays += 1
        times = self.folder / f"times-{self.plays}.jsonl"
        environment = {
            "ANSIBLE_CALLBACK_PLUGINS": os.pathsep.join([str(FUNCTIONAL / "plugins" / "callback"), str(HERE / "plugins" / "callback")]),
            "ANSIBLE_CALLBACKS_ENABLED": "rollout_record,bench_times",
            "ROLLOUT_BENCH_TIMES": str(times),
            "PYTHONPATH": "",
            "PYTHONDONTWRITEBYTECODE": "",  # As on a person's machine: what was compiled once is kept.
        }
        if self.collections is not None:
            environment["ANSIBLE_COLLECTIONS_PATH"] = str(self.collections)
        return self.ansible.start(tasks, way=way, environment=environment), times

    def ended(self, running: Running, times: Path, started: float) -> Timed:
        """Wait for the end of a play that was started."""
        before = processor_seconds()
        play = running.wait(PLAY_SECONDS)
        seconds, used = time.monotonic() - started, processor_seconds() - before
        if play.code or not play.results or any(result.outcome != "ok" for result in play.results):
            raise Unfit(f"A play failed:\n{play.stdout[-3000:]}\n{play.stderr[-3000:]}")
        entries = [json.loads(line) for line in times.read_text().splitlines()]
        return Timed(
            seconds=seconds,
            processor_seconds=used,
            tasks=tuple((entry["began"], entry["ended"]) for entry in entries),
            changed=tuple(result.changed for result in play.results),
        )

    def kubectl(self, namespace: str, lines: Sequence[Sequence[str]]) -> None:
        """Run kubectl with each line of arguments after the other, as a person's script does."""
        for line in lines:
            command = [str(self.cluster.kubectl_program), "--kubeconfig", str(self.cluster.kubeconfig), "--namespace", namespace, *line]
            variables = {**os.environ, "KUBECACHEDIR": str(self.folder / "kubectl-cache")}
            done = subprocess.run(command, capture_output=True, text=True, check=False, env=variables)
            if done.returncode:
                raise Unfit(f"kubectl {' '.join(line)} failed: {done.stderr.strip()}")

    def side_by_side(self, namespace: str, scripts: Sequence[Sequence[Sequence[str]]]) -> None:
        """Run many of them at once."""
        with ThreadPoolExecutor(max(len(scripts), 1)) as pool:
            list(pool.map(lambda script: self.kubectl(namespace, script), scripts))

    def check_rolled(self, namespace: str, image: str, count: int) -> None:
        """Raise `Unfit` unless all Deployments run this image and nothing else."""
        found = self.api.get(f"/apis/apps/v1/namespaces/{namespace}/deployments")["items"]
        done = [entry for entry in found if is_complete(entry) and entry["spec"]["template"]["spec"]["containers"][0]["image"] == image]
        if len(done) != count:
            raise Unfit(f"Of {count} Deployments {len(done)} are rolled out to {image}.")
