# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an application's Lease remembers of a rollout that spans several objects, and of those that are over.

A claim says which rollout is on its way, so that no other begins before it is done or given up, whoever runs it and however many tasks
it takes. It holds what the cluster does not show: what was there before, and when the traffic moved. A promotion is one line of the
application's history; its template is kept by the ReplicaSet that it names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from .errors import InputError, RefusedError
from .objects import JsonObject, JsonValue, Ref, at, flag, items, mapping, number, text, texts
from .remembered import FORMAT, recalled, recalled_list, unreadable
from .services import Selector
from .stepping import STEPPING, Stepping

CLAIM = "rollout.kubernetes/claim"
HISTORY = "rollout.kubernetes/history"
SETTINGS = "rollout.kubernetes/blue-green"
"""Which Services the application has, for tasks that do not say."""
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


@dataclass(frozen=True)
class Claim:
    """A rollout on its way. `services` and `previews` lead from a Service's name to its workload."""

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
    cause: str = ""
    undoes: int = 0
    """The number of the promotion that it brings back; 0 for something new."""
    back: bool = False
    """It was given up and goes back."""
    why: str = ""
    """Why it was given up."""
    candidates: tuple[str, ...] = ()
    """The names of its candidates when it was given up (ReplicaSets, which may be gone); none before, or where 0.1.0 gave it up."""
    switched: str = ""
    """When the traffic had moved, in RFC 3339; empty before."""
    by: str = ""
    """Who began it; empty where an earlier version of this collection has written the claim."""
    since: str = ""
    """When it was begun, in RFC 3339; empty as `by`."""
    plan_hash: str = ""
    """That of the task that began it; empty where an earlier version of this collection has written the claim."""

    @classmethod
    def of(cls, lease: JsonObject | None) -> Claim | None:
        """From the annotations of a Lease; None when no rollout is on its way. Raises `RefusedError` for one that cannot be read."""
        entry = recalled(lease, CLAIM)
        if entry is None:
            return None
        if not _is_whole(entry):
            raise unreadable(lease, CLAIM)
        sides = tuple(
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
        )
        return cls(
            identity=text(entry, "identity"),
            sides=sides,
            services=texts(entry, "services"),
            previews=texts(entry, "previews"),
            originals={name: texts(entry, "originals", name) for name in mapping(entry, "originals")},
            preview_replicas=_count(entry, "preview_replicas"),
            delay=number(entry, "delay"),
            keep_old=flag(entry, "keep_old"),
            leaves=flag(entry, "leaves"),
            cause=text(entry, "cause"),
            undoes=number(entry, "undoes"),
            back=flag(entry, "back"),
            why=text(entry, "why"),
            candidates=tuple(text(entry, "candidates").split()),
            switched=text(entry, "switched"),
            by=text(entry, "by"),
            since=text(entry, "since"),
            plan_hash=text(entry, "plan_hash"),
        )

    def text(self) -> str:
        """The value of the annotation."""
        plain: dict[str, JsonValue] = {
            "version": FORMAT,
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
        }
        return json.dumps({key: value for key, value in plain.items() if value not in ("", None, False, {})}, sort_keys=True)

    def given_up(self, why: str, candidates: Iterable[str] = ()) -> Claim:
        """The same, on its way back; `candidates`: the names of what is given up."""
        return replace(self, back=True, why=why, candidates=tuple(sorted(candidates)))


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
        for read in (Claim.of, Settings.of, history_of, Stepping.of):
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
