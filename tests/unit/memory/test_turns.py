# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One task at a time, whatever it calls its application: the other waits or is refused, and what comes late changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.memory.cases import BLUE, NEXT, PLAIN, SET, Act, Case, done, edited, made, slowly, theirs
from tests.memory.cluster import Memory, running
from tests.memory.races import Order, at_once
from tests.memory.requests import Request
from tests.memory.runs import Run
from tests.memory.scenes import manifest, service

USER = "robot"
SLOW = (theirs(replicas=2), edited("Deployment", slowly("1")))
"""A Deployment whose pods need longer to be ready than a Lease lives without a sign of life."""


def begun(memory: Memory, *, acts: tuple[Act, ...] = SLOW, seconds: float = 3, **options: Any) -> Run:
    """A rolling update that is in its middle."""
    for act in acts:
        act(memory)
    run = Case("rolling", {**NEXT, "wait_timeout": 600, "requested_by": "alice, job 42", **options}).run(memory).start()
    memory.clock.sleep(seconds)
    assert not run.done
    return run


def images(memory: Memory) -> list[str]:
    pods = (pod for pod in memory.all("default", "Pod") if not pod["metadata"].get("deletionTimestamp"))
    return sorted(pod["spec"]["containers"][0]["image"].rpartition(":")[2] for pod in pods)


def changes(run: Run) -> list[str]:
    return [str(request) for request in run.wire.changes]


WRITERS: dict[str, dict[str, Any]] = {
    "rolling": {"image": "registry.example/web:3"},
    "recreate": {"image": "registry.example/web:3"},
    "blue_green": {"image": "registry.example/web:3", "scale_down_delay": 0},
    "undo": {},
    "restart": {},
    "pause": {},
}


@pytest.mark.parametrize("module", WRITERS)
def test_in_the_middle_of_a_rolling_update_every_other_writer_is_refused(module: str) -> None:
    with running() as memory:
        first = begun(memory, acts=(*SLOW, made("Service", service())))
        second = Case(module, {"name": "web", **WRITERS[module]}).run(memory)
        message = second.start().wait()["msg"]
        assert "is being changed by alice, job 42, " in message
        assert "lock_timeout" in message
        assert changes(second) == []
        assert not second.result["changed"]
        assert not first.wait().get("failed"), first.result["msg"]


def test_a_living_holder_is_waited_for_as_long_as_asked() -> None:
    with running() as memory:
        first = begun(memory)
        late = Case("rolling", {"name": "web", "image": "registry.example/web:3", "lock_timeout": 12}).run(memory).start()
        patient = Case("rolling", {"name": "web", "image": "registry.example/web:4", "lock_timeout": 600, "wait_timeout": 600})
        last = patient.run(memory).start()
        message = late.wait()["msg"]
        assert "is being changed by alice, job 42" in message
        assert "lock_timeout of 12 s is over" in message
        assert changes(late) == []
        assert not first.done
        assert any("waiting up to 600 s" in line for line in last.lines)
        assert not last.wait().get("failed"), last.result["msg"]
        assert first.done
        assert not first.result.get("failed"), first.result["msg"]
        assert images(memory) == ["4", "4"]


def test_a_task_that_only_looks_on_needs_no_lock() -> None:
    with running() as memory:
        first = begun(memory)
        same = Case("rolling", {**NEXT, "wait_timeout": 600}).run(memory)
        assert not same.start().wait().get("failed"), same.result["msg"]
        assert not same.result["changed"]
        assert same.wire.writes == []
        assert not first.wait().get("failed"), first.result["msg"]


def test_check_mode_takes_no_lock() -> None:
    with running() as memory:
        begun(memory)
        run = Run(memory, "rolling", check=True, namespace="default", name="web", image="registry.example/web:3")
        assert not run.start().wait().get("failed"), run.result["msg"]
        assert run.wire.writes == []


