# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests from a pod of a Job: it is made before anything else is written, its log is followed, and it is deleted at the end.

One that a killed run leaves ends by its deadline and goes by its time to live.
"""

from __future__ import annotations

import queue
import threading
import uuid
from collections.abc import Callable

from ..._domain.base.errors import ClusterError, RefusedError, RolloutError
from ..._domain.base.objects import Ref, number, replaced, text, uid_of
from ..._domain.base.ports import Clock, Cluster, Lines, WatchEvent
from ..._domain.base.resources import EVENT, JOB, POD, Resource
from ..._domain.steps.step import Apply
from ..._domain.text.masking import mask
from ..._domain.verification import IN_A_ROW, PodProbe, Reply, Verification
from ..._domain.workloads.diagnosis import Finding, diagnose_pod
from ..._domain.workloads.workload import Pod
from ..._gates.job import CONTAINER, LABEL, Line, complaint_of, line_of, manifest
from ..observe.feed import Feed, Source
from ..write.writer import Writer

START_SECONDS = 120.0
"""How long the pod may take to start: its image may have to be pulled."""
_SPARE_SECONDS = 300
"""How much longer than the task the Job may live, for all that is not waiting."""
_ENDS = ("spec", "activeDeadlineSeconds")
_STARTED = ("Running", "Succeeded", "Failed")


class FromPod:
    """Requests from a pod in `namespace`; the Job ends by itself after `seconds`. `guard` is called before each write."""

    def __init__(
        self,
        wanted: Verification,
        pod: PodProbe,
        *,
        cluster: Cluster,
        clock: Clock,
        guard: Callable[[], None],
        namespace: str,
        seconds: float,
    ) -> None:
        self._wanted = wanted
        self._cluster = cluster
        self._clock = clock
        self._writer = Writer(cluster, guard=guard)
        name = f"rollout-verify-{uuid.uuid4().hex[:8]}"
        self._ref = Ref("Job", namespace, name)
        self._manifest = manifest(wanted, pod, namespace=namespace, name=name, seconds=int(seconds) + _SPARE_SECONDS)
        self._uid = ""
        self._pods: dict[str, Pod] = {}
        self._lines: Lines | None = None
        self._first: queue.SimpleQueue[Line | None] = queue.SimpleQueue()
        """The lines before `start`; None when there is trouble."""
        self._changed = threading.Condition()
        self._deliver: Callable[[Reply], None] | None = None
        self._wake: Callable[[], None] = lambda: None
        self._zero = 0.0
        """When the measurement began, by the clock of the node."""
        self._next = 0
        self._missing: set[int] = set()
        self._trouble = ""
        self._last_words = ""
        self._ended = False

    @property
    def skipped(self) -> int:
        return 0

    @property
    def trouble(self) -> str:
        return self._trouble

    # --- beginning ------------------------------------------------------------------------------------------------------------

    def allow(self, seconds: float) -> None:
        longest = int(seconds + START_SECONDS + self._wanted.after + 2 * self._wanted.timeout) + _SPARE_SECONDS
        self._manifest = replaced(self._manifest, _ENDS, max(longest, number(self._manifest, *_ENDS)))

    def try_out(self) -> Reply | None:
        planned = self._writer.plan(JOB, self._ref, Apply(self._manifest))
        self._uid = uid_of(self._writer.execute(planned).after)
        pod = self._started_pod()
        self._lines = self._cluster.follow(pod.ref.namespace, pod.ref.name, CONTAINER)
        threading.Thread(target=self._read, args=(self._lines,), name="rollout-verify", daemon=True).start()
        return self._in_a_row(pod)

    def _started_pod(self) -> Pod:
        feed = Feed(self._cluster, self._hear)
        limit = self._clock() + START_SECONDS
        try:
            feed.follow(Source(POD, self._ref.namespace, labels=f"{LABEL}={self._ref.name}"))
            while True:
                for pod in self._pods.values():
                    if pod.phase in _STARTED:
                        return pod
                found = next(filter(None, map(diagnose_pod, self._pods.values())), None)
                late = limit <= self._clock()
                if late or (found is not None and found.outlook == "permanent"):
                    raise _cannot_begin(self._why_not(found))
                feed.wait(limit - self._clock())
        finally:
            feed.close()

    def _hear(self, resource: Resource, event: WatchEvent) -> None:
        del resource
        if event.type == "RESYNC":
            self._pods = {uid_of(obj): Pod.of(obj) for obj in event.items}
        elif event.type == "DELETED":
            self._pods.pop(uid_of(event.object), None)
        else:
            self._pods[uid_of(event.object)] = Pod.of(event.object)

    def _why_not(self, found: Finding | None) -> str:
        if found is not None:
            return found.sentence.rstrip(".")
        said = "" if self._pods else self._said_by_events()
        return f"the pod of {self._ref} did not start within {START_SECONDS:g} s{f' ({said})' if said else ''}"

    def _said_by_events(self) -> str:
        try:
            page = self._cluster.list(EVENT, self._ref.namespace, fields=f"involvedObject.uid={self._uid},type=Warning")
        except ClusterError:
            return ""
        return next((mask(text(event, "message")).rstrip(".") for event in reversed(page.items)), "")

    def _in_a_row(self, pod: Pod) -> Reply | None:
        """As `in_a_row`, from the lines that the pod prints. Raises `RefusedError` when it prints none."""
        wanted, row, last, began = self._wanted, 0, None, self._clock()
        while row < IN_A_ROW:
            try:
                line = self._first.get(timeout=wanted.timeout + wanted.interval + START_SECONDS / 4)
            except queue.Empty:
                line = None
            if line is None:
                why = self._trouble or f"{pod.ref} tells of no request{self._quoted()}"
                raise _cannot_begin(why)
            row = 0 if line.outcome != "ok" else row + 1
            last = last if line.outcome == "ok" else Reply(0.0, line.ended - line.began, line.outcome, line.detail)
            if last is not None and row < IN_A_ROW and self._clock() - began >= wanted.timeout:
                return last
        return None

    # --- going on -------------------------------------------------------------------------------------------------------------

    def start(self, deliver: Callable[[Reply], None], wake: Callable[[], None]) -> None:
        with self._changed:
            self._deliver, self._wake = deliver, wake
        while not self._first.empty():  # What came since the last that was looked at.
            line = self._first.get()
            if line is not None:
                deliver(self._reply(line))
        if self._trouble:
            wake()

    def _reply(self, line: Line) -> Reply:
        return Reply(max(0.0, line.began - self._zero), max(0.0, line.ended - line.began), line.outcome, line.detail)

    def _read(self, lines: Lines) -> None:
        """In a thread of its own: each line of the log, as it comes."""
        why = ""
        try:
            for said in lines:
                why = complaint_of(said)
                if why:
                    break
                line = line_of(said, self._wanted)
                if line is None:
                    self._last_words = mask(said.strip())[:200]
                else:
                    self._take(line)
        except ClusterError as error:
            why = error.message.rstrip(".")
        self._fail(why or f"the log of {self._ref} has ended{self._quoted()}")

    def _quoted(self) -> str:
        return f", its last words are: {self._last_words.rstrip('.')}" if self._last_words else ""

    def _take(self, line: Line) -> None:
        with self._changed:
            if line.number >= self._next:
                self._missing |= set(range(self._next, line.number))
                self._next = line.number + 1
            elif line.number in self._missing:
                self._missing.discard(line.number)
            else:
                return  # It was read before: the connection was lost meanwhile.
            if self._ended:
                return
            if self._deliver is None:
                self._zero = max(self._zero, line.ended)
                self._first.put(line)
            else:
                self._deliver(self._reply(line))
            self._changed.notify_all()

    def _fail(self, why: str) -> None:
        with self._changed:
            if self._ended:
                return
            self._trouble = self._trouble or why
            wake = self._wake
            self._changed.notify_all()
        self._first.put(None)
        wake()

    # --- the end --------------------------------------------------------------------------------------------------------------

    def drain(self) -> None:
        with self._changed:
            limit = self._clock() + self._wanted.timeout
            while self._missing and not self._trouble and self._clock() < limit:
                self._changed.wait(limit - self._clock())
            self._ended = True

    def close(self) -> None:
        with self._changed:
            self._ended = True
        if self._lines is not None:
            self._lines.close()
        if self._uid:
            try:
                self._writer.delete(JOB, self._ref, self._uid)
            except RolloutError:
                return  # It goes by itself.


def _cannot_begin(why: str) -> RefusedError:
    return RefusedError(f"The requests of verify.job cannot begin: {why}. Nothing was written; mend that, or leave verify out.")
