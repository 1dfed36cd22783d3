# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configuration that rolls back: each change rolls out, stands in the history, comes back by undo; nothing is left behind."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import RefusedError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.config import use as config_use
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.config.content import Content, named_by_content
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.main import Context

from .calls import call
from .cluster import Cluster
from .configs import config_map, configured, copies, decoded, secret, seen_by_pods, simply
from .faults import faulty
from .interference import before, eventually, is_write, proxied, through
from .kills import expire_locks, kill_after
from .sides import service
from .workloads import create, grant, of_kind, rolled_out, task

pytestmark = pytest.mark.memory

RolledOut = Callable[..., dict[str, Any]]
WAYS = [
    ("rolling", "Deployment"),
    ("rolling", "StatefulSet"),
    ("rolling", "DaemonSet"),
    ("recreate", "Deployment"),
    ("blue_green", "Deployment"),
]


@pytest.fixture
def workload(deployment) -> Callable[..., dict[str, Any]]:
    """workload(kind, **options): a manifest whose container takes its variables from the ConfigMap `web-config`."""

    def make(kind: str = "Deployment", **options: Any) -> dict[str, Any]:
        manifest = simply(deployment(**{"replicas": 2, **options}))
        return manifest if kind == "Deployment" else of_kind(kind, manifest)

    return make


def entry(**data: str) -> dict[str, Any]:
    """An entry of `config` with inline data."""
    return {"name": "web-config", "data": data}


# --- there and back -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("module", "kind"), WAYS)
def test_a_changed_value_rolls_out_and_comes_back(run, workload, kubectl, get, audit, module, kind):
    if module == "blue_green":
        create(kubectl, service())

    def roll(level: str, **options: Any) -> dict[str, Any]:
        result: dict[str, Any] = run(module, definition=workload(kind), config=[entry(LOG_LEVEL=level)], **options)
        return result

    first = roll("info")
    assert first["rollouts"][0]["phase"] == "complete"
    assert seen_by_pods(get) == {"info"}
    (name,) = copies(get)
    assert copies(get)[name]["immutable"] is True
    audit.mark()
    again = roll("info")
    assert not again["changed"]
    assert audit.writes() == []
    second = roll("debug")
    assert second["rollouts"][0]["phase"] == "complete"
    assert "config web-config: LOG_LEVEL changed" in json.dumps(second["rollouts"])
    assert second["configs"] == [
        {
            "kind": "ConfigMap",
            "namespace": second["rollouts"][0]["namespace"],
            "name": "web-config",
            "copy_name": (set(copies(get)) - {name}).pop(),
            "created": True,
            "changes": {"added": [], "changed": ["LOG_LEVEL"], "removed": []},
        }
    ]
    assert seen_by_pods(get) == {"debug"}
    back = run("undo", kind=kind)
    assert back["rollouts"][0]["phase"] == "complete"
    assert seen_by_pods(get) == {"info"}
    audit.mark()
    assert not roll("info")["changed"], "what the undo brought back is what this definition asks for"
    assert audit.writes() == []
    assert roll("debug")["changed"]
    assert seen_by_pods(get) == {"debug"}
    assert len(copies(get)) == 2, "contents that were there before come back under their names"
    assert get("configmap", "web-config") is None


def test_the_short_way_changes_the_configuration_alone(run, workload, kubectl, get, audit):
    run("rolling", definition=workload(), config=[entry(LOG_LEVEL="info")])
    changed = run("rolling", config=[entry(LOG_LEVEL="debug")])
    assert changed["rollouts"][0]["change_cause"] == "config web-config: LOG_LEVEL changed"
    assert seen_by_pods(get) == {"debug"}
    audit.mark()
    assert not run("rolling", config=[entry(LOG_LEVEL="debug")])["changed"]
    assert audit.writes() == []
    both = run("rolling", image="registry.example/web:2", config=[entry(LOG_LEVEL="warn", NEW="1")])
    assert both["rollouts"][0]["change_cause"] == "image web=registry.example/web:2; config web-config: LOG_LEVEL changed; NEW added"


def test_every_reference_is_rewritten_and_credentials_are_left(run, deployment, get):
    given = [
        {"name": "web-config", "definition": config_map(LOG_LEVEL="info")},
        {"name": "web-secret", "definition": secret(password="hunter2-first")},
    ]
    made = run("rolling", definition=configured(deployment(replicas=1)), config=given)
    assert made["rollouts"][0]["phase"] == "complete"
    assert "imagePullSecrets" not in made["msg"]
    assert "Secret web-secret stays as it is in image pull secrets" in made["msg"]
    pod = get("deployment", "web")["spec"]["template"]["spec"]
    assert pod.pop("imagePullSecrets") == [{"name": "web-secret"}]
    assert '"web-config"' not in json.dumps(pod)
    assert '"web-secret"' not in json.dumps(pod)
    assert pod["volumes"][2]["projected"]["sources"][2]["serviceAccountToken"]["path"] == "token"
    (config,), (password,) = copies(get), copies(get, "web-secret", "secrets")
    assert json.dumps(pod).count(f'"{config}"') == 6
    assert json.dumps(pod).count(f'"{password}"') == 4
    assert decoded(get("secret", password)) == {"password": "hunter2-first"}
    given[1] = {"name": "web-secret", "definition": secret(password="hunter2-second")}
    changed = run("rolling", definition=configured(deployment(replicas=1)), config=given)
    assert changed["rollouts"][0]["change_cause"] == "secret web-secret: password changed"
    assert "hunter2" not in json.dumps(changed)


