# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One module for each measurement; each has a function from a scene to its outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..figures import Measure
from ..scene import Scene
from . import fleet, latency, requests, scale, unchanged

MEASURES: Mapping[str, Callable[[Scene], Measure]] = {
    "unchanged": unchanged.measure,
    "latency": latency.measure,
    "fleet": fleet.measure,
    "scale": scale.measure,
    "requests": requests.measure,
}
"""By the word that --only takes, in the order in which they are measured: the latency before anything that leaves the control plane
thousands of objects to clean up."""
