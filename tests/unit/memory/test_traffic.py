# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users get while the traffic moves: pods that are ready, proven by the endpoints; and who else points a Service somewhere."""

from __future__ import annotations

from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.traffic.scenes import DRAIN_SECONDS

from tests.memory.cases import BLUE, PLAIN, Case, done, edited, made, theirs
from tests.memory.cluster import Memory, running
from tests.memory.refusals import forbidden
from tests.memory.requests import Request
from tests.memory.scenes import service
from tests.memory.trouble import act_before_first


def _selector(memory: Memory) -> dict[str, str]:
    found: dict[str, str] = memory.get("default", "Service", "web")["spec"]["selector"]
    return found


def _image(memory: Memory) -> set[str]:
    """What the ready endpoints of the Service run."""
    pods = {pod["metadata"]["name"]: pod["spec"]["containers"][0]["image"] for pod in memory.all("default", "Pod")}
    entries = [entry for slice_ in memory.all("default", "EndpointSlice") for entry in slice_["endpoints"] if entry["conditions"]["ready"]]
    return {pods[entry["targetRef"]["name"]] for entry in entries}


def _pins(request: Request) -> bool:
    return request.is_write and "/services/" in request.path


def test_an_abort_whose_traffic_somebody_leads_elsewhere_does_not_end_well() -> None:
    with running(1) as memory:
        case = Case("abort", {"name": "web"}, (*PLAIN, done("blue_green", **BLUE, stop_before="hold")))
        case.prepare(memory)
        run = case.run(memory)
        elsewhere = edited("Service", lambda obj: obj["spec"].update(selector={"app": "other"}), manager="alice")
        act_before_first(
            run, lambda request: request.is_write and request.path.endswith("/deployments/web-green"), lambda: elsewhere(memory)
        )
        result = run.start().wait()
        assert memory.get("default", "Service", "web")["spec"]["selector"] == {"app": "other"}, "what is theirs stays"
        assert result["failed"], result["msg"]
        assert "not all traffic is where it was before: Service web leads to no pod (app=other)" in result["msg"]
        assert result["rollouts"][0]["phase"] == "aborted"
        assert memory.get("default", "Deployment", "web-green") is None


def test_old_pods_stay_until_the_nodes_have_followed_the_switch() -> None:
    with running() as memory:
        case = Case("blue_green", BLUE, PLAIN)
        case.prepare(memory)
        run, turned, shrunk = case.run(memory), list[float](), list[float]()

        def hear(request: Request, answer: Any) -> Any:
            if _pins(request):
                turned.append(memory.clock.seconds)
            if (
                request.is_write
                and request.path.endswith("/deployments/web")
                and memory.get("default", "Deployment", "web")["spec"]["replicas"] == 0
            ):
                shrunk.append(memory.clock.seconds)
            return answer

        run.wire.after.append(hear)
        assert not run.start().wait().get("failed"), run.result["msg"]
        assert shrunk[0] - turned[-1] >= DRAIN_SECONDS


def test_the_candidate_gets_as_many_pods_as_serve_before_it_gets_the_traffic() -> None:
    with running() as memory:
        case = Case("blue_green", BLUE, PLAIN)
        case.prepare(memory)
        run, ready = case.run(memory), list[int]()

        def hear(request: Request, answer: Any) -> Any:
            if _pins(request):
                selector = _selector(memory).items()
                pods = [pod for pod in memory.all("default", "Pod") if selector <= pod["metadata"]["labels"].items()]
                ready.append(
                    sum(entry["status"] == "True" for pod in pods for entry in pod["status"]["conditions"] if entry["type"] == "Ready")
                )
            return answer

        run.wire.after.append(hear)
        assert not run.start().wait().get("failed"), run.result["msg"]
        assert ready
        assert min(ready) >= 2


def test_a_service_that_somebody_points_elsewhere_before_the_switch_stays_there() -> None:
    with running() as memory:
        case = Case("promote", {"name": "web"})
        for act in PLAIN:
            act(memory)
        assert not Case("blue_green", {**BLUE, "stop_before": "switch"}).run(memory).start().wait().get("failed")

        def elsewhere(obj: Any) -> None:
            obj["spec"]["selector"] = {"app": "web", "mine": "true"}

        edited("Service", elsewhere)(memory)
        result = case.run(memory).start().wait()
        assert result.get("failed"), result["msg"]
        assert "changed meanwhile by kubectl-edit" in result["msg"]
        assert _selector(memory) == {"app": "web", "mine": "true"}


