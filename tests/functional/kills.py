# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task that is killed after some of its writes, and run again: on a workload of its own each time. After every one of them, and in
its waits, it is killed on the cluster in memory (`tests/unit/memory/test_killed.py`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from .api import ask
from .calls import call
from .cluster import Cluster, Event
from .faults import faulty
from .forked import Started, started
from .interference import Stop, eventually, proxied


def sample(writes: int) -> list[int]:
    """The first, a middle and the last of so many writes."""
    return sorted({1, (writes + 1) // 2, writes})


def begun(cluster: Cluster, module: str, **parameters: Any) -> Started:
    """Begin a module in a process of its own."""
    return started(cluster.kubeconfig, module, parameters)


def kill_after(cluster: Cluster, number: int, module: str, options: Mapping[str, Any], *, leases: bool = False) -> None:
    """Kill a task with all its processes after so many writes, those of Leases counted on request; one that makes fewer ends by itself."""
    with faulty(cluster.kubeconfig) as proxy:
        stop = Stop(proxy, after=number, leases=leases)
        process = begun(cluster, module, **options, **proxied(proxy))
        eventually(lambda: stop.reached.is_set() or process.has_ended(), f"write {number}")
        process.kill()


def expire_locks(cluster: Cluster, namespace: str) -> None:
    """Let the locks that killed tasks have left in the namespace expire within a second; without that it takes 15, each time anew
    (`tests/unit/memory/test_locks.py` is about that)."""
    path = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
    for lease in ask(cluster.kubeconfig, "GET", path)["items"]:
        if lease["spec"].get("holderIdentity"):
            url, body = f"{path}/{lease['metadata']['name']}", {"spec": {"leaseDurationSeconds": 1}}
            ask(cluster.kubeconfig, "PATCH", url, body=body, content_type="application/merge-patch+json")


class Audit(Protocol):
    """The fixture `audit`."""

    def mark(self) -> None:
        """Forget what was until now."""

    def writes(self, *, leases: bool = False) -> list[Event]:
        """The writes since the last mark."""


def survives(
    cluster: Cluster, audit: Audit, module: str, *, prepare: Callable[..., None], options: Callable[[str], dict[str, Any]], least: int
) -> list[str]:
    """The names of the workloads on which the task was killed, ended by a second run, and changed nothing by a third.

    `prepare(*names)` makes workloads on which `options(name)` lets the module change something by at least so many writes.
    """
    prepare("web0")
    audit.mark()
    assert call(cluster, module, **options("web0"))["changed"]
    writes = len(audit.writes(leases=True))
    assert writes >= least, "an undisturbed run has as many writes as are counted on"
    numbers = sample(writes)
    names = [f"web{number}" for number in numbers]
    prepare(*names)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda number: kill_after(cluster, number, module, options(f"web{number}"), leases=True), numbers))
        expire_locks(cluster, options("web0")["namespace"])
        again = list(pool.map(lambda name: call(cluster, module, **options(name)), names))
    assert [result["msg"] for result in again if result.get("failed")] == []
    assert not any(call(cluster, module, **options(name))["changed"] for name in names)
    return names
