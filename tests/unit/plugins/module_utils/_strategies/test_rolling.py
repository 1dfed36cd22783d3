# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The strategy rolling: one step, by the manifest or by a change of what is there."""

from __future__ import annotations

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.errors import InputError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.objects import Ref, at
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.request import Limits, ShortChange, Target
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.resources import DEPLOYMENT
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.steps import Apply, Edit
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workload import Snapshot
from ansible_collections.rollout.kubernetes.plugins.module_utils._strategies import STRATEGIES

MANIFEST = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"template": {"spec": {"containers": [{"name": "app", "image": "registry.example/web:1"}]}}},
}
REF = Ref("Deployment", "shop", "web")
STEPS = STRATEGIES["rolling"]


def test_a_manifest_without_limits_is_applied_as_it_is() -> None:
    (step,) = STEPS(Target(DEPLOYMENT, REF, manifest=MANIFEST), Limits())
    assert step.name == "roll"
    assert step.write == Apply(MANIFEST)
    assert not step.done(Snapshot(None))


def test_limits_go_into_the_manifest() -> None:
    limits = Limits(max_surge="25%", max_unavailable=0, min_ready_seconds=5, progress_deadline_seconds=60)
    (step,) = STEPS(Target(DEPLOYMENT, REF, manifest=MANIFEST), limits)
    assert isinstance(step.write, Apply)
    spec = step.write.manifest["spec"]
    assert at(spec, "strategy") == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 0}}
    assert (at(spec, "minReadySeconds"), at(spec, "progressDeadlineSeconds")) == (5, 60)


def test_bad_limits_are_refused_when_the_steps_are_made() -> None:
    with pytest.raises(InputError):
        STEPS(Target(DEPLOYMENT, REF, manifest=MANIFEST), Limits(max_surge=0, max_unavailable=0))


def test_a_short_change_edits_what_is_there_and_nothing_else() -> None:
    change = ShortChange(image="registry.example/web:2", env={"GREETING": "hello"})
    (step,) = STEPS(Target(DEPLOYMENT, REF, change=change), Limits(min_ready_seconds=5))
    assert isinstance(step.write, Edit)
    live = {**MANIFEST, "status": {"replicas": 3}}
    edited = step.write.edit(live)
    container = {"name": "app", "image": "registry.example/web:2", "env": [{"name": "GREETING", "value": "hello"}]}
    assert edited == {**live, "spec": {"minReadySeconds": 5, "template": {"spec": {"containers": [container]}}}}
    assert step.write.edit(edited) == edited


def test_limits_alone_leave_the_template() -> None:
    (step,) = STEPS(Target(DEPLOYMENT, REF), Limits(min_ready_seconds=5))
    assert isinstance(step.write, Edit)
    assert step.write.edit(MANIFEST)["spec"] == {**MANIFEST["spec"], "minReadySeconds": 5}
