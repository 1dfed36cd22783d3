# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What comes between a task and the end of its rollout: rights that are taken away, people who change their mind, objects that vanish."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.kinds import WORKLOADS
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.transport import Lost

from tests.memory.cases import CONFIG, NEXT, VERIFY, Case, done, edited, image, made, ours, replicas, slowly, theirs
from tests.memory.cluster import Memory, running
from tests.memory.refusals import Cause, invalid
from tests.memory.requests import Request
from tests.memory.runs import Run
from tests.memory.scenes import deployment, service
from tests.memory.trouble import act_before_first


def rolls(memory: Memory, tag: str = "2", module: str = "rolling", **options: Any) -> Run:
    return Case(module, {"name": "web", "image": f"registry.example/web:{tag}", "wait_timeout": 60, **options}).run(memory)


def tag(memory: Memory, name: str = "web") -> str:
    found: str = memory.get("default", "Deployment", name)["spec"]["template"]["spec"]["containers"][0]["image"]
    return found.rpartition(":")[2]


def await_tag(memory: Memory, wanted: str) -> None:
    memory.clock.wait(lambda: tag(memory) == wanted)


def refusing(run: Run, fits: Callable[[Request], bool]) -> None:
    """The server refuses the contents of these writes."""
    cause = Cause("spec.anything", "Invalid value: 1: must not be")

    def refuse(request: Request) -> Any:
        return run.wire.spelled(422, invalid("Thing", "", "web", [cause]).body) if request.is_write and fits(request) else None

    run.wire.before.append(refuse)


# --- logs ---------------------------------------------------------------------------------------------------------------------------------


def test_a_crash_is_told_without_the_log_that_may_not_be_read() -> None:
    with running() as memory:
        ours()(memory)
        memory.server.rights.deny("robot", ["get"], "pods/log")
        result = rolls(memory, "crash", user="robot").start().wait()
        assert result["failed"]
        assert "CrashLoopBackOff" in result["msg"]
        assert "Its log ends with" not in result["msg"]
        assert "Its log ends with" in rolls(memory, "crash2").start().wait()["msg"]


def test_a_crash_without_a_word_is_told_without_a_log() -> None:
    with running() as memory:
        ours()(memory)
        memory.server.logs.tail = lambda pod, query: ""  # type: ignore[method-assign]
        result = rolls(memory, "crash").start().wait()
        assert "CrashLoopBackOff" in result["msg"]
        assert "Its log ends with" not in result["msg"]


# --- images -------------------------------------------------------------------------------------------------------------------------------


def of_few_words(memory: Memory) -> None:
    """While it waits to pull again an older kubelet does not repeat why; only the Event tells."""
    revise, told = memory.server.revise, set[str]()

    def revised(resource: Any, live: Any, **parts: Any) -> Any:
        for entry in (parts.get("status") or {}).get("containerStatuses") or ():
            waiting = entry["state"].get("waiting") or {}
            if waiting.get("reason") == "ImagePullBackOff":
                waiting["message"], _words, cause = waiting["message"].partition(": ErrImagePull: ")
                if cause and live["metadata"]["uid"] not in told:
                    told.add(live["metadata"]["uid"])
                    memory.controllers.kubelets.tell(live, "Failed", f'Failed to pull image "{entry["image"]}": {cause}')
        return revise(resource, live, **parts)

    memory.server.revise = revised  # type: ignore[method-assign]


@pytest.mark.parametrize("sees_events", [True, False])
def test_why_an_image_cannot_be_pulled_is_taken_from_the_event_where_the_pod_does_not_tell(*, sees_events: bool) -> None:
    with running() as memory:
        theirs()(memory)
        of_few_words(memory)
        edited("Deployment", image("missing"))(memory)
        memory.clock.sleep(2)
        if not sees_events:
            memory.server.rights.deny("robot", ["list"], "events")
        result = Case("wait", {"name": "web", "wait_timeout": 60}).run(memory, user="robot").start().wait()
        assert result["failed"]
        state = "ImagePullBackOff" if sees_events else "ErrImagePull"  # Without the Event it is known at the next try.
        assert f"{state}: image registry.example/web:missing not found" in result["msg"], result["msg"]


# --- other people -------------------------------------------------------------------------------------------------------------------------


def test_a_workload_that_somebody_deletes_midway_is_not_taken_back() -> None:
    with running() as memory:
        ours()(memory)
        run = rolls(memory, "unready", on_failure="rollback").start()
        await_tag(memory, "unready")
        memory.clock.sleep(3)
        memory.server.delete(WORKLOADS["Deployment"], memory.get("default", "Deployment", "web"))
        result = run.wait()
        assert result["failed"]
        assert "Deployment default/web was deleted while its rollout was waited for." in result["msg"]
        assert "Went back" not in result["msg"]


