# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What asks a gate's question: one file a source, one line in the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .._domain.gates.gate import Http, Prometheus
from . import json_answer, prometheus

BY_REQUEST: Mapping[type[Any], Callable[[Any], json_answer.Asks | prometheus.Asks]] = {
    Prometheus: prometheus.Asks,
    Http: json_answer.Asks,
}
"""The sources that are asked by HTTP. Each raises `InputError` for what cannot be used. What needs the cluster is in `_engine/gates`."""
