# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user expects of a module holds when the controller's process does the work: environment, files, vault, keywords, progress."""

from __future__ import annotations

import base64
import json
import queue
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret

from .cluster import PATIENCE
from .faults import faulty
from .interference import through
from .plays import Running
from .test_rolling import containers, roll
from .workloads import grant

STATUS = "rollout.kubernetes.status_info"
NOWHERE = {"K8S_AUTH_KUBECONFIG": "", "KUBECONFIG": "/nowhere/kubeconfig"}
VAULT = VaultLib([("default", VaultSecret(b"open sesame"))])


def look(namespace: str, **keywords: Any) -> dict[str, Any]:
    """A task that only looks, and does not end the play when it fails."""
    return {"name": "Look", STATUS: {"namespace": namespace, "name": "web"}, "ignore_errors": True, **keywords}


def went_in_process(play: Any) -> bool:
    """Whether the controller's process did it: only there progress is shown."""
    return any(" old, " in line and " new ready" in line for line in play.stdout.splitlines())


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def vaulted(tmp_path) -> list[str]:
    """The arguments that open what VAULT has closed."""
    write(tmp_path / "vault-password", "open sesame\n")
    return ["--vault-password-file", str(tmp_path / "vault-password")]


@pytest.fixture
def python_without_kubernetes(tmp_path) -> str:
    """Another Python than the controller's, with nothing installed."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "bare")], check=True)
    return str(tmp_path / "bare" / "bin" / "python")


# --- environment ------------------------------------------------------------------------------------------------------------------


@pytest.mark.oldest
def test_the_environment_of_a_task_counts_for_that_task_alone(ansible, namespace, deployment, apply, cluster, tmp_path):
    apply(deployment())
    good, bad = str(cluster.kubeconfig), str(tmp_path / "no-such-kubeconfig")
    tasks = [
        look(namespace, name="auth", environment={"K8S_AUTH_KUBECONFIG": good}),
        look(namespace, name="none"),
        look(namespace, name="kubeconfig", environment={"KUBECONFIG": good}),
        look(namespace, name="loop", environment={"K8S_AUTH_KUBECONFIG": "{{ item }}"}, loop=[good, bad, good, ""]),
        look(namespace, name="still none"),
    ]
    results = {result.task: result for result in ansible(tasks, environment=NOWHERE).results}
    assert {name: result.failed for name, result in results.items()} == {
        "auth": False,
        "none": True,
        "kubeconfig": False,
        "loop": True,
        "still none": True,
    }
    assert [bool(item["rollouts"]) for item in results["loop"]["results"]] == [True, False, True, False]
    assert "no-such-kubeconfig" in results["loop"]["results"][1]["msg"]
    assert "/nowhere/kubeconfig" in results["loop"]["results"][3]["msg"]
    # A module has a process of its own, so that nothing can be left of it.
    assert [result.failed for result in ansible(tasks[:2], way="module", environment=NOWHERE).results] == [False, True]


def test_host_token_and_proxy_may_come_from_the_environment_of_a_task(ansible, namespace, deployment, apply, cluster):
    apply(deployment())
    with faulty(cluster.kubeconfig) as faults:
        asked = through(faults)
        tasks = [
            look(namespace, name="host", environment=asked),
            look(namespace, name="proxy", environment={**asked, "K8S_AUTH_HOST": "http://kubernetes.invalid", "HTTP_PROXY": faults.url}),
        ]
        host, proxy = ansible(tasks, environment=NOWHERE).results
    assert not host.failed, host.msg
    assert not proxy.failed, proxy.msg
    assert "kubernetes.invalid" in faults.requests[-1].headers["Host"]


def test_a_credential_plugin_sees_the_environment_of_the_task(ansible, namespace, deployment, apply, kubectl, cluster, tmp_path):
    apply(deployment())
    grant(kubectl, f"{namespace}:default", cluster_role="view")
    token = kubectl("create", "token", "default").stdout.strip()
    answer = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "TOKEN"}}
    plugin = write(tmp_path / "plugin", f"#!/bin/sh\necho '{json.dumps(answer)}' | sed \"s/TOKEN/$TOKEN_OF_THE_TASK/\"\n")
    plugin.chmod(0o755)
    content = yaml.safe_load(cluster.kubeconfig.read_text())
    run = {"apiVersion": "client.authentication.k8s.io/v1", "command": str(plugin), "interactiveMode": "Never"}
    content["users"][0]["user"] = {"exec": run}
    kubeconfig = write(tmp_path / "kubeconfig-with-plugin", yaml.safe_dump(content))
    tasks = [look(namespace, environment={"TOKEN_OF_THE_TASK": token}), look(namespace, name="without")]
    play = ansible(tasks, kubeconfig=kubeconfig, arguments=["-vvv"])
    with_it, without = play.results
    assert not with_it.failed, with_it.msg
    assert without.failed
    # Ansible itself shows the environment of a module's command at -vvv; what we do in process shows none of it.
    assert token not in play.stdout + play.stderr + json.dumps([result.data for result in play.results])


# --- defaults ---------------------------------------------------------------------------------------------------------------------


def test_defaults_of_the_group_reach_all_modules_and_those_of_one_module_only_that_one(ansible, namespace, deployment, cluster):
    defaults = {
        "group/rollout.kubernetes.rollout": {"namespace": namespace, "kubeconfig": str(cluster.kubeconfig)},
        "rollout.kubernetes.wait": {"wait_timeout": 2, "name": "web"},
    }
    tasks = [
        {"name": "Roll out", "rollout.kubernetes.rolling": {"definition": deployment(simulate={"ready-after": "3s"}), "progress": "off"}},
        {"name": "Look", STATUS: {"name": "web"}},
        {"name": "Break", "rollout.kubernetes.rolling": {"definition": deployment(image="registry.example/web:unready"), "wait": False}},
        {"name": "Wait", "rollout.kubernetes.wait": {}, "ignore_errors": True},
    ]
    play = ansible(tasks, play={"module_defaults": defaults}, environment=NOWHERE)
    assert [result.outcome for result in play.results] == ["ok", "ok", "ok", "ignored"], play.stdout
    assert "wait_timeout of 2 s" in play.last.msg


# --- files ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.oldest
def test_files_are_found_beside_the_role_and_the_playbook_and_where_ansible_was_called(ansible, namespace, deployment, cluster, tmp_path):
    place = {"namespace": namespace, "wait": False}
    content = yaml.safe_load(cluster.kubeconfig.read_text())
    server = {"host": content["clusters"][0]["cluster"]["server"], "ca_cert": "ca.pem", "client_cert": "cert.pem", "client_key": "key.pem"}
    files = {
        "ca.pem": pem(content["clusters"][0]["cluster"], "certificate-authority"),
        "cert.pem": pem(content["users"][0]["user"], "client-certificate"),
        "key.pem": pem(content["users"][0]["user"], "client-key"),
    }
    books, role = tmp_path / "books", tmp_path / "books" / "roles" / "app"
    for name, text in files.items():
        write(books / "files" / name, text)
    write(role / "files" / "role.yml", json.dumps(deployment("role")))
    write(role / "templates" / "role.yml.j2", json.dumps(deployment("role-template", image="{{ image }}")))
    write(role / "files" / "role-kubeconfig", cluster.kubeconfig.read_text())
    write(books / "files" / "book.yml", json.dumps(deployment("book")))
    write(books / "templates" / "book.yml.j2", json.dumps(deployment("book-template", image="{{ image }}")))
    write(books / "beside.yml", json.dumps(deployment("beside")))
    write(tmp_path / "here.yml", json.dumps(deployment("here")))
    write(tmp_path / "here.yml.j2", json.dumps(deployment("here-template", image="{{ image }}")))
    ways: list[dict[str, Any]] = [
        {"src": "role.yml", "kubeconfig": "role-kubeconfig"},
        {"template": "role.yml.j2", **server},
        {"src": "book.yml"},
        {"template": "book.yml.j2"},
        {"src": "beside.yml"},
        {"src": "here.yml"},
        {"template": {"path": "here.yml.j2"}},
    ]
    tasks = [{"name": "Roll out", "rollout.kubernetes.rolling": {**place, **way}} for way in ways]
    write(role / "tasks" / "main.yml", json.dumps(tasks))
    play = {"hosts": "localhost", "gather_facts": False, "vars": {"image": "registry.example/web:1"}, "roles": ["app"]}
    write(books / "site.yml", json.dumps([play]))
    done = ansible(str(books / "site.yml"))
    assert done.code == 0, done.stdout
    names = [result["rollouts"][0]["name"] for result in done.results]
    assert names == ["role", "role-template", "book", "book-template", "beside", "here", "here-template"]


def pem(entry: dict[str, str], key: str) -> str:
    """What a kubeconfig names as a file or holds as data."""
    if key in entry:
        return Path(entry[key]).read_text()
    return base64.b64decode(entry[f"{key}-data"]).decode()


def test_a_file_that_is_nowhere_is_named_with_the_places_that_were_searched(ansible, namespace, tmp_path):
    wrong: list[dict[str, Any]] = [{option: "no-such-file"} for option in ("src", "template")]
    wrong += [{"definition": {}, option: "no-such-file"} for option in ("kubeconfig", "ca_cert")]
    play = ansible([{**roll(namespace, **options), "ignore_errors": True} for options in wrong])
    for option, result in zip(("src", "template", "kubeconfig", "ca_cert"), play.results, strict=True):
        assert result.failed
        assert f"{option} no-such-file was not found" in result.msg
        assert str(tmp_path) in result.msg


@pytest.mark.oldest
def test_templates_are_rendered_with_their_own_delimiters_and_several_make_one_definition(ansible, namespace, deployment, get, tmp_path):
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}, "data": {"rule": "{{ 1/0 }}", "who": "[[ who ]]"}}
    write(tmp_path / "templates" / "config.yml.j2", f"[% if true %]\n{json.dumps(config)}\n[% endif %]\n")
    write(tmp_path / "templates" / "web.yml.j2", "{% include 'part.j2' %}\n")
    write(tmp_path / "templates" / "part.j2", json.dumps(deployment(image="{{ image }}")))
    own = {"variable_start_string": "[[", "variable_end_string": "]]", "block_start_string": "[%", "block_end_string": "%]"}
    template = [{"path": "config.yml.j2", **own}, "web.yml.j2"]
    variables = {"who": "me", "image": "registry.example/web:7"}
    unknown = roll(namespace, template={"path": "web.yml.j2", "colour": "red"})
    last, wrong = ansible([roll(namespace, template=template), unknown], variables=variables).results
    assert not last.failed, last.msg
    assert get("configmap", "web")["data"] == {"rule": "{{ 1/0 }}", "who": "me"}
    assert containers(get("deployment", "web"))[0]["image"] == "registry.example/web:7"
    assert wrong.failed
    assert "colour" in wrong.msg


def test_two_manifests_are_refused_by_whatever_names(ansible, audit, namespace, deployment, tmp_path):
    write(tmp_path / "web.yml", json.dumps(deployment("file")))
    inline = dict.fromkeys(("definition", "resource_definition", "inline"), deployment("inline"))
    values = {**inline, "src": "web.yml", "template": "web.yml"}
    pairs = [{first: "web.yml", other: value} for other, value in values.items() for first in ("src", "template") if first != other]
    results = ansible([{**roll(namespace, **pair), "ignore_errors": True} for pair in pairs]).results
    assert len(results) == len(pairs)
    for result in results:
        assert result.failed
        assert "mutually exclusive" in result.msg
    assert audit.writes() == []


# --- vault and tagged values ------------------------------------------------------------------------------------------------------


@pytest.mark.oldest
def test_vaulted_files_and_values_are_opened_and_not_shown(ansible, namespace, deployment, get, cluster, tmp_path, vaulted):
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "file"}, "stringData": {"key": "correct horse"}}
    text = "\n---\n".join(map(json.dumps, (secret, deployment("file"))))
    write(tmp_path / "files" / "web.yml", VAULT.encrypt(text).decode())
    write(tmp_path / "files" / "kubeconfig", VAULT.encrypt(cluster.kubeconfig.read_text()).decode())
    write(tmp_path / "templates" / "web.yml.j2", VAULT.encrypt(json.dumps(deployment("template"))).decode())
    closed = VAULT.encrypt("battery staple").decode().replace("\n", "\n          ")
    playbook = f"""
