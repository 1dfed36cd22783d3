# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users say about order, as options."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.request import Batching, Partitioning, Primary
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.replicas import Amount
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.groups import grouping_of


def partitioning(**options: Any) -> Partitioning:
    found = grouping_of("partition", options)
    assert isinstance(found, Partitioning)
    return found


def batching(**options: Any) -> Batching:
    found = grouping_of("on_delete", options)
    assert isinstance(found, Batching)
    return found


def test_other_strategies_have_no_groups() -> None:
    assert grouping_of("rolling", {}) is None


def test_what_is_not_said_is_left_to_the_strategy() -> None:
    assert partitioning() == Partitioning()
    assert batching() == Batching()


@pytest.mark.parametrize(
    ("given", "counts", "one_by_one"),
    [
        ("one_by_one", (), True),
        ([1, "50%"], (Amount(1), Amount(50, percent=True)), False),
        (2, (Amount(2),), False),
        ("25%", (Amount(25, percent=True),), False),
    ],
)
def test_steps(given: Any, counts: tuple[Amount, ...], one_by_one: bool) -> None:
    assert partitioning(steps=given) == Partitioning(counts, one_by_one)


def test_pods_may_be_numbers_or_names() -> None:
    assert partitioning(ordinals=[4, " web-2 "], stop_before=" 2 ") == Partitioning(lowest=("4", "web-2"), stop_before="2")
    assert batching(order=[0, "web-2"], batch=2, nodes="pool=canary") == Batching(Amount(2), order=("0", "web-2"), nodes="pool=canary")
    assert batching(batch_label="zone").label == "zone"


@pytest.mark.parametrize(
    ("given", "primary"),
    [
        ("web-0", Primary("web-0")),
        (0, Primary("0")),
        ("pod/web-0\n", Primary("web-0")),
        ("role=primary", Primary(labels={"role": "primary"})),
        ("app=web,example.org/role=primary", Primary(labels={"app": "web", "example.org/role": "primary"})),
        ({"stdout": "web-1\n", "rc": 0}, Primary("web-1")),
        ({"stdout": "role=primary"}, Primary(labels={"role": "primary"})),
        (None, Primary()),
    ],
)
def test_the_primary(given: Any, primary: Primary) -> None:
    assert partitioning(primary=given).primary == primary
    assert batching(primary=given).primary == primary


@pytest.mark.parametrize(
    ("strategy", "options", "sentence"),
    [
        ("partition", {"steps": []}, "steps is empty, and without a step nothing would be watched"),
        ("partition", {"steps": [0]}, "steps is 0, with which no pod would be updated; give at least 1."),
        ("partition", {"steps": ["150%"]}, "steps is 150%, which is more than 100%."),
        ("partition", {"steps": "two_by_two"}, "steps is 'two_by_two', which is neither a count of pods such as 3 nor a percentage"),
        ("on_delete", {"batch": 0}, "batch is 0, with which no pod would be updated"),
        ("on_delete", {"batch": True}, "batch is True, which is neither"),
        ("partition", {"primary": ""}, "primary is '', which names no pod; give a pod's name, its ordinal, or a label"),
        ("partition", {"primary": "web-0 web-1"}, "primary is 'web-0 web-1', which names no pod"),
        ("partition", {"primary": True}, "primary is True, which names no pod"),
        ("partition", {"primary": {"rc": 1}}, "primary is a result without any output; give one whose stdout is the primary's name"),
        ("partition", {"primary": {"stdout": " "}}, "primary is a result without any output"),
    ],
)
def test_what_says_nothing_is_refused(strategy: str, options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        grouping_of(strategy, options)
    assert sentence in caught.value.message
