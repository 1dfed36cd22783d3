# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The strategies and operations that are killed, disturbed and raced: one line each in `CASES`; a new one enters all matrices by it."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.kinds import WORKLOADS

from .cluster import Memory
from .kinds import named
from .routes import MANIFESTS
from .runs import Run
from .scenes import configured, deployment, http_route, manifest, service

Act = Callable[[Memory], object]
PLACE = {"namespace": "default"}
_AT_ONCE = ("gate", "pause", "versioned_config", "status_info", "history_info", "preflight_info")


@dataclass(frozen=True)
class Case:
    """A call of a module, and what is there before it."""

    module: str
    options: Mapping[str, Any]
    before: tuple[Act, ...] = ()
    fails: bool = False
    reads: bool = False
    """It never writes: nothing is left when it is killed."""

    def prepare(self, memory: Memory) -> None:
        """Bring about what is there before."""
        for act in self.before:
            act(memory)
        memory.clock.sleep(5)

    def run(self, memory: Memory, **more: Any) -> Run:
        """The run, which has not begun."""
        waits = {} if self.module in _AT_ONCE else {"wait_timeout": 120}
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


def labelled(name: str) -> Act:
    """A Deployment of somebody's with the label `tier=web`."""

    def act(memory: Memory) -> None:
        body = deployment(name=name)
        body["metadata"] |= {"labels": {"tier": "web"}, "namespace": "default"}
        memory.client().create(WORKLOADS["Deployment"], body, manager="kubectl-create")
        memory.clock.sleep(20)

    return act


def made(kind: str, body: dict[str, Any]) -> Act:
    """Another object of somebody's."""
    resource = named(kind)

    def act(memory: Memory) -> None:
        memory.client().create(resource, {**body, "metadata": {**body["metadata"], "namespace": "default"}}, manager="kubectl-create")

    return act


def edited(kind: str, change: Callable[[Any], Any], *, name: str = "web", manager: str = "kubectl-edit") -> Act:
    """Somebody changes an object: `change` gets a copy of it and changes that; where it is not there nothing happens."""
    resource = named(kind)

    def act(memory: Memory) -> None:

        found = memory.get("default", kind, name)
        if found is not None:
            body = copy.deepcopy(found)
            change(body)
            memory.server.update(resource, found, body, manager=manager)

    return act


def passed(seconds: float) -> Act:
    """Time has passed."""
    return lambda memory: memory.clock.sleep(seconds)


def image(tag: str) -> Callable[[Any], Any]:
    """A change: another image."""

    def change(obj: Any) -> None:
        obj["spec"]["template"]["spec"]["containers"][0]["image"] = f"registry.example/web:{tag}"

    return change


def slowly(tag: str) -> Callable[[Any], Any]:
    """A change: another image, whose pods take half a minute each."""

    def change(obj: Any) -> None:
        image(tag)(obj)
        obj["spec"]["template"]["metadata"]["annotations"] = {"simulate.rollout.kubernetes/ready-after": "30s"}

    return change


def replicas(count: int) -> Callable[[Any], Any]:
    """A change: so many replicas."""
    return lambda obj: obj["spec"].update(replicas=count)


NEXT = {"name": "web", "image": "registry.example/web:2"}
PLAIN = (theirs(replicas=2), made("Service", service()))
BLUE = {**NEXT, "scale_down_delay": 0}
APPROVED = "web-green-h8ps7wqsv"
"""The candidate that BLUE makes of PLAIN, by its ReplicaSet."""
CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web-config"}, "data": {"a": "1"}}
PASSWORD = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "web-secret"}, "stringData": {"key": "correct horse"}}
LIMITS = {"metadata": {"name": "web"}, "spec": {"selector": {"matchLabels": {"app": "web"}}, "minAvailable": 1}}
SCALER = {
    "metadata": {"name": "web"},
    "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, "minReplicas": 2, "maxReplicas": 5},
}
VERIFY = {"verify": {"url": "http://web/", "interval": 0.5}}
FROM_POD = {"verify": {"job": {"image": "registry.example/curl:8", "url": "http://web/"}, "interval": 0.5, "timeout": 2}}
OLDER: list[dict[str, Any]] = [
    {
        "definition": {**configured(), "spec": {**configured()["spec"], "revisionHistoryLimit": 0}},
        "config": [{"name": "web-config", "data": {"a": tag}}],
    }
    for tag in ("0", "1")
]
COPIED = {"definition": configured(), "config": [{"name": "web-config", "data": {"a": "1"}}]}
NEWER = {"definition": configured(), "config": [{"name": "web-config", "data": {"a": "2"}}]}
SHARES: dict[str, Any] = {"weights": [30, 60], "hold": 3}
LARGER: dict[str, Any] = {"steps": [{"replicas": 3, "hold": 3}]}
STEPWISE = {**NEXT, **SHARES}
SET, DAEMON = {"kind": "StatefulSet", **NEXT}, {"kind": "DaemonSet", **NEXT}

