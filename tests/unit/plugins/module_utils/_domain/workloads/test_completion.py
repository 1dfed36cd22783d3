# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a rollout is done: kubectl's rules as tables, and an oracle of kubectl's for every mix of numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, JsonValue
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.completion import Standing, standing
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import Snapshot, Workload
from hypothesis import given
from hypothesis import strategies as st

from ..samples import NEW, OLD, UID, controller_revision, pod, replica_set, snapshot, with_metadata, workload

NO_PARTITION: JsonObject = {"updateStrategy": {"type": "RollingUpdate"}}


def deployment(current: int, updated: int, available: int, **spec: JsonValue) -> dict[str, JsonValue]:
    numbers = {"replicas": current, "updatedReplicas": updated, "readyReplicas": available, "availableReplicas": available}
    return workload(spec={"replicas": 3, **spec}, status=numbers)


def expired(obj: dict[str, JsonValue], name: str) -> dict[str, JsonValue]:
    status = obj["status"]
    assert isinstance(status, dict)
    message = f'ReplicaSet "{name}" has timed out progressing.'
    status["conditions"] = [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": message}]
    return obj


def daemon_set(desired: int, updated: int, available: int, **spec: JsonValue) -> dict[str, JsonValue]:
    numbers = {"desiredNumberScheduled": desired, "updatedNumberScheduled": updated, "numberAvailable": available}
    return workload("DaemonSet", spec=spec, status=numbers)


def stateful_set(
    ready: int, updated: int, available: int, partition: int | None = 0, current: str = "web-h2", **spec: JsonValue
) -> dict[str, JsonValue]:
    rolling: dict[str, JsonValue] = {"type": "RollingUpdate"}
    if partition is not None:
        rolling["rollingUpdate"] = {"partition": partition}
    numbers: dict[str, JsonValue] = {
        "readyReplicas": ready,
        "updatedReplicas": updated,
        "availableReplicas": available,
        "currentRevision": current,
        "updateRevision": "web-h2",
    }
    return workload("StatefulSet", spec={"replicas": 3, "updateStrategy": rolling, **spec}, status=numbers)


BOTH = [replica_set(1, OLD), replica_set(2, NEW)]


@pytest.mark.parametrize(
    ("obj", "phase", "message"),
    [
        pytest.param(deployment(4, 1, 3), "progressing", "1 of 3 new replicas have been updated", id="updating"),
        pytest.param(deployment(4, 3, 3), "progressing", "1 old replica is pending termination", id="one old left"),
        pytest.param(deployment(5, 3, 3), "progressing", "2 old replicas are pending termination", id="old ones left"),
        pytest.param(deployment(3, 3, 1), "progressing", "1 of 3 updated replicas are available", id="becoming available"),
        pytest.param(deployment(3, 3, 2), "progressing", "2 of 3 updated replicas are available", id="the last one becoming available"),
        pytest.param(deployment(3, 3, 3), "complete", "successfully rolled out", id="done"),
        pytest.param(deployment(4, 4, 4), "complete", "successfully rolled out", id="more than desired is done"),
        pytest.param(deployment(0, 0, 0, replicas=0), "complete", "successfully rolled out", id="zero replicas"),
        pytest.param(deployment(0, 0, 0, replicas=None), "progressing", "0 of 1 new replica has been updated", id="missing means one"),
        pytest.param(
            deployment(0, 0, 0, strategy={"type": "Recreate"}), "progressing", "0 of 3 new replicas have been updated", id="Recreate"
        ),
        pytest.param(daemon_set(3, 1, 3), "progressing", "1 of 3 new pods have been updated", id="DaemonSet updating"),
        pytest.param(daemon_set(3, 3, 2), "progressing", "2 of 3 updated pods are available", id="DaemonSet becoming available"),
        pytest.param(daemon_set(3, 3, 3), "complete", "successfully rolled out", id="DaemonSet done"),
        pytest.param(daemon_set(0, 0, 0), "complete", "successfully rolled out", id="DaemonSet without nodes"),
        pytest.param(stateful_set(2, 3, 2), "progressing", "2 of 3 pods are ready", id="StatefulSet not ready"),
        pytest.param(stateful_set(3, 1, 3), "progressing", "1 of 3 new pods have been updated", id="StatefulSet updating"),
        pytest.param(stateful_set(3, 3, 3), "complete", "successfully rolled out", id="StatefulSet done"),
        pytest.param(stateful_set(3, 0, 3, 2), "progressing", "0 of 1 new pod has been updated", id="partition not reached"),
        pytest.param(stateful_set(3, 1, 3, 2), "complete", "partitioned rollout complete: 1 new pod updated", id="partition reached"),
        pytest.param(
            stateful_set(3, 0, 3, 7), "complete", "partitioned rollout complete: 0 new pods updated", id="partition above replicas"
        ),
        pytest.param(stateful_set(3, 2, 3, None, "web-h1"), "progressing", "2 pods are at revision web-h2", id="revisions differ"),
        pytest.param(stateful_set(3, 3, 3, None), "complete", "successfully rolled out", id="revisions agree"),
    ],
)
def test_kubectls_rules_apply_in_their_order(obj: JsonObject, phase: str, message: str) -> None:
    expected = Standing(phase, message, done=phase == "complete", failed=False)  # type: ignore[arg-type]
    assert standing(snapshot(obj, BOTH if obj["kind"] == "Deployment" else ())) == expected


@pytest.mark.parametrize("kind", ["Deployment", "DaemonSet", "StatefulSet"])
def test_a_generation_that_is_not_observed_says_nothing_about_the_present_spec(kind: str) -> None:
    found = standing(snapshot(workload(kind, generation=3, spec={"replicas": 0})))
    assert (found.phase, found.done, found.failed) == ("pending", False, False)
    assert "observed" in found.message


def test_a_stateful_set_that_was_never_observed_is_pending() -> None:
    assert standing(snapshot(workload("StatefulSet", generation=0, status={"observedGeneration": 0}))).phase == "pending"


def test_a_missing_workload_is_pending() -> None:
    assert standing(Snapshot(None)) == Standing("pending", "the workload does not exist", done=False, failed=False)


def test_a_workload_that_is_being_deleted_is_not_done_whatever_its_numbers() -> None:
    deleted = with_metadata(deployment(3, 3, 3), deletionTimestamp="2026-01-01T00:00:00Z")
    assert standing(snapshot(deleted, BOTH)) == Standing("pending", "the workload is being deleted", done=False, failed=False)


@pytest.mark.parametrize("numbers", [(4, 1, 3), (3, 3, 3)])
def test_an_exceeded_progress_deadline_is_a_failure_whatever_the_numbers(numbers: tuple[int, int, int]) -> None:
    found = standing(snapshot(expired(deployment(*numbers), "web-h2"), BOTH))
    assert found == Standing("degraded", "the progress deadline is exceeded", done=False, failed=True)


def test_the_deadline_counts_after_the_generation() -> None:
    newer = with_metadata(expired(deployment(4, 1, 3), "web-h2"), generation=3)
    assert standing(snapshot(newer, BOTH)).phase == "pending"


def test_the_deadline_of_an_unknown_replica_set_counts() -> None:
    assert standing(snapshot(expired(deployment(4, 1, 3), "web-gone"), BOTH)).failed


@pytest.mark.parametrize(
    ("numbers", "phase"),
    [pytest.param((4, 1, 3), "progressing", id="on its way"), pytest.param((3, 3, 3), "progressing", id="not judged yet")],
)
def test_the_deadline_of_an_earlier_revision_is_neither_failed_nor_done(numbers: tuple[int, int, int], phase: str) -> None:
    found = standing(snapshot(expired(deployment(*numbers), "web-h1"), BOTH))
    assert (found.phase, found.done, found.failed) == (phase, False, False)


@pytest.mark.parametrize("numbers", [(4, 0, 3), (3, 3, 3)])
def test_the_deadline_of_an_earlier_revision_stays_while_paused(numbers: tuple[int, int, int]) -> None:
    found = standing(snapshot(expired(deployment(*numbers, paused=True), "web-h1"), BOTH))
    assert (found.phase, found.done, found.failed) == ("paused", False, False)


@pytest.mark.parametrize("replicas", [0, 3])
def test_a_paused_deployment_with_a_new_template_is_not_done(replicas: int) -> None:
    obj = deployment(replicas, replicas, replicas, replicas=replicas, paused=True)
    found = standing(snapshot(obj, [replica_set(1, OLD, replicas=replicas)]))
    assert (found.phase, found.done, found.failed) == ("paused", False, False)


def test_a_deployment_paused_in_the_middle_is_paused() -> None:
    found = standing(snapshot(deployment(4, 1, 3, paused=True), BOTH))
    assert found == Standing("paused", "paused: 1 of 3 new replicas have been updated", done=False, failed=False)


def test_a_paused_deployment_that_is_rolled_out_is_done() -> None:
    assert standing(snapshot(deployment(3, 3, 3, paused=True), BOTH)).done


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        pytest.param((2, 2, 2), "paused: 2 of 3 new replicas have been updated", id="scaling"),
        pytest.param((3, 3, 2), "paused: 2 of 3 updated replicas are available", id="becoming available"),
        pytest.param((5, 3, 3), "paused: 2 old replicas are pending termination", id="old ones left"),
        pytest.param((3, 3, 3), "paused: the template is rolled out", id="rolled out"),
    ],
)
def test_what_is_paused_is_in_phase_paused_however_far_it_is(numbers: tuple[int, int, int], message: str) -> None:
    found = standing(snapshot(deployment(*numbers, paused=True), BOTH))
    assert found == Standing("paused", message, done=numbers == (3, 3, 3), failed=False)


