# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The short way, JSON patches (checked by carrying them out), and what people get to see of a change."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, JsonValue, Ref, thaw
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.ports import PatchOperation
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.kinds import named
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.steps.changes import (
    describe,
    diff_pair,
    news_of,
    patch_between,
    set_env,
    set_images,
    set_limits,
)
from hypothesis import given
from hypothesis import strategies as st

WEB = Ref("Deployment", "shop", "web")
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def template(*containers: JsonObject, init: Iterable[JsonObject] = ()) -> dict[str, JsonValue]:
    inits: list[JsonValue] = list(init)
    return {"spec": {"containers": list(containers), **({"initContainers": inits} if inits else {})}}


def container(name: str = "app", image: str = "web:1", **more: JsonValue) -> dict[str, JsonValue]:
    return {"name": name, "image": image, **more}


def env(*values: tuple[str, str]) -> JsonValue:
    return [{"name": name, "value": value} for name, value in values]


# --- images -----------------------------------------------------------------------------------------------------------------------


def test_one_image_is_for_the_only_container() -> None:
    before = template(container(), init=[container("init", "init:1")])
    assert set_images(before, "web:2", ref=WEB) == template(container(image="web:2"), init=[container("init", "init:1")])
    assert before == template(container(), init=[container("init", "init:1")])


def test_images_by_container_reach_init_containers_too() -> None:
    before = template(container(), container("side", "side:1"), init=[container("init", "init:1")])
    after = template(container(image="web:2"), container("side", "side:1"), init=[container("init", "init:2")])
    assert set_images(before, {"app": "web:2", "init": "init:2"}, ref=WEB) == after


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ("web:2", "Deployment shop/web has the containers app, side; say which by image: {container: image}."),
        ({"api": "x"}, "Deployment shop/web has no container api; it has app, side."),
    ],
)
def test_an_image_for_an_unclear_container_is_refused(image: str | dict[str, str], message: str) -> None:
    with pytest.raises(InputError) as raised:
        set_images(template(container(), container("side")), image, ref=WEB)
    assert raised.value.message == message


def test_a_template_without_containers_is_refused() -> None:
    with pytest.raises(InputError, match="has the containers none"):
        set_images({}, "web:2", ref=WEB)


# --- environment ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        pytest.param(env(("A", "1")), {"A": "2"}, env(("A", "2")), id="a new value in its place"),
        pytest.param(
            env(("A", "1"), ("B", "1")), {"C": "$(A)"}, env(("A", "1"), ("B", "1"), ("C", "$(A)")), id="a new variable comes last"
        ),
        pytest.param(env(("A", "1"), ("B", "1")), {"A": None}, env(("B", "1")), id="a variable goes"),
        pytest.param(env(("A", "1")), {"X": None}, env(("A", "1")), id="one that is not there may go"),
        pytest.param([{"name": "A", "valueFrom": {"fieldRef": {}}}], {"A": "2"}, env(("A", "2")), id="one from elsewhere gets the value"),
    ],
)
def test_environment_variables_are_set(before: JsonValue, change: dict[str, str | None], after: JsonValue) -> None:
    changed = set_env(template(container(env=before), init=[container("init")]), change, container=None, ref=WEB)
    assert changed == template(container(env=after), init=[container("init")])


def test_a_container_without_environment_gets_one_only_for_a_value() -> None:
    assert set_env(template(container()), {"A": None}, container=None, ref=WEB) == template(container())
    assert set_env(template(container()), {"A": "1"}, container=None, ref=WEB) == template(container(env=env(("A", "1"))))


def test_environment_is_for_the_named_container() -> None:
    before = template(container(), container("side"), init=[container("init")])
    assert set_env(before, {"A": "1"}, container="init", ref=WEB) == template(
        container(), container("side"), init=[container("init", env=env(("A", "1")))]
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (None, "Deployment shop/web has the containers app, side; say by container which of them env is for."),
        ("api", "Deployment shop/web has no container api; it has app, side."),
    ],
)
def test_environment_for_an_unclear_container_is_refused(name: str | None, message: str) -> None:
    with pytest.raises(InputError) as raised:
        set_env(template(container(), container("side")), {"A": "1"}, container=name, ref=WEB)
    assert raised.value.message == message


