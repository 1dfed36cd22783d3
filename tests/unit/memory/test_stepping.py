# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rollout pod by pod that stands between two steps has its workload for itself, until it is done, given up or superseded."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.memory.cases import SET, Act, Case, done, edited, failed, theirs
from tests.memory.cluster import Memory, running

BEGUN = {**SET, "requested_by": "alice, job 42", "change_cause": "release 2"}
STOPPED: dict[str, Act] = {
    "partition": done("partition", **BEGUN, stop_before="primary", primary=0),
    "on_delete": done("on_delete", **BEGUN, stop_before="primary", primary=0),
}
OTHER = {**SET, "image": "registry.example/web:3"}
OTHERS: dict[str, Case] = {
    "rolling": Case("rolling", OTHER),
    "partition": Case("partition", {**OTHER, "application": "shop"}),
    "on_delete": Case("on_delete", OTHER),
    "restart": Case("restart", {"kind": "StatefulSet", "name": "web"}),
}


def stepping(memory: Memory) -> list[dict[str, Any]]:
    """What the Leases say of rollouts on their way."""
    texts = (lease["metadata"].get("annotations", {}).get("rollout.kubernetes/stepping") for lease in memory.all("default", "Lease"))
    return [json.loads(text) for text in texts if text]


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("strategy", STOPPED)
def test_other_ways_to_change_it_are_refused_while_it_stands(strategy: str, other: str) -> None:
    with running() as memory:
        theirs("StatefulSet")(memory)
        STOPPED[strategy](memory)
        run = OTHERS[other].run(memory)
        message = run.start().wait()["msg"]
        assert f"StatefulSet default/web is being rolled out by {strategy} (release 2), begun by alice, job 42 at " in message
        assert "it stands before the step web-0" in message
        assert run.wire.changes == []


@pytest.mark.parametrize("strategy", STOPPED)
def test_the_same_task_goes_on_and_then_nothing_is_on_its_way(strategy: str) -> None:
    with running() as memory:
        theirs("StatefulSet")(memory)
        STOPPED[strategy](memory)
        assert [entry["strategy"] for entry in stepping(memory)] == [strategy]
        # Under another name: where it was begun it is ended as well.
        for again in ({**BEGUN, "stop_before": "primary", "primary": 0}, {**BEGUN, "application": "shop"}):
            run = Case(strategy, again).run(memory)
            assert not run.start().wait().get("failed"), run.result["msg"]
        assert stepping(memory) == []
        done("rolling", **OTHER)(memory)


ENDS: dict[str, Act] = {
    "undo": done("undo", kind="StatefulSet", name="web"),
    "abort": done("abort", kind="StatefulSet", name="web"),
    "the version before, by another way": done("rolling", kind="StatefulSet", name="web", image="registry.example/web:1"),
    "another version that supersedes it": done("partition", **OTHER, supersede=True),
    "another version that fails": failed(
        "partition", kind="StatefulSet", name="web", image="registry.example/web:crash", supersede=True, failure_grace=0
    ),
}


@pytest.mark.parametrize("end", ENDS)
def test_it_ends_when_it_is_given_up_or_superseded(end: str) -> None:
    with running() as memory:
        theirs("StatefulSet")(memory)
        STOPPED["partition"](memory)
        ENDS[end](memory)
        assert stepping(memory) == []


def test_what_a_person_has_finished_or_changed_by_hand_is_no_obstacle() -> None:
    def released(obj: Any) -> None:
        obj["spec"]["updateStrategy"]["rollingUpdate"]["partition"] = 0

    def other_image(obj: Any) -> None:
        obj["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.example/web:by-hand"

    for change in (released, other_image):
        with running() as memory:
            theirs("StatefulSet")(memory)
            STOPPED["partition"](memory)
            edited("StatefulSet", change)(memory)
            memory.clock.sleep(60)
            done("rolling", **OTHER)(memory)


def test_one_that_was_killed_keeps_it_as_well() -> None:
    with running() as memory:
        theirs("StatefulSet")(memory)
        Case("partition", BEGUN).run(memory).dies_after_write(3).start().wait()
        run = Case("rolling", OTHER).run(memory)
        message = run.start().wait()["msg"]
        assert "it was broken off" in message
        assert run.wire.changes == []
        done("partition", **BEGUN)(memory)
        assert stepping(memory) == []


def test_a_task_that_is_refused_before_its_first_write_leaves_no_word_of_it() -> None:
    with running() as memory:
        theirs("StatefulSet")(memory)
        memory.server.rights.deny("robot", ["create"], "pods/eviction")
        run = Case("on_delete", SET).run(memory, user="robot")
        assert "create pods/eviction" in run.start().wait()["msg"]
        assert run.wire.changes == []
        assert stepping(memory) == []
