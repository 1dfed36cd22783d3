# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rollout by blue/green makes of what it finds: a task that was killed, another one on its way, sides and Services of others."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import BUDGET, REPLICA_SET
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.kinds import WORKLOADS

from tests.memory.cases import BLUE, LIMITS, NEXT, PLAIN, SCALER, Act, Case, done, edited, made, theirs
from tests.memory.cluster import Memory, running
from tests.memory.requests import Request
from tests.memory.scenes import deployment, service
from tests.memory.trouble import act_before_first

THIRD = {**BLUE, "image": "registry.example/web:3"}
GREEN = (*PLAIN, done("blue_green", **BLUE))
HELD = (*PLAIN, done("blue_green", **BLUE, stop_before="hold"))
STANDING = (*PLAIN, done("blue_green", **BLUE, stop_before="switch"))
API = (theirs(name="api"), made("Service", service("api")))


def result_of(memory: Memory, module: str, before: tuple[Act, ...] = (), **options: Any) -> dict[str, Any]:
    case = Case(module, options, before)
    case.prepare(memory)
    return case.run(memory).start().wait()


def refusal_of(memory: Memory, module: str, before: tuple[Act, ...] = (), **options: Any) -> str:
    """Why a call is refused, which changes nothing."""
    case = Case(module, options, before)
    case.prepare(memory)
    run = case.run(memory)
    result = run.start().wait()
    assert result.get("failed"), result["msg"]
    assert run.wire.changes == []
    return str(result["msg"])


def killed(module: str, write: int, **options: Any) -> Act:
    """A module was called before, and killed after this write; its lock has expired since."""

    def act(memory: Memory) -> None:
        assert Case(module, options).run(memory).dies_after_write(write).start().wait() == {}
        memory.clock.sleep(60)

    return act


def serves(memory: Memory) -> set[str]:
    """The images of the pods to which the Service leads."""
    selector = memory.get("default", "Service", "web")["spec"]["selector"]
    pods = [pod for pod in memory.all("default", "Pod") if selector.items() <= pod["metadata"]["labels"].items()]
    return {pod["spec"]["containers"][0]["image"].rpartition(":")[2] for pod in pods if not pod["metadata"].get("deletionTimestamp")}


def denied(memory: Memory, *plurals: str) -> None:
    for plural in plurals:
        memory.server.rights.deny("robot", ["list"], plural)


# --- a rollout that is on its way ---------------------------------------------------------------------------------------------------------


GOING_ON: dict[str, tuple[str, dict[str, Any]]] = {
    "promote": ("promote", {"name": "web"}),
    "abort": ("abort", {"name": "web"}),
    "blue_green": ("blue_green", BLUE),
}


@pytest.mark.parametrize("how", GOING_ON)
def test_a_rollout_that_is_given_up_already_is_only_brought_back(how: str) -> None:
    module, options = GOING_ON[how]
    with running() as memory:
        result = result_of(memory, module, (*HELD, killed("abort", 2, name="web")), **options)
        assert result["rollouts"][0]["phase"] == "aborted", result["msg"]
        assert serves(memory) == {"1"}
        assert memory.get("default", "Deployment", "web-green") is None


def test_a_rollout_whose_candidates_were_never_made_is_given_up_without_a_trace() -> None:
    with running() as memory:
        result = result_of(memory, "abort", (*PLAIN, killed("blue_green", 2, **BLUE)), name="web")
        assert result["rollouts"][0]["phase"] == "aborted", result["msg"]
        annotations = memory.get("default", "Lease", "rollout-web")["metadata"]["annotations"]
        assert "rollout.kubernetes/given-up" not in annotations
        assert "rollout.kubernetes/claim" not in annotations


def test_a_record_of_what_was_given_up_that_nobody_can_read_keeps_nobody_from_giving_up() -> None:
    def spoil(obj: Any) -> None:
        obj["metadata"]["annotations"]["rollout.kubernetes/given-up"] = "{"

    with running() as memory:
        result = result_of(memory, "abort", (*STANDING, edited("Lease", spoil, name="rollout-web")), name="web")
        assert result["rollouts"][0]["phase"] == "aborted", result["msg"]
        assert memory.get("default", "Lease", "rollout-web")["metadata"]["annotations"]["rollout.kubernetes/given-up"] != "{"


