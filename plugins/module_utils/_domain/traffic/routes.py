# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routes: objects by which a router sends requests to Services, each with a weight.

A route has rules, and a rule has branches: the Services among which it divides its requests. What a router's objects look like stands in
one file for each kind (`_routers/`); what is done with the numbers stands here, once for all of them.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TypeAlias

from ..base.objects import JsonObject, JsonValue, at, items, mapping, number, text, thaw, without
from ..base.resources import Resource
from ..ownership.fields import FieldSet

WEIGHT = "weight"
"""The key of a branch's weight in its entry."""
Place: TypeAlias = "tuple[str | int, ...]"
"""A path in an object, of keys and of positions in lists."""


@dataclass(frozen=True)
class Branch:
    """What a rule sends to one Service."""

    service: str
    """Its name, in the route's own namespace; empty for whatever else the branch leads to."""
    weight: int
    """As it counts: where the entry has none, what the router takes for it."""
    entry: JsonObject
    """As it stands in the route."""

    def weighing(self, weight: int) -> Branch:
        """The same with another weight."""
        return replace(self, weight=weight, entry={**self.entry, WEIGHT: weight})


@dataclass(frozen=True)
class Rule:
    """One place of a route that divides requests among Services."""

    name: str
    """As people call it."""
    place: Place
    """Where its branches stand in the object."""
    branches: tuple[Branch, ...]
    key: str = ""
    """A fingerprint of the rule without its branches, by which it is found again when it has moved."""
    open: bool = False
    """Its last branch stands for a Service that another object names: for each that the rule does not name."""

    def branch(self, service: str) -> Branch | None:
        """The branch that leads to a Service."""
        found = next((branch for branch in self.branches if branch.service == service), None)
        return self.branches[-1] if found is None and self.open else found

    @property
    def services(self) -> tuple[str, ...]:
        """The Services that it names, each once."""
        return tuple(dict.fromkeys(branch.service for branch in self.branches if branch.service))


@dataclass(frozen=True)
class Match:
    """Requests that go to the candidate whatever the weights: those that have all of these headers and cookies."""

    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)

    @property
    def patterns(self) -> tuple[str, ...]:
        """A regular expression for each cookie, which the header of cookies fits that has it."""
        return tuple(f"^(.*;\\s*)?{re.escape(name)}={re.escape(value)}(;.*)?$" for name, value in self.cookies.items())

    def __str__(self) -> str:
        told = [f"{name}: {value}" for name, value in self.headers.items()]
        return ", ".join((*told, *(f"cookie {name}={value}" for name, value in self.cookies.items())))


MARK = "rollout-kubernetes"
"""What the names of rules begin with that lead matching requests to a candidate."""


@dataclass(frozen=True)
class Acceptance:
    """What a router says of a route as it stands now."""

    lacking: str = ""
    """What is missing until it has taken the route over, or ''."""
    refused: str = ""
    """Why it never will, with the remedy, or ''."""


ACCEPTED = Acceptance()


def _nothing(_obj: JsonObject) -> str:
    return ""


def _nobody(_obj: JsonObject) -> frozenset[str]:
    return frozenset()


def _silent(_obj: JsonObject, _heard: frozenset[str]) -> Acceptance:
    return ACCEPTED


def _as_it_is(obj: JsonObject) -> JsonObject:
    return obj


def _anything(_match: Match) -> str:
    return ""


