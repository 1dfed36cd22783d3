# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each fault of kubernetes.core's `wait` and `k8s_rollback`, on a live object on which it shows, and that it is not ours.

The docstrings name the faults (kubernetes.core 6.6). It is not installed here; what its users complain about is cited by number. Dropped
watches, 429, 5xx and deleted objects are in test_api_trouble.py as well, speed is in tests/bench.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .faults import Faults, faulty
from .interference import eventually, through
from .test_conflicts import BROKEN, BUSY
from .test_rolling import kubectl_says_done, roll
from .workloads import create, images, is_watched, observed, of_kind, rolled_out, set_image, task

pytestmark = pytest.mark.memory

SLOW = {"ready-after": "1s"}
KINDS = ["Deployment", "StatefulSet", "DaemonSet"]


@pytest.fixture
def faults(cluster) -> Iterator[Faults]:
    with faulty(cluster.kubeconfig) as proxy:
        yield proxy


@pytest.fixture
def versions(deployment, kubectl) -> Callable[..., None]:
    """versions("1", "2", kind="Deployment"): a workload `web` with these versions, one rolled out after the other."""

    def make(first: str, *others: str, kind: str = "Deployment") -> None:
        manifest = deployment(image=f"registry.example/web:{first}")
        create(kubectl, manifest if kind == "Deployment" else of_kind(kind, manifest))
        rolled_out(kubectl, f"{kind}/web")
        for tag in others:
            kubectl("annotate", f"{kind}/web", f"kubernetes.io/change-cause=release {tag}", "--overwrite")
            set_image(kubectl, tag, f"{kind}/web")
            rolled_out(kubectl, f"{kind}/web")

    return make


def phases(last: Any) -> dict[str, str]:
    return {rollout["name"]: rollout["phase"] for rollout in last["rollouts"]}


# --- waiting --------------------------------------------------------------------------------------------------------------------------


def test_it_waits_by_watch(tried, audit, namespace, deployment, apply, kubectl):
    """`wait` polls each object every 5 s with GETs: late by up to 5 s, and more requests the longer it takes."""
    apply(deployment(image="registry.example/web:unready"))
    audit.mark()
    started = tried.start(task("wait", namespace))
    eventually(lambda: any((event.verb, event.resource) == ("watch", "pods") for event in audit.events()), "the task watches the pods")
    set_image(kubectl, "2")
    last = started.wait().last
    assert not last.failed, last.msg
    asked = Counter((event.verb, event.resource) for event in audit.events() if event.stage == "ResponseComplete" or event.verb == "watch")
    opened = {key: count for key, count in asked.items() if key[0] != "watch"}
    assert opened == {("list", "deployments"): 1, ("list", "replicasets"): 1, ("list", "pods"): 1}
    assert {key[1] for key in asked if key[0] == "watch"} == {"deployments", "replicasets", "pods"}


