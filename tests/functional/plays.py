# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running tasks by ansible-playbook, and reading their results."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from .cluster import PATIENCE, Cluster
from .forked import common, forked
from .terminal import on_terminal

Way = Literal["process", "module", "async"]
OWN_PROCESS = ("ANSIBLE_", "PYTHON")
"""Variables that Ansible or Python read once, when they start."""
READ_LATE = ("ANSIBLE_INJECT_INVOCATION", "ANSIBLE_SHOW_CUSTOM_STATS")
"""Those of them that Ansible reads in each play."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Result:
    """The result of one task on one host; outcome is ok, failed, ignored, skipped or unreachable."""

    task: str
    outcome: str
    data: dict[str, Any]

    @property
    def changed(self) -> bool:
        return bool(self.data.get("changed"))

    @property
    def failed(self) -> bool:
        return self.outcome in ("failed", "ignored", "unreachable")

    @property
    def msg(self) -> str:
        return str(self.data.get("msg", ""))

    def __getitem__(self, key: str) -> Any:
        return self.data[key]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Play:
    """A run of ansible-playbook that has ended."""

    code: int
    stdout: str
    stderr: str
    results: list[Result]

    @property
    def last(self) -> Result:
        """Return the result of the last task that ran."""
        if not self.results:
            raise AssertionError(f"No task ran:\n{self.stdout}\n{self.stderr}")
        return self.results[-1]


def recorded(record: Path) -> list[Result]:
    """Return the results in a file of the callback rollout_record."""
    lines = record.read_text().splitlines() if record.exists() else []
    raw = [json.loads(line) for line in lines]
    return [Result(task=item["task"], outcome=item["outcome"], data=item["result"]) for item in raw]


@dataclasses.dataclass(kw_only=True)
class Running:
    """A run of ansible-playbook that goes on."""

    process: subprocess.Popen[str]
    record: Path

    def wait(self, timeout: float = PATIENCE) -> Play:
        """Wait for its end and return what happened; after the time-out it is killed and the test fails."""
        try:
            stdout, stderr = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired as late:
            self.kill()
            stdout, stderr = self.process.communicate()
            raise AssertionError(f"ansible-playbook did not end within {timeout} s:\n{stdout}\n{stderr}") from late
        return Play(code=self.process.returncode, stdout=stdout, stderr=stderr, results=recorded(self.record))

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal to ansible-playbook's process group (not to workers in a session of their own)."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


@dataclasses.dataclass(kw_only=True)
class Ansible:
    """Runs tasks or a playbook against the test's cluster; calling it waits for the end, start() does not."""

    cluster: Cluster
    folder: Path
    running: list[Running] = dataclasses.field(default_factory=list)
    count: int = 0

    def __call__(self, tasks: Sequence[Mapping[str, Any]] | Mapping[str, Any] | str, *, timeout: float = PATIENCE, **how: Any) -> Play:
        """Run to the end. Takes what start() takes."""
        if any(name.startswith(OWN_PROCESS) and name not in READ_LATE for name in how.get("environment") or {}):
            return self.start(tasks, **how).wait(timeout)
        arguments, environment, record = self._command(tasks, **how)
        begun = forked(arguments, environment=environment, folder=self.folder, name=f"play-{self.count}")
        code = begun.wait(timeout)
        stdout, stderr = begun.stdout.read_text(), begun.stderr.read_text()
        if code is None:
            os.killpg(begun.process.pid or 0, signal.SIGKILL)
            raise AssertionError(f"ansible-playbook did not end within {timeout} s:\n{stdout}\n{stderr}")
        return Play(code=code, stdout=stdout, stderr=stderr, results=recorded(record))

    def typed(self, tasks: Sequence[Mapping[str, Any]] | Mapping[str, Any] | str, keys: bytes, **how: Any) -> Play:
        """Run to the end on a terminal, at which these keys are typed once something is asked there. Takes what start() takes."""
        arguments, environment, record = self._command(tasks, **how)
        program = str(Path(sys.executable).parent / "ansible-playbook")
        code, shown = on_terminal([program, *arguments], environment | {"TERM": "dumb"}, keys, PATIENCE)
        return Play(code=code, stdout=shown, stderr="", results=recorded(record))

    def start(self, tasks: Sequence[Mapping[str, Any]] | Mapping[str, Any] | str, **how: Any) -> Running:
        """Start the program with tasks (a list, or one task), or with a playbook (text: its FQCN or path).

        way: in the controller's process, as a module over a connection that is not local, or asynchronously. check, diff: as the options.
        variables: extra vars. play: further keywords of the play. environment: of ansible-playbook itself. arguments: further options.
        kubeconfig: another than the administrator's.
        """
        arguments, environment, record = self._command(tasks, **how)
        process = subprocess.Popen(
            [str(Path(sys.executable).parent / "ansible-playbook"), *arguments],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        running = Running(process=process, record=record)
        self.running.append(running)
        return running

    def _command(
        self,
        tasks: Sequence[Mapping[str, Any]] | Mapping[str, Any] | str,
        *,
        way: Way = "process",
        check: bool = False,
        diff: bool = False,
        variables: Mapping[str, Any] | None = None,
        play: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        arguments: Sequence[str] = (),
        kubeconfig: Path | None = None,
    ) -> tuple[list[str], dict[str, str], Path]:
        """Return what ansible-playbook is called with, its environment, and where its results are recorded."""
        self.count += 1
        record = self.folder / f"record-{self.count}.jsonl"
        target = tasks if isinstance(tasks, str) else str(self._playbook(tasks, way, play or {}))
        command = [target, *arguments, *["--check"] * check, *["--diff"] * diff]
        if variables:
            command += ["--extra-vars", json.dumps(variables)]
        return command, self._environment(record, kubeconfig or self.cluster.kubeconfig) | dict(environment or {}), record

    def _playbook(self, tasks: Sequence[Mapping[str, Any]] | Mapping[str, Any], way: Way, play: Mapping[str, Any]) -> Path:
        """Write a play for localhost that holds the tasks."""
        listed = [dict(tasks)] if isinstance(tasks, Mapping) else [dict(task) for task in tasks]
        if way == "async":
            listed = [{"async": PATIENCE, "poll": 1, **task} for task in listed]
        whole = {"hosts": "localhost", "gather_facts": False, **play, "tasks": listed}
        if way == "module":
            elsewhere = {"ansible_connection": "rollout_elsewhere", "ansible_python_interpreter": sys.executable}
            whole["vars"] = {**elsewhere, **dict(play.get("vars", {}))}
        path = self.folder / f"playbook-{self.count}.yml"
        path.write_text(json.dumps([whole], indent=2))
        return path

    def _environment(self, record: Path, kubeconfig: Path) -> dict[str, str]:
        """Return the environment of ansible-playbook: this Python's, nothing of the user's configuration."""
        return common() | {
            "ANSIBLE_HOME": str(self.folder / ".ansible"),
            "ANSIBLE_REMOTE_TEMP": str(self.folder / ".ansible" / "remote"),
            "ANSIBLE_ASYNC_DIR": str(self.folder / ".ansible" / "async"),
            "K8S_AUTH_KUBECONFIG": str(kubeconfig),
            "ROLLOUT_TEST_RECORD": str(record),
        }
