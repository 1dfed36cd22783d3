# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-playbook in a fork of a process that has imported Ansible already: a play takes half as long as by the program."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.functional.forks import play  # by the name that the fork finds it by, which is not the one that pytest gives our modules

PRELOADED = ("tests.functional.preloaded", "tests.functional.forks")


@dataclass(frozen=True, kw_only=True)
class Forked:
    """A play in such a fork."""

    process: BaseProcess
    stdout: Path
    stderr: Path

    def wait(self, timeout: float) -> int | None:
        """Return the play's exit code, or None when it has not ended by then."""
        self.process.join(timeout)
        return self.process.exitcode


def forked(arguments: Sequence[str], *, environment: Mapping[str, str], folder: Path, name: str) -> Forked:
    """Begin ansible-playbook with these arguments in the folder; files of that name get what it writes.

    The process that is forked is started with the environment of the first play. Ansible reads its own variables (ANSIBLE_*) while it is
    imported, so a play with others needs the program itself.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    # Not each Python tells that process where the tests' modules are.
    with _surroundings({**environment, "PYTHONPATH": os.pathsep.join(sys.path)}):
        forkserver.ensure_running()
    out, err = folder / f"{name}.out", folder / f"{name}.err"
    process = context.Process(target=play, args=(list(arguments), dict(environment), str(folder), str(out), str(err)))
    process.start()
    return Forked(process=process, stdout=out, stderr=err)


@contextlib.contextmanager
def _surroundings(environment: Mapping[str, str]) -> Iterator[None]:
    """Let processes that are started get these variables and no others."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
