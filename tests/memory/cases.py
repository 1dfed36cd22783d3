# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The strategies and operations that are killed, disturbed and raced: one line each in `CASES`; a new one enters all matrices by it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.resources import KNOWN, WORKLOADS

from .cluster import Memory
from .runs import Run
from .scenes import deployment, manifest, service

Act = Callable[[Memory], object]
PLACE = {"namespace": "default"}


@dataclass(frozen=True)
class Case:
    """A call of a module, and what is there before it."""

    module: str
    options: Mapping[str, Any]
    before: tuple[Act, ...] = ()
    fails: bool = False

    def prepare(self, memory: Memory) -> None:
        """Bring about what is there before."""
        for act in self.before:
            act(memory)
        memory.clock.sleep(5)

    def run(self, memory: Memory, **more: Any) -> Run:
        """The run, which has not begun."""
        waits = {} if self.module in ("pause", "versioned_config") else {"wait_timeout": 120}
        return Run(memory, self.module, **{**PLACE, **waits, **self.options, **more})


def done(module: str, **options: Any) -> Act:
    """A module was called before."""

    def act(memory: Memory) -> None:
        result = Case(module, options).run(memory).start().wait()
        assert not result.get("failed"), result["msg"]

    return act


def failed(module: str, **options: Any) -> Act:
    """A module was called before, and failed."""

    def act(memory: Memory) -> None:
        assert Case(module, options).run(memory).start().wait()["failed"]

    return act


def ours(kind: str = "Deployment", tag: str = "1", **options: Any) -> Act:
    """A workload of ours, rolled out."""
    return done("rolling", definition=manifest(kind, tag, **options))


def theirs(kind: str = "Deployment", tag: str = "1", *, manager: str = "kubectl-client-side-apply", **options: Any) -> Act:
    """A workload that somebody has made by kubectl, rolled out."""

    def act(memory: Memory) -> None:
        body = manifest(kind, tag, **options)
        body["metadata"]["namespace"] = "default"
        memory.client().create(WORKLOADS[kind], body, manager=manager)
        memory.clock.sleep(20)

    return act


def made(kind: str, body: dict[str, Any]) -> Act:
    """Another object of somebody's."""
    resource = next(resource for resource in KNOWN.values() if resource.kind == kind)

    def act(memory: Memory) -> None:
        memory.client().create(resource, {**body, "metadata": {**body["metadata"], "namespace": "default"}}, manager="kubectl-create")

    return act


def edited(kind: str, change: Callable[[Any], Any], *, name: str = "web", manager: str = "kubectl-edit") -> Act:
    """Somebody changes an object: `change` gets a copy of it and changes that; where it is not there nothing happens."""
    resource = next(resource for resource in KNOWN.values() if resource.kind == kind)

    def act(memory: Memory) -> None:

        found = memory.get("default", kind, name)
        if found is not None:
            body = copy.deepcopy(found)
            change(body)
            memory.server.update(resource, found, body, manager=manager)

    return act


def image(tag: str) -> Callable[[Any], Any]:
    """A change: another image."""

    def change(obj: Any) -> None:
        obj["spec"]["template"]["spec"]["containers"][0]["image"] = f"registry.example/web:{tag}"

    return change


def replicas(count: int) -> Callable[[Any], Any]:
    """A change: so many replicas."""
    return lambda obj: obj["spec"].update(replicas=count)


NEXT = {"name": "web", "image": "registry.example/web:2"}
PLAIN = (theirs(replicas=2), made("Service", service()))
BLUE = {**NEXT, "scale_down_delay": 0}
CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web-config"}, "data": {"a": "1"}}
PASSWORD = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "web-secret"}, "stringData": {"key": "correct horse"}}
LIMITS = {"metadata": {"name": "web"}, "spec": {"selector": {"matchLabels": {"app": "web"}}, "minAvailable": 1}}
SCALER = {
    "metadata": {"name": "web"},
    "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, "minReplicas": 2, "maxReplicas": 5},
}
SET, DAEMON = {"kind": "StatefulSet", **NEXT}, {"kind": "DaemonSet", **NEXT}