# --- limits -----------------------------------------------------------------------------------------------------------------------


def limits(
    spec: JsonObject,
    kind: str = "Deployment",
    *,
    surge: int | str | None = None,
    unavailable: int | str | None = None,
    ready: int | None = None,
    deadline: int | None = None,
    partition: int | None = None,
) -> dict[str, JsonValue]:
    return set_limits(
        spec,
        kind=named(kind),
        max_surge=surge,
        max_unavailable=unavailable,
        partition=partition,
        min_ready_seconds=ready,
        progress_deadline_seconds=deadline,
    )


def rolling(**bounds: JsonValue) -> JsonObject:
    return {"type": "RollingUpdate", "rollingUpdate": bounds}


def test_no_limits_change_nothing() -> None:
    assert limits({"replicas": 3}) == {"replicas": 3}


def test_limits_stand_where_the_kind_has_them() -> None:
    assert limits({}, surge="25%", unavailable=0, ready=5, deadline=60) == {
        "strategy": rolling(maxSurge="25%", maxUnavailable=0),
        "minReadySeconds": 5,
        "progressDeadlineSeconds": 60,
    }
    assert limits({}, "DaemonSet", unavailable="2") == {"updateStrategy": rolling(maxUnavailable=2)}


@pytest.mark.parametrize("partition", [0, 3])
def test_a_partition_is_a_stateful_sets_also_a_partition_of_0(partition: int) -> None:
    before: JsonObject = {"updateStrategy": rolling(partition=2, maxUnavailable=1)}
    assert limits(before, "StatefulSet", partition=partition) == {"updateStrategy": rolling(partition=partition, maxUnavailable=1)}
    for kind in ("Deployment", "DaemonSet"):
        with pytest.raises(InputError, match=f"partition does not exist for a {kind}; leave it out"):
            limits({}, kind, partition=partition)


@pytest.mark.parametrize(
    ("before", "given", "sentence"),
    [
        ({}, {"surge": 1}, "both above 0"),
        ({"updateStrategy": rolling(maxSurge=1, maxUnavailable=0)}, {"unavailable": 1}, "both above 0"),
        ({"updateStrategy": rolling(maxSurge=1)}, {"surge": 0, "unavailable": 0}, "both 0"),
        ({"updateStrategy": {"type": "OnDelete"}}, {"unavailable": 1}, "belong to RollingUpdate"),
    ],
)
def test_bounds_that_a_daemon_set_cannot_have(before: JsonObject, given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        limits(before, "DaemonSet", **given)


def test_limits_that_are_not_given_stay() -> None:
    before: JsonObject = {"strategy": rolling(maxSurge="10%", maxUnavailable=1)}
    assert limits(before, surge=" 2 ") == {"strategy": rolling(maxSurge=2, maxUnavailable=1)}
    partition: JsonObject = {"updateStrategy": rolling(partition=2)}
    assert limits(partition, "StatefulSet", unavailable=1) == {"updateStrategy": rolling(partition=2, maxUnavailable=1)}


@pytest.mark.parametrize(
    ("spec", "kind", "surge", "unavailable", "deadline", "words"),
    [
        ({"strategy": {"type": "Recreate"}}, "Deployment", 1, None, None, "has the update strategy Recreate"),
        ({"updateStrategy": {"type": "OnDelete"}}, "DaemonSet", None, 1, None, "has the update strategy OnDelete"),
        ({}, "StatefulSet", 1, None, None, "max_surge does not exist for a StatefulSet"),
        ({}, "DaemonSet", None, None, 5, "progress_deadline_seconds does not exist for a DaemonSet"),
        ({}, "Deployment", 0, 0, None, "both 0"),
        ({"strategy": {"rollingUpdate": {"maxUnavailable": 0}}}, "Deployment", "0%", None, None, "both 0"),
        ({}, "Deployment", "many", None, None, "neither a count"),
    ],
)
def test_limits_that_the_workload_cannot_have_are_refused(
    spec: JsonObject, kind: str, surge: int | str | None, unavailable: int | None, deadline: int | None, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        limits(spec, kind, surge=surge, unavailable=unavailable, deadline=deadline)


# --- JSON patch -------------------------------------------------------------------------------------------------------------------


def equal(left: JsonValue, right: JsonValue) -> bool:
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


def carried_out(obj: JsonObject, operations: Iterable[PatchOperation]) -> JsonValue:
    """RFC 6902, as far as these patches go; a test that fails is an AssertionError."""
    document: JsonValue = thaw(obj)
    for operation in operations:
        *parents, last = [part.replace("~1", "/").replace("~0", "~") for part in operation.path.split("/")[1:]]
        target: JsonValue = document
        for part in parents:
            target = target[int(part)] if isinstance(target, list) else target[part]  # type: ignore[call-overload, index]
        assert isinstance(target, dict | list)
        if isinstance(target, dict):
            in_mapping(target, last, operation)
        else:
            in_list(target, last, operation)
    return document


def in_mapping(target: dict[str, JsonValue], key: str, operation: PatchOperation) -> None:
    assert operation.op == "add" or key in target
    if operation.op == "test":
        assert equal(target[key], operation.value)
    elif operation.op == "remove":
        del target[key]
    else:
        target[key] = operation.value


def in_list(target: list[JsonValue], key: str, operation: PatchOperation) -> None:
    if key == "-":
        assert operation.op == "add"
        target.append(operation.value)
    elif operation.op == "test":
        assert equal(target[int(key)], operation.value)
    else:
        assert operation.op == "replace"
        target[int(key)] = operation.value


SCALARS = st.one_of(st.none(), st.booleans(), st.integers(0, 2), st.just(1.0), st.sampled_from(["", "x", "y"]))
KEYS = st.sampled_from(["name", "a", "b/c", "d~e", ""])
NAMED = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("xyz")}, optional={"v": SCALARS}), max_size=3, unique_by=lambda item: item["name"]
)
VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    st.one_of(SCALARS, NAMED), lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)), max_leaves=8
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=4)


