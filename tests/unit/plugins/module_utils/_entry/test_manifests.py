# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Manifests from all the forms in which users give them."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import yaml
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.manifests import (
    NoTextError,
    check_name,
    dumped,
    kind_of,
    manifests_of,
    secrets_of,
)


def config_map(name: str = "web") -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}


ONE, TWO = config_map("one"), config_map("two")


@pytest.mark.parametrize(
    ("definition", "names"),
    [
        (ONE, ["one"]),
        ([ONE, TWO], ["one", "two"]),
        (json.dumps(ONE), ["one"]),
        (yaml.safe_dump_all([ONE, TWO]), ["one", "two"]),
        (f"---\n# nothing\n---\n{json.dumps(ONE)}\n---\n---\nnull\n--- # two\n{yaml.safe_dump(TWO)}", ["one", "two"]),
        ([json.dumps(ONE), TWO], ["one", "two"]),
        ({"apiVersion": "v1", "kind": "List", "items": [ONE, TWO]}, ["one", "two"]),
        ({"apiVersion": "v1", "kind": "ConfigMapList", "items": [ONE]}, ["one"]),
        ([[ONE], None, TWO], ["one", "two"]),
    ],
)
def test_every_form_gives_the_same_manifests(definition: Any, names: list[str]) -> None:
    assert [manifest["metadata"]["name"] for manifest in manifests_of(definition, origin="definition")] == names  # type: ignore[index,call-overload]


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        ("a: [1", ["web.yml", "line 1", "YAML"]),
        ("just words", ["web.yml", "str", "mapping"]),
        (7, ["int"]),
        ("", ["no manifest"]),
        ([], ["no manifest"]),
        ({"kind": "ConfigMap", "metadata": {"name": "x"}}, ["object 1", "apiVersion"]),
        ([ONE, {"apiVersion": "v1", "metadata": {"name": "x"}}], ["object 2", "kind"]),
        ({"apiVersion": "v1", "kind": "ConfigMap"}, ["metadata.name"]),
        (config_map("a/b"), ["a/b", "valid name"]),
        (config_map(".."), ["valid name"]),
        ({**ONE, "metadata": {"name": "x", "namespace": "a/b"}}, ["a/b", "valid name"]),
    ],
)
def test_what_is_no_manifest_is_refused_with_its_place(definition: Any, words: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        manifests_of(definition, origin="web.yml")
    for word in words:
        assert word in caught.value.message


def test_string_data_becomes_data_because_the_api_never_shows_it_again() -> None:
    secret = {**config_map(), "kind": "Secret", "stringData": {"password": "correct horse"}, "data": {"other": "eA=="}}
    (manifest,) = manifests_of(secret, origin="definition")
    assert "stringData" not in manifest
    assert manifest["data"] == {"other": "eA==", "password": base64.b64encode(b"correct horse").decode()}


@pytest.mark.parametrize(
    ("kind", "field", "value", "what"),
    [
        ("Secret", "stringData", True, "true or false and no text"),
        ("Secret", "stringData", 1.1, "a number and no text"),
        ("Secret", "stringData", ["hunter2"], "a list and no text"),
        ("Secret", "stringData", {"hunter2": "hunter2"}, "a mapping and no text"),
        ("Secret", "data", 8080, "a number and no text"),
        ("Secret", "data", "hunter2!", "no base64; encode it, or give a text under stringData"),
        ("ConfigMap", "data", False, "true or false and no text"),
        ("ConfigMap", "data", 8080, "a number and no text"),
        ("ConfigMap", "binaryData", "hunter2!", "no base64; encode it, or give a text under data"),
        ("ConfigMap", "binaryData", 1, "a number and no text"),
    ],
)
def test_what_is_no_text_is_refused_by_its_key_and_never_shown(kind: str, field: str, value: Any, what: str) -> None:
    with pytest.raises(NoTextError) as caught:
        manifests_of([ONE, {**config_map("web"), "kind": kind, field: {"fine": "", "KEY": value}}], origin="web.yml")
    assert caught.value.message.startswith(f"web.yml: {kind} web: the value of KEY in {field} is {what}")
    assert "hunter2" not in caught.value.message
    assert "8080" not in caught.value.message


@pytest.mark.parametrize(("field", "what"), [("data", "a list"), ("stringData", "a text")])
def test_content_that_is_no_mapping_is_refused(field: str, what: str) -> None:
    with pytest.raises(NoTextError, match=f"Secret web: {field} is {what}; it must map keys to texts"):
        manifests_of({**config_map("web"), "kind": "Secret", field: ["x"] if field == "data" else "x"}, origin="web.yml")


def test_other_kinds_and_other_versions_have_other_data() -> None:
    other = {**config_map(), "apiVersion": "example.org/v1", "kind": "Secret", "data": {"a": 1}}
    assert manifests_of(other, origin="definition") == (other,)


@pytest.mark.parametrize(
    ("given", "data"),
    [
        ({"stringData": {"a": None, "b": "x"}}, {"a": "", "b": "eA=="}),
        ({"stringData": {"a": None}, "data": {"a": "eA=="}}, {"a": ""}),
        ({"stringData": None, "data": {"a": None}}, {"a": ""}),
        ({"data": {"a": "ZWlu\nZQ==\n"}}, {"a": "ZWlu\nZQ==\n"}),
        ({"stringData": {}}, None),
    ],
)
def test_null_is_an_empty_text_in_a_secret(given: dict[str, Any], data: dict[str, str] | None) -> None:
    (manifest,) = manifests_of({**config_map(), "kind": "Secret", **given}, origin="definition")
    assert manifest.get("data") == data
    assert "stringData" not in manifest


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "null"),
        (True, "true or false"),
        (1, "a number"),
        ("a", "a text"),
        ({}, "a mapping"),
        ([], "a list"),
        (b"", "a list"),
        (object(), "a object"),
    ],
)
def test_values_are_told_by_their_kind(value: Any, kind: str) -> None:
    assert kind_of(value) == kind


def test_secrets_are_known_encoded_and_decoded_but_not_short_words() -> None:
    secret = {**config_map(), "kind": "Secret", "data": {"a": base64.b64encode(b"correct horse\n").decode(), "b": "YQ==", "c": "/w==/"}}
    known = secrets_of([secret, ONE])
    assert {"correct horse", "correct horse\n"} <= known
    assert "a" not in known
    assert base64.b64encode(b"correct horse\n").decode() in known


@pytest.mark.parametrize("name", ["web", "web-1.2", "1", "a" * 253])
def test_good_names(name: str) -> None:
    assert check_name(name, "name") == name


@pytest.mark.parametrize("name", ["", "Web", "a/b", "-web", "web.", "a b", "wéb", "a" * 254, "web\n"])
def test_bad_names(name: str) -> None:
    with pytest.raises(InputError):
        check_name(name, "name")


def test_a_dump_is_sorted_yaml() -> None:
    assert dumped({"b": 1, "a": [1]}) == "a:\n- 1\nb: 1\n"
    assert dumped({"a": "grün 🚀"}) == "a: grün 🚀\n"
