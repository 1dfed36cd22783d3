# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is remembered of an application's rollout, in annotations of its Lease: the claim, the history, what was given up or taken back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from ..._domain.actions import Promote
from ..._domain.claims import CLAIM, HISTORY, SETTINGS, Claim, Promotion, Settings, history_text
from ..._domain.errors import RefusedError
from ..._domain.expected import GIVEN_UP, GivenUp, candidates_of, given_up_of, given_up_text
from ..._domain.leases import user_of
from ..._domain.request import ColourRequest
from ..._domain.scenes import Scene
from ..._domain.switching import INTENT, Intent, half_done
from ..._domain.undone import UNDONE, Undone, settled, undone_of, undone_text
from ..outside.surroundings import Surroundings
from .lock import Lock


class Memory:
    """The claim and the history of the application that a task works on. Each change is one write of the Lease."""

    def __init__(
        self,
        request: ColourRequest,
        outside: Surroundings,
        lock: Lock,
        scene: Callable[[], Scene],
        claim: Claim | None,
        history: tuple[Promotion, ...],
    ) -> None:
        self._request = request
        self._outside = outside
        self._lock = lock
        self._scene = scene
        self.claim = claim
        self._history = history

    @property
    def now(self) -> Claim:
        """The claim of the rollout that is on its way. Raises `ValueError` where there is none."""
        if self.claim is None:
            raise ValueError("There is no rollout on its way.")
        return self.claim

    def forget_a_switch_that_is_over(self) -> None:
        """Forget the intent of an earlier run that was killed between the last Service's write and the end of the lock."""
        former = Intent.of(self._lock.lease)
        if former.after and not half_done(former, self._scene().services):
            self._lock.forget(INTENT)

    # --- forward --------------------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Store the claim before anything of it is carried out; what served until now begins the history."""
        self.claim = replace(self.now, plan_hash=self._outside.approved.found)
        if not self._history and any(side.stable for side in self.now.sides):
            stable = {side.workload: side.stable for side in self.now.sides}
            self._history = (self._promotion(stable, at="", undoes=0, cause=""),)
        self._lock.note_all({CLAIM: self.now.text(), HISTORY: history_text(self._history), SETTINGS: _settings(self.now).text()})

    def note_options(self) -> None:
        """Store the claim where the options of a task that goes on have changed it."""
        if Claim.of(self._lock.lease) != self.now:
            self._lock.note_all({CLAIM: self.now.text(), SETTINGS: _settings(self.now).text()})

    def promote(self, _action: Promote, _scene: Scene) -> bool:
        """Store that the traffic has moved, with a line more in the history."""
        now = self._outside.cluster.now().isoformat(timespec="seconds").replace("+00:00", "Z")
        candidates = {side.workload: side.candidate for side in self.now.sides}
        entry = self._promotion(candidates, at=now, undoes=self.now.undoes, cause=self.now.cause)
        self._history = (*self._history, entry)
        self.claim = replace(self.now, switched=now)
        self._lock.note_all({CLAIM: self.claim.text(), HISTORY: history_text(self._history)})
        return True

    def end(self) -> None:
        """Store that nothing is on its way any more."""
        claim = self.now
        gone = {HISTORY: "", SETTINGS: "", GIVEN_UP: ""} if claim.leaves else {}
        back = {side.workload: side.base for side in claim.sides if side.base} if claim.undoes and self._request.remember else {}
        undone = self._undone(back, {side.workload: side.wanted for side in claim.sides})
        # The intent as well, in one write: whoever is killed right after it leaves nothing that a later task would act on.
        self._lock.note_all({CLAIM: "", INTENT: "", **gone, **undone})

    def _promotion(self, deployments: Mapping[str, str], *, at: str, undoes: int, cause: str) -> Promotion:
        scene = self._scene()
        parts: dict[str, tuple[str, str]] = {}
        images: list[str] = []
        causes: list[str] = []
        for workload, deployment in deployments.items():
            snapshot = scene.snapshot(deployment)
            if snapshot.workload is None:
                continue
            wanted = snapshot.workload.normal
            revision = next((entry for entry in snapshot.revisions if entry.normal == wanted), None)
            parts[workload] = (deployment, revision.hash if revision is not None else "")
            images.extend(snapshot.workload.images.values())
            if revision is not None and revision.change_cause:
                causes.append(revision.change_cause)
        number = self._history[-1].number + 1 if self._history else 1
        text = cause or "; ".join(dict.fromkeys(causes))
        return Promotion(number, at, text, parts, tuple(dict.fromkeys(images)), undoes)

    # --- back -----------------------------------------------------------------------------------------------------------------

    def begin_back(self, why: str, *, requested: bool) -> None:
        """Store that the rollout is given up, and why. `requested`: by a person, whose word against the version is remembered."""
        # What went back by itself and is only brought to its end now was taken back by nobody.
        stored = Claim.of(self._lock.lease)
        wanted = requested and self._request.remember and stored is not None and not stored.back
        if not self.now.back:
            self.claim = self.now.given_up(why, candidates_of(self.now, self._scene()))
        undone = self._undone({side.workload: side.wanted for side in self.now.sides} if wanted else {}, {})
        self._lock.note_all({CLAIM: self.now.text(), **undone})

    def end_back(self) -> None:
        """Store that the rollout is given up for good."""
        claim = self.now
        if claim.switched and self._history:
            self._history = self._history[:-1]
        gone = {SETTINGS: ""} if len(self._history) < 2 and self._is_adopted_back() else {}
        kept = "" if gone else history_text(self._history)
        self._lock.note_all({CLAIM: "", INTENT: "", HISTORY: kept, **gone, **self._given_up()})

    def _is_adopted_back(self) -> bool:
        """Return whether blue/green began with this rollout, and has ended with it."""
        scene, claim = self._scene(), self.now
        return all(
            name in scene.services and scene.services[name].selector == selector
            for name, selector in claim.originals.items()
            if name in claim.services
        )

    def _given_up(self) -> dict[str, str]:
        """Return what is stored of a rollout that was given up; nothing of one whose candidates were not made."""
        claim = self.now
        if not claim.candidates or not all(claim.candidates):
            return {}
        try:
            former = given_up_of(self._lock.lease)
        except RefusedError:  # It cannot be read, and nothing but an approval that comes late needs it.
            former = ()
        entry = GivenUp(frozenset(claim.candidates), claim.why, user_of(self._request.holder), self._stamp())
        return {GIVEN_UP: given_up_text((*former, entry))}

    def _undone(self, back: Mapping[str, str], again: Mapping[str, str]) -> dict[str, str]:
        """Return what is stored of versions (workload to fingerprint) that were taken back, or that run again."""
        former, why = undone_of(self._lock.lease), self._request.cause.why
        by, now = self._request.cause.by or user_of(self._request.holder), self._stamp()
        kept = settled(
            former,
            back=[Undone(f"Deployment/{workload}", template, by, why, now) for workload, template in back.items()],
            again=[(f"Deployment/{workload}", template) for workload, template in again.items()],
        )
        return {UNDONE: undone_text(kept)} if kept != former else {}

    def _stamp(self) -> str:
        return f"{self._outside.cluster.now():%Y-%m-%dT%H:%M:%SZ}"


def _settings(claim: Claim) -> Settings:
    """Return what later tasks take from this rollout where they do not say."""
    previews = {
        service: next((name for name, its in claim.previews.items() if its == workload), "") for service, workload in claim.services.items()
    }
    return Settings(previews, claim.delay, claim.keep_old)
