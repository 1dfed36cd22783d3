# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a pod template names ConfigMaps and Secrets, and the same template with other names in these places.

Configuration is what the application reads: variables (`env`, `envFrom`), volumes (`configMap`, `secret`, and both in `projected`) of
all containers. It is versioned with the code.

Credentials are what the cluster reads to run the pod, and are left as they are: an undo must not bring back one that was revoked since,
or the pods of the earlier revision would not start. They are

- `imagePullSecrets`: the kubelet's, for registries;
- `nodePublishSecretRef` of a `csi` volume: the storage driver's, for mounting;
- `secretRef` of `cephfs`, `cinder`, `flexVolume`, `iscsi`, `rbd`, `scaleIO` and `storageos` volumes, and `secretName` of `azureFile`:
  the storage system's, for attaching and mounting.

`serviceAccountToken`, `clusterTrustBundle` and `downwardAPI` projections name neither kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ..base.errors import InputError
from ..base.objects import JsonObject, JsonValue, at, flag, text
from .content import CONFIG_MAP, SECRET, Key, base_by_shape

Path: TypeAlias = "tuple[str | int, ...]"
"""Keys and indexes that lead to a value."""

_GROUPS = {"containers": "container", "initContainers": "init container", "ephemeralContainers": "ephemeral container"}
_CREDENTIALS = (("secretName",), ("secretRef", "name"), ("nodePublishSecretRef", "name"))


@dataclass(frozen=True)
class Reference:
    """One place of a template that names a ConfigMap or Secret."""

    kind: str
    name: str
    path: Path
    """To the name, from the template's root."""
    where: str
    """The place in words: `env LOG_LEVEL of container web`, `volume config`."""
    optional: bool = False
    """The pod starts without it."""
    credential: bool = False
    """For the cluster, not for the application: it is left as it is."""

    @property
    def key(self) -> Key:
        """Kind and name."""
        return self.kind, self.name

    @property
    def field(self) -> str:
        """The path as people write it: `spec.volumes[0].configMap.name`."""
        return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path).lstrip(".")


def references(template: JsonObject) -> tuple[Reference, ...]:
    """All of them, in the order of the template: volumes, containers, pull secrets. A pod may stand for its template."""
    return tuple(_found(template))


def rewritten(template: JsonObject, names: Mapping[Key, str], copies: Mapping[Key, str] | None = None) -> dict[str, JsonValue]:
    """A copy of the template whose configuration comes from other objects: `names` has the new name of each kind and base.

    A reference to the base itself gets the new name, and so does one to an earlier copy of it: `copies` has the bases of those that are
    known, others are recognised by their shape (`<base>-<digest>`). Nothing else changes, and doing it again changes nothing. Raises
    `InputError` where a new name is the base of yet another one.
    """
    _refuse_chains(names)
    new = {found.path: new_name(found, names, copies) or found.name for found in references(template)}
    return {key: _renamed(value, (key,), new) for key, value in template.items()}


def left_alone(template: JsonObject, names: Mapping[Key, str], copies: Mapping[Key, str] | None = None) -> tuple[Reference, ...]:
    """The credentials that `rewritten` leaves although their object has a new name."""
    return tuple(found for found in references(template) if found.credential and _target(found.key, names, copies or {}))


def new_name(found: Reference, names: Mapping[Key, str], copies: Mapping[Key, str] | None = None) -> str:
    """The name that a reference gets by these; empty where it stays as it is."""
    return "" if found.credential else _target(found.key, names, copies or {})


def _target(key: Key, names: Mapping[Key, str], copies: Mapping[Key, str]) -> str:
    kind, name = key
    if key in names:
        return names[key]
    # What is a new name already stays, whatever it looks like.
    if any(kind == known and name == new for (known, _base), new in names.items()):
        return ""
    return names.get((kind, copies.get(key) or base_by_shape(name)), "")


def _refuse_chains(names: Mapping[Key, str]) -> None:
    for (kind, base), new in names.items():
        if names.get((kind, new), new) != new:
            raise InputError(
                f"{kind} {base} cannot be replaced by {new}, which is itself replaced by {names[kind, new]}; give that copy another name."
            )


def _renamed(value: JsonValue, path: Path, new: Mapping[Path, str]) -> JsonValue:
    if isinstance(value, Mapping):
        return {key: _renamed(entry, (*path, key), new) for key, entry in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_renamed(entry, (*path, index), new) for index, entry in enumerate(value)]
    return new.get(path, value)


def _found(template: JsonObject) -> Iterator[Reference]:
    for path, volume in _each(template, (), "spec", "volumes"):
        yield from _of_volume(volume, path)
    for group, word in _GROUPS.items():
        for path, container in _each(template, (), "spec", group):
            yield from _of_container(container, path, f"{word} {text(container, 'name')}")
    for path, entry in _each(template, (), "spec", "imagePullSecrets"):
        yield from _named(SECRET, entry, path, "name", where="image pull secrets", credential=True)


def _of_volume(volume: JsonObject, path: Path) -> Iterator[Reference]:
    where = f"volume {text(volume, 'name')}"
    yield from _named(CONFIG_MAP, volume, path, "configMap", "name", where=where)
    yield from _named(SECRET, volume, path, "secret", "secretName", where=where)
    for below, source in _each(volume, path, "projected", "sources"):
        yield from _named(CONFIG_MAP, source, below, "configMap", "name", where=where)
        yield from _named(SECRET, source, below, "secret", "name", where=where)
    for driver in volume:
        for keys in _CREDENTIALS if driver != "secret" else ():
            yield from _named(SECRET, volume, path, driver, *keys, where=where, credential=True)


def _of_container(container: JsonObject, path: Path, which: str) -> Iterator[Reference]:
    for below, entry in _each(container, path, "env"):
        where = f"env {text(entry, 'name')} of {which}"
        yield from _named(CONFIG_MAP, entry, below, "valueFrom", "configMapKeyRef", "name", where=where)
        yield from _named(SECRET, entry, below, "valueFrom", "secretKeyRef", "name", where=where)
    for below, entry in _each(container, path, "envFrom"):
        yield from _named(CONFIG_MAP, entry, below, "configMapRef", "name", where=f"envFrom of {which}")
        yield from _named(SECRET, entry, below, "secretRef", "name", where=f"envFrom of {which}")


def _each(obj: JsonObject, path: Path, *keys: str) -> Iterator[tuple[Path, JsonObject]]:
    """The mappings in a list, with the way to each."""
    value = at(obj, *keys)
    if isinstance(value, Sequence) and not isinstance(value, str):
        for index, entry in enumerate(value):
            if isinstance(entry, Mapping):
                yield (*path, *keys, index), entry


def _named(kind: str, obj: JsonObject, path: Path, *keys: str, where: str, credential: bool = False) -> Iterator[Reference]:
    name = text(obj, *keys)
    if name:
        yield Reference(kind, name, (*path, *keys), where, flag(obj, *keys[:-1], "optional"), credential)
