# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What operations leave behind on live workloads: undo, restart, pause, resume; alone, in lists, by labels."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .calls import call
from .cluster import Event
from .interference import eventually
from .kills import expire_locks, kill_after
from .workloads import create, images, of_kind, rolled_out, set_image

pytestmark = pytest.mark.memory

KINDS = ("Deployment", "StatefulSet", "DaemonSet")
CAUSE = "kubernetes.io/change-cause"


@pytest.fixture
def ours(cluster, namespace) -> Callable[..., dict[str, Any]]:
    """ours(module, **parameters): a module on `web` in the test's namespace, which must not fail unless fails=True."""

    def run(module: str, *, fails: bool = False, **parameters: Any) -> dict[str, Any]:
        if not {"workloads", "label_selectors", "name"} & set(parameters):
            parameters["name"] = "web"
        if module not in ("status_info", "history_info", "pause"):
            parameters.setdefault("wait_timeout", 300)
        if not parameters.get("all_namespaces"):
            parameters.setdefault("namespace", namespace)
        result = call(cluster, module, **parameters)
        assert result.get("failed", False) is fails, result["msg"]
        return result

    return run


@pytest.fixture
def versions(cluster, namespace, kubectl, deployment):
    """versions(kind, 1, 2, 3, **spec): a workload rolled out in these versions, by kubectl, each with a change cause."""

    def make(kind: str, *tags: int | str, name: str = "web", simulate: dict[str, str] | None = None, **spec: Any) -> None:
        manifest = deployment(name, image=f"registry.example/web:{tags[0]}", simulate=simulate)
        if kind != "Deployment":
            manifest = of_kind(kind, manifest, **spec)
        manifest["metadata"]["annotations"] = {CAUSE: f"release {tags[0]}"}
        create(kubectl, manifest)
        for tag in tags:
            if tag != tags[0]:
                containers = [{"name": "web", "image": f"registry.example/web:{tag}"}]
                patch = {
                    "metadata": {"annotations": {CAUSE: f"release {tag}"}},
                    "spec": {"template": {"spec": {"containers": containers}}},
                }
                kubectl("patch", f"{kind.lower()}/{name}", "--type=strategic", f"--patch={json.dumps(patch)}")
            if str(tag).isdigit():
                waited = call(cluster, "wait", kind=kind, name=name, namespace=namespace, wait_timeout=300)
                assert not waited.get("failed"), waited["msg"]

    return make


def pods_of(get: Callable[..., Any], name: str = "web") -> dict[str, dict[str, Any]]:
    """The pods of a workload by their names, without those that are on their way out."""
    return {
        pod["metadata"]["name"]: pod
        for pod in get("pods")
        if pod["metadata"]["labels"].get("app") == name and "deletionTimestamp" not in pod["metadata"]
    }


def ready_at(pod: dict[str, Any]) -> datetime:
    """When a pod became ready, to the second (the API's own resolution)."""
    (condition,) = (entry for entry in pod["status"]["conditions"] if entry["type"] == "Ready" and entry["status"] == "True")
    return datetime.fromisoformat(condition["lastTransitionTime"])


def deleted_at(event: Event) -> datetime:
    """When a request came."""
    return datetime.fromisoformat(event.time)


# --- undo ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_undo_finds_a_revision_by_number_image_and_cause_and_again_changes_nothing(ours, versions, get, audit, kind):
    versions(kind, 1, 2, 3)
    went = ours("undo", kind=kind, revision=1)
    assert went["changed"]
    assert images(get, kind) == ["registry.example/web:1"]
    assert went["rollouts"][0]["change_cause"] == "undo to revision 1: release 1"
    assert went["rollouts"][0]["phase"] == "complete"
    assert went["rollouts"][0]["revision"] == 4
    audit.mark()
    for again in ({"revision": 1}, {"revision": 4}, {"to": "web:1"}, {"to": "registry.example/web:1"}, {"to": "release 1"}, {}):
        assert not ours("undo", kind=kind, **again)["changed"], again
    assert not audit.writes()
    assert ours("undo", kind=kind, to="release 2", change_cause="hotfix", requested_by="alice, job 7")["changed"]
    assert images(get, kind) == ["registry.example/web:2"]
    assert get(kind, "web")["metadata"]["annotations"][CAUSE] == "hotfix [by alice, job 7]"
    if kind != "Deployment":
        # Both numbers have moved, and our record knows them.
        assert not ours("undo", kind=kind, revision=2)["changed"]
    assert ours("undo", kind=kind, revision=1)["changed"]
    assert images(get, kind) == ["registry.example/web:1"]