@pytest.mark.server
def test_a_busy_and_a_failing_server_do_not_end_the_task(tried, faults, namespace, deployment, apply):
    """A 429 or 5xx in the middle of `wait` ends the task with that error."""
    apply(deployment(simulate=SLOW))
    for status, body in ((429, BUSY), (500, BROKEN), (503, {**BROKEN, "code": 503})):
        faults.add(matches=lambda request: request.method == "GET", status=status, body=body)
    last = tried(task("wait", namespace), environment=through(faults)).last
    assert not last.failed, last.msg
    assert phases(last) == {"web": "complete"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_crash_loop_ends_the_wait_early_and_is_named(tried, namespace, deployment, apply, kind):
    """There is no failure detection: a crash loop uses the whole wait_timeout up, and the message is `timed out`."""
    crashing = deployment(image="registry.example/web:crash")
    apply(crashing if kind == "Deployment" else of_kind(kind, crashing))
    last = tried(task("wait", namespace, kind=kind, wait_timeout=1000)).last
    assert last.failed, "and before tried() gives up"
    for word in ("CrashLoopBackOff", "container web", "Its log ends with", f"{kind} {namespace}/web"):
        assert word in last.msg, last.msg
    (rollout,) = last["rollouts"]
    assert (rollout["phase"], rollout["complete"]) == ("degraded", False)
    assert rollout["findings"][0]["remedy"]


def test_a_paused_deployment_with_a_new_template_is_not_complete(tried, namespace, deployment, apply, kubectl):
    """updatedReplicas is never read: all 3 replicas of the old version are available, which counts as ready."""
    apply(deployment())
    rolled_out(kubectl)
    kubectl("rollout", "pause", "deployment/web")
    set_image(kubectl, "2")
    observed(kubectl)
    shown = tried(
        [
            task("status_info", namespace),
            {**task("wait", namespace, wait_timeout=3), "ignore_errors": True},
            task("wait", namespace, until="paused"),
        ]
    )
    status, waited, paused = shown.results
    (rollout,) = status["rollouts"]
    assert (rollout["phase"], rollout["complete"]) == ("paused", False)
    assert (rollout["replicas"]["available"], rollout["replicas"]["updated"], rollout["replicas"]["new"]) == (3, 0, 0)
    assert waited.failed
    assert "paused" in waited.msg
    assert not paused.failed, paused.msg


@pytest.mark.server
@pytest.mark.parametrize(
    "strategy",
    [{"type": "Recreate"}, {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}],
    ids=["recreate", "no-surge"],
)
def test_recreate_and_no_surge_are_not_done_early(tried, faults, namespace, deployment, apply, kubectl, get, strategy):
    """3 of 3 replicas available is all that counts: true as soon as the change is observed, before the first new pod is there.

    The pause holds that moment still until the task looks; then it sees everything that follows.
    """
    apply(deployment(strategy=strategy, simulate={**SLOW, "terminate-after": "1s"}))
    rolled_out(kubectl)
    kubectl("rollout", "pause", "deployment/web")
    set_image(kubectl, "2")
    observed(kubectl)
    started = tried.start(task("wait", namespace), environment=through(faults))
    is_watched(faults)
    kubectl("rollout", "resume", "deployment/web")
    last = started.wait().last
    assert kubectl_says_done(kubectl)
    assert not last.failed, last.msg
    (rollout,) = last["rollouts"]
    assert (rollout["complete"], rollout["replicas"]["old"], rollout["replicas"]["new"]) == (True, 0, 3)
    here = [pod for pod in get("pods") if "deletionTimestamp" not in pod["metadata"]]
    assert [pod["spec"]["containers"][0]["image"] for pod in here] == ["registry.example/web:2"] * 3


def test_a_rollout_that_a_quota_holds_back_is_not_complete(tried, namespace, deployment, apply, kubectl):
    """The same predicate, held still: 3 of 3 old pods are available, none is new, and kubernetes.core returns ok at once."""
    apply({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "few"}, "spec": {"hard": {"pods": "3"}}})
    kubectl("wait", "resourcequota/few", "--for=jsonpath={.status.used.pods}=0", "--timeout=300s")
    apply(deployment())
    rolled_out(kubectl)
    kubectl("wait", "resourcequota/few", "--for=jsonpath={.status.used.pods}=3", "--timeout=300s")
    kubectl("patch", "deployment", "web", "--patch", json.dumps({"spec": {"strategy": {"rollingUpdate": {"maxUnavailable": 0}}}}))
    set_image(kubectl, "2")
    observed(kubectl)
    last = tried(task("wait", namespace, failure_grace=1)).last
    assert last.failed
    assert "quota" in last.msg
    (rollout,) = last["rollouts"]
    assert (rollout["complete"], rollout["replicas"]["available"], rollout["replicas"]["new"]) == (False, 3, 0)


