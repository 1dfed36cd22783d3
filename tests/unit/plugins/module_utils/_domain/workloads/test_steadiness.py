# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What says that the candidate's pods are not as well as they were, and what says nothing of the version."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.steadiness import more_restarts, seen_of, unsteady
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import Pod

from ..samples import container, ended, pod, waiting

RUNS = container({"running": {}}, ready=True, started=True)
AGAIN = container({"running": {}}, ready=True, started=True, restarts=1, last=ended(1))
UNREADY = container({"running": {}}, started=True)
STOPPED = container({"terminated": ended(3)})
KILLED = waiting("CrashLoopBackOff", restarts=3, last=ended(137, "OOMKilled"))


def a_pod(status: dict[str, Any] = RUNS, *, name: str = "web-1", ready: bool = True, **more: Any) -> Pod:
    return Pod.of(pod(name, "h2", ready=ready, statuses=[status], **more))


def gated() -> Pod:
    """All its containers are ready, and something else says that it is not."""
    found = pod("web-1", "h2", ready=False, statuses=[RUNS])
    found["status"] = {
        **found["status"],  # type: ignore[dict-item]
        "conditions": [{"type": "Ready", "status": "False", "reason": "ReadinessGatesNotReady", "message": "the load balancer"}],
    }
    return Pod.of(found)


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (a_pod(), ""),
        (a_pod(AGAIN), "Pod shop/web-1, container app, has restarted once by now: the last run ended with exit code 1; look at"),
        (
            a_pod(KILLED, ready=False),
            "has restarted 3 times by now: the last run was killed for want of memory (OOMKilled); the memory limit is too small",
        ),
        (
            a_pod(UNREADY, ready=False),
            "Pod shop/web-1 was ready and is not any more: it runs and its readinessProbe does not pass; look at",
        ),
        (gated(), "Pod shop/web-1 was ready and is not any more: the load balancer; look at what sets the pod's readiness gates."),
        (a_pod(STOPPED, ready=False), "Pod shop/web-1 was ready and is not any more: the last run ended with exit code 3; look at"),
        # Its node is lost: the kubelet, whose word the containers are, says nothing any more.
        (a_pod(RUNS, ready=False), ""),
        # It is evicted.
        (a_pod(UNREADY, ready=False, phase="Failed"), ""),
        (a_pod(UNREADY, ready=False, conditions=[{"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI"}]), ""),
        (a_pod(UNREADY, ready=False, conditions=[{"type": "DisruptionTarget", "status": "False"}]), "was ready and is not any more"),
        # A new one that is not ready yet.
        (a_pod(UNREADY, ready=False, name="web-2"), ""),
        (a_pod(AGAIN, name="web-2"), "Pod shop/web-2, container app, has restarted once"),
    ],
)
def test_a_pod_is_as_well_as_it_was_unless_it_restarts_or_is_not_ready_any_more(now: Pod, words: str) -> None:
    found = unsteady([now], seen_of([a_pod()]))
    assert found is None if not words else found is not None and words in found.sentence
    assert (found is not None and found.container is not None) == ("restarted" in words or "exit code" in words)


def test_a_pod_that_nobody_can_tell_anything_of_is_told_all_the_same() -> None:
    silent = a_pod(container({}), ready=False)
    found = unsteady([silent], seen_of([a_pod()]))
    assert found is not None
    assert found.sentence == "Pod shop/web-1 was ready and is not any more; look at what its node says of it."


def test_what_was_before_the_first_look_does_not_count() -> None:
    assert unsteady([a_pod(AGAIN)], seen_of([a_pod(AGAIN)])) is None
    assert unsteady([a_pod(UNREADY, ready=False)], seen_of([a_pod(UNREADY, ready=False)])) is None


def test_a_pod_that_became_ready_later_must_stay_so_and_the_first_counts_of_restarts_stay() -> None:
    later = seen_of([a_pod(AGAIN), a_pod(name="web-2")], seen_of([a_pod()]))
    assert later.restarts == seen_of([a_pod()]).restarts
    lost = unsteady([a_pod(UNREADY, ready=False, name="web-2")], later)
    assert lost is not None
    assert lost.pod.ref.name == "web-2"


def test_a_container_that_is_new_has_begun_with_no_restart() -> None:
    assert more_restarts({("a", "app"): 2}, {("a", "app"): 2, ("b", "app"): 1}) == {("b", "app"): 1}
