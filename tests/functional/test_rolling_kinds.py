# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module rolling on StatefulSets and DaemonSets: bounds as the cluster's controllers keep them, and what is said of them."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from .faults import faulty
from .interference import Stop, before, eventually, is_change, proxied
from .kills import begun, expire_locks, kill_after
from .workloads import grant, rolled_out

pytestmark = pytest.mark.memory

KINDS = ("StatefulSet", "DaemonSet")
NODES = 5


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Each of the two kinds."""
    found: str = request.param
    return found


def kubectl_says_done(kubectl: Any, kind: str, name: str = "web") -> bool:
    """Whether kubectl calls the rollout finished."""
    said = kubectl("rollout", "status", f"{kind.lower()}/{name}", "--watch=false", check=False).stdout
    return "successfully rolled out" in said or "roll out complete" in said


def partitioned(partition: int) -> dict[str, Any]:
    return {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": partition}}}


# --- from the first version to the second and back --------------------------------------------------------------------------------


def test_create_again_change_and_undo(roll, audit, kind, manifest, kubectl, get, tags):
    first = roll(definition=manifest(kind), change_cause="one")
    assert first["changed"]
    assert kubectl_says_done(kubectl, kind)
    audit.mark()
    assert not roll(definition=manifest(kind), change_cause="again")["changed"]
    assert audit.writes() == []
    shown = roll(definition=manifest(kind, 2), change_cause="two", check=True)
    assert audit.writes() == []
    pace = "one pod at a time, from web-2 down to web-0" if kind == "StatefulSet" else f"1 of {NODES} nodes at a time"
    assert f"would be rolled out, image 1 → 2. Note: {kind} " in shown["msg"]
    assert pace in shown["msg"]
    done = roll(definition=manifest(kind, 2), change_cause="two")
    assert kubectl_says_done(kubectl, kind)
    assert pace in done["msg"]
    assert done["diff"][0]["after"] == shown["diff"][0]["after"], "what was shown is what was done"
    assert set(tags().values()) == {"2"}
    causes = [entry["change_cause"] for entry in roll("history_info", kind=kind, name="web")["rollouts"][0]["revisions"]]
    assert sorted(causes) == ["one", "two"]
    assert roll("undo", kind=kind, name="web")["changed"]
    assert set(tags().values()) == {"1"}
    assert not roll(definition=manifest(kind, 1), change_cause="three")["changed"]
    assert kubectl_says_done(kubectl, kind)


def test_the_short_way(roll, audit, kind, manifest, kubectl, get, apply, tags):
    apply(manifest(kind))
    kubectl("rollout", "status", f"{kind.lower()}/web")
    options: dict[str, Any] = {"kind": kind, "name": "web", "image": "registry.example/web:2", "env": {"A": "a"}, "min_ready_seconds": 1}
    audit.mark()
    assert roll(**options)["changed"]
    assert [event.verb for event in audit.writes()] == ["patch"]
    assert set(tags().values()) == {"2"}
    assert get(kind.lower(), "web")["spec"]["minReadySeconds"] == 1
    audit.mark()
    assert not roll(**options)["changed"]
    assert audit.writes() == []


def test_all_kinds_in_one_definition(roll, audit, manifest, deployment, kubectl):
    def version(tag: int) -> list[dict[str, Any]]:
        config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}, "data": {"version": str(tag)}}
        names = {"StatefulSet": "db", "DaemonSet": "agent"}
        return [
            *(manifest(kind, tag, name=name) for kind, name in names.items()),
            deployment(image=f"registry.example/web:{tag}"),
            config,
        ]

    assert roll(definition=version(1))["changed"]
    assert next(event.resource for event in audit.writes()) == "configmaps"
    result = roll(definition=version(2), max_unavailable=1)
    assert [(rollout["kind"], rollout["phase"]) for rollout in result["rollouts"]] == [
        ("StatefulSet", "complete"),
        ("DaemonSet", "complete"),
        ("Deployment", "complete"),
    ]
    for words in (
        "from db-2 down to db-0",
        "1 of 5 nodes at a time",
        "up to 1 pod more (maxSurge 25%) and 1 fewer (maxUnavailable 1) than 3",
    ):
        assert words in result["msg"]
    assert all(
        kubectl_says_done(kubectl, kind, name) for kind, name in (("StatefulSet", "db"), ("DaemonSet", "agent"), ("Deployment", "web"))
    )
    audit.mark()
    assert not roll(definition=version(2), max_unavailable=1)["changed"]
    assert audit.writes() == []
    refused = roll(definition=version(3), max_surge=1, fails=True)
    assert "/db: max_surge does not exist for a StatefulSet" in refused["msg"]
    assert audit.writes() == []


def test_slow_and_random_pods_never_leave_more_than_one_missing(roll, kind, manifest, kubectl, tags):
    slow = {"ready-after": "200ms", "ready-after-at-most": "1s", "terminate-after": "300ms"}
    roll(definition=manifest(kind, simulate=slow))
    lines = roll(definition=manifest(kind, 2, simulate=slow))["lines"]
    assert kubectl_says_done(kubectl, kind)
    assert set(tags().values()) == {"2"}
    ready = [sum(map(int, found.groups())) for line in lines if (found := re.search(r"([0-9]+) old, ([0-9]+) new ready", line))]
    whole = 3 if kind == "StatefulSet" else NODES
    assert min(ready) == whole - 1, lines
    assert max(ready) == whole


def test_without_waiting_it_is_left_to_the_cluster(roll, kind, manifest, kubectl, tags):
    roll(definition=manifest(kind))
    result = roll(definition=manifest(kind, 2, simulate={"ready-after": "1s"}), wait=False)
    assert result["changed"]
    assert result["rollouts"][0]["phase"] in ("pending", "progressing")
    assert not roll(definition=manifest(kind, 2, simulate={"ready-after": "1s"}))["changed"]
    assert kubectl_says_done(kubectl, kind)
    assert set(tags().values()) == {"2"}


# --- what cannot succeed ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tag", "words"), [("missing", "not found"), ("crash", "CrashLoopBackOff"), ("unready", "readinessProbe does not pass")]
)
def test_a_broken_version_fails_with_its_cause_and_goes_back_with_its_pods(roll, kind, manifest, kubectl, tags, tag, words):
    roll(definition=manifest(kind), change_cause="good")
    grace = {"failure_grace": 1, "wait_timeout": 20} if tag == "unready" else {}
    failed = roll(definition=manifest(kind, tag), on_failure="rollback", fails=True, **grace)
    assert words in failed["msg"]
    assert "Went back to revision 1 (good)" in failed["msg"]
    assert failed["rollouts"][0]["phase"] == "aborted"
    assert set(tags().values()) == {"1"}
    assert kubectl_says_done(kubectl, kind)
    assert not roll(definition=manifest(kind))["changed"]


@pytest.mark.parametrize("tag", ["missing", "crash", "unready"])
@pytest.mark.parametrize("first", [True, False], ids=["the-first-version", "a-later-one"])
def test_a_version_that_was_held_does_not_stand_in_the_way_of_the_next(roll, kind, manifest, kubectl, tags, tag, first):
    if not first:
        roll(definition=manifest(kind))
    broken = roll(definition=manifest(kind, tag), fails=True, wait_timeout=5)
    assert broken["rollouts"][0]["phase"] in ("degraded", "progressing")
    repaired = roll(definition=manifest(kind, 2))
    assert set(tags().values()) == {"2"}
    assert kubectl_says_done(kubectl, kind)
    assert ("to be made anew" in repaired["msg"]) is (kind == "StatefulSet")


def test_a_pod_of_the_serving_version_that_only_starts_is_not_deleted(roll, audit, manifest, kubectl, get, tags):
    roll(definition=manifest("StatefulSet", simulate={"ready-after": "2s"}, replicas=2))
    kubectl("delete", "pod", "web-1")
    eventually(lambda: any(pod["metadata"]["name"] == "web-1" for pod in get("pods")), "web-1 is made anew")
    audit.mark()
    roll(definition=manifest("StatefulSet", 2, replicas=2))
    assert not [event for event in audit.writes() if event.verb == "delete"]
    assert set(tags().values()) == {"2"}


@pytest.mark.server
def test_pods_that_the_server_refuses_end_the_task_with_the_cause(roll, kind, manifest, cluster, namespace, kubectl, tags):
    roll(definition=manifest(kind))
    cluster.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    assert "Nothing was written." in roll(definition=manifest(kind, 2), fails=True)["msg"]
    # Who may not create pods cannot ask beforehand.
    grant(
        kubectl,
        namespace,
        verbs="get,list,watch,patch",
        resources="statefulsets.apps,daemonsets.apps,controllerrevisions.apps,pods,events",
    )
    failed = roll(definition=manifest(kind, 2), impersonate_user=namespace, fails=True)
    assert "FailedCreate" in failed["msg"]
    assert "violates PodSecurity" in failed["msg"]
    assert failed["rollouts"][0]["findings"][0]["object"] == f"{kind} {namespace}/web"
    cluster.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce-")
    roll(definition=manifest(kind, 3))
    assert set(tags().values()) == {"3"}


def test_a_quota_gets_its_grace(roll, kind, manifest, apply, get):
    apply({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "few"}, "spec": {"hard": {"pods": "1"}}})
    eventually(lambda: "hard" in get("resourcequota", "few").get("status", {}), "the quota is counted")
    failed = roll(definition=manifest(kind), failure_grace=1, fails=True)
    assert "exceeded quota" in failed["msg"]


@pytest.mark.server
def test_where_events_may_not_be_read_only_the_cause_is_missing(roll, cluster, namespace, kind, manifest, kubectl, tags):
    kubectl("create", "serviceaccount", "roller")
    grant(
        kubectl,
        f"{namespace}:roller",
        verbs="get,list,watch,create,patch,update,delete",
        resources="statefulsets.apps,daemonsets.apps,controllerrevisions.apps,pods,leases.coordination.k8s.io",
    )
    token = kubectl("create", "token", "roller").stdout.strip()
    result = roll(definition=manifest(kind), api_key=token)
    assert result["changed"]
    assert result["warnings"] == []
    assert set(tags().values()) == {"1"}


# --- partition --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", [0, 5])
def test_a_partition_leaves_the_lowest_pods_and_is_complete(roll, audit, manifest, kubectl, tags, start):
    spec: dict[str, Any] = {"replicas": 5, "ordinals": {"start": start}}
    roll(definition=manifest("StatefulSet", **spec))
    done = roll(definition=manifest("StatefulSet", 2, **spec), partition=3)
    kept, moved = [f"web-{start + index}" for index in range(3)], [f"web-{start + index}" for index in (4, 3)]
    said = f"from {moved[0]} down to {moved[1]} (partition 3): {kept[0]} to {kept[2]} keep the old template"
    assert said in done["msg"]
    assert done["rollouts"][0]["phase"] == "complete"
    assert tags() == {**dict.fromkeys(kept, "1"), **dict.fromkeys(moved, "2")}
    assert kubectl_says_done(kubectl, "StatefulSet")
    audit.mark()
    again = roll(definition=manifest("StatefulSet", 2, **spec), partition=3)
    assert not again["changed"]
    assert audit.writes() == []
    assert f"{kept[0]} to {kept[2]} keep the old template (partition 3)" in again["msg"]


def test_a_partition_that_leaves_everything_says_so_and_one_of_0_counts(roll, manifest, kubectl, tags):
    roll(definition=manifest("StatefulSet"))
    none = roll(definition=manifest("StatefulSet", 2), partition=3)
    assert "nothing is updated: web-0 to web-2 keep the old template (partition 3)" in none["msg"]
    assert set(tags().values()) == {"1"}
    one = roll(kind="StatefulSet", name="web", partition=2)
    assert "only web-2 is replaced (partition 2): web-0 and web-1 keep the old template" in one["msg"]
    assert tags() == {"web-0": "1", "web-1": "1", "web-2": "2"}
    shown = roll(kind="StatefulSet", name="web", partition=0, check=True)
    assert "would be rolled out. Note: " in shown["msg"]
    assert "one pod at a time, from web-2 down to web-0" in shown["msg"]
    roll(kind="StatefulSet", name="web", partition=0)
    assert set(tags().values()) == {"2"}


def test_a_failure_above_a_partition_goes_back(roll, manifest, kubectl, tags):
    roll(definition=manifest("StatefulSet", replicas=4))
    failed = roll(definition=manifest("StatefulSet", "missing", replicas=4), partition=2, on_failure="rollback", fails=True)
    assert failed["rollouts"][0]["phase"] == "aborted"
    assert set(tags().values()) == {"1"}
    assert kubectl_says_done(kubectl, "StatefulSet")


# --- bounds -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("short", [True, False], ids=["short-way", "definition"])
def test_a_field_that_this_cluster_drops_is_told_of_and_changes_nothing_again(roll, audit, manifest, get, short):
    roll(definition=manifest("StatefulSet"))
    way: dict[str, Any] = {"kind": "StatefulSet", "name": "web", "image": "registry.example/web:2"}
    options = {**(way if short else {"definition": manifest("StatefulSet", 2)}), "max_unavailable": 2}
    first = roll(**options)
    told = "this cluster ignores maxUnavailable of StatefulSets"
    assert told in "".join(first["warnings"])
    assert "one pod at a time" in first["msg"]
    assert "maxUnavailable" not in json.dumps(get("statefulset", "web")["spec"])
    audit.mark()
    again = roll(**options)
    assert not again["changed"]
    assert audit.writes() == []
    assert told in "".join(again["warnings"])


def test_a_daemon_set_rounds_up_and_surges_on_request(roll, manifest, get, tags):
    roll(definition=manifest("DaemonSet"))
    assert "2 of 5 nodes at a time (maxUnavailable 30%)" in roll(definition=manifest("DaemonSet", 2), max_unavailable="30%")["msg"]
    surging = roll(definition=manifest("DaemonSet", 3, simulate={"ready-after": "500ms"}), max_surge="30%", max_unavailable=0)
    assert "2 of 5 nodes at a time, where the new pod starts beside the old one (maxSurge 30%)" in surging["msg"]
    ready = [sum(map(int, re.findall(r"([0-9]+) (?:old|new)", line)[:2])) for line in surging["lines"]]
    assert min(ready) >= NODES
    assert set(tags().values()) == {"3"}


def test_the_only_node_has_a_gap_that_is_announced_and_measured(roll, cluster, manifest, tags):
    node = cluster.kubectl("get", "nodes", "--output=jsonpath={.items[0].metadata.name}").stdout
    simulate = {"ready-after": "500ms", "terminate-after": "500ms"}

    def one(tag: int) -> dict[str, Any]:
        made: dict[str, Any] = manifest("DaemonSet", tag, simulate=simulate, pod={"nodeSelector": {"kubernetes.io/hostname": node}})
        return made

    assert "outage" not in roll(definition=one(1))["rollouts"][0]
    told = "1 of 1 node at a time: no pod runs on the node while it is replaced; maxSurge: 1 with maxUnavailable: 0 avoids that"
    assert told in roll(definition=one(2), check=True)["msg"]
    gap = roll(definition=one(2))
    assert told in gap["msg"]
    assert gap["rollouts"][0]["outage"]["seconds"] >= 0.5
    assert re.search(r"was rolled out with an outage of [0-9.]+ s", gap["msg"])
    without = roll(definition=one(3), max_surge=1, max_unavailable=0)
    assert "no pod runs" not in without["msg"]
    assert "outage" not in without["rollouts"][0]
    assert set(tags().values()) == {"3"}


# --- OnDelete, fixed fields, bad input --------------------------------------------------------------------------------------------


def test_on_delete_is_refused_where_it_would_wait_for_ever(roll, audit, kind, manifest, kubectl, tags):
    held = {"updateStrategy": {"type": "OnDelete"}}
    assert roll(definition=manifest(kind, **held))["changed"]
    audit.mark()
    for check in (True, False):
        same = roll(definition=manifest(kind, **held), check=check)
        assert not same["changed"]
        assert same["rollouts"][0]["phase"] == "complete"
        refused = roll(definition=manifest(kind, 2, **held), check=check, fails=True)
        assert "OnDelete, under which no pod gets a new template by itself; set updateStrategy to type: RollingUpdate" in refused["msg"]
    assert audit.writes() == []
    kubectl("set", "image", f"{kind.lower()}/web", "web=registry.example/web:2")
    eventually(
        lambda: "until somebody deletes them" in roll(kind=kind, name="web", image="registry.example/web:2", fails=True)["msg"], "seen"
    )
    assert roll(definition=manifest(kind, 2))["changed"]
    assert set(tags().values()) == {"2"}


def claim(size: str = "1Gi") -> list[dict[str, Any]]:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
    return [{"metadata": {"name": "data"}, "spec": spec}]


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"serviceName": "other"}, "spec.serviceName is"),
        ({"volumeClaimTemplates": claim("2Gi")}, "spec.volumeClaimTemplates is"),
        (
            {"volumeClaimTemplates": claim("2Gi"), "podManagementPolicy": "Parallel"},
            "spec.podManagementPolicy and spec.volumeClaimTemplates are",
        ),
    ],
)
def test_fields_that_nobody_may_change_are_named(roll, audit, manifest, changed, fields):
    given = {"serviceName": "web", "volumeClaimTemplates": claim()}
    roll(definition=manifest("StatefulSet", **given), wait=False)
    assert not roll(definition=manifest("StatefulSet", **given), wait=False)["changed"]
    audit.mark()
    refused = roll(definition=manifest("StatefulSet", 2, **{**given, **changed}), fails=True)
    assert f"{fields} not what the definition says" in refused["msg"]
    assert "--cascade=orphan" in refused["msg"]
    assert audit.writes() == []


@pytest.mark.server
@pytest.mark.parametrize("by_kubectl", [True, False])
def test_what_is_said_about_fixed_fields_works(roll, manifest, apply, cluster, kubectl, get, tags, by_kubectl):
    first = manifest("StatefulSet", serviceName="web")
    if by_kubectl:
        apply(first)
        kubectl("rollout", "status", "statefulset/web")
    else:
        roll(definition=first)
    refused = roll(definition=manifest("StatefulSet"), fails=True)
    assert "spec.serviceName is not what" in refused["msg"], "left out is changed as well"
    (command,) = re.findall(r"\(kubectl (.*?)\)", refused["msg"])
    cluster.kubectl(*command.split())
    uids = {pod["metadata"]["uid"] for pod in get("pods")}
    roll(definition=manifest("StatefulSet"))
    assert {pod["metadata"]["uid"] for pod in get("pods")} == uids, "the pods were taken over"


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("StatefulSet", {"max_surge": 1}, "max_surge does not exist for a StatefulSet"),
    ("StatefulSet", {"max_unavailable": 0}, "max_unavailable of a StatefulSet is 0"),
    ("StatefulSet", {"partition": -1}, "partition must be at least 0, not -1"),
    ("StatefulSet", {"progress_deadline_seconds": 60}, "progress_deadline_seconds does not exist for a StatefulSet"),
    ("DaemonSet", {"partition": 0}, "partition does not exist for a DaemonSet"),
    ("DaemonSet", {"progress_deadline_seconds": 60}, "progress_deadline_seconds does not exist for a DaemonSet"),
    ("DaemonSet", {"max_surge": 1}, "both above 0"),
    ("DaemonSet", {"max_surge": "50%", "max_unavailable": 1}, "both above 0"),
    ("DaemonSet", {"max_surge": "101%", "max_unavailable": 0}, "more than 100%"),
    ("Deployment", {"partition": 0}, "partition does not exist for a Deployment"),
]


@pytest.mark.parametrize("short", [True, False], ids=["short-way", "definition"])
def test_bad_options_are_refused_before_anything_is_written(roll, audit, manifest, deployment, short):
    whole = {"Deployment": deployment(), **{kind: manifest(kind, name=kind.lower()) for kind in KINDS}}
    roll(definition=list(whole.values()))
    audit.mark()
    for kind, options, words in BAD:
        name = whole[kind]["metadata"]["name"]
        way = {"kind": kind, "name": name, "image": "registry.example/web:2"} if short else {"definition": whole[kind]}
        refused = roll(**way, **options, fails=True)
        assert words in refused["msg"]
        assert "\n" not in refused["msg"]
    assert audit.writes() == []


def test_a_daemon_set_with_both_bounds_in_its_definition_is_refused(roll, audit, manifest):
    both = {"updateStrategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 1}}}
    assert "both above 0" in roll(definition=manifest("DaemonSet", **both), fails=True)["msg"]
    assert audit.writes() == []


@pytest.mark.parametrize("module", ["recreate", "blue_green"])
def test_the_other_strategies_take_deployments(roll, audit, kind, manifest, deployment, module):
    refused = roll(module, definition=[deployment(), manifest(kind, name="other")], fails=True)
    assert f"/other cannot be rolled out by {module}, which takes Deployments; leave it out." in refused["msg"]
    assert audit.writes() == []


# --- whose it is ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["apply", "create"])
def test_what_kubectl_wrote_is_taken_over_once(roll, kind, manifest, kubectl, way, get):
    kubectl(way, "--filename=-", stdin=json.dumps(manifest(kind)))
    kubectl("set", "env", f"{kind.lower()}/web", "DRIFT=yes")
    kubectl("rollout", "status", f"{kind.lower()}/web")
    shown = roll(definition=manifest(kind, 2), check=True)
    assert "would take over" in shown["msg"]
    done = roll(definition=manifest(kind, 2))
    assert "took over" in done["msg"]
    assert done["diff"][0]["after"] == shown["diff"][0]["after"]
    assert "DRIFT" not in json.dumps(get(kind.lower(), "web")["spec"])
    assert not roll(definition=manifest(kind, 2))["changed"]


def test_an_autoscaler_keeps_the_replicas_of_a_stateful_set(roll, manifest, apply, kubectl, get):
    roll(definition=manifest("StatefulSet", replicas=2))
    target = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "web"}
    apply(
        {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "web"},
            "spec": {"scaleTargetRef": target, "minReplicas": 4, "maxReplicas": 5},
        },
    )
    eventually(lambda: get("statefulset", "web")["spec"]["replicas"] == 4, "the autoscaler scales")
    done = roll(definition=manifest("StatefulSet", 2, replicas=2))
    assert get("statefulset", "web")["spec"]["replicas"] == 4
    assert "from web-3 down to web-0" in done["msg"]
    without = manifest("StatefulSet", 2)
    del without["spec"]["replicas"]
    roll(definition=without)
    assert get("statefulset", "web")["spec"]["replicas"] == 4
    assert not roll(definition=without)["changed"]


@pytest.mark.parametrize(
    ("metadata", "manager"),
    [
        ({"annotations": {"argocd.argoproj.io/tracking-id": "shop:apps/StatefulSet:shop/web"}}, "Argo CD"),
        ({"labels": {"kustomize.toolkit.fluxcd.io/name": "shop", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}}, "Flux"),
    ],
)
def test_what_gitops_owns_is_refused(roll, audit, kind, manifest, kubectl, metadata, manager, tags):
    owned = manifest(kind)
    kubectl("create", "--filename=-", stdin=json.dumps({**owned, "metadata": {**owned["metadata"], **metadata}}))
    audit.mark()
    assert manager in roll(definition=manifest(kind, 2), fails=True)["msg"]
    assert audit.writes() == []
    roll(definition=manifest(kind, 2), take_ownership=True)
    assert set(tags().values()) == {"2"}


def test_a_field_of_an_unknown_manager_is_a_conflict_with_its_name(roll, audit, kind, manifest, kubectl):
    kubectl("apply", "--server-side", "--field-manager=image-updater", "--filename=-", stdin=json.dumps(manifest(kind)))
    audit.mark()
    refused = roll(definition=manifest(kind, 2), fails=True)
    assert "image-updater" in refused["msg"]
    assert "containers[web].image" in refused["msg"]
    assert audit.writes() == []


@pytest.mark.server
def test_somebody_who_writes_between_plan_and_write_loses_nothing(roll, cluster, kind, manifest, kubectl, get, tags):
    kubectl("create", "--filename=-", stdin=json.dumps(manifest(kind)))
    with faulty(cluster.kubeconfig) as faults:
        before(faults, is_change, lambda: kubectl("label", kind.lower(), "web", "team=shop"))
        roll(definition=manifest(kind, 2), **proxied(faults))
    assert get(kind.lower(), "web")["metadata"]["labels"]["team"] == "shop"
    assert set(tags().values()) == {"2"}


# --- killed -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.server
@pytest.mark.parametrize(("kind", "writes"), [("StatefulSet", 3), pytest.param("DaemonSet", 2, marks=pytest.mark.long)])
def test_killed_after_any_write_of_going_back_the_next_run_ends_as_an_undisturbed_one(
    roll, audit, cluster, manifest, kubectl, tags, kind, writes
):
    namespace = kubectl("get", "serviceaccount", "default", "--output=jsonpath={.metadata.namespace}").stdout

    def options(name: str) -> dict[str, Any]:
        broken = manifest(kind, "missing", name=name, replicas=2)
        return {"namespace": namespace, "wait_timeout": 300, "definition": broken, "on_failure": "rollback"}

    counts = {f"after-{count}": count for count in range(1, writes + 1)}
    for name in counts:
        roll(definition=manifest(kind, name=name, replicas=2))
    audit.mark()
    with ThreadPoolExecutor(len(counts)) as pool:
        list(pool.map(lambda name: kill_after(cluster, counts[name], "rolling", options(name)), counts))
        killed = [event.name for event in audit.writes()]
        expire_locks(cluster, namespace)
        runs = list(pool.map(lambda name: roll(**options(name), fails=True), counts))
    for (name, count), again in zip(counts.items(), runs, strict=True):
        assert len([one for one in killed if one.startswith(name)]) == count
        assert again["rollouts"][0]["phase"] == "aborted"
        assert set(tags(name).values()) == {"1"}
        assert kubectl_says_done(kubectl, kind, name)
        assert not roll(definition=manifest(kind, name=name, replicas=2))["changed"]
    audit.mark()
    roll(definition=manifest(kind, name="twin", replicas=2))
    audit.mark()
    roll(**options("twin"), fails=True)
    assert len(audit.writes()) == writes, "an undisturbed run has as many writes as are tried"


@pytest.mark.server
@pytest.mark.parametrize("count", [1, pytest.param(2, marks=pytest.mark.long)])
def test_killed_while_it_is_created_or_taken_over(roll, cluster, namespace, kind, manifest, kubectl, tags, count):
    kubectl("create", "--filename=-", stdin=json.dumps(manifest(kind)))
    rolled_out(kubectl, f"{kind.lower()}/web")  # A write that the controllers come before would be one more.
    options: dict[str, Any] = {"namespace": namespace, "wait_timeout": 300, "definition": manifest(kind, 2)}
    with faulty(cluster.kubeconfig) as faults:
        stop = Stop(faults, after=count)
        process = begun(cluster, "rolling", **options, **proxied(faults))
        eventually(stop.reached.is_set, f"write {count}")
        process.kill()
    expire_locks(cluster, namespace)
    assert roll(**options)["changed"] is (count == 1)
    assert set(tags().values()) == {"2"}
    assert kubectl_says_done(kubectl, kind)
    assert not roll(**options)["changed"]
