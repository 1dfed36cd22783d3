# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recreate: the old pods are gone before the first new one is made, the outage is told and remembered, a failure goes back at once."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.leases.outages import spelled
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.main import Context

from .calls import call
from .cluster import Cluster
from .interference import before, eventually, is_write, proxied
from .kills import expire_locks, kill_after
from .workloads import HELD, create, grant, let_go, observed, rolled_out, set_image

pytestmark = pytest.mark.memory

OUTAGES = "rollout.kubernetes/outages"
ONE, TWO, THREE = (f"registry.example/web:{tag}" for tag in "123")
SLOW = {"terminate-after": "2s"}


@pytest.fixture
def lines() -> list[str]:
    """The lines of progress of `recreate`."""
    return []


@pytest.fixture
def at_line() -> dict[str, Callable[[], None]]:
    """at_line[pattern] = what to do at the first line of progress of `recreate` in which the pattern is found."""
    return {}


@pytest.fixture
def recreate(cluster, namespace, lines, at_line) -> Callable[..., dict[str, Any]]:
    """recreate(definition=... or image=..., check=False, fails=False, module="recreate"): the module in this process."""

    def take(line: str) -> None:
        lines.append(line)
        for pattern in [pattern for pattern in at_line if re.search(pattern, line)]:
            at_line.pop(pattern)()

    def run(*, check: bool = False, fails: bool = False, module: str = "recreate", **options: Any) -> dict[str, Any]:
        context = Context(check=check, diff=True, verbose=True, progress=take)
        chosen = {"namespace": namespace, "wait_timeout": 300, **options}
        if "definition" not in options:
            chosen.setdefault("name", "web")
        result = call(cluster, module, context=context, **chosen)
        assert result.get("failed", False) is fails, result["msg"]
        return result

    return run


class Pods:
    """All that happens to the pods of a namespace, as the server's own watch tells it, in the order of resource versions."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self._cluster, self._path = cluster, f"/api/v1/namespaces/{namespace}/pods"
        self.mark()

    def mark(self) -> None:
        """Begin here."""
        listed = self._cluster.kubectl("get", "--raw", self._path).json()
        self._there = {pod["metadata"]["uid"]: pod for pod in listed["items"]}
        self._version = listed["metadata"]["resourceVersion"]

    def beside(self, app: str = "web") -> list[tuple[str, str, bool]]:
        """Each pair of a pod of a Deployment that was made and another one that was there then, since the mark: their images, and whether
        the other one was terminating. Those of one image that were made together are no pair."""
        query = f"{self._path}?watch=1&resourceVersion={self._version}&timeoutSeconds=1"
        there, pairs = dict(self._there), []
        for line in self._cluster.kubectl("get", "--raw", query).stdout.splitlines():
            event = json.loads(line)
            pod, uid = event["object"], event["object"]["metadata"].get("uid")
            assert event["type"] in ("ADDED", "MODIFIED", "DELETED"), event
            if event["type"] == "DELETED":
                del there[uid]
                continue
            if event["type"] == "ADDED":
                others = [other for other in there.values() if image_of(other) != image_of(pod) or is_terminating(other)]
                others = [other for other in others if app == app_of(pod) == app_of(other)]
                pairs += [(image_of(pod), image_of(other), is_terminating(other)) for other in others]
            there[uid] = pod
        assert there, "the watch has told of pods"
        return pairs


def image_of(pod: dict[str, Any]) -> str:
    """The image of a pod's only container."""
    return str(pod["spec"]["containers"][0]["image"])


def app_of(pod: dict[str, Any]) -> str:
    """The label that its Deployment selects."""
    return str(pod["metadata"]["labels"]["app"])


def is_terminating(pod: dict[str, Any]) -> bool:
    """Say whether it is on its way out."""
    return "deletionTimestamp" in pod["metadata"]


@pytest.fixture
def pods(cluster, namespace) -> Pods:
    return Pods(cluster, namespace)


