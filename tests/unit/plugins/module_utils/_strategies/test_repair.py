# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which pods stand in the way of a new template of a StatefulSet."""

from __future__ import annotations

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.objects import JsonObject, JsonValue
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workload import Snapshot
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies.repair import way_for_the_new

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


def names(shown: Snapshot) -> list[str]:
    return [entry.ref.name for entry in way_for_the_new().due(shown)]


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


def test_below_the_partition_they_would_come_back_as_they_are() -> None:
    assert names(seen(one(0, 1), one(1, 2, ready=False), one(2, 2, ready=False), partition=2)) == ["web-2"]


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
    free = way_for_the_new().free
    assert free(seen(one(0, 1), one(1, 1), one(2, 2, ready=False)))
    assert not free(seen(one(0, 1), one(2, 2, ready=False)))
    assert not free(seen(one(0, 1), one(1, 3, ready=False), one(2, 2, ready=False)))
    assert not free(seen(one(0, 1, terminating=True), one(1, 2, ready=False)))
    assert not free(Snapshot(None))
