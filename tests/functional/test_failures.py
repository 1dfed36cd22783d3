# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rollout that cannot succeed ends early, names the cause, and goes back if asked to; what may heal gets its time."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest

from .interference import eventually
from .test_rolling import containers, kubectl_says_done, roll

pytestmark = pytest.mark.memory


def first_seen(get: Any, reason: str) -> datetime.datetime:
    """When the first pod started that shows that reason in its status: not later than the reason itself."""
    starts = [pod["status"]["startTime"] for pod in get("pods") if reason in json.dumps(pod["status"])]
    return min(datetime.datetime.fromisoformat(start) for start in starts)


@pytest.fixture
def running(here, namespace, deployment):
    """Version 1 runs."""
    here(roll(namespace, definition=deployment()))


@pytest.mark.server
@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("missing", ["registry.example/web:missing", "not found", "check the image's name and tag"]),
        ("denied", ["registry.example/web:denied", "imagePullSecrets"]),
    ],
)
def test_an_image_that_cannot_be_pulled_ends_the_task_soon(tried, running, namespace, deployment, get, tag, words):
    last = tried(roll(namespace, definition=deployment(image=f"registry.example/web:{tag}"), wait_timeout=300)).last
    ended = datetime.datetime.now(datetime.UTC)
    assert last.failed
    for word in [*words, f"Deployment {namespace}/web", "container web", "Pod "]:
        assert word in last.msg, last.msg
    assert "ErrImagePull" in last.msg or "ImagePullBackOff" in last.msg
    assert (ended - first_seen(get, "registry.example/web:" + tag)).total_seconds() < 15 + 60, (
        "15 s, and what Ansible needs to end on a busy machine"
    )
    assert last["rollouts"][0]["phase"] == "degraded"
    assert last["rollouts"][0]["stable"]["images"] == {"web": "registry.example/web:1"}
    assert last["rollouts"][0]["findings"][0]["remedy"]


def test_a_hiccup_of_the_registry_heals(tried, running, namespace, deployment, kubectl):
    last = tried(roll(namespace, definition=deployment(image="registry.example/web:hiccup", simulate={"heal-after": "3s"}))).last
    assert not last.failed, last.msg
    assert kubectl_says_done(kubectl)


def test_a_hiccup_that_outlasts_its_grace_fails(tried, running, namespace, deployment):
    broken = deployment(image="registry.example/web:hiccup", simulate={"heal-after": "1h"})
    last = tried(roll(namespace, definition=broken, failure_grace=3)).last
    assert last.failed
    assert "503" in last.msg


@pytest.mark.server
def test_a_crash_loop_ends_the_task_at_its_third_restart_with_the_log(tried, running, namespace, deployment):
    last = tried(roll(namespace, definition=deployment(image="registry.example/web:crash"))).last
    assert last.failed
    finding = last["rollouts"][0]["findings"][0]
    assert finding["restarts"] in (3, 4), "4 where this machine was busy for the whole second in which it backs off after the third"
    assert "CrashLoopBackOff" in last.msg
    assert "exit" in last.msg
    assert finding["log"]
    assert finding["log"][-1] in last.msg
    assert "hunter2" not in json.dumps(last.data)
    assert "********" in last.msg


def test_log_lines_zero_shows_no_log(tried, running, namespace, deployment):
    last = tried(roll(namespace, definition=deployment(image="registry.example/web:crash"), log_lines=0)).last
    assert last["rollouts"][0]["findings"][0]["log"] == []
    assert "\n" not in last.msg


def test_a_missing_configuration_key_ends_the_task_at_once(tried, running, namespace, deployment):
    env = [{"name": "LEVEL", "valueFrom": {"configMapKeyRef": {"name": "web-config", "key": "level"}}}]
    last = tried(roll(namespace, definition=deployment(image="registry.example/web:badconfig", env=env))).last
    assert last.failed
    assert "CreateContainerConfigError" in last.msg
    assert "level" in last.msg
    assert last["rollouts"][0]["steps"][0]["seconds"] < 60


def test_unschedulable_gets_its_grace(tried, running, namespace, deployment):
    nowhere = deployment()
    nowhere["spec"]["template"]["spec"]["nodeSelector"] = {"no-such": "label"}
    last = tried(roll(namespace, definition=nowhere, failure_grace=2)).last
    assert last.failed
    assert "Unschedulable" in last.msg
    assert last["rollouts"][0]["steps"][0]["seconds"] >= 2


