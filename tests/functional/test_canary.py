# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A canary inside a plain Deployment, under the real controller: what only that can tell. Every number of pods, every kill and every
meddling is on the cluster in memory (`tests/unit/memory/test_canary.py`)."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from .interference import eventually
from .witness import Witness
from .workloads import applied, at_rest, create, rolled_out

FIELDS = ("minReadySeconds", "progressDeadlineSeconds", "strategy", "paused")
SLOW = {"ready-after": "300ms", "terminate-after": "500ms"}
NEXT = {"name": "web", "image": "registry.example/web:2", "hold": 1}


def fields(get: Callable[..., Any]) -> dict[str, Any]:
    found = get("deployment", "web")["spec"]
    return {name: found.get(name) for name in FIELDS}


def counts(get: Callable[..., Any]) -> dict[str, int]:
    """How many pods of `web` run each version, without those that are on their way out."""
    pods = [pod for pod in get("pods") if pod["metadata"]["name"].startswith("web-") and "deletionTimestamp" not in pod["metadata"]]
    return dict(Counter(pod["spec"]["containers"][0]["image"].rpartition(":")[2] for pod in pods))


SHAPES = {
    "ten pods": (10, [10, 25, 60], {"maxSurge": "25%", "maxUnavailable": "25%"}),
    "no surge of their own": (5, [50], {"maxSurge": 0, "maxUnavailable": 2}),
    "three pods": (3, [33], {"maxSurge": 1, "maxUnavailable": 0}),
    "one pod": (1, [10], {"maxSurge": "25%", "maxUnavailable": "25%"}),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("end", ["promote", "abort"])
def test_no_pod_is_missing_and_each_is_started_once(cluster, namespace, kubectl, get, roll, deployment, shape, end):
    replicas, weights, limits = SHAPES[shape]
    strategy = {"type": "RollingUpdate", "rollingUpdate": limits}
    create(kubectl, deployment(replicas=replicas, simulate=SLOW, strategy=strategy, minReadySeconds=1))
    at_rest(kubectl, "web")
    own, before = fields(get), {pod["metadata"]["name"] for pod in get("pods")}
    with Witness(cluster, namespace) as witness:
        assert roll("canary", **NEXT, weights=weights, stop_before="promote")["rollouts"][0]["phase"] == "paused"
        new = counts(get)["2"]
        assert new == (1 if replicas < 4 else {10: 6, 5: 3}[replicas])
        assert roll(end, application="web")["rollouts"][0]["phase"] == {"promote": "complete", "abort": "aborted"}[end]
        at_rest(kubectl, "web")
    assert fields(get) == own
    assert counts(get) == {"2" if end == "promote" else "1": replicas}
    pods = [[pod for name, pod in moment.pods.items() if name.startswith("web-")] for moment in witness.moments()]
    assert min(sum(map(serves, seen)) for seen in pods) >= replicas
    started = {pod["metadata"]["name"] for seen in pods for pod in seen} - before
    exchanged = new if replicas > 1 else 0
    assert len(started) == (replicas if end == "promote" else new + exchanged)


def serves(pod: Any) -> bool:
    conditions = [(entry["type"], entry["status"]) for entry in pod.get("status", {}).get("conditions", ())]
    return ("Ready", "True") in conditions and "deletionTimestamp" not in pod["metadata"]


def test_a_control_that_takes_stable_pods_away_first_has_too_few(cluster, namespace, kubectl, get, deployment):
    create(kubectl, deployment(replicas=3, simulate=SLOW))
    at_rest(kubectl, "web")
    parked = {"minReadySeconds": 2**31 - 2, "progressDeadlineSeconds": 2**31 - 1}
    limits = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}
    pod = {"spec": {"containers": [{"name": "web", "image": "registry.example/web:2"}]}}
    with Witness(cluster, namespace) as witness:
        kubectl("patch", "deployment/web", "--patch", json.dumps({"spec": {**parked, "strategy": limits, "template": pod}}))
        eventually(lambda: settled(get) and counts(get) == {"1": 2, "2": 1}, "it stands still")
    pods = [[pod for name, pod in moment.pods.items() if name.startswith("web-")] for moment in witness.moments()]
    assert min(sum(map(serves, seen)) for seen in pods) < 3


