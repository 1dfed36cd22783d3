# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How weights are divided among the Services of a rule, and how what was there before comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import Resource
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.routes import (
    ACCEPTED,
    Branch,
    Router,
    Rule,
    concerned,
    divided,
    fingerprint_of,
    found_at,
    is_divided,
    part_of,
    put,
    remembered,
    restored,
    undividable,
    weights_of,
)
from hypothesis import given
from hypothesis import strategies as st

NAMES = ("web", "canary", "other", "third")


def _rules(obj: Any) -> tuple[Rule, ...]:
    return tuple(
        Rule(entry.get("name", str(index)), ("rules", index, "to"), _branches(entry["to"]), fingerprint_of(entry, "to"))
        for index, entry in enumerate(obj["rules"])
    )


def _branches(entries: Sequence[Any]) -> tuple[Branch, ...]:
    return tuple(Branch(entry["name"], entry.get("weight", 1), entry) for entry in entries)


def router(most: int = 1_000_000) -> Router:
    def written(obj: Any, rule: Rule) -> Any:
        return put(obj, rule.place, [branch.entry for branch in rule.branches])

    def leading(entry: Any, service: str) -> Any:
        return {**entry, "name": service}

    return Router(
        name="plain",
        resource=Resource("example.org/v1", "Plain", "plains"),
        rules=_rules,
        written=written,
        leading=leading,
        most=most,
        fields={"f:rules": {}},
    )


def rule(name: str = "0", *, is_open: bool = False, **weights: int) -> Rule:
    """A rule with these weights. An underscore at the end of a name makes a second branch to the same Service."""
    branches = (Branch(service.strip("_"), weight, {"name": service, "weight": weight}) for service, weight in weights.items())
    return Rule(name, (), tuple(branches), open=is_open)


def open_rule(canary: int, rest: int) -> Rule:
    return rule(is_open=True, canary=canary, _=rest)


def numbers(found: Rule) -> list[int]:
    assert [branch.entry["weight"] for branch in found.branches] == [branch.weight for branch in found.branches]
    return [branch.weight for branch in found.branches]


def test_a_router_that_says_nothing_keeps_nobody_waiting() -> None:
    plain = router()
    assert plain.kind == "Plain"
    assert plain.unfit({}) == ""
    assert plain.warnings({}) == ()
    assert plain.heard({}) == frozenset()
    assert plain.acceptance({}, frozenset({"somebody"})) == ACCEPTED


# --- objects ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ((), {"a": [{"b": 1}]}),
        (("a",), [{"b": 1}]),
        (("a", 0, "b"), 1),
        (("a", 1), None),
        (("a", "b"), None),
        (("a", 0, 0), None),
        (("x", 0), None),
        (("a", 0, "b", "c"), None),
    ],
)
def test_what_is_at_a_place(place: tuple[str | int, ...], found: Any) -> None:
    assert found_at({"a": [{"b": 1}]}, place) == found


def test_no_text_is_a_list() -> None:
    assert found_at("text", (0,)) is None
    assert put("text", (0,), 1) == []


def test_a_value_is_put_at_a_place_of_a_copy() -> None:
    obj = {"a": [{"b": 1, "c": 2}, {"d": 3}]}
    assert put(obj, ("a", 0, "b"), 5) == {"a": [{"b": 5, "c": 2}, {"d": 3}]}
    assert put(obj, ("e",), 5) == {**obj, "e": 5}
    assert obj == {"a": [{"b": 1, "c": 2}, {"d": 3}]}


def test_a_fingerprint_tells_rules_apart_and_knows_nothing_of_branches() -> None:
    assert fingerprint_of({"path": "/a", "to": [1]}, "to") == fingerprint_of({"to": [2], "path": "/a"}, "to")
    assert fingerprint_of({"path": "/a", "to": [1]}, "to") != fingerprint_of({"path": "/b", "to": [1]}, "to")


# --- which rules, and whether they can be divided -----------------------------------------------------------------------------


