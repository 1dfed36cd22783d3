# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Lease remembers of rollouts over several objects, and which of those that are over an undo brings back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError, RefusedError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, Ref
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.request import SwitchRequest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.sides.claims import (
    CLAIM,
    HISTORY,
    REMEMBERED,
    SETTINGS,
    Promotion,
    Settings,
    Side,
    SidesClaim,
    chosen,
    claim_of,
    history_of,
    history_text,
    is_readable,
    may_be_about,
    sides_claim_of,
)
from hypothesis import given
from hypothesis import strategies as st

TEXTS = st.text(max_size=8)
SELECTORS = st.dictionaries(TEXTS, TEXTS, max_size=2)
COUNTS = st.none() | st.integers(1, 9)
SIDES = st.builds(
    Side,
    workload=TEXTS,
    stable=TEXTS,
    candidate=TEXTS,
    wanted=TEXTS,
    base=TEXTS,
    mark=SELECTORS,
    replicas=st.none() | st.integers(0, 9),
    created=st.booleans(),
)
CLAIMS = st.builds(
    SidesClaim,
    identity=TEXTS,
    sides=st.lists(SIDES, min_size=1, max_size=2).map(tuple),
    services=SELECTORS,
    previews=SELECTORS,
    originals=st.dictionaries(TEXTS, SELECTORS, max_size=2),
    preview_replicas=COUNTS,
    delay=st.integers(0, 100),
    keep_old=st.booleans(),
    leaves=st.booleans(),
    cause=TEXTS,
    undoes=st.integers(0, 9),
    back=st.booleans(),
    why=TEXTS,
    switched=TEXTS,
)
PROMOTIONS = st.builds(
    Promotion,
    number=st.integers(1, 99),
    at=TEXTS,
    cause=TEXTS,
    parts=st.dictionaries(TEXTS, st.tuples(TEXTS, TEXTS), max_size=2),
    images=st.lists(TEXTS, max_size=2).map(tuple),
    undoes=st.integers(0, 9),
)
UNREADABLE = ["{", "null", "3", '"text"', "[" * 100_000]
REF = Ref("Application", "shop", "web")


def lease(**annotations: str) -> JsonObject:
    names = {"claim": CLAIM, "history": HISTORY, "settings": SETTINGS}
    metadata = {"namespace": "shop", "name": "rollout-web", "annotations": {names[name]: value for name, value in annotations.items()}}
    return {"metadata": metadata}


@given(CLAIMS)
def test_a_claim_comes_back_as_it_was_stored(claim: SidesClaim) -> None:
    assert sides_claim_of(lease(claim=claim.text())) == claim


@given(CLAIMS, TEXTS)
def test_a_claim_that_is_given_up_says_why_and_stays_the_same_otherwise(claim: SidesClaim, why: str) -> None:
    back = claim.given_up(why)
    assert (back.back, back.why, back.identity, back.sides, back.switched) == (True, why, claim.identity, claim.sides, claim.switched)


SIDE: dict[str, Any] = {"workload": "web", "stable": "web", "candidate": "web-green", "wanted": "x"}
BROKEN = ([], [3], [SIDE, "text"], [{**SIDE, "candidate": 3}], [{"workload": "web"}])


@pytest.mark.parametrize("value", [*UNREADABLE, "[]", "{}", '{"sides": 3}', *(json.dumps({"sides": sides}) for sides in BROKEN)])
def test_a_claim_that_cannot_be_read_is_never_taken_for_none(value: str) -> None:
    with pytest.raises(RefusedError, match=r"The annotation rollout.kubernetes/claim of Lease shop/rollout-web cannot be read"):
        sides_claim_of(lease(claim=value))


@pytest.mark.parametrize("part", ["services", "previews", "originals"])
def test_a_claim_with_a_part_of_another_type_cannot_be_read(part: str) -> None:
    assert sides_claim_of(lease(claim=json.dumps({"sides": [SIDE]}))) is not None, "as 0.1.0 has written it, without a version"
    with pytest.raises(RefusedError, match="cannot be read"):
        sides_claim_of(lease(claim=json.dumps({"sides": [SIDE], part: 3})))


@pytest.mark.parametrize(
    ("names", "about"), [({"shop-web"}, True), ({"shop-web-green"}, True), ({"web"}, True), ({"api", "shop"}, False), (set(), False)]
)
def test_what_cannot_be_read_may_be_about_what_it_names_and_about_nothing_else(names: set[str], about: bool) -> None:
    newer = lease(claim='{"version": 2, "workloads": ["shop-web"]}')
    assert not is_readable(newer)
    assert is_readable(lease(claim=json.dumps({"sides": [SIDE]})))
    assert may_be_about(newer, names) is about


@pytest.mark.parametrize("version", [2, 10, "2"])
def test_what_a_newer_version_has_written_is_refused_by_name(version: object) -> None:
    value = json.dumps({"version": version, "workloads": []})
    for name, read in (("claim", claim_of), ("settings", Settings.of), ("history", history_of)):
        with pytest.raises(RefusedError, match=rf"newer version of this collection \(format {version}\)") as refused:
            read(lease(**{name: value}))
        assert "kubectl --namespace shop annotate lease rollout-web rollout.kubernetes/" in refused.value.message


