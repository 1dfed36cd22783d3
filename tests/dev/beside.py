# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A test level in a fork, beside others that run here; what it prints is kept, so that no other level's output is mixed with it."""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

from .outcomes import Outcome, single
from .shell import say

Ended = Callable[[], Outcome]
"""Wait until the level has ended, show what it has printed, and return what it counted."""


@contextmanager
def beside(name: str, work: Callable[[], Outcome]) -> Iterator[Ended]:
    """Let a level run in a fork until the end of the block, which must ask for its outcome; if it does not get there, the fork ends."""
    # The fork has to come before any thread: lint has some.
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    with tempfile.TemporaryFile() as printed, receiver:
        process = context.Process(target=_fork, args=(work, printed.fileno(), sender), name=name)
        process.start()
        sender.close()

        def ended() -> Outcome:
            try:
                outcome: Outcome | None = receiver.recv()
            except EOFError:
                outcome = None
            process.join()
            printed.seek(0)
            say(printed.read().decode(errors="replace").rstrip("\n"))
            return outcome or single(name, f"the process of the level ended with {process.exitcode} and said nothing", passed=False)

        try:
            yield ended
        finally:
            # It cleans up as after Ctrl-C; nothing is left of one that was asked for its outcome.
            process.terminate()
            process.join()


def _fork(work: Callable[[], Outcome], printed: int, sender: Connection) -> None:
    """Do the level's work with all output, also of programs that it starts, in the file."""
    os.dup2(printed, 1)
    os.dup2(printed, 2)
    sys.stdout = sys.stderr = os.fdopen(1, "w", buffering=1, closefd=False)
    sender.send(work())