def test_a_partitioned_stateful_set_completes(tried, namespace, deployment, apply, kubectl, get):
    """updatedReplicas must equal replicas: with a partition that never comes, and the wait ends in a time-out."""
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}
    apply(of_kind("StatefulSet", deployment(simulate=SLOW), updateStrategy=strategy))
    rolled_out(kubectl, "statefulset/web")
    set_image(kubectl, "2", "statefulset/web")
    last = tried(task("wait", namespace, kind="StatefulSet")).last
    assert not last.failed, last.msg
    (rollout,) = last["rollouts"]
    assert (rollout["phase"], rollout["complete"]) == ("complete", True)
    assert (rollout["replicas"]["new"], rollout["replicas"]["old"]) == (1, 2)
    versions = {pod["metadata"]["name"]: pod["spec"]["containers"][0]["image"][-1] for pod in get("pods")}
    assert versions == {"web-0": "1", "web-1": "1", "web-2": "2"}


@pytest.mark.server
@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_on_delete_is_done_when_its_pods_are(ansible, cluster, namespace, deployment, apply, kubectl, kind):
    """OnDelete is `ready` with 0 of 3 pods updated."""
    apply(of_kind(kind, deployment(), updateStrategy={"type": "OnDelete"}))
    count = 3 if kind == "StatefulSet" else 5
    path = "readyReplicas" if kind == "StatefulSet" else "numberReady"
    kubectl("wait", f"{kind}/web", f"--for=jsonpath={{.status.{path}}}={count}", "--timeout=300s")
    set_image(kubectl, "2", f"{kind}/web")
    observed(kubectl, f"{kind}/web")
    command = [str(cluster.kubectl_program), "--namespace", namespace, "delete", "pods", "--all"]
    delete = {
        "name": "Delete the pods",
        "ansible.builtin.command": {"argv": command},
        "environment": {"KUBECONFIG": str(cluster.kubeconfig)},
    }
    tasks = [
        task("status_info", namespace, kind=kind),
        {**task("wait", namespace, kind=kind, wait_timeout=3), "ignore_errors": True},
        delete,
        task("wait", namespace, kind=kind),
    ]
    status, waited, _deleted, done = ansible(tasks).results
    for result in (status, waited):
        (rollout,) = result["rollouts"]
        assert (rollout["phase"], rollout["complete"]) == ("progressing", False)
        assert (rollout["replicas"]["new"], rollout["replicas"]["old"]) == (0, count)
    assert waited.failed
    assert f"{count} pods of an older revision are still to be deleted (OnDelete)" in waited.msg
    assert not done.failed, done.msg
    assert done["rollouts"][0]["replicas"]["new"] == count


@pytest.mark.server
def test_a_daemon_set_is_waited_for(ansible, namespace, deployment, apply, kubectl):
    """It reads unavailableReplicas, which a DaemonSet has not: what is ready and not yet available (minReadySeconds) counts as done."""
    quick = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 5}}
    apply(of_kind("DaemonSet", deployment(), updateStrategy=quick, minReadySeconds=3))
    rolled_out(kubectl, "daemonset/web")
    set_image(kubectl, "2", "daemonset/web")
    last = ansible(task("wait", namespace, kind="DaemonSet")).last
    assert not last.failed, last.msg
    assert kubectl("rollout", "status", "daemonset/web", "--watch=false").stdout.strip().endswith("successfully rolled out")
    (rollout,) = last["rollouts"]
    counts = {key: rollout["replicas"][key] for key in ("desired", "updated", "available", "new", "old")}
    assert counts == {"desired": 5, "updated": 5, "available": 5, "new": 5, "old": 0}


@pytest.mark.server
@pytest.mark.parametrize("kind", KINDS)
def test_a_deletion_meanwhile_is_an_error_in_words(tried, faults, namespace, deployment, apply, kubectl, kind):
    """It ends in an AttributeError."""
    stuck = deployment(image="registry.example/web:unready")
    apply(stuck if kind == "Deployment" else of_kind(kind, stuck))
    started = tried.start(task("wait", namespace, kind=kind), environment=through(faults))
    is_watched(faults)
    kubectl("delete", kind, "web")
    play = started.wait()
    assert play.last.failed
    assert f"{kind} {namespace}/web was deleted" in play.last.msg
    assert "Error" not in play.last.msg