@pytest.mark.server
@pytest.mark.parametrize("module", ["rolling", "blue_green"])
def test_two_revisions_are_compared_with_their_configuration(run, deployment, kubectl, namespace, module):
    create(kubectl, service())
    for level, password in (("info", "hunter2-first"), ("debug", "hunter2-second")):
        given = [{"name": "web-config", "data": {"LOG_LEVEL": level, "SAME": "x", "DB_PASSWORD": password}}]
        given.append({"kind": "Secret", "name": "web-secret", "data": {"password": password, "same": "hunter2"}})
        run(module, definition=configured(deployment(replicas=1)), config=given, change_cause=f"release {level}")
    found = run("history_info", compare_to=1)["rollouts"][0]["difference"]
    assert "--- ConfigMap web-config-" in found
    assert "-  LOG_LEVEL: info\n" in found
    assert "+  LOG_LEVEL: debug\n" in found
    assert "+  DB_PASSWORD: '******** (changed)'\n" in found
    assert "+  password: '******** (changed)'" in found
    assert "hunter2" not in found
    readable = "deployments.apps,replicasets.apps,pods,configmaps,leases.coordination.k8s.io"
    grant(kubectl, namespace, verbs="get,list,watch", resources=readable)
    narrow = run("history_info", compare_to=1, impersonate_user=namespace)
    assert "+  LOG_LEVEL: debug" in narrow["rollouts"][0]["difference"]
    assert "password" not in narrow["rollouts"][0]["difference"].partition("--- ConfigMap")[2]
    assert [warning for warning in narrow["warnings"] if "So its contents were not compared" in warning]


# --- where the content comes from -----------------------------------------------------------------------------------------------------


@pytest.fixture
def playbook_folder(tmp_path) -> dict[str, str]:
    """Files of a playbook, and where they are."""
    folder = tmp_path / "settings"
    folder.mkdir()
    (folder / "LOG_LEVEL").write_text("info")
    (folder / "blob").write_bytes(b"\xff\x00\xfe")
    (folder / ".hidden").write_text("not taken")
    (tmp_path / "config.yml").write_text(
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: web-config}, data: {LOG_LEVEL: info}, binaryData: {blob: /wD+}}"
    )
    return {
        "folder": str(folder),
        "file": str(folder / "LOG_LEVEL"),
        "blob": str(folder / "blob"),
        "manifest": str(tmp_path / "config.yml"),
    }


@pytest.mark.server
@pytest.mark.parametrize("way", ["process", "module"])
def test_all_sources_of_one_content_make_one_copy(ansible, modules, namespace, deployment, get, playbook_folder, way):
    """Ansible reads the files for the process, and a module its own."""
    where = playbook_folder
    sources: list[dict[str, Any]] = [
        {"data": {"LOG_LEVEL": "info"}, "binary_data": {"blob": "/wD+"}},
        {"files": {"LOG_LEVEL": where["file"], "blob": where["blob"]}},
        {"files": [where["file"], where["blob"]]},
        {"folder": where["folder"]},
        {"src": where["manifest"]},
        {"data": {"LOG_LEVEL": "info"}, "files": [where["blob"]]},
    ]
    definition = simply(deployment(replicas=1))
    tasks = [
        {
            "name": f"Roll out {number}",
            "rollout.kubernetes.rolling": {
                "namespace": namespace,
                "definition": definition,
                "config": [{"name": "web-config", **source}],
                "wait_timeout": 300,
            },
        }
        for number, source in enumerate(sources)
    ]
    first, *others = (ansible if way == "process" else modules)(tasks).results
    assert first.changed, first.msg
    assert not first.failed, first.msg
    assert [(result.changed, result.failed) for result in others] == [(False, False)] * 5, [result.msg for result in others]
    ((_name, copy),) = copies(get).items()
    assert (copy["data"], copy["binaryData"]) == ({"LOG_LEVEL": "info"}, {"blob": "/wD+"})


def test_what_comes_along_in_the_definition_is_versioned(run, workload, get):
    cron_job: dict[str, Any] = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "nightly"},
        "spec": {
            "schedule": "0 3 * * *",
            "jobTemplate": {"spec": {"template": {"spec": {**workload()["spec"]["template"]["spec"], "restartPolicy": "Never"}}}},
        },
    }
    for image in cron_job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]:
        image.pop("readinessProbe", None)
    whole = [config_map(LOG_LEVEL="info"), config_map("other", A="1"), cron_job, workload()]
    run("rolling", definition=whole, config=[{"name": "web-config"}])
    (name,) = copies(get)
    assert get("configmap", "web-config") is None, "the copy stands in its place"
    assert get("configmap", "other")["data"] == {"A": "1"}
    assert named_by(get("cronjob", "nightly")["spec"]["jobTemplate"]["spec"]["template"]) == {name}
    assert not run("rolling", definition=whole, config=[{"name": "web-config"}])["changed"]


def named_by(template: dict[str, Any]) -> set[str]:
    """The ConfigMaps that a template's first container takes its variables from."""
    return {source["configMapRef"]["name"] for source in template["spec"]["containers"][0]["envFrom"]}


