# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A canary's plan in words: which pods run what in each step, how many more there are on the way, how long it lasts."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from .._domain.canary.course import Canary
from .._domain.canary.parking import portion
from .._domain.text.tables import Row
from .._domain.workloads.completion import some
from .._domain.workloads.shares import Share, most_more
from .._domain.workloads.workload import Workload
from .canary import last_step
from .shares_plan import reached


def rows(canary: Canary, workload: Workload, pending: Collection[str]) -> tuple[Row, ...]:
    """The table of a canary that goes forward, for the steps that have something to do."""
    return tuple(_rows(canary, workload, pending))


def _rows(canary: Canary, workload: Workload, pending: Collection[str]) -> Iterator[Row]:
    total, before = workload.desired, 0
    for share in canary.shares:
        count = canary.pods(share, total)
        if share.name in pending:
            yield Row(share.name, _told(canary, share, count, total), _counts(canary, total, before), _counts(canary, total, count))
        before = max(before, count)
    last = last_step(canary)
    if last in pending:
        size = portion(workload, canary.after)
        portions = f"exchange the rest, {some(size, 'pod')} at a time" if before < total else "stop the stable pod"
        if canary.routing is not None:
            portions = "start the rest, give it all requests, stop the stable pods"
        yield Row(last, portions if canary.shares else "bring the template", _counts(canary, total, before), f"0 stable, {total} new")


def _told(canary: Canary, share: Share, count: int, total: int) -> str:
    if canary.routing is None:
        return reached(share, count, total if total > 1 else total + 1)
    held = f", hold {share.hold:g} s" if share.hold else ""
    which = f"{share.weight} % of the requests" if share.weight else "requests that match"
    return f"{which} go to {some(count, 'pod')} of the candidate{held}"


def _counts(canary: Canary, total: int, new: int) -> str:
    return f"{total - new if total > 1 and canary.routing is None else total} stable, {new} new"


def most_pods(canary: Canary, workload: Workload) -> int:
    """How many pods more than the Deployment asks for there are at most on the way."""
    if canary.routing is not None:
        return workload.desired
    return most_more(canary.shares, canary.least, workload.desired, portion(workload, canary.after))


def seconds(canary: Canary) -> float:
    """How long all its steps hold together."""
    return sum(share.hold for share in canary.shares)
