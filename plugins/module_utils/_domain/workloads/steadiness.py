# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the candidate's pods stay as well as they were: none restarts, none loses its readiness.

Pods that somebody deletes or evicts, those on a node that is lost, and new ones that are not ready yet say nothing of the version.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .diagnosis import diagnose_pod, last_run
from .workload import Container, Pod, condition

Restarts = Mapping[tuple[str, str], int]
"""By the UID of a pod and the name of its container."""


def restarts_of(pods: Iterable[Pod]) -> Restarts:
    """How often each container has restarted."""
    return {(pod.uid, container.name): container.restarts for pod in pods for container in pod.containers}


def more_restarts(before: Restarts, now: Restarts) -> Restarts:
    """How often each container has restarted since, of those that have. One that was not there before has begun with none."""
    return {key: count - before.get(key, 0) for key, count in now.items() if count > before.get(key, 0)}


@dataclass(frozen=True)
class Seen:
    """What was seen of the candidate's pods until now."""

    restarts: Restarts
    """As they were at the first look; what has happened before that does not count."""
    ready: frozenset[str] = field(default_factory=frozenset)
    """The UIDs of those that have been ready."""


def seen_of(pods: Iterable[Pod], before: Seen | None = None) -> Seen:
    """What is known after one look more, with what was known before."""
    known = tuple(pods)
    ready = frozenset(pod.uid for pod in known if pod.ready)
    return Seen(restarts_of(known), ready) if before is None else Seen(before.restarts, before.ready | ready)


@dataclass(frozen=True)
class Unsteady:
    """A pod that is not as well as it was. `container` is the one that has ended, perhaps to run again; None where none has."""

    pod: Pod
    sentence: str
    container: Container | None = None


def unsteady(pods: Iterable[Pod], before: Seen) -> Unsteady | None:
    """The first pod that has restarted or lost its readiness since; None where none has. `pods` are none that are on their way out."""
    known = tuple(pods)
    more = more_restarts(before.restarts, restarts_of(known))
    for pod in known:
        for container in pod.containers:
            times = more.get((pod.uid, container.name), 0)
            if times:
                message, remedy = last_run(container)
                often = "once" if times == 1 else f"{times} times"
                return Unsteady(
                    pod, f"{pod.ref}, container {container.name}, has restarted {often} by now: {message}; {remedy}.", container
                )
    lost = next((pod for pod in known if pod.uid in before.ready and not pod.ready and _by_itself(pod)), None)
    if lost is None:
        return None
    finding = diagnose_pod(lost)
    why = f": {finding.message}; {finding.remedy}" if finding is not None else "; look at what its node says of it"
    ended = next((container for container in lost.containers if not container.ready and container.last_exit is not None), None)
    return Unsteady(lost, f"{lost.ref} was ready and is not any more{why}.", ended)


def _by_itself(pod: Pod) -> bool:
    """A pod is not ready for what its kubelet says of it, and nobody is taking it away.

    Where a node is lost nothing but the condition is changed, by the node controller. A pod that the kubelet or the scheduler
    evicts gets the condition DisruptionTarget or has failed, before it is deleted, if it is.
    """
    disrupted = condition(pod.conditions, "DisruptionTarget")
    if pod.phase in ("Failed", "Succeeded") or (disrupted is not None and disrupted.status == "True"):
        return False
    ready = condition(pod.conditions, "Ready")
    gated = ready is not None and ready.reason == "ReadinessGatesNotReady"
    return gated or any(not container.ready for container in pod.containers)
