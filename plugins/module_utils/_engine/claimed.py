# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeping hands off what a rollout by blue/green has for itself: one list of the Leases of a namespace tells."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from .._domain.claimed import claimed, covers
from .._domain.claims import Claim, is_readable, may_be_about
from .._domain.errors import ForbiddenError, RefusedError, RolloutError
from .._domain.leases import OURS, Holding, application_of
from .._domain.objects import JsonObject, Ref
from .._domain.ports import Cluster
from .._domain.resources import LEASE
from .._strategies.blue_green import forward
from .stage import Stage

_CLAIMABLE = ("Deployment", "Service")


def refuse_claimed(refs: Iterable[Ref], cluster: Cluster, *, besides: str = "") -> None:
    """Raise `RefusedError` where a rollout by blue/green covers one of these objects, but for that of the application `besides`.

    Who may not list Leases is not kept from anything.
    """
    places: dict[str, list[Ref]] = {}
    for ref in refs:
        if ref.kind in _CLAIMABLE:
            places.setdefault(ref.namespace, []).append(ref)
    sentences = [sentence for place, found in sorted(places.items()) for sentence in _sentences(place, found, cluster, besides)]
    if sentences:
        raise RefusedError("\n".join(sentences))


def _sentences(namespace: str, refs: list[Ref], cluster: Cluster, besides: str) -> Iterable[str]:
    """One for each rollout that covers some of them, about the first of these."""
    for lease in leases_of(namespace, cluster, about={ref.name for ref in refs}):
        claim, application = Claim.of(lease), application_of(lease)
        first = next((ref for ref in refs if claim is not None and covers(claim, ref)), None)
        if claim is None or first is None or application == besides:
            continue
        holder = Holding.of(lease).holder
        step = "" if holder or claim.back else _step(claim, namespace, cluster)
        yield claimed(first, application, claim, holder=holder, step=step)


def leases_of(namespace: str, cluster: Cluster, *, about: Collection[str]) -> tuple[JsonObject, ...]:
    """The Leases of all applications of a namespace; none for who may not list them. One that cannot be read is left out where it speaks
    of none of these names: it is in the way of those alone that it may be about."""
    try:
        found = cluster.list(LEASE, namespace, labels=OURS).items
    except ForbiddenError:
        return ()
    return tuple(lease for lease in found if is_readable(lease) or may_be_about(lease, about))


def _step(claim: Claim, namespace: str, cluster: Cluster) -> str:
    """The step before which a rollout stands, as the cluster shows it; empty where that cannot be read."""
    deployments = {name for side in claim.sides for name in (side.stable, side.candidate) if name}
    services = (*claim.services, *claim.previews)
    try:
        with Stage(cluster, namespace, sorted(deployments), services, follow=False, optional=services) as stage:
            scene = stage.scene(claim.switched)
    except RolloutError:
        return ""
    steps = (step for step in forward(claim, namespace, {}) if not step.idle)
    return next((step.name for step in steps if step.lacking(scene)), "")
