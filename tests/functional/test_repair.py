# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option repair of rolling and undo: which pods of a stuck StatefulSet are deleted, and what is said of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.main import Context

from .calls import call
from .faults import faulty
from .interference import Stop, eventually, proxied
from .kills import begun, expire_locks
from .workloads import of_kind, rolled_out

pytestmark = pytest.mark.memory

GIVEN_UP = "web-2 (not ready, of revision 2 that was given up)"


@pytest.fixture
def manifest(deployment) -> Callable[..., dict[str, Any]]:
    """manifest(tag): the StatefulSet `web` of three pods."""

    def make(tag: str | int, **spec: Any) -> dict[str, Any]:
        return of_kind("StatefulSet", deployment(image=f"registry.example/web:{tag}"), **spec)

    return make


@pytest.fixture
def run(cluster, namespace) -> Callable[..., dict[str, Any]]:
    """run(module="rolling", fails=False, check=False, **options): a module in this process."""

    def do(module: str = "rolling", *, fails: bool = False, check: bool = False, **options: Any) -> dict[str, Any]:
        if module == "undo":
            options = {"kind": "StatefulSet", "name": "web", **options}
        result = call(cluster, module, context=Context(check=check, diff=True), **{"namespace": namespace, "wait_timeout": 300, **options})
        assert result.get("failed", False) is fails, result["msg"]
        return result

    return do


@pytest.fixture
def deleted(audit) -> Callable[[], list[tuple[str, str]]]:
    """deleted(): kind and name of what our client has deleted since the last mark, in order."""
    return lambda: [(event.resource, event.name) for event in audit.writes() if event.verb == "delete"]


@pytest.fixture
def uids(get) -> Callable[[], dict[str, str]]:
    """uids(): the UIDs of the pods that are not on their way out, by name."""
    return lambda: {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in get("pods") if "deletionTimestamp" not in pod["metadata"]}


@pytest.fixture
def stuck(run, manifest, audit) -> Callable[..., None]:
    """stuck(**spec): the first version serves, the second one was given up with web-2."""

    def make(**spec: Any) -> None:
        run(definition=manifest(1, **spec))
        run(definition=manifest("missing", **spec), fails=True)
        audit.mark()

    return make


@pytest.fixture
def unready(kubectl, get) -> Callable[[str], None]:
    """unready(name): a pod is not ready any more, for a reason of its own; made anew, it gets well."""

    def make(name: str) -> None:
        status = {"status": {"conditions": [{"type": "Ready", "status": "False"}]}}
        before = get("statefulset", "web")["status"]["readyReplicas"]
        kubectl("patch", f"pod/{name}", "--subresource=status", f"--patch={json.dumps(status)}")
        eventually(lambda: get("statefulset", "web")["status"].get("readyReplicas", 0) == before - 1, f"{name} does not count as ready")

    return make


# --- stuck on a version that was given up ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("repair", ["blocking", "all"])
@pytest.mark.parametrize("module", ["rolling", "undo"])
def test_the_pod_of_a_version_that_was_given_up_is_deleted_and_nothing_else(run, stuck, manifest, audit, deleted, uids, module, repair):
    stuck()
    before = uids()
    options = {"definition": manifest(2)} if module == "rolling" else {}
    shown = run(module, repair=repair, check=True, **options)
    assert f"would delete {GIVEN_UP}, to be made anew" in shown["msg"]
    assert audit.writes() == []
    done = run(module, repair=repair, **options)
    assert f"deleted {GIVEN_UP}, to be made anew" in done["msg"]
    assert done["rollouts"][0]["phase"] == "complete"
    assert deleted() == [("pods", "web-2")]
    if module == "undo":
        assert {name for name, uid in uids().items() if before[name] != uid} == {"web-2"}
    audit.mark()
    again = run(module, repair=repair, **options)
    assert not again["changed"]
    assert audit.writes() == []


@pytest.mark.parametrize("module", ["rolling", "undo"])
def test_without_repair_the_message_names_the_pod_and_the_remedy(run, stuck, manifest, deleted, module):
    stuck()
    options = {"definition": manifest(2)} if module == "rolling" else {}
    shown = run(module, repair="none", check=True, **options)
    assert "would delete" not in shown["msg"]
    failed = run(module, repair="none", wait_timeout=4, fails=True, **options)
    assert f"{GIVEN_UP} is in the way; repair: blocking would delete it (wait_timeout of 4 s is over)" in failed["msg"]
    assert deleted() == []
    shown = run(module, check=True, **options)
    assert shown["changed"]
    assert f"would delete {GIVEN_UP}, to be made anew" in shown["msg"]
    done = run(module, **options)
    assert done["changed"]
    assert deleted() == [("pods", "web-2")]
    assert not run(module, **options)["changed"]


