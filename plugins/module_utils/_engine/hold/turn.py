# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for one's turn: until who holds a Lease has given it back, or has died."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ..._domain.base.errors import ConflictError, HeldError, NotFoundError
from ..._domain.base.objects import JsonObject, Ref, ref_of
from ..._domain.base.ports import WatchEvent
from ..._domain.base.resources import LEASE, Resource
from ..._domain.leases.lease import Holding, released
from ..._domain.ownership.owners import APPLY_MANAGER
from ..observe.feed import Feed, Source
from ..outside.surroundings import Surroundings

T = TypeVar("T")
_TRIES = 10
"""How often others may be faster."""


def in_turn(work: Callable[[], T], outside: Surroundings, patience: float, *, check: bool = False) -> T:
    """What `work` returns, which raises `HeldError` before its first write where another task holds what it needs. Then it is tried again
    once that is free: a holder that shows no sign of life for its Lease's duration is taken for dead, a living one is waited for
    `patience` seconds. Raises the `HeldError` when that is over, in check mode at once."""
    deadline, overtaken = outside.clock() + patience, 0
    while True:
        outside.leases.forget()
        try:
            return work()
        except HeldError as held:
            # Where nobody holds it any more, somebody has done all his work since ours was planned.
            overtaken += 0 if Holding.of(held.lease).holder else 1
            if check or (held.lasts and outside.clock() >= deadline) or overtaken > _TRIES:
                raise
            _Wait(held, outside, deadline, patience).until_free()


class _Wait:
    """One wait for one Lease."""

    def __init__(self, held: HeldError, outside: Surroundings, deadline: float, patience: float) -> None:
        self._held = held
        self._outside = outside
        self._deadline = deadline
        self._patience = patience
        self._ref: Ref = ref_of({**held.lease, "kind": "Lease"})
        self._lease: JsonObject | None = held.lease

    def until_free(self) -> None:
        """Return when nobody holds the Lease any more. Raises the `HeldError` when its holder is alive and the time is over."""
        first, since, alive = Holding.of(self._lease), self._outside.clock(), False
        if not first.holder:
            return
        self._outside.progress(f"{self._ref} is held by {first.holder}: {self._purpose(first.duration)}")
        self._lease = None
        feed = Feed(self._outside.cluster, self._hear)
        try:
            feed.follow(Source(LEASE, self._ref.namespace, fields=f"metadata.name={self._ref.name}"))
            while True:
                self._outside.guard()
                now, clock = Holding.of(self._lease), self._outside.clock()
                if not now.holder:
                    return
                if now.holder != first.holder or now.renewed != first.renewed:
                    alive = alive or now.holder == first.holder
                    first, since = now, clock
                if alive and clock >= self._deadline:
                    raise self._over()
                if clock >= since + now.duration:
                    self._free()
                    return
                end = since + now.duration
                feed.wait((min(end, self._deadline) if alive else end) - clock)
        finally:
            feed.close()

    def _purpose(self, duration: int) -> str:
        if self._patience:
            return f"waiting up to {self._patience:g} s for it"
        return f"waiting up to {duration} s for a sign of life"

    def _over(self) -> HeldError:
        if self._patience:
            self._held.message = f"{self._held.message.rstrip('.')}; lock_timeout of {self._patience:g} s is over."
        return self._held

    def _hear(self, resource: Resource, event: WatchEvent) -> None:
        del resource
        if event.type == "RESYNC":
            self._lease = event.items[0] if event.items else None
        else:
            self._lease = None if event.type == "DELETED" else event.object

    def _free(self) -> None:
        """Give back what a dead holder has left. Who is first of several that wait is decided by the resourceVersion."""
        if self._lease is None:
            return
        try:
            self._outside.cluster.update(LEASE, released(self._lease), manager=APPLY_MANAGER)
        except (ConflictError, NotFoundError):
            return
