# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A workload that is not there is often there under another kind: then its error says so."""

from __future__ import annotations

from ..._domain.base.errors import ClusterError
from ..._domain.base.objects import Ref
from ..._domain.base.ports import Cluster
from ..._domain.kinds import WORKLOADS


def missing(ref: Ref, cluster: Cluster) -> str:
    """`StatefulSet shop/web does not exist, but Deployment shop/web does`; without the end where no other workload has that name, or where
    that may not be seen."""
    for resource in WORKLOADS.values():
        if ref.kind not in WORKLOADS or resource.kind == ref.kind:
            continue
        try:
            found = cluster.read(resource, ref.namespace, ref.name)
        except ClusterError:
            continue
        if found is not None:
            return f"{ref} does not exist, but {Ref(resource.kind, ref.namespace, ref.name)} does"
    return f"{ref} does not exist"
