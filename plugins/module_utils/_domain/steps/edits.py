# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes of an object as values: each can be printed and compared before it is made, and is called with the object to make it.

Those that belong to one strategy alone stand in its file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from ..base.errors import RefusedError
from ..base.objects import JsonObject, Ref, flag, mapping, replaced, without
from ..ownership.borrowed import with_everything_back, with_own_strategy
from ..workloads.revisions import same_template

Change: TypeAlias = Callable[[JsonObject], JsonObject]
"""A frozen dataclass that returns a changed copy of the object, or the object itself where there is nothing to change."""


@dataclass(frozen=True)
class Nothing:
    """Leaves the object as it is."""

    def __call__(self, obj: JsonObject) -> JsonObject:
        """Return the object itself."""
        return obj


@dataclass(frozen=True)
class Chain:
    """Makes several changes, one after another."""

    changes: tuple[Change, ...]

    def __call__(self, obj: JsonObject) -> JsonObject:
        """Return the object with all of them."""
        for change in self.changes:
            obj = change(obj)
        return obj


@dataclass(frozen=True)
class Replicas:
    """Sets how many replicas a workload asks for."""

    count: int

    def __call__(self, obj: JsonObject) -> JsonObject:
        """Return the object with that number."""
        return replaced(obj, ("spec", "replicas"), self.count)


@dataclass(frozen=True)
class Paused:
    """Pauses a Deployment, or resumes it."""

    paused: bool

    def __call__(self, obj: JsonObject) -> JsonObject:
        """Return the object paused, or without the field; the object itself where it is so."""
        if flag(obj, "spec", "paused") == self.paused:
            return obj
        return replaced(obj, ("spec", "paused"), True) if self.paused else without(obj, "spec", "paused")


@dataclass(frozen=True)
class OwnStrategy:
    """Gives the update strategy back that a task has borrowed."""

    def __call__(self, obj: JsonObject) -> JsonObject:
        """Return the object with its own update strategy."""
        return with_own_strategy(obj)


@dataclass(frozen=True)
class EverythingBack:
    """Gives the update strategy and the limits back that tasks have borrowed."""

    def __call__(self, obj: JsonObject) -> JsonObject:
        """Return the object with its own."""
        return with_everything_back(obj)


@dataclass(frozen=True)
class SameTemplate:
    """Demands that the template is still the one that was seen: what somebody has set since is not ours to take back."""

    ref: Ref
    template: JsonObject

    def __call__(self, live: JsonObject) -> None:
        """Raise `RefusedError` where the object has another template."""
        if not same_template(mapping(live, "spec", "template"), self.template):
            raise RefusedError(f"{self.ref} was given another template meanwhile, which is left alone.")