def test_what_is_a_credential_as_well_stays(run, deployment, get):
    whole = [secret(password="hunter2"), config_map(LOG_LEVEL="info"), configured(deployment(replicas=1))]
    given = [{"kind": "Secret", "name": "web-secret"}, {"name": "web-config"}]
    run("rolling", definition=whole, config=given)
    assert decoded(get("secret", "web-secret")) == {"password": "hunter2"}
    assert get("configmap", "web-config") is None
    assert not run("rolling", definition=whole, config=given)["changed"]


@pytest.mark.server
def test_a_vaulted_file_is_not_rolled_out_as_it_lies_there(modules, namespace, deployment, get, tmp_path):
    """By a module that runs elsewhere, which has no password for it."""
    (tmp_path / "password").write_text("$ANSIBLE_VAULT;1.1;AES256\n616263\n")
    given = [{"kind": "Secret", "name": "web-secret", "files": [str(tmp_path / "password")]}]
    options = {"namespace": namespace, "definition": configured(deployment(replicas=1)), "config": given}
    refused = modules({"name": "Roll out", "rollout.kubernetes.rolling": options}).last
    assert "is encrypted by Ansible Vault, which is opened on the controller only" in refused.msg
    assert get("deployments") == []


def test_what_a_job_still_needs_stays(run, workload, get):
    pod = {**workload()["spec"]["template"]["spec"], "restartPolicy": "Never"}
    pod["containers"] = [{key: value for key, value in part.items() if key != "readinessProbe"} for part in pod["containers"]]
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "once"}, "spec": {"template": {"spec": pod}}}
    whole = [config_map(LOG_LEVEL="info"), job, workload()]
    run("rolling", definition=whole, config=[{"name": "web-config"}])
    assert get("configmap", "web-config")["data"] == {"LOG_LEVEL": "info"}
    assert named_by(get("job", "once")["spec"]["template"]) == {"web-config"}
    assert seen_by_pods(get, app="web") == {"info"}
    assert not run("rolling", definition=whole, config=[{"name": "web-config"}])["changed"]


# --- versions of the user's own -------------------------------------------------------------------------------------------------------


def version(number: str, **data: str) -> dict[str, Any]:
    """An entry under the user's own scheme."""
    return {"name": "web-config", "version": number, "data": data}


def test_versions_of_the_users_own_scheme(run, workload, kubectl, get, audit):
    # v4 was made by hand, long ago; nothing of ours is on it.
    create(kubectl, config_map("web-config-v4", LOG_LEVEL="info"), workload_at("web-config-v4", workload))
    rolled_out(kubectl)
    changed = run("rolling", config=[version("v41", LOG_LEVEL="debug")])
    assert changed["rollouts"][0]["change_cause"] == "config web-config: LOG_LEVEL changed"
    assert named_by(get("deployment", "web")["spec"]["template"]) == {"web-config-v41"}
    run("undo")
    assert named_by(get("deployment", "web")["spec"]["template"]) == {"web-config-v4"}
    assert seen_by_pods(get) == {"info"}
    audit.mark()
    refused = run("rolling", config=[version("v41", LOG_LEVEL="warn")], fails=True)
    assert "web-config-v41 is there with another content (LOG_LEVEL changed)" in refused["msg"]
    assert "take a new one, such as v42" in refused["msg"]
    assert audit.writes() == []
    assert run("rolling", config=[version("v41", LOG_LEVEL="debug")])["changed"], "the same content is that version"
    assert seen_by_pods(get) == {"debug"}


