# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The first job of somebody whose execution environment is AWX's own: ansible-core 2.15 on Python 3.9, which is too old."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from .conftest import environment
from .jobs import PROJECT, Awx, Credential, Environments

WRAPPERS = sorted(path.name for path in PROJECT.glob("*.yml") if "import_playbook" in path.read_text())
SHOWN = ("blue_green.yml", "promote.yml", "rolling.yml")
"""One of each way in which roles are made; that the first task is the same in all of them is told by tests/unit/roles."""


@pytest.mark.parametrize("names", [SHOWN, pytest.param(sorted({*WRAPPERS} - {*SHOWN}), marks=pytest.mark.long)], ids=["some", "others"])
def test_a_playbook_says_in_one_sentence_what_is_missing(names: Sequence[str], tmp_path: Path) -> None:
    old = Environments(core=environment("CORE_2_15"), runner=environment("RUNNER_2_4_0"))
    awx = Awx(folder=tmp_path, environments=old, credential=Credential())
    try:
        with ThreadPoolExecutor(3) as pool:
            jobs = dict(zip(names, pool.map(awx.run, names), strict=True))
    finally:
        awx.end()
    for name, job in jobs.items():
        assert not job.successful, name
        assert "needs ansible-core 2.18 or later and Python 3.11 or later, and this is ansible-core 2.15" in job.failure, job.stdout
        assert "Python 3.9" in job.failure
        assert "another execution environment" in job.failure
        assert "ERROR!" not in job.stdout, "no plugin of ours was loaded"
