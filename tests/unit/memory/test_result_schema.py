# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever becomes of a task, its result is what docs/result_schema.json says of its module."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import KNOWN
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.arguments import ARGUMENTS

from tests.dev.paths import ROOT
from tests.memory.cases import (
    BLUE,
    CASES,
    NEXT,
    PLAIN,
    ROUTED,
    STEPWISE,
    WEB_ROUTE,
    WEIGHTS,
    Act,
    Case,
    done,
    edited,
    image,
    made,
    ours,
    passed,
    replicas,
    theirs,
)
from tests.memory.cluster import Memory, running
from tests.memory.scenes import service
from tests.memory.store import Change

pytestmark = pytest.mark.matrix
# The environment of the oldest ansible-core has it not, and runs no matrix.
jsonschema = pytest.importorskip("jsonschema")

SCHEMA = json.loads((ROOT / "docs" / "result_schema.json").read_text("utf-8"))
MISSING = {"name": "web", "image": "x:missing"}
UNSURE = [{"name": "down", "http": {"url": "http://127.0.0.1:9"}, "error_limit": 0}]
"""Nobody answers there."""
PAUSED = (ours(), done("pause", name="web"))
STOPPED = (*PLAIN, done("blue_green", **BLUE, preview_replicas=1, stop_before="scale_up"))
"""The candidate has fewer pods than it is going to need."""
HELD = (theirs(), done("canary", **STEPWISE, stop_before="promote"))
SWITCH = {"name": "web", "selector": {"app": "api"}, "wait_timeout": 30}
SWITCHED = (theirs(), theirs(name="api"), made("Service", service()))


def _not_accepted_from_now_on(memory: Memory) -> None:
    """Gateways refuse the HTTPRoute `web` from its next change on."""

    def hear(change: Change) -> None:
        if change.resource.kind == "HTTPRoute" and change.old["spec"] != change.new["spec"]:
            memory.controllers.http_routes.refuse("default", "web", "NotAllowedByListeners", "No listener admits it")

    memory.server.store.listeners.append(hear)


def _endpoints_stand_still(memory: Memory) -> None:
    memory.controllers.endpoint_slices.stopped = True


def _room_for(pods: int) -> Act:
    """No more pods than these get into the namespace."""
    return made("ResourceQuota", {"metadata": {"name": "room"}, "spec": {"hard": {"pods": str(pods)}}})


