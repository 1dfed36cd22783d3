# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What asks the questions of the gates of a rollout."""

from __future__ import annotations

from collections.abc import Callable

from ..._domain.base.ports import Clock, Cluster
from ..._domain.gates.gate import Gate, JobRun, Pods
from ..._gates.asking import BY_REQUEST
from ..outside.gates import Asks, Subject
from .candidate import PodsAsk
from .gate_job import JobAsks


def asks_of(gate: Gate, subject: Subject, *, cluster: Cluster, clock: Clock, guard: Callable[[], None]) -> Asks:
    """Return what asks the question of a gate. Raises `InputError` for what cannot be used."""
    source = gate.source
    if isinstance(source, Pods):
        return PodsAsk(source, subject)
    if isinstance(source, JobRun):
        return JobAsks(source, cluster=cluster, clock=clock, guard=guard, namespace=source.namespace or subject.values["namespace"])
    return BY_REQUEST[type(source)](source)
