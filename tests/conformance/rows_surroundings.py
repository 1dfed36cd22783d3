# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services, budgets, autoscalers, Jobs, and the ways in which simulated pods fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import ClusterError, ForbiddenError, InvalidError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.ports import PatchOperation as Step

from .bench import ME, Bench, config_map, deployment, kind, object_of, refused, row
from .workloads import comes, condition, is_ready, made, patch, pods, read, rolled_out

SERVICE, SLICE, BUDGET, HPA, JOB, POD = (
    kind(name) for name in ("Service", "EndpointSlice", "PodDisruptionBudget", "HorizontalPodAutoscaler", "Job", "Pod")
)
UNKNOWN = "11111111-2222-4333-8444-555555555555"


def service(bench: Bench, **selector: str) -> Any:
    spec: dict[str, Any] = {"selector": selector, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}
    return bench.api.apply(SERVICE, {"metadata": {"name": "web", "namespace": bench.namespace}, "spec": spec}, manager=ME)


def endpoints(bench: Bench) -> dict[str, tuple[bool, bool, bool]]:
    """Of each pod that the Service leads to: ready, serving, terminating."""
    items: Any = bench.api.list(SLICE, bench.namespace, labels="kubernetes.io/service-name=web").items
    return {
        entry["targetRef"]["name"]: tuple(entry["conditions"][key] for key in ("ready", "serving", "terminating"))
        for item in items
        for entry in item["endpoints"] or ()
    }


def budget(bench: Bench, name: str = "web", **spec: Any) -> Any:
    body: dict[str, Any] = {
        "metadata": {"name": name, "namespace": bench.namespace},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, **spec},
    }
    return bench.api.create(BUDGET, body, manager=ME)


def counted(bench: Bench, holds: Callable[[Any], bool], name: str = "web") -> Any:
    """The budget's status, as soon as something holds of it."""
    found: list[Any] = []

    def look() -> bool:
        found[:] = [bench.api.read(BUDGET, bench.namespace, name)]
        return bool(holds(found[0].get("status", {})))

    bench.until(look, "the budget's count")
    return found[0]["status"]


def evict(bench: Bench, pod: Any) -> str:
    return bench.api.evict(bench.namespace, pod["metadata"]["name"], uid=pod["metadata"]["uid"])


@row
def a_service_leads_to_the_ready_pods_that_it_picks(bench: Bench) -> None:
    service(bench, app="web")
    made(bench, replicas=2)
    bench.until(lambda: list(endpoints(bench).values()) == [(True, True, False)] * 2, "both pods")
    assert set(endpoints(bench)) == {pod["metadata"]["name"] for pod in pods(bench)}
    items: Any = bench.api.list(SLICE, bench.namespace).items
    assert items[0]["ports"] == [{"name": "http", "port": 8080, "protocol": "TCP"}]
    assert items[0]["metadata"]["ownerReferences"][0]["kind"] == "Service"
    assert items[0]["metadata"]["name"].startswith("web-")
    step = Step("replace", "/spec/selector", {"app": "other"})
    bench.api.json_patch(SERVICE, bench.namespace, "web", [step], manager=ME)
    bench.until(lambda: endpoints(bench) == {}, "none any more")


@row
def a_pod_that_is_not_ready_is_an_endpoint_that_does_not_serve(bench: Bench) -> None:
    service(bench, app="web")
    bench.api.apply(kind("Deployment"), deployment(bench, replicas=1, image="x:unready"), manager=ME)
    bench.until(lambda: list(endpoints(bench).values()) == [(False, False, False)], "the pod")


@row
def a_pod_on_its_way_out_serves_and_is_not_ready(bench: Bench) -> None:
    service(bench, app="web")
    made(bench, replicas=1, annotations={"simulate.rollout.kubernetes/terminate-after": "2s"})
    (pod,) = pods(bench)
    name = pod["metadata"]["name"]
    bench.until(lambda: name in endpoints(bench), "the pod")
    bench.api.delete(POD, bench.namespace, name, uid=pod["metadata"]["uid"])
    going: Any = bench.api.read(POD, bench.namespace, name)
    assert going["metadata"]["deletionTimestamp"]
    assert is_ready(going), "a pod on its way out stays ready"
    bench.until(lambda: endpoints(bench).get(name) == (False, True, True), "its end is known")
    bench.until(lambda: name not in endpoints(bench), "it is gone")


