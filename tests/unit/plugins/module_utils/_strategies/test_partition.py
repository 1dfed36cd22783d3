# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Partition: what is written, when a step is done, which pods stand in its way; and that no interleaving with a controller fools it."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import RefusedError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import (
    JsonObject,
    JsonValue,
    Ref,
    at,
    mapping,
    replaced,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import STATEFUL_SET
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.kinds import workload_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.request import Limits, Partitioning, ShortChange, Target
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.steps.groups import falling, partition_below
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.steps.step import Apply, Edit, Step
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.replicas import Amount
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.shares import Share, named
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import Snapshot
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies import partition
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.plugins.module_utils._domain.samples import NEW, OLD, UID, controller_revision, pod, snapshot, template, workload

REF = Ref("StatefulSet", "shop", "web")
NOTHING = Snapshot(None)


def rolling(index: int, **bounds: JsonValue) -> JsonObject:
    return {"type": "RollingUpdate", "rollingUpdate": {"partition": index, **bounds}}


def the_set(index: int = 0, *, replicas: int = 3, image: str = NEW, strategy: JsonObject | None = None, **status: JsonValue) -> JsonObject:
    spec: dict[str, JsonValue] = {"replicas": replicas, "updateStrategy": strategy or rolling(index)}
    counts = {"replicas": replicas, "readyReplicas": replicas, "availableReplicas": replicas, "updatedReplicas": replicas - index}
    known: dict[str, JsonValue] = {**counts, "currentRevision": "web-h1", "updateRevision": "web-h2", **status}
    return workload("StatefulSet", image=image, spec=spec, status=known)


def short(**change: str) -> Target:
    return Target(STATEFUL_SET, REF, change=ShortChange(**change))  # type: ignore[arg-type]


def manifest(**spec: JsonValue) -> JsonObject:
    return {"kind": "StatefulSet", "metadata": {"namespace": "shop", "name": "web"}, "spec": {"template": template(NEW), **spec}}


def member(index: int, revision: int, *, ready: bool = True, terminating: bool = False) -> JsonObject:
    return pod(f"web-{index}", f"web-h{revision}", by=UID, ready=ready, terminating=terminating)


def seen(obj: JsonObject, *pods: JsonObject) -> Snapshot:
    return snapshot(obj, [controller_revision(1, OLD), controller_revision(2, NEW), controller_revision(3, "other")], pods)


def all_steps(obj: JsonObject, wish: Partitioning | None = None, target: Target | None = None) -> tuple[Step, ...]:
    after = workload_of(obj)
    chosen = target or short(image=NEW)
    return partition.steps(chosen, Limits(), partition.write(chosen, Limits(), 0), after, falling(after, wish or Partitioning()), NOTHING)


# --- what is written ----------------------------------------------------------------------------------------------------------


def test_the_template_comes_with_a_partition_in_one_write() -> None:
    write = partition.write(Target(STATEFUL_SET, REF, manifest=manifest()), Limits(max_unavailable=2), 3)
    assert isinstance(write, Apply)
    assert at(write.manifest, "spec", "updateStrategy") == rolling(3, maxUnavailable=2)
    edit = partition.write(short(image=NEW), Limits(min_ready_seconds=5), 3)
    assert isinstance(edit, Edit)
    changed = edit.edit(the_set(image=OLD, strategy=rolling(0, maxUnavailable=2)))
    assert at(changed, "spec", "updateStrategy") == rolling(3, maxUnavailable=2)
    assert at(changed, "spec", "minReadySeconds") == 5
    assert at(changed, "spec", "template") == template(NEW)


def test_without_a_change_the_short_way_only_sets_the_partition() -> None:
    edit = partition.write(Target(STATEFUL_SET, REF), Limits(), 1)
    assert isinstance(edit, Edit)
    assert edit.edit(the_set(0)) == replaced(the_set(0), ("spec", "updateStrategy"), rolling(1))


