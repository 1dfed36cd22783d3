# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks of ours done by the modules' own programs, as Ansible runs them over a connection that is not local.

What Ansible does around them (it packs them, sends them and reads their answers) is left out, which takes a second and a half for each.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible.module_utils import basic
from ansible.module_utils.common.parameters import PASS_VARS

from .cluster import PATIENCE, ROOT, Cluster
from .plays import Play, Result
from .tasks import KEYWORDS, OURS


@dataclasses.dataclass(frozen=True, kw_only=True)
class Modules:
    """Does tasks (one, or a list up to the first that fails)."""

    cluster: Cluster
    folder: Path

    def __call__(
        self,
        tasks: Sequence[Mapping[str, Any]] | Mapping[str, Any],
        *,
        check: bool = False,
        diff: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> Play:
        """Do them. `environment`: further variables of the modules. `stdout` and `stderr` are what the modules wrote."""
        listed = [tasks] if isinstance(tasks, Mapping) else list(tasks)
        wanted = [_wanted(task, check=check, diff=diff) for task in listed]
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "K8S_AUTH_", "KUBE", "ROLLOUT_"))}
        places = {
            "PYTHONPATH": os.pathsep.join([str(ROOT / "collections"), str(ROOT)]),
            "K8S_AUTH_KUBECONFIG": str(self.cluster.kubeconfig),
        }
        done = subprocess.run(
            [sys.executable, "-c", "from tests.functional import modules; modules.work()"],
            input=json.dumps(wanted),
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
            timeout=PATIENCE,
            env={**kept, **places, **(environment or {})},
        )
        assert done.returncode == 0, done.stderr
        results = [_result(task, line) for task, line in zip(listed, done.stdout.splitlines(), strict=False)]
        failed = bool(results) and results[-1].outcome == "failed"
        return Play(code=2 if failed else 0, stdout=done.stdout, stderr=done.stderr, results=results)


def _wanted(task: Mapping[str, Any], *, check: bool, diff: bool) -> dict[str, Any]:
    """What a module's program is told of a task."""
    unknown = {key for key in task if key not in KEYWORDS and key != "diff" and not key.startswith(OURS)}
    assert not unknown, f"This needs a play: {', '.join(sorted(unknown))}"
    ((name, arguments),) = ((key, value) for key, value in task.items() if key.startswith(OURS))
    told = {
        "_ansible_check_mode": task.get("check_mode", check),
        "_ansible_diff": task.get("diff", diff),
        "_ansible_module_name": name,
        "_ansible_verbosity": 3,
    }
    return {"module": name.removeprefix(OURS), "goes_on": bool(task.get("ignore_errors")), "arguments": {**arguments, **told}}


def _result(task: Mapping[str, Any], line: str) -> Result:
    data = json.loads(line)
    if "warnings" in data:  # Later cores say more of them than their words.
        data["warnings"] = [entry["event"]["msg"] if isinstance(entry, dict) else entry for entry in data["warnings"]]
    outcome = ("ignored" if task.get("ignore_errors") else "failed") if data.get("failed") else "ok"
    return Result(task=str(task.get("name", "")), outcome=outcome, data=data)


def work() -> None:
    """Do what is asked for on the standard input, each module in a fork, as it ends its process; a line for each answer."""
    importlib.import_module("ansible_collections.rollout.kubernetes.plugins.module_utils._entry.main")  # Once, before any fork.
    for wanted in json.load(sys.stdin):
        answer = _forked(wanted["module"], wanted["arguments"])
        print(answer.strip(), flush=True)
        if json.loads(answer).get("failed") and not wanted["goes_on"]:
            return


def _forked(module: str, arguments: Mapping[str, Any]) -> str:
    """Return what the module's program writes to its standard output."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(writing, 1)
        _be(module, arguments)
    os.close(writing)
    with os.fdopen(reading) as stream:
        answer = stream.read()
    os.waitpid(child, 0)
    return answer


def _be(module: str, arguments: Mapping[str, Any]) -> None:
    """Be the module, and end."""
    told = {"_ansible_inject_invocation": True} if "inject_invocation" in PASS_VARS else {}  # Before core 2.21 it always is.
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": {**arguments, **told}}).encode()
    if hasattr(basic, "_ANSIBLE_PROFILE"):  # From core 2.19 on.
        basic._ANSIBLE_PROFILE = "legacy"
    try:
        importlib.import_module(f"ansible_collections.rollout.kubernetes.plugins.modules.{module}").main()
    except SystemExit:
        sys.stdout.flush()
        os._exit(0)
    except BaseException:  # noqa: BLE001 - nothing of the parent may go on here.
        traceback.print_exc()
    os._exit(1)
