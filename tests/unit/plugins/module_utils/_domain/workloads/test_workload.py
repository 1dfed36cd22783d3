# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Workloads, revisions, pods and containers as they are read from API objects."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, JsonValue, Ref
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.kinds import WORKLOADS, workload_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import Condition, Container, Pod, condition
from hypothesis import given
from hypothesis import strategies as st

from ..samples import NEW, OLD, UID, container, ended, pod, replica_set, snapshot, waiting, workload

NUMBERS: dict[str, dict[str, JsonValue]] = {
    "Deployment": {"replicas": 5, "updatedReplicas": 2, "readyReplicas": 4, "availableReplicas": 3},
    "StatefulSet": {"replicas": 5, "updatedReplicas": 2, "readyReplicas": 4, "availableReplicas": 3},
    "DaemonSet": {
        "desiredNumberScheduled": 6,
        "currentNumberScheduled": 5,
        "updatedNumberScheduled": 2,
        "numberReady": 4,
        "numberAvailable": 3,
    },
}


@pytest.mark.parametrize("kind", NUMBERS)
def test_each_kind_has_its_own_names_for_the_same_numbers(kind: str) -> None:
    seen = workload_of(workload(kind, spec={"replicas": 6}, status=NUMBERS[kind]))
    assert (seen.desired, seen.current, seen.updated, seen.ready, seen.available) == (6, 5, 2, 4, 3)


@pytest.mark.parametrize(("kind", "desired"), [("Deployment", 1), ("StatefulSet", 1), ("DaemonSet", 0)])
def test_missing_replicas_mean_one_and_no_nodes_none(kind: str, desired: int) -> None:
    assert workload_of(workload(kind)).desired == desired


@pytest.mark.parametrize(
    ("kind", "spec", "type_", "partition"),
    [
        ("Deployment", {}, "RollingUpdate", None),
        ("Deployment", {"strategy": {"type": "Recreate"}}, "Recreate", None),
        ("Deployment", {"updateStrategy": {"type": "OnDelete"}}, "RollingUpdate", None),
        ("StatefulSet", {"updateStrategy": {"type": "RollingUpdate"}}, "RollingUpdate", None),
        ("StatefulSet", {"updateStrategy": {"rollingUpdate": {"partition": 0}}}, "RollingUpdate", 0),
        ("StatefulSet", {"updateStrategy": {"rollingUpdate": {"partition": 3}}}, "RollingUpdate", 3),
        ("DaemonSet", {"updateStrategy": {"type": "OnDelete"}}, "OnDelete", None),
    ],
)
def test_the_way_of_updating_stands_where_the_kind_keeps_it(kind: str, spec: JsonObject, type_: str, partition: int | None) -> None:
    seen = workload_of(workload(kind, spec=spec))
    assert (seen.update_type, seen.partition) == (type_, partition)


@pytest.mark.parametrize(
    ("kind", "spec", "expected"),
    [
        ("Deployment", {}, 600),
        ("Deployment", {"progressDeadlineSeconds": 30}, 30),
        ("Deployment", {"progressDeadlineSeconds": 2**31 - 1}, None),
        ("StatefulSet", {"progressDeadlineSeconds": 30}, None),
    ],
)
def test_only_deployments_have_a_progress_deadline(kind: str, spec: JsonObject, expected: int | None) -> None:
    assert workload_of(workload(kind, spec=spec)).progress_deadline_seconds == expected


