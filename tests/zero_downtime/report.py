# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was measured, kept by scenario and run, and the table of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .table import ROWS, Row
from .traffic import Seen

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


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


def table(folder: Path) -> str:
    """Return what was measured as a Markdown table: the promises, then the controls."""
    runs = measured(folder)
    lines = ["| what is done | runs | requests | failed | longest gap |", "|---|---|---|---|---|"]
    lines += [line(row, runs[row.name]) for row in ROWS if row.promise == "zero" and row.name in runs]
    lines += [
        "",
        "| without the safeguard | what the preflight says before | runs | requests | failed | longest gap |",
        "|---|---|---|---|---|---|",
    ]
    lines += [line(row, runs[row.name]) for row in ROWS if row.promise != "zero" and row.name in runs]
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


def publish(folder: Path, page: Path) -> None:
    """Put the table into a page, between its marks."""
    text = page.read_text()
    before, rest = text.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    page.write_text(f"{before}{BEGIN}\n{table(folder)}{END}{after}")


if __name__ == "__main__":
    print(table(Path(sys.argv[1])))
    for wanted in sys.argv[2:]:
        publish(Path(sys.argv[1]), Path(wanted))
