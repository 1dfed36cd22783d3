# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A version that a person took back is not rolled out again without a word; one that went back by itself is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.memory.cases import BLUE, NEXT, PLAIN, SET, Act, Case, done, failed, theirs
from tests.memory.cluster import Memory, running
from tests.memory.runs import Run

WHO = {"requested_by": "alice, job 42", "change_cause": "checkout was slow"}
UNDO = {"name": "web", **WHO}
AGAIN: dict[str, tuple[tuple[Act, ...], Case]] = {
    "rolling": ((theirs(), done("rolling", **NEXT), done("undo", **UNDO)), Case("rolling", NEXT)),
    "recreate": ((theirs(), done("rolling", **NEXT), done("undo", **UNDO)), Case("recreate", NEXT)),
    "under another name": (
        (theirs(), done("rolling", **NEXT), done("undo", **UNDO, application="shop")),
        Case("rolling", {**NEXT, "application": "store"}),
    ),
    "a StatefulSet": (
        (theirs("StatefulSet"), done("rolling", **SET), done("undo", **UNDO, kind="StatefulSet")),
        Case("partition", SET),
    ),
    "pods that are restarted meanwhile": (
        (theirs(), done("rolling", **NEXT), done("restart", name="web"), done("undo", **UNDO, to="registry.example/web:1")),
        Case("rolling", NEXT),
    ),
    "blue_green": ((*PLAIN, done("blue_green", **BLUE), done("undo", **UNDO)), Case("blue_green", BLUE)),
    "an abort of blue_green": (
        (*PLAIN, done("blue_green", **BLUE, stop_before="switch"), done("abort", name="web", requested_by="alice, job 42")),
        Case("blue_green", BLUE),
    ),
}


@pytest.mark.parametrize("name", AGAIN)
def test_what_a_person_took_back_is_told_of_once_and_refused_on_request(name: str) -> None:
    with running() as memory:
        acts, case = AGAIN[name]
        for act in acts:
            act(memory)
        strict = Case(case.module, {**case.options, "refuse_undone": True}).run(memory)
        message = strict.start().wait()["msg"]
        assert "gets a version that was taken back by alice, job 42 at " in message
        assert "refuse_undone is set, so nothing was written" in message
        assert strict.wire.changes == []
        run = case.run(memory)
        assert not run.start().wait().get("failed"), run.result["msg"]
        assert [warning for warning in run.result["warnings"] if "taken back by alice, job 42" in warning] != []
        if case.module != "blue_green":
            assert "(checkout was slow)" in " ".join(run.result["warnings"])
        if name != "under another name":  # There it stays in the Lease that this task does not hold.
            assert undone(memory) == []


SILENT: dict[str, tuple[tuple[Act, ...], Case]] = {
    "another version": (
        (theirs(), done("rolling", **NEXT), done("undo", **UNDO)),
        Case("rolling", {"name": "web", "image": "registry.example/web:3"}),
    ),
    "what a playbook took back": ((theirs(), done("rolling", **NEXT), done("undo", **UNDO, remember=False)), Case("rolling", NEXT)),
    "what went back by itself": (
        (theirs(), failed("rolling", name="web", image="registry.example/web:crash", on_failure="rollback", failure_grace=0)),
        Case("rolling", {"name": "web", "image": "registry.example/web:crash", "wait": False}),
    ),
    "the version that came back": (
        (theirs(), done("rolling", **NEXT), done("undo", **UNDO), done("undo", **UNDO, to="registry.example/web:2")),
        Case("rolling", NEXT),
    ),
}


@pytest.mark.parametrize("name", SILENT)
def test_nothing_is_said_of_all_else(name: str) -> None:
    with running() as memory:
        acts, case = SILENT[name]
        for act in acts:
            act(memory)
        run = Case(case.module, {**case.options, "refuse_undone": True}).run(memory)
        assert not run.start().wait().get("failed"), run.result["msg"]
        assert run.result["warnings"] == []


def test_an_undo_that_did_not_finish_takes_nothing_back() -> None:
    with running() as memory:
        for act in (theirs(tag="unready"), done("rolling", **NEXT)):
            act(memory)
        run = Case("undo", {"name": "web", "wait_timeout": 30}).run(memory)
        assert run.start().wait().get("failed"), run.result["msg"]
        assert undone(memory) == []


def test_a_record_that_cannot_be_read_is_no_obstacle() -> None:
    with running() as memory:
        for act in (theirs(), done("rolling", **NEXT), done("undo", **UNDO)):
            act(memory)
        lease = memory.get("default", "Lease", "rollout-web")
        lease["metadata"]["annotations"]["rollout.kubernetes/undone"] = "{"
        run: Run = Case("rolling", {**NEXT, "refuse_undone": True}).run(memory)
        assert not run.start().wait().get("failed"), run.result["msg"]


def undone(memory: Memory) -> list[Any]:
    """What the Leases remember."""
    texts = (lease["metadata"].get("annotations", {}).get("rollout.kubernetes/undone", "{}") for lease in memory.all("default", "Lease"))
    return [entry for text in texts for entry in json.loads(text).get("versions", [])]


def test_an_undo_that_is_refused_before_its_first_write_takes_nothing_back() -> None:
    with running() as memory:
        for act in (theirs(), done("rolling", **NEXT)):
            act(memory)
        memory.server.rights.deny("robot", ["watch"], "pods")
        run = Case("undo", {"name": "web"}).run(memory, user="robot")
        assert "watch pods" in run.start().wait()["msg"]
        assert run.wire.changes == []
        assert undone(memory) == []