# --- several at once, and the result's shape ------------------------------------------------------------------------------------------


@pytest.mark.server
def test_several_are_waited_for_under_one_deadline(ansible, namespace, deployment, apply, kubectl):
    """kubernetes.core#320: each document, or each turn of a loop, is waited for after the other, with a time-out each."""
    apply(
        deployment("web-1", simulate=SLOW),
        of_kind("StatefulSet", deployment("web-2", simulate=SLOW)),
        deployment("web-3", image="registry.example/web:unready"),
        of_kind("StatefulSet", deployment("web-4", image="registry.example/web:unready")),
        deployment("web-6", image="registry.example/web:unready"),
        of_kind("DaemonSet", deployment("web-5", simulate=SLOW)),
    )
    kinds = {"web-1": "Deployment", "web-2": "StatefulSet", "web-3": "Deployment", "web-4": "StatefulSet", "web-5": "DaemonSet"}
    wanted = [*({"kind": kind, "name": name} for name, kind in kinds.items()), {"name": "web-6"}]
    clock = {"name": "Look at the clock", "ansible.builtin.debug": {"msg": "{{ now().timestamp() }}"}}
    kubectl("label", "deployment/web-1", "statefulset/web-2", "daemonset/web-5", "team=shop")
    before, last, after, found = ansible(
        [
            clock,
            {**task("wait", namespace, workloads=wanted, wait_timeout=20), "ignore_errors": True},
            clock,
            task("wait", namespace, label_selectors=["team=shop"]),
        ]
    ).results
    assert float(after.msg) - float(before.msg) < 3 * 20, "not one time-out after another"
    assert last.failed
    stuck = {"web-3", "web-4", "web-6"}
    assert phases(last) == {name: "progressing" if name in stuck else "complete" for name in (*kinds, "web-6")}
    assert {name for name in (*kinds, "web-6") if f"/{name} did not finish" in last.msg} == stuck
    assert len(re.findall(r"after 2\d s", last.msg)) == 3
    assert not found.failed, found.msg
    assert phases(found) == {"web-1": "complete", "web-2": "complete", "web-5": "complete"}


@pytest.mark.server
def test_the_result_has_one_shape(ansible, namespace, deployment, kubectl, apply):
    """Its result is the object for one document and a list for several; `changed` objects, errors and check mode have others."""
    create(kubectl, deployment(), deployment("other"), deployment("broken", image="registry.example/web:crash"))
    rolled_out(kubectl, "deployment/web", "deployment/other")
    both = {"workloads": [{"name": "web"}, {"name": "other"}]}
    tasks = {
        "zero": task("status_info", namespace, label_selectors=["no=such"], allow_empty=True),
        "one": task("status_info", namespace),
        "two": task("status_info", namespace, **both),
        "waited": task("wait", namespace, **both),
        "failed": {**task("wait", namespace, name="broken"), "ignore_errors": True},
        "changed": task("restart", namespace, key="k", **both),
        "unchanged": task("restart", namespace, key="k", **both),
        "would change": {**task("restart", namespace, **both), "check_mode": True},
        "history": task("history_info", namespace, **both),
        "paused": task("pause", namespace),
        "rolled": roll(namespace, name="other", image="registry.example/web:2"),
    }
    play = ansible([{**entry, "name": name} for name, entry in tasks.items()])
    results = {result.task: result for result in play.results}
    assert list(results) == list(tasks), play.stdout
    counts = {name: len(result["rollouts"]) for name, result in results.items()}
    assert counts == {name: {"zero": 0, "one": 1, "failed": 1, "paused": 1, "rolled": 1}.get(name, 2) for name in tasks}
    own = {"history": {"revisions", "template", "difference"}}
    keys = set(results["one"]["rollouts"][0])
    for name, result in results.items():
        assert {"changed", "msg", "rollouts"} <= set(result.data), name
        for rollout in result["rollouts"]:
            assert set(rollout) == keys | own.get(name, set()), name
    assert {name for name, result in results.items() if result.changed} == {"changed", "would change", "paused", "rolled"}
    assert {name for name, result in results.items() if result.failed} == {"failed"}
    again = ansible([task("pause", namespace), task("pause", namespace, label_selectors=["no=such"], allow_empty=True)]).results
    assert [(result.changed, len(result["rollouts"])) for result in again] == [(False, 1), (False, 0)]


