# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a canary stores beside its claim: which versions a person has taken back."""

from __future__ import annotations

from collections.abc import Mapping

from ..._domain.base.errors import RefusedError
from ..._domain.base.objects import JsonObject, text
from ..._domain.base.ports import Cluster
from ..._domain.canary.course import Canary, candidate_name
from ..._domain.leases.claim import Claim
from ..._domain.leases.lease import user_of
from ..._domain.leases.undone import UNDONE, Undone, settled, undone_of, undone_text
from ..._domain.request import StagedRequest
from ..._domain.sides.claims import STRATEGY
from ..._domain.sides.expected import GIVEN_UP, GivenUp, given_up_of, given_up_text
from ..._domain.traffic.scenes import Scene


class CanaryNotes:
    """The notes of one request."""

    def __init__(self, request: StagedRequest, cluster: Cluster) -> None:
        self._request = request
        self._cluster = cluster

    def begun(self, claim: Claim, _scene: Scene, _lease: JsonObject | None) -> Mapping[str, str]:
        """Return the strategy, for tasks that come when nothing is on its way any more."""
        return {STRATEGY: claim.strategy}

    def went_back(self, claim: Claim, scene: Scene, lease: JsonObject | None) -> Mapping[str, str]:
        """Return which candidate was given up, for decisions that come late."""
        name = candidate_name(Canary.of(claim, self._request.namespace), scene)
        if not name:
            return {}
        try:
            former = given_up_of(lease)
        except RefusedError:  # It cannot be read, and nothing but a decision that comes late needs it.
            former = ()
        entry = GivenUp(frozenset([name]), claim.why, user_of(self._request.holder), self._stamp())
        return {GIVEN_UP: given_up_text((*former, entry))}

    def _stamp(self) -> str:
        return f"{self._cluster.now():%Y-%m-%dT%H:%M:%SZ}"

    def remembered(self, _claim: Claim, _scene: Scene, _at: str) -> Mapping[str, str]:
        """Return nothing."""
        return {}

    def ended(self, claim: Claim, _scene: Scene, lease: JsonObject | None) -> Mapping[str, str]:
        """Return that the version which runs now counts as taken back no more."""
        return _stored(lease, again=[(claim.objects[0], text(claim.wanted, "template"))])

    def given_up(self, claim: Claim, lease: JsonObject | None) -> Mapping[str, str]:
        """Return that a person has taken the version back."""
        if not self._request.remember:
            return {}
        by = self._request.cause.by or user_of(self._request.holder)
        back = [Undone(claim.objects[0], text(claim.wanted, "template"), by, self._request.cause.why, self._stamp())]
        return _stored(lease, back=back)


def _stored(lease: JsonObject | None, *, back: list[Undone] | None = None, again: list[tuple[str, str]] | None = None) -> dict[str, str]:
    former = undone_of(lease)
    kept = settled(former, back=back or (), again=again or ())
    return {UNDONE: undone_text(kept)} if kept != former else {}
