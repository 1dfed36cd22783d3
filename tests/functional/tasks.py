# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks of ours, done in the test's own process: called and answered like plays.Ansible, without its second and a half for each play."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.arguments import ARGUMENTS
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.main import Context, refused, run

from .cluster import PATIENCE, Cluster
from .plays import Play, Result

OURS = "rollout.kubernetes."
AUTH = "K8S_AUTH_"
KEYWORDS = {"name", "ignore_errors", "check_mode"}


@dataclasses.dataclass(kw_only=True)
class Begun:
    """Tasks that are being done in a thread."""

    thread: threading.Thread
    results: list[Result]
    lines: list[str]

    def wait(self, timeout: float = PATIENCE) -> Play:
        """Wait for their end and return what happened."""
        self.thread.join(timeout)
        assert not self.thread.is_alive(), f"The tasks did not end within {timeout} s:\n" + "\n".join(self.lines)
        failed = bool(self.results) and self.results[-1].outcome == "failed"
        return Play(code=2 if failed else 0, stdout="\n".join(self.lines), stderr="", results=self.results)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Tasks:
    """Does tasks (one, or a list up to the first that fails); calling it waits for the end, start() does not. `stdout` has the progress."""

    cluster: Cluster

    def __call__(self, tasks: Sequence[Mapping[str, Any]] | Mapping[str, Any], *, timeout: float = PATIENCE, **how: Any) -> Play:
        """Do them to the end. Takes what start() takes."""
        return self.start(tasks, **how).wait(timeout)

    def start(
        self,
        tasks: Sequence[Mapping[str, Any]] | Mapping[str, Any],
        *,
        check: bool = False,
        diff: bool = False,
        environment: Mapping[str, str] | None = None,
        kubeconfig: Path | None = None,
    ) -> Begun:
        """Begin them. `environment`: further variables; those of the connection become options. `kubeconfig`: not the administrator's."""
        listed = [tasks] if isinstance(tasks, Mapping) else list(tasks)
        unknown = {key for task in listed for key in task if key not in KEYWORDS and not key.startswith(OURS)}
        assert not unknown, f"This needs a play: {', '.join(sorted(unknown))}"
        given = dict(environment or {})
        connection = {name.removeprefix(AUTH).lower(): given.pop(name) for name in list(given) if name.startswith(AUTH)}
        if kubeconfig is not None:
            connection["kubeconfig"] = str(kubeconfig)
        results: list[Result] = []
        lines: list[str] = []
        reached, context = self.cluster.reached(Context(check=check, diff=diff, environment=given, verbose=True, progress=lines.append))
        reached |= connection

        def work() -> None:
            for task in listed:
                results.append(done(task, reached, context))
                if results[-1].outcome == "failed":
                    return

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        return Begun(thread=thread, results=results, lines=lines)


def done(task: Mapping[str, Any], reached: Mapping[str, str], context: Context) -> Result:
    """Do one task, validated as Ansible validates it; `reached`: the options of its connection."""
    ((module, parameters),) = ((key.removeprefix(OURS), value) for key, value in task.items() if key.startswith(OURS))
    arguments = ARGUMENTS[module]
    validated = ArgumentSpecValidator(arguments.spec, **arguments.checks).validate({**reached, **parameters})
    data = refused(module, validated)
    if data is None:
        answer = run(module, validated.validated_parameters, dataclasses.replace(context, check=task.get("check_mode", context.check)))
        data = {**answer.result, "warnings": list(answer.warnings)} if answer.warnings else dict(answer.result)
    failed = bool(data.get("failed"))
    outcome = ("ignored" if task.get("ignore_errors") else "failed") if failed else "ok"
    return Result(task=str(task.get("name", "")), outcome=outcome, data=dict(data))
