# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A write that fails in the middle of a task: the report is whole, what was written is looked after, and no verdict is passed on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from .calls import call
from .faults import Request
from .interference import before, is_change, is_write
from .workloads import create

NO = {"kind": "Status", "code": 403, "reason": "Forbidden", "message": "you may not do that today"}
HOOK = {"kind": "Status", "code": 500, "reason": "InternalError", "message": 'failed calling webhook "policy.example": connection refused'}
TWO = "registry.example/web:2"
BAD = "registry.example/web:missing"


def writes_to(name: str) -> Callable[[Request], bool]:
    return lambda request: is_write(request) and request.path.endswith(f"/{name}")


def image_of(live: dict[str, Any]) -> str:
    image: str = live["spec"]["template"]["spec"]["containers"][0]["image"]
    return image


# --- two runs of ours at once -----------------------------------------------------------------------------------------------------


def test_two_short_changes_of_what_we_applied_both_stay(through, cluster, faults, namespace, deployment, kubectl, get):
    whole = deployment(replicas=1)
    (first,) = whole["spec"]["template"]["spec"]["containers"]
    whole["spec"]["template"]["spec"]["containers"].append({**first, "name": "sidecar"})
    kubectl("apply", "--server-side", "--field-manager=rollout.kubernetes", "--filename=-", stdin=json.dumps(whole))

    def other() -> None:
        call(cluster, "rolling", namespace=namespace, name="web", image={"sidecar": TWO}, wait=False)

    before(faults, is_write, other)
    result = through("rolling", name="web", image={"web": TWO})
    assert not result.get("failed"), result["msg"]
    live = get("deployment", "web")
    assert [entry["image"] for entry in live["spec"]["template"]["spec"]["containers"]] == [TWO, TWO]
    assert "web=" in live["metadata"]["annotations"]["kubernetes.io/change-cause"]


def test_an_undo_by_apply_takes_nothing_back_that_somebody_has_written_meanwhile(
    through, cluster, faults, namespace, deployment, kubectl, get
):
    for tag in ("1", "2"):
        call(cluster, "rolling", namespace=namespace, definition=deployment(replicas=1, image=f"registry.example/web:{tag}"))

    before(faults, is_change, lambda: kubectl("set", "image", "deployment/web", "web=registry.example/web:3"))
    result = through("undo", name="web")
    assert result["failed"]
    assert "was given another template meanwhile" in result["msg"]
    assert image_of(get("deployment", "web")) == "registry.example/web:3"


def test_a_status_that_changes_all_the_time_keeps_no_write_from_its_end(through, faults, namespace, deployment, kubectl, here, get):
    here({"rollout.kubernetes.rolling": {"namespace": namespace, "definition": deployment(replicas=1)}})
    numbers = iter(range(1000))

    def touch() -> None:
        patch = json.dumps({"status": {"collisionCount": next(numbers)}})
        kubectl("patch", "deployment/web", "--subresource=status", "--type=merge", f"--patch={patch}")

    before(faults, is_change, touch, times=25)
    result = through("rolling", name="web", image=TWO)
    assert not result.get("failed"), result["msg"]
    assert image_of(get("deployment", "web")) == TWO


# --- one of several writes fails ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("on_failure", ["hold", "rollback"])
def test_a_write_that_fails_for_one_of_several_is_a_failure_of_that_one_alone(through, faults, deployment, kubectl, get, on_failure):
    create(kubectl, deployment("front", replicas=1), deployment("web", replicas=1))
    kubectl("rollout", "status", "deployment/front")
    kubectl("rollout", "status", "deployment/web")
    faults.add(matches=writes_to("web"), status=403, body=NO, times=10)
    changed = [deployment("front", replicas=1, image=BAD), deployment("web", replicas=1, image=TWO)]
    result = through("rolling", definition=changed, on_failure=on_failure)
    assert result["failed"]
    front, web = sorted(result["rollouts"], key=lambda rollout: rollout["name"])
    assert "you may not do that today" in web["cause"]
    assert "Went back" not in web["cause"]
    assert "not found" in front["cause"] or "ErrImagePull" in front["cause"] or "ImagePull" in front["cause"]
    assert ("Went back to revision 1" in front["cause"]) is (on_failure == "rollback")
    assert (web["phase"], web["steps"][0]["state"]) == ("degraded", "failed")
    assert result["changed"]
    assert image_of(get("deployment", "web")) == "registry.example/web:1"
    assert image_of(get("deployment", "front")) == ("registry.example/web:1" if on_failure == "rollback" else BAD)