def test_rules_are_concerned_that_name_one_of_the_services() -> None:
    rules = [rule("a", web=1), rule("b", other=1), rule("c", canary=1, other=1)]
    assert [found.name for found in concerned(rules, ["web", "canary"])] == ["a", "c"]
    assert [found.name for found in concerned(rules, ["web", "canary"], "c")] == ["c"]
    assert concerned(rules, ["web"], "b") == ()


def test_the_weight_of_each_service_is_told() -> None:
    assert weights_of(rule(web=80, canary=4, _=16)) == {"web": 80, "canary": 4}
    assert weights_of(rule(web=80, web_=4)) == {"web": 84}
    assert weights_of(rule(web=80), ["web", "canary"]) == {"web": 80}


def test_the_rest_of_an_open_rule_is_told_for_who_it_is_about() -> None:
    assert weights_of(open_rule(5, 95)) == {"canary": 5}
    assert weights_of(open_rule(5, 95), ["canary"]) == {"canary": 5}
    assert weights_of(open_rule(5, 95), ["canary", "web", "other"]) == {"canary": 5, "web": 95}


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (rule(web=1, other=1), ""),
        (rule(web=0, canary=0), ""),
        (open_rule(0, 100), ""),
        (rule(web=1, web_=1, canary=1), "its rule 0 names Service web more than once"),
        (rule(web=0, canary=0, other=5), "its rule 0 gives all requests to other Services than web and canary"),
        (rule(web=0, other=5), "to other Services than web, so there is nothing to divide"),
    ],
)
def test_why_a_rule_cannot_be_divided(found: Rule, words: str) -> None:
    why = undividable(found, {"web": 95, "canary": 5})
    assert words in why if words else not why


# --- weights ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "wanted", "after"),
    [
        pytest.param(rule(web=100, canary=0), {"web": 95, "canary": 5}, [95, 5], id="percent"),
        pytest.param(rule(web=80, canary=0, other=20), {"web": 95, "canary": 5}, [76, 4, 20], id="beside others"),
        pytest.param(rule(web=80, other=20), {"web": 95, "canary": 5}, [76, 20, 4], id="added"),
        pytest.param(rule(web=1, other=1), {"web": 95, "canary": 5}, [95, 100, 5], id="does not divide"),
        pytest.param(rule(web=1), {"web": 2, "canary": 1}, [2, 1], id="thirds"),
        pytest.param(rule(web=95, canary=5), {"web": 19, "canary": 1}, [95, 5], id="the same"),
        pytest.param(rule(web=76, canary=4, other=20), {"web": 0, "canary": 100}, [0, 80, 20], id="all to one"),
        pytest.param(rule(web=76, other=20), {"web": 100, "canary": 0}, [76, 20], id="none for who is not there"),
        pytest.param(rule(web=0, canary=0), {"web": 3, "canary": 1}, [3, 1], id="nobody had anything"),
        pytest.param(rule(web=1, canary=1, third=2), {"web": 1, "canary": 2, "third": 1}, [1, 2, 1], id="three"),
        pytest.param(open_rule(5, 95), {"web": 90, "canary": 10}, [10, 90], id="open"),
        pytest.param(open_rule(0, 100), {"web": 50, "canary": 25, "other": 25}, [25, 75], id="open for two"),
        pytest.param(open_rule(0, 100), {"web": 999, "canary": 1}, [100, 99_900], id="open, does not divide"),
    ],
)
def test_services_share_what_they_have_together(before: Rule, wanted: Mapping[str, int], after: list[int]) -> None:
    found = divided(router(), before, wanted)
    assert numbers(found) == after
    assert is_divided(found, wanted)
    assert divided(router(), found, wanted) is found


@pytest.mark.parametrize(
    ("found", "part"),
    [
        (rule(web=90, canary=10, other=100), Fraction(1, 10)),
        (rule(web=90, other=100), Fraction(0)),
        (rule(web=0, canary=0), Fraction(0)),
        (open_rule(25, 75), Fraction(1, 4)),
    ],
)
def test_the_part_that_a_service_has(found: Rule, part: Fraction) -> None:
    assert part_of(found, {"web": 1, "canary": 1}, "canary") == part


