# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gates in rollouts by blue/green: before the switch, and while both versions are there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import POD
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.gates.gate import Prometheus, Reading
from ansible_collections.rollout.kubernetes.plugins.module_utils._gates.asking import BY_REQUEST

from tests.memory.answers import Answers, gate, value
from tests.memory.cases import BLUE, PLAIN, Act, Case, done, edited, made, theirs
from tests.memory.cluster import Memory, running
from tests.memory.ends import differences
from tests.memory.pods import WORSE, is_deleted, loses_its_node, restarts
from tests.memory.runs import Run
from tests.memory.scenes import deployment, service
from tests.memory.stories import Point, points, told


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    found = Answers()
    monkeypatch.setitem(BY_REQUEST, Prometheus, found.begin)
    return found


PODS = {"name": "pods", "pods": {}}
HOLD = {**BLUE, "scale_down_delay": 60}


def blue_green(memory: Memory, *gates: dict[str, Any], before: tuple[Act, ...] = PLAIN, **options: Any) -> Run:
    """A rollout that has begun."""
    for act in before:
        act(memory)
    memory.clock.sleep(5)
    return Run(memory, "blue_green", namespace="default", **{**HOLD, "wait_timeout": 120, "gates": list(gates), **options}).start()


def serving(memory: Memory) -> str:
    """The side that gets the traffic."""
    return str(memory.get("default", "Service", "web")["spec"]["selector"].get("rollout.kubernetes/colour", ""))


def verdicts(result: dict[str, Any]) -> list[tuple[str, str, str]]:
    """The gates with their steps and verdicts."""
    return [(entry["name"], entry["step"], entry["verdict"]) for entry in result.get("gates", [])]


def test_gates_that_pass_let_it_come_to_its_end(answers: Answers) -> None:
    with running() as memory:
        result = blue_green(memory, gate(count=3), PODS).wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        assert sorted(verdicts(result)) == [
            ("errors", "hold", "pass"),
            ("errors", "switch", "pass"),
            ("pods", "hold", "pass"),
            ("pods", "switch", "pass"),
        ]
        before, during = (entry for entry in result["gates"] if entry["name"] == "errors")
        assert (before["counts"]["passed"], round(before["seconds"])) == (3, 20)
        # In the hold of 60 seconds there is room for seven, each ten seconds.
        assert 6 <= during["counts"]["passed"] <= 7
        assert serving(memory) == "green"


@pytest.mark.parametrize("on_failure", ["rollback", "hold"])
def test_a_gate_that_fails_before_the_switch_lets_no_user_reach_the_candidate(answers: Answers, on_failure: str) -> None:
    answers.answer = lambda _query: value(0.2)
    with running() as memory:
        run = blue_green(memory, gate(), on_failure=on_failure)
        memory.clock.wait(lambda: answers.asked != [], 100)
        assert serving(memory) != "green"
        result = run.wait()
        assert result["failed"]
        assert "Gate errors fails: 0.2 is more than 0.01; the query was errors; measured 1 time in " in result["msg"]
        assert verdicts(result) == [("errors", "switch", "fail")]
        assert serving(memory) != "green"
        assert result["rollouts"][0]["phase"] == {"rollback": "aborted", "hold": "degraded"}[on_failure]


