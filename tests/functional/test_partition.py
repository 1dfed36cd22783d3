# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module partition: which pods run what after each step, told by their revision labels; and what it survives."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from .interference import eventually
from .kills import survives
from .workloads import HELD, create, let_go, observed, rolled_out

pytestmark = pytest.mark.memory

KIND = "StatefulSet"


@pytest.fixture
def revisions(get) -> Callable[..., dict[str, str]]:
    """revisions(app="web"): the revision label of each pod, by name."""

    def read(app: str = "web") -> dict[str, str]:
        pods = [pod for pod in get("pods") if pod["metadata"]["labels"]["app"] == app]
        return {pod["metadata"]["name"]: pod["metadata"]["labels"]["controller-revision-hash"] for pod in pods}

    return read


@pytest.fixture
def status(get) -> Callable[[], dict[str, Any]]:
    """The status of the StatefulSet `web`."""
    return lambda: dict(get("statefulset", "web")["status"])


def states(result: dict[str, Any]) -> dict[str, str]:
    """The state of each step by its name."""
    return {step["name"]: step["state"] for step in result["rollouts"][0]["steps"]}


def index(get: Any, name: str = "web") -> int:
    found: int = get("statefulset", name)["spec"]["updateStrategy"]["rollingUpdate"]["partition"]
    return found


# --- steps ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.server
def test_of_five_pods_two_are_updated_and_then_the_others(roll, audit, manifest, kubectl, get, tags, revisions, status):
    roll("partition", definition=manifest(KIND, replicas=5))
    old = status()["updateRevision"]
    task = {"definition": manifest(KIND, 2, replicas=5), "ordinals": [3, 1]}
    planned = roll("partition", check=True, **task)
    assert planned["changed"]
    assert "would be rolled out in 3 steps: web-4 to web-3, then web-2 to web-1, then web-0" in planned["msg"]
    assert set(states(planned).values()) == {"pending"}
    assert audit.writes()[-1].name != "web" or index(get) == 0
    for stop, partition in (("web-2", 3), ("web-0", 1)):
        half = roll("partition", stop_before=stop, **task)
        new = status()["updateRevision"]
        assert index(get) == partition
        assert revisions() == {f"web-{number}": new if number >= partition else old for number in range(5)}
        assert new != old
        assert half["rollouts"][0]["phase"] == "paused"
        said = kubectl("rollout", "status", "statefulset/web", "--watch=false").stdout
        assert f"partitioned roll out complete: {5 - partition} new pods have been updated" in said
        audit.mark()
        again = roll("partition", stop_before=stop, **task)
        assert (again["changed"], audit.writes()) == (False, [])
    whole = roll("partition", **task)
    assert states(whole) == {"template": "unchanged", "web-4 to web-3": "unchanged", "web-2 to web-1": "unchanged", "web-0": "done"}
    assert (index(get), set(tags().values()), set(revisions().values())) == (0, {"2"}, {new})
    assert whole["rollouts"][0]["phase"] == "complete"
    assert "successfully rolled out" in whole["msg"]
    assert "5 new pods have been updated" in kubectl("rollout", "status", "statefulset/web", "--watch=false").stdout
    audit.mark()
    assert not roll("partition", **task)["changed"]
    assert audit.writes() == []
    assert not roll("partition", check=True, **task)["changed"]


@pytest.mark.server
def test_the_steps_of_a_canary_give_so_many_pods_the_template(roll, audit, manifest, kubectl, get, revisions, status):
    roll("partition", definition=manifest(KIND, replicas=5))
    old = status()["updateRevision"]
    pods = {"name": "pods", "pods": {"restarts": 0}}
    steps = [{"weight": 10, "hold": 2, "gates": [pods]}, {"weight": 20}, {"replicas": 3}]
    task = {"definition": manifest(KIND, 2, replicas=5), "steps": steps, "hold": 1}
    planned = roll("partition", check=True, **task)
    assert "would be rolled out in 4 steps: weight_10, then weight_20, then replicas_3, then promote" in planned["msg"]
    assert planned["rollouts"][0]["plan"][1].endswith("5 stable, 0 new  4 stable, 1 new")
    for stop, count in (("weight_20", 1), ("promote", 3)):
        half = roll("partition", stop_before=stop, **task)
        new = status()["updateRevision"]
        assert new != old
        assert revisions() == {f"web-{number}": new if number >= 5 - count else old for number in range(5)}
        assert (half["rollouts"][0]["phase"], half["rollouts"][0]["next_step"]) == ("paused", stop)
        said = kubectl("rollout", "status", "statefulset/web", "--watch=false").stdout
        assert f"partitioned roll out complete: {count} new pods have been updated" in said
        audit.mark()
        assert not roll("partition", stop_before=stop, **task)["changed"]
        assert audit.writes() == []
    whole = roll("partition", **task)
    assert (whole["rollouts"][0]["phase"], states(whole)["promote"]) == ("complete", "done")
    assert (index(get), set(revisions().values())) == (0, {new})
    assert not roll("partition", **task)["changed"]
    assert not roll("partition", check=True, **task)["changed"]


