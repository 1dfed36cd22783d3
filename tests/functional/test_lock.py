# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lock of an application, on a real Lease: one holder at a time, who notices when it is not his any more."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import RefusedError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import mapping
from ansible_collections.rollout.kubernetes.plugins.module_utils._engine.hold.lock import Lock, read_lease
from ansible_collections.rollout.kubernetes.plugins.module_utils._engine.outside.surroundings import Surroundings
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.auth import auth_options
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.connect import connect

from .calls import call
from .faults import Request
from .interference import eventually, is_change, proxied
from .kills import begun
from .workloads import rolled_out


@pytest.fixture
def outside(cluster) -> Surroundings:
    """What a task has: the cluster, and the real clock."""
    connected = connect(auth_options({"kubeconfig": str(cluster.kubeconfig)}, environment={}), environment={}, deadline_seconds=30)
    return Surroundings(cluster=connected.cluster, clock=time.monotonic, progress=lambda line: None, guard=lambda: None)


@pytest.fixture
def spec(get) -> Callable[[], dict[str, Any]]:
    return lambda: dict(get("lease", "rollout-web")["spec"])


def test_it_is_renewed_while_it_is_held_and_free_afterwards(outside, namespace, spec):
    with Lock(outside, namespace, "web", "alice") as lock:
        first = spec()
        assert first["holderIdentity"] == "alice"
        eventually(lambda: spec()["renewTime"] > first["renewTime"], "a sign of life")
        lock.guard()
        lock.note("note", "kept")
        lock.note("another", "gone at the end")
        lock.forget("another")
    assert "holderIdentity" not in spec()
    assert spec()["acquireTime"] == first["acquireTime"]
    left = read_lease(outside, namespace, "web")
    assert mapping(left, "metadata", "annotations") == {"note": "kept"}
    outside.leases.forget()
    with Lock(outside, namespace, "web", "bob"):
        assert spec()["leaseTransitions"] == first["leaseTransitions"] + 1


def test_who_lost_it_writes_nothing_more_and_does_not_release_it(outside, namespace, spec, kubectl):
    with Lock(outside, namespace, "web", "alice") as lock:
        kubectl("patch", "lease", "rollout-web", "--type=merge", f"--patch={json.dumps({'spec': {'holderIdentity': 'mallory'}})}")
        with pytest.raises(RefusedError, match="was taken over by mallory"):
            lock.note("note", "never")
        with pytest.raises(RefusedError, match="was taken over by mallory"):
            lock.guard()
    assert spec()["holderIdentity"] == "mallory"


def test_a_lease_that_is_deleted_is_lost_too(outside, namespace, kubectl, get):
    with Lock(outside, namespace, "web", "alice") as lock:
        kubectl("delete", "lease", "rollout-web")
        with pytest.raises(RefusedError, match="was taken over by nobody"):
            lock.note("note", "never")
    assert get("lease", "rollout-web") is None


def test_what_could_not_be_renewed_in_time_is_not_trusted(outside, namespace):
    late = [0.0]
    with Lock(replace(outside, clock=lambda: time.monotonic() + late[0]), namespace, "web", "alice") as lock:
        lock.guard()
        late[0] = 15
        with pytest.raises(RefusedError, match="could not be renewed for 15 s"):
            lock.guard()


def test_somebody_elses_annotation_does_not_cost_the_lock(outside, namespace, kubectl):
    with Lock(outside, namespace, "web", "alice") as lock:
        kubectl("annotate", "lease", "rollout-web", "hello=world")
        lock.note("note", "kept")
        lock.guard()
    left = read_lease(outside, namespace, "web")
    assert mapping(left, "metadata", "annotations") == {"hello": "world", "note": "kept"}


@pytest.mark.parametrize("who", ["the process is stopped", "its connections hang"])
def test_a_write_that_arrives_when_somebody_else_has_taken_over_changes_nothing(
    who, cluster, namespace, deployment, apply, get, kubectl, faults
):
    apply(deployment())
    rolled_out(kubectl)
    ends: list[Any] = []
    options = {"namespace": namespace, "name": "web", "wait_timeout": 120}

    arrived = threading.Event()

    def hangs(request: Request) -> bool:
        """Nothing else of it passes the proxy meanwhile."""
        if ends or not is_change(request):
            return False
        if who == "the process is stopped":
            os.kill(late.process.pid or 0, signal.SIGSTOP)
        other = call(cluster, "rolling", **options, image="registry.example/web:3")
        assert not other.get("failed"), other["msg"]
        ends.append(get("deployment", "web")["spec"])
        if who == "the process is stopped":
            os.kill(late.process.pid or 0, signal.SIGCONT)
        return True

    faults.add(matches=hangs, unheard=True, answered=arrived.set)
    way = proxied(faults)
    late = begun(cluster, "rolling", **options, **way, image="registry.example/web:2")
    result = late.result(180)
    assert result["failed"], result["msg"]
    assert "taken over by" in result["msg"] or "is being changed by" in result["msg"] or "could not be" in result["msg"], result["msg"]
    assert arrived.wait(120), "the write arrives"
    assert ends == [get("deployment", "web")["spec"]]


@pytest.mark.long
def test_of_two_rolling_updates_at_once_one_is_done_and_the_other_names_it(cluster, namespace, deployment, apply, get, kubectl):
    apply(deployment(simulate={"ready-after": "7s"}))
    rolled_out(kubectl)

    def roll(tag: str) -> dict[str, Any]:
        options = {"namespace": namespace, "name": "web", "wait_timeout": 300, "requested_by": f"the job of {tag}"}
        return call(cluster, "rolling", **options, image=f"registry.example/web:{tag}", application=f"shop-{tag}")

    with ThreadPoolExecutor(2) as pool:
        results = dict(zip("23", pool.map(roll, "23"), strict=True))
    (lost,) = (tag for tag, result in results.items() if result.get("failed"))
    (done,) = {"2", "3"} - {lost}
    assert f"is being changed by the job of {done}, " in results[lost]["msg"]
    assert results[lost]["rollouts"] == []
    assert get("deployment", "web")["spec"]["template"]["spec"]["containers"][0]["image"] == f"registry.example/web:{done}"