WEB_ROUTE = {"kind": "HTTPRoute", "name": "web"}
WEIGHTS = {"weights": {"web": 95, "web-canary": 5}}
ROUTED = (
    theirs(replicas=2),
    theirs(name="web-canary", replicas=1),
    made("Service", service()),
    made("Service", service("web-canary")),
    made("HTTPRoute", http_route()),
    passed(5),
)


GRPC_ROUTE = {
    "metadata": {"name": "web"},
    "spec": {"parentRefs": [{"name": "gateway"}], "rules": [{"backendRefs": [{"name": "web", "port": 80}]}]},
}
INGRESS = {
    "metadata": {"name": "web", "annotations": {"note": "mine"}},
    "spec": {
        "ingressClassName": "nginx",
        "rules": [
            {
                "host": "shop.example",
                "http": {
                    "paths": [
                        {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "web", "port": {"number": 80}}}},
                        {"path": "/api", "pathType": "Prefix", "backend": {"service": {"name": "api", "port": {"number": 80}}}},
                    ]
                },
            }
        ],
    },
}
BEHIND_ROUTE = (
    theirs(),
    made("Service", service()),
    made("Service", service("inside", app="web")),
    made("HTTPRoute", http_route()),
    passed(5),
)
BY_ROUTE: dict[str, Any] = {"routes": [WEB_ROUTE], "propagation_delay": 5}

EACH_ROUTE: Mapping[str, dict[str, Any]] = {kind: manifest("default") for kind, manifest in MANIFESTS.items()}


def admitted(memory: Memory) -> None:
    """OpenShift's router has admitted the Route `web`."""
    status = {"ingress": [{"routerName": "default", "host": "shop.example", "conditions": [{"type": "Admitted", "status": "True"}]}]}
    memory.server.revise(named("Route"), memory.get("default", "Route", "web"), manager="openshift-router", status=status)


