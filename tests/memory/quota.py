# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Quotas: what a namespace may hold, by number and by what pods request."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import KNOWN, POD, Resource

from .defaults import amount, canonical
from .kinds import SERVED
from .refusals import not_admitted
from .schema import Json
from .store import Store

QUOTA = KNOWN["v1", "ResourceQuota"]
_PLAIN = ("pods", "services", "secrets", "configmaps", "persistentvolumeclaims", "resourcequotas")
_ENDED = ("Succeeded", "Failed")


def check(store: Store, resource: Resource, obj: Json) -> None:
    """Raise `Refusal` when a quota does not admit a new object."""
    namespace, name = obj["metadata"].get("namespace", ""), obj["metadata"]["name"]
    for quota in store.all(QUOTA, namespace):
        of, hard = quota["metadata"]["name"], quota["spec"].get("hard") or {}
        wanted = {key: _needs(key, resource, obj) for key in hard}
        missing = sorted(key for key, need in wanted.items() if need is None)
        if missing:
            names = ",".join(container["name"] for container in obj["spec"]["containers"])
            raise not_admitted(
                resource.plural,
                resource.group,
                name,
                f"failed quota: {of}: must specify {','.join(f'{key} for: {names}' for key in missing)}",
            )
        exceeded = [key for key, need in wanted.items() if need and used(store, namespace, key) + need > amount(hard[key])]
        if exceeded:
            keys = sorted(exceeded)
            parts = (
                ",".join(f"{key}={_spelled(wanted[key] or Fraction(0), hard[key])}" for key in keys),
                ",".join(f"{key}={_spelled(used(store, namespace, key), hard[key])}" for key in keys),
                ",".join(f"{key}={hard[key]}" for key in keys),
            )
            why = f"exceeded quota: {of}, requested: {parts[0]}, used: {parts[1]}, limited: {parts[2]}"
            raise not_admitted(resource.plural, resource.group, name, why)


def used(store: Store, namespace: str, key: str) -> Fraction:
    """How much of what a quota counts is used."""
    total = Fraction(0)
    for resource in SERVED:
        if _counts(key, resource):
            total += sum((_needs(key, resource, obj) or Fraction(0) for obj in store.all(resource, namespace)), Fraction(0))
    return total


def status_of(store: Store, quota: Json) -> Json:
    """What the quota's controller writes."""
    hard, namespace = quota["spec"].get("hard") or {}, quota["metadata"]["namespace"]
    return {"hard": hard, "used": {key: _spelled(used(store, namespace, key), limit) for key, limit in hard.items()}}


def _counts(key: str, resource: Resource) -> bool:
    if key in _PLAIN or key.startswith("count/"):
        suffix = f".{resource.group}" if resource.group else ""
        return key == f"count/{resource.plural}{suffix}" or (key == resource.plural and not resource.group)
    return resource == POD


def _needs(key: str, resource: Resource, obj: Json) -> Fraction | None:
    """How much of it an object takes; None where it must say so and does not."""
    if not _counts(key, resource) or (resource == POD and (obj.get("status") or {}).get("phase") in _ENDED):
        return Fraction(0)
    if key in _PLAIN or key.startswith("count/"):
        return Fraction(1)
    kind, name = key.split(".", 1) if "." in key else ("requests", key)
    if name not in ("cpu", "memory"):
        return Fraction(0)
    parts = list(_asked(obj, kind, name))
    return None if None in parts else sum((part or Fraction(0) for part in parts), Fraction(0))


def _asked(obj: Json, kind: str, name: str) -> Iterator[Fraction | None]:
    for container in obj["spec"]["containers"]:
        resources = container.get("resources") or {}
        value = (resources.get(kind) or {}).get(name)
        if value is None and kind == "requests":
            value = (resources.get("limits") or {}).get(name)
        yield None if value is None else amount(value)


def _spelled(value: Fraction, like: Json) -> str:
    family = "Ki" if str(like).endswith("i") else ""
    return str(canonical(f"{int(value / 1024)}Ki" if family else f"{int(value * 1000)}m"))
