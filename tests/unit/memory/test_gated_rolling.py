# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gates that are measured while a rolling update runs, and a hold at its end."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.gates.gate import Prometheus, Reading
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.kinds import WORKLOADS
from ansible_collections.rollout.kubernetes.plugins.module_utils._gates.asking import BY_REQUEST

from tests.memory.answers import Answers, gate, value
from tests.memory.cases import NEXT, Act, Case, edited, image, replicas, theirs
from tests.memory.cluster import Memory, running
from tests.memory.ends import differences
from tests.memory.pods import WORSE, is_deleted, loses_its_node
from tests.memory.runs import Run
from tests.memory.scenes import deployment, manifest
from tests.memory.stories import Point, points, told

KINDS = ("Deployment", "StatefulSet", "DaemonSet")
kinds = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    found = Answers()
    monkeypatch.setitem(BY_REQUEST, Prometheus, found.begin)
    return found


def slow(kind: str = "Deployment") -> Act:
    """A workload whose pods take five seconds each."""

    def act(memory: Memory) -> None:
        body = manifest(kind)
        body["metadata"]["namespace"] = "default"
        body["spec"]["template"]["metadata"]["annotations"] = {"simulate.rollout.kubernetes/ready-after": "5s"}
        memory.client().create(WORKLOADS[kind], body, manager="kubectl-client-side-apply")
        memory.clock.sleep(60)

    return act


def run(memory: Memory, kind: str = "Deployment", **options: Any) -> Run:
    """A rollout that has not begun, of a workload that is there."""
    if memory.get("default", kind, "web") is None:
        slow(kind)(memory)
    return Run(memory, "rolling", namespace="default", wait_timeout=120, kind=kind, **{**NEXT, **options})


def pods(memory: Memory, tag: str = "2") -> list[dict[str, Any]]:
    """The pods with an image that are not on their way out."""
    alive = (pod for pod in memory.all("default", "Pod") if not pod["metadata"].get("deletionTimestamp"))
    return [pod for pod in alive if pod["spec"]["containers"][0]["image"].endswith(f":{tag}")]


def ready(memory: Memory, tag: str = "2") -> int:
    """How many of them are ready."""
    return sum(
        any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", [])) for pod in pods(memory, tag)
    )


def verdicts(result: dict[str, Any]) -> list[str]:
    """The verdicts in their order."""
    return [entry["verdict"] for entry in result.get("gates", [])]


@kinds
def test_a_gate_is_measured_from_the_first_new_pod_that_is_ready_until_all_are(answers: Answers, kind: str) -> None:
    seen: list[tuple[int, int]] = []
    with running() as memory:

        def asked(_query: str) -> Reading:
            seen.append((ready(memory), ready(memory, "1")))
            return value(0)

        answers.answer = asked
        result = run(memory, kind, gates=[gate(interval="1s")]).start().wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        assert seen[0][0] == 1
        assert seen[-1] == (3, 0)
        assert len(seen) > 2
        (entry,) = result["gates"]
        assert (entry["verdict"], entry["step"], entry["workload"]) == ("pass", "roll", f"{kind} default/web")
        assert entry["counts"]["passed"] == len(seen)


def test_it_goes_on_to_measure_until_its_count_is_reached_and_once_more_at_the_end(answers: Answers) -> None:
    with running() as memory:
        begun = run(memory, gates=[gate(interval="20s", count=6), gate("once", query="once", interval="10m")])
        result = begun.start().wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        counts = {entry["name"]: entry["counts"]["passed"] for entry in result["gates"]}
        # The second one is asked at the first new pod, and right at the end again: nobody waits ten minutes for that.
        assert counts == {"errors": 6, "once": 2}
        assert any("successfully rolled out" not in line and "gate errors: passed" in line for line in begun.lines)


def test_an_answer_that_was_asked_for_before_the_last_pod_came_is_not_the_last_one(answers: Answers) -> None:
    with running() as memory:

        def slowly(_query: str) -> Reading:
            if len(answers.asked) == 1:
                memory.clock.sleep(60)
            return value(0)

        answers.answer = slowly
        result = run(memory, gates=[gate(interval="2m")]).start().wait()
        assert (result["rollouts"][0]["phase"], len(answers.asked)) == ("complete", 2), result["msg"]


