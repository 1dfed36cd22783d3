# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Killed at any instant: nothing is written afterwards, and the next run ends as an undisturbed one would have."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from .calls import call
from .cluster import PATIENCE
from .interference import Stop, eventually, family, is_alive, kill_all, through
from .kills import expire_locks, kill_after
from .plays import Running
from .test_parity import unequal
from .test_rolling import kubectl_says_done, roll
from .workloads import at_rest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="dying with the parent is asked from the Linux kernel")


def kill_parent(running: Running) -> None:
    os.kill(running.process.pid, signal.SIGKILL)


def kill_group(running: Running) -> None:
    os.killpg(running.process.pid, signal.SIGKILL)


def kill_tree(running: Running) -> None:
    kill_all(family(running.process.pid))


KILLS: dict[str, Callable[[Running], None]] = {"parent": kill_parent, "group": kill_group, "tree": kill_tree}


def bury(running: Running, kill: Callable[[Running], None]) -> None:
    """Kill, and wait until nobody of the family is left."""
    members = family(running.process.pid)
    assert len(members) > 1, "a worker is at work"
    kill(running)
    running.process.wait(PATIENCE)
    eventually(lambda: not any(map(is_alive, members)), "the end of all workers")


@pytest.mark.oldest
@pytest.mark.parametrize("who", KILLS)
def test_killed_while_it_writes_it_writes_nothing_more_and_the_next_run_finishes(
    ansible, audit, cluster, namespace, deployment, faults, kubectl, who
):
    config = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"web-{number}"}, "data": {"a": "b"}} for number in range(3)]
    task = roll(namespace, definition=[*config, deployment()])
    stop = Stop(faults, after=1)
    running = ansible.start(task, environment=through(faults))
    eventually(stop.reached.is_set, "the first write")
    bury(running, KILLS[who])
    assert [event.name for event in audit.writes()] == ["web-0"]
    expire_locks(cluster, namespace)
    last = ansible(task).last
    assert last.changed
    assert kubectl_says_done(kubectl)
    assert [event.name for event in audit.writes()] == ["web-0", "web-1", "web-2", "web"]


@pytest.mark.parametrize("who", KILLS)
def test_killed_while_it_waits_it_neither_goes_back_nor_lingers(ansible, here, audit, cluster, namespace, deployment, kubectl, who):
    here(roll(namespace, definition=deployment(), wait=False))
    audit.mark()
    broken = roll(namespace, definition=deployment(image="registry.example/web:unready"), wait_timeout=600, on_failure="rollback")
    running = ansible.start(broken)
    eventually(lambda: len([event for event in audit.events() if event.verb == "watch"]) >= 3, "the watches")
    eventually(audit.writes, "the write")
    bury(running, KILLS[who])
    assert [event.name for event in audit.writes()] == ["web"]
    expire_locks(cluster, namespace)
    again = ansible({**broken, "rollout.kubernetes.rolling": {**broken["rollout.kubernetes.rolling"], "wait_timeout": 8}}).last
    assert again.failed
    assert [step["name"] for step in again["rollouts"][0]["steps"]] == ["roll", "rollback"]
    assert kubectl_says_done(kubectl)


# --- after each write ---------------------------------------------------------------------------------------------------------------


class Scene:
    """A task with several writes. `prepare(name)` sets up what is there before it, `task(name)` is the task, for a workload of any name."""

    def __init__(self, writes: int, prepare: Callable[[str], None], task: Callable[[str], dict[str, Any]], *, fails: bool = False) -> None:
        self.writes, self.prepare, self.task, self.fails = writes, prepare, task, fails


