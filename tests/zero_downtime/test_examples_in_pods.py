# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation's servers, Node.js and Python, in real pods: their manifests as they are, rolled out under load."""

from __future__ import annotations

import pytest
import yaml

from tests.functional.cluster import ROOT

from .machine import on_this_machine
from .scene import Pods, Scene
from .traffic import LEAST

EXAMPLES = ROOT / "docs" / "examples"


LOSING = [pytest.param("graceful-node", marks=pytest.mark.long), "graceful-python"]
"""The control: one of them is enough to show that the hook is what saves requests."""


@pytest.fixture(params=["graceful-node", "graceful-python"])
def example(request, empty_stage):
    """An example that serves its version v1."""
    folder = EXAMPLES / request.param
    service, deployment = yaml.safe_load_all((folder / "deployment.manifests").read_text())
    scene: Scene = empty_stage(Pods(), request.param)
    scene.create(service, on_this_machine(deployment, {"/app": str(folder)}))
    scene.until_it_answers()
    return scene


def test_an_example_loses_no_request(example):
    assert not {"no-pre-stop", "pre-stop-too-short", "grace-too-short", "no-readiness-probe"} & set(example.findings())
    seen = example.under_load(lambda scene: scene.role("rolling", kind="Deployment", env={"VERSION": "v2"}))
    assert len(seen.requests) >= LEAST
    assert (seen.failed, seen.last, seen.versions) == (0, "v2", {"v1", "v2"}), seen.outcomes


@pytest.mark.parametrize("example", LOSING, indirect=True)
def test_an_example_without_its_pre_stop_hook_loses_some(example):
    example.kubectl(
        "patch",
        f"deployment/{example.name}",
        "--type=json",
        "--patch",
        '[{"op": "remove", "path": "/spec/template/spec/containers/0/lifecycle"}]',
    )
    example.kubectl("rollout", "status", f"deployment/{example.name}")
    assert "no-pre-stop" in example.findings()
    seen = example.under_load(lambda scene: scene.role("rolling", kind="Deployment", env={"VERSION": "v2"}))
    assert seen.failed > 0
