# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Holding everything that a task writes: the Leases of its application, taken together or not at all.

Two tasks may name their application differently and write the same object. Each Lease therefore lists its objects, and a task looks at
all Leases after it has taken its own: of two that overlap the one that was taken later gives way. The resourceVersions of the two
writes tell which one that is: who was first has listed too early to see the other, and the other sees it for sure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TypeAlias

from ..._domain.base.errors import ForbiddenError, HeldError
from ..._domain.base.objects import JsonObject, Ref, text
from ..._domain.leases.lease import Holding, default_application, held_sentence, object_of, overtaken_sentence, version_taken
from ..outside.surroundings import Surroundings
from .claimed import refuse_claimed
from .lock import Lock

Place: TypeAlias = tuple[str, str]
"""A namespace and an application: what a Lease is of."""
Extents: TypeAlias = Mapping[Place, Collection[Ref]]
Notes: TypeAlias = Mapping[Place, Mapping[str, str]]
"""Annotations that a Lease gets in the write by which it is taken."""


class Hold:
    """What is held, by place. It holds nothing where the task may do without and the right is missing; `warnings` say so."""

    def __init__(self, outside: Surroundings) -> None:
        self.locks: dict[Place, Lock] = {}
        self.warnings: list[str] = []
        self._outside = outside

    def guard(self) -> None:
        """Raise when this process must not write any more, or something that it holds may have gone to somebody else."""
        self._outside.guard()
        for lock in self.locks.values():
            lock.guard()

    def seconds_left(self) -> float:
        """For how long nobody else can take what is held. Raises as `guard`."""
        self.guard()
        return min(lock.seconds_left for lock in self.locks.values())

    def confirm(self) -> None:
        """Keep the notes with which the Leases were taken: what they tell of was begun. Without that they go when the Leases do."""
        for lock in self.locks.values():
            lock.confirm()

    def tell(self, step: str) -> None:
        """Let others see at which step the task is."""
        for lock in self.locks.values():
            lock.tell(step)


@contextmanager
def holding(
    extents: Extents, outside: Surroundings, holder: str, *, optional: bool = False, besides: str = "", notes: Notes | None = None
) -> Iterator[Hold]:
    """Hold the Leases of all places, each for its objects and with its notes, and let no write begin that could arrive after that has
    ended.

    Raises `HeldError` when another task works on one of the objects, `RefusedError` where a rollout on its way covers one (but for that
    of the application `besides`), `ClusterError` when a Lease cannot be read or written; who may not write Leases goes on without, if
    the lock is `optional`. Nothing is held then.
    """
    hold = Hold(outside)
    with ExitStack() as stack:
        for place, refs in sorted(extents.items()):
            try:
                hold.locks[place] = stack.enter_context(Lock(outside, *place, holder, refs, notes=(notes or {}).get(place)))
            except ForbiddenError as error:
                if not optional:
                    raise
                hold.warnings.append(f"Nothing keeps other tasks away from {_spelled({place: refs})} meanwhile: {error.message}")
        for namespace in sorted({namespace for namespace, _application in hold.locks}):
            _give_way(hold, namespace, extents, outside)
        if hold.locks:
            if outside.leases.refused:
                hold.warnings.append(
                    f"Only tasks that call their application alike are kept away from {_spelled(extents)}: {outside.leases.refused}"
                )
            refuse_claimed({ref for refs in extents.values() for ref in refs}, outside, besides=besides)
            stack.callback(outside.cluster.fence, None)
            outside.cluster.fence(hold.seconds_left)
        yield hold


def extents_of(refs: Iterable[Ref], application: str, workloads: Sequence[Ref]) -> dict[Place, set[Ref]]:
    """The places of what a task writes: in each namespace one, under the name of its application or of its first workload there."""
    found: dict[Place, set[Ref]] = {}
    for ref in refs:
        if ref.namespace:
            first = next((workload for workload in workloads if workload.namespace == ref.namespace), workloads[0])
            found.setdefault((ref.namespace, application or default_application(first)), set()).add(ref)
    return found


def _give_way(hold: Hold, namespace: str, extents: Extents, outside: Surroundings) -> None:
    """Raise `HeldError` where somebody who was first works on an object of ours under another name, or has done so since we planned."""
    ours = {place: lock for place, lock in hold.locks.items() if place[0] == namespace}
    names = {lock.ref.name for lock in ours.values()}
    before = {text(lease, "metadata", "name"): lease for lease in outside.leases.of(namespace) or ()}
    for lease in outside.leases.anew(namespace) or ():
        name = text(lease, "metadata", "name")
        if name in names:
            continue
        for place, lock in ours.items():
            shared = object_of(lease, extents[place])
            if shared is None:
                continue
            if Holding.of(lease).holder and _is_first(lease, lock):
                raise HeldError(held_sentence(lease, shared), lease=lease)
            if not Holding.of(lease).holder and _version(lease) != _version(before.get(name, {})):
                raise HeldError(overtaken_sentence(shared), lease=lease)


def _is_first(lease: JsonObject, lock: Lock) -> bool:
    """Whether another Lease was taken before ours; where the numbers do not tell, it was."""
    theirs, mine = version_taken(lease), lock.version
    return theirs is None or mine is None or theirs < mine


def refuse_held(refs: Collection[Ref], outside: Surroundings) -> None:
    """Raise `HeldError` where another task works on one of these now: for what is refused, as it was seen in mid-work."""
    for namespace in sorted({ref.namespace for ref in refs}):
        for lease in outside.leases.anew(namespace) or ():
            shared = object_of(lease, refs) if Holding.of(lease).holder else None
            if shared is not None:
                raise HeldError(held_sentence(lease, shared), lease=lease)


def _spelled(extents: Extents) -> str:
    return ", ".join(map(str, sorted({ref for refs in extents.values() for ref in refs})))


def _version(lease: JsonObject) -> str:
    return text(lease, "metadata", "resourceVersion")
