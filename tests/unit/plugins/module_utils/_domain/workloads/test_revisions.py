# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which revisions there are, which one is wanted, which one is there to go back to."""

from __future__ import annotations

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonValue
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.kinds import workload_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.revisions import (
    candidate_of,
    foreseen,
    is_of,
    newest_besides,
    observed,
    old_and_new,
    same_template,
    stable_of,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import Revision, Snapshot
from hypothesis import given
from hypothesis import strategies as st

from ..samples import NEW, OLD, UID, controller_revision, pod, replica_set, revisions, snapshot, template, with_metadata, workload


def number_of(revision: Revision | None) -> int | None:
    return revision.number if revision is not None else None


def test_revisions_belong_by_the_uid_of_their_controller_not_by_their_labels() -> None:
    foreign = replica_set(2, by="another", own="foreign")
    adopted = with_metadata(replica_set(3), ownerReferences=[])
    assert [entry.name for entry in revisions(workload(), [foreign, adopted, replica_set(1)])] == ["web-h1"]


def test_a_workload_without_a_uid_has_no_revisions() -> None:
    assert revisions(workload(uid=""), [replica_set(1, by="")]) == ()


def test_revisions_stand_oldest_first_by_number_not_by_name() -> None:
    owned = [replica_set(10, own="a"), replica_set(9, own="z"), replica_set(2, own="m")]
    assert [entry.number for entry in revisions(workload(), owned)] == [2, 9, 10]


def test_a_replica_set_becomes_a_revision() -> None:
    causes: dict[str, JsonValue] = {"kubernetes.io/change-cause": "to 2.0", "deployment.kubernetes.io/revision-history": "1, 3,x,"}
    (found,) = revisions(workload(), [replica_set(5, NEW, replicas=3, available=2, annotations=causes)])
    assert (found.name, found.uid, found.number, found.hash) == ("web-h5", "rs-h5", 5, "h5")
    assert (found.replicas, found.ready, found.available) == (3, 3, 2)
    assert found.change_cause == "to 2.0"
    assert found.former == (1, 3)
    assert found.template == template(NEW)
    assert found.created is not None


@pytest.mark.parametrize(("kind", "own"), [("StatefulSet", "web-h4"), ("DaemonSet", "h4")])
def test_a_controller_revision_becomes_a_revision(kind: str, own: str) -> None:
    (found,) = revisions(workload(kind), [controller_revision(4, NEW, kind=kind)])
    assert (found.name, found.uid, found.number, found.hash) == ("web-h4", "cr-h4", 4, own)
    assert found.change_cause == "cause 4"
    assert "$patch" not in found.template
    assert same_template(found.template, template(NEW))


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        pytest.param(template(), template(), True, id="equal"),
        pytest.param(template(), template(pod_template_hash="h1"), True, id="the hash label does not count"),
        pytest.param(template(), template(tier="front"), False, id="another label counts"),
        pytest.param(template(OLD), template(NEW), False, id="the image counts"),
        pytest.param(template(), {**template(), "$patch": "replace"}, True, id="the merge directive does not count"),
        pytest.param({"metadata": {"creationTimestamp": None}, "spec": {}}, {"metadata": {}, "spec": {}}, True, id="null is absent"),
        pytest.param({"metadata": {"labels": {"pod-template-hash": "x"}}}, {"metadata": {}}, True, id="no label left is no labels"),
        pytest.param({"spec": {"securityContext": {}}}, {"spec": {}}, False, id="empty is not absent: the controller tells them apart"),
        pytest.param({"spec": {"args": ["a", "b"]}}, {"spec": {"args": ["b", "a"]}}, False, id="order counts"),
    ],
)
def test_templates_are_equal_as_the_controllers_see_it(left: dict[str, JsonValue], right: dict[str, JsonValue], same: bool) -> None:
    for one, other in ((left, right), (right, left)):
        assert same_template(one, other) is same


def test_the_candidate_of_a_deployment_is_the_replica_set_of_its_template() -> None:
    found = candidate_of(snapshot(workload(image=OLD), [replica_set(1, NEW), replica_set(2, OLD)]))
    assert number_of(found) == 2


