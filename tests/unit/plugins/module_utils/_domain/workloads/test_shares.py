# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many pods each step of a canary gives the candidate."""

from __future__ import annotations

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.shares import Share, most_more, named, nearest, percent
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("total", "weight", "candidates"),
    [
        # What Argo Rollouts' approximateWeightedCanaryStableReplicaCounts gives without a surge (its canary_test.go).
        (2, 1, 1),
        (2, 99, 1),
        (3, 10, 1),
        (3, 50, 2),
        (10, 1, 1),
        (10, 15, 2),
        # Of a single pod the candidate gets one beside it.
        (1, 1, 1),
        (1, 99, 1),
        # At least one pod stays stable, and at least one is new.
        (4, 99, 3),
        (100, 1, 1),
    ],
)
def test_the_nearest_number_of_pods(total: int, weight: int, candidates: int) -> None:
    assert Share("", weight=weight).candidates(total) == candidates


@given(st.integers(2, 500), st.integers(1, 99), st.integers(1, 600))
def test_both_versions_have_pods_and_the_share_is_as_near_as_can_be(total: int, weight: int, least: int) -> None:
    count = Share("", weight=weight).candidates(total)
    assert 1 <= count < total
    wanted = total * weight / 100
    assert all(abs(count - wanted) <= abs(other - wanted) for other in range(1, total))
    assert 1 <= Share("", weight=weight).candidates(total, least) < total
    assert Share("", weight=weight).candidates(total, least) >= min(least, total - 1)


@given(st.integers(2, 500), st.integers(1, 98))
def test_a_larger_weight_never_has_fewer_pods(total: int, weight: int) -> None:
    assert Share("", weight=weight).candidates(total) <= Share("", weight=weight + 1).candidates(total)


def test_a_tie_goes_to_the_candidate() -> None:
    assert nearest(2, 25) == 1
    assert nearest(10, 25) == 3


def test_a_number_of_pods_is_taken_as_it_is() -> None:
    assert Share("", replicas=4).candidates(10) == 4
    assert Share("", replicas=4).candidates(3) == 2
    assert (Share("", replicas=1).asked, Share("", replicas=4).asked, Share("", weight=5).asked) == ("1 pod", "4 pods", "5 %")


@pytest.mark.parametrize(
    ("weights", "least", "total", "portion", "more"),
    [
        pytest.param((10, 50), 1, 10, 3, 4, id="the step to five"),
        pytest.param((10, 20), 1, 10, 3, 3, id="the promotion"),
        pytest.param((10, 20), 6, 10, 1, 6, id="the least"),
        pytest.param((90,), 1, 10, 25, 9, id="no more than are left"),
        pytest.param((50,), 1, 1, 1, 1, id="one pod"),
        pytest.param((50,), 1, 0, 1, 0, id="no pod"),
    ],
)
def test_how_many_pods_more_there_are(weights: tuple[int, ...], least: int, total: int, portion: int, more: int) -> None:
    assert most_more([Share("", weight=weight) for weight in weights], least, total, portion) == more


def test_names_tell_the_steps_apart() -> None:
    shares = named([Share("", weight=10), Share("", weight=10, hold=5), Share("", replicas=2), Share("", weight=50), Share("", replicas=2)])
    assert [share.name for share in shares] == ["weight_10", "weight_10_2", "replicas_2", "weight_50", "replicas_2_2"]


@pytest.mark.parametrize("share", [Share("weight_10", 10, None, 60), Share("replicas_1", None, 1)])
def test_what_is_stored_is_read_again(share: Share) -> None:
    assert Share.of(share.plain()) == share


def test_a_share_in_words() -> None:
    assert (percent(1, 3), percent(1, 1), percent(0, 0)) == ("33 %", "100 %", "0 %")