def test_a_pause_is_seen_before_its_controller_has_observed_it() -> None:
    found = standing(snapshot(with_metadata(deployment(3, 3, 3, paused=True), generation=99), BOTH))
    assert found == Standing("paused", "paused: the controller has yet to see it", done=False, failed=False)


def test_a_stateful_set_counts_min_ready_seconds() -> None:
    found = standing(snapshot(stateful_set(3, 3, 2, minReadySeconds=30)))
    assert found == Standing("progressing", "2 of 3 pods are available", done=False, failed=False)


ON_DELETE: dict[str, JsonValue] = {"replicas": 2, "updateStrategy": {"type": "OnDelete"}}


@pytest.mark.parametrize(
    ("pods", "available", "phase", "message"),
    [
        pytest.param("oo", 2, "progressing", "2 pods of an older revision are still to be deleted (OnDelete)", id="nothing deleted yet"),
        pytest.param("on", 2, "progressing", "1 pod of an older revision is still to be deleted (OnDelete)", id="one deleted"),
        pytest.param("tn", 1, "progressing", "1 of 2 new pods have been created", id="an old one terminates, its successor is not there"),
        pytest.param("nu", 1, "progressing", "1 of 2 new pods are ready", id="not ready"),
        pytest.param("nn", 1, "progressing", "1 of 2 new pods are available", id="not available yet"),
        pytest.param("nn", 2, "complete", "successfully rolled out", id="done"),
        pytest.param("nnt", 2, "complete", "successfully rolled out", id="terminating pods do not count"),
        pytest.param("nno", 2, "progressing", "1 pod of an older revision is still to be deleted (OnDelete)", id="an old one too many"),
    ],
)
@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_on_delete_is_read_from_the_pods(kind: str, pods: str, available: int, phase: str, message: str) -> None:
    own = {"StatefulSet": "web-", "DaemonSet": ""}[kind]
    shapes = {
        letter: (own + revision, ready, terminating)
        for letter, revision, ready, terminating in (
            ("o", "h1", True, False),
            ("n", "h2", True, False),
            ("u", "h2", False, False),
            ("t", "h1", True, True),
        )
    }
    seen = [
        pod(f"web-{index}", shapes[letter][0], by=UID, ready=shapes[letter][1], terminating=shapes[letter][2])
        for index, letter in enumerate(pods)
    ]
    status: dict[str, JsonValue] = {"desiredNumberScheduled": 2, "availableReplicas": available, "numberAvailable": available}
    owned = [controller_revision(1, OLD, kind=kind), controller_revision(2, NEW, kind=kind)]
    found = standing(snapshot(workload(kind, spec=ON_DELETE, status=status), owned, seen))
    assert (found.phase, found.message, found.done) == (phase, message, phase == "complete")


