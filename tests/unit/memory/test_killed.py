# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Killed after each of its writes and in its waits, every strategy and operation ends by a second run as an undisturbed one."""

from __future__ import annotations

import os

import pytest

from tests.memory.cases import CASES
from tests.memory.cluster import running
from tests.memory.stories import Point, faults_of, points, told

pytestmark = pytest.mark.matrix

WAITS = 0 if os.environ.get("ROLLOUT_MEMORY") == "all" else 1
"""In how many of its waits each case is killed; 0: in all."""
LEFT_OUT = {
    "rolling: cleaning up": "a run that has nothing to change does not look for unused copies; the next rollout does",
}
SEED = int(os.environ.get("ROLLOUT_MEMORY_SEED", "1"))


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if not case.reads and name not in LEFT_OUT])
def test_killed_anywhere_the_next_run_ends_as_an_undisturbed_one(name: str) -> None:
    case = CASES[name]
    undisturbed = told(case, SEED)
    assert bool(undisturbed.result.get("failed")) == case.fails, undisturbed.result["msg"]
    assert not undisturbed.again
    # Where the task fails, a second run may come when the first has gone back already: then it does all of it once more.
    ends = [undisturbed.end, *([told(case, SEED, runs=2).end] if case.fails else [])]

    def found(point: Point) -> list[str]:
        return [f"{point}, seed {SEED}: {fault}" for fault in faults_of(case, told(case, SEED, point.kill), ends)]

    assert [fault for point in points(undisturbed, WAITS) for fault in found(point)] == []


def test_a_case_has_a_point_for_each_write() -> None:
    assert [str(point) for point in points(told(CASES["rolling: taking over"], SEED), 1)] == [
        "killed after write 1",
        "killed after write 2",
        "killed after write 3",
        "killed after write 4",
        "killed in wait 1",
    ]


def test_a_measuring_job_that_is_left_behind_goes_by_itself() -> None:
    case = CASES["rolling: measured from a pod"]
    with running(SEED) as memory:
        case.prepare(memory)
        case.run(memory).dies_after_write(1).start().wait()
        (left,) = memory.all("default", "Job")
        assert case.run(memory).start().wait()["changed"]
        assert [job["metadata"]["uid"] for job in memory.all("default", "Job")] == [left["metadata"]["uid"]]
        memory.clock.sleep(left["spec"]["activeDeadlineSeconds"] + left["spec"]["ttlSecondsAfterFinished"] + 5)
        assert memory.all("default", "Job") == []
        assert {pod["metadata"]["labels"]["app"] for pod in memory.all("default", "Pod")} == {"web"}
