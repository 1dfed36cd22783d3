# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a wait ends: at once for what is permanent, after its grace for what may heal, at the third restart for a crash loop."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, JsonValue
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.request import Waiting
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import Snapshot
from ansible_collections.rollout.kubernetes.plugins.module_utils._engine.wait.verdict import deadline_exceeded, judge
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.module_utils._domain.samples import NEW, OLD, container, ended, pod, replica_set, snapshot, waiting, workload

BEHIND: Mapping[str, JsonValue] = {"replicas": 4, "updatedReplicas": 1, "readyReplicas": 3, "availableReplicas": 3}
EXCEEDED: JsonObject = {
    "type": "Progressing",
    "status": "False",
    "reason": "ProgressDeadlineExceeded",
    "message": "ReplicaSet has timed out progressing.",
    "lastTransitionTime": "2026-01-01T00:00:00Z",
}


def behind(*statuses: JsonObject, conditions: tuple[JsonObject, ...] = ()) -> Snapshot:
    """A rollout of which one new pod is there and not ready."""
    obj = workload(spec={"replicas": 3}, status={**BEHIND, "conditions": conditions})
    return snapshot(obj, [replica_set(1, OLD, replicas=3), replica_set(2, NEW)], [pod("new", "h2", ready=False, statuses=statuses)])


def finished() -> Snapshot:
    counts = {"replicas": 3, "updatedReplicas": 3, "readyReplicas": 3, "availableReplicas": 3}
    return snapshot(workload(spec={"replicas": 3}, status=counts), [replica_set(2, NEW, replicas=3)])


NOT_FOUND = waiting("ImagePullBackOff", f'Back-off pulling image "{NEW}": ErrImagePull: {NEW}: not found')
HICCUP = waiting("ImagePullBackOff", f'Back-off pulling image "{NEW}": ErrImagePull: 503 Service Unavailable')


def crashed(restarts: int) -> JsonObject:
    return waiting("CrashLoopBackOff", "back-off 10s", restarts=restarts, last=ended(1))


def test_done_when_the_numbers_are_there() -> None:
    assert judge(finished(), now=0, waiting=Waiting(), since={}).state == "done"


def test_nothing_wrong_means_waiting_for_events_alone() -> None:
    verdict = judge(behind(), now=5, waiting=Waiting(failure_grace=10), since={})
    assert (verdict.state, verdict.recheck, verdict.fatal) == ("waiting", None, None)


def test_what_cannot_heal_fails_at_once() -> None:
    verdict = judge(behind(NOT_FOUND), now=5, waiting=Waiting(failure_grace=600), since={})
    assert verdict.state == "failed"
    assert verdict.fatal is not None
    assert verdict.fatal.reason == "ImagePullBackOff"


@pytest.mark.parametrize(("restarts", "state"), [(1, "waiting"), (2, "waiting"), (3, "failed"), (7, "failed")])
def test_a_crash_loop_fails_at_its_third_restart(restarts: int, state: str) -> None:
    verdict = judge(behind(crashed(restarts)), now=5, waiting=Waiting(), since={})
    assert verdict.state == state
    assert verdict.recheck is None


def test_what_may_heal_waits_for_the_cluster_when_no_grace_is_set() -> None:
    verdict = judge(behind(HICCUP), now=5, waiting=Waiting(), since={})
    assert (verdict.state, verdict.recheck) == ("waiting", None)
    assert verdict.findings


@given(grace=st.integers(0, 1000), first=st.integers(0, 1000), later=st.integers(0, 3000))
def test_what_may_heal_fails_exactly_when_its_grace_is_over(grace: int, first: int, later: int) -> None:
    waiting_ = Waiting(failure_grace=grace)
    seen = judge(behind(HICCUP), now=first, waiting=waiting_, since={})
    verdict = judge(behind(HICCUP), now=first + later, waiting=waiting_, since=seen.since or {})
    assert (verdict.state == "failed") == (later >= grace)
    if later < grace:
        assert verdict.recheck == first + grace


def test_starting_slowly_is_no_trouble_however_short_the_grace() -> None:
    starting = behind(container({"running": {"startedAt": "2026-01-01T00:00:00Z"}}, started=True))
    verdict = judge(starting, now=0, waiting=Waiting(failure_grace=1), since={})
    later = judge(starting, now=500, waiting=Waiting(failure_grace=1), since=verdict.since or {})
    assert later.findings
    assert (later.state, later.recheck) == ("waiting", None)


def test_a_trouble_that_went_away_begins_anew() -> None:
    waiting_ = Waiting(failure_grace=10)
    seen = judge(behind(HICCUP), now=0, waiting=waiting_, since={})
    healed = judge(behind(container({"running": {}})), now=5, waiting=waiting_, since=seen.since or {})
    again = judge(behind(HICCUP), now=12, waiting=waiting_, since=healed.since or {})
    assert (again.state, again.recheck) == ("waiting", 22)


def test_the_progress_deadline_fails_the_wait() -> None:
    verdict = judge(behind(conditions=(EXCEEDED,)), now=0, waiting=Waiting(), since={})
    assert verdict.state == "failed"


def test_a_deadline_that_had_passed_before_our_write_does_not_count() -> None:
    seen = behind(conditions=(EXCEEDED,))
    stale = deadline_exceeded(seen)
    assert stale is not None
    assert judge(seen, now=0, waiting=Waiting(), since={}, stale=stale).state == "waiting"
    later = behind(conditions=({**EXCEEDED, "lastTransitionTime": "2026-01-01T00:10:00Z"},))
    assert judge(later, now=0, waiting=Waiting(), since={}, stale=stale).state == "failed"


def test_no_workload_has_no_deadline() -> None:
    assert deadline_exceeded(Snapshot(None)) is None
    assert deadline_exceeded(finished()) is None