def test_undo_of_what_was_applied_leads_to_whole_templates_and_leaves_nothing_to_apply(ours, tried, here, namespace, deployment, get):
    def roll(image: str, variable: str) -> dict[str, Any]:
        definition = deployment(image=f"registry.example/web:{image}", env=[{"name": variable, "value": "x"}])
        return {"name": "Roll", "rollout.kubernetes.rolling": {"namespace": namespace, "definition": definition}}

    here(roll("1", "A"))
    here(roll("2", "B"))
    ours("undo")
    template = get("deployment", "web")["spec"]["template"]
    assert template["spec"]["containers"][0]["env"] == [{"name": "A", "value": "x"}]
    assert [result.changed for result in tried([roll("1", "A"), roll("2", "B")]).results] == [False, True]
    assert get("deployment", "web")["spec"]["template"]["spec"]["containers"][0]["env"] == [{"name": "B", "value": "x"}]


@pytest.mark.parametrize(("last_applied", "names"), [("align", ["B"]), ("leave", ["A", "B"])])
def test_the_next_kubectl_apply_after_an_undo_does_not_mix_versions(ours, deployment, apply, get, kubectl, last_applied, names):
    """`leave` is the control experiment: it is what kubectl's own undo leads to."""
    first, second = (
        deployment(image=f"registry.example/web:{tag}", env=[{"name": name, "value": "x"}]) for tag, name in ((1, "A"), (2, "B"))
    )
    apply(first)
    rolled_out(kubectl)
    apply(second)
    rolled_out(kubectl)
    ours("undo", last_applied=last_applied)
    apply(second)
    assert sorted(entry["name"] for entry in get("deployment", "web")["spec"]["template"]["spec"]["containers"][0]["env"]) == names


def test_a_paused_deployment_is_undone_and_stays_paused_unless_told(ours, versions, get, kubectl):
    versions("Deployment", 1, 2)
    kubectl("rollout", "pause", "deployment/web")
    stays = ours("undo")
    assert (stays["changed"], stays["rollouts"][0]["phase"]) == (True, "paused")
    assert get("deployment", "web")["spec"]["paused"]
    assert ours("status_info")["rollouts"][0]["phase"] == "paused"
    goes_on = ours("undo", resume=True)
    assert (goes_on["changed"], goes_on["rollouts"][0]["phase"]) == (True, "complete")
    assert {pod["spec"]["containers"][0]["image"] for pod in pods_of(get).values()} == {"registry.example/web:1"}


def test_an_undo_that_does_not_wait_does_not_fail_for_what_it_sees(ours, versions):
    versions("DaemonSet", 1, "missing")
    ours("wait", kind="DaemonSet", fails=True)
    result = ours("undo", kind="DaemonSet", revision=2, wait=False)
    assert not result["changed"]
    assert result["rollouts"][0]["findings"][0]["reason"] in ("ErrImagePull", "ImagePullBackOff")


@pytest.mark.parametrize("policy", ["OrderedReady", "Parallel"])
def test_a_stuck_stateful_set_is_repaired_and_ready_pods_stay(ours, versions, get, policy):
    versions("StatefulSet", 1, "missing", podManagementPolicy=policy)
    ours("wait", kind="StatefulSet", fails=True)
    before = {name: pod["metadata"]["uid"] for name, pod in pods_of(get).items()}
    result = ours("undo", kind="StatefulSet")
    after = {name: pod["metadata"]["uid"] for name, pod in pods_of(get).items()}
    assert result["rollouts"][0]["phase"] == "complete"
    assert {name for name, uid in before.items() if after[name] != uid} == {"web-2"}


