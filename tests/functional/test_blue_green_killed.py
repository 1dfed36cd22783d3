# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Killed after its first, a middle or its last write, blue/green goes on to the same end; and what serves never notices. After every write
it is killed on the cluster in memory."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from .calls import call
from .kills import expire_locks, kill_after, sample
from .sides import COLOUR, INTENT, SLOW, claim_of, service
from .witness import Witness, judge
from .workloads import create

Task = Callable[[str], tuple[str, dict[str, Any]]]


def rolled(name: str) -> tuple[str, dict[str, Any]]:
    return "blue_green", {"name": name, "image": "registry.example/web:2", "scale_down_delay": 0}


def aborted(name: str) -> tuple[str, dict[str, Any]]:
    return "abort", {"name": name}


def undone(name: str) -> tuple[str, dict[str, Any]]:
    return "undo", {"name": name}


def undone_to_the_first(name: str) -> tuple[str, dict[str, Any]]:
    return "undo", {"name": name, "revision": 1}


def standing(get: Any, name: str) -> tuple[list[str], list[str], list[bool]]:
    """What an application looks like, apart from its name: the labels that its Service selects, its sides, which of them are paused."""
    sides = {entry["metadata"]["name"]: entry["spec"] for entry in get("deployments") if entry["metadata"]["name"].startswith(name)}
    selected = sorted(get("service", name)["spec"]["selector"])
    replicas = [f"{side.removeprefix(name)}: {sides[side]['replicas']}" for side in sorted(sides)]
    return selected, replicas, [bool(sides[side].get("paused")) for side in sorted(sides)]


GREEN = {COLOUR: "green"}
CASES: dict[str, tuple[Task, dict[str, Any] | None, dict[str, int], dict[str, str]]] = {
    # What is killed; how far a rollout is before that; what there is afterwards: replicas, and the selector besides the application's.
    "adoption": (rolled, None, {"": 0, "-green": 2}, GREEN),
    "giving up after the switch": (aborted, {"stop_before": "hold"}, {"": 2}, {}),
}


@pytest.mark.parametrize("case", CASES)
def test_killed_after_a_write_the_next_run_ends_as_an_undisturbed_one(cluster, namespace, deployment, kubectl, get, audit, case):
    task, prelude, replicas, mark = CASES[case]
    common = {"namespace": namespace, "wait_timeout": 300}

    def run(name: str, **more: Any) -> dict[str, Any]:
        module, options = task(name)
        return call(cluster, module, **common, **options, **more)

    def prepare(*names: str) -> None:
        create(kubectl, *(deployment(name, replicas=2, simulate=SLOW) for name in names), *(service(name) for name in names))
        kubectl("rollout", "status", *(f"deployment/{name}" for name in names), "--timeout=300s")
        if prelude is not None:
            begun = {**rolled("")[1], **prelude}
            with ThreadPoolExecutor(4) as pool:
                done = list(pool.map(lambda name: call(cluster, "blue_green", **common, **{**begun, "name": name}), names))
            assert [result["msg"] for result in done if result.get("failed")] == []

    prepare("web0")
    audit.mark()
    assert run("web0")["changed"]
    writes = len(audit.writes(leases=True))
    numbers = sample(writes)
    names = [f"web{number}" for number in numbers]
    prepare(*names)

    def kill(number: int) -> None:
        module, options = task(f"web{number}")
        kill_after(cluster, number, module, {**common, **options}, leases=True)

    with Witness(cluster, namespace) as witness:
        with ThreadPoolExecutor(len(numbers)) as pool:
            list(pool.map(kill, numbers))
        expire_locks(cluster, namespace)
        with ThreadPoolExecutor(len(numbers)) as pool:
            again = list(pool.map(run, names))
    assert [result["msg"] for result in again if result.get("failed")] == []
    deployments = {entry["metadata"]["name"]: entry["spec"] for entry in get("deployments")}
    for name in names:
        assert {key: spec["replicas"] for key, spec in deployments.items() if key in (name, f"{name}-green", f"{name}-blue")} == {
            f"{name}{suffix}": count for suffix, count in replicas.items()
        }
        assert get("service", name)["spec"]["selector"] == {"app": name, **mark}
        assert claim_of(get, name) == ""
        assert INTENT not in get("lease", f"rollout-{name}")["metadata"].get("annotations", {}), "nothing is left to be acted on later"
    assert not [name for name, spec in deployments.items() if spec.get("paused")]
    judge(witness, *names, least=2)
    assert not run(names[0])["changed"], "a third run has nothing to do"


@pytest.mark.long
def test_an_undo_that_was_killed_goes_on_when_it_is_asked_again(cluster, namespace, deployment, kubectl, get, audit):
    """Right after it began, amid its way, and right before its end; named by its number, or not at all."""
    common = {"namespace": namespace, "wait_timeout": 300}

    def run(name: str, task: Task) -> dict[str, Any]:
        module, options = task(name)
        return call(cluster, module, **common, **options)

    def prepare(*names: str) -> None:
        create(kubectl, *(deployment(name, replicas=1) for name in names), *(service(name) for name in names))
        kubectl("rollout", "status", *(f"deployment/{name}" for name in names), "--timeout=300s")
        with ThreadPoolExecutor(6) as pool:
            done = list(pool.map(lambda name: run(name, rolled), names))
        assert [result["msg"] for result in done if result.get("failed")] == []

    prepare("web-0")
    audit.mark()
    assert run("web-0", undone)["changed"]
    writes = len(audit.writes(leases=True))
    kills = [(2, undone), (writes // 2 + 1, undone_to_the_first), (writes - 1, undone)]
    tasks = {f"web-{index}": kill for index, kill in enumerate(kills, start=1)}
    prepare(*tasks)

    def kill(name: str) -> None:
        number, task = tasks[name]
        module, options = task(name)
        kill_after(cluster, number, module, {**common, **options}, leases=True)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(kill, tasks))
    expire_locks(cluster, namespace)
    with ThreadPoolExecutor(3) as pool:
        again = list(pool.map(lambda name: run(name, tasks[name][1]), tasks))
    assert [result["msg"] for result in again if result.get("failed")] == []
    assert {name: standing(get, name) for name in tasks} == dict.fromkeys(tasks, standing(get, "web-0"))
    assert {claim_of(get, name) for name in tasks} == {""}
    assert not run("web-1", undone)["changed"], "a third run has nothing to do"
