# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Building Prometheus once into the user's cache."""

from __future__ import annotations

from pathlib import Path

from .foreign import Foreign
from .paths import ROOT

PROMETHEUS = Foreign(
    name="prometheus",
    title="Prometheus",
    sources=ROOT / "tests" / "prometheus",
    package="github.com/prometheus/prometheus/cmd/prometheus",
    minutes=5,
    # Without what finds targets in clouds: the tests say what is to be scraped.
    tags="remove_all_sd",
)


def program() -> Path:
    """Return the program; it is built when it is not there yet."""
    return PROMETHEUS.program()
