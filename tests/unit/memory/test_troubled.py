# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Locks that are kept from a task for a moment, and news that come late, anew or never."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.transport import Answer, Lost

from tests.memory.cases import BLUE, FROM_POD, LIMITS, NEXT, PLAIN, SCALER, Case, done, edited, made, ours, slowly, theirs
from tests.memory.cluster import Memory, running
from tests.memory.requests import Request
from tests.memory.runs import Run
from tests.memory.scenes import service
from tests.memory.trouble import TROUBLES, act_before_first

WHOLE = (*PLAIN, made("PodDisruptionBudget", LIMITS), made("HorizontalPodAutoscaler", SCALER))


def prepared(memory: Memory, module: str, options: dict[str, Any], before: tuple[Any, ...], **more: Any) -> Run:
    case = Case(module, options, before)
    case.prepare(memory)
    return case.run(memory, **more)


def phase_of(run: Run) -> str:
    result = run.start().wait()
    return str(result["rollouts"][0]["phase"] if result["rollouts"] else result["msg"])


def is_write_of_a_lease(request: Request) -> bool:
    return request.is_write and "/leases" in request.path


def marked(obj: Any) -> None:
    annotations = obj["metadata"].setdefault("annotations", {})
    annotations["seen"] = f"{annotations.get('seen', '')}x"


# --- locks --------------------------------------------------------------------------------------------------------------------------------


def test_a_lock_whose_answer_was_lost_is_held_all_the_same() -> None:
    with running() as memory:
        run, heard = prepared(memory, "rolling", NEXT, (theirs(),)), list[Request]()

        def lost(request: Request, answer: Answer) -> Answer:
            if is_write_of_a_lease(request) and not heard:
                heard.append(request)
                raise Lost("the connection broke off", sent=True)
            return answer

        run.wire.after.append(lost)
        assert phase_of(run) == "complete"


def test_a_lock_that_somebody_takes_a_moment_before_is_waited_for_until_its_holder_is_dead() -> None:
    def taken(obj: Any) -> None:
        obj["spec"] |= {"holderIdentity": "somebody", "leaseDurationSeconds": 15, "renewTime": "2026-05-04T12:00:00.000000Z"}

    with running() as memory:
        run = prepared(memory, "rolling", NEXT, (theirs(), done("restart", name="web")))
        act_before_first(run, is_write_of_a_lease, lambda: edited("Lease", taken, name="rollout-web")(memory))
        began = memory.clock.seconds
        assert phase_of(run) == "complete"
        assert memory.clock.seconds - began > 15
        assert any("is held by somebody" in line for line in run.lines)


def test_a_lock_that_somebody_else_writes_each_time_is_not_kept_for_ever() -> None:
    with running() as memory:
        run = prepared(memory, "blue_green", BLUE, PLAIN)

        def before(request: Request) -> None:
            if request.method == "PUT" and "/leases/" in request.path:
                edited("Lease", marked, name="rollout-web")(memory)

        run.wire.before.append(before)
        result = run.start().wait()
        assert result["failed"]
        assert "Lease default/rollout-web" in result["msg"], result["msg"]


def test_a_lock_whose_renewal_hangs_is_not_relied_on() -> None:
    with running() as memory:
        run = prepared(memory, "blue_green", {**BLUE, "scale_down_delay": 60}, PLAIN)

        def before(request: Request) -> None:
            if request.method == "PUT" and "/leases/" in request.path and len(run.wire.writes) > 6:
                memory.clock.sleep(100)

        run.wire.before.append(before)
        result = run.start().wait()
        assert result["failed"]
        assert "Lease default/rollout-web could not be renewed for 15 s" in result["msg"], result["msg"]


def test_what_another_task_works_on_is_told_at_once_in_check_mode() -> None:
    with running() as memory:
        prepared(memory, "blue_green", {**BLUE, "scale_down_delay": 60}, PLAIN).start()
        memory.clock.sleep(3)
        began = memory.clock.seconds
        for module in ("blue_green", "rolling"):
            run = Run(memory, module, check=True, namespace="default", name="web", image="registry.example/web:3")
            result = run.start().wait()
            assert result["failed"], result["msg"]
            assert "blue/green" in result["msg"] or "is being changed by" in result["msg"]
            assert run.wire.writes == []
        assert memory.clock.seconds - began < 5


