# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who owns which field: after whatever other tools did, the template is what was asked for, and controllers keep what is theirs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .calls import call as call_module
from .test_rolling import containers, roll
from .workloads import create, observed, of_kind, rolled_out, set_image

pytestmark = pytest.mark.memory

ENV_A = [{"name": "A", "value": "a"}]
ENV_B = [{"name": "B", "value": "b"}]


def environment(live: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = containers(live)[0].get("env", [])
    return found


def hpa(replicas: int) -> dict[str, Any]:
    """An autoscaler; without metrics it only keeps its bounds, which is what is needed: it sets replicas to its minimum."""
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web"},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "minReplicas": replicas,
            "maxReplicas": replicas + 1,
        },
    }


def test_apply_short_change_undo_apply_gives_the_whole_template_each_time(tried, here, namespace, deployment, kubectl, get):
    first, second = deployment(env=ENV_A), deployment(image="registry.example/web:2", env=ENV_B)
    here(roll(namespace, definition=first))
    template_of_first = get("deployment", "web")["spec"]["template"]
    tried(roll(namespace, definition=second))
    template_of_second = get("deployment", "web")["spec"]["template"]
    assert environment(get("deployment", "web")) == ENV_B
    tried(roll(namespace, name="web", image="registry.example/web:3"))
    assert containers(get("deployment", "web"))[0]["image"] == "registry.example/web:3"
    kubectl("rollout", "undo", "deployment/web", "--to-revision=1")
    assert get("deployment", "web")["spec"]["template"] == template_of_first
    assert tried(roll(namespace, definition=second)).last.changed
    assert get("deployment", "web")["spec"]["template"] == template_of_second
    assert [result.changed for result in tried([roll(namespace, definition=each) for each in (second, first)]).results] == [False, True]
    assert get("deployment", "web")["spec"]["template"] == template_of_first


@pytest.mark.parametrize("way", ["client-side", "server-side"])
def test_what_kubectl_applied_is_taken_over_with_a_note(tried, namespace, deployment, kubectl, get, way):
    arguments = ["--server-side"] if way == "server-side" else []
    kubectl("apply", *arguments, "--filename=-", stdin=json.dumps(deployment(env=ENV_A)))
    kubectl("set", "env", "deployment/web", "DRIFT=yes")
    last = tried(roll(namespace, definition=deployment(env=ENV_B))).last
    assert not last.failed, last.msg
    assert "took over" in last.msg
    assert "kubectl" in last.msg
    assert environment(get("deployment", "web")) == ENV_B
    assert not tried(roll(namespace, definition=deployment(env=ENV_B))).last.changed


def test_the_preview_of_a_takeover_is_what_happens(tried, namespace, deployment, kubectl, get):
    kubectl("apply", "--filename=-", stdin=json.dumps(deployment(env=ENV_A)))
    task = roll(namespace, definition=deployment(image="registry.example/web:2", env=ENV_B))
    shown = tried(task, check=True, diff=True).last
    assert "name: A" in shown["diff"][0]["before"]
    assert "name: A" not in shown["diff"][0]["after"]
    done = tried(task, diff=True).last
    assert done["diff"][0]["after"] == shown["diff"][0]["after"]


def test_labels_and_scale_of_a_person_stay(tried, here, namespace, deployment, kubectl, get):
    here(roll(namespace, definition=deployment(replicas=None)))
    kubectl("label", "deployment/web", "team=shop")
    kubectl("scale", "deployment/web", "--replicas=4")
    tried(roll(namespace, definition=deployment(image="registry.example/web:2", replicas=None)))
    live = get("deployment", "web")
    assert live["metadata"]["labels"]["team"] == "shop"
    assert live["spec"]["replicas"] == 4


def test_an_autoscaler_that_appears_and_goes_does_not_change_the_replicas(tried, here, namespace, deployment, apply, kubectl, get):
    here(roll(namespace, definition=deployment(replicas=2)))
    apply(hpa(6))
    kubectl("wait", "deployment/web", "--for=jsonpath={.spec.replicas}=6", "--timeout=300s")
    last = tried(roll(namespace, definition=deployment(image="registry.example/web:2", replicas=2))).last
    assert not last.failed, last.msg
    assert get("deployment", "web")["spec"]["replicas"] == 6
    assert not tried(roll(namespace, definition=deployment(image="registry.example/web:2", replicas=2))).last.changed
    kubectl("delete", "hpa", "web")
    tried(roll(namespace, definition=deployment(image="registry.example/web:3", replicas=None)))
    assert get("deployment", "web")["spec"]["replicas"] == 6


def test_replicas_that_a_definition_drops_stay_as_they_are(tried, here, namespace, deployment, get):
    here(roll(namespace, definition=deployment(replicas=6)))
    tried(roll(namespace, definition=deployment(image="registry.example/web:2", replicas=None)))
    assert get("deployment", "web")["spec"]["replicas"] == 6
    assert not tried(roll(namespace, definition=deployment(image="registry.example/web:2", replicas=None))).last.changed