def test_ordinals_that_begin_elsewhere(roll, manifest, tags, get):
    numbered = {"ordinals": {"start": 5}}
    roll("partition", definition=manifest(KIND, replicas=4, **numbered))
    roll("partition", definition=manifest(KIND, 2, replicas=4, **numbered), ordinals=[7], stop_before="6")
    assert tags() == {"web-5": "1", "web-6": "1", "web-7": "2", "web-8": "2"}
    assert index(get) == 2
    roll("partition", definition=manifest(KIND, 2, replicas=4, **numbered), ordinals=["web-7"])
    assert set(tags().values()) == {"2"}


def test_the_short_way_one_by_one_and_the_primary_last(roll, manifest, tags, kubectl, get):
    create(kubectl, manifest(KIND, replicas=3))
    rolled_out(kubectl, "statefulset/web")
    task = {"kind": KIND, "name": "web", "image": "registry.example/web:2", "steps": "one_by_one"}
    primary = {"stdout": "web-0\n", "rc": 0}
    half = roll("partition", primary=primary, stop_before="primary", **task)
    assert half["rollouts"][0]["phase"] == "paused"
    assert tags() == {"web-0": "1", "web-1": "2", "web-2": "2"}
    done = roll("partition", primary=0, **task)
    assert states(done)["web-0"] == "done"
    assert set(tags().values()) == {"2"}
    assert not roll("partition", primary="web-0", **task)["changed"]
    (current,) = [entry for entry in roll("history_info", kind=KIND, name="web")["rollouts"][0]["revisions"] if entry["current"]]
    assert current["change_cause"] == "image web=registry.example/web:2"


def test_each_step_is_announced(roll, manifest):
    roll("partition", definition=manifest(KIND))
    lines = roll("partition", definition=manifest(KIND, 2))["lines"]
    assert [line.partition(": ")[2] for line in lines if ": step " in line] == ["step 1 of 2: web-2", "step 2 of 2: web-1 to web-0"]


def test_a_pod_must_be_ready_for_so_long_before_the_next_step(roll, manifest, get):
    roll("partition", definition=manifest(KIND, minReadySeconds=2))
    steps = roll("partition", definition=manifest(KIND, 2, minReadySeconds=2), steps="one_by_one")["rollouts"][0]["steps"]
    pods = {pod["metadata"]["name"]: pod for pod in get("pods")}
    ready = {
        name: next(entry["lastTransitionTime"] for entry in pod["status"]["conditions"] if entry["type"] == "Ready")
        for name, pod in pods.items()
    }
    for higher, lower in (("web-2", "web-1"), ("web-1", "web-0")):
        # The clock of the cluster has whole seconds.
        made = pods[lower]["metadata"]["creationTimestamp"]
        assert made > ready[higher]
    assert [step["state"] for step in steps] == ["done"] * 4


