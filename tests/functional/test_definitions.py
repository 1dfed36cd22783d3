# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a definition means: exported manifests, empty fields, fields that nobody may change, and in which order objects are made."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.main import Context

from .calls import call
from .cluster import Cluster

Object = dict[str, Any]
KINDS = (
    "deployments,statefulsets,daemonsets,services,configmaps,secrets,horizontalpodautoscalers,poddisruptionbudgets,pods,replicasets,jobs"
)


def stateful(**spec: Any) -> Object:
    claim = {
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "db"},
        "spec": {
            "replicas": 0,
            "serviceName": "db",
            "selector": {"matchLabels": {"app": "db"}},
            "template": {"metadata": {"labels": {"app": "db"}}, "spec": {"containers": [{"name": "db", "image": "registry.example/db:1"}]}},
            "volumeClaimTemplates": [claim],
            **spec,
        },
    }


@pytest.fixture
def exported(kubectl: Any, apply: Any, deployment: Any) -> list[Object]:
    """A namespace with the usual kinds, made by kubectl, as it exports them with all that the cluster has written."""
    job = {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "job", "image": "registry.example/job:1"}]}}}
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    apply(
        deployment(),
        stateful(volumeClaimTemplates=[], replicas=1),
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "web"},
            "spec": {"type": "NodePort", "selector": {"app": "web"}, "ports": [{"port": 80}]},
        },
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}, "data": {"a": "b"}},
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "web"}, "stringData": {"a": "correct horse"}},
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": "web"},
            "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "web"}}},
        },
        {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "web"},
            "spec": {"maxReplicas": 3, "scaleTargetRef": target},
        },
        {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "once"}, "spec": job},
    )
    for workload in ("deployment/web", "statefulset/db"):
        kubectl("rollout", "status", workload, "--timeout=60s")
    items: list[Object] = yaml.safe_load(kubectl("get", KINDS, "-o", "yaml", "--show-managed-fields").stdout)["items"]
    return items


def test_an_exported_namespace_is_unchanged_and_rolls_out_again_and_again(cluster: Cluster, namespace: str, exported: list[Object]) -> None:
    def rolling(**options: Any) -> Object:
        return call(cluster, "rolling", namespace=namespace, definition=exported, wait_timeout=60, **options)

    first = rolling()
    assert not first.get("failed"), first["msg"]
    assert not first["changed"]
    assert "metadata.annotations[deployment.kubernetes.io/revision]" in first["msg"]
    assert "ReplicaSet" in " ".join(first["warnings"])
    for tag in ("2", "3"):
        for item in exported:
            if item["kind"] in ("Deployment", "StatefulSet"):
                item["spec"]["template"]["spec"]["containers"][0]["image"] = f"registry.example/new:{tag}"
        assert rolling()["changed"]
        again = rolling()
        assert (again["changed"], again.get("failed")) == (False, None), again["msg"]


def test_empty_fields_are_as_absent_on_a_deployment_that_kubectl_made(cluster: Cluster, namespace: str, kubectl: Any, get: Any) -> None:
    kubectl("create", "deployment", "web", "--image=registry.example/web:1", "--replicas=3")
    kubectl("rollout", "status", "deployment/web", "--timeout=60s")
    definition = """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web, annotations: , labels: {app: web, empty: }}
      spec:
        replicas:
        strategy:
        selector: {matchLabels: {app: web}, matchExpressions: }
        template:
          metadata: {creationTimestamp: null, labels: {app: web}, annotations: {note: }}
          spec:
            initContainers:
            volumes: [{name: tmp, emptyDir: }]
            containers: [{name: web, image: "registry.example/web:2", env: [{name: A, value: }], resources: {limits: }}]
    """
    first = call(cluster, "rolling", namespace=namespace, definition=definition, wait_timeout=60)
    assert (first["changed"], first.get("failed")) == (True, None), first["msg"]
    live = get("deployment", "web")
    assert live["spec"]["replicas"] == 3
    assert live["metadata"]["labels"]["empty"] == ""
    assert not call(cluster, "rolling", namespace=namespace, definition=definition, wait_timeout=60)["changed"]


def claims(size: str) -> Callable[[Object], None]:
    def change(obj: Object) -> None:
        obj["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"] = size

    return change


def label(obj: Object) -> None:
    obj["metadata"]["labels"] = {"team": "a team"}


def empty_list(obj: Object) -> None:
    obj["spec"]["selector"]["matchExpressions"] = []


