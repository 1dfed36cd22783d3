# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Somebody writes between our read and our write, or the API has a bad day: nothing is lost, and what cannot be is refused in words."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from .faults import Request
from .interference import before, is_change, through
from .test_rolling import containers, kubectl_says_done, roll

ENV_A = [{"name": "A", "value": "a"}]
ENV_B = [{"name": "B", "value": "b"}]
TWO = "registry.example/web:2"


@pytest.fixture
def meddled(tried, faults) -> Callable[..., Any]:
    """Run a task, and let something happen right before its n-th write (the first by default), once or several times."""

    def call(task: dict[str, Any], act: Callable[[], object], *, write: int = 1, times: int = 1) -> Any:
        seen: list[Request] = []

        def is_the_one(request: Request) -> bool:
            if is_change(request):
                seen.append(request)
            return is_change(request) and len(seen) >= write

        before(faults, is_the_one, act, times=times)
        return tried(task, environment=through(faults)).last

    return call


def environment(live: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = containers(live)[0].get("env", [])
    return found


@pytest.fixture
def ours(kubectl, deployment) -> Callable[..., None]:
    """Bring a Deployment about that we applied."""

    def call(**how: Any) -> None:
        manifest = json.dumps(deployment(**how))
        kubectl("apply", "--server-side", "--field-manager=rollout.kubernetes", "--filename=-", stdin=manifest)
        kubectl("rollout", "status", "deployment/web")

    return call


@pytest.fixture
def theirs(kubectl, apply, deployment) -> Callable[..., None]:
    """Bring a Deployment about that a person applied with kubectl."""

    def call(**how: Any) -> None:
        apply(deployment(**how))
        kubectl("rollout", "status", "deployment/web")

    return call


# --- harmless: both changes are there at the end ------------------------------------------------------------------------------------


LABELLED = [("takeover", 1), ("takeover", 2), ("handover", 1), ("handover", 2), ("apply", 1), ("patch", 1)]


@pytest.mark.parametrize(("kind", "write"), LABELLED)
def test_a_label_set_meanwhile_stays(meddled, request, namespace, deployment, kubectl, get, kind, write):
    whole = roll(namespace, definition=deployment(image=TWO, env=ENV_B, replicas=None))
    task = {
        "takeover": whole,
        "handover": whole,
        "apply": roll(namespace, definition=deployment(image=TWO, env=ENV_B)),
        "patch": roll(namespace, name="web", image=TWO),
    }[kind]
    request.getfixturevalue("ours" if kind in ("handover", "apply") else "theirs")(replicas=3)
    last = meddled(task, lambda: kubectl("label", "deployment/web", "team=shop"), write=write)
    assert not last.failed, last.msg
    live = get("deployment", "web")
    assert live["metadata"]["labels"]["team"] == "shop"
    assert containers(live)[0]["image"] == TWO
    assert live["spec"]["replicas"] == 3
    assert kubectl_says_done(kubectl)


@pytest.mark.parametrize(("origin", "write"), [("ours", 1), ("ours", 2), ("theirs", 1), ("theirs", 2)])
def test_a_scale_set_meanwhile_stays(meddled, request, namespace, deployment, kubectl, get, origin, write):
    request.getfixturevalue(origin)(replicas=2)
    task = roll(namespace, definition=deployment(image=TWO, replicas=None))
    last = meddled(task, lambda: kubectl("scale", "deployment/web", "--replicas=4"), write=write)
    assert not last.failed, last.msg
    live = get("deployment", "web")
    assert live["spec"]["replicas"] == 4
    assert containers(live)[0]["image"] == TWO


def test_a_variable_set_meanwhile_survives_a_short_change(meddled, namespace, kubectl, get, theirs):
    theirs(env=ENV_A)
    last = meddled(roll(namespace, name="web", image=TWO), lambda: kubectl("set", "env", "deployment/web", "DRIFT=yes"))
    assert not last.failed, last.msg
    live = get("deployment", "web")
    assert containers(live)[0]["image"] == TWO
    assert {entry["name"] for entry in environment(live)} == {"A", "DRIFT"}


def test_a_variable_set_meanwhile_is_taken_over_by_a_definition(meddled, namespace, deployment, kubectl, get, ours):
    ours(env=ENV_A)
    task = roll(namespace, definition=deployment(image=TWO, env=ENV_B))
    last = meddled(task, lambda: kubectl("set", "env", "deployment/web", "A=other"))
    assert not last.failed, last.msg
    assert environment(get("deployment", "web")) == ENV_B


def test_containers_that_change_places_meanwhile_are_not_mixed_up(meddled, namespace, deployment, kubectl, get):
    manifest = deployment(replicas=1)
    first = containers(manifest)[0]
    containers(manifest).append({**first, "name": "sidecar"})
    kubectl("create", "--filename=-", stdin=json.dumps(manifest))
    kubectl("rollout", "status", "deployment/web")
    turned = json.dumps([{"op": "replace", "path": "/spec/template/spec/containers", "value": containers(manifest)[::-1]}])
    task = roll(namespace, name="web", image={"sidecar": TWO})
    last = meddled(task, lambda: kubectl("patch", "deployment/web", "--type=json", f"--patch={turned}"))
    assert not last.failed, last.msg
    images = {entry["name"]: entry["image"] for entry in containers(get("deployment", "web"))}
    assert images == {"web": "registry.example/web:1", "sidecar": TWO}


def test_a_companion_changed_meanwhile_ends_as_its_manifest_says(meddled, namespace, deployment, apply, kubectl, get):
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}, "data": {"key": "old"}}
    apply(config)
    change = json.dumps({"data": {"key": "meanwhile", "other": "theirs"}})
    task = roll(namespace, definition=[{**config, "data": {"key": "new"}}, deployment(replicas=1)])
    last = meddled(task, lambda: kubectl("patch", "configmap/web", f"--patch={change}"), write=2)
    assert not last.failed, last.msg
    assert get("configmap", "web")["data"]["key"] == "new"


