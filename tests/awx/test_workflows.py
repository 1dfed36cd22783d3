# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The workflows of awx.yml: approved, denied, approved too late, two at a time. What is refused is red, and nothing was written."""

from __future__ import annotations

import pytest

from tests.functional.calls import call
from tests.functional.sides import claim_of

from .shop import ONE, THREE, TWO, by_canary, database, images_of, of_database, release, serving, versions, web
from .workflow import Run


def test_an_approved_candidate_gets_the_traffic(workflows, kubectl, deployment, get, namespace):
    web(kubectl, deployment)
    seen = []

    def looked(run: Run) -> bool:
        seen.append((serving(get), run.artifacts["rollout_report"]["rollouts"][0]["next_step"]))
        return True

    run = workflows.launch("Release", release(namespace, change_cause="release 2"), decide=looked)
    assert (run.path, run.successful) == (["candidate", "promote"], True)
    assert seen == [(ONE, "switch")]
    assert serving(get) == TWO
    assert all("WARNING" not in job.stdout for job in run.jobs.values()), "rbac.yml is enough"

    again = workflows.launch("Release", release(namespace, change_cause="release 2"))
    assert (again.path, again.successful) == (["candidate", "promote"], True)
    assert [job.report["changed"] for job in again.jobs.values()] == [False, False]


def test_a_denial_brings_everything_back_and_is_red(workflows, kubectl, deployment, get, namespace):
    web(kubectl, deployment)
    run = workflows.launch("Release", release(namespace), decide=lambda _run: False)
    assert (run.path, run.successful) == (["candidate", "not_approved"], False)
    assert "abort_fail is set" in run.jobs["not_approved"].failure
    assert run.jobs["not_approved"].report["failed"] is True
    assert serving(get) == ONE
    assert claim_of(get) == ""
    assert [entry["metadata"]["name"] for entry in get("deployments")] == ["web"]


def test_an_approval_that_comes_too_late_gives_the_traffic_to_nothing(workflows, kubectl, deployment, get, cluster, namespace, audit):
    """The candidate was given up and a hotfix released meanwhile: the third node must not build the old candidate anew."""
    web(kubectl, deployment)

    def too_late(_run: Run) -> bool:
        given_up = call(cluster, "abort", name="web", namespace=namespace)
        hotfix = call(cluster, "blue_green", name="web", namespace=namespace, image=THREE, scale_down_delay=0)
        assert not given_up.get("failed"), given_up["msg"]
        assert not hotfix.get("failed"), hotfix["msg"]
        audit.mark()
        return True

    run = workflows.launch("Release", release(namespace), decide=too_late)
    assert (run.path, run.successful) == (["candidate", "promote"], False)
    assert "promote of web expects" in run.jobs["promote"].failure
    assert audit.writes(leases=True) == []
    assert serving(get) == THREE


@pytest.mark.parametrize("approved", [False, pytest.param(True, marks=pytest.mark.long)])
def test_what_is_decided_of_one_candidate_is_not_of_another(approved, workflows, kubectl, deployment, get, cluster, namespace, audit):
    web(kubectl, deployment)

    def put_in_its_place(_run: Run) -> bool:
        result = call(cluster, "blue_green", name="web", namespace=namespace, image=THREE, supersede=True, stop_before="switch")
        assert not result.get("failed"), result["msg"]
        audit.mark()
        return bool(approved)

    node = "promote" if approved else "not_approved"
    run = workflows.launch("Release", release(namespace), decide=put_in_its_place)
    assert (run.path, run.successful) == (["candidate", node], False)
    assert "of web expects" in run.jobs[node].failure
    assert "is on the way" in run.jobs[node].failure
    assert audit.writes(leases=True) == []
    assert serving(get) == ONE
    assert claim_of(get) != ""


def test_a_second_workflow_is_refused_and_leaves_the_first_ones_candidate(workflows, kubectl, deployment, get, namespace, audit):
    web(kubectl, deployment)
    seconds: list[Run] = []

    def meanwhile(_run: Run) -> bool:
        audit.mark()
        second = workflows.launch("Release", release(namespace, THREE), user="bob")
        seconds.append(second)
        # The link that somebody may draw by mistake: from the candidate's failure to the node that gives up.
        mistaken = workflows.job("Release: not approved", artifacts=second.artifacts).wait()
        assert not mistaken.successful, mistaken.stdout
        assert audit.writes(leases=True) == []
        return True

    run = workflows.launch("Release", release(namespace), decide=meanwhile)
    (second,) = seconds
    assert (second.path, second.successful) == (["candidate"], False)
    assert "another rollout on its way" in second.jobs["candidate"].failure
    assert (run.path, run.successful) == (["candidate", "promote"], True)
    assert serving(get) == TWO


