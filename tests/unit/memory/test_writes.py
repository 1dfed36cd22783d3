# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a write must not do when somebody else was faster, and in which order the writes of a take-over come."""

from __future__ import annotations

from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import KNOWN

from tests.memory.cases import CONFIG, Case, edited, made, ours, replicas, theirs
from tests.memory.cluster import Memory, running
from tests.memory.requests import JSON_PATCH, Request
from tests.memory.runs import Run
from tests.memory.scenes import deployment, service
from tests.memory.trouble import act_before_first

LEFT_OUT = Case("rolling", {"definition": deployment("2", replicas=None)}, (ours(replicas=4),))


def _web(memory: Memory, kind: str = "Deployment") -> Any:
    return memory.get("default", kind, "web")


def _managers(obj: Any) -> set[str]:
    return {entry["manager"] for entry in obj["metadata"]["managedFields"]}


def _writes(kind: str, manager: str = "") -> Any:
    return lambda request: request.is_write and f"/{kind}/" in request.path and manager in (request.manager, "")


def test_a_service_that_somebody_has_led_elsewhere_right_before_the_write_stays_there() -> None:
    with running() as memory:
        for act in (theirs(), theirs(name="api"), made("Service", service())):
            act(memory)
        run = Case("service_switch", {"name": "web", "selector": {"app": "api"}}).run(memory)
        act_before_first(run, _writes("services"), lambda: edited("Service", _led_astray)(memory))
        result = run.start().wait()
        assert result.get("failed"), result["msg"]
        assert "changed meanwhile by kubectl-edit" in result["msg"]
        assert _web(memory, "Service")["spec"]["selector"] == {"app": "other"}


def _led_astray(obj: Any) -> None:
    obj["spec"]["selector"] = {"app": "other"}


def test_who_writes_right_before_a_take_over_stays_recorded() -> None:
    with running() as memory:
        theirs()(memory)
        run = Case("rolling", {"definition": deployment("2")}).run(memory)

        def label(obj: Any) -> None:
            obj["metadata"].setdefault("labels", {})["team"] = "a"

        def fits(request: Request) -> bool:
            return request.is_write and request.content_type == JSON_PATCH

        act_before_first(run, fits, lambda: edited("Deployment", label)(memory))
        assert not run.start().wait().get("failed"), run.result["msg"]
        assert "kubectl-edit" in _managers(_web(memory))


def test_what_was_taken_over_is_ours_and_goes_when_the_definition_stops_naming_it() -> None:
    with running() as memory:
        theirs(minReadySeconds=2)(memory)
        assert not Case("rolling", {"definition": deployment("2")}).run(memory).start().wait().get("failed")
        assert "minReadySeconds" not in _web(memory)["spec"]
        assert "kubectl-client-side-apply" not in _managers(_web(memory))


def test_replicas_that_a_definition_leaves_out_never_change() -> None:
    with running() as memory:
        LEFT_OUT.prepare(memory)
        run = LEFT_OUT.run(memory)
        seen: list[int] = []

        def hear(_request: Request, answer: Any) -> Any:
            seen.append(_web(memory)["spec"]["replicas"])
            return answer

        run.wire.after.append(hear)
        assert not run.start().wait().get("failed"), run.result["msg"]
        assert set(seen) == {4}


def test_a_scaling_right_before_the_replicas_are_handed_over_stays() -> None:
    with running() as memory:
        LEFT_OUT.prepare(memory)
        run = LEFT_OUT.run(memory)
        act_before_first(run, _writes("deployments", "rollout.kubernetes-replicas"), lambda: edited("Deployment", replicas(6))(memory))
        run.start().wait()
        assert _web(memory)["spec"]["replicas"] == 6


def _configured(memory: Memory, value: str) -> Run:
    config = {**CONFIG, "data": {"a": value}}
    return Case("rolling", {"definition": [config, deployment()]}).run(memory)


def test_what_a_controller_takes_right_before_the_write_is_not_taken_back_by_force() -> None:
    with running() as memory:
        _configured(memory, "1").start().wait()
        run = _configured(memory, "2")

        def takes() -> None:
            body: dict[str, Any] = {**CONFIG, "metadata": {"name": "web-config", "namespace": "default"}, "data": {"a": "theirs"}}
            memory.client().apply(KNOWN["v1", "ConfigMap"], body, manager="an-operator", force=True)

        act_before_first(run, _writes("configmaps"), takes)
        result = run.start().wait()
        assert result.get("failed"), result["msg"]
        assert "data.a (by an-operator)" in result["msg"]
        assert memory.get("default", "ConfigMap", "web-config")["data"] == {"a": "theirs"}


def test_what_belongs_to_a_helm_release_is_left_alone() -> None:
    release = {"meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": "default"}

    def charted(obj: Any) -> None:
        obj["metadata"].setdefault("annotations", {}).update(release)
        obj["metadata"].setdefault("labels", {})["app.kubernetes.io/managed-by"] = "Helm"

    with running() as memory:
        theirs()(memory)
        edited("Deployment", charted)(memory)
        labels = {"owner": "helm", "name": "shop"}
        made("Secret", {"metadata": {"name": "sh.helm.release.v1.shop.v1", "labels": labels}})(memory)
        run = Case("rolling", {"name": "web", "image": "x:2"}).run(memory)
        assert "belongs to the Helm release default/shop" in run.start().wait()["msg"]
        assert run.wire.writes == []
