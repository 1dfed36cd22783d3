# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Events that come late, twice, or after newer ones, and watches that end again and again: a run ends as ever, and says nothing untrue."""

from __future__ import annotations

import os
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import Resource

from tests.memory.cases import CASES, Case
from tests.memory.cluster import Memory
from tests.memory.news import WAYS, Way, untrue
from tests.memory.requests import place_of
from tests.memory.runs import Run
from tests.memory.stories import Story, faults_of, told

pytestmark = pytest.mark.matrix

EACH = 1 if os.environ.get("ROLLOUT_MEMORY") == "all" else 28
"""One in so many pairs of a kind and a way is tried."""
SEED = int(os.environ.get("ROLLOUT_MEMORY_SEED", "1"))


def watched(story: Story) -> list[Resource]:
    """The kinds whose events a run has followed."""
    found = [place_of(request.path).resource for request in story.run.wire.requests if request.is_watch]
    return sorted(dict.fromkeys(found), key=str)


def disturbed(case: Case, resource: Resource, way: Way, ends: list[dict[str, Any]]) -> list[str]:
    """What is wrong when the events of a kind come in this way."""
    found: list[str] = []

    def meddle(run: Run) -> None:
        way(run.memory, resource)
        run.at_end = lambda: found.extend(_told(run.memory, run.result))

    story = told(case, SEED, meddle)
    return [*found, *faults_of(case, story, ends)]


def _told(memory: Memory, result: dict[str, Any]) -> list[str]:
    return [result["exception"]] if "exception" in result else untrue(memory, result)


@pytest.mark.parametrize("name", CASES)
def test_events_in_whatever_way_lead_to_the_same_end(name: str) -> None:
    case = CASES[name]
    undisturbed = told(case, SEED)
    ends = [undisturbed.end]
    pairs = [(resource, way) for resource in watched(undisturbed) for way in WAYS]
    first = sum(map(ord, name)) % EACH
    faults = [
        f"{resource.plural} {way}, seed {SEED}: {fault}"
        for resource, way in pairs[first % max(1, len(pairs)) :: EACH]
        for fault in disturbed(case, resource, WAYS[way], ends)
    ]
    assert faults == []
