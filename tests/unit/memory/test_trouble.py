# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests that are lost, refused or answered late: passing trouble changes nothing, and after any other a second run ends as an
undisturbed one."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.memory.cases import CASES, Case
from tests.memory.stories import Story, faults_of, told
from tests.memory.trouble import TROUBLES, Trouble, meet

pytestmark = pytest.mark.matrix

EACH = 1 if os.environ.get("ROLLOUT_MEMORY") == "all" else 120
"""One in so many pairs of request and trouble is tried."""
SEED = int(os.environ.get("ROLLOUT_MEMORY_SEED", "1"))


def met(case: Case, number: int, trouble: Trouble, ends: list[dict[str, Any]]) -> list[str]:
    """What is wrong when this request meets this trouble; the end shall be one of these."""

    def story(runs: int) -> Story:
        return told(case, SEED, lambda run: meet(run, number, trouble), runs=runs)

    first = story(1)
    if "exception" in first.result:
        return [first.result["exception"]]
    if trouble.harmless and not trouble.carried_out:
        return faults_of(case, first, ends)
    return faults_of(case, story(2), ends)


@pytest.mark.parametrize("name", CASES)
def test_trouble_with_any_request_is_overcome_at_the_latest_by_a_second_run(name: str) -> None:
    case = CASES[name]
    undisturbed = told(case, SEED)
    requests = undisturbed.run.wire.requests
    ends = [undisturbed.end, *([told(case, SEED, runs=2).end] if case.fails else [])]
    pairs = [(number, kind) for number in range(1, len(requests) + 1) for kind in TROUBLES]
    first = sum(map(ord, name)) % EACH
    faults = [
        f"request {number} ({requests[number - 1]}) met: {kind}, seed {SEED}: {fault}"
        for number, kind in pairs[first % len(pairs) :: EACH]
        if TROUBLES[kind].fits(requests[number - 1])
        for fault in met(case, number, TROUBLES[kind], ends)
    ]
    assert faults == []
