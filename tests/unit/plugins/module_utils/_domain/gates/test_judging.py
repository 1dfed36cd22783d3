# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdict of one measurement, by a table, and of many, by properties."""

from __future__ import annotations

import math

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.gates.gate import (
    Bounds,
    Gate,
    Http,
    Limits,
    Prometheus,
    Reading,
    Series,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.gates.judging import (
    KEPT,
    Measurement,
    Outcome,
    Standing,
    judged,
    sentence,
)
from hypothesis import given
from hypothesis import strategies as st

PROMETHEUS = Prometheus("http://prometheus", "errors")
SAMPLED = Prometheus("http://prometheus", "errors", samples="requests", least_samples=50)
NAN, INF = math.nan, math.inf
OF_NOTHING = "That says nothing of the version."


def one(value: float | None, **labels: str) -> Series:
    return Series(labels, value)


def gate(bounds: Bounds | None = None, **limits: object) -> Gate:
    return Gate("errors", PROMETHEUS, bounds or MOST, Limits(**limits))  # type: ignore[arg-type]


MOST, LEAST, BOTH = Bounds(most=0.01), Bounds(least=0.99), Bounds(least=1, most=2)
ANY = Bounds(most=1, all_series=False)
TWICE, ABOVE = Bounds(ratio=2), Bounds(difference=0.1)
TABLE: list[tuple[str, Bounds, Reading, Outcome, str]] = [
    ("below the greatest", MOST, Reading((one(0.005),)), "pass", "0.005"),
    ("the greatest itself", MOST, Reading((one(0.01),)), "pass", "0.01"),
    ("above it", MOST, Reading((one(0.21, pod="web-1"),)), "fail", '0.21 is more than 0.01 (pod="web-1")'),
    ("the least itself", LEAST, Reading((one(0.99),)), "pass", "0.99"),
    ("below it", LEAST, Reading((one(0.5),)), "fail", "0.5 is less than 0.99"),
    ("between", BOTH, Reading((one(1.5),)), "pass", "1.5"),
    ("NaN", MOST, Reading((one(NAN),)), "no_data", "the value is no number"),
    ("null", MOST, Reading((one(None),)), "no_data", "the value is no number"),
    ("an empty vector", MOST, Reading(), "no_data", "the answer holds no value"),
    ("infinite", MOST, Reading((one(INF),)), "fail", "inf is more than 0.01"),
    ("infinite and meant", Bounds(least=1), Reading((one(INF),)), "pass", "inf"),
    ("minus infinity", LEAST, Reading((one(-INF),)), "fail", "-inf is less than 0.99"),
    ("one of all fails", MOST, Reading((one(0, pod="a"), one(1, pod="b"))), "fail", '1 is more than 0.01 (pod="b")'),
    ("one of all has no data", MOST, Reading((one(0, pod="a"), one(NAN, pod="b"))), "no_data", 'the value is no number (pod="b")'),
    ("a failure weighs more than no data", MOST, Reading((one(NAN, pod="a"), one(1, pod="b"))), "fail", '1 is more than 0.01 (pod="b")'),
    ("any passes", ANY, Reading((one(5), one(1))), "pass", "1"),
    ("any, and none does", ANY, Reading((one(5), one(6))), "fail", "5 is more than 1"),
    ("any, and one is not known", ANY, Reading((one(5), one(NAN))), "no_data", "the value is no number"),
    ("twice the baseline", TWICE, Reading((one(2),), (one(1),)), "pass", "2"),
    ("more than twice", TWICE, Reading((one(2.1),), (one(1),)), "fail", "2.1 is more than 2 times the baseline's 1"),
    ("a little above", ABOVE, Reading((one(0.1),), (one(0),)), "pass", "0.1"),
    ("too far above", ABOVE, Reading((one(0.2),), (one(0),)), "fail", "0.2 is more than 0.1 above the baseline's 0"),
    ("no baseline", TWICE, Reading((one(1),)), "no_data", "the baseline has no value"),
    ("a baseline of NaN", TWICE, Reading((one(1),), (one(NAN),)), "no_data", "the baseline has no value"),
    ("an infinite baseline", TWICE, Reading((one(1),), (one(INF),)), "no_data", "the baseline has no value"),
    ("a baseline without value", TWICE, Reading((one(1),), (one(None),)), "no_data", "the baseline has no value"),
    (
        "of several baselines that with the same labels",
        TWICE,
        Reading((one(3, zone="b"),), (one(1, zone="a"), one(2, zone="b"))),
        "pass",
        '3 (zone="b")',
    ),
    (
        "none has the same labels",
        TWICE,
        Reading((one(3, zone="c"),), (one(1, zone="a"), one(2, zone="b"))),
        "no_data",
        'the baseline has no value (zone="c")',
    ),
    ("bounds besides the baseline", Bounds(most=5, ratio=2), Reading((one(6),), (one(9),)), "fail", "6 is more than 5"),
    ("not asked", MOST, Reading(trouble="it is down"), "error", "it is down"),
    ("a source that judges, well", MOST, Reading(passed=True, said="status 200"), "pass", "status 200"),
    ("a source that judges, badly", MOST, Reading(passed=False, said="status 500"), "fail", "status 500"),
    ("a number without a bound", Bounds(), Reading((one(1),)), "error", "the value is a number, and no bound is given for it"),
]


@pytest.mark.parametrize(("bounds", "reading", "outcome", "said"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_each_answer_has_its_verdict_and_says_why(bounds: Bounds, reading: Reading, outcome: Outcome, said: str) -> None:
    found = judged(gate(bounds), reading, 3.0)
    assert (found.outcome, found.said, found.at) == (outcome, said, 3.0)


@pytest.mark.parametrize(
    ("samples", "outcome", "said"),
    [
        (50, "pass", "0"),
        (49, "no_data", "min_samples.query gave 49, and the value needs at least 50"),
        (None, "no_data", "min_samples.query gave no data, and the value needs at least 50"),
    ],
)
def test_a_value_that_stands_on_too_little_traffic_is_no_data(samples: float | None, outcome: Outcome, said: str) -> None:
    found = judged(Gate("errors", SAMPLED, MOST), Reading((one(0),), samples=samples), 0.0)
    assert (found.outcome, found.said) == (outcome, said)


def standing(its: Gate, *outcomes: Outcome) -> Standing:
    found = Standing()
    for number, outcome in enumerate(outcomes):
        found = found.after(its, Measurement(float(number), outcome, outcome))
    return found


@pytest.mark.parametrize(
    ("limits", "outcomes", "over", "verdict"),
    [
        ({}, ["pass"], True, "pass"),
        ({}, ["pass"], False, None),
        ({}, ["fail"], False, "fail"),
        ({"failures": 1}, ["fail", "pass"], True, "pass"),
        ({"failures": 1}, ["fail", "fail"], False, "fail"),
        ({"errors": 1}, ["error", "error"], False, "inconclusive"),
        ({"errors": 1}, ["error", "pass", "error"], True, "pass"),
        ({}, ["error"], True, "inconclusive"),
        ({}, [], True, "inconclusive"),
        ({"inconclusive": 1}, ["no_data", "no_data"], False, "inconclusive"),
        ({"no_data": "fail"}, ["no_data"], False, "fail"),
        ({"no_data": "ignore", "inconclusive": 0}, ["no_data", "no_data"], False, None),
        ({"no_data": "ignore"}, ["no_data", "no_data"], True, "inconclusive"),
        ({"no_data": "ignore"}, ["no_data", "pass"], True, "pass"),
        ({"least": 2}, ["pass", "no_data"], True, "inconclusive"),
        ({"least": 0}, ["no_data"], True, "inconclusive"),
    ],
)
def test_the_verdict_of_all(limits: dict[str, object], outcomes: list[Outcome], over: bool, verdict: str | None) -> None:
    its = gate(**limits)
    assert standing(its, *outcomes).verdict(its, over=over) == verdict


OUTCOMES = st.lists(st.sampled_from(["pass", "fail", "no_data", "error"]), max_size=40)
GATES = st.builds(
    lambda failures, errors, inconclusive, least, no_data, count: gate(
        failures=failures, errors=errors, inconclusive=inconclusive, least=least, no_data=no_data, count=count
    ),
    *(st.integers(0, 4) for _number in range(4)),
    st.sampled_from(["inconclusive", "fail", "ignore"]),
    st.integers(1, 6),
)


@given(GATES, OUTCOMES)
def test_there_is_no_pass_without_enough_that_passed_nor_with_more_failures_than_may_be(its: Gate, outcomes: list[Outcome]) -> None:
    found = standing(its, *outcomes)
    assert found.total == len(outcomes)
    assert len(found.last) == min(KEPT, len(outcomes))
    if found.verdict(its, over=True) == "pass":
        assert found.passed >= max(1, its.limits.least)
        assert outcomes.count("fail") <= its.limits.failures
    if outcomes.count("fail") > its.limits.failures:
        assert found.verdict(its, over=False) == "fail"


@given(GATES, st.lists(st.sampled_from(["pass", "fail", "no_data", "error"]), min_size=200, max_size=200))
def test_each_gate_comes_to_an_end(its: Gate, outcomes: list[Outcome]) -> None:
    found = Standing()
    for number, outcome in enumerate(outcomes, start=1):
        found = found.after(its, Measurement(0.0, outcome, ""))
        if found.verdict(its, over=found.is_counted_out(its)) is not None:
            assert number <= its.limits.count * (its.limits.errors + 1) + its.limits.errors
            return
    raise AssertionError("it never ended")


@pytest.mark.parametrize(
    ("its", "outcomes", "words"),
    [
        (gate(), ["pass"], "Gate errors passes: pass; measured 1 time in 20 s."),
        (gate(), ["fail"], "Gate errors fails: fail; measured 1 time in 20 s."),
        (gate(failures=1), ["fail", "fail"], "Gate errors fails: fail; measured 2 times in 20 s, 2 failed (1 may)."),
        (
            gate(),
            ["error"],
            f"Gate errors is inconclusive: error; measured 1 time in 20 s, 0 passed of the 1 that are needed. {OF_NOTHING}",
        ),
        (
            gate(),
            [],
            f"Gate errors is inconclusive: nothing was measured; measured 0 times in 20 s, 0 passed of the 1 that are needed. {OF_NOTHING}",
        ),
        (
            gate(inconclusive=0),
            ["pass", "no_data"],
            f"Gate errors is inconclusive: no_data; measured 2 times in 20 s. {OF_NOTHING}",
        ),
    ],
)
def test_the_sentence_says_value_how_often_and_how_long(its: Gate, outcomes: list[Outcome], words: str) -> None:
    found = standing(its, *outcomes)
    verdict = found.verdict(its, over=True)
    assert verdict is not None
    assert sentence(its, found, verdict, 20.0) == words


def test_the_sentence_of_a_failure_says_what_was_asked_and_whether_it_counts() -> None:
    its = Gate("errors", Http("http://web"), Bounds(), dry_run=True)
    found = Standing().after(its, judged(its, Reading(passed=False, said="the answer has status 500", query="GET http://web"), 0.0))
    words = (
        "Gate errors fails: the answer has status 500; the query was GET http://web; measured 1 time in 0 s, a dry run that does not count."
    )
    assert sentence(its, found, "fail", 0.0) == words
