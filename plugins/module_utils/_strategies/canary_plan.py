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
from .._domain.workloads.shares import Share, most_more, percent
from .._domain.workloads.workload import Workload
from .canary import last_step


def rows(canary: Canary, workload: Workload, pending: Collection[str]) -> tuple[Row, ...]:
    """The table of a canary that goes forward, for the steps that have something to do."""
    return tuple(_rows(canary, workload, pending))


def _rows(canary: Canary, workload: Workload, pending: Collection[str]) -> Iterator[Row]:
    total, before = workload.desired, 0
    for share in canary.shares:
        count = share.candidates(total, canary.least)
        if share.name in pending:
            what = f"{_reached(share, count, total)}{f', hold {share.hold:g} s' if share.hold else ''}"
            yield Row(share.name, what, _counts(total, before), _counts(total, count))
        before = max(before, count)
    last = last_step(canary)
    if last in pending:
        size = portion(workload, canary.after)
        portions = f"exchange the rest, {some(size, 'pod')} at a time" if before < total else "stop the stable pod"
        yield Row(last, portions if canary.shares else "bring the template", _counts(total, before), f"0 stable, {total} new")


def _reached(share: Share, count: int, total: int) -> str:
    whole = total if total > 1 else total + 1
    reached = percent(count, whole)
    asked = f", asked for {share.asked}" if share.replicas is None and reached != share.asked else ""
    return f"{count} of {some(whole, 'pod')} run the candidate ({reached}{asked})"


def _counts(total: int, new: int) -> str:
    return f"{total - new if total > 1 else total} stable, {new} new"


def most_pods(canary: Canary, workload: Workload) -> int:
    """How many pods more than the Deployment asks for there are at most on the way."""
    return most_more(canary.shares, canary.least, workload.desired, portion(workload, canary.after))


def seconds(canary: Canary) -> float:
    """How long all its steps hold together."""
    return sum(share.hold for share in canary.shares)
