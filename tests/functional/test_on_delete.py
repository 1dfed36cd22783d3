# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module on_delete: which pods are evicted when, what a budget has to say, and what becomes of the update strategy."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from .interference import eventually
from .kills import survives
from .workloads import HELD, create, labelled, let_go, rolled_out

pytestmark = pytest.mark.memory

RECORD = "rollout.kubernetes/update-strategy"
SET = {"kind": "StatefulSet", "name": "web", "image": "registry.example/web:2"}
AGENT = {"kind": "DaemonSet", "name": "web", "image": "registry.example/web:2"}


@pytest.fixture
def evicted(audit) -> Callable[[], list[str]]:
    """The pods that the tested client has evicted since the mark, in their order; refused attempts do not count."""
    return lambda: [event.name for event in audit.writes() if event.subresource == "eviction" and event.code < 300]


def strategy(get: Any, kind: str = "statefulset", name: str = "web") -> dict[str, Any]:
    found: dict[str, Any] = get(kind, name)["spec"]["updateStrategy"]
    return found


def remembered(get: Any, kind: str = "statefulset", name: str = "web") -> bool:
    return RECORD in get(kind, name)["metadata"].get("annotations", {})


def states(result: dict[str, Any]) -> dict[str, str]:
    """The state of each step by its name."""
    return {step["name"]: step["state"] for step in result["rollouts"][0]["steps"]}


def budget(**spec: Any) -> dict[str, Any]:
    whole = {"selector": {"matchLabels": {"app": "web"}}, **spec}
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web"}, "spec": whole}


def looked_at(get: Any) -> None:
    """Wait until the budget's controller has counted."""
    eventually(lambda: get("poddisruptionbudget", "web").get("status", {}).get("expectedPods", 0) > 0, "the budget has counted its pods")


# --- order ------------------------------------------------------------------------------------------------------------------------


def test_pods_go_in_the_order_that_was_asked_for_and_the_primary_last(roll, audit, manifest, kubectl, get, tags, evicted):
    roll("on_delete", definition=manifest("StatefulSet", replicas=5))
    kubectl("label", "pod", "web-3", "role=primary")
    audit.mark()
    task = {**SET, "order": [1, "web-0"], "primary": "role=primary"}
    planned = roll("on_delete", check=True, **task)
    assert (planned["changed"], audit.writes()) == (True, [])
    assert list(states(planned)) == ["template", "web-1", "web-0", "web-4", "web-2", "web-3", "strategy"]
    done = roll("on_delete", **task)
    assert evicted() == ["web-1", "web-0", "web-4", "web-2", "web-3"]
    assert set(states(done).values()) == {"done"}
    assert [step["nodes"] for step in done["rollouts"][0]["steps"] if "pods" in step] != [[""]] * 5
    assert set(tags().values()) == {"2"}
    assert (strategy(get)["type"], remembered(get)) == ("RollingUpdate", False)
    audit.mark()
    # The primary has lost its label with its pod.
    again = roll("on_delete", **{**task, "primary": "web-3"})
    assert (again["changed"], audit.writes()) == (False, [])
    assert "the template already runs; nothing to do" in again["msg"]


