# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the preflight says of live workloads, of manifests, and of manifests as they meet a cluster; it writes nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from .calls import call
from .interference import eventually
from .sides import service
from .test_parity import differences, shown
from .workloads import create, grant, of_kind, rolled_out

pytestmark = pytest.mark.memory

SECRET = "correct-horse-battery-staple"


@pytest.fixture
def right(deployment) -> Callable[..., dict[str, Any]]:
    """right(name="web", **options): a Deployment of which nothing is to be said, as long as nothing stands around it."""

    def make(name: str = "web", **options: Any) -> dict[str, Any]:
        limits = {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
        made: dict[str, Any] = deployment(name, **{"strategy": limits, **options})
        (container,) = made["spec"]["template"]["spec"]["containers"]
        container["ports"] = [{"name": "http", "containerPort": 8080}]
        container["resources"] = {"requests": {"cpu": "100m", "memory": "64Mi"}}
        container["lifecycle"] = {"preStop": {"sleep": {"seconds": 3}}}
        return made

    return make


@pytest.fixture
def look(cluster, namespace) -> Callable[..., dict[str, Any]]:
    """look(**options): the result of the preflight in this process."""

    def invoke(**options: Any) -> dict[str, Any]:
        return call(cluster, "preflight_info", **{"namespace": namespace, "fail_on": "never", **options})

    return invoke


def rules(result: Mapping[str, Any]) -> list[str]:
    """The names of the rules that found something."""
    return [finding["rule"] for finding in result["findings"]]


def without_pause(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The same without the preStop hook."""
    changed: dict[str, Any] = json.loads(json.dumps(manifest))
    changed["spec"]["template"]["spec"]["containers"][0].pop("lifecycle")
    return changed


def budget(**spec: Any) -> dict[str, Any]:
    """A PodDisruptionBudget of the pods of `web`."""
    body = {"selector": {"matchLabels": {"app": "web"}}, **spec}
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web"}, "spec": body}


def quota(**hard: str) -> dict[str, Any]:
    """A ResourceQuota."""
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "team"}, "spec": {"hard": hard}}


def counted(get: Callable[..., Any]) -> None:
    """Wait until the quota has been counted."""
    eventually(lambda: "hard" in get("resourcequota", "team").get("status", {}), "the quota is counted")


# --- what is looked at --------------------------------------------------------------------------------------------------------


@pytest.mark.oldest
def test_a_live_workload(look, kubectl, right, audit, cluster, namespace):
    create(kubectl, without_pause(right()), service())
    rolled_out(kubectl)
    audit.mark()
    found = look(name="web")
    (finding,) = found["findings"]
    assert finding == {
        "rule": "no-pre-stop",
        "severity": "warning",
        "kind": "Deployment",
        "namespace": namespace,
        "name": "web",
        "path": "spec.template.spec.containers[0].lifecycle.preStop",
        "why": finding["why"],
        "lines": ["preStop:", "  sleep:", "    seconds: 5"],
    }
    assert "behind Service web" in finding["why"]
    first, line = found["msg"].splitlines()
    assert first == f"The preflight of Deployment {namespace}/web found 1 warning."
    assert line == f"warning no-pre-stop Deployment {namespace}/web {finding['path']}: {finding['why']}"
    assert found["counts"] == {"error": 0, "warning": 1, "info": 0}
    assert (found["changed"], found["passed"], found["ignored"], found["warnings"]) == (False, True, [], [])
    assert found["rollouts"] == call(cluster, "status_info", namespace=namespace, name="web")["rollouts"]
    assert look(name="web") == found
    assert audit.writes() == []
    assert [event for event in audit.events() if event.resource == "secrets"] == []


def test_the_lines_mend_it(look, kubectl, right):
    create(kubectl, without_pause(right()), service())
    rolled_out(kubectl)
    (finding,) = look(name="web")["findings"]
    seconds = int(finding["lines"][-1].rpartition(" ")[2])
    pause = {"op": "add", "path": "/spec/template/spec/containers/0/lifecycle", "value": {"preStop": {"sleep": {"seconds": seconds}}}}
    kubectl("patch", "deployment/web", "--type=json", f"--patch={json.dumps([pause])}")
    assert look(name="web")["findings"] == []


@pytest.mark.server
@pytest.mark.oldest
def test_manifests_alone_need_no_cluster(ansible, look, right, audit, namespace, tmp_path):
    manifests = [without_pause(right()), service()]
    (tmp_path / "web.json").write_text(json.dumps({"kind": "List", "items": manifests}))
    nothing = {"K8S_AUTH_KUBECONFIG": "", "KUBECONFIG": "", "HOME": str(tmp_path)}
    tasks = [
        {"name": "definition", "rollout.kubernetes.preflight_info": {"definition": manifests, "cluster": False}},
        {"name": "src", "rollout.kubernetes.preflight_info": {"src": "web.json", "cluster": False, "namespace": "shop"}},
        {"name": "live", "rollout.kubernetes.preflight_info": {"name": "web", "cluster": False}, "ignore_errors": True},
    ]
    play = ansible(tasks, environment=nothing, kubeconfig=tmp_path / "none")
    by_definition, by_src, live = play.results
    assert rules(by_definition.data) == rules(by_src.data) == ["no-pre-stop"]
    assert (by_definition["rollouts"][0]["namespace"], by_src["rollouts"][0]["namespace"]) == ("", "shop")
    assert [rollout["phase"] for rollout in by_src["rollouts"]] == ["pending"]
    assert live.failed
    assert live.msg.startswith("name means a live workload, and cluster: false says that no cluster is to be asked")
    assert "    preStop:" in play.stdout
    # Nor is one asked where there is one.
    alone = look(definition=manifests, cluster=False, ignore=[{"rule": "no-pre-stop", "reason": "a test"}])
    assert alone["msg"] == f"The preflight of Deployment {namespace}/web found nothing (ignored: no-pre-stop)."
    assert audit.events() == []


def test_without_a_workload_there_is_nothing_to_say(look):
    found = look(definition=service())
    assert (found["msg"], found["findings"], found["rollouts"]) == (
        "There is no Deployment, StatefulSet or DaemonSet to look at before a rollout.",
        [],
        [],
    )


def test_a_manifest_stands_for_its_live_workload(look, kubectl, right):
    create(kubectl, without_pause(right()), without_pause(right("api")), service(), service("api"))
    rolled_out(kubectl, "deployment/web", "deployment/api")
    found = look(definition=right(), workloads=[{"name": "web"}, {"name": "api"}])
    assert [(finding["rule"], finding["name"]) for finding in found["findings"]] == [("no-pre-stop", "api")]
    assert {rollout["name"]: rollout["phase"] for rollout in found["rollouts"]} == {"web": "pending", "api": "complete"}


def test_several_by_labels_and_none(look, kubectl, right):
    labelled = {**without_pause(right()), "metadata": {"name": "web", "labels": {"team": "shop"}}}
    create(kubectl, labelled, service())
    assert rules(look(label_selectors=["team=shop"])) == ["no-pre-stop"]
    assert rules(look(label_selectors=["team=shop"], all_namespaces=True, namespace=None)) == ["no-pre-stop"]
    assert look(label_selectors=["team=none"], allow_empty=True)["rollouts"] == []
    missing = look(name="wep")
    assert missing["failed"]
    assert "wep does not exist" in missing["msg"]


def test_what_the_rollout_is_going_to_set_counts(look, kubectl, right):
    create(kubectl, right(), service())
    rolled_out(kubectl)
    assert look(name="web")["findings"] == []
    assert rules(look(name="web", image="registry.example/web")) == ["image-latest"]
    assert rules(look(name="web", max_unavailable="100%")) == ["unavailable-takes-all"]
    assert rules(look(name="web", min_ready_seconds=700)) == ["min-ready-exceeds-deadline"]
    assert rules(look(name="web", min_ready_seconds=700, progress_deadline_seconds=1500)) == []
    assert rules(look(name="web", min_ready_seconds=50, wait_timeout=100)) == ["min-ready-exceeds-timeout"]
    assert rules(look(name="web", shutdown_seconds=60)) == ["grace-too-short"]
    assert rules(look(name="web", strategy="recreate")) == ["recreate-behind-service"]


# --- what stands around it ----------------------------------------------------------------------------------------------------


def claim(mode: str) -> dict[str, Any]:
    """A PersistentVolumeClaim."""
    spec = {"accessModes": [mode], "resources": {"requests": {"storage": "1Gi"}}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "spec": spec}


def scaler(name: str = "web") -> dict[str, Any]:
    """A HorizontalPodAutoscaler of the Deployment `web`."""
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    spec = {"scaleTargetRef": target, "minReplicas": 4, "maxReplicas": 9}
    return {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": name}, "spec": spec}


def with_volume(manifest: dict[str, Any], **volume: Any) -> dict[str, Any]:
    """The same with a volume."""
    manifest["spec"]["template"]["spec"]["volumes"] = [{"name": "data", **volume}]
    return manifest


@pytest.mark.parametrize(
    ("there", "found"),
    [
        pytest.param([budget(minAvailable=3)], "budget-blocks-evictions", id="a budget that blocks"),
        pytest.param([quota(pods="2")], "quota-exceeded", id="a quota that is too small"),
        pytest.param([quota(**{"limits.memory": "9Gi"})], "quota-needs-requests", id="a quota of what nobody names"),
        pytest.param([scaler()], "replicas-outside-autoscaler", id="replicas out of bounds"),
        pytest.param([scaler("one"), scaler("two")], "autoscalers-overlap", id="two autoscalers"),
        pytest.param([claim("ReadWriteOnce")], "volume-of-one-node", id="a volume of one node"),
        pytest.param(
            [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"a": "b"}}],
            "config-without-version",
            id="a ConfigMap that may change",
        ),
    ],
)
def test_a_manifest_meets_what_is_there(look, kubectl, right, get, there, found):
    create(kubectl, *there)
    if there[0]["kind"] == "ResourceQuota":
        counted(get)
    manifest = right()
    if found == "volume-of-one-node":
        manifest = with_volume(manifest, persistentVolumeClaim={"claimName": "data"})
    if found == "config-without-version":
        manifest = with_volume(manifest, configMap={"name": "settings"})
    assert found in rules(look(definition=[manifest, service()]))
    assert found not in rules(look(definition=[manifest, service()], cluster=False))


def test_a_service_of_the_cluster_selects_too_much(look, kubectl, right):
    everything = service("all", selector={"tier": "front"})
    other = right("api")
    other["spec"]["template"]["metadata"]["labels"]["tier"] = "front"
    create(kubectl, other, everything)
    manifest = right()
    manifest["spec"]["template"]["metadata"]["labels"]["tier"] = "front"
    (finding,) = look(definition=manifest)["findings"]
    assert (finding["rule"], finding["kind"], finding["name"]) == ("service-selects-several", "Service", "all")


@pytest.mark.server
def test_nodes_have_no_room(look, right):
    manifest = right()
    manifest["spec"]["template"]["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "2k", "memory": "1Gi"}}
    assert rules(look(definition=manifest)) == ["nodes-too-small"]
    # Four pods of 400 fit on five nodes of 1000 each, and one on each beside three of another version.
    manifest["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]["cpu"] = "900"
    assert rules(look(definition=manifest)) == []


def test_pods_that_start_slowly(look, kubectl, right):
    slow = right(replicas=1, simulate={"ready-after": "3s"}, progressDeadlineSeconds=60)
    create(kubectl, slow)
    rolled_out(kubectl)
    assert "start-exceeds-deadline" not in rules(look(name="web"))
    assert "start-exceeds-deadline" in rules(look(name="web", progress_deadline_seconds=1))


def test_blue_green_needs_room_for_both_and_no_more(look, run, plain, kubectl, get, namespace):
    plain()
    create(kubectl, quota(pods="3"))
    counted(get)
    assert "quota-exceeded" in rules(look(name="web", strategy="blue_green"))
    assert "quota-exceeded" not in rules(look(name="web", strategy="recreate"))
    kubectl("patch", "resourcequota/team", "--type=merge", '--patch={"spec": {"hard": {"pods": "4"}}}')
    eventually(lambda: get("resourcequota", "team")["status"].get("hard") == {"pods": "4"}, "the quota is counted anew")
    assert "quota-exceeded" not in rules(look(name="web", strategy="blue_green"))
    run(image="registry.example/web:2", stop_before="switch")
    eventually(lambda: get("resourcequota", "team")["status"]["used"] == {"pods": "4"}, "the quota is counted")
    # It has all its pods already, so that going on is no reason to be refused.
    assert "quota-exceeded" not in rules(look(name="web", strategy="blue_green"))
    run(image="registry.example/web:2")
    found = look(name="web", strategy="blue_green")
    assert found["rollouts"][0]["name"] == "web-green"
    assert "single-replica" not in rules(found)


# --- rights -------------------------------------------------------------------------------------------------------------------


@pytest.mark.server
def test_who_may_read_deployments_alone_is_told_what_was_not_looked_at(look, kubectl, right, namespace, tried):
    create(kubectl, without_pause(right()), service())
    rolled_out(kubectl)
    grant(kubectl, "somebody", verbs="get,list,watch", resources="deployments.apps")
    found = look(name="web", impersonate_user="somebody")
    # That a Service leads to it is not known; that the pods have a port is a sign of it, and the container has a probe.
    assert found["findings"] == []
    (warning,) = found["warnings"]
    for words in (f"services in {namespace}", f"poddisruptionbudgets in {namespace}", "nodes", f"pods in {namespace}", "revisions"):
        assert words in warning
    assert f"deployments in {namespace}" not in warning
    again = {"rollout.kubernetes.preflight_info": {"name": "web", "namespace": namespace, "impersonate_user": "somebody"}}
    assert tried(again).last["warnings"] == [warning]
    nobody = look(name="web", impersonate_user="nobody")
    assert nobody["failed"]
    assert "deployments" in nobody["msg"]


# --- what fails ---------------------------------------------------------------------------------------------------------------


def test_what_makes_it_fail(look, right):
    warned = [without_pause(right()), service()]
    wrong = [*warned, budget(minAvailable=3, maxUnavailable=None)]
    wrong[0] = {**wrong[0], "spec": {**wrong[0]["spec"], "strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}}}
    for level, fails in (("error", False), ("warning", True), ("never", False)):
        assert look(definition=warned, fail_on=level).get("failed", False) is fails
    for level, fails in (("error", True), ("warning", True), ("never", False)):
        found = look(definition=wrong, fail_on=level)
        assert found.get("failed", False) is fails
        assert found["passed"] is not fails
        assert rules(found) == ["surge-and-unavailable-zero", "no-pre-stop", "budget-blocks-evictions"]
    first = look(definition=wrong, fail_on="error")["msg"].splitlines()[0]
    assert "found 1 error and 2 warnings, and fails for surge-and-unavailable-zero (fail_on: error). Mend them" in first


def test_rules_may_be_ignored_for_a_reason(look, right):
    manifests = [without_pause(right()), service()]
    found = look(definition=manifests, ignore=[{"rule": "no-pre-stop", "reason": "nothing listens"}], fail_on="warning")
    assert (found["findings"], found["passed"]) == ([], True)
    assert found["ignored"] == [{"rule": "no-pre-stop", "reason": "nothing listens"}]
    assert "found nothing (ignored: no-pre-stop)." in found["msg"]


@pytest.mark.parametrize(
    ("ignore", "words"),
    [
        ([{"rule": "no-prestop", "reason": "x"}], "The preflight has no rule 'no-prestop' to ignore: did you mean no-pre-stop?"),
        ([{"rule": "no-pre-stop", "reason": "  "}], "rule no-pre-stop is to be ignored without a reason: say why"),
        ([{"rule": "no-pre-stop", "reason": "x"}, {"rule": "no-pre-stop", "reason": "y"}], "no-pre-stop stands in ignore twice"),
    ],
)
def test_what_cannot_be_ignored(look, right, ignore, words):
    for cluster in (True, False):
        found = look(definition=right(), ignore=ignore, cluster=cluster)
        assert found["failed"]
        assert words in found["msg"]
        assert "\n" not in found["msg"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"wait_timeout": 0}, "wait_timeout must be at least 1 second, not 0."),
        ({"shutdown_seconds": -1}, "shutdown_seconds must be at least 0 seconds, not -1."),
        ({"max_surge": 0, "max_unavailable": 0}, "max_surge"),
        ({"namespace": "a/b"}, "namespace 'a/b' is not a valid name"),
        ({"name": "web", "image": ["a"]}, "image must be a text, or a mapping of container to image, not list."),
    ],
)
def test_bad_input(look, right, options, words):
    found = look(**{"definition": right(), **options})
    assert found["failed"]
    assert words in found["msg"]


# --- whichever way it goes ----------------------------------------------------------------------------------------------------


@pytest.mark.server
def test_both_ways_say_the_same_and_show_no_secret(ansible, modules, audit, kubectl, right, namespace):
    create(kubectl, without_pause(right()), service(), budget(minAvailable=3))
    rolled_out(kubectl)
    eventually(lambda: json.loads(kubectl("get", "deployment/web", "--output=json").stdout)["status"]["availableReplicas"] == 3, "ready")
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "web"}, "stringData": {"key": SECRET}}
    echo = without_pause(right())
    container = echo["spec"]["template"]["spec"]["containers"][0]
    container.update(image="registry.example/web", args=["--greeting", SECRET], envFrom=[{"secretRef": {"name": "web"}}])
    common: dict[str, Any] = {"namespace": namespace}
    cases: dict[str, dict[str, Any]] = {
        "live": {"name": "web"},
        "manifests": {"definition": [secret, echo, service()]},
        "alone": {"definition": [secret, echo, service()], "cluster": False},
        "fails": {"definition": [secret, echo, service()], "fail_on": "warning"},
        "unknown rule": {"definition": echo, "ignore": [{"rule": "none", "reason": SECRET}]},
        "no reason": {"definition": echo, "ignore": [{"rule": "no-pre-stop"}]},
        "nothing": {},
        "two of them": {"name": "web", "label_selectors": ["a=b"]},
        "image of a manifest": {"definition": echo, "image": "registry.example/web:2"},
    }
    tasks = [
        {"name": case, "rollout.kubernetes.preflight_info": {**common, **options}, "ignore_errors": True} for case, options in cases.items()
    ]
    audit.mark()
    environment = {"ANSIBLE_INJECT_INVOCATION": "true"}
    plays = {"process": ansible(tasks, arguments=["-vvv"], environment=environment), "module": modules(tasks)}
    assert differences(plays) == []
    results = {result.task: result for result in plays["process"].results}
    assert [case for case, result in results.items() if not result.failed] == ["live", "manifests", "alone"]
    assert rules(results["live"].data) == ["no-pre-stop", "budget-blocks-evictions"]
    assert set(rules(results["alone"].data)) == {"no-pre-stop", "image-latest", "config-without-version"}
    encoded = base64.b64encode(SECRET.encode()).decode()
    for play in plays.values():
        # What a person writes as a reason is meant to be read, and it is given without the Secret beside it.
        play.results[:] = [result for result in play.results if result.task != "unknown rule"]
        for result in play.results:
            if result.task in ("manifests", "alone", "fails"):
                assert SECRET not in json.dumps(result.data), result.task
                assert encoded not in json.dumps(result.data), result.task
        assert encoded not in shown(play)
    assert audit.writes() == []


# --- the roles ----------------------------------------------------------------------------------------------------------------


STATS = {"ANSIBLE_SHOW_CUSTOM_STATS": "true"}


def played(play: Any) -> list[str]:
    """The tasks that ran."""
    return [result.task for result in play.results if result.outcome != "skipped"]


@pytest.mark.server
@pytest.mark.parametrize("role", ["rolling", "blue_green"])
def test_roles_refuse_to_begin(ansible, audit, right, namespace, tmp_path, role):
    wrong = without_pause(right(minReadySeconds=700))
    (tmp_path / "hook.yml").write_text("- ansible.builtin.debug: {msg: it ran}\n")
    given = {f"{role}_namespace": namespace, f"{role}_definition": [wrong, service()], f"{role}_preflight": "hook.yml"}
    play = ansible(f"rollout.kubernetes.{role}", variables=given, environment=STATS)
    assert play.code == 2
    assert "fails for min-ready-exceeds-deadline, min-ready-exceeds-timeout (fail_on: error)" in play.last.msg
    assert "\n" not in play.last.msg
    assert "it ran" not in play.stdout
    assert not [task for task in played(play) if task.startswith("Roll out") and "plan only" not in task]
    # Once on the terminal, and once in the report for later nodes.
    said, _, report = play.stdout.partition("CUSTOM STATS")
    assert said.count("error min-ready-exceeds-deadline Deployment") == 1
    assert "progressDeadlineSeconds: 1400" in said
    assert "min-ready-exceeds-deadline" in report
    assert audit.writes() == []


@pytest.mark.server
def test_a_role_fails_with_the_words_of_the_preflight_where_nothing_can_be_planned(ansible, audit, right, namespace):
    wrong = right(strategy={"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}})
    play = ansible("rollout.kubernetes.rolling", variables={"rolling_namespace": namespace, "rolling_definition": [wrong, service()]})
    assert play.code == 2
    assert "(fail_on: error)" in play.last.msg
    assert "It cannot be planned: " in play.stdout
    assert audit.writes() == []


@pytest.mark.server
def test_a_role_that_cannot_look_says_why_and_leaves_its_report(ansible, right, namespace):
    given = {"rolling_namespace": namespace, "rolling_definition": right(), "rolling_preflight_ignore": "[{rule: no-such-rule, reason: x}]"}
    play = ansible("rollout.kubernetes.rolling", variables=given, environment=STATS)
    assert play.code == 2
    assert "no rule 'no-such-rule' to ignore" in play.last.msg
    assert "no-such-rule" in play.stdout.partition("CUSTOM STATS")[2]


@pytest.mark.server
@pytest.mark.parametrize("role", ["recreate", "blue_green"])
def test_a_role_refuses_nothing_where_there_is_nothing_to_do(ansible, here, audit, right, namespace, kubectl, get, role):
    """The namespace has room for what runs, and none for another rollout."""
    given = {f"{role}_namespace": namespace, f"{role}_definition": [right(), service()]}
    here({f"rollout.kubernetes.{role}": {"namespace": namespace, "definition": [right(), service()]}})
    create(kubectl, quota(pods="3"))
    counted(get)
    audit.mark()
    again = ansible(f"rollout.kubernetes.{role}", variables={**given, f"{role}_preflight_fail_on": "warning"})
    assert again.code == 0, again.stdout
    assert audit.writes() == []
    other = {**given, f"{role}_definition": [without_pause(right(image="registry.example/web:2")), service()]}
    refused = ansible(f"rollout.kubernetes.{role}", variables={**other, f"{role}_preflight_fail_on": "warning"})
    assert refused.code == 2
    assert audit.writes() == []


@pytest.mark.server
def test_a_role_shows_what_does_not_stop_it(ansible, right, namespace, get):
    given = {
        "rolling_namespace": namespace,
        "rolling_definition": [without_pause(right(replicas=1)), service()],
        "rolling_preflight_ignore": '[{"rule": "single-replica", "reason": "a test"}]',
    }
    play = ansible("rollout.kubernetes.rolling", variables=given, environment=STATS)
    assert play.code == 0, play.stdout
    said, _, report = play.stdout.partition("CUSTOM STATS")
    assert said.count("warning no-pre-stop Deployment") == 1
    assert "ignored single-replica: a test" in said
    assert "no-pre-stop" in report
    assert "a test" in report
    assert get("deployment", "web")["status"]["availableReplicas"] == 1


@pytest.mark.server
@pytest.mark.parametrize(("level", "looks"), [("never", True), (False, False)])
def test_a_role_does_what_the_user_wants_of_findings(ansible, right, namespace, level, looks):
    """What it does of `warning` is in extensions/molecule/rolling; YAML makes a boolean of `off`."""
    manifests = [without_pause(right()), service()]
    given = {"rolling_namespace": namespace, "rolling_definition": manifests, "rolling_preflight_fail_on": level}
    play = ansible("rollout.kubernetes.rolling", variables=given, check=True)
    assert play.code == 0, play.stdout
    assert ("warning no-pre-stop" in play.stdout) is looks


@pytest.mark.server
def test_a_role_looks_at_what_it_is_going_to_set(ansible, right, namespace, kubectl):
    create(kubectl, right(), service())
    rolled_out(kubectl)
    given = {"rolling_namespace": namespace, "rolling_name": "web", "rolling_image": "registry.example/web"}
    mended = {**given, "rolling_min_ready_seconds": "700", "rolling_progress_deadline_seconds": "1500", "rolling_wait_timeout": "5000"}
    play = ansible("rollout.kubernetes.rolling", variables=mended, check=True)
    assert "warning image-latest" in play.stdout
    assert play.code == 0, "700 seconds would be an error without the others"


@pytest.mark.server
def test_the_role_blue_green_looks_at_all_of_its_workloads(ansible, right, namespace, kubectl):
    for name in ("web", "api"):
        create(kubectl, without_pause(right(name)), service(name))
    rolled_out(kubectl, "deployment/web", "deployment/api")
    wanted = [{"name": name, "image": f"registry.example/{name}:2"} for name in ("web", "api")]
    given = {
        "blue_green_namespace": namespace,
        "blue_green_workloads": wanted,
        "blue_green_services": [{"name": "web"}, {"name": "api"}],
        "blue_green_preflight_fail_on": "warning",
    }
    play = ansible("rollout.kubernetes.blue_green", variables=given, check=True)
    assert play.code == 2
    assert f"Deployment {namespace}/api, Deployment {namespace}/web" in play.last.msg or "2 warnings" in play.last.msg
    assert play.stdout.count("warning no-pre-stop") == 2


def test_kinds_that_no_role_has(look, kubectl, deployment):
    create(kubectl, of_kind("StatefulSet", deployment(), serviceName="web"), service())
    found = look(kind="StatefulSet", name="web")
    assert "no-pre-stop" in rules(found)
    assert found["rollouts"][0]["kind"] == "StatefulSet"
