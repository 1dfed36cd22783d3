# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A gate that a task measures by itself, without a rollout."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial

from ..._domain.base.errors import ForbiddenError, InputError, NotFoundError
from ..._domain.base.objects import Ref
from ..._domain.base.ports import Clock, Progress
from ..._domain.gates.gate import Gate, JobRun, Pods
from ..._domain.gates.judging import Standing
from ..._domain.gates.placeholders import needed, with_values
from ..._domain.gates.versions import values_of
from ..._domain.workloads.workload import Snapshot
from ..._gates.asking import BY_REQUEST, Asks
from ..observe.workloads import Observer
from ..outside.gates import GateReport
from ..outside.surroundings import Surroundings
from ..tell.outcome import Outcome
from .candidate import PodsAsk
from .gate_job import JobAsks
from .measuring import measured


@dataclass(frozen=True)
class Wanted:
    """A gate, and the workload that it is about; that has no name where the task names none."""

    gate: Gate
    workload: Ref


def from_outside(wanted: Wanted, *, clock: Clock, progress: Progress, check: bool) -> Outcome:
    """Measure a gate that asks nothing of the cluster. Raises `InputError` for what cannot be used."""
    gate = with_values(wanted.gate, {"namespace": wanted.workload.namespace, "name": wanted.workload.name})
    asks = BY_REQUEST[type(gate.source)](gate.source)
    return _outcome(gate, asks, clock=clock, progress=progress, check=check)


def with_cluster(wanted: Wanted, outside: Surroundings, *, check: bool) -> Outcome:
    """Measure a gate that asks the cluster, or needs to know of a workload in it. Raises `NotFoundError` for a workload that is not
    there, `ForbiddenError` where its versions or pods may not be read, `InputError` where none is named and one is needed, and
    `ClusterError` when it cannot be read."""
    gate, ref = wanted.gate, wanted.workload
    with ExitStack() as stack:
        values = {"namespace": ref.namespace, "name": ref.name}
        is_about_pods = isinstance(gate.source, Pods)
        if is_about_pods or needed(gate) - {"namespace", "name"}:
            if not ref.name:
                raise InputError("workload is missing: give the name of the workload whose pods the gate is about.")
            observer = stack.enter_context(Observer(outside.cluster, [ref], follow=is_about_pods and not check))

            if observer.warnings:
                raise ForbiddenError(observer.warnings[0], status=403)
            seen = observer.snapshot(ref)
            if seen.workload is None:
                raise NotFoundError(f"{ref} does not exist: the gate {gate.name} has no pods to be about.")
            values = dict(values_of(ref, seen))
        gate = with_values(gate, values)
        asks = PodsAsk(gate.source, partial(_now, observer, ref)) if isinstance(gate.source, Pods) else _asks(gate, ref, outside)
        return _outcome(gate, asks, clock=outside.clock, progress=outside.progress, check=check)


def _now(observer: Observer, ref: Ref) -> tuple[Snapshot, ...]:
    """The workload as it is now."""
    observer.wait(0)
    return (observer.snapshot(ref),)


def _asks(gate: Gate, ref: Ref, outside: Surroundings) -> Asks:
    source = gate.source
    if isinstance(source, JobRun):
        place = source.namespace or ref.namespace
        return JobAsks(source, cluster=outside.cluster, clock=outside.clock, guard=outside.guard, namespace=place)
    return BY_REQUEST[type(source)](source)


def _outcome(gate: Gate, asks: Asks, *, clock: Clock, progress: Progress, check: bool) -> Outcome:
    with closing(asks):
        if check:
            words = f"Gate {gate.name} would be measured; in check mode nothing is asked."
            return Outcome(changed=False, rollouts=(), gates=(GateReport(gate, None, Standing(), 0.0, words),))
        report = measured(gate, asks, clock=clock, progress=progress)
    error = "" if report.verdict == "pass" or gate.dry_run else report.sentence
    return Outcome(changed=False, rollouts=(), gates=(report,), error=error)
