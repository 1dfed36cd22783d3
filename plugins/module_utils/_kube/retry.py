# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a request is tried again, and when. Pure, but for the injected clock, sleep and chance.

A request that cannot be answered yet is repeated until the deadline of the run, with exceptions where waiting would only hide the cause: a
server that was never reached is most likely a wrong address; a 500 is most likely a webhook that fails, and lasts. A request made near
or after the deadline still gets a few seconds, for going back after a time-out must not fail on one 429.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

STRANGER_SECONDS = 5.0
"""Patience with an address from which nothing was ever heard."""
STRANGER_ERROR_SECONDS = 30.0
"""Patience with a 502 to 504 before the first good answer: a load balancer without a cluster behind it."""
INTERNAL_SECONDS = 30.0
"""Patience with 500."""
LAST_SECONDS = 10.0
"""Patience that every request has, however late it begins."""

_FIRST, _LONGEST = 0.2, 10.0
_TRANSIENT = (429, 500, 502, 503, 504)


def is_transient(status: int) -> bool:
    """Whether the same request may be answered otherwise a little later."""
    return status in _TRANSIENT


@dataclass
class Attempts:
    """The attempts of one request. `deadline` is the run's, on `clock`; `chance` gives numbers from 0 to 1."""

    clock: Callable[[], float]
    chance: Callable[[], float]
    deadline: float
    reached: bool
    _delay: float = _FIRST
    _started: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._started = self.clock()

    @property
    def seconds(self) -> float:
        """How long it has been tried."""
        return self.clock() - self._started

    def pause(self, *, status: int = 0, asked: float = 0.0) -> float | None:
        """Seconds to wait before the next attempt, None when it is enough. `status` 0 means that there was no answer.

        `asked` is what the server asked for; it is respected, and a longer pause than is left ends the attempts.
        """
        delay = max(asked, self._delay * (0.5 + self.chance() / 2))
        self._delay = min(self._delay * 2, _LONGEST)
        return delay if self.seconds + delay <= self._patience(status) else None

    def _patience(self, status: int) -> float:
        until = max(self.deadline - self._started, LAST_SECONDS)
        if status == 0 and not self.reached:
            return STRANGER_SECONDS
        if status in (502, 503, 504) and not self.reached:
            return min(until, STRANGER_ERROR_SECONDS)
        return min(until, INTERNAL_SECONDS) if status == 500 else until
