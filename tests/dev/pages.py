# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All that is made from something else: ./dev docs writes it, and with --check says what differs from what it would write."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.mutations import page as mutations

from . import results, rights, roles, rules, surveys
from .paths import ROOT

MAKERS: tuple[Callable[[], dict[Path, str]], ...] = (
    results.pages,
    roles.pages,
    rights.pages,
    surveys.pages,
    rules.pages,
    mutations.pages,
)
"""Each says which files it makes, and the whole text of each. Later ones see what earlier ones have written."""
_MOST = 20
"""Lines of a difference that are shown."""


def main(arguments: Sequence[str]) -> int:
    """Write all files, or say which of them somebody has changed by hand."""
    parser = argparse.ArgumentParser(prog="dev docs")
    parser.add_argument("--check", action="store_true")
    if not parser.parse_args(arguments).check:
        for maker in MAKERS:
            write(maker())
        return 0
    found = [line for maker in MAKERS for path, wanted in maker().items() for line in different(path, wanted)]
    sys.stdout.writelines(f"{line}\n" for line in found)
    return bool(found)


def write(wanted: dict[Path, str]) -> None:
    """Write what is not so already."""
    for path, text in wanted.items():
        if not path.exists() or path.read_text("utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def different(path: Path, wanted: str) -> Iterator[str]:
    """A sentence about a file that is not as it is made, and where it is not; nothing when it is."""
    there = path.read_text("utf-8") if path.exists() else ""
    if there == wanted:
        return
    name = path.relative_to(ROOT)
    yield f"{name} is not what ./dev docs writes. Change what it is made from, not the file; then run ./dev docs."
    lines = list(
        difflib.unified_diff(there.splitlines(), wanted.splitlines(), f"{name}, as it is", f"{name}, as it is made", lineterm="", n=1)
    )
    yield from lines[:_MOST]
    if len(lines) > _MOST:
        yield f"... and {len(lines) - _MOST} lines more"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
