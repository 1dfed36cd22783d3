# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which kinds a CustomResourceDefinition brings, and in which order the objects of a definition are applied."""

from __future__ import annotations

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, JsonValue
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import KNOWN, Resource
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.definitions.custom import CRD, kinds_of, refusal_of, served_kinds
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.definitions.order import place_of

WIDGET = Resource("example.org/v1", "Widget", "widgets")


def definition(scope: str = "Namespaced", conditions: dict[str, str] | None = None) -> JsonObject:
    versions: list[JsonValue] = [{"name": "v1", "served": True}, {"name": "v2", "served": True}, {"name": "v0", "served": False}]
    return {
        "apiVersion": CRD.api_version,
        "kind": CRD.kind,
        "metadata": {"name": "widgets.example.org"},
        "spec": {"group": "example.org", "scope": scope, "names": {"kind": "Widget", "plural": "widgets"}, "versions": versions},
        "status": {"conditions": [{"type": kind, "status": status, "message": kind} for kind, status in (conditions or {}).items()]},
    }


def test_each_served_version_is_a_kind() -> None:
    assert kinds_of(definition()) == (WIDGET, Resource("example.org/v2", "Widget", "widgets"))
    assert [kind.namespaced for kind in kinds_of(definition("Cluster"))] == [False, False]
    assert kinds_of({**definition(), "kind": "Widget"}) == ()


def test_kinds_are_served_once_the_definition_is_established() -> None:
    assert served_kinds(None) == ()
    assert served_kinds(definition()) == ()
    assert served_kinds(definition(conditions={"Established": "False"})) == ()
    assert served_kinds(definition(conditions={"NamesAccepted": "True", "Established": "True"})) == kinds_of(definition())


def test_names_that_another_one_has_are_never_served() -> None:
    assert refusal_of(definition()) == ""
    assert refusal_of(definition(conditions={"NamesAccepted": "True"})) == ""
    assert refusal_of(definition(conditions={"Established": "False", "NamesAccepted": "False"})) == "NamesAccepted"


def kind(name: str, version: str = "v1") -> Resource:
    return KNOWN.get((version, name)) or Resource(version, name, f"{name.lower()}s")


def test_each_object_comes_after_what_it_needs() -> None:
    ordered = [
        kind("Namespace"),
        CRD,
        kind("PriorityClass", "scheduling.k8s.io/v1"),
        kind("LimitRange"),
        kind("ServiceAccount"),
        kind("Role", "rbac.authorization.k8s.io/v1"),
        kind("RoleBinding", "rbac.authorization.k8s.io/v1"),
        kind("ConfigMap"),
        kind("PersistentVolume"),
        kind("PersistentVolumeClaim"),
        kind("Service"),
        kind("Job", "batch/v1"),
        kind("ValidatingWebhookConfiguration", "admissionregistration.k8s.io/v1"),
    ]
    places = [place_of(entry) for entry in ordered]
    assert places == sorted(set(places))


@pytest.mark.parametrize("name", ["Service", "Namespace", "APIService"])
def test_a_kind_of_the_same_name_in_another_group_has_no_place_of_its_own(name: str) -> None:
    assert place_of(kind(name, "example.org/v1")) == place_of(WIDGET) == place_of(kind("Pod"))