- hosts: localhost
  gather_facts: false
  vars:
    greeting: !vault |
          {closed}
  tasks:
    - rollout.kubernetes.rolling:
        namespace: {namespace}
        src: web.yml
        kubeconfig: kubeconfig
        wait: false
    - rollout.kubernetes.rolling:
        namespace: {namespace}
        template: web.yml.j2
        wait: false
    - rollout.kubernetes.rolling:
        namespace: {namespace}
        wait: false
        definition:
          - apiVersion: v1
            kind: Secret
            metadata: {{name: inline}}
            stringData:
              direct: !vault |
                {VAULT.encrypt("staple battery").decode().replace(chr(10), chr(10) + " " * 16)}
              by_name: "{{{{ greeting }}}}"
              hostile: !unsafe "{{{{ 1/0 }}}}"
          - {json.dumps(deployment("inline"))}
"""
    done = ansible(str(write(tmp_path / "vaulted.yml", playbook)), arguments=[*vaulted, "-vvv"], diff=True)
    assert done.code == 0, done.stdout
    assert [result["rollouts"][0]["name"] for result in done.results] == ["file", "template", "inline"]
    values = {key: value for name in ("file", "inline") for key, value in decoded(get("secret", name)).items()}
    assert values == {"key": "correct horse", "direct": "staple battery", "by_name": "battery staple", "hostile": "{{ 1/0 }}"}
    shown = done.stdout + done.stderr + json.dumps([result.data for result in done.results])
    for value in ("correct horse", "staple battery", "battery staple"):
        assert value not in shown


def decoded(secret: dict[str, Any]) -> dict[str, str]:
    return {key: base64.b64decode(value).decode() for key, value in secret["data"].items()}


def test_a_vaulted_file_without_its_password_gets_one_sentence(ansible, audit, namespace, deployment, tmp_path):
    write(tmp_path / "files" / "web.yml", VAULT.encrypt(json.dumps(deployment())).decode())
    play = ansible(roll(namespace, src="web.yml"))
    assert play.last.failed
    assert "vault" in play.last.msg.lower()
    assert "Traceback" not in play.stdout + play.stderr
    assert audit.writes() == []


def test_a_kubeconfig_may_be_data(ansible, modules, namespace, deployment, apply, cluster):
    apply(deployment())
    content = cluster.kubeconfig.read_text()
    tasks = [
        {"name": "Look", STATUS: {"namespace": namespace, "name": "web", "kubeconfig": yaml.safe_load(content)}},
        {"name": "Look", STATUS: {"namespace": namespace, "name": "web", "kubeconfig": content}},
    ]
    key = yaml.safe_load(content)["users"][0]["user"].get("client-key-data", "no key in it")
    for run in (partial(ansible, arguments=["-vvv"]), modules):
        play = run(tasks, environment=NOWHERE)
        assert play.code == 0, play.stdout
        assert key not in play.stdout + play.stderr + json.dumps([result.data for result in play.results])


@pytest.mark.oldest
@pytest.mark.parametrize("way", ["process", "module"])
def test_hostile_text_stays_text_in_the_cluster_and_in_the_result(ansible, namespace, deployment, get, tmp_path, way):
    hostile = {"rule": "{{ 1/0 }}", "other": "{% raw", "third": "{{ lookup('pipe', 'touch pwned') }}"}
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}, "data": hostile}
    path = write(tmp_path / "web.yml", "\n---\n".join(map(json.dumps, (config, deployment()))))
    tasks = [
        {**roll(namespace, src=str(path)), "register": "done", "diff": True},
        {"name": "Show", "ansible.builtin.debug": {"msg": "{{ done.diff | map(attribute='after') | join }} {{ done.msg }}"}},
    ]
    play = ansible(tasks, way=way)
    assert play.code == 0, play.stdout
    assert get("configmap", "web")["data"] == hostile
    assert "{{ 1/0 }}" in play.last["msg"]
    assert not list(tmp_path.rglob("pwned"))


# --- which way --------------------------------------------------------------------------------------------------------------------


def test_async_waits_and_can_be_asked_later(ansible, namespace, deployment, get):
    slow = {"ready-after": "2s"}
    later = {"name": "Ask", "ansible.builtin.async_status": {"jid": "{{ job.ansible_job_id }}"}}
    tasks = [
        {**roll(namespace, definition=deployment("one", simulate=slow)), "async": 60, "poll": 1},
        {**roll(namespace, definition=deployment("two", simulate=slow)), "async": 60, "poll": 0, "register": "job"},
        {**later, "register": "answer", "until": "answer.finished | bool", "retries": 30, "delay": 1},
    ]
    play = ansible(tasks)
    polled, started, asked = play.results[0], play.results[1], play.last
    assert polled["rollouts"][0]["phase"] == "complete"
    assert started["ansible_job_id"]
    assert "rollouts" not in started.data
    assert asked["rollouts"][0]["phase"] == "complete"
    assert asked.changed
    assert not went_in_process(play)


@pytest.mark.skipif(not (shutil.which("sudo") or shutil.which("su")), reason="this machine has neither sudo nor su")
def test_become_runs_the_module_as_that_user(ansible, namespace, deployment, tmp_path):
    method = "ansible.builtin.sudo" if shutil.which("sudo") else "ansible.builtin.su"
    if subprocess.run(["id", "-u"], capture_output=True, text=True, check=True).stdout.strip() != "0":
        pytest.skip("becoming root without a password needs root")
    become = {"ansible_become": True, "ansible_become_method": method}
    tasks = [
        {**roll(namespace, definition=deployment()), "become": True, "become_method": method},
        {**roll(namespace, definition=deployment(image="registry.example/web:2")), "vars": become},
    ]
    play = ansible(tasks)
    assert [result["rollouts"][0]["phase"] for result in play.results] == ["complete"] * 2, play.stdout
    assert not went_in_process(play)


def test_another_python_is_respected_and_says_in_one_sentence_what_it_lacks(
    ansible, audit, namespace, deployment, python_without_kubernetes
):
    tasks = [{**roll(namespace, definition=form), "ignore_errors": True} for form in (deployment(), json.dumps(deployment()))]
    play = ansible(tasks, variables={"ansible_python_interpreter": python_without_kubernetes})
    assert [result.failed for result in play.results] == [True, True]
    for result in play.results:
        assert "Failed to import the required Python library (kubernetes)" in result.msg
        assert python_without_kubernetes in result.msg
    assert "Traceback" not in play.stdout + play.stderr
    assert audit.writes() == []


def test_delegated_to_localhost_it_runs_in_process_under_the_name_of_its_host(ansible, namespace, deployment, tmp_path):
    write(tmp_path / "inventory", "far ansible_python_interpreter=/far/away/python ansible_host=203.0.113.7\n")
    task = {**roll(namespace, definition=deployment(simulate={"ready-after": "1s"})), "delegate_to": "localhost"}
    done = ansible(task, play={"hosts": "far"}, arguments=["--inventory", "inventory"])
    assert done.code == 0, done.stdout
    assert went_in_process(done)
    assert any(line.startswith("far: Deployment ") for line in done.stdout.splitlines()), done.stdout


# --- progress ---------------------------------------------------------------------------------------------------------------------


class Live:
    """The lines of a run as they come."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.lines: queue.Queue[tuple[float, str]] = queue.Queue()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self.running.process.stdout is not None
        for line in self.running.process.stdout:
            self.lines.put((time.monotonic(), line))

    def next(self, word: str, seconds: float = PATIENCE) -> str:
        """The next line that holds a word."""
        deadline = time.monotonic() + seconds
        while True:
            line = self.lines.get(timeout=max(0.1, deadline - time.monotonic()))[1]
            if word in line:
                return line

    def rest(self) -> list[tuple[float, str]]:
        """All lines that are still to come, with their times, once it has ended."""
        self.running.process.wait(PATIENCE)
        self._thread.join(10)
        return list(self.lines.queue)

    def end(self) -> None:
        self.running.kill()
        self.running.process.wait()
        self._thread.join(10)