@pytest.mark.parametrize(
    ("before", "wanted", "after"),
    [
        pytest.param(rule(web=100, other=100), {"web": 2, "canary": 1}, [133, 200, 67], id="as exact as it can be"),
        pytest.param(rule(web=100, other=100), {"web": 95, "canary": 5}, [95, 100, 5], id="nothing to multiply"),
        pytest.param(rule(web=1, other=2), {"web": 125, "canary": 75}, [5, 16, 3], id="the least multiple"),
        pytest.param(rule(web=256, canary=0), {"web": 999, "canary": 1}, [255, 1], id="never nothing"),
        pytest.param(rule(web=200, canary=200), {"web": 95, "canary": 5}, [256, 13], id="made smaller"),
        pytest.param(rule(web=200, canary=200, other=1), {"web": 95, "canary": 5}, [256, 13, 1], id="others never nothing"),
        pytest.param(rule(web=200, canary=200, other=0), {"web": 95, "canary": 5}, [256, 13, 0], id="nothing stays nothing"),
        pytest.param(rule(web=1, other=256), {"web": 95, "canary": 5}, [1, 256, 1], id="no room"),
        pytest.param(
            rule(web=2, canary=1, third=0, other=256), {"web": 98, "canary": 1, "third": 1}, [1, 1, 1, 256], id="taken from the highest"
        ),
    ],
)
def test_where_the_router_takes_no_higher_weight_they_are_the_nearest(before: Rule, wanted: Mapping[str, int], after: list[int]) -> None:
    found = divided(router(256), before, wanted)
    assert numbers(found) == after
    assert divided(router(256), found, wanted) == found


WEIGHTS = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 256), min_size=1)
WANTED = st.fixed_dictionaries({"web": st.integers(0, 1000), "canary": st.integers(0, 1000)}).filter(lambda wanted: any(wanted.values()))


def shares(found: Rule) -> dict[str, Fraction]:
    whole = sum(branch.weight for branch in found.branches)
    return {branch.service: Fraction(branch.weight, whole) for branch in found.branches}


@given(weights=WEIGHTS, wanted=WANTED, most=st.sampled_from([256, 1_000_000]), is_open=st.booleans())
def test_weights_are_divided_for_good(weights: dict[str, int], wanted: dict[str, int], most: int, is_open: bool) -> None:
    before = open_rule(min(weights.values()), 256) if is_open else rule(**weights)
    if not concerned([before], wanted) or undividable(before, wanted):
        return
    after = divided(router(most), before, wanted)
    assert divided(router(most), after, wanted) == after
    assert all(0 <= branch.weight <= most for branch in after.branches)
    for name, part in wanted.items():
        branch = after.branch(name)
        assert (branch is not None and branch.weight > 0) == (part > 0) or (is_open and name == "web")
    if most > 256:
        assert is_divided(after, wanted)
        others = [name for name in weights if name not in wanted and not is_open]
        if any(branch.weight for branch in before.branches):
            assert [shares(after)[name] for name in others] == [shares(before)[name] for name in others]


@given(weights=WEIGHTS, wanted=WANTED)
def test_the_nearest_weights_are_near(weights: dict[str, int], wanted: dict[str, int]) -> None:
    before = rule(**weights)
    if not concerned([before], wanted) or undividable(before, wanted) or not any(weights.values()):
        return
    exact, near = (shares(divided(router(most), before, wanted)) for most in (1_000_000_000, 256))
    assert all(abs(exact[name] - near[name]) <= Fraction(2, 85) for name in exact)


# --- what was there before ----------------------------------------------------------------------------------------------------


def route(*rules: Any) -> Any:
    return {"rules": list(rules), "more": {"untouched": True}}


def to(**weights: int | None) -> list[Any]:
    return [{"name": name, "port": 80, **({} if weight is None else {"weight": weight})} for name, weight in weights.items()]


def split(obj: Any, wanted: Mapping[str, int]) -> Any:
    for found in concerned(_rules(obj), wanted):
        obj = router().written(obj, divided(router(), found, wanted))
    return obj


