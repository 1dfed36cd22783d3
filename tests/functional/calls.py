# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calling a module in this process: the entry that the action plugin and the module share, a hundred times cheaper than a play."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.arguments import ARGUMENTS
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.main import Context, refused, run

from .cluster import ROOT, Cluster


def call(cluster: Cluster, module: str, /, *, context: Context | None = None, **parameters: Any) -> dict[str, Any]:
    """Run a module with these arguments, validated as Ansible validates them, and return its result; its warnings are in `warnings`."""
    arguments = ARGUMENTS[module]
    reached, context = cluster.reached(context or Context(verbose=True))
    validated = ArgumentSpecValidator(arguments.spec, **arguments.checks).validate({**reached, **parameters})
    refusal = refused(module, validated)
    if refusal is not None:
        raise AssertionError(f"{module} does not take {parameters}: {refusal['msg']}")
    answer = run(module, validated.validated_parameters, context)
    return {**answer.result, "warnings": list(answer.warnings)}


def started(cluster: Cluster, module: str, **parameters: Any) -> subprocess.Popen[str]:
    """Begin the same in a process of its own, which can be killed; its output is the result as JSON."""
    program = "import json, sys; from tests.functional import calls; print(json.dumps(calls.told(sys.stdin.read())))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "collections"), str(ROOT)])}
    command = [sys.executable, "-c", program]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True)
    if process.stdin is None:
        raise AssertionError("The process takes no input.")
    process.stdin.write(json.dumps({"cluster": str(cluster.kubeconfig), "module": module, "parameters": parameters}))
    process.stdin.close()
    process.stdin = None
    return process


def told(text: str) -> dict[str, Any]:
    """What such a process does."""
    wanted = json.loads(text)
    nowhere = ROOT / "nowhere"
    cluster = Cluster(kubeconfig=Path(wanted["cluster"]), audit_log=nowhere, kubectl_program=nowhere)
    return call(cluster, wanted["module"], **wanted["parameters"])
