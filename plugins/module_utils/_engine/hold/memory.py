# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run stores of its rollout, in annotations of the application's Lease: the claim, and what the strategy notes beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Generic, Protocol, TypeVar

from ..._domain.base.objects import JsonObject
from ..._domain.leases.claim import Claim, Judged
from ..._domain.sides.claims import CLAIM, claim_of
from ..._domain.steps.actions import Remember
from ..._domain.traffic.scenes import Scene
from ..._domain.traffic.switching import INTENT, Intent, half_done
from ..outside.surroundings import Surroundings
from .lock import Lock

C = TypeVar("C", bound=Claim)
C_contra = TypeVar("C_contra", bound=Claim, contravariant=True)


class Notes(Protocol[C_contra]):
    """What a strategy stores beside its claim: annotations of the Lease, by name; an empty text takes one away.

    Each is called with the claim and the scene at that moment, and with the Lease as it is.
    """

    def begun(self, claim: C_contra, scene: Scene, lease: JsonObject | None) -> Mapping[str, str]:
        """Before anything of the rollout is carried out, and when the options of a task that goes on have changed the claim."""

    def remembered(self, claim: C_contra, scene: Scene, at: str) -> Mapping[str, str]:
        """When something has happened that the claim remembers, at a time in RFC 3339."""

    def ended(self, claim: C_contra, scene: Scene, lease: JsonObject | None) -> Mapping[str, str]:
        """When nothing is on its way any more."""

    def given_up(self, claim: C_contra, lease: JsonObject | None) -> Mapping[str, str]:
        """When a person has given the rollout up."""

    def went_back(self, claim: C_contra, scene: Scene, lease: JsonObject | None) -> Mapping[str, str]:
        """When it is given up for good."""


class NoNotes:
    """A strategy that stores nothing beside its claim."""

    def begun(self, _claim: Claim, _scene: Scene, _lease: JsonObject | None) -> Mapping[str, str]:
        """Return nothing."""
        return {}

    ended = went_back = begun

    def remembered(self, _claim: Claim, _scene: Scene, _at: str) -> Mapping[str, str]:
        """Return nothing."""
        return {}

    def given_up(self, _claim: Claim, _lease: JsonObject | None) -> Mapping[str, str]:
        """Return nothing."""
        return {}


class Memory(Generic[C]):
    """The claim of the rollout that a run works on. Each change is one write of the Lease."""

    def __init__(
        self,
        outside: Surroundings,
        lock: Lock,
        scene: Callable[[], Scene],
        claim: C | None,
        notes: Notes[C],
    ) -> None:
        self._outside = outside
        self._lock = lock
        self._scene = scene
        self._notes = notes
        self.claim = claim

    @property
    def now(self) -> C:
        """The claim of the rollout that is on its way. Raises `ValueError` where there is none."""
        if self.claim is None:
            raise ValueError("There is no rollout on its way.")
        return self.claim

    def forget_a_switch_that_is_over(self) -> None:
        """Forget the intent of an earlier run that was killed between the last Service's write and the end of the lock."""
        former = Intent.of(self._lock.lease)
        if former.after and not half_done(former, self._scene().services):
            self._lock.forget(INTENT)

    def begin(self) -> None:
        """Store the claim before anything of it is carried out."""
        self.claim = replace(self.now, plan_hash=self._outside.approved.found)
        self._store()

    def _store(self) -> None:
        notes = self._notes.begun(self.now, self._scene(), self._lock.lease)
        self._lock.note_all({CLAIM: self.now.text(), **notes})

    def judge(self, found: Iterable[Judged]) -> None:
        """Have the claim remember what gates have found; `keep` stores that, and so does whatever else is stored."""
        self.claim = self.now.judged(found)

    def keep(self) -> None:
        """Store the claim where something has changed it: the options of a task that goes on, or what gates have found."""
        if claim_of(self._lock.lease) != self.now:
            self._store()

    def remember(self, action: Remember, scene: Scene) -> bool:
        """Store that something has happened just now."""
        now = self._outside.cluster.now().isoformat(timespec="seconds").replace("+00:00", "Z")
        notes = self._notes.remembered(self.now, scene, now)
        self.claim = self.now.noted(action.name, now)
        self._lock.note_all({CLAIM: self.now.text(), **notes})
        return True

    def end(self) -> None:
        """Store that nothing is on its way any more."""
        # The intent as well, in one write: whoever is killed right after it leaves nothing that a later task would act on.
        self._lock.note_all({CLAIM: "", INTENT: "", **self._notes.ended(self.now, self._scene(), self._lock.lease)})

    def begin_back(self, claim: C, *, requested: bool) -> None:
        """Store the claim of a rollout that is given up. `requested`: by a person."""
        # What went back by itself and is only brought to its end now was given up by nobody.
        stored = claim_of(self._lock.lease)
        notes = self._notes.given_up(claim, self._lock.lease) if requested and stored is not None and not stored.back else {}
        self.claim = claim
        self._lock.note_all({CLAIM: claim.text(), **notes})

    def end_back(self) -> None:
        """Store that the rollout is given up for good."""
        self._lock.note_all({CLAIM: "", INTENT: "", **self._notes.went_back(self.now, self._scene(), self._lock.lease)})
