# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waits in which pods are replaced one at a time, that demand something, or that outlive a deletion."""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, Ref
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.request import Waiting
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.steps.goals import is_complete
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.steps.step import Replacement
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import Pod, Snapshot
from ansible_collections.rollout.kubernetes.plugins.module_utils._engine.wait.course import Course
from ansible_collections.rollout.kubernetes.plugins.module_utils._engine.wait.verdict import judge

from tests.unit.plugins.module_utils._domain.samples import (
    NEW,
    OLD,
    UID,
    controller_revision,
    pod,
    replica_set,
    snapshot,
    waiting,
    with_metadata,
    workload,
)

REF = Ref("Deployment", "shop", "web")
BROKEN = waiting("InvalidImageName", 'Failed to apply default image tag ":": invalid reference format')


def seen(*pods: JsonObject, generation: int = 2) -> Snapshot:
    obj = with_metadata(workload(spec={"replicas": 2}, status={"replicas": 2, "updatedReplicas": 1}), generation=generation)
    return snapshot(obj, [replica_set(1, OLD), replica_set(2, NEW)], pods)


def replacing(*, free: bool = True, done: Callable[[Snapshot], bool] = lambda _seen: False, **more: object) -> Course:
    """A course that replaces pods which are not ready."""

    def due(shown: Snapshot) -> tuple[Pod, ...]:
        return tuple(entry for entry in shown.pods if not entry.ready)

    replacement = Replacement(due, lambda _seen: free)
    return Course(REF, started=0.0, waiting=Waiting(timeout=60), done=done, replacement=replacement, **more)  # type: ignore[arg-type]


FIRST, SECOND = (pod(name, "h2", ready=False, statuses=[BROKEN]) for name in ("a", "b"))


def next_of(one: Course) -> str:
    return " ".join(pod.ref.name for pod in one.next_pods)


def test_the_first_pod_that_is_due_goes_when_it_may() -> None:
    one = replacing()
    one.look(seen(FIRST, SECOND), 1.0)
    assert (one.open, next_of(one)) == (True, "a")


def test_none_goes_while_the_one_before_is_not_made_up_for() -> None:
    one = replacing(free=False)
    one.look(seen(FIRST, SECOND), 1.0)
    assert (one.open, next_of(one)) == (True, "")


def test_a_pod_is_deleted_once_also_while_its_deletion_does_not_show() -> None:
    one = replacing()
    one.look(seen(FIRST, SECOND), 1.0)
    one.replaces(one.next_pods[0])
    one.look(seen(FIRST, SECOND), 2.0)
    assert next_of(one) == ""
    one.look(seen(SECOND), 3.0)
    assert next_of(one) == "b"


def test_what_was_deleted_is_waited_for_although_the_counts_are_those_of_before() -> None:
    """The status of a StatefulSet counts a pod as ready until its controller has seen the deletion, however long that takes."""
    counts: JsonObject = {"replicas": 2, "readyReplicas": 2, "availableReplicas": 2, "updatedReplicas": 2}
    status: JsonObject = {**counts, "currentRevision": "web-h1", "updateRevision": "web-h1"}
    obj = workload("StatefulSet", image=OLD, spec={"replicas": 2, "updateStrategy": {"type": "RollingUpdate"}}, status=status)

    def shown(*pods: JsonObject) -> Snapshot:
        return snapshot(obj, [controller_revision(1, OLD)], pods)

    def member(number: int, *, ready: bool = True, terminating: bool = False) -> JsonObject:
        return pod(f"web-{number}", "web-h1", by=UID, ready=ready, terminating=terminating)

    def due(seen: Snapshot) -> tuple[Pod, ...]:
        return tuple(entry for entry in seen.pods if not entry.ready and not entry.terminating and not one.replaced)

    one = Course(REF, started=0.0, waiting=Waiting(timeout=60), done=is_complete, replacement=Replacement(due, lambda _seen: True))
    behind = {**obj, "status": {**status, "readyReplicas": 1}}
    one.look(snapshot(behind, [controller_revision(1, OLD)], [member(0), member(1, ready=False)]), 1.0)
    assert next_of(one) == "web-1"
    one.replaces(one.next_pods[0])
    for now in (1.1, 2.0, 30.0):
        one.look(shown(member(0), member(1, terminating=True)), now)
        assert one.open
        for pods in ([member(0)], []):
            one.look(shown(*pods), now)
            assert one.open
    assert one.verdict.recheck is None
    one.look(shown(member(0), member(1)), 31.0)
    assert one.ended == 31.0


def together(*, evicts: bool = True) -> Course:
    """A course whose pods go together."""

    def due(shown: Snapshot) -> tuple[Pod, ...]:
        return tuple(entry for entry in shown.pods if not entry.ready)

    replacement = Replacement(due, lambda _seen: True, together=lambda pods: pods, evicts=evicts)
    return Course(REF, started=0.0, waiting=Waiting(timeout=60), done=lambda _seen: False, replacement=replacement)