def test_the_hold_passes_after_the_last_pod_and_is_measured(answers: Answers) -> None:
    with running() as memory:
        begun = run(memory, gates=[gate(interval="10s", initial_delay="5s")], hold="1m").start()
        memory.clock.wait(lambda: any("held for 60 s more" in line for line in begun.lines), 200)
        assert ready(memory) == 3
        held = memory.clock.seconds
        result = begun.wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        assert memory.clock.seconds - held >= 59
        assert result["gates"][0]["counts"]["passed"] >= 6
        assert result["rollouts"][0]["steps"][0]["seconds"] >= 60


@kinds
def test_a_version_that_fails_goes_back_at_once_where_that_is_wanted(answers: Answers, kind: str) -> None:
    with running() as memory:

        def asked(_query: str) -> Reading:
            seen.append(ready(memory))
            return value(0.2)

        seen: list[int] = []
        answers.answer = asked
        result = run(memory, kind, gates=[gate()], on_failure="rollback").start().wait()
        assert (result["failed"], result["rollouts"][0]["phase"], seen) == (True, "aborted", [1]), result["msg"]
        assert f"{kind} default/web: Gate errors fails: 0.2 is more than 0.01; the query was errors; measured 1 time" in result["msg"]
        assert (ready(memory), ready(memory, "1"), verdicts(result)) == (0, 3, ["fail"])


def test_a_version_that_fails_says_that_the_cluster_goes_on_where_it_is_held(answers: Answers) -> None:
    answers.answer = lambda _query: value(0.2)
    with running() as memory:
        result = run(memory, gates=[gate()]).start().wait()
        assert (result["failed"], result["rollouts"][0]["phase"]) == (True, "degraded")
        assert result["msg"].endswith("goes on with the rolling update by itself; the module undo brings the version before back.")
        memory.clock.sleep(60)
        assert ready(memory) == 3


def test_a_version_that_fails_in_the_hold_runs_already_and_goes_back(answers: Answers) -> None:
    with running() as memory:
        answers.answer = lambda _query: value(0 if memory.clock.seconds < late else 1)
        late = memory.clock.seconds + 60
        result = run(memory, gates=[gate()], hold="5m", on_failure="rollback").start().wait()
        assert (result["rollouts"][0]["phase"], ready(memory, "1")) == ("aborted", 3), result["msg"]
        late = memory.clock.seconds + 60
        held = run(memory, gates=[gate()], hold="5m").start().wait()
        assert (held["rollouts"][0]["phase"], ready(memory)) == ("degraded", 3)
        assert "goes on" not in held["msg"]


@pytest.mark.parametrize("answer", [Reading(trouble="it is down"), Reading()])
@pytest.mark.parametrize("on_inconclusive", ["same", "pause"])
def test_a_gate_that_does_not_know_fails_or_leaves_it_to_somebody(answers: Answers, answer: Reading, on_inconclusive: str) -> None:
    answers.answer = lambda _query: answer
    options: dict[str, Any] = {
        "gates": [gate(error_limit=0, inconclusive_limit=0)],
        "on_inconclusive": on_inconclusive,
        "on_failure": "rollback",
    }
    with running() as memory:
        result = run(memory, **options).start().wait()
        assert verdicts(result) == ["inconclusive"]
        if on_inconclusive == "same":
            assert (result["failed"], result["rollouts"][0]["phase"], ready(memory, "1")) == (True, "aborted", 3)
            return
        assert (result.get("failed"), result["rollouts"][0]["phase"], ready(memory)) == (None, "paused", 3), result["msg"]
        (warning,) = (warning for warning in result["warnings"] if "Gate errors is inconclusive" in warning)
        assert warning.endswith(
            "All pods have the new version by now: look at it, and bring the version before back by undo if that is better."
        )
        again = run(memory, **options).start().wait()
        assert (again["changed"], again["rollouts"][0]["phase"], again.get("gates")) == (False, "complete", None)


def test_a_hold_may_be_shorter_than_its_gates_which_begin_before_it_and_end_after_it(answers: Answers) -> None:
    with running() as memory:
        result = run(memory, gates=[gate(initial_delay="1m", count=3, min_count=3)], hold="10s").start().wait()
        assert (result["rollouts"][0]["phase"], verdicts(result)) == ("complete", ["pass"]), result["msg"]
        assert result["gates"][0]["seconds"] >= 80


def test_a_gate_that_fails_counts_more_than_one_that_does_not_know(answers: Answers) -> None:
    with running() as memory:
        answers.answer = lambda query: Reading() if query == "unknown" else value(1 if ready(memory) == 3 else 0)
        gates = [gate("unknown", query="unknown", inconclusive_limit=0), gate(interval="1s")]
        result = run(memory, gates=gates, on_inconclusive="pause", on_failure="rollback").start().wait()
        assert (verdicts(result), result["rollouts"][0]["phase"]) == (["inconclusive", "fail"], "aborted"), result["msg"]


