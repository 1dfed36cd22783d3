# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an application's Lease remembers of the rollout that is on its way, and of those by blue/green that are over.

A promotion is one line of the application's history; its template is kept by the ReplicaSet that it names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from ..base.errors import InputError, RefusedError
from ..base.objects import JsonObject, JsonValue, Ref, at, flag, items, mapping, number, text, texts
from ..kinds import TWO_SIDED
from ..leases.claim import Claim, plain_claim, shared
from ..leases.remembered import FORMAT, recalled, recalled_list, unreadable
from ..leases.stepping import STEPPING, Stepping
from ..traffic.scenes import SWITCHED
from ..traffic.services import Selector
from .colours import deployments_of

CLAIM = "rollout.kubernetes/claim"
HISTORY = "rollout.kubernetes/history"
SETTINGS = "rollout.kubernetes/blue-green"
"""Which Services the application has, for tasks that do not say."""
STRATEGY = "rollout.kubernetes/strategy"
"""By which strategy the application was rolled out last, where that is not blue/green: so what comes late knows what it was about."""
REMEMBERED = 20
"""How many promotions the history keeps."""


@dataclass(frozen=True)
class Side:
    """One workload of a rollout: by the names of its Deployments where the traffic is, and where it shall be."""

    workload: str
    stable: str
    """Empty at the very first rollout."""
    candidate: str
    wanted: str
    """The fingerprint of the candidate's template."""
    base: str = ""
    """The fingerprint of the stable template when the rollout began."""
    mark: Selector = field(default_factory=dict)
    """The label that tells the stable pods from all others."""
    replicas: int | None = None
    """What the definition asks for; None where it leaves that open."""
    created: bool = False
    """The candidate's Deployment was not there before."""


BLUE_GREEN = "blue_green"
"""The strategy of a claim that names none, as 0.1.0 has written it."""


@dataclass(frozen=True)
class SidesClaim(Claim):
    """A rollout by blue/green. `services` and `previews` lead from a Service's name to its workload."""

    identity: str
    sides: tuple[Side, ...]
    services: Mapping[str, str]
    previews: Mapping[str, str] = field(default_factory=dict)
    originals: Mapping[str, Selector] = field(default_factory=dict)
    """The selectors of all these Services before anything was changed."""
    preview_replicas: int | None = None
    delay: float = 30
    """Seconds between the switch and the end of the old pods."""
    keep_old: bool = False
    leaves: bool = False
    """It ends with one plain Deployment again."""
    undoes: int = 0
    """The number of the promotion that it brings back; 0 for something new."""
    candidates: tuple[str, ...] = ()
    """The names of its candidates when it was given up (ReplicaSets, which may be gone); none before, or where 0.1.0 gave it up."""
    switched: str = ""
    """When the traffic had moved, in RFC 3339; empty before."""
    strategy: str = field(default=BLUE_GREEN, kw_only=True)

    @property
    def moments(self) -> Mapping[str, str]:
        """When something had happened, in RFC 3339, by its name."""
        return {SWITCHED: self.switched} if self.switched else {}

    def covers(self, ref: Ref) -> bool:
        """It needs the Deployments of its workloads, whichever side, and its Services."""
        if ref.kind in TWO_SIDED:
            return any(ref.name in (side.stable, side.candidate, *deployments_of(side.workload)) for side in self.sides)
        return ref.kind == "Service" and ref.name in {**self.services, **self.previews}

    def plain(self) -> dict[str, JsonValue]:
        """What is stored of it. The strategy is not, so that 0.1.0 reads it as before."""
        return {
            "identity": self.identity,
            "sides": [
                {
                    "workload": side.workload,
                    "stable": side.stable,
                    "candidate": side.candidate,
                    "wanted": side.wanted,
                    "base": side.base,
                    "mark": dict(side.mark),
                    "replicas": side.replicas,
                    "created": side.created,
                }
                for side in self.sides
            ],
            "services": dict(self.services),
            "previews": dict(self.previews),
            "originals": {name: dict(selector) for name, selector in self.originals.items()},
            "preview_replicas": self.preview_replicas,
            "delay": round(self.delay),
            "keep_old": self.keep_old,
            "leaves": self.leaves,
            "cause": self.cause,
            "undoes": self.undoes,
            "back": self.back,
            "why": self.why,
            "candidates": " ".join(self.candidates),
            "switched": self.switched,
            "by": self.by,
            "since": self.since,
            "plan_hash": self.plan_hash,
            "verdicts": [entry.plain() for entry in self.verdicts],
        }

    def noted(self, name: str, at: str) -> Self:
        """The same, which remembers when the traffic had moved."""
        return replace(self, switched=at)


