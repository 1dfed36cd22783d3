# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which kinds are known without asking the cluster, and where the API serves them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True)
class Resource:
    """One kind as the API serves it; `plural` is the word in its path and in RBAC rules."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool = True

    @property
    def group(self) -> str:
        """The API group, empty for the core group."""
        return self.api_version.rpartition("/")[0]

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """The path below the server's address; without `namespace` the collection over all namespaces."""
        parts = ["apis" if self.group else "api", *self.api_version.split("/")]
        if namespace and self.namespaced:
            parts += ["namespaces", namespace]
        parts += [part for part in (self.plural, name, subresource) if part]
        return "/" + "/".join(quote(part, safe=".:") for part in parts)


DEPLOYMENT = Resource("apps/v1", "Deployment", "deployments")
STATEFUL_SET = Resource("apps/v1", "StatefulSet", "statefulsets")
DAEMON_SET = Resource("apps/v1", "DaemonSet", "daemonsets")
REPLICA_SET = Resource("apps/v1", "ReplicaSet", "replicasets")
CONTROLLER_REVISION = Resource("apps/v1", "ControllerRevision", "controllerrevisions")
POD = Resource("v1", "Pod", "pods")
EVENT = Resource("v1", "Event", "events")
SECRET = Resource("v1", "Secret", "secrets")
LEASE = Resource("coordination.k8s.io/v1", "Lease", "leases")
SERVICE = Resource("v1", "Service", "services")
ENDPOINT_SLICE = Resource("discovery.k8s.io/v1", "EndpointSlice", "endpointslices")
JOB = Resource("batch/v1", "Job", "jobs")
NODE = Resource("v1", "Node", "nodes", namespaced=False)
BUDGET = Resource("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets")
ACCESS_REVIEW = Resource("authorization.k8s.io/v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews", namespaced=False)
"""A question that is answered and not kept: whether the user may do something."""
HPA = Resource("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers")
SCALED_OBJECT = Resource("keda.sh/v1alpha1", "ScaledObject", "scaledobjects")
"""KEDA's, which makes an autoscaler of it. Not every cluster has the kind."""

_KNOWN = (
    DEPLOYMENT,
    STATEFUL_SET,
    DAEMON_SET,
    REPLICA_SET,
    CONTROLLER_REVISION,
    POD,
    EVENT,
    SECRET,
    LEASE,
    HPA,
    ACCESS_REVIEW,
    Resource("v1", "ConfigMap", "configmaps"),
    SERVICE,
    Resource("v1", "ServiceAccount", "serviceaccounts"),
    Resource("v1", "Namespace", "namespaces", namespaced=False),
    Resource("v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
    Resource("v1", "ResourceQuota", "resourcequotas"),
    Resource("v1", "LimitRange", "limitranges"),
    NODE,
    JOB,
    Resource("batch/v1", "CronJob", "cronjobs"),
    ENDPOINT_SLICE,
    Resource("networking.k8s.io/v1", "Ingress", "ingresses"),
    Resource("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies"),
    BUDGET,
    Resource("rbac.authorization.k8s.io/v1", "Role", "roles"),
    Resource("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings"),
)
KNOWN: Mapping[tuple[str, str], Resource] = {(known.api_version, known.kind): known for known in _KNOWN}
