# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The claim of a rollout on its objects: which one is on its way, across tasks, until it is done or given up.

No other rollout of the application begins before that, whoever runs it. The claim holds what the cluster does not show.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Self, TypedDict

from ..base.objects import JsonObject, JsonValue, Ref, at, flag, items, mapping, text, texts
from .remembered import FORMAT

MOST_VERDICTS = 20
"""So many verdicts of gates are remembered, the last ones: the annotations of an object have room for 256 KiB, all together."""


@dataclass(frozen=True)
class Judged:
    """What a gate has found in a step."""

    gate: str
    step: str
    verdict: str
    value: float | None = None
    """The one that decided; None where there is no number."""
    at: str = ""
    """When, in RFC 3339."""
    dry_run: bool = False
    """It has no consequences."""

    def plain(self) -> JsonObject:
        """As it is stored. JSON has no infinite numbers."""
        value = self.value if self.value is None or isfinite(self.value) else str(self.value)
        return {"gate": self.gate, "step": self.step, "verdict": self.verdict, "value": value, "at": self.at, "dry_run": self.dry_run}


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A rollout on its way, by whatever strategy: what every task must know of it, and what its strategy remembers."""

    strategy: str
    objects: tuple[str, ...] = ()
    """What it has for itself, as `Deployment/web`."""
    wanted: JsonObject = field(default_factory=dict)
    """What it shall bring, in the strategy's own words: another rollout wants something else."""
    known: JsonObject = field(default_factory=dict)
    """What was there before it, in the strategy's own words."""
    times: Mapping[str, str] = field(default_factory=dict)
    """When something had happened, in RFC 3339, by the name that the strategy gives it."""
    cause: str = ""
    by: str = ""
    """Who began it; empty where 0.1.0 has written the claim."""
    since: str = ""
    """When it was begun, in RFC 3339; empty as `by`."""
    plan_hash: str = ""
    """That of the task that began it; empty as `by`."""
    back: bool = False
    """It was given up and goes back."""
    why: str = ""
    """Why it was given up."""
    verdicts: tuple[Judged, ...] = ()
    """What its gates have found, in the order of the verdicts; of each gate in each step the last one."""

    @property
    def moments(self) -> Mapping[str, str]:
        """When something had happened, in RFC 3339, by its name."""
        return self.times

    @property
    def way(self) -> str:
        """The strategy as people write it: blue/green, traffic split."""
        return "blue/green" if self.strategy == "blue_green" else self.strategy.replace("_", " ")

    def covers(self, ref: Ref) -> bool:
        """The rollout needs this object of its namespace as it is."""
        return ref.short in self.objects

    def given_up(self, why: str) -> Self:
        """The same, on its way back."""
        return replace(self, back=True, why=why)

    def noted(self, name: str, at: str) -> Self:
        """The same, which remembers when something had happened."""
        return replace(self, times={**self.times, name: at})

    def judged(self, found: Iterable[Judged]) -> Self:
        """The same, which remembers what gates have found."""
        new = tuple(found)
        anew = {(entry.gate, entry.step) for entry in new}
        return replace(self, verdicts=(*(entry for entry in self.verdicts if (entry.gate, entry.step) not in anew), *new)[-MOST_VERDICTS:])

    def plain(self) -> dict[str, JsonValue]:
        """What is stored of it."""
        return {
            "strategy": self.strategy,
            "objects": list(self.objects),
            "wanted": self.wanted,
            "known": self.known,
            "times": dict(self.times),
            "cause": self.cause,
            "by": self.by,
            "since": self.since,
            "plan_hash": self.plan_hash,
            "back": self.back,
            "why": self.why,
            "verdicts": [entry.plain() for entry in self.verdicts],
        }

    def text(self) -> str:
        """The value of the annotation."""
        stored = {key: value for key, value in self.plain().items() if value not in ("", None, False, {}, [])}
        return json.dumps({"version": FORMAT, **stored}, sort_keys=True)


def plain_claim(strategy: str, entry: JsonObject) -> Claim | None:
    """Return the claim that is stored like this, or None where something is missing or is of another sort."""
    objects = at(entry, "objects")
    if not isinstance(objects, list) or not objects or not all(isinstance(name, str) for name in objects):
        return None
    if not all(isinstance(at(entry, name) or {}, Mapping) for name in ("wanted", "known", "times")):
        return None
    return Claim(
        strategy=strategy,
        objects=tuple(str(name) for name in objects),
        wanted=mapping(entry, "wanted"),
        known=mapping(entry, "known"),
        times=texts(entry, "times"),
        **shared(entry),
    )


def shared(entry: JsonObject) -> Shared:
    """Return what the claims of all strategies have in common."""
    return {
        "cause": text(entry, "cause"),
        "by": text(entry, "by"),
        "since": text(entry, "since"),
        "plan_hash": text(entry, "plan_hash"),
        "back": flag(entry, "back"),
        "why": text(entry, "why"),
        "verdicts": tuple(_judged(found) for found in items(entry, "verdicts")),
    }


def _judged(entry: JsonObject) -> Judged:
    value = at(entry, "value")
    return Judged(
        gate=text(entry, "gate"),
        step=text(entry, "step"),
        verdict=text(entry, "verdict"),
        value=float(value) if isinstance(value, int | float) or value in ("inf", "-inf") else None,
        at=text(entry, "at"),
        dry_run=flag(entry, "dry_run"),
    )


class Shared(TypedDict):
    """What the claims of all strategies have in common."""

    cause: str
    by: str
    since: str
    plan_hash: str
    back: bool
    why: str
    verdicts: tuple[Judged, ...]
