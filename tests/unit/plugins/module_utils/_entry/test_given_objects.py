# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The objects in a definition: Lists of all kinds, what says what an object is, and the files of other tools."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import InputError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import at
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.manifests import manifests_of


def config_map(name: Any = "web", **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, **metadata}}


def bare(name: str, **given: Any) -> dict[str, Any]:
    return {**given, "metadata": {"name": name}}


def listed(kind: str, *items: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "items": list(items)}


@pytest.mark.parametrize(
    ("definition", "names"),
    [
        (listed("ConfigMapList", bare("a"), bare("b")), ["a", "b"]),
        (listed("ConfigMapList", bare("a", apiVersion="", kind=None)), ["a"]),
        (listed("List", config_map("a"), listed("ConfigMapList", bare("b")), config_map("c")), ["a", "b", "c"]),
        ({"items": [config_map("a")]}, ["a"]),
        ([listed("List"), {**listed("List"), "items": None}, config_map("a")], ["a"]),
        ('{"apiVersion": "v1", "kind": "ConfigMapList", "items": [{"metadata": {"name": "a"}}]}', ["a"]),
    ],
)
def test_lists_are_opened(definition: Any, names: list[str]) -> None:
    found = manifests_of(definition, origin="definition")
    assert [(manifest["apiVersion"], manifest["kind"], manifest["metadata"]["name"]) for manifest in found] == [  # type: ignore[index,call-overload]
        ("v1", "ConfigMap", name) for name in names
    ]


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        (config_map(namespace=1234), ["metadata.namespace", "the number 1234", 'namespace: "1234"']),
        (config_map(namespace=True), ["metadata.namespace", "true", 'namespace: "true"']),
        (config_map(namespace=["a"]), ["metadata.namespace", "a list"]),
        (config_map(namespace={}), ["metadata.namespace", "a mapping"]),
        (config_map(1.5), ["metadata.name", "the number 1.5", 'name: "1.5"']),
        (config_map(0), ["metadata.name", "the number 0"]),
        (config_map(False), ["metadata.name", "false"]),
        ({**config_map(), "kind": True}, ["kind", "true"]),
        ({**config_map(), "apiVersion": 1}, ["apiVersion", "the number 1"]),
        ({**config_map(), "metadata": "hunter2"}, ["metadata", "a text", "mapping"]),
        ({**config_map(), "metadata": [{"name": "a"}]}, ["metadata", "a list", "mapping"]),
        (listed("List", config_map(namespace=1234)), ["metadata.namespace", "1234"]),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: 0x10}\n", ["the number 16"]),
        (listed("ConfigMapList", None), ["item 1", "ConfigMapList", "empty"]),
        (listed("List", "hunter2"), ["item 1", "a text"]),
        (listed("ConfigMapList", bare("a", kind="ConfigMap")), ["lacks apiVersion"]),
        (listed("ConfigMapList", bare("a", apiVersion="v1")), ["lacks kind"]),
        ({**listed("List"), "items": {"a": 1}}, ["items of the List", "a mapping"]),
        ({"apiVersion": "v1", "kind": "ConfigMapList"}, ["ConfigMapList without items"]),
        (listed("List"), ["no manifest"]),
        ("- hunter2\n", ["a text (str)", "mapping"]),
        ({**config_map(), "data": {"a": float("nan")}}, ["infinity"]),
        ({**config_map(), "data": {None: "a"}}, ["a key is nothing"]),
        ({**config_map(), "data": {"a": b"hunter2"}}, ["bytes"]),
    ],
)
def test_what_says_something_else_is_refused(definition: Any, words: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        manifests_of(definition, origin="web.yml")
    for word in ("web.yml", *words):
        assert word in caught.value.message
    assert "hunter2" not in caught.value.message


def test_no_namespace_is_none() -> None:
    for namespace in (None, ""):
        assert manifests_of(config_map(namespace=namespace), origin="definition")


def test_what_a_parser_has_made_of_a_definition_is_json_again() -> None:
    given = config_map(
        annotations={
            "released": datetime.date(2024, 5, 1),
            datetime.date(2024, 5, 2): "x",
            "at": datetime.datetime(2024, 5, 1, 1, tzinfo=datetime.UTC),
        }
    )
    (manifest,) = manifests_of({**given, "own": {3: [1.0, ("a", "\ud83d")], True: 2.5}}, origin="definition")
    assert at(manifest, "metadata", "annotations") == {"released": "2024-05-01", "2024-05-02": "x", "at": "2024-05-01T01:00:00+00:00"}
    assert manifest["own"] == {"3": [1, ["a", "\ufffd"]], "true": 2.5}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yml]\n", "kubectl kustomize"),
        ("apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n", "kubectl kustomize"),
        ("resources:\n- a.yml\nnamePrefix: x-\n", "kubectl kustomize"),
        ("services:\n  web:\n    image: nginx\n", "Compose"),
        ("version: '3'\nservices: {web: {image: nginx}}\nvolumes: {}\n", "Compose"),
        ("apiVersion: v2\nname: web\nversion: 0.1.0\n", "helm template"),
        ("- hosts: all\n  tasks: []\n", "playbook"),
        ("- import_playbook: web.yml\n", "playbook"),
        ("apiVersion: v1\nkind: Config\nclusters: []\n", "kubeconfig"),
        ('apiVersion: v1\nkind: Pod\nmetadata: {name: "{{ name }}"}\n', "Jinja"),
        ('apiVersion: v1\nkind: Pod\nmetadata: {name: "{{ .Release.Name }}-web"}\n', "helm template"),
        ('apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: "{{ image }}"}]}\n', "Jinja"),
        (
            'apiVersion: apps/v1\nkind: Deployment\nspec: {template: {spec: {containers: [{image: "a:{{ .Values.tag }}"}]}}}\n',
            "helm template",
        ),
    ],
)
def test_the_files_of_other_tools_are_called_what_they_are(text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        manifests_of(text, origin="web.yml")
    assert words in caught.value.message
    assert "web.yml" in caught.value.message


def test_braces_in_data_are_data() -> None:
    assert manifests_of({**config_map(), "data": {"rule": "{{ $labels.pod }}", "services": "x"}}, origin="definition")
    assert manifests_of({**config_map(), "services": {}, "resources": []}, origin="definition")
