# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sets of fields: the algebra against plain sets of paths, and what a set means on an object."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, JsonValue
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.ownership.fields import (
    FieldSet,
    at_root,
    difference,
    differing,
    extract,
    intersection,
    is_empty,
    named,
    outside,
    overlaid,
    paths,
    released,
    remove,
    uncovered,
    under,
    union,
    within,
)
from hypothesis import given
from hypothesis import strategies as st

Path = tuple[str, ...]
STEPS = ("f:spec", "f:template", "f:a", 'k:{"name":"app"}', 'v:"x"', "i:0")
PATHS = st.frozensets(st.lists(st.sampled_from(STEPS), min_size=1, max_size=4).map(tuple), max_size=8)


def tree(members: Iterable[Path]) -> FieldSet:
    """The set of exactly these paths, written as the API writes it."""
    below: dict[str, list[Path]] = {}
    for path in members:
        below.setdefault(path[0], []).append(path[1:])
    made: dict[str, JsonValue] = {}
    for step, rests in below.items():
        node = tree(rest for rest in rests if rest)
        made[step] = {".": {}, **node} if () in rests and node else node
    return made


def members(fields: FieldSet) -> frozenset[Path]:
    """The paths that are in a set, read as the API's documentation says."""
    found: set[Path] = set()
    for step, node in fields.items():
        assert isinstance(node, dict)
        if step == ".":
            continue
        if not node or "." in node:
            found.add((step,))
        found |= {(step, *rest) for rest in members(node)}
    return frozenset(found)


@given(PATHS)
def test_the_model_of_these_tests_reads_what_it_writes(some: frozenset[Path]) -> None:
    assert members(tree(some)) == some


@given(PATHS, PATHS)
def test_operations_are_those_of_sets_of_paths(left: frozenset[Path], right: frozenset[Path]) -> None:
    assert members(union(tree(left), tree(right))) == left | right
    assert members(intersection(tree(left), tree(right))) == left & right
    assert members(difference(tree(left), tree(right))) == left - right


@given(PATHS, PATHS)
def test_results_have_the_form_that_the_api_writes(left: frozenset[Path], right: frozenset[Path]) -> None:
    for result in (union, intersection, difference, uncovered):
        made = result(tree(left), tree(right))
        assert made == tree(members(made))


@given(PATHS)
def test_empty_means_no_path(some: frozenset[Path]) -> None:
    assert is_empty(tree(some)) is (not some)
    assert is_empty(difference(tree(some), tree(some)))


@given(PATHS, PATHS)
def test_what_leads_to_a_field_of_others_is_covered(some: frozenset[Path], others: frozenset[Path]) -> None:
    expected = {path for path in some if not any(other[: len(path)] == path for other in others)}
    assert members(uncovered(tree(some), tree(others))) == expected


@given(PATHS, PATHS)
def test_what_is_at_or_below_a_field_of_others_is_not_outside(some: frozenset[Path], others: frozenset[Path]) -> None:
    expected = frozenset(path for path in some if not any(path[: len(other)] == other for other in others))
    assert outside(tree(some), tree(others)) == tree(expected)


@given(PATHS)
def test_under_takes_the_paths_below_and_at_root_puts_them_back(some: frozenset[Path]) -> None:
    below = under(tree(some), "spec", "template")
    prefix = ("f:spec", "f:template")
    expected = {path for path in some if path[:2] == prefix and len(path) > 2}
    assert members(below) == {path[2:] for path in expected}
    assert members(at_root(below, "spec", "template")) == expected


@given(PATHS)
def test_within_keeps_the_paths_at_and_below(some: frozenset[Path]) -> None:
    assert members(within(tree(some), "spec", "template")) == {path for path in some if path[:2] == ("f:spec", "f:template")}
    assert within(tree(some)) == tree(some)


def test_the_root_is_in_no_set() -> None:
    assert union({".": {}}, {"f:a": {}}) == {"f:a": {}}


def test_nothing_put_below_a_path_is_the_empty_set() -> None:
    assert at_root({}, "spec", "template") == {}


APP, ENV_A, ENV_B = 'k:{"name":"app"}', 'k:{"name":"A"}', 'k:{"name":"B"}'
PORT = 'k:{"containerPort":80,"protocol":"TCP"}'
WEB: JsonObject = {
    "metadata": {"labels": {"app": "web", "x": "y"}, "finalizers": ["x", "z"]},
    "spec": {
        "replicas": 3,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "spec": {
                "containers": [
                    {"name": "side", "image": "side:1"},
                    {
                        "name": "app",
                        "image": "web:1",
                        "command": ["run", "fast"],
                        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
                        "ports": [{"containerPort": 80, "protocol": "TCP", "name": "http"}],
                        "resources": {"limits": {"cpu": "1"}},
                    },
                ],
                "imagePullSecrets": [{"name": "pull"}],
            }
        },
    },
}


