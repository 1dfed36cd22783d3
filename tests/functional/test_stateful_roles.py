# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The roles `partition` and `on_delete`: what molecule cannot show. A run that is killed, answers of surveys, check mode, where it ends.

Each is shown with one of the two, whose task files are the same (tests/unit/roles/test_twins.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from .interference import eventually, family, is_alive, kill_all
from .plays import Ansible, Play
from .witness import is_ready
from .workloads import HELD, create, let_go, of_kind, rolled_out

ONE, TWO = (f"registry.example/web:{tag}" for tag in "12")
WINDOW = ("before_step", "after_step", "read_only", "read_write")
STATS = {"ANSIBLE_SHOW_CUSTOM_STATS": "true"}


NOTE = "Note that it runs"


class Hooks:
    """Task files that tell that they ran, in a folder of the test's own; what they told is in the records of the plays."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._records, self._forgotten = folder / "hooks", folder, 0
        self.folder.mkdir()

    def give(self, role: str, *names: str, **more: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """The variables of a role with such task files, `more` with further tasks after the record."""
        for name in (*names, *more):
            words = [name, "{{ rollout_step }}", "{{ rollout_pods | default([]) | join(',') }}", "{{ rollout_pod | default('') }}"]
            note = {"name": NOTE, "ansible.builtin.debug": {"msg": " ".join(words)}}
            (self.folder / f"{name}.yml").write_text(json.dumps([note, *more.get(name, ())]))
        return {f"{role}_files_dir": str(self.folder)} | {f"{role}_{name}": f"{name}.yml" for name in (*names, *more)}

    @property
    def ran(self) -> list[str]:
        """What they have told."""
        return self._told()[self._forgotten :]

    def forget(self) -> None:
        """Begin anew."""
        self._forgotten = len(self._told())

    def _told(self) -> list[str]:
        records = sorted(self._records.glob("record-*.jsonl"), key=lambda path: int(path.stem.rpartition("-")[2]))
        lines = [json.loads(line) for path in records for line in path.read_text().splitlines()]
        return [line["result"]["msg"].strip() for line in lines if line["task"].endswith(NOTE)]  # After the name of the role.


@pytest.fixture
def hooks(tmp_path) -> Hooks:
    return Hooks(tmp_path)


@pytest.fixture
def first(kubectl, deployment) -> Callable[..., None]:
    """first(kind="StatefulSet", replicas=3, ...): the first version of `web`, rolled out."""

    def make(kind: str = "StatefulSet", **options: Any) -> None:
        create(kubectl, of_kind(kind, deployment(**{"replicas": 3, **options})))
        rolled_out(kubectl, f"{kind.lower()}/web")

    return make


@pytest.fixture
def play(ansible: Ansible, namespace: str) -> Callable[..., Play]:
    """play(role, given, ...): the playbook of a role, with the second version of `web`."""

    def run(role: str, given: dict[str, Any], **how: Any) -> Play:
        return ansible(f"rollout.kubernetes.{role}", variables=wanted(role, namespace) | given, environment=STATS, **how)

    return run


def wanted(role: str, namespace: str) -> dict[str, Any]:
    """The second version of `web`."""
    return {f"{role}_name": "web", f"{role}_namespace": namespace, f"{role}_image": TWO}


def report(done: Play) -> str:
    """What is left for later nodes of a workflow."""
    return done.stdout.partition("CUSTOM STATS")[2]


def images(get: Callable[..., Any]) -> list[str]:
    """The images of the pods of `web`, by name."""
    pods = sorted(get("pods"), key=lambda pod: str(pod["metadata"]["name"]))
    return [pod["spec"]["containers"][0]["image"] for pod in pods]


def test_a_run_that_was_killed_while_the_application_was_read_only_is_mended_by_the_next(
    ansible: Ansible, first, play, hooks, kubectl, get, namespace
):
    first(replicas=1, simulate=HELD)
    given = hooks.give("partition", *WINDOW) | {"partition_primary": "0"}
    running = ansible.start("rollout.kubernetes.partition", variables=wanted("partition", namespace) | given)
    eventually(lambda: "deletionTimestamp" in get("pod", "web-0")["metadata"], "the primary ends")
    members = family(running.process.pid)
    kill_all(members)
    running.wait()
    eventually(lambda: not any(map(is_alive, members)), "the end of all workers")
    assert hooks.ran == ["before_step web-0 web-0", "read_only web-0 web-0"]
    let_go(kubectl)
    eventually(lambda: images(get) == [TWO] and all(map(is_ready, get("pods"))), "the primary is updated")
    done = play("partition", given)
    assert done.code == 0, done.stdout
    assert images(get) == [TWO]
    assert hooks.ran[2:] == ["read_write web-0 web-0"]
    assert '"read_only_seconds": null' in report(done)


@pytest.mark.parametrize("role", ["partition", "on_delete"])
def test_answers_of_surveys_are_texts(first, play, hooks, get, role):
    first(replicas=4)
    steps = {"partition": {"partition_steps": "[1, 50%]"}, "on_delete": {"on_delete_batch": "2", "on_delete_order": "[web-3]"}}[role]
    answers = {f"{role}_primary": "0", f"{role}_wait_timeout": "300", f"{role}_change_cause": "", f"{role}_verify": "", **steps}
    names = ("before_step",) if role == "partition" else ("before_step", "before_pod", "after_pod")
    done = play(role, hooks.give(role, *names) | answers | {f"{role}_stop_before": "0"})
    assert done.code == 0, done.stdout
    assert images(get) == [ONE, TWO, TWO, TWO]
    taken = ["web-3 web-3", "web-2 web-2", "web-1 web-1"] if role == "partition" else ["web-3 and web-2 web-3,web-2", "web-1 web-1"]
    assert [line.removeprefix("before_step ") for line in hooks.ran if line.startswith("before_step")] == taken
    if role == "on_delete":
        pods = [f"{when} {step}" for step in ("web-3,web-2 web-3", "web-3,web-2 web-2") for when in ("before_pod", "after_pod")]
        assert [f"{line.split()[0]} {' '.join(line.split()[-2:])}" for line in hooks.ran[1:5]] == pods[::2] + pods[1::2]
    assert '"phase": "paused"' in report(done)
    if role == "on_delete":
        return
    hooks.forget()
    rest = play(role, hooks.give(role, *names) | answers | {f"{role}_stop_before": ""})
    assert rest.code == 0, rest.stdout
    assert images(get) == [TWO] * 4
    assert hooks.ran[0] == "before_step web-0 web-0"
    assert '"phase": "complete"' in report(rest)


@pytest.mark.parametrize("role", ["partition", "on_delete"])
def test_the_steps_of_a_canary_are_those_of_the_task_files(first, play, hooks, get, role):
    first(replicas=4)
    steps = {
        "partition": {"partition_steps": "[{weight: 25, hold: 1}, {weight: 30}, {replicas: 3}]"},
        "on_delete": {"on_delete_steps": [{"weight": 25, "hold": 1}, {"weight": 30}, {"replicas": 3}], "on_delete_batch": "2"},
    }[role]
    given = hooks.give(role, "before_step", "after_step") | steps
    done = play(role, given | {f"{role}_stop_before": "promote"})
    assert done.code == 0, done.stdout
    assert images(get) == [ONE, TWO, TWO, TWO]
    # What reaches no further than the step before it has nothing to be taken.
    taken = [f"{when} {step}" for step in ("weight_25 web-3", "replicas_3 web-2,web-1") for when in ("before_step", "after_step")]
    assert hooks.ran == taken
    assert '"next_step": "promote"' in report(done)
    hooks.forget()
    rest = play(role, given)
    assert rest.code == 0, rest.stdout
    assert (images(get), hooks.ran) == ([TWO] * 4, ["before_step promote web-0", "after_step promote web-0"])
    assert '"phase": "complete"' in report(rest)
    hooks.forget()
    assert (play(role, given).code, hooks.ran) == (0, [])


def test_check_mode_shows_the_plan_and_runs_the_task_files_of_the_preflight_alone(first, play, hooks, audit):
    first()
    given = hooks.give(
        "on_delete", *WINDOW, preflight=[{"ansible.builtin.debug": {"msg": "The preflight saw {{ rollout_workload.name }}."}}]
    )
    audit.mark()
    done = play("on_delete", given | {"on_delete_primary": 0}, check=True)
    assert done.code == 0, done.stdout
    assert audit.writes() == []
    assert "The preflight saw web." in done.stdout
    assert "Run the task files before the step" not in done.stdout
    assert "Run the task files before all steps" in done.stdout
    assert '"changed": true' in report(done)
    assert '"state": "pending"' in report(done)


def test_a_task_file_that_fails_before_the_first_step_leaves_everything_as_it_is(first, play, hooks, audit):
    first()
    given = hooks.give(
        "partition", "after_step", "read_only", "read_write", before_step=[{"ansible.builtin.fail": {"msg": "the backup is too old"}}]
    )
    audit.mark()
    done = play("partition", given | {"partition_primary": 0})
    assert done.code == 2
    assert audit.writes() == []
    assert hooks.ran == ["before_step web-2 web-2", "read_write web-0 web-0"]
    assert '"failed": true' in report(done)
    assert '"changed": false' in report(done)
    assert "The role ended at the step web-2" in report(done)


def test_the_application_may_be_read_only_when_nothing_can_let_it_write_again(first, play, hooks, get):
    first(replicas=1)
    given = hooks.give("on_delete", "read_only", read_write=[{"ansible.builtin.fail": {"msg": "the database does not answer"}}])
    done = play("on_delete", given | {"on_delete_primary": 0})
    assert done.code == 2
    assert images(get) == [TWO]
    assert "the application may still be read-only" in done.last.msg
    assert '"failed": true' in report(done)


def test_the_primary_is_asked_for_once_though_a_task_file_moves_it(cluster, first, play, hooks, kubectl, get, namespace):
    """The label goes to another pod while the step of the old primary is prepared; the order stays."""
    first(replicas=2)
    kubectl("label", "pod/web-0", "role=primary")
    kubectl("label", "pod/web-1", "role=replica")
    label = f"{cluster.kubectl_program} --kubeconfig {cluster.kubeconfig} --namespace {namespace} label --overwrite"
    move = f"{label} pod/web-0 role=replica && {label} pod/web-1 role=primary"
    given = hooks.give("on_delete", "before_step", "after_step", "read_write", read_only=[{"ansible.builtin.shell": move}])
    done = play("on_delete", given | {"on_delete_primary": "role=primary"})
    assert done.code == 0, done.stdout
    assert images(get) == [TWO, TWO]
    order = ["before_step web-1", "after_step web-1", "before_step web-0", "read_only web-0", "after_step web-0", "read_write web-0"]
    assert [" ".join(line.split()[:2]) for line in hooks.ran] == order


def test_stopping_before_the_rest_takes_no_pod_there_though_something_else_changes(first, play, hooks, deployment, get):
    """The plan does not say which step is the rest, and a ConfigMap that comes along is a change in the second run."""
    first("DaemonSet")
    node = sorted(pod["spec"]["nodeName"] for pod in get("pods"))[2]
    agent = of_kind("DaemonSet", deployment(image=TWO))

    def given(text: str) -> dict[str, Any]:
        config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "along"}, "data": {"text": text}}
        asked: dict[str, Any] = {
            "definition": [config, agent],
            "name": "",
            "image": "",
            "nodes": f"kubernetes.io/hostname={node}",
            "stop_before": "rest",
        }
        files: dict[str, Any] = hooks.give("on_delete", "before_step", "after_step")
        return files | {f"on_delete_{key}": value for key, value in asked.items()}

    done = play("on_delete", given("one"))
    assert done.code == 0, done.stdout
    assert [line.split()[:2] for line in hooks.ran] == [["before_step", node], ["after_step", node]]
    new = [pod["spec"]["nodeName"] for pod in get("pods") if pod["spec"]["containers"][0]["image"] == TWO]
    assert new == [node]
    hooks.forget()
    again = play("on_delete", given("two"))
    assert again.code == 0, again.stdout
    assert hooks.ran == []
    assert images(get).count(TWO) == 1
    assert get("configmap", "along")["data"] == {"text": "two"}
