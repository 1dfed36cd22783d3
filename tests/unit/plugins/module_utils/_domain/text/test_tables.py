# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans as tables."""

from __future__ import annotations

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.text.tables import Row, lines_of


def test_columns_are_aligned_and_a_step_is_named_once() -> None:
    rows = (
        Row("prepare", "pause web", "running", "paused"),
        Row("prepare", "create web-green", "0 replicas", "3 replicas"),
        Row("switch", "point Service web", after="colour=green"),
    )
    assert lines_of(rows) == (
        "STEP     WHAT               BEFORE      AFTER",
        "prepare  pause web          running     paused",
        "         create web-green   0 replicas  3 replicas",
        "switch   point Service web              colour=green",
    )


def test_an_empty_plan_has_a_head() -> None:
    assert lines_of(()) == ("STEP  WHAT  BEFORE  AFTER",)
