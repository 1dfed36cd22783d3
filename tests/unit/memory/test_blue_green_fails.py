# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a rollout by blue/green that does not come to its end is told, and what is taken back of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import POD, SERVICE
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.kinds import WORKLOADS

from tests.memory.cases import BLUE, CONFIG, PLAIN, VERIFY, Case, done, edited, image, made
from tests.memory.cluster import Memory, running
from tests.memory.refusals import Cause, invalid
from tests.memory.requests import Request
from tests.memory.runs import Run
from tests.memory.scenes import deployment, service
from tests.memory.trouble import act_before_first

GREEN = "web-green"


def begun(memory: Memory, tag: str = "2", before: Any = PLAIN, **options: Any) -> Run:
    case = Case("blue_green", {**BLUE, "image": f"registry.example/web:{tag}", "wait_timeout": 60, **options}, before)
    case.prepare(memory)
    return case.run(memory).start()


def claim(memory: Memory) -> dict[str, Any]:
    lease = memory.get("default", "Lease", "rollout-web") or {"metadata": {}}
    found: dict[str, Any] = json.loads(lease["metadata"].get("annotations", {}).get("rollout.kubernetes/claim", "{}"))
    return found


def await_switch(memory: Memory) -> None:
    """Wait until the traffic has moved for good."""
    memory.clock.wait(lambda: bool(claim(memory).get("switched")))


def leads_to_green(memory: Memory) -> bool:
    selector = memory.get("default", "Service", "web")["spec"]["selector"]
    pods = [pod for pod in memory.all("default", "Pod") if selector.items() <= pod["metadata"]["labels"].items()]
    return bool(pods) and all(pod["metadata"]["name"].startswith(GREEN) for pod in pods)


def deleted(memory: Memory, resource: Any, kind: str, name: str) -> None:
    memory.server.delete(resource, memory.get("default", kind, name))


@pytest.mark.parametrize("on_failure", ["abort", "hold"])
def test_a_candidate_that_is_never_ready_in_time(on_failure: str) -> None:
    with running() as memory:
        result = begun(memory, "unready", on_failure=on_failure).wait()
        assert result["failed"]
        assert "wait_timeout of 60 s is over" in result["msg"]
        assert result["rollouts"][0]["phase"] == ("aborted" if on_failure == "abort" else "degraded")
        assert bool(claim(memory)) is (on_failure == "hold")
        assert not leads_to_green(memory)


def test_a_first_version_that_is_bad_has_nothing_to_go_back_to() -> None:
    with running() as memory:
        manifest = deployment("unready", replicas=2)
        case = Case("blue_green", {"definition": manifest, "wait_timeout": 30}, (made("Service", service()),))
        case.prepare(memory)
        result = case.run(memory).start().wait()
        assert result["failed"]
        assert "There is no earlier version to go back to." in result["msg"]


def somebody_deletes_the_service(memory: Memory) -> None:
    deleted(memory, SERVICE, "Service", "web")


def somebody_leads_it_elsewhere(memory: Memory) -> None:
    edited("Service", lambda obj: obj["spec"].update(selector={"app": "other"}))(memory)


MEDDLING: dict[str, tuple[Callable[[Memory], None], str]] = {
    "deleted": (somebody_deletes_the_service, "Service default/web was deleted meanwhile; create it with the selector"),
    "led elsewhere": (somebody_leads_it_elsewhere, "was changed by kubectl-edit after the traffic had moved: it is app=other instead of"),
}


@pytest.mark.parametrize("who", MEDDLING)
def test_traffic_that_somebody_takes_away_after_the_switch_is_told_with_who_it_was(who: str) -> None:
    meddle, words = MEDDLING[who]
    with running() as memory:
        run = begun(memory, scale_down_delay=40)
        await_switch(memory)
        meddle(memory)
        result = run.wait()
        assert result["failed"]
        assert words in result["msg"]


def test_a_candidate_that_loses_its_pods_after_the_switch_is_taken_back() -> None:
    with running() as memory:
        run = begun(memory, scale_down_delay=40)
        await_switch(memory)
        edited("Deployment", lambda obj: obj["spec"].update(replicas=0), name=GREEN)(memory)
        result = run.wait()
        assert result["failed"]
        assert "Went back" in result["msg"]
        assert result["rollouts"][0]["phase"] == "aborted"
        assert not leads_to_green(memory)


def test_without_the_old_version_there_is_no_way_back() -> None:
    with running() as memory:
        run = begun(memory, scale_down_delay=40)
        await_switch(memory)
        deleted(memory, WORKLOADS["Deployment"], "Deployment", "web")
        edited("Deployment", lambda obj: obj["spec"].update(replicas=0), name=GREEN)(memory)
        result = run.wait()
        assert result["failed"]
        assert "There is no way back, as Deployment default/web, which served before, is deleted already." in result["msg"]


