# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far queries look back, and whether a hold is long enough for them."""

from __future__ import annotations

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.gates.gate import Gate, Limits, Pods, Prometheus
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.gates.spans import judges_the_past, least_seconds, looks_back


def gate(query: str, *, span: float = 0.0, **limits: float) -> Gate:
    """A gate with this query."""
    return Gate("errors", Prometheus("http://p", query, range=span), limits=Limits(**limits))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "seconds"),
    [
        ("up", 0),
        ("rate(a[90s])", 90),
        ("rate(a[5m]) / rate(b[ 1h30m ])", 5400),
        ("rate(a[300])", 300),
        ("rate(a[1500ms])", 1.5),
        ("max_over_time(rate(a[5m])[30m:1m])", 1800),
        ("rate(a[1d1s])", 86_401),
        ('rate(a{pod=~"web-[9h]",x="\\"[1d]"}[1m])', 60),
        ("rate(a{pod=~'web-[5m]',y=`[7d]`}[1m])", 60),
    ],
)
def test_the_longest_range_of_a_query_counts_and_no_text_in_it(query: str, seconds: float) -> None:
    assert looks_back(gate(query)) == seconds


def test_a_range_that_is_asked_for_counts_as_one_in_the_query() -> None:
    assert looks_back(gate("rate(a[1m])", span=120)) == 120
    assert looks_back(gate("rate(a[5m])", span=120)) == 300
    assert looks_back(Gate("pods", Pods())) == 0


@pytest.mark.parametrize(("limits", "seconds"), [({}, 0), ({"least": 3}, 20), ({"least": 2, "interval": 5, "initial_delay": 60}, 65)])
def test_a_gate_needs_its_delay_and_its_measurements(limits: dict[str, float], seconds: float) -> None:
    assert least_seconds(gate("a", **limits)) == seconds


@pytest.mark.parametrize(
    ("query", "hold", "delay", "same_names", "past"),
    [
        ("rate(a[1m])", 59, 0, False, True),
        ("rate(a[1m])", 60, 0, False, False),
        ("rate(a[1m])", 0, 60, False, False),
        ('rate(a{pod=~"$candidate_pods"}[1m])', 0, 0, False, False),
        ('rate(a{pod=~"$candidate_pods"}[1m])', 0, 0, True, True),
        ('rate(a{hash="$candidate_hash"}[1m])', 0, 0, True, False),
        ("a", 0, 0, True, False),
    ],
)
def test_values_hold_what_was_before_unless_they_are_of_the_new_pods_alone(
    query: str, hold: float, delay: float, same_names: bool, past: bool
) -> None:
    assert judges_the_past(gate(query, initial_delay=delay), hold, same_names=same_names) is past