@pytest.mark.server
def test_a_field_of_a_controller_is_refused_with_its_name(tried, here, audit, namespace, deployment, kubectl, get):
    here(roll(namespace, definition=deployment()))
    patch = json.dumps({"spec": {"minReadySeconds": 3}})
    kubectl("patch", "deployment/web", "--patch", patch, "--field-manager=some-operator")
    audit.mark()
    last = tried(roll(namespace, definition=deployment(minReadySeconds=5))).last
    assert last.failed
    assert "some-operator" in last.msg
    assert "minReadySeconds" in last.msg
    assert audit.writes() == []
    forced = tried(roll(namespace, definition=deployment(minReadySeconds=5), take_ownership=True)).last
    assert forced.changed
    assert "took over spec.minReadySeconds" in forced.msg
    assert "some-operator" in forced.msg
    assert get("deployment", "web")["spec"]["minReadySeconds"] == 5


@pytest.mark.parametrize(
    ("metadata", "word"),
    [
        ({"annotations": {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/web"}}, "Argo CD"),
        ({"labels": {"kustomize.toolkit.fluxcd.io/name": "shop"}}, "Flux"),
    ],
)
def test_what_gitops_manages_is_refused(tried, audit, namespace, deployment, apply, metadata, word):
    managed = deployment()
    managed["metadata"].update(metadata)
    apply(managed)
    audit.mark()
    last = tried(roll(namespace, name="web", image="registry.example/web:2")).last
    assert last.failed
    assert word in last.msg
    assert audit.writes() == []
    assert tried(roll(namespace, name="web", image="registry.example/web:2", take_ownership=True)).last.changed


@pytest.mark.parametrize("module", ["pause", "resume", "restart", "undo", "abort"])
def test_an_operation_on_what_gitops_manages_is_refused_unless_it_is_taken_over(cluster, namespace, kubectl, deployment, audit, module):
    managed = deployment()
    managed["metadata"]["annotations"] = {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/web"}
    kind = "StatefulSet" if module == "abort" else "Deployment"
    create(kubectl, of_kind(kind, managed) if module == "abort" else managed)
    what = f"{kind.lower()}/web"
    rolled_out(kubectl, what)
    set_image(kubectl, "missing" if module == "abort" else "2", what)
    if module == "resume":
        kubectl("rollout", "pause", what)
    observed(kubectl, what)
    audit.mark()
    task = {"namespace": namespace, "kind": kind, "name": "web"} | ({} if module == "pause" else {"wait_timeout": 300})
    refused = call_module(cluster, module, **task)
    assert refused["failed"]
    assert "belongs to Argo CD" in refused["msg"]
    assert "set take_ownership: true" in refused["msg"]
    assert audit.writes() == []
    forced = call_module(cluster, module, **task, take_ownership=True)
    assert (forced.get("failed", False), forced["changed"]) == (False, True), forced["msg"]


def test_helm_is_refused_while_its_release_is_there_and_taken_over_afterwards(tried, namespace, deployment, kubectl, apply, get):
    release = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "sh.helm.release.v1.shop.v1", "labels": {"owner": "helm", "name": "shop"}},
        "type": "helm.sh/release.v1",
    }
    managed = deployment(env=ENV_A)
    managed["metadata"]["annotations"] = {"meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": namespace}
    managed["metadata"]["labels"] = {"app.kubernetes.io/managed-by": "Helm"}
    kubectl("create", "--filename=-", "--field-manager=helm", stdin=json.dumps(managed))
    apply(release)
    task = roll(namespace, definition=deployment(env=ENV_B))
    last = tried(task).last
    assert last.failed
    assert "Helm" in last.msg
    kubectl("delete", "secret", "sh.helm.release.v1.shop.v1")
    assert tried(task).last.changed
    assert environment(get("deployment", "web")) == ENV_B


def test_a_value_may_become_a_reference_and_a_strategy_may_change(tried, here, namespace, deployment, get):
    here(roll(namespace, definition=deployment(env=[{"name": "LEVEL", "value": "high"}])))
    source = {"configMapKeyRef": {"name": "web", "key": "level"}}
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}, "data": {"level": "low"}}
    second = deployment(env=[{"name": "LEVEL", "valueFrom": source}], strategy={"type": "Recreate"})
    last = tried(roll(namespace, definition=[config, second])).last
    assert not last.failed, last.msg
    live = get("deployment", "web")
    assert environment(live) == [{"name": "LEVEL", "valueFrom": source}]
    assert live["spec"]["strategy"] == {"type": "Recreate"}
    assert not tried(roll(namespace, definition=[config, second])).last.changed


def test_a_null_takes_a_variable_away(tried, here, namespace, deployment, get):
    here(roll(namespace, definition=deployment(env=[*ENV_A, *ENV_B])))
    last = tried(roll(namespace, name="web", env={"A": None})).last
    assert last.changed, last.msg
    assert environment(get("deployment", "web")) == ENV_B