def test_pods_that_crash_fail_it_as_ever_while_its_gates_pass(answers: Answers) -> None:
    with running() as memory:
        result = run(memory, image="registry.example/web:missing", gates=[gate()]).start().wait()
        assert (result["failed"], answers.asked) == (True, [])
        assert "image registry.example/web:missing not found" in result["msg"]


@pytest.mark.parametrize("worse", WORSE)
def test_a_pod_that_gets_worse_in_the_hold_fails_it(answers: Answers, worse: Callable[[Memory, str], None]) -> None:
    with running() as memory:
        begun = run(memory, hold="5m", on_failure="rollback").start()
        memory.clock.wait(lambda: any("held for" in line for line in begun.lines), 200)
        memory.clock.sleep(20)
        worse(memory, pods(memory)[0]["metadata"]["name"])
        result = begun.wait()
        assert (result["failed"], result["rollouts"][0]["phase"]) == (True, "aborted")
        assert WORSE[worse] in result["msg"]


@pytest.mark.parametrize("others", [is_deleted, loses_its_node])
def test_what_others_do_to_a_pod_in_the_hold_says_nothing_of_the_version(answers: Answers, others: Callable[[Memory, str], None]) -> None:
    with running() as memory:
        begun = run(memory, hold="1m").start()
        memory.clock.wait(lambda: any("held for" in line for line in begun.lines), 200)
        others(memory, pods(memory)[0]["metadata"]["name"])
        assert begun.wait()["rollouts"][0]["phase"] == "complete"


def test_the_gate_for_the_pods_does_not_mind_those_that_are_still_starting(answers: Answers) -> None:
    with running() as memory:
        result = run(memory, gates=[{"name": "pods", "pods": {}, "interval": "500ms"}]).start().wait()
        assert (result["rollouts"][0]["phase"], verdicts(result)) == ("complete", ["pass"]), result["msg"]
        whys = [entry["why"] for entry in result["gates"][0]["measurements"]]
        assert whys[-1].startswith("3 of 3 pods are ready")
        assert any(why.startswith("2 of 3 pods are ready") for why in whys), whys


def test_placeholders_stand_for_the_pods_of_each_moment_and_old_ones_for_those_that_were_last(answers: Answers) -> None:
    with running() as memory:
        result = run(memory, "StatefulSet", gates=[gate(query="$candidate_pods <- $stable_pods", interval="1s")]).start().wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        steps = list(dict.fromkeys(answers.asked))
        assert steps[0] == "web-2 <- web-0|web-1"
        assert steps[-1] == "web-0|web-1|web-2 <- web-0"


def test_a_first_version_has_nothing_to_compare_with(answers: Answers) -> None:
    with running() as memory:
        gates = [gate(query="$stable_pods"), gate("pods", query="$candidate_pods")]
        made = Run(memory, "rolling", namespace="default", wait_timeout=120, definition=deployment(), gates=gates)
        result = made.start().wait()
        assert [entry["name"] for entry in result["gates"]] == ["pods"], result["msg"]
        assert "No pod of the version before is left, so there was not measured: gate errors." in result["warnings"]


def test_of_several_workloads_each_is_measured_by_itself(answers: Answers) -> None:
    with running() as memory:
        for kind in KINDS:
            theirs(kind, name=kind.lower())(memory)
        answers.answer = lambda query: value(1 if "statefulset-1" in query.split("|") else 0)
        definition = [manifest(kind, "2", name=kind.lower()) for kind in KINDS]
        options: dict[str, Any] = {"gates": [gate(query="$candidate_pods", interval="1s")], "hold": "20s", "on_failure": "rollback"}
        result = Run(memory, "rolling", namespace="default", wait_timeout=120, definition=definition, **options).start().wait()
        phases = {rollout["kind"]: rollout["phase"] for rollout in result["rollouts"]}
        assert phases == {"Deployment": "complete", "StatefulSet": "aborted", "DaemonSet": "complete"}, result["msg"]
        found = {entry["workload"].split(" ")[0]: entry["verdict"] for entry in result["gates"]}
        assert found == {"Deployment": "pass", "StatefulSet": "fail", "DaemonSet": "pass"}