def claim_of(lease: JsonObject | None) -> Claim | None:
    """The claim in the annotations of a Lease; None when no rollout is on its way. Raises `RefusedError` for one that cannot be read."""
    entry = recalled(lease, CLAIM)
    if entry is None:
        return None
    strategy = text(entry, "strategy") or BLUE_GREEN
    found = _READERS.get(strategy, plain_claim)(strategy, entry)
    if found is None:
        raise unreadable(lease, CLAIM)
    return found


def sides_claim_of(lease: JsonObject | None) -> SidesClaim | None:
    """The claim of a rollout by blue/green; None where none, or another one, is on its way. Raises as `claim_of`."""
    claim = claim_of(lease)
    return claim if isinstance(claim, SidesClaim) else None


def _sides_claim(_strategy: str, entry: JsonObject) -> SidesClaim | None:
    if not _is_whole(entry):
        return None
    return SidesClaim(
        identity=text(entry, "identity"),
        sides=tuple(
            Side(
                workload=text(side, "workload"),
                stable=text(side, "stable"),
                candidate=text(side, "candidate"),
                wanted=text(side, "wanted"),
                base=text(side, "base"),
                mark=texts(side, "mark"),
                replicas=_count(side, "replicas"),
                created=flag(side, "created"),
            )
            for side in items(entry, "sides")
        ),
        services=texts(entry, "services"),
        previews=texts(entry, "previews"),
        originals={name: texts(entry, "originals", name) for name in mapping(entry, "originals")},
        preview_replicas=_count(entry, "preview_replicas"),
        delay=number(entry, "delay"),
        keep_old=flag(entry, "keep_old"),
        leaves=flag(entry, "leaves"),
        undoes=number(entry, "undoes"),
        candidates=tuple(text(entry, "candidates").split()),
        switched=text(entry, "switched"),
        **shared(entry),
    )


_READERS: Mapping[str, Callable[[str, JsonObject], Claim | None]] = {BLUE_GREEN: _sides_claim}
"""How the claims of strategies are read that have a form of their own."""


@dataclass(frozen=True)
class Settings:
    """How the last rollout went, for tasks that go back without saying how."""

    previews: Mapping[str, str] = field(default_factory=dict)
    """Services to their preview Services, empty where there is none."""
    delay: float = 30
    keep_old: bool = False

    @classmethod
    def of(cls, lease: JsonObject | None) -> Settings | None:
        """From the annotations of a Lease; None where the application was never rolled out by blue/green, or has left it. Raises
        `RefusedError` for what cannot be read."""
        entry = recalled(lease, SETTINGS) or {}
        if not isinstance(at(entry, "services") or {}, Mapping):
            raise unreadable(lease, SETTINGS)
        services = texts(entry, "services")
        return cls(services, number(entry, "delay", default=30), flag(entry, "keep_old")) if services else None

    def text(self) -> str:
        """The value of the annotation."""
        plain = {"version": FORMAT, "services": dict(self.previews), "delay": round(self.delay), "keep_old": self.keep_old}
        return json.dumps(plain, sort_keys=True)


@dataclass(frozen=True)
class Promotion:
    """One version that got the traffic."""

    number: int
    at: str
    """When, in RFC 3339; empty for what ran before blue/green."""
    cause: str
    parts: Mapping[str, tuple[str, str]]
    """By workload the Deployment and the hash of the template that got the traffic: together the ReplicaSet that keeps it."""
    images: tuple[str, ...] = ()
    undoes: int = 0

    def plain(self) -> JsonObject:
        """As it is stored."""
        return {
            "number": self.number,
            "at": self.at,
            "cause": self.cause,
            "parts": {name: list(part) for name, part in self.parts.items()},
            "images": list(self.images),
            "undoes": self.undoes,
        }