MORE = {
    "rolling: failing": Case("rolling", MISSING, (theirs(),), fails=True),
    "rolling: a paused one": Case("rolling", {**NEXT, "wait": False}, PAUSED),
    "rolling: a DaemonSet's only pod": Case("rolling", {"kind": "DaemonSet", **NEXT}, (theirs("DaemonSet"),)),
    "recreate: held": Case("recreate", {**MISSING, "on_failure": "hold"}, (theirs(),), fails=True),
    "partition: held": Case("partition", {"kind": "StatefulSet", **MISSING, "on_failure": "hold"}, (ours("StatefulSet"),), fails=True),
    "on_delete: failing": Case("on_delete", {"kind": "StatefulSet", **MISSING}, (theirs("StatefulSet"),), fails=True),
    "undo: failing": Case("undo", {"name": "web"}, (theirs(tag="missing-too"), edited("Deployment", image("2"))), fails=True),
    "restart: failing": Case("restart", {"name": "web"}, (theirs(), edited("Deployment", image("missing"))), fails=True),
    "resume: failing": Case(
        "resume", {"name": "web"}, (theirs(), done("pause", name="web"), edited("Deployment", image("missing"))), fails=True
    ),
    "wait: a paused one": Case("wait", {"name": "web"}, PAUSED, fails=True, reads=True),
    "status_info: of two sides": Case(
        "status_info", {"name": "web"}, (*PLAIN, done("blue_green", **BLUE, stop_before="switch")), reads=True
    ),
    "status_info: of gates": Case(
        "status_info",
        {"name": "web"},
        (*PLAIN, done("blue_green", **BLUE, gates=[{"name": "pods", "pods": {}}], stop_before="verify")),
        reads=True,
    ),
    "partition: gated": Case("partition", {"kind": "StatefulSet", **NEXT, "gates": UNSURE, "hold": 2}, (ours("StatefulSet"),), fails=True),
    "partition: paused by a gate": Case(
        "partition", {"kind": "StatefulSet", **NEXT, "gates": UNSURE, "on_inconclusive": "pause"}, (ours("StatefulSet"),)
    ),
    "status_info: nothing": Case("status_info", {"name": "nothing"}, reads=True),
    "status_info: a paused one": Case("status_info", {"name": "web"}, PAUSED, reads=True),
    "history_info: of two sides": Case("history_info", {"name": "web"}, (*PLAIN, done("blue_green", **BLUE)), reads=True),
    "preflight_info: failing": Case("preflight_info", {"name": "web", "fail_on": "warning"}, PLAIN, fails=True, reads=True),
    "preflight_info: no cluster": Case("preflight_info", {"definition": service(), "cluster": False}, reads=True),
    "canary: held": Case("canary", {**STEPWISE, **MISSING, "on_failure": "hold"}, (theirs(),), fails=True),
    "status_info: of a canary": Case(
        "status_info", {"name": "web"}, (theirs(), done("canary", **STEPWISE, stop_before="promote")), reads=True
    ),
    "blue_green: held": Case("blue_green", {**BLUE, **MISSING, "on_failure": "hold"}, PLAIN, fails=True),
    "service_switch: refused": Case(
        "service_switch", {"name": "web", "selector": {"app": "nobody"}}, (theirs(), made("Service", service()))
    ),
    "service_switch: switched back": Case("service_switch", SWITCH, (*SWITCHED, passed(5), _endpoints_stand_still)),
    "service_switch: not switched back": Case(
        "service_switch", SWITCH, (*SWITCHED, edited("Deployment", replicas(0)), passed(5), _endpoints_stand_still)
    ),
    "traffic_split: without endpoints": Case(
        "traffic_split", {**WEB_ROUTE, "weights": {"web": 1, "empty": 1}}, (*ROUTED, made("Service", service("empty"))), fails=True
    ),
    "traffic_split: not accepted": Case("traffic_split", {**WEB_ROUTE, **WEIGHTS}, (*ROUTED, _not_accepted_from_now_on), fails=True),
    "promote: held": Case("promote", {"name": "web", "on_failure": "hold"}, (*STOPPED, _room_for(0)), fails=True),
    "promote: going back": Case("promote", {"name": "web"}, (*STOPPED, _room_for(0)), fails=True),
    "abort: failing": Case(
        "abort",
        {"name": "web"},
        (*PLAIN, done("blue_green", **BLUE, stop_before="hold"), edited("Deployment", replicas(0)), _room_for(0)),
        fails=True,
    ),
    "undo: going back": Case("undo", {"name": "web"}, (*PLAIN, done("blue_green", **BLUE), _room_for(2)), fails=True),
    "undo: a paused one that stays so": Case("undo", {"name": "web"}, (ours(), ours(tag="2"), done("pause", name="web"))),
    "rolling: what runs, paused": Case("rolling", {"name": "web", "image": "registry.example/web:1"}, PAUSED),
    "recreate: what runs, paused": Case("recreate", {"name": "web", "image": "registry.example/web:1"}, PAUSED),
    "gate: failing": Case("gate", {"name": "pods", "workload": "web", "pods": {}}, (theirs(replicas=0),), fails=True, reads=True),
    "history_info: a paused one": Case("history_info", {"name": "web"}, PAUSED, reads=True),
    "preflight_info: a paused one": Case("preflight_info", {"name": "web", "fail_on": "never"}, PAUSED, reads=True),
}
"""Ends that no case of the matrices comes to."""
ENDS = ("changed", "unchanged", "check", "failed", "aborted", "paused", "refused")
"""What may become of a task: `failed` and `aborted` tell of workloads, `refused` of none."""
_READS = {
    "changed": "it only reads",
    "aborted": "it begins nothing that could be taken back",
}
_AT_ONCE = "it is over with its writes: whatever fails is a write, and then it is refused"
_FORWARD = "it goes on as it is or fails, and takes nothing back by itself"
CANNOT: dict[str, dict[str, str]] = {
    "rolling": {},
    "recreate": {},
    "partition": {},
    "on_delete": {"aborted": _FORWARD},
    "blue_green": {},
    "canary": {},
    "promote": {},
    "abort": {
        "aborted": "that is what it is for; where it fails, the way back is not at its end",
        "paused": "it has no step to stop before",
    },
    "undo": {},
    "restart": {"aborted": _FORWARD, "paused": "a paused Deployment is refused"},
    "pause": {
        "changed": "what it has changed is paused",
        "unchanged": "what it leaves alone is paused",
        "failed": _AT_ONCE,
        "aborted": _AT_ONCE,
    },
    "resume": {"aborted": _FORWARD, "paused": "it ends that"},
    "gate": {**_READS, "failed": "it tells of gates, not of workloads", "paused": "it tells of gates, not of workloads"},
    "wait": _READS,
    "status_info": {**_READS, "failed": "what it reads of may fail as it likes"},
    "history_info": {**_READS, "failed": "what it reads of may fail as it likes"},
    "preflight_info": _READS,
    "service_switch": {"paused": "it has no step to stop before"},
    "traffic_split": {"paused": "it has no step to stop before"},
    "versioned_config": {
        "failed": "it has no workloads to tell of",
        "aborted": "it has no workloads to tell of",
        "paused": "it has no workloads to tell of",
    },
}
"""Of each module the ends that it never comes to, with the reason; the cases come to all others."""