@row
def a_budget_counts_and_holds_evictions_up(bench: Bench) -> None:
    made(bench, replicas=2, annotations={"simulate.rollout.kubernetes/ready-after": "1s"})
    budget(bench, minAvailable=1)
    status = counted(bench, lambda found: found.get("disruptionsAllowed") == 1)
    names = ("currentHealthy", "desiredHealthy", "expectedPods", "disruptionsAllowed", "observedGeneration")
    assert {key: status[key] for key in names} == dict(zip(names, (2, 1, 2, 1, 1), strict=True))
    assert status["conditions"][0]["reason"] == "SufficientPods"
    first, second = pods(bench)
    assert evict(bench, first) == ""
    held = evict(bench, second)
    assert held.startswith("The disruption budget web needs 1 healthy pods and has ") or "still being processed" in held
    assert evict(bench, first) == "", "what is on its way out or gone is let go again"
    counted(bench, lambda found: found.get("disruptionsAllowed") == 1 and found["currentHealthy"] == 2)
    assert evict(bench, second) == ""


@row
def an_eviction_is_of_the_very_pod(bench: Bench) -> None:
    made(bench, replicas=1)
    (pod,) = pods(bench)
    assert bench.api.evict(bench.namespace, pod["metadata"]["name"], uid=UNKNOWN) == ""
    assert bench.api.evict(bench.namespace, "absent", uid=UNKNOWN) == ""
    assert [entry["metadata"]["uid"] for entry in pods(bench)] == [pod["metadata"]["uid"]]


@row
def two_budgets_never_let_a_pod_go(bench: Bench) -> None:
    made(bench, replicas=2)
    budget(bench, minAvailable=1)
    budget(bench, "second", minAvailable=1)
    counted(bench, lambda found: found.get("disruptionsAllowed") == 1, "second")
    with refused(InvalidError, "more than one PodDisruptionBudget"):
        evict(bench, pods(bench)[0])


@row
def budgets_reckon_in_percent_and_in_what_may_be_missing(bench: Bench) -> None:
    made(bench, replicas=3)
    budget(bench, "half", minAvailable="50%")
    assert counted(bench, lambda found: found.get("currentHealthy") == 3, "half")["desiredHealthy"] == 2
    budget(bench, "one", maxUnavailable=1)
    assert counted(bench, lambda found: found.get("currentHealthy") == 3, "one")["desiredHealthy"] == 2
    budget(bench, "none", maxUnavailable=0)
    status = counted(bench, lambda found: found.get("currentHealthy") == 3, "none")
    assert (status["desiredHealthy"], status["disruptionsAllowed"]) == (3, 0)
    assert status["conditions"][0]["reason"] == "InsufficientPods"


@row
def a_budget_cannot_reckon_with_pods_of_a_daemon_set(bench: Bench) -> None:
    made(bench, "DaemonSet")
    budget(bench, maxUnavailable=1)
    status = counted(bench, lambda found: found.get("conditions"))
    assert (status["conditions"][0]["reason"], status["disruptionsAllowed"]) == ("SyncFailed", 0)
    assert "does not implement the scale subresource" in status["conditions"][0]["message"]


@row
def a_pod_that_is_not_ready_may_go_while_enough_others_are(bench: Bench) -> None:
    made(bench, replicas=2)
    patch(bench, Step("replace", "/spec/template/spec/containers/0/image", "x:unready"))
    bench.until(lambda: len(pods(bench)) == 3, "the bad pod")
    bad = next(pod for pod in pods(bench) if pod["spec"]["containers"][0]["image"] == "x:unready")
    bench.until(lambda: object_of(bench, POD, bad["metadata"]["name"])["status"].get("phase") == "Running", "it runs")
    budget(bench, minAvailable=2)
    counted(bench, lambda found: found.get("currentHealthy") == 2)
    assert evict(bench, bad) == ""


@row
def an_autoscaler_keeps_a_deployment_within_its_limits(bench: Bench) -> None:
    made(bench, replicas=1)
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    spec: dict[str, Any] = {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 3}
    bench.api.create(HPA, {"metadata": {"name": "web", "namespace": bench.namespace}, "spec": spec}, manager=ME)
    found = comes(bench, lambda obj: obj["spec"]["replicas"] == 2, "it grows to the least number")
    entry = next(entry for entry in found["metadata"]["managedFields"] if entry.get("subresource") == "scale")
    assert (entry["manager"], entry["operation"]) == ("kube-controller-manager", "Update")
    assert entry["fieldsV1"] == {"f:spec": {"f:replicas": {}}}
    rolled_out(bench)
    assert condition(read(bench), "Progressing")["reason"] == "NewReplicaSetAvailable"


