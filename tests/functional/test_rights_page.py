# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each module works for a user who has just the Role that docs/rights.md gives for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._engine.gates import measuring_job
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.arguments import ARGUMENTS

from tests.dev.rights import roles_of_page

from .calls import call
from .cluster import Done
from .interference import eventually
from .sides import first_ingress, second_ingress, service
from .workloads import create, rolled_out, set_image

TWO = "registry.example/web:2"
NOT_GRANTED = {("list", "secrets"), ("create", "pods")}
"""What is asked for where it is allowed, and not needed."""
OF_NO_NAMESPACE = {"preflight_info": ["nodes"]}
"""What no Role can grant, so that a module warns."""
STARTED = ("blue_green", {"name": "web", "image": TWO, "stop_before": "switch"})
NEW: dict[str, Any] = {"name": "web", "image": TWO}
HALF = {"weights": [50], "hold": 0}
BEGUN = ("canary", {**NEW, **HALF, "stop_before": "promote"})
DB = {"kind": "StatefulSet", "name": "db"}
TASKS: list[tuple[str, dict[str, Any], list[tuple[str, dict[str, Any]]]]] = [
    ("rolling", NEW, []),
    ("rolling", {**DB, "image": TWO}, []),
    ("rolling", {"kind": "DaemonSet", "name": "agent", "image": TWO}, []),
    ("recreate", NEW, []),
    ("partition", {"name": "db", "image": TWO}, []),
    ("on_delete", {**DB, "image": TWO}, []),
    ("on_delete", {"kind": "DaemonSet", "name": "agent", "image": TWO}, []),
    ("blue_green", {**NEW, "scale_down_delay": 0}, []),
    ("canary", {**NEW, **HALF}, []),
    ("promote", {"name": "web"}, [STARTED]),
    ("promote", {"name": "web"}, [BEGUN]),
    ("abort", {"name": "web"}, [STARTED]),
    ("abort", {"name": "web"}, [BEGUN]),
    ("abort", DB, [("partition", {"name": "db", "image": TWO, "stop_before": "db-0"})]),
    ("abort", DB, [("on_delete", {**DB, "image": TWO, "stop_before": "db-0"})]),
    ("undo", {"name": "old"}, []),
    ("undo", {"name": "web"}, [("blue_green", {**NEW, "scale_down_delay": 0})]),
    ("restart", {"name": "web"}, []),
    ("restart", DB, []),
    ("pause", {"name": "web"}, []),
    ("resume", {"name": "web"}, [("pause", {"name": "web"})]),
    ("wait", {"name": "web"}, []),
    ("service_switch", {"name": "web", "selector": {"app": "old"}}, []),
    ("traffic_split", {"kind": "Ingress", "name": "web", "weights": {"web": 1, "old": 1}}, []),
    ("versioned_config", {"name": "web-config", "data": {"a": "1"}}, []),
    ("status_info", {"workloads": [{"name": "web"}, DB]}, []),
    ("gate", {"name": "pods", "workload": "web", "pods": {}}, []),
    ("history_info", {"name": "old", "revision": 1, "compare_to": 2}, []),
    ("preflight_info", {"name": "web", "fail_on": "never"}, []),
]
ALONG = [
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web-config"}, "data": {"a": "1"}},
    {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "web-secret"}, "stringData": {"key": "correct horse"}},
    service("second", app="web"),
]


@pytest.fixture
def scene(kubectl, deployment, manifest):
    create(
        kubectl,
        *(deployment(name, replicas=2) for name in ("web", "old")),
        manifest("StatefulSet", name="db", replicas=2),
        manifest("DaemonSet", name="agent"),
        service(),
        service("old", app="old"),
        second_ingress("web", "old"),
    )
    rolled_out(kubectl, "deployment/web", "deployment/old", "statefulset/db", "daemonset/agent")
    set_image(kubectl, "2", "deployment/old")
    rolled_out(kubectl, "deployment/old")


@pytest.fixture
def limited(kubectl, namespace):
    """limited(*titles): make a user who has the Roles in these sections of the page, and nothing else."""

    def make(*titles: str) -> str:
        found = roles_of_page()
        for title in titles:
            kubectl("apply", "--filename=-", stdin=json.dumps(found[title]))
            name = found[title]["metadata"]["name"]
            kubectl("create", "rolebinding", name, f"--role={name}", f"--user={namespace}")
            (rule, *_others) = found[title]["rules"]
            thing = ".".join(filter(None, (rule["resources"][0], rule["apiGroups"][0])))
            asked = partial(kubectl, "auth", "can-i", rule["verbs"][0], thing, f"--as={namespace}", check=False)
            eventually(partial(succeeds, asked), f"{title} counts")
        return str(namespace)

    return make