def test_an_object_that_somebody_else_creates_first_ends_as_the_manifest_says(meddled, namespace, deployment, kubectl, get):
    other = json.dumps(deployment(image="registry.example/web:1", env=ENV_A, replicas=1))
    task = roll(namespace, definition=deployment(image=TWO, env=ENV_B, replicas=1))
    last = meddled(task, lambda: kubectl("create", "--filename=-", stdin=other))
    assert not last.failed, last.msg
    assert containers(get("deployment", "web"))[0]["image"] == TWO
    assert environment(get("deployment", "web")) == ENV_B


# --- not harmless: refused with the name --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["ours", "theirs"])
def test_a_field_that_a_controller_takes_meanwhile_is_refused_with_its_name(meddled, request, namespace, deployment, kubectl, get, origin):
    request.getfixturevalue(origin)()
    patch = json.dumps({"spec": {"minReadySeconds": 3}})
    operator = ["patch", "deployment/web", f"--patch={patch}", "--field-manager=some-operator"]
    last = meddled(roll(namespace, definition=deployment(image=TWO, minReadySeconds=5)), lambda: kubectl(*operator))
    assert last.failed
    assert "some-operator" in last.msg
    assert "minReadySeconds" in last.msg
    live = get("deployment", "web")
    assert live["spec"]["minReadySeconds"] == 3
    assert containers(live)[0]["image"] == "registry.example/web:1"


def test_who_never_stops_writing_is_named_as_the_cause(meddled, namespace, kubectl, get, theirs):
    theirs()
    numbers = iter(range(100))

    def change() -> None:
        kubectl("set", "image", "deployment/web", f"web=registry.example/web:x{next(numbers)}")

    last = meddled(roll(namespace, name="web", image=TWO), change, times=100)
    assert last.failed
    assert not last.changed or containers(get("deployment", "web"))[0]["image"] != TWO
    assert f"Deployment {namespace}/web" in last.msg
    assert "somebody else" in last.msg


def test_a_deletion_between_plan_and_write_is_an_error_and_not_a_new_object(meddled, namespace, kubectl, get, theirs):
    theirs()
    last = meddled(roll(namespace, name="web", image=TWO), lambda: kubectl("delete", "deployment", "web"))
    assert last.failed
    assert "does not exist" in last.msg
    assert get("deployment", "web") is None


# --- going back ---------------------------------------------------------------------------------------------------------------------


