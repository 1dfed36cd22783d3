# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a wait may end."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, JsonValue
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.steps.goals import GOALS, old_pods_gone
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import Snapshot

from ..samples import NEW, OLD, controller_revision, pod, replica_set, snapshot, with_metadata, workload

OLD_POD, NEW_POD = pod("old", "h1"), pod("new", "h2")
OWNED = (replica_set(1, OLD), replica_set(2, NEW))


def seen(*pods: JsonObject, updated: int = 0, available: int = 1, owned: Sequence[JsonObject] = OWNED, **spec: JsonValue) -> Snapshot:
    """A Deployment of one replica on its way from the old image to the new one."""
    status: dict[str, JsonValue] = {"replicas": 1, "updatedReplicas": updated, "readyReplicas": available, "availableReplicas": available}
    return snapshot(workload(spec={"replicas": 1, **spec}, status=status), owned, pods)


def reached(shown: Snapshot) -> set[str]:
    return {goal for goal, is_reached in GOALS.items() if is_reached(shown)}


EXCEEDED: JsonValue = [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]


@pytest.mark.parametrize(
    ("shown", "goals"),
    [
        pytest.param(seen(OLD_POD), {"healthy"}, id="the controller has not begun"),
        pytest.param(seen(OLD_POD, owned=OWNED[:1]), {"healthy"}, id="the new revision is not recorded"),
        pytest.param(seen(OLD_POD, pod("new", "h2", ready=False)), {"progressing"}, id="begun: a pod is there, not ready"),
        pytest.param(seen(OLD_POD, NEW_POD), {"progressing", "healthy"}, id="in the middle, all ready"),
        pytest.param(seen(NEW_POD, updated=1), {"complete", "progressing", "healthy"}, id="complete"),
        pytest.param(seen(pod("new", "h2", ready=False), updated=1, available=0), {"progressing"}, id="not available"),
        pytest.param(seen(NEW_POD, updated=1, available=0), {"progressing"}, id="ready, not available"),
        pytest.param(
            seen(NEW_POD, pod("old", "h1", ready=False, terminating=True), updated=1),
            {"complete", "progressing", "healthy"},
            id="what is on its way out may be unready",
        ),
        pytest.param(seen(NEW_POD, pod("old", "h1", ready=False), updated=1), {"complete", "progressing"}, id="an old pod is unready"),
        pytest.param(seen(OLD_POD, NEW_POD, paused=True), {"paused", "healthy"}, id="paused in the middle"),
        pytest.param(seen(NEW_POD, updated=1, paused=True), {"complete", "paused", "healthy"}, id="paused and rolled out"),
        pytest.param(seen(OLD_POD, owned=OWNED[:1], paused=True), {"paused", "healthy"}, id="paused before a new template"),
        pytest.param(Snapshot(None), set(), id="nothing is there"),
    ],
)
def test_which_goals_a_snapshot_has_reached(shown: Snapshot, goals: set[str]) -> None:
    assert reached(shown) == goals


@pytest.mark.parametrize("paused", [False, True])
def test_what_is_not_observed_or_being_deleted_has_reached_no_goal(paused: bool) -> None:
    status: dict[str, JsonValue] = {"replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1}
    obj = workload(spec={"replicas": 1, "paused": paused}, status=status)
    for stale in (with_metadata(obj, generation=3), with_metadata(obj, deletionTimestamp="2026-01-01T00:00:00Z")):
        assert reached(snapshot(stale, OWNED, [NEW_POD])) == set()


def test_a_rollout_that_was_given_up_is_not_progressing() -> None:
    obj = workload(spec={"replicas": 1}, status={"replicas": 1, "updatedReplicas": 1, "conditions": EXCEEDED})
    assert reached(snapshot(obj, OWNED, [NEW_POD])) == set()


def test_a_stateful_set_with_nothing_to_update_is_progressing_as_it_is_complete() -> None:
    status: dict[str, JsonValue] = {"replicas": 0, "updateRevision": "web-h1", "currentRevision": "web-h1"}
    assert reached(snapshot(workload("StatefulSet", spec={"replicas": 0}, status=status))) == {"complete", "progressing", "healthy"}


@pytest.mark.parametrize(
    ("shown", "gone"),
    [
        pytest.param(seen(NEW_POD), True, id="new ones alone"),
        pytest.param(seen(), True, id="no pods at all"),
        pytest.param(seen(NEW_POD, pod("going", "h2", terminating=True)), True, id="one of the same revision is terminating"),
        pytest.param(seen(NEW_POD, pod("old", "h1", terminating=True)), False, id="an old one is terminating"),
        pytest.param(seen(OLD_POD, NEW_POD), False, id="an old one serves"),
        pytest.param(seen(NEW_POD, owned=OWNED[:1]), False, id="the new revision is not known"),
        pytest.param(Snapshot(None), False, id="nothing is there"),
    ],
)
def test_old_pods_are_gone_when_no_other_pod_is_left(shown: Snapshot, gone: bool) -> None:
    assert old_pods_gone(shown) is gone


def test_old_pods_of_a_stateful_set_are_told_by_their_label() -> None:
    obj = workload("StatefulSet", status={"updateRevision": "web-h2"})
    owned = [controller_revision(1, OLD), controller_revision(2, NEW)]
    pods = [pod("web-0", "web-h2", by="uid-of-the-workload"), pod("web-1", "web-h1", by="uid-of-the-workload")]
    assert old_pods_gone(snapshot(obj, owned, pods[:1]))
    assert not old_pods_gone(snapshot(obj, owned, pods))
