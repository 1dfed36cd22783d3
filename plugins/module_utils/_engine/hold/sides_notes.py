# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What blue/green stores beside its claim: the history of promotions, its settings, what was given up or taken back."""

from __future__ import annotations

from collections.abc import Mapping

from ..._domain.base.errors import RefusedError
from ..._domain.base.objects import JsonObject
from ..._domain.base.ports import Cluster
from ..._domain.leases.lease import user_of
from ..._domain.leases.undone import UNDONE, Undone, settled, undone_of, undone_text
from ..._domain.request import ColourRequest
from ..._domain.sides.claims import HISTORY, SETTINGS, STRATEGY, Promotion, Settings, SidesClaim, history_text
from ..._domain.sides.expected import GIVEN_UP, GivenUp, given_up_of, given_up_text
from ..._domain.traffic.scenes import Scene


class SidesNotes:
    """The notes of one request. `history` is what the Lease has remembered until now."""

    def __init__(self, request: ColourRequest, cluster: Cluster, history: tuple[Promotion, ...]) -> None:
        self._request = request
        self._cluster = cluster
        self._history = history

    def begun(self, claim: SidesClaim, scene: Scene, _lease: JsonObject | None) -> Mapping[str, str]:
        """Return the settings, and the history, which begins with what has served until now."""
        if not self._history and any(side.stable for side in claim.sides):
            stable = {side.workload: side.stable for side in claim.sides}
            self._history = (self._promotion(stable, scene, at="", undoes=0, cause=""),)
        return {HISTORY: history_text(self._history), SETTINGS: _settings(claim).text(), STRATEGY: ""}

    def remembered(self, claim: SidesClaim, scene: Scene, at: str) -> Mapping[str, str]:
        """Return the history with a line more: the traffic has moved."""
        candidates = {side.workload: side.candidate for side in claim.sides}
        entry = self._promotion(candidates, scene, at=at, undoes=claim.undoes, cause=claim.cause)
        self._history = (*self._history, entry)
        return {HISTORY: history_text(self._history)}

    def ended(self, claim: SidesClaim, _scene: Scene, lease: JsonObject | None) -> Mapping[str, str]:
        """Return nothing of an application that has left blue/green, and what counts as taken back by a person now."""
        gone = {HISTORY: "", SETTINGS: "", GIVEN_UP: ""} if claim.leaves else {}
        back = {side.workload: side.base for side in claim.sides if side.base} if claim.undoes and self._request.remember else {}
        return {**gone, **self._undone(lease, back, {side.workload: side.wanted for side in claim.sides})}

    def given_up(self, claim: SidesClaim, lease: JsonObject | None) -> Mapping[str, str]:
        """Return that a person has taken the version back."""
        wanted = {side.workload: side.wanted for side in claim.sides} if self._request.remember else {}
        return self._undone(lease, wanted, {})

    def went_back(self, claim: SidesClaim, scene: Scene, lease: JsonObject | None) -> Mapping[str, str]:
        """Return the history without the promotion that was taken back, and what was given up."""
        if claim.switched and self._history:
            self._history = self._history[:-1]
        gone = {SETTINGS: ""} if len(self._history) < 2 and _is_adopted_back(claim, scene) else {}
        kept = "" if gone else history_text(self._history)
        return {HISTORY: kept, **gone, **self._given_up(claim, lease)}

    def _promotion(self, deployments: Mapping[str, str], scene: Scene, *, at: str, undoes: int, cause: str) -> Promotion:
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

    def _given_up(self, claim: SidesClaim, lease: JsonObject | None) -> dict[str, str]:
        """Return what is stored of a rollout that was given up; nothing of one whose candidates were not made."""
        if not claim.candidates or not all(claim.candidates):
            return {}
        try:
            former = given_up_of(lease)
        except RefusedError:  # It cannot be read, and nothing but an approval that comes late needs it.
            former = ()
        entry = GivenUp(frozenset(claim.candidates), claim.why, user_of(self._request.holder), self._stamp())
        return {GIVEN_UP: given_up_text((*former, entry))}

    def _undone(self, lease: JsonObject | None, back: Mapping[str, str], again: Mapping[str, str]) -> dict[str, str]:
        """Return what is stored of versions (workload to fingerprint) that were taken back, or that run again."""
        former, why = undone_of(lease), self._request.cause.why
        by, now = self._request.cause.by or user_of(self._request.holder), self._stamp()
        kept = settled(
            former,
            back=[Undone(f"Deployment/{workload}", template, by, why, now) for workload, template in back.items()],
            again=[(f"Deployment/{workload}", template) for workload, template in again.items()],
        )
        return {UNDONE: undone_text(kept)} if kept != former else {}

    def _stamp(self) -> str:
        return f"{self._cluster.now():%Y-%m-%dT%H:%M:%SZ}"


def _is_adopted_back(claim: SidesClaim, scene: Scene) -> bool:
    """Return whether blue/green began with this rollout, and has ended with it."""
    return all(
        name in scene.services and scene.services[name].selector == selector
        for name, selector in claim.originals.items()
        if name in claim.services
    )


def _settings(claim: SidesClaim) -> Settings:
    """Return what later tasks take from this rollout where they do not say."""
    previews = {
        service: next((name for name, its in claim.previews.items() if its == workload), "") for service, workload in claim.services.items()
    }
    return Settings(previews, claim.delay, claim.keep_old)
