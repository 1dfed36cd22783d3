# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What blue/green stores beside its claim: the history of promotions, its settings, what was given up or taken back."""

from __future__ import annotations

from collections.abc import Mapping

from ..._domain.base.objects import JsonObject
from ..._domain.base.ports import Cluster
from ..._domain.request import ColourRequest
from ..._domain.sides.claims import HISTORY, SETTINGS, STRATEGY, Promotion, Settings, Side, SidesClaim, history_text
from ..._domain.sides.expected import GIVEN_UP
from ..._domain.traffic.scenes import Scene
from .decided import Decided


class SidesNotes:
    """The notes of one request. `history` is what the Lease has remembered until now."""

    def __init__(self, request: ColourRequest, cluster: Cluster, history: tuple[Promotion, ...]) -> None:
        self._request = request
        self._decided = Decided(request, cluster)
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
        back = {_named(side): side.base for side in claim.sides if side.base} if claim.undoes and self._request.remember else {}
        return {**gone, **self._decided.versions(lease, back=back, again={_named(side): side.wanted for side in claim.sides})}

    def given_up(self, claim: SidesClaim, lease: JsonObject | None) -> Mapping[str, str]:
        """Return that a person has taken the version back."""
        wanted = {_named(side): side.wanted for side in claim.sides} if self._request.remember else {}
        return self._decided.versions(lease, back=wanted, again={})

    def went_back(self, claim: SidesClaim, scene: Scene, lease: JsonObject | None) -> Mapping[str, str]:
        """Return the history without the promotion that was taken back, and what was given up."""
        if claim.switched and self._history:
            self._history = self._history[:-1]
        gone = {SETTINGS: ""} if len(self._history) < 2 and _is_adopted_back(claim, scene) else {}
        kept = "" if gone else history_text(self._history)
        return {HISTORY: kept, **gone, **self._decided.given_up(lease, claim.candidates, claim.why)}

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


def _named(side: Side) -> str:
    """Return what claims call the workload of a side."""
    return f"Deployment/{side.workload}"


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
