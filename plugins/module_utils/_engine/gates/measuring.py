# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A gate from its first question to its verdict."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ..._domain.base.ports import Clock, Progress
from ..._domain.gates.gate import Gate
from ..._domain.gates.judging import Standing, judged, sentence
from ..._gates.asking import Asks
from ..outside.gates import GateReport


def measured(gate: Gate, asks: Asks, *, clock: Clock, progress: Progress, wait: Callable[[float], object] | None = None) -> GateReport:
    """Ask until there is a verdict. `wait` passes so many seconds. It always ends: each measurement brings one of the bounds nearer."""
    pause = wait or threading.Event().wait
    began, standing = clock(), Standing()
    if gate.limits.initial_delay:
        progress(f"gate {gate.name}: the first measurement comes in {gate.limits.initial_delay:g} s")
        pause(gate.limits.initial_delay)
    while True:
        asked = clock()
        standing = standing.after(gate, judged(gate, asks.ask(), asked - began))
        verdict = standing.verdict(gate, over=standing.is_counted_out(gate))
        if verdict is not None:
            seconds = clock() - began
            return GateReport(gate, verdict, standing, seconds, sentence(gate, standing, verdict, seconds))
        progress(f"gate {gate.name}: {_counted(gate, standing)}: {standing.last[-1].said}")
        pause(max(0.0, gate.limits.interval - (clock() - asked)))


def _counted(gate: Gate, standing: Standing) -> str:
    done = f"measurement {standing.total - standing.errors} of {gate.limits.count}"
    row = standing.errors_in_a_row
    return f"{done}, {row} {'error' if row == 1 else 'errors'} in a row" if row else done
