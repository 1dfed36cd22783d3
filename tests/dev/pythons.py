# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which Python interpreters this machine really has."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

from .shell import Problem

NEWEST_FIRST = ("3.14", "3.13", "3.12", "3.11")


def candidates(version: str) -> list[str]:
    """Return the paths where an interpreter of this version may lie: this one, PATH, pyenv's versions."""
    found = [sys.executable] if sys.version_info[:2] == tuple(map(int, version.split("."))) else []
    on_path = shutil.which(f"python{version}")
    if on_path:
        found.append(on_path)
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    with contextlib.suppress(OSError):  # The variable may come from another user, whose folder is closed to this one.
        found += [str(path) for path in sorted(pyenv.glob(f"versions/{version}*/bin/python{version}"), reverse=True)]
    return found


@functools.cache
def base_of(python: str, version: str) -> str | None:
    """Return the interpreter behind this path (not a virtual environment's) if it runs and has this version."""
    question = "import sys; print('%d.%d' % sys.version_info[:2], sys._base_executable)"
    try:
        done = subprocess.run([python, "-c", question], capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    answer, _, base = done.stdout.strip().partition(" ")
    return base if done.returncode == 0 and answer == version else None


def find(version: str) -> str | None:
    """Return an interpreter of this version that runs, or None."""
    for python in candidates(version):
        base = base_of(python, version)
        if base:
            return base
    return None


def newest() -> str:
    """Return the newest supported interpreter of this machine."""
    for version in NEWEST_FIRST:
        python = find(version)
        if python:
            return python
    raise Problem(f"No Python from {NEWEST_FIRST[-1]} to {NEWEST_FIRST[0]} was found on PATH or in pyenv: install one of them.")