def test_a_gate_that_fails_in_the_hold_ends_it_at_once_and_the_traffic_goes_back(answers: Answers) -> None:
    with running() as memory:
        run = blue_green(memory, gate(before=["scale_down"]), scale_down_delay=600)
        memory.clock.wait(lambda: serving(memory) == "green", 200)
        memory.clock.sleep(40)
        asked = len(answers.asked)
        assert 3 <= asked <= 5
        answers.answer = lambda _query: value(1)
        failed = memory.clock.seconds
        result = run.wait()
        assert memory.clock.seconds - failed < 40
        assert verdicts(result) == [("errors", "hold", "fail")]
        assert result["rollouts"][0]["phase"] == "aborted", result["msg"]
        assert serving(memory) != "green"
        assert "Went back" in result["msg"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Reading(trouble="it is down"), "it is down"),
        (Reading(), "the answer holds no value"),
        (value(float("nan")), "the value is no number"),
    ],
)
@pytest.mark.parametrize("on_inconclusive", ["same", "pause"])
def test_a_gate_that_does_not_know_goes_back_or_pauses(answers: Answers, answer: Reading, words: str, on_inconclusive: str) -> None:
    answers.answer = lambda _query: answer
    with running() as memory:
        result = blue_green(memory, gate(error_limit=1, inconclusive_limit=1, interval=5, count=9), on_inconclusive=on_inconclusive).wait()
        assert verdicts(result) == [("errors", "switch", "inconclusive")]
        assert serving(memory) != "green"
        if on_inconclusive == "same":
            assert (result["failed"], result["rollouts"][0]["phase"]) == (True, "aborted")
            assert f"Gate errors is inconclusive: {words};" in result["msg"]
            return
        assert not result.get("failed"), result["msg"]
        assert (result["rollouts"][0]["phase"], result["rollouts"][0]["next_step"]) == ("paused", "switch")
        assert any(f"Gate errors is inconclusive: {words};" in warning for warning in result["warnings"])
        # Whoever goes on measures anew.
        answers.answer = lambda _query: value(0)
        promoted = Run(memory, "promote", namespace="default", application="web", wait_timeout=120, gates=[gate()]).start().wait()
        assert promoted["rollouts"][0]["phase"] == "complete", promoted["msg"]
        assert verdicts(promoted) == [("errors", "switch", "pass"), ("errors", "hold", "pass")]


def test_a_dry_run_is_told_and_stops_nothing(answers: Answers) -> None:
    answers.answer = lambda _query: value(1)
    with running() as memory:
        result = blue_green(memory, gate(dry_run=True)).wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        assert verdicts(result) == [("errors", "switch", "fail"), ("errors", "hold", "fail")]


def test_placeholders_stand_for_both_sides(answers: Answers) -> None:
    query = "$namespace $name $candidate_pods $candidate_hash $stable_pods $stable_hash"
    with running() as memory:
        run = blue_green(memory, gate(query=query, before=["switch"]))
        memory.clock.wait(lambda: answers.asked != [], 100)
        namespace, name, *sides = answers.asked[0].split(" ")
        assert (namespace, name) == ("default", "web")
        pods = {pod["metadata"]["name"]: pod["metadata"]["labels"]["pod-template-hash"] for pod in memory.all("default", "Pod")}
        for names, label in (sides[:2], sides[2:]):
            assert {pods.pop(pod) for pod in names.split("|")} == {label}
        assert pods == {}
        assert run.wait()["rollouts"][0]["phase"] == "complete"


def test_services_stand_for_the_side_that_they_lead_to_in_each_step(answers: Answers) -> None:
    query = "$candidate_service then $stable_service"
    previewed: tuple[Act, ...] = (*PLAIN, made("Service", service("preview", app="web")))
    with running() as memory:
        early, late = gate(query=query, before=["switch"]), gate(name="late", query="$candidate_service", before=["scale_down"])
        result = blue_green(memory, early, late, before=previewed, preview_service="preview").wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        assert (answers.asked[0], set(answers.asked[1:])) == ("preview then web", {"web"})


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (
            gate(query="$candidate_service"),
            "Gate errors cannot be measured in the step switch: prometheus.query holds $candidate_service, and there is none here",
        ),
        (
            gate(query="$stable_service", before=["scale_down"]),
            "Gate errors cannot be measured in the step hold: prometheus.query holds $stable_service, and there is none here",
        ),
    ],
)
def test_a_service_that_there_is_not_in_a_step_is_refused_before_anything_is_written(
    answers: Answers, entry: dict[str, Any], words: str
) -> None:
    with running() as memory:
        run = blue_green(memory, entry)
        assert run.wait()["msg"].startswith(words)
        assert (run.wire.writes, answers.asked) == ([], [])


