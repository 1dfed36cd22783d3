# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module `traffic_split`: only the numbers change, only Services with endpoints get requests, and what was there before comes back."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from tests.memory.cases import GRPC_ROUTE, ROUTED, WEB_ROUTE, WEIGHTS, edited, made, replicas
from tests.memory.cluster import Memory, running
from tests.memory.requests import Request
from tests.memory.runs import Run, call
from tests.memory.scenes import http_route, rule, service

PLACE: dict[str, Any] = {"namespace": "default", "wait_timeout": 30}
WEB: dict[str, Any] = {**PLACE, **WEB_ROUTE}
TO_CANARY: dict[str, Any] = WEIGHTS


@pytest.fixture
def memory() -> Iterator[Memory]:
    with running() as found:
        for act in ROUTED:
            act(found)
        found.clock.sleep(5)
        yield found


def with_rules(memory: Memory, *rules: dict[str, Any], name: str = "web") -> None:
    edited("HTTPRoute", lambda obj: obj["spec"].update(rules=list(rules)), name=name)(memory)
    memory.clock.sleep(5)


def branches(memory: Memory, name: str = "web", number: int = 0) -> dict[str, int]:
    found = memory.get("default", "HTTPRoute", name)["spec"]["rules"][number]["backendRefs"]
    return {entry["name"]: entry["weight"] for entry in found}


def own(memory: Memory, name: str = "web") -> Any:
    """What is a person's in a route."""
    found = memory.get("default", "HTTPRoute", name)
    return {**found["spec"], "labels": found["metadata"].get("labels"), "annotations": found["metadata"].get("annotations")}


def split(memory: Memory, web: int, canary: int, **options: Any) -> dict[str, Any]:
    result = call(memory, "traffic_split", **{**WEB, "weights": {"web": web, "web-canary": canary}, **options})
    assert not result.get("failed"), result["msg"]
    return result


def refused(memory: Memory, **options: Any) -> str:
    """The message of a task that fails and has written nothing but its Lease."""
    run = Run(memory, "traffic_split", **{**PLACE, **options}).start()
    result = run.wait()
    assert result.get("failed"), result["msg"]
    assert not result["changed"]
    return str(result["msg"])


def is_split(request: Request) -> bool:
    """The request changes weights."""
    return request.is_change and "httproutes" in request.path


# --- weights ----------------------------------------------------------------------------------------------------------------------


def test_only_the_numbers_change_and_a_second_task_changes_nothing(memory: Memory) -> None:
    before = copy.deepcopy(own(memory))
    result = split(memory, 95, 5)
    web = before["rules"][0]["backendRefs"][0]
    before["rules"][0]["backendRefs"] = [{**web, "weight": 95}, {**web, "name": "web-canary", "weight": 5}]
    assert own(memory) == before
    assert result["msg"] == "HTTPRoute default/web is complete: rule main gives web 95 %, web-canary 5 %."
    again = split(memory, 95, 5)
    assert (again["changed"], again["msg"]) == (False, "HTTPRoute default/web: all is as it is wanted already; nothing to do.")


def test_the_result_says_what_each_rule_gives_and_has_given(memory: Memory) -> None:
    (rollout,) = split(memory, 1, 1)["rollouts"]
    assert rollout["traffic"] == [
        {
            "router": "gateway_api",
            "name": "HTTPRoute/web",
            "rule": "main",
            "weights": {"web": 1, "web-canary": 1},
            "previous_weights": {"web": 1},
        }
    ]
    assert (rollout["kind"], rollout["phase"], rollout["complete"]) == ("HTTPRoute", "complete", True)
    assert [(step["name"], step["state"]) for step in rollout["steps"]] == [("endpoints", "done"), ("split", "done"), ("accept", "done")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"web": 80, "other": 20}, {"web": 76, "other": 20, "web-canary": 4}),
        ({"web": 1, "other": 1}, {"web": 95, "other": 100, "web-canary": 5}),
        ({"web": 100, "web-canary": 0}, {"web": 95, "web-canary": 5}),
        ({"web-canary": 40, "web": 60}, {"web-canary": 5, "web": 95}),
        ({"web-canary": 1}, {"web-canary": 5, "web": 95}),
    ],
    ids=str,
)
def test_the_share_of_others_stays(memory: Memory, before: dict[str, int], after: dict[str, int]) -> None:
    with_rules(memory, rule("main", **before))
    split(memory, 95, 5)
    assert branches(memory) == after
    assert not split(memory, 95, 5)["changed"]


def test_each_rule_that_names_one_of_them_is_meant_or_the_one_of_that_name(memory: Memory) -> None:
    with_rules(memory, rule("a"), rule("b", other=1), rule("c", web=2))
    split(memory, 1, 1, rule="c")
    assert [branches(memory, number=number) for number in range(3)] == [{"web": 1}, {"other": 1}, {"web": 1, "web-canary": 1}]
    split(memory, 1, 1)
    assert [branches(memory, number=number) for number in range(2)] == [{"web": 1, "web-canary": 1}, {"other": 1}]