def test_a_pod_below_the_partition_that_is_not_ready_holds_the_next_step(roll, manifest, kubectl, get, tags):
    # A controller that replaces pods whoever else is missing: the next step itself must wait.
    policy = {"podManagementPolicy": "Parallel"}
    roll("partition", definition=manifest(KIND, **policy))
    task = {"definition": manifest(KIND, 2, **policy), "steps": "one_by_one"}
    roll("partition", stop_before="web-1", **task)

    def make_ready(value: str) -> None:
        conditions = get("pod", "web-0")["status"]["conditions"]
        changed = [{**entry, "status": value} if entry["type"] in ("Ready", "ContainersReady") else entry for entry in conditions]
        kubectl("patch", "pod", "web-0", "--subresource=status", "--type=merge", "--patch", json.dumps({"status": {"conditions": changed}}))

    make_ready("False")
    eventually(lambda: get("statefulset", "web")["status"]["readyReplicas"] == 2, "the controller has seen that it is not ready")
    lines: list[str] = []
    with ThreadPoolExecutor(1) as pool:
        going = pool.submit(lambda: roll("partition", lines=lines, **task))
        eventually(lambda: going.done() or any("web-0 is not ready" in line for line in lines), "it says what it waits for")
        assert not going.done(), going.result()["msg"]
        assert (index(get), tags()) == (2, {"web-0": "1", "web-1": "1", "web-2": "2"})
        make_ready("True")
        result = going.result(timeout=300)
    assert result["rollouts"][0]["phase"] == "complete"
    assert set(tags().values()) == {"2"}


# --- what happens meanwhile -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("replicas", [3, 7])
def test_somebody_scales_between_the_steps_and_no_pod_is_left_behind(roll, manifest, kubectl, tags, get, replicas):
    unscaled = {"replicas": 5}
    roll("partition", definition=manifest(KIND, **unscaled))
    task = {"kind": KIND, "name": "web", "image": "registry.example/web:2", "steps": [1, "60%"]}
    roll("partition", stop_before="web-1", **task)
    kubectl("scale", "statefulset/web", f"--replicas={replicas}")
    observed(kubectl, "statefulset/web")
    roll("partition", **task)
    assert tags() == {f"web-{number}": "2" for number in range(replicas)}
    assert index(get) == 0
    assert not roll("partition", **task)["changed"]


def test_somebody_scales_while_a_step_goes_on(roll, cluster, manifest, kubectl, tags, get):
    roll("partition", definition=manifest(KIND, simulate=HELD))
    with ThreadPoolExecutor(1) as pool:
        task = {"kind": KIND, "name": "web", "image": "registry.example/web:2", "steps": "one_by_one"}
        going = pool.submit(lambda: roll("partition", **task))
        for name in ("web-2", "web-1", "web-0"):
            eventually(lambda name=name: "deletionTimestamp" in _pod(get, name)["metadata"], f"{name} goes")  # type: ignore[misc]
            if name == "web-2":
                kubectl("scale", "statefulset/web", "--replicas=4")
            let_go(kubectl)
        result = going.result(timeout=300)
    assert tags() == {f"web-{number}": "2" for number in range(4)}
    assert "was scaled from 3 to 4 meanwhile" in result["msg"]


@pytest.mark.parametrize("replicas", [5, 2])
def test_an_autoscaler_scales_while_a_step_goes_on(roll, manifest, kubectl, tags, get, replicas):
    """It keeps to its bounds without any metrics."""
    roll("partition", definition=manifest(KIND, simulate=HELD))
    with ThreadPoolExecutor(1) as pool:
        task = {"kind": KIND, "name": "web", "image": "registry.example/web:2", "steps": "one_by_one"}
        going = pool.submit(lambda: roll("partition", **task))
        eventually(lambda: "deletionTimestamp" in _pod(get, "web-2")["metadata"], "web-2 goes")
        kubectl("autoscale", "statefulset/web", f"--min={replicas}", f"--max={replicas}")
        eventually(lambda: get("statefulset", "web")["spec"]["replicas"] == replicas, "the autoscaler has scaled")
        for number in reversed(range(3)):
            name = f"web-{number}"
            eventually(lambda name=name: "deletionTimestamp" in _pod(get, name)["metadata"], f"{name} goes")  # type: ignore[misc]
            let_go(kubectl)
        result = going.result(timeout=300)
    assert tags() == {f"web-{number}": "2" for number in range(replicas)}
    assert f"was scaled from 3 to {replicas} meanwhile" in result["msg"]
    assert index(get) == 0
    assert not roll("partition", **task)["changed"]


def _pod(get: Any, name: str) -> dict[str, Any]:
    return get("pod", name) or {"metadata": {}}


