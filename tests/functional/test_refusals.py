# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the real server refuses, told in one sentence: field, value, cause, and what to do."""

from __future__ import annotations

import time
from typing import Any

from .calls import call

POD = "spec.template.spec"
CONTAINER = f".{POD}.containers[web]"
GONE = "is not served any more by this cluster; write apiVersion:"
REMOVE = "or remove it first (kubectl --namespace {namespace} delete"


def web(**spec: Any) -> dict[str, Any]:
    container = {"name": "web", "image": "registry.example/web:1"}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}
    whole = {"selector": {"matchLabels": {"app": "web"}}, "template": template, "replicas": 0, **spec}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": whole}


def container(**fields: Any) -> dict[str, Any]:
    found = web()
    found["spec"]["template"]["spec"]["containers"][0].update(fields)
    return found


def pod(**fields: Any) -> dict[str, Any]:
    found = web()
    found["spec"]["template"]["spec"].update(fields)
    return found


def metadata(**fields: Any) -> dict[str, Any]:
    return {**web(), "metadata": {"name": "web", **fields}}


def along(kind: str, api_version: str = "v1", **fields: Any) -> list[dict[str, Any]]:
    return [{"apiVersion": api_version, "kind": kind, "metadata": {"name": "other"}, **fields}, web()]


def env(value: Any, name: str = "PORT") -> dict[str, Any]:
    return container(env=[{"name": name, "value": value}])


def service(**spec: Any) -> list[dict[str, Any]]:
    return along("Service", spec={"selector": {"app": "web"}, "ports": [{"port": 80}], **spec})


def ingress(api_version: str, backend: dict[str, Any]) -> list[dict[str, Any]]:
    return along("Ingress", api_version, spec={"rules": [{"http": {"paths": [{"path": "/", "backend": backend}]}}]})


def fixed(kind: str, what: str) -> str:
    way = f"give the {kind} another name (versioned_config does that by its content), {REMOVE} {kind.lower()} other)"
    return f"{kind} {{namespace}}/other could not be applied: {what}; {way}."


