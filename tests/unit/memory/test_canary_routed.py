# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A canary whose requests are divided by routes: the order of its writes, what it gives back, and what it refuses."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from tests.memory.cases import BEHIND_ROUTE, BY_ROUTE, INGRESS, WEB_ROUTE, edited, made, replicas
from tests.memory.cluster import Memory, running
from tests.memory.runs import Run, call
from tests.memory.scenes import deployment, http_route, rule, service
from tests.memory.store import Change

WEB: dict[str, Any] = {"namespace": "default", "name": "web"}
NEXT: dict[str, Any] = {**WEB, "image": "registry.example/web:2", "wait_timeout": 60, "hold": 3, "weights": [10, 60], **BY_ROUTE}
ON_ITS_WAY: dict[str, Any] = {"namespace": "default", "application": "web", "wait_timeout": 60}


@pytest.fixture
def memory() -> Iterator[Memory]:
    with running() as found:
        for act in BEHIND_ROUTE:
            act(found)
        yield found


def route(memory: Memory) -> Any:
    found = memory.get("default", "HTTPRoute", "web")
    return copy.deepcopy({"spec": found["spec"], **{key: found["metadata"].get(key) for key in ("labels", "annotations")}})


def branches(memory: Memory) -> dict[str, int]:
    return {entry["name"]: entry["weight"] for entry in memory.get("default", "HTTPRoute", "web")["spec"]["rules"][0]["backendRefs"]}


def selector(memory: Memory, name: str = "web") -> Any:
    found = memory.get("default", "Service", name)
    return found["spec"]["selector"] if found is not None else None


def own(memory: Memory) -> Any:
    """What is a person's: route, Services, and the Deployment without its template."""
    deployment = memory.get("default", "Deployment", "web")
    spec = {key: value for key, value in deployment["spec"].items() if key != "template"}
    return {
        "route": route(memory),
        "services": {obj["metadata"]["name"]: obj["spec"]["selector"] for obj in memory.all("default", "Service")},
        "spec": spec,
    }


def images(memory: Memory) -> set[str]:
    return {pod["spec"]["containers"][0]["image"].rpartition(":")[2] for pod in memory.all("default", "Pod")}


class Requests:
    """Follows who would get requests at each change: for each Service that has weight the versions of its ready endpoints."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self.lost: list[str] = []
        memory.server.store.listeners.append(self._hear)

    def _hear(self, change: Change) -> None:
        if change.resource.kind not in ("HTTPRoute", "EndpointSlice", "Service"):
            return
        for name, weight in branches(self._memory).items():
            if weight and not self._ready(name):
                self.lost.append(f"{name} has the weight {weight} and no ready endpoint")

    def _ready(self, name: str) -> int:
        slices = [
            obj for obj in self._memory.all("default", "EndpointSlice") if obj["metadata"]["labels"]["kubernetes.io/service-name"] == name
        ]
        return sum(1 for obj in slices for entry in obj.get("endpoints") or () if entry["conditions"]["ready"])


def rolled(memory: Memory, **options: Any) -> dict[str, Any]:
    given = {key: value for key, value in {**NEXT, **options}.items() if value is not None}
    result = call(memory, "canary", **given)
    assert not result.get("failed"), result["msg"]
    return result


# --- to the end -------------------------------------------------------------------------------------------------------------------


def test_it_comes_to_its_end_and_gives_everything_back(memory: Memory) -> None:
    before, requests = own(memory), Requests(memory)
    result = rolled(memory)
    memory.clock.sleep(30)
    assert (own(memory), images(memory), requests.lost) == (before, {"2"}, []), result["msg"]
    assert [step["name"] for step in result["rollouts"][0]["steps"]] == ["weight_10", "weight_60", "promote"]
    assert not rolled(memory)["changed"]


@pytest.mark.parametrize(
    ("stop", "weights", "pods"), [("weight_60", {"web": 90, "web-canary": 10}, 1), ("promote", {"web": 40, "web-canary": 60}, 2)]
)
def test_each_step_has_its_weight_and_its_pods_besides_all_stable_ones(
    memory: Memory, stop: str, weights: dict[str, int], pods: int
) -> None:
    result = rolled(memory, stop_before=stop)
    assert branches(memory) == weights
    assert result["rollouts"][0]["replicas"]["old"] == 3
    assert result["rollouts"][0]["replicas"]["new"] == pods
    assert result["rollouts"][0]["weights"] == {"stable": weights["web"], "candidate": weights["web-canary"]}
    assert result["rollouts"][0]["traffic"] == [{"router": "gateway_api", "name": "HTTPRoute/web", "rule": "main", "weights": weights}]
    hashes = {name: selector(memory, name)["pod-template-hash"] for name in ("web", "web-canary")}
    assert len(set(hashes.values())) == 2


def test_its_weight_comes_when_its_service_has_endpoints(memory: Memory) -> None:
    """Endpoints come late: a router would answer the candidate's share with errors."""
    memory.controllers.endpoint_slices.pace = (4, 5)
    requests = Requests(memory)
    rolled(memory)
    assert requests.lost == []