def test_without_a_grace_the_progress_deadline_decides(tried, running, namespace, deployment):
    nowhere = deployment()
    nowhere["spec"]["template"]["spec"]["nodeSelector"] = {"no-such": "label"}
    last = tried(roll(namespace, definition=nowhere, progress_deadline_seconds=3)).last
    assert last.failed
    assert "ProgressDeadlineExceeded" in last.msg
    assert "Unschedulable" in last.msg or "node" in last.msg


@pytest.mark.server
def test_a_quota_gets_its_grace_and_an_admission_refusal_none(tried, running, namespace, deployment, apply, kubectl):
    apply({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "few"}, "spec": {"hard": {"pods": "3"}}})
    last = tried(roll(namespace, definition=deployment(image="registry.example/web:2"), failure_grace=2)).last
    assert last.failed
    assert "quota" in last.msg
    kubectl("delete", "resourcequota", "few")
    kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    last = tried(roll(namespace, definition=deployment(image="registry.example/web:3"))).last
    assert last.failed
    assert "PodSecurity" in last.msg or "violates" in last.msg


def test_only_pods_of_the_candidate_count(tried, namespace, deployment, apply, get):
    apply(deployment(image="registry.example/web:crash", replicas=2))

    def crashing() -> bool:
        statuses = [pod["status"].get("containerStatuses", [{}])[0] for pod in get("pods")]
        return len(statuses) == 2 and all(status.get("restartCount", 0) > 3 for status in statuses)

    eventually(crashing, "the old pods are in a crash loop")
    last = tried(roll(namespace, definition=deployment(image="registry.example/web:2", replicas=2))).last
    assert not last.failed, last.msg


def test_rollback_brings_the_old_template_back_and_the_task_still_fails(tried, here, namespace, deployment, kubectl, get):
    here(roll(namespace, definition=deployment(), change_cause="good"))
    template = get("deployment", "web")["spec"]["template"]
    broken = roll(namespace, definition=deployment(image="registry.example/web:missing"), on_failure="rollback", change_cause="bad")
    last = tried(broken).last
    assert last.failed
    assert last.changed
    assert "Went back to revision 1 (good)" in last.msg
    rollout = last["rollouts"][0]
    assert rollout["phase"] == "aborted"
    assert (rollout["stable"]["change_cause"], rollout["candidate"]["change_cause"]) == ("undo to revision 1: good", "bad")
    live = get("deployment", "web")
    assert live["spec"]["template"] == template
    assert live["metadata"]["annotations"]["kubernetes.io/change-cause"] == "undo to revision 1: good"
    assert kubectl_says_done(kubectl)
    assert not tried(roll(namespace, definition=deployment(), change_cause="good")).last.changed
    again = tried(broken).last
    assert again.failed, "the same broken input fails again instead of being taken for done"
    assert get("deployment", "web")["spec"]["template"] == template


def test_rollback_of_a_short_change_on_somebody_elses_workload(tried, namespace, deployment, apply, kubectl, get):
    apply(deployment())
    kubectl("rollout", "status", "deployment/web")
    last = tried(roll(namespace, name="web", image="registry.example/web:missing", on_failure="rollback")).last
    assert last.failed
    assert containers(get("deployment", "web"))[0]["image"] == "registry.example/web:1"
    assert kubectl_says_done(kubectl)


def test_a_first_rollout_has_nothing_to_go_back_to(tried, namespace, deployment):
    last = tried(roll(namespace, definition=deployment(image="registry.example/web:missing"), on_failure="rollback")).last
    assert last.failed
    assert "no earlier revision" in last.msg


def test_a_deletion_during_the_wait_is_an_error(tried, here, namespace, deployment, kubectl):
    here(roll(namespace, definition=deployment()))
    started = tried.start(roll(namespace, definition=deployment(image="registry.example/web:unready")))
    kubectl(
        "wait", "deployment/web", "--for=jsonpath={.spec.template.spec.containers[0].image}=registry.example/web:unready", "--timeout=300s"
    )
    kubectl("delete", "deployment", "web")
    last = started.wait().last
    assert last.failed
    assert "was deleted" in last.msg


def test_out_of_time_names_how_far_it_got(tried, running, namespace, deployment):
    last = tried(roll(namespace, definition=deployment(image="registry.example/web:unready"), wait_timeout=3)).last
    assert last.failed
    assert "wait_timeout of 3 s is over" in last.msg
