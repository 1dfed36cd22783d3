# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each fault of kubernetes.core's `wait` and `k8s_rollback`, on a live object on which it shows, and that it is not ours.

The docstrings name the faults (kubernetes.core 6.6), which is not installed here. Others that ours has not are shown elsewhere: polling, an
end that comes too early and `paused` in test_rolling.py; crash loops and quotas in test_failures.py; dropped watches, 429, 5xx and deleted
objects in test_api_trouble.py; undo to a revision, twice and when paused, one deadline for several in test_operations.py.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .test_rolling import roll
from .workloads import create, images, observed, of_kind, rolled_out, set_image, task

pytestmark = pytest.mark.memory


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


# --- waiting --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_on_delete_is_done_when_its_pods_are(tried, namespace, deployment, apply, kubectl, kind):
    """OnDelete is `ready` with 0 of 3 pods updated."""
    apply(of_kind(kind, deployment(), updateStrategy={"type": "OnDelete"}))
    count = 3 if kind == "StatefulSet" else 5
    path = "readyReplicas" if kind == "StatefulSet" else "numberReady"
    kubectl("wait", f"{kind}/web", f"--for=jsonpath={{.status.{path}}}={count}", "--timeout=300s")
    set_image(kubectl, "2", f"{kind}/web")
    observed(kubectl, f"{kind}/web")
    stuck = {**task("wait", namespace, kind=kind, wait_timeout=3), "ignore_errors": True}
    status, waited = tried([task("status_info", namespace, kind=kind), stuck]).results
    kubectl("delete", "pods", "--all")
    done = tried(task("wait", namespace, kind=kind)).last
    for result in (status, waited):
        (rollout,) = result["rollouts"]
        assert (rollout["phase"], rollout["complete"]) == ("progressing", False)
        assert (rollout["replicas"]["new"], rollout["replicas"]["old"]) == (0, count)
    assert waited.failed
    assert f"{count} pods of an older revision are still to be deleted (OnDelete)" in waited.msg
    assert not done.failed, done.msg
    assert done["rollouts"][0]["replicas"]["new"] == count


@pytest.mark.server
def test_a_daemon_set_is_waited_for(tried, namespace, deployment, apply, kubectl):
    """It reads unavailableReplicas, which a DaemonSet has not: what is ready and not yet available (minReadySeconds) counts as done."""
    quick = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 5}}
    apply(of_kind("DaemonSet", deployment(), updateStrategy=quick, minReadySeconds=3))
    rolled_out(kubectl, "daemonset/web")
    set_image(kubectl, "2", "daemonset/web")
    last = tried(task("wait", namespace, kind="DaemonSet")).last
    assert not last.failed, last.msg
    assert kubectl("rollout", "status", "daemonset/web", "--watch=false").stdout.strip().endswith("successfully rolled out")
    (rollout,) = last["rollouts"]
    counts = {key: rollout["replicas"][key] for key in ("desired", "updated", "available", "new", "old")}
    assert counts == {"desired": 5, "updated": 5, "available": 5, "new": 5, "old": 0}


# --- the result's shape ---------------------------------------------------------------------------------------------------------------


def test_the_result_has_one_shape(tried, namespace, deployment, kubectl, apply):
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
    play = tried([{**entry, "name": name} for name, entry in tasks.items()])
    results = {result.task: result for result in play.results}
    assert list(results) == list(tasks), play.stdout
    counts = {name: len(result["rollouts"]) for name, result in results.items()}
    assert counts == {name: {"zero": 0, "one": 1, "failed": 1, "paused": 1, "rolled": 1}.get(name, 2) for name in tasks}
    with_steps = ("changed", "unchanged", "would change", "paused", "rolled")
    own = {"history": {"revisions", "template", "difference"}} | {name: {"application", "steps_left", "next_step"} for name in with_steps}
    keys = set(results["one"]["rollouts"][0])
    for name, result in results.items():
        assert {"changed", "msg", "rollouts"} <= set(result.data), name
        for rollout in result["rollouts"]:
            assert set(rollout) == keys | own.get(name, set()), name
    assert {name for name, result in results.items() if result.changed} == {"changed", "would change", "paused", "rolled"}
    assert {name for name, result in results.items() if result.failed} == {"failed"}
    again = tried([task("pause", namespace), task("pause", namespace, label_selectors=["no=such"], allow_empty=True)]).results
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


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
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


@pytest.mark.parametrize("kind", ["Deployment", "DaemonSet"])
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