def workload_at(config: str, workload: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """The workload that refers to this very ConfigMap."""
    manifest = workload()
    manifest["spec"]["template"]["spec"]["containers"][0]["envFrom"] = [{"configMapRef": {"name": config}}]
    return manifest


def test_a_version_that_is_there_with_the_same_content_is_made_immutable(run, workload, kubectl, get):
    create(kubectl, config_map("web-config-v4", LOG_LEVEL="info"))
    run("rolling", definition=workload(), config=[version("v4", LOG_LEVEL="info")])
    found = get("configmap", "web-config-v4")
    assert found["immutable"] is True
    assert found["metadata"]["labels"]["rollout.kubernetes/config"] == "web-config"
    assert not run("rolling", definition=workload(), config=[version("v4", LOG_LEVEL="info")])["changed"]


# --- taking over ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.server
def test_a_mutable_one_is_taken_over(run, workload, kubectl, get, audit, monkeypatch):
    create(kubectl, config_map(LOG_LEVEL="info"), workload())
    rolled_out(kubectl)
    taken = run("rolling", config=[{"name": "web-config"}])
    assert taken["rollouts"][0]["change_cause"] == "config web-config: versioned"
    (name,) = copies(get)
    assert named_by(get("deployment", "web")["spec"]["template"]) == {name}
    assert get("configmap", "web-config")["data"] == {"LOG_LEVEL": "info"}, "the original is left"
    audit.mark()
    assert not run("rolling", config=[{"name": "web-config"}])["changed"]
    assert audit.writes() == []
    # Somebody changes it as they always did; the next run makes that a version.
    kubectl("patch", "configmap", "web-config", "--patch", json.dumps({"data": {"LOG_LEVEL": "debug"}}))
    assert seen_by_pods(get) == {"info"}
    assert run("rolling", config=[{"name": "web-config"}])["rollouts"][0]["change_cause"] == "config web-config: LOG_LEVEL changed"
    assert seen_by_pods(get) == {"debug"}
    # The first revision refers to the original still.
    grown_old(monkeypatch)
    kept = run("rolling", image="registry.example/web:2", config=[{"name": "web-config", "remove_original": True}])
    assert get("configmap", "web-config") is not None, kept["msg"]
    kubectl("patch", "deployment", "web", "--type=merge", "--patch", json.dumps({"spec": {"revisionHistoryLimit": 0}}))
    forgotten(get)
    removed = run("rolling", image="registry.example/web:3", config=[{"name": "web-config", "remove_original": True}])
    assert f"ConfigMap {get('deployment', 'web')['metadata']['namespace']}/web-config" in removed["msg"]
    assert "which nothing refers to any more" in removed["msg"]
    assert get("configmap", "web-config") is None
    assert seen_by_pods(get) == {"debug"}
    assert not run("rolling", config=[{"name": "web-config", "remove_original": True}])["changed"], "the last copy stays in its place"


def grown_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all copies be old enough to be removed, as time cannot be turned back on the server."""
    monkeypatch.setattr(config_use, "YOUNGEST", timedelta(seconds=-60))


def forgotten(get: Callable[..., Any]) -> None:
    """Wait until the controller has removed the ReplicaSets that it need not keep."""
    eventually(lambda: len(get("replicasets")) == 1, "old ReplicaSets are gone")


# --- cleaning up ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.server
def test_what_nothing_refers_to_is_removed_and_nothing_else(run, workload, deployment, kubectl, get, monkeypatch):
    def level(number: int, **options: Any) -> dict[str, Any]:
        given = {**entry(LOG_LEVEL=str(number)), **options}
        result: dict[str, Any] = run("rolling", definition=workload(revisionHistoryLimit=1), config=[given])
        return result

    names = [level(number)["configs"][0]["copy_name"] for number in range(6)]
    assert set(copies(get)) == set(names), "all are younger than an hour"
    # The Deployment has forgotten the first four; others refer to three of these.
    paused = simply(deployment("paused", replicas=0, paused=True), names[0])
    create(kubectl, paused, config_map("web-config-by-hand", A="1"), pod_with(names[1]), cron_job_with(names[2]))
    grown_old(monkeypatch)
    eventually(lambda: not {name for name in names[:4] if name in referred_to(get, "web-")}, "old ReplicaSets are gone")
    result = level(6)
    names.append(result["configs"][0]["copy_name"])
    assert {*names[:3], names[5], names[6]} <= set(copies(get)), "each is needed"
    assert names[3] not in copies(get)
    assert names[3] in result["msg"]
    assert "which nothing refers to any more" in result["msg"]
    assert get("configmap", "web-config-by-hand") is not None
    kubectl("delete", "pod/user", "cronjob/nightly", "deployment/paused", "--grace-period=0", "--force")
    eventually(lambda: len(referred_to(get, "")) <= 3, "nobody refers to the old ones")
    seventh = level(7, keep=1)["configs"][0]["copy_name"]
    spare = set(copies(get)) - {names[6], seventh}
    # The controller forgets the ReplicaSet of the sixth right after the rollout: until then its copy is needed, and another one is kept.
    assert spare, "one more is kept"
    assert len(spare - {names[5]}) <= 1
    assert run("undo")["rollouts"][0]["phase"] == "complete"
    assert seen_by_pods(get, app="web") == {"6"}


def referred_to(get: Callable[..., Any], beginning: str) -> set[str]:
    """The copies that ReplicaSets refer to whose names begin so."""
    found = [one for one in get("replicasets") if one["metadata"]["name"].startswith(beginning)]
    return {name for one in found for name in named_by(one["spec"]["template"])}


def cron_job_with(config: str) -> dict[str, Any]:
    """A CronJob that takes variables from a ConfigMap."""
    container = {"name": "web", "image": "registry.example/web:1", "envFrom": [{"configMapRef": {"name": config}}]}
    template = {"spec": {"containers": [container], "restartPolicy": "Never"}}
    spec = {"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": template}}}
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "nightly"}, "spec": spec}


@pytest.mark.server
def test_what_promotions_need_stays(run, workload, kubectl, get, monkeypatch):
    create(kubectl, service())
    grown_old(monkeypatch)
    for number in range(4):
        run(definition=workload(revisionHistoryLimit=1), config=[entry(LOG_LEVEL=str(number))])
    assert len(copies(get)) == 4
    back = run("undo", revision=1)
    assert back["rollouts"][0]["phase"] == "complete"
    assert seen_by_pods(get) == {"0"}


def pod_with(config: str) -> dict[str, Any]:
    """A pod that nothing owns, with a ConfigMap as a volume."""
    container = {"name": "web", "image": "registry.example/web:1"}
    spec = {"containers": [container], "volumes": [{"name": "v", "configMap": {"name": config}}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "user"}, "spec": spec}


@pytest.mark.server
def test_without_the_rights_nothing_is_cleaned_up_and_it_is_said(run, workload, kubectl, namespace, get, monkeypatch):
    grant(kubectl, namespace, verbs="get,list,watch,create,update,patch", resources="deployments.apps,replicasets.apps,pods,configmaps")
    grown_old(monkeypatch)
    for number in range(3):
        done = run(
            "rolling", definition=workload(revisionHistoryLimit=0), config=[entry(LOG_LEVEL=str(number))], impersonate_user=namespace
        )
    assert done["rollouts"][0]["phase"] == "complete"
    (warning,) = [warning for warning in done["warnings"] if "cleaned up" in warning]
    assert f"Old copies of configuration in namespace {namespace} were not cleaned up" in warning
    assert "controllerrevisions" in warning
    assert len(copies(get)) == 3


# --- refused --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ([{"name": "elsewhere", "data": {"A": "1"}}], "config names ConfigMap elsewhere, which Deployment"),
        ([{"name": "web-config", "kind": "Secret", "data": {"A": "1"}}], "it refers to ConfigMap web-config: write kind: ConfigMap"),
        (
            [{"name": "web-config", "data": {"A": "1"}}, {"name": "other", "data": {"A": {}}}],
            "config 2: the value of A in data is a mapping",
        ),
        ([{"name": "web-config", "data": {"A": 1.1}}], "config 1: the value of A in data is a number with a fraction and no text"),
        ([{"name": "web-config", "binary_data": {"A": True}}], "the value of A in binary_data is true or false and no text"),
        (
            [{"name": "web-config", "definition": {**config_map(), "data": {"A": True}}}],
            "config 1: definition: ConfigMap web-config: the value of A in data is true or false and no text; write it in quotes.",
        ),
        ([{"name": "web-config", "files": [{"a": "b"}]}], "files must be a list of paths, or a mapping of keys to paths"),
        ([{"name": "web-config", "files": {"a": ""}}], "files must be a list of paths, or a mapping of keys to paths"),
        ([{"name": "web-config", "definition": "hunter2"}], "config 1: definition is no manifest of a ConfigMap or Secret"),
        ([{"name": "web-config"}], "does not exist and config gives it no content"),
        ([{"data": {"A": "1"}}], "config 1 lacks the name"),
        ([{"name": "web-config", "data": {"A": True}}], "the value of A in data is true or false and no text; write it in quotes"),
        ([{"name": "web-config", "data": {"a b": "1"}}], "has the key 'a b'"),
        ([{"name": "web-config", "binary_data": {"A": "?"}}], "the value of A in binary_data is no base64"),
        ([{"name": "web-config", "data": {"A": "1"}, "binary_data": {"A": "MQ=="}}], "has the key A in data and in binary_data"),
        ([{"name": "web-config", "files": ["/nowhere/at/all"]}], "file /nowhere/at/all cannot be read: No such file or directory"),
        ([{"name": "web-config", "folder": "/nowhere/at/all"}], "folder /nowhere/at/all cannot be read: No such file or directory"),
        ([{"name": "web-config", "src": "/nowhere/at/all"}], "src /nowhere/at/all cannot be read: No such file or directory"),
        ([{"name": "web-config", "definition": {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "web-config"}}}], "Pod"),
        ([{"name": "web-config", "data": {"A": "1"}, "definition": config_map(A="1")}], "has data besides a manifest"),
        ([{"name": "web-config", "type": "Opaque", "data": {"A": "1"}}], "type is for Secrets"),
        ([{"name": "web-config", "version": "4_1", "data": {"A": "1"}}], "version '4_1' is not a valid name"),
        ([{"name": "web-config", "keep": -1, "data": {"A": "1"}}], "config[0].keep must be at least 0 copies, not -1."),
        ([{"name": "web-config", "data": {"A": value}} for value in "12"], "config has ConfigMap web-config twice"),
        (
            [{"name": "web-config", "data": {"A": "x" * 1024 * 1024 + "x"}}],
            "holds 1,048,577 bytes, the API takes 1,048,576: A with 1,048,577",
        ),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_written(run, workload, audit, given, sentence):
    audit.mark()
    for module in ("rolling", "recreate"):
        refused = run(module, definition=workload(), config=given, fails=True)
        assert sentence in refused["msg"]
        assert "hunter2" not in refused["msg"]
        assert not refused["changed"]
    assert audit.writes() == []


@pytest.mark.server
def test_the_largest_content_is_taken_and_one_byte_more_is_not(run, workload, kubectl, namespace, get):
    """As the server has it: keys do not count, and base64 counts decoded."""
    edge = 1024 * 1024
    run("rolling", definition=workload(replicas=1), config=[entry(LOG_LEVEL="i" * (edge - 3), B="xyz")])
    assert [sum(map(len, copy["data"].values())) for copy in copies(get).values()] == [edge]
    over = kubectl("create", "--dry-run=server", "--filename=-", stdin=json.dumps(config_map(A="i" * (edge + 1))), check=False)
    assert "Too long" in over.stderr or "may not be more than" in over.stderr, over.stderr


def test_what_somebody_puts_in_the_place_of_a_copy_is_refused(run, workload, kubectl, get, audit):
    name = named_by_content("web-config", Content("ConfigMap", data={"LOG_LEVEL": b"info"}))
    create(kubectl, config_map(name, LOG_LEVEL="other"))
    audit.mark()
    refused = run("rolling", definition=workload(), config=[entry(LOG_LEVEL="info")], fails=True)
    assert f"/{name} does not hold what its name stands for (LOG_LEVEL changed)" in refused["msg"]
    assert audit.writes() == []


# --- check mode -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", ["rolling", "recreate", "blue_green"])
def test_check_mode_shows_what_would_be_made(tried, namespace, deployment, kubectl, get, audit, module):
    create(kubectl, service())

    def task(level: str, password: str) -> dict[str, Any]:
        given = [
            {"name": "web-config", "data": {"LOG_LEVEL": level}},
            {"kind": "Secret", "name": "web-secret", "data": {"password": password}},
        ]
        options = {"namespace": namespace, "definition": configured(deployment(replicas=1)), "config": given, "wait_timeout": 300}
        return {"name": "Roll out", f"rollout.kubernetes.{module}": options}

    assert not tried(task("info", "hunter2-first")).last.failed
    audit.mark()
    would = tried(task("debug", "hunter2-second"), check=True, diff=True)
    assert audit.writes() == []
    assert would.last.changed
    shown = {part["after_header"].partition("/")[2]: part for part in would.last["diff"]}
    (config,) = (name for name in shown if name.startswith("web-config-"))
    assert ("LOG_LEVEL: info" in shown[config]["before"], "LOG_LEVEL: debug" in shown[config]["after"]) == (True, True)
    (hidden,) = (name for name in shown if name.startswith("web-secret-"))
    assert "(changed)" in shown[hidden]["after"]
    assert "hunter2" not in would.stdout + json.dumps(would.last.data)
    assert {entry["copy_name"] for entry in would.last["configs"]} == {config, hidden}
    assert len(copies(get)) == 1
    done = tried(task("debug", "hunter2-second")).last
    assert {entry["copy_name"] for entry in done["configs"]} == {config, hidden}


# --- nothing secret is shown ----------------------------------------------------------------------------------------------------------


@pytest.mark.server
@pytest.mark.parametrize("way", ["process", "module"])
def test_a_planted_secret_appears_nowhere(ansible, cluster, namespace, deployment, kubectl, way, tmp_path):
    """Not in results, differences, progress, the log, Events, annotations, the history or the list of processes."""
    planted = {"first": "correct-horse-battery", "second": "staple-of-the-stable"}
    (tmp_path / "password").write_text(planted["second"])
    create(kubectl, secret(password=planted["first"]), configured(deployment(replicas=1)), config_map(LOG_LEVEL="info"))
    rolled_out(kubectl)
    processes: list[str] = []

    def roll(fails: bool, **given: Any) -> dict[str, Any]:
        entries = [{"kind": "Secret", "name": "web-secret", **given}]
        definition = configured(deployment(replicas=1, **({"image": "registry.example/web:missing"} if fails else {})))
        options = {"namespace": namespace, "definition": definition, "config": entries, "wait_timeout": 300}
        return {"name": "Roll out", "rollout.kubernetes.rolling": options, **({"ignore_errors": True} if fails else {})}

    tasks = [
        roll(False),
        roll(False, files=[str(tmp_path / "password")]),
        roll(False, data={"password": "{{ planted }}"}),
        roll(True, data={"password": "{{ planted }}", "more": "{{ planted }}"}),
        {
            "name": "Refused",
            **roll(True, data={"password": "{{ planted }}"}, type="kubernetes.io/service-account-token"),
            "ignore_errors": True,
        },
        {
            "name": "Make a copy",
            "rollout.kubernetes.versioned_config": {"kind": "Secret", "name": "x", "namespace": namespace, "data": {"y": "{{ planted }}"}},
        },
        task("undo", namespace),
        task("history_info", namespace, compare_to=1),
    ]
    fails = [False, False, False, True, True, False, False, False]
    if way == "module":  # Which is slow, and does the same with the others.
        tasks, fails = [tasks[0], tasks[3], tasks[5]], [False, True, False]
    with faulty(cluster.kubeconfig) as faults:
        before(faults, is_write, lambda: processes.extend(command_lines()), times=10)
        play = ansible(
            tasks, way=way, diff=True, arguments=("-vvv",), variables={"planted": planted["second"]}, environment=through(faults)
        )
    assert [result.failed for result in play.results] == fails, play.stdout
    assert play.results[0].changed, "taken over"
    everything = play.stdout + play.stderr + json.dumps([result.data for result in play.results])
    kinds = "deployments,replicasets,pods,configmaps,events,leases,services"
    everything += kubectl("get", kinds, "--output=json", "--show-managed-fields").stdout
    hidden = [value for text in planted.values() for value in (text, base64.b64encode(text.encode()).decode())]
    assert [value for value in hidden if value in everything] == []
    given = [line for line in processes if "planted" not in line and any(value in line for value in hidden)]
    assert given == [], "the one process that was given it as a variable is ours"
    assert processes


def command_lines() -> list[str]:
    """The command lines of all processes."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(path.read_text(errors="replace").replace("\0", " "))
    return found


# --- killed ---------------------------------------------------------------------------------------------------------------------------


WRITES = {"rolling": 2, "blue_green": 4}
"""How many writes are killed after: the copy and the template, with the lock and the claim between; others are killed elsewhere."""


@pytest.mark.server
@pytest.mark.parametrize("case", [WAYS[0], *(pytest.param(way, marks=pytest.mark.long) for way in (WAYS[1], WAYS[4]))], ids=" ".join)
def test_killed_after_a_write_a_run_with_other_content_leaves_no_copy_behind(
    cluster, namespace, deployment, kubectl, get, audit, monkeypatch, case
):
    module, kind = case
    names = [f"web{number}" for number in range(WRITES[module] + 1)]

    def options(name: str, level: str) -> dict[str, Any]:
        manifest = simply(deployment(name, replicas=1), f"{name}-config")
        given = [{"name": f"{name}-config", "data": {"LOG_LEVEL": level}}]
        more = {"scale_down_delay": 0} if module == "blue_green" else {}
        whole = manifest if kind == "Deployment" else of_kind(kind, manifest)
        return {"namespace": namespace, "definition": whole, "config": given, "wait_timeout": 300, **more}

    def roll(name: str, level: str) -> dict[str, Any]:
        result = call(cluster, module, **options(name, level))
        assert not result.get("failed"), result["msg"]
        return result

    def kill(number: int) -> None:
        kill_after(cluster, number, module, options(names[number], "debug"), leases=module == "blue_green")

    create(kubectl, *(service(name) for name in names))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: roll(name, "info"), names))
    audit.mark()
    roll(names[0], "debug")
    assert len(audit.writes(leases=module == "blue_green")) >= WRITES[module]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(kill, range(1, len(names))))
    expire_locks(cluster, namespace)
    grown_old(monkeypatch)

    def go_on(name: str) -> None:
        if module == "blue_green":
            give_up(cluster, namespace, name)
        roll(name, "warn")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(go_on, names[1:]))
    for name in names[1:]:
        assert seen_by_pods(get, app=name) == {"warn"}
        revisions = [one for kept in ("replicasets", "controllerrevisions") for one in get(kept)]
        needed = json.dumps([one for one in revisions if one["metadata"]["name"].startswith(name)])
        assert [copy for copy in copies(get, f"{name}-config") if f'"{copy}"' not in needed] == [], "each copy is needed"
        assert not roll(name, "warn")["changed"]


