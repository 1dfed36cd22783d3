# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests that a pod of the cluster sends while a rollout goes on (`verify.job`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import POD
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.verification import IN_A_ROW

from tests.memory.cases import FROM_POD, edited, made
from tests.memory.cluster import Memory, running
from tests.memory.news import WAYS
from tests.memory.runs import Run, call
from tests.memory.scenes import deployment, service


def rolled(memory: Memory) -> None:
    result = call(memory, "rolling", namespace="default", definition=[service(), deployment(slow=True)], wait_timeout=300)
    assert not result.get("failed"), result["msg"]


def run(memory: Memory, verify: dict[str, Any] | None = None, **options: Any) -> Run:
    chosen = {"verify": verify or FROM_POD["verify"], "definition": deployment("2", slow=True), "wait_timeout": 300, **options}
    return Run(memory, "rolling", namespace="default", **chosen).start()


def job(**options: Any) -> dict[str, Any]:
    whole: dict[str, Any] = FROM_POD["verify"]
    return {**whole, "job": {**whole["job"], **options}}


def jobs(memory: Memory) -> list[str]:
    return [found["metadata"]["name"] for found in memory.all("default", "Job") if not found["metadata"].get("deletionTimestamp")]


def measuring(memory: Memory) -> list[Any]:
    """The pods that send requests."""
    return [pod for pod in memory.all("default", "Pod") if pod["metadata"]["name"].startswith("rollout-verify")]


def tag(memory: Memory) -> str:
    found: str = memory.get("default", "Deployment", "web")["spec"]["template"]["spec"]["containers"][0]["image"]
    return found.rpartition(":")[2]


def test_a_rollout_that_loses_nothing_says_so_and_deletes_its_job() -> None:
    with running() as memory:
        rolled(memory)
        result = run(memory).wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        assert result["verify"]["failed"] == 0
        assert result["verify"]["requests"] > 3
        assert jobs(memory) == []


def test_requests_lost_midway_take_the_rollout_back() -> None:
    with running() as memory:
        rolled(memory)
        task = run(memory, on_failure="rollback")
        memory.clock.wait(lambda: tag(memory) == "2")
        edited("Service", lambda obj: obj["spec"].update(selector={"app": "nobody"}))(memory)
        result = task.wait()
        assert result["failed"]
        assert result["verify"]["failed"] > 0
        assert result["rollouts"][0]["phase"] == "aborted", result["msg"]
        assert tag(memory) == "1"
        assert jobs(memory) == []


def test_a_service_that_leads_nowhere_is_told_before_anything_is_written() -> None:
    with running() as memory:
        rolled(memory)
        edited("Service", lambda obj: obj["spec"].update(selector={"app": "nobody"}))(memory)
        result = run(memory).wait()
        assert result["failed"]
        assert "refused" in result["msg"], result["msg"]
        assert tag(memory) == "1"
        assert jobs(memory) == []


def test_a_pod_whose_image_is_missing_is_told_before_anything_is_written() -> None:
    with running() as memory:
        rolled(memory)
        result = run(memory, job(image="registry.example/curl:missing")).wait()
        assert result["failed"]
        assert "The requests of verify.job cannot begin: Pod default/rollout-verify-" in result["msg"]
        assert "registry.example/curl:missing" in result["msg"]
        assert tag(memory) == "1"
        assert jobs(memory) == []


def test_a_pod_that_the_cluster_refuses_is_told_by_its_words() -> None:
    with running() as memory:
        rolled(memory)
        quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "none"}, "spec": {"hard": {"pods": "3"}}}
        made("ResourceQuota", quota)(memory)
        result = run(memory).wait()
        assert result["failed"]
        assert "did not start within" in result["msg"]
        assert "exceeded quota: none" in result["msg"]
        assert tag(memory) == "1"


def test_a_pod_that_ends_midway_has_not_shown_that_all_is_well() -> None:
    with running() as memory:
        rolled(memory)
        task = run(memory)
        memory.clock.wait(lambda: tag(memory) == "2")
        memory.server.delete(POD, measuring(memory)[0])
        result = task.wait()
        assert result["failed"]
        assert "broke off, so nobody knows whether users lose requests" in result["msg"]


def quiet(memory: Memory, *said: str) -> None:
    """The pod says this, once, instead of telling of its requests."""
    logs, left = memory.server.logs, [*said]
    write = logs.write
    logs.write = lambda pod, line: write(pod, left.pop(0)) if left else None  # type: ignore[method-assign]


def told(memory: Memory, change: Callable[[str], list[str]]) -> None:
    """What the pod tells of each request comes out changed."""
    logs = memory.server.logs
    write = logs.write

    def changed(pod: Any, line: str) -> None:
        for each in change(line):
            write(pod, each)

    logs.write = changed  # type: ignore[method-assign]


UNUSABLE = {
    "an image without curl and wget": (
        ("E the image has neither curl nor wget",),
        "cannot begin: the image has neither curl nor wget. Nothing",
    ),
    "a program of the user's own": (("Usage: sh -c.",), "tells of no request, its last words are: Usage: sh -c. Nothing was written"),
    "nothing at all": ((), "tells of no request. Nothing was written"),
}


@pytest.mark.parametrize("what", UNUSABLE)
def test_a_pod_that_sends_no_requests_is_told_before_anything_is_written(what: str) -> None:
    said, words = UNUSABLE[what]
    with running() as memory:
        rolled(memory)
        quiet(memory, *said)
        result = run(memory).wait()
        assert result["failed"]
        assert words in result["msg"], result["msg"]
        assert tag(memory) == "1"
        assert jobs(memory) == []