def test_a_task_that_may_not_make_the_candidate_keeps_its_claim() -> None:
    with running() as memory:
        case = Case("blue_green", BLUE, PLAIN)
        case.prepare(memory)
        run = case.run(memory)

        def deny(request: Request) -> Any:
            refused = request.is_write and request.path.endswith("/deployments/web-green")
            return run.wire.spelled(403, forbidden("robot", "create", "deployments", "apps", "default", "web").body) if refused else None

        run.wire.before.append(deny)
        result = run.start().wait()
        assert "That says nothing of the new version, so nothing was taken back" in result["msg"]
        assert "rollout.kubernetes/claim" in memory.get("default", "Lease", "rollout-web")["metadata"]["annotations"]


def test_a_task_that_cannot_work_takes_nothing_back() -> None:
    with running() as memory:
        for act in PLAIN:
            act(memory)
        assert not Case("blue_green", {**BLUE, "stop_before": "switch"}).run(memory).start().wait().get("failed")
        before = _selector(memory)
        run = Case("promote", {"name": "web"}).run(memory)

        def deny(request: Request) -> Any:
            return run.wire.spelled(403, forbidden("robot", "patch", "services", "", "default", "web").body) if _pins(request) else None

        run.wire.before.append(deny)
        result = run.start().wait()
        assert "That says nothing of the new version, so nothing was taken back" in result["msg"]
        assert _selector(memory) == before
        assert "rollout.kubernetes/claim" in memory.get("default", "Lease", "rollout-web")["metadata"]["annotations"]
        assert memory.get("default", "Deployment", "web-green")["spec"]["replicas"] == 2


def test_a_switch_ends_when_the_endpoints_have_followed() -> None:
    with running() as memory:
        for act in (theirs(), theirs(name="api", tag="2"), made("Service", service())):
            act(memory)
        run, served = Case("service_switch", {"name": "web", "selector": {"app": "api"}}).run(memory), set[str]()
        run.at_end = lambda: served.update(_image(memory))
        assert not run.start().wait().get("failed"), run.result["msg"]
        assert served == {"registry.example/web:2"}


def test_of_two_services_none_stays_switched_where_one_cannot_be() -> None:
    with running() as memory:
        acts = (theirs(), theirs(name="api"), made("Service", service("a", app="web")), made("Service", service("b", app="web")))
        for act in acts:
            act(memory)
        wanted = [{"name": name, "selector": {"app": "api"}} for name in ("a", "b")]
        run = Case("service_switch", {"services": wanted}).run(memory)

        def elsewhere(obj: Any) -> None:
            obj["spec"]["selector"] = {"app": "mine"}

        def fits(request: Request) -> bool:
            return _pins(request) and request.path.endswith("/b")

        act_before_first(run, fits, lambda: edited("Service", elsewhere, name="b")(memory))
        result = run.start().wait()
        assert result.get("failed"), result["msg"]
        assert "Switched back: a" in result["msg"]
        found = {name: memory.get("default", "Service", name)["spec"]["selector"] for name in ("a", "b")}
        assert found == {"a": {"app": "web"}, "b": {"app": "mine"}}


def test_who_is_killed_between_two_services_has_said_where_it_was_going() -> None:
    with running() as memory:
        acts = (theirs(), theirs(name="api"), made("Service", service("a", app="web")), made("Service", service("b", app="web")))
        for act in acts:
            act(memory)
        wanted = [{"name": name, "selector": {"app": "api"}} for name in ("a", "b")]
        run = Case("service_switch", {"services": wanted, "application": "web"}).run(memory)
        run.dies_after(_pins).start().wait()
        memory.clock.sleep(30)
        other = [{"name": name, "selector": {"app": "third"}} for name in ("a", "b")]
        result = Case("service_switch", {"services": other, "application": "web"}).run(memory).start().wait()
        assert "was interrupted after a" in result["msg"]