def test_the_step_that_another_task_is_at_is_told() -> None:
    with running() as memory:
        body = manifest("StatefulSet")
        body["spec"]["template"]["metadata"]["annotations"] = {"simulate.rollout.kubernetes/ready-after": "30s"}
        Case("rolling", {"definition": body, "wait_timeout": 600}).run(memory).start().wait()
        Case("partition", {**SET, "wait_timeout": 600}).run(memory).start()
        memory.clock.sleep(15)
        message = Case("restart", {"kind": "StatefulSet", "name": "web"}).run(memory).start().wait()["msg"]
        assert "at the step pods" in message or "at the step web-" in message, message
        assert "rollout-statefulset-web" in message


PAIRS: dict[str, tuple[tuple[Act, ...], Case, Case]] = {
    "two names for one workload": (
        (theirs(),),
        Case("rolling", {**NEXT, "application": "shop"}),
        Case("rolling", {"name": "web", "image": "registry.example/web:3", "application": "store"}),
    ),
    "a Service and a workload": (
        (theirs(), theirs(name="api"), made("Service", service("front", app="web"))),
        Case("blue_green", {**BLUE, "service": "front"}),
        Case("service_switch", {"name": "front", "selector": {"app": "api"}}),
    ),
    "a first rollout of one workload": (
        (),
        Case("rolling", {"definition": manifest("Deployment"), "application": "shop"}),
        Case("recreate", {"definition": manifest("Deployment", tag="3"), "application": "store"}),
    ),
    "workloads that overlap": (
        (theirs(), theirs(name="api"), theirs(name="cart")),
        Case("restart", {"workloads": [{"name": "api"}, {"name": "web"}]}),
        Case("restart", {"workloads": [{"name": "cart"}, {"name": "web"}]}),
    ),
}


@pytest.mark.matrix
@pytest.mark.parametrize("seed", range(1, 21))
@pytest.mark.parametrize("pair", PAIRS)
def test_two_that_overlap_work_one_after_the_other(pair: str, seed: int) -> None:
    with running(seed) as memory:
        acts, *cases = PAIRS[pair]
        for act in acts:
            act(memory)
        runs = [case.run(memory) for case in cases]
        order = Order(runs)
        at_once(memory, runs, within=0.05)
        assert order.faults() == []
        refused = [run for run in runs if run.result.get("failed")]
        assert len(refused) < 2, [run.result["msg"] for run in runs]
        # Either it was in the way, or it had ended and left something else than was expected.
        reasons = ("is being changed by", "belongs to a blue/green rollout", "Service default/front selects app=api")
        for run in refused:
            assert any(reason in run.result["msg"] for reason in reasons), run.result["msg"]
            assert changes(run) == []


def test_of_two_that_waited_for_the_same_dead_holder_one_works_at_a_time() -> None:
    with running() as memory:
        begun(memory).kill()
        runs = [
            Case("rolling", {"name": "web", "image": f"registry.example/web:{tag}", "wait_timeout": 600, "lock_timeout": 900}).run(memory)
            for tag in ("3", "4")
        ]
        order = Order(runs)
        at_once(memory, runs)
        assert order.faults() == []
        assert [run.result["msg"] for run in runs if run.result.get("failed")] == []


def with_key(value: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}, "data": {"key": value}}


# --- what comes late ------------------------------------------------------------------------------------------------------------