def test_without_repair_a_stuck_stateful_set_stays_stuck(ours, versions, get, audit):
    """The control experiment: this is what happens after kubectl's undo, for ever."""
    versions("StatefulSet", 1, "missing")
    ours("wait", kind="StatefulSet", fails=True)
    result = ours("undo", kind="StatefulSet", repair="none", wait_timeout=4, fails=True)
    assert "wait_timeout of 4 s is over" in result["msg"]
    assert not [event for event in audit.writes() if event.verb == "delete"]
    # The undo is written already: the next run repairs all the same.
    assert ours("undo", kind="StatefulSet")["changed"]


def test_unready_pods_of_the_revision_itself_are_repaired_only_on_request(ours, versions, get, kubectl):
    """The pod is unready for a reason of its own: made anew, it gets well."""
    versions("StatefulSet", 1, 2)
    ours("undo", kind="StatefulSet")
    stuck = pods_of(get)["web-0"]["metadata"]["uid"]
    unready = {"status": {"conditions": [{"type": "Ready", "status": "False"}]}}
    kubectl("patch", "pod/web-0", "--subresource=status", f"--patch={json.dumps(unready)}")
    eventually(lambda: ours("status_info", kind="StatefulSet")["rollouts"][0]["replicas"]["ready"] == 2, "web-0 is unready")
    ours("undo", kind="StatefulSet", revision=1, wait_timeout=3, fails=True)
    assert pods_of(get)["web-0"]["metadata"]["uid"] == stuck
    assert ours("undo", kind="StatefulSet", revision=1, repair="all")["changed"]
    assert pods_of(get)["web-0"]["metadata"]["uid"] != stuck


# --- restart ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_restart_happens_once_per_key_and_always_without_one(ours, versions, get, audit, kind):
    versions(kind, 1)
    before = {pod["metadata"]["uid"] for pod in pods_of(get).values()}
    assert ours("restart", kind=kind, key="2026-11-21")["changed"]
    between = {pod["metadata"]["uid"] for pod in pods_of(get).values()}
    assert not before & between
    assert get(kind, "web")["metadata"]["annotations"][CAUSE] == "restart for 2026-11-21: release 1"
    audit.mark()
    assert not ours("restart", kind=kind, key="2026-11-21")["changed"]
    assert not audit.writes()
    assert ours("restart", kind=kind)["changed"]
    assert not between & {pod["metadata"]["uid"] for pod in pods_of(get).values()}


def test_a_key_outlives_a_new_version_and_an_apply_leaves_the_restart_alone(ours, tried, here, namespace, deployment, get):
    def roll(tag: str) -> dict[str, Any]:
        return {
            "name": "Roll",
            "rollout.kubernetes.rolling": {"namespace": namespace, "definition": deployment(image=f"registry.example/web:{tag}")},
        }

    here(roll("1"))
    ours("restart", key="a")
    uids = {pod["metadata"]["uid"] for pod in pods_of(get).values()}
    assert not tried(roll("1")).last.changed
    assert {pod["metadata"]["uid"] for pod in pods_of(get).values()} == uids
    assert tried(roll("2")).last.changed
    assert not ours("restart", key="a")["changed"]
    assert ours("restart", key="b")["changed"]


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_under_on_delete_pods_are_restarted_one_by_one_behind_readiness(ours, versions, get, audit, kind):
    versions(kind, 1, simulate={"ready-after": "1s"}, updateStrategy={"type": "OnDelete"})
    count = len(pods_of(get))
    audit.mark()
    result = ours("restart", kind=kind, key="k")
    assert result["rollouts"][0]["phase"] == "complete"
    deletions = [event for event in audit.writes() if event.verb == "delete"]
    assert len(deletions) == count == len({event.name for event in deletions})
    ready = sorted(ready_at(pod) for pod in pods_of(get).values())
    for deletion, last in zip(deletions[1:], ready, strict=False):
        assert deleted_at(deletion) + timedelta(seconds=1) > last, "a pod was deleted before the one made anew was ready"
    assert not ours("restart", kind=kind, key="k")["changed"]


