# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an application has on its way, for who knows it by its name alone."""

from __future__ import annotations

from ..._domain.base.errors import ForbiddenError
from ..._domain.base.objects import Ref
from ..._domain.kinds import DEFAULT, KINDS, WORKLOADS
from ..._domain.leases.lease import lease_name
from ..._domain.leases.stepping import Stepping
from ..._domain.sides.claims import Settings, claim_of
from ..outside.surroundings import Surroundings


def on_its_way(namespace: str, application: str, outside: Surroundings) -> Ref:
    """Return the workload that is on its way, as the application's Lease tells; else the one that is called like it.

    A rollout in stages, and what blue/green rolls out, counts as a Deployment. So does what is not there at all. Of several workloads of
    that name the Deployment counts: a decision about it that comes late must not move the others. Raises `ClusterError`.
    """
    lease = outside.leases.named(namespace, lease_name(application))
    if claim_of(lease) is not None:
        return Ref(DEFAULT, namespace, application)
    stepping = Stepping.of(lease)
    if stepping is not None:
        kind, _slash, name = stepping.workload.partition("/")
        return Ref(kind, namespace, name)
    if Settings.of(lease) is not None:
        return Ref(DEFAULT, namespace, application)
    kinds = sorted((kind.name for kind in KINDS), key=lambda kind: kind != DEFAULT)
    return Ref(next((kind for kind in kinds if _is_there(kind, namespace, application, outside)), DEFAULT), namespace, application)


def strategy_of(namespace: str, application: str, outside: Surroundings) -> str:
    """The strategy of what an application has on its way over several tasks; empty for nothing, and for who may not read that."""
    try:
        claim = claim_of(outside.leases.named(namespace, lease_name(application)))
    except ForbiddenError:
        return ""
    return claim.strategy if claim is not None else ""


def _is_there(kind: str, namespace: str, name: str, outside: Surroundings) -> bool:
    try:
        return outside.cluster.read(WORKLOADS[kind], namespace, name) is not None
    except ForbiddenError:
        return False
