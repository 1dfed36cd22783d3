# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulation itself: the statuses that other tests rely on, and the tools that they use."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from .cluster import PATIENCE
from .workloads import HELD, let_go


def wait_for(question: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """Return the first true answer."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = question()
        if answer:
            return answer
        time.sleep(0.1)
    raise AssertionError("It did not happen in time.")


@pytest.mark.parametrize(
    ("fail", "tag", "expected"),
    [
        ("image-pull-not-found", "missing-1", ("ImagePullBackOff", "not found")),
        ("image-pull-denied", "denied", ("ImagePullBackOff", "pull access denied")),
        ("image-pull-hiccup", "hiccup", ("ImagePullBackOff", "503 Service Unavailable")),
        ("crash-loop", "crash", ("CrashLoopBackOff", "restarting failed container=web")),
        ("missing-config-key", "badconfig", ("CreateContainerConfigError", "couldn't find key")),
    ],
)
@pytest.mark.parametrize("by_tag", [True, False], ids=["tag", "annotation"])
def test_failing_container_waits_with_reason(
    apply: Any, get: Any, deployment: Any, fail: str, tag: str, expected: tuple[str, str], by_tag: bool
) -> None:
    reason, words = expected
    how = {"image": f"registry.example/web:{tag}"} if by_tag else {"simulate": {"fail": fail}}
    apply(deployment(replicas=1, **how))

    def waiting() -> Any:
        states = [status["state"].get("waiting", {}) for pod in get("pods") for status in pod["status"].get("containerStatuses", [])]
        return [state for state in states if state.get("reason") == reason]

    assert words in wait_for(waiting)[0]["message"]


def test_crash_loop_counts_restarts_and_keeps_the_last_state(apply: Any, get: Any, kubectl: Any, deployment: Any) -> None:
    apply(deployment(replicas=1, simulate={"fail": "crash-loop", "back-off": "200ms"}))

    def third() -> Any:
        statuses = [status for pod in get("pods") for status in pod["status"].get("containerStatuses", [])]
        return [status for status in statuses if status["restartCount"] >= 3]

    assert wait_for(third)[0]["lastState"]["terminated"]["exitCode"] == 1
    assert "password=hunter2" in kubectl("logs", "deployment/web", "--previous").stdout


def test_slow_readiness_and_slow_termination(apply: Any, get: Any, kubectl: Any, deployment: Any) -> None:
    """As the server's own times tell, which have whole seconds."""
    apply(deployment(replicas=1, simulate={"ready-after": "2s", **HELD}))
    kubectl("rollout", "status", "deployment/web", "--timeout=300s")
    (pod,) = get("pods")
    (ready,) = (entry for entry in pod["status"]["conditions"] if entry["type"] == "Ready")
    made, became = (datetime.fromisoformat(time) for time in (pod["metadata"]["creationTimestamp"], ready["lastTransitionTime"]))
    assert (became - made).total_seconds() >= 1
    kubectl("scale", "deployment/web", "--replicas=0")
    wait_for(lambda: [pod for pod in get("pods") if pod["metadata"].get("deletionTimestamp")])
    let_go(kubectl)
    wait_for(lambda: not get("pods"))


def test_audit_log_knows_writes_from_dry_runs(audit: Any, apply: Any, kubectl: Any, deployment: Any) -> None:
    apply(deployment())
    mine = [event for event in audit.events(everybody=True) if event.user_agent.startswith("kubectl") and event.resource == "deployments"]
    assert [event.verb for event in mine if event.is_write] == ["create"]
    audit.mark()
    kubectl("set", "image", "deployment/web", "web=registry.example/web:2", "--dry-run=server")
    mine = [event for event in audit.events(everybody=True) if event.user_agent.startswith("kubectl") and event.verb == "patch"]
    assert mine
    assert all(event.dry_run and not event.is_write for event in mine)
    assert audit.writes() == []


@pytest.mark.oldest
@pytest.mark.parametrize("way", ["process", "module", "async"])
def test_tasks_run_in_every_way(ansible: Any, way: str) -> None:
    play = ansible({"name": "Ask", "ansible.builtin.ping": {"data": "{{ word }}"}}, way=way, play={"vars": {"word": "here"}})
    assert play.code == 0
    assert play.last["ping"] == "here"
