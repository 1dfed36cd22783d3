# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of what was measured, from the notes of the single runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.zero_downtime import report
from tests.zero_downtime.table import ROWS
from tests.zero_downtime.traffic import Request, Seen


def seen(requests: int, failed: int, stale: int = 0, gap: float = 0.0) -> Seen:
    """What a run has seen, by its counts."""
    totals = {"failed": failed + stale, "outcomes": {"ok": requests - failed - stale, "stale": stale, "refused": failed}, "others": {}}
    one = Request(begin=0, end=1, outcome="ok", version="v1", pod="web-1")
    return Seen(totals={**totals, "longest_gap_ms": gap * 1000}, requests=(one,) * requests)


def row(name: str):
    return next(row for row in ROWS if row.name == name)


def test_promises_and_controls_stand_in_tables_of_their_own(tmp_path: Path) -> None:
    report.note(tmp_path, row("rolling, kept connections"), 1, seen(2000, 0, stale=2, gap=0.14))
    report.note(tmp_path, row("rolling, kept connections"), 2, seen(2500, 0, gap=0.21))
    report.note(tmp_path, row("rolling without preStop"), 1, seen(2100, 12, gap=1.5))
    report.note(tmp_path, row("rolling without preStop"), 2, seen(2100, 30, gap=1.0))
    lines = report.table(tmp_path).splitlines()
    assert "| rolling, kept connections | 2 | 4,500 | 0 (2 repeated) | 0.2 s |" in lines
    assert "| rolling without preStop | `no-pre-stop` | 2 | 4,200 | 12 to 30 in a run | 1.5 s |" in lines
    assert lines.index("") < lines.index("| rolling without preStop | `no-pre-stop` | 2 | 4,200 | 12 to 30 in a run | 1.5 s |")


def test_the_failures_of_a_run_are_named_and_what_clients_repeat_is_none() -> None:
    assert (seen(10, 3, stale=2).failed, seen(10, 3, stale=2).outcomes) == (3, "2 stale, 3 refused")


def test_a_page_gets_the_table_between_its_marks_and_keeps_the_rest(tmp_path: Path) -> None:
    notes, page = tmp_path / "notes", tmp_path / "page.md"
    report.note(notes, row("rolling"), 1, seen(2000, 0))
    page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    report.publish(notes, page)
    assert page.read_text() == f"before\n{report.BEGIN}\n{report.table(notes)}{report.END}\nafter\n"
    report.publish(notes, page)
    assert page.read_text().count("| rolling | 1 |") == 1


def test_lines_of_what_was_not_measured_stay_where_they_belong(tmp_path: Path) -> None:
    former, notes, page = tmp_path / "former", tmp_path / "notes", tmp_path / "page.md"
    for name in ("rolling", "undo", "rolling without preStop"):
        report.note(former, row(name), 1, seen(2000, 0))
    page.write_text(f"{report.BEGIN}\n{report.table(former)}{report.END}\n")
    report.note(notes, row("undo"), 1, seen(2345, 0))
    report.note(notes, row("partition"), 1, seen(2222, 0))
    report.publish(notes, page)
    names = [line.split("|")[1].strip() for line in page.read_text().splitlines() if line.startswith("| ") and "| runs |" not in line]
    assert names == ["rolling", "partition", "undo", "rolling without preStop"]
    assert "| undo | 1 | 2,345 | 0 | 0.0 s |" in page.read_text()


@pytest.mark.parametrize(("gone", "strays"), [(30.0, 0), (20.5, 1)])
def test_strays_are_requests_of_the_old_version_that_begin_after_an_answer_of_the_new_one(gone: float, strays: int) -> None:
    asked = [(0.0, 5.0, "v1"), (10.0, 20.0, "v2"), (12.0, gone, "v1"), (20.5 if strays else 19.5, 25.0, "v1"), (40.0, 41.0, "v2")]
    requests = tuple(Request(begin=begin, end=end, outcome="ok", version=version, pod="") for begin, end, version in asked)
    found = Seen(totals=json.loads("{}"), requests=requests)
    assert found.strays("v1", "v2") == strays
    assert found.after("v1", 11.0) == 2
    assert found.last == "v2"
