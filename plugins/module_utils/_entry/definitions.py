# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the objects of a definition are to a task: the workloads that it rolls out, and what comes along with them, in its order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from .._domain.base.errors import InputError
from .._domain.base.objects import JsonObject, Ref, ref_of, replaced, text, without
from .._domain.base.ports import Cluster
from .._domain.base.resources import Resource
from .._domain.definitions.custom import kinds_of
from .._domain.definitions.order import place_of
from .._domain.kinds import kind_of
from .._domain.request import Companion, Target
from .._strategies.takes import TAKES
from .manifests import check_name

Parameters = Mapping[str, Any]


def sorted_out(
    strategy: str, parameters: Parameters, manifests: tuple[JsonObject, ...], cluster: Cluster, cluster_namespace: str
) -> tuple[tuple[Target, ...], tuple[Companion, ...]]:
    """The workloads of a definition, and what comes along with them, in the order in which that is applied."""
    targets: list[Target] = []
    companions: list[Companion] = []
    coming = [kind for manifest in manifests for kind in kinds_of(manifest)]
    for manifest in manifests:
        resource = _resolved(manifest, coming, cluster)
        placed = _placed(manifest, parameters, cluster_namespace) if resource.namespaced else without(manifest, "metadata", "namespace")
        kind = kind_of(resource)
        if kind in TAKES[strategy]:
            targets.append(Target(resource, ref_of(placed), manifest=placed))
        elif kind is not None:
            raise InputError(
                f"{ref_of(placed)} cannot be rolled out by {strategy}, which takes {_kinds(strategy, 's and ', 's')}; leave it out."
            )
        else:
            companions.append(Companion(resource, ref_of(placed), placed))
    if manifests and not targets:
        raise InputError(f"The definition holds no {_kinds(strategy, ' or ')}, so there is nothing to roll out; add it to the definition.")
    refuse_twice([entry.ref for entry in companions] + [entry.ref for entry in targets], "the definition")
    return tuple(targets), tuple(sorted(companions, key=lambda entry: place_of(entry.resource)))


def _resolved(manifest: JsonObject, coming: Sequence[Resource], cluster: Cluster) -> Resource:
    """Where the API serves a manifest's kind, or is going to, once the CustomResourceDefinition in the same definition is there."""
    version, kind = text(manifest, "apiVersion"), text(manifest, "kind")
    found = next((entry for entry in coming if (entry.api_version, entry.kind) == (version, kind)), None)
    if found is not None:
        return found
    try:
        return cluster.resolve(version, kind)
    except InputError:
        others = [entry.api_version for entry in coming if (entry.group, entry.kind) == (version.rpartition("/")[0], kind)]
        if not others:
            raise
        raise InputError(
            f"{kind} {ref_of(manifest).name} has the apiVersion {version}, which the CustomResourceDefinition in the definition does not "
            f"serve; it serves {' and '.join(others)}."
        ) from None


def _kinds(strategy: str, between: str, end: str = "") -> str:
    """`Deployment, StatefulSet or DaemonSet`."""
    names = [kind.name for kind in TAKES[strategy]]
    return between.join(filter(None, [", ".join(names[:-1]), names[-1]])) + end


def _placed(manifest: JsonObject, parameters: Parameters, cluster_namespace: str) -> JsonObject:
    """The manifest in its own namespace if it names one, else in the task's, else in that of the kubeconfig's context."""
    own = text(manifest, "metadata", "namespace")
    namespace = own or check_name(parameters.get("namespace") or cluster_namespace, "namespace")
    return replaced(manifest, ("metadata", "namespace"), namespace)


def refuse_twice(refs: list[Ref], where: str) -> None:
    """Raises `InputError` where one object stands in a list twice."""
    for ref, times in Counter(refs).items():
        if times > 1:
            raise InputError(f"{ref} stands in {where} twice; leave one out.")
