# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`expect_plan`: what was approved is carried out, also by a run that was killed and is run again, and nothing else is."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.arguments import ARGUMENTS

from tests.memory.cases import BLUE, CASES, CONFIG, NEXT, PASSWORD, PLAIN, SET, Act, Case, done, edited, made, ours, replicas, theirs
from tests.memory.cluster import Memory, running
from tests.memory.requests import Request
from tests.memory.runs import Run
from tests.memory.scenes import deployment, service

ALL = os.environ.get("ROLLOUT_MEMORY") == "all"
REPEATING = ("measured", "theirs", "an image of ours", "a definition", "keeping", "up to", "a bad version", "two ", "by its number")
"""Words of the cases that end as others do: those are killed only where all are."""
APPROVABLE = {name: case for name, case in CASES.items() if "expect_plan" in ARGUMENTS[case.module].spec}
KILLED = [name for name in APPROVABLE if ALL or not any(words in name for words in REPEATING)]
ANOTHER = "another plan than the one that was approved"


def hash_of(case: Case, memory: Memory, **more: Any) -> str:
    """The plan_hash of a case in check mode."""
    result = case.run(memory, check=True, **more).start().wait()
    assert not result.get("failed"), result["msg"]
    found: str = result["plan_hash"]
    assert len(found) < 120
    return found


def once(act: Act, memory: Memory) -> Callable[[Request], None]:
    """Somebody does that right before the first write of a Deployment."""
    waits = [act]

    def before(request: Request) -> None:
        if waits and request.is_write and "/deployments/" in request.path:
            waits.pop()(memory)

    return before


