# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds of the routes of every kind: only the numbers change, what was there comes back, and no shape of an object is an error."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.routes import (
    Router,
    Rule,
    concerned,
    divided,
    is_divided,
    remembered,
    restored,
    undividable,
    weights_of,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._routers.table import ROUTERS
from hypothesis import given
from hypothesis import strategies as st

from tests.memory.routes import MANIFESTS, RULES

KINDS = sorted(ROUTERS)
WEIGHTS = {"web": 95, "web-canary": 5}
OTHERS_LAST = {"web": 76, "other": 20, "web-canary": 4}


def split(router: Router, obj: JsonObject, wanted: Mapping[str, int]) -> JsonObject:
    for rule in concerned(router.rules(obj), wanted):
        obj = router.written(obj, divided(router, rule, wanted))
    return obj


def rule_of(router: Router, obj: JsonObject) -> Rule:
    (found,) = concerned(router.rules(obj), WEIGHTS)
    return found


def test_there_is_a_sample_of_each_kind() -> None:
    assert sorted(MANIFESTS) == sorted(RULES) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_found_by_its_name(kind: str) -> None:
    router, manifest = ROUTERS[kind], MANIFESTS[kind]("shop")
    assert (router.resource.api_version, router.resource.kind) == (manifest["apiVersion"], manifest["kind"])
    assert router.unfit(manifest) == ""


@pytest.mark.parametrize("kind", KINDS)
def test_the_services_share_what_the_rule_gives_them(kind: str) -> None:
    router, before = ROUTERS[kind], MANIFESTS[kind]("shop")
    assert rule_of(router, before).name == RULES[kind]
    after = rule_of(router, split(router, before, WEIGHTS))
    assert is_divided(after, WEIGHTS)
    if not after.open:
        whole = sum(weights_of(after).values())
        assert {name: weight * 100 // whole for name, weight in weights_of(after).items()} == OTHERS_LAST
    else:
        assert weights_of(after, WEIGHTS) == {"web-canary": 5, "web": 95}


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_numbers_change(kind: str) -> None:
    router, before = ROUTERS[kind], MANIFESTS[kind]("shop")
    one = split(router, before, WEIGHTS)
    kept = copy.deepcopy(one)
    for weights in ({"web": 50, "web-canary": 50}, {"web": 0, "web-canary": 100}, {"web": 1, "web-canary": 999}):
        other = split(router, one, weights)
        assert other != one
        assert without_numbers(router, other) == without_numbers(router, one)
    assert one == kept
    assert split(router, one, WEIGHTS) == one


def without_numbers(router: Router, obj: JsonObject) -> JsonObject:
    """The object with each weight of the rule 0."""
    rule = rule_of(router, obj)
    branches = tuple(branch.weighing(0) for branch in rule.branches)
    return router.written(obj, Rule(rule.name, rule.place, branches, rule.key, open=rule.open))


PARTS = st.fixed_dictionaries({"web": st.integers(0, 999), "web-canary": st.integers(1, 999)})


@pytest.mark.parametrize("kind", KINDS)
@given(one=PARTS, other=PARTS)
def test_what_was_there_comes_back_byte_by_byte(kind: str, one: dict[str, int], other: dict[str, int]) -> None:
    router, before = ROUTERS[kind], MANIFESTS[kind]("shop")
    former: Any = remembered(concerned(router.rules(before), WEIGHTS))
    stored = json.loads(json.dumps(former))
    after = split(router, split(router, before, one), other)
    back = restored(router, after, stored, WEIGHTS)
    assert json.dumps(back, sort_keys=True) == json.dumps(before, sort_keys=True)
    assert restored(router, back, stored, WEIGHTS) == before


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weights", [WEIGHTS, {"web": 2, "web-canary": 1}, {"web": 1, "web-canary": 99_999}])
def test_dividing_again_changes_nothing(kind: str, weights: dict[str, int]) -> None:
    router = ROUTERS[kind]
    once = split(router, MANIFESTS[kind]("shop"), weights)
    assert split(router, once, weights) == once
    assert all(branch.weight <= router.most or branch.service == "" for branch in rule_of(router, once).branches)


@pytest.mark.parametrize("kind", KINDS)
def test_a_branch_leads_to_another_service_and_is_the_same_in_all_else(kind: str) -> None:
    router = ROUTERS[kind]
    model = rule_of(router, MANIFESTS[kind]("shop")).branches[0]
    led = json.dumps(router.leading(model.entry, "new"), sort_keys=True)
    assert led == json.dumps(model.entry, sort_keys=True).replace(f'"{model.service}', '"new')


# --- unexpected shapes --------------------------------------------------------------------------------------------------------

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
WORDS = (
    *("metadata", "annotations", "namespace", "generation", "spec", "rules", "backendRefs", "name", "weight", "kind", "group", "to"),
    *("alternateBackends", "http", "tcp", "tls", "route", "destination", "host", "subset", "weighted", "services", "sticky", "cookie"),
    *("routes", "defaultBackend", "service", "paths", "backend", "status", "parents", "ingress", "conditions", "type", "routerName"),
    *("observedGeneration", "termination", "sessionPersistence", "parentRef", "controllerName"),
    *(f"nginx.ingress.kubernetes.io/{name}" for name in ("canary", "canary-weight", "canary-weight-total", "affinity")),
)
TEXTS = st.sampled_from(("web", "web.shop.svc.cluster.local", "true", "5", "Accepted", "Admitted", "Reconciled", "True", "Service"))
VALUES = st.recursive(
    SCALARS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5),
    max_leaves=8,
)


@st.composite
def broken(draw: st.DrawFn, kind: str) -> Any:
    """A route in which some values are others."""
    obj = MANIFESTS[kind]("shop")
    obj["status"] = {"parents": [{}], "ingress": [{"conditions": [{}]}], "conditions": [{}]}
    for _change in range(draw(st.integers(1, 3))):
        holder: Any = obj
        while draw(st.integers(0, 5)):
            below = [
                value for value in (holder.values() if isinstance(holder, dict) else holder) if isinstance(value, dict | list) and value
            ]
            if not below:
                break
            holder = draw(st.sampled_from(below))
        if isinstance(holder, dict) and holder:
            holder[draw(st.sampled_from(sorted(holder)))] = draw(VALUES)
        elif isinstance(holder, list) and holder:
            holder[draw(st.integers(0, len(holder) - 1))] = draw(VALUES)
    return obj


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_an_unexpected_shape_is_no_error(kind: str, data: st.DataObject) -> None:
    router = ROUTERS[kind]
    obj = data.draw(st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=5) | broken(kind))
    heard = data.draw(st.frozensets(st.sampled_from(("Accepted by a", "router a", "istiod", "b")), max_size=3)) | router.heard(obj)
    acceptance = router.acceptance(obj, heard)
    assert not (acceptance.lacking and acceptance.refused)
    assert all(router.warnings(obj))
    assert isinstance(router.unfit(obj), str)
    for rule in router.rules(obj):
        assert rule.branches
        assert router.written(obj, rule) == obj
    for rule in concerned(router.rules(obj), WEIGHTS):
        if not undividable(rule, WEIGHTS):
            after = router.written(obj, divided(router, rule, WEIGHTS))
            restored(router, after, [entry for entry in remembered([rule]) if isinstance(entry, dict)], WEIGHTS)
