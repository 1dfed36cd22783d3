# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which objects a rollout by blue/green has for itself, and what others are told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import Ref
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.leases.claimed import claimed
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.leases.lease import application_of, new_lease
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.sides.claims import Side, SidesClaim

SIDES = (Side("web", "web", "web-green", "w"), Side("api", "old-api", "api-blue", "w"))
CLAIM = SidesClaim(
    "one", SIDES, {"web": "web", "front": "api"}, {"preview": "web"}, cause="image web=web:2", by="alice@box", since="2026-11-29T15:50:00Z"
)
WEB = Ref("Deployment", "shop", "web")


@pytest.mark.parametrize(
    ("kind", "name", "covered"),
    [
        ("Deployment", "web", True),
        ("Deployment", "web-green", True),
        ("Deployment", "web-blue", True),
        ("Deployment", "old-api", True),
        ("Deployment", "preview", False),
        ("Service", "web", True),
        ("Service", "front", True),
        ("Service", "preview", True),
        ("Service", "web-green", False),
        ("StatefulSet", "web", False),
    ],
)
def test_both_sides_and_all_services_are_covered(kind: str, name: str, covered: bool) -> None:
    assert CLAIM.covers(Ref(kind, "shop", name)) is covered


GOING_ON = "go on with it by promote or blue_green, or give it up by abort (name: web), and run this task after that."


BELONGS = "Deployment shop/web belongs to a blue/green rollout of web that is on its way"
BEGUN = "begun by alice@box at 2026-11-29T15:50:00Z"


@pytest.mark.parametrize(
    ("claim", "state", "told"),
    [
        (CLAIM, {"step": "switch"}, f" (image web=web:2), {BEGUN}; it stands before the step switch: {GOING_ON}"),
        (replace(CLAIM, since=""), {"holder": "bob 1"}, f" (image web=web:2), begun by alice@box; bob 1 works on it now: {GOING_ON}"),
        (replace(CLAIM, back=True, cause=""), {}, f", {BEGUN}; it is going back: the module abort (name: web) finishes that."),
        (replace(CLAIM, by="", since="", cause=""), {}, f": {GOING_ON}"),
    ],
)
def test_the_sentence_says_who_since_when_where_and_how_to_go_on(claim: SidesClaim, state: dict[str, str], told: str) -> None:
    assert claimed(WEB, "web", claim, **state) == BELONGS + told


def test_a_lease_tells_its_application() -> None:
    assert application_of(new_lease("shop", "web")) == "web"