@pytest.mark.parametrize(
    ("entry", "before", "words"),
    [
        (gate(query="$stabel_pods"), PLAIN, "gates[0].prometheus.query holds $stabel_pods, which is not known;"),
        (
            gate(count=9, min_count=9),
            PLAIN,
            "gates[0] cannot pass before scale_down: 9 measurements after an initial_delay of 0 s take 80 s,",
        ),
    ],
)
def test_what_can_never_be_is_refused_before_anything_is_written(
    answers: Answers, entry: dict[str, Any], before: tuple[Act, ...], words: str
) -> None:
    with running() as memory:
        run = blue_green(memory, entry, before=before)
        result = run.wait()
        assert result["msg"].startswith(words)
        assert (run.wire.writes, answers.asked) == ([], [])


def test_a_first_version_has_no_stable_pods_and_is_refused_before_anything_is_written(answers: Answers) -> None:
    with running() as memory:
        options: dict[str, Any] = {"definition": [deployment(), service()], "gates": [gate(query="$stable_pods")]}
        run = Run(memory, "blue_green", namespace="default", **options)
        result = run.start().wait()
        assert "prometheus.query holds $stable_pods, and there is none here" in result["msg"]
        assert not [request for request in run.wire.writes if "leases" not in request.path]
        assert answers.asked == []


def test_two_of_one_name_are_refused(answers: Answers) -> None:
    with running() as memory:
        result = blue_green(memory, gate(), gate()).wait()
        assert result["msg"].startswith("gates has two of the name errors;")


def test_in_check_mode_and_where_nothing_is_to_be_done_nothing_is_asked(answers: Answers) -> None:
    with running() as memory:
        for act in PLAIN:
            act(memory)
        options: dict[str, Any] = {**HOLD, "namespace": "default", "gates": [gate(), PODS, {"name": "job", "job": {"image": "x:1"}}]}
        checked = Run(memory, "blue_green", check=True, **options).start().wait()
        assert (checked["changed"], checked.get("gates"), answers.asked) == (True, None, [])
        assert Run(memory, "blue_green", **{**options, "gates": []}).start().wait()["rollouts"][0]["phase"] == "complete"
        again = Run(memory, "blue_green", **options).start().wait()
        assert (again["changed"], again.get("gates"), answers.asked) == (False, None, [])
        assert memory.all("default", "Job") == []


def test_pods_that_restart_in_the_hold_are_found_by_the_gate(answers: Answers) -> None:
    with running() as memory:
        run = blue_green(memory, {**PODS, "before": ["scale_down"], "interval": "5s"}, scale_down_delay=120)
        memory.clock.wait(lambda: serving(memory) == "green", 200)
        memory.clock.sleep(20)
        pod = next(pod for pod in memory.all("default", "Pod") if pod["metadata"]["name"].startswith("web-green"))
        status = pod["status"]
        again = [{**status["containerStatuses"][0], "restartCount": 1}]
        memory.server.revise(POD, pod, status={**status, "containerStatuses": again})
        result = run.wait()
        assert verdicts(result) == [("pods", "hold", "fail")], result["msg"]
        assert "1 restart (0 may)" in result["msg"]
        assert result["rollouts"][0]["phase"] == "aborted"


def candidate(memory: Memory) -> str:
    """One of the candidate's pods."""
    return next(str(pod["metadata"]["name"]) for pod in memory.all("default", "Pod") if pod["metadata"]["name"].startswith("web-green"))


@pytest.mark.parametrize("worse", WORSE)
def test_a_pod_of_the_candidate_that_gets_worse_in_the_hold_loses_the_traffic(
    answers: Answers, worse: Callable[[Memory, str], None]
) -> None:
    with running() as memory:
        begun = blue_green(memory, scale_down_delay=600)
        memory.clock.wait(lambda: serving(memory) == "green", 200)
        memory.clock.sleep(60)
        name = candidate(memory)
        worse(memory, name)
        happened = memory.clock.seconds
        result = begun.wait()
        assert (result["failed"], result["rollouts"][0]["phase"], serving(memory) == "green") == (True, "aborted", False)
        assert memory.clock.seconds - happened < 30
        assert f"Deployment default/web-green: Pod default/{name}" in result["msg"]
        assert WORSE[worse] in result["msg"]
        assert ("Its log ends with:" in result["msg"]) == (worse is restarts)