def test_pods_that_had_requests_stay_until_routers_have_followed(memory: Memory) -> None:
    at: dict[str, float] = {}

    def hear(change: Change) -> None:
        if change.resource.kind == "HTTPRoute" and change.old["spec"] != change.new["spec"]:
            at["weights"] = memory.clock.seconds
        if change.resource.kind == "Pod" and change.new["metadata"].get("deletionTimestamp") and "pods" not in at:
            at["pods"] = memory.clock.seconds

    memory.server.store.listeners.append(hear)
    rolled(memory)
    assert at["pods"] - at["weights"] >= 5


def test_check_mode_tells_requests_and_pods(memory: Memory) -> None:
    result = call(memory, "canary", meddle=lambda run: setattr(run, "_check", True), **NEXT)
    assert result["rollouts"][0]["plan"][1:] == [
        "weight_10  10 % of the requests go to 1 pod of the candidate, hold 3 s   3 stable, 0 new  3 stable, 1 new",
        "weight_60  60 % of the requests go to 2 pods of the candidate, hold 3 s  3 stable, 1 new  3 stable, 2 new",
        "promote    start the rest, give it all requests, stop the stable pods    3 stable, 2 new  0 stable, 3 new",
    ]


@pytest.mark.parametrize("other", [{"match": {"headers": {"X-Canary": "always"}}}, {"service": "inside"}, {"weights": [20]}], ids=str)
def test_an_approved_plan_is_about_routes_as_well(memory: Memory, other: dict[str, Any]) -> None:
    approved = Run(memory, "canary", check=True, **NEXT).start().wait()["plan_hash"]
    edited("HTTPRoute", lambda obj: obj["spec"]["rules"].append(rule("b", inside=1)))(memory)
    memory.clock.sleep(5)
    result = call(memory, "canary", **{**NEXT, **other, "expect_plan": approved})
    assert "This is another plan than the one that was approved (expect_plan)" in result["msg"]
    assert rolled(memory, expect_plan=approved, stop_before="weight_60")["changed"]
    promoted = Run(memory, "promote", check=True, **ON_ITS_WAY).start().wait()["plan_hash"]
    assert call(memory, "promote", **ON_ITS_WAY, expect_plan=promoted)["changed"]


def test_a_step_may_have_more_pods_than_its_weight_needs(memory: Memory) -> None:
    result = rolled(memory, weights=None, steps=[{"weight": 1, "replicas": 2}], stop_before="promote")
    assert (branches(memory), result["rollouts"][0]["replicas"]["new"]) == ({"web": 99, "web-canary": 1}, 2)


def test_the_candidates_pods_follow_a_scaled_deployment(memory: Memory) -> None:
    rolled(memory, stop_before="promote")
    edited("Deployment", replicas(6))(memory)
    memory.clock.sleep(20)
    before = own(memory)["spec"]["replicas"]
    assert call(memory, "promote", **ON_ITS_WAY)["rollouts"][0]["phase"] == "complete"
    assert (before, images(memory), branches(memory)) == (6, {"2"}, {"web": 1})


def test_a_service_of_the_users_is_led_to_the_candidate_and_back(memory: Memory) -> None:
    made("Service", service("testers", app="web"))(memory)
    before = own(memory)
    rolled(memory, candidate_service="testers", stop_before="promote")
    assert selector(memory, "testers")["pod-template-hash"] != selector(memory)["pod-template-hash"]
    assert call(memory, "promote", **ON_ITS_WAY)["rollouts"][0]["phase"] == "complete"
    assert own(memory) == before


def test_every_service_that_leads_to_the_pods_is_pinned(memory: Memory) -> None:
    before = own(memory)
    rolled(memory, stop_before="promote")
    assert selector(memory, "inside") == selector(memory)
    call(memory, "promote", **ON_ITS_WAY)
    assert own(memory) == before