def number(obj: Object) -> None:
    obj["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "A", "value": 1}]


@pytest.mark.parametrize("how", ["create", "apply"])
def test_the_servers_refusal_comes_first_and_deletion_is_never_a_guess(cluster: Cluster, namespace: str, kubectl: Any, how: str) -> None:
    kubectl(how, "-f", "-", stdin=yaml.safe_dump(stateful()))

    def said(*changes: Callable[[Object], None]) -> str:
        wanted = copy.deepcopy(stateful())
        for change in changes:
            change(wanted)
        result = call(cluster, "rolling", namespace=namespace, definition=wanted, wait_timeout=60)
        assert not result["changed"]
        return str(result["msg"])

    assert "nothing to do" in said(claims("1024Mi"))
    assert "nothing to do" in said(empty_list)
    for changes in ((claims("1024Mi"), label), (empty_list, label), (claims("2Gi"), number)):
        message = said(*changes)
        assert "team" in message or "env" in message
        assert "delete" not in message
    assert "spec.volumeClaimTemplates is not what the definition says" in said(claims("2Gi"))
    both = said(claims("2Gi"), label)
    assert both.index("a team") < both.index("spec.volumeClaimTemplates")


GROUP = "definitions.example.org"


def custom_kind(plural: str, kind: str, *fields: str, versions: tuple[str, ...] = ("v1",)) -> Object:
    properties = {"spec": {"type": "object", "properties": {field: {"type": "integer"} for field in fields}}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {"plural": plural, "kind": kind},
            "versions": [
                {
                    "name": name,
                    "served": True,
                    "storage": name == "v1",
                    "schema": {"openAPIV3Schema": {"type": "object", "properties": properties}},
                }
                for name in versions
            ],
        },
    }


def custom(kind: str, version: str = "v1", **spec: int) -> Object:
    return {"apiVersion": f"{GROUP}/{version}", "kind": kind, "metadata": {"name": "mine"}, "spec": spec}


@pytest.fixture
def names(cluster: Cluster, namespace: str) -> Iterator[tuple[str, str, str]]:
    """A namespace that is not there yet, a plural and a kind that no other test has; all gone at the end."""
    mark = namespace.rpartition("-")[2]
    new, plural = f"coming-{mark}", f"w{mark}s"
    yield new, plural, f"W{mark}"
    cluster.kubectl("delete", "namespace", new, "--wait=false", "--ignore-not-found")
    cluster.kubectl("delete", "crd", f"{plural}.{GROUP}", "--wait=false", "--ignore-not-found")


@pytest.mark.parametrize("module", ["rolling", "recreate", "blue_green"])
def test_a_definition_brings_its_namespace_and_its_kinds(
    cluster: Cluster, names: tuple[str, str, str], deployment: Any, module: str
) -> None:
    new, plural, kind = names
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "web"}}
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
    }
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p"},
        "spec": {"serviceAccountName": "web", "containers": [{"name": "c", "image": "registry.example/p:1"}]},
    }
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": new}}
    options = {"services": [{"name": "web"}]} if module == "blue_green" else {}

    def done(*objects: Object, check: bool = False) -> Object:
        definition = [deployment(), pod, service, *objects, account, namespace]
        return call(cluster, module, context=Context(check=check), namespace=new, definition=definition, wait_timeout=60, **options)

    mine, its_kind = custom(kind, size=1), custom_kind(plural, kind, "size")
    planned = done(mine, its_kind, check=True)
    assert not planned.get("failed"), planned["msg"]
    assert f"{kind} {new}/mine could not be checked, as CustomResourceDefinition {plural}.{GROUP} comes with the same" in planned["msg"]
    assert f"could not be checked, as Namespace {new} comes with the same definition" in planned["msg"]
    first = done(mine, its_kind)
    assert (first["changed"], first.get("failed")) == (True, None), first["msg"]
    assert "could not be checked" not in first["msg"]
    again = done(mine, its_kind)
    assert (again["changed"], again.get("failed")) == (False, None), again["msg"]
    # Another version of the kind, with a field that the cluster does not know yet.
    grown, its_grown = custom(kind, "v2", size=1, colour=2), custom_kind(plural, kind, "size", "colour", versions=("v1", "v2"))
    assert f"{kind} {new}/mine could not be checked" in done(grown, its_grown, check=True)["msg"]
    assert done(grown, its_grown)["changed"]
    assert not done(grown, its_grown)["changed"]


def test_a_version_that_the_definition_does_not_serve_is_refused_by_name(
    cluster: Cluster, names: tuple[str, str, str], deployment: Any
) -> None:
    new, plural, kind = names
    definition = [deployment(), custom(kind, "v9"), custom_kind(plural, kind)]
    refused = call(cluster, "rolling", namespace=new, definition=definition)
    assert refused["msg"].startswith(f"{kind} mine has the apiVersion {GROUP}/v9, which the CustomResourceDefinition in the definition")
    assert refused["msg"].endswith(f"does not serve; it serves {GROUP}/v1.")


def test_a_manifest_that_was_exported_from_the_idle_side_does_not_stop_what_serves(
    cluster: Cluster, namespace: str, deployment: Any, kubectl: Any, get: Any
) -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
    }

    def done(definition: list[Object]) -> Object:
        options: Object = {"services": [{"name": "web"}], "scale_down_delay": 0, "wait_timeout": 60}
        return call(cluster, "blue_green", namespace=namespace, definition=definition, **options)

    call(cluster, "rolling", namespace=namespace, definition=[deployment(replicas=2), service], wait_timeout=60)
    assert done([deployment(replicas=2, image="registry.example/web:2"), service])["changed"]
    idle = yaml.safe_load(kubectl("get", "deployment", "web", "-o", "yaml").stdout)
    idle["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.example/web:2"
    refused = done([idle])
    assert refused["msg"].startswith(f"The definition of Deployment {namespace}/web asks for 0 replicas, as its idle side has, while web-")
    assert get("deployment", "web-green")["spec"]["replicas"] == 2
    del idle["spec"]["replicas"]
    assert not done([idle]).get("failed")
    assert get("deployment", "web-green")["spec"]["replicas"] == 2