@given(OBJECTS, OBJECTS)
def test_a_patch_makes_the_one_of_the_other(before: JsonObject, after: JsonObject) -> None:
    assert equal(carried_out(before, patch_between(before, after)), after)


@given(OBJECTS)
def test_no_difference_needs_no_patch(obj: JsonObject) -> None:
    assert patch_between(obj, obj) == ()
    assert patch_between(obj, {key: tuple(value) if isinstance(value, list) else value for key, value in obj.items()}) == ()


@given(OBJECTS, OBJECTS)
def test_what_is_replaced_or_removed_was_tested_right_before(before: JsonObject, after: JsonObject) -> None:
    operations = patch_between(before, after)
    for index, operation in enumerate(operations):
        if operation.op in ("replace", "remove"):
            assert (operations[index - 1].op, operations[index - 1].path) == ("test", operation.path)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            template(container(), container("side")),
            template(container(), container("side", "web:2")),
            [
                PatchOperation("test", "/spec/containers/1/name", "side"),
                PatchOperation("test", "/spec/containers/1/image", "web:1"),
                PatchOperation("replace", "/spec/containers/1/image", "web:2"),
            ],
            id="a container is tested by its name",
        ),
        pytest.param(
            {"env": env(("A", "1"))}, {"env": env(("A", "1"), ("B", "2"))}, [PatchOperation("add", "/env/-", {"name": "B", "value": "2"})],
            id="a list that grows",
        ),
        pytest.param(
            {"env": env(("A", "1"), ("B", "2"))},
            {"env": env(("B", "2"))},
            [PatchOperation("test", "/env", env(("A", "1"), ("B", "2"))), PatchOperation("replace", "/env", env(("B", "2")))],
            id="a list that shrinks is replaced",
        ),
        pytest.param(
            {"a/b": {"~": 1}}, {"a/b": {}}, [PatchOperation("test", "/a~1b/~0", 1), PatchOperation("remove", "/a~1b/~0")], id="escaped"
        ),
        pytest.param({"a": 1}, {"a": True}, [PatchOperation("test", "/a", 1), PatchOperation("replace", "/a", True)], id="1 is not true"),
    ],
)  # fmt: skip
def test_a_patch_is_small(before: JsonObject, after: JsonObject, expected: list[PatchOperation]) -> None:
    assert list(patch_between(before, after)) == expected