def test_it_stops_before_a_pod_and_goes_on(roll, audit, manifest, get, tags, evicted):
    whole = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}}
    roll("on_delete", definition=manifest("StatefulSet", **whole))
    task = {"definition": manifest("StatefulSet", 2, **whole), "primary": "web-2"}
    half = roll("on_delete", stop_before="primary", **task)
    assert half["rollouts"][0]["phase"] == "paused"
    assert tags() == {"web-0": "2", "web-1": "2", "web-2": "1"}
    assert (strategy(get), remembered(get)) == ({"type": "OnDelete"}, True)
    assert "is OnDelete until all its pods run the template, then RollingUpdate again" in half["msg"]
    audit.mark()
    assert not roll("on_delete", stop_before="primary", **task)["changed"]
    assert audit.writes() == []
    assert roll("on_delete", check=True, **task)["changed"]
    roll("on_delete", **task)
    assert evicted() == ["web-2"]
    assert (set(tags().values()), strategy(get)["type"], remembered(get)) == ({"2"}, "RollingUpdate", False)
    assert not roll("on_delete", **task)["changed"]
    # Whoever rolls out otherwise next finds the StatefulSet as it was.
    assert roll("rolling", definition=manifest("StatefulSet", 3, **whole))["changed"]
    assert set(tags().values()) == {"3"}


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_what_is_given_up_between_the_batches_goes_back_by_the_version_before(roll, audit, manifest, get, tags, evicted, kind):
    roll("on_delete", definition=manifest(kind))
    order = sorted(tags()) if kind == "StatefulSet" else sorted(pod["spec"]["nodeName"] for pod in get("pods"))
    roll("on_delete", definition=manifest(kind, 2), order=order, stop_before=order[1])
    assert sorted(tags().values())[-2:] == ["1", "2"]
    (replaced,) = (name for name, tag in tags().items() if tag == "2")
    audit.mark()
    back = roll("on_delete", definition=manifest(kind), order=order)
    assert evicted() == [replaced]
    assert set(tags().values()) == {"1"}
    assert (strategy(get, kind.lower())["type"], remembered(get, kind.lower())) == ("RollingUpdate", False)
    assert back["rollouts"][0]["phase"] == "complete"
    assert not roll("on_delete", definition=manifest(kind), order=order)["changed"]


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_on_delete_stays_where_it_was_wanted(roll, manifest, get, tags, kind):
    wanted = {"updateStrategy": {"type": "OnDelete"}}
    roll("on_delete", definition=manifest(kind, **wanted))
    done = roll("on_delete", definition=manifest(kind, 2, **wanted), batch="50%")
    assert "strategy" not in states(done)
    assert (strategy(get, kind.lower()), remembered(get, kind.lower())) == ({"type": "OnDelete"}, False)
    assert set(tags().values()) == {"2"}
    assert done["rollouts"][0]["complete"]
    assert not roll("on_delete", definition=manifest(kind, 2, **wanted), batch="50%")["changed"]


def test_a_batch_goes_together_and_the_next_one_when_it_is_back(roll, manifest, kubectl, get, tags):
    roll("on_delete", definition=manifest("StatefulSet", replicas=4, simulate=HELD))

    def going() -> list[str]:
        return sorted(pod["metadata"]["name"] for pod in get("pods") if "deletionTimestamp" in pod["metadata"])

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(lambda: roll("on_delete", batch=2, **SET))
        eventually(lambda: going() == ["web-2", "web-3"], "two go together")
        let_go(kubectl)
        eventually(lambda: going() == ["web-0", "web-1"], "then the other two")
        assert {tags()[name] for name in ("web-2", "web-3")} == {"2"}
        let_go(kubectl)
        assert set(states(running.result(timeout=300)).values()) == {"done"}


def test_some_nodes_first_then_the_rest(roll, audit, manifest, get, tags, evicted):
    roll("on_delete", definition=manifest("DaemonSet"))
    names = sorted(pod["spec"]["nodeName"] for pod in get("pods"))
    audit.mark()
    task = {**AGENT, "nodes": f"kubernetes.io/hostname in ({names[1]},{names[3]})", "batch": 2}
    half = roll("on_delete", stop_before="rest", **task)
    where = {pod["spec"]["nodeName"]: pod["spec"]["containers"][0]["image"][-1] for pod in get("pods")}
    assert {node for node, tag in where.items() if tag == "2"} == {names[1], names[3]}
    assert half["rollouts"][0]["phase"] == "paused"
    assert states(half)[f"{names[1]} and {names[3]}"] == "done"
    assert len(evicted()) == 2
    roll("on_delete", **task)
    assert (len(evicted()), set(tags().values()), strategy(get, "daemonset")["type"]) == (5, {"2"}, "RollingUpdate")
    assert not roll("on_delete", **task)["changed"]


