# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""API versions that Kubernetes does not serve any more, and where their kinds are served now."""

from __future__ import annotations

from collections.abc import Mapping

from .resources import KNOWN

_NOW: Mapping[str, str] = {
    "apps/v1beta1": "apps/v1",
    "apps/v1beta2": "apps/v1",
    "batch/v1beta1": "batch/v1",
    "batch/v2alpha1": "batch/v1",
    "policy/v1beta1": "policy/v1",
    "networking.k8s.io/v1beta1": "networking.k8s.io/v1",
    "autoscaling/v2alpha1": "autoscaling/v2",
    "autoscaling/v2beta1": "autoscaling/v2",
    "autoscaling/v2beta2": "autoscaling/v2",
    "rbac.authorization.k8s.io/v1alpha1": "rbac.authorization.k8s.io/v1",
    "rbac.authorization.k8s.io/v1beta1": "rbac.authorization.k8s.io/v1",
    "apiextensions.k8s.io/v1beta1": "apiextensions.k8s.io/v1",
    "admissionregistration.k8s.io/v1beta1": "admissionregistration.k8s.io/v1",
    "apiregistration.k8s.io/v1beta1": "apiregistration.k8s.io/v1",
    "storage.k8s.io/v1beta1": "storage.k8s.io/v1",
    "scheduling.k8s.io/v1alpha1": "scheduling.k8s.io/v1",
    "scheduling.k8s.io/v1beta1": "scheduling.k8s.io/v1",
    "coordination.k8s.io/v1beta1": "coordination.k8s.io/v1",
    "discovery.k8s.io/v1beta1": "discovery.k8s.io/v1",
    "certificates.k8s.io/v1beta1": "certificates.k8s.io/v1",
    "node.k8s.io/v1beta1": "node.k8s.io/v1",
    "events.k8s.io/v1beta1": "events.k8s.io/v1",
    "flowcontrol.apiserver.k8s.io/v1beta1": "flowcontrol.apiserver.k8s.io/v1",
    "flowcontrol.apiserver.k8s.io/v1beta2": "flowcontrol.apiserver.k8s.io/v1",
    "flowcontrol.apiserver.k8s.io/v1beta3": "flowcontrol.apiserver.k8s.io/v1",
}
_EXTENSIONS: Mapping[str, str] = {
    **dict.fromkeys(("Deployment", "DaemonSet", "ReplicaSet"), "apps/v1"),
    **dict.fromkeys(("Ingress", "NetworkPolicy"), "networking.k8s.io/v1"),
}
_NEEDS: Mapping[str, str] = {
    "apps/v1": "which also demands spec.selector",
    "networking.k8s.io/v1": "which writes backend.service.name and .port.number, and demands pathType",
    "autoscaling/v2": "which writes metrics by target.type",
    "apiextensions.k8s.io/v1": "which demands a schema for each version",
}


def gone_sentence(api_version: str, kind: str) -> str:
    """Where a kind is served whose API version is gone; empty for a version that never was."""
    if kind == "PodSecurityPolicy":
        return (
            "PodSecurityPolicy does not exist any more in Kubernetes; take it out, and label the namespace with "
            "pod-security.kubernetes.io/enforce instead."
        )
    now = _EXTENSIONS.get(kind, "") if api_version == "extensions/v1beta1" else _NOW.get(api_version, "")
    if not now:
        return ""
    needs = f", {_NEEDS[now]}" if now in _NEEDS and not (now == "networking.k8s.io/v1" and kind != "Ingress") else ""
    return f"{api_version} of {kind} is not served any more by this cluster; write apiVersion: {now}{needs}."


def elsewhere(kind: str) -> str:
    """The API version of a kind that every cluster has; empty for any other kind."""
    return next((known.api_version for known in KNOWN.values() if known.kind == kind), "")