def _nothing_to_say(_obj: JsonObject) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, kw_only=True)
class Router:
    """What is known of one kind of routes."""

    name: str
    resource: Resource
    rules: Callable[[JsonObject], tuple[Rule, ...]]
    """Returns the rules of a route; none for an object of an unexpected shape."""
    written: Callable[[JsonObject, Rule], JsonObject]
    """Returns the route with the branches of one of its rules replaced, and nothing else."""
    leading: Callable[[JsonObject, str], JsonObject]
    """Returns a branch's entry that leads to another Service and is the same in all else."""
    most: int
    """The highest weight that it takes."""
    fields: FieldSet
    """What a change of weights makes ours in `managedFields`."""
    unfit: Callable[[JsonObject], str] = _nothing
    """Returns why an object cannot be split by weights, with the remedy, or ''."""
    warnings: Callable[[JsonObject], tuple[str, ...]] = _nothing_to_say
    """Returns what keeps requests from following the weights, a sentence each."""
    heard: Callable[[JsonObject], frozenset[str]] = _nobody
    """Returns who has accepted the route, of those that report on it in its status."""
    acceptance: Callable[[JsonObject, frozenset[str]], Acceptance] = _silent
    """Returns whether all of those have taken the route over as it stands now. Necessary and not sufficient: traffic follows later."""
    beside: Callable[[JsonObject, str, str, str], JsonObject | None] | None = None
    """Takes a route without weights, a Service, the candidate's Service and a name, and returns the object of that name that gives the
    candidate's a part, none at first, of what goes to the other one; None where nothing goes there. None of a router whose routes have the
    weights themselves."""
    matching: Callable[[JsonObject, Rule, str, Match], JsonObject] | None = None
    """Returns the route in which requests of a rule that match go to a Service: by a rule before it, whose name begins with `MARK`, or by
    other means. None of a router that cannot tell requests apart."""
    unmatched: Callable[[JsonObject], JsonObject] = _as_it_is
    """Returns the route without any of that."""
    mismatch: Callable[[Match], str] = _anything
    """Returns why the router cannot tell requests apart by that, without a full stop, or ''."""
    reports: bool = False
    """Its status tells who has accepted the route."""

    @property
    def kind(self) -> str:
        """The kind of its routes."""
        return self.resource.kind


# --- objects ------------------------------------------------------------------------------------------------------------------


def found_at(obj: JsonValue, place: Place) -> JsonValue:
    """The value at a place; None where there is none."""
    for key in place:
        if isinstance(key, int):
            listed = obj if isinstance(obj, Sequence) and not isinstance(obj, str) else ()
            obj = listed[key] if key < len(listed) else None
        else:
            obj = at(obj, key)
    return obj


def put(obj: JsonValue, place: Place, value: JsonValue) -> JsonValue:
    """A copy of `obj` with `value` at a place whose parents are there."""
    if not place:
        return value
    key, rest = place[0], place[1:]
    if isinstance(key, int):
        listed = list(obj) if isinstance(obj, Sequence) and not isinstance(obj, str) else []
        return [put(item, rest, value) if position == key else item for position, item in enumerate(listed)]
    return {**mapping(obj), key: put(at(obj, key), rest, value)}


def fingerprint_of(rule: JsonObject, *branches: str) -> str:
    """A fingerprint of a rule without its branches, which stand under these keys."""
    plain = json.dumps(thaw({key: value for key, value in rule.items() if key not in branches}), sort_keys=True)
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


# --- weights ------------------------------------------------------------------------------------------------------------------


def concerned(rules: Iterable[Rule], services: Iterable[str], only: str = "") -> tuple[Rule, ...]:
    """The rules that name one of the Services; with `only` no other than that of this name."""
    names = set(services)
    return tuple(rule for rule in rules if names & set(rule.services) and only in ("", rule.name))


def weights_of(rule: Rule, services: Iterable[str] = ()) -> dict[str, int]:
    """The weight of each Service that a rule names, in its order. Of an open rule also the rest, for the first of these Services that it
    does not name."""
    found: dict[str, int] = {}
    for branch in rule.branches:
        if branch.service:
            found[branch.service] = found.get(branch.service, 0) + branch.weight
    unnamed = next((name for name in services if name not in found), "")
    return {**found, unnamed: rule.branches[-1].weight} if rule.open and unnamed else found


