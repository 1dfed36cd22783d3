# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The wait for one step of one workload, as a pure judge of what is seen of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Literal

from ..._domain.base.errors import ClusterError
from ..._domain.base.objects import Ref, text
from ..._domain.base.ports import Cluster
from ..._domain.base.resources import EVENT
from ..._domain.request import Waiting
from ..._domain.steps.goals import is_complete
from ..._domain.steps.step import Replacement
from ..._domain.workloads.diagnosis import needs_pull_error
from ..._domain.workloads.revisions import candidate_of, old_and_new, pods_of_candidate
from ..._domain.workloads.steadiness import Seen, Unsteady, seen_of, unsteady
from ..._domain.workloads.workload import Condition, Pod, Snapshot, Workload
from .verdict import FindingKey, Verdict, deadline_exceeded, judge

_FIRST_HOLD, _LONGEST_HOLD = 0.5, 5.0
"""Seconds between two questions whether a budget lets a pod go: what it depends on shows in no object that is watched."""
SETTLE_SECONDS = 0.5
"""How long a workload that is done waits for the news of its pods: each kind has a watch of its own, and one may be ahead."""


Reason = Literal["in_vain", "superseded", "unable", "unwritten"]
"""Why a wait was given up: it can never end well; somebody has written another template; this task cannot work, which says nothing of the
workload; its first write has failed."""


