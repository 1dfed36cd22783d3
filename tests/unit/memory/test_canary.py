# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A canary inside one Deployment: how many pods of each version there are in each step, and never too few, whoever meddles."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import DEPLOYMENT, LEASE, POD
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.memory.cases import SCALER, edited, made, ours, replicas, theirs
from tests.memory.cluster import Memory, running
from tests.memory.runs import Run, call
from tests.memory.scenes import deployment
from tests.memory.store import Change

FIELDS = ("minReadySeconds", "progressDeadlineSeconds", "strategy", "paused")
WEB = {"namespace": "default", "name": "web"}
NEXT: dict[str, Any] = {**WEB, "image": "registry.example/web:2", "wait_timeout": 120, "hold": 5}
DEFINED: dict[str, Any] = {"namespace": "default", "wait_timeout": 120, "hold": 5}
ON_ITS_WAY: dict[str, Any] = {"namespace": "default", "application": "web", "wait_timeout": 120}


class Watch:
    """What somebody sees who counts pods at each change, from when he begins."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self.least = self.ready()
        self.most = 0
        self.started: dict[str, set[str]] = {}
        memory.server.store.listeners.append(self._hear)

    def ready(self) -> int:
        return sum(
            1 for pod in self.pods() if any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", ()))
        )

    def pods(self) -> list[Any]:
        return [pod for pod in self._memory.all("default", "Pod") if not pod["metadata"].get("deletionTimestamp")]

    def _hear(self, change: Change) -> None:
        if change.resource != POD:
            return
        self.least = min(self.least, self.ready())
        self.most = max(self.most, len(self.pods()))
        image = change.new["spec"]["containers"][0]["image"]
        if change.type == "ADDED":
            self.started.setdefault(image.rpartition(":")[2], set()).add(change.new["metadata"]["uid"])


def versions(memory: Memory) -> tuple[int, int]:
    """How many pods run version 1 and version 2."""
    tags = [pod["spec"]["containers"][0]["image"].rpartition(":")[2] for pod in memory.all("default", "Pod")]
    return tags.count("1"), tags.count("2")


def spec(memory: Memory, *names: str) -> dict[str, Any]:
    found = memory.get("default", "Deployment", "web")["spec"]
    return {name: found.get(name) for name in (names or FIELDS)}


def is_ours(entry: Any) -> bool:
    """A manager of ours owns a field that was changed on the way."""
    return entry["manager"].startswith("rollout.kubernetes") and any(f"f:{name}" in entry["fieldsV1"].get("f:spec", {}) for name in FIELDS)


def begun(memory: Memory, count: int, **limits: Any) -> dict[str, Any]:
    """A Deployment of somebody's with so many pods, and its fields."""
    theirs(replicas=count)(memory)
    memory.clock.sleep(10)
    if limits:
        live = memory.get("default", "Deployment", "web")
        body = {**live, "spec": {**live["spec"], "strategy": {"type": "RollingUpdate", "rollingUpdate": limits}}}
        memory.server.update(DEPLOYMENT, live, body, manager="kubectl-edit")
        memory.clock.sleep(5)
    return spec(memory)


