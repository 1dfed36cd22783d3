# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What follows from the tries and reads of a database's clients."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.zero_downtime import report
from tests.zero_downtime.rows import Read, Seen, Write


def seen(*writes: Write, reads: tuple[Read, ...] = ()) -> Seen:
    """What two clients have seen."""
    return Seen(writes=writes, reads=reads)


def write(number: int, at: float, trouble: str = "", **what: bool) -> Write:
    """A try that took a tenth of a second."""
    return Write(number=number, begin=at, end=at + 0.1, trouble=trouble, **what)


def read(at: float, rows: int, *, pod: str = "db-1", started: float = 0, highest: int | None = None) -> Read:
    """A read that found rows 1 to `highest`."""
    return Read(begin=at, pod=pod, started=started, rows=rows, highest=rows if highest is None else highest)


HELD_UP = (write(1, 1), write(2, 2, "read-only", refused=True), write(2, 3, "refused"), write(2, 4), write(3, 5))


def test_a_number_waits_from_its_first_refusal_until_it_is_acknowledged() -> None:
    found = seen(*HELD_UP)
    assert found.longest_wait == pytest.approx(2.1)
    assert {number: [try_.begin for try_ in tries] for number, tries in found.held_up.items()} == {2: [2, 3]}
    assert [write.number for write in found.acknowledged] == [1, 2, 3]
    assert seen(write(1, 1)).longest_wait == 0


@pytest.mark.parametrize(("moment", "numbers"), [(1.0, 0), (1.2, 1), (4.0, 1), (4.2, 2), (9.0, 3)])
def test_what_had_been_acknowledged_by_a_moment(moment: float, numbers: int) -> None:
    assert seen(*HELD_UP).before(moment) == numbers


def test_a_read_is_stale_that_misses_what_was_acknowledged_before_its_server_was_started() -> None:
    fresh, late = read(6, 2, started=4.5), read(6, 1, started=4.5)
    assert seen(*HELD_UP, reads=(fresh, late)).stale() == [late]
    assert seen(*HELD_UP, reads=(Read(begin=6, started=4.5, trouble="refused"),)).stale() == []


def test_reads_go_backwards_at_one_pod_or_with_a_gap() -> None:
    reads = (read(6, 3), read(7, 2, pod="db-2"), read(8, 3), read(9, 2), read(10, 3, highest=4), Read(begin=11, trouble="refused"))
    assert seen(reads=reads).backwards() == [reads[3], reads[4]]
    assert seen(reads=reads).failed_reads == [reads[5]]


def test_the_longest_lag_is_that_of_the_number_that_was_missed_for_longest() -> None:
    assert seen(*HELD_UP, reads=(read(1.5, 0), read(5.05, 2))).longest_lag == pytest.approx(0.4)
    assert seen(*HELD_UP, reads=(read(5.05, 2), read(6, 3))).longest_lag == 0


def test_the_table_has_a_line_for_each_thing_that_was_done(tmp_path: Path) -> None:
    reads = (read(6, 3), Read(begin=7, trouble="refused"))
    report.note_database(tmp_path, "all pods deleted at once", 1, seen(*HELD_UP, reads=reads))
    report.note_database(tmp_path, "rolled out, the primary last", 1, seen(*HELD_UP, reads=reads[:1]), 2.5)
    report.note_database(tmp_path, "rolled out, the primary last", 2, seen(write(1, 1), reads=reads), 3.5)
    assert report.database_table(tmp_path).splitlines()[2:] == [
        "| rolled out, the primary last | 2 | 3 | 0 to 1 in a run | 4 | 3.5 s | 2.1 s |",
        "| all pods deleted at once | 1 | 2 | 1 | 3 | never | 2.1 s |",
    ]


def test_a_page_gets_the_table_that_its_marks_name(tmp_path: Path) -> None:
    notes, page = tmp_path / "notes", tmp_path / "page.md"
    report.note_database(notes, "a replica replaced", 1, seen(write(1, 1)))
    page.write_text("before\n<!-- measured database: begin -->\nold\n<!-- measured database: end -->\nafter\n")
    report.publish(notes, page)
    table = report.database_table(notes)
    assert page.read_text() == f"before\n<!-- measured database: begin -->\n{table}<!-- measured database: end -->\nafter\n"
    assert "| a replica replaced | 1 | 0 | 0 | 1 | never | none |" in table
