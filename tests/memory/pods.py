# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happens to a pod that runs."""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import POD

from .cluster import Memory


def restarts(memory: Memory, name: str) -> None:
    """A container has ended, and runs again."""
    pod = memory.get("default", "Pod", name)
    ended = {"terminated": {"exitCode": 1, "reason": "Error"}}
    again = [{**pod["status"]["containerStatuses"][0], "restartCount": 1, "lastState": ended}]
    memory.server.revise(POD, pod, status={**pod["status"], "containerStatuses": again})


def loses_readiness(memory: Memory, name: str) -> None:
    """Its readiness probe does not pass any more, as the kubelet tells."""
    pod = memory.get("default", "Pod", name)
    conditions = [{**entry, "status": "False"} if entry["type"] == "Ready" else entry for entry in pod["status"]["conditions"]]
    containers = [{**pod["status"]["containerStatuses"][0], "ready": False}]
    memory.server.revise(POD, pod, status={**pod["status"], "conditions": conditions, "containerStatuses": containers})


def loses_its_node(memory: Memory, name: str) -> None:
    """Nobody hears of its kubelet any more: the node controller says so in the one condition."""
    pod = memory.get("default", "Pod", name)
    conditions = [{**entry, "status": "False"} if entry["type"] == "Ready" else entry for entry in pod["status"]["conditions"]]
    memory.server.revise(POD, pod, status={**pod["status"], "conditions": conditions})


def is_deleted(memory: Memory, name: str) -> None:
    """Somebody deletes it, as a drain of its node does."""
    memory.server.delete(POD, memory.get("default", "Pod", name))


WORSE: dict[Callable[[Memory, str], None], str] = {
    restarts: "container web, has restarted once by now: the last run ended with exit code 1; look at the container's log.",
    loses_readiness: "was ready and is not any more: it runs and its readinessProbe does not pass;",
}
"""What says something of the version, with the words about it."""
