# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module rolling on a real API server: it gets there, says so when kubectl does, writes once, and waits by watch."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .workloads import grant

TEMPLATE_RUNS = "the template already runs"


def roll(namespace: str, **options: Any) -> dict[str, Any]:
    """A task that rolls out."""
    return {"name": "Roll out", "rollout.kubernetes.rolling": {"namespace": namespace, "wait_timeout": 300, **options}}


def kubectl_says_done(kubectl: Any, name: str = "web") -> bool:
    """Whether kubectl calls the rollout finished."""
    return "successfully rolled out" in kubectl("rollout", "status", f"deployment/{name}", "--watch=false", check=False).stdout


def containers(deployment: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = deployment["spec"]["template"]["spec"]["containers"]
    return found


@pytest.mark.oldest
def test_a_new_workload_is_created_and_waited_for(tried, namespace, deployment, kubectl, get):
    last = tried(roll(namespace, definition=deployment(simulate={"ready-after": "1s"}))).last
    assert last.changed, last.msg
    assert kubectl_says_done(kubectl)
    rollout = last["rollouts"][0]
    assert (rollout["phase"], rollout["revision"], rollout["replicas"]["available"]) == ("complete", 1, 3)
    assert get("deployment", "web")["metadata"]["annotations"]["kubernetes.io/change-cause"]


@pytest.mark.oldest
def test_a_second_run_writes_nothing_and_says_that_the_template_runs(tried, audit, namespace, deployment, kubectl):
    task = roll(namespace, definition=deployment(), change_cause="one")
    assert tried(task).last.changed
    audit.mark()
    again = tried(roll(namespace, definition=deployment(), change_cause="two")).last
    assert not again.changed
    assert TEMPLATE_RUNS in again.msg
    assert audit.writes() == []
    # The end of a watch of the first run may be told of later.
    watched = [event for event in audit.events() if event.verb == "watch" and event.stage == "ResponseStarted"]
    assert watched == [], "nothing is watched where nothing is to be waited for"
    assert kubectl_says_done(kubectl)


def test_check_mode_shows_the_difference_and_writes_nothing(tried, here, audit, namespace, deployment, get):
    here(roll(namespace, definition=deployment(image="registry.example/web:1")))
    before = get("deployment", "web")
    audit.mark()
    last = tried(roll(namespace, definition=deployment(image="registry.example/web:2")), check=True, diff=True).last
    assert last.changed
    assert audit.writes() == []
    assert last["rollouts"][0]["phase"] == "pending"
    assert "registry.example/web:1" in last["diff"][0]["before"]
    assert "registry.example/web:2" in last["diff"][0]["after"]
    assert get("deployment", "web") == before
    done = tried(roll(namespace, definition=deployment(image="registry.example/web:2")), diff=True).last
    assert done["diff"][0]["after"] == last["diff"][0]["after"], "what was shown is what was done"


def test_progress_walks_from_old_to_new(tried, here, namespace, deployment):
    slow = {"ready-after": "1s"}
    here(roll(namespace, definition=deployment(simulate=slow)))
    shown = tried(roll(namespace, definition=deployment(image="registry.example/web:2", simulate=slow))).stdout
    walk = [
        line.split(": ")[1].split(" ready")[0]
        for line in shown.splitlines()
        if f"Deployment {namespace}/web: " in line and " old, " in line
    ]
    assert walk[0].startswith("3 old"), shown
    assert walk[-1] == "0 old, 3 new", shown
    assert "2 old, 1 new" in walk, shown


def test_it_waits_by_watch_and_never_by_polling(tried, here, audit, namespace, deployment):
    here(roll(namespace, definition=deployment()))
    audit.mark()
    tried(roll(namespace, definition=deployment(image="registry.example/web:2", simulate={"ready-after": "4s"}, replicas=2)))
    # Signs of life of the Lease come between.
    whole = [event for event in audit.events() if event.stage == "ResponseComplete" and event.verb != "watch"]
    events = [event for event in whole if event.resource != "leases"]
    written = next(index for index, event in enumerate(events) if event.is_write)
    assert events[written + 1 :] == [], "after the write only watches"
    lists = [event.resource for event in events if event.verb == "list" and event.resource in ("deployments", "replicasets", "pods")]
    assert sorted(lists) == ["deployments", "pods", "replicasets"], "one list for each kind before"
    leases = [event.verb for event in whole if event.resource == "leases"]
    assert [verb for verb in leases if verb != "update"] == ["list", "list"], "one list more than without a lock"


def test_companions_are_applied_first_and_unchanged_ones_are_not_touched(tried, audit, namespace, deployment, get):
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}, "data": {"greeting": "hello"}}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "web"}, "stringData": {"password": "correct horse"}}
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
    }
    assert tried(roll(namespace, definition=[deployment(), config, secret, service])).last.changed
    assert [event.resource for event in audit.writes()] == ["configmaps", "secrets", "services", "deployments"]
    audit.mark()
    others = [deployment(), {**config, "data": {"greeting": "good day"}}, secret, service]
    same, last = tried([roll(namespace, definition=[deployment(), config, secret, service]), roll(namespace, definition=others)]).results
    assert not same.changed
    assert last.changed
    assert f"ConfigMap {namespace}/web" in last.msg
    assert [event.resource for event in audit.writes()] == ["configmaps"]


