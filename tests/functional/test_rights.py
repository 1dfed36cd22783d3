# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A right that is missing is told of before the first write to an application, whichever module needs it."""

from __future__ import annotations

from typing import Any

import pytest

from .calls import call
from .sides import service
from .workloads import create, grant, rolled_out, set_image

RESOURCES = (
    "pods,pods/eviction,events,services,configmaps,deployments.apps,statefulsets.apps,daemonsets.apps,replicasets.apps,"
    "controllerrevisions.apps,leases.coordination.k8s.io,endpointslices.discovery.k8s.io,poddisruptionbudgets.policy,"
    "horizontalpodautoscalers.autoscaling"
)
TWO = "registry.example/web:2"
TASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "rolling": ("rolling", {"name": "web", "image": TWO}),
    "rolling of a StatefulSet": ("rolling", {"kind": "StatefulSet", "name": "db", "image": TWO}),
    "recreate": ("recreate", {"name": "web", "image": TWO}),
    "partition": ("partition", {"name": "db", "image": TWO}),
    "on_delete": ("on_delete", {"kind": "StatefulSet", "name": "db", "image": TWO}),
    "undo": ("undo", {"name": "old"}),
    "restart": ("restart", {"name": "web"}),
    "blue_green": ("blue_green", {"name": "web", "image": TWO}),
    "service_switch": ("service_switch", {"name": "web", "selector": {"app": "old"}}),
}


@pytest.fixture
def scene(kubectl, deployment, manifest):
    create(kubectl, *(deployment(name, replicas=1) for name in ("web", "old")), manifest("StatefulSet", name="db", replicas=1), service())
    rolled_out(kubectl, "deployment/web", "deployment/old", "statefulset/db")
    set_image(kubectl, "2", "deployment/old")
    rolled_out(kubectl, "deployment/old")


def test_without_the_right_to_watch_nothing_is_written(scene, cluster, namespace, deployment, kubectl, audit):
    grant(kubectl, namespace, verbs="get,list,create,patch,update,delete", resources=RESOURCES)
    audit.mark()
    tasks = {**TASKS, "rolling of what is not there": ("rolling", {"definition": deployment("new", replicas=1)})}
    for name, (module, options) in tasks.items():
        result = call(cluster, module, namespace=namespace, impersonate_user=namespace, wait_timeout=60, **options)
        assert result.get("failed"), name
        assert "may not watch" in result["msg"], name
        assert "a Role with that verb and a RoleBinding to the user are missing" in result["msg"], name
        assert [event.name for event in audit.writes() if not event.dry_run] == [], name
