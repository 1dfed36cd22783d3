# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ingress-nginx: the Ingress with the annotation `canary` says its own share, and by it that of the first Ingress."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.routes import (
    divided,
    is_divided,
    remembered,
    restored,
    weights_of,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._routers.ingress_nginx import INGRESS

PREFIX = "nginx.ingress.kubernetes.io/"
WANTED = {"web": 95, "canary": 5}


def ingress(*services: str, **annotations: Any) -> dict[str, Any]:
    """The canary's Ingress, with these annotations besides."""
    paths = [{"path": f"/{name}", "backend": {"service": {"name": name, "port": {"number": 80}}}} for name in services or ("canary",)]
    named = {f"{PREFIX}{name.replace('_', '-')}": value for name, value in {"canary": "true", **annotations}.items()}
    return {"metadata": {"namespace": "shop", "annotations": named}, "spec": {"rules": [{"http": {"paths": paths}}]}}


def annotation(obj: Any, name: str) -> Any:
    return obj["metadata"]["annotations"].get(f"{PREFIX}{name}")


def split(obj: Any, wanted: dict[str, int]) -> Any:
    (rule,) = INGRESS.rules(obj)
    return INGRESS.written(obj, divided(INGRESS, rule, wanted))


@pytest.mark.parametrize(
    ("annotations", "weights"),
    [
        ({}, {"canary": 0, "web": 100}),
        ({"canary_weight": "5"}, {"canary": 5, "web": 95}),
        ({"canary_weight": "+5", "canary_weight_total": "1000"}, {"canary": 5, "web": 995}),
        ({"canary_weight": "05", "canary_weight_total": "20"}, {"canary": 5, "web": 95}),
        ({"canary_weight": "150"}, {"canary": 100, "web": 0}),
        ({"canary_weight": "-5"}, {"canary": 0, "web": 100}),
        ({"canary_weight": "abc", "canary_weight_total": " 7"}, {"canary": 0, "web": 100}),
        ({"canary_weight": "5.5"}, {"canary": 0, "web": 100}),
        ({"canary_weight": 5}, {"canary": 0, "web": 100}),
    ],
)
def test_how_a_weight_counts(annotations: dict[str, Any], weights: dict[str, int]) -> None:
    (rule,) = INGRESS.rules(ingress(**annotations))
    assert weights_of(rule, ["canary", "web"]) == weights
    assert rule.open


@pytest.mark.parametrize(
    ("annotations", "wanted", "weight", "total"),
    [
        ({}, {"web": 95, "canary": 5}, "5", None),
        ({"canary_weight": "5"}, {"web": 1, "canary": 1}, "50", None),
        ({"canary_weight_total": "1000"}, {"web": 999, "canary": 1}, "1", "1000"),
        ({"canary_weight_total": "100"}, {"web": 999, "canary": 1}, "100", "100000"),
        ({"canary_weight_total": "20"}, {"web": 9, "canary": 1}, "10", "20"),
        ({"canary_weight": "5"}, {"web": 999, "canary": 1}, "100", "100000"),
    ],
)
def test_the_annotations_say_the_new_share(annotations: dict[str, str], wanted: dict[str, int], weight: str, total: str | None) -> None:
    before = ingress(**annotations)
    after = split(before, wanted)
    assert (annotation(after, "canary-weight"), annotation(after, "canary-weight-total")) == (weight, total)
    assert is_divided(INGRESS.rules(after)[0], wanted)
    former: Any = remembered(INGRESS.rules(before))
    assert restored(INGRESS, after, former, wanted) == before


def test_what_somebody_has_changed_meanwhile_stays() -> None:
    before = ingress(canary_weight="7", canary_weight_total="1000")
    former: Any = remembered(INGRESS.rules(before))
    other = ingress("new", canary_weight="3", canary_weight_total="2000")
    assert restored(INGRESS, other, former, WANTED) == ingress("new", canary_weight="3", canary_weight_total="1000")
    ours = ingress("web", canary_weight="3", canary_weight_total="2000")
    assert restored(INGRESS, ours, former, WANTED) == ingress("web", canary_weight="3", canary_weight_total="1000")


