# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The strategies whose rollouts may last over several tasks: a new one is one file and one line here.

Imported where such a rollout is met, and not by who rolls out in one task: it brings all of these strategies.
"""

from __future__ import annotations

from typing import Any

from . import blue_green, canary, traffic_split
from .staged import Staged

STAGED: dict[str, Staged[Any]] = {strategy.name: strategy for strategy in (blue_green.STRATEGY, canary.STRATEGY, traffic_split.STRATEGY)}
"""By their names."""
