# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Blue/green with all that belongs to an application: autoscaler, budget, several workloads, its history, and others who meddle."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from .cluster import PATIENCE
from .interference import before, is_write, proxied
from .kills import begun
from .sides import COLOUR, SLOW, claim_of, coloured, service, state, steps
from .witness import Witness, judge
from .workloads import create, images, observed

pytestmark = pytest.mark.memory

NEW = {"image": "registry.example/web:2"}
ON_ITS_WAY = {**NEW, "stop_before": "switch"}


def writes_to(plural: str, name: str) -> Callable[[Any], bool]:
    """Say whether a request writes this object."""
    return lambda request: is_write(request) and request.path.endswith(f"/{plural}/{name}")


# --- autoscaler and budget ----------------------------------------------------------------------------------------------------------


def autoscaler(least: int = 1, most: int = 9) -> dict[str, Any]:
    """A HorizontalPodAutoscaler of the Deployment `web`; without metrics it only keeps the bounds."""
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    metrics = [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}}]
    spec = {"scaleTargetRef": target, "minReplicas": least, "maxReplicas": most, "metrics": metrics}
    return {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web"}, "spec": spec}


def budget(least: int = 2) -> dict[str, Any]:
    """A PodDisruptionBudget as people write it."""
    spec = {"minAvailable": least, "selector": {"matchLabels": {"app": "web"}}}
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web"}, "spec": spec}


@pytest.mark.server
def test_one_autoscaler_is_moved_and_its_size_kept(cluster, namespace, plain, run, get, kubectl, deployment):
    plain(autoscaler(), replicas=4)
    definition = deployment(image="registry.example/web:2", replicas=2)
    with Witness(cluster, namespace) as witness:
        run(definition=definition, stop_before="hold")
        assert state(get)["web-green"] == 4, "as large as what serves, whatever the definition and the lower bound say"
        moved = get("hpa", "web")["spec"]
        assert moved["scaleTargetRef"]["name"] == "web-green"
        assert (moved["minReplicas"], moved["maxReplicas"]) == (1, 9)
        run("abort")
        assert get("hpa", "web")["spec"]["scaleTargetRef"]["name"] == "web"
        observed(kubectl)  # It was resumed last; what its controller has not seen yet does not count as complete.
        run(definition=definition)
        assert not run(definition=definition)["changed"]
    assert state(get)["web-green"] == 4
    assert [entry["metadata"]["name"] for entry in get("hpa")] == ["web"], "never one per colour"
    judge(witness, "web", least=4)


def evicted(kubectl: Callable[..., Any], namespace: str, pod: str) -> bool:
    """Ask for the eviction of a pod; whether the budgets allow it (it is only tried)."""
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": pod, "namespace": namespace},
        "deleteOptions": {"dryRun": ["All"]},
    }
    path = f"/api/v1/namespaces/{namespace}/pods/{pod}/eviction"
    code: int = kubectl("create", f"--raw={path}", "--filename=-", stdin=json.dumps(eviction), check=False).code
    return code == 0


def names_of(get: Callable[..., Any], tag: str) -> list[str]:
    """The pods with this image."""
    return [pod["metadata"]["name"] for pod in get("pods") if pod["spec"]["containers"][0]["image"].endswith(f":{tag}")]


def counted(kubectl: Callable[..., Any], expected: int) -> None:
    """Wait until the disruption controller counts that many pods."""
    generation = kubectl("get", "pdb", "web", "--output=jsonpath={.metadata.generation}").stdout
    kubectl("wait", "pdb/web", f"--for=jsonpath={{.status.observedGeneration}}={generation}", "--timeout=300s")
    kubectl("wait", "pdb/web", f"--for=jsonpath={{.status.expectedPods}}={expected}", "--timeout=300s")


@pytest.mark.server
def test_the_budget_holds_what_serves_at_each_stage(plain, run, get, kubectl, namespace):
    plain(budget(2), replicas=2)
    counted(kubectl, 2)
    run(**ON_ITS_WAY)
    counted(kubectl, 2)
    assert [evicted(kubectl, namespace, pod) for pod in names_of(get, "1")] == [False, False], "green counts for nothing"
    assert all(evicted(kubectl, namespace, pod) for pod in names_of(get, "2"))
    run("promote", stop_before="scale_down")
    counted(kubectl, 2)
    assert [evicted(kubectl, namespace, pod) for pod in names_of(get, "2")] == [False, False]
    run("promote")
    (only,) = get("pdb")
    assert only["spec"] == {**only["spec"], "minAvailable": 2, "selector": {"matchLabels": coloured("green")}}
    run(leave=True, name="web")
    assert get("pdb", "web")["spec"]["selector"] == {"matchLabels": {"app": "web"}}


# --- several of one application ------------------------------------------------------------------------------------------------------