def test_several_go_together_each_once() -> None:
    one = together()
    assert one.evicts
    one.look(seen(FIRST, SECOND), 1.0)
    assert next_of(one) == "a b"
    one.replaces(one.next_pods[0])
    one.look(seen(FIRST, SECOND), 2.0)
    assert next_of(one) == "b"


def test_a_pod_that_may_not_go_yet_is_asked_for_again_after_a_pause_that_grows() -> None:
    one = together()
    one.look(seen(FIRST, SECOND), 1.0)
    one.hold("the budget needs 3", 1.0)
    assert (next_of(one), one.verdict.recheck) == ("", 1.5)
    assert one.verdict.message == "Pod shop/a may not be evicted yet: the budget needs 3"
    one.look(seen(FIRST, SECOND), 1.2)
    assert (next_of(one), one.verdict.recheck) == ("", 1.5)
    one.look(seen(FIRST, SECOND), 1.5)
    assert next_of(one) == "a b"
    for now, again in ((2.0, 3.0), (4.0, 6.0), (7.0, 11.0), (12.0, 17.0), (20.0, 25.0)):
        one.look(seen(FIRST, SECOND), now)
        one.hold("still", now)
        assert one.verdict.recheck == again
    one.look(seen(FIRST, SECOND), 30.0)
    one.replaces(one.next_pods[0])
    one.look(seen(FIRST, SECOND), 31.0)
    assert next_of(one) == "b"
    one.hold("again", 31.0)
    assert one.verdict.recheck == 31.5


def test_nothing_goes_once_the_wait_has_ended_or_before_our_own_write_shows() -> None:
    ended = replacing(done=lambda _seen: True)
    ended.look(seen(FIRST), 1.0)
    assert (ended.open, next_of(ended)) == (False, "")
    early = replacing(generation=3)
    early.look(seen(FIRST), 1.0)
    assert (early.open, next_of(early)) == (True, "")


def test_what_is_wrong_with_a_pod_that_will_go_is_no_failure() -> None:
    shown = seen(FIRST)
    spared = judge(shown, now=1, waiting=Waiting(), since={}, ignored={"pod-a"})
    assert (spared.state, spared.findings) == ("waiting", ())
    assert judge(shown, now=1, waiting=Waiting(), since={}, ignored={"pod-b"}).state == "failed"


def test_done_is_what_the_step_says_whatever_is_wrong() -> None:
    assert judge(seen(FIRST), now=1, waiting=Waiting(), since={}, done=lambda _seen: True).state == "done"
    assert judge(seen(), now=1, waiting=Waiting(), since={}, done=lambda _seen: False).state == "waiting"


def test_what_is_demanded_goes_before_done() -> None:
    one = replacing(done=lambda _seen: True, impossible=lambda _seen: "Deployment shop/web wants revision 3 and not 2.")
    one.look(seen(FIRST), 1.0)
    assert (one.failed, one.refusal, one.ended) == (True, "Deployment shop/web wants revision 3 and not 2.", 1.0)
    assert next_of(one) == ""


def test_a_wait_that_is_given_up_has_failed_also_when_it_was_done() -> None:
    one = Course(REF, started=0.0, waiting=Waiting(), done=lambda _seen: True)
    one.look(seen(pod("new", "h2")), 1.0)
    assert not one.failed
    one.give_up("The pod cannot be deleted.", 2.0)
    assert (one.failed, one.refusal, one.ended) == (True, "The pod cannot be deleted.", 2.0)


def test_a_wait_that_outlives_deletions_goes_on_with_the_next_object() -> None:
    one = Course(
        REF,
        started=0.0,
        waiting=Waiting(timeout=60, on_deletion="wait"),
        done=lambda shown: shown.workload is not None and shown.workload.generation == 1,
        generation=2,
    )
    one.look(Snapshot(None), 1.0)
    assert (one.open, one.deleted) == (True, False)
    assert one.new_line() == "Deployment shop/web: 0 old, 0 new ready: it does not exist, and is waited for"
    one.look(seen(generation=1), 2.0)
    assert (one.open, one.failed) == (False, False)


def test_a_grace_begins_anew_with_the_next_object() -> None:
    hiccup = pod("a", "h2", ready=False, statuses=[waiting("ImagePullBackOff", f'Back-off pulling image "{NEW}": 503 Service Unavailable')])
    one = Course(REF, started=0.0, waiting=Waiting(timeout=60, failure_grace=10, on_deletion="wait"), done=lambda _seen: False)
    one.look(seen(hiccup), 0.0)
    one.look(Snapshot(None), 5.0)
    one.look(seen(hiccup), 12.0)
    assert one.open
    assert one.verdict.recheck == 22.0
