# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The routes of the tests with real routers: a patch changes the weights that the manifests have, and nothing else."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from tests.zero_downtime.router_scene import Counts
from tests.zero_downtime.routes import CANDIDATE, KINDS, STABLE, STRICT_TRAEFIK_SERVICE, RouteKind


def patched(manifest, patch):
    """The object after a JSON patch that replaces values."""
    for edit in patch:
        assert edit["op"] == "replace"
        *way, last = [part.replace("~1", "/") for part in edit["path"].split("/")[1:]]
        place = manifest
        for part in way:
            place = place[int(part) if isinstance(place, list) else part]
        assert last in place
        place[last] = edit["value"]
    return manifest


@pytest.mark.parametrize("kind", [*KINDS, STRICT_TRAEFIK_SERVICE], ids=lambda kind: kind.name)
def test_a_patch_writes_the_weights_that_the_manifests_would_have(kind: RouteKind):
    path = kind.path("shop")
    name = path.rpartition("/")[2]
    (before,) = [found for found in kind.objects("shop.example", 0) if found["metadata"]["name"] == name and weighs(found)]
    (after,) = [found for found in kind.objects("shop.example", 30) if found["metadata"]["name"] == name and weighs(found)]
    assert path.startswith(f"/apis/{before['apiVersion']}/namespaces/shop/")
    assert patched(before, kind.patch(30)) == after


def weighs(manifest) -> bool:
    """Say whether an object has weights."""
    return '"weight":' in json.dumps(manifest) or "canary-weight" in json.dumps(manifest)


@pytest.mark.parametrize("kind", [*KINDS, STRICT_TRAEFIK_SERVICE], ids=lambda kind: kind.name)
def test_a_route_as_its_user_has_it_knows_the_first_service_alone(kind: RouteKind):
    written = json.dumps(kind.objects("shop.example", None))
    assert not weighs(kind.objects("shop.example", None))
    assert CANDIDATE not in written
    assert "shop.example" in written
    assert kind.ref["name"] == STABLE
    assert kind.ref["kind"] in {found["kind"] for found in kind.objects("shop.example", None)}


@pytest.mark.parametrize(
    ("part", "share", "holds"),
    [(0, 0, True), (1, 0, False), (100, 1, True), (99, 1, False), (50, 0.5, True), (70, 0.5, True), (71, 0.5, False), (29, 0.5, False)],
)
def test_a_share_is_met_within_four_standard_deviations(part, share, holds):
    assert Counts(requests=100, by_version=Counter(), failed=0, outcomes={}).is_share(part, share) is holds
