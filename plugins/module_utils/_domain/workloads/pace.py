# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How fast the cluster's own controller replaces the pods of a workload whose template changes, in a sentence: the bounds that hold,
defaults included, and which pods of a StatefulSet stay as they are."""

from __future__ import annotations

from dataclasses import dataclass

from ..base.errors import InputError
from ..base.objects import JsonValue, items, mapping
from .replicas import amount
from .workload import Workload


@dataclass(frozen=True)
class Pace:
    """What holds while the pods are replaced."""

    sentence: str = ""
    """Without a full stop at its end; empty where there are no pods, or where nothing replaces them."""
    warning: str = ""
    """Where the numbers come to something else than they look like; empty otherwise."""
    gap: bool = False
    """The only pod of a DaemonSet goes before there is another."""


def pace_of(workload: Workload) -> Pace:
    """The pace of a workload as it will be: its spec as the server has answered it, its status as it is."""
    try:
        return workload.kind.pace(workload)
    except InputError:
        return Pace()  # Bounds that this version of Kubernetes refuses, and another one has let in.


def left_behind(workload: Workload) -> str:
    """Which pods of a StatefulSet keep the old template for its partition: `web-0 and web-1 keep the old template`; empty for none."""
    kept = min(workload.partition or 0, workload.desired)
    if not workload.kind.takes("partition") or workload.update_type != "RollingUpdate" or not kept:
        return ""
    first, last = pod_at(workload, 0), pod_at(workload, kept - 1)
    names = first if kept == 1 else f"{first} {'and' if kept == 2 else 'to'} {last}"
    return f"{names} {'keeps' if kept == 1 else 'keep'} the old template"


def replaces_pods(before: Workload, after: Workload) -> bool:
    """Pods are replaced when `before` becomes `after`: the template changes, or pods of an older one may go that could not before."""
    if before.normal != after.normal:
        return True
    freed = (before.update_type, before.partition or 0) != (after.update_type, after.partition or 0)
    return freed and before.updated < before.desired - (after.partition or 0)


def waits_for_deletion(workload: Workload) -> int:
    """How many pods of an older template there are that nothing replaces but their deletion (OnDelete), as the status counts them."""
    return max(workload.current - workload.updated, 0) if workload.update_type == "OnDelete" else 0


def limit_of(workload: Workload, name: str) -> int | str | None:
    """A limit of its rolling update as it is written; None where it is not."""
    value: JsonValue = workload.limits.get(name)
    return value if isinstance(value, int | str) else None


def spelled(value: int | str | None, default: str) -> str:
    """A limit as manifests spell it."""
    return default if value is None else str(amount(value, option=""))


def pod_at(workload: Workload, index: int) -> str:
    """The name of the pod at an index, of a workload whose pods have ordinals."""
    return f"{workload.ref.name}-{workload.first_ordinal + index}"


def has_host_ports(workload: Workload) -> bool:
    """A second pod would find its ports taken."""
    spec = mapping(workload.template, "spec")
    ports = [port for container in items(spec, "containers") for port in items(container, "ports")]
    return any("hostPort" in port for port in ports) or (spec.get("hostNetwork") is True and bool(ports))


def about(workload: Workload, warning: str) -> str:
    """A warning as a sentence that names the workload; empty where there is none."""
    return f"{workload.ref}: {warning}." if warning else ""