def test_a_definition_may_be_text_of_several_documents_or_a_file(tried, namespace, deployment, tmp_path, get):
    text = "\n---\n".join(json.dumps(deployment(name)) for name in ("one", "two")) + "\n---\n"
    (tmp_path / "web.yml").write_text(text)
    first, again = tried([roll(namespace, definition=text), roll(namespace, src=str(tmp_path / "web.yml"))]).results
    assert [rollout["name"] for rollout in first["rollouts"]] == ["one", "two"]
    assert not again.changed
    assert not again.failed, again.msg


def test_the_short_way_changes_image_and_environment(tried, here, namespace, deployment, get, kubectl):
    here(roll(namespace, definition=deployment()))
    task = roll(namespace, name="web", image="registry.example/web:2", env={"GREETING": "hello"}, max_surge="50%", max_unavailable=0)
    last = tried(task).last
    assert last.changed, last.msg
    live = get("deployment", "web")
    assert containers(live)[0]["image"] == "registry.example/web:2"
    assert containers(live)[0]["env"] == [{"name": "GREETING", "value": "hello"}]
    assert live["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": "50%", "maxUnavailable": 0}
    assert kubectl_says_done(kubectl)
    assert not tried(task).last.changed


def test_the_short_way_on_a_workload_of_kubectl_is_a_patch_of_just_that(tried, audit, namespace, deployment, apply, kubectl, get):
    apply(deployment())
    kubectl("rollout", "status", "deployment/web")
    audit.mark()
    assert tried(roll(namespace, name="web", image={"web": "registry.example/web:2"})).last.changed
    assert [event.verb for event in audit.writes()] == ["patch"]
    managers = {entry["manager"] for entry in get("deployment", "web")["metadata"]["managedFields"]}
    assert "rollout.kubernetes" not in managers
    assert "kubectl-client-side-apply" in managers


def test_change_cause_is_written_only_with_a_change_of_the_template(tried, here, namespace, deployment, get):
    here(roll(namespace, definition=deployment(), change_cause="one"))
    tried(roll(namespace, definition=deployment(replicas=2), change_cause="scaled"))
    live = get("deployment", "web")
    assert live["spec"]["replicas"] == 2
    assert live["metadata"]["annotations"]["kubernetes.io/change-cause"] == "one"
    tried(roll(namespace, definition=deployment(image="registry.example/web:2", replicas=2), change_cause="two"))
    assert get("deployment", "web")["metadata"]["annotations"]["kubernetes.io/change-cause"] == "two"
    tried(roll(namespace, name="web", image="registry.example/web:3"))
    assert "registry.example/web:3" in get("deployment", "web")["metadata"]["annotations"]["kubernetes.io/change-cause"]


@pytest.mark.parametrize(
    "strategy",
    [{"type": "Recreate"}, {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 2}}],
    ids=["recreate", "no-surge"],
)
def test_it_does_not_end_early(tried, here, namespace, deployment, kubectl, get, strategy):
    slow = {"ready-after": "1s", "terminate-after": "1s"}
    here(roll(namespace, definition=deployment(simulate=slow, strategy=strategy)))
    last = tried(roll(namespace, definition=deployment(image="registry.example/web:2", simulate=slow, strategy=strategy))).last
    assert kubectl_says_done(kubectl)
    images = {pod["spec"]["containers"][0]["image"] for pod in get("pods") if "deletionTimestamp" not in pod["metadata"]}
    assert images == {"registry.example/web:2"}
    assert last["rollouts"][0]["phase"] == "complete"


def test_min_ready_seconds_count(tried, here, namespace, deployment, kubectl):
    here(roll(namespace, definition=deployment()))
    last = tried(roll(namespace, definition=deployment(image="registry.example/web:2"), min_ready_seconds=2)).last
    assert kubectl_says_done(kubectl)
    assert last["rollouts"][0]["steps"][0]["seconds"] >= 2


