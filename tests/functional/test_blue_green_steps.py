# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What blue/green tells of its steps before they are taken: which are still to do, from a plan and from where it stopped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.arguments import ARGUMENTS
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.main import Context, run

from .workloads import create

ALL = ("prepare", "preview", "scale_up", "switch", "verify", "hold", "scale_down")


@pytest.fixture
def roll(cluster, namespace, deployment, kubectl) -> Callable[..., dict[str, Any]]:
    """roll(check=False, **options): bring another image of a plain Deployment and Service `web`, with a Service for previews."""
    spec = {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}
    services = [{"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec} for name in ("web", "web-preview")]
    create(kubectl, deployment(replicas=2), *services)
    kubectl("rollout", "status", "deployment/web", "--timeout=300s")
    fixed = {"kubeconfig": str(cluster.kubeconfig), "namespace": namespace, "name": "web", "image": "registry.example/web:2.0"}

    def invoke(*, check: bool = False, **options: Any) -> dict[str, Any]:
        given = {**fixed, "preview_service": "web-preview", "scale_down_delay": 0, "wait_timeout": 300, **options}
        parameters = ArgumentSpecValidator(ARGUMENTS["blue_green"].spec).validate(given).validated_parameters
        result = dict(run("blue_green", parameters, Context(verbose=True, check=check)).result)
        assert not result.get("failed"), result["msg"]
        return result

    return invoke


def pending(result: dict[str, Any]) -> tuple[str, ...]:
    """The names of the steps that are still to do."""
    steps = result["rollouts"][0]["steps"]
    assert tuple(step["name"] for step in steps) == ALL
    return tuple(step["name"] for step in steps if step["state"] == "pending")


def planned(result: dict[str, Any]) -> list[str]:
    """The steps that the table of the plan has lines of."""
    return [line.split(" ")[0] for line in result["rollouts"][0]["plan"][1:] if not line.startswith(" ")]


def test_a_plan_has_all_steps_before_the_first(roll) -> None:
    result = roll(check=True)
    assert pending(result) == ALL
    assert planned(result)[0] == "prepare"


@pytest.mark.parametrize(
    ("before", "left"),
    [
        ("preview", ALL[1:]),
        # All replicas are there from the beginning, so scale_up has nothing to do.
        ("scale_up", ALL[3:]),
        ("switch", ALL[3:]),
        ("verify", ALL[4:]),
        ("hold", ALL[5:]),
        ("scale_down", ALL[5:]),
    ],
)
def test_a_rollout_that_stopped_tells_what_is_left(roll, before: str, left: tuple[str, ...]) -> None:
    stopped = roll(stop_before=before)
    assert stopped["rollouts"][0]["phase"] == "paused"
    assert set(pending(stopped)) == set(left) & set(ALL[ALL.index(before) :])
    plan = roll(check=True)
    assert plan["changed"]
    assert pending(plan) == left
    assert "prepare" not in planned(plan)


def test_what_stands_where_the_task_stops_is_unchanged_in_check_mode_too(roll) -> None:
    roll(stop_before="switch", preview_replicas=1)
    again = roll(check=True, stop_before="switch", preview_replicas=1)
    assert (again["changed"], again["rollouts"][0]["phase"]) == (False, "paused")
    farther = roll(check=True, stop_before="verify", preview_replicas=1)
    assert (farther["changed"], farther["rollouts"][0]["phase"]) == (True, "pending")
