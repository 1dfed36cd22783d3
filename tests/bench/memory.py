# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much a worker of Ansible grows, seen from outside: Linux' own peak of resident memory."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

PAUSE_SECONDS = 0.01


class Growth:
    """Follows the children of a process while it is entered; the one that grew most is the one that did the work.

    A forked worker's peak begins at its size when it was forked, with `kubernetes` imported by its parent already.
    """

    def __init__(self, parent: int) -> None:
        self._parent = parent
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._seen: dict[int, tuple[float, float]] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    @property
    def megabytes(self) -> float:
        """The peak of the child that grew most, above its first size."""
        return max((peak - base for base, peak in self._seen.values()), default=0.0)

    @property
    def base_megabytes(self) -> float:
        """The first size of that child."""
        return max(self._seen.values(), key=lambda entry: entry[1] - entry[0], default=(0.0, 0.0))[0]

    def _follow(self) -> None:
        while not self._over.wait(PAUSE_SECONDS):
            for child in children(self._parent):
                sizes = memory_of(child)
                if sizes is not None:
                    base = self._seen.get(child, (sizes[0], 0.0))[0]
                    self._seen[child] = (base, sizes[1])


def children(pid: int) -> list[int]:
    """Return the direct children of a process."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (OSError, ValueError):
        return []


def memory_of(pid: int) -> tuple[float, float] | None:
    """Return the resident memory of a process and its peak, in MB (a million bytes)."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    found = {name: int(value) * 1024 / 1e6 for name, value in re.findall(r"(VmRSS|VmHWM):\s+(\d+) kB", text)}
    return (found["VmRSS"], found["VmHWM"]) if len(found) == 2 else None
