# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When to go on waiting and when to give up: early for what is permanent, after a grace for what may heal."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from ..._domain.request import Waiting
from ..._domain.steps.goals import is_complete
from ..._domain.workloads.completion import standing
from ..._domain.workloads.diagnosis import CRASH_LIMIT, Finding, diagnose
from ..._domain.workloads.workload import Condition, Snapshot, condition

FindingKey = tuple[str, str]
"""Container and reason: a trouble goes on when another pod of the same version shows it."""


@dataclass(frozen=True)
class Verdict:
    """`findings` are what is wrong now, worst first; `fatal` the one that ends the wait. `recheck` is the clock's time at which
    this may become a failure without any event (None: only events matter); `since` when each trouble was seen first."""

    state: Literal["done", "waiting", "failed"]
    message: str
    findings: tuple[Finding, ...] = ()
    fatal: Finding | None = None
    recheck: float | None = None
    since: Mapping[FindingKey, float] | None = None


def deadline_exceeded(snapshot: Snapshot) -> Condition | None:
    """The condition with which a Deployment says that its progress deadline has passed."""
    if snapshot.workload is None:
        return None
    progressing = condition(snapshot.workload.conditions, "Progressing")
    return progressing if progressing is not None and progressing.reason == "ProgressDeadlineExceeded" else None


def judge(
    snapshot: Snapshot,
    *,
    now: float,
    waiting: Waiting,
    since: Mapping[FindingKey, float],
    done: Callable[[Snapshot], bool] = is_complete,
    ignored: Collection[str] = (),
    stale: Condition | None = None,
    pull_errors: Mapping[tuple[str, str], str] | None = None,
) -> Verdict:
    """Judge one workload at the clock's time `now` (seconds).

    `since` comes from the verdict before. `done` is what is waited for. `ignored` are UIDs of pods that will be deleted, so that what is
    wrong with them does not matter. `stale` is the deadline condition that was there before our write: as long as the cluster
    shows that very one, it speaks of the rollout before.
    """
    state = standing(snapshot)
    if done(snapshot):
        return Verdict("done", state.message)
    outdated = stale is not None and deadline_exceeded(snapshot) == stale
    findings = tuple(
        finding
        for finding in diagnose(_without(snapshot, ignored), pull_errors=pull_errors or {})
        if not (outdated and finding.reason == "ProgressDeadlineExceeded")
    )
    seen = {_key(finding): since.get(_key(finding), now) for finding in findings}
    fatal, recheck = None, None
    for finding in findings:
        due = _due(finding, seen[_key(finding)], waiting)
        if due is not None and due <= now and fatal is None:
            fatal = finding
        elif due is not None:
            recheck = due if recheck is None else min(recheck, due)
    failed = fatal is not None or (state.failed and not outdated)
    return Verdict("failed" if failed else "waiting", state.message, findings, fatal, recheck, seen)


def _without(snapshot: Snapshot, ignored: Collection[str]) -> Snapshot:
    return replace(snapshot, pods=tuple(pod for pod in snapshot.pods if pod.uid not in ignored)) if ignored else snapshot


def _due(finding: Finding, first: float, waiting: Waiting) -> float | None:
    """The clock's time at which a trouble ends the wait; None: not by itself.

    Running and not ready yet is how every pod begins: that alone is no trouble, however long an application takes to start.
    """
    if finding.outlook == "permanent":
        return first
    if finding.outlook == "crash_loop":
        return first if finding.restarts >= CRASH_LIMIT else None
    if waiting.failure_grace is None or finding.starting:
        return None
    return first + waiting.failure_grace


def _key(finding: Finding) -> FindingKey:
    return (finding.container, finding.reason)