@pytest.fixture
def live(ansible) -> Iterator[Any]:
    started: list[Live] = []

    def start(*arguments: Any, **options: Any) -> Live:
        started.append(Live(ansible.start(*arguments, **options)))
        return started[-1]

    yield start
    for entry in started:
        entry.end()


@pytest.mark.oldest
def test_progress_is_shown_while_the_task_runs_with_host_and_object(live, namespace, deployment):
    shown = live(roll(namespace, definition=deployment(image="registry.example/web:unready"), wait_timeout=600))
    line = shown.next(" new ready")
    assert line.startswith(f"localhost: Deployment {namespace}/web: ")
    assert shown.running.process.poll() is None, "the task goes on"


def test_progress_is_no_flood(live, namespace, deployment):
    many = [deployment(f"web-{number}", simulate={"ready-after": "0.2s", "ready-after-at-most": "2s"}, replicas=4) for number in range(12)]
    lines = [(moment, line) for moment, line in live(roll(namespace, definition=many)).rest() if " new ready" in line]
    assert len(lines) > 12
    on_the_way = [moment for moment, line in lines if "successfully rolled out" not in line]
    # Ten a second by the task's own clock; here they may arrive in bunches.
    seconds = on_the_way[-1] - on_the_way[0]
    assert len(on_the_way) <= 10 * (seconds + 2), f"{len(on_the_way)} lines in {seconds:.1f} s"