def test_a_template_that_somebody_sets_back_at_once_is_no_other_version() -> None:
    with running() as memory:
        ours()(memory)
        run = rolls(memory)

        def twice() -> None:
            edited("Deployment", image("2"))(memory)

        def fits(request: Request) -> bool:
            return request.method == "GET" and request.path.endswith("/deployments/web") and tag(memory) == "theirs"

        act_before_first(run, fits, twice)
        run.start()
        await_tag(memory, "2")
        edited("Deployment", image("theirs"))(memory)
        result = run.wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        assert tag(memory) == "2"


def test_another_version_is_told_without_a_name_where_the_workload_may_not_be_read_alone() -> None:
    with running() as memory:
        ours()(memory)
        run = rolls(memory, "unready", user="robot").start()
        await_tag(memory, "unready")
        memory.server.rights.deny("robot", ["get"], "deployments")
        edited("Deployment", image("theirs"))(memory)
        result = run.wait()
        assert result["failed"]
        assert "theirs" in result["msg"]
        assert "kubectl-edit" not in result["msg"]
        assert tag(memory) == "theirs"


# --- rights -------------------------------------------------------------------------------------------------------------------------------


def test_who_may_not_write_any_more_when_it_is_time_to_go_back_says_so() -> None:
    with running() as memory:
        ours()(memory)
        run = rolls(memory, "missing", user="robot", on_failure="rollback")
        act_before_first(
            run,
            lambda request: "/pods" not in request.path and tag(memory) == "missing" and request.is_dry,
            lambda: memory.server.rights.deny("robot", ["patch"], "deployments"),
        )
        result = run.start().wait()
        assert result["failed"]
        assert "Going back to revision 1 failed: " in result["msg"], result["msg"]
        assert tag(memory) == "missing"


@pytest.mark.parametrize("on_failure", ["hold", "rollback"])
def test_who_may_not_watch_any_more_takes_nothing_back(on_failure: str) -> None:
    with running() as memory:
        ours()(memory)
        run = rolls(memory, "unready", user="robot", on_failure=on_failure, wait_timeout=1200)
        run.start()
        await_tag(memory, "unready")
        memory.server.rights.deny("robot", ["watch", "list"], "pods")
        result = run.wait()
        assert result["failed"]
        assert "may not" in result["msg"], result["msg"]
        assert ("It was not taken back: this task could not go on" in result["msg"]) is (on_failure == "rollback")
        assert tag(memory) == "unready"


def test_a_cluster_that_does_not_answer_says_nothing_of_the_new_version() -> None:
    with running() as memory:
        ours()(memory)
        run = rolls(memory, "unready", on_failure="rollback")

        def lose(_request: Request) -> None:
            if tag(memory) == "unready":
                raise Lost("the connection broke off", sent=False)

        run.start()
        await_tag(memory, "unready")
        memory.clock.sleep(3)
        run.wire.before.append(lose)
        memory.server.watches.break_all()
        result = run.wait()
        assert result["failed"]
        assert "It was not taken back: the cluster did not answer, so how the new version is doing" in result["msg"], result["msg"]
        assert tag(memory) == "unready"


# --- several at once ----------------------------------------------------------------------------------------------------------------------


def test_what_came_along_before_a_refusal_is_told_as_it_stays() -> None:
    with running() as memory:
        ours()(memory)
        second = {**CONFIG, "metadata": {"name": "z"}}
        run = Case("rolling", {"definition": [CONFIG, second, deployment("2")]}).run(memory)
        refusing(run, lambda request: request.path.endswith("/configmaps/z"))
        result = run.start().wait()
        assert result["failed"]
        assert "No workload was changed, but what comes along was, and stays so: ConfigMap default/web-config." in result["msg"]
        assert tag(memory) == "1"


def test_what_came_along_with_a_version_that_was_taken_back_is_told_as_it_stays() -> None:
    with running() as memory:
        done("rolling", definition=[CONFIG, deployment()])(memory)
        changed = {**CONFIG, "data": {"a": "2"}}
        options = {"definition": [changed, deployment("missing")], "on_failure": "rollback"}
        result = Case("rolling", options).run(memory).start().wait()
        assert result["failed"]
        (warning,) = result["warnings"]
        assert "has not the new version, but what was changed along with it stays changed: ConfigMap default/web-config." in warning


def test_a_namespace_that_comes_along_is_made_before_what_is_held_in_it() -> None:
    with running() as memory:
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
        result = Case("recreate", {"definition": [namespace, deployment()], "namespace": "shop"}).run(memory).start().wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        assert memory.get("shop", "Lease", "rollout-web") is not None


def test_after_a_write_that_is_refused_no_other_workload_is_begun() -> None:
    names = [f"web-{number}" for number in range(12)]
    with running() as memory:
        done("rolling", definition=[deployment(name=name, replicas=1) for name in names])(memory)
        run = Case("rolling", {"definition": [deployment("2", name=name, replicas=1) for name in names]}).run(memory)
        refusing(run, lambda request: request.path.endswith("/deployments/web-0"))
        result = run.start().wait()
        assert result["failed"]
        untouched = [name for name in names if tag(memory, name) == "1"]
        told = [name for name in names if f"Deployment default/{name} was not changed, as the write of another workload" in result["msg"]]
        assert told
        assert sorted([*told, "web-0"]) == sorted(untouched)