def container(fields: FieldSet) -> FieldSet:
    return {"f:spec": {"f:template": {"f:spec": {"f:containers": {APP: fields}}}}}


def of_app(**values: JsonValue) -> JsonObject:
    return {"spec": {"template": {"spec": {"containers": [{"name": "app", **values}]}}}}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({}, {}, id="nothing"),
        pytest.param({"f:spec": {"f:replicas": {}}}, {"spec": {"replicas": 3}}, id="a scalar"),
        pytest.param({"f:spec": {"f:selector": {}}}, {"spec": {"selector": {"matchLabels": {"app": "web"}}}}, id="an atomic map, whole"),
        pytest.param(container({"f:command": {}}), of_app(command=["run", "fast"]), id="an atomic list, whole"),
        pytest.param(container({".": {}, "f:name": {}, "f:image": {}}), of_app(image="web:1"), id="an item with some fields"),
        pytest.param(container({"f:image": {}}), of_app(image="web:1"), id="an item comes with its key"),
        pytest.param(
            container({"f:env": {ENV_B: {".": {}, "f:name": {}, "f:value": {}}}}),
            of_app(env=[{"name": "B", "value": "2"}]),
            id="nested items",
        ),
        pytest.param(
            container({"f:ports": {PORT: {".": {}, "f:containerPort": {}}}}),
            of_app(ports=[{"containerPort": 80, "protocol": "TCP"}]),
            id="an item with two keys",
        ),
        pytest.param(
            {"f:spec": {"f:template": {"f:spec": {"f:imagePullSecrets": {'k:{"name":"pull"}': {}}}}}},
            {"spec": {"template": {"spec": {"imagePullSecrets": [{"name": "pull"}]}}}},
            id="an item that is atomic",
        ),
        pytest.param({"f:metadata": {"f:finalizers": {'v:"z"': {}}}}, {"metadata": {"finalizers": ["z"]}}, id="a member of a set"),
        pytest.param({"f:metadata": {"f:finalizers": {"i:0": {}}}}, {"metadata": {"finalizers": ["x"]}}, id="an index"),
        pytest.param({"f:metadata": {"f:labels": {".": {}, "f:gone": {}}}}, {"metadata": {"labels": {}}}, id="an empty map that was named"),
        pytest.param({"f:metadata": {"f:labels": {"f:gone": {}}}}, {}, id="parents of nothing are left out"),
        pytest.param({"f:status": {"f:replicas": {}}}, {}, id="what the object lacks"),
        pytest.param(container({"f:resources": {}}), of_app(resources={}), id="a merged struct that was applied empty"),
        pytest.param(container({"f:env": {}}), of_app(env=[]), id="a merged list that was applied empty"),
        pytest.param({"f:spec": {"f:replicas": {"f:deep": {}}}}, {"spec": {"replicas": 3}}, id="a scalar where the set has a struct"),
        pytest.param({"k:nonsense": {}, "v:nonsense": {}}, {}, id="steps of lists on a struct"),
        pytest.param({"f:metadata": {"f:finalizers": {"k:{}": {}, "v:nonsense": {}}}}, {}, id="steps that name nothing"),
    ],
)
def test_extract_gives_the_named_part(fields: FieldSet, expected: JsonObject) -> None:
    assert extract(WEB, fields) == expected


def test_a_merged_field_of_scalar_type_is_taken_as_it_is() -> None:
    assert extract({"data": "text"}, {"f:data": {}}) == {"data": "text"}


@pytest.mark.parametrize(
    ("fields", "path", "expected"),
    [
        pytest.param({"f:spec": {"f:replicas": {}}}, ["spec", "replicas"], None, id="a scalar"),
        pytest.param({"f:metadata": {"f:labels": {"f:x": {}}}}, ["metadata", "labels"], {"app": "web"}, id="a key of a map"),
        pytest.param({"f:metadata": {"f:labels": {".": {}, "f:x": {}}}}, ["metadata", "labels"], None, id="a map goes with what is in it"),
        pytest.param(
            {"f:metadata": {"f:labels": {"f:x": {}, "f:app": {}}}}, ["metadata", "labels"], {}, id="a map that becomes empty stays"
        ),
        pytest.param({"f:metadata": {"f:finalizers": {'v:"x"': {}}}}, ["metadata", "finalizers"], ["z"], id="a member of a set"),
        pytest.param(
            {"f:metadata": {"f:finalizers": {"i:0": {}, "i:1": {}}}}, ["metadata", "finalizers"], None, id="a list that becomes empty"
        ),
        pytest.param({"f:spec": {"f:gone": {}}, 'v:"x"': {}}, ["spec", "replicas"], 3, id="what is not there"),
        pytest.param({"f:spec": {"f:replicas": {"f:deep": {}}}}, ["spec", "replicas"], 3, id="a scalar where the set has a struct"),
    ],
)
def test_remove_takes_the_named_part_away(fields: FieldSet, path: list[str], expected: JsonValue) -> None:
    value: JsonValue = remove(WEB, fields)
    for name in path:
        assert isinstance(value, dict)
        value = value.get(name)
    assert value == expected


