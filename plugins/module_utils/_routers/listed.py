# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routes whose rules hold their branches as a list: of all kinds but two."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .._domain.base.objects import JsonObject, JsonValue, text
from .._domain.traffic.routes import MARK, WEIGHT, Branch, Place, Rule, fingerprint_of, found_at, put

Named = Callable[[JsonObject, str], str]
"""Returns the Service that an entry leads to, in the route's namespace; '' for whatever else it leads to."""


@dataclass(frozen=True)
class Lists:
    """Where the rules of one kind of routes stand, and how their entries are read."""

    rules: Sequence[tuple[str, ...]]
    """The paths of the lists of rules."""
    branches: str
    """The key of a rule's list of branches."""
    named: Named
    unset: int = 1
    """The weight of an entry that says none."""
    alone: int = 0
    """What an entry of weight 0 counts for that is alone in its rule, where such a one gets everything."""

    def read(self, obj: JsonObject) -> tuple[Rule, ...]:
        """Return the rules of a route that have branches."""
        return tuple(self._read(obj))

    def _read(self, obj: JsonObject) -> Iterator[Rule]:
        namespace = text(obj, "metadata", "namespace")
        for path in self.rules:
            for position, rule in enumerate(elements(found_at(obj, path))):
                place: Place = (*path, position, self.branches)
                branches = read_branches(found_at(obj, place), namespace, self.named, self.unset, self.alone)
                if isinstance(rule, Mapping) and branches and not is_ours(rule):
                    prefix = f"{path[-1]}[{position}]" if len(self.rules) > 1 else str(position)
                    yield Rule(text(rule, "name") or prefix, place, branches, fingerprint_of(rule, self.branches))


def is_ours(rule: JsonValue) -> bool:
    """Whether a rule leads matching requests to a candidate."""
    return text(rule, "name").startswith(MARK)


def inserted(obj: JsonObject, rule: Rule, new: JsonObject) -> JsonObject:
    """Return the route with a rule right before another one, named by `MARK` and the place of that."""
    path, position = rule.place[:-2], rule.place[-2]
    listed = list(elements(found_at(obj, path)))
    where = position if isinstance(position, int) else len(listed)
    changed = put(obj, path, [*listed[:where], {**new, "name": f"{MARK}-{where}"}, *listed[where:]])
    return changed if isinstance(changed, Mapping) else obj


def without_ours(*paths: Place) -> Callable[[JsonObject], JsonObject]:
    """Return the function that takes such rules out of these lists."""

    def taken_out(obj: JsonObject) -> JsonObject:
        for path in paths:
            listed = elements(found_at(obj, path))
            if any(map(is_ours, listed)):
                changed = put(obj, path, [entry for entry in listed if not is_ours(entry)])
                obj = changed if isinstance(changed, Mapping) else obj
        return obj

    return taken_out


def read_branches(listed: JsonValue, namespace: str, named: Named, unset: int, alone: int = 0) -> tuple[Branch, ...]:
    """Return the branches of one list; none where it holds anything else than mappings."""
    entries = elements(listed)
    found = [entry for entry in entries if isinstance(entry, Mapping)]
    if len(found) < len(entries):
        return ()
    least = alone if len(found) == 1 else 0
    return tuple(Branch(named(entry, namespace), _weight(entry, unset) or least, entry) for entry in found)


def _weight(entry: JsonObject, unset: int) -> int:
    value = entry.get(WEIGHT)
    return value if isinstance(value, int) and not isinstance(value, bool) else unset


def written(obj: JsonObject, rule: Rule) -> JsonObject:
    """Return the route with the branches of this rule."""
    changed = put(obj, rule.place, [branch.entry for branch in rule.branches])
    return changed if isinstance(changed, Mapping) else obj


def elements(value: JsonValue) -> Sequence[JsonValue]:
    """Return the members of a list; none of anything else."""
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()