def test_a_workload_is_read_with_its_identity_and_spec() -> None:
    spec: JsonObject = {
        "paused": True,
        "minReadySeconds": 9,
        "selector": {"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "tier", "operator": "Exists"}]},
    }
    obj = workload(spec=spec, labels={"l": "1"}, annotations={"a": "2"}, deletionTimestamp="2026-01-01T00:00:00Z")
    seen = workload_of(obj)
    assert (seen.ref, seen.uid, seen.resource_version) == (Ref("Deployment", "shop", "web"), UID, "77")
    assert (seen.generation, seen.observed_generation, seen.deleted) == (2, 2, True)
    assert (seen.paused, seen.min_ready_seconds) == (True, 9)
    assert (seen.selector, seen.match_expressions) == ({"app": "web"}, ({"key": "tier", "operator": "Exists"},))
    assert (seen.labels, seen.annotations) == ({"l": "1"}, {"a": "2"})
    assert seen.images == {"app": NEW}


def test_images_include_those_of_init_containers() -> None:
    template: JsonObject = {"spec": {"initContainers": [{"name": "i", "image": "x"}], "containers": [{"name": "a", "image": "y"}]}}
    assert workload_of(workload(spec={"template": template})).images == {"a": "y", "i": "x"}


def test_conditions_keep_what_the_api_says() -> None:
    since = "2026-01-01T00:00:00Z"
    entry: JsonObject = {"type": "Progressing", "status": "True", "reason": "R", "message": "m", "lastTransitionTime": since}
    found = Condition.all_of({"status": {"conditions": [entry]}})
    assert found == (Condition("Progressing", "True", "R", "m", datetime(2026, 1, 1, tzinfo=UTC)),)
    assert condition(found, "Progressing") is found[0]
    assert condition(found, "Available") is None


def test_a_pod_is_read_with_its_owner_revision_and_readiness() -> None:
    seen = Pod.of(pod("web-1", "h1", statuses=[container({"running": {}})], init=[container({}, name="i")]))
    assert (seen.ref, seen.uid, seen.owner_uid, seen.revision_hash) == (Ref("Pod", "shop", "web-1"), "pod-web-1", "rs-h1", "h1")
    assert (seen.phase, seen.node, seen.terminating, seen.ready) == ("Running", "node-1", False, True)
    assert seen.ready_since == datetime(2026, 1, 1, tzinfo=UTC)
    assert [(entry.name, entry.init) for entry in seen.containers] == [("i", True), ("app", False)]


def test_a_pod_of_a_stateful_or_daemon_set_has_the_other_label() -> None:
    assert Pod.of(pod("web-0", "web-h1", by=UID)).revision_hash == "web-h1"


def test_a_pod_that_is_not_ready_is_ready_since_never() -> None:
    seen = Pod.of(pod("web-1", "h1", ready=False))
    assert (seen.ready, seen.ready_since) == (False, None)


def test_a_terminating_pod_may_still_be_ready() -> None:
    seen = Pod.of(pod("web-1", "h1", terminating=True))
    assert (seen.ready, seen.terminating) == (True, True)


def test_a_bare_pod_is_neither_ready_nor_owned() -> None:
    seen = Pod.of({})
    assert (seen.ready, seen.ready_since, seen.owner_uid, seen.revision_hash, seen.containers) == (False, None, "", "", ())


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        pytest.param(container({"running": {}}, started=True), (True, "", "", None, "", ""), id="running"),
        pytest.param(
            waiting("CrashLoopBackOff", last=ended(1)), (False, "CrashLoopBackOff", "", 1, "Error", "Error"), id="waiting after a crash"
        ),
        pytest.param(container({"terminated": ended(2, message="m")}), (False, "", "Error", 2, "Error", "m"), id="ended"),
        pytest.param(
            container({"terminated": ended(0, "Completed")}, last=ended(1)),
            (False, "", "Completed", 0, "Completed", "Completed"),
            id="the last of two runs",
        ),
        pytest.param(container({}), (False, "", "", None, "", ""), id="nothing is known"),
    ],
)
def test_a_container_shows_its_state_and_its_last_run(status: JsonObject, expected: tuple[bool, str, str, int | None, str, str]) -> None:
    seen = Container.of(status, init=False)
    assert (seen.running, seen.waiting, seen.terminated, seen.last_exit, seen.last_reason, seen.last_message) == expected


JSON: st.SearchStrategy[JsonValue] = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.lists(st.none(), max_size=1)
FIELDS = ["spec", "status", "metadata", "replicas", "strategy", "conditions", "template", "containerStatuses", "labels", "kind"]
OBJECTS = st.dictionaries(st.sampled_from(FIELDS), JSON | st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4), max_size=4)


@given(OBJECTS, st.sampled_from(sorted(WORKLOADS)))
def test_an_object_that_is_not_as_it_should_be_is_read_without_an_error(obj: JsonObject, kind: str) -> None:
    assert workload_of({**obj, "kind": kind}).partition is None
    assert Pod.of(obj).terminating is False


def test_the_images_of_a_revision_are_those_of_its_template() -> None:
    seen = snapshot(workload(image=NEW), [replica_set(1, OLD), replica_set(2, NEW)])
    assert [revision.images for revision in seen.revisions] == [{"app": OLD}, {"app": NEW}]
    assert seen.workload is not None
    assert seen.workload.images == {"app": NEW}


@pytest.mark.parametrize(
    ("name", "ordinal"),
    [("web-0", 0), ("web-12", 12), ("web-2-007", 7), ("web-x7", -1), ("web", -1), ("web-", -1), ("", -1)],
)
def test_a_pod_of_a_stateful_set_has_the_number_at_the_end_of_its_name(name: str, ordinal: int) -> None:
    assert Pod.of(pod(name, "web-h1", by=UID)).ordinal == ordinal


def test_a_pod_knows_the_restart_that_made_it() -> None:
    assert Pod.of(pod("web-0", "h1", restarted="2026-01-01T00:00:00Z")).restarted_at == "2026-01-01T00:00:00Z"
    assert Pod.of(pod("web-0", "h1")).restarted_at == ""


def test_a_stateful_set_may_begin_above_zero() -> None:
    assert workload_of(workload("StatefulSet", spec={"ordinals": {"start": 5}})).first_ordinal == 5
    assert workload_of(workload("StatefulSet")).first_ordinal == 0


@pytest.mark.parametrize(
    ("kind", "where"), [("Deployment", "strategy"), ("StatefulSet", "updateStrategy"), ("DaemonSet", "updateStrategy")]
)
def test_the_limits_stand_where_the_kind_keeps_them(kind: str, where: str) -> None:
    limits: JsonObject = {"maxUnavailable": "25%"}
    assert workload_of(workload(kind, spec={where: {"rollingUpdate": limits}})).limits == limits
    assert workload_of(workload(kind)).limits == {}
