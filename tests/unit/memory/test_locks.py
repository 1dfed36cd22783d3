# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lock of an application: who finds it held is refused, who has lost it or could not keep it writes nothing more."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.memory.cases import BLUE, NEXT, PLAIN, SET, Case, done, edited, made, theirs
from tests.memory.cluster import Memory, running
from tests.memory.requests import Request
from tests.memory.runs import Run
from tests.memory.scenes import manifest, service
from tests.memory.trouble import act_before_first

ELSE = "somebody-else"


def _takes_long(memory: Memory) -> None:
    """A StatefulSet of which each pod needs longer to be ready than a lock lives without a sign of life."""
    body = manifest("StatefulSet")
    body["spec"]["template"]["metadata"]["annotations"] = {"simulate.rollout.kubernetes/ready-after": "20s"}
    Case("rolling", {"definition": body, "wait_timeout": 300}).run(memory).start().wait()


def _step_by_step(memory: Memory, tag: str = "2") -> Run:
    return Case("partition", {**SET, "image": f"registry.example/web:{tag}", "wait_timeout": 300}).run(memory)


def _changes(run: Run) -> list[str]:
    return [str(request) for request in run.wire.writes if not _is_of_a_lease(request) and "selfsubject" not in request.path]


def _is_of_a_lease(request: Request) -> bool:
    return "/leases" in request.path


def _images(memory: Memory) -> list[str]:
    return sorted(pod["spec"]["containers"][0]["image"].rpartition(":")[2] for pod in memory.all("default", "Pod"))


def test_a_holder_at_work_is_left_alone_however_long_it_takes() -> None:
    with running() as memory:
        _takes_long(memory)
        first = _step_by_step(memory).start()
        memory.clock.sleep(25)
        second = _step_by_step(memory, "3")
        assert "is being changed by" in second.start().wait()["msg"]
        assert _changes(second) == []
        assert not first.wait().get("failed"), first.result["msg"]
        assert _images(memory) == ["2", "2", "2"]


def test_a_holder_that_died_is_waited_out_and_then_followed() -> None:
    with running() as memory:
        _takes_long(memory)
        first = _step_by_step(memory).start()
        memory.clock.sleep(2)
        first.kill()
        began = memory.clock.seconds
        second = _step_by_step(memory)
        took: list[float] = []

        def hear(request: Request) -> None:
            took.extend([memory.clock.seconds - began] if request.is_write else [])

        second.wire.before.append(hear)
        assert not second.start().wait().get("failed"), second.result["msg"]
        assert 10 < took[0] < 20
        assert _images(memory) == ["2", "2", "2"]


def test_who_cannot_renew_its_lock_writes_nothing_after_its_time() -> None:
    with running() as memory:
        _takes_long(memory)
        run = _step_by_step(memory)

        def before(request: Request) -> Any:
            trouble = bool(_changes(run)) and request.is_write and _is_of_a_lease(request)
            return run.wire.spelled(503, "the lock's way is blocked") if trouble else None

        run.wire.before.append(before)
        result = run.start().wait()
        assert "could not be kept; nothing more was written" in result["msg"]
        # The template and the first step, and no second one.
        assert len(_changes(run)) == 2


CASES = {
    "rolling": Case("rolling", NEXT, (theirs(),)),
    "undo": Case("undo", {"name": "web"}, (theirs(), done("rolling", **NEXT))),
    "restart": Case("restart", {"name": "web"}, (theirs(),)),
    "resume": Case("resume", {"name": "web"}, (theirs(), done("pause", name="web"))),
    "recreate": Case("recreate", NEXT, (theirs(),)),
    "partition": Case("partition", SET, (theirs("StatefulSet"),)),
    "on_delete": Case("on_delete", SET, (theirs("StatefulSet"),)),
    "blue_green": Case("blue_green", BLUE, PLAIN),
    "service_switch": Case(
        "service_switch", {"name": "web", "selector": {"app": "api"}}, (theirs(), theirs(name="api"), made("Service", service()))
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_who_has_lost_its_lock_changes_nothing(name: str) -> None:
    with running() as memory:
        case = CASES[name]
        case.prepare(memory)
        run = case.run(memory)
        name = "rollout-statefulset-web" if case.options is SET else "rollout-web"

        def rob(request: Request) -> None:
            held = any(map(_is_of_a_lease, run.wire.writes))
            lease = memory.get("default", "Lease", name)
            if held and not _is_of_a_lease(request) and lease["spec"]["holderIdentity"] != ELSE:
                edited("Lease", lambda obj: obj["spec"].update(holderIdentity=ELSE), name=name)(memory)
                memory.clock.sleep(6)  # By then its holder has wanted to renew it.

        run.wire.before.append(rob)
        result = run.start().wait()
        assert result.get("failed"), result["msg"]
        assert f"taken over by {ELSE}" in result["msg"]
        assert _changes(run) == []
        assert memory.get("default", "Lease", name)["spec"]["holderIdentity"] == ELSE


def _rob(memory: Memory) -> None:
    edited("Lease", lambda obj: obj["spec"].update(holderIdentity=ELSE), name="rollout-web")(memory)


def test_blue_green_that_loses_its_lock_while_it_holds_old_pods_keeps_them() -> None:
    with running() as memory:
        case = Case("blue_green", {**BLUE, "scale_down_delay": 20}, PLAIN)
        case.prepare(memory)
        run = case.run(memory).start()

        def holds() -> bool:
            lease = memory.get("default", "Lease", "rollout-web") or {"metadata": {}}
            claim = lease["metadata"].get("annotations", {}).get("rollout.kubernetes/claim", "{}")
            return bool(json.loads(claim).get("switched"))

        memory.clock.wait(holds)
        _rob(memory)
        assert f"taken over by {ELSE}" in run.wait()["msg"]
        memory.clock.sleep(30)
        assert memory.get("default", "Deployment", "web")["spec"]["replicas"] == 2


def test_a_switch_that_loses_its_lock_on_the_way_writes_no_other_service() -> None:
    with running() as memory:
        acts = (theirs(), theirs(name="api"), made("Service", service("a", app="web")), made("Service", service("b", app="web")))
        for act in acts:
            act(memory)
        wanted = [{"name": name, "selector": {"app": "api"}} for name in ("a", "b")]
        run = Case("service_switch", {"services": wanted, "application": "web"}).run(memory)

        def robbed() -> None:
            _rob(memory)
            memory.clock.sleep(6)

        act_before_first(run, lambda request: request.is_write and "/services/" in request.path, robbed)
        assert f"taken over by {ELSE}" in run.start().wait()["msg"]
        assert len(_changes(run)) == 1
        assert memory.get("default", "Service", "b")["spec"]["selector"] == {"app": "web"}


def test_a_rollout_that_was_begun_while_one_waited_for_the_lock_is_left_alone() -> None:
    with running() as memory:
        for act in PLAIN:
            act(memory)
        first, second = (Case("blue_green", {**BLUE, "image": f"x:{tag}"}).run(memory) for tag in ("2", "3"))
        first.dies_after_write(2)  # It has the lock, and its claim is stored.
        act_before_first(second, lambda request: request.is_write, lambda: memory.clock.wait(lambda: first.party.dead))
        first.start()
        result = second.start().wait()
        assert result.get("failed"), result["msg"]
        assert "x:2" in result["msg"]
        assert _changes(second) == []
