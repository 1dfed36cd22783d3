# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one unchanged rolling task costs, as a ratio to the module ping of the same run."""

from __future__ import annotations

import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

from tests.functional.cluster import Cluster, running_cluster
from tests.functional.plays import Ansible, Way

TASKS = 10
ROUNDS = 3


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


def per_task(ansible: Ansible, task: dict[str, Any], way: Way) -> float:
    """Return the seconds that a further task costs: the best of some rounds, without the start of the play."""
    whole = min(seconds(ansible, task, TASKS + 1, way) for _ in range(ROUNDS))
    start = min(seconds(ansible, task, 1, way) for _ in range(ROUNDS))
    return (whole - start) / TASKS


def measure(cluster: Cluster, namespace: str, folder: Path) -> None:
    """Print the table."""
    ansible = Ansible(cluster=cluster, folder=folder)
    ping: dict[str, Any] = {"name": "Ping", "ansible.builtin.ping": {}}
    rolling = {"name": "Roll out", "rollout.kubernetes.rolling": {"namespace": namespace, "definition": manifest()}}
    first = ansible(rolling)
    if first.code:
        sys.exit(f"The first rollout failed:\n{first.stdout}\n{first.stderr}")
    base = per_task(ansible, ping, "process")
    rows = {"ping": base}
    rows["rolling, in process"] = per_task(ansible, rolling, "process")
    rows["rolling, as module"] = per_task(ansible, rolling, "module")
    print(f"one unchanged task, best of {ROUNDS}, {TASKS} tasks each:")
    for name, cost in rows.items():
        print(f"  {name:22}{cost:7.3f} s{cost / base:8.2f} times ping")


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
