# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A job that AWX cancels is killed with all its processes. The same job again comes to the right end, late by no more
than the lock and one look."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.functional.calls import call
from tests.functional.workloads import Kubectl

from .jobs import Job
from .shop import HELD, ONE, TWO, database, images_of, of_database, release, rolling, serving, starting, web
from .workflow import Workflows

HELD_BY = "is held by alice, job"
LATE = 20.0
"""Seconds: the lock's duration, and one look at whether its holder lives."""


def killed(workflows: Workflows, kubectl: Kubectl, says: str, name: str, *given: Any, claimed: bool = False, **how: Any) -> Job:
    """Kill a job in a wait, and run it again to its end; where it needs the lock it must have waited no longer than that for it."""
    first = workflows.job(name, *given, **how)
    first.says(says)
    first.kill()
    again = workflows.job(name, *given, **how)
    if claimed:  # Else it waits first for what the killed one has written already, and needs the lock for what comes then.
        again.says(HELD_BY)
    with starting(kubectl):
        again.wait()
    assert again.successful, again.stdout
    assert waited(again) < LATE, again.stdout
    return again


def waited(job: Job) -> float:
    """The seconds that a job has waited for the lock."""
    told = [event for event in job.events if HELD_BY in event["stdout"]]
    if not told:
        return 0.0
    after = next(event for event in job.events if event["counter"] > told[-1]["counter"] and event["stdout"].strip())
    return (datetime.fromisoformat(after["created"]) - datetime.fromisoformat(told[0]["created"])).total_seconds()


def test_in_the_wait_of_a_rolling_update(workflows, kubectl, deployment, get, namespace):
    """Nothing is left to be written, so the second one needs no lock: the cluster rolls out by itself."""
    web(kubectl, deployment, simulate=HELD)
    again = killed(workflows, kubectl, "new replicas have been updated", "Rolling update", rolling(namespace))
    assert again.report["rollouts"][0]["phase"] == "complete"
    assert serving(get) == TWO


def test_while_a_candidate_is_prepared(workflows, kubectl, deployment, get, namespace):
    web(kubectl, deployment, simulate=HELD)
    answers = {name: value for name, value in release(namespace).items() if value}
    again = killed(workflows, kubectl, "0 of 2 updated replicas are available", "Release: candidate", answers, claimed=True)
    assert again.report["rollouts"][0]["next_step"] == "switch"
    assert serving(get) == ONE


def test_while_the_old_pods_are_kept(workflows, kubectl, deployment, get, cluster, namespace):
    web(kubectl, deployment)
    begun = call(cluster, "blue_green", name="web", namespace=namespace, image=TWO, scale_down_delay=10, stop_before="switch")
    again = killed(workflows, kubectl, "the old pods are kept", "Release: promote", claimed=True, artifacts={"rollout_report": begun})
    assert again.report["rollouts"][0]["phase"] == "complete"
    assert (serving(get), get("deployment", "web")["spec"]["replicas"]) == (TWO, 0)


def test_in_the_step_of_a_replica(workflows, kubectl, manifest, get, namespace):
    database(kubectl, manifest, simulate=HELD)
    again = killed(workflows, kubectl, "db-1", "Database: replicas", of_database(namespace))
    assert again.report["rollouts"][0]["next_step"] == "db-0"
    assert images_of(get) == {"db-0": ONE, "db-1": TWO}


def test_in_the_step_of_the_primary(workflows, kubectl, manifest, get, cluster, namespace):
    database(kubectl, manifest, simulate=HELD)
    chosen: dict[str, Any] = {"primary": 0, "steps": "one_by_one", "stop_before": "primary"}
    with starting(kubectl):
        begun = call(cluster, "partition", name="db", namespace=namespace, image=TWO, **chosen)
    again = killed(workflows, kubectl, "db-0", "Database: primary", of_database(namespace), artifacts={"rollout_report": begun})
    assert again.report["rollouts"][0]["phase"] == "complete"
    assert images_of(get) == {"db-0": TWO, "db-1": TWO}
