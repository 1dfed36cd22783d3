# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The benchmark's numbers and tables."""

from __future__ import annotations

import json

import pytest

from tests.bench.figures import Figure, Measure, Subject, markdown, number, plain, ratios, table

FAST = Figure(name="loop / task", unit="times", values=(25.0, 19.0, 22.0), goal=20, sense="at least")
SLOW = Figure(name="task / kubectl", unit="", values=(1.5, 1.2, 1.4), goal=1.3)
MEASURE = Measure(
    title="Twenty",
    figures=(FAST, SLOW),
    subjects=(Subject(name="task", values=(4.0, 5.0, 4.5)), Subject(name="kubectl", values=(3.0, 3.1, 3.2))),
    details={"note": "three rounds"},
)


def test_goals_are_compared_with_the_median():
    assert (FAST.median, FAST.reached) == (22.0, True)
    assert (SLOW.median, SLOW.reached) == (1.4, False)


@pytest.mark.parametrize(("sense", "reached"), [("at most", True), ("at least", True)])
def test_a_goal_that_is_met_exactly_is_reached(sense, reached):
    assert Figure(name="", unit="", values=(2.0,), goal=2.0, sense=sense).reached is reached


def test_a_part_of_the_goal_is_less_than_one_where_it_is_reached_in_either_sense():
    assert FAST.relative == pytest.approx((20 / 25, 20 / 22, 20 / 19))
    assert SLOW.relative == pytest.approx((1.2 / 1.3, 1.4 / 1.3, 1.5 / 1.3))


def test_ratios_compare_within_a_round():
    assert ratios((2.0, 9.0), (1.0, 3.0)) == (2.0, 3.0)
    with pytest.raises(ValueError, match="zip"):
        ratios((1.0,), (1.0, 2.0))


@pytest.mark.parametrize(("value", "shown"), [(0.0512, "0.051"), (1.234, "1.23"), (12.34, "12.3"), (123.4, "123"), (-0.5, "-0.500")])
def test_numbers_have_three_digits(value, shown):
    assert number(value) == shown


def test_the_table_shows_median_range_goal_and_whether_it_was_reached():
    lines = table([MEASURE]).splitlines()
    assert [line.split() for line in lines[2:4]] == [
        ["loop", "/", "task", "22.0", "times", "19.0", "to", "25.0", "at", "least", "20", "times", "yes"],
        ["task", "/", "kubectl", "1.40", "1.20", "to", "1.50", "at", "most", "1.3", "no"],
    ]
    assert "  task     4.50 s  (4.00 to 5.00)" in lines
    assert "  note: three rounds" in lines


def test_the_table_in_markdown():
    assert markdown([MEASURE]).splitlines()[-1] == "| task / kubectl | 1.40 | 1.20 to 1.50 | at most 1.3 | no |"


def test_plain_data_is_json():
    found = json.loads(json.dumps(plain({"fleet": MEASURE})))
    assert found["fleet"]["figures"][1]["reached"] is False
    assert found["fleet"]["subjects"][0]["median"] == 4.5
