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
from tests.memory.cases import BLUE, CASES, NEXT, PLAIN, Case, done, edited, image, made, ours, theirs
from tests.memory.cluster import running
from tests.memory.scenes import service

pytestmark = pytest.mark.matrix
# The environment of the oldest ansible-core has it not, and runs no matrix.
jsonschema = pytest.importorskip("jsonschema")

SCHEMA = json.loads((ROOT / "docs" / "result_schema.json").read_text("utf-8"))
MISSING = {"name": "web", "image": "x:missing"}
MORE = {
    "rolling: failing": Case("rolling", MISSING, (theirs(),), fails=True),
    "rolling: a paused one": Case("rolling", {**NEXT, "wait": False}, (ours(), done("pause", name="web"))),
    "rolling: a DaemonSet's only pod": Case("rolling", {"kind": "DaemonSet", **NEXT}, (theirs("DaemonSet"),)),
    "recreate: held": Case("recreate", {**MISSING, "on_failure": "hold"}, (theirs(),), fails=True),
    "partition: held": Case("partition", {"kind": "StatefulSet", **MISSING, "on_failure": "hold"}, (ours("StatefulSet"),), fails=True),
    "on_delete: failing": Case("on_delete", {"kind": "StatefulSet", **MISSING}, (theirs("StatefulSet"),), fails=True),
    "undo: failing": Case("undo", {"name": "web"}, (theirs(tag="missing-too"), edited("Deployment", image("2"))), fails=True),
    "restart: failing": Case("restart", {"name": "web"}, (theirs(), edited("Deployment", image("missing"))), fails=True),
    "resume: failing": Case(
        "resume", {"name": "web"}, (theirs(), done("pause", name="web"), edited("Deployment", image("missing"))), fails=True
    ),
    "wait: a paused one": Case("wait", {"name": "web"}, (ours(), done("pause", name="web")), fails=True, reads=True),
    "status_info: of two sides": Case(
        "status_info", {"name": "web"}, (*PLAIN, done("blue_green", **BLUE, stop_before="switch")), reads=True
    ),
    "status_info: nothing": Case("status_info", {"name": "nothing"}, reads=True),
    "status_info: a paused one": Case("status_info", {"name": "web"}, (ours(), done("pause", name="web")), reads=True),
    "history_info: of two sides": Case("history_info", {"name": "web"}, (*PLAIN, done("blue_green", **BLUE)), reads=True),
    "preflight_info: failing": Case("preflight_info", {"name": "web", "fail_on": "warning"}, PLAIN, fails=True, reads=True),
    "preflight_info: no cluster": Case("preflight_info", {"definition": service(), "cluster": False}, reads=True),
    "blue_green: held": Case("blue_green", {**BLUE, **MISSING, "on_failure": "hold"}, PLAIN, fails=True),
    "service_switch: failing": Case(
        "service_switch", {"name": "web", "selector": {"app": "nobody"}}, (theirs(), made("Service", service()))
    ),
}
"""Ends that no case of the matrices comes to."""
READS = {"check", "unchanged"}
WRITES = {"check", "changed", "unchanged"}
ENDS = {
    "abort": WRITES,
    "blue_green": WRITES | {"paused", "failed", "aborted"},
    "history_info": READS,
    "on_delete": WRITES | {"paused", "failed"},
    "partition": WRITES | {"paused", "failed", "aborted"},
    "pause": {"check", "paused"},
    "preflight_info": READS | {"failed"},
    "promote": WRITES | {"paused"},
    "recreate": WRITES | {"failed", "aborted"},
    "restart": WRITES | {"failed"},
    "resume": WRITES | {"failed"},
    "rolling": WRITES | {"failed", "aborted"},
    "service_switch": WRITES,
    "status_info": READS | {"paused"},
    "undo": WRITES | {"failed"},
    "versioned_config": WRITES,
    "wait": READS | {"paused", "failed"},
}
"""The ends that tasks of each module come to here; all can be refused as well."""


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
    reached = {end for name, case in {**CASES, **MORE}.items() if case.module == module for end in ends(name, case)}
    assert reached - {"refused"} == ENDS[module]


def test_the_schema_itself_is_one_and_finds_what_it_does_not_know() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    nothing = {"changed": False, "msg": "Nothing to do.", "rollouts": []}
    assert complaints("wait", nothing) == []
    assert jsonschema.Draft202012Validator(SCHEMA).is_valid(nothing)
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid({**nothing, "colour": "green"})
    assert len(complaints("wait", {**nothing, "plan_hash": "p1"})) == 1
    assert len(complaints("wait", {**nothing, "rollouts": [{"kind": "Deployment", "colour": "green"}]})) > 1
    assert len(complaints("wait", {"changed": False, "rollouts": []})) == 1