def test_a_task_that_does_not_wait_deletes_nothing_and_says_nothing_of_it(run, stuck, manifest, deleted):
    stuck()
    assert "would delete" not in run(definition=manifest(2), wait=False, check=True)["msg"]
    assert "deleted" not in run(definition=manifest(2), wait=False)["msg"]
    assert deleted() == []


@pytest.mark.parametrize("repair", ["blocking", "none"])
def test_going_back_after_a_failure_obeys_it_too(run, manifest, deleted, repair):
    run(definition=manifest(1))
    failed = run(definition=manifest("missing"), on_failure="rollback", repair=repair, wait_timeout=10, fails=True)
    assert "Went back to revision 1" in failed["msg"]
    if repair == "blocking":
        assert f"Deleted {GIVEN_UP}, to be made anew." in failed["msg"]
        assert deleted() == [("pods", "web-2")]
    else:
        assert "Going back did not finish either" in failed["msg"]
        assert f"{GIVEN_UP} is in the way; repair: blocking would delete it" in failed["msg"]
        assert deleted() == []


def test_what_was_deleted_is_told_also_when_the_next_version_fails_as_well(run, stuck, manifest, deleted):
    stuck()
    failed = run(definition=manifest("missing-as-well"), fails=True)
    assert f"Deleted {GIVEN_UP}, to be made anew." in failed["msg"]
    assert deleted() == [("pods", "web-2")]


# --- pods that may still heal -----------------------------------------------------------------------------------------------------


def test_pods_of_the_serving_version_that_may_heal_are_deleted_only_with_all(run, manifest, unready, audit, deleted):
    run(definition=manifest(1))
    unready("web-0")
    audit.mark()
    name = "web-0 (not ready, of revision 1 that is replaced)"
    failed = run(definition=manifest(2), wait_timeout=4, fails=True)
    assert f"{name} is in the way; repair: all would delete it" in failed["msg"]
    assert deleted() == []
    assert f"would delete {name}, to be made anew" in run(definition=manifest(2), repair="all", check=True)["msg"]
    done = run(definition=manifest(2), repair="all")
    assert f"deleted {name}, to be made anew" in done["msg"]
    assert deleted() == [("pods", "web-0")]
    assert not run(definition=manifest(2), repair="all")["changed"]


@pytest.mark.parametrize("module", ["rolling", "undo"])
def test_pods_of_the_revision_to_be_reached_that_may_heal_are_deleted_only_with_all(run, stuck, manifest, unready, deleted, uids, module):
    stuck()
    unready("web-0")
    before = uids()
    options = {"definition": manifest(1)} if module == "rolling" else {"revision": 1}
    run(module, wait_timeout=4, fails=True, **options)
    assert ("pods", "web-0") not in deleted()
    assert uids()["web-0"] == before["web-0"]
    done = run(module, repair="all", **options)
    assert "web-0 (not ready since before the task, of revision 3)" in done["msg"]
    assert deleted().count(("pods", "web-0")) == 1
    assert uids()["web-1"] == before["web-1"]
    assert not run(module, repair="all", **options)["changed"]


@pytest.mark.parametrize("policy", ["OrderedReady", "Parallel"])
def test_a_ready_pod_is_never_deleted(run, manifest, deleted, policy):
    run(definition=manifest(1, podManagementPolicy=policy))
    slow = manifest(2, podManagementPolicy=policy)
    slow["spec"]["template"]["metadata"]["annotations"] = {"simulate.rollout.kubernetes/ready-after": "300ms"}
    assert run(definition=slow, repair="all")["rollouts"][0]["phase"] == "complete"
    assert run("undo", repair="all")["rollouts"][0]["phase"] == "complete"
    assert deleted() == []


# --- killed -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.server
@pytest.mark.parametrize(
    ("module", "repair"),
    [
        ("rolling", "blocking"),
        ("undo", "all"),
        pytest.param("rolling", "all", marks=pytest.mark.long),
        pytest.param("undo", "blocking", marks=pytest.mark.long),
    ],
)
def test_killed_right_after_the_deletion_the_next_run_ends_right(run, stuck, cluster, namespace, manifest, audit, module, repair):
    stuck()
    options = {"definition": manifest(2)} if module == "rolling" else {"kind": "StatefulSet", "name": "web", "revision": 1}
    with faulty(cluster.kubeconfig) as faults:
        stop = Stop(faults, after=2)
        process = begun(cluster, module, namespace=namespace, repair=repair, **options, **proxied(faults), wait_timeout=300)
        eventually(stop.reached.is_set, "the deletion")
        process.kill()
    assert [event.verb for event in audit.writes()] == ["patch", "delete"]
    expire_locks(cluster, namespace)
    assert run(module, repair=repair, **options)["rollouts"][0]["phase"] == "complete"
    audit.mark()
    assert not run(module, repair=repair, **options)["changed"]
    assert audit.writes() == []


