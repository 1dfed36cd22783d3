# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A strategy is one file and one line in a table: this file has one with an action of its own, and the engine does all the rest.

Its rollouts raise a flag on a Deployment, wait, and lower the number of its replicas. They survive being killed after each write, stop
before a step, go on in another process, go back, and keep the other modules away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import RolloutError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, Ref, number, replaced, text
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import DEPLOYMENT
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.leases.claim import Claim
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.request import StagedRequest, Waiting
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.steps.actions import Action, Change, Hands, Remember, SceneStep
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.steps.edits import Replicas
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.steps.step import Edit
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.scenes import Scene, View
from ansible_collections.rollout.kubernetes.plugins.module_utils._engine.hold.turn import in_turn
from ansible_collections.rollout.kubernetes.plugins.module_utils._engine.outside.surroundings import Surroundings
from ansible_collections.rollout.kubernetes.plugins.module_utils._engine.run import methods
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry import main
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.results import failure, result_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies.staged import Staged
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies.table import STAGED

from tests.memory.cases import Case, ours
from tests.memory.cluster import Memory, running
from tests.memory.runs import Run
from tests.memory.stories import faults_of, points, told

FLAG, RAISED = "example.org/flag", "raised"
PLACE = "default"


# --- the strategy ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Raise:
    """The strategy's own action: set the flag of a Deployment."""

    name: str
    value: str
    news: str = "raise the flag"


@dataclass(frozen=True)
class _Flagged:
    value: str

    def __call__(self, obj: JsonObject) -> JsonObject:
        return replaced(obj, ("metadata", "annotations", FLAG), self.value)


def raise_flag(hands: Hands, action: Raise, scene: Scene) -> bool:
    write = Edit(_Flagged(action.value), single=True)
    return hands.change(Change(DEPLOYMENT, Ref("Deployment", PLACE, action.name), write, action.news), scene)


def name_of(claim: Claim) -> str:
    return claim.objects[0].partition("/")[2]


def scaled(name: str, count: int) -> Change:
    return Change(DEPLOYMENT, Ref("Deployment", PLACE, name), Edit(Replicas(count), single=True), f"scale {name} to {count}")


def flag_of(scene: Scene, name: str) -> str:
    workload = scene.workload(name)
    return workload.annotations.get(FLAG, "") if workload is not None else ""


def flag_step(step: str, name: str, wanted: str) -> SceneStep:
    def lacking(scene: Scene) -> str:
        return "" if flag_of(scene, name) == wanted else f"the flag of {name} is not {wanted}"

    return SceneStep(step, lacking, lambda scene: (Raise(name, wanted),))


def size_step(step: str, name: str, count: int) -> SceneStep:
    def lacking(scene: Scene) -> str:
        workload = scene.workload(name)
        if workload is None or workload.desired != count or workload.ready != count:
            return f"{name} has not {count} ready pods"
        return ""

    def due(scene: Scene) -> tuple[Action, ...]:
        return (scaled(name, count),) if count < 9 and scene.desired(name) != count else ()

    return SceneStep(step, lacking, due, impossible=lambda scene: "" if count < 9 else f"{name} never has {count} pods.")


def hold_step(seconds: float) -> SceneStep:
    def left(scene: Scene) -> float:
        return max(0.0, seconds - scene.since.get(RAISED, 0.0))

    def due(scene: Scene) -> tuple[Action, ...]:
        return () if RAISED in scene.since else (Remember(RAISED, "remember when the flag was raised"),)

    def lacking(scene: Scene) -> str:
        return f"the flag is shown for {left(scene):.0f} s more" if left(scene) else ""

    return SceneStep("hold", lacking, due, recheck=lambda scene: left(scene) or None, extra=seconds, only_time=True)


def forward(claim: Claim, _namespace: str) -> tuple[SceneStep, ...]:
    name = name_of(claim)
    return (flag_step("flag", name, text(claim.wanted, "flag")), hold_step(20), size_step("shrink", name, number(claim.wanted, "size")))