def history(get: Callable[..., Any], name: str = "web") -> list[float]:
    """The outages that the application's Lease remembers."""
    found = (get("lease", f"rollout-{name}") or {"metadata": {}})["metadata"].get("annotations", {}).get(OUTAGES, "[]")
    return list(json.loads(found))


def steps(result: dict[str, Any]) -> list[tuple[str, str]]:
    """The steps of the first workload, with their states."""
    return [(step["name"], step["state"]) for step in result["rollouts"][0]["steps"]]


@pytest.fixture
def applied(kubectl, deployment) -> Callable[..., None]:
    """applied(**how): a Deployment that we applied, rolled out."""

    def bring(name: str = "web", **how: Any) -> None:
        manifest = json.dumps(deployment(name, **{"replicas": 2, "simulate": SLOW, **how}))
        kubectl("apply", "--server-side", "--field-manager=rollout.kubernetes", "--filename=-", stdin=manifest)
        rolled_out(kubectl, f"deployment/{name}")

    return bring


# --- the order ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.server
def test_no_new_pod_is_made_beside_an_old_one_as_a_rolling_update_does(recreate, applied, pods, lines, get):
    applied()
    pods.mark()
    rolled = recreate(module="rolling", image=TWO)
    assert (TWO, ONE, False) in pods.beside(), "the control experiment: a rolling update runs both at a time"
    assert rolled["rollouts"][0]["phase"] == "complete"
    eventually(lambda: len(get("pods")) == 2, "the pods of the rolling update have ended")
    pods.mark()
    done = recreate(image=THREE)
    assert pods.beside() == []
    assert steps(done) == [("stop", "done"), ("start", "done")]
    entry = done["rollouts"][0]
    assert (entry["phase"], entry["strategy"], entry["complete"]) == ("complete", "recreate", True)
    stop, start = (step["seconds"] for step in entry["steps"])
    assert stop >= 2, "the pods take two seconds to stop"
    assert entry["outage"]["seconds"] >= 2
    assert entry["outage"]["seconds"] <= stop + start + 0.2
    assert get("deployment", "web")["spec"]["strategy"] == {"type": "Recreate"}
    assert {image_of(pod) for pod in get("pods")} == {THREE}
    assert any("0 old, 0 new ready: 2 old pods are still stopping" in line for line in lines)
    assert all(line != lines[index + 1] for index, line in enumerate(lines[:-1])), "no line twice"
    assert f"was recreated with an outage of {spelled(entry['outage']['seconds'])} s, and is complete" in done["msg"]


@pytest.mark.server
def test_pods_whose_replica_set_is_gone_are_waited_for_first(recreate, applied, pods, kubectl, get, audit, at_line):
    # The controller overlooks them: as a control experiment a person does the same by kubectl.
    for name in ("web", "twin"):
        applied(name, revisionHistoryLimit=0, simulate=HELD)
    slow = json.dumps({"spec": {"template": {"metadata": {"annotations": {"simulate.rollout.kubernetes/terminate-after": "1s"}}}}})
    for name in ("web", "twin"):
        kubectl("patch", "deployment", name, "--type=merge", f"--patch={slow}")
    rolled_out(kubectl, "deployment/web", "deployment/twin")
    recreated = {"spec": {"strategy": {"type": "Recreate", "rollingUpdate": None}}}
    eventually(lambda: len(get("replicasets")) == 2, "the ReplicaSets of the slow pods are removed")
    pods.mark()
    audit.mark()
    refused = recreate(image=TWO, wait=False, fails=True)
    assert "2 pods of an earlier rollout are still stopping" in refused["msg"]
    assert "Nothing was written; set wait: true" in refused["msg"]
    assert audit.writes() == []
    assert recreate(image=TWO, wait=False, check=True, fails=True)["msg"] == refused["msg"]
    (warning,) = recreate(image=TWO, check=True)["warnings"]
    assert "2 pods of an earlier rollout are still stopping" in warning
    assert "that would be waited for first" in warning
    kubectl("patch", "deployment", "twin", "--type=merge", f"--patch={json.dumps(recreated)}")
    set_image(kubectl, "2", "deployment/twin")
    rolled_out(kubectl, "deployment/twin")
    waited = []

    def release() -> None:
        begun = time.monotonic()
        let_go(kubectl)
        waited.append(time.monotonic() - begun)

    at_line["which the cluster would not wait for: waiting for that first"] = release
    done = recreate(image=THREE)
    assert (TWO, ONE, True) in pods.beside("twin"), "the control experiment: the cluster's own controller does not wait"
    assert pods.beside("web") == []
    assert at_line == {}
    assert done["rollouts"][0]["phase"] == "complete"
    outage, whole = done["rollouts"][0]["outage"]["seconds"], sum(step["seconds"] for step in done["rollouts"][0]["steps"])
    # Each of the three is rounded to a tenth of a second.
    assert outage <= whole - waited[0] + 0.15, "the wait was no outage"