# --- an outage that is announced ----------------------------------------------------------------------------------------------------------


def leaving(memory: Memory) -> None:
    """A pod of a ReplicaSet that is gone takes half a minute to end."""
    body = deployment(replicas=2, revisionHistoryLimit=0)
    body["spec"]["template"]["metadata"]["annotations"] = {"simulate.rollout.kubernetes/terminate-after": "30s"}
    done("rolling", definition=body)(memory)
    edited("Deployment", image("1b"))(memory)
    memory.clock.sleep(10)


def test_pods_that_still_end_are_waited_for_before_the_outage_begins() -> None:
    with running() as memory:
        leaving(memory)
        run = rolls(memory, module="recreate").start()
        result = run.wait()
        assert not result.get("failed"), result["msg"]
        assert any(line.endswith("waiting for that first") for line in run.lines), run.lines


def test_pods_that_end_too_slowly_are_told_before_anything_is_written() -> None:
    with running() as memory:
        leaving(memory)
        run = rolls(memory, module="recreate", wait_timeout=5)
        result = run.start().wait()
        assert result["failed"]
        assert "Nothing was written; wait until that is over and run the task again." in result["msg"]
        assert run.wire.changes == []


def test_check_mode_says_what_would_be_waited_for() -> None:
    with running() as memory:
        leaving(memory)
        result = rolls(memory, module="recreate", check=True).start().wait()
        assert any(warning.endswith("that would be waited for first.") for warning in result["warnings"]), result
        refused = rolls(memory, module="recreate", check=True, wait=False).start().wait()
        assert "Nothing was written; set wait: true, or run the task again later." in refused["msg"]


def test_an_outage_that_cannot_be_remembered_is_a_warning() -> None:
    with running() as memory:
        theirs()(memory)
        run = rolls(memory, module="recreate")

        def refuse(request: Request) -> Any:
            annotations = (request.body or {}).get("metadata", {}).get("annotations") or {} if isinstance(request.body, dict) else {}
            cause = Cause("metadata.annotations", "Too long: may not be more than 262144 bytes")
            return run.wire.spelled(422, invalid("Lease", "", "web", [cause]).body) if "rollout.kubernetes/outages" in annotations else None

        run.wire.before.append(refuse)
        result = run.start().wait()
        assert result["rollouts"][0]["phase"] == "complete", result["msg"]
        assert any("The outage of Deployment default/web could not be remembered" in warning for warning in result["warnings"]), result


# --- requests that are lost ---------------------------------------------------------------------------------------------------------------


def measured(memory: Memory, **options: Any) -> Run:
    for act in (theirs(), made("Service", service())):
        act(memory)
    return Case("rolling", {**NEXT, **VERIFY, "wait_timeout": 60, **options}).run(memory)


def test_users_who_lose_nothing_are_told_of() -> None:
    with running() as memory:
        result = measured(memory).start().wait()
        assert not result.get("failed"), result["msg"]
        assert result["verify"]["requests"] > 3
        assert result["verify"]["failed"] == 0


def test_requests_lost_after_the_end_fail_what_is_complete() -> None:
    with running() as memory:
        run = measured(memory, verify={**VERIFY["verify"], "after": 20})
        run.start()
        memory.clock.wait(lambda: any("measuring for 20 s more" in line for line in run.lines))
        edited("Service", lambda obj: obj["spec"].update(selector={"app": "nobody"}))(memory)
        result = run.wait()
        assert result["failed"]
        assert "Deployment default/web is complete, and users lost requests" in result["msg"], result["msg"]


def test_requests_lost_midway_fail_what_is_on_its_way() -> None:
    with running() as memory:
        run = measured(memory, image="registry.example/web:unready")
        run.start()
        await_tag(memory, "unready")
        memory.clock.sleep(5)
        edited("Service", lambda obj: obj["spec"].update(selector={"app": "nobody"}))(memory)
        result = run.wait()
        assert result["failed"]
        assert "Deployment default/web was on its way after " in result["msg"], result["msg"]


def test_a_service_that_is_not_reached_before_is_in_the_way_of_the_first_write() -> None:
    with running() as memory:
        run = measured(memory)
        edited("Deployment", replicas(0))(memory)
        memory.clock.sleep(5)
        result = run.start().wait()
        assert result["failed"]
        assert "fail already, before anything is changed" in result["msg"]
        assert tag(memory) == "1"


def test_requests_go_on_beside_what_another_task_has_begun() -> None:
    with running() as memory:
        for act in (theirs(), made("Service", service()), edited("Deployment", slowly("2"))):
            act(memory)
        result = Case("rolling", {**NEXT, **VERIFY}).run(memory).start().wait()
        assert not result.get("failed"), result["msg"]
        assert result["verify"]["requests"] > 20
