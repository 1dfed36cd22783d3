# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What blue/green rolls out has two sides, also between two rollouts. Other modules must neither change the side that gets no requests, as
if users got that, nor lead a Service to both."""

from __future__ import annotations

from collections.abc import Iterable

from ..._domain.base.errors import RefusedError, RolloutError
from ..._domain.base.objects import JsonObject, Ref, texts
from ..._domain.base.ports import Cluster
from ..._domain.base.resources import SERVICE
from ..._domain.kinds import TWO_SIDED
from ..._domain.leases.lease import application_of
from ..._domain.sides.claims import Settings, history_of
from ..._domain.sides.colours import base_of, deployments_of, is_pinned
from ..._domain.sides.serving import serving
from ..._domain.traffic.scenes import View
from ..._domain.traffic.services import picks, spelled
from ..._domain.workloads.workload import COLOUR
from ..observe.scene import Stage
from ..outside.surroundings import Surroundings
from ..write.writer import Planned
from .claimed import leases_of


def refuse_idle_sides(writes: Iterable[Planned], outside: Surroundings) -> None:
    """Raise `RefusedError` for a new template of a side that gets no requests, and for a Service that would lead to both sides."""
    changed = [planned for planned in writes if planned.changed and planned.before is not None]
    deployments = [planned.ref for planned in changed if planned.resource.kind in TWO_SIDED and planned.template_changed]
    services = [planned for planned in changed if planned.resource == SERVICE]
    for namespace in sorted({ref.namespace for ref in (*deployments, *(planned.ref for planned in services))}):
        names = {ref.name for ref in (*deployments, *(planned.ref for planned in services)) if ref.namespace == namespace}
        for lease in leases_of(namespace, outside.leases, about=names):
            settings = Settings.of(lease)
            if settings is None:
                continue
            for ref in deployments:
                _refuse_idle_side(ref, lease, settings, outside.cluster)
            for planned in services:
                _refuse_both_sides(planned, lease, settings)
    for planned in services:
        _refuse_both_sides(planned, None, Settings())


def _refuse_both_sides(planned: Planned, lease: JsonObject | None, settings: Settings) -> None:
    before, after = (texts(obj or {}, "spec", "selector") for obj in (planned.before, planned.after))
    known = planned.ref.name in (*settings.previews, *settings.previews.values())
    if not ((COLOUR in before and COLOUR not in after) or (known and is_pinned(before) and not is_pinned(after) and COLOUR not in after)):
        return
    of = f" of {application_of(lease)}" if lease is not None and known else ""
    raise RefusedError(
        f"{planned.ref} leads to one side{of} ({spelled(before)}), as blue/green has set it, and would lead to both by {spelled(after)}; "
        "use the module blue_green, which leaves that as it is, or go back to one plain Deployment first (blue_green with leave: true)."
    )


def _refuse_idle_side(ref: Ref, lease: JsonObject, settings: Settings, cluster: Cluster) -> None:
    workloads = {workload for entry in history_of(lease)[-1:] for workload in entry.parts}
    workload = next((name for name in sorted(workloads) if ref.name in deployments_of(name)), "")
    if not workload:
        return
    serves = _serving(workload, ref.namespace, settings, cluster)
    if serves in ("", ref.name):
        return
    raise RefusedError(
        f"{ref} is a side of {workload} that gets no requests: {workload} is rolled out by blue/green, and {serves} serves. Use the module "
        f"blue_green (application: {application_of(lease)}), or go back to one plain Deployment first (blue_green with leave: true); to "
        f"change what serves just as it is, name {serves}."
    )


def _serving(workload: str, namespace: str, settings: Settings, cluster: Cluster) -> str:
    """The Deployment to which the Services of a workload lead; empty where that is not one, or cannot be read."""
    services = tuple(settings.previews)
    view = View(deployments_of(workload), services, services, traffic=True)
    try:
        with Stage(cluster, namespace, view, follow=False) as stage:
            scene = stage.scene()
        there = [found for name in deployments_of(workload) if (found := scene.workload(name)) is not None]
        labels = [texts(found.template, "metadata", "labels") for found in there]
        bases = {name: base_of(scene.services[name].selector) for name in settings.previews if name in scene.services}
        # Of several workloads of one application each has Services of its own.
        names = [name for name, base in bases.items() if any(picks(base, entry) for entry in labels)]
        return serving(workload, names, scene) if names and len(there) > 1 else ""
    except RolloutError:
        return ""
