# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a source counts, and the queries that are made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Metric: TypeAlias = Literal["error_ratio", "p95"]
"""`error_ratio`: the part of the requests that were answered by a status of 500 to 599. `p95`: so many seconds, or less, 95 of 100 took."""


@dataclass(frozen=True)
class Whose:
    """Whose requests: those of a version of the workload, or all of a Service."""

    version: Literal["candidate", "stable"] = "candidate"
    service: str = ""


@dataclass(frozen=True)
class Counters:
    """Selectors of the series that count. Each may be found under several, as labels differ by how Prometheus was set up."""

    requests: Sequence[str]
    failed: Sequence[str]
    """Those of `requests` that were answered by a status of 500 to 599."""
    buckets: Sequence[str]
    """Of the histogram of how long they took."""
    unit: int = 1
    """So many of the histogram's units are a second."""


def value_of(metric: Metric, counters: Counters, window: float) -> str:
    """Return the query for a metric over the last `window` seconds. It gives nothing, or NaN, where there were no requests."""
    if metric == "error_ratio":
        # No series counts what has never happened. The zero is for what is divided alone: without requests there is no share.
        failed, all_of_them = (_over("rate", selectors, window) for selectors in (counters.failed, counters.requests))
        return f"sum({failed} or vector(0)) / sum({all_of_them})"
    quantile = f"histogram_quantile(0.95, sum by (le) ({_over('rate', counters.buckets, window)}))"
    return quantile if counters.unit == 1 else f"{quantile} / {counters.unit}"


def amount_of(counters: Counters, window: float) -> str:
    """Return the query for how many requests there were in the last `window` seconds."""
    return f"sum({_over('increase', counters.requests, window)})"


def _over(function: str, selectors: Sequence[str], window: float) -> str:
    return " or ".join(f"{function}({selector}[{_spelled(window)}])" for selector in selectors)


def _spelled(window: float) -> str:
    """A length of time as PromQL has it: `90s`, `5m`."""
    if window % 60 == 0:
        return f"{window / 60:.0f}m"
    return f"{window:.0f}s" if window == round(window) else f"{window * 1000:.0f}ms"