class Course:
    """Waits for one workload: judges each snapshot of it, remembers since when which trouble is seen, and tells how the wait has ended.

    - `started`: the clock's time from which the deadline counts.
    - `begun`: the clock's time at which this step began; default: `started`.
    - `done(snapshot)`: returns whether the wait is over.
    - `generation`: that of our own write. Older snapshots say nothing about the new template.
    - `uid`: that of the object; '' for the first that is seen. Another object of the same name means that ours was deleted.
    - `stale`: see `judge`.
    - `replacement`: the pods that the step deletes.
    - `impossible(snapshot)`: returns why the wait can never end well, or ''.
    - `superseded(snapshot)`: returns that somebody has written another template meanwhile, or ''. Both end the wait.
    - `waiting_for(snapshot)`: returns a line that replaces the usual progress, or ''.
    - `ignores_deadline`: an exceeded progress deadline is no failure.
    - `seen(snapshot, now)`: called with each snapshot.
    - `line`: the line of progress that was shown last, by the step before.
    """

    def __init__(
        self,
        ref: Ref,
        *,
        started: float,
        waiting: Waiting,
        done: Callable[[Snapshot], bool],
        generation: int = 0,
        stale: Condition | None = None,
        replacement: Replacement | None = None,
        impossible: Callable[[Snapshot], str] = lambda snapshot: "",
        superseded: Callable[[Snapshot], str] = lambda snapshot: "",
        uid: str = "",
        waiting_for: Callable[[Snapshot], str] | None = None,
        ignores_deadline: bool = False,
        seen: Callable[[Snapshot, float], None] = lambda snapshot, now: None,
        begun: float | None = None,
        line: str = "",
    ) -> None:
        self.ref = ref
        self.started = started
        self.begun = started if begun is None else begun
        self.ended: float | None = None
        self.snapshot = Snapshot(None)
        self.verdict = Verdict("waiting", "")
        self.timed_out = False
        self.deleted = False
        self.made_anew = False
        """Where it was deleted: another object has its name now."""
        self.silence = ""
        """Why nothing was heard of the cluster when the time was over; empty when all was well."""
        self.refusal = ""
        """The sentence of why the wait was given up, if it was."""
        self.reason: Reason = "in_vain"
        """Of what sort that is."""
        self.loss = ""
        """What it cost users, in a sentence, if that was too much."""
        self.lost_alone = False
        """That is about this workload alone, and its sentence says all of it: of gates and pods, not of users of several workloads."""
        self.unsteady: Unsteady | None = None
        """The pod of the candidate that did not stay well after that, if it was one."""
        self.unsure = ""
        """Why nobody knows whether to go on after the step, in a sentence, if so: then somebody has to decide."""
        self.next_pods: tuple[Pod, ...] = ()
        """The pods that are to be deleted now."""
        self.replaced: list[Pod] = []
        """The pods that were deleted, in their order."""
        self.told: list[str] = []
        """Their names, each with the reason."""
        self._waiting = waiting
        self._done = done
        self._generation = generation
        self._stale = stale
        self._replacement = replacement
        self._impossible = impossible
        self._superseded = superseded
        self._uid = uid
        self._waiting_for = waiting_for
        self._ignores_deadline = ignores_deadline
        self._seen = seen
        self._since: Mapping[FindingKey, float] = {}
        self._pull_errors: dict[tuple[str, str], str] = {}
        self.line = line
        """The line of progress that was shown last."""
        self._seen_pods: Seen | None = None
        self._settled_at: float | None = None
        self._held = ""
        self._hold_until, self._hold_seconds = 0.0, 0.0

    @property
    def evicts(self) -> bool:
        """Its pods go by eviction."""
        return self._replacement is not None and self._replacement.evicts

    @property
    def open(self) -> bool:
        """Still waiting."""
        return self.ended is None

    @property
    def failed(self) -> bool:
        """Ended, and not well."""
        return self.ended is not None and self.verdict.state != "done"

    @property
    def is_seen(self) -> bool:
        """What was seen last is not older than our own write."""
        return self.snapshot.workload is not None and self.snapshot.workload.generation >= self._generation

    @property
    def deadline(self) -> float:
        """The clock's time at which waiting ends."""
        return self.started + self._waiting.timeout

    def look(self, snapshot: Snapshot, now: float, cluster: Cluster | None = None) -> None:
        """Judge a new snapshot; with a cluster, the Events of pods whose status does not tell why the image cannot be pulled are read."""
        self.snapshot, self.next_pods = snapshot, ()
        if snapshot.workload is None or (self._uid and snapshot.workload.uid != self._uid):
            self._look_at_nothing(now)
        if snapshot.workload is None or not self.open:
            return
        self._uid = snapshot.workload.uid
        self._seen(snapshot, now)
        if snapshot.workload.generation < self._generation:
            return
        if self._gives_up(snapshot, now):
            return
        if cluster is not None:
            self._ask_for_pull_errors(snapshot, cluster)
        due = self._replacement.due(snapshot) if self._replacement is not None else ()
        self.verdict = self._judged(snapshot, snapshot.workload, due, now)
        self._since = self.verdict.since or {}
        if self._waiting_for is not None and self.verdict.state != "done":
            self.verdict = replace(self.verdict, message=self._waiting_for(snapshot) or self.verdict.message)
        if self._lags(snapshot, now):
            return
        if self.verdict.state == "done" or (self.verdict.state == "failed" and self._waiting.wait):
            self.ended = now
        elif due and self._replacement is not None and self._replacement.free(snapshot):
            # Their deletion may not show yet: then nothing else goes either, but those that go together.
            gone = {pod.uid for pod in self.replaced}
            self._queue(tuple(pod for pod in self._replacement.together(due) if pod.uid not in gone), now)

    def _judged(self, snapshot: Snapshot, workload: Workload, due: Iterable[Pod], now: float) -> Verdict:
        verdict = judge(
            snapshot,
            now=now,
            waiting=self._waiting,
            since=self._since,
            done=self._done,
            ignored={pod.uid for pod in due},
            stale=deadline_exceeded(snapshot) if self._ignores_deadline else self._stale,
            pull_errors=self._pull_errors,
        )
        if verdict.state == "failed" and workload.observed_generation < self._generation:
            # Pods that were there before say nothing of a spec that the controller has not seen: it may replace them.
            return replace(verdict, state="waiting", fatal=None)
        return verdict

    def _queue(self, pods: tuple[Pod, ...], now: float) -> None:
        """Delete these now, or when it is time to ask again."""
        if pods and self._held and now < self._hold_until:
            again = min(self._hold_until, self.verdict.recheck or self._hold_until)
            self.verdict = replace(self.verdict, message=f"{pods[0].ref} may not be evicted yet: {self._held}", recheck=again)
            return
        self.next_pods = pods

    def hold(self, reason: str, now: float) -> None:
        """The next pod may not go now; it is asked again after a pause, which grows."""
        self._hold_seconds = min(self._hold_seconds * 2, _LONGEST_HOLD) if self._held else _FIRST_HOLD
        self._held, self._hold_until = reason, now + self._hold_seconds
        self._queue(self.next_pods, now)
        self.next_pods = ()

    def replaces(self, pod: Pod) -> None:
        """Note that a pod is deleted now."""
        self._held = ""
        self.replaced.append(pod)
        self.told.extend(self._replacement.told(self.snapshot, (pod,)) if self._replacement is not None else ())

    def _look_at_nothing(self, now: float) -> None:
        if self._waiting.on_deletion == "fail":
            self.deleted, self.ended = True, now
            # What has the name now is none of our business.
            self.made_anew, self.snapshot = self.snapshot.workload is not None, Snapshot(None)
            return
        self._uid = ""
        # What was seen of another object of this name says nothing about the next one.
        self._since, self._stale, self._generation, self._settled_at = {}, None, 0, None
        self._pull_errors.clear()
        self.verdict = Verdict("waiting", "it does not exist, and is waited for")

    def _gives_up(self, snapshot: Snapshot, now: float) -> bool:
        """Another template is wanted by now, or what is waited for cannot come."""
        superseded = self._superseded(snapshot)
        sentence = superseded or self._impossible(snapshot)
        if sentence:
            self.give_up(sentence, now, "superseded" if superseded else "in_vain")
        return bool(sentence)

    def give_up(self, sentence: str, now: float, reason: Reason = "in_vain") -> None:
        """End the wait, for a reason that is not in the cluster's state."""
        self.refusal, self.reason, self.ended = sentence, reason, now
        self.verdict = replace(self.verdict, state="failed")

    def stays(self, snapshot: Snapshot, now: float, *, steady: bool) -> bool:
        """Return whether the workload stays as it shall be after the step was done; it fails if not. `steady`: see `is_steady`."""
        if snapshot.workload is None or (self._uid and snapshot.workload.uid != self._uid):
            self.lose("It was deleted.", now, alone=True)
            return False
        if self._gives_up(snapshot, now):
            return False
        verdict = judge(snapshot, now=now, waiting=self._waiting, since={}, done=lambda _snapshot: False, stale=deadline_exceeded(snapshot))
        if verdict.fatal is not None:
            self.lose(verdict.fatal.sentence, now, alone=True)
            self.verdict = replace(self.verdict, findings=verdict.findings)
            return False
        return not steady or self.is_steady(snapshot, now)

    def is_steady(self, snapshot: Snapshot, now: float) -> bool:
        """Return whether no pod of the candidate has restarted or lost its readiness since the first call; it fails where one has."""
        pods = pods_of_candidate(snapshot)
        if self._seen_pods is not None:
            self.unsteady = unsteady(pods, self._seen_pods)
        if self.unsteady is not None:
            self.lose(self.unsteady.sentence, now, alone=True)
        self._seen_pods = seen_of(pods, self._seen_pods)
        return self.unsteady is None

    def lose(self, sentence: str, now: float, *, alone: bool = False) -> None:
        """Fail, also after it was done, since it costs users too much; the sentence says what. `alone`: it is about this workload, and says
        all of it."""
        self.loss, self.ended, self.lost_alone = sentence, now if self.ended is None else self.ended, alone
        self.verdict = replace(self.verdict, state="failed")

    def _lags(self, snapshot: Snapshot, now: float) -> bool:
        """The workload says that it is done, and the pods that are known do not agree: their news is on its way. Where it is the workload
        whose news is late, since we have deleted a pod that it still counts, no time is too long."""
        if self.verdict.state != "done" or not is_complete(snapshot) or _agree(snapshot, sighted=bool(self.replaced)):
            return False
        self._settled_at = self._settled_at or min(now + SETTLE_SECONDS, self.deadline)
        if now >= self._settled_at and not self.replaced:
            return False
        recheck = self._settled_at if now < self._settled_at else None
        self.verdict = replace(self.verdict, state="waiting", message="", recheck=recheck)
        return True

    def time_out(self, now: float, silence: str = "") -> None:
        """End the wait: its time is over. `silence` tells why nothing is heard of the cluster, if so."""
        self.timed_out, self.ended, self.silence = True, now, silence

    def new_line(self) -> str:
        """The line of progress if it differs from the one before, else an empty text."""
        if not self.verdict.message:
            return ""
        old, new = old_and_new(self.snapshot)
        troubles = [finding for finding in self.verdict.findings if not finding.starting]
        trouble = f"; {troubles[0].sentence}" if troubles else ""
        line = f"{self.ref}: {old} old, {new} new ready: {self.verdict.message}{trouble}"
        if line == self.line:
            return ""
        self.line = line
        return line

    def _ask_for_pull_errors(self, snapshot: Snapshot, cluster: Cluster) -> None:
        for pod, container in needs_pull_error(snapshot):
            key = (pod.uid, container.name)
            if key in self._pull_errors:
                continue
            try:
                page = cluster.list(EVENT, pod.ref.namespace, fields=f"involvedObject.uid={pod.uid},reason=Failed")
            except ClusterError:
                return  # Without the right to read Events the cause stays unknown, and the grace decides.
            messages = [text(event, "message") for event in page.items if _speaks_of(text(event, "message"), container.image)]
            if messages:
                self._pull_errors[key] = messages[-1]


def _agree(snapshot: Snapshot, *, sighted: bool) -> bool:
    """As many pods of the candidate are ready as the workload counts, of a Deployment no others, and its ReplicaSet has the number that the
    Deployment has. What is not seen at all, as without the right to, contradicts nothing, unless pods were seen before (`sighted`)."""
    workload, candidate, (old, new) = snapshot.workload, candidate_of(snapshot), old_and_new(snapshot)
    if workload is None:
        return True
    told = workload.kind.told_number(workload)
    if told and candidate is not None and told != str(candidate.number):
        return False
    return not (snapshot.pods or sighted) or (new >= workload.updated and not (old and workload.kind.leaves_no_old_pods))


def _speaks_of(message: str, image: str) -> bool:
    return "pull" in message and (image in message or not image)
