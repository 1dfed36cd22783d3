# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What test levels report, and how it is summed up."""

from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ET  # our own pytest wrote what is read here
from collections.abc import Sequence
from pathlib import Path

from .shell import say


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
    """How many checks of a level passed and failed."""

    level: str
    passed: int
    failed: int
    seconds: float = 0.0
    note: str = ""


def single(level: str, name: str, *, passed: bool) -> Outcome:
    """Return the outcome of one check."""
    return Outcome(level=level, passed=int(passed), failed=int(not passed), note="" if passed else name)


def from_junit(level: str, path: Path, code: int) -> Outcome:
    """Return what pytest counted; a run that failed without a failing test counts as one failure."""
    try:
        root = ET.parse(path).getroot()  # noqa: S314
    except (OSError, ET.ParseError):
        return Outcome(level=level, passed=0, failed=1, note="pytest did not finish")
    suites = list(root.iter("testsuite"))
    total, failed, skipped = (sum(int(suite.get(key, 0)) for suite in suites) for key in ("tests", "failures", "skipped"))
    failed += sum(int(suite.get("errors", 0)) for suite in suites)
    names = [case.get("name", "") for case in root.iter("testcase") if case.find("failure") is not None]
    note = ", ".join(names[:3])
    if code and not failed:
        failed, note = 1, "no test ran" if code == 5 else f"pytest ended with {code}"
    note += f" ({skipped} skipped)" if skipped else ""
    return Outcome(level=level, passed=max(total - failed - skipped, 0), failed=failed, note=note)


def merged(level: str, outcomes: Sequence[Outcome], seconds: float) -> Outcome:
    """Return one outcome for a level's parts."""
    note = "; ".join(outcome.note for outcome in outcomes if outcome.note)
    passed, failed = sum(outcome.passed for outcome in outcomes), sum(outcome.failed for outcome in outcomes)
    return Outcome(level=level, passed=passed, failed=failed, seconds=seconds, note=note)


def summary(outcomes: Sequence[Outcome]) -> int:
    """Print the table and the one line; return the exit code."""
    say("")
    say(f"{'level':12}{'passed':>8}{'failed':>8}{'seconds':>9}")
    for outcome in outcomes:
        say(f"{outcome.level:12}{outcome.passed:8}{outcome.failed:8}{outcome.seconds:9.0f}  {outcome.note}".rstrip())
    passed, failed = sum(outcome.passed for outcome in outcomes), sum(outcome.failed for outcome in outcomes)
    say(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0
