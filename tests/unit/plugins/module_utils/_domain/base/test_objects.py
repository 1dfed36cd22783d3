# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plain JSON and the typed way to read it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import (
    JsonObject,
    JsonValue,
    Ref,
    at,
    containers,
    controller_of,
    flag,
    items,
    mapping,
    moment,
    number,
    ref_of,
    replaced,
    text,
    texts,
    thaw,
    uid_of,
    without,
)
from hypothesis import given
from hypothesis import strategies as st

JSON: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.sampled_from("abc"), JSON, max_size=3)
PATHS = st.lists(st.sampled_from("abc"), min_size=1, max_size=3)

SAMPLE: JsonObject = {"a": {"text": "x", "number": 3, "yes": True, "no": False, "list": [{"n": 1}, "no mapping", {"n": 2}], "null": None}}


@pytest.mark.parametrize(
    ("obj", "path", "expected"),
    [
        (SAMPLE, ("a", "text"), "x"),
        (SAMPLE, ("a", "missing"), None),
        (SAMPLE, ("a", "text", "below"), None),
        (SAMPLE, ("a", "list", "n"), None),
        (3, (), 3),
    ],
)
def test_a_path_that_leads_nowhere_is_none(obj: JsonValue, path: tuple[str, ...], expected: JsonValue) -> None:
    assert at(obj, *path) == expected


def test_a_value_of_another_type_is_an_empty_one() -> None:
    assert text(SAMPLE, "a", "text") == "x"
    assert text(SAMPLE, "a", "number") == ""
    assert number(SAMPLE, "a", "number") == 3
    assert number(SAMPLE, "a", "text", default=7) == 7
    assert number(SAMPLE, "a", "yes", default=7) == 7
    assert flag(SAMPLE, "a", "yes") is True
    assert flag(SAMPLE, "a", "no") is False
    assert flag(SAMPLE, "a", "number") is False
    assert mapping(SAMPLE, "a", "text") == {}
    assert texts(SAMPLE, "a") == {"text": "x"}
    assert items(SAMPLE, "a", "list") == ({"n": 1}, {"n": 2})
    assert items(SAMPLE, "a", "text") == ()
    assert items(SAMPLE, "a") == ()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05.000006Z", datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)),
        ("2026-01-02T03:04:05+02:00", datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2)))),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_a_time_is_read_in_rfc_3339(value: JsonValue, expected: datetime | None) -> None:
    assert moment({"at": value}, "at") == expected


def test_a_ref_stands_in_messages_as_kind_namespace_and_name() -> None:
    assert str(Ref("Pod", "shop", "web")) == "Pod shop/web"
    assert str(Ref("Node", "", "node-1")) == "Node node-1"


def test_an_object_is_named_by_its_kind_and_metadata() -> None:
    obj: JsonObject = {"kind": "Pod", "metadata": {"namespace": "shop", "name": "web", "uid": "u"}}
    assert ref_of(obj) == Ref("Pod", "shop", "web")
    assert uid_of(obj) == "u"
    assert uid_of({}) == ""


def test_only_the_controller_among_the_owners_counts() -> None:
    owners: list[JsonValue] = [{"uid": "other"}, {"uid": "no", "controller": False}, {"uid": "yes", "controller": True}]
    assert controller_of({"metadata": {"ownerReferences": owners}}) == {"uid": "yes", "controller": True}
    assert controller_of({"metadata": {"ownerReferences": owners[:2]}}) == {}


def test_containers_come_before_init_containers() -> None:
    template: JsonObject = {"spec": {"initContainers": [{"name": "i"}], "containers": [{"name": "a"}, {"name": "b"}]}}
    assert [(group, entry["name"]) for group, entry in containers(template)] == [
        ("containers", "a"),
        ("containers", "b"),
        ("initContainers", "i"),
    ]


@given(JSON)
def test_a_thawed_value_is_equal_and_shares_nothing_that_can_change(value: JsonValue) -> None:
    copy = thaw(value)
    assert copy == value
    assert copy is not value or not isinstance(value, list | dict)


@given(OBJECTS)
def test_a_thawed_object_is_a_plain_dict(obj: JsonObject) -> None:
    thawed = thaw(obj)
    assert thawed == obj
    assert isinstance(thawed, dict)
    assert all(not isinstance(value, Mapping) or isinstance(value, dict) for value in thawed.values())


@given(OBJECTS, PATHS, JSON)
def test_what_was_replaced_is_found_and_the_original_is_as_it_was(obj: JsonObject, path: list[str], value: JsonValue) -> None:
    before = thaw(obj)
    assert at(replaced(obj, path, value), *path) == value
    assert obj == before


@given(OBJECTS, PATHS)
def test_what_was_taken_out_is_gone_and_the_original_is_as_it_was(obj: JsonObject, path: list[str]) -> None:
    before = thaw(obj)
    after = without(obj, *path)
    assert at(after, *path) is None
    assert obj == before
    assert without(after, *path) == after


@given(OBJECTS, PATHS)
def test_taking_out_what_is_not_there_changes_nothing(obj: JsonObject, path: list[str]) -> None:
    assert without(without(obj, *path), *path) == without(obj, *path)
    assert without(obj, *path, "missing") == obj
