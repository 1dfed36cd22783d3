# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one unchanged rolling task costs, as a ratio to the module ping of the same run."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

from tests.functional.cluster import Cluster, running_cluster
from tests.functional.plays import Ansible, Way

TASKS = 10
ROUNDS = 5


def manifest() -> dict[str, Any]:
    """Return a Deployment of three pods."""
    pod = {"containers": [{"name": "web", "image": "registry.example/web:1"}]}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": pod}
    spec = {"replicas": 3, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}


def seconds(ansible: Ansible, task: dict[str, Any], count: int, way: Way) -> float:
    """Return the wall time of a play with a task so many times; nothing may change or fail."""
    started = time.monotonic()
    play = ansible([task] * count, way=way)
    spent = time.monotonic() - started
    if play.code or any(result.changed for result in play.results) or len(play.results) != count:
        sys.exit(f"A task failed or changed something, so there is nothing to measure:\n{play.stdout}\n{play.stderr}")
    return spent


def round_of(ansible: Ansible, subjects: dict[str, tuple[dict[str, Any], Way]]) -> dict[str, float]:
    """Return the seconds that a further task of each subject costs, without the start of the play; all measured right after one another."""
    return {
        name: (seconds(ansible, task, TASKS + 1, way) - seconds(ansible, task, 1, way)) / TASKS for name, (task, way) in subjects.items()
    }


def measure(cluster: Cluster, namespace: str, folder: Path) -> None:
    """Print the table."""
    ansible = Ansible(cluster=cluster, folder=folder)
    ping: dict[str, Any] = {"name": "Ping", "ansible.builtin.ping": {}}
    rolling = {"name": "Roll out", "rollout.kubernetes.rolling": {"namespace": namespace, "definition": manifest()}}
    first = ansible(rolling)
    if first.code:
        sys.exit(f"The first rollout failed:\n{first.stdout}\n{first.stderr}")
    subjects: dict[str, tuple[dict[str, Any], Way]] = {
        "ping": (ping, "process"),
        "rolling, in process": (rolling, "process"),
        "rolling, as module": (rolling, "module"),
    }
    rounds = [round_of(ansible, subjects) for _ in range(ROUNDS)]
    print(f"one unchanged task, {TASKS} tasks a play, median of {ROUNDS} rounds (ratios: lowest to highest of the rounds):")
    for name in subjects:
        ratios = sorted(one[name] / one["ping"] for one in rounds)
        cost = statistics.median(one[name] for one in rounds)
        print(f"  {name:22}{cost:7.3f} s{statistics.median(ratios):8.2f} times ping  ({ratios[0]:.2f} to {ratios[-1]:.2f})")


def main() -> None:
    """Measure in a namespace that goes away."""
    cluster = running_cluster()
    namespace = f"bench-{uuid.uuid4().hex[:6]}"
    cluster.kubectl("create", "namespace", namespace)
    try:
        cluster.kubectl("wait", "--namespace", namespace, "--for=create", "serviceaccount/default", "--timeout=30s")
        with tempfile.TemporaryDirectory(prefix="rollout-bench-") as folder:
            measure(cluster, namespace, Path(folder))
    finally:
        cluster.kubectl("delete", "namespace", namespace, "--wait=false", check=False)


if __name__ == "__main__":
    main()
