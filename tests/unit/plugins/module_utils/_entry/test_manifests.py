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
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.errors import InputError
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.manifests import check_name, dumped, manifests_of, secrets_of


def config_map(name: str = "web") -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}


ONE, TWO = config_map("one"), config_map("two")


@pytest.mark.parametrize(
    ("definition", "names"),
    [
        (ONE, ["one"]),
        ([ONE, TWO], ["one", "two"]),
        (json.dumps(ONE), ["one"]),
        (yaml.safe_dump_all([ONE, None, TWO]), ["one", "two"]),
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
