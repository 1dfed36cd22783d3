# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What results and diffs show: every object that a run will touch, and no secret of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.main import Context

from .calls import call
from .sides import service

pytestmark = pytest.mark.memory

CHECK = Context(check=True, diff=True)
PLANTED = ("s3cr3t-token", "dsn-p4ss", "arg-p4ss", "note-p4ss", "conf-p4ss", "n3w-token", "n3w-p4ss")


def with_secrets(manifest: dict[str, Any], token: str, password: str) -> list[dict[str, Any]]:
    (container,) = manifest["spec"]["template"]["spec"]["containers"]
    container["env"] = [
        {"name": "API_TOKEN", "value": token},
        {"name": "DATABASE_URL", "value": f"postgres://web:{password}@db/shop"},
        {"name": "DB_NAME", "value": "shop"},
    ]
    container["args"] = ["serve", "--password", "arg-p4ss"]
    manifest["metadata"]["annotations"] = {"example.com/dsn": "amqp://web:note-p4ss@mq"}
    data = {"app.properties": "db.password=conf-p4ss\ndb.pool=3\n"}
    secret = {"DB_NAME": "shop", "STATE": "complete", "KIND": "Deployment", "NAME": "web"}
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "conf"}, "data": data},
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "words"}, "stringData": secret},
        manifest,
    ]


def test_no_secret_is_shown_and_one_sees_what_changed(cluster, namespace, deployment):
    lines: list[str] = []
    seen = Context(diff=True, verbose=True, progress=lines.append)
    first = with_secrets(deployment(replicas=1), "s3cr3t-token", "dsn-p4ss")
    results = [call(cluster, "rolling", context=seen, namespace=namespace, definition=first, change_cause="password=note-p4ss")]
    (rollout,) = results[0]["rollouts"]
    assert (rollout["namespace"], rollout["name"], rollout["kind"], rollout["phase"]) == (namespace, "web", "Deployment", "complete")
    assert rollout["change_cause"] == "password=********"
    second = with_secrets(deployment(replicas=1), "n3w-token", "n3w-p4ss")
    results.append(call(cluster, "rolling", context=CHECK, namespace=namespace, definition=second))
    after = next(entry["after"] for entry in results[1]["diff"] if entry["after_header"].startswith("Deployment"))
    assert "name: API_TOKEN\n          value: '******** (changed)'" in after
    assert "postgres://web:******** (changed)@db/shop" in after
    assert "value: shop" in after
    assert "amqp://web:********@mq" in after
    results.append(call(cluster, "rolling", context=seen, namespace=namespace, name="web", env={"API_TOKEN": "n3w-token"}))
    results.append(call(cluster, "history_info", namespace=namespace, name="web", revision=1, compare_to=2))
    assert "value: '******** (changed)'" in results[-1]["rollouts"][0]["difference"]
    results.append(call(cluster, "rolling", context=seen, namespace=namespace, definition="only s3cr3t-token here"))
    assert results[-1]["failed"]
    shown = json.dumps([results, lines])
    assert [planted for planted in PLANTED if planted in shown] == []
    assert "VALUE_SPECIFIED" not in shown


def headers(result: dict[str, Any]) -> set[str]:
    return {entry["after_header"].replace(f"{entry['after_header'].split(' ')[1].partition('/')[0]}/", "") for entry in result["diff"]}


def test_check_mode_shows_every_object_that_blue_green_will_touch(cluster, namespace, deployment, apply):
    budget = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web"}}
    scaler = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web"}}
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    apply(
        deployment(replicas=1),
        service(),
        {**budget, "spec": {"minAvailable": 0, "selector": {"matchLabels": {"app": "web"}}}},
        {**scaler, "spec": {"minReplicas": 1, "maxReplicas": 3, "scaleTargetRef": target}},
    )
    call(cluster, "wait", namespace=namespace, name="web")
    every = {"Deployment web", "Deployment web-green", "Service web", "PodDisruptionBudget web", "HorizontalPodAutoscaler web"}
    options = {"namespace": namespace, "name": "web", "image": "registry.example/web:2", "scale_down_delay": 0}
    would = call(cluster, "blue_green", context=CHECK, **options)
    assert headers(would) == every
    selected = next(entry for entry in would["diff"] if entry["after_header"].startswith("Service"))
    assert "rollout.kubernetes/colour: green" in selected["after"]
    assert "rollout.kubernetes/colour" not in selected["before"]
    assert not call(cluster, "blue_green", **options, stop_before="hold").get("failed")
    assert headers(call(cluster, "promote", context=CHECK, namespace=namespace, name="web")) == {"Deployment web"}
    would = call(cluster, "abort", context=CHECK, namespace=namespace, name="web")
    assert headers(would) == every - {"Deployment web"}
    gone = next(entry for entry in would["diff"] if entry["after_header"].startswith("Deployment"))
    assert (gone["after"], bool(gone["before"])) == ("", True)
