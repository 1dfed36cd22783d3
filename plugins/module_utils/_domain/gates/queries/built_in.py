# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which sources there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import get_args

from . import istio, traefik
from .counters import Counters, Metric, Whose

METRICS: tuple[Metric, ...] = get_args(Metric)
WINDOW = 60.0
"""Seconds that a metric looks back if nothing else is said: at least two looks of a Prometheus that reads each half minute."""
COUNTERS: Mapping[str, Callable[[Whose], Counters]] = {
    "traefik": traefik.counters,
    "istio": istio.counters,
}
"""What each source counts, by its name."""
