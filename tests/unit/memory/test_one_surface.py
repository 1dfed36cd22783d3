# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options mean the same in each module: the application's name alone finds what is on its way, a step is a step, a time is each step's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.memory.cases import BLUE, DAEMON, FROM_POD, PLAIN, SET, Case, done, edited, made, passed, theirs
from tests.memory.cluster import Memory, running
from tests.memory.scenes import manifest, service


@pytest.fixture
def memory() -> Iterator[Memory]:
    with running() as cluster:
        yield cluster


def given(memory: Memory, module: str, **options: Any) -> dict[str, Any]:
    """The result of a module that is called with a name for the application alone, or with more."""
    return Case(module, options).run(memory).start().wait()


def image(memory: Memory, kind: str, name: str = "web") -> str:
    found = memory.get("default", kind, name)
    assert found is not None
    tag: str = found["spec"]["template"]["spec"]["containers"][0]["image"]
    return tag.rpartition(":")[2]


# --- the application ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("application", ["shop", "web", "statefulset-web"])
def test_abort_finds_out_what_goes_pod_by_pod(memory: Memory, application: str) -> None:
    theirs("StatefulSet")(memory)
    named = {"application": "shop"} if application == "shop" else {}
    done("partition", **SET, **named, stop_before="primary", primary=0)(memory)
    result = given(memory, "abort", application=application)
    assert not result.get("failed"), result["msg"]
    assert [rollout["phase"] for rollout in result["rollouts"]] == ["aborted"]
    assert image(memory, "StatefulSet") == "1"


def test_abort_finds_out_what_goes_by_blue_green_beside_a_stateful_set_of_that_name(memory: Memory) -> None:
    other = manifest("StatefulSet")
    other["spec"]["selector"]["matchLabels"] = other["spec"]["template"]["metadata"]["labels"] = {"app": "store"}
    for act in (*PLAIN, made("StatefulSet", other), done("blue_green", **BLUE, stop_before="switch")):
        act(memory)
    result = given(memory, "abort", application="web")
    assert not result.get("failed"), result["msg"]
    assert result["rollouts"][0]["kind"] == "Deployment"
    assert "aborted" in result["msg"]


def test_abort_of_a_daemon_set_says_what_does_it(memory: Memory) -> None:
    theirs("DaemonSet")(memory)
    done("on_delete", **DAEMON, application="shop", stop_before="rest", nodes="kubernetes.io/hostname=node-0")(memory)
    result = given(memory, "abort", application="shop")
    assert result["failed"]
    assert not result["changed"]
    assert result["msg"] == "DaemonSet default/web cannot be given up by abort, which is for Deployments and StatefulSets; use undo."
    assert given(memory, "undo", application="shop")["rollouts"][0]["kind"] == "DaemonSet"


@pytest.mark.parametrize("module", ["abort", "undo"])
def test_a_decision_about_a_deployment_moves_no_other_workload_of_that_name(memory: Memory, module: str) -> None:
    other = manifest("StatefulSet")
    other["spec"]["selector"]["matchLabels"] = other["spec"]["template"]["metadata"]["labels"] = {"app": "store"}
    for act in (theirs(), made("StatefulSet", other), passed(20), done("partition", **SET, application="store", stop_before=1)):
        act(memory)
    result = given(memory, module, application="web")
    assert [rollout["kind"] for rollout in result["rollouts"]] in ([], ["Deployment"])
    assert image(memory, "StatefulSet") == "2"


def test_abort_of_nothing_changes_nothing(memory: Memory) -> None:
    for act in PLAIN:
        act(memory)
    result = given(memory, "abort", application="web")
    assert not result.get("failed"), result["msg"]
    assert not result["changed"]


def test_undo_takes_the_application(memory: Memory) -> None:
    for act in (*PLAIN, done("blue_green", **BLUE, application="shop")):
        act(memory)
    result = given(memory, "undo", application="shop")
    assert not result.get("failed"), result["msg"]
    assert result["changed"]
    assert "blue_green" in {rollout["strategy"] for rollout in result["rollouts"]}