@pytest.mark.server
def test_back_to_what_is_still_stopping_waits_until_it_has_stopped(recreate, applied, deployment, pods, kubectl, get, lines, at_line):
    how: dict[str, Any] = {"strategy": {"type": "Recreate"}, "simulate": HELD}
    applied(**how)
    quick = {
        "metadata": {"annotations": {"simulate.rollout.kubernetes/terminate-after": "0s"}},
        "spec": {"containers": [{"name": "web", "image": TWO}]},
    }
    kubectl("patch", "deployment/web", f"--patch={json.dumps({'spec': {'template': quick}})}")
    observed(kubectl)
    eventually(lambda: [pod for pod in get("pods") if is_terminating(pod)] == get("pods") != [], "the old pods terminate")
    pods.mark()
    at_line["2 pods of an earlier rollout are still stopping"] = lambda: let_go(kubectl)
    recreate(definition=deployment(image=ONE, replicas=2, **how))
    assert not [pair for pair in pods.beside() if pair[2]], "nothing was made beside a pod that terminates"
    assert [line for line in lines if "2 pods of an earlier rollout are still stopping" in line]
    assert {image_of(pod) for pod in get("pods")} == {ONE}


# --- nothing to do, or nothing to stop ------------------------------------------------------------------------------------------------


@pytest.mark.oldest
def test_check_mode_then_the_run_then_nothing_and_the_history_grows(tried, recreate, namespace, deployment, audit, get, lines):
    def version(image: str) -> dict[str, Any]:
        manifest: dict[str, Any] = deployment(image=image, replicas=2, simulate=SLOW)
        return manifest

    made = recreate(definition=version(ONE))
    assert made["rollouts"][0]["outage"] == {"expected_seconds": None, "seconds": 0.0}
    assert steps(made) == [("stop", "done"), ("start", "done")]
    assert history(get) == [], "what is new has no outage"
    audit.mark()
    would = recreate(definition=version(TWO), check=True)
    assert audit.writes() == []
    assert would["changed"]
    assert would["msg"] == (
        f"Deployment {namespace}/web would be recreated: an outage of unknown length (never recreated before); pods have up to 30 s to "
        "stop (terminationGracePeriodSeconds), image 1 → 2."
    )
    assert steps(would) == [("stop", "pending"), ("start", "pending")]
    assert would["rollouts"][0]["outage"] == {"expected_seconds": None, "seconds": None}
    assert TWO in would["diff"][0]["after"]
    task = {"name": "Recreate", "rollout.kubernetes.recreate": {"namespace": namespace, "definition": version(TWO)}}
    play = tried([task, task])
    first, again = play.results
    assert first.changed
    assert f"Deployment {namespace}/web: going to be recreated: an outage of unknown length" in play.stdout
    assert not again.changed
    assert "the template already runs" in again.msg
    assert again["rollouts"][0]["outage"] == {"expected_seconds": None, "seconds": 0.0}
    assert history(get) == [first["rollouts"][0]["outage"]["seconds"]]
    audit.mark()
    assert not recreate(definition=version(TWO))["changed"]
    assert audit.writes() == []
    assert not [event for event in audit.events() if event.resource == "leases" or event.verb == "watch"]
    done = recreate(definition=version(THREE))
    assert any("going to be recreated: an outage of about" in line and "the last one took" in line for line in lines)
    assert done["rollouts"][0]["outage"]["expected_seconds"] == history(get)[0]
    assert history(get)[1:] == [done["rollouts"][0]["outage"]["seconds"]]
    assert "(the last 2 took " in recreate(definition=version(ONE), check=True)["msg"]
    assert "holderIdentity" not in get("lease", "rollout-web")["spec"]


