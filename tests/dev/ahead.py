# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What only later levels need, built beside the earlier ones: Prometheus and the programs of real routers."""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
from contextlib import suppress

from . import node, prometheus, routers
from .foreign import Foreign
from .paths import OUTPUT, ROOT
from .shell import Problem, say

NICENESS = 10


def programs() -> list[Foreign]:
    """Return what this machine needs, what is needed first before the rest: routers run in a real node alone."""
    return [prometheus.PROMETHEUS, *([] if node.obstacle() else [routers.ISTIOD, routers.TRAEFIK])]


def begin() -> None:
    """Begin to build them beside what goes on here; who needs one waits for it. What is printed is kept in tests/output/built.txt."""
    missing = [program.title for program in programs() if not program.is_there]
    if not missing:
        return
    OUTPUT.mkdir(parents=True, exist_ok=True)
    say(f"Built meanwhile, once for this machine: {', '.join(missing)}; see tests/output/built.txt.")
    with (OUTPUT / "built.txt").open("wb") as output:
        process = subprocess.Popen([sys.executable, "-m", "tests.dev.ahead"], cwd=ROOT, stdout=output, stderr=output)
    atexit.register(_end, process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a build that nobody waits for any more."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    process.wait()


def all_of_them() -> None:
    """Return once all are there; they are built, or waited for."""
    for program in programs():
        program.program()
    if not node.obstacle():
        routers.envoy()
        routers.definitions("gateway_api")


if __name__ == "__main__":
    os.nice(NICENESS)
    try:
        all_of_them()
    except Problem as problem:
        say(str(problem))
        sys.exit(1)
