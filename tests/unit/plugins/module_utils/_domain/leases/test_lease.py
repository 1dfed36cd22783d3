# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Lease says: who holds it, on which objects, since which write."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import Ref, replaced, texts
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.leases.lease import (
    OBJECTS,
    STEP,
    TAKEN_AT,
    Holding,
    default_application,
    held_sentence,
    is_ours,
    new_lease,
    noted,
    object_of,
    released,
    renewed,
    taken,
    user_of,
    version_taken,
)

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
WEB, API, SET = Ref("Deployment", "shop", "web"), Ref("Deployment", "shop", "api"), Ref("StatefulSet", "shop", "web")


def held(*objects: Ref, version: str = "17") -> Any:
    lease = taken(new_lease("shop", "web"), "alice, root@vm 1234", NOW, objects)
    return replaced(lease, ("metadata", "resourceVersion"), version)


def test_a_lease_that_is_taken_says_by_whom_and_for_what() -> None:
    lease = held(WEB, API, SET)
    holding = Holding.of(lease)
    assert (holding.holder, holding.since, holding.renewed) == ("alice, root@vm 1234", "2026-05-04T12:00:00.000000Z", holding.since)
    assert texts(lease, "metadata", "annotations") == {OBJECTS: "Deployment/api Deployment/web StatefulSet/web"}
    assert is_ours(lease)


def test_a_label_that_somebody_took_away_comes_back() -> None:
    bare = {**new_lease("shop", "web"), "metadata": {"namespace": "shop", "name": "rollout-web", "labels": {"of": "them"}}}
    assert not is_ours(bare)
    again = taken(bare, "alice", NOW)
    assert is_ours(again)
    assert texts(again, "metadata", "labels")["of"] == "them"


def test_what_is_released_keeps_its_objects_and_its_notes() -> None:
    lease = noted(noted(noted(held(WEB), "note", "kept"), STEP, "switch"), TAKEN_AT, "17")
    free = released(renewed(lease, NOW))
    assert Holding.of(free).holder == ""
    assert texts(free, "metadata", "annotations") == {OBJECTS: "Deployment/web", "note": "kept"}


def test_the_next_holder_counts_anew() -> None:
    lease = taken(released(noted(held(WEB), TAKEN_AT, "17")), "bob", NOW, [API])
    assert texts(lease, "metadata", "annotations") == {OBJECTS: "Deployment/api"}


@pytest.mark.parametrize(
    ("lease", "version"),
    [(held(), 17), (noted(held(version="40"), TAKEN_AT, "17"), 17), (held(version="opaque"), None), ({}, None)],
    ids=["just taken", "renewed since", "no number", "nothing"],
)
def test_the_write_that_took_it_tells_who_was_first(lease: Any, version: int | None) -> None:
    assert version_taken(lease) == version


def test_an_object_is_found_by_kind_name_and_namespace() -> None:
    lease = held(WEB)
    assert object_of(lease, [API, WEB]) == WEB
    assert object_of(lease, [API, SET, Ref("Deployment", "other", "web")]) is None


def test_a_lease_without_objects_is_about_what_has_its_name() -> None:
    lease = taken(new_lease("shop", "web"), "alice", NOW)
    assert object_of(lease, [API, SET]) == SET
    assert object_of(lease, [API]) is None


def test_the_kind_stands_in_the_name_where_it_must() -> None:
    names = [default_application(Ref(kind, "shop", "web")) for kind in ("Deployment", "Service", "StatefulSet", "DaemonSet")]
    assert names == ["web", "web", "statefulset-web", "daemonset-web"]


def test_the_user_is_the_holder_without_its_process() -> None:
    assert [user_of(holder) for holder in ("alice, root@vm 1234", "alice")] == ["alice, root@vm", "alice"]


def test_the_sentence_names_holder_time_step_and_the_way_on() -> None:
    lease = held(WEB)
    assert held_sentence(lease, WEB) == (
        "Deployment shop/web is being changed by alice, root@vm 1234 since 2026-05-04T12:00:00.000000Z (Lease shop/rollout-web); wait "
        "until that is done and run the task again, or let it wait by itself (lock_timeout)."
    )
    assert ", at the step switch (Lease" in held_sentence(noted(lease, STEP, "switch"), "web")