def test_remove_takes_an_item_away_only_when_the_item_itself_is_named() -> None:
    named = remove(WEB, container({"f:env": {ENV_A: {".": {}, "f:name": {}, "f:value": {}}}}))
    assert extract(named, container({"f:env": {ENV_A: {}, ENV_B: {}}})) == of_app(env=[{"name": "B", "value": "2"}])
    emptied = remove(WEB, container({"f:image": {}, "f:env": {}, "f:command": {}, "f:ports": {}}))
    assert extract(emptied, container({})) == of_app(resources={"limits": {"cpu": "1"}})


def test_equal_members_of_a_list_are_told_apart_by_their_index() -> None:
    assert remove({"args": ["x", "x", "y"]}, {"f:args": {"i:0": {}}}) == {"args": ["x", "y"]}


@given(PATHS)
def test_what_was_removed_cannot_be_extracted(some: frozenset[Path]) -> None:
    obj: JsonObject = {"spec": {"template": {"a": 1}, "a": ["x"]}, "template": [{"name": "app", "a": {"spec": 1}}], "a": "x"}
    before = json.dumps(obj)
    leaves = tree(path for path in some if not any(other != path and other[: len(path)] == path for other in some))
    assert remove(remove(obj, leaves), leaves) == remove(obj, leaves)
    assert remove(extract(obj, leaves), leaves) == {} or extract(obj, leaves) != {}
    assert json.dumps(obj) == before


@given(PATHS)
def test_extracting_twice_changes_nothing(some: frozenset[Path]) -> None:
    obj: JsonObject = {"spec": {"template": {"a": 1}, "a": ["x"]}, "template": [{"name": "app", "a": {"spec": 1}}], "a": "x"}
    once = extract(obj, tree(path for path in some if "i:0" not in path))
    assert extract(once, tree(path for path in some if "i:0" not in path)) == once


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ()),
        (container({".": {}, "f:image": {}}), ("spec.template.spec.containers[app]",)),
        (container({"f:image": {}}), ("spec.template.spec.containers[app].image",)),
        (container({"f:ports": {PORT: {"f:name": {}}}}), ("spec.template.spec.containers[app].ports[80/TCP].name",)),
        ({"f:metadata": {"f:annotations": {".": {}, "f:example/x.y": {}}}}, ("metadata.annotations[example/x.y]",)),
        ({"f:spec": {"f:replicas": {}}, "f:data": {"f:a": {}}}, ("data.a", "spec.replicas")),
        ({"f:metadata": {"f:finalizers": {'v:"x"': {}, "i:3": {}}}}, ("metadata.finalizers[3]", "metadata.finalizers[x]")),
    ],
)
def test_paths_are_written_as_people_write_them(fields: FieldSet, expected: tuple[str, ...]) -> None:
    assert paths(fields) == expected


@pytest.mark.parametrize(
    ("fields", "others", "expected"),
    [
        pytest.param({"f:a": {}}, {}, {"f:a": {}}, id="what nobody else owns"),
        pytest.param({"f:a": {}}, {"f:a": {}}, {}, id="what somebody else owns too"),
        pytest.param({"f:a": {".": {}, "f:b": {}}}, {"f:a": {"f:c": {}}}, {"f:a": {"f:b": {}}}, id="a map stays for what others own in it"),
        pytest.param(
            container({"f:readinessProbe": {"f:httpGet": {"f:port": {}}, "f:periodSeconds": {}}}),
            container({"f:readinessProbe": {"f:tcpSocket": {"f:port": {}}}}),
            container({"f:readinessProbe": {"f:httpGet": {}, "f:periodSeconds": {}}}),
            id="a struct goes as a whole, with the defaults in it",
        ),
        pytest.param(
            container({"f:env": {ENV_A: {"f:value": {}}}}),
            container({"f:env": {ENV_B: {}}}),
            container({"f:env": {ENV_A: {"f:value": {}}}}),
            id="an item goes only when the item itself was owned",
        ),
    ],
)
def test_letting_go_removes_what_nobody_owns_any_more(fields: FieldSet, others: FieldSet, expected: FieldSet) -> None:
    assert released(fields, others) == expected