def test_somebody_else_s_template_ends_it_and_stays(roll, manifest, kubectl, get):
    roll("partition", definition=manifest(KIND, simulate=HELD))
    with ThreadPoolExecutor(1) as pool:
        task = {"kind": KIND, "name": "web", "image": "registry.example/web:2", "steps": "one_by_one"}
        going = pool.submit(lambda: roll("partition", fails=True, **task))
        eventually(lambda: "deletionTimestamp" in _pod(get, "web-2")["metadata"], "web-2 goes")
        kubectl("set", "image", "statefulset/web", "web=registry.example/web:9")
        let_go(kubectl)
        result = going.result(timeout=300)
    assert "was given another template while this task was on its way" in result["msg"]
    assert index(get) == 2
    assert get("statefulset", "web")["spec"]["template"]["spec"]["containers"][0]["image"] == "registry.example/web:9"


# --- failures ---------------------------------------------------------------------------------------------------------------------


def test_a_broken_version_is_held_with_one_pod(roll, manifest, tags, get):
    roll("partition", definition=manifest(KIND))
    failed = roll("partition", definition=manifest(KIND, "missing"), fails=True)
    assert "not found" in failed["msg"]
    assert "Left to do: web-1 to web-0; mend what is wrong and run the task again." in failed["msg"]
    assert states(failed) == {"template": "done", "web-2": "failed", "web-1 to web-0": "pending"}
    assert (tags(), index(get)) == ({"web-0": "1", "web-1": "1", "web-2": "missing"}, 2)
    # The next version gets past the broken pod by itself.
    mended = roll("partition", definition=manifest(KIND, 3))
    assert "deleted web-2" in mended["msg"]
    assert set(tags().values()) == {"3"}


def test_a_broken_version_is_taken_back_at_the_same_partition(roll, manifest, tags, get, status):
    roll("partition", definition=manifest(KIND, replicas=4))
    stable = status()["currentRevision"]
    roll("partition", definition=manifest(KIND, 2, replicas=4), steps=[2], stop_before="web-1")
    broken = manifest(KIND, "missing", replicas=4)
    failed = roll("partition", definition=broken, steps=[2], on_failure="rollback", supersede=True, fails=True)
    assert failed["rollouts"][0]["phase"] == "aborted"
    assert "Went back to revision 1" in failed["msg"]
    assert index(get) == 2
    assert set(tags().values()) == {"1"}
    assert status()["updateRevision"] == stable


@pytest.mark.parametrize(("module", "phase"), [("undo", "complete"), ("abort", "aborted")])
def test_what_is_given_up_between_the_steps_goes_back(roll, manifest, kubectl, tags, get, module, phase):
    roll("partition", definition=manifest(KIND, replicas=4))
    roll("partition", definition=manifest(KIND, 2, replicas=4), steps=[2], stop_before="web-1")
    assert tags() == {"web-0": "1", "web-1": "1", "web-2": "2", "web-3": "2"}
    kept = {name: get("pod", name)["metadata"]["uid"] for name in ("web-0", "web-1")}
    back = roll(module, kind=KIND, name="web")
    assert back["rollouts"][0]["phase"] == phase
    assert (set(tags().values()), index(get)) == ({"1"}, 2)
    assert {name: get("pod", name)["metadata"]["uid"] for name in kept} == kept
    # The next rollout takes its own steps, whatever partition was left behind.
    roll("partition", definition=manifest(KIND, 3, replicas=4), steps=[1], stop_before="web-2")
    assert tags() == {"web-0": "1", "web-1": "1", "web-2": "1", "web-3": "3"}


def test_an_abort_brings_back_what_serves_whatever_was_tried_since(roll, manifest, tags, get, status):
    roll("partition", definition=manifest(KIND, replicas=4), change_cause="one")
    stable = status()["currentRevision"]
    roll("partition", definition=manifest(KIND, 2, replicas=4), steps=[2], stop_before="web-1", change_cause="two")
    roll("partition", definition=manifest(KIND, "missing", replicas=4), steps=[2], supersede=True, fails=True)
    assert set(tags().values()) == {"1", "2", "missing"}
    kept = {name: get("pod", name)["metadata"]["uid"] for name in ("web-0", "web-1")}
    abort = {"kind": KIND, "name": "web", "requested_by": "alice"}
    planned = roll("abort", check=True, **abort)
    assert planned["changed"]
    assert "would be taken back to revision 1 (one)" in planned["msg"]
    assert set(tags().values()) == {"1", "2", "missing"}
    back = roll("abort", **abort)
    assert (back["rollouts"][0]["phase"], states(back)) == ("aborted", {"abort": "done"})
    assert "went back to revision 1 (one)" in back["msg"]
    assert "deleted web-3 (not ready, of revision 3 that was given up)" in back["msg"]
    assert "alice" in back["rollouts"][0]["change_cause"]
    assert (set(tags().values()), index(get)) == ({"1"}, 2)
    assert {name: get("pod", name)["metadata"]["uid"] for name in kept} == kept
    assert status()["updateRevision"] == status()["currentRevision"] == stable
    again = roll("abort", **abort)
    assert not again["changed"]
    assert again["rollouts"][0]["phase"] == "complete"
    assert "nothing is on its way (undo brings an earlier version back); nothing to do" in again["msg"]


