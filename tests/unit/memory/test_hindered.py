# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of a write that the server does not take as it was meant: others are faster, fields are dropped, rights are missing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.kinds import WORKLOADS
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.transport import Answer, Lost

from tests.memory.cases import SCALER, Act, Case, edited, made, ours, replicas, theirs
from tests.memory.cluster import Memory, running
from tests.memory.requests import JSON_PATCH, Request
from tests.memory.runs import Run
from tests.memory.scenes import configured, deployment

FOUR = ("api", "jobs", "shop", "web")
NEXT = Case("rolling", {"definition": deployment("2")}, (ours(),))


def prepared(memory: Memory, case: Case, **options: Any) -> Run:
    case.prepare(memory)
    return case.run(memory, **options)


def result_of(run: Run) -> dict[str, Any]:
    return run.start().wait()


def failure_of(run: Run) -> str:
    result = result_of(run)
    assert result.get("failed"), result["msg"]
    return str(result["msg"])


def web(memory: Memory, kind: str = "Deployment") -> Any:
    return memory.get("default", kind, "web")


def is_write_of(request: Request, kind: str, *, dry_run: bool) -> bool:
    return request.method in ("PUT", "PATCH") and request.path.endswith(f"/{kind}/web") and ("dryRun" in request.query) is dry_run


def each_time(memory: Memory, run: Run, act: Act, *, dry_run: bool) -> None:
    """Somebody acts right before each write of the Deployment arrives."""

    def before(request: Request) -> None:
        if is_write_of(request, "deployments", dry_run=dry_run):
            act(memory)

    run.wire.before.append(before)


def scaled(obj: Any) -> None:
    obj["spec"]["minReadySeconds"] = obj["spec"].get("minReadySeconds", 0) + 1


def test_many_workloads_are_read_by_one_request() -> None:
    named = {"envFrom": [{"configMapRef": {"name": "web-config"}}]}

    def body(tag: str, name: str) -> dict[str, Any]:
        found = deployment(tag, name=name, replicas=1)
        found["spec"]["template"]["spec"]["containers"][0].update(named)
        return found

    def case(tag: str) -> Case:
        config = [{"name": "web-config", "data": {"a": tag}}]
        return Case("rolling", {"definition": [body(tag, name) for name in FOUR], "config": config})

    with running() as memory:
        assert not result_of(case("1").run(memory)).get("failed")
        run = case("2").run(memory)
        result = result_of(run)
        assert [entry["phase"] for entry in result["rollouts"]] == ["complete"] * 4, result["msg"]
        single = [request for request in run.wire.requests if request.method == "GET" and "/deployments/" in request.path]
        assert single == []
        images = {entry["spec"]["template"]["spec"]["containers"][0]["image"] for entry in memory.all("default", "Deployment")}
        assert images == {"registry.example/web:2"}