def give_up(cluster: Cluster, namespace: str, name: str) -> None:
    """End a rollout by blue/green that was interrupted, so that another may begin."""
    ended = call(cluster, "promote", namespace=namespace, name=name, wait_timeout=300)
    if ended.get("failed"):
        assert "was not made yet" in ended["msg"]
        call(cluster, "abort", namespace=namespace, name=name, wait_timeout=300)


# --- the copies by themselves ---------------------------------------------------------------------------------------------------------


@pytest.mark.server
@pytest.mark.oldest
def test_copies_by_themselves(ansible, tried, namespace, deployment, get, audit, tmp_path):
    (tmp_path / "app.conf").write_text("level = info\n")
    make = {"namespace": namespace, "name": "web-config", "files": [str(tmp_path / "app.conf")]}
    publish = {"name": "Make a copy", "rollout.kubernetes.versioned_config": make, "register": "made"}
    manifest = workload_named("{{ made.configs[0].copy_name }}", deployment)
    roll = {"name": "Roll out", "rollout.kubernetes.rolling": {"namespace": namespace, "definition": manifest, "wait_timeout": 300}}
    would = tried({"rollout.kubernetes.versioned_config": make}, check=True, diff=True).last
    assert would.changed
    assert "would make its copy web-config-" in would.msg
    assert "level = info" in would["diff"][0]["after"]
    assert copies(get) == {}
    first, second = ansible([publish, roll]).results
    assert (first.changed, second.changed) == (True, True), [first.msg, second.msg]
    (name,) = copies(get)
    assert name == would["configs"][0]["copy_name"] == first["configs"][0]["copy_name"]
    audit.mark()
    again = ansible([publish, roll]).results
    assert [result.changed for result in again] == [False, False]
    assert "its copy" in again[0].msg
    assert "is there already" in again[0].msg
    assert audit.writes() == []