# --- undo -----------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def stranger(kubectl, deployment) -> Callable[[str], None]:
    """stranger("replicaset"): a revision with web's labels and the highest number of all, which belongs to somebody else."""

    def make(kind: str) -> None:
        create(kubectl, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "somebody"}})
        uid = kubectl("get", "configmap", "somebody", "--output=jsonpath={.metadata.uid}").stdout
        owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "somebody", "uid": uid, "controller": True}
        spec = deployment(image="registry.example/web:strange", replicas=0)["spec"]
        number = {"deployment.kubernetes.io/revision": "99"}
        metadata = {"name": "web-strange", "labels": {"app": "web"}, "annotations": number, "ownerReferences": [owner]}
        if kind == "Deployment":
            create(kubectl, {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata, "spec": spec})
        else:
            data = {"spec": {"template": {**spec["template"], "$patch": "replace"}}}
            create(kubectl, {"apiVersion": "apps/v1", "kind": "ControllerRevision", "metadata": metadata, "revision": 99, "data": data})

    return make


@pytest.mark.parametrize("kind", KINDS)
def test_undo_takes_only_what_belongs_to_the_workload(tried, namespace, kubectl, get, versions, stranger, kind):
    """`k8s_rollback` lists by the key of a label, without the owner: a stranger's template becomes ours. StatefulSets it does not know."""
    versions("1", "2", kind=kind)
    stranger(kind)
    tasks = [
        task("history_info", namespace, kind=kind),
        {**task("undo", namespace, kind=kind, revision=99), "ignore_errors": True},
        task("undo", namespace, kind=kind),
    ]
    history, refused, undone = tried(tasks).results
    assert [entry["revision"] for entry in history["rollouts"][0]["revisions"]] == [1, 2]
    assert refused.failed
    assert "no revision 99" in refused.msg
    assert undone.changed, undone.msg
    assert images(get, kind) == ["registry.example/web:1"]
    here = [pod for pod in get("pods") if "deletionTimestamp" not in pod["metadata"]]
    assert {pod["spec"]["containers"][0]["image"] for pod in here} == {"registry.example/web:1"}
    rollout = undone["rollouts"][0]
    assert (rollout["phase"], rollout["complete"], rollout["images"]) == ("complete", True, {"web": "registry.example/web:1"})


def test_undo_keeps_the_annotations(tried, namespace, kubectl, get, versions):
    """All annotations are replaced by those of the ReplicaSet: what was set since is lost."""
    versions("1")
    # What kubectl apply and people leave behind after revision 1 was made.
    kubectl("annotate", "deployment/web", "team=old")
    versions_of_now = {"team": "shop", "example.com/ticket": "OPS-7"}
    set_image(kubectl, "2")
    kubectl("annotate", "deployment/web", "--overwrite", *(f"{key}={value}" for key, value in versions_of_now.items()))
    rolled_out(kubectl)
    applied = get("deployment", "web")["metadata"]["annotations"]
    last = tried(task("undo", namespace)).last
    assert last.changed, last.msg
    annotations = get("deployment", "web")["metadata"]["annotations"]
    assert versions_of_now.items() <= annotations.items()
    assert set(applied) <= set(annotations)
    assert images(get) == ["registry.example/web:1"]


