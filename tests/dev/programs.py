# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Building the programs of the tests with real pods, web and load, once into the user's cache."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from pathlib import Path

from .envs import digest
from .golang import go_program
from .paths import ROOT, cache
from .shell import Command, lock, quiet

SOURCES = ROOT / "tests" / "zero_downtime" / "programs"
NAMES = ("web", "load")
FLAGS = ("-trimpath", "-buildvcs=false", "-ldflags", "-s -w")
STATIC = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": ""}
"""The variables of every build and test: no C library, no other Go than the one that runs."""


def programs_folder() -> Path:
    """Return the cache folder of exactly these sources, flags and machine."""
    sources = [SOURCES / "go.mod", *sorted(path for path in SOURCES.rglob("*.go") if not path.name.endswith("_test.go"))]
    content = [part for path in sources for part in (path.relative_to(SOURCES).as_posix().encode(), path.read_bytes())]
    machine = f"{platform.system()}-{platform.machine()}"
    return cache() / f"programs-{digest(*content, ' '.join(FLAGS).encode(), machine.encode())}"


def programs() -> Path:
    """Return the folder that holds the static programs web and load; they are built when they are not there yet (Problem if that fails)."""
    folder = programs_folder()
    if not folder.is_dir():
        with lock(cache() / "programs.lock", "Waiting for another checkout that builds the programs of the tests ..."):
            if not folder.is_dir():
                build(folder)
    return folder


def build(folder: Path) -> None:
    """Build all programs into a temporary folder, and rename it when they are there."""
    go = go_program()
    temporary = Path(tempfile.mkdtemp(prefix="making-programs-", dir=cache()))
    try:
        for name in NAMES:
            command: Command = [go, "build", *FLAGS, "-o", temporary / name, f"./{name}"]
            quiet(command, f"Building the program {name}", env=os.environ | STATIC, cwd=SOURCES)
        temporary.chmod(0o755)
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
