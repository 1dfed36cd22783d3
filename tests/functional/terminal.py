# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running a program on a terminal, at which somebody types."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Mapping

_TAKE_IT = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
"""Makes the terminal that of the session, as a shell's is: a program asks nothing in the background."""


def on_terminal(command: list[str], environment: Mapping[str, str], typed: bytes, patience: float) -> tuple[int, str]:
    """Run it to its end; return its code and what it has shown. `typed` is typed once it listens to each key.

    After so many seconds of patience it is killed, and the test fails.
    """
    terminal, its_end = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", _TAKE_IT, *command], env=environment, stdin=its_end, stdout=its_end, stderr=its_end, start_new_session=True
    )
    os.close(its_end)
    shown, limit = b"", time.monotonic() + patience
    try:
        while time.monotonic() < limit:
            if not select.select([terminal], [], [], 0.3)[0]:
                # It throws away what was typed before it listened.
                if _listens(terminal):
                    os.write(terminal, typed)
                continue
            try:
                shown += os.read(terminal, 4096)
            except OSError:  # What Linux says when the last process has closed the terminal.
                return process.wait(patience), shown.decode(errors="replace")
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise AssertionError(f"{command[0]} did not end within {patience} s: {shown.decode(errors='replace')}")
    finally:
        os.close(terminal)


def _listens(terminal: int) -> bool:
    """Whether each key is read as it comes: the question was shown and waits."""
    return not termios.tcgetattr(terminal)[3] & termios.ICANON