def undividable(rule: Rule, wanted: Mapping[str, int]) -> str:
    """Why the Services cannot share what the rule gives them, without a full stop, or ''."""
    twice = next((name for name in rule.services if name in wanted and sum(branch.service == name for branch in rule.branches) > 1), "")
    if twice:
        return f"its rule {rule.name} names Service {twice} more than once, so it is not clear which weight is meant"
    named = [branch for branch in rule.branches if branch.service in wanted]
    if sum(branch.weight for branch in rule.branches) and not rule.open and not sum(branch.weight for branch in named):
        names = " and ".join(branch.service for branch in named)
        return f"its rule {rule.name} gives all requests to other Services than {names}, so there is nothing to divide"
    return ""


def is_divided(rule: Rule, wanted: Mapping[str, int]) -> bool:
    """The Services share what the rule gives them in this proportion."""
    whole, parts = sum(wanted.values()), _parts(rule, wanted)
    had = sum(weight for weight, _part in parts)
    return bool(had) and all(weight * whole == part * had for weight, part in parts)


def part_of(rule: Rule, wanted: Mapping[str, int], service: str) -> Fraction:
    """The part that one of the Services has of what the rule gives them together; 0 where they have nothing."""
    had = sum(weight for weight, _part in _parts(rule, wanted))
    branch = rule.branch(service)
    return Fraction(branch.weight, had) if had and branch is not None else Fraction(0)


def divided(router: Router, rule: Rule, wanted: Mapping[str, int]) -> Rule:
    """The rule in which the Services share what they have together, in this proportion; the share of all others stays.

    A Service that the rule does not name yet gets a branch like that of the first one that it names. Where the numbers do not divide, all
    weights of the rule are multiplied; where that is more than the router takes, they are the nearest ones that it does. What comes of it
    is divided so: doing it again changes nothing.
    """
    if is_divided(rule, wanted):
        return rule
    rule = _with_all(router, rule, wanted)
    parts = {id(branch): part for branch, part in _named(rule, wanted)}
    numbers = _shared([branch.weight for branch in rule.branches], [parts.get(id(branch)) for branch in rule.branches], router.most)
    return replace(rule, branches=tuple(branch.weighing(weight) for branch, weight in zip(rule.branches, numbers, strict=True)))


