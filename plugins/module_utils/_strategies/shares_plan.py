# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of steps with shares in words: which share a step really reaches, and what a rollout pod by pod does in each."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from .._domain.steps.groups import PRIMARY, Group
from .._domain.text.tables import Row
from .._domain.workloads.completion import some
from .._domain.workloads.shares import Share, percent


def reached(share: Share, count: int, whole: int) -> str:
    """Which share of the pods a step really reaches, and for how long it is held."""
    found = percent(count, whole)
    asked = f", asked for {share.asked}" if share.replicas is None and found != share.asked else ""
    held = f", hold {share.hold:g} s" if share.hold else ""
    return f"{count} of {some(whole, 'pod')} run the candidate ({found}{asked}){held}"


def rows(groups: Sequence[Group], pending: Collection[str]) -> tuple[Row, ...]:
    """The table of a rollout pod by pod, for the steps that have something to do."""
    return tuple(_rows(groups, pending))


def _rows(groups: Sequence[Group], pending: Collection[str]) -> Iterator[Row]:
    total, before = sum(len(group.places) for group in groups), 0
    for group in groups:
        after = before + len(group.places)
        if group.name in pending:
            what = reached(group.share, after, total) if group.share is not None else _rest(group)
            yield Row(group.name, what, _counts(total, before), _counts(total, after))
        before = after


def _rest(group: Group) -> str:
    if group.alias == PRIMARY:
        return "exchange the primary"
    size = max((len(places) for places in group.portions), default=0)
    return f"exchange the rest, {some(size, 'pod')} at a time" if size else "exchange the rest"


def _counts(total: int, new: int) -> str:
    return f"{total - new} stable, {new} new"