@pytest.mark.parametrize("worse", WORSE)
def test_a_pod_that_gets_worse_while_gates_are_measured_before_the_switch_is_reached_by_no_user(
    answers: Answers, worse: Callable[[Memory, str], None]
) -> None:
    with running() as memory:
        begun = blue_green(memory, gate(count=30))
        memory.clock.wait(lambda: len(answers.asked) == 3, 200)
        worse(memory, candidate(memory))
        result = begun.wait()
        assert (result["rollouts"][0]["phase"], serving(memory) == "green", len(answers.asked)) == ("aborted", False, 3)
        assert WORSE[worse] in result["msg"]
        steps = {step["name"]: step["state"] for step in result["rollouts"][0]["steps"]}
        assert steps["switch"] == "failed"


@pytest.mark.parametrize("others", [is_deleted, loses_its_node])
def test_what_others_do_to_the_candidate_in_the_hold_says_nothing_of_the_version(
    answers: Answers, others: Callable[[Memory, str], None]
) -> None:
    with running() as memory:
        begun = blue_green(memory, gate())
        memory.clock.wait(lambda: serving(memory) == "green", 200)
        memory.clock.sleep(10)
        others(memory, candidate(memory))
        result = begun.wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]


def test_what_has_restarted_before_the_hold_does_not_count(answers: Answers) -> None:
    with running() as memory:
        for act in (*PLAIN, done("blue_green", **BLUE, stop_before="switch")):
            act(memory)
        restarts(memory, candidate(memory))
        memory.clock.sleep(5)
        result = Run(memory, "promote", namespace="default", application="web", wait_timeout=120, gates=[gate()]).start().wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]


def remembered(memory: Memory, **options: Any) -> list[dict[str, Any]]:
    """What status_info tells of the verdicts, without their times."""
    result = Run(memory, "status_info", namespace="default", name="web", **options).start().wait()
    found = result["rollouts"][0].get("verdicts", [])
    assert all(entry.pop("at").startswith("2026-05-04T12:0") for entry in found)
    return list(found)


def test_status_info_tells_the_verdicts_of_a_rollout_on_its_way_and_who_goes_on_measures_anew(answers: Answers) -> None:
    with running() as memory:
        answers.answer = lambda query: Reading() if query == "unknown" else value(float("inf") if query == "high" else 0)
        unsure = gate("unsure", query="unknown", inconclusive_limit=0, interval="60s", initial_delay="30s")
        first = [gate(), gate("high", query="high", dry_run=True, initial_delay="10s"), unsure]
        assert blue_green(memory, *first, on_inconclusive="pause").wait()["rollouts"][0]["phase"] == "paused"
        errors = {"gate": "errors", "step": "switch", "verdict": "pass", "value": 0.0, "dry_run": False}
        high = {"gate": "high", "step": "switch", "verdict": "fail", "value": "inf", "dry_run": True}
        unknown = {"gate": "unsure", "step": "switch", "verdict": "inconclusive", "value": None, "dry_run": False}
        assert remembered(memory) == [errors, high, unknown]
        edited("Deployment", lambda obj: obj["metadata"].update(labels={"app": "web"}))(memory)
        by_label = Run(memory, "status_info", kind="Deployment", label_selectors=["app=web"], all_namespaces=True).start().wait()
        assert [entry["gate"] for entry in by_label["rollouts"][0]["verdicts"]] == ["errors", "high", "unsure"]
        memory.server.rights.deny("robot", ["list"], "leases")
        for who in ({"name": "web", "namespace": "default"}, {"label_selectors": ["app=web"], "all_namespaces": True}):
            seen = Run(memory, "status_info", user="robot", kind="Deployment", **who).start().wait()
            assert ("verdicts" in seen["rollouts"][0], seen.get("failed")) == (False, None)
        answers.answer = lambda _query: value(0.005)
        options: dict[str, Any] = {"application": "web", "gates": [gate("unsure")], "stop_before": "scale_down"}
        promoted = Run(memory, "promote", namespace="default", wait_timeout=120, **options).start().wait()
        assert (promoted["rollouts"][0]["phase"], promoted["rollouts"][0]["next_step"]) == ("paused", "scale_down"), promoted["msg"]
        passed = {**errors, "gate": "unsure", "value": 0.005}
        assert remembered(memory) == [errors, high, passed, {**passed, "step": "hold"}]
        done("promote", application="web")(memory)
        assert remembered(memory) == []