KNOWN: FieldSet = {
    "f:spec": {
        "f:selector": {},
        "f:template": {
            "f:spec": {
                "f:containers": {APP: {".": {}, "f:name": {}, "f:env": {ENV_A: {".": {}, "f:name": {}}}, "f:ports": {PORT: {".": {}}}}},
                "f:imagePullSecrets": {'k:{"name":"pull"}': {}},
            }
        },
    }
}


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        pytest.param({"spec": {"replicas": 3}}, {"f:spec": {"f:replicas": {}}}, id="a scalar"),
        pytest.param({"spec": {"selector": {"matchLabels": {}}}}, {"f:spec": {"f:selector": {}}}, id="known to be atomic"),
        pytest.param(
            {"spec": {"new": {"a": 1, "b": {}, "c": [{"name": "x"}]}}},
            {"f:spec": {"f:new": {"f:a": {}, "f:b": {}, "f:c": {}}}},
            id="where nothing is known",
        ),
        pytest.param(
            of_app(env=[{"name": "A"}, {"name": "B"}, "text"]),
            container({".": {}, "f:name": {}, "f:env": {ENV_A: {".": {}, "f:name": {}}, ENV_B: {".": {}, "f:name": {}}}}),
            id="items known and new",
        ),
        pytest.param(
            of_app(ports=[{"containerPort": 80}]),
            container({".": {}, "f:name": {}, "f:ports": {PORT: {".": {}, "f:containerPort": {}}}}),
            id="the protocol of a port has a default",
        ),
        pytest.param(
            {"spec": {"template": {"spec": {"imagePullSecrets": [{"name": "pull"}]}}}},
            {"f:spec": {"f:template": {"f:spec": {"f:imagePullSecrets": {'k:{"name":"pull"}': {".": {}}}}}}},
            id="an atomic item",
        ),
    ],
)
def test_a_manifest_names_the_fields_that_apply_would_own(obj: JsonObject, expected: FieldSet) -> None:
    assert named(obj, KNOWN) == expected


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"spec": {"replicas": 3}}, {}),
        ({"spec": {"replicas": 4}}, {"f:spec": {"f:replicas": {}}}),
        ({"spec": {}}, {}),
        (of_app(image="web:1"), {}),
        (of_app(image="web:2"), container({"f:image": {}})),
        ({"metadata": {"finalizers": ["x"]}}, {}),
    ],
)
def test_a_field_differs_where_both_have_it_with_other_values(other: JsonObject, expected: FieldSet) -> None:
    fields: FieldSet = {
        **container({".": {}, "f:image": {}, "f:name": {}}),
        "f:metadata": {"f:finalizers": {'v:"x"': {}, 'v:"z"': {}}},
    }
    fields = union(fields, {"f:spec": {"f:replicas": {}}})
    assert differing(fields, WEB, other) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param({"a": {"b": 1}}, {"a": {"c": 2}}, {"a": {"b": 1, "c": 2}}, id="mappings key by key"),
        pytest.param({"atom": {"b": 1}}, {"atom": {"c": 2}}, {"atom": {"c": 2}}, id="atomic mappings as a whole"),
        pytest.param({"a": [1, 2]}, {"a": [3]}, {"a": [3]}, id="lists without keys as a whole"),
        pytest.param({"a": 1}, {"b": 2}, {"a": 1, "b": 2}, id="what is new"),
        pytest.param({"items": "odd"}, {"items": [{"name": "x"}]}, {"items": [{"name": "x"}]}, id="other types as a whole"),
        pytest.param(
            {"items": [{"name": "x", "v": 1}, {"name": "y", "v": 1}]},
            {"items": [{"name": "y", "w": 2}, {"name": "z"}]},
            {"items": [{"name": "x", "v": 1}, {"name": "y", "v": 1, "w": 2}, {"name": "z"}]},
            id="items by their keys",
        ),
        pytest.param(
            {"items": [{"name": "x"}, {"name": "o"}, {"name": "y"}]},
            {"items": [{"name": "y"}, {"name": "x"}]},
            {"items": [{"name": "y"}, {"name": "x"}, {"name": "o"}]},
            id="items in the order of the manifest",
        ),
        pytest.param(
            {"items": [{"name": "atom", "v": 1}]},
            {"items": [{"name": "atom", "w": 1}]},
            {"items": [{"name": "atom", "w": 1}]},
            id="atomic items",
        ),
    ],
)
def test_a_manifest_is_put_over_an_object_as_apply_merges(old: JsonObject, new: JsonObject, expected: JsonObject) -> None:
    known: FieldSet = {
        "f:atom": {},
        "f:items": {'k:{"name":"x"}': {".": {}, "f:name": {}}, 'k:{"name":"y"}': {".": {}, "f:name": {}}, 'k:{"name":"atom"}': {}},
    }
    assert overlaid(old, new, known) == expected
