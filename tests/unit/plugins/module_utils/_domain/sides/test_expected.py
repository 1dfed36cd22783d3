# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import RefusedError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.sides.claims import Promotion, Side, SidesClaim, sides_claim_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.sides.expected import (
    GIVEN_UP,
    LONGEST,
    REMEMBERED,
    GivenUp,
    Known,
    aborted_already,
    candidates_of,
    given_up_of,
    given_up_text,
    promoted_already,
    serving_of,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.scenes import Scene

TWO, THREE = frozenset({"web-green-h2"}), frozenset({"web-h3"})
CLAIM = SidesClaim(
    "c1", (Side("web", "web", "web-green", "f2"),), {"web": "web"}, cause="release 2", by="alice", since="2026-05-04T12:00:00Z"
)
BEGUN = ", begun by alice at 2026-05-04T12:00:00Z"
BACK = replace(CLAIM.given_up("it crashed."), candidates=tuple(sorted(TWO)))
FORMER = GivenUp(TWO, "it crashed.", "bob", "2026-05-04T12:30:00Z")
NOTHING = Known("web", None, frozenset(), frozenset())
ON_ITS_WAY = replace(NOTHING, claim=CLAIM, candidates=TWO)


def lease(value: str) -> JsonObject:
    return {"metadata": {"namespace": "shop", "name": "rollout-web", "annotations": {GIVEN_UP: value}}}


@pytest.mark.parametrize(
    ("expected", "known", "why"),
    [
        (TWO, ON_ITS_WAY, ""),
        (TWO, replace(NOTHING, serving=TWO | {"api-h9"}), "web-green-h2 serves already"),
        (TWO, replace(ON_ITS_WAY, candidates=THREE, serving=TWO), "web-green-h2 serves already"),
    ],
)
def test_what_is_expected_is_promoted_or_serves_already(expected: frozenset[str], known: Known, why: str) -> None:
    assert promoted_already(expected, known) == why


@pytest.mark.parametrize(
    ("known", "what"),
    [
        (NOTHING, "nothing is on its way; roll it out anew and expect the candidate of that result"),
        (
            replace(NOTHING, serving=THREE | {"api-h9"}),
            "nothing is on its way, api-h9 and web-h3 serve; roll it out anew and expect the candidate of that result",
        ),
        (
            replace(ON_ITS_WAY, candidates=THREE),
            f"web-h3 is on the way (release 2{BEGUN}); look at that version and expect it by name, or abort it",
        ),
        (
            replace(ON_ITS_WAY, claim=replace(CLAIM, since=""), candidates=THREE),
            "web-h3 is on the way (release 2); look at that version and expect it by name, or abort it",
        ),
        (
            replace(ON_ITS_WAY, candidates=frozenset({""})),
            f"the rollout on its way (release 2{BEGUN}) has not made its candidate yet; run blue_green again with what you want",
        ),
        (replace(ON_ITS_WAY, claim=BACK, candidates=frozenset()), "the rollout on its way (release 2) is being given up (it crashed)"),
        (
            replace(ON_ITS_WAY, candidates=THREE | {"api-h9"}),
            f"api-h9 and web-h3 are on the way (release 2{BEGUN}); look at that version and expect it by name, or abort it",
        ),
        (replace(ON_ITS_WAY, claim=BACK), "the rollout on its way (release 2) is being given up (it crashed)"),
    ],
)
def test_anything_else_is_not_promoted(known: Known, what: str) -> None:
    with pytest.raises(RefusedError) as refused:
        promoted_already(TWO, known)
    assert refused.value.message == f"promote of web expects web-green-h2, but {what}. Nothing was changed."


@pytest.mark.parametrize(
    ("known", "why"),
    [
        (ON_ITS_WAY, ""),
        (replace(ON_ITS_WAY, claim=BACK), ""),
        (replace(NOTHING, given_up=(FORMER,)), "web-green-h2 was given up already by bob at 2026-05-04T12:30:00Z (it crashed)"),
        (replace(NOTHING, given_up=(replace(FORMER, by=""),)), "web-green-h2 was given up already at 2026-05-04T12:30:00Z (it crashed)"),
        (
            replace(ON_ITS_WAY, candidates=THREE, given_up=(replace(FORMER, by="carol"), FORMER)),
            "web-green-h2 was given up already by bob at 2026-05-04T12:30:00Z (it crashed)",
        ),
    ],
)
def test_what_is_expected_is_given_up_or_was_already(known: Known, why: str) -> None:
    assert aborted_already(TWO, known) == why


@pytest.mark.parametrize(
    ("known", "what"),
    [
        (NOTHING, "nothing is on its way"),
        (replace(NOTHING, given_up=(replace(FORMER, candidates=THREE),)), "nothing is on its way"),
        (replace(ON_ITS_WAY, candidates=THREE), "web-h3 is on the way"),
        (replace(NOTHING, serving=TWO), "it serves already; undo brings the version before back"),
        (replace(NOTHING, serving=TWO, given_up=(FORMER,)), "it serves already; undo brings the version before back"),
    ],
)
def test_anything_else_is_not_given_up(known: Known, what: str) -> None:
    with pytest.raises(RefusedError, match=f"^abort of web expects web-green-h2, but {what}"):
        aborted_already(TWO, known)


def test_what_was_given_up_is_remembered_up_to_a_number() -> None:
    many = [replace(FORMER, candidates=frozenset({f"web-{number}", "api-h9"})) for number in range(REMEMBERED + 2)]
    assert given_up_of(lease(given_up_text(many))) == tuple(many[2:])
    assert given_up_of(lease(given_up_text((FORMER, many[0], replace(FORMER, by="carol"))))) == (many[0], replace(FORMER, by="carol"))
    assert given_up_of(None) == ()
    with pytest.raises(RefusedError):
        given_up_of(lease("[}"))


def test_of_the_reason_the_beginning_is_remembered() -> None:
    for why, kept in (("one\ntwo", "one"), ("x" * LONGEST, "x" * LONGEST), ("x" * (LONGEST + 1), "x" * (LONGEST - 3) + "...")):
        (entry,) = given_up_of(lease(given_up_text([replace(FORMER, why=why)])))
        assert entry.why == kept


def test_what_serves_is_named_by_the_last_promotion() -> None:
    first = Promotion(1, "", "one", {"web": ("web", "h1")})
    assert serving_of((first, replace(first, number=2, parts={"web": ("web-green", "h2"), "api": ("api", "h9")}))) == TWO | {"api-h9"}
    assert serving_of(()) == frozenset()


def test_candidates_that_were_given_up_are_named_by_the_claim_and_others_by_what_there_is() -> None:
    assert candidates_of(BACK, Scene({}, {}, (), {})) == ("web-green-h2",)
    assert candidates_of(CLAIM, Scene({}, {}, (), {})) == ("",)
    assert sides_claim_of({"metadata": {"annotations": {"rollout.kubernetes/claim": BACK.text()}}}) == BACK
