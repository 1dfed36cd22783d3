# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A database of real pods is changed while clients write and read: PostgreSQL, one primary and two streaming replicas."""

from __future__ import annotations

import pytest

from .conftest import MEASURED
from .database import NAME, PRIMARY, Database, brought_up, manifests, moment
from .report import note_database
from .rows import Seen
from .scene import Pods, until


@pytest.fixture
def database(empty_stage):
    """The example, up, with a table without rows."""
    with brought_up(empty_stage(Pods(kind="StatefulSet"), NAME)) as found:
        yield found


def no_row_is_lost(database: Database, seen: Seen) -> None:
    """Each pod has all that was acknowledged, and nothing that was never written; and no read has seen less than it had to."""
    acknowledged, tried = ({write.number for write in writes} for writes in (seen.acknowledged, seen.writes))
    for pod in database.pods:
        numbers = database.numbers(pod)
        assert numbers is not None
        assert acknowledged <= numbers <= tried
    assert seen.backwards() == []
    assert seen.stale() == []


def test_a_rollout_loses_no_row_and_no_read_and_holds_writes_up_once(database, nth):
    begin, end = [], []

    def act(database: Database) -> None:
        play = database.roll_out(manifests("2"))
        begin.append(moment(play, "Make the database read-only", "start"))
        end.append(moment(play, "Make the database writable again", "end"))

    before = database.ids()
    seen = database.in_use(act)
    note_database(MEASURED, "rolled out, the primary last", nth, seen, end[0] - begin[0])
    no_row_is_lost(database, seen)
    assert seen.failed_reads == []
    assert not set(before.values()) & set(database.ids().values())
    # One number had to wait, and it was refused before the first connection broke: no write was on its way then.
    (tries,) = seen.held_up.values()
    assert tries[0].refused
    assert begin[0] < tries[0].begin < end[0]
    assert not any(write.doubtful for write in seen.writes)
    assert not any(result.changed for result in database.roll_out(manifests("2")).results)


@pytest.mark.long
def test_a_version_that_does_not_start_costs_one_replica(database):
    def act(database: Database) -> None:
        database.roll_out(manifests("2", image="web:missing"), failure_grace=5, fails=True)
        assert [database.is_ready(pod) for pod in database.pods] == [True, True, False]
        database.roll_out(manifests())

    before = database.ids()
    seen = database.in_use(act)
    no_row_is_lost(database, seen)
    assert (seen.failed_reads, seen.held_up) == ([], {})
    assert [pod for pod, uid in database.ids().items() if uid != before[pod]] == [database.pods[2]]


def test_a_replica_that_is_replaced_loses_no_read(database, nth):
    replica = database.pods[1]
    seen = database.in_use(lambda database: database.scene.kubectl("delete", f"pod/{replica}"))
    note_database(MEASURED, "a replica replaced", nth, seen)
    no_row_is_lost(database, seen)
    assert seen.failed_reads == []
    assert seen.held_up == {}
    assert len({read.started for read in seen.reads if read.pod == replica}) == 2


def test_a_replica_gets_no_reads_before_it_has_caught_up(database):
    replica = database.pods[2]
    database.lead_writes_to("nobody")
    database.scene.kubectl("delete", f"pod/{replica}")
    until(lambda: database.numbers(replica) == set(), f"{replica} answers")
    database.write(1)
    assert not database.has_caught_up(replica)
    assert not database.is_ready(replica)
    database.lead_writes_to(PRIMARY)
    until(lambda: database.is_ready(replica), f"{replica} is ready")
    assert database.numbers(replica) == {1}


def test_pods_that_are_replaced_at_once_lose_reads_and_break_writes_off(database, nth):
    seen = database.in_use(lambda database: database.scene.kubectl("delete", "pods", "--selector", f"app={NAME}"))
    note_database(MEASURED, "all pods deleted at once", nth, seen)
    no_row_is_lost(database, seen)
    assert seen.failed_reads
    assert not any(tries[0].refused for tries in seen.held_up.values())
    assert seen.held_up