@pytest.mark.server
@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_the_steps_of_a_canary_evict_so_many_pods(roll, audit, manifest, get, tags, evicted, kind):
    roll("on_delete", definition=manifest(kind, **({"replicas": 5} if kind == "StatefulSet" else {})))
    total = len(tags())
    assert total == 5
    task = {**SET, "kind": kind, "weights": [10, 60], "hold": 1, "batch": 2}
    planned = roll("on_delete", check=True, **task)
    assert [line.split()[0] for line in planned["rollouts"][0]["plan"]] == ["STEP", "weight_10", "weight_60", "promote"]
    for stop, count in (("weight_60", 1), ("promote", 3)):
        half = roll("on_delete", stop_before=stop, **task)
        assert (half["rollouts"][0]["phase"], half["rollouts"][0]["next_step"]) == ("paused", stop)
        assert sorted(tags().values()) == ["1"] * (total - count) + ["2"] * count
        audit.mark()
        assert not roll("on_delete", stop_before=stop, **task)["changed"]
        assert audit.writes() == []
    whole = roll("on_delete", **task)
    assert (len(evicted()), whole["rollouts"][0]["phase"], states(whole)["promote"]) == (2, "complete", "done")
    assert (set(tags().values()), strategy(get, kind)["type"], remembered(get, kind)) == ({"2"}, "RollingUpdate", False)
    assert not roll("on_delete", **task)["changed"]


def test_all_pods_of_a_zone_together(roll, manifest, tags):
    roll("on_delete", definition=manifest("DaemonSet"))
    done = roll("on_delete", batch_label="kubernetes.io/os", **AGENT)
    assert [len(step["pods"]) for step in done["rollouts"][0]["steps"] if "pods" in step] == [5]
    assert set(tags().values()) == {"2"}
    refused = roll("on_delete", batch_label="example.org/zone", fails=True, **{**AGENT, "image": "registry.example/web:3"})
    assert "has the label example.org/zone, so it tells nothing about batches; correct batch_label, or use batch." in refused["msg"]


# --- budgets ------------------------------------------------------------------------------------------------------------------------


def test_a_budget_that_says_no_is_waited_for_with_its_reason(roll, manifest, kubectl, get, tags):
    roll("on_delete", definition=manifest("StatefulSet"))
    # Another pod that the budget counts is not ready: it lets none go, until that one is.
    other = labelled(manifest("StatefulSet", name="other", replicas=1, simulate={"fail": "never-ready"}), app="web", part="other")
    create(kubectl, other, budget(maxUnavailable=1))
    eventually(lambda: get("poddisruptionbudget", "web").get("status", {}).get("expectedPods") == 4, "the budget has counted its pods")
    lines: list[str] = []
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(lambda: roll("on_delete", lines=lines, **SET))
        eventually(lambda: running.done() or any("may not be evicted yet" in line for line in lines), "the reason is shown")
        assert not running.done(), running.result()["msg"]
        assert {tag for name, tag in tags().items() if name != "other-0"} == {"1"}
        kubectl("delete", "statefulset", "other")
        result = running.result(timeout=300)
    assert any("disruption budget web needs 3 healthy pods and has 3 currently" in line for line in lines), lines
    assert {tag for name, tag in tags().items() if name != "other-0"} == {"2"}
    assert result["rollouts"][0]["phase"] == "complete"