# --- counts -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", range(1, 13))
def test_each_number_of_pods_is_reached_and_none_is_missing_on_the_way(count: int) -> None:
    with running(1) as memory:
        own = begun(memory, count)
        watch = Watch(memory)
        shares = range(1, max(count, 2))
        for number in shares:
            steps = [{"replicas": share} for share in shares]
            names = [f"replicas_{share}" for share in shares] + ["promote"]
            result = call(memory, "canary", **NEXT, steps=steps, stop_before=names[number])
            assert result["rollouts"][0]["phase"] == "paused", result["msg"]
            assert versions(memory) == ((count - number, number) if count > 1 else (1, 1))
            assert spec(memory, "paused") == {"paused": True}
        result = call(memory, "canary", **NEXT, steps=steps)
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        assert versions(memory) == (0, count)
        assert spec(memory) == own
        assert not any(is_ours(entry) for entry in memory.get("default", "Deployment", "web")["metadata"]["managedFields"])
        assert watch.least >= count
        assert len(watch.started["2"]) == count
        assert "1" not in watch.started
        assert not call(memory, "canary", **NEXT, steps=steps)["changed"]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_giving_up_starts_as_many_stable_pods_as_were_exchanged_and_none_is_missing(count: int) -> None:
    with running(2) as memory:
        own = begun(memory, count)
        watch = Watch(memory)
        assert call(memory, "canary", **NEXT, weights=[60], stop_before="promote")["rollouts"][0]["phase"] == "paused"
        exchanged = versions(memory)[1] if count > 1 else 0
        assert call(memory, "abort", **ON_ITS_WAY)["rollouts"][0]["phase"] == "aborted"
        memory.clock.sleep(60)
        assert versions(memory) == (count, 0)
        assert spec(memory) == own
        assert watch.least >= count
        assert len(watch.started.get("1", ())) == exchanged


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    count=st.integers(1, 12),
    weights=st.lists(st.integers(1, 99), min_size=1, max_size=3).map(sorted),
    limits=st.sampled_from([("25%", "25%"), (1, 0), (0, 1), ("50%", 0), (3, "10%")]),
    ends=st.sampled_from(["promote", "abort", "fail"]),
    seed=st.integers(1, 1000),
)
def test_whatever_the_steps_are_no_pod_is_missing(count: int, weights: list[int], limits: tuple[Any, Any], ends: str, seed: int) -> None:
    with running(seed) as memory:
        own = begun(memory, count, maxSurge=limits[0], maxUnavailable=limits[1])
        watch = Watch(memory)
        result = call(memory, "canary", **NEXT, weights=weights, stop_before="promote")
        assert result["rollouts"][0]["phase"] == "paused", result["msg"]
        exchanged = versions(memory)[1] if count > 1 else 0
        if ends == "promote":
            assert call(memory, "promote", **ON_ITS_WAY)["rollouts"][0]["phase"] == "complete"
        else:
            assert call(memory, "abort", **ON_ITS_WAY)["rollouts"][0]["phase"] == "aborted"
        memory.clock.sleep(60)
        assert versions(memory) == ((0, count) if ends == "promote" else (count, 0))
        assert spec(memory) == own
        assert watch.least >= count
        assert len(watch.started["2"]) == (count if ends == "promote" else max(exchanged, 1))
        assert len(watch.started.get("1", ())) == (0 if ends == "promote" else exchanged)


def whole(memory: Memory) -> Any:
    """The Deployment without what a rollout may change: the template, and what the server and the controllers write."""
    found = copy.deepcopy(memory.get("default", "Deployment", "web"))
    del found["spec"]["template"], found["status"]
    for name in ("generation", "resourceVersion", "managedFields"):
        del found["metadata"][name]
    for name in ("deployment.kubernetes.io/revision", "kubernetes.io/change-cause"):
        found["metadata"].get("annotations", {}).pop(name, None)
    return found


@pytest.mark.parametrize("end", ["promote", "abort"])
@pytest.mark.parametrize("brings", ["image", "definition"])
def test_nothing_but_the_template_is_another_one_afterwards(end: str, brings: str) -> None:
    with running(6) as memory:
        (ours if brings == "definition" else theirs)(minReadySeconds=2, revisionHistoryLimit=4)(memory)
        memory.clock.sleep(10)
        before, template = whole(memory), memory.get("default", "Deployment", "web")["spec"]["template"]
        how = NEXT if brings == "image" else {**DEFINED, "definition": deployment("2", minReadySeconds=2, revisionHistoryLimit=4)}
        assert call(memory, "canary", **how, stop_before="promote")["rollouts"][0]["phase"] == "paused"
        assert not call(memory, end, **ON_ITS_WAY).get("failed")
        memory.clock.sleep(60)
        assert whole(memory) == before
        assert (memory.get("default", "Deployment", "web")["spec"]["template"] == template) is (end == "abort")