def test_a_first_version_cannot_be_given_up() -> None:
    first = done("blue_green", definition=deployment(replicas=2), stop_before="switch")
    with running() as memory:
        message = refusal_of(memory, "abort", (made("Service", service()), first), name="web")
        assert "web has no earlier version to go back to" in message


def test_other_workloads_than_those_on_their_way_are_refused() -> None:
    with running() as memory:
        both = {"definition": [deployment("2"), deployment("2", name="api")], "services": [{"name": "web"}, {"name": "api"}]}
        message = refusal_of(memory, "blue_green", (*STANDING, *API), **both, application="web")
        assert "web has a rollout on its way of web (" in message
        assert "run it again with just these workloads" in message


def test_an_undo_that_was_killed_goes_on_and_gives_way_to_no_other() -> None:
    acts = (*GREEN, done("blue_green", **THIRD), killed("undo", 4, name="web"))
    with running() as memory:
        assert "has a rollout on its way (" in refusal_of(memory, "undo", acts, name="web", revision=1)
        result = result_of(memory, "undo", name="web")
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        assert serves(memory) == {"2"}


def test_a_rollout_that_goes_forward_is_not_undone() -> None:
    with running() as memory:
        message = refusal_of(memory, "undo", (*GREEN, done("blue_green", **THIRD, stop_before="switch")), name="web")
        assert "has a rollout on its way (" in message
        assert "promote or abort it first" in message


def test_an_undo_whose_template_is_gone_says_so() -> None:
    def swept(memory: Memory) -> None:
        for entry in memory.all("default", "ReplicaSet"):
            if entry["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":1"):
                memory.server.delete(REPLICA_SET, entry)

    with running() as memory:
        message = refusal_of(memory, "undo", (*GREEN, done("blue_green", **THIRD), swept), name="web", revision=1)
        assert "The ReplicaSet of web that kept the template of promotion 1 is gone" in message


# --- what may not begin -------------------------------------------------------------------------------------------------------------------


def test_a_workload_without_a_service_is_told() -> None:
    with running() as memory:
        message = refusal_of(
            memory, "blue_green", (*PLAIN, *API), definition=[deployment("2"), deployment("2", name="api")], services=[{"name": "web"}]
        )
        assert "Deployment default/api stands behind none of the Services web; name its Service as well." in message


def test_a_definition_of_the_idle_side_takes_no_pods_away() -> None:
    with running() as memory:
        message = refusal_of(memory, "blue_green", GREEN, definition=deployment("3", replicas=0))
        assert "asks for 0 replicas, as its idle side has, while web-green serves with 2" in message


def test_a_deployment_that_somebody_deletes_while_it_is_looked_at_is_told() -> None:
    with running() as memory:
        case = Case("blue_green", BLUE, PLAIN)
        case.prepare(memory)
        run = case.run(memory)

        def reads(request: Request) -> bool:
            return request.method == "GET" and request.path.endswith("/deployments/web")

        gone = WORKLOADS["Deployment"]
        act_before_first(run, reads, lambda: memory.server.delete(gone, memory.get("default", "Deployment", "web")))
        assert "Deployment default/web does not exist" in run.start().wait()["msg"]
        assert run.wire.changes == []


# --- leaving ------------------------------------------------------------------------------------------------------------------------------


LEAVE: dict[str, Any] = {"leave": True, "scale_down_delay": 0}


def test_who_has_left_already_has_nothing_to_leave() -> None:
    with running() as memory:
        result = result_of(memory, "blue_green", PLAIN, name="web", **LEAVE)
        assert not result["changed"]
        assert "there is one plain Deployment already" in result["msg"]


def test_what_is_not_there_cannot_be_left() -> None:
    with running() as memory:
        message = refusal_of(memory, "blue_green", (made("Service", service()),), definition=deployment(), **LEAVE)
        assert "so there is nothing to leave; use the module rolling" in message


LEFT_WITH = {"beside another side": (*PLAIN, done("blue_green", **BLUE, keep_old=True), done("undo", name="web")), "alone": PLAIN}


@pytest.mark.parametrize("how", LEFT_WITH)
def test_what_serves_by_its_plain_name_gets_no_other_version_while_it_leaves(how: str) -> None:
    with running() as memory:
        message = refusal_of(memory, "blue_green", LEFT_WITH[how], **{**THIRD, **LEAVE})
        assert "serves itself, so it cannot get another version while it leaves blue/green" in message


@pytest.mark.parametrize("how", LEFT_WITH)
def test_what_serves_by_its_plain_name_may_leave_with_its_own_definition(how: str) -> None:
    with running() as memory:
        for act in LEFT_WITH[how]:
            act(memory)
        for _time in range(2):
            result = result_of(memory, "blue_green", definition=deployment(replicas=2), **LEAVE)
            assert not result.get("failed"), result["msg"]
            assert memory.get("default", "Deployment", "web-green") is None
        assert not result["changed"]
        assert serves(memory) == {"1"}


# --- what is of others --------------------------------------------------------------------------------------------------------------------


def test_a_preview_service_of_another_application_is_not_taken() -> None:
    preview = made("Service", service("preview", app="web"))
    acts = (*PLAIN, preview, done("blue_green", **BLUE, preview_service="preview"), *API)
    with running() as memory:
        message = refusal_of(memory, "blue_green", acts, name="api", image="registry.example/web:2", preview_service="preview")
        assert "preview" in message
        assert "name a preview Service of its own" in message


def test_another_workload_may_change_beside_what_has_two_sides() -> None:
    with running() as memory:
        result = result_of(memory, "rolling", (*GREEN, theirs(name="api")), name="api", image="registry.example/web:2")
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]