def both(tag: int) -> dict[str, Any]:
    """The options that roll two workloads out together."""
    workloads = [{"name": name, "image": f"registry.example/{name}:{tag}"} for name in ("web", "api")]
    services = [{"name": name} for name in ("web", "web-admin", "api")]
    return {"application": "shop", "workloads": workloads, "services": services}


@pytest.mark.server
def test_several_are_switched_together_and_go_back_together(cluster, namespace, deployment, kubectl, run, get, faults):
    api = deployment("api", image="registry.example/api:1", container="api", replicas=1, simulate=SLOW)
    web = deployment(replicas=2, simulate=SLOW)
    create(kubectl, web, api, service(), service("web-admin", app="web"), service("api"))
    kubectl("rollout", "status", "deployment/web", "deployment/api", "--timeout=300s")
    with Witness(cluster, namespace) as witness:
        done = run(**both(2))
        assert [rollout["name"] for rollout in done["rollouts"]] == ["web", "api"]
        green = {name: {"app": app, COLOUR: "green"} for name, app in (("web", "web"), ("web-admin", "web"), ("api", "api"))}
        found = state(get)
        assert {name: found[f"service {name}"] for name in green} == green
        refusal = {"kind": "Status", "code": 403, "reason": "Forbidden", "message": 'services "web" is forbidden: no', "details": {}}
        faults.add(matches=writes_to("services", "web"), status=403, body=refusal)
        failed = run(**both(3), **proxied(faults), fails=True)
        assert "Switched back: api." in failed["msg"]
        assert "nothing was taken back" in failed["msg"], "that a Service may not be written says nothing of the new version"
        run("abort", name="shop")
        found = state(get)
        assert {name: found[f"service {name}"] for name in green} == green
        assert (found["web-green"], found["api-green"], found["web"], found["api"]) == (2, 1, 0, 0)
        assert "stands behind none of the Services" in run(**{**both(3), "services": [{"name": "web"}]}, fails=True)["msg"]
        run("undo", name="shop")
        assert images(get, name="api") == ["registry.example/api:1"]
        assert images(get, name="web") == ["registry.example/web:1"]
    judge(witness, "web", "web-admin", least=2)
    judge(witness, "api", least=1)


# --- history -------------------------------------------------------------------------------------------------------------------------


def test_each_of_many_promotions_can_be_gone_back_to(plain, run, get):
    plain(replicas=1, revisionHistoryLimit=1)
    for tag in range(2, 12):
        run(image=f"registry.example/web:{tag}", change_cause=f"release {tag}", requested_by="alice")
    history = run("history_info")["rollouts"][0]["revisions"]
    assert [entry["revision"] for entry in history] == list(range(1, 12))
    assert [entry["images"]["web"].rpartition(":")[2] for entry in history] == [str(tag) for tag in range(1, 12)]
    assert [entry["change_cause"] for entry in history[1:]] == [f"release {tag} [by alice]" for tag in range(2, 12)]
    assert [entry["current"] for entry in history] == [False] * 10 + [True]
    compared = run("history_info", revision=3, compare_to=2)["rollouts"][0]
    assert "-  - image: registry.example/web:2" in compared["difference"] or "registry.example/web:3" in compared["difference"]
    for tag in (2, 11, 5):
        back = run("undo", revision=tag)
        assert back["changed"]
        live = back["rollouts"][0]
        assert live["images"] == {"web": f"registry.example/web:{tag}"}
        assert not run("undo", revision=tag)["changed"], "once is enough, though it has a new number by now"
    assert run("history_info")["rollouts"][0]["revisions"][-1]["change_cause"].startswith("undo to promotion 5: release 5")
    assert run("undo", to="release 7 [by alice]")["rollouts"][0]["images"] == {"web": "registry.example/web:7"}
    assert not run("undo")["changed"], "what an undo has brought back is left alone"


# --- the first rollout, and a definition ----------------------------------------------------------------------------------------------


def test_the_first_rollout_makes_everything_from_a_definition(run, get, kubectl, deployment, audit):
    definition = [service(), deployment(replicas=2)]
    would = {"definition": definition, "change_cause": "first"}
    run(**would)
    assert state(get) == {"web-blue": 2, "paused": [], "service web": coloured("blue")}
    audit.mark()
    assert not run(**would)["changed"]
    assert audit.writes() == []
    second = [service(ports=[{"name": "http", "port": 8081, "targetPort": 8080}]), deployment(replicas=3, image="registry.example/web:2")]
    run(definition=second)
    assert state(get) == {"web-blue": 0, "web-green": 3, "paused": [], "service web": coloured("green")}
    assert get("service", "web")["spec"]["ports"][0]["port"] == 8081
    fewer = [second[0], deployment(replicas=1, image="registry.example/web:2")]
    scaled = run(definition=fewer)
    assert scaled["changed"]
    assert "changed without a rollout" in scaled["msg"]
    assert state(get) == {"web-blue": 0, "web-green": 1, "paused": [], "service web": coloured("green")}
    observed(kubectl, "deployment/web-green")
    failed = run(definition=[second[0], deployment(replicas=1, image="registry.example/web:missing")], fails=True)
    assert "image registry.example/web:missing not found" in failed["msg"]
    assert state(get)["service web"] == coloured("green")
    run(definition=fewer, leave=True)
    assert state(get) == {"web": 1, "paused": [], "service web": {"app": "web"}}


