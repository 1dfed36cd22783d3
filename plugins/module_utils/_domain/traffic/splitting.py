# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task does with one route: divide its requests by weights, or bring the branches back that it had; and what it remembers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Self

from ..base.errors import RefusedError
from ..base.objects import JsonObject, JsonValue, Ref, items, mapping, text
from ..leases.remembered import FORMAT, recalled, unreadable
from ..ownership.formers import Former as Owner
from ..ownership.formers import formers
from .routes import Match, Router, concerned, divided, part_of, remembered, restored

ROUTES = "rollout.kubernetes/routes"
"""The annotation of the application's Lease that has what routes were like before `traffic_split` changed them first."""


@dataclass(frozen=True)
class Divide:
    """Makes the Services share, in this proportion, what the rules that name them give them; with `only` the rule of that name alone."""

    router: Router
    weights: Mapping[str, int]
    only: str = ""

    def __call__(self, obj: JsonObject) -> JsonObject:
        """Return the route with these weights and nothing else changed."""
        for rule in concerned(self.router.rules(obj), self.weights, self.only):
            obj = self.router.written(obj, divided(self.router, rule, self.weights))
        return obj

    def is_done(self, obj: JsonObject) -> bool:
        """There is such a rule, and the Services share so in each."""
        rules = concerned(self.router.rules(obj), self.weights, self.only)
        return bool(rules) and all(divided(self.router, rule, self.weights) == rule for rule in rules)

    def is_reached(self, obj: JsonObject, service: str) -> bool:
        """There is such a rule, and in each of them that Service has this part or more."""
        rules = concerned(self.router.rules(obj), self.weights, self.only)
        return bool(rules) and all(part_of(rule, self.weights, service) >= self._part(service) for rule in rules)

    def _part(self, service: str) -> Fraction:
        return Fraction(self.weights[service], sum(self.weights.values()))


@dataclass(frozen=True)
class Restore:
    """Brings the branches back that rules had. `services` are those whose weights were changed."""

    router: Router
    former: tuple[JsonObject, ...]
    services: tuple[str, ...]

    def __call__(self, obj: JsonObject) -> JsonObject:
        """Return the route with these branches, without rules that lead matching requests elsewhere, and nothing else changed."""
        return restored(self.router, self.router.unmatched(obj), self.former, self.services)

    def is_done(self, obj: JsonObject) -> bool:
        """The route has them."""
        return self(obj) == obj


@dataclass(frozen=True)
class LeadMatching:
    """Leads requests that match to one of the Services, in each rule that names one of them."""

    router: Router
    match: Match
    service: str
    services: tuple[str, ...]
    only: str = ""

    def __call__(self, obj: JsonObject) -> JsonObject:
        """Return the route with a rule for them before each of these."""
        if self.router.matching is None:
            return obj
        plain = self.router.unmatched(obj)
        # From the last one on, so that none of those before it has moved.
        for rule in reversed(concerned(self.router.rules(plain), self.services, self.only)):
            plain = self.router.matching(plain, rule, self.service, self.match)
        return plain

    def is_done(self, obj: JsonObject) -> bool:
        """They go there already."""
        return self(obj) == obj


@dataclass(frozen=True)
class ForRules:
    """Demands that the route still has a rule that names one of the Services."""

    ref: Ref
    divide: Divide

    def __call__(self, live: JsonObject) -> None:
        """Raise `RefusedError` where it has none."""
        rules = self.divide.router.rules(live)
        if not concerned(rules, self.divide.weights, self.divide.only):
            names = " or ".join(self.divide.weights)
            there = ", ".join(f"{rule.name} ({', '.join(rule.services) or 'no Service'})" for rule in rules) or "none"
            which = f"no rule {self.divide.only} that names" if self.divide.only else "no rule that names"
            raise RefusedError(f"{self.ref} has {which} Service {names}; its rules are: {there}.")


@dataclass(frozen=True)
class Former:
    """What one route was like before, as it is stored."""

    rules: tuple[JsonObject, ...] = ()
    """The branches of the rules that name the Services."""
    services: tuple[str, ...] = ()
    """The Services whose weights are changed."""
    heard: frozenset[str] = frozenset()
    """Who had accepted it."""
    owners: tuple[Owner, ...] = ()
    """Who owned the fields in which weights stand."""

    @classmethod
    def of(cls, entry: JsonObject) -> Self:
        """From what is stored."""
        heard = frozenset(filter(None, text(entry, "heard").split("\n")))
        owners = tuple(Owner.of(owner) for owner in items(entry, "owners"))
        return cls(items(entry, "rules"), tuple(text(entry, "services").split()), heard, owners)

    @classmethod
    def seen(cls, divide: Divide, obj: JsonObject) -> Self:
        """From a route before its weights are changed."""
        rules = concerned(divide.router.rules(obj), divide.weights, divide.only)
        plain = tuple(entry for entry in remembered(rules) if isinstance(entry, Mapping))
        return cls(plain, tuple(divide.weights), divide.router.heard(obj), formers(obj, divide.router.fields))

    def plain(self) -> dict[str, JsonValue]:
        """As it is stored."""
        return {
            "rules": list(self.rules),
            "services": " ".join(self.services),
            "heard": "\n".join(sorted(self.heard)),
            "owners": [owner.plain() for owner in self.owners],
        }

    def and_of(self, later: Former) -> Former:
        """The same, with what a later task has changed besides. Of a rule that both name the earlier branches count."""
        rules = {(text(rule, "name"), text(rule, "key")) for rule in self.rules}
        more = (rule for rule in later.rules if (text(rule, "name"), text(rule, "key")) not in rules)
        return Former((*self.rules, *more), tuple(dict.fromkeys((*self.services, *later.services))), later.heard, self.owners)


@dataclass(frozen=True)
class Originals:
    """What routes were like before they were changed first, by `HTTPRoute/web`."""

    routes: Mapping[str, Former] = field(default_factory=dict)

    @classmethod
    def of(cls, lease: JsonObject | None) -> Originals:
        """From the annotations of a Lease. Raises `RefusedError` for what cannot be read."""
        entry = recalled(lease, ROUTES)
        if entry is None:
            return cls()
        found = mapping(entry, "routes")
        if not found or not all(isinstance(value, Mapping) for value in found.values()):
            raise unreadable(lease, ROUTES)
        return cls({name: Former.of(mapping(found, name)) for name in found})

    def text(self) -> str:
        """The value of the annotation; empty where there is nothing to remember."""
        if not self.routes:
            return ""
        return json.dumps({"version": FORMAT, "routes": {name: former.plain() for name, former in self.routes.items()}}, sort_keys=True)