def test_on_delete_is_refused() -> None:
    with pytest.raises(RefusedError, match=r"definition of StatefulSet shop/web says updateStrategy OnDelete"):
        partition.write(Target(STATEFUL_SET, REF, manifest=manifest(updateStrategy={"type": "OnDelete"})), Limits(), 0)
    edit = partition.write(short(image=NEW), Limits(), 0)
    assert isinstance(edit, Edit)
    with pytest.raises(RefusedError, match=r"StatefulSet shop/web has the update strategy OnDelete"):
        edit.edit(the_set(strategy={"type": "OnDelete"}))
    named = Target(STATEFUL_SET, REF, manifest=manifest(updateStrategy={"type": "RollingUpdate"}))
    partition.refuse_on_delete(named, the_set(strategy={"type": "OnDelete"}))


def test_a_partition_of_the_definition_is_overridden_and_said_so() -> None:
    target = Target(STATEFUL_SET, REF, manifest=manifest(updateStrategy=rolling(1)))
    first = all_steps(the_set(), target=target)[0]
    assert first.notes == ("the definition of StatefulSet shop/web says partition 1, and the steps are used instead",)
    assert all_steps(the_set(), target=Target(STATEFUL_SET, REF, manifest=manifest(updateStrategy=rolling(0))))[0].notes == ()


def test_a_step_lowers_the_partition_and_never_raises_it() -> None:
    begin, one, rest = all_steps(the_set(3, image=OLD), target=short(image=OLD))
    assert (begin.name, one.name, rest.name) == ("template", "web-2", "web-1 to web-0")
    assert begin.intent == "rolled out in 2 steps: web-2, then web-1 to web-0"
    assert (one.pods, rest.pods) == (("web-2",), ("web-1", "web-0"))
    for step, live, wanted in ((one, 3, 2), (one, 1, 1), (rest, 2, 0), (rest, 0, 0)):
        assert isinstance(step.write, Edit)
        assert step.write.single
        assert at(step.write.edit(the_set(live)), "spec", "updateStrategy", "rollingUpdate", "partition") == wanted


def test_what_somebody_else_has_changed_meanwhile_ends_it() -> None:
    _begin, one, _rest = all_steps(the_set(3))
    assert isinstance(one.write, Edit)
    assert one.write.demand is not None
    with pytest.raises(RefusedError, match="was given another template meanwhile"):
        one.write.demand(the_set(image="somebody's"))
    with pytest.raises(RefusedError, match="was given the update strategy OnDelete meanwhile"):
        one.write.edit(the_set(strategy={"type": "OnDelete"}))


def test_without_groups_there_is_one_step_alone() -> None:
    (only,) = partition.steps(
        short(image=NEW), Limits(), partition.write(short(image=NEW), Limits(), 0), workload_of(the_set()), (), NOTHING
    )
    assert (only.name, only.intent) == ("template", "rolled out")


@pytest.mark.parametrize(
    ("target", "limits"),
    [
        (short(image=NEW), Limits(max_unavailable=2)),
        (Target(STATEFUL_SET, REF, manifest=manifest(updateStrategy=rolling(0, maxUnavailable=2))), Limits()),
    ],
)
def test_a_field_that_this_cluster_drops_is_told_of(target: Target, limits: Limits) -> None:
    first = partition.steps(target, limits, partition.write(target, limits, 0), workload_of(the_set()), (), NOTHING)[0]
    assert first.terms is not None
    assert "this cluster ignores maxUnavailable of StatefulSets" in first.terms(None, the_set()).warnings[0]
    assert first.terms(None, the_set(strategy=rolling(0, maxUnavailable=2))).warnings == ()


# --- when a step is done ------------------------------------------------------------------------------------------------------

OLD_PODS = [member(index, 1) for index in range(3)]