def test_several_routes_are_changed_together(memory: Memory) -> None:
    made("HTTPRoute", http_route("shop"))(memory)
    memory.clock.sleep(5)
    routes = [WEB_ROUTE, {"kind": "HTTPRoute", "name": "shop"}]
    result = call(memory, "traffic_split", **PLACE, routes=routes, weights={"web": 1, "web-canary": 3})
    assert [rollout["name"] for rollout in result["rollouts"]] == ["web", "shop"]
    assert branches(memory) == branches(memory, "shop") == {"web": 1, "web-canary": 3}


def test_check_mode_shows_the_weights_and_writes_nothing(memory: Memory) -> None:
    run = Run(memory, "traffic_split", check=True, **WEB, **TO_CANARY)
    result = run.start().wait()
    assert (result["changed"], run.wire.writes) == (True, [])
    assert result["msg"] == "HTTPRoute default/web would get other weights."
    assert result["rollouts"][0]["plan"] == [
        "STEP   WHAT                BEFORE     AFTER",
        "split  HTTPRoute/web main  web 100 %  web 95 %, web-canary 5 %",
    ]
    assert "weight: 95" in result["diff"][0]["after"]
    assert split(memory, 95, 5, expect_plan=result["plan_hash"])["changed"]


# --- endpoints and acceptance -----------------------------------------------------------------------------------------------------


def test_a_service_without_endpoints_gets_nothing(memory: Memory) -> None:
    made("Service", service("empty", app="nobody"))(memory)
    before = own(memory)
    result = call(memory, "traffic_split", **WEB, weights={"web": 1, "empty": 1})
    assert result["failed"]
    assert result["msg"].startswith(
        "The step endpoints did not finish: Service empty has no ready endpoint (wait_timeout of 30 s is over)."
    )
    assert own(memory) == before


def test_it_waits_for_endpoints(memory: Memory) -> None:
    edited("Deployment", replicas(0), name="web-canary")(memory)
    memory.clock.sleep(10)
    run = Run(memory, "traffic_split", **WEB, **TO_CANARY)

    def start() -> None:
        edited("Deployment", replicas(1), name="web-canary")(memory)

    memory.clock.after(8, start)
    assert not run.start().wait().get("failed")
    assert branches(memory) == {"web": 95, "web-canary": 5}


def test_a_service_that_gets_nothing_needs_no_endpoints_and_need_not_exist(memory: Memory) -> None:
    with_rules(memory, rule(web=1, old=1))
    call(memory, "traffic_split", **WEB, weights={"web": 1, "old": 0})
    assert branches(memory) == {"web": 2, "old": 0}


def test_a_route_that_is_not_accepted_any_more_gets_its_weights_back(memory: Memory) -> None:
    before = own(memory)

    def refuse(request: Request) -> None:
        if is_split(request):
            memory.controllers.http_routes.refuse("default", "web", "NotAllowedByListeners", "No listener admits it")

    result = call(memory, "traffic_split", meddle=lambda run: run.wire.before.append(refuse), **WEB, **TO_CANARY)
    assert result["failed"]
    assert "HTTPRoute default/web is not accepted: Gateway gateway" in result["msg"]
    assert "let the listener of the Gateway admit routes" in result["msg"]
    assert own(memory) == before


# --- what was there before --------------------------------------------------------------------------------------------------------


def test_the_first_weights_come_back_byte_by_byte(memory: Memory) -> None:
    before = own(memory)
    split(memory, 95, 5)
    split(memory, 0, 100)
    result = call(memory, "traffic_split", **WEB, state="original")
    assert (result["changed"], own(memory)) == (True, before), result["msg"]
    again = call(memory, "traffic_split", **WEB, state="original")
    assert (again["changed"], again.get("failed")) == (False, None)
    assert again["msg"] == "HTTPRoute default/web: no change of its weights is remembered; nothing to do."


def test_nothing_of_a_route_is_ours_once_it_is_as_it_was(memory: Memory) -> None:
    def owners() -> list[Any]:
        entries = memory.get("default", "HTTPRoute", "web")["metadata"]["managedFields"]
        return [{key: value for key, value in entry.items() if key != "time"} for entry in entries if "subresource" not in entry]

    before = owners()
    split(memory, 95, 5)
    assert [entry["manager"] for entry in owners()] != [entry["manager"] for entry in before]
    call(memory, "traffic_split", **WEB, state="original")
    assert owners() == before