@pytest.mark.server
def test_a_single_replica_restarts_without_a_gap(ours, deployment, apply, get, audit, kubectl):
    """The limits let the only pod go first; the control experiment is kubectl's own restart."""
    limits = {"maxSurge": 1, "maxUnavailable": 1}
    apply(deployment(replicas=1, simulate={"ready-after": "1s"}, strategy={"rollingUpdate": limits}))
    rolled_out(kubectl)

    def gap() -> bool:
        """Whether the old pod was deleted before the new one was ready."""
        (pod,) = pods_of(get).values()
        (deletion,) = [event for event in audit.events(everybody=True) if event.verb == "delete" and event.resource == "pods"][:1]
        return deleted_at(deletion) < ready_at(pod)

    audit.mark()
    assert ours("restart")["changed"]
    assert not gap()
    live = get("deployment", "web")
    assert live["spec"]["strategy"]["rollingUpdate"] == limits
    assert "limits" not in live["metadata"]["annotations"]["rollout.kubernetes/restart"]
    audit.mark()
    kubectl("rollout", "restart", "deployment/web")
    rolled_out(kubectl)
    assert gap()


def test_a_single_replica_that_is_to_have_no_second_one_restarts_under_its_own_limits(ours, deployment, apply, get, kubectl):
    own = {"maxSurge": 0, "maxUnavailable": 1}
    apply(deployment(replicas=1, strategy={"rollingUpdate": own}))
    rolled_out(kubectl)
    before = get("deployment", "web")["metadata"]["generation"]
    done = ours("restart", key="k")
    assert any("has one replica and maxSurge 0: a restart stops its only pod" in warning for warning in done["warnings"])
    live = get("deployment", "web")
    assert (live["spec"]["strategy"]["rollingUpdate"], live["metadata"]["generation"]) == (own, before + 1)


@pytest.mark.server
@pytest.mark.long
def test_whatever_comes_after_a_restart_that_was_killed_gives_its_limits_back(cluster, namespace, deployment, apply, get, kubectl, ours):
    own = {"maxSurge": 1, "maxUnavailable": 1}

    def made(name: str, tag: str = "1", **spec: Any) -> Any:
        return deployment(name, replicas=1, image=f"registry.example/web:{tag}", **spec)

    tasks: dict[str, tuple[str, dict[str, Any]]] = {
        "web-0": ("rolling", {"image": "registry.example/web:2"}),
        "web-1": ("rolling", {"definition": made("web-1", "2")}),
        "web-2": ("undo", {}),
        "web-3": ("pause", {}),
    }
    create(kubectl, *(made(name, strategy={"rollingUpdate": own}) for name in tasks))
    rolled_out(kubectl, *(f"deployment/{name}" for name in tasks))
    with ThreadPoolExecutor(2) as pool:
        killed = {"namespace": namespace, "kind": "Deployment", "key": "k"}
        list(pool.map(lambda name: kill_after(cluster, 1, "restart", {**killed, "name": name}), tasks))
    expire_locks(cluster, namespace)
    rolled_out(kubectl, *(f"deployment/{name}" for name in tasks))
    for name in tasks:
        assert "only until a restart has ended" in call(cluster, "status_info", namespace=namespace, name=name, kind="Deployment")["msg"]
    for name, (module, options) in tasks.items():
        whole = {"namespace": namespace, **options}
        if "definition" not in options:
            whole |= {"name": name, "kind": "Deployment"}
        assert get("deployment", name)["spec"]["strategy"]["rollingUpdate"] != own
        assert call(cluster, module, **whole)["changed"]
        live = get("deployment", name)
        assert live["spec"]["strategy"]["rollingUpdate"] == own, module
        assert '"limits"' not in live["metadata"]["annotations"]["rollout.kubernetes/restart"]
        assert not call(cluster, module, **whole)["changed"], module


