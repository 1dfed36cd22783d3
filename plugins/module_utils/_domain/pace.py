# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How fast the cluster's own controller replaces the pods of a workload whose template changes, in a sentence: the bounds that hold,
defaults included, and which pods of a StatefulSet stay as they are."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import InputError
from .objects import JsonValue, items, mapping
from .replicas import amount, resolve
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
        return _RULES[workload.ref.kind](workload)
    except InputError:
        return Pace()  # Bounds that this version of Kubernetes refuses, and another one has let in.


def left_behind(workload: Workload) -> str:
    """Which pods of a StatefulSet keep the old template for its partition: `web-0 and web-1 keep the old template`; empty for none."""
    kept = min(workload.partition or 0, workload.desired)
    if workload.ref.kind != "StatefulSet" or workload.update_type != "RollingUpdate" or not kept:
        return ""
    first, last = _pod(workload, 0), _pod(workload, kept - 1)
    names = first if kept == 1 else f"{first} {'and' if kept == 2 else 'to'} {last}"
    return f"{names} {'keeps' if kept == 1 else 'keep'} the old template"


def stirs(before: Workload, after: Workload) -> bool:
    """Pods are replaced when `before` becomes `after`: the template changes, or pods of an older one may go that could not before."""
    if before.normal != after.normal:
        return True
    freed = (before.update_type, before.partition or 0) != (after.update_type, after.partition or 0)
    return freed and before.updated < before.desired - (after.partition or 0)


def waits_for_deletion(workload: Workload) -> int:
    """How many pods of an older template there are that nothing replaces but their deletion (OnDelete), as the status counts them."""
    return max(workload.current - workload.updated, 0) if workload.update_type == "OnDelete" else 0


def _deployment(workload: Workload) -> Pace:
    total = workload.desired
    if not total:
        return Pace()
    if workload.update_type == "Recreate":
        stop = "its only pod stops" if total == 1 else f"all {total} pods stop"
        return Pace(f"{stop} before the first new one starts (strategy Recreate)")
    surge, unavailable = _given(workload, "maxSurge"), _given(workload, "maxUnavailable")
    bounds = resolve(workload.kind, total, surge=surge, unavailable=unavailable)
    more = f"up to {_count(bounds.surge, 'pod')} more (maxSurge {_spelled(surge, '25%')})"
    fewer = f"{bounds.unavailable} fewer (maxUnavailable {_spelled(unavailable, '25%')})"
    return Pace(f"{more} and {fewer} than {total} at a time", _about(workload, bounds.warning))


def _stateful_set(workload: Workload) -> Pace:
    total, partition = workload.desired, workload.partition or 0
    if not total or workload.update_type != "RollingUpdate":
        return Pace()
    if partition >= total:
        return Pace(f"nothing is updated: {left_behind(workload)} (partition {partition})")
    given = _given(workload, "maxUnavailable")
    bounds = resolve(workload.kind, total, unavailable=given)
    several = bounds.unavailable > 1
    at_a_time = f"up to {bounds.unavailable} pods at a time (maxUnavailable {given})" if several else "one pod at a time"
    highest, lowest = _pod(workload, total - 1), _pod(workload, partition)
    if total == 1:
        sentence = f"its only pod {highest} stops before the new one starts"
    elif highest == lowest:
        sentence = f"only {highest} is replaced (partition {partition})"
    else:
        sentence = f"{at_a_time}, from {highest} down to {lowest}{f' (partition {partition})' if partition else ''}"
    kept = left_behind(workload)
    return Pace(f"{sentence}: {kept}" if kept else sentence, _about(workload, bounds.warning))


def _daemon_set(workload: Workload) -> Pace:
    total = workload.desired
    if workload.update_type != "RollingUpdate":
        return Pace()
    if not total:
        return Pace("no node takes its pods")
    surge, unavailable = _given(workload, "maxSurge"), _given(workload, "maxUnavailable")
    bounds = resolve(workload.kind, total, surge=surge, unavailable=unavailable)
    if bounds.surge:
        nodes = f"{min(bounds.surge, total)} of {_count(total, 'node')} at a time"
        taken = f"{workload.ref}: with maxSurge the new pod starts beside the old one, and finds its hostPort taken: set maxSurge to 0."
        warning = taken if has_host_ports(workload) else ""
        return Pace(f"{nodes}, where the new pod starts beside the old one (maxSurge {surge})", warning)
    written = _spelled(unavailable, "1")
    share = f" (maxUnavailable {written})" if written != str(bounds.unavailable) else ""
    sentence = f"{bounds.unavailable} of {_count(total, 'node')} at a time{share}"
    if total > 1:
        return Pace(sentence)
    if has_host_ports(workload):
        return Pace(f"{sentence}: no pod runs on the node while it is replaced, as hostPort allows no second one beside it", gap=True)
    return Pace(f"{sentence}: no pod runs on the node while it is replaced; maxSurge: 1 with maxUnavailable: 0 avoids that", gap=True)


_RULES = {"Deployment": _deployment, "StatefulSet": _stateful_set, "DaemonSet": _daemon_set}


def _given(workload: Workload, name: str) -> int | str | None:
    value: JsonValue = workload.limits.get(name)
    return value if isinstance(value, int | str) else None


def _spelled(value: int | str | None, default: str) -> str:
    return default if value is None else str(amount(value, option=""))


def _pod(workload: Workload, index: int) -> str:
    return f"{workload.ref.name}-{workload.first_ordinal + index}"


def has_host_ports(workload: Workload) -> bool:
    """A second pod would find its ports taken."""
    spec = mapping(workload.template, "spec")
    ports = [port for container in items(spec, "containers") for port in items(container, "ports")]
    return any("hostPort" in port for port in ports) or (spec.get("hostNetwork") is True and bool(ports))


def _about(workload: Workload, warning: str) -> str:
    return f"{workload.ref}: {warning}." if warning else ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