def test_only_another_type_restarts_nothing(recreate, applied, deployment, get):
    applied(strategy={"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}})
    old = {pod["metadata"]["uid"] for pod in get("pods")}
    rolling = deployment(replicas=2, simulate=SLOW, strategy={"type": "RollingUpdate"})
    done = recreate(definition=rolling)
    assert done["changed"]
    assert "says strategy RollingUpdate, and Recreate is used instead" in done["msg"]
    assert get("deployment", "web")["spec"]["strategy"] == {"type": "Recreate"}
    assert {pod["metadata"]["uid"] for pod in get("pods")} == old
    assert done["rollouts"][0]["outage"] == {"expected_seconds": None, "seconds": 0.0}
    assert history(get) == []
    again = recreate(definition=rolling)
    assert not again["changed"]
    assert "and Recreate is used instead" in again["msg"]
    back = recreate(module="rolling", definition=deployment(image=TWO, replicas=2))
    assert back["rollouts"][0]["phase"] == "complete"
    assert get("deployment", "web")["spec"]["strategy"]["type"] == "RollingUpdate"


@pytest.mark.server
def test_what_kubectl_applied_is_taken_over_with_its_limits(recreate, apply, deployment, kubectl, get, pods):
    limits = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    apply(deployment(replicas=2, strategy=limits, simulate=SLOW))
    rolled_out(kubectl)
    pods.mark()
    done = recreate(definition=deployment(image=TWO, replicas=2, strategy=limits, simulate=SLOW))
    assert pods.beside() == []
    assert "took over" in done["msg"]
    assert get("deployment", "web")["spec"]["strategy"] == {"type": "Recreate"}


def test_without_pods_there_is_no_outage(recreate, applied, get):
    applied(replicas=0)
    assert recreate(image=TWO, check=True)["msg"].endswith("/web would be rolled out, image 1 → 2.")
    done = recreate(image=TWO)
    assert done["rollouts"][0]["outage"] == {"expected_seconds": None, "seconds": 0.0}
    assert history(get) == []


@pytest.mark.server
def test_an_autoscaler_keeps_its_replicas(recreate, applied, deployment, kubectl, get):
    applied(replicas=2)
    kubectl("autoscale", "deployment/web", "--min=3", "--max=4", "--cpu=80%")
    eventually(lambda: get("deployment", "web")["spec"]["replicas"] == 3, "the autoscaler has scaled")
    recreate(definition=deployment(image=TWO, replicas=2))
    assert get("deployment", "web")["spec"]["replicas"] == 3
    assert get("deployment", "web")["status"]["availableReplicas"] == 3


def test_several_go_their_own_ways_each_with_its_outage(recreate, applied, deployment, kubectl, get, lines, at_line):
    quick, slow = {"terminate-after": "1s"}, {**HELD, "ready-after": "1s"}
    applied("quick", simulate=quick)
    applied("slow", simulate=slow)
    both = [deployment("quick", image=TWO, replicas=2, simulate=quick), deployment("slow", image=TWO, replicas=2, simulate=slow)]
    at_line["/quick: .*successfully rolled out"] = lambda: let_go(kubectl)
    done = recreate(definition=both)
    first, second = done["rollouts"]
    assert (first["phase"], second["phase"]) == ("complete", "complete")
    done_first = next(index for index, line in enumerate(lines) if "/quick: " in line and "successfully rolled out" in line)
    begun_last = next(index for index, line in enumerate(lines) if "/slow: " in line and "updated replicas are available" in line)
    assert done_first < begun_last, "not held up by the other one"
    assert first["outage"]["seconds"] < second["outage"]["seconds"]
    assert (history(get, "quick"), history(get, "slow")) == ([first["outage"]["seconds"]], [second["outage"]["seconds"]])


# --- when it fails --------------------------------------------------------------------------------------------------------------------


@pytest.mark.server
def test_a_failure_goes_back_at_once_in_the_same_way(recreate, applied, deployment, pods, kubectl, get):
    applied()
    pods.mark()
    failed = recreate(definition=deployment(image="registry.example/web:missing", replicas=2, simulate=SLOW), fails=True)
    assert pods.beside() == []
    entry = failed["rollouts"][0]
    assert steps(failed) == [("stop", "done"), ("start", "failed"), ("rollback", "done")]
    assert entry["phase"] == "aborted"
    assert "ErrImagePull" in failed["msg"]
    assert "Went back to revision 1" in failed["msg"]
    assert f"The outage lasted {spelled(entry['outage']['seconds'])} s." in failed["msg"]
    rolled_out(kubectl)
    assert {image_of(pod) for pod in get("pods")} == {ONE}
    assert get("deployment", "web")["spec"]["strategy"] == {"type": "Recreate"}
    assert history(get) == [], "an outage with a way back tells nothing of the next one"
    assert "holderIdentity" not in get("lease", "rollout-web")["spec"]


def test_held_it_tells_that_nothing_serves(recreate, applied, kubectl, get):
    applied(simulate={})
    failed = recreate(image="registry.example/web:crash", on_failure="hold", fails=True)
    assert steps(failed) == [("stop", "done"), ("start", "failed")]
    assert failed["rollouts"][0]["phase"] == "degraded"
    assert "No pod has served for" in failed["msg"]
    assert failed["rollouts"][0]["outage"]["seconds"] > 0
    again = recreate(image="registry.example/web:crash", fails=True)
    assert steps(again) == [("stop", "unchanged"), ("start", "failed"), ("rollback", "done")]
    assert again["rollouts"][0]["outage"] == {"expected_seconds": None, "seconds": None}, "the beginning was not seen"
    assert {image_of(pod) for pod in get("pods") if not is_terminating(pod)} == {ONE}


@pytest.mark.server
def test_while_old_pods_stop_nothing_is_taken_back(recreate, applied, pods, kubectl, get):
    applied(simulate=HELD)
    pods.mark()
    failed = recreate(image=TWO, wait_timeout=5, fails=True)
    assert steps(failed) == [("stop", "failed"), ("start", "pending")]
    assert "2 old pods are still stopping (wait_timeout of 5 s is over)" in failed["msg"]
    assert "It was not taken back: the old pods are still stopping" in failed["msg"]
    assert "Left to do" not in failed["msg"]
    let_go(kubectl)
    finished = recreate(image=TWO)
    assert not finished["changed"]
    assert finished["rollouts"][0]["phase"] == "complete"
    assert pods.beside() == []


def test_without_waiting_the_cluster_finishes(recreate, applied, kubectl, get):
    applied()
    done = recreate(image=TWO, wait=False)
    assert steps(done) == [("stop", "running"), ("start", "pending")]
    assert done["rollouts"][0]["outage"] == {"expected_seconds": None, "seconds": None}
    rolled_out(kubectl)
    assert {image_of(pod) for pod in get("pods")} == {TWO}


# --- others ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.server
def test_what_somebody_writes_meanwhile_stays(recreate, applied, kubectl, get, faults):
    applied()
    before(faults, lambda request: is_write(request) and "/deployments/" in request.path, lambda: kubectl("label", "deployment/web", "a=b"))
    done = recreate(image=TWO, **proxied(faults))
    assert done["rollouts"][0]["phase"] == "complete"
    assert get("deployment", "web")["metadata"]["labels"]["a"] == "b"


def test_two_at_a_time_are_kept_apart(recreate, applied, kubectl, get):
    applied(simulate=HELD)
    first: list[dict[str, Any]] = []
    other = threading.Thread(target=lambda: first.append(recreate(image=TWO)))
    other.start()
    eventually(lambda: bool(get("lease", "rollout-web")), "the first one has the lock")
    refused = recreate(image=THREE, fails=True)
    eventually(lambda: sum(map(is_terminating, get("pods"))) == 2, "the old pods stop")
    let_go(kubectl)
    other.join()
    assert "web is being changed by " in refused["msg"]
    assert "wait until that is done" in refused["msg"]
    assert first[0]["rollouts"][0]["phase"] == "complete"
    assert get("deployment", "web")["spec"]["template"]["spec"]["containers"][0]["image"] == TWO


@pytest.mark.server
@pytest.mark.parametrize(
    ("lacking", "words"),
    [("leases.coordination.k8s.io", "leases"), ("pods", "when the old pods are gone")],
)
def test_without_the_rights_it_refuses_before_anything_is_written(recreate, applied, namespace, kubectl, audit, lacking, words):
    applied()
    needed = ["leases.coordination.k8s.io", "deployments.apps", "replicasets.apps", "pods"]
    allowed = ",".join(resource for resource in needed if resource != lacking)
    grant(kubectl, namespace, verbs="get,list,watch,create,patch,update", resources=allowed)
    audit.mark()
    for check in (True, False):
        assert words in recreate(image=TWO, impersonate_user=namespace, check=check, fails=True)["msg"]
    assert [event.name for event in audit.writes() if event.resource == "deployments"] == []


def test_bad_input_is_refused(cluster, recreate, applied, deployment, kubectl, audit, namespace):
    applied()
    audit.mark()
    stateful = {**deployment("db"), "kind": "StatefulSet"}
    assert "cannot be rolled out by recreate, which takes Deployments" in recreate(definition=stateful, fails=True)["msg"]
    assert "does not exist, so there is nothing to change" in recreate(name="nobody", image=TWO, fails=True)["msg"]
    assert "Nothing to change" in recreate(fails=True)["msg"]
    with pytest.raises(AssertionError, match="max_surge"):
        recreate(image=TWO, max_surge=1)
    kubectl("rollout", "pause", "deployment/web")
    assert "is paused" in recreate(image=TWO, fails=True)["msg"]
    assert audit.writes() == []


# --- pods that the cluster refuses ----------------------------------------------------------------------------------------------------


def limits(kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": "limits"}, "spec": spec}


CPU = {"requests": {"cpu": "2"}, "limits": {"cpu": "2"}}
REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any] | None, str]] = {
    # The pod's spec, its container, what the namespace has, and the words.
    "service account": ({"serviceAccountName": "nobody"}, {}, None, 'serviceaccount "nobody" not found; create the service account'),
    "priority class": ({"priorityClassName": "nope"}, {}, None, "no PriorityClass with name nope was found"),
    "pod security": ({"hostNetwork": True}, {}, None, 'violates PodSecurity "baseline:latest": host namespaces'),
    "quota": ({}, {"resources": CPU}, limits("ResourceQuota", {"hard": {"requests.cpu": "1"}}), "raise the ResourceQuota"),
    "limits": (
        {},
        {"resources": CPU},
        limits("LimitRange", {"limits": [{"type": "Container", "max": {"cpu": "1"}}]}),
        "usage per Container",
    ),
}


