# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a template's configuration does not roll back with it: references to objects that may be changed under running pods."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ..base.objects import JsonObject
from .content import CONFIG_MAP, Key, base_by_shape
from .references import Reference, references

_CLUSTER = frozenset({(CONFIG_MAP, "kube-root-ca.crt"), (CONFIG_MAP, "openshift-service-ca.crt")})
"""What the cluster puts into each namespace and keeps up to date: a copy would grow stale."""


@dataclass(frozen=True)
class Mutable:
    """A ConfigMap or Secret that a template names and that is not versioned."""

    kind: str
    name: str
    places: tuple[Reference, ...]

    @property
    def sentence(self) -> str:
        """What it is, where it is named, and what follows from it."""
        where = ", ".join(dict.fromkeys(place.where for place in self.places))
        return f"{self.kind} {self.name} ({where}) may change under running pods, and an undo does not bring its earlier content back."

    @property
    def entry(self) -> str:
        """What makes it versioned, as an entry of `config` in YAML; the template stays as it is written."""
        return f"- {{kind: {self.kind}, name: {self.name}}}"

    def lines(self) -> tuple[str, ...]:
        """What makes it versioned, as lines of YAML for the task that rolls out."""
        return ("config:  # of the task that rolls out", f"  {self.entry}")


def mutable_references(template: JsonObject, versioned: Collection[Key]) -> tuple[Mutable, ...]:
    """The configuration that is not versioned, sorted by kind and name.

    `versioned` has the copies and other objects that are immutable; a name made of content counts as well. Credentials are left out
    (see `config_references`), and so is what the cluster itself keeps in each namespace.
    """
    places: dict[Key, list[Reference]] = {}
    for found in references(template):
        if not (found.credential or found.key in versioned or found.key in _CLUSTER or base_by_shape(found.name)):
            places.setdefault(found.key, []).append(found)
    return tuple(Mutable(*key, tuple(found)) for key, found in sorted(places.items(), key=lambda entry: entry[0]))
