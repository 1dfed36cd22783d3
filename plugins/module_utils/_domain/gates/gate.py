# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a gate asks, and what answers it accepts. Times are seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Verdict: TypeAlias = Literal["pass", "fail", "inconclusive"]
JOB_SPARE_SECONDS = 30.0
"""How much longer than its own deadline a Job is waited for: its controller may be late."""


@dataclass(frozen=True)
class Bounds:
    """Which values pass. A bound itself passes: `most` is the greatest value that does."""

    least: float | None = None
    most: float | None = None
    ratio: float | None = None
    """At most so many times the value of the baseline."""
    difference: float | None = None
    """At most so much more than the value of the baseline."""
    all_series: bool = True
    """Each series must pass; else one of them is enough."""

    @property
    def is_relative(self) -> bool:
        """Whether a baseline is needed."""
        return self.ratio is not None or self.difference is not None

    @property
    def are_there(self) -> bool:
        """Whether any bound is given."""
        return self.is_relative or self.least is not None or self.most is not None


@dataclass(frozen=True)
class Limits:
    """How often is measured, and how much may go wrong before the verdict falls."""

    interval: float = 10.0
    count: int = 1
    """So many measurements that are no errors end it; without effect while a rollout is held."""
    initial_delay: float = 0.0
    failures: int = 0
    """More failed measurements than this are a fail."""
    errors: int = 4
    """More questions in a row than this that could not be asked are inconclusive."""
    inconclusive: int = 3
    """More measurements than this without data are inconclusive."""
    no_data: Literal["inconclusive", "fail", "ignore"] = "inconclusive"
    """What a measurement without data counts as."""
    least: int = 1
    """So many measurements must have passed, or there is no pass."""


@dataclass(frozen=True)
class Access:
    """How a server is spoken to. What is secret stands in `headers` alone."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: float = 10.0
    validate_certs: bool = True
    ca_cert: str = ""


@dataclass(frozen=True)
class Prometheus:
    """A query to a server with Prometheus' API; `range` and `step` make it a range query."""

    url: str
    query: str
    baseline: str = ""
    """A query whose value the bounds are relative to."""
    samples: str = ""
    """A query for how much traffic the value stands on."""
    least_samples: float = 0.0
    range: float = 0.0
    step: float = 0.0
    metric: str = ""
    """What the queries were made for, as `error_ratio of traefik`; empty where the user has written them."""
    access: Access = Access()


@dataclass(frozen=True)
class Http:
    """A request whose answer is judged by its status, or by one value of its JSON."""

    url: str
    method: str = "GET"
    body: str = ""
    status: tuple[tuple[int, int], ...] = ((200, 299),)
    json: str = ""
    """Where the value stands, as `$.data.ok`."""
    access: Access = Access()


@dataclass(frozen=True)
class JobRun:
    """A pod of a Job in the cluster, which passes when it ends with 0. Empty texts leave the image's own."""

    image: str
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 300.0
    """How long it may take."""
    namespace: str = ""
    """Empty: that of the task."""
    service_account: str = ""
    image_pull_policy: str = ""
    image_pull_secrets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pods:
    """The pods of the candidate: none may restart more often than `restarts` times, all must be ready."""

    restarts: int = 0
    ready: bool = True


Source: TypeAlias = "Prometheus | Http | JobRun | Pods"


def asking_seconds(source: Source) -> float:
    """Return how long one question may take at most."""
    if isinstance(source, Prometheus):
        return source.access.timeout * (1 + bool(source.baseline) + bool(source.samples))
    if isinstance(source, Http):
        return source.access.timeout
    return source.seconds + JOB_SPARE_SECONDS if isinstance(source, JobRun) else 0.0


@dataclass(frozen=True)
class Gate:
    """One check, which goes on until there is a verdict."""

    name: str
    source: Source
    bounds: Bounds = Bounds()
    limits: Limits = Limits()
    dry_run: bool = False
    """It is measured and told, and never counts."""


@dataclass(frozen=True)
class Placed:
    """A gate of a rollout, and the steps in which it is measured, all of them if none is named: no step ends before it has passed."""

    gate: Gate
    steps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Series:
    """One value of an answer, with the labels that tell it from others. None: there is no data (NaN, null, nothing)."""

    labels: Mapping[str, str]
    value: float | None


@dataclass(frozen=True)
class Reading:
    """What came of one question.

    `trouble` says why it could not be asked. A source that judges itself gives `passed` and `said`; the others give `series`.
    """

    series: tuple[Series, ...] = ()
    baseline: tuple[Series, ...] = ()
    samples: float | None = None
    passed: bool | None = None
    said: str = ""
    trouble: str = ""
    query: str = ""
    """The question as it was sent."""
