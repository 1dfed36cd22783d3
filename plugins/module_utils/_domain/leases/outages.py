# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Outages of an application whose pods all stop before others start: how long they were, and how long the next one will be.

What was measured stands in an annotation of the application's Lease, which outlives the task and the workload's revisions.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import median

from ..base.objects import JsonObject, mapping, number, texts
from ..workloads.workload import Snapshot

OUTAGES = "rollout.kubernetes/outages"
"""The annotation of the application's Lease that holds the seconds of its outages, the newest last."""
KEPT = 10
"""How many are remembered."""


def outages_of(lease: JsonObject | None) -> tuple[float, ...]:
    """The seconds of earlier outages, the newest last; none where the Lease has none, or none that can be read."""
    value = texts(lease or {}, "metadata", "annotations").get(OUTAGES, "")
    try:
        found = json.loads(value) if value else []
    except (ValueError, RecursionError):
        return ()
    if not isinstance(found, list) or not all(_is_seconds(entry) for entry in found):
        return ()
    return tuple(float(entry) for entry in found[-KEPT:])


def with_outage(history: Sequence[float], seconds: float) -> str:
    """The value of the annotation with one more outage."""
    return json.dumps([*history, round(seconds, 1)][-KEPT:])


def expected(history: Sequence[float]) -> float | None:
    """How many seconds the next outage will last: the middle of the earlier ones; None where there was none."""
    return round(median(history), 1) if history else None


def announcement(history: Sequence[float], template: JsonObject) -> str:
    """What is said before an outage: `an outage of about 12 s (the last 3 took 11 to 13 s)`. `template` is that of the pods that stop."""
    seconds = expected(history)
    if seconds is None:
        grace = number(template, "spec", "terminationGracePeriodSeconds", default=30)
        return f"an outage of unknown length (never recreated before); pods have up to {grace} s to stop (terminationGracePeriodSeconds)"
    lowest, highest = (spelled(bound) for bound in (min(history), max(history)))
    range_ = lowest if lowest == highest else f"{lowest} to {highest}"
    times = f"the last {len(history)} took {range_} s" if len(history) > 1 else f"the last one took {lowest} s"
    return f"an outage of about {spelled(seconds)} s ({times})"


def spelled(seconds: float) -> str:
    """Seconds as a person writes them: with a decimal only where it matters."""
    return f"{seconds:.1f}" if seconds < 10 else f"{seconds:.0f}"


@dataclass(frozen=True)
class Gap:
    """The time without a pod that serves, as snapshots show it one after the other: from the moment at which none is ready (one that
    terminates does not count) until one is available. The clock is that of whoever looks, in seconds."""

    total: float = 0.0
    """What is over."""
    since: float | None = None
    """The beginning of the part that goes on."""

    def after(self, snapshot: Snapshot, now: float) -> Gap:
        """The gap when this is seen as well."""
        if self.since is None:
            return self if is_serving(snapshot) else Gap(self.total, now)
        return Gap(self.total + now - self.since) if _is_available(snapshot) else self

    def seconds(self, now: float) -> float:
        """How long it lasted up to now."""
        return self.total + (now - self.since if self.since is not None else 0.0)


def is_serving(snapshot: Snapshot) -> bool:
    """A pod is ready, and not on its way out."""
    return any(pod.ready and not pod.terminating for pod in snapshot.pods)


def _is_available(snapshot: Snapshot) -> bool:
    """A pod that serves has done so for minReadySeconds, as its ReplicaSet counts; of another kind the workload itself does."""
    if snapshot.workload is not None and not snapshot.workload.kind.through_revisions:
        return is_serving(snapshot) and snapshot.workload.available > 0
    available = {revision.uid for revision in snapshot.revisions if revision.available > 0}
    return any(pod.ready and not pod.terminating and pod.owner_uid in available for pod in snapshot.pods)


def stops_pods(before: JsonObject | None) -> bool:
    """A new template of this object stops pods: it is there, and has some."""
    return before is not None and number(mapping(before, "spec"), "replicas", default=1) > 0


def _is_seconds(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value) and value >= 0
