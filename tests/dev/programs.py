# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Building the programs of the tests with real pods, web and load, once into the user's cache."""

from __future__ import annotations

import os
from pathlib import Path

from .cached import digest, machine, made
from .golang import STATIC, go_program
from .paths import ROOT, cache
from .shell import Command, quiet

SOURCES = ROOT / "tests" / "zero_downtime" / "programs"
NAMES = ("web", "load")
FLAGS = ("-trimpath", "-buildvcs=false", "-ldflags", "-s -w")


def programs_folder() -> Path:
    """Return the cache folder of exactly these sources, flags and machine."""
    sources = [SOURCES / "go.mod", *sorted(path for path in SOURCES.rglob("*.go") if not path.name.endswith("_test.go"))]
    content = [part for path in sources for part in (path.relative_to(SOURCES).as_posix().encode(), path.read_bytes())]
    return cache() / f"programs-{digest(*content, ' '.join(FLAGS).encode(), machine())}"


def programs() -> Path:
    """Return the folder that holds the static programs web and load; they are built when they are not there yet (Problem if that fails)."""
    return made(programs_folder(), build, "Waiting for another process that builds the programs of the tests ...")


def build(folder: Path) -> None:
    """Build all programs into a folder."""
    go = go_program()
    for name in NAMES:
        command: Command = [go, "build", *FLAGS, "-o", folder / name, f"./{name}"]
        quiet(command, f"Building the program {name}", env=os.environ | STATIC, cwd=SOURCES)
