# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines of progress where ansible-playbook's output goes through a pipe that nobody reads any more (`| head`), or not now (`| less`).

A worker hands its lines to ansible-playbook, whose thread for that ends for good when it cannot write one; then results do not arrive
either, and the play hangs. So a worker looks at the pipe first, and keeps the line to itself.
"""

from __future__ import annotations

import errno
import os
import select
import stat
import time
from collections.abc import Callable

SPACING_SECONDS = 0.01
"""Between two lines into a pipe, so that its reader can be seen to have gone after the one before."""


class Screen:
    """Shows lines by `show` while another process, `writer`, can write to its standard output."""

    def __init__(self, writer: int, show: Callable[[str], object]) -> None:
        self._path = f"/proc/{writer}/fd/1"
        self._show = show
        self._gone = False
        self._last = float("-inf")

    def line(self, text: str) -> None:
        """Show one line, or leave it out where it could not be written now."""
        if self._gone or not self._is_ready():
            return
        self._show(text)
        self._last = time.monotonic()

    def _is_ready(self) -> bool:
        """A line can be written at once. What is no pipe, and what cannot be looked at, counts as ready."""
        try:
            if not stat.S_ISFIFO(os.stat(self._path).st_mode):
                return True
            time.sleep(max(0.0, self._last + SPACING_SECONDS - time.monotonic()))
            pipe = os.open(self._path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            self._gone = error.errno == errno.ENXIO  # A named pipe without a reader.
            return not self._gone
        try:
            return self._takes_more(pipe)
        finally:
            os.close(pipe)

    def _takes_more(self, pipe: int) -> bool:
        poll = select.poll()
        poll.register(pipe, select.POLLOUT)
        events = next((events for _pipe, events in poll.poll(0)), 0)
        self._gone = bool(events & (select.POLLERR | select.POLLHUP))
        return events == select.POLLOUT