def test_without_a_lease_there_is_nothing() -> None:
    assert (sides_claim_of(None), Settings.of(None), history_of(None)) == (None, None, ())


@given(st.dictionaries(TEXTS, TEXTS, min_size=1, max_size=2), st.integers(0, 100), st.booleans())
def test_settings_come_back_as_they_were_stored(previews: dict[str, str], delay: int, keep_old: bool) -> None:
    settings = Settings(previews, delay, keep_old)
    assert Settings.of(lease(settings=settings.text())) == settings


@pytest.mark.parametrize("value", [*UNREADABLE, "[]", '{"services": 3}'])
def test_settings_that_cannot_be_read_are_never_taken_for_none(value: str) -> None:
    with pytest.raises(RefusedError, match=r"The annotation rollout.kubernetes/blue-green of Lease shop/rollout-web cannot be read"):
        Settings.of(lease(settings=value))


@pytest.mark.parametrize("value", ["", "{}", '{"services": {}}'])
def test_without_services_there_are_no_settings(value: str) -> None:
    assert Settings.of(lease(settings=value)) is None


@given(st.lists(PROMOTIONS, max_size=3).map(tuple))
def test_a_history_comes_back_as_it_was_stored(history: tuple[Promotion, ...]) -> None:
    assert history_of(lease(history=history_text(history))) == history


@pytest.mark.parametrize("value", [*UNREADABLE, "{}", '["text", 3]'])
def test_a_history_that_cannot_be_read_is_never_taken_for_none(value: str) -> None:
    with pytest.raises(RefusedError, match=r"The annotation rollout.kubernetes/history of Lease shop/rollout-web cannot be read"):
        history_of(lease(history=value))


def test_parts_of_a_promotion_that_cannot_be_read_are_left_out() -> None:
    entry: dict[str, Any] = {"number": 3, "parts": {"web": ["web-blue", "h1"], "api": "api-blue", "db": ["db"]}, "images": "web:1"}
    assert history_of(lease(history=json.dumps([entry]))) == (Promotion(3, "", "", {"web": ("web-blue", "h1")}),)


def test_the_history_keeps_the_last_promotions() -> None:
    history = tuple(Promotion(number, "", "", {}) for number in range(REMEMBERED + 5))
    assert [entry.number for entry in history_of(lease(history=history_text(history)))] == list(range(5, REMEMBERED + 5))


# --- which one an undo brings back --------------------------------------------------------------------------------------------

FIRST = Promotion(1, "", "", {}, ("registry.example/web:1.0",))
SECOND = Promotion(2, "", "ticket 4711", {}, ("registry.example/web:2.0",))
THIRD = Promotion(3, "", "", {}, ("registry.example/web:2.0", "registry.example/proxy:5"))
UNDONE = Promotion(4, "", "undo to promotion 2", {}, ("registry.example/web:2.0",), undoes=2)
ALL = (FIRST, SECOND, THIRD)
KNOWN = "1 (registry.example/web:1.0), 2 (ticket 4711), 3 (registry.example/web:2.0, registry.example/proxy:5)"


@pytest.mark.parametrize(
    ("history", "revision", "to", "found"),
    [
        pytest.param(ALL, None, "", SECOND, id="the one before"),
        pytest.param((*ALL, UNDONE), None, "", UNDONE, id="an undo asked again"),
        pytest.param((*ALL, UNDONE), 3, "", THIRD, id="another one after an undo"),
        pytest.param(ALL, 1, "", FIRST, id="number"),
        pytest.param(ALL, None, "ticket 4711", SECOND, id="cause"),
        pytest.param(ALL, None, "registry.example/web:2.0", THIRD, id="the last one of an image"),
        pytest.param(ALL, None, "web:1.0", FIRST, id="an image without its registry"),
        pytest.param(ALL, None, "5", THIRD, id="tag"),
    ],
)
def test_an_undo_finds_its_promotion(history: tuple[Promotion, ...], revision: int | None, to: str, found: Promotion) -> None:
    assert chosen(history, REF, revision=revision, to=to) == found


@pytest.mark.parametrize(
    ("history", "revision", "to", "sentence"),
    [
        pytest.param(ALL, 7, "", f"Application shop/web has no promotion 7; it has {KNOWN}.", id="number"),
        pytest.param(
            ALL, None, "9.9", f"Application shop/web has no promotion with the image or change cause '9.9'; it has {KNOWN}.", id="image"
        ),
        pytest.param(
            ALL[:1],
            None,
            "",
            "Application shop/web has no earlier promotion to go back to; it has 1 (registry.example/web:1.0).",
            id="the only one",
        ),
        pytest.param((), None, "", "Application shop/web has no earlier promotion to go back to; it has none.", id="none"),
    ],
)
def test_an_undo_that_finds_nothing_says_what_there_is(
    history: tuple[Promotion, ...], revision: int | None, to: str, sentence: str
) -> None:
    with pytest.raises(InputError) as raised:
        chosen(history, REF, revision=revision, to=to)
    assert raised.value.message == sentence


def test_single_services_may_ask_for_more_pods() -> None:
    request = SwitchRequest("shop", {}, "web", "somebody", minimum=2, minimums={"web": 5})
    assert (request.minimum_of("web"), request.minimum_of("api")) == (5, 2)
