# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plays and modules in forks of a process that has imported Ansible and the collection already: they begin a second or two earlier."""

from __future__ import annotations

import contextlib
import functools
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from tests.functional.forks import module, play  # by the name that the fork finds it by, which is not the one that pytest gives our modules

ROOT = Path(__file__).resolve().parent.parent.parent
PRELOADED = ["tests.functional.preloaded", "tests.functional.forks", "tests.functional.calls"]
"""Modules that the process has imported which is forked."""
_STARTING = threading.Lock()


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


@dataclass(frozen=True, kw_only=True)
class Started:
    """A module in such a fork; with nobody else in its session."""

    process: BaseProcess
    answer: Connection

    def has_ended(self) -> bool:
        """Say whether it runs no more."""
        return not self.process.is_alive()

    def kill(self) -> None:
        """End it, and all that it has started, at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid or 0, signal.SIGKILL)
        self.process.join()

    def result(self, timeout: float) -> dict[str, Any]:
        """Wait for its result; the test fails when there is none by then."""
        assert self.answer.poll(timeout), f"The module did not end within {timeout} s."
        result: dict[str, Any] = self.answer.recv()
        self.process.join()
        return result


def begun(target: Callable[..., None], *arguments: Any) -> BaseProcess:
    """Begin a function of an importable module in such a fork."""
    process = _context().Process(target=target, args=arguments)
    process.start()
    return process


def forked(arguments: Sequence[str], *, environment: Mapping[str, str], folder: Path, name: str) -> Forked:
    """Begin ansible-playbook with these arguments in the folder; files of that name get what it writes.

    Ansible reads its own variables (ANSIBLE_*) while it is imported, so a play with others than the process that is forked needs the
    program itself.
    """
    out, err = folder / f"{name}.out", folder / f"{name}.err"
    process = begun(play, list(arguments), dict(environment), str(folder), str(out), str(err))
    return Forked(process=process, stdout=out, stderr=err)


def started(kubeconfig: Path, name: str, parameters: Mapping[str, Any]) -> Started:
    """Begin a module with these parameters; it can be killed."""
    context = _context()
    receiver, sender = context.Pipe(duplex=False)
    arguments = (str(kubeconfig), name, dict(parameters), dict(os.environ), sender)
    process = context.Process(target=module, args=arguments, daemon=True)  # It ends with the tests, also where one has failed.
    process.start()
    sender.close()
    return Started(process=process, answer=receiver)


def common() -> dict[str, str]:
    """The variables that all plays have in common, and the process that they are forked from: nothing of the user's configuration."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "K8S_AUTH_", "KUBE", "ROLLOUT_"))}
    return kept | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)]),
        "ANSIBLE_CONFIG": str(ROOT / "tests" / "functional" / "ansible.cfg"),
        "ANSIBLE_HOME": str(ROOT / "tests" / "output" / "ansible-home" / "functional"),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"),
        "PYTHONUNBUFFERED": "1",  # Ansible does not flush, so a pipe would get its lines late.
    }


@functools.cache
def _server() -> ForkServerContext:
    """Start the process that is forked, once."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    # Not each Python tells that process where the tests' modules are.
    with _surroundings({**common(), "PYTHONPATH": os.pathsep.join(sys.path)}):
        forkserver.ensure_running()
    return context


def _context() -> ForkServerContext:
    """Return what makes such forks."""
    with _STARTING:  # Tests that kill begin several at a time.
        return _server()


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
