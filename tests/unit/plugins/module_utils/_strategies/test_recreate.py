# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The strategy recreate: one write that brings template and type, two steps that follow from it."""

from __future__ import annotations

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, JsonValue, Ref, at, mapping
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import DEPLOYMENT
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.kinds import workload_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.request import Limits, ShortChange, Target
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.steps.step import Apply, Edit, Step
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import Snapshot
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies import STRATEGIES

from tests.unit.plugins.module_utils._domain.samples import NEW, OLD, pod, replica_set, snapshot, template, workload

REF = Ref("Deployment", "shop", "web")
ROLLING: JsonObject = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}


def manifest(**spec: JsonValue) -> JsonObject:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"template": template(), **spec},
    }


def steps(target: Target, limits: Limits | None = None) -> tuple[Step, ...]:
    return STRATEGIES["recreate"](target, limits or Limits())


def by_manifest(**spec: JsonValue) -> tuple[Step, ...]:
    return steps(Target(DEPLOYMENT, REF, manifest=manifest(**spec)))


STOP, START = by_manifest()


# --- what is written ------------------------------------------------------------------------------------------------------------------


def test_one_write_and_two_steps() -> None:
    assert (STOP.name, START.name, START.write) == ("stop", "start", None)
    assert STOP.ignores_deadline
    assert not START.ignores_deadline
    assert STOP.no_return
    assert not START.no_return


@pytest.mark.parametrize("strategy", [None, ROLLING, {"rollingUpdate": {"maxSurge": 1}}, {"type": "Recreate"}])
def test_the_type_comes_with_the_template_and_without_the_parameters_of_another(strategy: JsonObject | None) -> None:
    given = {} if strategy is None else {"strategy": strategy}
    stop, _start = by_manifest(**given)
    assert isinstance(stop.write, Apply)
    assert at(stop.write.manifest, "spec", "strategy") == {"type": "Recreate"}
    assert at(stop.write.manifest, "spec", "template") == template()


@pytest.mark.parametrize(
    ("strategy", "said"), [(None, False), ({"type": "Recreate"}, False), (ROLLING, True), ({"rollingUpdate": {"maxSurge": 1}}, True)]
)
def test_a_definition_that_says_otherwise_is_told_of(strategy: JsonObject | None, said: bool) -> None:
    stop, start = by_manifest(**({} if strategy is None else {"strategy": strategy}))
    assert bool(stop.notes) is said
    assert all("says strategy RollingUpdate, and Recreate is used instead" in note for note in stop.notes)
    assert start.notes == ()


def test_a_short_change_edits_what_is_there() -> None:
    live = manifest(strategy=ROLLING, replicas=3)
    target = Target(DEPLOYMENT, REF, change=ShortChange(image=NEW))
    stop, _start = steps(target, Limits(min_ready_seconds=5, progress_deadline_seconds=60))
    assert isinstance(stop.write, Edit)
    edited = stop.write.edit(live)
    assert mapping(edited, "spec") == {
        "template": template(NEW),
        "strategy": {"type": "Recreate"},
        "replicas": 3,
        "minReadySeconds": 5,
        "progressDeadlineSeconds": 60,
    }
    assert stop.write.edit(edited) == edited


def test_no_change_of_the_template_is_one_of_the_type() -> None:
    stop, _start = steps(Target(DEPLOYMENT, REF))
    assert isinstance(stop.write, Edit)
    assert stop.write.edit(manifest(strategy=ROLLING)) == manifest(strategy={"type": "Recreate"})


# --- when the old pods are gone -------------------------------------------------------------------------------------------------------


def seen(*pods: JsonObject, sets: tuple[JsonObject, ...] = (replica_set(1, OLD),), generation: int = 2) -> Snapshot:
    return snapshot(workload(spec={"replicas": 1}, generation=generation), sets, pods)


BOTH = (replica_set(1, OLD), replica_set(2, NEW, replicas=1, available=0))


@pytest.mark.parametrize(
    ("snapshot_", "gone"),
    [
        (Snapshot(None), False),
        (seen(pod("old", "h1")), False),
        (seen(pod("old", "h1", terminating=True)), False),
        (seen(), True),
        (seen(sets=()), False),
        (seen(generation=3), False),
        (seen(pod("new", "h2", ready=False), sets=BOTH), True),
        (seen(pod("new", "h2", ready=False), pod("old", "h1", terminating=True), sets=BOTH), False),
        # The ReplicaSet is gone, and another one was made for the same template under the same name.
        (seen(pod("new", "h2", ready=False), {**pod("old", "h2", by="rs-gone")}, sets=BOTH), False),
    ],
    ids=["nothing", "serves", "terminates", "gone", "unknown", "unseen", "started", "both", "orphan"],
)
def test_old_pods_are_gone_when_none_is_left_that_terminates_either(snapshot_: Snapshot, gone: bool) -> None:
    assert STOP.done(snapshot_) is gone
    assert not START.done(snapshot_)


@pytest.mark.parametrize(
    ("snapshot_", "lacks"),
    [
        (Snapshot(None), ""),
        (seen(pod("old", "h1"), generation=3), ""),
        (seen(pod("a", "h1"), pod("b", "h1", terminating=True)), "2 old pods are to be stopped"),
        (seen(pod("a", "h1", terminating=True), pod("b", "h1", terminating=True)), "2 old pods are still stopping"),
        (seen(pod("new", "h2"), pod("b", "h1", terminating=True), sets=BOTH), "1 old pod is still stopping"),
        (seen(), ""),
    ],
    ids=["nothing", "unseen", "to-be-stopped", "stopping", "last", "gone"],
)
def test_it_tells_which_pods_it_waits_for(snapshot_: Snapshot, lacks: str) -> None:
    assert STOP.waiting_for is not None
    assert STOP.waiting_for(snapshot_) == lacks


def test_a_rollout_that_is_complete_has_no_old_pods_to_wait_for() -> None:
    status = {"replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1}
    complete = snapshot(workload(spec={"replicas": 1}, status=status))
    assert STOP.done(complete)
    assert START.done(complete)


# --- what the controller overlooks ----------------------------------------------------------------------------------------------------


def overlooked(*pods: JsonObject, wanted: str = NEW, sets: tuple[JsonObject, ...] = (replica_set(1, OLD),)) -> str:
    assert STOP.before is not None
    return STOP.before(snapshot(workload(image=OLD), sets, pods), workload_of(workload(image=wanted)))


def test_pods_of_the_present_template_are_the_controllers_to_wait_for() -> None:
    assert overlooked(pod("old", "h1"), pod("leaving", "h1", terminating=True)) == ""


def test_pods_whose_replica_set_is_gone_are_in_the_way() -> None:
    assert overlooked(pod("old", "h1"), pod("older", "h0", terminating=True)) == (
        "1 pod of an earlier rollout is still stopping (older), which the cluster would not wait for"
    )


def test_pods_of_the_replica_set_that_is_to_start_are_in_the_way_while_they_stop() -> None:
    sets = (replica_set(1, OLD), replica_set(2, NEW))
    pods = pod("a", "h2", terminating=True), pod("b", "h2", terminating=True), pod("c", "h2")
    assert overlooked(*pods, sets=sets) == "2 pods of an earlier rollout are still stopping (a, b), which the cluster would not wait for"
