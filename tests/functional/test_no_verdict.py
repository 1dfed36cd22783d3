# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Blue/green while this task cannot work, or clocks differ: nothing is taken back for that, and nothing hangs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.main import Context
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.client import KubeCluster

from .calls import call
from .faults import Request
from .interference import is_write
from .sides import CLAIM, claim_of, coloured, steps
from .workloads import create

pytestmark = pytest.mark.memory

TWO = "registry.example/web:2"
DENIAL = 'deployments.apps "web" is forbidden: User "ci" cannot patch resource "deployments" in API group "apps" in the namespace "shop"'
NO = {"kind": "Status", "code": 403, "reason": "Forbidden", "message": DENIAL}
HOOK = {"kind": "Status", "code": 500, "reason": "InternalError", "message": 'failed calling webhook "policy.example": no route to host'}
DENIED = {"kind": "Status", "code": 403, "reason": "Forbidden", "message": 'admission webhook "policy.example" denied the request: no'}


def writes_to(plural: str, name: str = "") -> Callable[[Request], bool]:
    return lambda request: is_write(request) and f"/{plural}/" in f"{request.path}/" and request.path.endswith(name)


def selector(get: Any) -> dict[str, str]:
    found: dict[str, str] = get("service", "web")["spec"]["selector"]
    return found


@pytest.mark.server
@pytest.mark.parametrize(
    ("plural", "status", "body"),
    [("deployments", 403, NO), ("services", 403, NO), ("deployments", 500, HOOK)],
    ids=["pods", "traffic", "hook"],
)
def test_a_write_that_fails_holds_and_the_same_task_goes_on_later(plain, through, faults, get, plural, status, body):
    plain()
    faults.add(matches=writes_to(plural, "web-green" if plural == "deployments" else "web"), status=status, body=body, times=1000)
    held = through("blue_green", image=TWO, scale_down_delay=0, wait_timeout=15 if body is HOOK else 120)
    assert held["failed"]
    assert ("could not be applied" if body is HOOK else "user ci may not patch deployments.apps") in held["msg"]
    assert "nothing was taken back" in held["msg"]
    assert "Went back" not in held["msg"]
    assert held["rollouts"][0]["phase"] == "degraded"
    assert claim_of(get)
    for fault in faults._faults:
        fault.times = 0
    again = through("blue_green", image=TWO, scale_down_delay=0)
    assert not again.get("failed"), again["msg"]
    assert selector(get) == coloured("green")


@pytest.mark.server
def test_a_candidate_that_admission_refuses_is_gone_back_from(plain, through, faults, get):
    plain()
    faults.add(matches=lambda request: is_write(request) and request.path.endswith("/web-green"), status=403, body=DENIED, times=1000)
    back = through("blue_green", image=TWO, scale_down_delay=0)
    assert back["failed"]
    assert "Went back" in back["msg"]
    assert claim_of(get) == ""
    assert selector(get) == {"app": "web"}


@pytest.mark.server
def test_in_an_outage_a_task_with_a_lock_ends_soon_after_its_own_time(plain, through, faults, get):
    plain()
    began: list[float] = []

    def progress(line: str) -> None:
        if line.startswith("prepare:") and not began:
            began.append(time.monotonic())
            faults.add(matches=lambda request: True, unsent=True, times=100_000)
            faults.drop_all()

    held = through("blue_green", image="registry.example/web:unready", scale_down_delay=0, wait_timeout=5, progress=progress)
    assert held["failed"]
    assert began
    assert time.monotonic() - began[0] < 60, "seconds of its own, and not the whole patience of seven steps"
    assert "Went back" not in held["msg"]
    for fault in faults._faults:
        fault.times = 0
    assert claim_of(get), "the claim stays, so that the same task goes on"


# --- clocks -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", [2, -2])
def test_when_the_traffic_moved_is_written_and_read_by_the_servers_clock(run, plain, get, monkeypatch, hours):
    plain()
    real = KubeCluster.now
    monkeypatch.setattr(KubeCluster, "now", lambda self: real(self) + timedelta(hours=hours))
    run(image=TWO, stop_before="scale_down", scale_down_delay=1)
    claim = json.loads(claim_of(get))
    switched = datetime.fromisoformat(claim["switched"])
    difference = switched - datetime.fromisoformat(get("lease", "rollout-web")["metadata"]["creationTimestamp"])
    assert abs(difference - timedelta(hours=hours)) < timedelta(minutes=10)
    renewed = datetime.fromisoformat(get("lease", "rollout-web")["spec"]["renewTime"])
    assert abs(renewed - switched) < timedelta(minutes=10)


