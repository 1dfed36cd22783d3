# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs an example, and says what is not as its page promises."""

from __future__ import annotations

import json
import multiprocessing
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.main import _READ_ONLY

from tests.functional import forked
from tests.functional.plays import Result, recorded

from . import supposed
from .found import LOCALLY, OURS, Example, Page, module_of, unknown_variables

ENDS = (0, 2)
"""The exit codes of a program of Ansible that has done what it was told, well or not."""
forked.PRELOADED.append("tests.examples.stage")


class Theatre:
    """A process that performs examples, one after the other."""

    def __init__(self) -> None:
        from .stage import theatre  # Earlier ansible-cores have not all that it needs; there nothing is performed.

        self._jobs, theirs = multiprocessing.Pipe()
        self._process = forked.begun(theatre, theirs)
        theirs.close()

    def performed(self, command: Sequence[str], environment: Mapping[str, str], folder: Path, acts: Sequence[str]) -> int:
        """Perform a program of Ansible in this folder; its exit code."""
        self._jobs.send((list(command), dict(environment), str(folder), list(acts)))
        code: int = self._jobs.recv()
        return code

    def close(self) -> None:
        """End it."""
        self._jobs.close()
        self._process.join()


def complaint(theatre: Theatre, page: Page, example: Example, folder: Path) -> str:
    """Run an example in an empty folder; what is wrong with it, or ''."""
    if unknown := unknown_variables(example):
        return f"No role knows {', '.join(unknown)}."
    module = _first_module(example)
    named = (tasks for words, tasks in supposed.BEFORE_EXAMPLE.items() if words in example.title)
    before = next(named, supposed.BEFORE.get(module, []))
    plays = [{**LOCALLY, "tasks": before}, *example.plays] if before else example.plays
    text = json.dumps([plays, example.command])
    previews = [service for service in supposed.ACTS if service.endswith("-preview") and re.search(rf"\b{service}\b", text)]
    acts = [module, f"{page.name} fails" if example.fails else page.name, *previews]
    supposed.write(folder, page)
    (folder / "example.yml").write_text(json.dumps(plays), "utf-8")
    (folder / "password").write_text(supposed.PASSWORD, "utf-8")
    record = folder / "record"
    environment = forked.common() | {
        "ANSIBLE_HOME": str(folder / "home"),
        "K8S_AUTH_HOST": "https://memory.example",
        "K8S_AUTH_API_KEY": "of-the-test",
        "ROLLOUT_TEST_RECORD": str(record),
    }
    given = ["--vault-password-file", str(folder / "password"), "--extra-vars", json.dumps(supposed.VARIABLES)]
    command = [*(example.command or ["ansible-playbook", "example.yml"]), *given]
    code = theatre.performed(command, environment, folder, acts)
    printed = (folder / "out").read_text("utf-8")
    shown = f"{printed}\n{json.dumps(plays, indent=1)}"
    refusal = next((words for title, words in supposed.REFUSED.items() if title in example.title), "")
    fails = bool(refusal) or example.fails
    if code not in ENDS or (code != 0) is not fails or refusal not in printed:
        return f"It ends with {code}, and {'should fail' if fails else 'should be ok'}:\n{shown}"
    still = _unchanged(example, recorded(record)[len(before) :])
    return f"{still} changes nothing:\n{shown}" if still else ""


def _first_module(example: Example) -> str:
    """The module of ours that it begins with, or ''."""
    if example.command[:1] == ["ansible"]:
        return example.command[3].removeprefix(OURS)
    return next(filter(None, map(module_of, example.tasks)), "")


def _unchanged(example: Example, results: list[Result]) -> str:
    """The first task of the example that calls a module which writes, and has changed nothing."""
    writing = {task.get("name", f"{OURS}{module_of(task)}") for task in example.tasks if module_of(task) not in (*_READ_ONLY, "")}
    return next((result.task for result in results if result.task in writing and not result.changed and not result.failed), "")
