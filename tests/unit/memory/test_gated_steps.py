# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gates and holds between the steps of `partition` and `on_delete`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.gates.gate import Prometheus, Reading
from ansible_collections.rollout.kubernetes.plugins.module_utils._gates.asking import BY_REQUEST

from tests.memory.answers import Answers, gate, value
from tests.memory.cases import DAEMON, SET, Case, edited, image, theirs
from tests.memory.cluster import Memory, running
from tests.memory.ends import differences
from tests.memory.pods import WORSE, is_deleted, loses_its_node, restarts
from tests.memory.runs import Run
from tests.memory.stories import Point, points, told

WAYS = {
    "partition": ("partition", {**SET, "steps": "one_by_one"}),
    "on_delete, StatefulSet": ("on_delete", SET),
    "on_delete, DaemonSet": ("on_delete", DAEMON),
}
ways = pytest.mark.parametrize("way", WAYS)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    found = Answers()
    monkeypatch.setitem(BY_REQUEST, Prometheus, found.begin)
    return found


def run(memory: Memory, way: str, **options: Any) -> Run:
    """A rollout that has not begun, of a workload that is there."""
    module, change = WAYS[way]
    if memory.get("default", change["kind"], "web") is None:
        theirs(change["kind"])(memory)
    return Run(memory, module, namespace="default", wait_timeout=120, **{**change, **options})


def updated(memory: Memory) -> int:
    """How many pods have the new image."""
    return sum(pod["spec"]["containers"][0]["image"].endswith(":2") for pod in memory.all("default", "Pod"))


def verdicts(result: dict[str, Any]) -> list[str]:
    """The verdicts in their order."""
    return [entry["verdict"] for entry in result.get("gates", [])]


@ways
def test_a_gate_is_measured_after_each_step_and_the_last_one(answers: Answers, way: str) -> None:
    counts: list[int] = []
    with running() as memory:

        def seen(_query: str) -> Reading:
            counts.append(updated(memory))
            return value(0)

        answers.answer = seen
        result = run(memory, way, gates=[gate(count=2, interval="5s")]).start().wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        assert counts == [1, 1, 2, 2, 3, 3]
        assert verdicts(result) == ["pass"] * 3


@ways
def test_a_version_that_fails_is_stopped_after_the_first_pod(answers: Answers, way: str) -> None:
    answers.answer = lambda _query: value(0.2)
    with running() as memory:
        result = run(memory, way, gates=[gate()]).start().wait()
        assert result["failed"]
        assert "default/web: Gate errors fails: 0.2 is more than 0.01; the query was errors; measured 1 time in 0 s" in result["msg"]
        assert (result["rollouts"][0]["phase"], updated(memory)) == ("degraded", 1)
        # The same run measures anew before it goes on.
        again = run(memory, way, gates=[gate()]).start().wait()
        assert (again["failed"], updated(memory), len(answers.asked)) == (True, 1, 2)
        answers.answer = lambda _query: value(0)
        assert run(memory, way, gates=[gate()]).start().wait()["rollouts"][0]["phase"] == "complete"
        assert verdicts(again) == ["fail"]


def test_a_version_that_fails_goes_back_where_that_is_wanted(answers: Answers) -> None:
    answers.answer = lambda _query: value(1)
    with running() as memory:
        result = run(memory, "partition", gates=[gate()], on_failure="rollback").start().wait()
        assert (result["rollouts"][0]["phase"], updated(memory)) == ("aborted", 0), result["msg"]


@ways
def test_a_hold_passes_after_each_step_and_its_gates_are_measured_all_along(answers: Answers, way: str) -> None:
    with running() as memory:
        begun = run(memory, way, gates=[gate(interval="10s")], hold="30s")
        began = memory.clock.seconds
        result = begun.start().wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        assert memory.clock.seconds - began >= 90
        assert [entry["counts"]["passed"] for entry in result["gates"]] == [3, 3, 3]
        assert any("held for 30 s more" in line for line in begun.lines)


def test_a_gate_that_fails_ends_the_hold_at_once(answers: Answers) -> None:
    with running() as memory:
        begun = run(memory, "partition", gates=[gate(interval="10s")], hold="10m").start()
        memory.clock.wait(lambda: len(answers.asked) == 3, 200)
        answers.answer = lambda _query: value(1)
        failed = memory.clock.seconds
        assert begun.wait()["rollouts"][0]["phase"] == "degraded"
        assert memory.clock.seconds - failed < 15
        assert updated(memory) == 1


def test_a_hold_without_gates_is_waited_for_and_nothing_is_held_where_nothing_is_done(answers: Answers) -> None:
    with running() as memory:
        begun = run(memory, "partition", hold="20s")
        began = memory.clock.seconds
        assert begun.start().wait()["rollouts"][0]["phase"] == "complete"
        assert memory.clock.seconds - began >= 60
        began = memory.clock.seconds
        result = run(memory, "partition", hold="20s", gates=[gate()]).start().wait()
        assert (result["changed"], memory.clock.seconds - began < 5, answers.asked) == (False, True, [])


