# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calling a module in this process: the entry that the action plugin and the module share, a hundred times cheaper than a play."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.arguments import ARGUMENTS
from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.main import Context, refused, run

from .cluster import Cluster


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
