# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a request is tried again, on a clock of our own."""

from __future__ import annotations

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.retry import Attempts, is_transient


class Run:
    """A clock that moves only by the pauses."""

    def __init__(self, *, deadline: float, reached: bool = True, chance: float = 1.0) -> None:
        self.now = 1000.0
        self.attempts = Attempts(clock=lambda: self.now, chance=lambda: chance, deadline=1000.0 + deadline, reached=reached)

    def pauses(self, **kind: float) -> list[float]:
        found = []
        while (pause := self.attempts.pause(**kind)) is not None:  # type: ignore[arg-type]
            self.now += pause
            found.append(pause)
        return found


def test_pauses_double_up_to_ten_seconds() -> None:
    assert Run(deadline=60).pauses(status=503) == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0, 10.0, 10.0]


def test_chance_halves_a_pause_at_most() -> None:
    assert Run(deadline=60, chance=0.0).attempts.pause(status=503) == 0.1


@pytest.mark.parametrize(
    ("status", "reached", "deadline", "longest"),
    [
        (429, True, 300, 300),
        (429, False, 300, 300),
        (503, True, 300, 300),
        (503, False, 300, 30),
        (500, True, 300, 30),
        (500, True, 20, 20),
        (0, True, 300, 300),
        (0, False, 300, 5),
        (0, True, -50, 10),
        (503, False, -50, 10),
    ],
)
def test_patience_depends_on_what_is_known(status: int, reached: bool, deadline: float, longest: float) -> None:
    run = Run(deadline=deadline, reached=reached)
    run.pauses(status=status)
    assert longest - 10 <= run.attempts.seconds <= longest


def test_what_the_server_asks_for_is_respected() -> None:
    run = Run(deadline=60)
    assert run.attempts.pause(status=429, asked=7.0) == 7.0
    assert run.attempts.pause(status=429, asked=90.0) is None


@pytest.mark.parametrize(
    ("status", "expected"), [(200, False), (404, False), (429, True), (500, True), (501, False), (503, True), (504, True)]
)
def test_which_answers_may_change(status: int, expected: bool) -> None:
    assert is_transient(status) is expected
