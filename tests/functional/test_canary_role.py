# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role canary on a terminal: what molecule cannot show, as nobody types there."""

from __future__ import annotations

from collections import Counter

import pytest

from .plays import Play
from .workloads import create, rolled_out

pytestmark = pytest.mark.server


@pytest.fixture
def rolls(ansible, namespace, deployment, kubectl):
    """Roll the second version out by the role, with an approval before the promotion at which somebody types."""
    create(kubectl, deployment(replicas=2))
    rolled_out(kubectl)

    def roll(keys: bytes = b"", **options: object) -> Play:
        given = {"namespace": namespace, "name": "web", "image": "registry.example/web:2", "weights": [50], "hold": 0, **options}
        variables = {f"canary_{name}": value for name, value in {**given, "approve_before": "promote"}.items()}
        play: Play = ansible.typed("rollout.kubernetes.canary", keys, variables=variables)
        return play

    return roll


def versions(get) -> dict[str, int]:
    """How many pods are wanted of each version."""
    found: Counter[str] = Counter()
    for one in get("replicasets"):
        found[one["spec"]["template"]["spec"]["containers"][0]["image"].rpartition(":")[2]] += one["spec"]["replicas"]
    return dict(+found)


def test_who_says_yes_lets_it_go_on_and_is_shown_what_is_left(rolls, get):
    play = rolls(b"yes\r")
    assert play.code == 0, play.stdout
    assert "Take the step promote? Type yes, or no to abort the rollout" in play.stdout
    assert "exchange the rest, 1 pod at a time" in play.stdout
    assert versions(get) == {"2": 2}


def test_who_says_no_brings_the_stable_version_back(rolls, get):
    play = rolls(b"no\r", approve_timeout="5m")
    assert play.code != 0
    assert play.last.msg.startswith("The step promote was not approved. Aborted: Deployment"), play.stdout
    assert versions(get) == {"1": 2}


def test_a_late_answer_pauses_and_the_same_run_goes_on(rolls, get):
    play = rolls(approve_timeout=1, on_inconclusive="pause")
    assert play.code == 0, play.stdout
    said = play.last["msg"][0]
    assert said.startswith("Nobody has approved the step promote within 1 s. Deployment"), play.stdout
    assert said.endswith("The same run again asks again, the module promote goes on, the module abort brings the stable version back.")
    assert versions(get) == {"1": 1, "2": 1}
    assert rolls(b"y\r", approve_timeout="5m").code == 0
    assert versions(get) == {"2": 2}


def test_a_time_that_is_none_is_refused_before_anything_is_written(rolls, audit):
    audit.mark()
    play = rolls(approve_timeout="soon")
    assert play.code != 0
    assert "timeout is no length of time: 'soon'" in play.last.msg
    assert audit.writes() == []