def test_an_abort_is_refused_where_a_template_moves_no_pod_and_where_a_task_is_on_its_way(roll, manifest, kubectl, tags, get, audit):
    roll("partition", definition=manifest(KIND, simulate=HELD))
    with ThreadPoolExecutor(1) as pool:
        going = pool.submit(lambda: roll("partition", kind=KIND, name="web", image="registry.example/web:2"))
        eventually(lambda: "deletionTimestamp" in _pod(get, "web-2")["metadata"], "web-2 goes")
        refused = roll("abort", kind=KIND, name="web", wait_timeout=1, fails=True)
        for name in ("web-2", "web-1", "web-0"):
            eventually(lambda name=name: "deletionTimestamp" in _pod(get, name)["metadata"], f"{name} goes")  # type: ignore[misc]
            let_go(kubectl)
        going.result(timeout=300)
    assert not refused["changed"]
    assert set(tags().values()) == {"2"}
    assert "web is being changed by" in refused["msg"]
    kubectl("patch", "statefulset/web", "--patch", json.dumps({"spec": {"updateStrategy": {"type": "OnDelete", "rollingUpdate": None}}}))
    kubectl("set", "image", "statefulset/web", "web=registry.example/web:3")
    observed(kubectl, "statefulset/web")
    audit.mark()
    assert "run the module on_delete with the version before" in roll("abort", kind=KIND, name="web", fails=True)["msg"]
    assert "repair: all is for StatefulSets" in roll("abort", name="web", kind="Deployment", repair="all", fails=True)["msg"]
    assert audit.writes() == []


def test_a_step_whose_pods_run_the_template_already_is_no_step_ahead(roll, manifest, kubectl, tags, get):
    first = manifest(KIND)
    roll("partition", definition=first)
    roll("partition", definition=manifest(KIND, "missing"), fails=True)
    task = {"definition": first, "steps": "one_by_one"}
    planned = roll("partition", check=True, **task)
    assert planned["changed"]
    assert states(planned) == {"template": "pending", "web-2": "pending", "web-1": "unchanged", "web-0": "unchanged"}
    kept = {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in get("pods")}
    roll("partition", **task)
    assert [pod["metadata"]["name"] for pod in get("pods") if pod["metadata"]["uid"] != kept[pod["metadata"]["name"]]] == ["web-2"]
    assert (set(tags().values()), index(get)) == ({"1"}, 0)
    # What is no matter of the pods makes no step either.
    labelled = {**first, "metadata": {**first["metadata"], "labels": {"team": "shop"}}}
    planned = roll("partition", check=True, definition=labelled)
    assert (planned["changed"], states(planned)["web-2"]) == (True, "unchanged")


def test_where_no_pod_is_ready_all_are_updated_at_once(roll, manifest, tags, get):
    roll("partition", definition=manifest(KIND, "missing"), fails=True)
    task = {"definition": manifest(KIND, 2), "steps": "one_by_one"}
    assert "No pod of StatefulSet" in roll("partition", stop_before="web-0", fails=True, **task)["msg"]
    done = roll("partition", **task)
    assert "is ready, so all are updated at once" in done["msg"]
    assert (set(tags().values()), len(tags()), index(get)) == ({"2"}, 3, 0)