def test_a_report_that_got_lost_lets_nothing_pass(workflows, kubectl, deployment, get, namespace, cluster, audit):
    web(kubectl, deployment)
    assert not call(cluster, "blue_green", name="web", namespace=namespace, image=TWO, stop_before="switch").get("failed")
    audit.mark()
    given = {"promote_application": "web", "promote_namespace": namespace}
    jobs = [
        workflows.job("Release: promote", given),
        workflows.job("Release: not approved"),
        workflows.awx.start("promote.yml", {**given, "promote_expect": ""}),
    ]
    assert [job.wait().successful for job in jobs] == [False] * len(jobs)
    assert audit.writes(leases=True) == []
    assert serving(get) == ONE


def test_a_canary_that_was_approved_gets_all_pods(workflows, kubectl, deployment, get, namespace):
    web(kubectl, deployment)
    seen = []

    def looked(run: Run) -> bool:
        seen.append((versions(get), run.artifacts["rollout_report"]["rollouts"][0]["next_step"]))
        return True

    run = workflows.launch("Canary release", by_canary(namespace), decide=looked)
    assert (run.path, run.successful) == (["candidate", "promote"], True), run.jobs["promote"].stdout
    assert seen == [({ONE: 1, TWO: 1}, "promote")]
    assert versions(get) == {TWO: 2}
    assert all("WARNING" not in job.stdout for job in run.jobs.values()), "rbac.yml is enough"

    again = workflows.launch("Canary release", by_canary(namespace))
    assert (again.path, again.successful) == (["candidate", "promote"], True)
    assert [job.report["changed"] for job in again.jobs.values()] == [False, False]


def test_a_canary_that_was_denied_goes_back_and_is_red(workflows, kubectl, deployment, get, namespace):
    web(kubectl, deployment)
    run = workflows.launch("Canary release", by_canary(namespace), decide=lambda _run: False)
    assert (run.path, run.successful) == (["candidate", "not_approved"], False)
    assert "abort_fail is set" in run.jobs["not_approved"].failure
    assert versions(get) == {ONE: 2}
    assert claim_of(get) == ""


def test_the_primary_follows_once_the_replicas_were_approved(workflows, kubectl, manifest, get, namespace):
    database(kubectl, manifest)
    seen = []

    def looked(_run: Run) -> bool:
        seen.append(images_of(get))
        return True

    run = workflows.launch("Database release", of_database(namespace), decide=looked)
    assert (run.path, run.successful) == (["replicas", "primary"], True), run.jobs["primary"].stdout
    assert seen == [{"db-0": ONE, "db-1": TWO}]
    assert images_of(get) == {"db-0": TWO, "db-1": TWO}
    assert all("WARNING" not in job.stdout for job in run.jobs.values()), "rbac.yml is enough"


def test_a_denial_leaves_the_primary_and_is_red(workflows, kubectl, manifest, get, namespace):
    database(kubectl, manifest)
    run = workflows.launch("Database release", of_database(namespace), decide=lambda _run: False)
    assert (run.path, run.successful) == (["replicas"], False)
    assert images_of(get) == {"db-0": ONE, "db-1": TWO}
    given_up = workflows.job("Give up", {"abort_application": "db", "abort_namespace": namespace, "abort_kind": "StatefulSet"}).wait()
    assert given_up.successful, given_up.stdout
    assert images_of(get) == {"db-0": ONE, "db-1": ONE}


def test_the_primary_is_not_brought_back_to_what_was_approved_before_another_version(
    workflows, kubectl, manifest, get, cluster, namespace, audit
):
    database(kubectl, manifest)

    def another(_run: Run) -> bool:
        result = call(cluster, "partition", name="db", namespace=namespace, image=THREE, supersede=True)
        assert not result.get("failed"), result["msg"]
        audit.mark()
        return True

    run = workflows.launch("Database release", of_database(namespace), decide=another)
    assert (run.path, run.successful) == (["replicas", "primary"], False)
    assert "another version was rolled out meanwhile" in run.jobs["primary"].failure
    assert audit.writes(leases=True) == []
    assert images_of(get) == {"db-0": THREE, "db-1": THREE}