def test_a_restart_of_a_paused_deployment_is_refused(ours, versions, kubectl, audit):
    versions("Deployment", 1)
    kubectl("rollout", "pause", "deployment/web")
    audit.mark()
    assert "is paused, so a restart would replace no pod" in ours("restart", fails=True)["msg"]
    assert not audit.writes()


# --- pause and resume ---------------------------------------------------------------------------------------------------------


def test_pause_and_resume_are_idempotent(ours, versions, get, audit, kubectl):
    versions("Deployment", 1)
    audit.mark()
    assert [ours("pause")["changed"], ours("pause")["changed"]] == [True, False]
    set_image(kubectl, "2")
    assert ours("wait", until="paused")["rollouts"][0]["phase"] == "paused"
    resumed = ours("resume")
    assert (resumed["changed"], resumed["rollouts"][0]["phase"]) == (True, "complete")
    assert not ours("resume")["changed"]
    assert len(audit.writes()) == 2


# --- which workloads ----------------------------------------------------------------------------------------------------------


def test_a_list_and_labels_take_several_kinds_under_one_request_each(ours, versions, namespace, get):
    for kind in KINDS:
        versions(kind, 1, 2, name=kind.lower())
    listed = [{"kind": kind, "name": kind.lower()} for kind in KINDS]
    undone = ours("undo", workloads=listed)
    assert [rollout["phase"] for rollout in undone["rollouts"]] == ["complete"] * 3
    assert all(images(get, kind, kind.lower()) == ["registry.example/web:1"] for kind in KINDS)
    names = [rollout["name"] for rollout in ours("status_info", workloads=listed)["rollouts"]]
    assert names == ["deployment", "statefulset", "daemonset"]


def test_labels_find_workloads_here_and_everywhere(ours, kubectl, deployment, cluster, namespace):
    for name in ("a", "b"):
        manifest = deployment(name, replicas=1)
        manifest["metadata"]["labels"] = {"tier": namespace}
        create(kubectl, manifest)
    for where in ({}, {"all_namespaces": True}):
        found = ours("wait", label_selectors=[f"tier in ({namespace})", "tier"], **where)["rollouts"]
        assert [(rollout["namespace"], rollout["name"]) for rollout in found] == [(namespace, "a"), (namespace, "b")]
    nothing = ours("wait", label_selectors=["tier=none"], fails=True)["msg"]
    assert nothing.startswith(f"No DaemonSet or Deployment or StatefulSet in namespace {namespace} has the labels tier=none;")
    for module in ("wait", "status_info", "history_info", "undo", "pause", "resume", "restart"):
        empty = ours(module, label_selectors=["tier=none"], allow_empty=True)
        assert (empty["changed"], empty["rollouts"]) == (False, [])


def test_one_that_is_refused_refuses_the_whole_task(ours, versions, audit, namespace):
    versions("Deployment", 1, 2, name="two")
    versions("Deployment", 1, name="one")
    audit.mark()
    message = ours("undo", workloads=[{"name": "two"}, {"name": "one"}], fails=True)["msg"]
    assert message == f"Deployment {namespace}/one has no earlier revision to go back to; history_info shows what there is."
    assert not audit.writes()


def test_one_deadline_counts_for_all(ours, versions, namespace):
    for name in ("a", "b"):
        versions("Deployment", 1, "unready", name=name)
    started = datetime.now(UTC)
    result = ours("wait", workloads=[{"name": "a"}, {"name": "b"}], wait_timeout=10, fails=True)
    assert (datetime.now(UTC) - started).total_seconds() < 2 * 10, "not one after the other"
    assert [rollout["name"] for rollout in result["rollouts"] if "wait_timeout of 10 s is over" in rollout["cause"]] == ["a", "b"]