def test_a_definition_brings_its_own_settings_with_the_promotion_and_not_before() -> None:
    with running(6) as memory:
        ours()(memory)
        memory.clock.sleep(10)
        own = spec(memory)
        other = deployment("2", minReadySeconds=4, strategy={"rollingUpdate": {"maxSurge": 2, "maxUnavailable": 0}})
        for end in ("abort", "promote"):
            call(memory, "canary", **DEFINED, definition=other, stop_before="promote")
            assert not call(memory, end, **ON_ITS_WAY).get("failed")
            if end == "abort":
                assert spec(memory) == own
        assert spec(memory, "minReadySeconds", "strategy") == {
            "minReadySeconds": 4,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 2, "maxUnavailable": 0}},
        }
        assert not call(memory, "canary", **DEFINED, definition=other)["changed"]


@pytest.mark.parametrize("brings", ["image", "definition"])
def test_settings_of_a_definition_go_with_it_when_another_one_supersedes_it(brings: str) -> None:
    with running(6) as memory:
        ours()(memory)
        memory.clock.sleep(10)
        own = spec(memory)
        first = deployment("2", minReadySeconds=4, strategy={"rollingUpdate": {"maxSurge": 2, "maxUnavailable": 0}})
        call(memory, "canary", **DEFINED, definition=first, stop_before="promote")
        how = {**NEXT, "image": "registry.example/web:3"} if brings == "image" else {**DEFINED, "definition": deployment("3")}
        result = call(memory, "canary", **how, supersede=True)
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        assert spec(memory) == own


ENDINGS: dict[str, tuple[str, dict[str, Any], set[tuple[int, int, int]]]] = {
    # What comes after the kill, and how many pods of each of three versions there may be in the end.
    "promote": ("promote", ON_ITS_WAY, {(0, 3, 0), (3, 0, 0)}),
    "abort": ("abort", ON_ITS_WAY, {(3, 0, 0), (0, 3, 0)}),
    "another version": ("canary", {**NEXT, "image": "registry.example/web:3", "supersede": True}, {(0, 0, 3)}),
}


@pytest.mark.matrix
@pytest.mark.parametrize("ending", ENDINGS)
def test_killed_after_each_write_every_task_after_that_ends_right(ending: str) -> None:
    module, options, ends = ENDINGS[ending]
    for number in range(1, 40):
        with running(7) as memory:
            own = begun(memory, 3)
            run = Run(memory, "canary", **{**NEXT, "hold": 2}, weights=[33]).dies_after_write(number)
            run.start().wait()
            if not run.party.dead:
                break
            watch = Watch(memory)
            result = call(memory, module, **{**options, "lock_timeout": 300})
            told = f"after write {number}: {result['msg']}"
            refused = ("was not made yet", "is being promoted to another version", "belongs to a canary rollout")
            if result.get("failed"):
                # Before the candidate is there, nothing can be promoted; while it is promoted, nothing else begins.
                assert any(words in result["msg"] for words in refused), told
                call(memory, "abort", **ON_ITS_WAY, lock_timeout=300)
                memory.clock.sleep(60)
                assert all_versions(memory) == (3, 0, 0), told
            else:
                memory.clock.sleep(60)
                assert all_versions(memory) in ends, told
            assert spec(memory) == own, told
            assert watch.least >= 3, told
    assert number > 10


def all_versions(memory: Memory) -> tuple[int, int, int]:
    """How many pods run each of three versions."""
    tags = [pod["spec"]["containers"][0]["image"].rpartition(":")[2] for pod in memory.all("default", "Pod")]
    return tags.count("1"), tags.count("2"), tags.count("3")


@pytest.mark.parametrize("wanted", [(8, 4), (5, 9)])
def test_an_autoscaler_may_go_up_and_down_while_it_is_held(wanted: tuple[int, ...]) -> None:
    with running(8) as memory:
        own = begun(memory, 6)
        scaler: Any = copy.deepcopy(SCALER)
        scaler["spec"]["maxReplicas"] = 12
        made("HorizontalPodAutoscaler", scaler)(memory)
        memory.controllers.autoscalers.want("default", "web", 6)
        assert call(memory, "canary", **NEXT, weights=[33, 60], stop_before="weight_60")["rollouts"][0]["phase"] == "paused"
        for count in wanted:
            memory.controllers.autoscalers.want("default", "web", count)
            memory.clock.sleep(60)
            old, new = versions(memory)
            assert old + new == count
            assert 0 < new <= count / 2
        result = call(memory, "promote", **ON_ITS_WAY)
        assert ended(memory, result, own) == ((0, wanted[-1]), False), result["msg"]