@pytest.mark.parametrize(
    ("shown", "done", "lacks"),
    [
        (seen(the_set(3), *OLD_PODS), True, ""),
        (seen(the_set(3, observedGeneration=1), *OLD_PODS), False, ""),
        (seen(the_set(3), *OLD_PODS[:2]), False, "web-2 is not ready"),
        (seen(the_set(3), OLD_PODS[0], member(1, 1, ready=False), member(2, 1, terminating=True)), False, "web-1 and 1 more are not ready"),
        (seen(the_set(3, availableReplicas=2), *OLD_PODS), False, ""),
        (Snapshot(None), False, ""),
    ],
    ids=["ready", "not observed", "missing", "unready", "not available", "gone"],
)
def test_the_first_step_waits_for_every_pod(shown: Snapshot, done: bool, lacks: str) -> None:
    begin = all_steps(the_set(3))[0]
    assert begin.waiting_for is not None
    assert (begin.done(shown), begin.waiting_for(shown)) == (done, lacks)


@pytest.mark.parametrize(
    ("shown", "done"),
    [
        (seen(the_set(2), member(0, 1), member(1, 1), member(2, 2)), True),
        (seen(the_set(0, updatedReplicas=3), member(0, 2), member(1, 2), member(2, 2)), True),
        (seen(the_set(2), *OLD_PODS), False),
        (seen(the_set(3), member(0, 1), member(1, 1), member(2, 2)), False),
        (seen(the_set(2, updatedReplicas=0), member(0, 1), member(1, 1), member(2, 2)), False),
        (seen(the_set(2), member(0, 1), member(1, 1, ready=False), member(2, 2)), False),
        (Snapshot(None), False),
    ],
    ids=["its pods are new", "later already", "by label, not by count", "partition not lowered", "not counted yet", "one below", "gone"],
)
def test_a_step_is_done_when_its_pods_run_the_template_and_all_are_ready(shown: Snapshot, done: bool) -> None:
    assert all_steps(the_set(3))[1].done(shown) is done


# --- what is in the way -------------------------------------------------------------------------------------------------------


def test_what_is_in_the_way_is_deleted_or_named() -> None:
    given_up = seen(the_set(3), member(0, 1), member(1, 1), member(2, 3, ready=False))
    for repair, due, words in (("blocking", ["web-2"], "web-2 is not ready"), ("none", [], "repair: blocking would delete it")):
        limits = Limits(repair=repair)  # type: ignore[arg-type]
        chosen = short(image=NEW)
        after = workload_of(the_set(3))
        groups = falling(after, Partitioning())
        for step in partition.steps(chosen, limits, partition.write(chosen, limits, 0), after, groups, NOTHING):
            found = step.replacement.due(given_up) if step.replacement is not None else ()
            assert [entry.ref.name for entry in found] == due
            assert step.waiting_for is not None
            assert words in step.waiting_for(given_up)


def test_while_pods_move_how_far_that_is_says_more() -> None:
    step = all_steps(the_set(3))[1]
    assert step.waiting_for is not None
    assert step.waiting_for(seen(the_set(2, updatedReplicas=0), member(0, 1), member(1, 1))) == ""
    assert step.waiting_for(seen(the_set(2), member(0, 1), member(1, 1), member(2, 2, ready=False))) == "web-2 is not ready"


# --- a model ------------------------------------------------------------------------------------------------------------------


@dataclass
class Model:
    """A StatefulSet as its controller treats it: at most `away` pods are not ready at a time, from the highest one down."""

    replicas: int
    start: int
    away: int
    index: int
    revisions: dict[int, int] = field(default_factory=dict)
    ready: set[int] = field(default_factory=set)
    observed: bool = True

    def obj(self) -> JsonObject:
        updated = sum(revision == 2 for revision in self.revisions.values())
        counts: dict[str, JsonValue] = {"readyReplicas": len(self.ready), "availableReplicas": len(self.ready), "updatedReplicas": updated}
        whole = the_set(self.index, replicas=self.replicas, observedGeneration=2 if self.observed else 1, **counts)
        return replaced(whole, ("spec", "ordinals"), {"start": self.start})

    def shown(self) -> Snapshot:
        pods = [member(self.start + at_, revision, ready=at_ in self.ready) for at_, revision in sorted(self.revisions.items())]
        return seen(self.obj(), *pods)

    def control(self) -> None:
        """One round of the controller."""
        self.observed = True
        for gone in [at_ for at_ in self.revisions if at_ >= self.replicas]:
            del self.revisions[gone]
            self.ready.discard(gone)
        for at_ in range(self.replicas):
            if at_ not in self.revisions:
                self.revisions[at_] = 2 if at_ >= self.index else 1
                return
        for at_ in reversed(range(self.index, self.replicas)):
            if self.revisions[at_] != 2 and (at_ not in self.ready or self.replicas - len(self.ready) < self.away):
                self.revisions[at_] = 2
                self.ready.discard(at_)
                return
            if at_ not in self.ready and self.away == 1:
                return