def complaints(module: str, result: dict[str, Any]) -> list[str]:
    """Where a result is not what the schema says."""
    schema = {**SCHEMA["$defs"]["modules"][module], "$defs": SCHEMA["$defs"]}
    return [f"{error.json_path}: {error.message}" for error in jsonschema.Draft202012Validator(schema).iter_errors(result)]


def results(case: Case) -> Iterator[dict[str, Any]]:
    """What a task says in check mode, then when it runs, then when it runs again."""
    with running(1) as memory:
        case.prepare(memory)
        for check in (True, False, False):
            yield {**case.run(memory, check=check).start().wait(), "invocation": {}}


def ends(name: str, case: Case) -> Iterator[str]:
    """Each end that a case comes to; its results are as the schema says."""
    for check, result in zip((True, False, False), results(case), strict=True):
        assert complaints(case.module, result) == [], f"{name}: {result['msg']}"
        yield "check" if check and not result.get("failed") else end_of(result)


def end_of(result: dict[str, Any]) -> str:
    """The word for the end of a task."""
    phases = {entry["phase"] for entry in result["rollouts"]}
    if result.get("failed"):
        return "aborted" if "aborted" in phases else "failed" if phases else "refused"
    return "paused" if "paused" in phases else "changed" if result["changed"] else "unchanged"


def reached(module: str) -> set[str]:
    """The ends that the cases of a module come to."""
    return {end for name, case in {**CASES, **MORE}.items() if case.module == module for end in ends(name, case)}


def refused(module: str) -> dict[str, Any]:
    """The result of a task that may do nothing at all."""
    case = next(case for case in CASES.values() if case.module == module)
    with running(1) as memory:
        for resource in KNOWN.values():
            memory.server.rights.deny("nobody", ["*"], resource.plural)
        return case.run(memory, user="nobody").start().wait()


@pytest.mark.parametrize("module", ARGUMENTS)
def test_each_end_of_each_module_has_the_shape_of_the_schema(module: str) -> None:
    assert complaints(module, refused(module)) == []
    assert reached(module) | {"refused"} == {*ENDS} - {*CANNOT[module]}


def test_each_module_has_its_row_and_each_reason_is_of_an_end() -> None:
    assert {*CANNOT} == {*ARGUMENTS} == {*SCHEMA["$defs"]["modules"]}
    assert {end for row in CANNOT.values() for end in row} < {*ENDS}


def test_the_schema_itself_is_one_and_finds_what_it_does_not_know() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    nothing = {"changed": False, "msg": "Nothing to do.", "rollouts": []}
    assert complaints("wait", nothing) == []
    assert jsonschema.Draft202012Validator(SCHEMA).is_valid(nothing)
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid({**nothing, "colour": "green"})
    assert len(complaints("wait", {**nothing, "plan_hash": "p1"})) == 1
    assert len(complaints("wait", {**nothing, "rollouts": [{"kind": "Deployment", "colour": "green"}]})) > 1
    assert len(complaints("wait", {"changed": False, "rollouts": []})) == 1
