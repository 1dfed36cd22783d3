# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Abort of what goes pod by pod: which template comes back, when nothing does, and when it is done."""

from __future__ import annotations

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import RefusedError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, JsonValue, Ref, at, mapping
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import STATEFUL_SET
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.request import Abort, Repair, Target
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.steps.step import Edit, Step
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import Snapshot
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies import steps_of

from tests.unit.plugins.module_utils._domain.samples import NEW, OLD, UID, controller_revision, pod, snapshot, template, workload

TARGET = Target(STATEFUL_SET, Ref("StatefulSet", "shop", "web"))
THIRD = "registry.example/web:3.0"


def the_set(image: str, update: int, *, index: int = 2, current: int = 1, strategy: JsonObject | None = None) -> JsonObject:
    rolling: JsonObject = {"type": "RollingUpdate", "rollingUpdate": {"partition": index}}
    counts = {"replicas": 3, "readyReplicas": 3, "availableReplicas": 3, "updatedReplicas": 3 - index}
    status: dict[str, JsonValue] = {**counts, "currentRevision": f"web-h{current}", "updateRevision": f"web-h{update}"}
    return workload("StatefulSet", image=image, spec={"replicas": 3, "updateStrategy": strategy or rolling}, status=status)


def seen(obj: JsonObject, *revisions: int, ready: tuple[bool, ...] = (True, True, True)) -> Snapshot:
    """The pods run these revisions, in their order."""
    pods = [pod(f"web-{index}", f"web-h{revision}", by=UID, ready=ready[index]) for index, revision in enumerate(revisions)]
    return snapshot(obj, [controller_revision(1, OLD), controller_revision(2, NEW), controller_revision(3, THIRD)], pods)


def step_of(shown: Snapshot, repair: Repair = "blocking") -> Step:
    (step,) = steps_of(Abort(repair=repair), TARGET, shown)
    return step


def edited(step: Step, obj: JsonObject) -> JsonObject:
    assert isinstance(step.write, Edit)
    return step.write.edit(obj)


@pytest.mark.parametrize(("image", "update"), [(NEW, 2), (THIRD, 3)])
def test_what_serves_comes_back_whatever_was_tried_since_at_the_same_partition(image: str, update: int) -> None:
    obj = the_set(image, update)
    step = step_of(seen(obj, 1, 1, update))
    assert (step.name, step.news) == ("abort", "went back to revision 1 (cause 1)")
    back = edited(step, obj)
    assert mapping(back, "spec", "template") == template(OLD)
    assert at(back, "spec", "updateStrategy") == at(obj, "spec", "updateStrategy")


@pytest.mark.parametrize("ready", [(True, True, True), (False, False, False)])
def test_where_nothing_is_on_its_way_nothing_is_written_nor_waited_for(ready: tuple[bool, ...]) -> None:
    obj = the_set(OLD, 1)
    shown = seen(obj, 1, 1, 1, ready=ready)
    step = step_of(shown)
    assert edited(step, obj) == obj
    assert step.done(shown)
    assert "nothing is on its way" in step.unchanged


def test_a_killed_abort_goes_on_until_the_pods_are_back() -> None:
    obj = the_set(OLD, 1)
    half = seen(obj, 1, 1, 2)
    step = step_of(half)
    assert edited(step, obj) == obj
    assert not step.done(half)
    assert step.done(seen(obj, 1, 1, 1))


def test_a_pod_that_is_stuck_is_deleted_or_named() -> None:
    obj = the_set(OLD, 1)
    stuck = seen(obj, 1, 1, 2, ready=(True, True, False))
    replacement = step_of(stuck).replacement
    assert replacement is not None
    assert [entry.ref.name for entry in replacement.due(stuck)] == ["web-2"]
    left = step_of(stuck, "none")
    assert left.replacement is None
    assert left.waiting_for is not None
    assert "web-2" in left.waiting_for(stuck)


def test_under_on_delete_a_template_moves_no_pod() -> None:
    obj = the_set(NEW, 2, strategy={"type": "OnDelete"})
    with pytest.raises(RefusedError, match="run the module on_delete with the version before"):
        step_of(seen(obj, 1, 1, 2))
    assert "nothing is on its way" in step_of(seen(obj, 2, 2, 2)).unchanged


def test_of_what_has_no_revisions_yet_nothing_is_on_its_way() -> None:
    assert "nothing is on its way" in step_of(snapshot(the_set(OLD, 1), [], [])).unchanged
    assert "nothing is on its way" in step_of(Snapshot(None)).unchanged