# --- history ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_history_lists_compares_and_hides(ours, kubectl, deployment, kind):
    config = {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "a", "optional": True}}}
    manifest = deployment(env=[config, {"name": "DB_PASSWORD", "value": "hunter2"}])
    manifest = manifest if kind == "Deployment" else of_kind(kind, manifest)
    create(kubectl, manifest)
    rolled_out(kubectl, f"{kind.lower()}/web")
    set_image(kubectl, "2", f"{kind.lower()}/web")
    rolled_out(kubectl, f"{kind.lower()}/web")
    result = ours("history_info", kind=kind, revision=2, compare_to=1)
    (rollout,) = result["rollouts"]
    assert [entry["revision"] for entry in rollout["revisions"]] == [1, 2]
    assert [(entry["current"], entry["running"]) for entry in rollout["revisions"]] == [(False, False), (True, True)]
    assert rollout["revisions"][0]["config"] == ["ConfigMap settings"]
    assert rollout["template"]["spec"]["containers"][0]["image"] == "registry.example/web:2"
    assert "-  - env:" not in rollout["difference"]
    changed = [line for line in rollout["difference"].splitlines()[2:] if line[0] in "+-"]
    assert [line.split()[-1] for line in changed] == ["registry.example/web:1", "registry.example/web:2"]
    assert "hunter2" not in json.dumps(result)


# --- bad input and crashes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "options", "sentence"),
    [
        ("undo", {"revision": 9}, "has no revision 9; it has 1 and 2. history_info shows them."),
        ("undo", {"revision": -1}, "revision must be at least 0, not -1."),
        ("undo", {"to": "web:7"}, "has no revision with the image or change cause 'web:7'; it has 1 (registry.example/web:1, release 1)"),
        ("history_info", {"compare_to": 5}, "has no revision 5"),
        ("wait", {"kind": "StatefulSet", "until": "paused"}, "until: paused is for Deployments"),
        ("wait", {"revision": 1}, "wants revision 2 and not 1"),
        ("wait", {"label_selectors": [" "]}, "label_selectors is empty"),
        ("restart", {"workloads": [{"name": "web"}, {"name": "web"}]}, "stands in workloads twice"),
        ("status_info", {"name": "web", "all_namespaces": True}, "all_namespaces needs label_selectors"),
        ("resume", {"name": "none"}, "none does not exist; correct kind, name and namespace."),
        ("undo", {"kind": "StatefulSet"}, "/web does not exist, but Deployment "),
    ],
)
def test_bad_input_is_one_sentence(ours, versions, audit, module, options, sentence):
    versions("Deployment", 1, 2)
    audit.mark()
    message = ours(module, fails=True, **options)["msg"]
    assert sentence in message
    assert "\n" not in message
    assert not audit.writes()


@pytest.fixture(params=["undo and repair", "restart one by one"])
def interrupted(request, namespace, versions, ours) -> tuple[str, dict[str, Any], int]:
    """A module, its options, and how many writes it needs."""
    web = {"namespace": namespace, "name": "web", "kind": "StatefulSet", "wait_timeout": 300}
    if request.param == "undo and repair":
        versions("StatefulSet", 1, "missing")
        ours("wait", kind="StatefulSet", fails=True)
        return "undo", web, 2
    versions("StatefulSet", 1, updateStrategy={"type": "OnDelete"})
    return "restart", {**web, "key": "k"}, 4


@pytest.mark.server
def test_killed_after_each_write_the_next_run_ends_as_an_undisturbed_one(cluster, interrupted, ours):
    """SIGKILL after the first, the second, ... write that went through; what is then left is done by a run that nobody disturbs."""
    module, options, writes = interrupted
    for _write in range(1, writes):
        kill_after(cluster, 1, module, options)
        expire_locks(cluster, options["namespace"])
    assert [ours(module, **options)["changed"] for _again in range(2)] == [True, False]
    (rollout,) = ours("status_info", kind="StatefulSet")["rollouts"]
    assert rollout["complete"]
    assert rollout["replicas"]["new"] == 3