def test_of_two_equal_replica_sets_the_one_made_first_counts() -> None:
    undated = with_metadata(replica_set(1, NEW, own="undated"), creationTimestamp=None)
    found = candidate_of(snapshot(workload(), [undated, replica_set(4, NEW), replica_set(3, NEW)]))
    assert number_of(found) == 3


def test_of_two_equal_controller_revisions_the_highest_number_counts() -> None:
    owned = [controller_revision(2, NEW, kind="DaemonSet"), controller_revision(1, NEW, kind="DaemonSet")]
    found = candidate_of(snapshot(workload("DaemonSet"), owned))
    assert number_of(found) == 2


@pytest.mark.parametrize(
    ("observed", "update", "expected"),
    [
        pytest.param(2, "web-h1", 1, id="the status names it"),
        pytest.param(1, "web-h1", 2, id="a stale status does not count"),
        pytest.param(2, "web-gone", 2, id="an unknown name does not count"),
    ],
)
def test_a_stateful_set_names_its_candidate(observed: int, update: str, expected: int) -> None:
    obj = workload("StatefulSet", status={"observedGeneration": observed, "updateRevision": update})
    found = candidate_of(snapshot(obj, [controller_revision(1, OLD), controller_revision(2, NEW)]))
    assert number_of(found) == expected


def test_a_template_without_a_revision_has_no_candidate() -> None:
    assert candidate_of(snapshot(workload(), [replica_set(1, OLD)])) is None


def test_nothing_is_wanted_or_stable_where_there_is_no_workload() -> None:
    assert candidate_of(Snapshot(None)) is None
    assert stable_of(Snapshot(None)) is None
    assert old_and_new(Snapshot(None)) == (0, 0)


def test_the_first_rollout_has_nothing_to_go_back_to() -> None:
    assert stable_of(snapshot(workload(), [replica_set(1, NEW)])) is None


@pytest.mark.parametrize(
    ("available", "expected"),
    [
        pytest.param((3, 0), 1, id="an older one that serves goes before a newer one that does not"),
        pytest.param((3, 1), 2, id="of those that serve the newest"),
        pytest.param((0, 0), 2, id="none serves: the newest"),
    ],
)
def test_stable_is_the_newest_other_revision_that_serves(available: tuple[int, int], expected: int) -> None:
    owned = [replica_set(1, "v1", available=available[0]), replica_set(2, "v2", available=available[1]), replica_set(3, NEW, available=9)]
    found = stable_of(snapshot(workload(), owned, [pod("web-h2-1", "h2")]))
    assert number_of(found) == expected


def test_without_a_candidate_the_running_revision_is_stable() -> None:
    found = stable_of(snapshot(workload(), [replica_set(1, OLD, available=3)]))
    assert number_of(found) == 1


def test_the_current_revision_of_a_stateful_set_is_stable_while_another_is_wanted() -> None:
    owned = [controller_revision(1, "v1"), controller_revision(2, "v2"), controller_revision(3, NEW)]
    obj = workload("StatefulSet", status={"currentRevision": "web-h1", "updateRevision": "web-h3"})
    found = stable_of(snapshot(obj, owned, [pod("web-0", "web-h2", by=UID)]))
    assert number_of(found) == 1


def test_a_finished_stateful_set_goes_back_to_the_newest_other_revision() -> None:
    owned = [controller_revision(1, "v1"), controller_revision(2, "v2"), controller_revision(3, NEW)]
    obj = workload("StatefulSet", status={"currentRevision": "web-h3", "updateRevision": "web-h3"})
    found = stable_of(snapshot(obj, owned, [pod("web-0", "web-h3", by=UID)]))
    assert number_of(found) == 2


def test_pods_tell_which_controller_revision_serves() -> None:
    owned = [controller_revision(number, image, kind="DaemonSet") for number, image in ((1, "v1"), (2, "v2"), (3, NEW))]
    pods = [pod("a", "h1", by=UID), pod("b", "h2", by=UID, ready=False), pod("c", "h2", by=UID, terminating=True)]
    found = stable_of(snapshot(workload("DaemonSet"), owned, pods))
    assert number_of(found) == 1