LATE: dict[str, tuple[tuple[Act, ...], Case, Case]] = {
    "rolling": ((theirs(),), Case("rolling", NEXT), Case("rolling", {"name": "web", "image": "registry.example/web:3"})),
    "rolling, a definition": (
        (done("rolling", definition=manifest("Deployment")),),
        Case("rolling", {"definition": manifest("Deployment", tag="2")}),
        Case("rolling", {"definition": manifest("Deployment", tag="3")}),
    ),
    "recreate": ((theirs(),), Case("recreate", NEXT), Case("rolling", {"name": "web", "image": "registry.example/web:3"})),
    "restart": ((theirs(),), Case("restart", {"name": "web"}), Case("rolling", {"name": "web", "image": "registry.example/web:3"})),
    "undo": (
        (theirs(), done("rolling", **NEXT)),
        Case("undo", {"name": "web"}),
        Case("rolling", {"name": "web", "image": "registry.example/web:3"}),
    ),
    "pause": ((theirs(),), Case("pause", {"name": "web"}), Case("rolling", {"name": "web", "image": "registry.example/web:3"})),
    "partition": (
        (theirs("StatefulSet"),),
        Case("partition", SET),
        Case("rolling", {**SET, "image": "registry.example/web:3"}),
    ),
    "on_delete": ((theirs("StatefulSet"),), Case("on_delete", SET), Case("rolling", {**SET, "image": "registry.example/web:3"})),
    "service_switch": (
        (theirs(), theirs(name="api"), theirs(name="cart"), made("Service", service())),
        Case("service_switch", {"name": "web", "selector": {"app": "api"}}),
        Case("service_switch", {"name": "web", "selector": {"app": "cart"}}),
    ),
    "a companion": (
        (done("rolling", definition=[with_key("1"), manifest("Deployment")]),),
        Case("rolling", {"definition": [with_key("2"), manifest("Deployment")]}),
        Case("rolling", {"definition": [with_key("3"), manifest("Deployment")]}),
    ),
}


@pytest.mark.parametrize("name", LATE)
def test_a_write_that_hangs_until_somebody_else_has_taken_over_changes_nothing(name: str) -> None:
    """As in a process that is stopped, or behind a proxy that passes nothing on: its requests arrive when the other one is done."""
    with running() as memory:
        acts, slow, other = LATE[name]
        for act in acts:
            act(memory)
        first, second = slow.run(memory), other.run(memory)
        hung: list[Request] = []
        ends: list[Any] = []

        def hang(request: Request) -> None:
            if request.is_change and not hung:
                hung.append(request)
                second.start().wait()
                memory.clock.sleep(20)
                ends.append(_state(memory))
            elif hung and not ends:
                memory.clock.wait(lambda: bool(ends))

        first.wire.before.append(hang)
        first.start().wait()
        assert not second.result.get("failed"), second.result["msg"]
        assert first.result.get("failed"), first.result["msg"]
        assert hung
        assert _state(memory) == ends[0]


def _state(memory: Memory) -> Any:
    kinds = ("Deployment", "StatefulSet", "Service", "ConfigMap")
    found = [obj for kind in kinds for obj in memory.all("default", kind)]
    return {f"{obj['kind']}/{obj['metadata']['name']}": obj.get("spec") or obj.get("data") for obj in found}


# --- without rights -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["create", "list"])
def test_without_rights_on_leases_single_writes_go_on_with_a_warning(verb: str) -> None:
    with running() as memory:
        theirs()(memory)
        memory.server.rights.deny(USER, [verb], "leases")
        run = Case("rolling", NEXT).run(memory, user=USER)
        assert not run.start().wait().get("failed"), run.result["msg"]
        (warning,) = run.result["warnings"]
        assert "Deployment default/web" in warning
        assert f"{verb} leases" in warning


@pytest.mark.parametrize("module", ["partition", "on_delete"])
def test_without_rights_on_leases_strategies_of_several_steps_are_refused(module: str) -> None:
    with running() as memory:
        theirs("StatefulSet")(memory)
        memory.server.rights.deny(USER, ["create"], "leases")
        run = Case(module, SET).run(memory, user=USER)
        assert "create leases" in run.start().wait()["msg"]
        assert changes(run) == []


@pytest.mark.parametrize("module", WRITERS)
def test_an_application_that_is_no_name_is_refused_in_check_mode_too(module: str) -> None:
    with running() as memory:
        for act in PLAIN:
            act(memory)
        run = Run(memory, module, check=True, namespace="default", name="web", application="My Shop", **WRITERS[module])
        assert "application" in run.start().wait()["msg"]
        assert run.result["failed"]