def workload_named(config: str, deployment: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """The workload that takes its variables from this ConfigMap."""
    return simply(deployment(replicas=1), config)


@pytest.mark.server
def test_several_manifests_are_copied_at_once_and_old_copies_go(run, namespace, get, kubectl, monkeypatch):
    def publish(level: str, **options: Any) -> dict[str, Any]:
        both = [config_map(LOG_LEVEL=level), secret(password="hunter2")]
        result: dict[str, Any] = run("versioned_config", definition=both, **options)
        return result

    made = publish("info")
    assert [(entry["kind"], entry["name"], entry["created"]) for entry in made["configs"]] == [
        ("ConfigMap", "web-config", True),
        ("Secret", "web-secret", True),
    ]
    assert "hunter2" not in json.dumps(made)
    changed = publish("debug")
    assert "(LOG_LEVEL changed)" in changed["msg"]
    assert changed["configs"][0]["changes"] == {"added": [], "changed": ["LOG_LEVEL"], "removed": []}
    assert changed["configs"][1]["created"] is False
    assert len(copies(get)) == 2, "younger than an hour"
    grown_old(monkeypatch)
    assert not publish("debug", cleanup=False)["changed"]
    cleaned = publish("debug")
    assert cleaned["changed"]
    assert f"removed ConfigMap {namespace}/{made['configs'][0]['copy_name']}, which nothing refers to any more" in cleaned["msg"]
    assert set(copies(get)) == {changed["configs"][0]["copy_name"]}
    assert not publish("debug")["changed"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"name": "web-config"}, "does not exist and is given no content"),
        ({"name": "web-config", "data": {"A": ["b"]}}, "the value of A in data is a list and no text"),
        ({"name": "web-config", "kind": "Secret", "definition": config_map(A="1")}, "is to be a Secret, and its manifest is a ConfigMap"),
        ({"name": "web-config", "definition": [config_map(A="1"), config_map("b", A="1")]}, "has 2 manifests, which name and version"),
        ({"definition": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}}}, "holds no configuration"),
        ({"name": "web-config", "data": {}}, "made its copy"),
    ],
)
def test_mistakes_in_copies(run, audit, given, sentence):
    audit.mark()
    fine = "made" in sentence
    result = run("versioned_config", fails=not fine, **given)
    assert sentence in result["msg"]
    assert bool(audit.writes()) is fine