def test_what_somebody_has_added_meanwhile_stays(memory: Memory) -> None:
    split(memory, 95, 5)

    def change(obj: Any) -> None:
        obj["spec"]["rules"].insert(0, {**rule("beta"), "backendRefs": [{"name": "beta", "port": 80}]})
        obj["spec"]["rules"][1]["backendRefs"].append({"name": "other", "port": 80, "weight": 7})

    edited("HTTPRoute", change)(memory)
    memory.clock.sleep(5)
    result = call(memory, "traffic_split", **WEB, state="original")
    assert result["changed"], result["msg"]
    assert branches(memory, number=0) == {"beta": 1}
    assert branches(memory, number=1) == {"web": 1, "other": 7}


def test_an_interrupted_task_is_no_reason_to_refuse_other_weights_or_the_first_ones(memory: Memory) -> None:
    before = own(memory)
    run = Run(memory, "traffic_split", **WEB, **TO_CANARY).dies_after(is_split)
    run.start().wait()
    split(memory, 50, 50)
    assert branches(memory) == {"web": 50, "web-canary": 50}
    run = Run(memory, "traffic_split", **WEB, **TO_CANARY).dies_after(is_split)
    run.start().wait()
    assert not call(memory, "traffic_split", **WEB, state="original").get("failed")
    assert own(memory) == before


# --- refusals ---------------------------------------------------------------------------------------------------------------------

REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "a route that is not there": (
        {"kind": "HTTPRoute", "name": "shop", **TO_CANARY},
        "HTTPRoute default/shop does not exist; correct kind, name and namespace, or create it first.",
    ),
    "a Service that is not there": (
        {**WEB_ROUTE, "weights": {"web": 1, "absent": 1}},
        "Service default/absent does not exist; correct name and namespace, or create it first.",
    ),
    "a rule that is not there": (
        {**WEB_ROUTE, "rule": "api", **TO_CANARY},
        "HTTPRoute default/web has no rule api that names Service web or web-canary; its rules are: main (web).",
    ),
    "a single Service": ({**WEB_ROUTE, "weights": {"web": 1}}, "weights names Service web alone; name all Services that shall share"),
    "nothing for anybody": ({**WEB_ROUTE, "weights": {"web": 0, "web-canary": 0}}, "weights are all 0, so that no Service would get"),
    "a weight that is none": (
        {**WEB_ROUTE, "weights": {"web": 95.5, "web-canary": 5}},
        "weights.web must be a whole number from 0 to 1000000, not 95.5.",
    ),
    "the same route twice": ({"routes": [WEB_ROUTE, WEB_ROUTE], **TO_CANARY}, "HTTPRoute default/web"),
    "no route": ({"routes": [], **TO_CANARY}, "routes is empty; name at least one."),
    "weights that would be ignored": ({**WEB_ROUTE, **TO_CANARY, "state": "original"}, "weights are for state: present"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_cannot_be_is_refused_before_anything_is_written(memory: Memory, name: str) -> None:
    options, message = REFUSALS[name]
    assert message in refused(memory, **options)
    assert branches(memory) == {"web": 1}


def test_a_rule_that_names_a_service_twice_is_refused(memory: Memory) -> None:
    twice = rule()
    twice["backendRefs"] = [{"name": "web", "port": 80}, {"name": "web", "port": 81}]
    with_rules(memory, twice)
    assert "its rule main names Service web more than once, so it is not clear which weight is meant." in refused(
        memory, **WEB, **TO_CANARY
    )


def test_a_rule_that_gives_them_nothing_is_refused(memory: Memory) -> None:
    with_rules(memory, rule(web=0, other=1))
    assert "gives all requests to other Services than web, so there is nothing to divide." in refused(memory, **WEB, **TO_CANARY)


def test_a_route_that_nobody_accepts_is_refused(memory: Memory) -> None:
    memory.controllers.http_routes.refuse("default", "web", "NoMatchingParent", "no such Gateway")
    memory.clock.sleep(5)
    assert "HTTPRoute default/web is accepted by no router, so nothing follows its weights" in refused(memory, **WEB, **TO_CANARY)


def test_the_route_of_a_gitops_tool_is_refused(memory: Memory) -> None:
    edited("HTTPRoute", lambda obj: obj["metadata"].update(annotations={"argocd.argoproj.io/tracking-id": "shop:x"}))(memory)
    assert "belongs to Argo CD (application shop)" in refused(memory, **WEB, **TO_CANARY)
    split(memory, 95, 5, take_ownership=True)


def test_a_right_that_is_missing_for_the_second_route_leaves_the_first_alone(memory: Memory) -> None:
    made("GRPCRoute", GRPC_ROUTE)(memory)
    memory.clock.sleep(5)
    memory.server.rights.deny("user", ["patch"], "grpcroutes")
    before = own(memory)
    routes = [WEB_ROUTE, {"kind": "GRPCRoute", "name": "web"}]
    run = Run(memory, "traffic_split", user="user", **PLACE, routes=routes, **TO_CANARY).start()
    assert "may not patch grpcroutes" in run.wait()["msg"]
    assert own(memory) == before
