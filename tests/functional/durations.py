# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long the functional tests took when they were recorded, so that the longest begin first and none goes on alone at the end.

`./dev exec python -m tests.functional.durations` records the last run of the whole level in durations.json.
"""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ET  # our own pytest wrote what is read here
from pathlib import Path

import pytest

RECORD = Path(__file__).with_name("durations.json")
REPORT = Path(__file__).resolve().parents[1] / "output" / "junit-functional.xml"
SHORT = 3.0
"""Tests below so many seconds are not recorded: their order does not matter."""


def longest_first(items: list[pytest.Item]) -> None:
    """Sort tests by their recorded seconds, the longest first; those that were not recorded keep their order at the end."""
    recorded: dict[str, float] = json.loads(RECORD.read_text())
    items.sort(key=lambda item: -recorded.get(_name(Path(str(item.path)).stem, getattr(item, "originalname", "")), 0.0))


def main() -> int:
    """Write the seconds of the last run's tests: of one with parameters, those of its longest case."""
    seconds: dict[str, float] = {}
    for case in ET.parse(REPORT).getroot().iter("testcase"):  # noqa: S314
        name = _name(case.get("classname", "").rpartition(".")[2], case.get("name", "").partition("[")[0])
        seconds[name] = max(seconds.get(name, 0.0), round(float(case.get("time", 0)), 1))
    kept = {name: took for name, took in sorted(seconds.items()) if took >= SHORT}
    RECORD.write_text(json.dumps(kept, indent=1) + "\n")
    sys.stdout.write(f"{len(kept)} of {len(seconds)} tests take {SHORT:g} s or more: {RECORD}\n")
    return 0


def _name(file: str, test: str) -> str:
    return f"{file}::{test}"


if __name__ == "__main__":
    raise SystemExit(main())