@pytest.mark.server
@pytest.mark.parametrize("case", REFUSED)
def test_pods_that_the_cluster_would_refuse_are_told_of_before_the_old_ones_stop(
    *, recreate, roll, cluster, namespace, deployment, manifest, kubectl, get, audit, case
):
    pod, container, there, words = REFUSED[case]
    stateful = manifest("StatefulSet", name="db", replicas=1)
    create(kubectl, deployment(replicas=1), stateful)
    rolled_out(kubectl, "deployment/web", "statefulset/db")
    if case == "pod security":
        cluster.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=baseline")
    if there is not None:
        create(kubectl, there)
    new = deployment(replicas=1, image=TWO)
    for template in (new["spec"]["template"]["spec"], stateful["spec"]["template"]["spec"]):
        template.update(pod)
        template["containers"][0].update(container)
    before = pods_by_uid(get)
    audit.mark()
    for check in (True, False):
        for result in (recreate(definition=new, check=check, fails=True), roll("rolling", definition=stateful, check=check, fails=True)):
            assert words in result["msg"]
            assert "The cluster would refuse the pods of the new template of" in result["msg"]
    assert roll("on_delete", definition=stateful, fails=True)["msg"] == roll("partition", definition=stateful, fails=True)["msg"]
    assert [event for event in audit.writes() if not event.dry_run] == []
    assert pods_by_uid(get) == before


