# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a rollout that does not come to its end is told, and what is taken back of it."""

from __future__ import annotations

from typing import Any

from tests.memory.cases import Case, edited, image, ours
from tests.memory.cluster import Memory, running
from tests.memory.refusals import Cause, invalid
from tests.memory.requests import Request
from tests.memory.runs import Run

BACK = {"name": "web", "on_failure": "rollback", "wait_timeout": 60}


def _rolls(memory: Memory, tag: str, **options: Any) -> Run:
    return Case("rolling", {**BACK, "image": f"registry.example/web:{tag}", **options}).run(memory)


def _tag(memory: Memory) -> str:
    found: str = memory.get("default", "Deployment", "web")["spec"]["template"]["spec"]["containers"][0]["image"]
    return found.rpartition(":")[2]


def _prepared(memory: Memory) -> None:
    for act in (ours(), ours(tag="2")):
        act(memory)


def test_what_somebody_else_has_set_meanwhile_is_not_taken_back() -> None:
    with running() as memory:
        _prepared(memory)
        run = _rolls(memory, "unready").start()
        memory.clock.sleep(20)
        edited("Deployment", image("theirs"))(memory)
        result = run.wait()
        assert result.get("failed"), result["msg"]
        assert "by kubectl-edit" in result["msg"]
        assert "It was not taken back" in result["msg"]
        memory.clock.sleep(60)
        assert _tag(memory) == "theirs"


def test_another_version_than_the_one_that_is_waited_for_is_told() -> None:
    with running() as memory:
        _prepared(memory)
        run = _rolls(memory, "3", on_failure="hold")
        run.start()
        memory.clock.sleep(0.3)
        edited("Deployment", image("theirs"))(memory)
        result = run.wait()
        assert result.get("failed"), result["msg"]
        assert "by kubectl-edit" in result["msg"]


def test_a_write_that_has_failed_is_no_reason_to_go_back() -> None:
    with running() as memory:
        _prepared(memory)
        run = _rolls(memory, "3")
        cause = Cause("spec.anything", "Invalid value: 1: must not be")

        def refuse(request: Request) -> Any:
            writes = request.is_write and request.method == "PATCH"
            return run.wire.spelled(422, invalid("Deployment", "apps", "web", [cause]).body) if writes else None

        run.wire.before.append(refuse)
        result = run.start().wait()
        assert result.get("failed"), result["msg"]
        assert "back" not in result["msg"]
        assert not any("going back" in line for line in run.lines)
        assert _tag(memory) == "2"


def test_a_bad_version_is_taken_back_to_the_one_that_served() -> None:
    with running() as memory:
        _prepared(memory)
        result = _rolls(memory, "missing").start().wait()
        assert "Went back to revision 2" in result["msg"]
        assert _tag(memory) == "2"


def test_the_observed_generation_says_of_which_version_the_counts_are() -> None:
    with running() as memory:
        _prepared(memory)
        ends: list[dict[str, Any]] = []
        run = _rolls(memory, "3")
        run.at_end = lambda: ends.append(memory.get("default", "Deployment", "web"))
        assert not run.start().wait().get("failed"), run.result["msg"]
        (end,) = ends
        assert end["status"]["observedGeneration"] == end["metadata"]["generation"]
        assert end["status"]["updatedReplicas"] == end["status"]["replicas"] == end["status"]["availableReplicas"] == 3