# --- somebody meddles ---------------------------------------------------------------------------------------------------------------


def template_of(tag: str) -> Callable[[Any], None]:
    def change(obj: Any) -> None:
        obj["spec"]["template"]["spec"]["containers"][0]["image"] = f"registry.example/web:{tag}"

    return change


def restarted(obj: Any) -> None:
    obj["spec"]["template"]["metadata"].setdefault("annotations", {})["kubectl.kubernetes.io/restartedAt"] = "2026-05-04T12:00:00Z"


def own_fields(obj: Any) -> None:
    limits = {"maxSurge": "25%", "maxUnavailable": "25%"}
    obj["spec"] |= {"progressDeadlineSeconds": 600, "strategy": {"type": "RollingUpdate", "rollingUpdate": limits}}
    for name in ("minReadySeconds", "paused"):
        obj["spec"].pop(name, None)


def applied_before(obj: Any) -> None:
    template_of("1")(obj)
    own_fields(obj)


def unpaused(obj: Any) -> None:
    obj["spec"].pop("paused", None)


def scaled(*counts: int) -> tuple[Callable[[Any], None], ...]:
    return tuple(replicas(count) for count in counts)


def drained(memory: Memory) -> None:
    """All pods of a node are evicted, one of each version at least."""
    seen = set()
    for pod in memory.all("default", "Pod"):
        image = pod["spec"]["containers"][0]["image"]
        if image not in seen:
            seen.add(image)
            memory.server.delete(POD, pod)


GOES_ON, BACK = (0, 6), (6, 0)
MEDDLING: dict[str, tuple[Any, tuple[int, int], str]] = {
    "the old template": ((template_of("1"),), BACK, "given the template back that served before (by kubectl-edit)"),
    "the old template, not paused": ((template_of("1"), unpaused), BACK, "given the template back that served before (by kubectl-edit)"),
    "the old manifest": ((applied_before,), BACK, "given the template back that served before (by kubectl-edit)"),
    "another image": ((template_of("3"),), BACK, "given another template (by kubectl-edit)"),
    "another image, not paused": ((template_of("3"), unpaused), BACK, "given another template (by kubectl-edit)"),
    "its own fields": ((own_fields,), BACK, "lost the settings that hold its rolling update (by kubectl-edit)"),
    "scaled to 0 and back": (scaled(0, 6), BACK, "scaled to 0"),
    "not paused": ((unpaused,), GOES_ON, ""),
    "restarted": ((restarted,), GOES_ON, ""),
    "restarted, not paused": ((restarted, unpaused), GOES_ON, ""),
    "scaled up": (scaled(9), (0, 9), ""),
    "scaled down": (scaled(4), (0, 4), ""),
    "scaled up and down": (scaled(12, 3, 6), GOES_ON, ""),
    "scaled to 1 and back": (scaled(1, 6), GOES_ON, ""),
    "drained": ((drained,), GOES_ON, ""),
}


def meddle(memory: Memory, acts: Any) -> None:
    for act in acts:
        if act is drained:
            drained(memory)
        else:
            edited("Deployment", act)(memory)
        memory.clock.sleep(15)


@pytest.mark.parametrize("goal", ["canary", "promote"])
@pytest.mark.parametrize("name", MEDDLING)
def test_whatever_somebody_does_while_it_is_held_the_next_task_ends_it_right(name: str, goal: str) -> None:
    acts, end, said = MEDDLING[name]
    with running(3) as memory:
        own = begun(memory, 6)
        assert call(memory, "canary", **NEXT, weights=[33, 60], stop_before="weight_60")["rollouts"][0]["phase"] == "paused"
        meddle(memory, acts)
        result = call(memory, "canary", **NEXT, weights=[33, 60]) if goal == "canary" else call(memory, "promote", **ON_ITS_WAY)
        assert ended(memory, result, own) == (end, bool(said))
        assert said in result["msg"]