@pytest.mark.parametrize("value", ["1", "t", "T", "true", "True", "TRUE"])
def test_what_says_yes(value: str) -> None:
    assert INGRESS.unfit(ingress(canary=value)) == ""


@pytest.mark.parametrize("obj", [ingress(canary="false"), ingress(canary="yes"), {"metadata": {}}, {}])
def test_the_first_ingress_has_no_weight(obj: Any) -> None:
    assert INGRESS.rules(obj) == ()
    assert INGRESS.unfit(obj) == (
        f'has no annotation {PREFIX}canary: "true", so no weight stands in it; name the Ingress of the same host and path that has it, and '
        "leads to the candidate's Service."
    )


def test_several_services_cannot_share_one_weight() -> None:
    assert INGRESS.rules(ingress("canary", "api")) == ()
    assert (
        INGRESS.unfit(ingress("canary", "api"))
        == "leads to the Services canary, api, which share one weight; make an Ingress for each of them."
    )
    assert INGRESS.unfit(ingress("canary", "canary")) == ""


def test_a_default_backend_is_one_as_well() -> None:
    obj = ingress()
    obj["spec"] = {"defaultBackend": {"service": {"name": "canary", "port": {"number": 80}}}}
    assert INGRESS.rules(obj)[0].services == ("canary",)
    assert INGRESS.rules({**obj, "spec": {}}) == ()


@pytest.mark.parametrize(
    ("annotations", "words"),
    [
        ({}, ()),
        ({"canary_by_header": "x-canary"}, ("canary-by-header comes before the weight",)),
        ({"canary_by_header": "x", "canary_by_cookie": "y"}, ("canary-by-header comes", "canary-by-cookie comes")),
        ({"affinity": "cookie"}, ("affinity binds clients by a cookie",)),
        ({"affinity": "cookie", "affinity_canary_behavior": "sticky"}, ("affinity binds",)),
        ({"affinity": "cookie", "affinity_canary_behavior": "legacy"}, ()),
    ],
)
def test_what_keeps_requests_from_following_the_weights_is_told(annotations: dict[str, str], words: tuple[str, ...]) -> None:
    found = INGRESS.warnings(ingress(**annotations))
    assert len(found) == len(words)
    assert all(word in warning for word, warning in zip(words, found, strict=True))


# --- the second Ingress -----------------------------------------------------------------------------------------------------------


def first(**more: Any) -> dict[str, Any]:
    """An Ingress with two hosts; one path of the one, and none of the other, leads to `web`."""
    paths = [
        {"path": f"/{name}", "pathType": "Prefix", "backend": {"service": {"name": name, "port": {"number": 80}}}}
        for name in ("web", "api")
    ]
    rules = [{"host": "shop.example", "http": {"paths": paths}}, {"host": "other.example", "http": {"paths": paths[1:]}}, {"host": "bare"}]
    annotations = {"kubernetes.io/ingress.class": "nginx", f"{PREFIX}affinity": "cookie"}
    spec = {"ingressClassName": "nginx", "tls": [{"hosts": ["shop.example"]}], "rules": rules}
    return {"metadata": {"name": "web", "namespace": "shop", "annotations": annotations}, "spec": {**spec, **more}}


def test_the_second_one_has_the_same_paths_and_no_share_yet() -> None:
    assert INGRESS.beside is not None
    second = INGRESS.beside(first(), "web", "web-canary", "web-canary-share")
    backend = {"service": {"name": "web-canary", "port": {"number": 80}}}
    assert second == {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": "web-canary-share",
            "namespace": "shop",
            "annotations": {"kubernetes.io/ingress.class": "nginx", f"{PREFIX}canary": "true", f"{PREFIX}canary-weight": "0"},
        },
        "spec": {
            "ingressClassName": "nginx",
            "rules": [{"host": "shop.example", "http": {"paths": [{"path": "/web", "pathType": "Prefix", "backend": backend}]}}],
        },
    }
    (rule,) = INGRESS.rules(second)
    assert weights_of(rule, ["web", "web-canary"]) == {"web-canary": 0, "web": 100}


def test_where_nothing_leads_to_the_service_there_is_none() -> None:
    assert INGRESS.beside is not None
    assert INGRESS.beside(first(), "absent", "x", "x") is None
    assert INGRESS.beside({}, "web", "x", "x") is None
