# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much a result holds."""

from __future__ import annotations

import json

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import Ref
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import Snapshot
from ansible_collections.rollout.kubernetes.plugins.module_utils._engine.tell.outcome import Outcome, Rollout
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.results import bounded, failure, result_of


def rollout(number: int, cause: str = "", phase: str = "complete") -> Rollout:
    return Rollout(Ref("Deployment", "shop", f"web-{number}"), phase, "rolling", Snapshot(None), "x", cause=cause)  # type: ignore[arg-type]


def test_of_many_workloads_a_failure_lists_those_that_failed_first_and_counts_the_complete_ones() -> None:
    many = (*(rollout(number) for number in range(297)), rollout(297, phase="progressing"), rollout(298, "bad", "degraded"), rollout(299))
    result = result_of(Outcome(changed=True, rollouts=many, error="bad"), diff=False, check=False)
    assert [entry["name"] for entry in result["rollouts"]] == ["web-298", "web-297"]
    assert result["msg"] == "bad. The other 298 of 300 workloads are complete, and left out of rollouts."
    assert len(json.dumps(result)) < 5_000


def test_a_few_workloads_and_what_went_well_are_listed_whole() -> None:
    many = tuple(rollout(number) for number in range(300))
    assert len(result_of(Outcome(changed=True, rollouts=many), diff=False, check=False)["rollouts"]) == 300
    few = (*many[:19], rollout(20, "bad", "degraded"))
    assert len(result_of(Outcome(changed=True, rollouts=few, error="bad"), diff=False, check=False)["rollouts"]) == 20


def test_a_message_has_an_end() -> None:
    assert bounded("short") == "short"
    long = bounded("word " * 100_000)
    assert len(long) < 20_100
    assert long.endswith("word ... (and 480000 characters more)")
    assert len(failure("x" * 100_000, changed=False)["msg"]) < 20_100
