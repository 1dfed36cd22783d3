# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a canary stores beside its claim: which versions a person has taken back."""

from __future__ import annotations

from collections.abc import Mapping

from ..._domain.base.objects import JsonObject, text
from ..._domain.base.ports import Cluster
from ..._domain.canary.course import Canary, candidate_name
from ..._domain.leases.claim import Claim
from ..._domain.request import StagedRequest
from ..._domain.sides.claims import STRATEGY
from ..._domain.traffic.scenes import Scene
from .decided import Decided


class CanaryNotes:
    """The notes of one request."""

    def __init__(self, request: StagedRequest, cluster: Cluster) -> None:
        self._request = request
        self._decided = Decided(request, cluster)

    def begun(self, claim: Claim, _scene: Scene, _lease: JsonObject | None) -> Mapping[str, str]:
        """Return the strategy, for tasks that come when nothing is on its way any more."""
        return {STRATEGY: claim.strategy}

    def went_back(self, claim: Claim, scene: Scene, lease: JsonObject | None) -> Mapping[str, str]:
        """Return which candidate was given up, for decisions that come late."""
        return self._decided.given_up(lease, [candidate_name(Canary.of(claim, self._request.namespace), scene)], claim.why)

    def remembered(self, _claim: Claim, _scene: Scene, _at: str) -> Mapping[str, str]:
        """Return nothing."""
        return {}

    def ended(self, claim: Claim, _scene: Scene, lease: JsonObject | None) -> Mapping[str, str]:
        """Return that the version which runs now counts as taken back no more."""
        return self._decided.versions(lease, back={}, again=_version(claim))

    def given_up(self, claim: Claim, lease: JsonObject | None) -> Mapping[str, str]:
        """Return that a person has taken the version back."""
        return self._decided.versions(lease, back=_version(claim), again={}) if self._request.remember else {}


def _version(claim: Claim) -> dict[str, str]:
    """Return the workload, and the fingerprint of the template that the canary brings."""
    return {claim.objects[0]: text(claim.wanted, "template")}
