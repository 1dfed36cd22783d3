# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option `verify` beside our own count, on real pods: it tells a rollout that loses requests from one that does not."""

from __future__ import annotations

import dataclasses

import pytest

from tests.functional.plays import Result

from .table import AS_ADVISED, SINGLE_AT_ONCE

SURE_TO_LOSE = dataclasses.replace(SINGLE_AT_ONCE, pre_stop=0)
"""Nobody serves for some seconds."""
JOB = {"image": "tools:1", "run_as_user": 65534}


def verify(scene, way: str) -> dict[str, object]:
    """The option: from the controller, or from a pod of a Job; often enough to see what a rollout without the safeguard loses."""
    where = f"http://{scene.address}/"
    common = {"interval": 0.08}
    return {"url": where, **common} if way == "controller" else {"job": {**JOB, "url": where}, **common}


def told(scene) -> Result:
    """The result of the last play's task that measured."""
    found: Result = next(result for result in reversed(scene.plays[-1].results) if result.data.get("verify"))
    return found


@pytest.mark.parametrize("way", ["controller", pytest.param("job", marks=pytest.mark.long)])
def test_a_rollout_as_advised_passes(stage, way):
    scene = stage(AS_ADVISED)
    seen = scene.under_load(lambda scene: scene.role("rolling", kind="Deployment", image="web:v2", verify=verify(scene, way)))
    assert (seen.failed, seen.last) == (0, "v2"), seen.outcomes
    report = told(scene)["verify"]
    assert report["failed"] == 0, report
    assert report["requests"] == report["outcomes"]["ok"] > 50
    assert report["from"] == way
    assert scene.get("jobs") == []


@pytest.mark.parametrize("way", [pytest.param("controller", marks=pytest.mark.long), "job"])
def test_a_rollout_that_loses_requests_fails_and_goes_back(stage, way):
    scene = stage(SURE_TO_LOSE)
    option = {"verify": verify(scene, way), "on_failure": "rollback"}
    scene.role("rolling", kind="Deployment", image="web:v2", preflight_fail_on="never", fails=True, **option)
    result = told(scene)
    assert result["verify"]["failed"] > 0, result["verify"]
    assert "users lost requests" in result.msg
    assert "v1" in str(scene.get("deployment", "web")["spec"]["template"]["spec"]["containers"][0]["image"])
    assert scene.get("jobs") == []
