# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What blue/green refuses before anything is written, with the sentence that says what to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from .sides import COLOUR, coloured, service, state
from .workloads import create, labelled

pytestmark = pytest.mark.memory

NEW = {"image": "registry.example/web:2"}


def patched(kind: str, patch: dict[str, Any]) -> Callable[[Callable[..., Any]], None]:
    """A mistake: the object `web` of this kind is changed."""
    return lambda kubectl: kubectl("patch", kind, "web", "--type=merge", f"--patch={json.dumps(patch)}")


def added(*manifests: dict[str, Any]) -> Callable[[Callable[..., Any]], None]:
    """A mistake: something is there besides."""
    return lambda kubectl: create(kubectl, *manifests)


def scaler(name: str, target: str, **metadata: Any) -> dict[str, Any]:
    """A HorizontalPodAutoscaler."""
    spec = {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": target}, "minReplicas": 1, "maxReplicas": 5}
    return {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": name, **metadata}, "spec": spec}


KEDA = {
    "ownerReferences": [{"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "name": "web-scaled", "uid": "u-1", "controller": True}]
}
OPERATOR = {"apiVersion": "example.org/v1", "kind": "Shop", "name": "shop", "uid": "u-2", "controller": True}
MISTAKES: dict[str, tuple[Callable[[Callable[..., Any]], None], dict[str, Any], str]] = {
    "the Service publishes what is not ready": (
        patched("service", {"spec": {"publishNotReadyAddresses": True}}),
        NEW,
        "publishes addresses of pods that are not ready; set publishNotReadyAddresses to false",
    ),
    "the Service selects nothing of it": (
        patched("service", {"spec": {"selector": {"app": "wep"}}}),
        NEW,
        "selects app=wep, which the template's labels of Deployment web do not have; correct its selector",
    ),
    "the Service has no selector": (patched("service", {"spec": {"selector": None}}), NEW, "has no selector, so it leads to no pods"),
    "a port that the pods lack": (
        patched("service", {"spec": {"ports": [{"name": "http", "port": 80, "targetPort": "http"}]}}),
        NEW,
        "leads to the port http, which the new template of web does not have; name it in its containers' ports",
    ),
    "another Service picks both colours": (
        added(service("metrics", app="web")),
        NEW,
        "metrics selects the pods of web too (app=web) and would lead to both colours; name it in services",
    ),
    "no such Service": (
        lambda kubectl: None,
        {**NEW, "service": "wep"},
        "wep does not exist; correct name and namespace, or create it first",
    ),
    "a headless Service": (
        added(service("direct", app="web", clusterIP="None")),
        {**NEW, "service": "direct"},
        "is headless (clusterIP: None)",
    ),
    "an external Service": (
        added(service("far", app="web", type="ExternalName", externalName="example.org")),
        {**NEW, "services": [{"name": "web"}, {"name": "far"}]},
        "is an ExternalName: it leads to a name outside the cluster",
    ),
    "a preview that is the Service itself": (
        lambda kubectl: None,
        {**NEW, "preview_service": "web"},
        "Service web cannot be the preview of one Service and something else as well",
    ),
    "two autoscalers": (
        added(scaler("one", "web"), scaler("two", "web")),
        NEW,
        "web has several autoscalers, one (web) and two (web), which hinder each other; keep one",
    ),
    "KEDA": (added(scaler("keda-hpa-web", "web", **KEDA)), NEW, "Deployment web is scaled by KEDA's ScaledObject web-scaled"),
    "an Argo Rollout": (
        lambda kubectl: kubectl("annotate", "deployment/web", "rollout.argoproj.io/revision=1"),
        NEW,
        "is steered by an Argo Rollout; change it through that Rollout",
    ),
    "Flagger": (
        lambda kubectl: kubectl("annotate", "service/web", "flagger.app/config-checksum=1"),
        NEW,
        "is steered by a Flagger Canary; change it through Flagger",
    ),
    "Kruise": (
        lambda kubectl: kubectl("annotate", "deployment/web", "rollouts.kruise.io/in-progressing=1"),
        NEW,
        "is steered by a Kruise Rollout; change it through that Rollout",
    ),
    "an operator": (
        patched("deployment", {"metadata": {"ownerReferences": [OPERATOR]}}),
        NEW,
        "is controlled by Shop",
    ),
    "GitOps": (
        lambda kubectl: kubectl("annotate", "service/web", "argocd.argoproj.io/tracking-id=shop:/Service:x/web"),
        NEW,
        "belongs to Argo CD (application shop); change it in its source, or set take_ownership: true",
    ),
    "paused by somebody": (
        patched("deployment", {"spec": {"paused": True, "template": {"metadata": {"labels": {"more": "yes"}}}}}),
        NEW,
        "serves and is not rolled out completely",
    ),
    "scaled to nothing": (
        patched("deployment", {"spec": {"replicas": 0}}),
        NEW,
        "serves and is scaled to 0, so there is nothing to switch from",
    ),
    "no such workload": (lambda kubectl: None, {**NEW, "name": "wep", "service": "web"}, "wep does not exist, nor has it colours"),
    "an unknown container": (lambda kubectl: None, {"env": {"A": "b"}, "container": "wep"}, "has no container wep"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_found_before_anything_is_written(plain, run, get, kubectl, audit, mistake):
    make, options, sentence = MISTAKES[mistake]
    plain(replicas=1)
    make(kubectl)
    before = state(get)
    audit.mark()
    refused = run(**options, fails=True)
    assert sentence in refused["msg"]
    assert not refused["changed"]
    assert audit.writes() == []
    assert state(get) == before


def test_take_ownership_goes_on_where_a_gitops_tool_may_change_it_back(tried, namespace, plain, kubectl, get):
    plain(replicas=1)
    kubectl("annotate", "service/web", "argocd.argoproj.io/tracking-id=shop:/Service:x/web")
    options = {"name": "web", "namespace": namespace, **NEW, "scale_down_delay": 0, "take_ownership": True}
    play = tried({"name": "go", "rollout.kubernetes.blue_green": options})
    assert play.last.changed
    assert "belongs to Argo CD (application shop); its next synchronisation may change it back" in " ".join(play.last["warnings"])
    assert state(get)["service web"] == coloured("green")


def test_definitions_that_cannot_take_a_colour_are_refused(plain, run, deployment, audit):
    plain(replicas=1)
    audit.mark()
    new = deployment(image="registry.example/web:2")
    own = labelled(new, app="web", **{COLOUR: "red"})
    assert f"has the label {COLOUR} in spec.selector.matchLabels, which blue/green sets by itself" in run(definition=own, fails=True)["msg"]
    paused = {**new, "spec": {**new["spec"], "paused": True}}
    assert "is paused in its manifest, so nothing would be rolled out" in run(definition=paused, fails=True)["msg"]
    chosen = {"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]}
    free = {**new, "spec": {**new["spec"], "selector": chosen}}
    assert "has no spec.selector.matchLabels, so that it could not take a colour" in run(definition=free, fails=True)["msg"]
    nothing = service()
    assert "The definition holds no Deployment" in run(definition=[nothing], fails=True)["msg"]
    assert audit.writes() == []


def test_two_sides_behind_one_service_are_told_apart_or_refused(plain, run, kubectl, get):
    plain(replicas=1)
    run(**NEW)
    kubectl("patch", "service", "web", "--type=json", '--patch=[{"op": "remove", "path": "/spec/selector/rollout.kubernetes~1colour"}]')
    refused = run(image="registry.example/web:3", fails=True)
    assert "selects the pods of Deployment web and Deployment web-green alike by app=web" in refused["msg"]
    kubectl("patch", "service", "web", "--type=merge", f'--patch={{"spec": {{"selector": {{"{COLOUR}": "purple"}}}}}}')
    assert "which no pod of Deployment web and Deployment web-green has" in run(image="registry.example/web:3", fails=True)["msg"]


def test_operations_on_what_is_not_there_or_means_nothing(plain, run):
    plain(replicas=1)
    assert "nothing is on its way" in run("promote")["msg"]
    assert "wep is not rolled out by blue/green" in run("abort", name="wep", fails=True)["msg"]
    run(**NEW)
    assert "is rolled out by blue/green, where resume means nothing" in run("undo", resume=True, fails=True)["msg"]
    assert "has no promotion 9; it has 1 (" in run("undo", revision=9, fails=True)["msg"]
    assert "has no promotion with the image or change cause 'web:7'" in run("undo", to="web:7", fails=True)["msg"]
    assert "preview_replicas must be at least 1 pod" in run(image="registry.example/web:3", preview_replicas=0, fails=True)["msg"]
    assert "scale_down_delay must be at least 0 seconds" in run(image="registry.example/web:3", scale_down_delay=-1, fails=True)["msg"]
    assert "Nothing to change: give image, env" in run(fails=True)["msg"]
