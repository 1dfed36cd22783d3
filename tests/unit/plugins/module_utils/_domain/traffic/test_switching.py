# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a switch remembers, and what follows from it after an interruption; what a Lease says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import RefusedError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import Ref
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.leases.lease import (
    Holding,
    new_lease,
    noted,
    released,
    renewed,
    taken,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.services import Service
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.switching import INTENT, Intent, following, half_done
from hypothesis import given
from hypothesis import strategies as st

BLUE, GREEN, RED = ({"colour": colour} for colour in ("blue", "green", "red"))
SELECTORS = st.dictionaries(
    st.text(max_size=5), st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2), min_size=1, max_size=3
)
NOW = datetime(2026, 11, 21, 8, 0, 0, 5, tzinfo=UTC)


def service(name: str, selector: dict[str, str]) -> Service:
    return Service(Ref("Service", "shop", name), name, selector, "ClusterIP", False, False, (), False)


def services(**selectors: dict[str, str]) -> dict[str, Service]:
    return {name: service(name, selector) for name, selector in selectors.items()}


@given(before=SELECTORS, after=SELECTORS)
def test_an_intent_comes_back_as_it_was_stored(before: dict[str, dict[str, str]], after: dict[str, dict[str, str]]) -> None:
    intent = Intent(before, after)
    assert Intent.of(noted(new_lease("shop", "web"), INTENT, intent.text())) == intent


@pytest.mark.parametrize("value", ["{", "[]", "null", "{}", '{"after": 3}', '{"after": {"web": "blue"}}', "[" * 100_000, '{"version": 2}'])
def test_what_cannot_be_read_is_never_taken_for_no_intent(value: str) -> None:
    with pytest.raises(RefusedError, match=r"The annotation rollout.kubernetes/switch of Lease shop/rollout-web"):
        Intent.of(noted(new_lease("shop", "web"), INTENT, value))


def test_where_there_is_no_annotation_there_is_no_intent() -> None:
    assert Intent.of(new_lease("shop", "web")) == Intent.of(None) == Intent()
    assert Intent.of(None).text() == ""


BOTH = Intent({"a": BLUE, "b": BLUE}, {"a": GREEN, "b": GREEN})


def test_a_first_switch_goes_back_to_what_is_there() -> None:
    wanted = {"a": GREEN, "b": GREEN}
    assert following(Intent(), services(a=BLUE, b=RED), wanted) == Intent({"a": BLUE, "b": RED}, wanted)


def test_after_an_interruption_what_was_switched_goes_back_to_where_it_came_from() -> None:
    assert following(BOTH, services(a=GREEN, b=BLUE), BOTH.after) == BOTH, "going on"
    assert following(BOTH, services(a=GREEN, b=BLUE), BOTH.before) == BOTH, "turning back"
    assert following(BOTH, services(a=GREEN, b=GREEN), BOTH.after) == BOTH, "all that is missing is the proof"


def test_what_somebody_has_changed_since_goes_back_to_that() -> None:
    assert following(BOTH, services(a=GREEN, b=RED), BOTH.after).before == {"a": BLUE, "b": RED}
    assert following(Intent({}, {"a": GREEN}), services(a=GREEN), {"a": GREEN}).before == {"a": GREEN}, "half a record"


def test_a_former_switch_that_is_whole_does_not_matter_any_more() -> None:
    assert following(BOTH, services(a=GREEN, b=GREEN), BOTH.before) == Intent(BOTH.after, BOTH.before)
    assert following(BOTH, services(c=RED), {"c": GREEN}) == Intent({"c": RED}, {"c": GREEN})


@pytest.mark.parametrize(
    ("there", "reached"),
    [
        pytest.param(services(a=GREEN, b=BLUE), ("a",), id="half"),
        pytest.param(services(a=BLUE, b=BLUE), (), id="not begun"),
        pytest.param(services(a=GREEN, b=GREEN), (), id="whole"),
        pytest.param(services(a=GREEN), (), id="the other one is gone"),
        pytest.param(services(a=RED, b=RED), (), id="changed by somebody"),
    ],
)
def test_half_a_switch_is_told_from_a_whole_one(there: dict[str, Service], reached: tuple[str, ...]) -> None:
    assert half_done(BOTH, there) == reached


def test_what_was_there_already_does_not_count_as_reached() -> None:
    assert half_done(Intent({"a": GREEN, "b": BLUE}, {"a": GREEN, "b": GREEN}), services(a=GREEN, b=BLUE)) == ()


# --- Leases -------------------------------------------------------------------------------------------------------------------


def test_a_lease_is_taken_renewed_and_released() -> None:
    free = new_lease("shop", "web")
    assert free["metadata"] == {
        "namespace": "shop",
        "name": "rollout-web",
        "labels": {"app.kubernetes.io/managed-by": "rollout.kubernetes"},
    }
    assert Holding.of(free) == Holding.of(None) == Holding("", "", "", 15)
    mine = taken(free, "alice", NOW)
    assert Holding.of(mine) == Holding("alice", "2026-11-21T08:00:00.000005Z", "2026-11-21T08:00:00.000005Z", 15)
    later = renewed(mine, NOW + timedelta(seconds=5))
    assert Holding.of(later) == Holding("alice", "2026-11-21T08:00:05.000005Z", "2026-11-21T08:00:00.000005Z", 15)
    left = released(noted(later, "note", "kept"))
    assert Holding.of(left).holder == ""
    assert left["metadata"] == {**free["metadata"], "annotations": {"note": "kept"}}
    assert noted(left, "note", "")["metadata"] == {**free["metadata"], "annotations": {}}


def test_each_change_of_hands_is_counted() -> None:
    first = taken(new_lease("shop", "web"), "alice", NOW)
    assert first["spec"]["leaseTransitions"] == 0
    assert taken(released(first), "bob", NOW)["spec"]["leaseTransitions"] == 1
