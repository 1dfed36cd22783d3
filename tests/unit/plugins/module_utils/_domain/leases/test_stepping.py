# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is remembered of a rollout that goes pod by pod, and whether it goes on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import RefusedError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import Ref
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.kinds import workload_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.leases.stepping import STEPPING, Stepping, goes_on

DB, AGENT = Ref("StatefulSet", "shop", "db"), Ref("DaemonSet", "shop", "agent")
BEGUN = Stepping("partition", "StatefulSet/db", "abc", "alice, job 42", "2026-05-04T12:00:00Z", "release 2", "def", "db-0")


def lease(text: str) -> Any:
    return {"kind": "Lease", "metadata": {"namespace": "shop", "name": "rollout-statefulset-db", "annotations": {STEPPING: text}}}


def test_it_reads_what_it_has_written() -> None:
    for entry in (BEGUN, replace(BEGUN, step="", cause="")):
        assert Stepping.of(lease(entry.text())) == entry
    assert Stepping.of(None) is None
    assert BEGUN.is_of(DB)
    assert not BEGUN.is_of(AGENT)


@pytest.mark.parametrize("value", ["{", "[]", '{"version": 99}', '{"strategy": "partition"}'])
def test_what_cannot_be_read_is_never_taken_for_nothing(value: str) -> None:
    with pytest.raises(RefusedError, match=STEPPING):
        Stepping.of(lease(value))


def test_the_sentence_says_who_where_and_the_ways_on() -> None:
    assert BEGUN.sentence(DB) == (
        "StatefulSet shop/db is being rolled out by partition (release 2), begun by alice, job 42 at 2026-05-04T12:00:00Z; it stands "
        "before the step db-0. Go on with it by the same task, give it up by abort or undo or with the version before, or roll something "
        "else out by partition with supersede: true."
    )
    broken = Stepping("on_delete", "DaemonSet/agent", "abc", since="2026-05-04T12:00:00Z").sentence(AGENT)
    assert "by on_delete, begun at 2026-05-04T12:00:00Z; it was broken off. " in broken
    assert "give it up by undo or with the version before, or" in broken


@pytest.mark.parametrize(
    ("template", "updated", "on_its_way"), [("abc", 1, True), ("abc", 3, False), ("other", 1, False)], ids=["half", "done", "replaced"]
)
def test_it_goes_on_while_its_template_is_there_and_not_all_pods_have_it(template: str, updated: int, *, on_its_way: bool) -> None:
    obj = {"kind": "StatefulSet", "metadata": {"name": "db"}, "spec": {"replicas": 3}, "status": {"updatedReplicas": updated}}
    assert goes_on(workload_of(obj), template, BEGUN) is on_its_way
