# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests marked `long` run with `--all`, or when they are asked for by name: what they show is shown more briefly by another test.

Workers that run tests in memory stay on a core each.
"""

from __future__ import annotations

import os

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take --all and --a-core-each."""
    parser.addoption("--all", action="store_true", help="run the tests marked `long` as well")
    parser.addoption("--a-core-each", action="store_true", help="keep each worker on one core")


def pytest_configure(config: pytest.Config) -> None:
    """Keep a worker on one core where it is asked for: in tests in memory one thread runs at a time, and often hands over to others."""
    worker = getattr(config, "workerinput", {}).get("workerid", "")
    if worker and config.getoption("--a-core-each") and hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[int(worker.removeprefix("gw")) % len(cores)]})


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long tests out, unless they were asked for."""
    named = config.getoption("keyword") or any("::" in argument for argument in config.invocation_params.args)
    if config.getoption("--all") or named:
        return
    left_out = [item for item in items if item.get_closest_marker("long")]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)
