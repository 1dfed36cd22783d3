# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real requests to real pods, all along: none is lost where none must be, and some are without the safeguard."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functional.cluster import ROOT

from .conftest import MEASURED
from .report import note
from .scene import Scene
from .table import ROWS, Row
from .traffic import LEAST, Seen

TRIES = 3
"""How often a control is tried: it loses requests in at least nine of ten runs, so it is not lucky three times."""
SAFEGUARDS = {"no-pre-stop", "pre-stop-too-short", "no-readiness-probe", "unavailable-takes-all", "recreate-behind-service"}
"""What the preflight must not find where nothing is lost."""
UNMEASURED = {"gate", "status_info", "history_info", "preflight_info", "wait", "versioned_config", "resume", "traffic_split"}
"""Modules that change no pods, that stand in another one's row (`resume`), or that are measured through routers (`test_routed.py`)."""
PROMISES = [row for row in ROWS if row.promise == "zero"]
CONTROLS = [row for row in ROWS if row.promise != "zero"]


def cases(rows: list[Row]) -> list[Any]:
    """One case for each row, with its name and mark."""
    return [pytest.param(row, id=row.name, marks=[pytest.mark.long] * row.long) for row in rows]


def measure(row: Row, stage, nth: int, picture) -> tuple[Scene, Seen]:
    """Do what a row says, and check what holds for every one."""
    scene = stage(row.pods)
    row.before(scene)
    findings = scene.findings() if row.finding or row.before is Row.before else {}
    seen = scene.under_load(row.act, row.mode, looked_at=bool(row.picture) or row.switches)
    picture(row, nth, scene, seen)
    note(MEASURED, row, nth, seen)
    assert len(seen.requests) >= LEAST
    assert seen.last == row.ends, scene.plays[-1].stdout if scene.plays else seen.outcomes
    assert not row.finding or row.finding in findings
    assert row.promise != "zero" or not SAFEGUARDS & set(findings)
    row.check(scene, seen)
    return scene, seen


@pytest.mark.parametrize("row", cases(PROMISES))
def test_no_request_is_lost(row, stage, nth, picture):
    scene, seen = measure(row, stage, nth, picture)
    assert seen.failed == 0, f"{seen.failed} of {len(seen.requests)} requests failed: {seen.outcomes}"
    assert row.never not in seen.versions
    if row.switches:
        old = next(request.version for request in seen.requests if request.ok)
        assert seen.strays(old, row.ends) == 0
        ends = [sample.ms - seen.epoch for sample in scene.samples if sample.terminating and sample.version == old]
        assert not ends or seen.after(old, min(ends)) == 0


@pytest.mark.parametrize("row", cases(CONTROLS))
def test_some_are_lost_without_the_safeguard(row, again, nth, picture):
    assert any(measure(row, stage, nth, picture)[1].failed > 0 for stage in again(TRIES))


def test_every_way_to_change_an_application_is_measured():
    modules = {path.stem for path in (ROOT / "plugins" / "modules").glob("[a-z]*.py")}
    assert modules - UNMEASURED <= {row.strategy for row in ROWS}


def test_each_strategy_and_each_safeguard_is_measured_in_every_run():
    daily = [row for row in ROWS if not row.long]
    assert {row.strategy for row in PROMISES} <= {row.strategy for row in daily}
    assert {row.finding for row in CONTROLS} <= {row.finding for row in daily}
    assert {row.control for row in CONTROLS if not row.long} <= {row.name for row in daily}


def test_each_control_has_a_row_with_the_safeguard():
    assert {row.control for row in CONTROLS} <= {row.name for row in PROMISES}
