# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The claim of a rollout, by whatever strategy: stored, read again, and refused where it cannot be read."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import RefusedError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, Ref
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.leases.claim import MOST_VERDICTS, Claim, Judged
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.sides.claims import CLAIM, SidesClaim, claim_of, sides_claim_of

STORED: dict[str, Any] = {"strategy": "canary", "objects": ["Deployment/web"], "wanted": {"weight": 10}}
WHOLE = Claim(
    strategy="canary",
    objects=("Deployment/web", "Service/web"),
    wanted={"weights": [10, 50]},
    known={"replicas": 3},
    times={"began": "2026-11-30T08:00:00Z"},
    cause="release 2",
    by="alice",
    since="2026-11-30T07:59:00Z",
    plan_hash="p1-0",
    verdicts=(
        Judged("errors", "switch", "fail", 0.21, "2026-11-30T08:00:00Z"),
        Judged("latency", "hold", "fail", math.inf, "2026-11-30T08:01:00Z", dry_run=True),
        Judged("smoke", "hold", "inconclusive"),
    ),
)


def lease(text: str) -> JsonObject:
    return {"metadata": {"namespace": "shop", "name": "rollout-web", "annotations": {CLAIM: text}}}


@pytest.mark.parametrize("claim", [WHOLE, Claim(strategy="canary", objects=("Deployment/web",)), WHOLE.given_up("it crashed.")])
def test_a_claim_comes_back_as_it_was_stored(claim: Claim) -> None:
    assert claim_of(lease(claim.text())) == claim


def test_the_claim_of_another_strategy_is_none_of_two_sides() -> None:
    assert sides_claim_of(lease(WHOLE.text())) is None


def test_a_claim_that_names_no_strategy_is_one_of_blue_green() -> None:
    side = {"workload": "web", "stable": "web", "candidate": "web-green", "wanted": "x"}
    claim = claim_of(lease(json.dumps({"sides": [side], "services": {"web": "web"}})))
    assert isinstance(claim, SidesClaim)
    assert (claim.strategy, claim.way) == ("blue_green", "blue/green")


@pytest.mark.parametrize(
    "broken",
    [
        {**STORED, "objects": []},
        {**STORED, "objects": "Deployment/web"},
        {**STORED, "objects": ["Deployment/web", 3]},
        {"strategy": "canary"},
        {**STORED, "wanted": ["weight"]},
        {**STORED, "known": 3},
        {**STORED, "times": "now"},
    ],
)
def test_a_claim_that_is_not_whole_is_refused_by_its_name(broken: dict[str, Any]) -> None:
    with pytest.raises(RefusedError, match=r"The annotation rollout\.kubernetes/claim of Lease shop/rollout-web cannot be read"):
        claim_of(lease(json.dumps(broken)))


def test_a_claim_covers_the_objects_that_it_names() -> None:
    assert WHOLE.covers(Ref("Service", "shop", "web"))
    assert not WHOLE.covers(Ref("StatefulSet", "shop", "web"))


def test_of_each_gate_in_each_step_the_last_verdict_is_remembered() -> None:
    again = Judged("errors", "switch", "pass", 0.0, "2026-11-30T09:00:00Z")
    errors, latency, smoke = WHOLE.verdicts
    assert WHOLE.judged([again]).verdicts == (latency, smoke, again)
    assert WHOLE.judged([Judged("errors", "hold", "pass")]).verdicts[:3] == (errors, latency, smoke)


def test_of_very_many_verdicts_the_last_are_remembered_and_have_room() -> None:
    many = [Judged("g" * 60 + str(number), "s" * 253, "inconclusive", -math.inf, "2026-11-30T09:00:00Z") for number in range(500)]
    claim = WHOLE.judged(many)
    assert claim.verdicts == tuple(many[-MOST_VERDICTS:])
    assert claim_of(lease(claim.text())) == claim
    assert len(claim.text()) < 12_000


@pytest.mark.parametrize("value", ["much", None, [1], {"a": 1}])
def test_a_value_that_cannot_be_read_is_none(value: Any) -> None:
    claim = claim_of(lease(json.dumps({**STORED, "verdicts": [{"gate": "errors", "value": value}]})))
    assert claim is not None
    assert claim.verdicts == (Judged("errors", "", ""),)


def test_a_claim_remembers_when_something_happened() -> None:
    noted = WHOLE.noted("held", "2026-11-30T08:05:00Z")
    assert noted.moments == {"began": "2026-11-30T08:00:00Z", "held": "2026-11-30T08:05:00Z"}
    assert WHOLE.moments == {"began": "2026-11-30T08:00:00Z"}