def test_where_the_first_write_fails_nothing_has_changed_and_no_other_is_begun(through, faults, deployment, kubectl, audit):
    create(kubectl, *(deployment(name, replicas=1) for name in ("front", "web")))
    faults.add(matches=writes_to("front"), status=403, body=NO, times=10)
    audit.mark()
    result = through("rolling", definition=[deployment(name, replicas=1, image=TWO) for name in ("front", "web")])
    assert (result["failed"], result["changed"]) == (True, False)
    assert [rollout["name"] for rollout in result["rollouts"]] == ["front", "web"]
    assert "you may not do that today" in result["msg"]
    assert audit.writes() == []


def test_what_came_along_and_stays_changed_is_named(through, faults, deployment, kubectl, namespace):
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"key": "old"}}
    create(kubectl, config, deployment(replicas=1))
    faults.add(matches=writes_to("web"), status=403, body=NO, times=10)
    result = through("rolling", definition=[{**config, "data": {"key": "new"}}, deployment(replicas=1, image=TWO)])
    assert (result["failed"], result["changed"]) == (True, True)
    assert any(f"stays changed: ConfigMap {namespace}/settings" in warning for warning in result["warnings"]), result["warnings"]
    faults.add(matches=writes_to("other"), status=403, body=NO, times=10)
    more = [{**config, "data": {"key": "newer"}}, {**config, "metadata": {"name": "other"}}, deployment(replicas=1, image=TWO)]
    result = through("rolling", definition=more)
    assert (result["failed"], result["changed"]) == (True, True)
    assert f"ConfigMap {namespace}/settings" in result["msg"]


def test_a_later_step_that_cannot_be_written_is_no_verdict_on_the_new_version(through, faults, manifest, kubectl, get):
    create(kubectl, manifest("StatefulSet", replicas=2))
    kubectl("rollout", "status", "statefulset/web")
    seen: list[Request] = []

    def is_later(request: Request) -> bool:
        if writes_to("web")(request):
            seen.append(request)
        return writes_to("web")(request) and len(seen) > 2

    faults.add(matches=is_later, status=403, body=NO, times=10)
    result = through("partition", definition=manifest("StatefulSet", 2, replicas=2), on_failure="rollback")
    assert (result["failed"], result["changed"]) == (True, True)
    (rollout,) = result["rollouts"]
    assert "you may not do that today" in rollout["cause"]
    assert "It was not taken back" in rollout["cause"]
    assert image_of(get("statefulsets", "web")) == TWO
    assert rollout["phase"] != "complete"


def test_a_cluster_that_cannot_be_watched_any_more_is_no_verdict_either(through, faults, deployment, kubectl, get):
    create(kubectl, deployment(replicas=1))

    def progress(line: str) -> None:
        if "new ready" in line:
            faults.add(matches=lambda request: request.is_watch, status=403, body=NO, times=1000)
            faults.drop_all()

    unready = deployment(replicas=1, image="registry.example/web:unready")
    result = through("rolling", progress=progress, definition=unready, on_failure="rollback")
    assert (result["failed"], result["changed"]) == (True, True)
    assert "It was not taken back" in result["msg"]
    assert len(result["rollouts"]) == 1
    assert image_of(get("deployment", "web")) == "registry.example/web:unready"
