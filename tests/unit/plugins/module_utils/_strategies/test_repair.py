# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which pods stand in the way of a new template of a StatefulSet."""

from __future__ import annotations

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, JsonValue, mapping
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.request import Repair
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.steps.step import Replacement
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import Snapshot
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies.repair import blocked, way_for_the_new

from tests.unit.plugins.module_utils._domain.samples import UID, controller_revision, pod, snapshot, workload

MISSING: JsonObject = {
    "name": "app",
    "image": "registry.example/web:missing",
    "state": {"waiting": {"reason": "ImagePullBackOff", "message": 'Back-off pulling image "x": ErrImagePull: not found'}},
}
RUNS: JsonObject = {"name": "app", "image": "registry.example/web:1", "state": {"running": {}}, "started": True}
STATUS: dict[str, JsonValue] = {"replicas": 3, "currentRevision": "web-h1", "updateRevision": "web-h3", "observedGeneration": 2}


def seen(*pods: JsonObject, partition: int = 0, update: str = "RollingUpdate", **status: JsonValue) -> Snapshot:
    """Three revisions: 1 serves, 2 was given up, 3 is wanted."""
    strategy: JsonValue = {"type": update, **({"rollingUpdate": {"partition": partition}} if update == "RollingUpdate" else {})}
    images = ["registry.example/web:1", "registry.example/web:missing", "registry.example/web:3"]
    revisions = [controller_revision(number + 1, image) for number, image in enumerate(images)]
    whole = workload("StatefulSet", image=images[2], spec={"replicas": 3, "updateStrategy": strategy}, status={**STATUS, **status})
    return snapshot(whole, revisions, pods)


def one(index: int, revision: int, *, ready: bool = True, terminating: bool = False, status: JsonObject | None = None) -> JsonObject:
    """A pod of a revision."""
    return pod(f"web-{index}", f"web-h{revision}", by=UID, ready=ready, terminating=terminating, statuses=[] if ready else [status or RUNS])


def way(repair: Repair = "blocking") -> Replacement:
    found = way_for_the_new(repair)
    assert found is not None
    return found


def names(shown: Snapshot, repair: Repair = "blocking") -> list[str]:
    return [entry.ref.name for entry in way(repair).due(shown)]


@pytest.mark.parametrize(
    ("pods", "due"),
    [
        ([one(0, 1), one(1, 1), one(2, 2, ready=False)], ["web-2"]),
        ([one(0, 1), one(1, 1, ready=False), one(2, 1)], []),
        ([one(0, 1), one(1, 1, ready=False, status=MISSING), one(2, 1)], ["web-1"]),
        ([one(0, 1, ready=False)], ["web-0"]),
        ([one(0, 1, ready=False), one(1, 2, ready=False)], ["web-0", "web-1"]),
        ([one(0, 1), one(1, 1), one(2, 2)], []),
        ([one(0, 1), one(1, 1), one(2, 2, ready=False, terminating=True)], []),
        ([one(0, 1), one(1, 1), one(2, 3, ready=False, status=MISSING)], []),
    ],
    ids=["given up", "only starting", "hopeless", "nothing serves", "lowest first", "ready", "going already", "the new one"],
)
def test_what_goes(pods: list[JsonObject], due: list[str]) -> None:
    assert names(seen(*pods)) == due


def test_below_the_partition_what_serves_would_come_back_as_it_is() -> None:
    given_up = seen(one(0, 1), one(1, 2, ready=False), one(2, 2, ready=False), partition=2)
    assert names(given_up) == ["web-1", "web-2"]
    hopeless = seen(one(0, 1), one(1, 1, ready=False, status=MISSING), one(2, 3), partition=2)
    assert (names(hopeless), names(hopeless, "all")) == ([], [])
    since_before = way_for_the_new("all", before=hopeless)
    assert since_before is not None
    assert [entry.ref.name for entry in since_before.due(hopeless)] == ["web-1"]


def test_below_the_partition_the_new_one_does_not_belong() -> None:
    """As after a rollout that was given up and begins anew with the same template."""
    left = seen(one(0, 1), one(1, 1), one(2, 3, ready=False, status=MISSING), partition=3)
    assert names(left) == ["web-2"]
    assert names(seen(one(0, 1), one(1, 1), one(2, 3, ready=False, status=MISSING), partition=2)) == []
    whole = seen(one(0, 3, ready=False), one(1, 3), one(2, 3), partition=3, currentRevision="web-h3")
    assert names(whole) == [], "it would come back as it is"


