# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests on the cluster in memory rely on, checked against it and against the real server; README.md tells how."""

from . import rows_apply, rows_deployments, rows_reading, rows_refusals, rows_routes, rows_sets, rows_surroundings, rows_writes
from .bench import ROWS

OF_ROUTES = frozenset(name for name, check in ROWS.items() if check.__module__ == rows_routes.__name__)
"""The rows that need the CustomResourceDefinitions of the routers."""
__all__ = [
    "OF_ROUTES",
    "ROWS",
    "rows_apply",
    "rows_deployments",
    "rows_reading",
    "rows_refusals",
    "rows_routes",
    "rows_sets",
    "rows_surroundings",
    "rows_writes",
]