@pytest.mark.parametrize(
    ("kind", "spec", "words"),
    [
        ("StatefulSet", {"minAvailable": 3}, "(minAvailable 3) never lets a pod of StatefulSet {ns}/web go: it wants 3 of 3 pods healthy"),
        ("StatefulSet", {"minAvailable": "100%"}, "(minAvailable 100%) never lets a pod"),
        ("StatefulSet", {"maxUnavailable": 0}, "(maxUnavailable 0) never lets a pod"),
        (
            "DaemonSet",
            {"maxUnavailable": 1},
            "(maxUnavailable 1) never lets a pod of DaemonSet {ns}/web go, as Kubernetes cannot reckon with it",
        ),
        ("DaemonSet", {"minAvailable": "20%"}, "(minAvailable 20%) never lets a pod of DaemonSet {ns}/web go, as Kubernetes cannot reckon"),
    ],
)
def test_a_budget_that_never_lets_a_pod_go_is_refused_before_a_write(*, roll, audit, namespace, manifest, kubectl, get, kind, spec, words):
    roll("on_delete", definition=manifest(kind))
    create(kubectl, budget(**spec))

    def told() -> bool:
        status = get("poddisruptionbudget", "web").get("status", {})
        return status.get("expectedPods", 0) > 0 or any(entry["reason"] == "SyncFailed" for entry in status.get("conditions", ()))

    eventually(told, "the budget's controller has looked")
    audit.mark()
    refused = roll("on_delete", definition=manifest(kind, 2), fails=True)
    assert words.format(ns=namespace) in refused["msg"]
    assert audit.writes() == []
    # Nothing is to be evicted, so the budget does not matter.
    assert not roll("on_delete", definition=manifest(kind))["changed"]


def test_two_budgets_are_refused(roll, audit, manifest, kubectl, get):
    roll("on_delete", definition=manifest("StatefulSet"))
    second = {**budget(maxUnavailable=1), "metadata": {"name": "second"}}
    create(kubectl, budget(maxUnavailable=1), second)
    audit.mark()
    assert "evicts no pod that two budgets count; let one of them count it." in roll("on_delete", fails=True, **SET)["msg"]
    assert audit.writes() == []


def test_a_second_budget_that_comes_meanwhile_ends_it_with_a_sentence(roll, manifest, kubectl, get):
    roll("on_delete", definition=manifest("StatefulSet", simulate=HELD))
    create(kubectl, budget(maxUnavailable=1))
    looked_at(get)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(lambda: roll("on_delete", fails=True, **SET))
        eventually(lambda: any("deletionTimestamp" in pod["metadata"] for pod in get("pods")), "the first pod goes")
        create(kubectl, {**budget(maxUnavailable=1), "metadata": {"name": "second"}})
        let_go(kubectl)
        result = running.result(timeout=300)
    assert "could not be evicted" in result["msg"]
    assert "more than one PodDisruptionBudget" in result["msg"]


# --- failures -----------------------------------------------------------------------------------------------------------------------


