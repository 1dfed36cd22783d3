# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Leases of all applications of a namespace: who works there, and what is on its way. One list tells."""

from __future__ import annotations

from ..._domain.base.errors import ForbiddenError
from ..._domain.base.objects import JsonObject, text
from ..._domain.base.ports import Cluster
from ..._domain.base.resources import LEASE
from ..._domain.leases.lease import OURS


class Leases:
    """Lists them once for each namespace, and again when that is asked for."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._seen: dict[str, tuple[JsonObject, ...] | None] = {}
        self._read: dict[tuple[str, str], JsonObject | None] = {}
        self.refused = ""
        """Why they may not be listed; empty where that was allowed, or not tried."""

    def of(self, namespace: str) -> tuple[JsonObject, ...] | None:
        """The Leases of a namespace as they were seen last; None for who may not list them."""
        if namespace not in self._seen:
            return self.anew(namespace)
        return self._seen[namespace]

    def anew(self, namespace: str) -> tuple[JsonObject, ...] | None:
        """The Leases of a namespace as they are now; None for who may not list them."""
        try:
            self._seen[namespace] = self._cluster.list(LEASE, namespace, labels=OURS).items
        except ForbiddenError as error:
            self.refused = error.message
            self._seen[namespace] = None
        return self._seen[namespace]

    def of_all(self) -> tuple[JsonObject, ...]:
        """The Leases of all namespaces as they are now; none for who may not list them."""
        try:
            return self._cluster.list(LEASE, "", labels=OURS).items
        except ForbiddenError:
            return ()

    def named(self, namespace: str, name: str) -> JsonObject | None:
        """One of them as it was seen last; None where it is not there. Who may not list them reads it
        the first time."""
        known = self.of(namespace)
        if known is None:
            if (namespace, name) not in self._read:
                self._read[namespace, name] = self._cluster.read(LEASE, namespace, name)
            return self._read[namespace, name]
        return next((lease for lease in known if text(lease, "metadata", "name") == name), None)

    def forget(self) -> None:
        """Look again when somebody asks."""
        self._seen.clear()
        self._read.clear()