@pytest.mark.parametrize("server_side", [False, True], ids=["client-side", "server-side"])
@pytest.mark.parametrize("end", ["promote", "abort"])
def test_the_next_kubectl_apply_meets_no_conflict(kubectl, get, roll, deployment, server_side, end):
    own = deployment(minReadySeconds=1, strategy={"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}})

    def apply(manifest: dict[str, Any]) -> str:
        return str(kubectl("apply", "--filename=-", *(["--server-side"] if server_side else []), stdin=json.dumps(manifest)).stdout)

    apply(own)
    rolled_out(kubectl)
    roll("canary", **NEXT, weights=[33], stop_before="promote")
    roll(end, application="web")
    before = get("deployment", "web")
    assert not any(mine(entry) for entry in before["metadata"]["managedFields"])
    other = copy.deepcopy(own)
    other["spec"] |= {"minReadySeconds": 2, "progressDeadlineSeconds": 300}
    other["spec"]["strategy"]["rollingUpdate"]["maxSurge"] = 2
    other["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.example/web:2" if end == "promote" else "registry.example/web:1"
    apply(other)
    found = get("deployment", "web")["spec"]
    assert (found["minReadySeconds"], found["progressDeadlineSeconds"]) == (2, 300)
    assert found["strategy"]["rollingUpdate"] == {"maxSurge": 2, "maxUnavailable": 0}


@pytest.mark.parametrize("end", ["promote", "abort", "supersede"])
def test_what_kubectl_has_applied_on_the_server_side_stays_its_own(kubectl, get, roll, deployment, end):
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    own = deployment(minReadySeconds=1, progressDeadlineSeconds=300, strategy=strategy)

    def apply(manifest: dict[str, Any]) -> None:
        kubectl("apply", "--server-side", "--filename=-", stdin=json.dumps(manifest))

    def owned() -> dict[str, Any]:
        """What kubectl owns besides the template, which a canary is there to change."""
        (entry,) = (entry for entry in get("deployment", "web")["metadata"]["managedFields"] if entry["manager"] == "kubectl")
        found = copy.deepcopy(entry["fieldsV1"])
        del found["f:spec"]["f:template"]
        return {**found, "operation": entry["operation"], "apiVersion": entry["apiVersion"]}

    apply(own)
    kubectl("patch", "deployment/web", "--patch", json.dumps({"spec": {"paused": False, "revisionHistoryLimit": 5}}))
    rolled_out(kubectl)
    before, settings = owned(), fields(get)
    roll("canary", **NEXT, weights=[33], stop_before="promote")
    assert owned() != before
    if end == "supersede":
        roll("canary", **{**NEXT, "image": "registry.example/web:3"}, weights=[33], supersede=True)
    else:
        roll(end, application="web")
    assert (owned(), fields(get)) == (before, settings)
    assert not any(mine(entry) for entry in get("deployment", "web")["metadata"]["managedFields"])
    other = copy.deepcopy(own)
    for name in ("minReadySeconds", "progressDeadlineSeconds", "strategy"):
        del other["spec"][name]
    tag = {"promote": "2", "abort": "1", "supersede": "3"}[end]
    other["spec"]["template"]["spec"]["containers"][0]["image"] = f"registry.example/web:{tag}"
    apply(other)
    found = get("deployment", "web")["spec"]
    assert "minReadySeconds" not in found
    assert (found["progressDeadlineSeconds"], found["strategy"]["rollingUpdate"]["maxSurge"]) == (600, "25%")


def mine(entry: dict[str, Any]) -> bool:
    """One of our managers owns a field that a canary changes on the way."""
    spec = entry.get("fieldsV1", {}).get("f:spec", {})
    return entry["manager"].startswith("rollout.kubernetes") and bool({f"f:{name}" for name in FIELDS} & {*spec})


def set_image(tag: str) -> tuple[str, ...]:
    return "set", "image", "deployment/web", f"web=registry.example/web:{tag}"


HELD: dict[str, tuple[list[tuple[str, ...]], dict[str, int], str]] = {
    "set image": ([set_image("3")], {"1": 6}, "was given another template (by kubectl-set)"),
    "set image, resumed": (
        [set_image("3"), ("rollout", "resume", "deployment/web")],
        {"1": 6},
        "was given another template (by kubectl-set)",
    ),
    "the old image": ([set_image("1")], {"1": 6}, "was given the template back that served before (by kubectl-set)"),
    "resumed": ([("rollout", "resume", "deployment/web")], {"2": 6}, ""),
    "scaled": ([("scale", "deployment/web", "--replicas=9"), ("scale", "deployment/web", "--replicas=6")], {"2": 6}, ""),
    "scaled to 0 and back": (
        [("scale", "deployment/web", "--replicas=0"), ("scale", "deployment/web", "--replicas=6")],
        {"1": 6},
        "no pod of the stable version",
    ),
    "drained": ([("delete", "pod", "--all", "--wait=false")], {"2": 6}, ""),
}


@pytest.mark.parametrize("name", HELD)
def test_what_people_do_by_kubectl_while_it_is_held(kubectl, get, roll, deployment, name):
    commands, end, said = HELD[name]
    create(kubectl, deployment(replicas=6))
    rolled_out(kubectl)
    own = fields(get)
    roll("canary", **NEXT, weights=[33], stop_before="promote")
    for refusing in ("undo", "restart"):
        refused = kubectl("rollout", refusing, "deployment/web", check=False)
        assert refused.code
        assert "paused" in refused.stderr
    for command in commands:
        kubectl(*command)
        eventually(lambda: settled(get), "the controller has followed")
    result = roll("canary", **NEXT, weights=[33], fails=bool(said))
    assert said in result["msg"]
    at_rest(kubectl, "web")
    assert counts(get) == end
    assert fields(get) == own


@pytest.mark.parametrize("how", [(), ("--server-side", "--force-conflicts")], ids=["client-side", "server-side"])
def test_who_applies_the_old_manifest_while_it_is_held_takes_the_canary_back(kubectl, get, roll, deployment, how):
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 2, "maxUnavailable": 0}}
    old = json.dumps(deployment(replicas=6, minReadySeconds=1, strategy=strategy))
    kubectl("apply", "--filename=-", *how[:1], stdin=old)
    at_rest(kubectl, "web")
    own = fields(get)
    roll("canary", **NEXT, weights=[33], stop_before="promote")
    kubectl("apply", "--filename=-", *how, stdin=old)
    eventually(lambda: is_observed(get), "the controller has followed")
    result = roll("canary", **NEXT, weights=[33], fails=True)
    assert "was given the template back that served before (by kubectl" in result["msg"]
    at_rest(kubectl, "web")
    assert (counts(get), fields(get)) == ({"1": 6}, own)
    before = get("deployment", "web")["metadata"]["generation"]
    kubectl("apply", "--filename=-", *how[:1], stdin=old)
    assert get("deployment", "web")["metadata"]["generation"] == before, "there was nothing left to change"


def is_observed(get: Callable[..., Any]) -> bool:
    found = get("deployment", "web")
    return bool(found["status"].get("observedGeneration") == found["metadata"]["generation"])


def settled(get: Callable[..., Any]) -> bool:
    """As many pods are ready as somebody has asked for."""
    found = get("deployment", "web")
    status = found["status"]
    there = status.get("replicas", 0)
    return bool(is_observed(get) and status.get("readyReplicas", 0) == there == found["spec"]["replicas"])


def test_others_see_that_it_is_held(namespace, kubectl, roll, run, here, deployment):
    applied(kubectl, deployment())
    rolled_out(kubectl)
    roll("canary", **NEXT, weights=[33], stop_before="promote")
    status = kubectl("rollout", "status", "deployment/web", "--timeout=1s", check=False)
    assert status.code
    found = here({"rollout.kubernetes.status_info": {"namespace": namespace, "name": "web"}})
    assert found["rollouts"][0]["phase"] == "paused"
    assert "held by a canary" in found["msg"]
    waited = run("wait", fails=True, wait_timeout=1)
    assert "held by a canary" in waited["msg"]
    for module in ("restart", "resume"):
        assert "belongs to a canary rollout of web that is on its way" in run(module, fails=True)["msg"]
    refused = run("rolling", image="registry.example/web:4", fails=True)
    assert "it stands before the step promote" in refused["msg"]
    assert run("undo")["rollouts"][0]["phase"] == "aborted"