@pytest.mark.parametrize(("on_failure", "left"), [("hold", [("errors", "fail", 1.0)]), ("rollback", [])])
def test_a_verdict_that_has_ended_a_rollout_is_remembered_while_that_stands(
    answers: Answers, on_failure: str, left: list[tuple[str, str, float]]
) -> None:
    answers.answer = lambda _query: value(1)
    with running() as memory:
        assert blue_green(memory, gate(), on_failure=on_failure).wait()["failed"]
        assert [(entry["gate"], entry["verdict"], entry["value"]) for entry in remembered(memory)] == left


def test_what_is_measured_beside_a_gate_that_fails_ends_with_it_and_leaves_no_job(answers: Answers) -> None:
    answers.answer = lambda _query: value(1)
    job = {"name": "smoke", "job": {"image": "registry.example/smoke:unready"}, "interval": "1s", "count": 50}
    with running() as memory:
        begun = blue_green(memory, gate(initial_delay=10), job)
        result = begun.wait()
        assert verdicts(result) == [("errors", "switch", "fail")]
        assert result["rollouts"][0]["phase"] == "aborted", result["msg"]
        assert [job for job in memory.all("default", "Job") if not job["metadata"].get("deletionTimestamp")] == []
        made = {request.path for request in begun.wire.writes if "/jobs" in request.path and request.method != "DELETE"}
        memory.clock.sleep(60)
        assert memory.all("default", "Job") == []
        assert len(made) == 1, made


def test_a_job_has_its_own_time_however_short_that_of_a_step_is(answers: Answers) -> None:
    smoke = {"image": "registry.example/smoke:unready", "wait_timeout": "10m"}
    job = {"name": "smoke", "job": smoke, "before": ["switch"], "error_limit": 0}
    with running() as memory:
        result = blue_green(memory, job, wait_timeout=60).wait()
        assert verdicts(result) == [("smoke", "switch", "inconclusive")], result["msg"]
        assert "the Job was not done within 600 s" in result["msg"]


def test_without_the_right_to_make_a_job_it_is_refused_before_anything_is_written(answers: Answers) -> None:
    job = {"name": "smoke", "job": {"image": "registry.example/smoke:1"}}
    with running() as memory:
        memory.server.rights.deny("robot", ["create"], "jobs")
        begun = blue_green(memory, job, user="robot")
        result = begun.wait()
        assert "may not create jobs in namespace default, which this rollout needs later on; nothing was written" in result["msg"]
        assert begun.wire.writes == []


def test_a_step_that_was_taken_already_is_not_measured_again(answers: Answers) -> None:
    with running() as memory:
        result = blue_green(memory, gate(), before=(*PLAIN, done("blue_green", **BLUE, stop_before="hold"))).wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        assert verdicts(result) == [("errors", "hold", "pass")]


def test_workloads_of_others_matter_to_no_gate(answers: Answers) -> None:
    with running() as memory:
        result = blue_green(memory, PODS, before=(*PLAIN, theirs(name="other", tag="crash"))).wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]


@pytest.mark.matrix
def test_killed_in_each_wait_and_after_each_write_the_next_run_ends_right_and_leaves_no_job(answers: Answers) -> None:
    job = {"name": "smoke", "job": {"image": "registry.example/smoke:1"}, "before": ["scale_down"]}
    case = Case("blue_green", {**BLUE, "scale_down_delay": 30, "gates": [gate(count=2), PODS, job]}, PLAIN)
    undisturbed = told(case, 1)
    assert undisturbed.result["rollouts"][0]["phase"] == "complete", undisturbed.result["msg"]

    def fault(point: Point) -> str:
        story = told(case, 1, point.kill)
        if story.result.get("failed") or story.again:
            return f"{point}: {story.result['msg']}"
        return f"{point}: other than undisturbed" if differences(undisturbed.end, story.end) else ""

    assert [found for point in points(undisturbed, 6) if (found := fault(point))] == []