@pytest.mark.parametrize("name", MEDDLING)
@pytest.mark.parametrize("when", [3, 8, 14])
def test_whatever_somebody_does_while_a_task_works_it_ends_right(name: str, when: int) -> None:
    acts, end, said = MEDDLING[name]
    with running(4) as memory:
        own = begun(memory, 6)
        run = Run(memory, "canary", **{**NEXT, "hold": 60}, weights=[33, 60]).start()
        memory.clock.sleep(when)
        meddle(memory, acts)
        result = run.wait()
        assert ended(memory, result, own)[0] == end, result["msg"]
        assert said in result["msg"]


def ended(memory: Memory, result: dict[str, Any], own: dict[str, Any]) -> tuple[tuple[int, int], bool]:
    """How many pods of each version there are in the end, and whether the task failed; the fields are the Deployment's own again."""
    memory.clock.sleep(60)
    assert spec(memory) == own, result["msg"]
    assert not memory.get("default", "Lease", "rollout-web")["metadata"]["annotations"].get("rollout.kubernetes/claim")
    return versions(memory), bool(result.get("failed"))


@pytest.mark.parametrize("goal", ["promote", "abort", "canary"])
def test_a_deployment_that_is_deleted_is_told_and_nothing_is_left(goal: str) -> None:
    with running(5) as memory:
        begun(memory, 3)
        assert call(memory, "canary", **NEXT, stop_before="promote")["rollouts"][0]["phase"] == "paused"
        memory.server.delete(DEPLOYMENT, memory.get("default", "Deployment", "web"))
        memory.clock.sleep(30)
        if goal != "canary":
            result = call(memory, goal, **ON_ITS_WAY)
            assert bool(result.get("failed")) == (goal == "promote")
            assert ("was deleted" in result["msg"]) == (goal == "promote")
        result = call(memory, "canary", namespace="default", definition=deployment("2"), wait_timeout=60, hold=5)
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        assert ended(memory, result, spec(memory)) == ((0, 3), False)


@pytest.mark.parametrize("tag", ["1", "2", "3"])
def test_what_a_lost_lease_leaves_is_told_with_what_to_do(tag: str) -> None:
    with running(9) as memory:
        begun(memory, 3)
        assert call(memory, "canary", **NEXT, stop_before="promote")["rollouts"][0]["phase"] == "paused"
        memory.server.delete(LEASE, memory.get("default", "Lease", "rollout-web"))
        result = call(memory, "canary", **{**NEXT, "image": f"registry.example/web:{tag}"})
        assert result["failed"]
        assert "the Lease that has kept its own settings is gone; set minReadySeconds" in result["msg"]
        assert not result["changed"]


@pytest.mark.parametrize("stop_before", ["weight_50", "promote"])
def test_a_first_rollout_stops_before_no_step(stop_before: str) -> None:
    with running(10) as memory:
        result = call(memory, "canary", **DEFINED, definition=deployment("1"), stop_before=stop_before)
        (rollout,) = result["rollouts"]
        assert (rollout["phase"], [step["name"] for step in rollout["steps"]]) == ("complete", ["roll"]), result["msg"]
        assert not call(memory, "canary", **DEFINED, definition=deployment("1"), stop_before=stop_before)["changed"]
        assert call(memory, "canary", **DEFINED, definition=deployment("2"), stop_before=stop_before)["rollouts"][0]["phase"] == "paused"


def test_what_keda_scales_to_is_said_to_be_unknown_where_it_may_not_be_asked() -> None:
    with running() as memory:
        theirs()(memory)
        owner = {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "name": "web", "uid": "1", "controller": True}
        made("HorizontalPodAutoscaler", {**SCALER, "metadata": {"name": "web", "ownerReferences": [owner]}})(memory)
        result = call(memory, "canary", **NEXT)
        assert not result.get("failed"), result["msg"]
        assert any(
            "ScaledObject default/web may scale Deployment default/web to 0, which is not known" in said for said in result["warnings"]
        )
