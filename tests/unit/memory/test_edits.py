# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Somebody changes something between two requests of a run: nothing of theirs is lost, nothing untrue is said, and nothing breaks off."""

from __future__ import annotations

import os

import pytest

from tests.memory.cases import CASES, Case
from tests.memory.cluster import Memory, running
from tests.memory.edits import EDITS, Edit
from tests.memory.stories import SETTLING, told
from tests.memory.trouble import act_before

pytestmark = pytest.mark.matrix

EACH = 1 if os.environ.get("ROLLOUT_MEMORY") == "all" else 120
"""One in so many pairs of request and edit is tried."""
SEED = int(os.environ.get("ROLLOUT_MEMORY_SEED", "1"))


def edited(case: Case, number: int, edit: Edit) -> list[str]:
    """What is wrong after somebody's edit right before this request."""
    with running(SEED) as memory:
        case.prepare(memory)
        run = case.run(memory)
        happened: list[bool] = []

        def act() -> None:
            version = memory.server.store.version
            edit.act(case)(memory)
            happened.append(memory.server.store.version > version)

        act_before(run, number, act)
        result = run.start().wait()
        memory.clock.sleep(SETTLING)
        if not any(happened):
            return []  # There was nothing yet, or nothing any more.
        found = [result["exception"]] if "exception" in result else [edit.wrong(memory, case, result)]
        if edit.expected and bool(result.get("failed")) != case.fails:
            found.append(f"the result is: {result['msg']}")
        return [*filter(None, found), *_again(memory, case)]


def _again(memory: Memory, case: Case) -> list[str]:
    second = case.run(memory).start().wait()
    return [second["exception"]] if "exception" in second else []


@pytest.mark.parametrize("name", CASES)
def test_somebodys_edit_is_neither_lost_nor_the_end_of_a_run(name: str) -> None:
    case = CASES[name]
    requests = told(case, SEED).run.wire.requests
    pairs = [(number, kind) for number in range(1, len(requests) + 1) for kind in EDITS if EDITS[kind].fits(case)]
    first = sum(map(ord, name)) % EACH
    faults = [
        f"{kind} before request {number} ({requests[number - 1]}), seed {SEED}: {fault}"
        for number, kind in pairs[first % len(pairs) :: EACH]
        for fault in edited(case, number, EDITS[kind])
    ]
    assert faults == []
