# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services that blue/green must not take, because others are served by them: it would point them at its own pods for good."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ..._domain.base.errors import ForbiddenError, RefusedError
from ..._domain.base.objects import Ref, text, texts
from ..._domain.base.ports import Cluster
from ..._domain.kinds import KINDS
from ..._domain.leases.lease import application_of
from ..._domain.sides.claims import Settings
from ..._domain.sides.colours import deployments_of
from ..._domain.sides.serving import strangers_behind
from ..._domain.traffic.scenes import Scene
from ..._domain.traffic.services import Selector, picks, spelled
from ..outside.surroundings import Surroundings
from .claimed import leases_of


def refuse_taken(
    services: Mapping[str, bool], workloads: Collection[str], application: str, namespace: str, scene: Scene, outside: Surroundings
) -> None:
    """Raise `RefusedError` where one of these Services leads to pods of others, or is a Service of another application. They lead to
    whether they are preview Services, from which more is asked: what they select is of no use to the rollout."""
    for name in (name for name in services if name in scene.services):
        service, preview = scene.services[name], services[name]
        others = strangers_behind(scene, name, workloads)
        if preview and not others:
            others = _maker(service.selector, workloads, namespace, outside.cluster)
        if others:
            remedy = "name a preview Service of its own" if preview else "give it a selector that picks its pods alone"
            raise RefusedError(
                f"{service.ref} leads to the pods of {others} ({spelled(service.selector)}), which would lose its requests to "
                f"{application}; {remedy}."
            )
    previews = {name for name, preview in services.items() if preview}
    for lease in leases_of(namespace, outside.leases, about=previews) if previews else ():
        settings, other = Settings.of(lease), application_of(lease)
        theirs = {*settings.previews, *settings.previews.values()} if settings is not None and other != application else set()
        if theirs & previews:
            ref = Ref("Service", namespace, min(theirs & previews))
            raise RefusedError(f"{ref} is a Service of the application {other}; name a preview Service of its own.")


def _maker(selector: Selector, workloads: Collection[str], namespace: str, cluster: Cluster) -> str:
    """Another workload whose pods a Service would select, although it may have none now."""
    mine = {name for workload in workloads for name in deployments_of(workload)}
    for kind in KINDS:
        try:
            found = cluster.list(kind.resource, namespace).items
        except ForbiddenError:
            continue
        for obj in found:
            name, labels = text(obj, "metadata", "name"), texts(obj, "spec", "template", "metadata", "labels")
            if picks(selector, labels) and not (kind.has_sides and name in mine):
                return f"{kind.name} {name}"
    return ""