def test_what_brings_no_version_is_not_measured(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    options: dict[str, Any] = {"gates": [gate(), {"name": "pods", "pods": {}}], "hold": "10m"}
    with running() as memory:
        assert run(memory).start().wait()["rollouts"][0]["phase"] == "complete"
        for name in [name for name in sys.modules if "._engine.gates" in name]:
            monkeypatch.delitem(sys.modules, name)
        began = memory.clock.seconds
        again = run(memory, **options).start().wait()
        assert (again["changed"], again["rollouts"][0]["phase"], again.get("gates")) == (False, "complete", None)
        checked = run(memory, check=True, **{**options, "image": "registry.example/web:3"}).start().wait()
        assert (checked["changed"], checked.get("gates")) == (True, None)
        definition = {**deployment("2"), "metadata": {"name": "web", "labels": {"new": "label"}}}
        definition["spec"]["template"] = memory.get("default", "Deployment", "web")["spec"]["template"]
        labelled = Run(memory, "rolling", namespace="default", wait_timeout=120, definition=definition, **options).start().wait()
        assert (labelled["changed"], labelled["rollouts"][0]["phase"], labelled.get("gates")) == (True, "complete", None)
        assert (answers.asked, memory.clock.seconds - began < 60) == ([], True)
        assert [name for name in sys.modules if "._engine.gates.placed" in name] == []


def test_a_rollout_that_is_on_its_way_already_is_measured(answers: Answers) -> None:
    with running() as memory:
        slow()(memory)
        edited("Deployment", image("2"))(memory)
        memory.clock.sleep(1)
        result = run(memory, gates=[gate()]).start().wait()
        assert (result["changed"], result["rollouts"][0]["phase"], verdicts(result)) == (False, "complete", ["pass"]), result["msg"]


def test_a_new_number_of_replicas_is_no_version(answers: Answers) -> None:
    with running() as memory:
        theirs()(memory)
        scaled = deployment()
        scaled["spec"]["replicas"] = 5
        options: dict[str, Any] = {"definition": scaled, "gates": [gate()], "hold": "10m"}
        result = Run(memory, "rolling", namespace="default", wait_timeout=120, **options).start().wait()
        assert (result["changed"], result["rollouts"][0]["phase"], answers.asked) == (True, "complete", []), result["msg"]
        edited("Deployment", replicas(3))(memory)


def test_without_waiting_nothing_can_be_measured(answers: Answers) -> None:
    with running() as memory:
        for options in ({"gates": [gate()]}, {"hold": "1m"}):
            begun = run(memory, wait=False, **options)
            assert begun.start().wait()["msg"].startswith("gates and hold are measured and waited for by the task, which wait: false ends")
            assert begun.wire.writes == []


def test_without_the_right_to_make_a_job_it_is_refused_before_anything_is_written(answers: Answers) -> None:
    with running() as memory:
        memory.server.rights.deny("robot", ["create"], "jobs")
        begun = run(memory, gates=[{"name": "smoke", "job": {"image": "registry.example/smoke:1"}}], user="robot")
        assert "may not create jobs in namespace default, which this rollout needs later on" in begun.start().wait()["msg"]
        assert not [request for request in begun.wire.writes if "leases" not in request.path]


def test_a_gate_that_is_measured_ends_with_a_rollout_that_fails_for_another_reason(answers: Answers) -> None:
    job = {"name": "smoke", "job": {"image": "registry.example/smoke:unready"}}
    with running() as memory:
        options = {"image": "registry.example/web:crash-later", "on_failure": "rollback", "hold": "10m"}
        result = run(memory, gates=[job], **options).start().wait()
        assert (result["rollouts"][0]["phase"], verdicts(result)) == ("aborted", []), result["msg"]
        assert [job for job in memory.all("default", "Job") if not job["metadata"].get("deletionTimestamp")] == []


@pytest.mark.matrix
@kinds
def test_killed_in_each_wait_and_after_each_write_the_next_run_ends_right(answers: Answers, kind: str) -> None:
    gates = [gate(interval="2s", count=3), {"name": "smoke", "job": {"image": "registry.example/smoke:1"}}]
    case = Case("rolling", {**NEXT, "kind": kind, "gates": gates, "hold": "4s"}, (theirs(kind),))
    undisturbed = told(case, 1)
    assert undisturbed.result["rollouts"][0]["phase"] == "complete", undisturbed.result["msg"]

    def fault(point: Point) -> str:
        story = told(case, 1, point.kill)
        if story.result.get("failed") or story.again:
            return f"{point}: {story.result['msg']}"
        return f"{point}: other than undisturbed" if differences(undisturbed.end, story.end) else ""

    assert [found for point in points(undisturbed, 4) if (found := fault(point))] == []
