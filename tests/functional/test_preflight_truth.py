# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the preflight foretells is what Kubernetes does: each rule beside the server, where that decides it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from . import api
from .calls import call
from .cluster import ROOT
from .interference import eventually
from .sides import service
from .workloads import create, of_kind, rolled_out, set_image

SAMPLES = ROOT / "tests" / "unit" / "plugins" / "module_utils" / "_domain" / "preflight" / "samples"
ZERO = {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}
KEPT = {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
ALL_GO = {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": "100%"}}
FEW_GO = {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": "10%"}}
UNREADY = "registry.example/web:unready"


@pytest.fixture
def foretold(cluster, namespace) -> Callable[..., list[dict[str, Any]]]:
    """foretold(rule, **options): what one rule finds."""

    def look(rule: str, **options: Any) -> list[dict[str, Any]]:
        result = call(cluster, "preflight_info", **{"namespace": namespace, "fail_on": "never", **options})
        assert not result.get("failed"), result["msg"]
        return [finding for finding in result["findings"] if finding["rule"] == rule]

    return look


def pod_of(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The spec of its pods."""
    found: dict[str, Any] = manifest["spec"]["template"]["spec"]
    return found


def put(manifest: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The same with a value at a finding's path."""
    changed: dict[str, Any] = json.loads(json.dumps(manifest))
    place: Any = changed
    *parents, last = path.replace("[", ".").replace("]", "").split(".")
    for key in parents:
        place = place[int(key)] if isinstance(place, list) else place.setdefault(key, {})
    place[last] = value
    return changed


# --- what the server refuses --------------------------------------------------------------------------------------------------

REFUSED: list[tuple[str, str, str, dict[str, Any]]] = [
    ("surge-and-unavailable-zero", "Deployment", "may not be 0 when `maxSurge` is 0", {"strategy": ZERO}),
    ("surge-and-unavailable-zero", "DaemonSet", "cannot be 0 when maxSurge is 0", {"updateStrategy": ZERO}),
    ("limits-refused", "Deployment", "must not be greater than 100%", {"strategy": {"rollingUpdate": {"maxUnavailable": "150%"}}}),
    ("limits-refused", "Deployment", "a valid percent string", {"strategy": {"rollingUpdate": {"maxSurge": "much"}}}),
    (
        "limits-refused",
        "DaemonSet",
        "may not be set when maxUnavailable is non-zero",
        {"updateStrategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 1}}},
    ),
    ("min-ready-exceeds-deadline", "Deployment", "must be greater than minReadySeconds", {"minReadySeconds": 600}),
]


@pytest.mark.parametrize(("rule", "kind", "words", "spec"), REFUSED)
def test_what_is_refused_is_an_error_and_its_lines_are_taken(foretold, kubectl, deployment, rule, kind, words, spec):
    manifest = deployment(**spec) if kind == "Deployment" else of_kind(kind, deployment(), **spec)
    (finding,) = foretold(rule, definition=manifest)
    assert finding["severity"] == "error"
    refusal = kubectl("create", "--dry-run=server", "--filename=-", stdin=json.dumps(manifest), check=False)
    assert refusal.code
    assert words in refusal.stderr
    ((_key, value),) = yaml.safe_load("\n".join(finding["lines"])).items()
    mended = put(manifest, finding["path"], value)
    assert foretold(rule, definition=mended) == []
    kubectl("create", "--dry-run=server", "--filename=-", stdin=json.dumps(mended))


def test_a_native_sleep_is_known_and_may_not_be_longer_than_the_grace_period(foretold, kubectl, deployment):
    manifest = deployment()
    pod_of(manifest)["containers"][0]["lifecycle"] = {"preStop": {"sleep": {"seconds": 31}}}
    assert len(foretold("pre-stop-exceeds-grace", definition=manifest)) == 1
    assert foretold("native-sleep-unknown", definition=manifest) == []
    refusal = kubectl("create", "--dry-run=server", "--filename=-", stdin=json.dumps(manifest), check=False)
    assert "terminationGracePeriodSeconds" in refusal.stderr
    pod_of(manifest)["containers"][0]["lifecycle"] = {"preStop": {"sleep": {"seconds": 30}}}
    assert foretold("pre-stop-exceeds-grace", definition=manifest) == []
    kubectl("create", "--dry-run=server", "--filename=-", stdin=json.dumps(manifest))


@pytest.mark.parametrize("name", sorted(path.stem for path in SAMPLES.glob("*.manifests")))
def test_samples_are_what_the_server_takes(foretold, kubectl, name):
    path = SAMPLES / f"{name}.manifests"
    manifests = [document for document in yaml.safe_load_all(Path(path).read_text("utf-8")) if document]
    by_server = [rule for rule in dict.fromkeys(row[0] for row in REFUSED) if foretold(rule, definition=manifests, cluster=False)]
    by_server += ["pre-stop-exceeds-grace"] if "sleep: {seconds" in path.read_text("utf-8") and name == "long_drain" else []
    done = kubectl("create", "--dry-run=server", f"--filename={path}", check=False)
    assert (done.code != 0) == bool(by_server), done.stderr


# --- what its controllers do --------------------------------------------------------------------------------------------------


def available(get: Callable[..., Any]) -> int:
    """How many pods of the Deployment are available."""
    return int(get("deployment", "web")["status"].get("availableReplicas", 0))


def status_of(get: Callable[..., Any]) -> dict[str, Any]:
    """The status of the Deployment, once the controller has seen what it asks for; empty before."""
    found = get("deployment", "web")
    return dict(found["status"]) if found["status"].get("observedGeneration") == found["metadata"]["generation"] else {}


@pytest.mark.parametrize(
    ("rule", "strategy", "left"),
    [
        ("unavailable-rounds-to-zero", FEW_GO, 2),
        ("unavailable-takes-all", ALL_GO, 0),
        ("recreate-behind-service", {"type": "Recreate"}, 0),
        ("", KEPT, 3),
    ],
)
def test_as_many_pods_go_as_is_said(foretold, kubectl, get, deployment, rule, strategy, left):
    """A new version that is never ready shows how many may go for it."""
    create(kubectl, deployment(strategy=strategy), service())
    rolled_out(kubectl)
    rules = ("unavailable-rounds-to-zero", "unavailable-takes-all", "recreate-behind-service")
    assert [found for found in rules if foretold(found, name="web")] == [rule] * bool(rule)
    kubectl("set", "image", "deployment/web", f"web={UNREADY}")
    eventually(lambda: status_of(get).get("updatedReplicas", 0) > 0, "new pods are made")
    eventually(lambda: available(get) == left, f"{left} pods are left")


def failure_of(get: Callable[..., Any], kind: str) -> str:
    """What the Deployment's condition of that kind says."""
    conditions = get("deployment", "web")["status"].get("conditions", [])
    return next((str(entry["message"]) for entry in conditions if entry["type"] == kind), "")


@pytest.mark.parametrize(
    ("rule", "hard", "said"),
    [
        ("quota-exceeded", {"pods": "3"}, "exceeded quota: team"),
        ("quota-needs-requests", {"limits.cpu": "9"}, "must specify limits.cpu"),
    ],
)
def test_a_quota_stops_the_rollout(foretold, kubectl, get, deployment, rule, hard, said):
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "team"}, "spec": {"hard": hard}}
    create(kubectl, deployment(strategy=KEPT))
    rolled_out(kubectl)
    assert foretold(rule, name="web") == []
    create(kubectl, quota)
    eventually(lambda: get("resourcequota", "team").get("status", {}).get("used") is not None, "the quota is counted")
    assert len(foretold(rule, name="web")) == 1
    set_image(kubectl, "2")
    eventually(lambda: said in failure_of(get, "ReplicaFailure"), f"it fails by {said}")


@pytest.fixture
def evict(cluster, namespace, get) -> Callable[[], str]:
    """evict(): what the server says to the eviction of a pod; empty when it is evicted."""

    def ask() -> str:
        name = get("pods")[0]["metadata"]["name"]
        body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": namespace}}
        try:
            api.ask(cluster.kubeconfig, "POST", f"/api/v1/namespaces/{namespace}/pods/{name}/eviction", body=body)
        except api.Refused as refused:
            return str(refused)
        return ""

    return ask


def budget(name: str = "web", **spec: Any) -> dict[str, Any]:
    """A PodDisruptionBudget of the pods of `web`."""
    body = {"selector": {"matchLabels": {"app": "web"}}, **spec}
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": name}, "spec": body}


@pytest.mark.parametrize(
    ("answer", "kind", "budgets"),
    [
        (("budget-blocks-evictions", "429"), "Deployment", [budget(minAvailable="67%")]),
        (("budget-blocks-evictions", "429"), "StatefulSet", [budget(maxUnavailable=0)]),
        (("budget-of-daemonset", "429"), "DaemonSet", [budget(maxUnavailable=1)]),
        (("budget-of-daemonset", "429"), "DaemonSet", [budget(minAvailable="10%")]),
        (("budgets-overlap", "500"), "Deployment", [budget("a", minAvailable=1), budget("b", minAvailable=1)]),
        (("", ""), "Deployment", [budget(minAvailable=2)]),
        (("", ""), "DaemonSet", [budget(minAvailable=1)]),
    ],
)
def test_budgets_answer_evictions_as_is_said(foretold, kubectl, get, evict, deployment, answer, kind, budgets):
    rule, code = answer
    manifest = deployment() if kind == "Deployment" else of_kind(kind, deployment())
    create(kubectl, manifest)
    rolled_out(kubectl, f"{kind.lower()}/web")
    create(kubectl, *budgets)
    eventually(lambda: all(entry["status"].get("conditions") for entry in get("poddisruptionbudgets")), "the budgets are counted")
    rules = ("budget-blocks-evictions", "budget-of-daemonset", "budgets-overlap")
    assert [found for found in rules if foretold(found, kind=kind, name="web")] == [rule] * bool(rule)
    if code:
        assert f"was answered with {code}" in evict()
    else:
        # The controller needs a moment to count the pods.
        eventually(lambda: get("poddisruptionbudget", "web")["status"]["disruptionsAllowed"] > 0, "one may go")
        assert evict() == ""


def slices(get: Callable[..., Any]) -> list[dict[str, Any]]:
    """The EndpointSlices of the Service `web`."""
    return [entry for entry in get("endpointslices") if entry["metadata"]["labels"].get("kubernetes.io/service-name") == "web"]


def endpoints(get: Callable[..., Any]) -> list[bool]:
    """Whether each endpoint of the Service `web` gets requests; none where it has no port."""
    return [
        bool(endpoint["conditions"].get("ready"))
        for entry in slices(get)
        if entry.get("ports")
        for endpoint in entry.get("endpoints") or []
    ]


@pytest.mark.parametrize(
    ("rule", "image", "body", "ready"),
    [
        ("service-selects-nothing", "registry.example/web:1", {"selector": {"app": "wep"}}, []),
        ("service-port-missing", "registry.example/web:1", {"ports": [{"port": 80, "targetPort": "http"}]}, []),
        ("service-publishes-unready", UNREADY, {"publishNotReadyAddresses": True}, [True] * 3),
        ("", "registry.example/web:1", {}, [True] * 3),
        ("", UNREADY, {}, [False] * 3),
    ],
)
def test_services_lead_where_is_said(foretold, kubectl, get, deployment, rule, image, body, ready):
    manifests = [deployment(image=image), service(**body)]
    rules = ("service-selects-nothing", "service-port-missing", "service-publishes-unready")
    assert [found for found in rules if foretold(found, definition=manifests)] == [rule] * bool(rule)
    create(kubectl, *manifests)
    eventually(lambda: len([pod for pod in get("pods") if pod["status"].get("podIP")]) == 3, "its pods have addresses")
    eventually(lambda: bool(slices(get)), "there are EndpointSlices")
    eventually(lambda: endpoints(get) == ready, f"its endpoints are {ready}")


def own(key: str = "kubernetes.io/hostname") -> dict[str, Any]:
    """A term that keeps the pods of `web` apart."""
    return {"topologyKey": key, "labelSelector": {"matchLabels": {"app": "web"}}}


def pending(get: Callable[..., Any]) -> list[str]:
    """What the scheduler says of pods that it cannot place."""
    conditions = [entry for pod in get("pods") for entry in pod["status"].get("conditions", [])]
    return [str(entry["message"]) for entry in conditions if entry["type"] == "PodScheduled" and entry["status"] == "False"]


def is_rolled_out(get: Callable[..., Any]) -> bool:
    """All pods are new and available, and no others are there."""
    status = status_of(get)
    return {status.get(name) for name in ("replicas", "updatedReplicas", "availableReplicas")} == {5}


@pytest.mark.parametrize(
    ("rule", "change", "said"),
    [
        (
            "anti-affinity-blocks-surge",
            {"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [own()]}}},
            "anti-affinity",
        ),
        ("host-port-with-surge", {"hostPort": 80}, "free ports"),
        ("nodes-too-small", {"cpu": "1100"}, "Insufficient cpu"),
    ],
)
def test_new_pods_find_no_node_where_is_said(foretold, kubectl, get, deployment, rule, change, said):
    """There are five nodes, of 1000 processors each."""
    manifest = deployment(replicas=5, strategy=KEPT)
    create(kubectl, manifest)
    rolled_out(kubectl)
    assert foretold(rule, definition=manifest) == []
    container = pod_of(manifest)["containers"][0]
    if "hostPort" in change:
        container["ports"] = [{"containerPort": 8080, **change}]
    elif "cpu" in change:
        container["resources"] = {"requests": change}
    else:
        pod_of(manifest).update(change)
    assert len(foretold(rule, definition=manifest)) == 1
    kubectl("apply", "--filename=-", stdin=json.dumps(manifest))

    def stands_still() -> bool:
        return any(said in message for message in pending(get))

    if rule != "nodes-too-small":
        # The pods that are there the first time have neither the rule nor the port, so that they may all be replaced.
        eventually(lambda: stands_still() or is_rolled_out(get), "the first rollout is over, or stands still already")
        set_image(kubectl, "2")
    eventually(stands_still, f"a pod is not scheduled: {said}")


def test_no_history_keeps_nothing(foretold, kubectl, get, deployment):
    create(kubectl, deployment(revisionHistoryLimit=0))
    rolled_out(kubectl)
    (finding,) = foretold("no-history", name="web")
    set_image(kubectl, "2")
    rolled_out(kubectl)
    eventually(lambda: len(get("replicasets")) == 1, "the earlier revision is gone")
    assert kubectl("rollout", "undo", "deployment/web", check=False).code
    assert finding["lines"] == ["revisionHistoryLimit: 10"]


def test_a_deadline_shorter_than_the_start_fails_the_rollout(foretold, kubectl, get, deployment):
    create(kubectl, deployment(replicas=1, simulate={"ready-after": "4s"}, progressDeadlineSeconds=60))
    rolled_out(kubectl)
    assert foretold("start-exceeds-deadline", name="web") == []
    kubectl("patch", "deployment/web", "--type=merge", '--patch={"spec": {"progressDeadlineSeconds": 2}}')
    assert len(foretold("start-exceeds-deadline", name="web")) == 1
    held = {"metadata": {"annotations": {"simulate.rollout.kubernetes/ready-after": "600s"}}}
    kubectl("patch", "deployment/web", "--type=merge", f"--patch={json.dumps({'spec': {'template': held}})}")
    eventually(lambda: "has timed out progressing" in failure_of(get, "Progressing"), "the rollout counts as failed")
    # The pod of the old template may go at that very moment.
    kubectl("annotate", "pods", "--all", "--overwrite", "simulate.rollout.kubernetes/ready-after=0s", check=False)
    eventually(lambda: "successfully progressed" in failure_of(get, "Progressing"), "nothing was wrong with it")
