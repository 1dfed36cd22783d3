# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check, approve, run: as the nodes of a workflow hand a plan's hash on, through playbooks and the real server's answers to dry runs."""

from __future__ import annotations

from .workloads import create, rolled_out

ONE, TWO, THREE = (f"registry.example/web:{tag}" for tag in "123")
APPROVED = "{{ rollout_report.plan_hash }}"
"""What a job template of a workflow has in its variables; the report of an earlier node is among the extra variables of a later one."""


def report(play):
    """What a play leaves for the nodes after it."""
    found = [result.data["ansible_stats"]["data"]["rollout_report"] for result in play.results if "ansible_stats" in result.data]
    return found[-1]


def test_what_was_approved_in_check_mode_is_rolled_out_and_another_image_is_not(ansible, namespace, kubectl, deployment, get, audit):
    create(kubectl, deployment(image=ONE))
    rolled_out(kubectl, "deployment/web")
    wanted = {"rolling_name": "web", "rolling_namespace": namespace, "rolling_image": TWO}
    first = report(ansible("rollout.kubernetes.rolling", variables=wanted, check=True))
    assert first["plan_hash"].startswith("p1-")
    approved = {**wanted, "rolling_expect_plan": APPROVED, "rollout_report": first}

    audit.mark()
    other = ansible("rollout.kubernetes.rolling", variables={**approved, "rolling_image": THREE})
    assert other.code != 0
    assert "This is another plan than the one that was approved (expect_plan): it differs in templates." in other.stdout
    assert f"templates: Deployment {namespace}/web with image web={THREE}." in other.stdout
    assert audit.writes() == []
    assert get("lease", "rollout-web") is None

    play = ansible("rollout.kubernetes.rolling", variables={**approved, "rolling_change_cause": "release 2", "rolling_requested_by": "bob"})
    assert play.code == 0, play.stdout
    assert report(play)["changed"]
    assert report(play)["plan_hash"] == first["plan_hash"]
    (container,) = get("deployment", "web")["spec"]["template"]["spec"]["containers"]
    assert container["image"] == TWO
    # A relaunch finds nothing left to do.
    assert not report(ansible("rollout.kubernetes.rolling", variables=approved))["changed"]


def test_a_namespace_that_comes_along_does_not_change_what_was_approved(tried, namespace, deployment, kubectl):
    """What the server cannot be asked about yet is approved as it is written, and may be rolled out once its namespace is there."""
    place = f"{namespace}-new"
    body = deployment(image=ONE, replicas=1)
    body = {**body, "metadata": {**body["metadata"], "namespace": place}}
    parts = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": place}}, body]
    task = {"definition": parts, "namespace": place}
    try:
        approved = tried({"rollout.kubernetes.rolling": task}, check=True).last["plan_hash"]
        kubectl("create", "namespace", place)
        late = tried({"rollout.kubernetes.rolling": {**task, "expect_plan": approved}}).last
        assert not late.failed, late.msg
        assert late["plan_hash"] == approved
    finally:
        kubectl("delete", "namespace", place, "--wait=false", check=False)