CASES: dict[str, Case] = {
    "rolling: a first rollout": Case("rolling", {"definition": [CONFIG, PASSWORD, deployment()]}),
    "rolling: the next version": Case("rolling", {"definition": deployment("2")}, (ours(),)),
    "rolling: an image of ours": Case("rolling", NEXT, (ours(),)),
    "rolling: an image of theirs": Case("rolling", NEXT, (theirs(),)),
    "rolling: taking over": Case("rolling", {"definition": deployment("2")}, (theirs(),)),
    "rolling: taking over a StatefulSet": Case("rolling", {"definition": manifest("StatefulSet", "2")}, (theirs("StatefulSet"),)),
    "rolling: taking over a DaemonSet": Case("rolling", {"definition": manifest("DaemonSet", "2")}, (theirs("DaemonSet"),)),
    "rolling: leaving replicas out": Case("rolling", {"definition": deployment("2", replicas=None)}, (ours(replicas=4),)),
    "rolling: other limits": Case("rolling", {**NEXT, "max_surge": 2, "max_unavailable": 0}, (ours(),)),
    "rolling: a StatefulSet": Case("rolling", {"definition": manifest("StatefulSet", "2")}, (ours("StatefulSet"),)),
    "rolling: a DaemonSet": Case("rolling", {"definition": manifest("DaemonSet", "2")}, (ours("DaemonSet"),)),
    "rolling: two workloads": Case("rolling", {"definition": [deployment("2"), deployment("2", name="api")]}, (ours(), ours(name="api"))),
    "rolling: going back": Case("rolling", {"definition": deployment("missing"), "on_failure": "rollback"}, (ours(),), fails=True),
    "rolling: a StatefulSet going back": Case(
        "rolling", {"definition": manifest("StatefulSet", "missing"), "on_failure": "rollback"}, (ours("StatefulSet"),), fails=True
    ),
    "rolling: a DaemonSet going back": Case(
        "rolling", {"definition": manifest("DaemonSet", "missing"), "on_failure": "rollback"}, (ours("DaemonSet"),), fails=True
    ),
    "rolling: going back by a patch": Case(
        "rolling", {"name": "web", "image": "x:missing", "on_failure": "rollback"}, (theirs(),), fails=True
    ),
    "rolling: mending a StatefulSet": Case(
        "rolling", SET, (ours("StatefulSet"), failed("rolling", kind="StatefulSet", name="web", image="x:missing"))
    ),
    "rolling: measured": Case("rolling", {**NEXT, **VERIFY}, PLAIN),
    "rolling: measured from a pod": Case("rolling", {**NEXT, **FROM_POD}, PLAIN),
    "rolling: measured without an answer": Case("rolling", {**NEXT, **VERIFY}, (theirs(),), fails=True),
    "rolling: measured and going back": Case(
        "rolling", {"name": "web", "image": "x:missing", "on_failure": "rollback", **FROM_POD}, PLAIN, fails=True
    ),
    "rolling: a first configuration": Case("rolling", COPIED),
    "rolling: another configuration": Case("rolling", NEWER, (done("rolling", **COPIED),)),
    "rolling: cleaning up": Case("rolling", NEWER, (*(done("rolling", **one) for one in OLDER), passed(4000))),
    "recreate": Case("recreate", NEXT, (theirs(),)),
    "recreate: a definition": Case("recreate", {"definition": deployment("2")}, (ours(),)),
    "recreate: going back": Case("recreate", {"name": "web", "image": "x:missing"}, (theirs(),), fails=True),
    "partition": Case("partition", SET, (theirs("StatefulSet"),)),
    "partition: a definition": Case("partition", {"definition": manifest("StatefulSet", "2")}, (ours("StatefulSet"),)),
    "partition: in parts": Case("partition", {**SET, "steps": [1, "100%"]}, (theirs("StatefulSet"),)),
    "partition: up to a step": Case("partition", {**SET, "stop_before": "web-1"}, (theirs("StatefulSet"),)),
    "partition: the rest": Case("partition", SET, (ours("StatefulSet"), done("partition", **SET, stop_before="web-1"))),
    "partition: by shares": Case("partition", {**SET, **SHARES}, (theirs("StatefulSet"),)),
    "partition: up to a share": Case("partition", {**SET, **SHARES, "stop_before": "promote"}, (ours("StatefulSet"),)),
    "partition: the rest of the shares": Case(
        "partition", {**SET, **SHARES}, (theirs("StatefulSet"), done("partition", **SET, **SHARES, stop_before="weight_60"))
    ),
    "partition: measured": Case("partition", {**SET, **VERIFY}, (theirs("StatefulSet"), made("Service", service()))),
    "partition: giving up": Case(
        "abort", {"kind": "StatefulSet", "name": "web"}, (ours("StatefulSet"), done("partition", **SET, stop_before="web-1"))
    ),
    "partition: failing": Case(
        "partition", {"kind": "StatefulSet", "name": "web", "image": "x:missing", "on_failure": "abort"}, (ours("StatefulSet"),), fails=True
    ),
    "on_delete: a StatefulSet": Case("on_delete", SET, (theirs("StatefulSet"),)),
    "on_delete: a DaemonSet": Case("on_delete", DAEMON, (theirs("DaemonSet"),)),
    "on_delete: two at once": Case("on_delete", {**SET, "batch": 2}, (theirs("StatefulSet"),)),
    "on_delete: up to a step": Case("on_delete", {**SET, "stop_before": "web-1"}, (theirs("StatefulSet"),)),
    "on_delete: the rest": Case("on_delete", SET, (theirs("StatefulSet"), done("on_delete", **SET, stop_before="web-1"))),
    "on_delete: by shares": Case("on_delete", {**SET, **LARGER, "batch": 2}, (theirs("StatefulSet", replicas=5),)),
    "on_delete: a DaemonSet by shares": Case("on_delete", {**DAEMON, **SHARES}, (theirs("DaemonSet"),)),
    "on_delete: the rest of the shares": Case(
        "on_delete", {**SET, **SHARES}, (theirs("StatefulSet"), done("on_delete", **SET, **SHARES, stop_before="weight_60"))
    ),
    "on_delete: within a budget": Case("on_delete", SET, (theirs("StatefulSet"), made("PodDisruptionBudget", LIMITS))),
    "undo": Case("undo", {"name": "web"}, (ours(), ours(tag="2"))),
    "undo: a StatefulSet": Case("undo", {"kind": "StatefulSet", "name": "web"}, (ours("StatefulSet"), ours("StatefulSet", "2"))),
    "undo: a DaemonSet": Case("undo", {"kind": "DaemonSet", "name": "web"}, (ours("DaemonSet"), ours("DaemonSet", "2"))),
    "undo: to a revision": Case("undo", {"name": "web", "revision": 1}, (ours(), ours(tag="2"), ours(tag="3"))),
    "undo: a paused one": Case("undo", {"name": "web", "resume": True}, (ours(), ours(tag="2"), done("pause", name="web"))),
    "undo: a stuck StatefulSet": Case(
        "undo",
        {"kind": "StatefulSet", "name": "web"},
        (ours("StatefulSet"), failed("rolling", kind="StatefulSet", name="web", image="x:missing")),
    ),
    "undo: a configuration": Case("undo", {"name": "web"}, (done("rolling", **COPIED), done("rolling", **NEWER))),
    "undo: measured": Case("undo", {"name": "web", **VERIFY}, (ours(), ours(tag="2"), made("Service", service()))),
    "undo: theirs": Case("undo", {"name": "web"}, (theirs(), edited("Deployment", image("2")), lambda memory: memory.clock.sleep(20))),
    "restart": Case("restart", {"name": "web", "key": "once"}, (ours(),)),
    "restart: theirs": Case("restart", {"name": "web", "key": "once"}, (theirs(),)),
    "restart: a StatefulSet": Case("restart", {"kind": "StatefulSet", "name": "web", "key": "once"}, (ours("StatefulSet"),)),
    "restart: a DaemonSet": Case("restart", {"kind": "DaemonSet", "name": "web", "key": "once"}, (theirs("DaemonSet"),)),
    "restart: two of a label": Case("restart", {"label_selectors": ["tier=web"], "key": "once"}, (labelled("web"), labelled("api"))),
    "restart: a StatefulSet under OnDelete": Case(
        "restart", {"kind": "StatefulSet", "name": "web", "key": "once"}, (theirs("StatefulSet", updateStrategy={"type": "OnDelete"}),)
    ),
    "restart: one replica": Case("restart", {"name": "web", "key": "once"}, (ours(replicas=1),)),
    "pause": Case("pause", {"name": "web"}, (ours(),)),
    "pause: theirs": Case("pause", {"name": "web"}, (theirs(),)),
    "pause: on its way": Case("pause", {"name": "web"}, (theirs(), edited("Deployment", slowly("2")))),
    "resume: theirs": Case("resume", {"name": "web"}, (theirs(), done("pause", name="web"), edited("Deployment", image("2")))),
    "resume": Case("resume", {"name": "web"}, (ours(), done("pause", name="web"))),
    "blue_green": Case("blue_green", BLUE, PLAIN),
    "blue_green: with budget and autoscaler": Case(
        "blue_green", BLUE, (*PLAIN, made("PodDisruptionBudget", LIMITS), made("HorizontalPodAutoscaler", SCALER))
    ),
    "blue_green: the second time": Case("blue_green", {**BLUE, "image": "x:3"}, (*PLAIN, done("blue_green", **BLUE))),
    "blue_green: leaving": Case("blue_green", {"name": "web", "leave": True, "scale_down_delay": 0}, (*PLAIN, done("blue_green", **BLUE))),
    "blue_green: leaving in place": Case(
        "blue_green",
        {"definition": deployment(replicas=2), "leave": True, "scale_down_delay": 0},
        (*PLAIN, done("blue_green", **BLUE, keep_old=True), done("undo", name="web")),
    ),
    "blue_green: a bad version": Case("blue_green", {**BLUE, "image": "x:missing"}, PLAIN, fails=True),
    "blue_green: measured": Case("blue_green", {**BLUE, **VERIFY}, PLAIN),
    "blue_green: measured from a pod": Case("blue_green", {**BLUE, **FROM_POD}, PLAIN),
    "blue_green: a definition": Case("blue_green", {"definition": deployment("2"), "scale_down_delay": 0}, PLAIN),
    "blue_green: another configuration": Case(
        "blue_green", {**NEWER, "scale_down_delay": 0}, (done("rolling", **COPIED), made("Service", service()))
    ),
    "blue_green: up to the hold": Case("blue_green", {**BLUE, "stop_before": "hold"}, PLAIN),
    "blue_green: keeping the old side": Case("blue_green", {**BLUE, "keep_old": True}, PLAIN),
    "canary": Case("canary", STEPWISE, (theirs(),)),
    "canary: a definition": Case("canary", {"definition": deployment("2", minReadySeconds=3), **SHARES}, (ours(),)),
    "canary: a first rollout": Case("canary", {"definition": [CONFIG, deployment()], **SHARES}),
    "canary: up to a step": Case("canary", {**STEPWISE, "stop_before": "weight_60"}, (theirs(),)),
    "canary: a bad version": Case("canary", {**STEPWISE, "image": "x:missing"}, (theirs(),), fails=True),
    "canary: another configuration": Case("canary", {**NEWER, **SHARES}, (done("rolling", **COPIED),)),
    "canary: instead of another": Case(
        "canary", {**STEPWISE, "image": "x:3", "supersede": True}, (theirs(), done("canary", **STEPWISE, stop_before="promote"))
    ),
    "canary: back to what serves": Case(
        "canary", {"definition": deployment(), **SHARES}, (ours(), done("canary", **STEPWISE, stop_before="promote"))
    ),
    "canary: giving up": Case("abort", {"name": "web"}, (theirs(), done("canary", **STEPWISE, stop_before="promote"))),
    "canary: the rest": Case("promote", {"name": "web"}, (theirs(), done("canary", **STEPWISE, stop_before="weight_60"))),
    "promote: up to the hold": Case(
        "promote", {"name": "web", "stop_before": "hold"}, (*PLAIN, done("blue_green", **BLUE, stop_before="switch"))
    ),
    "promote: after the switch": Case("promote", {"name": "web"}, (*PLAIN, done("blue_green", **BLUE, stop_before="hold"))),
    "promote: measured": Case("promote", {"name": "web", **VERIFY}, (*PLAIN, done("blue_green", **BLUE, stop_before="switch"))),
    "promote": Case("promote", {"name": "web"}, (*PLAIN, done("blue_green", **BLUE, stop_before="switch"))),
    "promote: what was approved": Case(
        "promote", {"name": "web", "expect": [APPROVED]}, (*PLAIN, done("blue_green", **BLUE, stop_before="switch"))
    ),
    "abort: what was not approved": Case(
        "abort", {"name": "web", "expect": [APPROVED]}, (*PLAIN, done("blue_green", **BLUE, stop_before="switch"))
    ),
    "abort: before the switch": Case("abort", {"name": "web"}, (*PLAIN, done("blue_green", **BLUE, stop_before="switch"))),
    "abort: after the switch": Case("abort", {"name": "web"}, (*PLAIN, done("blue_green", **BLUE, stop_before="hold"))),
    "abort: measured": Case("abort", {"name": "web", **VERIFY}, (*PLAIN, done("blue_green", **BLUE, stop_before="hold"))),
    "abort: a stuck StatefulSet": Case(
        "abort",
        {"kind": "StatefulSet", "name": "web"},
        (ours("StatefulSet"), failed("partition", kind="StatefulSet", name="web", image="x:missing")),
    ),
    "undo: of blue_green by its number": Case("undo", {"name": "web", "revision": 1}, (*PLAIN, done("blue_green", **BLUE))),
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
    "traffic_split": Case("traffic_split", {**WEB_ROUTE, **WEIGHTS}, ROUTED),
    "traffic_split: a route of each kind": Case(
        "traffic_split",
        {"routes": [{"kind": kind, "name": route["metadata"]["name"]} for kind, route in EACH_ROUTE.items()], **WEIGHTS},
        (*ROUTED[:4], *(made(kind, route) for kind, route in EACH_ROUTE.items()), admitted, passed(5)),
    ),
    "traffic_split: back to the first weights": Case(
        "traffic_split", {**WEB_ROUTE, "state": "original"}, (*ROUTED, done("traffic_split", **WEB_ROUTE, **WEIGHTS))
    ),
    "canary by routes": Case("canary", {**STEPWISE, **BY_ROUTE}, BEHIND_ROUTE),
    "canary by routes: an Ingress": Case(
        "canary", {**STEPWISE, **BY_ROUTE, "routes": [{"kind": "Ingress", "name": "web"}]}, (*BEHIND_ROUTE[:3], made("Ingress", INGRESS))
    ),
    "canary by routes: a bad version": Case("canary", {**STEPWISE, **BY_ROUTE, "image": "x:missing"}, BEHIND_ROUTE, fails=True),
    "canary by routes: giving up": Case(
        "abort", {"name": "web"}, (*BEHIND_ROUTE, done("canary", **STEPWISE, **BY_ROUTE, stop_before="promote"))
    ),
    "canary by routes: the rest": Case(
        "promote", {"name": "web"}, (*BEHIND_ROUTE, done("canary", **STEPWISE, **BY_ROUTE, stop_before="weight_60"))
    ),
    "canary by routes: instead of another": Case(
        "canary",
        {**STEPWISE, **BY_ROUTE, "image": "x:3", "supersede": True},
        (*BEHIND_ROUTE, done("canary", **STEPWISE, **BY_ROUTE, stop_before="promote")),
    ),
    "versioned_config": Case("versioned_config", {"name": "web-config", "data": {"a": "1"}}),
    "versioned_config: cleaning up": Case(
        "versioned_config",
        {"name": "web-config", "data": {"a": "3"}},
        (*(done("versioned_config", name="web-config", data={"a": tag}) for tag in "12"), passed(4000)),
    ),
    "versioned_config: keeping what is used": Case(
        "versioned_config",
        {"name": "web-config", "data": {"a": "3"}},
        (done("rolling", **COPIED), done("versioned_config", name="web-config", data={"a": "2"}), passed(4000)),
    ),
    "gate: the pods": Case("gate", {"name": "pods", "workload": "web", "pods": {}}, (ours(),), reads=True),
    "gate: a Job": Case("gate", {"name": "smoke", "job": {"image": "registry.example/smoke:1"}}, reads=True),
    "wait": Case("wait", {"name": "web"}, (ours(),), reads=True),
    "wait: on its way": Case("wait", {"name": "web"}, (theirs(), edited("Deployment", slowly("2"))), reads=True),
    "wait: two kinds": Case(
        "wait",
        {"workloads": [{"name": "web"}, {"kind": "StatefulSet", "name": "api"}], "old_pods_gone": True},
        (theirs(), theirs("StatefulSet", name="api"), edited("Deployment", slowly("2")), edited("StatefulSet", slowly("2"), name="api")),
        reads=True,
    ),
    "wait: in vain": Case("wait", {"name": "web"}, (theirs(), edited("Deployment", image("missing"))), fails=True, reads=True),
    "wait: until it is paused": Case("wait", {"name": "web", "until": "paused"}, (ours(), done("pause", name="web")), reads=True),
    "status_info": Case("status_info", {"name": "web"}, PLAIN, reads=True),
    "status_info: of a label": Case("status_info", {"label_selectors": ["tier=web"]}, (labelled("web"), labelled("api")), reads=True),
    "history_info": Case("history_info", {"name": "web"}, (ours(), ours(tag="2")), reads=True),
    "history_info: compared": Case("history_info", {"name": "web", "revision": 2, "compare_to": 1}, (ours(), ours(tag="2")), reads=True),
    "history_info: a StatefulSet": Case(
        "history_info", {"kind": "StatefulSet", "name": "web"}, (ours("StatefulSet"), ours("StatefulSet", "2")), reads=True
    ),
    "preflight_info": Case("preflight_info", {"name": "web", "fail_on": "never"}, PLAIN, reads=True),
    "preflight_info: a definition": Case("preflight_info", {"definition": deployment("2"), "fail_on": "never"}, PLAIN, reads=True),
}
if os.environ.get("ROLLOUT_MEMORY") == "all":
    # Others go the same way: what these add is in tests/unit/memory/test_canary.py.
    CASES |= {
        "canary: taking over": Case("canary", {"definition": deployment("2"), **SHARES}, (theirs(),)),
        "canary: a single pod": Case("canary", STEPWISE, (theirs(replicas=1),)),
        "canary: measured": Case("canary", {**STEPWISE, **VERIFY}, PLAIN),
        "canary: giving up what came by a definition": Case(
            "abort",
            {"name": "web"},
            (ours(), done("canary", definition=deployment("2", minReadySeconds=3), **SHARES, stop_before="promote")),
        ),
        "canary: one step further": Case(
            "promote", {"name": "web", "stop_before": "promote"}, (theirs(), done("canary", **STEPWISE, stop_before="weight_60"))
        ),
    }
