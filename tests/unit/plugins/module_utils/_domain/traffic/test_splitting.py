# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task does with one route, and what it remembers of it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import RefusedError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import Ref
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import Resource
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.leases.lease import new_lease, noted
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.routes import Branch, Router, Rule, fingerprint_of, put
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.splitting import (
    ROUTES,
    Divide,
    Former,
    ForRules,
    Originals,
    Restore,
)

REF = Ref("Plain", "shop", "web")
WEIGHTS = {"web": 95, "canary": 5}


def _rules(obj: Any) -> tuple[Rule, ...]:
    return tuple(
        Rule(name, (name,), tuple(Branch(entry["name"], entry["weight"], entry) for entry in entries), fingerprint_of({"of": name}))
        for name, entries in obj.items()
    )


def _written(obj: Any, rule: Rule) -> Any:
    return put(obj, rule.place, [branch.entry for branch in rule.branches])


def _leading(entry: Any, service: str) -> Any:
    return {**entry, "name": service}


def _heard(_obj: Any) -> frozenset[str]:
    return frozenset({"router a", "router b"})


PLAIN = Router(
    name="plain",
    resource=Resource("example.org/v1", "Plain", "plains"),
    rules=_rules,
    written=_written,
    leading=_leading,
    most=256,
    fields={},
    heard=_heard,
)


def to(**weights: int) -> list[Any]:
    return [{"name": name, "weight": weight} for name, weight in weights.items()]


BEFORE = {"a": to(web=100), "b": to(web=80, other=20), "c": to(other=1)}
AFTER = {"a": to(web=95, canary=5), "b": to(web=76, other=20, canary=4), "c": to(other=1)}


def test_each_rule_is_divided_that_names_one_of_the_services() -> None:
    divide = Divide(PLAIN, WEIGHTS)
    assert divide(BEFORE) == AFTER
    assert [divide.is_done(obj) for obj in (BEFORE, AFTER, {"c": to(other=1)}, {})] == [False, True, False, False]


def test_one_rule_alone_can_be_meant() -> None:
    divide = Divide(PLAIN, WEIGHTS, "b")
    assert divide(BEFORE) == {**BEFORE, "b": AFTER["b"]}
    assert divide.is_done({**BEFORE, "b": AFTER["b"]})


def test_what_is_as_near_as_it_can_be_is_done() -> None:
    divide = Divide(PLAIN, {"web": 999, "canary": 1})
    assert divide({"a": to(web=256)}) == {"a": to(web=255, canary=1)}
    assert divide.is_done({"a": to(web=255, canary=1)})


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        ({"a": to(web=95, canary=5)}, True),
        ({"a": to(web=50, canary=50)}, True),
        ({"a": to(web=96, canary=4)}, False),
        ({"a": to(web=50, canary=50), "b": to(web=1)}, False),
        ({"c": to(other=1)}, False),
    ],
)
def test_a_service_has_its_part_when_it_has_that_or_more_in_each_rule(obj: Any, expected: bool) -> None:
    assert Divide(PLAIN, WEIGHTS).is_reached(obj, "canary") is expected


def test_what_was_remembered_is_brought_back() -> None:
    former = Former.seen(Divide(PLAIN, WEIGHTS), BEFORE)
    restore = Restore(PLAIN, former.rules, former.services)
    assert restore(AFTER) == BEFORE
    assert [restore.is_done(obj) for obj in (BEFORE, AFTER)] == [True, False]


def test_a_route_without_such_a_rule_is_refused_with_those_that_it_has() -> None:
    ForRules(REF, Divide(PLAIN, WEIGHTS))(BEFORE)
    with pytest.raises(RefusedError, match=re.escape("has no rule that names Service web or canary; its rules are: c (other).")):
        ForRules(REF, Divide(PLAIN, WEIGHTS))({"c": to(other=1)})
    with pytest.raises(
        RefusedError, match=re.escape("has no rule c that names Service web or canary; its rules are: a (web), b (web, other)")
    ):
        ForRules(REF, Divide(PLAIN, WEIGHTS, "c"))(BEFORE)
    with pytest.raises(RefusedError, match=re.escape("its rules are: a (no Service).")):
        ForRules(REF, Divide(PLAIN, WEIGHTS))({"a": [{"name": "", "weight": 1}]})
    with pytest.raises(RefusedError, match=r"its rules are: none\."):
        ForRules(REF, Divide(PLAIN, WEIGHTS))({})


# --- what is remembered -------------------------------------------------------------------------------------------------------


def test_a_route_is_remembered_as_it_was() -> None:
    former = Former.seen(Divide(PLAIN, WEIGHTS), BEFORE)
    assert [rule["name"] for rule in former.rules] == ["a", "b"]
    assert former.services == ("web", "canary")
    assert former.heard == {"router a", "router b"}
    assert Former.of(former.plain()) == former
    assert Former.of({}) == Former()


def test_of_a_rule_that_was_changed_twice_the_first_branches_count() -> None:
    first = Former.seen(Divide(PLAIN, WEIGHTS, "a"), BEFORE)
    later = Former.seen(Divide(PLAIN, {"web": 1, "third": 1}), AFTER)
    both = first.and_of(later)
    assert [(rule["name"], rule["branches"]) for rule in both.rules] == [("a", BEFORE["a"]), ("b", AFTER["b"])]
    assert both.services == ("web", "canary", "third")


def test_what_routes_were_like_stands_in_the_lease() -> None:
    found = Originals({"Plain/web": Former.seen(Divide(PLAIN, WEIGHTS), BEFORE)})
    assert Originals.of(noted(new_lease("shop", "web"), ROUTES, found.text())) == found
    assert Originals().text() == ""
    assert Originals.of(new_lease("shop", "web")) == Originals.of(None) == Originals()


@pytest.mark.parametrize("value", ["{", "[]", "{}", '{"version": 99}', '{"version": 1}', '{"version": 1, "routes": {"Plain/web": 3}}'])
def test_what_cannot_be_read_is_never_taken_for_nothing(value: str) -> None:
    with pytest.raises(RefusedError, match=f"The annotation {ROUTES} of Lease shop/rollout-web"):
        Originals.of(noted(new_lease("shop", "web"), ROUTES, value))
