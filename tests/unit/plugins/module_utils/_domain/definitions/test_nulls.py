# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What null means in a manifest: as the API server reads it, seen with kubectl apply --server-side."""

from __future__ import annotations

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, JsonValue
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.definitions.nulls import without_nulls

NAME: JsonObject = {"name": "web"}


@pytest.mark.parametrize(
    ("version", "kind", "given", "meant"),
    [
        ("apps/v1", "Deployment", {"spec": {"replicas": None, "strategy": None}}, {"spec": {}}),
        ("apps/v1", "StatefulSet", {"spec": {"updateStrategy": {"rollingUpdate": None}}}, {"spec": {"updateStrategy": {}}}),
        (
            "apps/v1",
            "Deployment",
            {"spec": {"selector": {"matchLabels": {"a": None}, "matchExpressions": None}}},
            {"spec": {"selector": {"matchLabels": {"a": ""}}}},
        ),
        (
            "v1",
            "Pod",
            {"spec": {"containers": [{"env": None, "resources": {"limits": {"cpu": None}, "requests": None}}]}},
            {"spec": {"containers": [{"resources": {"limits": {"cpu": "0"}}}]}},
        ),
        (
            "v1",
            "Pod",
            {"spec": {"volumes": [{"name": "tmp", "emptyDir": None}], "nodeSelector": {"disk": None}}},
            {"spec": {"volumes": [{"name": "tmp"}], "nodeSelector": {"disk": ""}}},
        ),
        (
            "v1",
            "Pod",
            {"spec": {"containers": [{"command": ["sh", None]}, None]}},
            {"spec": {"containers": [{"command": ["sh", None]}, None]}},
        ),
        ("v1", "ConfigMap", {"data": {"a": None}, "binaryData": None, "immutable": None}, {"data": {"a": ""}}),
        ("v1", "Secret", {"stringData": {"a": None}, "data": {"b": None}, "type": None}, {"stringData": {"a": ""}, "data": {"b": ""}}),
        ("v1", "Service", {"spec": {"selector": {"app": None}, "clusterIP": None}}, {"spec": {"selector": {"app": ""}}}),
        (
            "networking.k8s.io/v1",
            "NetworkPolicy",
            {"spec": {"podSelector": None, "ingress": [{"from": None}]}},
            {"spec": {"ingress": [{}]}},
        ),
        ("networking.k8s.io/v1", "IngressClass", {"spec": {"parameters": {"namespace": None}}}, {"spec": {"parameters": {}}}),
        ("storage.k8s.io/v1", "StorageClass", {"parameters": {"type": None}}, {"parameters": {"type": ""}}),
        ("example.org/v1", "Widget", {"spec": {"size": None}}, {"spec": {"size": None}}),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", {"spec": {"default": None}}, {"spec": {"default": None}}),
    ],
)
def test_null_is_absent_or_an_empty_text(version: str, kind: str, given: JsonObject, meant: JsonObject) -> None:
    manifest: JsonObject = {"apiVersion": version, "kind": kind, "metadata": NAME}
    assert without_nulls({**manifest, **given}) == {**manifest, **meant}


@pytest.mark.parametrize("version", ["v1", "example.org/v1"])
@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({"namespace": None, "annotations": None}, {}),
        ({"labels": {"a": None}, "annotations": {"b": None, "c": "1"}}, {"labels": {"a": ""}, "annotations": {"b": "", "c": "1"}}),
        ({"finalizers": [None]}, {"finalizers": [None]}),
    ],
)
def test_metadata_is_the_same_for_all_kinds(version: str, given: dict[str, JsonValue], meant: dict[str, JsonValue]) -> None:
    whole = without_nulls({"apiVersion": version, "kind": "Service", "metadata": {"name": "web", **given}})
    assert whole["metadata"] == {"name": "web", **meant}


def test_metadata_that_is_none_is_left_to_the_check_of_its_name() -> None:
    assert without_nulls({"apiVersion": "example.org/v1", "kind": "Widget", "metadata": None})["metadata"] is None
    assert "metadata" not in without_nulls({"apiVersion": "v1", "kind": "Service", "metadata": None})
