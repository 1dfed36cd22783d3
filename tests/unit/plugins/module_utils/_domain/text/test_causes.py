# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Change causes: true of what runs, by whom, and short however often a revision comes back."""

from __future__ import annotations

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.text.causes import reason_of, restart_cause, signed, undo_cause
from hypothesis import example, given
from hypothesis import strategies as st

PARTS = st.sampled_from(
    [
        "release 2.0",
        "undo to revision 3",
        "restart",
        "restart for ",
        "a:b",
        ": ",
        " ",
        "[by alice]",
        " [by bob, job 4]",
        "[",
        "]",
        "\n",
        "é",
    ]
)
TEXTS = st.text(max_size=12) | st.lists(PARTS, max_size=5).map("".join)
NUMBERS = st.integers(min_value=0, max_value=10**6)


@pytest.mark.parametrize(
    ("why", "by", "expected"),
    [
        pytest.param("release 2.0", "", "release 2.0", id="nobody is named"),
        pytest.param("release 2.0", "alice, job 42", "release 2.0 [by alice, job 42]", id="signed"),
        pytest.param("release 2.0 [by bob]", "alice", "release 2.0 [by bob]", id="signed already"),
        pytest.param("[by bob]", "alice", "[by bob]", id="nothing but a signature"),
        pytest.param("release [2.0]", "alice", "release [2.0] [by alice]", id="brackets of another sort"),
        pytest.param("release 2.0", " [alice]\n job 42\t", "release 2.0 [by alice job 42]", id="brackets and lines go"),
        pytest.param("release 2.0", "[ ]", "release 2.0", id="nothing is left of the name"),
    ],
)
def test_a_cause_says_who_asked(why: str, by: str, expected: str) -> None:
    assert signed(why, by) == expected


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        pytest.param("release 2.0", "release 2.0", id="plain"),
        pytest.param("release 2.0 [by alice]", "release 2.0", id="signed"),
        pytest.param("undo to revision 2: release 2.0 [by alice]", "release 2.0", id="undone"),
        pytest.param("undo to revision 4: undo to revision 2: release 2.0", "release 2.0", id="undone twice, by an older version"),
        pytest.param("undo to revision 2", "", id="undone, without a reason"),
        pytest.param("restart for 2026-11-21: release 2.0", "release 2.0", id="restarted for a key"),
        pytest.param("restart: undo to revision 2: release 2.0", "release 2.0", id="restarted after an undo"),
        pytest.param("restart", "", id="restarted, without a reason"),
        pytest.param("restart the caches", "restart the caches", id="a person's own words"),
        pytest.param("undo to revision 2x", "undo to revision 2x", id="no number"),
        pytest.param("[by alice]", "", id="a signature of nothing"),
        pytest.param("", "", id="none"),
    ],
)
def test_the_reason_is_found_again(cause: str, reason: str) -> None:
    assert reason_of(cause) == reason


def test_the_causes_of_undo_and_restart() -> None:
    assert undo_cause(2, "release 2.0 [by alice]") == "undo to revision 2: release 2.0"
    assert undo_cause(2, "") == "undo to revision 2"
    assert restart_cause("CHG:12", "release 2.0") == "restart for CHG 12: release 2.0"
    assert restart_cause("", "release 2.0") == "restart: release 2.0"
    assert restart_cause("", "") == "restart"


@given(number=NUMBERS, cause=TEXTS, by=TEXTS)
@example(number=1, cause="[by alice]", by="")
def test_an_undo_keeps_the_reason_of_what_it_brings_back(number: int, cause: str, by: str) -> None:
    assert reason_of(signed(undo_cause(number, cause), by)) == reason_of(cause)


@given(key=TEXTS.map(str.strip), cause=TEXTS, by=TEXTS)
def test_a_restart_keeps_the_reason_of_what_it_starts_anew(key: str, cause: str, by: str) -> None:
    assert reason_of(signed(restart_cause(key, cause), by)) == reason_of(cause)


@given(cause=TEXTS, by=TEXTS)
def test_a_signature_changes_no_reason_and_is_not_doubled(cause: str, by: str) -> None:
    once = signed(cause, by)
    assert reason_of(once) == reason_of(cause)
    assert signed(once, by) == once
    assert reason_of(reason_of(cause)) == reason_of(cause)
