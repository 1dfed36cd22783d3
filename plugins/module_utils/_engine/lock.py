# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lock of an application: one task at a time changes its traffic.

A Lease names the holder, who renews it as long as it works. Nobody needs to clean up after a holder that was killed: whoever wants the
lock watches the Lease, and takes it once it has stood still for its whole duration on the waiter's own clock. No two clocks are compared.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from .._domain.errors import ConflictError, RefusedError, RolloutError
from .._domain.leases import DURATION, Holding, lease_name, new_lease, noted, released, renewed, taken
from .._domain.objects import JsonObject, Ref
from .._domain.ownership import APPLY_MANAGER
from .._domain.ports import WatchEvent
from .._domain.resources import LEASE, Resource
from .feed import Feed, Source
from .surroundings import Surroundings

_TRIES = 10
_PATIENCE = 10.0
"""How many seconds a request has that keeps the lock or gives it back: later nobody may rely on it any more."""
_Change = Callable[[JsonObject], JsonObject]


class Lock:
    """Use it as a context manager; inside, `guard` raises as soon as the lock may be somebody else's.

    Raises `RefusedError` when another holder is alive, `ClusterError` when the Lease cannot be read or written.
    """

    def __init__(self, outside: Surroundings, namespace: str, application: str, holder: str) -> None:
        self._outside = outside
        self._cluster = outside.cluster
        self._kept = outside.cluster.hurried(_PATIENCE)
        self._application = application
        self._holder = holder
        self._ref = Ref("Lease", namespace, lease_name(application))
        self._lease: JsonObject | None = None
        self._lost = ""
        self._trouble = ""
        self._forgotten: set[str] = set()
        self._renewed_at = 0.0
        self._mutex = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep, daemon=True)

    @property
    def lease(self) -> JsonObject | None:
        """The Lease as it was seen last."""
        return self._lease

    def __enter__(self) -> Self:
        self._acquire()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        # It may hang in a request that nobody answers: whatever comes of that, the lock expires by itself.
        self._thread.join(timeout=1)
        if not self._lost and not self._thread.is_alive() and self._outside.clock() - self._renewed_at < DURATION:
            try:
                self._change(lambda lease: released(self._without_forgotten(lease)))
            except RolloutError:
                return  # It expires by itself; what the task has to say matters more.

    def guard(self) -> None:
        """Raise when this process must not write any more, or the lock may have gone to somebody else."""
        self._outside.guard()
        if self._lost:
            raise RefusedError(f"{self._ref} was taken over by {self._lost} meanwhile; nothing more was written. Run the task again.")
        if self._outside.clock() - self._renewed_at >= DURATION:
            if self._trouble:
                raise RefusedError(
                    f"{self._trouble.rstrip('.')}. So the lock of {self._application} could not be kept; nothing more was written."
                )
            raise RefusedError(
                f"{self._ref} could not be renewed for {DURATION} s, so somebody else may work on {self._application} by now; nothing "
                "more was written. Run the task again."
            )

    def note(self, name: str, value: str) -> None:
        """Remember something in an annotation of the Lease."""
        self.note_all({name: value})

    def note_all(self, notes: Mapping[str, str]) -> None:
        """Remember several things in one write; an empty value forgets."""

        def change(lease: JsonObject) -> JsonObject:
            for name, value in notes.items():
                lease = noted(lease, name, value)
            return lease

        self.guard()
        self._forgotten -= notes.keys()
        self._change(change)

    def forget(self, name: str) -> None:
        """Forget an annotation in the very write that releases the lock, so that there is no moment between the two."""
        self._forgotten.add(name)

    def _without_forgotten(self, lease: JsonObject) -> JsonObject:
        for name in self._forgotten:
            lease = noted(lease, name, "")
        return lease

    # --- taking it ------------------------------------------------------------------------------------------------------------

    def _acquire(self) -> None:
        self._lease = self._read()
        while not self._is_ours():
            if Holding.of(self._lease).holder:
                self._wait_for_its_end()
            else:
                self._take()

    def _wait_for_its_end(self) -> None:
        """Until it is free, or has stood still for its duration; raises when its holder shows life."""
        first, since = Holding.of(self._lease), self._outside.clock()
        self._outside.progress(f"{self._ref} is held by {first.holder}: waiting up to {first.duration} s for a sign of life")
        feed = Feed(self._cluster, self._hear)
        try:
            feed.follow(Source(LEASE, self._ref.namespace, fields=f"metadata.name={self._ref.name}"))
            while True:
                now = Holding.of(self._lease)
                if not now.holder:
                    return
                if now.holder != first.holder:
                    first, since = now, self._outside.clock()
                if now.renewed != first.renewed:
                    raise RefusedError(
                        f"{self._application} is being changed by {now.holder} since {now.since} ({self._ref}); wait until that is done "
                        "and run the task again."
                    )
                left = since + first.duration - self._outside.clock()
                if left <= 0:
                    self._take()
                    return
                feed.wait(left)
        finally:
            feed.close()

    def _hear(self, resource: Resource, event: WatchEvent) -> None:
        del resource
        if event.type == "RESYNC":
            self._lease = event.items[0] if event.items else None
        else:
            self._lease = None if event.type == "DELETED" else event.object

    def _take(self) -> None:
        """One attempt; who is first is decided by the resourceVersion."""
        self._outside.guard()
        at = self._outside.clock()
        now = self._cluster.now()
        try:
            if self._lease is None:
                body = taken(new_lease(self._ref.namespace, self._application), self._holder, now)
                self._lease = self._cluster.create(LEASE, body, manager=APPLY_MANAGER)
            else:
                self._lease = self._cluster.update(LEASE, taken(self._lease, self._holder, now), manager=APPLY_MANAGER)
        except ConflictError:
            self._lease = self._read()
        self._renewed_at = at

    # --- keeping it -----------------------------------------------------------------------------------------------------------

    def _keep(self) -> None:
        while not self._ended.wait(DURATION / 3):
            try:
                self._outside.guard()
                self._change(lambda lease: renewed(lease, self._cluster.now()))
            except RolloutError as error:
                if self._lost:
                    return  # Otherwise it is tried again; `guard` sees when that was too late.
                self._trouble = error.message

    def _change(self, change: _Change) -> None:
        """Write a change of our Lease, and with it a sign of life. Raises `RefusedError` when it is not ours any more."""
        with self._mutex:
            for _attempt in range(_TRIES):
                if self._lease is None or not self._is_ours():
                    self._lost = Holding.of(self._lease).holder or "nobody (it was deleted or released)"
                    raise RefusedError(f"{self._ref} was taken over by {self._lost} meanwhile; run the task again.")
                at = self._outside.clock()
                try:
                    self._lease = self._kept.update(LEASE, change(self._lease), manager=APPLY_MANAGER)
                except ConflictError:
                    self._lease = self._kept.read(
                        LEASE, self._ref.namespace, self._ref.name
                    )  # Perhaps an annotation of somebody's, or our own write whose answer was lost.
                else:
                    self._renewed_at = at
                    return
            raise ConflictError(f"{self._ref} is changed by others all the time; look at who does that and run the task again.")

    def _is_ours(self) -> bool:
        return Holding.of(self._lease).holder == self._holder

    def _read(self) -> JsonObject | None:
        return self._cluster.read(LEASE, self._ref.namespace, self._ref.name)


def read_lease(outside: Surroundings, namespace: str, application: str) -> JsonObject | None:
    """The application's Lease, None when there is none yet."""
    return outside.cluster.read(LEASE, namespace, lease_name(application))