@pytest.mark.parametrize("application", ["web", "shop"])
def test_undo_finds_out_what_goes_pod_by_pod(memory: Memory, application: str) -> None:
    theirs("StatefulSet")(memory)
    done("partition", **SET, application="shop", stop_before="primary", primary=0)(memory)
    result = given(memory, "undo", application=application)
    assert not result.get("failed"), result["msg"]
    assert image(memory, "StatefulSet") == "1"


@pytest.mark.parametrize("module", ["undo", "abort", "promote"])
def test_an_application_that_is_no_name_is_refused(memory: Memory, module: str) -> None:
    result = given(memory, module, application="../leases/x")
    assert result["failed"]
    assert "application" in result["msg"]


def test_undo_of_an_application_that_is_called_like_its_workload(memory: Memory) -> None:
    for act in (theirs(), done("rolling", name="web", image="registry.example/web:2")):
        act(memory)
    assert given(memory, "undo", application="web")["changed"]
    assert image(memory, "Deployment") == "1"


# --- steps --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", ["swich", "prepare", "roll"])
def test_a_step_that_is_none_is_refused_with_those_there_are(memory: Memory, wrong: str) -> None:
    for act in PLAIN:
        act(memory)
    words = f"stop_before names {wrong}, which is none of the steps to stop before: preview, scale_up, switch, verify, hold, scale_down."
    run = Case("blue_green", {**BLUE, "stop_before": wrong}).run(memory)
    assert run.start().wait()["msg"] == words
    assert run.wire.writes == []
    done("blue_green", **BLUE, stop_before="switch")(memory)
    run = Case("promote", {"application": "web", "stop_before": wrong}).run(memory)
    assert run.start().wait()["msg"] == words
    assert run.wire.writes == []
    # Where there is nothing to do it is none either.
    done("promote", application="web")(memory)
    for module, options in (("blue_green", BLUE), ("promote", {"application": "web"})):
        assert given(memory, module, **options, stop_before=wrong)["msg"] == words


def test_what_a_task_was_to_stop_before_does_not_bind_who_promotes(memory: Memory) -> None:
    for act in (*PLAIN, done("blue_green", **BLUE, stop_before="switch")):
        act(memory)
    assert given(memory, "promote", application="web")["rollouts"][0]["phase"] == "complete"


# --- times --------------------------------------------------------------------------------------------------------------------------


SLOW = {"simulate.rollout.kubernetes/ready-after": "30s"}


def slow(obj: Any) -> None:
    obj["spec"]["template"]["metadata"]["annotations"] = SLOW


@pytest.mark.parametrize(("module", "options"), [("partition", {"steps": "one_by_one"}), ("on_delete", {})])
def test_each_step_has_the_whole_time(memory: Memory, module: str, options: dict[str, Any]) -> None:
    theirs("StatefulSet", replicas=3)(memory)
    edited("StatefulSet", lambda obj: obj["spec"].update(updateStrategy={"type": "OnDelete"}))(memory)
    edited("StatefulSet", slow)(memory)
    if module == "partition":
        edited("StatefulSet", lambda obj: obj["spec"].update(updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"partition": 3}}))(
            memory
        )
    result = given(memory, module, **SET, **options, wait_timeout="50s")
    assert not result.get("failed"), result["msg"]
    assert sum(step["seconds"] for step in result["rollouts"][0]["steps"]) > 90
    assert result["rollouts"][0]["phase"] == "complete"


def test_a_step_that_takes_longer_fails(memory: Memory) -> None:
    theirs("StatefulSet", replicas=3)(memory)
    edited("StatefulSet", slow)(memory)
    memory.clock.sleep(200)
    result = given(memory, "partition", **SET, steps="one_by_one", wait_timeout="20s")
    assert result["failed"]
    assert "(wait_timeout of 20 s is over) after 20 s" in result["msg"]


def test_the_job_that_measures_lives_as_long_as_all_steps_may_take(memory: Memory) -> None:
    for act in (theirs("StatefulSet", replicas=5), made("Service", service())):
        act(memory)
    run = Case("partition", {**SET, "steps": "one_by_one", **FROM_POD}).run(memory, wait_timeout="2m").start()
    memory.clock.wait(lambda: bool(memory.all("default", "Job")))
    (job,) = memory.all("default", "Job")
    assert job["spec"]["activeDeadlineSeconds"] > 5 * 120
    assert not run.wait().get("failed"), run.result["msg"]
