# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was measured, kept by scenario and run, and the tables of it: of requests to a web server, and of a database."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from . import rows
from .table import ROWS, Row
from .traffic import Seen

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
DATABASE = ("rolled out, the primary last", "a replica replaced", "all pods deleted at once")
"""What is done to the database, in the order of the table."""


def note(folder: Path, row: Row, number: int, seen: Seen) -> None:
    """Keep what one run has seen."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = {"row": row.name, "run": number, "requests": len(seen.requests), "failed": seen.failed}
    kept |= {"stale": seen.stale, "gap": seen.gap, "outcomes": seen.outcomes}
    (folder / f"{ROWS.index(row):02}-{number:03}.json").write_text(json.dumps(kept))


def measured(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Return all runs by their rows' names."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(folder.glob("*.json")):
        run = json.loads(path.read_text())
        found.setdefault(run["row"], []).append(run)
    return found


def table(folder: Path, former: Mapping[str, str] | None = None) -> str:
    """Return what was measured as a Markdown table: the promises, then the controls; `former`: the lines of rows that were not measured."""
    runs = measured(folder)
    found = {**(former or {}), **{row.name: line(row, runs[row.name]) for row in ROWS if row.name in runs}}
    lines = ["| what is done | runs | requests | failed | longest gap |", "|---|---|---|---|---|"]
    lines += [found[row.name] for row in ROWS if row.promise == "zero" and row.name in found]
    lines += [
        "",
        "| without the safeguard | what the preflight says before | runs | requests | failed | longest gap |",
        "|---|---|---|---|---|---|",
    ]
    lines += [found[row.name] for row in ROWS if row.promise != "zero" and row.name in found]
    return "\n".join(lines) + "\n"


def line(row: Row, runs: Sequence[dict[str, Any]]) -> str:
    """Return the line of one row: all requests, the failures of the worst and the best run, the longest gap of all."""
    failures = sorted(int(run["failed"]) for run in runs)
    failed = str(failures[0]) if failures[0] == failures[-1] else f"{failures[0]} to {failures[-1]} in a run"
    if stale := sum(run["stale"] for run in runs):
        failed += f" ({stale} repeated)"
    cells = [row.name]
    if row.promise != "zero":
        cells.append(f"`{row.finding}`" if row.finding else "")
    cells += [str(len(runs)), f"{sum(run['requests'] for run in runs):,}", failed, f"{max(run['gap'] for run in runs):.1f} s"]
    return f"| {' | '.join(cells)} |"


def note_database(folder: Path, what: str, number: int, seen: rows.Seen, window: float = 0) -> None:
    """Keep what one run with a database has seen; `window`: for how many seconds it was read-only, 0 if it never was."""
    target = folder / "database"
    target.mkdir(parents=True, exist_ok=True)
    kept = {"row": what, "run": number, "reads": len(seen.reads), "failed": len(seen.failed_reads), "lag": seen.longest_lag}
    kept |= {"written": len(seen.acknowledged), "wait": seen.longest_wait, "window": window}
    (target / f"{DATABASE.index(what):02}-{number:03}.json").write_text(json.dumps(kept))


def database_table(folder: Path, former: Mapping[str, str] | None = None) -> str:
    """Return what was measured of the database as a Markdown table; `former`: the lines of what was not measured."""
    lines = [
        "| what is done | runs | reads | failed | rows written | read-only | longest wait of a write |",
        "|---|---|---|---|---|---|---|",
    ]
    found = {**(former or {}), **{name: database_line(name, runs) for name, runs in measured(folder / "database").items()}}
    lines += [found[name] for name in DATABASE if name in found]
    return "\n".join(lines) + "\n"


def database_line(name: str, runs: Sequence[dict[str, Any]]) -> str:
    """Return the line of what was done to the database: the sums, the failures of the best and the worst run, the longest times."""
    failures = sorted(int(run["failed"]) for run in runs)
    failed = str(failures[0]) if failures[0] == failures[-1] else f"{failures[0]} to {failures[-1]} in a run"
    window, wait = (max(run[key] for run in runs) for key in ("window", "wait"))
    cells = [name, str(len(runs)), f"{sum(run['reads'] for run in runs):,}", failed, f"{sum(run['written'] for run in runs):,}"]
    cells += [f"{window:.1f} s" if window else "never", f"{wait:.1f} s" if wait else "none"]
    return f"| {' | '.join(cells)} |"


TABLES: Mapping[str, Callable[[Path, Mapping[str, str]], str]] = {"measured": table, "measured database": database_table}
"""What makes the table between a page's marks, by their name."""


def publish(folder: Path, page: Path) -> None:
    """Put the tables into a page, between their marks; lines of what was not measured now stay."""
    text = page.read_text()
    for name, made in TABLES.items():
        begin, end = BEGIN.replace("measured", name), END.replace("measured", name)
        if begin in text:
            before, rest = text.split(begin, 1)
            former, after = rest.split(end, 1)
            text = f"{before}{begin}\n{made(folder, by_name(former))}{end}{after}"
    page.write_text(text)


def by_name(text: str) -> dict[str, str]:
    """Return the lines of a table by what stands in their first cells."""
    return {line.split("|")[1].strip(): line for line in text.splitlines() if line.startswith("| ")}


if __name__ == "__main__":
    for show in TABLES.values():
        print(show(Path(sys.argv[1]), {}))
    for wanted in sys.argv[2:]:
        publish(Path(sys.argv[1]), Path(wanted))