def test_a_time_that_another_clock_wrote_ahead_of_ours_delays_nothing(run, plain, kubectl, get):
    plain()
    run(image=TWO, stop_before="hold", scale_down_delay=2)
    claim = json.loads(claim_of(get))
    ahead = datetime.fromisoformat(claim["switched"]) + timedelta(hours=2)
    changed = json.dumps({**claim, "switched": ahead.isoformat()})
    kubectl("annotate", "lease", "rollout-web", "--overwrite", f"{CLAIM}={changed}")
    done = run("promote", wait_timeout=20)
    assert steps(done)["scale_down"] == "done"
    assert claim_of(get) == ""


# --- what is remembered ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ['{"version": 2, "workloads": []}', "{", '{"sides": []}'])
def test_a_claim_that_cannot_be_read_is_refused_by_every_module_that_asks_for_it(run, plain, kubectl, get, value):
    plain()
    run(image=TWO, stop_before="switch")
    kubectl("annotate", "lease", "rollout-web", "--overwrite", f"{CLAIM}={value}")
    for module, options in (("blue_green", {"image": TWO}), ("promote", {}), ("abort", {}), ("undo", {})):
        refused = run(module, fails=True, **options)
        assert f"The annotation {CLAIM} of Lease " in refused["msg"]
        assert not refused["changed"]
    assert "web-green" not in str(selector(get))


@pytest.mark.server
def test_who_is_given_another_template_while_the_old_pods_are_kept_is_not_complete(through, plain, kubectl, get):
    plain()
    left = [["set", "image", "deployment/web-green", "web=registry.example/web:3"]]

    def progress(line: str) -> None:
        if line.startswith("hold:") and left:
            kubectl(*left.pop())

    done = through("blue_green", image=TWO, scale_down_delay=2, progress=progress)
    assert done["failed"]
    assert "was given another template by kubectl-set" in done["msg"]
    assert done["rollouts"][0]["phase"] != "complete"
    assert get("deployment", "web-green")["spec"]["template"]["spec"]["containers"][0]["image"] == "registry.example/web:3"


@pytest.mark.server
def test_changed_tells_nothing_of_the_lease(through, plain, faults):
    plain()
    faults.add(matches=writes_to("deployments", "web"), status=403, body=NO, times=1000)
    refused = through("recreate", image=TWO)
    assert (refused["failed"], refused["changed"]) == (True, False)


@pytest.mark.server
def test_what_needs_something_only_by_the_time_another_lock_is_free_is_changed_under_a_lock_too(
    cluster, namespace, deployment, kubectl, get, audit
):
    create(kubectl, *(deployment(name, replicas=1, strategy={"type": "Recreate"}) for name in ("front", "web")))
    kubectl("rollout", "status", "deployment/front", "deployment/web")
    wanted = [deployment("front", replicas=1), deployment("web", replicas=1, image=TWO)]
    call(cluster, "recreate", namespace=namespace, definition=wanted[:1])
    held = {"holderIdentity": "alice", "leaseDurationSeconds": 15, "renewTime": "2026-01-01T00:00:00.000000Z"}
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "rollout-web"}, "spec": held}
    create(kubectl, lease)

    def progress(line: str) -> None:
        if "is held by alice" in line:
            kubectl("set", "image", "deployment/front", "web=registry.example/web:9")
            kubectl("patch", "lease", "rollout-web", "--type=merge", '--patch={"spec": {"holderIdentity": null}}')

    audit.mark()
    chosen = {"namespace": namespace, "wait_timeout": 120, "definition": wanted}
    done = call(cluster, "recreate", context=Context(verbose=True, progress=progress), **chosen)
    assert not done.get("failed"), done["msg"]
    assert get("deployment", "front")["spec"]["template"]["spec"]["containers"][0]["image"] == "registry.example/web:1"
    touched = [event.name for event in audit.writes(leases=True)]
    assert "rollout-front" in touched or get("lease", "rollout-front") is not None
    assert touched.index("front") > 0