def failing(namespace: str, deployment: Callable[..., dict[str, Any]], origin: str) -> dict[str, Any]:
    """A task that fails and goes back: by its definition where the workload is ours, else the short way."""
    image = "registry.example/web:missing"
    how = {"definition": deployment(image=image)} if origin == "ours" else {"name": "web", "image": image}
    return roll(namespace, **how, on_failure="rollback")


@pytest.mark.parametrize("origin", ["ours", "theirs"])
def test_a_label_set_right_before_going_back_stays(meddled, request, namespace, deployment, kubectl, get, origin):
    request.getfixturevalue(origin)()
    template = get("deployment", "web")["spec"]["template"]
    last = meddled(failing(namespace, deployment, origin), lambda: kubectl("label", "deployment/web", "team=shop"), write=2)
    assert last.failed
    assert "Went back to revision 1" in last.msg
    live = get("deployment", "web")
    assert live["metadata"]["labels"]["team"] == "shop"
    assert live["spec"]["template"] == template


@pytest.mark.parametrize("origin", ["ours", "theirs"])
def test_a_newer_template_of_somebody_else_is_not_rolled_back(meddled, request, namespace, deployment, kubectl, get, origin):
    request.getfixturevalue(origin)()
    fix = ["set", "image", "deployment/web", "web=registry.example/web:fixed"]
    last = meddled(failing(namespace, deployment, origin), lambda: kubectl(*fix), write=2)
    assert last.failed
    assert containers(get("deployment", "web"))[0]["image"] == "registry.example/web:fixed"


# --- the API has a bad day ----------------------------------------------------------------------------------------------------------

GONE = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"}
BUSY = {"kind": "Status", "code": 429, "reason": "TooManyRequests", "message": "slow down", "details": {"retryAfterSeconds": 1}}
BROKEN = {"kind": "Status", "code": 500, "reason": "InternalError", "message": "it is broken"}
TROUBLE: dict[str, dict[str, Any]] = {
    "dropped": {"lines": 1, "part": 20, "times": 6},
    "gone": {"status": 410, "body": GONE, "times": 3},
    "busy": {"status": 429, "body": BUSY, "headers": {"Retry-After": "1"}, "times": 3},
    "broken": {"status": 500, "body": BROKEN, "times": 3},
}


@pytest.mark.parametrize("trouble", TROUBLE)
def test_a_rollout_survives_trouble_with_its_watches(tried, faults, namespace, deployment, kubectl, trouble):
    faults.add(matches=lambda request: request.is_watch, **TROUBLE[trouble])
    last = tried(roll(namespace, definition=deployment(simulate={"ready-after": "1s"})), environment=through(faults)).last
    assert not last.failed, last.msg
    assert last["rollouts"][0]["replicas"]["available"] == 3
    assert kubectl_says_done(kubectl)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_rollout_survives_trouble_with_its_writes_and_writes_once(tried, audit, faults, namespace, deployment, kubectl, status):
    faults.add(matches=is_change, status=status, body={**BROKEN, "code": status}, times=2)
    last = tried(roll(namespace, definition=deployment()), environment=through(faults)).last
    assert not last.failed, last.msg
    assert len(audit.writes()) == 1
    assert kubectl_says_done(kubectl)


def test_an_answer_that_is_lost_does_not_write_twice(tried, audit, faults, namespace, deployment, kubectl, theirs):
    theirs()
    audit.mark()
    faults.add(matches=is_change, unheard=True)
    last = tried(roll(namespace, name="web", image=TWO), environment=through(faults)).last
    assert not last.failed, last.msg
    assert len([event for event in audit.writes() if event.code == 200]) == 1
    assert kubectl_says_done(kubectl)


@pytest.mark.parametrize("status", [429, 503])
def test_the_time_to_wait_is_respected_while_the_api_is_in_trouble(tried, faults, namespace, deployment, status):
    faults.add(matches=lambda request: request.is_watch, status=status, body={**BUSY, "code": status}, times=10_000)
    started = time.monotonic()
    slow = deployment(image="registry.example/web:unready")
    last = tried(roll(namespace, definition=slow, wait_timeout=4), environment=through(faults)).last
    assert last.failed
    assert "wait_timeout of 4 s is over" in last.msg
    assert last["rollouts"][0]["steps"][0]["seconds"] < 4 + 30
    assert time.monotonic() - started < 240, "the time to wait, and what Ansible needs"
