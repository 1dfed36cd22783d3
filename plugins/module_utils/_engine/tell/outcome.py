# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run leaves behind, as frozen values; `_entry` makes the one shape of result from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from ..._domain.base.objects import JsonObject, Ref
from ..._domain.history import Entry
from ..._domain.leases.claim import Judged
from ..._domain.preflight.findings import Finding as Prediction
from ..._domain.request import Severity
from ..._domain.steps.step import StepState
from ..._domain.traffic.services import Selector
from ..._domain.workloads.diagnosis import Finding
from ..._domain.workloads.workload import Revision, Snapshot
from ..config.configuration import Copy
from ..outside.gates import GateReport

RolloutPhase = Literal["pending", "progressing", "paused", "complete", "degraded", "aborted"]


@dataclass(frozen=True)
class StepReport:
    """One step as it went; `seconds` from its first write to its end."""

    name: str
    state: StepState
    seconds: float = 0.0
    pods: tuple[str, ...] | None = None
    """The pods that it is for, where it is for single ones; else None."""
    nodes: tuple[str, ...] = ()
    """Where those are."""


@dataclass(frozen=True)
class Rollout:
    """One workload at the end of a run."""

    ref: Ref
    phase: RolloutPhase
    strategy: str
    snapshot: Snapshot
    message: str
    application: str = ""
    """Under which name it is held, and others find it; empty where a task only looks."""
    stable: Revision | None = None
    """What serves while the candidate does not, and what is gone back to."""
    candidate: Revision | None = None
    """What the rollout was to bring; after a rollback the one that failed."""
    steps: tuple[StepReport, ...] = ()
    findings: tuple[Finding, ...] = ()
    cause: str = ""
    """Why it failed, one sentence; empty otherwise."""
    news: str = ""
    """What was done to it: `went back to revision 2`."""
    unchanged: str = ""
    """Why there was nothing to do."""
    logs: Mapping[tuple[Ref, str], tuple[str, ...]] = field(default_factory=dict)
    """The last lines of failed containers' logs, by pod and container."""
    history: tuple[Entry, ...] | None = None
    """Its revisions, where they were asked for."""
    seen: datetime | None = None
    """When they were, by the server's clock."""
    chosen: Revision | None = None
    """The revision whose template was asked for."""
    compared: tuple[Revision, Revision] | None = None
    """The two whose difference was asked for, the one that counts as earlier first."""
    reconfigured: tuple[Difference, ...] = ()
    """What differs in the configuration that these two refer to."""
    outage: Outage | None = None
    """The time without a pod that serves, where the strategy makes one."""
    switched: Switched | None = None
    """Of a Service, which has neither revisions nor replicas."""
    coloured: Coloured | None = None
    """Of a workload with two sides."""
    verdicts: tuple[Judged, ...] = ()
    """What gates have found in earlier tasks of the rollout that is on its way."""
    weights: Mapping[str, int] = field(default_factory=dict)
    """The percentages that the stable version and the candidate have of the requests, where both serve."""
    routed: tuple[Routed, ...] = ()
    """How routes divide the requests."""
    plan: tuple[str, ...] = ()
    """In check mode the plan as lines of a table."""
    plan_hash: str = ""
    """That of the task that began the rollout; empty where none is on its way, or it is not known."""


@dataclass(frozen=True)
class Coloured:
    """A workload with two sides, by the names of their Deployments."""

    workload: str
    stable: str
    candidate: str
    selectors: Mapping[str, Selector]
    """What its Services select now."""
    replicas: Mapping[str, int]
    """What each Deployment asks for."""


@dataclass(frozen=True)
class Outage:
    """Seconds without a pod that serves."""

    expected: float | None
    """As earlier ones let expect; None where there was none, or none is to come."""
    seconds: float | None
    """As measured, up to the end of the task; None where it was not seen: in check mode, without waiting, of a run that went on with
    what another one began."""


@dataclass(frozen=True)
class Switched:
    """A Service's selectors and endpoints, where a task was about those."""

    before: Selector
    after: Selector
    """What it has now."""
    pods: int
    """Pods that it selects and that may serve."""
    ready: int
    """Pods among its endpoints that get traffic."""


@dataclass(frozen=True)
class Routed:
    """How one rule of a route divides its requests."""

    router: str
    ref: Ref
    rule: str
    weights: Mapping[str, int]
    """By Service."""
    before: Mapping[str, int] | None = None
    """What they were before the task; None where it has begun with them as they are."""


@dataclass(frozen=True)
class Difference:
    """One object before and after, for the diff; `before` is None for a new one."""

    ref: Ref
    before: JsonObject | None
    after: JsonObject


@dataclass(frozen=True)
class Preflight:
    """What was found before a rollout."""

    findings: tuple[Prediction, ...]
    """The worst first."""
    ignored: Mapping[str, str]
    """The rules that were not asked, with the reasons."""
    fails_on: frozenset[Severity]

    @property
    def failing(self) -> tuple[Prediction, ...]:
        """Those for which the task fails."""
        return tuple(finding for finding in self.findings if finding.severity in self.fails_on)


@dataclass(frozen=True)
class Outcome:
    """The whole run. `error` is the sentence of a failure, empty when all went well; `unable`: of one that says nothing of the new
    version, as the cluster could not be asked or written."""

    changed: bool
    rollouts: tuple[Rollout, ...]
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    error: str = ""
    table: tuple[str, ...] = ()
    """The plan, as lines of a table."""
    copies: tuple[Copy, ...] = ()
    """Of the configuration that is versioned."""
    unable: bool = False
    preflight: Preflight | None = None
    """Of a task that asked for nothing else."""
    gates: tuple[GateReport, ...] = ()
    """What was measured, in the order of the verdicts."""
