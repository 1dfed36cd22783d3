# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Outages: what is remembered of them, what is said of the next one, how they are measured."""

from __future__ import annotations

import json

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, JsonValue
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.leases.outages import (
    KEPT,
    OUTAGES,
    Gap,
    announcement,
    expected,
    outages_of,
    stops_pods,
    with_outage,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import Snapshot
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.module_utils._domain.samples import NEW, OLD, UID, pod, replica_set, snapshot, workload


def lease(value: str) -> JsonObject:
    return {"kind": "Lease", "metadata": {"annotations": {OUTAGES: value}}}


def test_without_a_lease_or_an_annotation_nothing_is_remembered() -> None:
    assert outages_of(None) == ()
    assert outages_of({"kind": "Lease", "metadata": {}}) == ()


@pytest.mark.parametrize("value", ["no JSON", "[" * 100_000, "{}", '["1"]', "[true]", "[-1]", "[NaN]", "[Infinity]", "7"])
def test_what_cannot_be_read_counts_as_nothing(value: str) -> None:
    assert outages_of(lease(value)) == ()


@given(st.lists(st.floats(min_value=0, max_value=1e6), max_size=30))
def test_the_newest_are_kept_in_their_order(seconds: list[float]) -> None:
    value = "[]"
    for entry in seconds:
        value = with_outage(outages_of(lease(value)), entry)
    assert list(outages_of(lease(value))) == [round(entry, 1) for entry in seconds[-KEPT:]]


def test_a_longer_list_of_somebody_elses_is_cut() -> None:
    assert outages_of(lease(json.dumps(list(range(20))))) == tuple(range(10, 20))


@pytest.mark.parametrize(
    ("history", "seconds", "said"),
    [
        ((12.0,), 12.0, "an outage of about 12 s (the last one took 12 s)"),
        ((11.2, 13.4, 12.1), 12.1, "an outage of about 12 s (the last 3 took 11 to 13 s)"),
        ((2.0, 3.0), 2.5, "an outage of about 2.5 s (the last 2 took 2.0 to 3.0 s)"),
        ((20.0, 20.2), 20.1, "an outage of about 20 s (the last 2 took 20 s)"),
    ],
)
def test_the_middle_of_the_earlier_ones_is_expected(history: tuple[float, ...], seconds: float, said: str) -> None:
    assert expected(history) == seconds
    assert announcement(history, {}) == said


@pytest.mark.parametrize(("template", "grace"), [({}, 30), ({"spec": {"terminationGracePeriodSeconds": 90}}, 90)])
def test_without_a_history_the_length_is_said_to_be_unknown(template: JsonObject, grace: int) -> None:
    assert expected(()) is None
    assert announcement((), template) == (
        f"an outage of unknown length (never recreated before); pods have up to {grace} s to stop (terminationGracePeriodSeconds)"
    )


@pytest.mark.parametrize(
    ("before", "stops"),
    [(None, False), (workload(), True), (workload(spec={"replicas": 2}), True), (workload(spec={"replicas": 0}), False)],
)
def test_what_has_no_pods_has_no_outage(before: JsonObject | None, stops: bool) -> None:
    assert stops_pods(before) is stops


# --- measuring ------------------------------------------------------------------------------------------------------------------------


def seen(*pods: JsonObject, available: int = 0) -> Snapshot:
    return snapshot(workload(), [replica_set(1, OLD, available=0), replica_set(2, NEW, available=available)], pods)


SERVING = seen(pod("old", "h1"))
STOPPING = seen(pod("old", "h1", terminating=True))
EMPTY = seen()
STARTING = seen(pod("new", "h2", ready=False))
READY = seen(pod("new", "h2"))
AVAILABLE = seen(pod("new", "h2"), available=1)


def measured(*moments: tuple[float, Snapshot]) -> Gap:
    gap = Gap()
    for now, snapshot_ in moments:
        gap = gap.after(snapshot_, now)
    return gap


def test_as_long_as_a_pod_serves_there_is_no_outage() -> None:
    half = seen(pod("old", "h1", terminating=True), pod("other", "h1"))
    gap = measured((1, SERVING), (2, half))
    assert (gap.since, gap.seconds(9)) == (None, 0)


def test_it_begins_when_the_last_pod_terminates_though_that_is_still_ready() -> None:
    gap = measured((1, SERVING), (2, STOPPING), (3, EMPTY))
    assert (gap.since, gap.seconds(9)) == (2, 7)


def test_it_ends_when_a_new_pod_is_available_not_when_it_is_ready() -> None:
    gap = measured((1, SERVING), (2, STOPPING), (5, EMPTY), (6, STARTING), (7, READY))
    assert gap.since == 2
    assert gap.after(AVAILABLE, 8.5) == Gap(6.5)


@pytest.mark.parametrize(("available", "length"), [(1, 2.0), (0, 4.0)])
def test_of_another_kind_the_workload_counts_what_is_available(available: int, length: float) -> None:
    def daemon(ready: bool) -> Snapshot:
        status: dict[str, JsonValue] = {"numberAvailable": available}
        return snapshot(workload("DaemonSet", status=status), pods=[pod("web-a", "h1", by=UID, ready=ready)])

    assert measured((0, daemon(True)), (1, daemon(False)), (3, daemon(True))).seconds(5) == length


def test_another_gap_counts_as_well() -> None:
    gap = measured((1, SERVING), (2, STOPPING), (4, AVAILABLE), (5, STARTING), (8, AVAILABLE))
    assert gap.seconds(20) == 2 + 3