# --- the words --------------------------------------------------------------------------------------------------------------------

REFUSED = "repair: {} is for StatefulSets; leave it out for Deployment {}/web, which gets past broken pods without it."


@pytest.mark.server
@pytest.mark.parametrize("way", ["process", "module"])
def test_words_booleans_and_texts_mean_the_same_each_way(ansible, modules, namespace, deployment, apply, kubectl, way):
    apply(deployment())
    rolled_out(kubectl)
    words: dict[str, tuple[Any, str]] = {
        "a boolean true": (True, "blocking"),
        "a text true": ("true", "blocking"),
        "a text True": ("True", "blocking"),
        "a boolean false": (False, "none"),
        "a text false": ("false", "none"),
        "a text all": ("all", "all"),
        "a word that it is not": ("stuck", ""),
    }
    if way == "process":
        words |= {
            "an extra variable true": ("{{ yes_text }}", "blocking"),
            "an extra variable True": ("{{ python_text }}", "blocking"),
            "an extra variable false": ("{{ no_text }}", "none"),
            "an extra boolean false": ("{{ no_boolean }}", "none"),
            "an extra variable all": ("{{ all_text }}", "all"),
        }
    extra = {"yes_text": "true", "python_text": "True", "no_text": "false", "no_boolean": False, "all_text": "all"}
    tasks = [
        {"name": f"{name}, {module}", f"rollout.kubernetes.{module}": {**options, "repair": given}, "ignore_errors": True}
        for name, (given, _word) in words.items()
        for module, options in (
            ("rolling", {"namespace": namespace, "name": "web", "image": "registry.example/web:1"}),
            ("undo", {"namespace": namespace, "name": "web", "revision": 1}),
        )
        if module == "rolling" or isinstance(given, bool)
    ]
    results = (ansible(tasks, variables=extra) if way == "process" else modules(tasks)).results
    assert len(results) == len(tasks)
    for result in results:
        word = words[result.task.partition(",")[0]][1]
        if word == "blocking":
            assert not result.failed, (result.task, result.msg)
        elif word:
            assert result.msg.endswith(REFUSED.format(word, namespace)), (result.task, result.msg)
        else:
            assert "value of repair must be one of: none, blocking, all, true, false, got: stuck" in result.msg


@pytest.mark.server
@pytest.mark.parametrize(("role", "given"), [("rolling", False), ("rollback", "false")], ids=["a boolean", "a survey's text"])
def test_the_roles_hand_it_on(ansible, namespace, deployment, apply, kubectl, role, given):
    apply(deployment())
    rolled_out(kubectl)
    variables: dict[str, Any] = {f"{role}_namespace": namespace, f"{role}_name": "web", f"{role}_repair": given}
    variables |= {"rolling_image": "registry.example/web:2"} if role == "rolling" else {"rollback_revision": "1"}
    refused = ansible(f"rollout.kubernetes.{role}", variables=variables)
    assert refused.code != 0
    assert REFUSED.format("none", namespace) in refused.stdout


def test_a_task_about_several_kinds_means_the_stateful_sets_among_them(run, cluster, namespace, manifest, deployment, deleted, audit):
    def both(tag: str | int) -> list[dict[str, Any]]:
        return [manifest(tag), deployment("front", image="registry.example/web:1")]

    run(definition=both(1))
    run(definition=both("missing"), fails=True)
    audit.mark()
    done = run(definition=both(2), repair="all")
    assert f"deleted {GIVEN_UP}" in done["msg"]
    assert deleted() == [("pods", "web-2")]
    audit.mark()
    workloads = [{"kind": "StatefulSet", "name": "web"}, {"kind": "Deployment", "name": "front"}]
    assert "revision" in call(cluster, "undo", namespace=namespace, workloads=workloads, repair="all", revision=9)["msg"]
    refused = call(cluster, "undo", namespace=namespace, workloads=workloads[1:], repair="all")
    assert refused["msg"] == REFUSED.format("all", namespace).replace("/web", "/front")
    assert audit.writes() == []
