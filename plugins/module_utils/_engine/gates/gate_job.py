# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A gate's Job: made for each measurement, waited for, and deleted. What a killed run leaves ends by its deadline and goes by itself."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from ..._domain.base.errors import ClusterError, RolloutError
from ..._domain.base.objects import Ref, uid_of
from ..._domain.base.ports import Clock, Cluster, WatchEvent
from ..._domain.base.resources import JOB, POD, Resource
from ..._domain.gates.gate import JobRun, Reading, asking_seconds
from ..._domain.steps.step import Apply
from ..._domain.text.masking import mask
from ..._domain.workloads.diagnosis import diagnose_pod
from ..._domain.workloads.workload import Condition, Pod, condition
from ..._gates.gate_job import CONTAINER, LABEL, manifest
from ..observe.feed import Feed, Source
from ..write.writer import Writer

_LINES = 3
"""So many lines of the log's end are told."""


class JobAsks:
    """Runs a Job for each question. `guard` is called before each write and raises when this process must not write."""

    def __init__(self, source: JobRun, *, cluster: Cluster, clock: Clock, guard: Callable[[], None], namespace: str) -> None:
        self._source = source
        self._cluster = cluster
        self._clock = clock
        self._writer = Writer(cluster, guard=guard)
        self._namespace = namespace
        self._feed: Feed | None = None
        self._jobs: dict[str, Any] = {}
        self._pods: dict[str, Pod] = {}
        self._closed = False

    def ask(self) -> Reading:
        """Run it to its end: it passes when the pod ends with 0. What keeps it from running says nothing of the version."""
        ref = Ref("Job", self._namespace, f"rollout-gate-{uuid.uuid4().hex[:8]}")
        asked = f"{ref.kind} with {self._source.image}"
        self._jobs, self._pods = {}, {}
        uid = ""
        try:
            planned = self._writer.plan(JOB, ref, Apply(manifest(self._source, namespace=ref.namespace, name=ref.name)))
            uid = uid_of(self._writer.execute(planned).after)
            return self._ended(ref, asked)
        except ClusterError as error:
            return Reading(trouble=error.message.rstrip("."), query=asked)
        finally:
            self._remove(ref, uid)

    def close(self) -> None:
        """End the wait."""
        self._closed = True
        if self._feed is not None:
            self._feed.wake()

    def _ended(self, ref: Ref, asked: str) -> Reading:
        """Wait for the Job's end."""
        self._feed = feed = Feed(self._cluster, self._hear)
        limit = self._clock() + asking_seconds(self._source)
        try:
            feed.follow(Source(JOB, ref.namespace, fields=f"metadata.name={ref.name}"))
            feed.follow(Source(POD, ref.namespace, labels=f"{LABEL}={ref.name}"))
            while not self._closed:
                found = self._reading(ref, asked)
                if found is not None:
                    return found
                if self._clock() >= limit:
                    break
                feed.wait(limit - self._clock())
        finally:
            feed.close()
        return Reading(trouble=f"the Job did not end within {self._source.seconds:g} s", query=asked)

    def _reading(self, ref: Ref, asked: str) -> Reading | None:
        """Return what the Job says, or None while it runs."""
        for job in self._jobs.values():
            conditions = Condition.all_of(job)
            for name, passed in (("Complete", True), ("Failed", False)):
                held = condition(conditions, name)
                if held is None or held.status != "True":
                    continue
                if held.reason == "DeadlineExceeded":
                    return Reading(trouble=f"the Job was not done within {self._source.seconds:g} s{self._log()}", query=asked)
                return Reading(passed=passed, said=f"the Job {'completed' if passed else 'failed'}{self._log()}", query=asked)
        broken = next(
            (found for found in map(diagnose_pod, self._pods.values()) if found is not None and found.outlook == "permanent"), None
        )
        return Reading(trouble=broken.sentence.rstrip("."), query=asked) if broken is not None else None

    def _log(self) -> str:
        """The end of the log, masked; empty where there is none to read."""
        for pod in self._pods.values():
            try:
                log = self._cluster.log(pod.ref.namespace, pod.ref.name, CONTAINER, lines=_LINES, previous=False)
            except ClusterError:
                continue
            if log.strip():
                return f", its last words are: {' | '.join(mask(log.strip()).splitlines()[-_LINES:])}"
        return ""

    def _hear(self, resource: Resource, event: WatchEvent) -> None:
        if event.type == "RESYNC":
            for obj in event.items:
                self._hear(resource, WatchEvent("MODIFIED", obj))
        elif resource == POD:
            self._pods[uid_of(event.object)] = Pod.of(event.object)
        else:
            self._jobs[uid_of(event.object)] = event.object

    def _remove(self, ref: Ref, uid: str) -> None:
        if not uid:
            return
        try:
            self._writer.delete(JOB, ref, uid)
        except RolloutError:
            return  # It goes by itself.
