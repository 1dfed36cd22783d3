# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people have decided about versions, as the Lease keeps it: which ones were taken back, and which rollouts were given up."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ..._domain.base.errors import RefusedError
from ..._domain.base.objects import JsonObject
from ..._domain.base.ports import Cluster
from ..._domain.leases.lease import user_of
from ..._domain.leases.undone import UNDONE, Undone, settled, undone_of, undone_text
from ..._domain.request import StagedRequest
from ..._domain.sides.expected import GIVEN_UP, GivenUp, given_up_of, given_up_text


class Decided:
    """The decisions of one request, as annotations of the Lease. Workloads are named as claims name them: `Deployment/web`."""

    def __init__(self, request: StagedRequest, cluster: Cluster) -> None:
        self._request = request
        self._cluster = cluster

    def versions(self, lease: JsonObject | None, *, back: Mapping[str, str], again: Mapping[str, str]) -> dict[str, str]:
        """Return what is stored of versions (workload to fingerprint) that were taken back, or run again; nothing if it is the same."""
        former, why = undone_of(lease), self._request.cause.why
        by, now = self._request.cause.by or user_of(self._request.holder), self._now()
        kept = settled(former, back=[Undone(workload, template, by, why, now) for workload, template in back.items()], again=again.items())
        return {UNDONE: undone_text(kept)} if kept != former else {}

    def given_up(self, lease: JsonObject | None, candidates: Collection[str], why: str) -> dict[str, str]:
        """Return what is stored of a rollout that was given up; nothing of one whose candidates were not all made."""
        if not candidates or not all(candidates):
            return {}
        try:
            former = given_up_of(lease)
        except RefusedError:  # It cannot be read, and nothing but a decision that comes late needs it.
            former = ()
        entry = GivenUp(frozenset(candidates), why, user_of(self._request.holder), self._now())
        return {GIVEN_UP: given_up_text((*former, entry))}

    def _now(self) -> str:
        return f"{self._cluster.now():%Y-%m-%dT%H:%M:%SZ}"
