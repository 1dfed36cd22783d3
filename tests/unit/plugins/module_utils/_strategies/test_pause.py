# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pause and resume: one field, both idempotent."""

from __future__ import annotations

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, JsonValue, Ref, without
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import DEPLOYMENT
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.request import Pause, Target
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.steps.step import Edit, Step
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import Snapshot
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies import steps_of, warning_of

from tests.unit.plugins.module_utils._domain.samples import NEW, replica_set, snapshot, workload

TARGET = Target(DEPLOYMENT, Ref("Deployment", "shop", "web"))
RUNS, FALSE, HELD = workload(), workload(spec={"paused": False}), workload(spec={"paused": True})


def step_of(*, paused: bool) -> Step:
    (step,) = steps_of(Pause(paused=paused), TARGET, Snapshot(None))
    return step


def edited(obj: JsonObject, *, paused: bool) -> JsonObject:
    write = step_of(paused=paused).write
    assert isinstance(write, Edit)
    assert write.single
    return write.edit(obj)


@pytest.mark.parametrize("obj", [RUNS, FALSE, HELD], ids=["runs", "said not to be paused", "held"])
def test_a_pause_sets_one_field_and_a_resume_takes_it_away(obj: JsonObject) -> None:
    paused = edited(obj, paused=True)
    assert paused == HELD
    assert edited(paused, paused=True) == paused
    resumed = edited(obj, paused=False)
    assert without(resumed, "spec", "paused") == RUNS
    assert edited(resumed, paused=False) == resumed
    assert edited(paused, paused=False) == RUNS


def test_what_is_in_the_wanted_state_is_not_touched() -> None:
    assert edited(HELD, paused=True) is HELD
    assert edited(FALSE, paused=False) is FALSE


def test_a_pause_is_done_once_it_is_written() -> None:
    step = step_of(paused=True)
    assert (step.name, step.intent) == ("pause", "paused")
    assert step.done(snapshot(HELD))
    assert not step.done(snapshot(RUNS))
    assert not step.done(Snapshot(None))


def test_a_resume_is_done_when_the_rollout_is_complete() -> None:
    step = step_of(paused=False)
    assert (step.name, step.intent) == ("resume", "resumed")
    assert (step.news, step.unchanged) == ("goes on", "it is not paused")
    status: dict[str, JsonValue] = {"replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1}
    assert step.done(snapshot(workload(status=status), [replica_set(1, NEW)]))
    assert not step.done(snapshot(workload(status={**status, "updatedReplicas": 0}), [replica_set(1, NEW)]))


@pytest.mark.parametrize("paused", [False, True])
def test_nobody_needs_to_be_warned(paused: bool) -> None:
    assert warning_of(Pause(paused=paused), TARGET, snapshot(RUNS)) == ""