# --- others ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.server
def test_what_somebody_does_meanwhile(run, cluster, workload, kubectl, get):
    """The Deployment is labelled between our read and our write."""
    run("rolling", definition=workload(), config=[entry(LOG_LEVEL="info")])
    with faulty(cluster.kubeconfig) as faults:
        other = {"definition": workload(), "config": [entry(LOG_LEVEL="debug")]}
        before(
            faults, lambda request: is_write(request) and "/deployments/" in request.path, lambda: kubectl("label", "deployment/web", "a=b")
        )
        done = run("rolling", **other, **proxied(faults))
    assert done["rollouts"][0]["phase"] == "complete"
    assert seen_by_pods(get) == {"debug"}
    assert len(copies(get)) == 2
    assert get("deployment", "web")["metadata"]["labels"]["a"] == "b"


def test_what_else_may_change_under_the_pods_is_told_once(run, deployment, kubectl, get):
    create(kubectl, secret(password="hunter2"))
    given = [entry(LOG_LEVEL="info")]
    made = run("rolling", definition=configured(deployment(replicas=1)), config=given)
    assert "Secret web-secret (volume keys, volume both, env PASSWORD of container web, envFrom of container web)" in made["msg"]
    assert "`- {kind: Secret, name: web-secret}` under config makes it versioned as well" in made["msg"]
    again = run("rolling", definition=configured(deployment(replicas=1)), config=given)
    assert "web-secret" not in again["msg"]
    kubectl("patch", "secret", "web-secret", "--patch", json.dumps({"immutable": True}))
    changed = run("rolling", definition=configured(deployment(replicas=1)), config=[entry(LOG_LEVEL="debug")])
    assert "under config" not in changed["msg"]