def test_beside_an_ingress_a_second_one_is_made_and_deleted(memory: Memory) -> None:
    made("Ingress", INGRESS)(memory)
    before, first = own(memory), copy.deepcopy(memory.get("default", "Ingress", "web"))
    by_ingress = {"routes": [{"kind": "Ingress", "name": "web"}]}
    rolled(memory, **by_ingress, stop_before="promote")
    second = memory.get("default", "Ingress", "web-canary")
    assert second["metadata"]["annotations"] == {
        f"nginx.ingress.kubernetes.io/{key}": value for key, value in (("canary", "true"), ("canary-weight", "60"))
    }
    (given,) = second["spec"]["rules"]
    assert (given["host"], [path["path"] for path in given["http"]["paths"]]) == ("shop.example", ["/"])
    assert given["http"]["paths"][0]["backend"]["service"]["name"] == "web-canary"
    assert not rolled(memory, **by_ingress, stop_before="promote")["changed"]
    result = rolled(memory, **by_ingress)
    assert (own(memory), memory.get("default", "Ingress", "web-canary"), images(memory)) == (before, None, {"2"}), result["msg"]
    assert memory.get("default", "Ingress", "web") == first


def test_given_up_the_second_ingress_goes_before_the_pods(memory: Memory) -> None:
    made("Ingress", INGRESS)(memory)
    before, seen = own(memory), []
    rolled(memory, routes=[{"kind": "Ingress", "name": "web"}], stop_before="promote")
    memory.server.store.listeners.append(lambda change: seen.append(f"{change.type} {change.resource.kind}"))
    call(memory, "abort", **ON_ITS_WAY)
    memory.clock.sleep(30)
    assert own(memory) == before
    assert seen.index("DELETED Ingress") < seen.index("DELETED Pod")


def test_matching_requests_go_to_the_candidate_before_all_others_and_until_the_end(memory: Memory) -> None:
    before = own(memory)
    testers = {"headers": {"X-Canary": "always"}, "cookies": {"beta": "1"}}
    result = rolled(memory, match=testers, stop_before="weight_10")
    assert [step["name"] for step in result["rollouts"][0]["steps"]] == ["match", "weight_10", "weight_60", "promote"]
    found = memory.get("default", "HTTPRoute", "web")["spec"]["rules"]
    assert [entry["name"] for entry in found] == ["rollout-kubernetes-0", "main"]
    assert [(entry["name"], entry.get("weight")) for entry in found[0]["backendRefs"]] == [("web-canary", 1)]
    assert [(header["name"], header["type"]) for header in found[0]["matches"][0]["headers"]] == [
        ("X-Canary", "Exact"),
        ("Cookie", "RegularExpression"),
    ]
    assert (found[0]["filters"], found[0]["timeouts"]) == (found[1]["filters"], found[1]["timeouts"])
    assert [entry["name"] for entry in found[1]["backendRefs"]] == ["web"]
    assert "weights" not in result["rollouts"][0]
    rolled(memory, match=testers, stop_before="promote")
    assert len(memory.get("default", "HTTPRoute", "web")["spec"]["rules"]) == 2
    rolled(memory, match=testers)
    assert (own(memory), images(memory)) == (before, {"2"})


def test_given_up_matching_requests_go_where_all_others_go(memory: Memory) -> None:
    before = own(memory)
    rolled(memory, match={"headers": {"X-Canary": "always"}}, stop_before="promote")
    call(memory, "abort", **ON_ITS_WAY)
    memory.clock.sleep(30)
    assert (own(memory), images(memory)) == (before, {"1"})


def test_the_second_ingress_takes_matching_requests_by_its_annotations(memory: Memory) -> None:
    made("Ingress", INGRESS)(memory)
    before = own(memory)
    by_ingress: dict[str, Any] = {"routes": [{"kind": "Ingress", "name": "web"}], "match": {"cookies": {"beta": "always"}}}
    rolled(memory, **by_ingress, stop_before="weight_10")
    annotations = memory.get("default", "Ingress", "web-canary")["metadata"]["annotations"]
    prefix = "nginx.ingress.kubernetes.io"
    assert annotations == {f"{prefix}/canary": "true", f"{prefix}/canary-weight": "0", f"{prefix}/canary-by-cookie": "beta"}
    rolled(memory, **by_ingress)
    assert own(memory) == before


# --- back -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stop", ["weight_60", "promote"])
def test_given_up_everything_is_as_before(memory: Memory, stop: str) -> None:
    before = own(memory)
    rolled(memory, stop_before=stop)
    requests = Requests(memory)
    result = call(memory, "abort", **ON_ITS_WAY)
    memory.clock.sleep(30)
    assert (own(memory), images(memory), requests.lost) == (before, {"1"}, []), result["msg"]


