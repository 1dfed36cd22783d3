# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a write whose answer was lost has happened."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.ports import PatchOperation as Step
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.outcome import holds, is_repeatable, patch_holds

LIVE: dict[str, Any] = {
    "metadata": {"name": "web", "resourceVersion": "9", "labels": {"a/b": "c"}},
    "spec": {"replicas": 3, "paused": False, "ports": [{"port": 80, "protocol": "TCP"}], "empty": {}},
    "status": {"replicas": 3},
}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"spec": {"replicas": 3}}, True),
        ({"spec": {"replicas": 4}}, False),
        ({"spec": {"ports": [{"port": 80}]}}, True),
        ({"spec": {"ports": [{"port": 80}, {"port": 81}]}}, False),
        ({"spec": {"ports": "80"}}, False),
        ({"spec": {"replicas": [3]}}, False),
        ({"spec": {"replicas": {"min": 3}}}, False),
        ({"spec": {"selector": None, "none": {}, "nothing": []}}, True),
        ({"spec": {"replicas": None}}, False),
        ({"metadata": {"name": "web", "resourceVersion": "5", "uid": "u"}}, True),
        ({"metadata": None}, True),
        ({"status": {"replicas": 0}}, True),
    ],
)
def test_an_object_holds_what_was_to_be_written(wanted: dict[str, Any], expected: bool) -> None:
    assert holds(LIVE, wanted) is expected


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([Step("replace", "/spec/replicas", 3)], True),
        ([Step("add", "/metadata/labels/x", "y"), Step("remove", "/spec/paused")], True),
        ([Step("add", "/spec/ports/0", {})], False),
        ([Step("add", "/spec/ports/-", {})], False),
        ([Step("remove", "/spec/ports/0")], False),
        ([Step("replace", "/spec/ports/0", {})], True),
        ([Step("test", "/metadata/resourceVersion", "9"), Step("add", "/spec/ports/-", {})], True),
    ],
)
def test_a_patch_that_moves_positions_is_not_repeated(steps: list[Step], expected: bool) -> None:
    assert is_repeatable(steps) is expected


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([Step("test", "/spec/replicas", 1), Step("replace", "/spec/replicas", 3)], True),
        ([Step("test", "/spec/replicas", 1), Step("replace", "/spec/replicas", 4)], False),
        ([Step("test", "/metadata/resourceVersion", "5"), Step("replace", "/spec/replicas", 3)], True),
        ([Step("test", "/metadata/name", "other"), Step("replace", "/spec/replicas", 3)], False),
        ([Step("test", "/spec/ports/0/port", 80), Step("replace", "/spec/replicas", 3)], True),
        ([Step("test", "/spec", {}), Step("replace", "/spec/replicas", 3)], True),
        ([Step("replace", "/metadata/labels/a~1b", "c")], True),
        ([Step("remove", "/spec/gone")], True),
        ([Step("remove", "/spec/paused")], False),
        ([Step("replace", "/spec/ports/7/port", 80)], False),
        ([Step("add", "/spec/ports/-", {})], False),
        ([Step("test", "/spec/replicas", 3)], False),
    ],
)
def test_a_patch_shows_in_the_object(steps: list[Step], expected: bool) -> None:
    assert patch_holds(LIVE, steps) is expected
