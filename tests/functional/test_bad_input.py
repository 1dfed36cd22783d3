# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mistakes get one sentence that says what is wrong and what to do; nothing is written, nothing secret is shown."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
import yaml

from .test_rolling import roll
from .workloads import of_kind

pytestmark = pytest.mark.memory


def refused(play: Any, *words: str) -> None:
    """The task failed with these words, in one line, without a traceback."""
    last = play.last
    assert last.failed, last.task
    assert not last.changed, last.task
    for word in words:
        assert word in last.msg, (last.task, last.msg)
    assert "\n" not in last.msg.strip(), (last.task, last.msg)
    assert "Traceback" not in play.stdout + play.stderr


SHORT = {"name": "web", "image": "registry.example/web:2"}

BAD: list[tuple[str, dict[str, Any], list[str]]] = [
    ("unknown-kind", {"kind": "Deploymnt", **SHORT}, ["kind", "Deployment"]),
    ("no-such-workload", {"name": "wep", "image": "registry.example/web:2"}, ["Deployment", "/wep", "does not exist"]),
    ("no-such-container", {"name": "web", "image": {"wep": "registry.example/web:2"}}, ["wep", "web"]),
    ("both-zero", {**SHORT, "max_surge": 0, "max_unavailable": 0}, ["max_surge", "max_unavailable"]),
    ("surge-no-number", {**SHORT, "max_surge": "a lot"}, ["max_surge", "a lot"]),
    ("timeout-zero", {**SHORT, "wait_timeout": 0}, ["wait_timeout", "0"]),
    ("timeout-negative", {**SHORT, "timeout": -5}, ["wait_timeout", "-5"]),
    ("name-with-slash", {"name": "a/b", "image": "registry.example/web:2"}, ["a/b", "valid name"]),
    ("nothing-to-change", {"name": "web"}, ["Nothing to change"]),
    ("both-ways", {"definition": {}, **SHORT}, ["mutually exclusive"]),
    ("neither-way", {"image": "registry.example/web:2"}, ["name"]),
    ("not-yaml", {"definition": "a: [1"}, ["YAML", "line"]),
    ("no-manifest", {"definition": "just words"}, ["manifest"]),
    ("no-kind", {"definition": {"apiVersion": "apps/v1", "metadata": {"name": "web"}}}, ["kind"]),
    ("no-name", {"definition": {"apiVersion": "apps/v1", "kind": "Deployment"}}, ["metadata.name"]),
    ("kind-the-cluster-lacks", {"definition": {"apiVersion": "apps/v1", "kind": "Deploymnt", "metadata": {"name": "web"}}}, ["Deploymnt"]),
    ("no-deployment", {"definition": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}}}, ["no Deployment"]),
    ("src-and-name", {"src": "web.yml", **SHORT}, ["mutually exclusive", "src|name"]),
    ("template-and-name", {"template": "web.yml", **SHORT}, ["mutually exclusive", "template|name"]),
    ("no-such-file", {"src": "no-such-file.yml"}, ["no-such-file.yml"]),
]


@pytest.mark.server
@pytest.mark.parametrize("role", ["rolling", "blue_green", "partition", "rollback"])
def test_a_role_that_fails_says_in_its_first_line_what_its_task_says(ansible, namespace, deployment, apply, role):
    apply(of_kind("StatefulSet" if role in ("partition", "on_delete") else "Deployment", deployment()))
    # What the preflight is not asked for.
    given = {"namespace": namespace, "name": "web", "failure_grace": "soon"} | ({} if role == "rollback" else {"image": SHORT["image"]})
    play = ansible(f"rollout.kubernetes.{role}", variables={f"{role}_{key}": value for key, value in given.items()})
    sentence = next(result.msg for result in play.results if result.failed)
    first = next(line for line in play.stdout.splitlines() if line.startswith("[ERROR]"))
    assert first == f"[ERROR]: Task failed: Action failed: {sentence}"


@pytest.mark.server
@pytest.mark.oldest
def test_bad_input_is_refused_before_anything_is_written(ansible, audit, namespace, deployment, apply):
    apply(deployment())
    audit.mark()
    play = ansible([{**roll(namespace, **options), "name": case, "ignore_errors": True} for case, options, _words in BAD])
    assert [result.task for result in play.results] == [case for case, _options, _words in BAD]
    for (_case, _options, words), result in zip(BAD, play.results, strict=True):
        refused(dataclasses.replace(play, results=[result]), *words)
    assert audit.writes() == []


def test_broken_yaml_is_told_with_its_file_and_line(tried, namespace, tmp_path):
    (tmp_path / "web.yml").write_text("kind: Deployment\nmetadata: {name: [}\n")
    refused(tried(roll(namespace, src=str(tmp_path / "web.yml"))), "web.yml", "YAML", "line 2")


def test_a_manifest_that_the_server_refuses(tried, audit, namespace, deployment):
    broken = deployment(replicas=-1)
    refused(tried(roll(namespace, definition=broken)), f"Deployment {namespace}/web", "spec.replicas")
    assert audit.writes() == []


def test_a_manifest_that_is_refused_leaves_its_companions_unwritten(tried, audit, namespace, deployment):
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}, "data": {"greeting": "hello"}}
    refused(tried(roll(namespace, definition=[config, deployment(replicas=-1)])), "spec.replicas")
    assert audit.writes() == []


def test_no_such_namespace(tried, deployment):
    refused(tried(roll("no-such-namespace", definition=deployment())), "no-such-namespace", "does not exist")


@pytest.mark.server
def test_no_rights_name_verb_and_resource(tried, namespace, deployment):
    task = roll(namespace, definition=deployment(), impersonate_user="somebody")
    refused(tried(task), "deployments", "somebody")


@pytest.mark.server
def test_no_cluster(tried, namespace, deployment, tmp_path, cluster):
    config = yaml.safe_load(cluster.kubeconfig.read_text())
    config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:9"
    (tmp_path / "nowhere").write_text(yaml.safe_dump(config))
    refused(tried(roll(namespace, definition=deployment(), kubeconfig=str(tmp_path / "nowhere"))), "127.0.0.1:9")


@pytest.mark.server
def test_no_cluster_at_the_host_of_the_environment(ansible, namespace, deployment):
    task = {**roll(namespace, definition=deployment()), "environment": {"K8S_AUTH_HOST": "https://127.0.0.1:9", "K8S_AUTH_API_KEY": "x"}}
    refused(ansible(task), "127.0.0.1:9", "K8S_AUTH_HOST) names the right server")


@pytest.mark.server
@pytest.mark.parametrize("way", ["process", "module"])
def test_wrong_credentials_are_refused_and_not_shown(ansible, modules, namespace, deployment, cluster, way):
    config = yaml.safe_load(cluster.kubeconfig.read_text())
    server = config["clusters"][0]["cluster"]["server"]
    task = roll(namespace, definition=deployment(), host=server, api_key="s3cret-t0ken-of-nobody", validate_certs=False)
    play = ansible(task, arguments=["-vvv"]) if way == "process" else modules(task)
    refused(play, "token")
    assert "s3cret-t0ken-of-nobody" not in play.stdout + play.stderr + json.dumps(play.last.data)


@pytest.mark.server
def test_a_kubeconfig_without_that_context(tried, namespace, deployment):
    refused(tried(roll(namespace, definition=deployment(), context="no-such-context")), "no-such-context")