@pytest.mark.parametrize("new", range(4))
def test_three_replicas_walk_from_old_to_new(new: int) -> None:
    pods = [pod(f"new-{i}", "h2") for i in range(new)] + [pod(f"old-{i}", "h1") for i in range(3 - new)]
    assert old_and_new(snapshot(workload(), [replica_set(1, OLD), replica_set(2, NEW)], pods)) == (3 - new, new)


def test_only_ready_pods_that_stay_are_counted() -> None:
    pods = [pod("a", "h1", ready=False), pod("b", "h1", terminating=True), pod("c", "h2", ready=False), pod("d", "h2", terminating=True)]
    assert old_and_new(snapshot(workload(), [replica_set(1, OLD), replica_set(2, NEW)], pods)) == (0, 0)


def test_without_a_candidate_every_pod_is_old() -> None:
    assert old_and_new(snapshot(workload(), [replica_set(1, OLD)], [pod("a", "h1")])) == (1, 0)


def test_a_pod_belongs_to_the_replica_set_that_owns_it_even_without_the_hash_label() -> None:
    bare = with_metadata(replica_set(2, NEW), labels={})
    assert old_and_new(snapshot(workload(), [bare], [pod("a", "h2"), pod("b", "")])) == (1, 1)


def test_the_newest_other_revision_is_that_with_the_highest_number() -> None:
    seen = snapshot(workload(), [replica_set(9, "v9"), replica_set(10, NEW), replica_set(2, OLD)])
    assert number_of(newest_besides(seen, candidate_of(seen))) == 9
    assert number_of(newest_besides(seen, None)) == 10
    assert number_of(newest_besides(seen, seen.revisions[1])) == 10
    alone = snapshot(workload(), [replica_set(1, NEW)])
    assert newest_besides(alone, candidate_of(alone)) is None
    assert newest_besides(Snapshot(None), None) is None


def test_the_template_of_a_controller_revision_has_no_nulls_however_deep() -> None:
    data: dict[str, JsonValue] = {
        "$patch": "replace",
        "metadata": {"creationTimestamp": None, "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "app", "resources": {}, "env": None}], "volumes": None},
    }
    revision = {**controller_revision(1), "data": {"spec": {"template": data}}}
    (found,) = revisions(workload("StatefulSet"), [revision])
    assert found.template == {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "app", "resources": {}}]}}


NAMES = st.sampled_from(["metadata", "labels", "spec", "a"])
TEMPLATES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(NAMES, below, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(NAMES, TEMPLATES, max_size=3))
def test_a_template_taken_from_a_revision_is_equal_to_the_one_that_it_was_made_from(template: dict[str, JsonValue]) -> None:
    revision = {**controller_revision(1), "data": {"spec": {"template": {**template, "$patch": "replace"}}}}
    (found,) = revisions(workload("StatefulSet"), [revision])
    assert same_template(found.template, template)
    (again,) = revisions(workload("StatefulSet"), [{**revision, "data": {"spec": {"template": found.template}}}])
    assert again.template == found.template


# --- what is to come ------------------------------------------------------------------------------------------------------------


def test_a_new_template_is_foreseen_as_a_revision_of_its_own() -> None:
    owned = [controller_revision(1, OLD), controller_revision(2, "registry.example/web:missing")]
    wanted = workload_of(workload("StatefulSet", image=NEW, status={"observedGeneration": 1}))
    later = foreseen(snapshot(workload("StatefulSet", image=OLD), owned, [pod("web-0", "web-h1", by=UID)]), wanted)
    found = candidate_of(later)
    assert found is not None
    assert (found.number, found.normal) == (3, wanted.normal)
    assert not any(is_of(entry, found) for entry in later.pods)
    assert later.workload is not None
    assert observed(later.workload)


def test_a_template_that_was_there_before_is_foreseen_as_that_revision() -> None:
    owned = [controller_revision(1, OLD), controller_revision(2, NEW)]
    later = foreseen(snapshot(workload("StatefulSet", image=NEW), owned), workload_of(workload("StatefulSet", image=OLD)))
    assert [revision.name for revision in later.revisions] == ["web-h1", "web-h2"]
    assert (candidate_of(later) or later.revisions[-1]).name == "web-h1"
