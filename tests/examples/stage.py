# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A program of Ansible in a process that has the cluster in memory: all of Ansible is as ever, but tasks run in a thread instead of a fork.

So what a task changes in the cluster is there for the next one.
"""

from __future__ import annotations

import copy
import gc
import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial, partialmethod
from multiprocessing.connection import Connection
from typing import Any, NoReturn

import yaml
from ansible._internal import _task
from ansible.cli.adhoc import main as ad_hoc
from ansible.cli.playbook import main as playbook
from ansible.executor.process.worker import WorkerProcess
from ansible.modules import uri
from ansible.plugins import strategy
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import action_loader
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.gates.gate import Reading
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.main import Context
from ansible_collections.rollout.kubernetes.plugins.module_utils._gates import asking
from ansible_collections.rollout.kubernetes.plugins.plugin_utils import action

from tests.functional.in_memory import InMemory, in_memory

from .supposed import ACTS, ANSWERS, prepare

PATIENCE = 120
"""Seconds after which an example is ended that hangs."""
PROGRAMS: Mapping[str, Callable[[list[str]], None]] = {"ansible-playbook": playbook, "ansible": ad_hoc}


class Worker(WorkerProcess):  # type: ignore[misc]
    """What does one task: a thread, on copies of what a fork would have for itself."""

    _host: Any
    _task: Any

    def start(self) -> None:
        self._host, self._task = copy.copy(self._host), self._task.copy()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def close(self) -> None:
        self._thread.join()

    def _work(self) -> None:
        with _task.TaskContext.create(task=self._task, task_vars=self._task_vars, host_name=self._host.name):
            self._run()


def _command(cluster: InMemory, self: ActionBase, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
    """The action `command`: what `ANSWERS` says that the program prints."""
    del tmp, task_vars
    words = " ".join(self._task.args.get("argv") or [self._task.args.get("_raw_params", "")])
    printed = next((answer for beginning, answer in ANSWERS.items() if words.startswith(beginning)), None)
    if printed is None:
        return {"failed": True, "msg": f"ANSWERS in tests/examples/supposed.py does not say what this prints: {words}"}
    text = printed if isinstance(printed, str) else printed(cluster)
    return {"changed": True, "rc": 0, "stdout": text, "stdout_lines": text.splitlines()}


def _uri(_cluster: InMemory, self: ActionBase, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
    """The action `uri`: whoever is asked is content."""
    del tmp, task_vars
    unknown = sorted({*self._task.args} - {*yaml.safe_load(uri.DOCUMENTATION)["options"]})
    return {"failed": True, "msg": f"uri has no {', '.join(unknown)}"} if unknown else {"changed": False, "status": 200}


class Content:
    """Whoever a gate asks is content."""

    def __init__(self, _source: object) -> None:
        """Take any source."""

    def ask(self) -> Reading:
        """Return an answer that passes."""
        return Reading(passed=True, said="the answer is as it should be")

    def close(self) -> None:
        """Return at once."""


OUTSIDE = {"ansible.builtin.command": _command, "ansible.builtin.uri": _uri}
"""Actions that lead out of the cluster."""


def theatre(jobs: Connection) -> None:
    """Prepare the cluster once, and perform each example in a fork that has it; answer with its exit code.

    There is no other thread when it forks: whatever moves in the cluster in memory does so while somebody lets time pass.
    """
    os.setsid()
    with in_memory() as cluster:
        prepare(cluster)
        gc.disable()  # No example lives long enough.
        while True:
            try:
                job = jobs.recv()
            except EOFError:
                return
            child = os.fork()
            if child == 0:
                _perform(cluster, *job)
            jobs.send(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def _perform(cluster: InMemory, command: Sequence[str], environment: Mapping[str, str], folder: str, acts: Sequence[str]) -> NoReturn:
    """Be a program of Ansible in this folder, with the cluster and what else these `ACTS` are; the file `out` has what it prints."""
    signal.alarm(PATIENCE)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    nothing, printed = os.open(os.devnull, os.O_RDONLY), os.open("out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for opened, numbers in ((nothing, (0,)), (printed, (1, 2))):
        for number in numbers:
            os.dup2(opened, number)
    sys.stdin = os.fdopen(0, "r", closefd=False)
    sys.stdout = sys.stderr = os.fdopen(1, "w", buffering=1, closefd=False)
    sys.stdout.getvalue = str  # type: ignore[attr-defined]  # A worker asks what it has printed besides.
    warnings.filterwarnings("ignore", message="AnsibleCollectionFinder has already been configured")  # It was, in preloaded.py.
    code = 70
    try:
        strategy.WorkerProcess = Worker
        for name, act in OUTSIDE.items():
            action_loader.get(name, class_only=True).run = partialmethod(partial(act, cluster))
        vars(asking)["BY_REQUEST"].update(dict.fromkeys(asking.BY_REQUEST, Content))
        vars(action).update(Context=partial(Context, connect=cluster._connect), _die_with_parent=os.getppid)  # It is the same process.
        for act_before in acts:
            ACTS.get(act_before, lambda _cluster: None)(cluster)  # type: ignore[no-untyped-call]
        sys.argv = list(command)
        PROGRAMS[command[0]](sys.argv)
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:  # noqa: BLE001 - nothing of the parent may go on here.
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)