# --- refusals -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"ordinals": [0, 1]}, "ordinals of StatefulSet {ns}/web go from 0 to 1, which is not below 0"),
        ({"steps": [2, 1]}, "steps of StatefulSet {ns}/web go from 2 to 1"),
        ({"steps": [0]}, "steps is 0, with which no pod would be updated"),
        ({"ordinals": ["web-9"]}, "ordinals names web-9, and StatefulSet {ns}/web has no such pod; it has web-2, web-1, web-0."),
        ({"primary": "web-2"}, "and a partition updates web-0 last; make web-0 the primary first, or use the module on_delete"),
        ({"primary": "role=primary"}, "The primary of StatefulSet {ns}/web is the pod with role=primary, and no pod has it"),
        ({"stop_before": "web-0"}, "web-0 of StatefulSet {ns}/web is in the middle of the step web-1 to web-0"),
        ({"max_unavailable": 0}, "max_unavailable of a StatefulSet is 0"),
    ],
)
def test_what_makes_no_sense_is_refused_before_a_write(roll, audit, namespace, manifest, options, sentence):
    roll("partition", definition=manifest(KIND))
    audit.mark()
    assert sentence.format(ns=namespace) in roll("partition", definition=manifest(KIND, 2), fails=True, **options)["msg"]
    assert audit.writes() == []


def test_on_delete_other_kinds_and_several_at_a_time_are_refused(roll, audit, manifest, deployment, kubectl):
    create(kubectl, manifest(KIND, updateStrategy={"type": "OnDelete"}), deployment("front"))
    audit.mark()
    sentence = "has the update strategy OnDelete, so a partition means nothing; use the module on_delete"
    assert sentence in roll("partition", kind=KIND, name="web", image="registry.example/web:2", fails=True)["msg"]
    assert sentence in roll("partition", definition=manifest(KIND, 2), fails=True)["msg"]
    named = manifest(KIND, 2, name="another", updateStrategy={"type": "OnDelete"})
    assert "under which a partition has no meaning" in roll("partition", definition=named, fails=True)["msg"]
    words = "cannot be rolled out by partition, which takes StatefulSets; leave it out."
    assert words in roll("partition", definition=deployment("other"), fails=True)["msg"]
    two = [manifest(KIND, name="a"), manifest(KIND, name="b")]
    assert "and partition takes one workload a task; make a task of each." in roll("partition", definition=two, fails=True)["msg"]
    assert "does not exist, so there is nothing to change" in roll("partition", name="nobody", image="x:1", fails=True)["msg"]
    words = "/front does not exist, but Deployment "
    assert words in roll("partition", name="front", image="x:1", fails=True)["msg"]
    assert words in roll("abort", kind=KIND, name="front", fails=True)["msg"]
    assert audit.writes() == []


# --- killed ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.server
def test_killed_after_a_write_the_next_run_ends_as_an_undisturbed_one(cluster, namespace, manifest, kubectl, get, tags, audit):
    def options(name: str) -> dict[str, Any]:
        whole = manifest(KIND, 2, name=name, replicas=3, simulate={"ready-after": "300ms"})
        return {"namespace": namespace, "wait_timeout": 300, "definition": whole, "steps": "one_by_one"}

    def prepare(*names: str) -> None:
        create(kubectl, *(manifest(KIND, name=name, replicas=3, simulate={"ready-after": "300ms"}) for name in names))
        rolled_out(kubectl, *(f"statefulset/{name}" for name in names))

    # The lock, the ownership that kubectl had, the template, three steps, the lock released; signs of life may come between.
    for name in survives(cluster, audit, "partition", prepare=prepare, options=options, least=7):
        assert tags(name) == {f"{name}-{number}": "2" for number in range(3)}
        assert index(get, name) == 0


@pytest.mark.server
@pytest.mark.long
def test_an_abort_that_is_killed_after_a_write_is_ended_by_the_next(cluster, namespace, roll, manifest, tags, get, audit):
    """With a pod that is stuck on the version that was given up."""

    def prepare(*names: str) -> None:
        for name in names:
            whole = {"definition": manifest(KIND, name=name, replicas=3), "steps": [1]}
            roll("partition", **whole)
            roll("partition", **{**whole, "definition": manifest(KIND, "missing", name=name, replicas=3)}, fails=True)
            assert set(tags(name).values()) == {"1", "missing"}

    def options(name: str) -> dict[str, Any]:
        return {"namespace": namespace, "kind": KIND, "name": name, "wait_timeout": 300}

    # The lock, the template, the pod, the lock released.
    for name in survives(cluster, audit, "abort", prepare=prepare, options=options, least=4):
        assert (set(tags(name).values()), index(get, name)) == ({"1"}, 2)