def test_pods_that_crash_in_the_hold_fail_the_step_without_any_gate(answers: Answers) -> None:
    with running() as memory:
        begun = run(memory, "partition", image="registry.example/web:crash-later", hold="10m").start()
        result = begun.wait()
        assert result["failed"]
        assert result["rollouts"][0]["phase"] == "degraded", result["msg"]


@pytest.mark.parametrize("answer", [Reading(trouble="it is down"), Reading()])
def test_a_gate_that_does_not_know_stops_it_as_well(answers: Answers, answer: Reading) -> None:
    answers.answer = lambda _query: answer
    with running() as memory:
        result = run(memory, "partition", gates=[gate(error_limit=0, inconclusive_limit=0)]).start().wait()
        assert (verdicts(result), updated(memory)) == (["inconclusive"], 1)
        assert "That says nothing of the version" in result["msg"]


@ways
def test_a_gate_that_does_not_know_pauses_before_the_next_step(answers: Answers, way: str) -> None:
    answers.answer = lambda query: Reading() if query == "unknown" else value(0)
    options: dict[str, Any] = {"on_inconclusive": "pause", "on_failure": "rollback"} if way == "partition" else {"on_inconclusive": "pause"}
    with running() as memory:
        begun = run(memory, way, gates=[gate(), gate("other", query="unknown", inconclusive_limit=0)], hold="10m", **options)
        began = memory.clock.seconds
        result = begun.start().wait()
        assert (result.get("failed", False), updated(memory)) == (False, 1), result["msg"]
        assert memory.clock.seconds - began < 120
        (rollout,) = result["rollouts"]
        assert (rollout["phase"], rollout["cause"], len(rollout["steps_left"]) >= 2) == ("paused", "", True)
        assert f"is paused: stopped before {rollout['next_step']}, as a gate does not know." in result["msg"]
        (warning,) = (warning for warning in result["warnings"] if "Gate other is inconclusive" in warning)
        assert warning.endswith("run the same task again, which measures anew before it updates further pods, or give up by undo.")
        # It stays with the rollout, and the same task measures anew.
        other = Run(memory, "restart", namespace="default", kind=WAYS[way][1]["kind"], name="web", wait_timeout=60).start().wait()
        assert f"stands before the step {rollout['next_step']}." in other["msg"]
        assert updated(memory) == 1
        again = run(memory, way, gates=[gate()]).start().wait()
        assert (again["rollouts"][0]["phase"], verdicts(again), updated(memory)) == ("complete", ["pass"] * 3, 3)


@ways
def test_a_gate_that_does_not_know_after_the_last_pod_leaves_it_paused(answers: Answers, way: str) -> None:
    with running() as memory:
        answers.answer = lambda _query: value(0) if updated(memory) < 3 else Reading()
        options: dict[str, Any] = {"gates": [gate(inconclusive_limit=0)], "on_inconclusive": "pause"}
        result = run(memory, way, **options).start().wait()
        rollout = result["rollouts"][0]
        assert (rollout["phase"], rollout["complete"], updated(memory)) == ("paused", True, 3), result["msg"]
        assert "is paused: stopped after the last step, as a gate does not know." in result["msg"]
        kind = WAYS[way][1]["kind"]
        assert memory.get("default", kind, "web")["spec"]["updateStrategy"]["type"] == "RollingUpdate"
        again = run(memory, way, **options).start().wait()
        assert again["rollouts"][0]["phase"] == "complete", again["msg"]


@ways
@pytest.mark.parametrize("worse", WORSE)
@pytest.mark.parametrize("gates", [[], [gate(count=2)]])
def test_a_new_pod_that_gets_worse_in_the_hold_fails_the_step(
    answers: Answers, way: str, worse: Callable[[Memory, str], None], gates: list[dict[str, Any]]
) -> None:
    with running() as memory:
        begun = run(memory, way, hold="5m", gates=gates).start()
        memory.clock.wait(lambda: any("held for" in line for line in begun.lines), 200)
        memory.clock.sleep(20)
        (new,) = (pod["metadata"]["name"] for pod in memory.all("default", "Pod") if pod["spec"]["containers"][0]["image"].endswith(":2"))
        worse(memory, new)
        happened = memory.clock.seconds
        result = begun.wait()
        assert (result["failed"], result["rollouts"][0]["phase"], updated(memory)) == (True, "degraded", 1)
        assert memory.clock.seconds - happened < 10
        assert f"default/web: Pod default/{new}" in result["msg"]
        assert WORSE[worse] in result["msg"]


@ways
@pytest.mark.parametrize("others", [is_deleted, loses_its_node])
def test_what_others_do_to_a_new_pod_in_the_hold_says_nothing_of_the_version(
    answers: Answers, way: str, others: Callable[[Memory, str], None]
) -> None:
    with running() as memory:
        begun = run(memory, way, hold="1m").start()
        memory.clock.wait(lambda: any("held for" in line for line in begun.lines), 200)
        (new,) = (pod["metadata"]["name"] for pod in memory.all("default", "Pod") if pod["spec"]["containers"][0]["image"].endswith(":2"))
        others(memory, new)
        memory.clock.sleep(20)
        if others is loses_its_node:
            is_deleted(memory, new)
        result = begun.wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]


