# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All test levels, some of them side by side: each is counted, whatever becomes of it, and their outputs are not mixed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent.parent
PROGRAM = """\
import os, pathlib, signal, subprocess, sys, time
from tests.dev import ahead, envs, levels
from tests.dev.outcomes import Outcome, single
from tests.dev.shell import Problem, say

printed = pathlib.Path(sys.argv[1])
envs.main = lambda: printed
ahead.begin = lambda: None

def lint(_extra):
    say("lint begins")
    deadline = time.monotonic() + 60
    while not printed.exists() and time.monotonic() < deadline:  # Until the level beside it has printed.
        time.sleep(0.01)
    say("lint ends")
    return [single("lint", "ruff", passed=True)]

def unit(_extra):
    return [single("unit", "pytest", passed=True)]

def sanity(_extra):
    say("sanity begins")
    subprocess.run(["echo", "a program of sanity"])
    print("sanity warns", file=sys.stderr)
    printed.touch()
    BODY

def importer(_extra):
    return [single("importer", "galaxy-importer", passed=True)]

levels.LEVELS = {level.__name__: (level, lambda: True) for level in (lint, unit, sanity, importer)}
sys.exit(levels.test(sys.argv[2:], [], whole=False))
"""


def run(tmp_path: Path, body: str, *names: str) -> subprocess.CompletedProcess[str]:
    """Run levels of which sanity ends with these words."""
    command = [sys.executable, "-c", PROGRAM.replace("BODY", body), str(tmp_path / "printed"), *names]
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ('return [single("sanity", "validate-modules", passed=False)]', "validate-modules"),
        ('raise Problem("There is nothing to build.")', "There is nothing to build."),
        ('raise ValueError("a fault of the level itself")', "ended with 1 and said nothing"),
        ("os._exit(0)", "ended with 0 and said nothing"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "ended with -9 and said nothing"),
    ],
    ids=["failed", "cannot run", "crashed", "ended", "killed"],
)
def test_a_level_that_fails_beside_others_is_counted(tmp_path: Path, body: str, why: str) -> None:
    done = run(tmp_path, body)
    (row,) = (line for line in done.stdout.splitlines() if line.startswith("sanity  "))
    assert row.split()[1:3] == ["0", "1"]
    assert why in row
    assert done.stdout.splitlines()[-1] == "3 passed, 1 failed"
    assert done.returncode == 1


def test_what_levels_beside_each_other_print_is_not_mixed_and_the_table_keeps_its_order(tmp_path: Path) -> None:
    done = run(tmp_path, 'return [Outcome(level="sanity", passed=2, failed=0)]')
    lines = [line for line in done.stdout.splitlines() if line]
    table = lines.index(next(line for line in lines if line.startswith("level ")))
    assert lines[:table] == [
        *("===== lint", "lint begins", "lint ends", "===== importer"),
        *("===== sanity", "sanity begins", "a program of sanity", "sanity warns", "===== unit"),
    ]
    assert [line.split()[0] for line in lines[table + 1 :]] == ["lint", "unit", "sanity", "importer", "5"]
    assert lines[-1] == "5 passed, 0 failed"
    assert done.returncode == 0


def test_levels_that_are_named_run_one_after_another(tmp_path: Path) -> None:
    done = run(tmp_path, 'return [single("sanity", "ansible-test", passed=True)]', "sanity", "lint")
    lines = [line for line in done.stdout.splitlines() if line]
    assert [line for line in lines if line.startswith("=====")] == ["===== sanity", "===== lint"]
    assert lines[-1] == "2 passed, 0 failed"
