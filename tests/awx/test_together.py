# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two jobs at once: of one template, of two templates, of a workflow and beside it. One waits for the other, or is refused by its name."""

from __future__ import annotations

import json

import pytest

from tests.functional.calls import call
from tests.functional.workloads import images

from .jobs import Job
from .shop import HELD, ONE, THREE, TWO, database, images_of, of_database, release, rolling, serving, starting, web
from .workflow import Run

WAITS = "new replicas have been updated"


def test_the_second_of_one_template_is_refused_by_the_name_of_the_first(workflows, kubectl, deployment, get, namespace):
    web(kubectl, deployment, simulate=HELD)
    first = workflows.job("Rolling update", rolling(namespace, TWO))
    first.says(WAITS)
    second = workflows.job("Rolling update", rolling(namespace, THREE), user="bob").wait()
    assert not second.successful
    assert f"alice, job {first.number}" in second.failure
    assert images(get) == [TWO]
    with starting(kubectl):
        assert first.wait().successful, first.stdout


def test_with_lock_timeout_the_second_waits_for_the_first(workflows, kubectl, deployment, get, namespace):
    web(kubectl, deployment, simulate=HELD)
    first = workflows.job("Rolling update", rolling(namespace, TWO))
    first.says(WAITS)
    second = workflows.job("Rolling update", rolling(namespace, THREE, lock_timeout="300"), user="bob")
    second.says("is held by alice")
    with starting(kubectl):
        assert first.wait().successful, first.stdout
        assert second.wait().successful, second.stdout
    assert first.report["rollouts"][0]["images"] == {"web": TWO}
    assert images(get) == [THREE]


def test_what_a_workflow_has_on_its_way_is_left_alone_by_other_templates(workflows, kubectl, deployment, get, namespace, audit):
    web(kubectl, deployment)
    refused: list[Job] = []

    def beside(_run: object) -> bool:
        audit.mark()
        jobs = [
            workflows.job("Rolling update", rolling(namespace, THREE), user="bob"),
            workflows.job("Roll back", {"rollback_name": "web", "rollback_namespace": namespace, "rollback_change_cause": "x"}, user="bob"),
        ]
        refused.extend(job.wait() for job in jobs)
        assert audit.writes(leases=True) == []
        return True

    run = workflows.launch("Release", release(namespace), decide=beside)
    assert [job.successful for job in refused] == [False, False]
    assert "belongs to a blue/green rollout of web that is on its way" in refused[0].failure
    assert "web has a rollout on its way" in refused[1].failure
    assert all("alice, job 1" in job.failure for job in refused)
    assert run.successful
    assert serving(get) == TWO

    # Later as well: the side that gets no requests is not rolled out as if users got it.
    idle = workflows.job("Rolling update", rolling(namespace, THREE)).wait()
    assert not idle.successful, idle.stdout
    assert "web-green" in idle.failure
    assert serving(get) == TWO
    assert images(get) == [ONE]


def test_a_database_that_a_workflow_has_on_its_way_takes_no_other_version(workflows, kubectl, manifest, get, namespace, audit):
    database(kubectl, manifest)
    refused: list[Run] = []

    def beside(_run: object) -> bool:
        audit.mark()
        refused.append(workflows.launch("Database release", of_database(namespace, THREE), user="bob"))
        assert audit.writes(leases=True) == []
        return True

    run = workflows.launch("Database release", of_database(namespace), decide=beside)
    (second,) = refused
    assert (second.path, second.successful) == (["replicas"], False)
    assert "begun by alice" in second.jobs["replicas"].failure
    assert run.successful
    assert images_of(get) == {"db-0": TWO, "db-1": TWO}


@pytest.mark.long
def test_a_job_beside_another_one_of_a_candidate_is_refused(workflows, kubectl, deployment, get, namespace, cluster):
    web(kubectl, deployment, simulate=HELD)
    first = workflows.job("Release: candidate", release(namespace))
    first.says("0 of 2 updated replicas are available")
    second = workflows.job("Rolling update", rolling(namespace, THREE), user="bob").wait()
    assert not second.successful
    assert f"alice, job {first.number}" in second.failure
    with starting(kubectl):
        assert first.wait().successful, first.stdout
    assert not call(cluster, "abort", name="web", namespace=namespace).get("failed")
    assert serving(get) == ONE


def test_between_the_steps_of_one_job_another_one_brings_no_other_version(awx, kubectl, manifest, get, namespace, tmp_path):
    """While task files run between two steps nobody holds the lock."""
    database(kubectl, manifest)
    looked, waits = tmp_path / "looked", tmp_path / "wait.yml"
    waits.write_text(json.dumps([{"name": "Wait until somebody has looked", "ansible.builtin.wait_for": {"path": str(looked)}}]))
    first = awx.start("partition.yml", {**of_database(namespace), "partition_steps": "one_by_one", "partition_after_step": str(waits)})
    first.says("Wait until somebody has looked")
    second = awx.run("partition.yml", {**of_database(namespace, THREE), "partition_steps": "one_by_one"}, user="bob")
    assert not second.successful, second.stdout
    assert "begun by alice" in second.failure
    assert images_of(get) == {"db-0": ONE, "db-1": TWO}
    looked.touch()
    assert first.wait().successful, first.stdout
    assert images_of(get) == {"db-0": TWO, "db-1": TWO}