# --- others who meddle -----------------------------------------------------------------------------------------------------------------


@pytest.mark.server
def test_harmless_changes_in_between_do_no_harm(cluster, namespace, plain, run, get, kubectl, faults):
    plain(replicas=2)
    before(faults, writes_to("services", "web"), lambda: kubectl("annotate", "service", "web", "note=hello"))
    before(faults, writes_to("deployments", "web"), lambda: kubectl("annotate", "deployment", "web", "note=hello"))
    before(faults, writes_to("deployments", "web-green"), lambda: kubectl("scale", "deployment/web", "--replicas=3"))
    with Witness(cluster, namespace) as witness:
        run(**NEW, **proxied(faults))
    assert state(get) == {"web": 0, "web-green": 3, "paused": [], "service web": coloured("green")}, "as large as what served by then"
    assert get("service", "web")["metadata"]["annotations"]["note"] == "hello"
    judge(witness, "web", least=2)


@pytest.mark.server
def test_bounds_that_change_in_between_are_kept(plain, run, get, kubectl, faults):
    plain(autoscaler(), budget(2), replicas=2)
    scaled = '--patch={"spec": {"maxReplicas": 7}}'
    before(faults, writes_to("horizontalpodautoscalers", "web"), lambda: kubectl("patch", "hpa", "web", scaled))
    before(
        faults, writes_to("poddisruptionbudgets", "web"), lambda: kubectl("patch", "pdb", "web", '--patch={"spec": {"minAvailable": 1}}')
    )
    run(**NEW, **proxied(faults))
    moved, held = get("hpa", "web")["spec"], get("pdb", "web")["spec"]
    assert (moved["scaleTargetRef"]["name"], moved["minReplicas"], moved["maxReplicas"]) == ("web-green", 1, 7)
    assert held == {**held, "minAvailable": 1, "selector": {"matchLabels": coloured("green")}}


@pytest.mark.server
def test_an_autoscaler_that_somebody_takes_in_between_is_refused_with_who_did(plain, run, get, kubectl, faults):
    plain(autoscaler(), replicas=2)
    taken = ["patch", "hpa", "web", '--patch={"spec": {"scaleTargetRef": {"name": "other"}}}', "--field-manager=alice"]
    before(faults, writes_to("horizontalpodautoscalers", "web"), lambda: kubectl(*taken))
    refused = run(**NEW, fails=True, **proxied(faults))
    assert "spec.scaleTargetRef of HorizontalPodAutoscaler" in refused["msg"]
    assert "was changed meanwhile by alice" in refused["msg"]
    assert state(get) == {"web": 2, "paused": [], "service web": {"app": "web"}}, "everything is as before"
    assert get("hpa", "web")["spec"]["scaleTargetRef"]["name"] == "other", "but for what somebody else has set"


@pytest.mark.server
def test_another_selector_in_between_is_refused_with_who_set_it(plain, run, get, kubectl, faults):
    plain(replicas=1)
    run(**NEW)
    edit = ["patch", "service", "web", '--patch={"spec": {"selector": {"tier": "front"}}}', "--field-manager=alice"]
    before(faults, writes_to("services", "web"), lambda: kubectl(*edit))
    refused = run(image="registry.example/web:3", fails=True, **proxied(faults))
    assert "was changed meanwhile by alice" in refused["msg"]
    assert get("service", "web")["spec"]["selector"] == {**coloured("green"), "tier": "front"}


def test_another_template_of_what_serves_is_refused_with_who_gave_it(plain, run, get, kubectl):
    plain(replicas=1)
    run(**ON_ITS_WAY)
    kubectl("set", "image", "deployment/web", "web=registry.example/web:7")
    for refused in (run(**NEW, fails=True), run("promote", fails=True)):
        assert "web was given another template while a rollout is on its way (by kubectl-set)" in refused["msg"]
        assert "abort the rollout, or set supersede: true" in refused["msg"]
    assert images(get, name="web") == ["registry.example/web:7"], "what somebody has set is not ours to take back"
    run("abort")
    assert state(get) == {"web": 1, "paused": [], "service web": {"app": "web"}}


