# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run needs from outside, besides its request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..._domain.base.ports import Clock, Cluster, Progress
from .approved import Approved
from .gates import NO_GATES, Gates
from .leases import Leases
from .measurement import UNMEASURED, Measurement


@dataclass(frozen=True)
class Surroundings:
    """`clock` counts seconds and never goes back; `guard` is called before each write and raises when this process must not write.
    `measurement` is what users notice of it, if that is asked for. `wrote` is told after each write that has changed something in the
    cluster, or perhaps has, as its answer was lost; not of the Lease, nor of what a measurement needs. `tell` lets others see at which step
    the task is. `approved` says which plan may be carried out. `gates` are what must pass in steps. `leases` are those of all applications,
    as they were seen last."""

    cluster: Cluster
    clock: Clock
    progress: Progress
    guard: Callable[[], None]
    measurement: Measurement = UNMEASURED
    wrote: Callable[[], None] = lambda: None
    tell: Callable[[str], None] = lambda step: None
    approved: Approved = field(default_factory=Approved)
    gates: Gates = NO_GATES
    leases: Leases = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "leases", Leases(self.cluster))
