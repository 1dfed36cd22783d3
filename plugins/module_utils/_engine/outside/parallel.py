# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many workloads at once: requests that do not depend on one another are sent side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
U = TypeVar("U")

_THREADS = 8
"""Enough to keep an API server busy, few enough not to be throttled by its priority and fairness."""


def side_by_side(make: Callable[[U], T], entries: Iterable[U]) -> list[T]:
    """What `make` makes of each, in their order. The first one goes alone, as it fills what the others share.

    When one raises, what has not begun by then is not begun, what has begun is waited for, and the first error in order is raised.
    """
    waiting = list(entries)
    made, others = [make(entry) for entry in waiting[:1]], waiting[1:]
    if not others:
        return made
    with ThreadPoolExecutor(min(_THREADS, len(others)), thread_name_prefix="rollout") as pool:
        futures = [pool.submit(make, entry) for entry in others]
        try:
            return made + [future.result() for future in futures]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
