# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bounds of rolling updates: rounding of each kind, and what is refused."""

from __future__ import annotations

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.kinds import named
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.replicas import (
    Amount,
    Bounds,
    amount,
    check_limits,
    resolve,
)
from hypothesis import given
from hypothesis import strategies as st

KINDS = ("Deployment", "DaemonSet", "StatefulSet")


@pytest.mark.parametrize(
    ("given_value", "expected", "spelled"),
    [
        (3, Amount(3), 3),
        ("3", Amount(3), 3),
        (0, Amount(0), 0),
        ("25%", Amount(25, percent=True), "25%"),
        (" 25% ", Amount(25, percent=True), "25%"),
        ("0%", Amount(0, percent=True), "0%"),
        (2**31 - 1, Amount(2**31 - 1), 2**31 - 1),
    ],
)
def test_an_amount_is_a_count_or_a_percentage(given_value: int | str, expected: Amount, spelled: int | str) -> None:
    found = amount(given_value, option="max_surge")
    assert found == expected
    assert found.spelled == spelled
    assert str(found) == str(spelled)


@pytest.mark.parametrize("value", [-1, "-1", "25.5%", "%", "", "many", "1 %", "3%%", True, 2**31, "٣"])
def test_anything_else_is_refused_in_one_sentence(value: int | str) -> None:
    with pytest.raises(InputError, match=r"^max_surge is .*, which is neither a count of pods such as 3 nor a percentage such as 25%\.$"):
        amount(value, option="max_surge")


@pytest.mark.parametrize(
    ("kind", "desired", "surge", "unavailable", "expected"),
    [
        pytest.param("Deployment", 3, None, None, Bounds(1, 0, 3), id="defaults: surge rounds up, unavailable down"),
        pytest.param("Deployment", 10, "25%", "25%", Bounds(3, 2, 8), id="25% of 10"),
        pytest.param("Deployment", 3, 0, 1, Bounds(0, 1, 2), id="counts"),
        pytest.param("Deployment", 3, "150%", 0, Bounds(5, 0, 3), id="surge above 100%"),
        pytest.param("Deployment", 3, 0, 9, Bounds(0, 3, 0), id="no more than all"),
        pytest.param("Deployment", 0, None, None, Bounds(0, 0, 0), id="no pods"),
        pytest.param("DaemonSet", 5, None, None, Bounds(0, 1, 4), id="DaemonSet: defaults"),
        pytest.param("DaemonSet", 5, None, "30%", Bounds(0, 2, 3), id="DaemonSet: unavailable rounds up"),
        pytest.param("DaemonSet", 5, "30%", 0, Bounds(2, 0, 5), id="DaemonSet: surge rounds up"),
        pytest.param("StatefulSet", 5, None, None, Bounds(0, 1, 4), id="StatefulSet: default"),
        pytest.param("StatefulSet", 5, None, "50%", Bounds(0, 2, 3), id="StatefulSet: unavailable rounds down"),
    ],
)
def test_each_kind_rounds_in_its_own_way(
    kind: str, desired: int, surge: int | str | None, unavailable: int | str | None, expected: Bounds
) -> None:
    assert resolve(named(kind), desired, surge=surge, unavailable=unavailable) == expected


@pytest.mark.parametrize(
    ("kind", "desired", "surge", "pods"),
    [("Deployment", 3, 0, "3 pods"), ("Deployment", 1, "0%", "1 pod"), ("StatefulSet", 3, None, "3 pods")],
)
def test_a_percentage_that_rounds_to_nothing_is_one_with_a_warning(kind: str, desired: int, surge: int | str | None, pods: str) -> None:
    found = resolve(named(kind), desired, surge=surge, unavailable="10%")
    assert found.unavailable == 1
    assert found.warning == f"max_unavailable 10% of {pods} rounds to 0 and nothing may be added: Kubernetes takes 1 away at a time"


@pytest.mark.parametrize(
    ("kind", "surge", "unavailable", "sentence"),
    [
        ("Deployment", 0, 0, "both 0"),
        ("Deployment", "0%", "0", "both 0"),
        ("DaemonSet", 0, "0%", "both 0"),
        ("DaemonSet", 1, 1, "both above 0"),
        ("DaemonSet", 1, None, "both above 0"),
        ("StatefulSet", None, 0, "set at least 1"),
        ("StatefulSet", 0, 1, "does not exist for a StatefulSet"),
        ("Deployment", 1, "101%", "max_unavailable is 101%, which is more than 100%"),
        ("DaemonSet", "101%", 0, "max_surge is 101%, which is more than 100%"),
    ],
)
def test_what_the_server_would_refuse_is_refused_before(
    kind: str, surge: int | str | None, unavailable: int | str | None, sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        resolve(named(kind), 3, surge=surge, unavailable=unavailable)


@pytest.mark.parametrize(("surge", "unavailable"), [(None, None), (0, None), (None, "0%"), (1, 0), (0, "10%"), (2, 2)])
def test_limits_of_an_unknown_kind_may_be_right(surge: int | str | None, unavailable: int | str | None) -> None:
    check_limits(surge=surge, unavailable=unavailable)


@pytest.mark.parametrize(
    ("surge", "unavailable", "sentence"),
    [(0, 0, "both 0"), ("0%", "0", "both 0"), ("x", None, "max_surge is 'x'"), (None, -1, "max_unavailable is -1")],
)
def test_limits_that_are_wrong_for_every_kind_are_refused(surge: int | str | None, unavailable: int | str | None, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        check_limits(surge=surge, unavailable=unavailable)


SPELLED = st.integers(0, 20).map(str) | st.integers(0, 100).map(lambda value: f"{value}%")


@given(st.sampled_from(KINDS), st.integers(0, 50), SPELLED, SPELLED)
def test_something_can_always_move_and_never_more_than_there_is(kind: str, desired: int, surge: str, unavailable: str) -> None:
    try:
        found = resolve(named(kind), desired, surge=None if kind == "StatefulSet" else surge, unavailable=unavailable)
    except InputError:
        return
    assert desired == 0 or found.surge + found.unavailable > 0
    assert 0 <= found.min_available == desired - found.unavailable


@given(st.integers(0, 10**6), st.integers(0, 1000))
def test_a_percentage_is_rounded_without_floating_point(total: int, percent: int) -> None:
    share = Amount(percent, percent=True)
    assert share.of(total, up=False) * 100 <= total * percent <= share.of(total, up=True) * 100
    assert share.of(total, up=True) - share.of(total, up=False) <= 1