CASES: dict[str, Case] = {
    "rolling: a first rollout": Case("rolling", {"definition": [CONFIG, PASSWORD, deployment()]}),
    "rolling: the next version": Case("rolling", {"definition": deployment("2")}, (ours(),)),
    "rolling: an image of ours": Case("rolling", NEXT, (ours(),)),
    "rolling: an image of theirs": Case("rolling", NEXT, (theirs(),)),
    "rolling: taking over": Case("rolling", {"definition": deployment("2")}, (theirs(),)),
    "rolling: leaving replicas out": Case("rolling", {"definition": deployment("2", replicas=None)}, (ours(replicas=4),)),
    "rolling: other limits": Case("rolling", {**NEXT, "max_surge": 2, "max_unavailable": 0}, (ours(),)),
    "rolling: a StatefulSet": Case("rolling", {"definition": manifest("StatefulSet", "2")}, (ours("StatefulSet"),)),
    "rolling: a DaemonSet": Case("rolling", {"definition": manifest("DaemonSet", "2")}, (ours("DaemonSet"),)),
    "rolling: two workloads": Case("rolling", {"definition": [deployment("2"), deployment("2", name="api")]}, (ours(), ours(name="api"))),
    "rolling: going back": Case("rolling", {"definition": deployment("missing"), "on_failure": "rollback"}, (ours(),), fails=True),
    "rolling: going back by a patch": Case(
        "rolling", {"name": "web", "image": "x:missing", "on_failure": "rollback"}, (theirs(),), fails=True
    ),
    "rolling: mending a StatefulSet": Case(
        "rolling", SET, (ours("StatefulSet"), failed("rolling", kind="StatefulSet", name="web", image="x:missing"))
    ),
    "recreate": Case("recreate", NEXT, (theirs(),)),
    "recreate: a definition": Case("recreate", {"definition": deployment("2")}, (ours(),)),
    "recreate: going back": Case("recreate", {"name": "web", "image": "x:missing"}, (theirs(),), fails=True),
    "partition": Case("partition", SET, (theirs("StatefulSet"),)),
    "partition: a definition": Case("partition", {"definition": manifest("StatefulSet", "2")}, (ours("StatefulSet"),)),
    "partition: giving up": Case(
        "abort", {"kind": "StatefulSet", "name": "web"}, (ours("StatefulSet"), done("partition", **SET, stop_before="web-1"))
    ),
    "partition: failing": Case(
        "partition", {"kind": "StatefulSet", "name": "web", "image": "x:missing", "on_failure": "abort"}, (ours("StatefulSet"),), fails=True
    ),
    "on_delete: a StatefulSet": Case("on_delete", SET, (theirs("StatefulSet"),)),
    "on_delete: a DaemonSet": Case("on_delete", DAEMON, (theirs("DaemonSet"),)),
    "on_delete: within a budget": Case("on_delete", SET, (theirs("StatefulSet"), made("PodDisruptionBudget", LIMITS))),
    "undo": Case("undo", {"name": "web"}, (ours(), ours(tag="2"))),
    "undo: a StatefulSet": Case("undo", {"kind": "StatefulSet", "name": "web"}, (ours("StatefulSet"), ours("StatefulSet", "2"))),
    "undo: theirs": Case("undo", {"name": "web"}, (theirs(), edited("Deployment", image("2")), lambda memory: memory.clock.sleep(20))),
    "restart": Case("restart", {"name": "web", "key": "once"}, (ours(),)),
    "restart: one replica": Case("restart", {"name": "web", "key": "once"}, (ours(replicas=1),)),
    "pause": Case("pause", {"name": "web"}, (ours(),)),
    "resume": Case("resume", {"name": "web"}, (ours(), done("pause", name="web"))),
    "blue_green": Case("blue_green", BLUE, PLAIN),
    "blue_green: with budget and autoscaler": Case(
        "blue_green", BLUE, (*PLAIN, made("PodDisruptionBudget", LIMITS), made("HorizontalPodAutoscaler", SCALER))
    ),
    "blue_green: the second time": Case("blue_green", {**BLUE, "image": "x:3"}, (*PLAIN, done("blue_green", **BLUE))),
    "blue_green: leaving": Case("blue_green", {"name": "web", "leave": True, "scale_down_delay": 0}, (*PLAIN, done("blue_green", **BLUE))),
    "blue_green: a bad version": Case("blue_green", {**BLUE, "image": "x:missing"}, PLAIN, fails=True),
    "promote": Case("promote", {"name": "web"}, (*PLAIN, done("blue_green", **BLUE, stop_before="switch"))),
    "abort: before the switch": Case("abort", {"name": "web"}, (*PLAIN, done("blue_green", **BLUE, stop_before="switch"))),
    "abort: after the switch": Case("abort", {"name": "web"}, (*PLAIN, done("blue_green", **BLUE, stop_before="hold"))),
    "undo: of blue_green": Case("undo", {"name": "web"}, (*PLAIN, done("blue_green", **BLUE))),
    "service_switch": Case(
        "service_switch",
        {"name": "web", "selector": {"app": "api"}},
        (theirs(), theirs(name="api"), made("Service", service())),
    ),
    "service_switch: two Services": Case(
        "service_switch",
        {"services": [{"name": "web", "selector": {"app": "api"}}, {"name": "second", "selector": {"app": "api"}}]},
        (theirs(), theirs(name="api"), made("Service", service()), made("Service", service("second", app="web"))),
    ),
    "versioned_config": Case("versioned_config", {"name": "web-config", "data": {"a": "1"}}),
}