def back(claim: Claim, _namespace: str) -> tuple[SceneStep, ...]:
    name = name_of(claim)
    return (size_step("grow", name, number(claim.known, "size")), flag_step("unflag", name, text(claim.known, "flag")))


def known(claim: Claim, scene: Scene) -> JsonObject:
    return {"flag": flag_of(scene, name_of(claim)) or "none", "size": scene.desired(name_of(claim))}


FLAGS = Staged("flags", lambda claim: View((name_of(claim),)), forward, back, known, {Raise: raise_flag})


@pytest.fixture(autouse=True)
def in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one line."""
    monkeypatch.setitem(STAGED, FLAGS.name, FLAGS)


# --- its runs -------------------------------------------------------------------------------------------------------------------


class FlagsRun(Run):
    """A task of the strategy, as a module would make it of its options."""

    def __init__(self, memory: Memory, *, flag: str = "green", size: int = 1, **options: Any) -> None:
        super().__init__(memory, "status_info", namespace=PLACE, name="web")
        self._request = StagedRequest(
            strategy=FLAGS.name,
            goal="roll",
            namespace=PLACE,
            application="web",
            holder=f"alice {self.party.name}",
            objects=("Deployment/web",),
            wanted={"flag": flag, "size": size},
            waiting=Waiting(timeout=60, on_failure="rollback"),
            **options,
        )

    def _live(self) -> None:
        cluster = self.memory.client_on(self.wire, 300)
        outside = Surroundings(cluster, main.time.monotonic, self.lines.append, lambda: None)  # type: ignore[attr-defined, arg-type]
        try:
            outcome = in_turn(lambda: methods.roll(self._request, outside, check=self._check), outside, 0, check=self._check)
            self.result = result_of(outcome, diff=True, check=self._check)
        except RolloutError as error:
            self.result = failure(error.message, changed=False)
        self.done = True


@dataclass(frozen=True)
class FlagsCase(Case):
    """The strategy as a case of the matrices."""

    def run(self, memory: Memory, **more: Any) -> Run:
        return FlagsRun(memory, **{**self.options, **more})


CASES = {
    "to the end": FlagsCase("flags", {}, (ours(),)),
    "back": FlagsCase("flags", {"size": 9}, (ours(),), fails=True),
}


@pytest.fixture
def memory() -> Iterator[Memory]:
    with running() as found:
        ours()(found)
        yield found


def web(memory: Memory) -> tuple[str, int]:
    live = memory.get(PLACE, "Deployment", "web")
    return live["metadata"]["annotations"].get(FLAG, ""), live["spec"]["replicas"]


def ended(run: Run) -> dict[str, Any]:
    return run.start().wait()


# --- what it can do -------------------------------------------------------------------------------------------------------------


def test_it_comes_to_its_end_and_a_second_task_changes_nothing(memory: Memory) -> None:
    first = ended(FlagsRun(memory))
    assert (first["changed"], first.get("failed"), web(memory)) == (True, None, ("green", 1)), first["msg"]
    assert [(step["name"], step["state"]) for step in first["rollouts"][0]["steps"]] == [
        ("flag", "done"),
        ("hold", "done"),
        ("shrink", "done"),
    ]
    assert not ended(FlagsRun(memory))["changed"]


@pytest.mark.parametrize("name", CASES)
def test_killed_after_each_write_and_in_its_waits_the_next_run_ends_alike(name: str) -> None:
    case = CASES[name]
    undisturbed = told(case, 1)
    assert bool(undisturbed.result.get("failed")) == case.fails, undisturbed.result["msg"]
    ends = [undisturbed.end, *([told(case, 1, runs=2).end] if case.fails else [])]
    found = {str(point): faults_of(case, told(case, 1, point.kill), ends) for point in points(undisturbed, 2)}
    assert len(found) > 6
    assert {point: faults for point, faults in found.items() if faults} == {}


def test_check_mode_tells_the_steps_and_writes_nothing(memory: Memory) -> None:
    run = FlagsRun(memory)
    run._check = True
    result = ended(run)
    assert result["changed"]
    assert [step["state"] for step in result["rollouts"][0]["steps"]] == ["pending"] * 3
    assert run.wire.writes == []


def stopped(memory: Memory) -> None:
    result = ended(FlagsRun(memory, stop_before="shrink"))
    assert (result["rollouts"][0]["phase"], web(memory)) == ("paused", ("green", 3)), result["msg"]


def test_another_process_promotes_what_stands_before_a_step(memory: Memory) -> None:
    stopped(memory)
    result = ended(Run(memory, "promote", namespace=PLACE, name="web", wait_timeout=60))
    assert (result["rollouts"][0]["phase"], web(memory)) == ("complete", ("green", 1)), result["msg"]
    assert not ended(Run(memory, "promote", namespace=PLACE, name="web", wait_timeout=60))["changed"]


def test_another_process_gives_it_up(memory: Memory) -> None:
    stopped(memory)
    result = ended(Run(memory, "abort", namespace=PLACE, name="web", wait_timeout=60))
    assert (result["rollouts"][0]["phase"], web(memory)) == ("aborted", ("none", 3)), result["msg"]


def test_what_has_no_way_back_is_not_given_up(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped(memory)
    monkeypatch.setitem(STAGED, FLAGS.name, replace(FLAGS, back=lambda claim, namespace: ()))
    run = Run(memory, "abort", namespace=PLACE, name="web", wait_timeout=60)
    assert ended(run)["msg"] == "web is rolled out by flags, which has no way back; promote it to its end."
    assert (run.wire.writes, web(memory)) == ([], ("green", 3))


@pytest.mark.parametrize("module", ["promote", "abort"])
def test_candidates_that_it_does_not_have_cannot_be_expected(memory: Memory, module: str) -> None:
    stopped(memory)
    run = Run(memory, module, namespace=PLACE, name="web", wait_timeout=60, expect=["web-1"])
    assert ended(run)["msg"] == "A rollout of web by flags names no candidates; leave expect out."
    assert run.wire.writes == []


def test_it_goes_back_by_itself_where_a_step_can_never_finish(memory: Memory) -> None:
    result = ended(FlagsRun(memory, size=9))
    assert result["failed"]
    assert result["msg"].startswith("web never has 9 pods. Went back: ")
    assert web(memory) == ("none", 3)


Begin = Callable[[Memory], Run]
OTHERS: dict[str, Begin] = {
    "rolling": lambda memory: Case("rolling", {"name": "web", "image": "registry.example/web:2"}).run(memory),
    "restart": lambda memory: Case("restart", {"kind": "Deployment", "name": "web"}).run(memory),
    "blue_green": lambda memory: Case("blue_green", {"name": "web", "image": "registry.example/web:2"}).run(memory),
    "another flag": lambda memory: FlagsRun(memory, flag="red"),
}


@pytest.mark.parametrize("other", OTHERS)
def test_other_ways_to_change_its_objects_are_refused_while_it_stands(memory: Memory, other: str) -> None:
    stopped(memory)
    run = OTHERS[other](memory)
    result = ended(run)
    assert result["failed"]
    assert "rollout" in result["msg"], result["msg"]
    assert "on its way" in result["msg"], result["msg"]
    assert "()" not in result["msg"]
    assert run.wire.changes == []


def test_the_refusal_says_which_rollout_where_it_stands_and_how_to_go_on(memory: Memory) -> None:
    stopped(memory)
    message = ended(OTHERS["rolling"](memory))["msg"]
    assert message.startswith("Deployment default/web belongs to a flags rollout of web that is on its way, begun by alice")
    assert "it stands before the step shrink: go on with it by promote or flags, or give it up by abort (name: web)" in message


def test_another_one_takes_its_place_where_that_is_wanted(memory: Memory) -> None:
    stopped(memory)
    result = ended(FlagsRun(memory, flag="red", supersede=True))
    assert (result["rollouts"][0]["phase"], web(memory)) == ("complete", ("red", 1)), result["msg"]