@row
def a_job_ends_when_its_pod_does(bench: Bench) -> None:
    pod = {"restartPolicy": "Never", "containers": [{"name": "job", "image": "x:1"}]}
    body: dict[str, Any] = {"metadata": {"name": "j", "namespace": bench.namespace}, "spec": {"template": {"spec": pod}, "backoffLimit": 0}}
    bench.api.create(JOB, body, manager=ME)
    bench.until(lambda: condition(bench.api.read(JOB, bench.namespace, "j"), "Complete").get("status") == "True", "its end")
    found: Any = bench.api.read(JOB, bench.namespace, "j")
    assert found["status"]["succeeded"] == 1
    (one,) = pods(bench)
    assert one["status"]["phase"] == "Succeeded"
    assert bench.api.delete(JOB, bench.namespace, "j", uid=found["metadata"]["uid"])
    bench.until(lambda: not bench.api.list(POD, bench.namespace).items, "its pods go with it")


@row
def a_job_fails_at_its_deadline(bench: Bench) -> None:
    pod = {"restartPolicy": "Never", "containers": [{"name": "job", "image": "x:unready"}]}
    spec: dict[str, Any] = {"template": {"spec": pod}, "backoffLimit": 0, "activeDeadlineSeconds": 1}
    bench.api.create(JOB, {"metadata": {"name": "j", "namespace": bench.namespace}, "spec": spec}, manager=ME)
    bench.until(lambda: condition(bench.api.read(JOB, bench.namespace, "j"), "Failed").get("status") == "True", "its end")
    assert condition(bench.api.read(JOB, bench.namespace, "j"), "Failed")["reason"] == "DeadlineExceeded"


@row
def what_belongs_to_something_goes_with_it(bench: Bench) -> None:
    owner: Any = bench.api.create(kind("ConfigMap"), config_map(bench, "owner"), manager=ME)
    owned = config_map(bench, "owned")
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
    owned["metadata"]["ownerReferences"] = [reference]
    bench.api.create(kind("ConfigMap"), owned, manager=ME)
    bench.api.delete(kind("ConfigMap"), bench.namespace, "owner", uid=owner["metadata"]["uid"])
    bench.until(lambda: bench.api.read(kind("ConfigMap"), bench.namespace, "owned") is None, "the other goes too")


# --- pods -----------------------------------------------------------------------------------------------------------------------------


def waiting(bench: Bench, reason: str) -> Any:
    """The state of a pod's container, once it waits for this reason."""
    found: list[Any] = []

    def look() -> bool:
        states = [entry["state"].get("waiting", {}) for pod in pods(bench) for entry in pod["status"].get("containerStatuses", ())]
        found[:] = [state for state in states if state.get("reason") == reason]
        return bool(found)

    bench.until(look, reason)
    return found[0]


@row
def pods_fail_in_these_ways(bench: Bench) -> None:
    for tag, reason, words in (
        ("missing", "ImagePullBackOff", ": not found"),
        ("denied", "ErrImagePull", "pull access denied"),
        ("badconfig", "CreateContainerConfigError", "couldn't find key mode in ConfigMap"),
        ("crash", "CrashLoopBackOff", "restarting failed container=web pod=web-"),
    ):
        bench.api.apply(kind("Deployment"), deployment(bench, replicas=1, image=f"registry.example/web:{tag}"), manager=ME, force=True)
        assert words in waiting(bench, reason)["message"]
    bench.until(lambda: any(entry["restartCount"] >= 2 for pod in pods(bench) for entry in pod["status"]["containerStatuses"]), "restarts")
    crashed: Any = next(entry for pod in pods(bench) for entry in pod["status"]["containerStatuses"] if entry["restartCount"] >= 2)
    assert crashed["lastState"]["terminated"]["exitCode"] == 1
    assert crashed["lastState"]["terminated"]["reason"] == "Error"


