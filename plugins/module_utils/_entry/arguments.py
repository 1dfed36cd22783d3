# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arguments of each module, as argument specs; `doc_fragments` and the modules' documentation say the same in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .._domain.resources import WORKLOADS
from .._kube.auth import auth_argument_spec

Spec = dict[str, Any]

_WORKLOAD: Spec = {
    "kind": {"type": "str", "default": "Deployment", "choices": sorted(WORKLOADS)},
    "name": {"type": "str"},
    "namespace": {"type": "str"},
}
_WAIT: Spec = {
    "wait_timeout": {"type": "int", "default": 600, "aliases": ["timeout"]},
    "failure_grace": {"type": "int"},
    "log_lines": {"type": "int", "default": 5},
}
_PROGRESS: Spec = {"progress": {"type": "str", "default": "auto", "choices": ["auto", "off"]}}
_MANIFEST: Spec = {
    "definition": {"type": "raw", "aliases": ["resource_definition", "inline"]},
    "src": {"type": "path"},
    "template": {"type": "raw"},
}
_SHORT: Spec = {
    "image": {"type": "raw"},
    "env": {"type": "dict"},
    "container": {"type": "str"},
}
_LIMITS: Spec = {
    "max_surge": {"type": "raw"},
    "max_unavailable": {"type": "raw"},
    "min_ready_seconds": {"type": "int"},
    "progress_deadline_seconds": {"type": "int"},
}


@dataclass(frozen=True)
class Arguments:
    """What `AnsibleModule` and the validator take; `checks` holds mutually_exclusive and its like."""

    spec: Spec
    checks: Mapping[str, Any] = field(default_factory=dict)


ARGUMENTS: Mapping[str, Arguments] = {
    "rolling": Arguments(
        spec={
            **auth_argument_spec,
            **_MANIFEST,
            **_WORKLOAD,
            "kind": {"type": "str", "default": "Deployment", "choices": ["Deployment"]},
            **_SHORT,
            **_LIMITS,
            "change_cause": {"type": "str"},
            "take_ownership": {"type": "bool", "default": False},
            "on_failure": {"type": "str", "default": "hold", "choices": ["hold", "rollback"]},
            "wait": {"type": "bool", "default": True},
            **_WAIT,
            **_PROGRESS,
        },
        checks={
            "mutually_exclusive": [
                (manifest, other)
                for manifest in ("definition", "src", "template")
                for other in ("src", "template", "name", "image", "env", "container")
                if manifest < other or other not in _MANIFEST
            ],
            "required_one_of": [("definition", "src", "template", "name")],
            "required_by": {"image": "name", "env": "name", "container": "env"},
        },
    ),
    "wait": Arguments(
        spec={**auth_argument_spec, **_WORKLOAD, "name": {"type": "str", "required": True}, **_WAIT, **_PROGRESS},
    ),
    "status_info": Arguments(spec={**auth_argument_spec, **_WORKLOAD, "name": {"type": "str", "required": True}}),
}
"""By the module's name."""