def test_who_cannot_see_how_far_a_rollout_is_is_refused_without_its_step() -> None:
    with running() as memory:
        for act in STANDING:
            act(memory)
        assert "; it stands before the step switch: go on with it" in refusal_of(memory, "rolling", (), **NEXT)
        denied(memory, "replicasets")
        assert "2026-05-04T12:00:20Z: go on with it" in refusal_of(memory, "rolling", (), user="robot", **NEXT)


def test_the_side_that_gets_no_requests_may_be_changed_by_who_cannot_see_which_it_is() -> None:
    with running() as memory:
        for act in GREEN:
            act(memory)
        other: dict[str, Any] = {**NEXT, "image": "registry.example/web:3"}
        assert "is a side of web that gets no requests" in refusal_of(memory, "rolling", **other)
        denied(memory, "services")
        result = result_of(memory, "rolling", **other, user="robot")
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]


def test_who_may_not_see_pods_rolls_nothing_out_on_two_sides() -> None:
    with running() as memory:
        denied(memory, "replicasets")
        assert "may not list replicasets" in refusal_of(memory, "blue_green", PLAIN, **BLUE, user="robot")


def test_limits_and_autoscalers_that_may_not_be_seen_are_taken_as_not_there() -> None:
    with running() as memory:
        denied(memory, "horizontalpodautoscalers", "poddisruptionbudgets")
        result = result_of(memory, "blue_green", PLAIN, **BLUE, user="robot")
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        warnings = [warning for warning in result["warnings"] if "objects are taken as not there" in warning]
        assert len(warnings) == 2


def test_limits_and_autoscalers_that_come_and_go_meanwhile_are_followed() -> None:
    with running() as memory:
        case = Case("blue_green", {**BLUE, "scale_down_delay": 60}, (*PLAIN, made("PodDisruptionBudget", LIMITS)))
        case.prepare(memory)
        run = case.run(memory).start()
        memory.clock.wait(lambda: serves(memory) == {"2"})
        made("HorizontalPodAutoscaler", SCALER)(memory)
        budget = memory.get("default", "PodDisruptionBudget", "web")
        memory.server.delete(BUDGET, budget)
        result = run.wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        scaler = memory.get("default", "HorizontalPodAutoscaler", "web")
        assert scaler["spec"]["scaleTargetRef"]["name"] == "web-green"