def test_a_log_that_may_not_be_read_is_told_before_anything_is_written() -> None:
    with running() as memory:
        rolled(memory)
        memory.server.rights.deny("robot", ["get"], "pods/log")
        result = run(memory, user="robot").wait()
        assert result["failed"]
        assert "user robot may not get pods/log in namespace default" in result["msg"], result["msg"]
        assert tag(memory) == "1"
        assert jobs(memory) == []


def test_why_a_pod_does_not_start_is_left_out_where_events_may_not_be_read() -> None:
    with running() as memory:
        rolled(memory)
        made("ResourceQuota", {"metadata": {"name": "none"}, "spec": {"hard": {"pods": "3"}}})(memory)
        memory.server.rights.deny("robot", ["list"], "events")
        result = run(memory, user="robot").wait()
        assert result["failed"]
        assert "did not start within 120 s. Nothing was written" in result["msg"], result["msg"]
        assert tag(memory) == "1"


def test_a_pod_that_waits_for_a_node_too_long_says_so() -> None:
    with running() as memory:
        rolled(memory)

        def elsewhere(resource: Any, obj: Any) -> None:
            if resource == POD and obj["metadata"]["name"].startswith("rollout-verify"):
                obj["spec"]["nodeSelector"] = {"kubernetes.io/os": "none"}

        memory.server.admission.append(elsewhere)
        result = run(memory).wait()
        assert result["failed"]
        assert "cannot begin: Pod default/rollout-verify-" in result["msg"], result["msg"]
        assert "didn't match Pod's node affinity/selector" in result["msg"]
        assert tag(memory) == "1"


def test_a_pod_that_somebody_deletes_before_it_starts_is_made_again() -> None:
    with running() as memory:
        rolled(memory)
        task = run(memory)
        memory.clock.wait(lambda: bool(measuring(memory)))
        memory.server.delete(POD, measuring(memory)[0])
        result = task.wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        assert result["verify"]["failed"] == 0


def test_a_connection_that_breaks_loses_and_doubles_no_request() -> None:
    with running() as memory:
        rolled(memory)
        task = run(memory)
        memory.clock.wait(lambda: tag(memory) == "2")
        (pod,) = measuring(memory)
        memory.server.logs.break_all()
        result = task.wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        # The first ones in a row are not counted, and the last one may have come after the end.
        assert len(memory.server.logs.of(pod)) - IN_A_ROW - result["verify"]["requests"] in (0, 1)
        assert result["verify"]["failed"] == 0


def test_requests_that_are_answered_out_of_order_count_each() -> None:
    held: list[str] = []

    def swapped(line: str) -> list[str]:
        """Each line with an odd number comes after the one that follows it."""
        if int(line.split()[1]) % 2:
            held.append(line)
            return []
        return [line, *(held.pop() for _line in [*held])]

    with running() as memory:
        rolled(memory)
        told(memory, swapped)
        result = run(memory).wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        assert result["verify"]["failed"] == 0


def test_a_job_that_may_not_be_deleted_is_left_to_its_end() -> None:
    with running() as memory:
        rolled(memory)
        memory.server.rights.deny("robot", ["delete"], "jobs")
        result = run(memory, user="robot").wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        assert len(jobs(memory)) == 1
        memory.clock.sleep(3600)
        assert jobs(memory) == []


def test_a_pod_is_seen_to_start_also_by_a_watch_that_has_to_list_again() -> None:
    with running() as memory:
        rolled(memory)
        WAYS["410"](memory, POD)
        result = run(memory).wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        assert result["verify"]["requests"] > 3


def at_once(memory: Memory, *more: str) -> None:
    """What the pod tells of its first requests comes all at once, as from a log that was slow; `more` comes right after it."""
    held: list[str] = []

    def burst(line: str) -> list[str]:
        number = int(line.split()[1])
        if number < IN_A_ROW + 3:
            held.append(line)
            return []
        return [*held, *more, line] if number == IN_A_ROW + 3 else [line]

    told(memory, burst)


def test_what_comes_right_after_the_first_requests_counts() -> None:
    with running() as memory:
        rolled(memory)
        at_once(memory)
        result = run(memory).wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        assert result["verify"]["failed"] == 0


def test_a_pod_that_breaks_down_right_after_the_first_requests_has_shown_nothing() -> None:
    with running() as memory:
        rolled(memory)
        at_once(memory, "E sleep in the image takes no fraction of a second")
        result = run(memory).wait()
        assert result["failed"]
        assert "takes no fraction of a second" in result["msg"], result["msg"]


def test_an_answer_that_never_comes_is_not_waited_for_longer_than_a_request_may_take() -> None:
    with running() as memory:
        rolled(memory)
        told(memory, lambda line: [] if line.startswith("r 7 ") else [line])
        task = run(memory)
        result = task.wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        assert result["verify"]["failed"] == 0


def test_who_may_not_make_jobs_is_told_before_anything_is_written() -> None:
    with running() as memory:
        rolled(memory)
        memory.server.rights.deny("robot", ["patch", "create"], "jobs")
        result = run(memory, user="robot").wait()
        assert result["failed"]
        assert "jobs" in result["msg"]
        assert tag(memory) == "1"
        assert jobs(memory) == []
