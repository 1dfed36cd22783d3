# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a change of weights stores beside its claim: what the routes were like before the first one."""

from __future__ import annotations

from collections.abc import Mapping

from ..._domain.base.objects import JsonObject, mapping
from ..._domain.leases.claim import Claim
from ..._domain.traffic.scenes import Scene
from ..._domain.traffic.splitting import ROUTES, Former, Originals
from ..._strategies.traffic_split import weights_in


class SplitNotes:
    """The notes of one request."""

    def ended(self, claim: Claim, _scene: Scene, lease: JsonObject | None) -> Mapping[str, str]:
        """Return what its routes were like before they were changed first; nothing of those that are so again."""
        known = dict(Originals.of(lease).routes)
        for name in claim.objects:
            if weights_in(claim):
                before = Former.of(mapping(claim.known, "routes", name))
                known[name] = known[name].and_of(before) if name in known else before
            else:
                known.pop(name, None)
        return {ROUTES: Originals(known).text()}

    def begun(self, _claim: Claim, _scene: Scene, _lease: JsonObject | None) -> Mapping[str, str]:
        """Return nothing: until the end the claim remembers it."""
        return {}

    went_back = begun

    def remembered(self, _claim: Claim, _scene: Scene, _at: str) -> Mapping[str, str]:
        """Return nothing."""
        return {}

    def given_up(self, _claim: Claim, _lease: JsonObject | None) -> Mapping[str, str]:
        """Return nothing."""
        return {}
