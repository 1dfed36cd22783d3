# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An observer of its own: watches Services, pods and EndpointSlices by kubectl, and judges afterwards what every Service has led to.

All objects of a cluster share one counter, the resourceVersion, so that the events of several watches can be put into the order in which
they happened. What is judged is therefore each state that there ever was, and not what a poll has happened to see.
"""

from __future__ import annotations

import json
import subprocess
import threading
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from .cluster import Cluster
from .interference import eventually

_KINDS = ("services", "pods", "endpointslices.discovery.k8s.io")
_MARK = "witness"


@dataclass(frozen=True)
class Moment:
    """One state of the namespace: after the event with this resourceVersion."""

    version: int
    what: str
    """The event, in words."""
    pods: Mapping[str, Mapping[str, Any]]
    """By name."""
    services: Mapping[str, Mapping[str, Any]]
    slices: Mapping[str, Mapping[str, Any]]

    def selected(self, service: str) -> dict[str, bool]:
        """The pods that a Service selects and that are not on their way out: ready or not."""
        selector = self.services[service]["spec"].get("selector") or {}
        return {
            name: is_ready(pod)
            for name, pod in self.pods.items()
            if selector
            and "deletionTimestamp" not in pod["metadata"]
            and all(pod["metadata"].get("labels", {}).get(key) == value for key, value in selector.items())
        }

    def routed(self, service: str) -> set[str]:
        """The pods that get the requests of a Service."""
        return {
            endpoint["targetRef"]["name"]
            for entry in self.slices.values()
            if entry["metadata"].get("labels", {}).get("kubernetes.io/service-name") == service
            for endpoint in entry.get("endpoints") or []
            if endpoint["conditions"].get("ready") is not False
        }

    def image(self, pod: str) -> str:
        """The image of a pod's first container."""
        return str(self.pods[pod]["spec"]["containers"][0]["image"])


def is_ready(pod: Mapping[str, Any]) -> bool:
    """Say whether it may get requests."""
    return any(entry["type"] == "Ready" and entry["status"] == "True" for entry in pod.get("status", {}).get("conditions", []))


@dataclass
class Witness:
    """Use it as a context manager around what is to be seen; then ask for the moments."""

    cluster: Cluster
    namespace: str
    _events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    _processes: list[subprocess.Popen[str]] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        eventually(self._slices_have_followed, "the EndpointSlices lead to all pods that are ready")
        for kind in _KINDS:
            command = [str(self.cluster.kubectl_program), "--kubeconfig", str(self.cluster.kubeconfig), "--namespace", self.namespace]
            command += ["get", kind, "--watch", "--output-watch-events", "--output=json"]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            thread = threading.Thread(target=self._read, args=(kind, process), daemon=True)
            thread.start()
            self._processes.append(process)
            self._threads.append(thread)
        self._sees_a_mark()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if error is None:
                self._sees_a_mark()
        finally:
            for process in self._processes:
                process.kill()
                process.wait()
            for thread in self._threads:
                thread.join(10)

    def _slices_have_followed(self) -> bool:
        """Their controller tries again only after a second or more where it meets its own last write; that it does so is not judged."""
        services, pods, slices = (self._found(kind) for kind in _KINDS)
        now = Moment(version=0, what="the beginning", pods=pods, services=services, slices=slices)
        return all({pod for pod, ready in now.selected(service).items() if ready} <= now.routed(service) for service in services)

    def _found(self, kind: str) -> dict[str, dict[str, Any]]:
        listed = self.cluster.kubectl("--namespace", self.namespace, "get", kind, "--output=json").json()["items"]
        return {entry["metadata"]["name"]: entry for entry in listed}

    def _read(self, kind: str, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            self._events.append((kind, json.loads(line)))

    def _sees_a_mark(self) -> None:
        """Wait until each watch has seen an object that is made now: everything before it has been seen as well."""
        name = f"{_MARK}-{uuid.uuid4().hex[:8]}"
        pod = {"containers": [{"name": "mark", "image": "registry.example/mark"}], "nodeName": "no-such-node"}
        marks: list[dict[str, Any]] = [
            {"apiVersion": "v1", "kind": "Service", "spec": {"clusterIP": "None"}},
            {"apiVersion": "v1", "kind": "Pod", "spec": pod},
            {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4", "endpoints": []},
        ]
        whole = {"apiVersion": "v1", "kind": "List", "items": [{**mark, "metadata": {"name": name}} for mark in marks]}
        self.cluster.kubectl("--namespace", self.namespace, "create", "--filename=-", stdin=json.dumps(whole))

        def seen() -> bool:
            found = {kind for kind, event in list(self._events) if event["object"]["metadata"]["name"] == name}
            return found == set(_KINDS)

        eventually(seen, "all watches see what was made last", seconds=300)

    def moments(self) -> Iterator[Moment]:
        """All states, in their order, from the time on that all watches ran."""
        state: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in _KINDS}
        first = [event for event in self._events if event[1]["object"]["metadata"]["name"].startswith(_MARK)]
        begun = min((int(event["object"]["metadata"]["resourceVersion"]) for _kind, event in first), default=0)
        ordered = sorted(self._events, key=lambda entry: int(entry[1]["object"]["metadata"]["resourceVersion"]))
        for kind, event in ordered:
            obj = event["object"]
            name, version = obj["metadata"]["name"], int(obj["metadata"]["resourceVersion"])
            if event["type"] == "DELETED":
                state[kind].pop(name, None)
            else:
                state[kind][name] = obj
            if version >= begun and not name.startswith(_MARK):
                services, pods, slices = (dict(state[one]) for one in _KINDS)
                yield Moment(version, f"{event['type']} {kind} {name}", pods, services, slices)


def judge(witness: Witness, *services: str, least: int, steady: bool = True) -> list[Moment]:
    """Fail unless these Services served well all the time; returns the moments for more questions.

    At no moment do they select fewer than `least` ready pods or does a change of selector lower their number or select a pod that is not
    ready; no pod becomes an endpoint before it is ready. With `steady` there are as many endpoints all the time, too.
    """
    moments = list(witness.moments())
    if not moments:
        raise AssertionError("The witness has seen nothing.")
    before: Moment | None = None
    for now in moments:
        for service in services:
            if service not in now.services:
                continue
            _judge(service, before, now, least=least, steady=steady)
        before = now
    return moments


def _judge(service: str, before: Moment | None, now: Moment, *, least: int, steady: bool) -> None:
    where = f"Service {service} at {now.version} ({now.what})"
    selected, routed = now.selected(service), now.routed(service)
    if sum(selected.values()) < least:
        raise AssertionError(f"{where} selects {sum(selected.values())} ready pods: {selected}")
    if steady and len(routed) < least:
        raise AssertionError(f"{where} leads to {len(routed)} endpoints: {sorted(routed)}")
    if before is None or service not in before.services:
        return
    former = before.selected(service)
    if before.services[service]["spec"].get("selector") != now.services[service]["spec"].get("selector"):
        if sum(selected.values()) < sum(former.values()):
            raise AssertionError(f"{where} selects fewer ready pods than before: {former} -> {selected}")
        unready = [name for name, ready in selected.items() if not ready and name not in former]
        if unready:
            raise AssertionError(f"{where} selects pods that are not ready: {unready}")
    for pod in routed - before.routed(service):
        if pod in now.pods and not is_ready(now.pods[pod]):
            raise AssertionError(f"{where} leads to {pod}, which is not ready")
