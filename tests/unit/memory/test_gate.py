# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module `gate` where it asks the cluster: the pods of a version, and Jobs."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import Ref
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import POD
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.gates.placeholders import filled
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.gates.versions import values_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._engine.observe.workloads import Observer

from tests.memory.cases import edited, image, slowly, theirs
from tests.memory.cluster import Memory, running
from tests.memory.runs import Run, call

SMOKE = {"image": "registry.example/smoke:1"}


def gate(memory: Memory, **options: Any) -> Run:
    """A gate that has not begun."""
    return Run(memory, "gate", **{"namespace": "default", "name": "smoke", **options})


def jobs(memory: Memory) -> list[Any]:
    """The Jobs that are there."""
    return memory.all("default", "Job")


def told(result: dict[str, Any]) -> tuple[str | None, list[str]]:
    """The verdict, and what each measurement was."""
    (found,) = result["gates"]
    return found["verdict"], [entry["outcome"] for entry in found["measurements"]]


# --- pods -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
def test_pods_that_are_ready_and_stay_so_pass(kind: str) -> None:
    with running() as memory:
        theirs(kind)(memory)
        result = gate(memory, workload="web", kind=kind, pods={}, interval="10s", count=3).start().wait()
        assert told(result) == ("pass", ["pass"] * 3)
        assert not result["changed"]
        assert "3 of 3 pods are ready, 0 restarts (0 may); measured 3 times in 20 s" in result["msg"]


def restart(memory: Memory, count: int) -> None:
    """The container of one pod restarts so many times more."""
    pod = memory.all("default", "Pod")[0]
    status = pod["status"]
    again = [{**status["containerStatuses"][0], "restartCount": status["containerStatuses"][0]["restartCount"] + count}]
    memory.server.revise(POD, pod, status={**status, "containerStatuses": again})


@pytest.mark.parametrize(("may", "verdict"), [(0, "fail"), (1, "fail"), (2, "pass")])
def test_restarts_count_from_the_first_look_on(may: int, verdict: str) -> None:
    with running() as memory:
        theirs()(memory)
        restart(memory, 7)
        run = gate(memory, workload="web", pods={"restarts": may}, interval="10s", count=3).start()
        memory.clock.sleep(15)
        restart(memory, 2)
        result = run.wait()
        assert told(result)[0] == verdict
        assert bool(result.get("failed")) == (verdict == "fail")
        if verdict == "fail":
            assert f"2 restarts ({may} may); container web of web-" in result["msg"]


@pytest.mark.parametrize(("ready", "verdict"), [(True, "fail"), (False, "pass")])
def test_pods_that_are_not_ready_fail_unless_that_does_not_matter(ready: bool, verdict: str) -> None:
    with running() as memory:
        theirs()(memory)
        edited("Deployment", slowly("2"))(memory)
        memory.clock.sleep(5)
        result = gate(memory, workload="web", pods={"ready": ready}).start().wait()
        assert told(result)[0] == verdict
        if ready:
            assert "0 of 1 pods are ready, 0 restarts (0 may), not web-" in result["msg"]


def test_a_version_without_pods_is_no_data() -> None:
    with running() as memory:
        theirs(replicas=0)(memory)
        result = gate(memory, workload="web", pods={}, inconclusive_limit=0).start().wait()
        assert told(result) == ("inconclusive", ["no_data"])
        assert result["failed"]
        assert "That says nothing of the version." in result["msg"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"pods": {}}, "workload is missing: give the name of the workload whose pods the gate is about."),
        ({"pods": {}, "workload": "nothing"}, "Deployment default/nothing does not exist: the gate smoke has no pods to be about."),
        (
            {"job": {**SMOKE, "env": {"PODS": "$stable_pods"}}, "workload": "web"},
            "job.env.PODS holds $stable_pods, and there is none here: no other version than the present one has pods.",
        ),
    ],
)
def test_what_is_missing_is_said_before_anything_is_made(options: dict[str, Any], words: str) -> None:
    with running() as memory:
        theirs()(memory)
        result = gate(memory, **options).start().wait()
        assert (result["failed"], result["msg"]) == (True, words)
        assert jobs(memory) == []


# --- placeholders ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
def test_placeholders_stand_for_the_pods_and_hashes_of_both_versions(kind: str) -> None:
    with running() as memory:
        theirs(kind)(memory)
        before = {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in memory.all("default", "Pod")}
        edited(kind, slowly("2"))(memory)
        memory.clock.sleep(5)
        ref = Ref(kind, "default", "web")
        with Observer(memory.client(), [ref], follow=False) as observer:
            values = values_of(ref, observer.snapshot(ref))
        pods = {pod["metadata"]["name"]: pod for pod in memory.all("default", "Pod")}
        new = {name for name, pod in pods.items() if before.get(name) != pod["metadata"]["uid"]}
        names = {key: set(values[key].split("|")) for key in ("stable_pods", "candidate_pods")}
        assert names == {"stable_pods": set(pods) - new, "candidate_pods": new}
        label = "pod-template-hash" if kind == "Deployment" else "controller-revision-hash"
        for key, those in (("stable_hash", set(pods) - new), ("candidate_hash", new)):
            assert {pods[name]["metadata"]["labels"][label] for name in those} == {values[key]}
        assert (values["namespace"], values["name"]) == ("default", "web")


