# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a gate takes to pass, and how far it looks back, against the time for which a rollout is held. All in seconds."""

from __future__ import annotations

import re

from .gate import Gate, Prometheus
from .placeholders import needed

_QUOTED = re.compile(r"""\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|`[^`]*`""")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0, "y": 31_536_000.0}
_PART = re.compile(r"([0-9.]+)(ms|[smhdwy])")
_RANGE = re.compile(r"\[\s*((?:[0-9.]+(?:ms|[smhdwy]))+|[0-9.]+)\s*(?::[^\]]*)?\]")
"""Of a range or of a subquery, as `[5m]`, `[1h30m:1m]` or `[300]`."""


def least_seconds(gate: Gate) -> float:
    """Return how long a gate takes at the least until it can have passed."""
    return gate.limits.initial_delay + (gate.limits.least - 1) * gate.limits.interval


def looks_back(gate: Gate) -> float:
    """Return how far the values of a gate reach back: the range that is asked for, or the longest in its query; 0 without any."""
    source = gate.source
    if not isinstance(source, Prometheus):
        return 0.0
    return max((source.range, *(_seconds(span) for span in _RANGE.findall(_QUOTED.sub('""', source.query)))))


def judges_the_past(gate: Gate, hold: float, *, same_names: bool) -> bool:
    """Return whether each value, also the last one in a hold, holds something from before the step.

    `same_names`: the pods of both versions are called the same, so that their names do not tell the new ones.
    """
    names = needed(gate)
    if "candidate_hash" in names or ("candidate_pods" in names and not same_names):
        return False
    return looks_back(gate) > max(hold, gate.limits.initial_delay)


def _seconds(span: str) -> float:
    parts = _PART.findall(span)
    return sum(float(number) * _UNITS[unit] for number, unit in parts) if parts else float(span)