def test_a_candidate_that_somebody_changed_is_not_promoted(plain, run, get, kubectl):
    plain(replicas=1)
    run(**ON_ITS_WAY)
    kubectl("set", "image", "deployment/web-green", "web=registry.example/web:7")
    refused = run("promote", fails=True)
    assert "web-green has not the template any more that was prepared (by kubectl-set); run blue_green again" in refused["msg"]
    run(**NEW)
    assert images(get, name="web-green") == ["registry.example/web:2"]
    assert state(get)["service web"] == coloured("green")


@pytest.mark.server
def test_two_at_the_same_time_do_not_fight(plain, run, get, cluster, namespace):
    plain(replicas=2, simulate={"ready-after": "3s"})
    options = {"namespace": namespace, "name": "web", **NEW, "scale_down_delay": 0, "wait_timeout": 300}
    one, other = begun(cluster, "blue_green", **options), begun(cluster, "blue_green", **options)
    results = [process.result(PATIENCE) for process in (one, other)]
    refused = [result for result in results if result.get("failed")]
    assert len(refused) <= 1
    assert all("web is being changed by" in result["msg"] and not result["changed"] for result in refused)
    assert state(get) == {"web": 0, "web-green": 2, "paused": [], "service web": coloured("green")}
    assert claim_of(get) == ""


@pytest.mark.server
@pytest.mark.parametrize("step", ["preview", "scale_up", "switch"])
def test_a_rollout_that_begins_between_lease_and_look_is_named_and_not_what_it_shows_half_way(plain, run, faults, step):
    plain(replicas=1)
    other = {**NEW, "stop_before": step}
    before(faults, lambda request: request.method == "GET" and request.path.endswith("/deployments"), lambda: run(**other))
    refused = run(image="registry.example/web:3", fails=True, **proxied(faults))
    assert "web has another rollout on its way (image web=registry.example/web:2)" in refused["msg"]
    assert not refused["changed"]


@pytest.mark.server
def test_a_whole_rollout_that_comes_between_is_built_upon(plain, run, get, faults):
    plain(replicas=1)
    run(**NEW)
    before(faults, lambda request: is_write(request) and "/leases" in request.path, lambda: run(image="registry.example/web:3"))
    run(image="registry.example/web:4", **proxied(faults))
    assert state(get) == {"web": 0, "web-green": 1, "paused": [], "service web": coloured("green")}
    history = run("history_info")["rollouts"][0]["revisions"]
    assert [entry["images"]["web"].rpartition(":")[2] for entry in history] == ["1", "2", "3", "4"]


# --- from the plan --------------------------------------------------------------------------------------------------------------------


@pytest.mark.oldest
def test_check_mode_shows_the_plan_and_the_run_follows_it(tried, namespace, plain, get, audit):
    plain(autoscaler(), budget(1), replicas=2)
    options = {"name": "web", "namespace": namespace, **NEW, "scale_down_delay": 1}
    audit.mark()
    play = tried({"name": "go", "rollout.kubernetes.blue_green": options}, check=True, diff=True)
    would = play.last
    assert would.changed
    assert "would be rolled out by blue/green, at the cost of 2 more pods until the old ones are gone" in would.msg
    plan = would["rollouts"][0]["plan"]
    lines = [" ".join(line.split()) for line in plan]
    assert lines[0] == "STEP WHAT BEFORE AFTER"
    assert any(line.startswith("prepare pause web") for line in lines)
    assert any(line.startswith("pin Service web app=web app=web,pod-template-hash=") for line in lines)
    assert "create web-green, wait until all its pods are ready 0 replicas 2 replicas" in lines
    assert any(line.startswith("switch point Service web app=web") and line.endswith(f"app=web,{COLOUR}=green") for line in lines)
    assert "move HorizontalPodAutoscaler web web web-green" in [line.removeprefix("verify ") for line in lines]
    assert lines[-1] == "scale_down scale web 2 replicas 0 replicas"
    touched = ("Deployment web-green", "Service web", "Deployment web", "PodDisruptionBudget web", "HorizontalPodAutoscaler web")
    assert [part["before_header"].replace(f"{namespace}/", "") for part in would["diff"]] == list(touched)
    assert plan[0] in play.stdout
    assert audit.writes() == []
    done = tried({"name": "go", "rollout.kubernetes.blue_green": options}).last
    assert steps({"rollouts": done["rollouts"]})["scale_down"] == "done"
    again = tried({"name": "go", "rollout.kubernetes.blue_green": options}).last
    assert not again.changed
    abort = {"name": "abort", "rollout.kubernetes.abort": {"name": "web", "namespace": namespace}}
    promote = {"name": "promote", "rollout.kubernetes.promote": {"name": "web", "namespace": namespace}}
    play = tried([abort, promote])
    assert [result.changed for result in play.results] == [False, False]
    assert state(get)["service web"] == coloured("green")