@row
def a_pod_for_which_there_is_no_node_says_so(bench: Bench) -> None:
    bench.api.apply(kind("Deployment"), deployment(bench, replicas=1, pod={"nodeSelector": {"no-such": "label"}}), manager=ME)
    bench.until(lambda: any(condition(pod, "PodScheduled") for pod in pods(bench)), "it is looked at")
    (pod,) = pods(bench)
    scheduled = condition(pod, "PodScheduled")
    assert (scheduled["status"], scheduled["reason"]) == ("False", "Unschedulable")
    assert "nodes are available" in scheduled["message"]
    assert pod["status"]["phase"] == "Pending"
    assert bench.api.delete(POD, bench.namespace, pod["metadata"]["name"], uid=pod["metadata"]["uid"])
    gone: Any = bench.api.read(POD, bench.namespace, pod["metadata"]["name"])
    assert gone is None, "without a node it goes at once"


@row
def a_pod_shows_what_its_containers_do(bench: Bench) -> None:
    made(bench, replicas=1)
    (pod,) = pods(bench)
    status = pod["status"]
    assert status["phase"] == "Running"
    (one,) = status["containerStatuses"]
    assert (one["name"], one["ready"], one["started"], one["restartCount"]) == ("web", True, True, 0)
    assert set(one["state"]) == {"running"}
    assert status["podIP"]
    assert {entry["type"]: entry["status"] for entry in status["conditions"]} == dict.fromkeys(
        ("PodScheduled", "PodReadyToStartContainers", "Initialized", "ContainersReady", "Ready"), "True"
    )
    assert pod["spec"]["nodeName"]
    assert pod["spec"]["containers"][0]["imagePullPolicy"] == "IfNotPresent"


@row
def readiness_comes_as_late_as_asked_for(bench: Bench) -> None:
    slow = {"simulate.rollout.kubernetes/ready-after": "2s"}
    bench.api.apply(kind("Deployment"), deployment(bench, replicas=1, annotations=slow), manager=ME)
    bench.until(lambda: any(pod["status"].get("phase") == "Running" for pod in pods(bench)), "it runs")
    assert not is_ready(pods(bench)[0])
    condition_of_pod = condition(pods(bench)[0], "Ready")
    assert condition_of_pod["reason"] == "ContainersNotReady"
    assert condition_of_pod["message"] == "containers with unready status: [web]"
    rolled_out(bench)


@row
def a_log_is_read(bench: Bench) -> None:
    made(bench, replicas=1)
    assert bench.api.log(bench.namespace, "absent", "web", lines=5, previous=False) == ""
    pod = pods(bench)[0]["metadata"]["name"]
    two = ["Traceback: main() -> connect() -> gave up after 1 attempt", "exiting with code 1"]
    assert bench.api.log(bench.namespace, pod, "web", lines=2, previous=False).splitlines() == two
    assert len(bench.api.log(bench.namespace, pod, "web", lines=100, previous=False).splitlines()) == 6
    with refused(ForbiddenError, "pods/log"):
        bench.as_user((["get"], "pods/log")).log(bench.namespace, pod, "web", lines=2, previous=False)


@row
def the_log_of_the_life_before_is_read(bench: Bench) -> None:
    bench.api.apply(kind("Deployment"), deployment(bench, replicas=1, image="registry.example/web:crash"), manager=ME)
    waiting(bench, "CrashLoopBackOff")
    said = bench.api.log(bench.namespace, pods(bench)[0]["metadata"]["name"], "web", lines=2, previous=True)
    assert said.splitlines()[-1] == "exiting with code 1"


@row
def a_log_is_followed_from_its_beginning(bench: Bench) -> None:
    made(bench, replicas=1)
    pod = pods(bench)[0]["metadata"]["name"]
    with bench.follow(pod, "web") as lines:
        bench.until(lambda: len(lines) >= 6, "all lines")
        assert lines[:2] == ["starting vweb", "reading configuration from /etc/vweb"]
        bench.passes(1)
        assert len(lines) == 6, "it has not ended, so that nothing was read twice"


@row
def a_log_that_cannot_be_followed_says_why(bench: Bench) -> None:
    made(bench, replicas=1)
    with bench.follow("absent", "web") as lines:
        bench.until(lambda: bool(lines), "the refusal")
        assert isinstance(lines[0], ClusterError)
        assert 'pods "absent" not found' in lines[0].message
    with bench.follow(pods(bench)[0]["metadata"]["name"], "web", api=bench.as_user((["get"], "pods/log"))) as lines:
        bench.until(lambda: bool(lines), "the refusal")
        assert isinstance(lines[0], ForbiddenError)
        assert "pods/log" in lines[0].message
