# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which field that nobody may change a manifest would change, and what is said about it."""

from __future__ import annotations

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, JsonValue
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.ownership.immutable import changed_fields, fixed_sentence

from ..samples import workload

CLAIM: JsonObject = {"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "1Gi"}}}}
DEFAULTED: JsonObject = {**CLAIM, "status": {"phase": "Pending"}, "apiVersion": "v1"}
LIVE: JsonObject = {"serviceName": "web", "podManagementPolicy": "OrderedReady", "volumeClaimTemplates": [DEFAULTED]}
ALL: JsonObject = {"f:spec": {f"f:{name}": {} for name in LIVE}}


def grown(size: str) -> JsonValue:
    return [{**CLAIM, "spec": {"resources": {"requests": {"storage": size}}}}]


@pytest.mark.parametrize(
    ("wanted", "dropped", "fields"),
    [
        ({"serviceName": "web", "volumeClaimTemplates": [CLAIM]}, {}, ()),
        ({"serviceName": None}, {}, ("serviceName",)),
        ({"serviceName": "other", "podManagementPolicy": "Parallel"}, {}, ("serviceName", "podManagementPolicy")),
        ({"volumeClaimTemplates": grown("1Gi")}, {}, ()),
        ({"volumeClaimTemplates": grown("2Gi")}, {}, ("volumeClaimTemplates",)),
        ({"volumeClaimTemplates": [CLAIM, CLAIM]}, {}, ("volumeClaimTemplates",)),
        ({"volumeClaimTemplates": "none"}, {}, ("volumeClaimTemplates",)),
        ({"volumeClaimTemplates": [{**CLAIM, "metadata": {"name": "data", "labels": None}}]}, {}, ()),
        ({}, {}, ()),
        ({}, ALL, ("serviceName", "volumeClaimTemplates")),
        ({"selector": {"matchLabels": {"app": "web"}}}, {}, ()),
        ({"selector": {"matchLabels": {}}}, {}, ("selector",)),
        ({"selector": {"matchLabels": {"app": "web"}, "matchExpressions": []}}, {}, ()),
        ({"selector": {"matchLabels": {"app": "web"}, "matchExpressions": None}}, {}, ()),
        ({"selector": {"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "app", "operator": "Exists"}]}}, {}, ("selector",)),
        ({"volumeClaimTemplates": grown("1024Mi")}, {}, ()),
        ({"volumeClaimTemplates": grown("1073741824")}, {}, ()),
        ({"volumeClaimTemplates": grown("1G")}, {}, ("volumeClaimTemplates",)),
        ({"volumeClaimTemplates": grown("much")}, {}, ("volumeClaimTemplates",)),
        ({"volumeClaimTemplates": [{**CLAIM, "metadata": "data"}]}, {}, ("volumeClaimTemplates",)),
        ({"volumeClaimTemplates": [{**CLAIM, "status": {"phase": {"odd": "1"}}}]}, {}, ("volumeClaimTemplates",)),
    ],
)
def test_what_would_change_is_named(wanted: dict[str, JsonValue], dropped: JsonObject, fields: tuple[str, ...]) -> None:
    manifest = workload("StatefulSet", spec=wanted)
    if "selector" not in wanted:
        manifest = {**manifest, "spec": wanted}
    assert changed_fields(workload("StatefulSet", spec=LIVE), manifest, dropped) == fields


def test_a_list_that_is_none_yet_is_another_value() -> None:
    assert changed_fields(workload("StatefulSet"), workload("StatefulSet", spec={"volumeClaimTemplates": [CLAIM]}), {}) == (
        "volumeClaimTemplates",
    )


def test_other_kinds_have_a_selector_and_other_objects_nothing() -> None:
    other: JsonObject = {"selector": {"matchLabels": {"app": "other"}}, "serviceName": "x"}
    assert changed_fields(workload("DaemonSet"), workload("DaemonSet", spec=other), {}) == ("selector",)
    assert changed_fields(workload("Job"), workload("Job", spec=other), {}) == ()


def test_the_sentence_names_the_fields_and_the_way_that_keeps_the_pods() -> None:
    live = workload("StatefulSet")
    one = fixed_sentence(live, ["serviceName"])
    assert one.startswith("StatefulSet shop/web: spec.serviceName is not what the definition says")
    assert "kubectl --namespace shop delete statefulset web --cascade=orphan" in one
    several = fixed_sentence(live, ["serviceName", "podManagementPolicy", "volumeClaimTemplates"])
    assert "spec.serviceName, spec.podManagementPolicy and spec.volumeClaimTemplates are not" in several
    assert several.endswith(", existing claims stay as they are.")


def test_a_selector_needs_another_name_since_the_pods_would_not_be_found() -> None:
    sentence = fixed_sentence(workload("DaemonSet"), ["selector"])
    assert "orphan" not in sentence
    assert sentence.endswith("roll the definition out under another name.")