def test_a_way_back_that_does_not_end_says_what_to_do() -> None:
    with running() as memory:
        run = begun(memory, scale_down_delay=40)
        await_switch(memory)
        made("ResourceQuota", {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "none"}, "spec": {"hard": {"pods": "0"}}})(
            memory
        )
        for name in ("web", GREEN):
            edited("Deployment", lambda obj: obj["spec"].update(replicas=0), name=name)(memory)
        result = run.wait()
        assert result["failed"]
        assert "Going back did not finish" in result["msg"], result["msg"]
        assert "Run the module abort once that is mended." in result["msg"]
        assert claim(memory)


def test_another_template_that_somebody_gives_to_what_serves_is_told_at_the_end() -> None:
    with running() as memory:
        run = begun(memory, scale_down_delay=20)
        await_switch(memory)
        edited("Deployment", image("theirs"), name=GREEN)(memory)
        result = run.wait()
        assert result["failed"]
        assert "was given another template by kubectl-edit after it had got the traffic" in result["msg"]


# --- refused, or broken off ---------------------------------------------------------------------------------------------------------------


def refusing(run: Run, fits: Callable[[Request], bool]) -> None:
    """The server refuses the contents of these writes."""
    cause = Cause("spec.anything", "Invalid value: 1: must not be")

    def refuse(request: Request) -> Any:
        return run.wire.spelled(422, invalid("Thing", "", "web", [cause]).body) if request.is_write and fits(request) else None

    run.wire.before.append(refuse)


def prepared(memory: Memory, before: Any = PLAIN, module: str = "blue_green", **options: Any) -> Run:
    case = Case(module, {**(BLUE if module == "blue_green" else {"name": "web"}), "wait_timeout": 60, **options}, before)
    case.prepare(memory)
    return case.run(memory)


def test_a_candidate_that_the_server_refuses_is_a_bad_version() -> None:
    with running() as memory:
        run = prepared(memory)
        refusing(run, lambda request: request.path.endswith(f"/deployments/{GREEN}"))
        result = run.start().wait()
        assert result["failed"]
        assert "Invalid value: 1: must not be" in result["msg"]
        assert "says nothing of the new version" not in result["msg"]
        assert result["rollouts"][0]["phase"] == "aborted"
        assert not leads_to_green(memory)


def test_what_came_along_before_a_refusal_is_told_as_it_stays() -> None:
    with running() as memory:
        second = {**CONFIG, "metadata": {"name": "z"}}
        manifest = deployment("2", replicas=2)
        case = Case("blue_green", {"definition": [CONFIG, second, manifest], "wait_timeout": 60}, PLAIN)
        case.prepare(memory)
        run = case.run(memory)
        refusing(run, lambda request: request.path.endswith("/configmaps/z"))
        result = run.start().wait()
        assert result["failed"]
        assert "Changed before that, and left so: ConfigMap default/web-config." in result["msg"], result["msg"]
        assert memory.get("default", "Deployment", GREEN) is None


def test_a_way_back_that_cannot_be_noted_is_not_begun() -> None:
    with running() as memory:
        run = prepared(memory, image="registry.example/web:missing")
        refusing(run, lambda request: "/leases" in request.path and gives_up(request))
        result = run.start().wait()
        assert result["failed"]
        assert "Going back did not finish: " in result["msg"], result["msg"]
        assert "Run the module abort once that is mended." in result["msg"]
        assert claim(memory)
        assert memory.get("default", "Deployment", GREEN) is not None


def gives_up(request: Request) -> bool:
    text = (request.body["metadata"].get("annotations") or {}).get("rollout.kubernetes/claim", "")
    return bool(text and json.loads(text).get("back"))


def test_a_way_back_that_was_broken_off_is_finished_by_the_next_run() -> None:
    with running() as memory:
        run = prepared(memory, image="registry.example/web:missing")
        run.dies_after(lambda request: request.is_write and "/leases" in request.path and gives_up(request)).start().wait()
        memory.clock.sleep(30)
        result = Case("blue_green", {**BLUE, "image": "registry.example/web:missing"}).run(memory).start().wait()
        assert result["failed"]
        assert "An earlier run went back (" in result["msg"], result["msg"]
        assert "and was interrupted; that is finished now. Run the task again to try anew." in result["msg"]
        assert memory.get("default", "Deployment", GREEN) is None
        assert not claim(memory)


def test_requests_lost_after_the_old_pods_are_gone_are_told_with_the_way_back() -> None:
    with running() as memory:
        run = prepared(memory, verify={**VERIFY["verify"], "after": 30})
        run.start()
        memory.clock.wait(lambda: any("measuring for 30 s more" in line for line in run.lines))
        edited("Deployment", lambda obj: obj["spec"].update(replicas=0), name=GREEN)(memory)
        result = run.wait()
        assert result["failed"]
        assert "The new version serves, and the old pods are gone already; the module undo brings them back." in result["msg"], result[
            "msg"
        ]
        assert leads_to_green(memory) or not memory.all("default", "Pod")


