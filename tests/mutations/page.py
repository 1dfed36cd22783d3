# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of mutations in tests/README.md: ./dev docs writes it."""

from __future__ import annotations

from pathlib import Path

from .table import rows

PAGE = Path(__file__).resolve().parent.parent / "README.md"


def parts(page: str) -> tuple[str, str]:
    """What stands before the table, and the table, which is the end of the page."""
    head = next(iter(rows()))
    before, found, table = page.partition(f"{head}\n")
    if not found:
        raise ValueError(f"{PAGE} has no table that begins with: {head}")
    return before, found + table


def wanted() -> str:
    """The table as it must be."""
    return "".join(f"{row}\n" for row in rows())


def pages() -> dict[Path, str]:
    """The page with its table, for ./dev docs."""
    before, _table = parts(PAGE.read_text("utf-8"))
    return {PAGE: before + wanted()}
