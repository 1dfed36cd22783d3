# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Getting between ansible-playbook and the API server at an exact request: to act there, or to stop there and kill."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

from .cluster import PATIENCE
from .faults import Faults, Request

Match = Callable[[Request], bool]


def proxied(faults: Faults) -> dict[str, str]:
    """The options that lead a module through the proxy."""
    return {"host": faults.url, "api_key": "proxied-by-the-test"}


def through(faults: Faults) -> dict[str, str]:
    """The environment in which ansible-playbook reaches the cluster through the proxy."""
    return {f"K8S_AUTH_{name.upper()}": value for name, value in proxied(faults).items()}


def is_write(request: Request) -> bool:
    """Say whether it changes something on the server."""
    return request.method in ("POST", "PUT", "PATCH", "DELETE") and "dryRun" not in request.query


def is_change(request: Request) -> bool:
    """Say whether it changes something besides a Lease."""
    return is_write(request) and "/leases" not in request.path


def before(faults: Faults, matches: Match, act: Callable[[], object], *, times: int = 1) -> None:
    """Do something right before the next `times` requests that match are passed on."""
    left = [times]

    def meddle(request: Request) -> bool:
        if left[0] > 0 and matches(request):
            left[0] -= 1
            act()
        return False  # Nothing happens to the request itself.

    faults.add(matches=meddle)


class Stop:
    """Lets so many writes through, keeps the answer of the last to itself, and lets nothing through afterwards. Writes of Leases count on
    request.

    `reached` tells that the last one is written, and that the client has noticed that nobody answers, and asks again in vain.
    """

    def __init__(self, faults: Faults, *, after: int, leases: bool = False) -> None:
        self.reached = threading.Event()
        self._counts = is_write if leases else is_change
        self._left = after
        self._written = threading.Event()
        faults.add(matches=self._is_last, unheard=True, answered=self._written.set)
        faults.add(matches=self._is_later, hang=True, times=10_000)

    def _is_last(self, request: Request) -> bool:
        counts = self._counts(request)
        if counts:
            self._left -= 1
        return counts and self._left == 0

    def _is_later(self, _request: Request) -> bool:
        if self._left <= 0 and self._written.is_set():
            self.reached.set()
        return self._left <= 0


def family(pid: int) -> set[int]:
    """A process and all that descend from it, in whatever session they are."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # It has ended meanwhile.
        parents[int(path.parent.name)] = int(fields[1])
    found = {pid}
    while True:
        more = {child for child, parent in parents.items() if parent in found} - found
        if not more:
            return found
        found |= more


def is_alive(pid: int) -> bool:
    """Say whether a process runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False


def kill_all(pids: set[int]) -> None:
    """SIGKILL to each."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def eventually(holds: Callable[[], bool], what: str, *, seconds: float = PATIENCE) -> None:
    """Wait until something holds; the test fails when it does not come about however long it is given."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"Not within {seconds:g} s: {what}")
        time.sleep(0.02)