def a_variable_more(obj: Any) -> None:
    """A change: a variable of the environment."""
    obj["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "MODE", "value": "other"}]


def image_of(memory: Memory) -> str:
    """The image that the Deployment has now."""
    found = memory.get("default", "Deployment", "web")
    assert found is not None
    image: str = found["spec"]["template"]["spec"]["containers"][0]["image"]
    return image


def restarted(obj: Any) -> None:
    """A change: the pods are restarted by kubectl."""
    obj["spec"]["template"]["metadata"]["annotations"] = {"kubectl.kubernetes.io/restartedAt": "2026-05-04T12:00:00Z"}


def finished(run: Run) -> Run:
    """A run at its end."""
    run.start().wait()
    return run


@pytest.mark.matrix
@pytest.mark.parametrize("name", KILLED)
def test_what_was_approved_is_carried_out_however_often_it_is_killed(name: str) -> None:
    case = APPROVABLE[name]
    with running() as memory:
        case.prepare(memory)
        approved = hash_of(case, memory)
        undisturbed = finished(case.run(memory, expect_plan=approved))
        assert bool(undisturbed.result.get("failed")) == case.fails, undisturbed.result["msg"]
        assert undisturbed.result["changed"] or case.fails
        assert undisturbed.result["plan_hash"] == approved
        writes = len(undisturbed.wire.writes)
        again = finished(case.run(memory, expect_plan=approved))
        assert ANOTHER not in again.result["msg"]
    for number in range(1, writes + 1):
        with running() as memory:
            case.prepare(memory)
            assert hash_of(case, memory) == approved
            finished(case.run(memory, expect_plan=approved).dies_after_write(number))
            late = finished(case.run(memory, expect_plan=approved)).result
            assert ANOTHER not in late["msg"], f"after write {number}: {late['msg']}"
            assert bool(late.get("failed")) == case.fails, f"after write {number}: {late['msg']}"
            assert late["plan_hash"] == approved


# --- another plan ---------------------------------------------------------------------------------------------------------------

THIRD = "registry.example/web:3"
OTHERS: dict[str, tuple[str, dict[str, Any], str]] = {
    "rolling: another image": ("rolling: an image of ours", {"image": THIRD}, "templates"),
    "rolling: an image by its definition": ("rolling: the next version", {"definition": deployment("3")}, "templates"),
    "rolling: other replicas": ("rolling: the next version", {"definition": deployment("2", replicas=4)}, "settings"),
    "rolling: another limit": ("rolling: other limits", {"max_surge": 3}, "settings"),
    "rolling: another configuration": (
        "rolling: another configuration",
        {"config": [{"name": "web-config", "data": {"a": "3"}}]},
        "templates and configuration",
    ),
    "rolling: another ConfigMap along with it": (
        "rolling: a first rollout",
        {"definition": [{**CONFIG, "data": {"a": "2"}}, PASSWORD, deployment()]},
        "companions",
    ),
    "rolling: another Secret along with it": (
        "rolling: a first rollout",
        {"definition": [CONFIG, {**PASSWORD, "stringData": {"key": "battery staple"}}, deployment()]},
        "companions",
    ),
    "rolling: a workload less": ("rolling: two workloads", {"definition": deployment("2")}, "objects, templates and settings"),
    "recreate": ("recreate", {"image": THIRD}, "templates"),
    "partition: another image": ("partition", {"image": THIRD}, "templates"),
    "partition: other steps": ("partition", {"steps": [2, "100%"]}, "steps"),
    "on_delete: another image": ("on_delete: a StatefulSet", {"image": THIRD}, "templates"),
    "on_delete: other batches": ("on_delete: a StatefulSet", {"batch": 2}, "steps"),
    "on_delete: other batches of a DaemonSet": ("on_delete: a DaemonSet", {"batch": 2}, "steps"),
    "undo": ("undo: to a revision", {"revision": 2}, "templates"),
    "restart": ("restart", {"key": "twice"}, "goal"),
    "pause": ("pause", {"name": None, "workloads": [{"name": "web"}, {"name": "api"}]}, "objects, templates and settings"),
    "resume": ("resume", {"name": None, "workloads": [{"name": "web"}, {"name": "api"}]}, "objects, templates and settings"),
    "blue_green: another image": ("blue_green", {"image": THIRD}, "templates"),
    "blue_green: other options": ("blue_green", {"keep_old": True}, "settings"),
    "blue_green: another preview": ("blue_green", {"preview_service": "preview"}, "services"),
    "blue_green: an image by its definition": ("blue_green: a definition", {"definition": deployment("3")}, "templates"),
    "undo: of blue_green": ("undo: of blue_green by its number", {"revision": 2}, "templates"),
    "service_switch": ("service_switch", {"selector": {"app": "api", "tier": "x"}}, "services"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_plan_is_refused_before_anything_is_written(name: str) -> None:
    base, more, aspects = OTHERS[name]
    case = CASES[base]
    other = {key: value for key, value in {**case.options, **more}.items() if value is not None}
    with running() as memory:
        case.prepare(memory)
        if case.module in ("pause", "resume"):
            ours(name="api")(memory)
        approved = hash_of(case, memory)
        if "preview_service" in other:
            made("Service", service("preview", app="web"))(memory)
        for check in (False, True):
            late = finished(Case(case.module, other).run(memory, check=check, expect_plan=approved))
            assert late.result["failed"]
            assert not late.result["changed"]
            assert f"This is {ANOTHER} (expect_plan): it differs in {aspects}. What would be done now has " in late.result["msg"]
            assert late.wire.writes == []
            assert late.wire.changes == []
            assert late.result["plan_hash"] != approved
            assert not {"battery staple", "YmF0dGVyeSBzdGFwbGU="} & {*late.result["msg"].split('"')}


def test_a_refusal_says_what_would_be_done_now() -> None:
    with running() as memory:
        ours()(memory)
        approved = hash_of(Case("rolling", NEXT), memory)
        late = finished(Case("rolling", {**NEXT, "image": THIRD, "max_surge": 2}).run(memory, expect_plan=approved)).result
        assert (
            "templates: Deployment default/web with image web=registry.example/web:3; settings: Deployment default/web with " in late["msg"]
        )
        assert '"maxSurge": 2' in late["msg"]
        assert late["msg"].endswith("look at this plan in check mode and approve its plan_hash.")


def test_a_namesake_of_the_approved_version_is_another_one() -> None:
    """What is approved is what there is in the end: also what somebody has changed besides."""
    with running() as memory:
        ours()(memory)
        approved = hash_of(Case("rolling", NEXT), memory)
        edited("Deployment", lambda obj: obj["spec"]["template"]["spec"].update(hostname="else"))(memory)
        memory.clock.sleep(30)
        late = finished(Case("rolling", NEXT).run(memory, expect_plan=approved))
        assert "it differs in templates" in late.result["msg"]


# --- the same plan --------------------------------------------------------------------------------------------------------------


def scaled(obj: Any) -> None:
    """Somebody, or an autoscaler, wants another number of pods."""
    obj["spec"].update(replicas=5)


def labelled_otherwise(obj: Any) -> None:
    """Somebody writes to the object: it has another resourceVersion and other annotations, which no plan is about."""
    obj["metadata"]["annotations"] = {**obj["metadata"].get("annotations", {}), "team": "shop"}


SAME = (
    "rolling: an image of ours",
    "rolling: an image of theirs",
    "rolling: leaving replicas out",
    "recreate",
    "undo",
    "restart",
    "pause",
    "resume",
    "blue_green",
    "blue_green: with budget and autoscaler",
    "undo: of blue_green",
    "promote",
)


@pytest.mark.parametrize("change", [scaled, labelled_otherwise])
@pytest.mark.parametrize("name", SAME)
def test_a_plan_is_the_same_however_many_pods_there_are_and_whoever_has_written_meanwhile(name: str, change: Any) -> None:
    case = CASES[name]
    cause = {"change_cause": "release 3"} if "change_cause" in ARGUMENTS[case.module].spec else {}
    with running() as memory:
        case.prepare(memory)
        approved = hash_of(case, memory)
        edited("Deployment", change)(memory)
        memory.clock.sleep(30)
        assert hash_of(case, memory, requested_by="bob, job 7", **cause) == approved
        late = finished(case.run(memory, expect_plan=approved, requested_by="bob, job 7", **cause))
        assert not late.result.get("failed"), late.result["msg"]
        assert late.result["changed"]


def test_the_order_in_which_a_definition_is_written_does_not_matter() -> None:
    def labels(**pairs: str) -> dict[str, Any]:
        body = deployment("2")
        body["metadata"]["labels"] = pairs
        return {key: body[key] for key in reversed(body)}

    with running() as memory:
        ours()(memory)
        first = Case("rolling", {"definition": [PASSWORD, labels(a="1", b="2")]})
        second = Case("rolling", {"definition": [{**PASSWORD, "stringData": {"key": "correct horse"}}, labels(b="2", a="1")]})
        assert hash_of(first, memory) == hash_of(second, memory)


def test_an_autoscaler_decides_on_replicas_that_a_definition_names_as_well() -> None:
    case = Case("rolling", {"definition": deployment("2", replicas=3)})
    with running() as memory:
        ours()(memory)
        approved = hash_of(case, memory)
        edited("Deployment", scaled, manager="kubectl-scale")(memory)
        assert hash_of(case, memory) == approved


STOPS: dict[str, tuple[str, dict[str, Any], tuple[Act, ...], str]] = {
    "partition": ("partition", {**SET, "steps": [1, 2, "100%"]}, (theirs("StatefulSet"),), "web-0"),
    "on_delete": ("on_delete", SET, (theirs("StatefulSet"),), "web-1"),
    "on_delete: a DaemonSet": ("on_delete", {**SET, "kind": "DaemonSet", "batch": 1}, (theirs("DaemonSet"),), ""),
    "blue_green": ("blue_green", BLUE, PLAIN, "switch"),
}


@pytest.mark.parametrize("name", STOPS)
def test_what_was_approved_may_be_done_in_parts(name: str) -> None:
    module, options, before, stop = STOPS[name]
    whole = Case(module, options, before)
    with running() as memory:
        whole.prepare(memory)
        approved = hash_of(whole, memory)
        step = stop or finished(whole.run(memory, check=True)).result["rollouts"][0]["steps"][2]["name"]
        part = finished(whole.run(memory, expect_plan=approved, stop_before=step)).result
        assert not part.get("failed"), part["msg"]
        assert hash_of(whole, memory) == approved
        rest = finished(whole.run(memory, expect_plan=approved)).result
        assert not rest.get("failed"), rest["msg"]
        assert rest["rollouts"][0]["phase"] == "complete"


# --- nothing left ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["rolling: an image of ours", "partition", "on_delete: a StatefulSet", "blue_green", "undo", "promote"])
def test_once_it_is_done_what_was_approved_is_ok_and_anything_else_is_not(name: str) -> None:
    case = CASES[name]
    with running() as memory:
        case.prepare(memory)
        approved = hash_of(case, memory)
        assert finished(case.run(memory, expect_plan=approved)).result["changed"]
        memory.clock.sleep(60)
        again = finished(case.run(memory, expect_plan=approved))
        assert not again.result.get("failed"), again.result["msg"]
        assert not again.result["changed"]
        assert again.wire.writes == []
        # A plan with nothing to write is something else than what was approved as well, where the objects are others.
        other = approved.replace(approved.split("-")[4], "00000000")
        late = finished(case.run(memory, expect_plan=other))
        assert "it differs in templates" in late.result["msg"]


def test_a_promotion_that_was_approved_promotes_no_other_version() -> None:
    promote = CASES["promote"]
    with running() as memory:
        promote.prepare(memory)
        approved = hash_of(promote, memory)
        done("abort", name="web")(memory)
        nothing = finished(promote.run(memory, expect_plan=approved))
        assert "it differs in templates" in nothing.result["msg"]
        assert "registry.example/web:1" in nothing.result["msg"]
        done("blue_green", **{**BLUE, "image": THIRD}, stop_before="switch")(memory)
        late = finished(promote.run(memory, expect_plan=approved))
        assert "it differs in templates" in late.result["msg"]
        assert late.wire.writes == []
        done("promote", name="web", expect_plan=hash_of(promote, memory))(memory)


def test_who_promotes_sees_which_plan_the_rollout_was_begun_with() -> None:
    prepare = Case("blue_green", BLUE, PLAIN)
    with running() as memory:
        prepare.prepare(memory)
        approved = hash_of(prepare, memory)
        done("blue_green", **BLUE, stop_before="switch", expect_plan=approved)(memory)
        done("blue_green", **{**BLUE, "scale_down_delay": 5}, stop_before="switch")(memory)
        for check in (True, False):
            promoted = finished(CASES["promote"].run(memory, check=check)).result
            assert promoted["rollouts"][0]["plan_hash"] == approved
            assert promoted["plan_hash"] != approved


@pytest.mark.parametrize("name", ["abort: before the switch", "partition: giving up"])
def test_an_abort_that_was_approved_gives_up_no_other_version(name: str) -> None:
    case = CASES[name]
    with running() as memory:
        case.prepare(memory)
        approved = hash_of(case, memory)
        again: dict[str, Any] = SET if "partition" in name else BLUE
        module, stop = ("partition", "web-1") if "partition" in name else ("blue_green", "switch")
        done(module, **{**again, "image": THIRD}, stop_before=stop, supersede=True)(memory)
        late = finished(case.run(memory, expect_plan=approved))
        assert "it differs in goal" in late.result["msg"]
        assert late.wire.writes == []
        approved = hash_of(case, memory)
        done(case.module, **case.options, expect_plan=approved)(memory)
        assert not finished(case.run(memory, expect_plan=approved)).result.get("failed")


@pytest.mark.parametrize("approves", [True, False], ids=["approved", "nobody was asked"])
def test_what_somebody_changes_between_the_plan_and_its_write_is_not_approved(*, approves: bool) -> None:
    case = CASES["rolling: an image of theirs"]
    with running() as memory:
        case.prepare(memory)
        run = case.run(memory, **({"expect_plan": hash_of(case, memory)} if approves else {}))
        run.wire.before.append(once(edited("Deployment", a_variable_more), memory))
        finished(run)
        assert image_of(memory) == f"registry.example/web:{1 if approves else 2}"
        refusal = "was given another template by kubectl-edit after the plan was compared with what was approved"
        assert (refusal in run.result["msg"]) is approves


def test_a_definition_that_takes_that_away_again_is_what_was_approved() -> None:
    case = CASES["rolling: the next version"]
    with running() as memory:
        case.prepare(memory)
        run = case.run(memory, expect_plan=hash_of(case, memory))
        run.wire.before.append(once(edited("Deployment", a_variable_more), memory))
        assert not finished(run).result.get("failed"), run.result["msg"]
        assert image_of(memory) == "registry.example/web:2"


@pytest.mark.parametrize("change", [replicas(5), restarted], ids=["scaled", "restarted"])
def test_a_scaling_or_restart_between_the_plan_and_its_write_is_no_other_plan(change: Callable[[Any], None]) -> None:
    case = CASES["rolling: an image of theirs"]
    with running() as memory:
        case.prepare(memory)
        run = case.run(memory, expect_plan=hash_of(case, memory))
        run.wire.before.append(once(edited("Deployment", change), memory))
        assert not finished(run).result.get("failed"), run.result["msg"]


# --- what is no hash ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", ["", "latest", "p1-0123"])
def test_what_is_no_hash_is_refused_before_the_cluster_is_asked(given: str) -> None:
    with running() as memory:
        ours()(memory)
        late = finished(Case("rolling", NEXT).run(memory, expect_plan=given))
        assert "which is no plan_hash" in late.result["msg"]
        assert late.wire.requests == []