def test_a_lock_that_is_lost_midway_ends_the_task_and_takes_nothing_back() -> None:
    with running() as memory:
        run = begun(memory, "unready")
        memory.clock.wait(lambda: memory.get("default", "Deployment", GREEN) is not None)
        edited("Lease", lambda obj: obj["spec"].update(holderIdentity="somebody else"), name="rollout-web")(memory)
        result = run.wait()
        assert result["failed"]
        assert "was taken over by somebody else meanwhile" in result["msg"], result["msg"]
        assert memory.get("default", "Deployment", GREEN) is not None


# --- check mode ---------------------------------------------------------------------------------------------------------------------------


def test_check_mode_of_a_change_without_a_new_version_says_so() -> None:
    with running() as memory:
        manifest = deployment("1", replicas=2)
        done("blue_green", definition=[service(), manifest], scale_down_delay=0)(memory)
        run = Case("blue_green", {"definition": deployment("1", replicas=3)}).run(memory, check=True)
        result = run.start().wait()
        assert result["changed"], result
        assert "would be changed without a rollout" in result["msg"]
        assert run.wire.changes == []


def test_check_mode_up_to_a_step_that_is_reached_changes_nothing() -> None:
    with running() as memory:
        done_before = (*PLAIN, done("blue_green", **BLUE, stop_before="switch"))
        run = prepared(memory, done_before, stop_before="switch", check=True)
        result = run.start().wait()
        assert not result["changed"], result
        assert result["rollouts"][0]["phase"] == "paused"


def test_a_namespace_that_comes_along_is_made_before_its_application() -> None:
    with running() as memory:
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
        definition = [namespace, service(), deployment("1", replicas=2)]
        result = Case("blue_green", {"definition": definition, "namespace": "shop"}).run(memory).start().wait()
        assert not result.get("failed"), result["msg"]
        (made_there,) = memory.all("shop", "Deployment")
        assert made_there["status"]["readyReplicas"] == 2


def test_a_switch_whose_answer_was_never_heard_is_not_made_twice() -> None:
    with running() as memory:
        run = prepared(memory)
        run.dies_after(lambda request: request.is_write and "/services/" in request.path and leads_to_green(memory)).start().wait()
        memory.clock.sleep(30)
        again = Case("blue_green", BLUE).run(memory)
        result = again.start().wait()
        assert not result.get("failed"), result["msg"]
        assert leads_to_green(memory)
        assert not any("/services/" in request.path for request in again.wire.changes)


# --- midway -------------------------------------------------------------------------------------------------------------------------------


def test_requests_lost_before_the_switch_take_the_rollout_back() -> None:
    with running() as memory:
        run = prepared(memory, image="registry.example/web:unready", wait_timeout=120, verify=VERIFY["verify"]).start()
        memory.clock.wait(lambda: memory.get("default", "Deployment", GREEN) is not None)
        edited("Deployment", lambda obj: obj["spec"].update(replicas=0))(memory)
        result = run.wait()
        assert result["failed"]
        assert "Users lost requests: " in result["msg"], result["msg"]
        assert not leads_to_green(memory)


def test_what_comes_along_and_is_refused_first_leaves_nothing_to_tell() -> None:
    with running() as memory:
        case = Case("blue_green", {"definition": [CONFIG, deployment("2", replicas=2)], "wait_timeout": 60}, PLAIN)
        case.prepare(memory)
        run = case.run(memory)
        refusing(run, lambda request: "/configmaps/" in request.path)
        result = run.start().wait()
        assert result["failed"]
        assert "Changed before that" not in result["msg"]
        assert memory.get("default", "Deployment", GREEN) is None


def test_an_old_side_that_may_not_be_changed_says_nothing_of_the_new_version() -> None:
    with running() as memory:
        run = prepared(memory)
        refusing(run, lambda request: request.path.endswith("/deployments/web") and leads_to_green(memory))
        result = run.start().wait()
        assert result["failed"]
        assert "That says nothing of the new version, so nothing was taken back" in result["msg"], result["msg"]
        assert leads_to_green(memory)
        assert claim(memory)


def test_pods_that_go_right_before_the_switch_are_waited_for() -> None:
    with running() as memory:
        run = prepared(memory)

        def gone() -> None:
            for pod in memory.all("default", "Pod"):
                if pod["metadata"]["name"].startswith(GREEN):
                    memory.server.delete(POD, pod)
            memory.clock.sleep(0.1)

        def looks(request: Request) -> bool:
            found = memory.get("default", "Deployment", GREEN)
            ready = found is not None and (found.get("status") or {}).get("readyReplicas") == 2
            return bool(ready and request.method == "GET" and request.path.endswith("/services/web"))

        act_before_first(run, looks, gone)
        result = run.start().wait()
        assert not result.get("failed"), result["msg"]
        assert leads_to_green(memory)