def test_a_broken_version_is_held_with_the_first_batch_and_the_next_one_goes_past_it(roll, manifest, tags, get):
    roll("on_delete", definition=manifest("StatefulSet"))
    failed = roll("on_delete", definition=manifest("StatefulSet", "missing"), fails=True)
    assert "not found" in failed["msg"]
    assert states(failed) == {"template": "done", "web-2": "failed", "web-1": "pending", "web-0": "pending"}
    assert tags() == {"web-0": "1", "web-1": "1", "web-2": "missing"}
    assert remembered(get)
    mended = roll("on_delete", definition=manifest("StatefulSet", 3))
    assert mended["rollouts"][0]["phase"] == "complete"
    assert (set(tags().values()), strategy(get)["type"], remembered(get)) == ({"3"}, "RollingUpdate", False)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"order": ["web-7"]}, "order names web-7, and StatefulSet {ns}/web has no such pod; it has web-2, web-1, web-0."),
        ({"order": ["web-1", 1]}, "order of StatefulSet {ns}/web names web-1 twice"),
        ({"primary": 9}, "primary names 9, and StatefulSet {ns}/web has no such pod"),
        ({"batch": "0%"}, "batch is 0%, with which no pod would be updated"),
        ({"nodes": "pool=canary"}, "has no pod on a node that pool=canary selects, so there is nothing to begin with; correct nodes."),
        (
            {"stop_before": "rest"},
            "stop_before names rest, and no step of StatefulSet {ns}/web begins with that; its steps are web-2, web-1",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_before_a_write(roll, audit, namespace, manifest, options, sentence):
    roll("on_delete", definition=manifest("StatefulSet"))
    audit.mark()
    assert sentence.format(ns=namespace) in roll("on_delete", definition=manifest("StatefulSet", 2), fails=True, **options)["msg"]
    assert audit.writes() == []


def test_other_kinds_are_refused(roll, audit, deployment):
    words = "cannot be rolled out by on_delete, which takes StatefulSets and DaemonSets; leave it out."
    assert words in roll("on_delete", definition=deployment(), fails=True)["msg"]
    assert audit.writes() == []


# --- somebody else's template -----------------------------------------------------------------------------------------------------------


class AtTheFirst(list[str]):
    """Lines of progress; does something once, when a pod was evicted."""

    def __init__(self, act: Callable[[], object]) -> None:
        super().__init__()
        self._act: Callable[[], object] | None = act

    def append(self, line: str) -> None:
        super().append(line)
        act = self._act if ": evicted " in line else None
        if act is not None:
            self._act = None
            act()


@pytest.mark.parametrize("meddle", [("set", "image", "{}/web", "web=registry.example/web:9"), ("rollout", "undo", "{}/web")])
@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_no_pod_is_evicted_into_a_template_of_somebody_else(roll, manifest, kubectl, get, evicted, audit, kind, meddle):
    roll("on_delete", definition=manifest(kind, simulate={"ready-after": "300ms"}))
    command = [word.format(kind.lower()) for word in meddle]
    audit.mark()
    new = manifest(kind, 2, simulate={"ready-after": "300ms"})
    failed = roll("on_delete", definition=new, lines=AtTheFirst(lambda: kubectl(*command)), fails=True)
    assert "was given another template while this task was on its way" in failed["msg"]
    assert failed["msg"].endswith("strategy; mend what is wrong and run the task again."), "what is left to do"
    assert len(evicted()) == 1
    assert remembered(get, kind.lower())
    back = roll("rolling", definition=manifest(kind, 3))
    assert back["rollouts"][0]["phase"] == "complete"
    assert (strategy(get, kind.lower())["type"], remembered(get, kind.lower())) == ("RollingUpdate", False)


# --- broken off -----------------------------------------------------------------------------------------------------------------------

AFTERWARDS: dict[str, tuple[str, dict[str, Any], str]] = {
    # What comes next, and the version that all pods run then.
    "undo": ("undo", {}, "1"),
    "undo again": ("undo", {"revision": 2}, "2"),
    "rolling of the version before": ("rolling", {"image": "registry.example/web:1"}, "1"),
    "on_delete of another version": ("on_delete", {"image": "registry.example/web:3", "supersede": True}, "3"),
    "partition of another version": ("partition", {"image": "registry.example/web:3", "supersede": True}, "3"),
    "abort": ("abort", {}, "1"),
}


@pytest.mark.parametrize("how", ["definition", "image"])
@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_whatever_comes_after_a_run_that_broke_off_gives_the_update_strategy_back(roll, manifest, kubectl, get, tags, namespace, kind, how):
    tasks = {name: task for name, task in AFTERWARDS.items() if kind == "StatefulSet" or task[0] not in ("partition", "abort")}
    names = {f"web-{number}": task for number, task in enumerate(tasks.values())}
    limits = {"partition": 0} if kind == "StatefulSet" else {"maxUnavailable": 2}
    own = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": limits}}
    create(kubectl, *(manifest(kind, name=name, replicas=2, **own) for name in names))
    rolled_out(kubectl, *(f"{kind.lower()}/{name}" for name in names))
    expected = strategy(get, kind.lower(), "web-0")

    def one(entry: tuple[str, tuple[str, dict[str, Any], str]]) -> None:
        name, (module, options, tag) = entry
        whole = {"definition": manifest(kind, 2, name=name, replicas=2, **own)}
        short = {"kind": kind, "name": name, "image": "registry.example/web:2"}
        stopped = roll("on_delete", stop_before="primary", primary=primary(name), **(whole if how == "definition" else short))
        assert stopped["rollouts"][0]["phase"] == "paused"
        assert (strategy(get, kind.lower(), name)["type"], remembered(get, kind.lower(), name)) == ("OnDelete", True)
        seen = roll("status_info", kind=kind, name=name)
        assert "has the update strategy OnDelete only until a rollout by on_delete has ended" in seen["msg"]
        task = {"kind": kind, "name": name, "namespace": namespace, **options}
        if module == "partition":
            task.pop("kind")
        planned = roll(module, check=True, **task)
        assert planned["changed"]
        done = roll(module, **task)
        assert done["rollouts"][0]["phase"] == ("aborted" if module == "abort" else "complete")
        assert set(tags(name).values()) == {tag}
        assert (strategy(get, kind.lower(), name), remembered(get, kind.lower(), name)) == (expected, False)

    def primary(name: str) -> str:
        pods = [pod for pod in get("pods") if pod["metadata"]["labels"]["app"] == name]
        return f"{name}-0" if kind == "StatefulSet" else min(pod["spec"]["nodeName"] for pod in pods)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(one, names.items()))


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_a_definition_gives_the_update_strategy_back_that_a_run_by_name_had_borrowed(roll, manifest, get, tags, apply, kubectl, kind):
    own = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2}}} if kind == "DaemonSet" else {}
    apply(manifest(kind, replicas=2, **own))
    rolled_out(kubectl, f"{kind.lower()}/web")
    expected = strategy(get, kind.lower())
    order = sorted(tags()) if kind == "StatefulSet" else sorted(pod["spec"]["nodeName"] for pod in get("pods"))
    roll("on_delete", kind=kind, name="web", image="registry.example/web:2", order=order, stop_before=order[1])
    task = {"definition": manifest(kind, replicas=2)}
    done = roll("rolling", **task)
    assert done["rollouts"][0]["phase"] == "complete"
    assert set(tags().values()) == {"1"}
    assert (strategy(get, kind.lower()), remembered(get, kind.lower())) == (expected, False)
    assert not roll("rolling", **task)["changed"]


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_an_undo_under_an_on_delete_of_the_users_own_says_which_pods_stay(roll, manifest, get, tags, kind):
    wanted = {"updateStrategy": {"type": "OnDelete"}}
    roll("on_delete", definition=manifest(kind, replicas=2, **wanted))
    roll("on_delete", definition=manifest(kind, 2, replicas=2, **wanted))
    for _time in range(2):
        back = roll("undo", kind=kind, name="web")
        assert f"has the update strategy OnDelete, so {min(tags())}" in back["msg"]
        assert "the module on_delete with this version does that" in back["msg"]
    assert strategy(get, kind.lower()) == {"type": "OnDelete"}
    roll("on_delete", definition=manifest(kind, replicas=2, **wanted))
    assert "until somebody deletes" not in roll("undo", kind=kind, name="web")["msg"]


# --- killed ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.server
@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_killed_after_a_write_the_next_run_ends_as_an_undisturbed_one(cluster, namespace, manifest, kubectl, get, tags, audit, kind):
    pods = 3 if kind == "StatefulSet" else 5

    def options(name: str) -> dict[str, Any]:
        whole = manifest(kind, 2, name=name, replicas=3, simulate={"ready-after": "300ms"})
        return {"namespace": namespace, "wait_timeout": 300, "definition": whole, "batch": 2}

    def prepare(*names: str) -> None:
        create(kubectl, *(manifest(kind, name=name, replicas=3, simulate={"ready-after": "300ms"}) for name in names))
        rolled_out(kubectl, *(f"{kind.lower()}/{name}" for name in names))

    # The lock, the ownership that kubectl had, the template, each eviction, the strategy, the lock released.
    for name in survives(cluster, audit, "on_delete", prepare=prepare, options=options, least=5 + pods):
        assert list(tags(name).values()) == ["2"] * pods
        assert (strategy(get, kind.lower(), name)["type"], remembered(get, kind.lower(), name)) == ("RollingUpdate", False)
