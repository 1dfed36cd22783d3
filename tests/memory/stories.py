# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stories: a run of a module that is killed or disturbed at one point, and what there is in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .cases import Case
from .cluster import running
from .ends import differences, end_of
from .runs import Run

Meddle = Callable[[Run], object]
SETTLING = 60
"""Seconds until nothing happens any more after a run."""


@dataclass(frozen=True)
class Story:
    """How it went: the disturbed run, the result that counts, what there is in the end."""

    run: Run
    result: dict[str, Any]
    end: dict[str, Any]
    again: bool
    """A further run would change something."""


def told(case: Case, seed: int, meddle: Meddle = lambda run: None, *, runs: int = 1) -> Story:
    """The story of a case. A run that is killed is followed by another one; `runs` says how many there are in any case."""
    with running(seed) as memory:
        case.prepare(memory)
        run = case.run(memory)
        meddle(run)
        result = run.start().wait()
        for _more in range(max(runs - 1, 1 if run.party.dead else 0)):
            result = case.run(memory).start().wait()
        memory.clock.sleep(SETTLING)
        end = end_of(memory)
        again = not case.fails and bool(case.run(memory).start().wait()["changed"])
        return Story(run, result, end, again)


@dataclass(frozen=True)
class Point:
    """Where a run is killed."""

    what: str
    number: int

    def __str__(self) -> str:
        return f"killed {'after write' if self.what == 'write' else 'in wait'} {self.number}"

    def kill(self, run: Run) -> None:
        """Let a run die there."""
        if self.what == "write":
            run.dies_after_write(self.number)
        else:
            run.dies_in_wait(self.number)


def points(story: Story, waits: int) -> Iterator[Point]:
    """After each write of an undisturbed run, and in so many of its waits, spread evenly; all of them with 0."""
    yield from (Point("write", number) for number in range(1, len(story.run.wire.writes) + 1))
    total = story.run.party.waits
    step = max(1, -(-total // waits)) if waits else 1
    yield from (Point("wait", number) for number in range(1, total + 1, step))


def faults_of(case: Case, story: Story, ends: list[dict[str, Any]]) -> list[str]:
    """What is wrong with a story: an outcome of another kind, another end than each of these, something left to do."""
    found = []
    if bool(story.result.get("failed")) != case.fails:
        found.append(f"the result is {story.result.get('exception') or story.result['msg']}")
    lists = [differences(end, story.end) for end in ends]
    if all(lists):
        found.extend(next(iter(lists)))
    if story.again:
        found.append("a further run changes something")
    return found
