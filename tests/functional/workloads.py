# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks of the modules that take live workloads, and those workloads: manifests of every kind, bringing one to a state."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from .by_hand import ByHand, knows
from .cluster import Cluster, Done
from .faults import Faults
from .interference import eventually

Kubectl = Callable[..., Done]

HELD = {"terminate-after": "600s"}
"""For `simulate`: the pods stay terminating until they are `let_go`, so that no test depends on how fast it gets to look at them."""


def task(module: str, namespace: str, **options: Any) -> dict[str, Any]:
    """A task of one of our modules; without other words about the deployment `web`, for at most five minutes if it waits."""
    chosen = {"namespace": namespace, **options}
    if not {"name", "workloads", "label_selectors"} & set(options):
        chosen["name"] = "web"
    if module not in ("status_info", "history_info", "pause"):
        chosen.setdefault("wait_timeout", 300)
    return {"name": f"Call {module}", f"rollout.kubernetes.{module}": chosen}


def of_kind(kind: str, deployment: Mapping[str, Any], **spec: Any) -> dict[str, Any]:
    """The same pods as a StatefulSet or DaemonSet."""
    own: dict[str, Any] = {key: value for key, value in deployment["spec"].items() if key in ("replicas", "selector", "template")}
    if kind == "DaemonSet":
        own.pop("replicas", None)
    return {**deployment, "kind": kind, "spec": {**own, **spec}}


def labelled(deployment: Mapping[str, Any], **labels: str) -> dict[str, Any]:
    """The same with other labels of its pods, and the selector that finds them."""
    template = deployment["spec"]["template"]
    relabelled = {**template, "metadata": {**template["metadata"], "labels": labels}}
    return {**deployment, "spec": {**deployment["spec"], "selector": {"matchLabels": labels}, "template": relabelled}}


def by_hand(kubectl: Kubectl) -> ByHand | None:
    """Somebody who does the same where this kubectl does it, with less effort; none where it is no program that is to be started."""
    if isinstance(getattr(kubectl, "__self__", None), Cluster):
        return ByHand(kubeconfig=kubectl.__self__.kubeconfig, namespace="default")  # type: ignore[attr-defined]
    place = getattr(kubectl, "place", None)
    return ByHand(kubeconfig=place[0], namespace=place[1]) if place else None


def create(kubectl: Kubectl, *manifests: Mapping[str, Any]) -> None:
    """Make objects that are not there."""
    hand = by_hand(kubectl)
    if hand is not None and knows(hand.kubeconfig, hand.namespace, manifests):
        for manifest in manifests:
            hand.create(manifest)
        return
    kubectl("create", "--filename=-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests}))


def applied(kubectl: Kubectl, *manifests: Mapping[str, Any]) -> None:
    """Have objects as `kubectl apply` makes or changes them."""
    hand = by_hand(kubectl)
    if hand is not None and knows(hand.kubeconfig, hand.namespace, manifests):
        manifests = tuple(manifest for manifest in manifests if not hand.apply(manifest))
    if manifests:
        kubectl("apply", "--filename=-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests}))


def grant(kubectl: Kubectl, subject: str, *, verbs: str = "get", resources: str = "pods", cluster_role: str = "") -> None:
    """Let a user, or a service account as `NAMESPACE:NAME`, do this in the namespace; the API server needs a moment to know it."""
    hand = by_hand(kubectl)
    if hand is not None:
        is_known = hand.grant(subject, verbs=verbs, resources=resources, cluster_role=cluster_role)
        eventually(is_known, f"{subject} may {verbs} {resources}")
        return
    name = f"granted-{subject.rpartition(':')[2]}"
    if not cluster_role:
        kubectl("create", "role", name, f"--verb={verbs}", f"--resource={resources}")
    bound = f"--clusterrole={cluster_role}" if cluster_role else f"--role={name}"
    is_account = ":" in subject
    kubectl("create", "rolebinding", name, bound, f"--serviceaccount={subject}" if is_account else f"--user={subject}")
    verb, resource = verbs.partition(",")[0], resources.partition(",")[0]
    user = f"--as=system:serviceaccount:{subject}" if is_account else f"--as={subject}"
    eventually(lambda: kubectl("auth", "can-i", verb, resource, user, check=False).code == 0, f"{subject} may {verb} {resource}")


def rolled_out(kubectl: Kubectl, *names: str) -> None:
    """Wait until kubectl calls workloads rolled out: `deployment/web` and so on."""
    hand = by_hand(kubectl)
    for name in names or ("deployment/web",):
        if hand is not None:
            hand.rolled_out(name)
            continue
        kubectl("rollout", "status", name, "--timeout=300s")


def at_rest(kubectl: Kubectl, name: str) -> None:
    """Wait until a Deployment of the real cluster is rolled out and its old pods are gone: then its controller writes no more. Until then a
    patch of ours that tests what is there may have to be sent again, which is one write more."""
    kubectl("rollout", "status", f"deployment/{name}", "--timeout=300s")
    kubectl("wait", f"deployment/{name}", "--for=jsonpath={.status.terminatingReplicas}=0", "--timeout=300s")


def set_image(kubectl: Kubectl, tag: str, name: str = "deployment/web") -> None:
    """Give a workload another image, as somebody else."""
    hand = by_hand(kubectl)
    if hand is not None:
        pod = {"containers": [{"name": "web", "image": f"registry.example/web:{tag}"}]}
        hand.change(name, {"spec": {"template": {"spec": pod}}}, manager="kubectl-set", strategic=True)
        return
    kubectl("set", "image", name, f"web=registry.example/web:{tag}")


def observed(kubectl: Kubectl, name: str = "deployment/web") -> None:
    """Wait until the controller has seen what the workload asks for."""
    hand = by_hand(kubectl)
    if hand is not None:
        hand.observed(name)
        return
    generation = kubectl("get", name, "--output=jsonpath={.metadata.generation}").stdout
    kubectl("wait", name, f"--for=jsonpath={{.status.observedGeneration}}={generation}", "--timeout=300s")


def let_go(kubectl: Kubectl) -> None:
    """Let the pods end that are held while they terminate; those that begin to later are held again."""
    hand = by_hand(kubectl)
    if hand is not None:
        hand.let_go()
        return
    found = kubectl("get", "pods", "--output=json").json()["items"]
    names = [pod["metadata"]["name"] for pod in found if "deletionTimestamp" in pod["metadata"]]
    if names:  # Some may be gone by then.
        kubectl("annotate", "pods", *names, "--overwrite", "simulate.rollout.kubernetes/terminate-after=0s", check=False)


def images(get: Callable[..., Any], kind: str = "deployment", name: str = "web") -> list[str]:
    """The images that a workload asks for."""
    return [container["image"] for container in get(kind, name)["spec"]["template"]["spec"]["containers"]]


def is_watched(faults: Faults) -> None:
    """Wait until a client behind the proxy watches: the pods, which come last."""
    eventually(
        lambda: any(request.is_watch and request.path.endswith("/pods") for request in faults.requests),
        "the task watches the pods",
    )
