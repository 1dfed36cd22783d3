# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rollout that 0.1.0 has begun is finished by this version, or brought back: from its Leases as a real server has kept them.

recorded/leases_of_0_1_0.json holds what its blue_green left with stop_before switch and hold. Only the hashes of templates are replaced,
which the controller in memory makes otherwise.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.leases.lease import OBJECTS

from tests.memory.cases import BLUE, PLAIN, Case, done
from tests.memory.cluster import Memory, running

RECORDED: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "recorded" / "leases_of_0_1_0.json").read_text("utf-8"))
CLAIM, HISTORY = "rollout.kubernetes/claim", "rollout.kubernetes/history"
OPTIONS = {**BLUE, "requested_by": "alice", "change_cause": "release 2"}
ENDS = {
    "promote": (Case("promote", {"name": "web"}), "web-green", {"2"}),
    "abort": (Case("abort", {"name": "web"}), "web", {"1"}),
    "the same task": (Case("blue_green", OPTIONS), "web-green", {"2"}),
}


def as_0_1_0_left_it(memory: Memory, stop_before: str) -> None:
    """The cluster as it stands before that step, with the Lease of 0.1.0."""
    for act in (*PLAIN, done("blue_green", **OPTIONS, stop_before=stop_before)):
        act(memory)
    lease = memory.get("default", "Lease", "rollout-web")
    notes = lease["metadata"]["annotations"]
    recorded = json.loads(json.dumps(RECORDED[stop_before]))
    for old, ours in zip(recorded[CLAIM]["sides"], json.loads(notes[CLAIM])["sides"], strict=True):
        assert (old["wanted"], old["base"]) == (ours["wanted"], ours["base"]), "fingerprints have not changed"
        old["mark"] = ours["mark"]
    for entry, known in zip(recorded[HISTORY], json.loads(notes[HISTORY]), strict=True):
        entry["parts"] = known["parts"]
    assert OBJECTS not in recorded
    notes.clear()
    notes.update({name: json.dumps(value, sort_keys=True) for name, value in recorded.items()})


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("stop_before", RECORDED)
def test_a_rollout_that_0_1_0_has_begun_comes_to_its_end(stop_before: str, end: str) -> None:
    with running() as memory:
        as_0_1_0_left_it(memory, stop_before)
        case, serves, tags = ENDS[end]
        run = case.run(memory)
        assert not run.start().wait().get("failed"), run.result["msg"]
        assert run.result["changed"]
        memory.clock.sleep(60)
        selector = memory.get("default", "Service", "web")["spec"]["selector"]
        pods = [pod for pod in memory.all("default", "Pod") if selector.items() <= pod["metadata"]["labels"].items()]
        assert {pod["spec"]["containers"][0]["image"].rpartition(":")[2] for pod in pods} == tags
        assert {pod["metadata"]["name"].rsplit("-", 2)[0] for pod in pods} == {serves}
        assert CLAIM not in memory.get("default", "Lease", "rollout-web")["metadata"]["annotations"]
        assert not case.run(memory).start().wait()["changed"]


@pytest.mark.parametrize("stop_before", RECORDED)
def test_others_are_kept_away_from_it(stop_before: str) -> None:
    with running() as memory:
        as_0_1_0_left_it(memory, stop_before)
        run = Case("rolling", {"name": "web", "image": "registry.example/web:3"}).run(memory)
        assert "belongs to a blue/green rollout of web that is on its way (release 2 [by alice])" in run.start().wait()["msg"]
        assert run.wire.changes == []