def pods_by_uid(get: Callable[..., Any]) -> set[str]:
    return {pod["metadata"]["uid"] for pod in get("pods")}


def test_what_comes_along_may_let_the_pods_in(recreate, applied, deployment, get):
    applied(replicas=1)
    new = deployment(replicas=1, image=TWO)
    new["spec"]["template"]["spec"]["serviceAccountName"] = "robot"
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "robot"}}
    assert recreate(definition=[account, new])["rollouts"][0]["phase"] == "complete"
    assert {image_of(pod) for pod in get("pods")} == {TWO}


# --- killed ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.server
def test_killed_after_a_write_the_next_run_ends_as_an_undisturbed_one(namespace, deployment, cluster, audit, kubectl, get):
    """The first, a middle and the last write here; each of them in tests/unit/memory/test_killed.py."""
    # The lock, the ownership of the former strategy's defaults, the Deployment, the outage in the Lease, the lock released.
    count_of_writes = 5

    def task(name: str) -> dict[str, Any]:
        definition = deployment(name, image=TWO, replicas=2, simulate={"terminate-after": "1s"})
        return {"namespace": namespace, "definition": definition, "wait_timeout": 300}

    def written() -> list[str]:
        return [event.resource for event in audit.writes(leases=True)]

    counts = (1, 3, count_of_writes)
    names = [f"after-{count}" for count in counts]
    manifests = [deployment(name, replicas=2, simulate={"terminate-after": "1s"}) for name in ("twin", *names)]
    listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests})
    kubectl("apply", "--server-side", "--field-manager=rollout.kubernetes", "--filename=-", stdin=listed)
    rolled_out(kubectl, *(f"deployment/{name}" for name in ("twin", *names)))
    audit.mark()
    assert not call(cluster, "recreate", **task("twin")).get("failed")
    # On a busy machine signs of life may come between.
    assert collapsed(written()) == ["leases", "deployments", "leases"]
    assert written().count("deployments") == 2
    assert len(written()) >= count_of_writes, "the task has as many writes as are tried"
    audit.mark()
    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(lambda count, name: kill_after(cluster, count, "recreate", task(name), leases=True), counts, names))
        before = {name: [event.resource for event in audit.writes(leases=True) if event.name.endswith(name)] for name in names}
        expire_locks(cluster, namespace)
        runs = list(pool.map(lambda name: call(cluster, "recreate", **task(name)), names))
    for count, name, again in zip(counts, names, runs, strict=True):
        assert len(before[name]) == count
        reached = before[name].count("deployments") == 2
        assert again["changed"] is not reached, "changed tells whether this run changed something"
        assert again["rollouts"][0]["phase"] == "complete", again["msg"]
        assert spec(get, name) == spec(get, "twin").replace("twin", name)
    assert {image_of(pod) for pod in get("pods")} == {TWO}


def collapsed(words: list[str]) -> list[str]:
    """Without repetitions that follow one another."""
    return [word for index, word in enumerate(words) if words[index - 1 : index] != [word]]


def spec(get: Callable[..., Any], name: str) -> str:
    """What a Deployment asks for."""
    return json.dumps(get("deployment", name)["spec"], sort_keys=True)