def test_a_play_ends_although_nobody_reads_its_output_any_more(ansible, namespace, deployment, get):
    """As with `| head`."""
    many = [deployment(f"web-{number}", simulate={"ready-after": "0.2s", "ready-after-at-most": "1s"}) for number in range(6)]
    process = ansible.start(roll(namespace, definition=many)).process
    assert any(" new ready" in line for line in process.stdout)
    process.stdout.close()
    process.wait(60)
    assert [entry["status"].get("readyReplicas") for entry in get("deployments")] == [3] * 6


QUIET: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "no-log": ({}, {"no_log": True}),
    "off": ({"progress": "off"}, {}),
    "off-as-yaml-has-it": ({"progress": False}, {}),
    "variable-of-the-task": ({}, {"environment": {"ROLLOUT_PROGRESS": "false"}}),
    "wanted": ({}, {}),
}
"""Options and keywords of tasks, by the names of their Deployments; only the last wants to be shown."""


def test_progress_is_not_shown_by_tasks_that_do_not_want_it(ansible, namespace, deployment):
    slow = {"ready-after": "1s"}
    play = ansible(
        [
            {**roll(namespace, definition=deployment(name, simulate=slow), **options), **keywords}
            for name, (options, keywords) in QUIET.items()
        ]
    )
    assert play.code == 0, play.stdout
    assert len(play.results) == len(QUIET)
    shown = [line for line in play.stdout.splitlines() if " old, " in line and " new ready" in line]
    assert shown, play.stdout
    assert all(f" {namespace}/wanted: " in line for line in shown), play.stdout


