# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Deployment that KEDA scales. Its kind is served by the real server, by a definition that takes any spec; KEDA itself does not run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .calls import call
from .workloads import create, rolled_out

pytestmark = pytest.mark.server
DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "scaledobjects.keda.sh"},
    "spec": {
        "group": "keda.sh",
        "scope": "Namespaced",
        "names": {"kind": "ScaledObject", "listKind": "ScaledObjectList", "plural": "scaledobjects", "singular": "scaledobject"},
        "versions": [
            {
                "name": "v1alpha1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
            }
        ],
    },
}


@pytest.fixture
def scaled(kubectl, cluster, deployment):
    """scaled(**spec): a Deployment with a ScaledObject, and the autoscaler that KEDA makes of that."""
    # Another process may do the same at this moment.
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "--filename=-", stdin=json.dumps(DEFINITION))
    cluster.kubectl("wait", "--for=condition=Established", "crd/scaledobjects.keda.sh", "--timeout=60s")

    def make(**spec: Any) -> None:
        target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
        scaled_object = {
            "apiVersion": "keda.sh/v1alpha1",
            "kind": "ScaledObject",
            "metadata": {"name": "web"},
            "spec": {"scaleTargetRef": {"name": "web"}, **spec},
        }
        create(kubectl, deployment(replicas=2), scaled_object)
        owner = {
            "apiVersion": "keda.sh/v1alpha1",
            "kind": "ScaledObject",
            "name": "web",
            "uid": kubectl("get", "scaledobjects/web", "--output=jsonpath={.metadata.uid}").stdout,
        }
        autoscaler = {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "keda-hpa-web", "ownerReferences": [owner]},
            "spec": {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 3},
        }
        create(kubectl, autoscaler)
        rolled_out(kubectl)

    return make


@pytest.mark.parametrize(("spec", "field"), [({}, "minReplicaCount"), ({"minReplicaCount": 1, "idleReplicaCount": 0}, "idleReplicaCount")])
def test_what_keda_may_take_to_zero_gets_no_canary(scaled, cluster, namespace, spec, field):
    scaled(**spec)
    result = call(cluster, "canary", namespace=namespace, name="web", image="registry.example/web:2")
    assert f"ScaledObject {namespace}/web may scale Deployment {namespace}/web to 0 ({field} is 0)" in result["msg"]
    found = call(cluster, "preflight_info", namespace=namespace, name="web", strategy="canary", fail_on="never")
    assert "canary-scaled-to-zero" in {finding["rule"] for finding in found["findings"]}


def test_what_keda_keeps_at_one_pod_gets_one(scaled, cluster, namespace):
    scaled(minReplicaCount=1)
    options: dict[str, Any] = {"name": "web", "image": "registry.example/web:2", "weights": [50], "hold": 0}
    result = call(cluster, "canary", namespace=namespace, **options)
    assert (result.get("failed"), result["rollouts"][0]["phase"]) == (None, "complete"), result["msg"]
