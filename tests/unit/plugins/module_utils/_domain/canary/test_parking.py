# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a Deployment is made to stand still, and gets its own fields back."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.objects import at
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.canary.parking import (
    Bounds,
    Park,
    Unpark,
    bounds_of,
    fields_of,
    has_fields,
    portion,
)
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.kinds import workload_of
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import Workload
from hypothesis import given
from hypothesis import strategies as st

OWN: dict[str, Any] = {
    "progressDeadlineSeconds": 600,
    "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
}


def deployment(replicas: int = 10, **spec: Any) -> dict[str, Any]:
    return {"kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replicas": replicas, **OWN, **spec}}


def workload(replicas: int = 10, **spec: Any) -> Workload:
    return workload_of(deployment(replicas, **spec))


@given(st.integers(1, 300), st.data())
def test_the_bounds_are_what_the_controller_makes_of_them(total: int, data: st.DataObject) -> None:
    unavailable = data.draw(st.integers(0, total))
    surge = data.draw(st.integers(0 if unavailable else 1, total - unavailable or 1))
    parked = workload_of(dict(Park(Bounds(surge, unavailable), total)(deployment(total))))
    assert bounds_of(parked) == Bounds(surge, unavailable)
    assert parked.held


def test_what_stands_still_keeps_its_share_where_somebody_scales_it() -> None:
    limits = at(Park(Bounds(0, 2), 10, paused=True)(deployment()), "spec", "strategy", "rollingUpdate")
    assert limits == {"maxSurge": "0%", "maxUnavailable": "20%"}
    assert bounds_of(workload(30, strategy={"type": "RollingUpdate", "rollingUpdate": limits})) == Bounds(0, 6)


@pytest.mark.parametrize("more", [{}, {"minReadySeconds": 7}, {"strategy": {"type": "RollingUpdate"}}])
@pytest.mark.parametrize("paused", [True, False])
def test_all_fields_come_back(more: dict[str, Any], paused: bool) -> None:
    own = deployment(**more)
    parked = Park(Bounds(1, 2), 10, paused=paused)(own)
    assert at(parked, "spec", "paused" if paused else "replicas")
    assert Unpark(fields_of(own))(parked) == own
    assert has_fields(workload(**more), fields_of(own))
    assert not has_fields(workload_of(dict(parked)), fields_of(own))


def test_on_the_way_back_no_pod_goes_before_another_serves() -> None:
    found = Unpark(OWN, surge=3)(deployment())
    assert at(found, "spec", "strategy", "rollingUpdate") == {"maxSurge": 3, "maxUnavailable": 0}
    assert not has_fields(workload_of(dict(found)), OWN)


def test_bounds_that_no_server_takes_are_none() -> None:
    both: dict[str, Any] = {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}}
    assert bounds_of(workload(**both)) == Bounds(0, 0)
    assert portion(workload(), both) == 1


@pytest.mark.parametrize(
    ("limits", "size"),
    [({"maxSurge": "25%", "maxUnavailable": "25%"}, 3), ({"maxSurge": 4, "maxUnavailable": 0}, 4), ({"maxSurge": 0}, 1), ({}, 3)],
)
def test_a_promotion_goes_in_portions_of_the_own_surge(limits: dict[str, Any], size: int) -> None:
    assert portion(workload(10), {"strategy": {"type": "RollingUpdate", "rollingUpdate": limits}}) == size
