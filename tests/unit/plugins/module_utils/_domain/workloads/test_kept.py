# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is kept of a pod says the same as the whole pod."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.services import Backend
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.kept import kept_of_pod
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.workloads.workload import Container, Pod

from ..samples import container, ended, pod, waiting


def full(**status: Any) -> dict[str, Any]:
    """A pod of whose fields each that is read says something, and with some that nobody reads."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "namespace": "shop",
            "name": "web-h1-a",
            "uid": "u1",
            "resourceVersion": "7",
            "generateName": "web-h1-",
            "deletionTimestamp": "2026-01-02T00:00:00Z",
            "labels": {"app": "web", "pod-template-hash": "h1"},
            "annotations": {"kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z", "example.com/note": "long"},
            "ownerReferences": [
                {"kind": "Shop", "name": "shop", "uid": "s1"},
                {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-h1", "uid": "rs-h1", "controller": True},
            ],
        },
        "spec": {
            "nodeName": "node-1",
            "containers": [{"name": "app", "image": "registry.example/web:1.0", "ports": [{"name": "http", "containerPort": 8080}]}],
            "initContainers": [{"name": "proxy", "ports": [{"name": "admin", "containerPort": 9000}]}],
            "tolerations": [{"key": "node.kubernetes.io/not-ready"}],
        },
        "status": {
            "phase": "Failed",
            "podIP": "10.0.0.1",
            "conditions": [
                {"type": "Ready", "status": "True", "reason": "r", "message": "m", "lastTransitionTime": "2026-01-01T00:00:00Z"},
            ],
            "initContainerStatuses": [{**container({"running": {"startedAt": "2026-01-01T00:00:00Z"}}, name="proxy", started=True)}],
            "containerStatuses": [
                {
                    **container({"terminated": ended(3, "Error", "it broke")}, ready=True, restarts=4, started=True),
                    "imageID": "registry.example/web@sha256:0",
                },
                waiting("CrashLoopBackOff", "back-off", restarts=2, last=ended(1, "OOMKilled", "too much")),
            ],
            **status,
        },
    }


@pytest.mark.parametrize(
    "obj",
    [
        full(),
        full(phase="Running"),
        full(conditions=None, containerStatuses=None, initContainerStatuses=[]),
        pod("web-a", "h1", node=""),
        {"metadata": {"name": "web-0"}},
    ],
)
def test_what_is_read_of_a_pod_is_the_same(obj: dict[str, Any]) -> None:
    assert Pod.of(kept_of_pod(obj)) == Pod.of(obj)
    assert Backend.of(kept_of_pod(obj)) == Backend.of(obj)


def test_the_full_pod_tells_of_each_field() -> None:
    read = Pod.of(full())
    assert [entry.name for entry in fields(Pod) if not getattr(read, entry.name)] == []
    told = {entry.name for each in read.containers for entry in fields(Container) if getattr(each, entry.name)}
    assert told == {entry.name for entry in fields(Container)}
    condition = read.conditions[0]
    assert [entry.name for entry in fields(condition) if not getattr(condition, entry.name)] == []
    backend = Backend.of(full())
    assert [entry.name for entry in fields(Backend) if not getattr(backend, entry.name)] == []
    assert backend.ports == {"http", "admin"}


def test_what_nobody_reads_is_gone() -> None:
    kept = json.dumps(kept_of_pod(full()))
    assert [word for word in ("toleration", "imageID", "podIP", "example.com/note", "registry.example/web:1.0") if word in kept] == []


def test_who_was_heard_of_last_is_still_known() -> None:
    assert kept_of_pod(full())["metadata"]["resourceVersion"] == "7"  # type: ignore[index, call-overload]