def test_undo_reaches_the_revision_before_also_where_numbers_are_missing(tried, namespace, kubectl, get, versions):
    """It takes the number minus one, which an undo or a cleaned up ReplicaSet leaves empty."""
    versions("1", "2", "3")
    (second,) = (entry for entry in get("replicasets") if entry["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "2")
    kubectl("delete", "replicaset", second["metadata"]["name"])
    last = tried(task("undo", namespace)).last
    assert last.changed, last.msg
    assert images(get) == ["registry.example/web:1"]


@pytest.mark.parametrize("kind", KINDS)
def test_undo_goes_to_the_revision_that_is_named(tried, namespace, get, versions, kind):
    """There is no target revision; and kubectl fails when it is asked for the same number twice."""
    versions("1", "2", "3", kind=kind)
    first, again = tried([task("undo", namespace, kind=kind, revision=1)] * 2).results
    assert first.changed, first.msg
    assert not again.changed, again.msg
    assert not again.failed, again.msg
    assert images(get, kind) == ["registry.example/web:1"]
    assert again["rollouts"][0]["complete"] is True


def test_undo_of_a_paused_deployment_says_that_it_is_paused(tried, namespace, kubectl, get, versions):
    """Paused is not looked at: it returns ok, and nothing rolls."""
    versions("1", "2")
    kubectl("rollout", "pause", "deployment/web")
    observed(kubectl)
    last, shown, resumed = tried(
        [task("undo", namespace), task("status_info", namespace), task("undo", namespace, revision=1, resume=True)]
    ).results
    assert last.changed, last.msg
    for result in (last, shown):
        (rollout,) = result["rollouts"]
        assert (rollout["phase"], rollout["complete"]) == ("paused", False)
        assert rollout["images"] == {"web": "registry.example/web:1"}
    assert resumed.changed
    assert resumed["rollouts"][0]["phase"] == "complete", resumed.msg
    assert "paused" not in get("deployment", "web")["spec"]
    assert images(get) == ["registry.example/web:1"]
    assert kubectl_says_done(kubectl)


@pytest.mark.parametrize("kind", KINDS)
def test_undo_does_not_flip(tried, audit, namespace, get, versions, kind):
    """Each run goes back and forth between two revisions, with `changed: true`."""
    versions("1", "2", kind=kind)
    audit.mark()
    undone, *again = tried([task("undo", namespace, kind=kind)] * 3).results
    assert undone.changed, undone.msg
    assert [(result.failed, result.changed) for result in again] == [(False, False)] * 2
    assert len(audit.writes()) == 1
    assert images(get, kind) == ["registry.example/web:1"]


def test_what_is_not_there_is_an_error(tried, namespace):
    """A missing object is `ok`, a wait for one `changed: false`."""
    modules = ["undo", "restart", "pause", "resume", "wait", "status_info", "history_info"]
    results = tried(
        [{**task(module, namespace), "ignore_errors": True} for module in modules]
        + [task(module, namespace, allow_empty=True) for module in modules]
    ).results
    for missing in results[: len(modules)]:
        assert missing.failed, missing.task
        assert f"Deployment {namespace}/web does not exist" in missing.msg, missing.task
    for allowed in results[len(modules) :]:
        assert (allowed.failed, allowed.changed, allowed["rollouts"]) == (False, False, []), allowed.task


@pytest.mark.parametrize("kind", KINDS)
def test_check_mode_shows_what_undo_would_change(tried, audit, namespace, get, versions, kind):
    """Check mode returns the object as it is, so that the difference is empty."""
    versions("1", "2", kind=kind)
    audit.mark()
    undo = task("undo", namespace, kind=kind)
    checked, shown, done = tried([{**undo, "check_mode": True}, task("status_info", namespace, kind=kind), undo], diff=True).results
    assert checked.changed, checked.msg
    assert shown["rollouts"][0]["images"] == {"web": "registry.example/web:2"}
    assert len(audit.writes()) == 1
    (difference,) = checked["diff"]
    assert "registry.example/web:2" in difference["before"]
    assert "registry.example/web:1" not in difference["before"]
    assert "registry.example/web:1" in difference["after"]
    assert done["diff"] == checked["diff"], "what was shown is what was done"
    assert images(get, kind) == ["registry.example/web:1"]