@given(
    replicas=st.integers(1, 7),
    start=st.integers(0, 3),
    away=st.integers(1, 3),
    counts=st.lists(st.integers(1, 7), max_size=4, unique=True).map(sorted),
    data=st.data(),
)
@settings(max_examples=60, deadline=None)
def test_however_it_goes_the_steps_come_in_order_and_none_is_skipped(
    replicas: int, start: int, away: int, counts: list[int], data: st.DataObject
) -> None:
    model = Model(replicas, start, away, replicas, dict.fromkeys(range(replicas), 1), set(range(replicas)))
    wish = Partitioning(tuple(map(Amount, counts)))

    def planned() -> list[Step]:
        return list(all_steps(model.obj(), wish, short(image=NEW)))

    steps, number, seen_partitions = planned(), 0, [model.index]
    for _round in range(150):
        event = data.draw(st.sampled_from(["control", "ready", "look", "look", "kill", "scale"]))
        if event == "control":
            model.control()
        elif event == "ready" and (missing := sorted(set(model.revisions) - model.ready)):
            model.ready.add(data.draw(st.sampled_from(missing)))
        elif event == "kill":
            steps, number = planned(), 0
        elif event == "scale" and data.draw(st.integers(0, 9)) == 0:
            model.replicas = data.draw(st.integers(1, 7))
            model.observed = False
        elif event == "look" and steps[number].done(model.shown()):
            # A step is done with every pod of it on the template and ready, and none is away; the first one has no pods of its own.
            assert set(model.revisions) >= set(range(model.replicas)) <= model.ready
            assert number == 0 or all(model.revisions[at_] == 2 for at_ in range(model.index, model.replicas))
            if number + 1 == len(steps):
                break
            number += 1
            write = steps[number].write
            assert isinstance(write, Edit)
            changed = write.edit(model.obj())
            model.index = int(str(at(changed, "spec", "updateStrategy", "rollingUpdate", "partition")))
            assert model.index <= seen_partitions[-1]
            model.observed = model.observed and model.index == seen_partitions[-1]
            seen_partitions.append(model.index)
    else:
        return  # Too few looks in this example; what was seen held.
    assert model.index == 0
    assert all(model.revisions[at_] == 2 for at_ in range(model.replicas))


def test_the_partition_of_a_plan_is_what_the_groups_say() -> None:
    after = workload_of(the_set(5, replicas=5))
    groups = falling(after, Partitioning(one_by_one=True))
    assert [partition_below(after, groups, number) for number in range(6)] == [5, 4, 3, 2, 1, 0]
    assert mapping(the_set(), "spec", "updateStrategy")["type"] == "RollingUpdate"


def test_a_step_with_a_share_lowers_the_partition_so_far() -> None:
    shares = named([Share("", 10), Share("", 20), Share("", 50)])
    steps = all_steps(the_set(5, replicas=5), Partitioning(shares=shares))
    assert [(step.name, step.pods, step.gates) for step in steps] == [
        ("template", None, "none"),
        ("weight_10", ("web-4",), "after"),
        ("weight_20", (), "after"),
        ("weight_50", ("web-3", "web-2"), "after"),
        ("promote", ("web-1", "web-0"), "none"),
    ]
    lowered = [
        at(step.write.edit(the_set(5, replicas=5)), "spec", "updateStrategy", "rollingUpdate", "partition")
        for step in steps[1:]
        if isinstance(step.write, Edit)
    ]
    assert lowered == [4, 4, 2, 0]
