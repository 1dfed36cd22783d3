# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task that was broken off has left changed: what it was, whether it still is, and how a manifest names it."""

from __future__ import annotations

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import JsonObject, JsonValue, at
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.kinds import workload_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.ownership.borrowed import (
    SURGING,
    applied_back,
    told,
    with_everything_back,
    with_own_strategy,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.records import (
    RESTART,
    STRATEGY,
    RestartRecord,
    StrategyRecord,
)

from ..samples import workload

OWN: JsonObject = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2}}
ON_DELETE: JsonObject = {"type": "OnDelete"}
LIMITS: JsonObject = {"maxSurge": 1, "maxUnavailable": 1}


def evicting(live: JsonObject | None = None, own: JsonObject | None = None) -> JsonObject:
    """A DaemonSet amid on_delete."""
    return StrategyRecord(own or OWN).into(workload("DaemonSet", spec={"updateStrategy": live or ON_DELETE}))


def restarting(live: JsonObject | None = None, manager: str = "") -> JsonObject:
    """A Deployment amid a restart; `manager` owns its limits."""
    fields: JsonValue = {"f:spec": {"f:strategy": {"f:rollingUpdate": {"f:maxUnavailable": {}}}}}
    owners: list[JsonValue] = [{"manager": "kubectl", "fieldsV1": {"f:spec": {"f:replicas": {}}}}]
    if manager:
        owners.append({"manager": manager, "operation": "Update", "fieldsV1": fields})
    obj = workload(spec={"strategy": {"type": "RollingUpdate", "rollingUpdate": SURGING if live is None else live}}, managedFields=owners)
    return RestartRecord("k", "then", LIMITS).into(obj)


def strategy(obj: JsonObject) -> JsonValue:
    return at(obj, "spec", "updateStrategy")


def record(obj: JsonObject, name: str) -> JsonValue:
    return at(obj, "metadata", "annotations", name)


def test_the_update_strategy_comes_back_and_the_record_goes() -> None:
    back = with_own_strategy(evicting())
    assert (strategy(back), record(back, STRATEGY)) == (OWN, None)
    assert with_everything_back(evicting()) == back


def test_one_that_says_no_type_is_a_rolling_update() -> None:
    assert strategy(with_own_strategy(evicting(own={"rollingUpdate": {"maxUnavailable": 2}}))) == OWN


def test_a_strategy_that_was_set_since_stays_and_the_record_goes() -> None:
    other: JsonObject = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 9}}
    back = with_own_strategy(evicting(other))
    assert (strategy(back), record(back, STRATEGY)) == (other, None)


def test_without_a_record_nothing_changes() -> None:
    for obj in (workload("DaemonSet", spec={"updateStrategy": ON_DELETE}), workload()):
        assert with_own_strategy(obj) is obj
        assert with_everything_back(obj) is obj


@pytest.mark.parametrize(
    ("live", "manager"),
    [(SURGING, ""), (SURGING, "rollout.kubernetes-patch"), ({"maxSurge": "25%", "maxUnavailable": 0}, "rollout.kubernetes-patch")],
)
def test_the_limits_of_a_restart_come_back_and_its_key_stays(live: JsonObject, manager: str) -> None:
    back = with_everything_back(restarting(live, manager))
    assert at(back, "spec", "strategy", "rollingUpdate") == LIMITS
    assert record(back, RESTART) == '{"at": "then", "key": "k"}'


@pytest.mark.parametrize("obj", [restarting({"maxSurge": 3, "maxUnavailable": 0}), restarting(manager="kubectl-edit")])
def test_limits_of_somebody_else_stay(obj: JsonObject) -> None:
    back = with_everything_back(obj)
    assert at(back, "spec", "strategy") == at(obj, "spec", "strategy")
    assert record(back, RESTART) == '{"at": "then", "key": "k"}'


@pytest.mark.parametrize(
    ("named", "live", "expected", "kept"),
    [
        pytest.param(None, ON_DELETE, {"type": "RollingUpdate"}, True, id="not named"),
        pytest.param(ON_DELETE, ON_DELETE, ON_DELETE, False, id="named"),
        pytest.param(
            {"rollingUpdate": {"maxSurge": 1}},
            ON_DELETE,
            {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}},
            False,
            id="limits alone",
        ),
        pytest.param(None, OWN, None, True, id="given back already"),
    ],
)
def test_a_manifest_ends_on_delete(named: JsonObject | None, live: JsonObject, expected: JsonObject | None, kept: bool) -> None:
    manifest: JsonObject = {"kind": "DaemonSet", "spec": {"updateStrategy": named} if named is not None else {}}
    applied = applied_back(StrategyRecord(OWN).into(manifest), evicting(live))
    assert (strategy(applied), bool(record(applied, STRATEGY))) == (expected, kept)
    assert applied_back(manifest, workload("DaemonSet", spec={"updateStrategy": ON_DELETE})) is manifest


@pytest.mark.parametrize("owned", [True, False])
def test_defaults_that_nobody_has_set_give_way_to_its_own_limits(owned: bool) -> None:
    default: JsonObject = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}}
    fields: JsonValue = {"f:spec": {"f:updateStrategy": {"f:type": {}, **({"f:rollingUpdate": {"f:maxUnavailable": {}}} if owned else {})}}}
    obj = workload("DaemonSet", spec={"updateStrategy": default}, managedFields=[{"manager": "rollout.kubernetes", "fieldsV1": fields}])
    back = with_own_strategy(StrategyRecord(OWN).into(obj))
    assert (strategy(back), record(back, STRATEGY)) == (default if owned else OWN, None)


def test_what_is_borrowed_is_told_with_the_way_out() -> None:
    assert "DaemonSet shop/web has the update strategy OnDelete only until a rollout by on_delete" in told(workload_of(evicting()))
    assert "Deployment shop/web has maxSurge 1 and maxUnavailable 0 only until a restart has ended" in told(workload_of(restarting()))
    for obj in (evicting(OWN), restarting(LIMITS), workload()):
        assert told(workload_of(obj)) == ""