# Of each: the manifests, and what follows "could not be applied: ".
APPLIED: dict[str, tuple[Any, str]] = {
    "number for a text": (env(8080), f'{CONTAINER}.env[PORT].value is 8080 and must be a text; write it in quotes: "8080".'),
    "truth value for a text": (env(True), f'{CONTAINER}.env[PORT].value is true and must be a text; write it in quotes: "true".'),
    "fraction for a text": (env(1.5), f'{CONTAINER}.env[PORT].value is 1.5 and must be a text; write it in quotes: "1.5".'),
    "mapping for a text": (env({"a": 1}), f"{CONTAINER}.env[PORT].value is a mapping and must be a text; write one text."),
    "number for a password": (
        env(87654321, "DB_PASSWORD"),
        f"the server refuses {CONTAINER}.env[DB_PASSWORD].value: it must be a text; write it in quotes.",
    ),
    "number among arguments": (container(args=["-p", 80]), f'{CONTAINER}.args[1] is 80 and must be a text; write it in quotes: "80".'),
    "number as a label": (metadata(labels={"version": 2}), '.metadata.labels.version is 2 and must be a text; write it in quotes: "2".'),
    "truth value as an annotation": (
        metadata(annotations={"on": True}),
        '.metadata.annotations.on is true and must be a text; write it in quotes: "true".',
    ),
    "text for a number": (web(replicas="three"), '.spec.replicas is "three" and must be a number; write it as a number, without quotes.'),
    "text for a truth value": (web(paused="yes"), '.spec.paused is "yes" and must be true or false; write true or false, without quotes.'),
    "list for a mapping": (metadata(labels=["a"]), ".metadata.labels is a list and must be a mapping; write keys with values below it."),
    "mapping for a list": (
        pod(containers={"name": "web"}),
        f".{POD}.containers is a mapping and must be a list; begin each entry below it with a dash.",
    ),
    "text for a list": (container(args="-v"), f'{CONTAINER}.args is "-v" and must be a list; begin each entry below it with a dash.'),
    "unknown field": (
        container(imagee="x"),
        f"{CONTAINER}.imagee: field not declared in schema; a Deployment has no such field there, so correct its spelling or its place.",
    ),
    "field in the wrong place": (
        web(containers=[]),
        ".spec.containers: field not declared in schema; it belongs into .spec.template.spec.",
    ),
    "two variables of one name": (
        container(env=[{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]),
        f"{CONTAINER}.env has two entries with name A; leave one out.",
    ),
    "two ports of one number": (
        container(ports=[{"containerPort": 80}, {"containerPort": 80}]),
        f"{CONTAINER}.ports has two entries with containerPort 80 and protocol TCP; leave one out.",
    ),
    "two containers of one name": (
        pod(containers=[{"name": "a", "image": "x"}, {"name": "a", "image": "y"}]),
        f".{POD}.containers has two entries with name a; leave one out.",
    ),
    "two volumes of one name": (
        pod(volumes=[{"name": "a", "emptyDir": {}}, {"name": "a", "emptyDir": {}}]),
        f".{POD}.volumes has two entries with name a; leave one out.",
    ),
    "two mounts at one path": (
        container(volumeMounts=[{"name": "v", "mountPath": "/a"}, {"name": "v", "mountPath": "/a"}]),
        f"{CONTAINER}.volumeMounts has two entries with mountPath /a; leave one out.",
    ),
    "no quantity": (
        container(resources={"limits": {"cpu": "lots"}}),
        f'{POD}.containers[0].resources.limits.cpu is "lots", which is no quantity; write a number with a unit, such as 500m, 2 or 128Mi.',
    ),
    "request over the limit": (
        container(resources={"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}),
        f'{POD}.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1.',
    ),
    "no such choice": (
        container(imagePullPolicy="Sometimes"),
        f'{POD}.containers[0].imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never".',
    ),
    "no such strategy": (
        web(strategy={"type": "Bluegreen"}),
        'spec.strategy: Unsupported value: "Bluegreen": supported values: "Recreate", "RollingUpdate".',
    ),
    "two that exclude each other": (
        web(strategy={"type": "Recreate", "rollingUpdate": {"maxSurge": 1}}),
        "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'.",
    ),
    "two handlers": (
        container(livenessProbe={"httpGet": {"path": "/", "port": 80}, "exec": {"command": ["x"]}}),
        f"{POD}.containers[0].livenessProbe.httpGet: Forbidden: may not specify more than 1 handler type.",
    ),
    "no image": (pod(containers=[{"name": "web"}]), f"{POD}.containers[0].image: Required value."),
    "no containers": (pod(containers=[]), f"{POD}.containers: Required value."),
    "number below zero": (web(replicas=-1), "spec.replicas: Invalid value: -1: must be greater than or equal to 0."),
    "port too large": (
        container(ports=[{"containerPort": 99999}]),
        f"{POD}.containers[0].ports[0].containerPort: Invalid value: 99999: must be between 1 and 65535, inclusive.",
    ),
    "no such volume": (
        container(volumeMounts=[{"name": "nope", "mountPath": "/a"}]),
        (
            f'{POD}.containers[0].volumeMounts[0].name: Not found: "nope"; the pod has no volume of that name, so add it to volumes, or '
            "correct the name."
        ),
    ),
    "bad name of a container": (
        container(name="Web"),
        (
            f'{POD}.containers[0].name: Invalid value: "Web": a lowercase RFC 1123 label must consist of lower case '
            f"alphanumeric characters "
            "or '-', and must start and end with an alphanumeric character."
        ),
    ),
    "bad label": (
        metadata(labels={"app": "not ok!"}),
        (
            'metadata.labels: Invalid value: "not ok!": a valid label must be an empty string or consist of '
            "alphanumeric characters, '-', "
            "'_' or '.', and must start and end with an alphanumeric character."
        ),
    ),
    "restart policy": (pod(restartPolicy="Never"), f'{POD}.restartPolicy: Unsupported value: "Never": supported values: "Always".'),
    "annotations too long": (
        metadata(annotations={"a": "x" * 300_000}),
        "metadata.annotations: Too long: may not be more than 262144 bytes.",
    ),
    "request too large": (
        env("x" * 3_400_000),
        "it is larger than the API server takes (3145728 bytes); make it smaller, or split it.",
    ),
    "database's limit": (
        env("x" * 1_700_000),
        "it is larger than the cluster's database takes (about 1.5 MB); make it smaller, or split it.",
    ),
}
OTHERS: dict[str, tuple[Any, str]] = {
    "extensions/v1beta1": (
        {**web(), "apiVersion": "extensions/v1beta1"},
        f"extensions/v1beta1 of Deployment {GONE} apps/v1, which also demands spec.selector.",
    ),
    "apps/v1beta2": (
        {**web(), "apiVersion": "apps/v1beta2"},
        f"apps/v1beta2 of Deployment {GONE} apps/v1, which also demands spec.selector.",
    ),
    "batch/v1beta1": (
        along("CronJob", "batch/v1beta1", spec={}),
        f"batch/v1beta1 of CronJob {GONE} batch/v1.",
    ),
    "policy/v1beta1": (
        along("PodDisruptionBudget", "policy/v1beta1", spec={}),
        f"policy/v1beta1 of PodDisruptionBudget {GONE} policy/v1.",
    ),
    "pod security policy": (
        along("PodSecurityPolicy", "policy/v1beta1", spec={}),
        (
            "PodSecurityPolicy does not exist any more in Kubernetes; take it out, and label the namespace with "
            "pod-security.kubernetes.io/enforce instead."
        ),
    ),
    "old Ingress": (
        ingress("extensions/v1beta1", {}),
        (
            f"extensions/v1beta1 of Ingress {GONE} networking.k8s.io/v1, which writes "
            "backend.service.name and .port.number, and demands pathType."
        ),
    ),
    "autoscaling/v2beta2": (
        along("HorizontalPodAutoscaler", "autoscaling/v2beta2", spec={}),
        (f"autoscaling/v2beta2 of HorizontalPodAutoscaler {GONE} autoscaling/v2, which writes metrics by target.type."),
    ),
    "kind of another group": (
        {**web(), "apiVersion": "v1"},
        "The cluster has no kind Deployment in apiVersion v1; write apiVersion: apps/v1.",
    ),
    "spelling of a kind": (
        {**web(), "kind": "deployment"},
        "The cluster has no kind deployment in apiVersion apps/v1; did you mean Deployment?",
    ),
    "unknown group": (
        along("Thing", "example.com/v1"),
        "The cluster has no apiVersion example.com/v1: check its spelling, or install what defines it.",
    ),
    "field of an old Ingress": (
        ingress("networking.k8s.io/v1", {"serviceName": "web"}),
        (
            "Ingress {namespace}/other could not be applied: .spec.rules[0].http.paths[0].backend.serviceName: field not declared in "
            "schema; an Ingress has no such field there, so correct its spelling or its place."
        ),
    ),
    "two ports of a Service": (
        service(ports=[{"port": 80, "name": "a"}, {"port": 80, "name": "b"}]),
        "Service {namespace}/other could not be applied: .spec.ports has two entries with port 80 and protocol TCP; leave one out.",
    ),
    "schedule": (
        along("CronJob", "batch/v1", spec={"schedule": "often", "jobTemplate": {"spec": {"template": {"spec": {}}}}}),
        'spec.schedule: Invalid value: "often": expected exactly 5 fields, found 1: [often]',
    ),
    "size of a claim": (
        along("PersistentVolumeClaim", spec={"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "big"}}}),
        (
            'PersistentVolumeClaim {namespace}/other could not be applied: spec.resources.requests.storage is "big", which is no quantity; '
            "write a number with a unit, such as 500m, 2 or 128Mi."
        ),
    ),
    "paused from the beginning": (
        web(paused=True),
        "Deployment {namespace}/web would be created paused, so nothing would be rolled out; take paused out of the definition.",
    ),
}
JOB = {"restartPolicy": "Never", "containers": [{"name": "x", "image": "registry.example/job:1"}]}
LATER: dict[str, tuple[Any, Any, str]] = {
    "immutable ConfigMap": (
        along("ConfigMap", data={"a": "1"}, immutable=True),
        along("ConfigMap", data={"a": "2"}, immutable=True),
        fixed("ConfigMap", "data cannot be changed, for the live one is immutable"),
    ),
    "immutable Secret": (
        along("Secret", stringData={"a": "hunter2-first"}, immutable=True),
        along("Secret", stringData={"a": "hunter2-second"}, immutable=True),
        fixed("Secret", "data cannot be changed, for the live one is immutable"),
    ),
    "type of a Secret": (
        along("Secret", stringData={"a": "hunter2-first"}),
        along("Secret", stringData={"a": "hunter2-first"}, type="other"),
        fixed("Secret", "type cannot be changed"),
    ),
    "template of a Job": (
        along("Job", "batch/v1", spec={"template": {"spec": JOB}}),
        along("Job", "batch/v1", spec={"template": {"spec": {**JOB, "containers": [{"name": "x", "image": "registry.example/job:2"}]}}}),
        (
            "Job {namespace}/other could not be applied: spec.template of a Job cannot be changed; give the Job another name, "
            f"{REMOVE} job other)."
        ),
    ),
    "role of a binding": (
        along(
            "RoleBinding",
            "rbac.authorization.k8s.io/v1",
            roleRef={"kind": "ClusterRole", "name": "view", "apiGroup": "rbac.authorization.k8s.io"},
        ),
        along(
            "RoleBinding",
            "rbac.authorization.k8s.io/v1",
            roleRef={"kind": "ClusterRole", "name": "edit", "apiGroup": "rbac.authorization.k8s.io"},
        ),
        (
            "RoleBinding {namespace}/other could not be applied: roleRef of a RoleBinding cannot be changed; give it "
            "the live value, or the "
            "RoleBinding another name."
        ),
    ),
    "paused afterwards": (
        web(),
        web(paused=True),
        "Deployment {namespace}/web: spec.paused is true in the definition, so nothing would be rolled out; take it out of there.",
    ),
}


def told(cluster: Any, namespace: str, definition: Any) -> str:
    """The message of the refusal, which is one line and holds nothing of a Secret."""
    result = call(cluster, "rolling", namespace=namespace, definition=definition, wait=False)
    message = str(result["msg"])
    assert result.get("failed"), message
    assert "\n" not in message
    assert "hunter2" not in message
    assert "87654321" not in message
    return message


def test_each_refusal_of_an_object_is_one_sentence_with_what_to_do(cluster, namespace):
    found = {case: told(cluster, namespace, definition) for case, (definition, _sentence) in APPLIED.items()}
    prefix = f"Deployment {namespace}/web could not be applied: "
    assert found == {case: prefix + sentence for case, (_definition, sentence) in APPLIED.items()}


def test_each_refusal_of_what_comes_along_is_one_sentence_with_what_to_do(cluster, namespace):
    for case, (definition, sentence) in OTHERS.items():
        assert sentence.format(namespace=namespace) in told(cluster, namespace, definition), case


def test_what_cannot_be_changed_is_told_with_the_way_out(cluster, namespace, kubectl):
    for case, (first, second, sentence) in LATER.items():
        done = call(cluster, "rolling", namespace=namespace, definition=first, wait=False)
        assert not done.get("failed"), (case, done["msg"])
        assert told(cluster, namespace, second) == sentence.format(namespace=namespace), case
        if isinstance(first, list):
            kubectl("delete", first[0]["kind"].lower(), "other", "--wait=true")


def test_rules_of_the_namespace_are_told_by_their_name(cluster, namespace, kubectl, apply):
    kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    alone = {"containers": [{"name": "a", "image": "x"}]}
    message = told(cluster, namespace, along("Pod", spec=alone))
    assert message.startswith(
        f"Pod {namespace}/other could not be applied: the namespace's Pod Security level restricted:latest does not allow"
    )
    assert message.endswith("; set that in the definition, or choose a namespace of another level.")
    used = len(kubectl("get", "configmaps", "-o", "name").stdout.split())
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "small"}, "spec": {"hard": {"configmaps": str(used)}}}
    apply(quota)
    wanted = (
        f"ConfigMap {namespace}/other could not be applied: the quota small of the namespace is exceeded (asked for configmaps=1; in use "
        f"configmaps={used}; allowed configmaps={used}); ask for less, free some, or have the quota raised."
    )
    # The quota counts from its controller's first look on.
    deadline = time.monotonic() + 30
    while (
        found := call(cluster, "rolling", namespace=namespace, definition=along("ConfigMap"), wait=False, context=None)["msg"]
    ) != wanted:
        assert time.monotonic() < deadline, found
        kubectl("delete", "configmap", "other", "--ignore-not-found")


def test_a_namespace_that_is_missing_or_going_is_told(cluster, namespace, kubectl, apply):
    assert told(cluster, "is-not-there", web()) == (
        "Deployment is-not-there/web could not be applied: the namespace is-not-there does not exist."
    )
    apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "keeps-it", "finalizers": ["example.com/hold"]}})
    kubectl("delete", "namespace", namespace, "--wait=false")
    try:
        assert told(cluster, namespace, web()) == (
            f"Deployment {namespace}/web could not be applied: the namespace {namespace} is being deleted; wait until it is gone and make "
            "it anew, or choose another."
        )
    finally:
        kubectl("patch", "configmap", "keeps-it", "--type=merge", "--patch", '{"metadata": {"finalizers": null}}')