@pytest.mark.parametrize(
    ("pods", "phase", "message"),
    [
        pytest.param("nnon", "progressing", "1 of 2 new pods have been updated", id="below the partition they do not count"),
        pytest.param("oonn", "complete", "partitioned rollout complete: 2 new pods updated", id="reached"),
        pytest.param("nnun", "progressing", "1 of 2 new pods have been updated", id="not ready"),
        pytest.param("nntn", "progressing", "1 of 2 new pods have been updated", id="terminating"),
        pytest.param("nnn", "progressing", "1 of 2 new pods have been updated", id="away"),
        pytest.param("oonno", "complete", "partitioned rollout complete: 2 new pods updated", id="one too many is on its way out"),
        pytest.param("", "complete", "partitioned rollout complete: 2 new pods updated", id="as the controller counts where none is seen"),
    ],
)
@pytest.mark.parametrize("start", [0, 5])
def test_a_partition_is_read_from_the_pods(start: int, pods: str, phase: str, message: str) -> None:
    own = {"o": "web-h1"}
    seen = [
        pod(f"web-{start + index}", own.get(letter, "web-h2"), by=UID, ready=letter != "u", terminating=letter == "t")
        for index, letter in enumerate(pods)
    ]
    obj = stateful_set(4, 2, 4, 2, replicas=4, ordinals={"start": start})
    found = standing(snapshot(obj, [controller_revision(1, OLD), controller_revision(2, NEW)], seen))
    assert (found.phase, found.message) == (phase, message)


