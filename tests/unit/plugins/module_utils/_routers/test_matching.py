# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests of testers, by header or cookie, in the routes of each router that can tell them apart."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.routes import Match
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.splitting import LeadMatching
from ansible_collections.rollout.kubernetes.plugins.module_utils._routers.table import ROUTERS

from tests.memory.routes import MANIFESTS

TESTERS = Match({"X-Canary": "always"}, {"beta": "1"})
SERVICES = ("web", "web-canary")


def led(kind: str, match: Match = TESTERS) -> tuple[dict[str, Any], Any]:
    """A route of a kind before and after."""
    obj = MANIFESTS[kind]("shop")
    return obj, LeadMatching(ROUTERS[kind], match, "web-canary", SERVICES)(copy.deepcopy(obj))


@pytest.mark.parametrize("kind", ["HTTPRoute", "GRPCRoute", "VirtualService"])
def test_a_rule_of_their_own_stands_before_the_one_that_names_the_service(kind: str) -> None:
    before, after = led(kind)
    again = LeadMatching(ROUTERS[kind], TESTERS, "web-canary", SERVICES)(after)
    assert again == after != before
    assert ROUTERS[kind].unmatched(after) == before
    assert [rule.name for rule in ROUTERS[kind].rules(after)] != []
    assert ROUTERS[kind].unmatched(before) is before


def test_a_virtual_service_matches_by_exact_headers_and_a_pattern_for_the_cookie() -> None:
    before, after = led("VirtualService")
    (header, testers, main) = after["spec"]["http"]
    assert (header, main) == tuple(before["spec"]["http"])
    (match,) = testers["match"]
    assert (match["uri"], match["headers"]["x-canary"]) == ({"prefix": "/shop"}, {"exact": "always"})
    assert re.fullmatch(match["headers"]["cookie"]["regex"], "a=1; beta=1; c=2")
    assert not re.fullmatch(match["headers"]["cookie"]["regex"], "xbeta=1")
    assert testers["route"] == [{"destination": {"host": "web-canary.shop.svc.cluster.local", "port": {"number": 80}}}]
    assert (testers["retries"], testers["timeout"]) == (main["retries"], main["timeout"])


def test_connections_have_no_headers() -> None:
    obj = {"metadata": {"namespace": "shop"}, "spec": {"tcp": [{"route": [{"destination": {"host": "web"}}]}]}}
    assert LeadMatching(ROUTERS["VirtualService"], TESTERS, "web-canary", SERVICES)(obj) == obj


def test_a_second_ingress_says_it_by_annotations() -> None:
    _before, after = led("Ingress", Match({"X-Canary": "always"}))
    annotations = after["metadata"]["annotations"]
    prefix = "nginx.ingress.kubernetes.io/canary-by-header"
    assert (annotations[prefix], annotations[f"{prefix}-value"]) == ("X-Canary", "always")


@pytest.mark.parametrize(
    ("kind", "match", "why"),
    [
        ("Ingress", Match({}, {"beta": "1"}), "a cookie counts with the value always alone"),
        ("Ingress", Match({"a": "1", "b": "2"}), "its annotations take one header or one cookie"),
        ("Ingress", Match({"a": "1"}, {"beta": "always"}), "its annotations take one header or one cookie"),
        ("Ingress", Match({"a": "1"}), ""),
        ("VirtualService", Match({}, {"a": "1", "b": "2"}), "it takes one pattern for the header of cookies"),
        ("VirtualService", TESTERS, ""),
        ("HTTPRoute", TESTERS, ""),
    ],
)
def test_what_a_router_cannot_tell_apart_is_said(kind: str, match: Match, why: str) -> None:
    found = ROUTERS[kind].mismatch(match)
    assert found.startswith(why) if why else not found
