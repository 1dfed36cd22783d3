# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Building Prometheus once into the user's cache, from a go.mod of its own: it needs other versions than the cluster."""

from __future__ import annotations

import atexit
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from .envs import digest
from .golang import go_program, watched
from .paths import OUTPUT, ROOT, cache
from .shell import lock, say

SOURCES = ROOT / "tests" / "prometheus"
PACKAGE = "github.com/prometheus/prometheus/cmd/prometheus"
FLAGS = ("-tags", "remove_all_sd", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w")
"""Without what finds targets in clouds: the tests say what is to be scraped."""


def folder() -> Path:
    """Return the cache folder of exactly these sources, flags and machine."""
    machine = f"{platform.system()}-{platform.machine()}"
    content = [(SOURCES / name).read_bytes() for name in ("go.mod", "go.sum")]
    return cache() / f"prometheus-{digest(*content, ' '.join(FLAGS).encode(), machine.encode())}"


def program() -> Path:
    """Return the program; it is built when it is not there yet."""
    found = folder()
    if not found.is_dir():
        with lock(cache() / "prometheus.lock", "Waiting for another process that builds Prometheus ..."):
            if not found.is_dir():
                build(found)
    return found / "prometheus"


def build(found: Path) -> None:
    """Build it into a temporary folder, and rename that when it is there."""
    go = go_program(SOURCES / "go.mod")
    for left_over in cache().glob("making-prometheus-*"):
        shutil.rmtree(left_over, ignore_errors=True)
    temporary = Path(tempfile.mkdtemp(prefix="making-prometheus-", dir=cache()))
    try:
        environment = {**os.environ, "GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": "", "CGO_ENABLED": "0"}
        say("Building Prometheus, once for this machine (about five minutes on two cores):")
        watched([go, "build", *FLAGS, "-o", str(temporary / "prometheus"), PACKAGE], "  1 of 1: prometheus", environment, SOURCES)
        temporary.chmod(0o755)
        temporary.rename(found)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def begin() -> None:
    """Begin to build it beside what goes on here; who needs it waits for it. What it prints is kept in tests/output/prometheus.txt."""
    if folder().is_dir():
        return
    OUTPUT.mkdir(parents=True, exist_ok=True)
    say("Prometheus is built meanwhile, once for this machine; see tests/output/prometheus.txt.")
    with (OUTPUT / "prometheus.txt").open("wb") as output:
        process = subprocess.Popen([sys.executable, "-m", "tests.dev.prometheus"], cwd=ROOT, stdout=output, stderr=output)
    atexit.register(_end, process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a build that nobody waits for any more."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    process.wait()


if __name__ == "__main__":
    program()