def test_whoever_waits_for_a_lock_hears_of_its_end_also_from_a_list() -> None:
    with running() as memory:
        for act in (theirs(replicas=2), edited("Deployment", slowly("1"))):
            act(memory)
        first = Case("rolling", {**NEXT, "wait_timeout": 600}).run(memory).start()
        memory.clock.sleep(3)
        options = {"name": "web", "image": "registry.example/web:3", "lock_timeout": 600, "wait_timeout": 600}
        second = Case("rolling", options).run(memory)
        forgotten(second, "leases")
        assert phase_of(second) == "complete"
        assert first.done


# --- news ---------------------------------------------------------------------------------------------------------------------------------


def forgotten(run: Run, *plurals: str) -> None:
    """The server has forgotten where the first watch of each of these kinds was to begin."""
    told: list[str] = []

    def before(request: Request) -> Answer | None:
        plural = request.path.rpartition("/")[2]
        if not request.is_watch or plural in told or (plurals and plural not in plurals):
            return None
        told.append(plural)
        return TROUBLES["410"].strike(run, request)

    run.wire.before.append(before)


@pytest.mark.parametrize("module", ["blue_green", "service_switch"])
def test_news_that_begin_anew_with_a_list_lose_nothing(module: str) -> None:
    with running() as memory:
        switch = (theirs(), theirs(name="api"), made("Service", service()))
        options: dict[str, Any] = BLUE if module == "blue_green" else {"name": "web", "selector": {"app": "api"}}
        run = prepared(memory, module, options, WHOLE if module == "blue_green" else switch)
        forgotten(run)
        result = run.start().wait()
        assert not result.get("failed"), result["msg"]


def test_limits_and_autoscalers_that_may_be_listed_and_not_watched_are_no_obstacle() -> None:
    with running() as memory:
        for plural in ("horizontalpodautoscalers", "poddisruptionbudgets"):
            memory.server.rights.deny("robot", ["watch"], plural)
        assert phase_of(prepared(memory, "blue_green", BLUE, WHOLE, user="robot")) == "complete"


def test_a_watch_that_takes_long_to_open_holds_a_rollout_up_for_some_seconds_only() -> None:
    with running() as memory:
        run = prepared(memory, "rolling", NEXT, (ours(),))

        def before(request: Request) -> None:
            if request.is_watch and request.path.endswith("/pods"):
                memory.clock.sleep(40)

        run.wire.before.append(before)
        written: list[float] = []

        def after(request: Request, answer: Answer) -> Answer:
            if request.is_change:
                written.append(memory.clock.seconds)
            return answer

        run.wire.after.append(after)
        began = memory.clock.seconds
        assert phase_of(run) == "complete"
        assert 4 < written[0] - began < 12


# --- measuring ----------------------------------------------------------------------------------------------------------------------------


def test_a_way_back_that_cannot_be_measured_is_taken_and_said_not_to_be_known() -> None:
    verify: dict[str, Any] = copy.deepcopy(FROM_POD["verify"])
    verify["job"]["image"] = "registry.example/curl:missing"
    with running() as memory:
        acts = (*PLAIN, done("blue_green", **BLUE, stop_before="hold"))
        run = prepared(memory, "abort", {"name": "web", "verify": verify, "wait_timeout": 300}, acts)
        result = run.start().wait()
        assert result["failed"]
        assert "broke off, so nobody knows whether users lose requests: The requests of verify.job cannot begin" in result["msg"]
        selector = memory.get("default", "Service", "web")["spec"]["selector"]
        assert "green" not in str(selector)


# --- Services of others -------------------------------------------------------------------------------------------------------------------


def test_a_preview_service_that_another_application_has_had_is_not_taken() -> None:
    def idle(obj: Any) -> None:
        obj["spec"]["selector"] = {"app": "nobody"}

    preview = made("Service", service("preview", app="web"))
    acts = (*PLAIN, preview, done("blue_green", **BLUE, preview_service="preview"), edited("Service", idle, name="preview"))
    with running() as memory:
        options = {"name": "api", "image": "registry.example/web:2", "preview_service": "preview"}
        run = prepared(memory, "blue_green", options, (*acts, theirs(name="api"), made("Service", service("api"))))
        result = run.start().wait()
        assert "Service default/preview is a Service of the application web; name a preview Service of its own." in result["msg"]
        assert run.wire.changes == []
