# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people do by kubectl, as the same requests by the same managers of fields, without its start: a fifth of a second of CPU each time.

For what a test begins with or meddles by. Where kubectl is what is compared with, it is kubectl itself.
"""

from __future__ import annotations

import contextlib
import json
import time
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import api

AGENT = "kubectl/by-hand"
"""Counts as kubectl in the audit log."""
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
MERGE, STRATEGIC = "application/merge-patch+json", "application/strategic-merge-patch+json"
Object = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class ByHand:
    """Somebody with the administrator's rights, in one namespace."""

    kubeconfig: Path
    namespace: str

    def create(self, manifest: Mapping[str, Any], *, manager: str = "kubectl-create") -> None:
        """Make an object that is not there."""
        self._ask("POST", self._path(manifest["kind"], namespace=manifest["metadata"].get("namespace")), manager, body=manifest)

    def apply(self, manifest: Mapping[str, Any]) -> bool:
        """Make an object as `kubectl apply` does, and say whether that was possible: what is there already is left to kubectl."""
        namespace = manifest["metadata"].get("namespace") or self.namespace
        path = self._path(manifest["kind"], namespace=namespace)
        if api.ask(self.kubeconfig, "GET", f"{path}/{manifest['metadata']['name']}", absent=True) is not None:
            return False
        metadata = {**manifest["metadata"], "namespace": namespace}
        annotations = metadata.get("annotations") or {}
        noted = {**manifest, "metadata": {**metadata, "annotations": annotations}}
        text = json.dumps(noted, separators=(",", ":"), sort_keys=True, ensure_ascii=False) + "\n"
        for sign in "<>&":  # As Go writes them.
            text = text.replace(sign, f"\\u{ord(sign):04x}")
        whole = {**manifest, "metadata": {**metadata, "annotations": {**annotations, LAST_APPLIED: text}}}
        self.create(whole, manager="kubectl-client-side-apply")
        return True

    def get(self, reference: str) -> Object:
        """Return one object by `kind/name`."""
        kind, _, name = reference.partition("/")
        found: Object = api.ask(self.kubeconfig, "GET", f"{self._path(kind)}/{name}")
        return found

    def change(self, reference: str, change: Mapping[str, Any], *, manager: str, strategic: bool = False) -> None:
        """Merge a change into an object."""
        kind, _, name = reference.partition("/")
        self._ask("PATCH", f"{self._path(kind)}/{name}", manager, body=change, content_type=STRATEGIC if strategic else MERGE)

    def rolled_out(self, reference: str, *, seconds: float = 300) -> None:
        """Wait until a workload is rolled out, as kubectl sees it."""
        deadline = time.monotonic() + seconds
        while not is_rolled_out(found := self.get(reference)):
            assert not _is_late(found), f"{reference} exceeded its progress deadline: {found['status']}"
            assert time.monotonic() < deadline, f"{reference} was not rolled out within {seconds:g} s: {found.get('status')}"
            time.sleep(0.05)

    def observed(self, reference: str, *, seconds: float = 300) -> None:
        """Wait until the controller has seen what the workload asks for by now."""
        generation, deadline = self.get(reference)["metadata"]["generation"], time.monotonic() + seconds
        while (found := self.get(reference))["status"].get("observedGeneration", 0) < generation:
            assert time.monotonic() < deadline, f"{reference} was not observed within {seconds:g} s: {found['status']}"
            time.sleep(0.02)

    def let_go(self) -> None:
        """Let the pods end that are held while they terminate."""
        change = {"metadata": {"annotations": {"simulate.rollout.kubernetes/terminate-after": "0s"}}}
        for pod in api.get(self.kubeconfig, self.namespace, "pods"):
            if "deletionTimestamp" in pod["metadata"]:
                with contextlib.suppress(api.Refused):  # Some may be gone by then.
                    self.change(f"pods/{pod['metadata']['name']}", change, manager="kubectl-annotate")

    def grant(self, subject: str, *, verbs: str, resources: str, cluster_role: str) -> Callable[[], bool]:
        """Let a user, or a service account as `NAMESPACE:NAME`, do this in the namespace; return how to ask whether that is known."""
        namespace, _, account = subject.rpartition(":")
        name = f"granted-{account}"
        rbac = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": name}}
        if not cluster_role:
            rules = [
                {"verbs": verbs.split(","), "apiGroups": [self._group(resource)], "resources": [resource.partition(".")[0]]}
                for resource in resources.split(",")
            ]
            self.create({**rbac, "kind": "Role", "rules": rules})
        role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole" if cluster_role else "Role", "name": cluster_role or name}
        who = {"kind": "ServiceAccount", "namespace": namespace} if namespace else {"kind": "User", "apiGroup": role["apiGroup"]}
        self.create({**rbac, "kind": "RoleBinding", "roleRef": role, "subjects": [{**who, "name": account}]})
        first = resources.partition(",")[0]
        plural, group = first.partition(".")[0], self._group(first)
        asked = {"namespace": self.namespace, "verb": verbs.partition(",")[0], "group": group, "resource": plural.partition("/")[0]}
        user = f"system:serviceaccount:{subject}" if namespace else subject
        review = {"spec": {"user": user, "resourceAttributes": {**asked, "subresource": plural.partition("/")[2]}}}
        kind = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", **review}
        path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        return lambda: bool(api.ask(self.kubeconfig, "POST", path, body=kind, agent=AGENT)["status"]["allowed"])

    def _group(self, resource: str) -> str:
        """The group of a resource, which `deployments.apps` names, and `deployments` leaves to what the server has."""
        plural, named, group = resource.partition(".")
        if named:
            return group
        path = self._path(plural.partition("/")[0])
        return path.split("/")[2] if path.startswith("/apis/") else ""

    def _path(self, kind: str, *, namespace: str | None = None) -> str:
        return api.path_of(self.kubeconfig, namespace or self.namespace, kind)

    def _ask(self, method: str, path: str, manager: str, *, body: Mapping[str, Any], content_type: str = "application/json") -> None:
        query = urllib.parse.urlencode({"fieldManager": manager, "fieldValidation": "Strict"})
        api.ask(self.kubeconfig, method, f"{path}?{query}", body=body, content_type=content_type, agent=AGENT)


