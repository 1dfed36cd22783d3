# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two runs at once, interleaved by a seed: who says that it is done is right, and the Service leads somewhere all the same."""

from __future__ import annotations

import os

import pytest

from tests.memory.cases import CASES, Case, done
from tests.memory.cluster import Memory, running
from tests.memory.races import STATES, Race, faults_of, faults_of_cases, tasks
from tests.memory.runs import Run

pytestmark = pytest.mark.matrix

SEED = int(os.environ.get("ROLLOUT_MEMORY_SEED", "1"))
EACH = 1 if os.environ.get("ROLLOUT_MEMORY") == "all" else 14
"""One in so many pairs is tried."""


def pairs(state: str) -> list[tuple[str, str]]:
    """Who is at work at once."""
    return [(one, other) for one in tasks(state) for other in tasks(state)]


@pytest.mark.parametrize("state", STATES)
def test_two_runs_at_once_say_nothing_untrue(state: str) -> None:
    chosen = pairs(state)[SEED % EACH :: EACH]
    faults = [f"{race}: {fault}" for race in (Race(state, *pair, SEED) for pair in chosen) for fault in faults_of(race)]
    assert faults == []


@pytest.mark.parametrize("name", CASES)
def test_another_case_at_once_breaks_nothing(name: str) -> None:
    case = CASES[name]
    each = 1 if os.environ.get("ROLLOUT_MEMORY") == "all" else len(CASES)
    chosen = [*CASES][(sum(map(ord, name)) + SEED) % each :: each]
    faults = [f"with {other}, seed {SEED}: {fault}" for other in chosen for fault in faults_of_cases(case, CASES[other], SEED)]
    assert faults == []


def _two_containers(memory: Memory) -> None:
    containers = [{"name": name, "image": "registry.example/web:1"} for name in ("web", "sidecar")]
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": containers}}
    spec = {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    done("rolling", definition={"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec})(memory)


@pytest.mark.parametrize("user", ["with the lock", "without rights on Leases"])
@pytest.mark.parametrize("seed", range(SEED, SEED + 10))
def test_two_short_changes_of_one_workload_both_stay(seed: int, user: str) -> None:
    with running(seed) as memory:
        if user != "with the lock":
            memory.server.rights.deny(user, ["create", "update"], "leases")
        _two_containers(memory)
        both: list[Run] = []
        for container in ("web", "sidecar"):
            options = {"name": "web", "image": {container: "registry.example/web:2"}, "lock_timeout": 300}
            both.append(Case("rolling", options).run(memory, user=user).start())
            memory.clock.sleep(memory.clock.random.uniform(0.0, 0.1))
        for run in both:
            run.wait()
        memory.clock.sleep(30)
        found = memory.get("default", "Deployment", "web")["spec"]["template"]["spec"]["containers"]
        assert {entry["name"]: entry["image"] for entry in found} == dict.fromkeys(("web", "sidecar"), "registry.example/web:2")