def succeeds(command: Callable[[], Done]) -> bool:
    """Say whether a command ends well."""
    return command().code == 0


def refused(audit: Any) -> set[tuple[str, str]]:
    """What the user has asked for and may not."""
    return {(event.verb, event.resource) for event in audit.events() if event.code == 403} - NOT_GRANTED


@pytest.mark.parametrize(("module", "options", "before"), TASKS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_module_works_with_its_role_alone(module, options, before, scene, cluster, namespace, limited, audit):
    for name, arguments in before:
        assert not call(cluster, name, namespace=namespace, **arguments).get("failed")
    user = limited(module)
    audit.mark()
    result = call(cluster, module, namespace=namespace, impersonate_user=user, **options)
    assert not result.get("failed"), result["msg"]
    warned = [f"says nothing about them: {', '.join(things)}." for name, things in OF_NO_NAMESPACE.items() if name == module]
    assert len(result["warnings"]) == len(warned), result["warnings"]
    assert all(expected in said for expected, said in zip(warned, result["warnings"], strict=True)), result["warnings"]
    assert refused(audit) == set()


def test_manifests_and_configuration_need_what_the_page_says(scene, cluster, namespace, limited, audit, deployment):
    workload = deployment(image=TWO)
    workload["spec"]["template"]["spec"]["containers"][0]["envFrom"] = [{"configMapRef": {"name": "web-config"}}]
    user = limited("rolling", "With definition", "With config")
    audit.mark()
    for value in "12":
        config = [{"name": "web-config", "data": {"a": value}}]
        arguments = {"definition": [*ALONG, workload], "config": config, "impersonate_user": user}
        result = call(cluster, "rolling", namespace=namespace, **arguments)
        assert not result.get("failed"), result["msg"]
        assert (result["warnings"], refused(audit)) == ([], set())


@pytest.mark.parametrize("image", ["registry.example/curl:8", "registry.example/curl:missing"])
def test_a_measuring_job_needs_what_the_page_says(image, scene, cluster, namespace, limited, audit, monkeypatch):
    monkeypatch.setattr(measuring_job, "START_SECONDS", 20.0)
    user = limited("rolling", "With verify.job")
    audit.mark()
    verify = {"job": {"image": image, "url": "http://web/"}, "timeout": 5}
    result = call(cluster, "rolling", namespace=namespace, impersonate_user=user, verify=verify, **NEW)
    assert "Nothing was written" in result["msg"], "simulated pods send no requests, which is told by their log or their events"
    assert (result["warnings"], refused(audit)) == ([], set())


def test_the_job_of_a_gate_needs_what_the_page_says(cluster, namespace, limited, audit):
    user = limited("gate", "With job")
    audit.mark()
    smoke = {"image": "registry.example/smoke:1"}
    result = call(cluster, "gate", namespace=namespace, impersonate_user=user, name="smoke", job=smoke)
    assert result["gates"][0]["verdict"] == "pass", result["msg"]
    assert (result["warnings"], refused(audit)) == ([], set())


def test_a_job_between_steps_needs_what_the_page_says(scene, cluster, namespace, limited, audit):
    user = limited("partition", "With gates.job")
    audit.mark()
    gate = {"name": "smoke", "job": {"image": "registry.example/smoke:1"}}
    options: dict[str, Any] = {**DB, "image": TWO, "gates": [gate], "impersonate_user": user}
    result = call(cluster, "partition", namespace=namespace, **options)
    assert {found["verdict"] for found in result["gates"]} == {"pass"}, result["msg"]
    assert (result["warnings"], refused(audit)) == ([], set())


def test_routes_need_what_the_page_says(scene, kubectl, cluster, namespace, limited, audit):
    create(kubectl, first_ingress("shop", "web"))
    user = limited("canary", "With routes")
    audit.mark()
    options: dict[str, Any] = {**NEW, **HALF, "routes": [{"kind": "Ingress", "name": "shop"}], "propagation_delay": 5}
    result = call(cluster, "canary", namespace=namespace, impersonate_user=user, **options)
    assert not result.get("failed"), result["msg"]
    assert (result["warnings"], refused(audit)) == ([], set())


def test_each_module_has_its_section_and_its_test():
    assert set(ARGUMENTS) == {module for module, _options, _before in TASKS}
    assert set(ARGUMENTS) <= set(roles_of_page())