def test_a_paused_deployment_is_refused_before_anything_is_written(tried, audit, namespace, deployment, apply, kubectl):
    apply(deployment())
    kubectl("rollout", "status", "deployment/web")
    kubectl("rollout", "pause", "deployment/web")
    audit.mark()
    last = tried(roll(namespace, name="web", image="registry.example/web:2")).last
    assert last.failed
    assert "is paused" in last.msg
    assert audit.writes() == []


def test_a_deployment_that_would_be_created_paused_is_refused(tried, audit, namespace, deployment):
    last = tried(roll(namespace, definition=deployment(paused=True))).last
    assert last.failed
    assert "would be created paused" in last.msg
    assert audit.writes() == []


def test_a_paused_deployment_with_a_new_template_is_not_done(tried, namespace, deployment, apply, kubectl):
    apply(deployment())
    kubectl("rollout", "status", "deployment/web")
    kubectl("rollout", "pause", "deployment/web")
    kubectl("set", "image", "deployment/web", "web=registry.example/web:2")
    last = tried({"name": "Wait", "rollout.kubernetes.wait": {"namespace": namespace, "name": "web", "wait_timeout": 3}}).last
    assert last.failed
    assert last["rollouts"][0]["phase"] == "paused"


def test_several_deployments_are_waited_for_together(tried, namespace, deployment):
    many = [deployment(f"web-{number}", simulate={"ready-after": "2s"}, replicas=1) for number in range(5)]
    last = tried(roll(namespace, definition=many)).last
    assert {rollout["phase"] for rollout in last["rollouts"]} == {"complete"}


def test_status_info_tells_phase_counts_and_versions(tried, here, namespace, deployment):
    here(roll(namespace, definition=deployment(), change_cause="one"))
    here(roll(namespace, name="web", image="registry.example/web:2", change_cause="two"))
    last = tried({"name": "Look", "rollout.kubernetes.status_info": {"namespace": namespace, "name": "web"}}).last
    rollout = last["rollouts"][0]
    assert not last.changed
    assert rollout["phase"] == "complete"
    assert rollout["candidate"]["images"] == {"web": "registry.example/web:2"}
    assert rollout["candidate"]["change_cause"] == "two"
    assert rollout["stable"] == rollout["candidate"], "what serves is what was asked for"
    assert (rollout["replicas"]["old"], rollout["replicas"]["new"]) == (0, 3)


def test_rights_on_deployments_alone_are_enough_to_roll_out(tried, namespace, deployment, kubectl):
    grant(kubectl, namespace, verbs="get,list,watch,create,patch", resources="deployments.apps")
    play = tried(roll(namespace, definition=deployment(simulate={"ready-after": "1s"}), impersonate_user=namespace))
    assert not play.last.failed, play.last.msg
    assert kubectl_says_done(kubectl)
    assert "causes of a failure cannot be told" in "".join(play.last["warnings"])


def test_status_and_wait_know_the_other_kinds(tried, namespace, apply, kubectl):
    pod = {"metadata": {"labels": {"app": "db"}}, "spec": {"containers": [{"name": "db", "image": "registry.example/db:1"}]}}
    selector = {"matchLabels": {"app": "db"}}
    metadata = {"name": "db"}
    apply(
        {
            "apiVersion": "apps/v1",
            "kind": "StatefulSet",
            "metadata": metadata,
            "spec": {"replicas": 2, "selector": selector, "template": pod},
        },
        {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": metadata, "spec": {"selector": selector, "template": pod}},
    )
    kinds = ("StatefulSet", "DaemonSet")
    tasks = []
    for kind in kinds:
        options = {"namespace": namespace, "name": "db", "kind": kind}
        tasks.append({"name": f"Wait for {kind}", "rollout.kubernetes.wait": {**options, "wait_timeout": 300}})
        tasks.append({"name": f"Look at {kind}", "rollout.kubernetes.status_info": options})
    results = {result.task: result for result in tried(tasks).results}
    for kind in kinds:
        waited = results[f"Wait for {kind}"]
        assert not waited.failed, waited.msg
        shown = results[f"Look at {kind}"]
        assert shown["rollouts"][0]["phase"] == "complete"
        assert shown["rollouts"][0]["candidate"]["images"] == {"db": "registry.example/db:1"}
        assert "successfully rolled out" in shown.msg or "complete" in shown.msg