def back(obj: Any, before: Any, wanted: Mapping[str, int]) -> Any:
    former: Any = remembered(concerned(_rules(before), wanted))
    return restored(router(), obj, former, wanted)


FIFTH = {"web": 80, "canary": 20}
BEFORE = route(
    {"path": "/a", "to": to(web=None, other=3)},
    {"path": "/b", "filters": [1], "to": to(other=1)},
    {"name": "c", "path": "/c", "to": to(web=7)},
)


def test_only_numbers_change_and_they_come_back() -> None:
    after = split(BEFORE, FIFTH)
    assert after["rules"][0]["to"] == [*to(web=80, other=300), *to(canary=20)]
    assert after["rules"][1] == BEFORE["rules"][1]
    assert after["rules"][2] == {"name": "c", "path": "/c", "to": to(web=560, canary=140)}
    assert after["more"] == BEFORE["more"]
    assert back(after, BEFORE, FIFTH) == BEFORE


def test_a_rule_that_has_moved_is_found_again() -> None:
    new = {"path": "/new", "to": to(web=None)}
    after = split(BEFORE, FIFTH)
    after = {**after, "rules": [new, *reversed(after["rules"])]}
    assert back(after, BEFORE, FIFTH) == {**BEFORE, "rules": [new, *reversed(BEFORE["rules"])]}


def test_a_rule_whose_content_somebody_has_changed_is_found_by_its_name() -> None:
    after = split(BEFORE, FIFTH)
    changed = [{**entry, "timeout": "5s"} for entry in after["rules"]]
    expected = [changed[1] if index == 1 else {**entry, "timeout": "5s"} for index, entry in enumerate(BEFORE["rules"])]
    assert back({**after, "rules": changed}, BEFORE, FIFTH) == {**BEFORE, "rules": expected}


def test_another_rule_in_its_place_is_left_alone() -> None:
    after = {**BEFORE, "rules": [{"path": "/x", "to": to(third=5)}]}
    assert back(after, BEFORE, FIFTH) == after


def test_branches_that_somebody_has_added_stay() -> None:
    after = split(BEFORE, FIFTH)
    after["rules"][0]["to"].insert(0, *to(third=5))
    expected = {**BEFORE["rules"][0], "to": to(web=None, other=3, third=5)}
    assert back(after, BEFORE, FIFTH)["rules"][0] == expected


def test_branches_that_somebody_has_taken_out_stay_away() -> None:
    after = split(BEFORE, FIFTH)
    after["rules"][0]["to"] = [entry for entry in after["rules"][0]["to"] if entry["name"] != "other"]
    assert back(after, BEFORE, FIFTH)["rules"][0]["to"] == to(web=None)


def test_a_rule_of_which_nothing_would_be_left_stays_as_it_is() -> None:
    after = split(BEFORE, FIFTH)
    after["rules"][0]["to"] = to(canary=1)
    assert back(after, BEFORE, FIFTH)["rules"][0]["to"] == to(canary=1)


@given(
    rules=st.lists(st.dictionaries(st.sampled_from(NAMES), st.none() | st.integers(0, 300), min_size=1), min_size=1, max_size=4),
    wanted=WANTED,
    again=WANTED,
    place=st.integers(0, 4),
)
def test_the_very_object_comes_back(rules: list[dict[str, int | None]], wanted: dict[str, int], again: dict[str, int], place: int) -> None:
    before = route(*({"path": f"/{index}", "to": to(**weights)} for index, weights in enumerate(rules)))
    if any(undividable(found, wanted) for found in concerned(_rules(before), wanted)):
        return
    after = split(split(before, wanted), again)
    assert back(after, before, wanted) == before
    added: Any = {"path": "/added", "to": to(third=1)}
    with_more = {**after, "rules": [*after["rules"][:place], added, *after["rules"][place:]]}
    expected = {**before, "rules": [*before["rules"][:place], added, *before["rules"][place:]]}
    assert back(with_more, before, wanted) == expected
