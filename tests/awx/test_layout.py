# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A job in AWX's layout: its events, its progress and its report, under what AWX has and under what is newest."""

from __future__ import annotations

import json
from itertools import product

import pytest

from tests.functional.workloads import create

from .conftest import CORES, RUNNERS, environments
from .jobs import Credential
from .shop import rolling, web

SHOWN = (("2.18", "2.4.0"), ("2.19", "2.4.0"), ("newest", "2.4.0"), ("newest", "newest"))
"""Where what ansible-runner lays around Ansible's display differs, and where Ansible deals otherwise with what a worker writes."""
PAIRS = [pytest.param(*pair, marks=[] if pair in SHOWN else [pytest.mark.long]) for pair in product(CORES, RUNNERS)]
MODULE = "rollout.kubernetes.rolling"
MOST = 20_000
"""Characters of the report that is left for later nodes."""
HEADINGS = 8
"""Of a plain rolling update, at most: nothing is announced that does nothing."""


@pytest.mark.parametrize(("core", "runner"), PAIRS)
def test_progress_is_shown_without_a_warning_and_without_empty_events(core, runner, awx, workflows, kubectl, deployment, namespace):
    web(kubectl, deployment)
    job = workflows.job("Rolling update", rolling(namespace), environments=environments(core, runner)).wait()
    assert job.successful, job.stdout
    assert "errantly" not in job.stdout
    assert [event["stdout"] for event in job.events if event["event"] in ("warning", "deprecated", "error")] == []
    assert "WARNING" not in job.stdout, "rbac.yml is enough to look at everything"
    lines = [event for event in job.events if event["event"] == "verbose"]
    assert [event for event in lines if not event["stdout"].strip()] == []
    ended = next(event for event in job.events if event["event"] == "runner_on_ok" and event["event_data"]["task_action"] == MODULE)
    progress = [event for event in lines if "web" in event["stdout"]]
    assert len(progress) >= 2, job.stdout
    assert all(event["counter"] < ended["counter"] for event in progress), "it arrives while the task runs"
    assert len([event for event in job.events if event["event"] == "playbook_on_task_start"]) <= HEADINGS, job.stdout
    assert (job.report["rollouts"][0]["name"], job.report["failed"]) == ("web", False)
    assert len(json.dumps(job.artifacts)) < MOST, "each event is a row in a database"
    assert awx.credential.token not in json.dumps(job.events)


@pytest.mark.parametrize("inventory", ["ssh", *(pytest.param(kind, marks=pytest.mark.long) for kind in ("none", "python"))])
def test_whatever_the_inventory_says_of_localhost_the_work_is_done_there(inventory, awx, namespace):
    job = awx.run(
        "status.yml", {"status_namespace": namespace, "status_label_selectors": "a=b", "status_allow_empty": True}, inventory=inventory
    )
    assert job.successful, job.stdout


@pytest.mark.long
def test_a_limit_without_localhost_is_green_and_does_nothing(awx, namespace):
    """A trap that docs/guide_awx.md warns of: so no template of the example asks for a limit."""
    job = awx.run("status.yml", {"status_namespace": namespace}, inventory="others", limit="elsewhere")
    assert job.successful, job.stdout
    assert "no hosts matched" in job.stdout


def test_the_credential_is_named_where_it_is_the_cause(awx, namespace, credential):
    asked = {"status_namespace": namespace, "status_name": "web"}
    without = awx.start("status.yml", asked, credential=Credential())
    wrong = awx.start("status.yml", asked, credential=Credential(host=credential.host, token="not-the-token", ca=credential.ca))
    assert "a credential of the type OpenShift or Kubernetes API Bearer Token" in without.wait().failure
    assert "(in AWX: the token in the credential of the job template)" in wrong.wait().failure
    assert not without.successful
    assert "not-the-token" not in wrong.stdout


def test_a_ca_that_is_missing_is_said_once(awx, namespace, credential, kubectl, deployment):
    create(kubectl, deployment())
    job = awx.run(
        "status.yml",
        {"status_namespace": namespace, "status_name": "web"},
        credential=Credential(host=credential.host, token=credential.token),
    )
    assert job.successful, job.stdout
    assert job.stdout.count("give the credential its CA") == 1
