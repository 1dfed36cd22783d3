# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One workload on its way through a wait."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, Ref
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.request import Waiting
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import Snapshot
from ansible_collections.rollout.kubernetes.plugins.module_utils._engine.wait.course import Course
from ansible_collections.rollout.kubernetes.plugins.module_utils._engine.wait.failure import failure_of

from tests.unit.plugins.module_utils._domain.samples import NEW, OLD, pod, replica_set, snapshot, waiting, workload

DONE = {"replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1}


def seen(*pods: JsonObject, number: int = 2) -> Snapshot:
    """A Deployment that says it is done with this revision, and what the watches of ReplicaSets and pods have told so far."""
    told = workload(spec={"replicas": 1}, status=DONE, annotations={"deployment.kubernetes.io/revision": str(number)})
    return snapshot(told, [replica_set(1, OLD), replica_set(2, NEW, replicas=1)], pods)


REF = Ref("Deployment", "shop", "web")


def course() -> Course:
    return Course(REF, started=0.0, waiting=Waiting(timeout=60), done=lambda _seen: True, generation=2)


OLD_POD, NEW_POD = pod("old", "h1"), pod("new", "h2")


def test_done_ends_the_wait() -> None:
    one = course()
    one.look(seen(NEW_POD), 1.0)
    assert (one.open, one.failed, one.ended) == (False, False, 1.0)
    assert one.new_line() == "Deployment shop/web: 0 old, 1 new ready: successfully rolled out"
    assert one.new_line() == ""


def test_pods_whose_news_is_late_are_waited_for_a_moment_and_not_shown() -> None:
    one = course()
    one.look(seen(OLD_POD, NEW_POD), 1.0)
    assert one.open
    assert one.new_line() == ""
    assert one.verdict.recheck == 1.5
    one.look(seen(NEW_POD), 1.1)
    assert one.ended == 1.1
    assert one.new_line().startswith("Deployment shop/web: 0 old")


def test_new_pods_of_which_only_the_deployment_knows_are_waited_for_a_moment() -> None:
    one = course()
    one.look(seen(pod("new", "h2", ready=False)), 1.0)
    assert (one.open, one.new_line(), one.verdict.recheck) == (True, "", 1.5)
    one.look(seen(NEW_POD), 1.1)
    assert (one.ended, one.new_line()) == (1.1, "Deployment shop/web: 0 old, 1 new ready: successfully rolled out")


def test_a_replica_set_whose_new_number_is_not_known_yet_is_waited_for_a_moment() -> None:
    one = course()
    one.look(seen(NEW_POD, number=3), 1.0)
    assert (one.open, one.verdict.recheck) == (True, 1.5)
    one.look(seen(NEW_POD), 1.1)
    assert one.ended == 1.1


def test_who_sees_no_pods_waits_for_no_news_of_them() -> None:
    one = course()
    one.look(seen(), 1.0)
    assert (one.ended, one.failed) == (1.0, False)


def test_pods_whose_news_never_comes_do_not_hold_the_wait() -> None:
    one = course()
    one.look(seen(OLD_POD, NEW_POD), 1.0)
    one.look(seen(OLD_POD, NEW_POD), 1.4)
    assert one.open
    one.look(seen(OLD_POD, NEW_POD), 1.5)
    assert (one.ended, one.failed) == (1.5, False)


def test_done_just_before_the_deadline_is_done() -> None:
    one = course()
    one.look(seen(OLD_POD, NEW_POD), 59.8)
    assert one.verdict.recheck == one.deadline
    one.look(seen(OLD_POD, NEW_POD), 60.0)
    assert (one.failed, one.timed_out) == (False, False)


def test_who_does_not_wait_is_told_of_trouble_and_not_failed() -> None:
    state: JsonObject = {"waiting": {"reason": "InvalidImageName", "message": "it cannot be read"}}
    broken = pod("new", "h2", ready=False, statuses=[{"name": "web", "state": state, "restartCount": 0}])
    for wait, failed in ((True, True), (False, False)):
        one = Course(Ref("Deployment", "shop", "web"), started=0.0, waiting=Waiting(wait=wait), done=lambda _seen: False, generation=2)
        one.look(seen(OLD_POD, broken), 1.0)
        assert (one.failed, one.open) == (failed, not failed)
        assert [finding.reason for finding in one.verdict.findings] == ["InvalidImageName"]


def test_what_is_older_than_our_write_says_nothing() -> None:
    one = Course(Ref("Deployment", "shop", "web"), started=0.0, waiting=Waiting(), done=lambda _seen: True, generation=3)
    one.look(seen(NEW_POD), 1.0)
    assert one.open
    assert one.new_line() == ""


def test_a_pod_is_not_blamed_for_a_spec_that_the_controller_has_not_seen() -> None:
    one = Course(REF, started=0.0, waiting=Waiting(timeout=60), done=lambda _seen: False, generation=2)
    broken = pod("bad", "h2", ready=False, statuses=[waiting("ErrImagePull", "x: not found")])
    shown = seen(broken)
    assert shown.workload is not None
    one.look(replace(shown, workload=replace(shown.workload, observed_generation=1)), 1.0)
    assert (one.open, one.verdict.state) == (True, "waiting")
    one.look(shown, 2.0)
    assert (one.open, one.failed) == (False, True)


def test_a_deletion_ends_the_wait_as_failed() -> None:
    one = course()
    one.look(Snapshot(None), 1.0)
    assert (one.deleted, one.failed) == (True, True)
    assert one.new_line() == ""


def another() -> Snapshot:
    """Another object of the same name, younger than what was waited for."""
    return snapshot(workload(spec={"replicas": 1}, status=DONE, uid="another", generation=1), [], ())


def test_another_object_of_that_name_means_that_it_was_deleted() -> None:
    one = course()
    one.look(seen(OLD_POD), 1.0)
    one.look(another(), 2.0)
    assert (one.deleted, one.made_anew, one.failed, one.ended) == (True, True, True, 2.0)
    assert one.snapshot.workload is None


def test_another_object_is_waited_for_on_request() -> None:
    waiting = Waiting(timeout=60, on_deletion="wait")
    one = Course(Ref("Deployment", "shop", "web"), started=0.0, waiting=waiting, done=lambda _seen: True, generation=2, uid="first")
    one.look(another(), 2.0)
    assert (one.open, one.failed, one.deleted) == (False, False, False)


def test_a_silent_cluster_is_told_instead_of_what_was_wrong_before() -> None:
    one = course()
    one.look(seen(OLD_POD), 1.0)
    one.time_out(60.0, "connection refused")
    assert failure_of(one, Waiting(timeout=60)).endswith("did not answer (connection refused), so what was seen last may be outdated.")


def test_a_patient_wait_outlasts_the_progress_deadline() -> None:
    exceeded: JsonObject = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "timed out"}
    late = snapshot(workload(spec={"replicas": 1}, status={"conditions": [exceeded]}), [replica_set(1, OLD)], [OLD_POD])

    def waits(*, patient: bool) -> Course:
        one = Course(REF, started=0.0, waiting=Waiting(timeout=60), done=lambda _seen: False, ignores_deadline=patient)
        one.look(late, 1.0)
        return one

    assert waits(patient=False).failed
    assert waits(patient=True).open
