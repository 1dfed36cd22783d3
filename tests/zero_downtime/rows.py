# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What clients of a database have seen that write number after number, and read them. Times are seconds of the epoch."""

from __future__ import annotations

import bisect
import dataclasses
from collections.abc import Sequence


@dataclasses.dataclass(frozen=True, kw_only=True)
class Write:
    """One try to write a number. `trouble`: why it was not acknowledged, empty if it was."""

    number: int
    begin: float
    end: float
    trouble: str = ""
    refused: bool = False
    """The database takes no writes: nothing was begun, nothing is in doubt."""
    doubtful: bool = False
    """The number was there already: it had been written by a try that was not acknowledged."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Read:
    """One read of all rows. `trouble`: why it failed, else empty."""

    begin: float
    pod: str = ""
    started: float = 0
    """When the server that answered was started."""
    rows: int = 0
    highest: int = 0
    trouble: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Seen:
    """What the clients have seen."""

    writes: Sequence[Write]
    reads: Sequence[Read]

    @property
    def acknowledged(self) -> list[Write]:
        """The writes that were, by number: the first is 1, and none is left out."""
        return [write for write in self.writes if not write.trouble]

    @property
    def failed_reads(self) -> list[Read]:
        """The reads that failed."""
        return [read for read in self.reads if read.trouble]

    @property
    def held_up(self) -> dict[int, list[Write]]:
        """The tries that were not acknowledged, by number."""
        found: dict[int, list[Write]] = {}
        for write in self.writes:
            if write.trouble:
                found.setdefault(write.number, []).append(write)
        return found

    @property
    def longest_wait(self) -> float:
        """For how long a number waited, from the first refusal until it was acknowledged."""
        ends = {write.number: write.end for write in self.acknowledged}
        return max((ends[number] - tries[0].begin for number, tries in self.held_up.items()), default=0)

    def before(self, moment: float) -> int:
        """How many numbers had been acknowledged by then."""
        return bisect.bisect_left([write.end for write in self.acknowledged], moment)

    def stale(self) -> list[Read]:
        """The reads that miss what was acknowledged before the server that they asked was started: it had not caught up."""
        return [read for read in self.reads if not read.trouble and read.rows < self.before(read.started)]

    def backwards(self) -> list[Read]:
        """The reads that see less than an earlier one has seen at the same pod, or a number without those before it."""
        found: list[Read] = []
        most: dict[str, int] = {}
        for read in self.reads:
            if not read.trouble and (read.rows < most.get(read.pod, 0) or read.rows != read.highest):
                found.append(read)
            most[read.pod] = max(read.rows, most.get(read.pod, 0))
        return found

    @property
    def longest_lag(self) -> float:
        """For how long a number had been acknowledged, at the most, when a read missed it."""
        ends = [write.end for write in self.acknowledged]
        lags = (read.begin - ends[read.rows] for read in self.reads if not read.trouble and read.rows < len(ends))
        return max((lag for lag in lags if lag > 0), default=0)