def test_killed_when_the_services_lead_to_the_candidate_it_can_still_be_given_up(memory: Memory) -> None:
    before, requests = own(memory), Requests(memory)
    rolled(memory, stop_before="promote")
    candidate = selector(memory, "web-canary")["pod-template-hash"]
    run = Run(memory, "promote", **ON_ITS_WAY)
    run.dies_after(lambda request: request.is_change and request.path.endswith("/services/inside"))
    run.start().wait()
    assert candidate in (selector(memory, "inside")["pod-template-hash"], selector(memory)["pod-template-hash"])
    memory.clock.sleep(20)
    result = call(memory, "abort", **ON_ITS_WAY)
    memory.clock.sleep(30)
    assert (own(memory), images(memory), requests.lost) == (before, {"1"}, []), result["msg"]


def test_a_bad_version_gets_no_request_and_goes(memory: Memory) -> None:
    before, requests = own(memory), Requests(memory)
    seen: list[dict[str, int]] = []
    memory.server.store.listeners.append(lambda change: seen.append(branches(memory)) if change.resource.kind == "HTTPRoute" else None)
    run = Run(memory, "canary", **{**NEXT, "image": "x:missing"})
    assert run.start().wait()["failed"]
    lines = run.lines
    memory.clock.sleep(30)
    assert (own(memory), images(memory), requests.lost) == (before, {"1"}, [])
    assert [weights for weights in seen if "web-canary" in weights] == []
    assert "routers have" not in " ".join(lines), "no router has to follow"


def test_another_version_takes_the_weights_back_first(memory: Memory) -> None:
    rolled(memory, stop_before="promote")
    requests = Requests(memory)
    result = rolled(memory, image="registry.example/web:3", supersede=True)
    memory.clock.sleep(30)
    assert (images(memory), branches(memory), requests.lost) == ({"3"}, {"web": 1}, []), result["msg"]


# --- what somebody else does ------------------------------------------------------------------------------------------------------


def test_weights_that_somebody_has_changed_end_it(memory: Memory) -> None:
    before = own(memory)
    rolled(memory, stop_before="weight_60")

    def change(obj: Any) -> None:
        obj["spec"]["rules"][0]["backendRefs"][1]["weight"] = 0

    edited("HTTPRoute", change)(memory)
    memory.clock.sleep(5)
    result = call(memory, "canary", **{**NEXT, "stop_before": "weight_60"})
    assert "HTTPRoute default/web was given other weights (by kubectl-edit) while it was rolled out." in result["msg"]
    assert own(memory)["route"] == before["route"]


def test_a_service_that_somebody_has_led_elsewhere_ends_it(memory: Memory) -> None:
    rolled(memory, stop_before="promote")
    edited("Service", lambda obj: obj["spec"].update(selector={"app": "web"}))(memory)
    memory.clock.sleep(5)
    result = call(memory, "promote", **ON_ITS_WAY)
    assert "Service default/web was led elsewhere (app=web) (by kubectl-edit) while it was rolled out." in result["msg"]
    assert (branches(memory), images(memory)) == ({"web": 1}, {"1"})


def test_other_tasks_leave_its_routes_alone(memory: Memory) -> None:
    rolled(memory, stop_before="promote")
    options: dict[str, Any] = {**WEB_ROUTE, "application": "other", "weights": {"web": 1, "web-canary": 1}}
    result = call(memory, "traffic_split", namespace="default", **options)
    assert "HTTPRoute default/web belongs to a canary rollout of web that is on its way" in result["msg"]


# --- refusals ---------------------------------------------------------------------------------------------------------------------

REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "a route that is not there": ({"routes": [{"kind": "HTTPRoute", "name": "shop"}]}, "HTTPRoute default/shop does not exist"),
    "an Ingress that leads elsewhere": (
        {"routes": [{"kind": "Ingress", "name": "web"}], "service": "inside"},
        "Ingress default/web has no path that leads to Service inside",
    ),
    "an Ingress whose second one is there": (
        {"routes": [{"kind": "Ingress", "name": "shop"}]},
        "Ingress default/shop-canary is there already; name that one in routes, which has the weights of Ingress default/shop",
    ),
    "a Service that is not there": ({"service": "shop"}, "Service default/shop does not exist"),
    "a Service of other pods": ({"service": "other"}, "Service default/other does not select the pods of Deployment default/web"),
    "a route that leads elsewhere": ({"service": "inside"}, "HTTPRoute default/web has no rule that names Service inside or inside-canary"),
    "a Service for the candidate that leads elsewhere": (
        {"candidate_service": "other"},
        "Service default/other is there and does not select the pods of Deployment default/web, so it cannot lead to the candidate",
    ),
    "no Service of its own": ({"candidate_service": "web"}, "candidate_service and service are both web"),
    "a step without weight": ({"weights": None, "steps": [{"replicas": 1}]}, "steps[0] needs weight, the percentage of the requests"),
    "nothing to match": ({"match": {}}, "match names neither headers nor cookies"),
    "a header without a value": ({"match": {"headers": {"X-Canary": True}}}, "match.headers.X-Canary must be a text that is not empty"),
    "two cookies for an Ingress": (
        {"routes": [{"kind": "Ingress", "name": "web"}], "match": {"cookies": {"a": "always", "b": "always"}}},
        "match cannot be carried out on Ingress default/web-canary: its annotations take one header or one cookie; name one",
    ),
    "too short a delay": ({"propagation_delay": 1}, "propagation_delay must be at least 5 seconds, not 1"),
    "an option without routes": (
        {"routes": None, "propagation_delay": None, "service": "web"},
        "service is for a canary whose requests are divided",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_cannot_be_is_refused_before_anything_is_written(memory: Memory, name: str) -> None:
    made("Service", service("other", app="other"))(memory)
    for ingress in ("web", "shop", "shop-canary"):
        made("Ingress", {**INGRESS, "metadata": {"name": ingress}})(memory)
    before = own(memory)
    options, message = REFUSALS[name]
    given = {key: value for key, value in {**NEXT, **options}.items() if value is not None}
    result = call(memory, "canary", **given)
    assert (result.get("failed"), message in result["msg"]) == (True, True), result["msg"]
    assert own(memory) == before


def test_a_canary_on_its_way_keeps_how_its_requests_are_divided(memory: Memory) -> None:
    rolled(memory, stop_before="promote")
    given = {key: value for key, value in NEXT.items() if key not in BY_ROUTE}
    result = call(memory, "canary", **given)
    assert "has a canary on its way whose requests are divided by routes (HTTPRoute/web); give the same in routes" in result["msg"]


def test_a_first_rollout_divides_nothing_and_needs_no_service_beforehand() -> None:
    with running() as memory:
        result = call(memory, "canary", namespace="default", definition=[service(), deployment("2")], wait_timeout=60, hold=3, **BY_ROUTE)
        assert (result.get("failed"), result["rollouts"][0]["phase"]) == (None, "complete"), result["msg"]
        assert selector(memory) == {"app": "web"}


def test_a_canary_on_its_way_keeps_its_services(memory: Memory) -> None:
    rolled(memory, stop_before="promote")
    result = call(memory, "canary", **{**NEXT, "candidate_service": "web-next"})
    assert "has a canary on its way between web and web-canary; give the same Services in service" in result["msg"]


def test_who_goes_on_may_lead_other_testers_to_the_candidate(memory: Memory) -> None:
    before = own(memory)
    rolled(memory, match={"headers": {"X-Canary": "always"}}, stop_before="weight_60")
    rolled(memory, match={"headers": {"X-Team": "shop"}}, stop_before="promote")
    (testers, _main) = memory.get("default", "HTTPRoute", "web")["spec"]["rules"]
    assert [header["name"] for header in testers["matches"][0]["headers"]] == ["X-Team"]
    rolled(memory, match={"headers": {"X-Team": "shop"}})
    assert own(memory) == before


def test_two_routes_are_divided_together(memory: Memory) -> None:
    made("HTTPRoute", http_route("shop", rule("a", web=3)))(memory)
    memory.clock.sleep(5)
    rolled(memory, routes=[WEB_ROUTE, {"kind": "HTTPRoute", "name": "shop"}], stop_before="promote")
    shop = memory.get("default", "HTTPRoute", "shop")["spec"]["rules"][0]["backendRefs"]
    assert [(entry["name"], entry["weight"]) for entry in shop] == [("web", 120), ("web-canary", 180)]
    call(memory, "promote", **ON_ITS_WAY)
    shop = memory.get("default", "HTTPRoute", "shop")["spec"]["rules"][0]["backendRefs"]
    assert [(entry["name"], entry["weight"]) for entry in shop] == [("web", 3)]