def test_on_delete_without_a_recorded_revision_is_not_done() -> None:
    found = standing(snapshot(workload("DaemonSet", spec=ON_DELETE)))
    assert (found.phase, found.done) == ("progressing", False)


@pytest.mark.parametrize(("updated", "available", "done"), [(3, 3, True), (2, 3, False), (3, 2, False)])
def test_on_delete_without_pods_seen_is_as_the_controller_counts(updated: int, available: int, done: bool) -> None:
    status: dict[str, JsonValue] = {"replicas": 3, "updatedReplicas": updated, "availableReplicas": available}
    seen = snapshot(workload("StatefulSet", spec={**ON_DELETE, "replicas": 3}, status=status))
    assert standing(seen).done is done
    assert not standing(replace(seen, pods=snapshot(workload(), pods=[pod("web-0", "h1")]).pods)).done


COUNT = st.integers(min_value=0, max_value=5)


def kubectl_says(seen: Workload) -> tuple[bool, bool]:
    """What `kubectl rollout status --watch=false` says, (done, failed), from its documented rules."""
    if seen.generation > seen.observed_generation or (seen.ref.kind == "StatefulSet" and seen.observed_generation == 0):
        return False, False
    if seen.ref.kind == "DaemonSet":
        return seen.updated >= seen.desired and seen.available >= seen.desired, False
    if seen.ref.kind == "StatefulSet":
        updated = (
            seen.updated >= seen.desired - seen.partition if seen.partition is not None else seen.update_revision == seen.current_revision
        )
        return seen.ready >= seen.desired and updated, False
    if any(entry.type == "Progressing" and entry.reason == "ProgressDeadlineExceeded" for entry in seen.conditions):
        return False, True
    return seen.updated >= seen.desired and seen.current <= seen.updated and seen.available >= seen.updated, False


@st.composite
def workloads(draw: st.DrawFn) -> dict[str, JsonValue]:
    kind = draw(st.sampled_from(["Deployment", "DaemonSet", "StatefulSet"]))
    current, updated, ready, available = (draw(COUNT) for _count in range(4))
    if kind == "Deployment":
        obj = deployment(current, updated, available, replicas=draw(COUNT), paused=draw(st.booleans()))
        obj = expired(obj, draw(st.sampled_from(["web-h1", "web-h2"]))) if draw(st.booleans()) else obj
    elif kind == "DaemonSet":
        obj = daemon_set(current, updated, available)
    else:
        partition = draw(st.none() | COUNT)
        obj = stateful_set(ready, updated, available, partition, draw(st.sampled_from(["web-h1", "web-h2"])), replicas=draw(COUNT))
    return with_metadata(obj, generation=draw(st.integers(min_value=1, max_value=3)))


@given(workloads(), st.booleans())
def test_whatever_we_call_done_kubectl_calls_done_and_the_other_way_round_but_for_the_documented_cases(
    obj: dict[str, JsonValue], rolled: bool
) -> None:
    shown = snapshot(obj, BOTH if rolled else BOTH[:1])
    seen = shown.workload
    assert seen is not None
    found = standing(shown)
    done, failed = kubectl_says(seen)
    earlier = rolled and failed and '"web-h1"' in seen.conditions[0].message
    not_rolled_while_paused = seen.ref.kind == "Deployment" and seen.paused and not rolled
    unavailable = seen.ref.kind == "StatefulSet" and seen.available < seen.desired
    assert not (found.done and not done)
    assert found.done == (done and not not_rolled_while_paused and not unavailable)
    assert not (found.failed and not failed)
    assert found.failed == (failed and not (earlier or (not rolled and '"web-h1"' in seen.conditions[0].message)))
    assert (found.phase == "complete") == (found.done and not seen.paused)
    assert (found.phase == "paused") == (seen.paused and not found.failed)
    assert found.failed == (found.phase == "degraded")
    assert found.message
    assert not found.message.endswith((".", "\n"))
