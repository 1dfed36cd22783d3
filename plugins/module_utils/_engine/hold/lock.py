# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lock of an application: one task at a time changes its objects.

A Lease names the holder, who renews it as long as it works, and the objects. Nobody needs to clean up after a holder that was killed:
whoever wants the lock watches the Lease (`turn.py`), and frees it once it has stood still for its whole duration on the waiter's own
clock. No two clocks are compared.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Self

from ..._domain.base.errors import ConflictError, HeldError, NotFoundError, RefusedError, RolloutError
from ..._domain.base.objects import JsonObject, Ref, texts
from ..._domain.base.resources import LEASE
from ..._domain.leases.lease import (
    DURATION,
    STEP,
    TAKEN_AT,
    Holding,
    held_sentence,
    is_ours,
    lease_name,
    new_lease,
    noted,
    object_of,
    overtaken_sentence,
    released,
    renewed,
    taken,
    version_taken,
)
from ..._domain.ownership.owners import APPLY_MANAGER
from ..outside.surroundings import Surroundings

_TRIES = 10
_PATIENCE = 10.0
"""How many seconds a request has that keeps the lock or gives it back: later nobody may rely on it any more."""
_Change = Callable[[JsonObject], JsonObject]


class Lock:
    """Use it as a context manager; inside, `guard` raises as soon as the lock may be somebody else's.

    Raises `HeldError` when somebody else holds it, `ClusterError` when the Lease cannot be read or written. `objects` are what the
    holder works on; `notes` are annotations that it gets in the write that takes it.
    """

    def __init__(
        self,
        outside: Surroundings,
        namespace: str,
        application: str,
        holder: str,
        objects: Iterable[Ref] = (),
        notes: Mapping[str, str] | None = None,
    ) -> None:
        self._outside = outside
        self._cluster = outside.cluster
        self._kept = outside.cluster.hurried(_PATIENCE)
        self._application = application
        self._holder = holder
        self._objects = tuple(sorted(objects))
        self._notes = notes or {}
        self._ref = Ref("Lease", namespace, lease_name(application))
        self._lease: JsonObject | None = None
        self._version: int | None = None
        self._step = ""
        self._lost = ""
        self._trouble = ""
        self._left: dict[str, str] = {}
        self._renewed_at = 0.0
        self._mutex = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep, daemon=True)

    @property
    def lease(self) -> JsonObject | None:
        """The Lease as it was seen last."""
        return self._lease

    @property
    def ref(self) -> Ref:
        """The Lease's name."""
        return self._ref

    @property
    def version(self) -> int | None:
        """The resourceVersion of the write by which it was taken; None where that is no number."""
        return self._version

    @property
    def seconds_left(self) -> float:
        """For how long nobody else can take it."""
        return self._renewed_at + DURATION - self._outside.clock()

    def __enter__(self) -> Self:
        self._acquire()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        # It may hang in a request that nobody answers: whatever comes of that, the lock expires by itself.
        self._thread.join(timeout=1)
        if not self._lost and not self._thread.is_alive() and self.seconds_left > 0:
            try:
                self._change(lambda lease: released(self._as_left(lease)))
            except RolloutError:
                return  # It expires by itself; what the task has to say matters more.

    def guard(self) -> None:
        """Raise when this process must not write any more, or the lock may have gone to somebody else."""
        self._outside.guard()
        if self._lost:
            raise RefusedError(f"{self._ref} was taken over by {self._lost} meanwhile; nothing more was written. Run the task again.")
        if self.seconds_left <= 0:
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
        self._left = {name: value for name, value in self._left.items() if name not in notes}
        self._change(change)

    def tell(self, step: str) -> None:
        """Let others see at which step we are, from the next sign of life on."""
        self._step = step

    def leave(self, name: str, value: str) -> None:
        """Remember something in the very write that releases the lock, so that there is no moment between the two; an empty value
        forgets."""
        self._left[name] = value

    def forget(self, name: str) -> None:
        """Forget an annotation in the write that releases the lock."""
        self.leave(name, "")

    def _as_left(self, lease: JsonObject) -> JsonObject:
        for name, value in self._left.items():
            lease = noted(lease, name, value)
        return lease

    # --- taking it ------------------------------------------------------------------------------------------------------------

    def _acquire(self) -> None:
        self._lease = self._outside.leases.named(self._ref.namespace, self._ref.name)
        if self._lease is not None and Holding.of(self._lease).holder:
            raise self._held(self._lease)
        self._outside.guard()
        self._renewed_at = self._outside.clock()
        try:
            self._lease = self._taken()
        except ConflictError:
            # Somebody was faster, or did all his work since the Leases were seen, or it was our own write whose answer was lost.
            self._lease = self._read()
            if not self._is_ours():
                self._lease = self._labelled_again()
        self._version = version_taken(self._lease or {})

    def _labelled_again(self) -> JsonObject:
        """The Lease that is free, and was not listed as somebody has taken its label away. Raises `HeldError` for any other."""
        if self._lease is None or is_ours(self._lease) or Holding.of(self._lease).holder:
            raise self._overtaken()
        try:
            return self._taken()
        except ConflictError:
            raise self._overtaken() from None

    def _taken(self) -> JsonObject:
        """The Lease as the server has it once it is ours; of several attempts at once one succeeds, by the resourceVersion."""
        now = self._cluster.now()
        if self._lease is None:
            body = self._noted(taken(new_lease(self._ref.namespace, self._application), self._holder, now, self._objects))
            return self._cluster.create(LEASE, body, manager=APPLY_MANAGER)
        try:
            body = self._noted(taken(self._lease, self._holder, now, self._objects))
            return self._cluster.update(LEASE, body, manager=APPLY_MANAGER)
        except NotFoundError:
            raise self._overtaken() from None

    def confirm(self) -> None:
        """Keep the notes with which it was taken. Without that, giving it back gives back what they have replaced."""
        self._left = {}

    def _noted(self, lease: JsonObject) -> JsonObject:
        former = texts(lease, "metadata", "annotations")
        self._left = {name: former.get(name, "") for name in self._notes}
        for name, value in self._notes.items():
            lease = noted(lease, name, value)
        return lease

    def _held(self, lease: JsonObject) -> HeldError:
        return HeldError(held_sentence(lease, object_of(lease, self._objects) or self._application), lease=lease)

    def _overtaken(self) -> HeldError:
        lease = self._lease or new_lease(self._ref.namespace, self._application)
        if Holding.of(lease).holder:
            return self._held(lease)
        return HeldError(overtaken_sentence(self._ref), lease=lease)

    # --- keeping it -----------------------------------------------------------------------------------------------------------

    def _keep(self) -> None:
        while not self._ended.wait(DURATION / 3):
            try:
                self._outside.guard()
                self._change(lambda lease: noted(renewed(lease, self._cluster.now()), STEP, self._step))
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
                    self._lease = self._kept.update(LEASE, change(self._marked(self._lease)), manager=APPLY_MANAGER)
                except ConflictError:
                    self._lease = self._kept.read(
                        LEASE, self._ref.namespace, self._ref.name
                    )  # Perhaps an annotation of somebody's, or our own write whose answer was lost.
                else:
                    self._renewed_at = at
                    return
            raise ConflictError(overtaken_sentence(self._ref))

    def _marked(self, lease: JsonObject) -> JsonObject:
        """The Lease that tells when it was taken, as its resourceVersion will not tell that any more."""
        return noted(lease, TAKEN_AT, str(self._version or ""))

    def _is_ours(self) -> bool:
        return Holding.of(self._lease).holder == self._holder

    def _read(self) -> JsonObject | None:
        return self._cluster.read(LEASE, self._ref.namespace, self._ref.name)


def read_lease(outside: Surroundings, namespace: str, application: str) -> JsonObject | None:
    """The application's Lease, None when there is none yet."""
    return outside.cluster.read(LEASE, namespace, lease_name(application))
