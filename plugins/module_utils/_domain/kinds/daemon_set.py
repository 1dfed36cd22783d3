# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the code knows of DaemonSets."""

from __future__ import annotations

from ..objects import JsonObject, mapping, number
from ..resources import DAEMON_SET
from ..workload import Counts, Workload
from .kind import Kind


def _read(obj: JsonObject) -> Workload:
    """It has no replicas: its status says on how many nodes it shall run."""
    status = mapping(obj, "status")
    counts = Counts(
        desired=number(status, "desiredNumberScheduled"),
        current=number(status, "currentNumberScheduled"),
        updated=number(status, "updatedNumberScheduled"),
        ready=number(status, "numberReady"),
        available=number(status, "numberAvailable"),
    )
    return Workload.read(obj, KIND, counts)


KIND = Kind(resource=DAEMON_SET, read=_read, strategy_field="updateStrategy")