@pytest.mark.parametrize(
    "shown",
    [
        Snapshot(None),
        seen(one(0, 2, ready=False), observedGeneration=1),
        seen(one(0, 2, ready=False), updateRevision="web-h9"),
        seen(one(0, 2, ready=False), update="OnDelete"),
        snapshot(workload("StatefulSet")),
    ],
    ids=["gone", "not observed", "not recorded", "on delete", "no revision"],
)
def test_nothing_goes_before_the_new_revision_is_known(shown: Snapshot) -> None:
    assert names(shown) == []


def test_the_next_one_goes_when_the_last_is_made_up_for() -> None:
    free = way().free
    assert free(seen(one(0, 1), one(1, 1), one(2, 2, ready=False)))
    assert not free(seen(one(0, 1), one(2, 2, ready=False)))
    assert not free(seen(one(0, 1), one(1, 3, ready=False), one(2, 2, ready=False)))
    assert not free(seen(one(0, 1, terminating=True), one(1, 2, ready=False)))
    assert not free(Snapshot(None))


def test_all_does_not_wait_for_the_serving_version() -> None:
    starting = seen(one(0, 1), one(1, 1, ready=False), one(2, 2, ready=False))
    assert names(starting) == ["web-2"]
    assert names(starting, "all") == ["web-1", "web-2"]


def test_all_has_what_was_wanted_and_not_ready_before_made_anew_once() -> None:
    before = seen(one(0, 3, ready=False), one(1, 1))
    assert names(before, "all") == []
    every = way("all")
    assert every.since is not None
    since = every.since(before)
    assert since is not None
    assert [entry.ref.name for entry in since.due(before)] == ["web-0"]
    assert since.free(before)
    anew = {**one(0, 3, ready=False), "metadata": {**mapping(one(0, 3), "metadata"), "uid": "another"}}
    assert since.due(seen(anew, one(1, 1))) == ()
    assert way().since is None


def test_false_deletes_nothing() -> None:
    assert way_for_the_new("none") is None


@pytest.mark.parametrize(
    ("repair", "pods", "sentence"),
    [
        (
            "none",
            [one(0, 1), one(1, 1, ready=False), one(2, 2, ready=False)],
            "web-2 (not ready, of revision 2 that was given up) is in the way; repair: blocking would delete it",
        ),
        (
            "none",
            [one(0, 1), one(1, 1, ready=False)],
            "web-1 (not ready, of revision 1 that is replaced) is in the way; repair: all would delete it",
        ),
        (
            "blocking",
            [one(0, 1), one(1, 1, ready=False), one(2, 2, ready=False)],
            "web-1 (not ready, of revision 1 that is replaced) is in the way; repair: all would delete it",
        ),
        ("blocking", [one(0, 1), one(1, 1), one(2, 2, ready=False)], ""),
        ("all", [one(0, 1), one(1, 1, ready=False)], ""),
        ("none", [one(0, 1), one(1, 3, ready=False)], ""),
    ],
    ids=["given up", "may heal", "may heal, and one that goes", "goes", "all go", "the new one"],
)
def test_what_is_left_in_the_way_is_named_with_the_remedy(repair: Repair, pods: list[JsonObject], sentence: str) -> None:
    assert blocked(repair)(seen(*pods)) == sentence


def test_why_a_pod_is_deleted_is_told_with_its_name() -> None:
    gone = one(2, 9, ready=False)
    shown = seen(one(0, 1, ready=False), one(1, 3, ready=False), gone)
    assert way().told(shown, shown.pods) == (
        "web-0 (not ready, of revision 1 that is replaced)",
        "web-1 (not ready since before the task, of revision 3)",
        "web-2 (not ready, of an earlier revision that was given up)",
    )
    assert Replacement(lambda snapshot: (), lambda snapshot: True).told(shown, shown.pods) == ("web-0", "web-1", "web-2")


def test_where_nothing_is_known_of_what_is_wanted_the_reason_still_stands() -> None:
    shown = Snapshot(None, pods=seen(one(0, 1)).pods)
    assert way().told(shown, shown.pods) == ("web-0 (not ready, of an earlier revision that was given up)",)
