# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a rollout as a table: what each step writes, with replicas and selectors before and after."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of the plan: one object in one step."""

    step: str
    does: str
    """What is written or waited for, in words."""
    before: str = ""
    """The replicas or the selector that it has now."""
    after: str = ""


_HEAD = Row("STEP", "WHAT", "BEFORE", "AFTER")


def lines_of(rows: Iterable[Row]) -> tuple[str, ...]:
    """The table as lines of text, its columns aligned, a step named once."""
    cells: list[Sequence[str]] = []
    last = ""
    for row in (_HEAD, *rows):
        cells.append((row.step if row.step != last else "", row.does, row.before, row.after))
        last = row.step
    widths = [max(len(line[index]) for line in cells) for index in range(4)]
    return tuple("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells)