@pytest.mark.server
def test_what_cannot_be_looked_at_does_not_fail_a_rollout_that_is_done(run, cluster, deployment, kubectl):
    create(kubectl, secret(password="hunter2"))
    with faulty(cluster.kubeconfig) as faults:
        faults.add(matches=lambda request: request.path.endswith("/secrets/web-secret"), status=400, body={"code": 400}, times=10_000)
        given = [entry(LOG_LEVEL="info")]
        done = run("rolling", definition=configured(deployment(replicas=1)), config=given, **proxied(faults))
    assert done["rollouts"][0]["phase"] == "complete"


@pytest.mark.server
def test_a_clean_up_that_may_not_write_any_more_does_not_fail_a_rollout_that_is_done(cluster, namespace, run, workload, get, monkeypatch):
    def guard() -> None:
        live = get("deployment", "web")
        status = live.get("status", {})
        seen = status.get("observedGeneration") == live["metadata"]["generation"] > generation
        if seen and status.get("updatedReplicas") == status.get("availableReplicas") == status.get("replicas"):
            raise RefusedError("The lock was lost.")

    for level in ("info", "debug"):
        run("rolling", definition=workload(revisionHistoryLimit=0), config=[entry(LOG_LEVEL=level)])
    forgotten(get)
    grown_old(monkeypatch)
    generation = get("deployment", "web")["metadata"]["generation"]
    options = {"definition": workload(revisionHistoryLimit=0), "config": [entry(LOG_LEVEL="warn")], "wait_timeout": 300}
    done = call(cluster, "rolling", context=Context(guard=guard), namespace=namespace, **options)
    assert not done.get("failed"), done["msg"]
    assert done["rollouts"][0]["phase"] == "complete"
    assert [warning for warning in done["warnings"] if "were not cleaned up: The lock was lost." in warning]


def test_each_namespace_has_its_own_copies(run, cluster, workload, get, kubectl, namespace):
    with cluster.fresh_namespace(f"{namespace}-b"):
        both = [workload(), {**workload(), "metadata": {"name": "web", "namespace": f"{namespace}-b"}}]
        done = run("rolling", definition=both, config=[entry(LOG_LEVEL="info")])
        assert [(made["namespace"], made["copy_name"][:11], made["created"]) for made in done["configs"]] == [
            (namespace, "web-config-", True),
            (f"{namespace}-b", "web-config-", True),
        ]
        assert not run("rolling", definition=both, config=[entry(LOG_LEVEL="info")])["changed"]


@pytest.mark.server
def test_a_copy_that_came_with_a_rollout_that_failed_goes_later(run, workload, get, monkeypatch):
    run("rolling", definition=workload(), config=[entry(LOG_LEVEL="info")])
    broken = run(
        "rolling",
        definition=workload(image="registry.example/web:missing"),
        config=[entry(LOG_LEVEL="debug")],
        on_failure="rollback",
        fails=True,
    )
    assert broken["rollouts"][0]["phase"] == "aborted"
    assert seen_by_pods(get) == {"info"}
    assert len(copies(get)) == 2
    grown_old(monkeypatch)
    run("rolling", definition=workload(revisionHistoryLimit=0), config=[entry(LOG_LEVEL="warn")])
    forgotten(get)
    run("rolling", definition=workload(revisionHistoryLimit=0), config=[entry(LOG_LEVEL="error")])
    assert seen_by_pods(get) == {"error"}
    assert len(copies(get)) <= 2
