# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeping hands off what a rollout has for itself over several tasks: one list of the Leases of a namespace tells."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from ..._domain.base.errors import HeldError, RefusedError, RolloutError
from ..._domain.base.objects import JsonObject, Ref
from ..._domain.base.ports import Cluster
from ..._domain.leases.claim import Claim
from ..._domain.leases.claimed import claimed
from ..._domain.leases.lease import Holding, application_of
from ..._domain.sides.claims import claim_of, is_readable, may_be_about
from ..observe.scene import Stage
from ..outside.leases import Leases
from ..outside.surroundings import Surroundings


def refuse_claimed(refs: Iterable[Ref], outside: Surroundings, *, besides: str = "") -> None:
    """Raise `RefusedError` where a rollout has claimed one of these objects, but for that of the application `besides`; a
    `HeldError` where somebody works on each of these rollouts now.

    Who may not list Leases is not kept from anything.
    """
    places: dict[str, list[Ref]] = {}
    for ref in refs:
        if ref.namespace:
            places.setdefault(ref.namespace, []).append(ref)
    found = [claim for place, there in sorted(places.items()) for claim in _claims(place, there, outside, besides)]
    if not found:
        return
    message = "\n".join(sentence for _lease, sentence in found)
    if all(Holding.of(lease).holder for lease, _sentence in found):
        raise HeldError(message, lease=found[0][0], lasts=True)
    raise RefusedError(message)


def _claims(namespace: str, refs: list[Ref], outside: Surroundings, besides: str) -> Iterator[tuple[JsonObject, str]]:
    """The Leases of the rollouts that cover some of them, and a sentence about the first of these."""
    for lease in leases_of(namespace, outside.leases, about={ref.name for ref in refs}):
        claim, application = claim_of(lease), application_of(lease)
        first = next((ref for ref in refs if claim is not None and claim.covers(ref)), None)
        if claim is None or first is None or application == besides:
            continue
        holder = Holding.of(lease).holder
        step = "" if holder or claim.back else _step(claim, namespace, outside.cluster)
        yield lease, claimed(first, application, claim, holder=holder, step=step)


def leases_of(namespace: str, leases: Leases, *, about: Collection[str]) -> tuple[JsonObject, ...]:
    """The Leases of all applications of a namespace; none for who may not list them. One that cannot be read is left out where it speaks
    of none of these names: it is in the way of those alone that it may be about."""
    return tuple(lease for lease in leases.of(namespace) or () if is_readable(lease) or may_be_about(lease, about))


def _step(claim: Claim, namespace: str, cluster: Cluster) -> str:
    """The step before which a rollout stands, as the cluster shows it; empty where that cannot be read."""
    from ..._strategies.table import STAGED  # All strategies, for who meets such a rollout and for nobody else.

    strategy = STAGED.get(claim.strategy)
    if strategy is None:
        return ""
    try:
        with Stage(cluster, namespace, strategy.view(claim), follow=False) as stage:
            scene = stage.scene(claim.moments)
    except RolloutError:
        return ""
    steps = (step for step in strategy.forward(claim, namespace) if not step.idle)
    return next((step.name for step in steps if step.lacking(scene)), "")