def test_where_nothing_changes_there_is_no_stable_version() -> None:
    with running() as memory:
        theirs()(memory)
        edited("Deployment", image("2"))(memory)
        memory.clock.sleep(30)
        ref = Ref("Deployment", "default", "web")
        with Observer(memory.client(), [ref], follow=False) as observer:
            values = values_of(ref, observer.snapshot(ref))
        with pytest.raises(InputError, match="no other version than the present one has pods"):
            filled("$stable_hash", values, "query")


# --- Jobs -----------------------------------------------------------------------------------------------------------------------


def test_a_job_that_completes_passes_and_is_deleted() -> None:
    with running() as memory:
        theirs()(memory)
        run = gate(
            memory, job={**SMOKE, "command": ["sh", "-c"], "args": ["exit $HOME"], "env": {"TARGET": "$name"}}, workload="web"
        ).start()
        memory.clock.wait(lambda: jobs(memory) != [], 5)
        (job,) = jobs(memory)
        pod = job["spec"]["template"]["spec"]
        assert pod["containers"][0]["env"] == [{"name": "TARGET", "value": "web"}]
        assert pod["containers"][0]["args"] == ["exit $$HOME"]
        assert pod["automountServiceAccountToken"] is False
        result = run.wait()
        assert told(result) == ("pass", ["pass"])
        assert "the Job completed, its last words are: " in result["msg"]
        memory.clock.sleep(5)
        assert jobs(memory) == []


def fail(memory: Memory) -> None:
    """The pod of the Job ends with another code than 0."""
    (pod,) = (pod for pod in memory.all("default", "Pod") if pod["metadata"]["name"].startswith("rollout-gate"))
    memory.server.revise(POD, pod, status={**pod["status"], "phase": "Failed"})


def test_a_job_that_fails_fails_the_gate_with_its_last_words() -> None:
    with running() as memory:
        run = gate(memory, job={"image": "registry.example/smoke:unready"}).start()
        memory.clock.sleep(3)
        fail(memory)
        result = run.wait()
        assert told(result) == ("fail", ["fail"])
        assert "Gate smoke fails: the Job failed, its last words are: " in result["msg"]
        memory.clock.sleep(5)
        assert jobs(memory) == []


@pytest.mark.parametrize(
    ("tag", "words"),
    [("missing", "ErrImagePull"), ("unready", "the Job was not done within 20 s")],
)
def test_a_job_that_cannot_run_says_nothing_of_the_version(tag: str, words: str) -> None:
    with running() as memory:
        options = {"job": {"image": f"registry.example/smoke:{tag}", "wait_timeout": "20s"}, "error_limit": 1, "interval": "1s"}
        result = gate(memory, **options).start().wait()
        assert told(result) == ("inconclusive", ["error", "error"])
        assert words in result["msg"]
        memory.clock.sleep(5)
        assert jobs(memory) == []


def test_without_the_right_to_make_jobs_the_right_that_is_missing_is_told() -> None:
    with running() as memory:
        memory.server.rights.deny("gates", ["create", "patch"], "jobs")
        result = Run(memory, "gate", user="gates", namespace="default", name="smoke", job=SMOKE, error_limit=0).start().wait()
        assert told(result) == ("inconclusive", ["error"])
        assert "jobs" in result["msg"]


def test_in_check_mode_nothing_is_asked_and_no_job_is_made() -> None:
    with running() as memory:
        theirs()(memory)
        for options in ({"job": SMOKE}, {"pods": {}, "workload": "web"}):
            run = Run(memory, "gate", check=True, namespace="default", name="smoke", **options)
            result = run.start().wait()
            assert told(result) == (None, [])
            assert run.wire.writes == []
            assert result["msg"] == "Gate smoke would be measured; in check mode nothing is asked."


def test_what_a_killed_run_leaves_goes_by_itself() -> None:
    with running() as memory:
        gate(memory, job=SMOKE).dies_after_write(1).start().wait()
        assert len(jobs(memory)) == 1
        memory.clock.sleep(120)
        assert jobs(memory) == []
        assert told(call(memory, "gate", namespace="default", name="smoke", job=SMOKE)) == ("pass", ["pass"])
        memory.clock.sleep(5)
        assert jobs(memory) == []


def test_a_dry_run_tells_and_does_not_fail() -> None:
    with running() as memory:
        theirs(replicas=0)(memory)
        result = gate(memory, workload="web", pods={}, inconclusive_limit=0, dry_run=True).start().wait()
        assert not result.get("failed")
        assert "a dry run that does not count" in result["msg"]
        assert told(result)[0] == "inconclusive"