def knows(kubeconfig: Path, namespace: str, manifests: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether all are of kinds that are in a namespace and were there when we first looked."""
    with contextlib.suppress(KeyError):
        return all(api.path_of(kubeconfig, namespace, manifest["kind"]) for manifest in manifests)
    return False


def is_rolled_out(workload: Mapping[str, Any]) -> bool:
    """Say whether `kubectl rollout status` would end."""
    spec, status = workload["spec"], workload.get("status", {})
    if status.get("observedGeneration", 0) < workload["metadata"]["generation"]:
        return False
    updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    if workload["kind"] == "Deployment":
        return bool(updated >= spec["replicas"] and status.get("replicas", 0) <= updated and available >= updated)
    assert spec["updateStrategy"]["type"] == "RollingUpdate", "rollout status is only available for RollingUpdate strategy type"
    if workload["kind"] == "DaemonSet":
        updated, desired = status.get("updatedNumberScheduled", 0), status["desiredNumberScheduled"]
        return bool(updated >= desired and status.get("numberAvailable", 0) >= desired)
    partition = spec["updateStrategy"].get("rollingUpdate", {}).get("partition", 0)  # There is always one, as the server writes 0.
    return bool(status.get("readyReplicas", 0) >= spec["replicas"] and updated >= spec["replicas"] - partition)


def _is_late(workload: Mapping[str, Any]) -> bool:
    conditions = workload.get("status", {}).get("conditions", [])
    return any(entry.get("reason") == "ProgressDeadlineExceeded" for entry in conditions) and workload["kind"] == "Deployment"