# --- for people -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (template(container()), template(container(image="web:2")), "image app=web:2"),
        (template(container()), template(container(env=env(("SECRET", "hush")))), "env app: SECRET"),
        (template(container(env=env(("B", "1"), ("A", "1")))), template(container(env=env(("A", "2")))), "env app: A, B"),
        (
            template(container(), container("side", "s:1")),
            template(container(image="web:2", env=env(("A", "1"))), container("side", "s:2")),
            "image app=web:2; image side=s:2; env app: A",
        ),
        (template(container()), template(container(), init=[container("init", "i:1", env=env(("A", "1")))]), "image init=i:1"),
        (template(container()), template(container(), init=[]), "template changed"),
        (template(container()), template(container(command=["run"])), "template changed"),
        (template(container(), container("side")), template(container()), "template changed"),
    ],
)
def test_a_change_is_described_without_values_of_the_environment(before: JsonObject, after: JsonObject, expected: str) -> None:
    assert describe(before, after) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (template(container()), template(container(image="web:2")), "image 1 → 2"),
        (template(container(image="r.io:5000/web:1")), template(container(image="r.io:5000/web:2")), "image 1 → 2"),
        (template(container(image="web")), template(container(image="web:2")), "image web → web:2"),
        (template(container(image="a/web:1")), template(container(image="b/web:1")), "image a/web:1 → b/web:1"),
        (template(container(image="r.io:5000/web")), template(container(image="r.io:5001/web")), "image r.io:5000/web → r.io:5001/web"),
        (template(container(image="web:1")), template(container(image="web:1@sha256:0a")), "image web:1 → web:1@sha256:0a"),
        (template(container(image="web@sha256:0a")), template(container(image="web@sha256:0b")), "image web@sha256:0a → web@sha256:0b"),
        (
            template(container(), container("side", "s:1")),
            template(container(image="web:2", env=env(("A", "1"))), container("side", "s:2")),
            "image of app 1 → 2; image of side 1 → 2; env app: A",
        ),
        (template(container()), template(container(), container("side", "s:1")), ""),
        (template(container()), template(container(command=["run"])), ""),
    ],
)
def test_a_plan_says_which_image_comes_after_which(before: JsonObject, after: JsonObject, expected: str) -> None:
    assert news_of(before, after) == expected


def test_a_diff_leaves_out_what_the_server_keeps_for_itself() -> None:
    kept: JsonObject = {"kind": "ConfigMap", "metadata": {"name": "web", "labels": {"a": "b"}}, "data": {"x": "y"}}
    server: dict[str, JsonValue] = {
        **dict.fromkeys(("resourceVersion", "uid", "creationTimestamp", "selfLink"), "x"),
        "generation": 2,
        "managedFields": [],
        "annotations": {LAST_APPLIED: "{}"},
    }
    full: JsonObject = {**kept, "metadata": {"name": "web", "labels": {"a": "b"}, **server}, "status": {}}
    assert diff_pair(None, full)[1] == kept
    assert diff_pair(None, full) == ({}, kept)
    noted: JsonObject = {**kept, "metadata": {"name": "web", "annotations": {"note": "z", LAST_APPLIED: "{}"}}}
    assert diff_pair(None, noted)[1] == {**kept, "metadata": {"name": "web", "annotations": {"note": "z"}}}


def test_a_diff_of_a_secret_shows_that_a_value_changed_and_never_which() -> None:
    before: JsonObject = {"kind": "Secret", "data": {"same": "c2VjcmV0", "other": "b25l", "gone": "dHdv"}}
    after: JsonObject = {"kind": "Secret", "data": {"same": "c2VjcmV0", "other": "dHdv", "new": "b25l"}, "stringData": {"plain": "secret"}}
    assert diff_pair(before, after) == (
        {"kind": "Secret", "data": {"same": "********", "other": "********", "gone": "********"}},
        {
            "kind": "Secret",
            "data": {"same": "********", "other": "******** (changed)", "new": "********"},
            "stringData": {"plain": "********"},
        },
    )
    assert diff_pair(before, {"data": {"same": "x"}})[1] == {"data": {"same": "******** (changed)"}}