@pytest.mark.parametrize("dry_run", [True, False])
def test_somebody_who_changes_it_each_time_is_told_of_in_the_end(dry_run: bool) -> None:
    with running() as memory:
        case = Case("rolling", {"definition": deployment("2")}, (theirs(minReadySeconds=1),)) if dry_run else NEXT
        run = prepared(memory, case)
        each_time(memory, run, edited("Deployment", scaled), dry_run=dry_run)
        assert "run the task again" in failure_of(run)
        assert web(memory)["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":1")


def test_a_container_that_somebody_else_has_added_gets_its_image_by_a_patch() -> None:
    def joined(obj: Any) -> None:
        obj["spec"]["template"]["spec"]["containers"].append({"name": "proxy", "image": "registry.example/proxy:1"})

    with running() as memory:
        ours()(memory)
        edited("Deployment", joined)(memory)
        memory.clock.sleep(20)
        run = Case("rolling", {"name": "web", "image": {"proxy": "registry.example/proxy:2"}}).run(memory)
        result = result_of(run)
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        images = [entry["image"] for entry in web(memory)["spec"]["template"]["spec"]["containers"]]
        assert images == ["registry.example/web:1", "registry.example/proxy:2"]
        assert {request.content_type for request in run.wire.changes} == {JSON_PATCH}


def test_a_field_that_the_server_drops_is_no_change() -> None:
    with running() as memory:
        theirs("StatefulSet")(memory)
        run = Case("rolling", {"kind": "StatefulSet", "name": "web", "max_unavailable": 2}).run(memory)

        def dropped(request: Request, answer: Answer) -> Answer:
            fits = is_write_of(request, "statefulsets", dry_run=True)
            return run.wire.spelled(200, web(memory, "StatefulSet")) if fits else answer

        run.wire.after.append(dropped)
        result = result_of(run)
        assert not result.get("failed"), result["msg"]
        assert not result["changed"]
        assert run.wire.changes == []


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a value that cannot be": ({"replicas": -1}, "spec.replicas: Invalid value"),
    "a type that cannot be read": ({"minReadySeconds": "long"}, "minReadySeconds"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_the_server_refuses_of_a_change_is_told_in_its_words(what: str) -> None:
    spec, words = WRONG[what]
    with running() as memory:
        ours()(memory)
        run = Case("rolling", {"definition": deployment("2", **spec)}).run(memory)
        assert words in failure_of(run)
        assert run.wire.changes == []


def test_replicas_of_an_autoscaler_that_may_not_be_seen_are_a_conflict() -> None:
    with running() as memory:
        theirs(replicas=2)(memory)
        made("HorizontalPodAutoscaler", SCALER)(memory)
        edited("Deployment", replicas(4), manager="kube-controller-manager")(memory)
        memory.server.rights.deny("robot", ["list"], "horizontalpodautoscalers")
        definition = deployment("2", replicas=3)
        assert "spec.replicas" in failure_of(Case("rolling", {"definition": definition, "user": "robot"}).run(memory))
        result = result_of(Case("rolling", {"definition": definition}).run(memory))
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        assert web(memory)["spec"]["replicas"] == 4


def test_a_helm_release_that_may_not_be_looked_for_counts_as_there() -> None:
    def charted(obj: Any) -> None:
        obj["metadata"].setdefault("annotations", {}).update(
            {"meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": "default"}
        )
        obj["metadata"].setdefault("labels", {})["app.kubernetes.io/managed-by"] = "Helm"

    with running() as memory:
        theirs()(memory)
        edited("Deployment", charted)(memory)
        memory.server.rights.deny("robot", ["list"], "secrets")
        case = Case("rolling", {"name": "web", "image": "registry.example/web:2"})
        assert "belongs to the Helm release default/shop" in failure_of(case.run(memory, user="robot"))
        # Of the release nothing is left.
        assert not result_of(case.run(memory)).get("failed")


def test_a_write_of_which_nobody_knows_whether_it_was_carried_out_counts_as_a_change() -> None:
    with running() as memory:
        run = prepared(memory, NEXT, wait_timeout=20)

        def lost(request: Request, answer: Answer) -> Answer:
            if is_write_of(request, "deployments", dry_run=False):
                raise Lost("the connection broke off", sent=True)
            return answer

        run.wire.after.append(lost)
        result = result_of(run)
        assert result["failed"]
        assert result["changed"], result["msg"]
        assert json.dumps(web(memory)).count("registry.example/web:2") > 0


def test_a_field_that_nobody_may_change_is_told_by_its_name() -> None:
    with running() as memory:
        theirs()(memory)
        body = configured("2")
        body["spec"]["selector"]["matchLabels"] = {"app": "other"}
        body["spec"]["template"]["metadata"]["labels"] = {"app": "other"}
        run = Case("rolling", {"definition": body}).run(memory)
        assert "spec.selector" in failure_of(run)
        assert run.wire.changes == []


def test_workloads_that_are_gone_when_their_turn_comes_are_told() -> None:
    with running() as memory:
        theirs()(memory)
        run = Case("restart", {"name": "web"}).run(memory)
        seen: list[Request] = []

        def before(request: Request) -> None:
            if not seen and is_write_of(request, "deployments", dry_run=True):
                seen.append(request)
                memory.server.delete(WORKLOADS["Deployment"], web(memory))

        run.wire.before.append(before)
        assert "Deployment default/web" in failure_of(run)