def test_an_old_pod_that_restarts_in_the_hold_says_nothing_of_the_version(answers: Answers) -> None:
    with running() as memory:
        begun = run(memory, "partition", hold="1m").start()
        memory.clock.wait(lambda: any("held for" in line for line in begun.lines), 200)
        restarts(memory, "web-0")
        assert begun.wait()["rollouts"][0]["phase"] == "complete"


@pytest.mark.parametrize(("pods", "phase"), [({"restarts": 1}, "complete"), ({}, "degraded")])
def test_a_gate_for_the_pods_says_itself_what_they_may(answers: Answers, pods: dict[str, Any], phase: str) -> None:
    with running() as memory:
        begun = run(memory, "partition", hold="1m", gates=[{"name": "pods", "pods": pods}]).start()
        memory.clock.wait(lambda: any("held for" in line for line in begun.lines), 200)
        memory.clock.sleep(5)
        restarts(memory, "web-2")
        result = begun.wait()
        assert result["rollouts"][0]["phase"] == phase, result["msg"]


def test_another_template_that_comes_in_the_hold_is_not_taken_back(answers: Answers) -> None:
    with running() as memory:
        begun = run(memory, "partition", hold="5m", on_failure="rollback").start()
        memory.clock.wait(lambda: any("held for" in line for line in begun.lines), 200)
        edited("StatefulSet", image("3"))(memory)
        result = begun.wait()
        assert "It was not taken back: the template is not this task's." in result["msg"]


def test_pods_that_break_fail_a_step_that_would_only_be_unsure(answers: Answers) -> None:
    with running() as memory:

        def broken(_query: str) -> Reading:
            if len(answers.asked) > 1:
                return Reading()
            restarts(memory, "web-2")
            return value(0)

        answers.answer = broken
        result = run(memory, "partition", gates=[gate(inconclusive_limit=0, count=3)], on_inconclusive="pause").start().wait()
        assert (result.get("failed"), result["rollouts"][0]["phase"], updated(memory)) == (True, "degraded", 1), result["msg"]


def test_placeholders_stand_for_the_pods_of_that_moment(answers: Answers) -> None:
    with running() as memory:
        assert not run(memory, "partition", gates=[gate(query="$candidate_pods")]).start().wait().get("failed")
        assert answers.asked == ["web-2", "web-1|web-2", "web-0|web-1|web-2"]


def test_where_it_stops_before_a_step_the_steps_until_then_are_measured(answers: Answers) -> None:
    with running() as memory:
        result = run(memory, "partition", gates=[gate()], stop_before="web-0").start().wait()
        assert (result["rollouts"][0]["phase"], verdicts(result), updated(memory)) == ("paused", ["pass", "pass"], 2)


def test_what_compares_with_the_version_before_is_left_out_when_no_pod_of_it_is_left(answers: Answers) -> None:
    with running() as memory:
        result = run(memory, "partition", gates=[gate(query="$stable_pods"), gate("pods", query="new $candidate_pods")]).start().wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        assert [query for query in answers.asked if "new" not in query] == ["web-0|web-1", "web-0"]
        assert [entry["name"] for entry in result["gates"]].count("pods") == 3
        (warning,) = (warning for warning in result["warnings"] if "gate" in warning)
        assert warning == "After the last step no pod of the version before is left, so there was not measured: gate errors."


@ways
def test_without_the_right_to_make_a_job_it_is_refused_before_anything_is_written(answers: Answers, way: str) -> None:
    with running() as memory:
        memory.server.rights.deny("robot", ["create"], "jobs")
        begun = run(memory, way, gates=[{"name": "smoke", "job": {"image": "registry.example/smoke:1"}}], user="robot")
        assert "may not create jobs in namespace default, which this rollout needs later on" in begun.start().wait()["msg"]
        assert not [request for request in begun.wire.writes if "leases" not in request.path]


@pytest.mark.matrix
@ways
def test_killed_in_each_wait_and_after_each_write_the_next_run_ends_right(answers: Answers, way: str) -> None:
    module, change = WAYS[way]
    gates = [gate(interval="2s", count=2), {"name": "smoke", "job": {"image": "registry.example/smoke:1"}}]
    case = Case(module, {**change, "gates": gates, "hold": "4s"}, (theirs(change["kind"]),))
    undisturbed = told(case, 1)
    assert undisturbed.result["rollouts"][0]["phase"] == "complete", undisturbed.result["msg"]

    def fault(point: Point) -> str:
        story = told(case, 1, point.kill)
        if story.result.get("failed") or story.again:
            return f"{point}: {story.result['msg']}"
        return f"{point}: other than undisturbed" if differences(undisturbed.end, story.end) else ""

    assert [found for point in points(undisturbed, 4) if (found := fault(point))] == []