def _shared(weights: Sequence[int], parts: Sequence[int | None], most: int) -> list[int]:
    """The weights in which those that have a part share their sum by the parts, as far as no number is more than `most`."""
    named = [part for part in parts if part is not None]
    whole = sum(named)
    had = sum(weight for weight, part in zip(weights, parts, strict=True) if part is not None) or whole
    least = math.lcm(*(whole // math.gcd(whole, had * part) for part in named))
    for factor in (1 if least == 1 else whole, least):
        exact = [weight * factor if part is None else had * factor * part // whole for weight, part in zip(weights, parts, strict=True)]
        if max(exact) <= most:
            return exact
    others = [weight for weight, part in zip(weights, parts, strict=True) if part is None]
    return _nearest(others, had, parts, Fraction(most * whole, max([had * max(named), *(weight * whole for weight in others)])))


def _nearest(others: Sequence[int], had: int, parts: Sequence[int | None], scale: Fraction) -> list[int]:
    """All weights multiplied by about `scale`: by a whole number where it is more than 1, so that nothing is lost of the others' shares."""
    scale = Fraction(math.floor(scale)) if scale >= 1 else scale
    shares = iter(_apportioned(math.floor(had * scale), [part for part in parts if part is not None]))
    rest = iter(max(1, math.floor(weight * scale)) if weight else 0 for weight in others)
    return [next(rest if part is None else shares) for part in parts]


def _apportioned(had: int, parts: Sequence[int]) -> list[int]:
    """Whole numbers near these parts of a sum; none is 0 that shall be more."""
    whole = sum(parts)
    shares = [max(1, had * part // whole) if part else 0 for part in parts]
    for _missing in range(had - sum(shares)):
        shares[max(range(len(parts)), key=lambda index: had * parts[index] - shares[index] * whole)] += 1
    for _surplus in range(sum(shares) - max(had, sum(part > 0 for part in parts))):
        shares[min(range(len(parts)), key=lambda index: (shares[index] < 2, had * parts[index] - shares[index] * whole))] -= 1
    return shares


def _with_all(router: Router, rule: Rule, wanted: Mapping[str, int]) -> Rule:
    """The rule with a branch for each Service that shall get something."""
    lacking = [name for name, part in wanted.items() if part and rule.branch(name) is None]
    model = next(branch for branch in rule.branches if branch.service in wanted)
    new = tuple(Branch(name, 0, router.leading(model.entry, name)).weighing(0) for name in lacking)
    return replace(rule, branches=(*rule.branches, *new))


def _named(rule: Rule, wanted: Mapping[str, int]) -> Iterator[tuple[Branch, int]]:
    """The branches that are about one of the Services, each with its part; several may be the rest of an open rule."""
    parts: dict[int, tuple[Branch, int]] = {}
    for name, part in wanted.items():
        branch = rule.branch(name)
        if branch is not None:
            parts[id(branch)] = branch, parts.get(id(branch), (branch, 0))[1] + part
    yield from parts.values()


def _parts(rule: Rule, wanted: Mapping[str, int]) -> list[tuple[int, int]]:
    """For each of the Services the weight that it has, 0 where the rule does not name it, and its part of the whole."""
    missing = [(0, part) for name, part in wanted.items() if rule.branch(name) is None]
    return [*((branch.weight, part) for branch, part in _named(rule, wanted)), *missing]


# --- what was there before ----------------------------------------------------------------------------------------------------


def remembered(rules: Iterable[Rule]) -> list[JsonValue]:
    """The branches of these rules, as they are stored to be brought back."""
    return [{"name": rule.name, "key": rule.key, "branches": [branch.entry for branch in rule.branches]} for rule in rules]


def restored(router: Router, obj: JsonObject, former: Iterable[JsonObject], services: Iterable[str]) -> JsonObject:
    """The route with the branches that its rules had. `services` are those whose weights were changed: what somebody else has added
    meanwhile stays, and a rule of which nothing would be left stays as it is."""
    ours = set(services)
    for entry in former:
        entries = items(entry, "branches")
        rule = _again(router.rules(obj), entry, {_identity(branch) for branch in entries})
        if rule is not None:
            obj = router.written(obj, _as_before(rule, entries, ours))
    return obj


def _again(rules: Sequence[Rule], former: JsonObject, known: set[str]) -> Rule | None:
    """The rule that was remembered: of its name and content, else of its content alone, else of its name, with one of its branches."""
    name, key = text(former, "name"), text(former, "key")
    ranks: tuple[Callable[[Rule], bool], ...] = (
        lambda rule: (rule.name, rule.key) == (name, key),
        lambda rule: rule.key == key,
        lambda rule: rule.name == name and not known.isdisjoint(_identity(branch.entry) for branch in rule.branches),
    )
    return next((rule for fits in ranks for rule in rules if fits(rule)), None)


def _as_before(rule: Rule, entries: Sequence[JsonObject], ours: set[str]) -> Rule:
    """The rule with the former branches where these stood; those that others have added come last."""
    known = {_identity(entry) for entry in entries}
    there = {_identity(branch.entry) for branch in rule.branches}
    before = [Branch("", number(entry, WEIGHT), entry) for entry in entries if _identity(entry) in there]
    added = [branch for branch in rule.branches if _identity(branch.entry) not in known and branch.service not in ours]
    return replace(rule, branches=(*before, *added)) if before or added else rule


def _identity(entry: JsonObject) -> str:
    return json.dumps(thaw(without(entry, WEIGHT)), sort_keys=True)
