# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The processes that a cluster started: finding them by their recorded ids, and ending exactly those."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path


def command_line(pid: int) -> str:
    """Return the command line of a process, empty when there is none."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        if Path("/proc/self").exists():
            return ""
    done = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def recorded(state: Path) -> dict[str, int]:
    """Return the running processes of a cluster: those of its pid files whose command line names the cluster's folder."""
    running: dict[str, int] = {}
    for path in sorted(state.glob("pids/*.pid")):
        with contextlib.suppress(ValueError, OSError):
            pid = int(path.read_text())
            if str(state) in command_line(pid):
                running[path.stem] = pid
    return running


def end(state: Path) -> None:
    """Stop a cluster's processes: politely, and after five seconds at once; the store last, so that nobody misses it."""
    everything = recorded(state)
    for group in ([pid for name, pid in everything.items() if name != "etcd"], [pid for name, pid in everything.items() if name == "etcd"]):
        for number in (signal.SIGTERM, signal.SIGKILL):
            left = [pid for pid in group if str(state) in command_line(pid)]
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            deadline = time.monotonic() + 5
            while any(str(state) in command_line(pid) for pid in left) and time.monotonic() < deadline:
                time.sleep(0.05)
