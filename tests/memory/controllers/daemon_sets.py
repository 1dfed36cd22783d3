# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DaemonSets: a pod on each node."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import DAEMON_SET, NODE, POD

from ..evictions import is_ready
from ..refusals import Refusal
from ..schema import Json
from ..store import Change
from .base import Controller, Key, available_in, is_active, is_going, key_of, share
from .revisions import pruned, synced

HASH = "controller-revision-hash"


class DaemonSets(Controller):
    """Makes what is missing, then replaces old pods within the limits."""

    resource = DAEMON_SET

    def touched(self, change: Change) -> Iterable[Key]:
        yield from super().touched(change)
        if change.resource == NODE:
            yield from map(key_of, self.store.all(DAEMON_SET))

    def reconcile(self, obj: Json) -> None:
        revision, others = synced(self, obj, {HASH: "HASH"})
        own = revision["metadata"]["labels"][HASH]
        if not is_going(obj):
            try:
                self._fill(obj, own)
                if obj["spec"]["updateStrategy"]["type"] == "RollingUpdate":
                    self._roll(obj, own)
                self.failures.pop(key_of(obj), None)
            except Refusal:
                self.again_after_failure(key_of(obj))
        self._tell(obj, own)
        held = {pod["metadata"]["labels"].get(HASH) for pod in self.owned(POD, obj)}
        pruned(self, obj, others, {entry["metadata"]["name"] for entry in others if entry["metadata"]["labels"].get(HASH) in held})

    def _nodes(self, obj: Json) -> list[str]:
        wanted = obj["spec"]["template"]["spec"].get("nodeSelector") or {}
        nodes = [node for node in self.store.all(NODE) if wanted.items() <= (node["metadata"].get("labels") or {}).items()]
        return [node["metadata"]["name"] for node in nodes]

    def _on(self, obj: Json) -> dict[str, list[Json]]:
        """Its pods by node, also those on their way out."""
        found: dict[str, list[Json]] = {name: [] for name in self._nodes(obj)}
        for pod in self.owned(POD, obj):
            found.setdefault(node_of(pod), []).append(pod)
        return found

    def _fill(self, obj: Json, own: str) -> None:
        meant = self._nodes(obj)
        for node, pods in self._on(obj).items():
            active = [pod for pod in pods if is_active(pod)]
            for pod in [pod for pod in pods if not is_going(pod) and pod["status"].get("phase") == "Failed"]:
                self.server.delete(POD, pod)
            if node not in meant:
                for pod in active:
                    self.server.delete(POD, pod)
            elif not pods:
                self._make(obj, node, own)

    def _make(self, obj: Json, node: str, own: str) -> None:
        labels = {HASH: own, "pod-template-generation": str(obj["metadata"]["generation"])}
        term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
        affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}
        name = f"{obj['metadata']['name']}-"
        self.create_pod(obj, obj["spec"]["template"], name, labels=labels, generate=True, affinity=affinity)

    def _roll(self, obj: Json, own: str) -> None:
        limits, on = obj["spec"]["updateStrategy"]["rollingUpdate"], self._on(obj)
        desired = len(self._nodes(obj))
        surge = share(limits.get("maxSurge", 0), desired, up=True)
        if surge:
            self._surge(obj, own, on, surge)
        else:
            self._replace(obj, own, on, max(share(limits.get("maxUnavailable", 1), desired, up=True), 1))

    def _replace(self, obj: Json, own: str, on: dict[str, list[Json]], limit: int) -> None:
        lacking, free, candidates = 0, list[Json](), list[Json]()
        for pods in on.values():
            new, old = _new_and_old(pods, own)
            if (new is None) == (old is None):
                lacking += 1
            elif new is not None:
                lacking += not self._is_available(obj, new)
            elif not self._is_available(obj, old):
                free.append(old)
            else:
                candidates.append(old)
        for pod in (*free, *candidates[: max(0, limit - lacking)]):
            self.server.delete(POD, pod)

    def _surge(self, obj: Json, own: str, on: dict[str, list[Json]], limit: int) -> None:
        begun, free, candidates = 0, list[str](), list[str]()
        for node, pods in on.items():
            new, old = _new_and_old(pods, own)
            if old is None:
                continue
            if new is None:
                (candidates if self._is_available(obj, old) else free).append(node)
            elif self._is_available(obj, new):
                self.server.delete(POD, old)
            else:
                begun += 1
        for node in (*free, *candidates[: max(0, limit - begun)]):
            self._make(obj, node, own)

    def _is_available(self, obj: Json, pod: Json) -> bool:
        wait = available_in(pod, obj["spec"].get("minReadySeconds", 0), self.clock.now())
        if wait:
            self.look_at(key_of(obj), wait)
        return wait == 0

    def _tell(self, obj: Json, own: str) -> None:
        on, nodes = self._on(obj), self._nodes(obj)
        chosen = [min(pods, key=_rank) for node in nodes if (pods := [pod for pod in on[node] if not is_going(pod)] or on[node])]
        available = sum(1 for pod in chosen if not is_going(pod) and self._is_available(obj, pod))
        counts: dict[str, Any] = {
            "updatedNumberScheduled": sum(1 for pod in chosen if pod["metadata"]["labels"].get(HASH) == own),
            "numberAvailable": available,
            "numberUnavailable": len(nodes) - available,
        }
        status = {
            "desiredNumberScheduled": len(nodes),
            "currentNumberScheduled": len(chosen),
            "numberMisscheduled": 0,
            "numberReady": sum(1 for pod in chosen if is_ready(pod)),
            "observedGeneration": obj["metadata"]["generation"],
            **{name: count for name, count in counts.items() if count},
        }
        found = self.store.get(DAEMON_SET, *key_of(obj))
        self.server.revise(DAEMON_SET, found, status=status)


def node_of(pod: Json) -> str:
    """The node that a pod of a DaemonSet is for."""
    if pod["spec"].get("nodeName"):
        return str(pod["spec"]["nodeName"])
    needed = (pod["spec"].get("affinity") or {}).get("nodeAffinity", {}).get("requiredDuringSchedulingIgnoredDuringExecution", {})
    fields = [entry for term in needed.get("nodeSelectorTerms", ()) for entry in term.get("matchFields") or ()]
    return str(fields[0]["values"][0]) if fields else ""


def _new_and_old(pods: list[Json], own: str) -> tuple[Json, Json]:
    active = [pod for pod in pods if not is_going(pod)]
    new = next((pod for pod in active if pod["metadata"]["labels"].get(HASH) == own), None)
    old = next((pod for pod in active if pod["metadata"]["labels"].get(HASH) != own), None)
    return new, old


def _rank(pod: Json) -> tuple[Any, ...]:
    return pod["status"].get("phase") == "Pending", pod["metadata"]["creationTimestamp"], pod["metadata"]["name"]
