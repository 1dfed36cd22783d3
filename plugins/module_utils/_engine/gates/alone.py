# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A gate that a task measures by itself, without a rollout."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from ..._domain.base.errors import ForbiddenError, InputError, NotFoundError
from ..._domain.base.objects import Ref
from ..._domain.base.ports import Clock, Progress
from ..._domain.gates.gate import Gate, Placed, Pods
from ..._domain.gates.judging import Standing
from ..._domain.gates.placeholders import needed, with_values
from ..._domain.gates.versions import values_of
from ..._domain.workloads.workload import Snapshot
from ..._gates.asking import BY_REQUEST
from ..observe.workloads import Observer
from ..outside.gates import Asks, GateReport, Gates, Make, Subject
from ..outside.surroundings import Surroundings
from ..tell.outcome import Outcome
from .placed import asks_of

_LOOK_SECONDS = 60.0
"""How long is waited for news at most before a gate is looked at again."""


@dataclass(frozen=True)
class Wanted:
    """A gate, and the workload that it is about; that has no name where the task names none."""

    gate: Gate
    workload: Ref

    @property
    def place(self) -> dict[str, str]:
        """What placeholders stand for that need no look at the cluster."""
        return {"namespace": self.workload.namespace, "name": self.workload.name}


class _News(Protocol):
    """What brings news while a gate is measured."""

    def wait(self, timeout: float) -> object:
        """Block until something happens or so many seconds are over."""

    def wake(self) -> None:
        """End a wait now, from any thread."""

    def seen(self) -> Sequence[Snapshot]:
        """Return the workloads as they are by now."""


class _Quiet:
    """No news but those of the gate itself."""

    def __init__(self) -> None:
        self._rung = threading.Event()

    def wait(self, timeout: float) -> None:
        """Block until it is woken, or so many seconds are over."""
        self._rung.wait(timeout)
        self._rung.clear()

    def wake(self) -> None:
        """End a wait now."""
        self._rung.set()

    def seen(self) -> Sequence[Snapshot]:
        """Return nothing."""
        return ()


class _Watching:
    """The news of one workload."""

    def __init__(self, observer: Observer, ref: Ref) -> None:
        self._observer = observer
        self._ref = ref
        self.wait, self.wake = observer.wait, observer.wake

    def seen(self) -> Sequence[Snapshot]:
        """Return it as it is by now."""
        return (self._observer.snapshot(self._ref),)


def from_outside(wanted: Wanted, *, clock: Clock, progress: Progress, check: bool) -> Outcome:
    """Measure a gate that asks nothing of the cluster. Raises `InputError` for what cannot be used."""
    return _measured(wanted.gate, Subject(wanted.place), _asks_by_request, _Quiet(), clock=clock, progress=progress, check=check)


def _asks_by_request(gate: Gate, _subject: Subject) -> Asks:
    return BY_REQUEST[type(gate.source)](gate.source)


def with_cluster(wanted: Wanted, outside: Surroundings, *, check: bool) -> Outcome:
    """Measure a gate that asks the cluster, or needs to know of a workload in it. Raises `NotFoundError` for a workload that is not
    there, `ForbiddenError` where its versions or pods may not be read, `InputError` where none is named and one is needed, and
    `ClusterError` when it cannot be read."""
    gate, ref = wanted.gate, wanted.workload
    make = partial(asks_of, cluster=outside.cluster, clock=outside.clock, guard=outside.guard)
    is_about_pods = isinstance(gate.source, Pods)
    if not is_about_pods and needed(gate) <= wanted.place.keys():
        return _measured(gate, Subject(wanted.place), make, _Quiet(), clock=outside.clock, progress=outside.progress, check=check)
    if not ref.name:
        raise InputError("workload is missing: give the name of the workload whose pods the gate is about.")
    with Observer(outside.cluster, [ref], follow=is_about_pods and not check) as observer:
        if observer.warnings:
            raise ForbiddenError(observer.warnings[0], status=403)
        seen = observer.snapshot(ref)
        if seen.workload is None:
            raise NotFoundError(f"{ref} does not exist: the gate {gate.name} has no pods to be about.")
        return _measured(
            gate,
            Subject(values_of(ref, seen), (seen,)),
            make,
            _Watching(observer, ref),
            clock=outside.clock,
            progress=outside.progress,
            check=check,
        )


def _measured(gate: Gate, subject: Subject, make: Make, news: _News, *, clock: Clock, progress: Progress, check: bool) -> Outcome:
    """Measure to the verdict, as a step of a rollout would."""
    gate = with_values(gate, subject.values)
    if check:
        words = f"Gate {gate.name} would be measured; in check mode nothing is asked."
        return Outcome(changed=False, rollouts=(), gates=(GateReport(gate, None, Standing(), 0.0, words),))
    with closing(Gates([Placed(gate)], make, clock)) as gates, gates.waking(news.wake):
        gates.begin("", subject, 0.0)
        shown = lacking = gates.lacking()
        while lacking:
            if lacking != shown:
                progress(lacking)
            shown = lacking
            news.wait(_LOOK_SECONDS)
            gates.look(news.seen(), {})
            lacking = gates.lacking()
    (report,) = gates.reports
    error = "" if report.verdict == "pass" or gate.dry_run else report.sentence
    return Outcome(changed=False, rollouts=(), gates=(report,), error=error)