@pytest.fixture
def scenes(namespace, deployment, kubectl) -> dict[str, Callable[[], Scene]]:
    """The scenes by name."""
    env = [{"name": "B", "value": "b"}]

    def created(name: str) -> dict[str, Any]:
        config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"{name}-config"}, "data": {"a": "b"}}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": f"{name}-secret"}, "stringData": {"key": "correct horse"}}
        return roll(namespace, definition=[config, secret, deployment(name, replicas=1)])

    def taken(name: str) -> dict[str, Any]:
        return roll(namespace, definition=deployment(name, image="registry.example/web:2", env=env, replicas=None))

    def failing(name: str) -> dict[str, Any]:
        return roll(namespace, definition=deployment(name, image="registry.example/web:missing", replicas=1), on_failure="rollback")

    def applied_by_us(name: str) -> None:
        manifest = json.dumps(deployment(name, replicas=2))
        kubectl("apply", "--server-side", "--field-manager=rollout.kubernetes", "--filename=-", stdin=manifest)
        at_rest(kubectl, name)

    def changed_by_kubectl(name: str) -> None:
        applied_by_us(name)
        kubectl("set", "env", f"deployment/{name}", "DRIFT=yes")
        at_rest(kubectl, name)

    return {
        "creation": lambda: Scene(3, lambda name: None, created),
        "takeover-and-handover": lambda: Scene(3, changed_by_kubectl, taken),
        "rollback": lambda: Scene(2, applied_by_us, failing, fails=True),
    }


@pytest.mark.parametrize("which", ["creation", "takeover-and-handover", "rollback"])
def test_killed_after_any_write_the_next_run_ends_as_an_undisturbed_one(audit, cluster, kubectl, scenes, which):
    scene = scenes[which]()

    def options(name: str) -> dict[str, Any]:
        found: dict[str, Any] = scene.task(name)["rollout.kubernetes.rolling"]
        return found

    def run(name: str) -> dict[str, Any]:
        return call(cluster, "rolling", **options(name))

    scene.prepare("twin")
    audit.mark()
    undisturbed = run("twin")
    assert undisturbed.get("failed", False) == scene.fails, undisturbed["msg"]
    assert len(audit.writes()) == scene.writes, "the scene has as many writes as are tried"
    counts = {f"after-{count}": count for count in range(1, scene.writes + 1)}
    for name in counts:
        scene.prepare(name)
    audit.mark()
    with ThreadPoolExecutor(len(counts)) as pool:
        list(pool.map(lambda name: kill_after(cluster, counts[name], "rolling", options(name)), counts))
        killed = [event.name for event in audit.writes()]
        expire_locks(cluster, options("twin")["namespace"])
        runs = list(pool.map(run, counts))
    for (name, count), again in zip(counts.items(), runs, strict=True):
        assert len([one for one in killed if one.startswith(name)]) == count
        assert again.get("failed", False) == scene.fails, again["msg"]
        assert unequal(state(kubectl, "twin"), state(kubectl, name)) == [], f"killed after write {count}"
        if not scene.fails:
            assert again["changed"] == (count < scene.writes), "changed tells whether this run changed something"
            assert kubectl_says_done(kubectl, name)


def state(kubectl: Any, name: str) -> dict[str, Any]:
    """The objects of one name as they are, without what differs from object to object and from time to time."""
    found = {}
    listed = kubectl("get", "deployments,configmaps,secrets", "--output=json", "--show-managed-fields").json()["items"]
    for item in listed:
        if item["metadata"]["name"] in (name, f"{name}-config", f"{name}-secret"):
            item.pop("status", None)
            for key in ("uid", "resourceVersion", "creationTimestamp", "generation"):
                item["metadata"].pop(key, None)
            item["metadata"].get("annotations", {}).pop("deployment.kubernetes.io/revision", None)
            entries = [entry for entry in item["metadata"]["managedFields"] if not entry["manager"].startswith("kube-")]
            item["metadata"]["managedFields"] = sorted(
                (entry["manager"], entry["operation"], json.dumps(entry["fieldsV1"], sort_keys=True)) for entry in entries
            )
            text = re.sub(r"NAME-[a-f0-9]{6,10}\b", "REPLICASET", json.dumps(item, sort_keys=True).replace(name, "NAME"))
            text = re.sub(r'(undo to revision |newest\\": )\d+', r"\1N", text)  # As the annotation above: each run has numbers of its own.
            found[f"{item['kind']} {item['metadata']['name'].replace(name, 'NAME')}"] = json.loads(text)
    return found
