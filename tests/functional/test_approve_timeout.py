# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Approvals of the role blue_green that have a time, on a terminal."""

from __future__ import annotations

from typing import Any

import pytest

from .plays import Play
from .sides import COLOUR, service
from .workloads import create, rolled_out

pytestmark = pytest.mark.server


@pytest.fixture
def rolls(ansible, namespace, deployment, kubectl):
    """Roll the second version out by the role, with an approval before the switch at which somebody types."""
    create(kubectl, deployment(replicas=1), service("web", app="web"))
    rolled_out(kubectl)

    def roll(keys: bytes = b"", **options: Any) -> Play:
        given = {"namespace": namespace, "name": "web", "image": "registry.example/web:2", "scale_down_delay": 0, **options}
        variables = {f"blue_green_{name}": value for name, value in {**given, "approve_before": "switch"}.items()}
        play: Play = ansible.typed("rollout.kubernetes.blue_green", keys, variables=variables)
        return play

    return roll


def serving(get) -> str:
    """The side that gets the traffic, once the Service leads to one by its colour."""
    found: str = get("service", "web")["spec"]["selector"].get(COLOUR, "")
    return found


def test_who_answers_in_time_decides(rolls, get):
    play = rolls(b"yes\r", approve_timeout="5m")
    assert play.code == 0, play.stdout
    assert "[Approve the step switch within 5m]" in play.stdout
    assert serving(get) == "green"


def test_a_late_answer_pauses_and_the_same_run_goes_on(rolls, get):
    play = rolls(approve_timeout=1, on_inconclusive="pause")
    assert play.code == 0, play.stdout
    said = play.last["msg"][0]
    assert said.startswith("Nobody has approved the step switch within 1 s. Deployment"), play.stdout
    assert said.endswith("The same run again asks again, the module promote goes on, the module abort brings everything back.")
    assert serving(get) != "green"
    assert rolls(b"y\r", approve_timeout="5m").code == 0
    assert serving(get) == "green"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "Nobody has approved the step switch within 1s. Aborted: Deployment"),
        ({"on_failure": "hold"}, "Nobody has approved the step switch within 1s. Held: Deployment"),
    ],
    ids=["rollback", "hold"],
)
def test_a_late_answer_is_a_failure_where_nothing_else_is_said(rolls, get, options, words):
    play = rolls(approve_timeout="1s", **options)
    assert play.code != 0
    assert play.last.msg.startswith(words), play.stdout
    assert serving(get) != "green"


def test_a_time_that_is_none_is_refused_before_anything_is_written(rolls, audit):
    audit.mark()
    play = rolls(approve_timeout="soon")
    assert play.code != 0
    assert "timeout is no length of time: 'soon'; give seconds, or a text such as 90s, 10m or 1h30m." in play.stdout
    assert audit.writes() == []
