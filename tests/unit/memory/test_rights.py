# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whichever right a task lacks, it says so before it has changed anything, or does without it."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.memory.cases import CASES, Case
from tests.memory.cluster import running
from tests.memory.runs import Run

pytestmark = pytest.mark.matrix

USER = "robot"
EACH = 1 if os.environ.get("ROLLOUT_MEMORY") == "all" else 4
"""One in so many of a case's rights is taken away."""
Right = tuple[str, str]
"""A verb and a resource, as in a rule of a Role."""
LEFT_OUT = {
    **dict.fromkeys(
        ("rolling: mending a StatefulSet", "undo: a stuck StatefulSet", "abort: a stuck StatefulSet"),
        "that pods are stuck is seen after the first write",
    ),
    "blue_green: another configuration": "the copy is made before the Lease is updated for the first time; the next run finds it",
}


def told(case: Case, lacks: Right | None = None) -> tuple[Run, set[Right]]:
    """A run by a user who may do everything but one thing, and the rights that it has used."""
    with running(1) as memory:
        case.prepare(memory)
        rights, used = memory.server.rights, set[Right]()
        if lacks is not None:
            rights.deny(USER, [lacks[0]], lacks[1])
        check = rights.check

        def seen(user: str, verb: str, plural: str, group: str, namespace: str, name: str) -> None:
            used.update([(verb, plural)] if user == USER else [])
            check(user, verb, plural, group, namespace, name)

        rights.check = seen  # type: ignore[method-assign]
        run = case.run(memory, user=USER)
        run.start().wait()
        return run, used


def changes(run: Run) -> list[Any]:
    """What is written, without locks and measuring Jobs: they change nothing of the application, and go again."""
    return [(request.method, request.path) for request in run.wire.writes if not {"leases", "jobs"} & {*request.path.split("/")}]


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if not case.fails and name not in LEFT_OUT])
def test_a_right_that_is_missing_is_told_of_before_the_first_change(name: str) -> None:
    undisturbed, used = told(CASES[name])
    assert not undisturbed.result.get("failed"), undisturbed.result["msg"]
    first = sum(map(ord, name)) % EACH
    for right in sorted(used)[first::EACH]:
        run, _used = told(CASES[name], right)
        assert not (run.result.get("failed") and changes(run)), (right, run.result["msg"], changes(run))
