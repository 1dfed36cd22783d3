# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one loop: let each track do what it can do now, then wait for the next event that concerns one.

It knows no strategy, no step and no action.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from ..._domain.base.objects import Ref
from ..outside.surroundings import Surroundings


class Track(Protocol):
    """Steps that are taken one after another. Several tracks go side by side, each at its own pace."""

    @property
    def open(self) -> bool:
        """Whether there is something left to do or to wait for."""

    @property
    def wakes_at(self) -> float:
        """The clock's time at which it must be looked at, whether or not anything happens."""

    def concerns(self, changed: Collection[Ref]) -> bool:
        """Return whether the track must be looked at when these workloads have changed."""

    def advance(self) -> None:
        """Do all that can be done now: act, end steps, begin the next ones, fail when the time is over."""

    def lose(self, sentence: str) -> None:
        """End with a failure, since users have lost too much; the sentence says what."""


class Watch(Protocol):
    """What brings the news of the cluster."""

    def wait(self, timeout: float) -> Collection[Ref]:
        """Block until something happens or so many seconds are over; return the workloads that changed."""

    def wake(self) -> None:
        """End a wait now, from any thread."""


class Until:
    """A track of one wait: until nothing is `lacking`, until it is `hopeless`, or until the clock's time `deadline`.

    Both return a sentence or ''; `show` makes the line of progress from what is lacking. What users lose meanwhile is judged by whoever
    waits, not here.
    """

    def __init__(
        self,
        lacking: Callable[[], str],
        deadline: float,
        outside: Surroundings,
        *,
        hopeless: Callable[[], str] = lambda: "",
        show: Callable[[str], str] = str,
    ) -> None:
        self._lacking = lacking
        self._hopeless = hopeless
        self._show = show
        self._outside = outside
        self._shown = ""
        self.open = True
        self.wakes_at = deadline
        self.missing = ""
        """What was lacking in the end; '' when it has come."""
        self.lost = ""
        """Why it was hopeless, if it was."""

    def concerns(self, changed: Collection[Ref]) -> bool:
        """Return True: what is lacking may have come with any event."""
        del changed
        return True

    def lose(self, sentence: str) -> None:
        """Go on."""

    def advance(self) -> None:
        """Look, and end the wait where that is due."""
        self.missing = self._lacking()
        if self.missing and self.missing != self._shown:
            self._outside.progress(self._show(self.missing))
            self._shown = self.missing
        self.lost = self._hopeless() if self.missing else ""
        self.open = bool(self.missing) and not self.lost and self._outside.clock() < self.wakes_at


def take(tracks: Sequence[Track], watch: Watch, outside: Surroundings) -> None:
    """Take all tracks to their ends. Raises `ClusterError` when the cluster cannot be watched any more."""
    with outside.measurement.waking(watch.wake), outside.gates.waking(watch.wake):
        now, changed = outside.clock(), None
        while True:
            for track in tracks:
                if track.open and (changed is None or track.concerns(changed) or track.wakes_at <= now):
                    track.advance()
            lost = outside.measurement.verdict()
            for track in tracks if lost else ():
                if track.open:
                    track.lose(lost)
            waking = [track.wakes_at for track in tracks if track.open]
            if not waking:
                return
            changed = watch.wait(max(0.0, min(waking) - outside.clock()))
            now = outside.clock()
