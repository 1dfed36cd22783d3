# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests that a pod of the cluster sends while a rollout goes on (`verify.job`)."""

from __future__ import annotations

from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.resources import POD

from tests.memory.cases import FROM_POD, edited, made
from tests.memory.cluster import Memory, running
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
        (name,) = jobs(memory)
        pod = next(pod for pod in memory.all("default", "Pod") if pod["metadata"]["name"].startswith(name))
        memory.server.delete(POD, pod)
        result = task.wait()
        assert result["failed"]
        assert "broke off, so nobody knows whether users lose requests" in result["msg"]