def history_of(lease: JsonObject | None) -> tuple[Promotion, ...]:
    """The promotions that a Lease remembers, oldest first. Raises `RefusedError` for what cannot be read."""
    found = []
    for entry in recalled_list(lease, HISTORY):
        parts = {}
        for name, part in mapping(entry, "parts").items():
            if isinstance(part, list) and len(part) == 2:
                parts[name] = (str(part[0]), str(part[1]))
        images = at(entry, "images")
        found.append(
            Promotion(
                number=number(entry, "number"),
                at=text(entry, "at"),
                cause=text(entry, "cause"),
                parts=parts,
                images=tuple(str(image) for image in images) if isinstance(images, list) else (),
                undoes=number(entry, "undoes"),
            )
        )
    return tuple(found)


def history_text(history: tuple[Promotion, ...]) -> str:
    """The value of the annotation, for the last promotions."""
    return json.dumps([entry.plain() for entry in history[-REMEMBERED:]], sort_keys=True) if history else ""


def chosen(history: tuple[Promotion, ...], ref: Ref, *, revision: int | None, to: str) -> Promotion:
    """The promotion to go back to: by its number, by an image or cause, or without either the one before the last.

    Where the last one is itself the outcome of an undo and nothing is named, it is that one: asked again (after a crash, by a relaunched
    job) an undo must not bring back what it has just taken away. Raises `InputError` when there is none.
    """
    known = ", ".join(f"{entry.number} ({entry.cause or ', '.join(entry.images)})" for entry in history) or "none"
    if revision is not None:
        found = next((entry for entry in history if entry.number == revision), None)
        if found is None:
            raise InputError(f"{ref} has no promotion {revision}; it has {known}.")
        return found
    if to:
        fitting = [entry for entry in history if to in (entry.cause, *entry.images) or any(_is_tag(image, to) for image in entry.images)]
        if not fitting:
            raise InputError(f"{ref} has no promotion with the image or change cause {to!r}; it has {known}.")
        return fitting[-1]
    if history and history[-1].undoes:
        return history[-1]
    if len(history) < 2:
        raise InputError(f"{ref} has no earlier promotion to go back to; it has {known}.")
    return history[-2]


def _is_tag(image: str, to: str) -> bool:
    return image.rpartition(":")[2] == to or image.rpartition("/")[2] == to


def _count(entry: JsonObject, name: str) -> int | None:
    return number(entry, name) if isinstance(at(entry, name), int) else None


def is_readable(lease: JsonObject) -> bool:
    """Whether all that a Lease remembers of rollouts can be understood."""
    try:
        for read in (claim_of, Settings.of, history_of, Stepping.of):
            read(lease)
    except RefusedError:
        return False
    return True


def may_be_about(lease: JsonObject, names: Collection[str]) -> bool:
    """Whether what a Lease remembers, in whatever form, speaks of one of these objects, or of one that is made from its name."""
    remembered = " ".join(texts(lease, "metadata", "annotations").get(name, "") for name in (CLAIM, SETTINGS, HISTORY, STEPPING))
    words = set(re.split(r"[^a-z0-9.-]+", f"{remembered} {text(lease, 'metadata', 'name').removeprefix('rollout-')}"))
    return any(words & {name, name.removesuffix("-blue"), name.removesuffix("-green")} for name in names)


def _is_whole(entry: JsonObject) -> bool:
    """A claim has all that it was written with: sides with their names, and mappings where mappings are."""
    sides = items(entry, "sides")
    named = all(isinstance(at(side, name), str) for side in sides for name in ("workload", "stable", "candidate", "wanted"))
    parts = all(isinstance(at(entry, name) or {}, Mapping) for name in ("services", "previews", "originals"))
    return bool(sides) and named and parts and len(sides) == len(at(entry, "sides") or ())  # type: ignore[arg-type]