@pytest.mark.parametrize("variable", [{"ROLLOUT_PROGRESS": "false"}, {"ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.oneline"}])
def test_progress_is_not_shown_where_it_is_not_wanted(ansible, namespace, deployment, variable):
    play = ansible(roll(namespace, definition=deployment(simulate={"ready-after": "1s"})), environment=variable)
    assert play.code == 0, play.stdout
    assert not went_in_process(play), play.stdout


def test_progress_is_shown_under_the_callback_minimal(ansible, namespace, deployment):
    task = roll(namespace, definition=deployment(simulate={"ready-after": "1s"}))
    assert went_in_process(ansible(task, environment={"ANSIBLE_STDOUT_CALLBACK": "minimal"}))


def test_no_log_hides_what_is_in_the_result(ansible, namespace, deployment):
    play = ansible({**roll(namespace, definition=deployment("hidden-name")), "no_log": True}, diff=True, arguments=["-vvv"])
    assert play.code == 0, play.stdout
    assert "hidden-name" not in play.stdout + play.stderr


# --- keywords ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.oldest
def test_the_keyword_timeout_interrupts_and_nothing_is_written_later(ansible, here, audit, namespace, deployment, kubectl):
    here(roll(namespace, definition=deployment("first")))
    audit.mark()
    # Both items run in one process, one after the other: what the first left behind would act during the second.
    task = roll(namespace, definition="{{ item.definition }}", on_failure="rollback", wait_timeout="{{ item.timeout + 1 }}")
    items = [
        {"definition": deployment("first", image="registry.example/web:unready"), "timeout": 10},
        {"definition": deployment("second", simulate={"ready-after": "1s"}), "timeout": 300},
    ]
    looped = {**task, "loop": items, "timeout": "{{ item.timeout }}", "ignore_errors": True, "loop_control": {"label": "x", "pause": 3}}
    last = ansible(looped).last
    interrupted, done = last["results"]
    assert "timedout" in interrupted
    assert "rollouts" not in interrupted
    assert done["rollouts"][0]["phase"] == "complete"
    assert [event.name for event in audit.writes()] == ["first", "second"]
