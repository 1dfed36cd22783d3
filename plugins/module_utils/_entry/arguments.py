# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arguments of each module, as argument specs; `doc_fragments` and the modules' documentation say the same in words."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._domain.kinds import DEFAULT, KINDS, WORKLOADS
from .._domain.workloads.kind import Kind
from .._kube.auth import auth_argument_spec
from .._strategies.blue_green_steps import FORWARD
from .._strategies.takes import TAKES
from .configs import ENTRY
from .former_words import FORMER
from .gates import BETWEEN, CHECKS, GATE, GATES, STEPS
from .shares import WEIGHTS
from .verification import VERIFY

Spec = dict[str, Any]

_WORKLOAD: Spec = {
    "kind": {"type": "str", "default": DEFAULT, "choices": sorted(WORKLOADS)},
    "name": {"type": "str"},
    "namespace": {"type": "str"},
}
_DURATION: Spec = {"type": "str"}
"""Seconds, or a text such as 10m: see `durations.py`."""
_TIMES: Spec = {
    "wait_timeout": {**_DURATION, "default": "10m", "aliases": ["timeout"]},
    "failure_grace": _DURATION,
    "log_lines": {"type": "int", "default": 5},
    "progress": {"type": "str", "default": "auto", "choices": ["auto", "off"]},
}
_WAIT: Spec = {"wait": {"type": "bool", "default": True}, **_TIMES}
_OWNERSHIP: Spec = {"take_ownership": {"type": "bool", "default": False}}
_LOCK: Spec = {"application": {"type": "str"}, "lock_timeout": {**_DURATION, "default": "0"}}
_APPROVED: Spec = {"expect_plan": {"type": "str"}}
_UNDONE: Spec = {"refuse_undone": {"type": "bool", "default": False}}
_REMEMBER: Spec = {"remember": {"type": "bool", "default": True}}
_ASKED: Spec = {"requested_by": {"type": "str"}}
_CAUSE: Spec = {"change_cause": {"type": "str"}, **_ASKED}
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
_SETTINGS: Spec = {
    "min_ready_seconds": _DURATION,
    "progress_deadline_seconds": _DURATION,
}
_LIMITS: Spec = {"max_surge": {"type": "raw"}, "max_unavailable": {"type": "raw"}, "partition": {"type": "int"}, **_SETTINGS}
_REPAIR: Spec = {"repair": {"type": "str", "default": "blocking", "choices": ["none", "blocking", "all", *FORMER["repair"]]}}
_CHOICES = ["rollback", "hold"]
_HOLDS: Spec = {"on_failure": {"type": "str", "default": "hold", "choices": _CHOICES}}
_GOES_BACK: Spec = {"on_failure": {"type": "str", "default": "rollback", "choices": _CHOICES}}
_WITH_FORMER = [*_CHOICES, *FORMER["on_failure"]]
_ENTRY_MANIFEST: Spec = {"definition": {"type": "raw"}, "src": {"type": "path"}}
_CONFIG: Spec = {"config": {"type": "list", "elements": "dict", "options": {**ENTRY, **_ENTRY_MANIFEST}}}
_LAST: Spec = {"primary": {"type": "raw"}, "stop_before": {"type": "str"}, "supersede": {"type": "bool", "default": False}}
_WEIGHTS: Spec = {"weights": {"type": "list", "elements": "int"}}
_APPLICATION: Spec = {
    **auth_argument_spec,
    "application": {"type": "str", "required": True, "aliases": ["name"]},
    "namespace": {"type": "str"},
    **_ASKED,
    "lock_timeout": _LOCK["lock_timeout"],
    **_APPROVED,
}


@dataclass(frozen=True)
class Arguments:
    """What `AnsibleModule` and the validator take; `checks` holds mutually_exclusive and its like."""

    spec: Spec
    checks: Mapping[str, Any] = field(default_factory=dict)
    waits: int = 1
    """How many steps there are, each of which may take its whole time."""
    holds_by_step: bool = False
    """Its option `hold` belongs to its steps, each of which lasts for so long by itself."""
    weights: Sequence[int] | None = None
    """The weights of its steps where none are given, in percent; none where it has steps of another kind then. None: it has no weights."""
    goes_back: bool = False
    """After a failure it goes back by itself, whatever its options say, which may take its time once more."""


def _names(kinds: Iterable[Kind]) -> list[str]:
    return sorted(kind.name for kind in kinds)


def _on_workloads(options: Spec, *, kinds: Sequence[Kind] = KINDS, instead: Sequence[str] = (), waits: int = 1, **checks: Any) -> Arguments:
    """A module that takes one workload, a list of them, or those that a label selector finds; or any of `instead`."""
    kind: Spec = {"type": "str", "choices": _names(kinds)}
    which: Spec = {
        "kind": kind,
        "name": {"type": "str"},
        "namespace": {"type": "str"},
        "workloads": {
            "type": "list",
            "elements": "dict",
            "options": {
                "kind": {**kind, "default": DEFAULT},
                "name": {"type": "str", "required": True},
                "namespace": {"type": "str"},
            },
        },
        "label_selectors": {"type": "list", "elements": "str"},
        "all_namespaces": {"type": "bool", "default": False},
        "allow_empty": {"type": "bool", "default": False},
    }
    exclusive = [("name", "workloads", "label_selectors"), ("kind", "workloads")]
    return Arguments(
        spec={**auth_argument_spec, **which, **options},
        checks={
            "mutually_exclusive": [*exclusive, *checks.pop("mutually_exclusive", ())],
            "required_one_of": [(*instead, "name", "workloads", "label_selectors")],
            **checks,
        },
        waits=waits,
    )


def _strategy(
    options: Spec,
    *,
    kinds: Sequence[Kind],
    waiting: Spec | None = None,
    exclusive: Sequence[tuple[str, ...]] = (),
    waits: int = 1,
    weights: Sequence[int] | None = None,
) -> Arguments:
    """A module that brings workloads to a manifest, or to a short change of what is there, by a strategy with options of its own."""
    return Arguments(
        spec={
            **auth_argument_spec,
            **_MANIFEST,
            **_WORKLOAD,
            "kind": {"type": "str", "default": kinds[0].name, "choices": _names(kinds)},
            **_SHORT,
            **_CONFIG,
            **_CAUSE,
            **_LOCK,
            **_UNDONE,
            **_APPROVED,
            **_OWNERSHIP,
            **options,
            **VERIFY,
            **(waiting or _WAIT),
        },
        checks=_one_way(("name",), exclusive),
        waits=waits,
        weights=weights,
    )


def _one_way(live: Sequence[str], exclusive: Sequence[tuple[str, ...]]) -> dict[str, Any]:
    """The checks of a module that takes either a manifest, or a short change of what `live` names."""
    short = [(manifest, other) for manifest in _MANIFEST for other in (*live, *_SHORT)]
    return {
        "mutually_exclusive": [*itertools.combinations(_MANIFEST, 2), *short, *exclusive],
        "required_one_of": [(*_MANIFEST, *live)],
        "required_by": {"image": "name", "env": "name", "container": "env"},
    }


_ROUTE: Spec = {
    "type": "str",
    "choices": ["GRPCRoute", "HTTPRoute", "Ingress", "IngressRoute", "Route", "TraefikService", "VirtualService"],
}
"""The kinds of the table of routers, which tasks without routes do not import."""
_ROUTES: Spec = {
    "routes": {
        "type": "list",
        "elements": "dict",
        "options": {"kind": {**_ROUTE, "required": True}, "name": {"type": "str", "required": True}, "rule": {"type": "str"}},
    }
}
_PAUSED = tuple(kind for kind in KINDS if kind.pauses)
_ABORTED = tuple(kind for kind in KINDS if kind.has_sides or kind.names_revisions)
ARGUMENTS: Mapping[str, Arguments] = {
    "rolling": _strategy(
        {**_LIMITS, **_REPAIR, **BETWEEN, **_HOLDS},
        kinds=TAKES["rolling"],
    ),
    "recreate": _strategy(
        {**_SETTINGS, **_GOES_BACK},
        kinds=TAKES["recreate"],
    ),
    "partition": _strategy(
        {
            # Mappings as of `canary`, or counts and percentages.
            "steps": {"type": "raw", "options": STEPS["steps"]["options"]},
            **_WEIGHTS,
            "ordinals": {"type": "list", "elements": "raw"},
            **BETWEEN,
            **_LAST,
            "max_unavailable": _LIMITS["max_unavailable"],
            "min_ready_seconds": _SETTINGS["min_ready_seconds"],
            **_REPAIR,
            "on_failure": {**_HOLDS["on_failure"], "choices": _WITH_FORMER},
        },
        kinds=TAKES["partition"],
        waiting=_TIMES,
        exclusive=[("steps", "weights", "ordinals")],
        weights=(),
    ),
    "on_delete": _strategy(
        {
            "batch": {"type": "raw"},
            "batch_label": {"type": "str"},
            "order": {"type": "list", "elements": "raw"},
            "nodes": {"type": "str"},
            "steps": STEPS["steps"],
            **_WEIGHTS,
            **BETWEEN,
            **_LAST,
            "min_ready_seconds": _SETTINGS["min_ready_seconds"],
        },
        kinds=TAKES["on_delete"],
        waiting=_TIMES,
        exclusive=[("batch", "batch_label"), ("steps", "weights", "nodes")],
        weights=(),
    ),
    "wait": _on_workloads(
        {
            "until": {"type": "str", "default": "complete", "choices": ["complete", "progressing", "paused", "healthy"]},
            "revision": {"type": "int"},
            "old_pods_gone": {"type": "bool", "default": False},
            "on_deletion": {"type": "str", "default": "fail", "choices": ["fail", "wait"]},
            **_TIMES,
        },
    ),
    "status_info": _on_workloads({}),
    "preflight_info": _on_workloads(
        {
            **_MANIFEST,
            "cluster": {"type": "bool", "default": True},
            "strategy": {"type": "str", "choices": ["rolling", "recreate", "blue_green", "canary"]},
            **_WEIGHTS,
            "steps": STEPS["steps"],
            "min_replicas": {"type": "int"},
            "image": _SHORT["image"],
            **_CONFIG,
            **{name: option for name, option in _LIMITS.items() if name != "partition"},
            "wait_timeout": {**_DURATION, "aliases": ["timeout"]},
            "shutdown_seconds": _DURATION,
            "fail_on": {"type": "str", "default": "error", "choices": ["error", "warning", "never"]},
            "ignore": {
                "type": "list",
                "elements": "dict",
                "options": {"rule": {"type": "str", "required": True}, "reason": {"type": "str", "required": True}},
            },
            "progress": _TIMES["progress"],
        },
        instead=tuple(_MANIFEST),
        waits=0,
        mutually_exclusive=[tuple(_MANIFEST), ("weights", "steps")],
        required_by={"image": "name"},
    ),
    "gate": Arguments(
        spec={
            **auth_argument_spec,
            **GATE,
            "kind": {"type": "str", "default": DEFAULT, "choices": sorted(WORKLOADS)},
            "workload": {"type": "str"},
            "namespace": {"type": "str"},
            "progress": _TIMES["progress"],
        },
        checks=CHECKS,
    ),
    "history_info": _on_workloads({"revision": {"type": "int"}, "compare_to": {"type": "int"}}),
    "undo": _on_workloads(
        {
            "revision": {"type": "int", "aliases": ["to_revision"]},
            "to": {"type": "str"},
            "resume": {"type": "bool", "default": False},
            **_REPAIR,
            "last_applied": {"type": "str", "default": "align", "choices": ["align", "leave"]},
            **_REMEMBER,
            **_CAUSE,
            **_LOCK,
            **_APPROVED,
            **_OWNERSHIP,
            **VERIFY,
            **_WAIT,
        },
        instead=("application",),
        mutually_exclusive=[("revision", "to")],
    ),
    "pause": _on_workloads({**_ASKED, **_LOCK, **_APPROVED, **_OWNERSHIP}, kinds=_PAUSED),
    "resume": _on_workloads({**_ASKED, **_LOCK, **_APPROVED, **_OWNERSHIP, **_WAIT}, kinds=_PAUSED),
    "service_switch": Arguments(
        spec={
            **auth_argument_spec,
            "name": {"type": "str"},
            "namespace": {"type": "str"},
            "services": {
                "type": "list",
                "elements": "dict",
                "options": {"name": {"type": "str", "required": True}, "selector": {"type": "dict"}},
            },
            "selector": {"type": "dict"},
            "min_endpoints": {"type": "int", "default": 1},
            "several_workloads": {"type": "bool", "default": False},
            **_LOCK,
            **_APPROVED,
            **_ASKED,
            **_OWNERSHIP,
            "wait_timeout": {**_DURATION, "default": "1m", "aliases": ["timeout"]},
            "progress": _TIMES["progress"],
        },
        checks={
            "mutually_exclusive": [("name", "services")],
            "required_one_of": [("name", "services")],
            "required_by": {"name": "selector"},
        },
        goes_back=True,
    ),
    "traffic_split": Arguments(
        spec={
            **auth_argument_spec,
            "kind": _ROUTE,
            "name": {"type": "str"},
            "rule": {"type": "str"},
            "namespace": {"type": "str"},
            **_ROUTES,
            "weights": {"type": "dict"},
            "state": {"type": "str", "default": "present", "choices": ["present", "original"]},
            **_LOCK,
            **_APPROVED,
            **_ASKED,
            **_OWNERSHIP,
            "wait_timeout": {**_DURATION, "default": "1m", "aliases": ["timeout"]},
            "progress": _TIMES["progress"],
        },
        checks={
            "mutually_exclusive": [("name", "routes"), ("kind", "routes"), ("rule", "routes")],
            "required_one_of": [("name", "routes")],
            "required_by": {"name": "kind"},
            "required_if": [("state", "present", ("weights",))],
        },
        goes_back=True,
        waits=3,
    ),
    "blue_green": Arguments(
        spec={
            **auth_argument_spec,
            **_MANIFEST,
            "name": {"type": "str"},
            "namespace": {"type": "str"},
            **_SHORT,
            "workloads": {"type": "list", "elements": "dict", "options": {"name": {"type": "str", "required": True}, **_SHORT}},
            "service": {"type": "str"},
            "preview_service": {"type": "str"},
            "services": {
                "type": "list",
                "elements": "dict",
                "options": {"name": {"type": "str", "required": True}, "preview_service": {"type": "str"}},
            },
            "preview_replicas": {"type": "int"},
            "scale_down_delay": {**_DURATION, "default": "30s", "aliases": ["hold"]},
            **GATES,
            "keep_old": {"type": "bool", "default": False},
            "leave": {"type": "bool", "default": False},
            "stop_before": {"type": "str"},
            "supersede": {"type": "bool", "default": False},
            **_UNDONE,
            **_APPROVED,
            **_LOCK,
            **_CONFIG,
            **_CAUSE,
            **_OWNERSHIP,
            "on_failure": {**_GOES_BACK["on_failure"], "choices": _WITH_FORMER},
            **VERIFY,
            **_TIMES,
        },
        checks=_one_way(("name", "workloads"), [("name", "workloads"), ("service", "services"), ("preview_service", "services")]),
        goes_back=True,
        waits=len(FORWARD),
    ),
    "canary": Arguments(
        spec={
            **auth_argument_spec,
            **_MANIFEST,
            "name": {"type": "str"},
            "namespace": {"type": "str"},
            **_SHORT,
            **_WEIGHTS,
            **STEPS,
            "min_replicas": {"type": "int", "default": 1},
            **_ROUTES,
            "service": {"type": "str"},
            "candidate_service": {"type": "str"},
            "propagation_delay": _DURATION,
            "match": {"type": "dict", "options": {"headers": {"type": "dict"}, "cookies": {"type": "dict"}}},
            "stop_before": {"type": "str"},
            "supersede": {"type": "bool", "default": False},
            **_UNDONE,
            **_APPROVED,
            **_LOCK,
            **_CONFIG,
            **_CAUSE,
            **_OWNERSHIP,
            **_GOES_BACK,
            **VERIFY,
            **_TIMES,
        },
        checks=_one_way(("name",), [("weights", "steps")]),
        goes_back=True,
        holds_by_step=True,
        weights=WEIGHTS,
        waits=len(WEIGHTS) + 1,
    ),
    "promote": Arguments(
        spec={
            **_APPLICATION,
            "expect": {"type": "list", "elements": "str"},
            "stop_before": {"type": "str"},
            **GATES,
            **_OWNERSHIP,
            "on_failure": {**_GOES_BACK["on_failure"], "choices": _WITH_FORMER},
            **VERIFY,
            **_TIMES,
        },
        goes_back=True,
        waits=len(FORWARD),
    ),
    "abort": Arguments(
        spec={
            **_APPLICATION,
            "expect": {"type": "list", "elements": "str"},
            "kind": {"type": "str", "choices": _names(_ABORTED)},
            **_REMEMBER,
            **_REPAIR,
            **_OWNERSHIP,
            **VERIFY,
            **_TIMES,
        },
        waits=len(FORWARD),
    ),
    "versioned_config": Arguments(
        spec={
            **auth_argument_spec,
            **ENTRY,
            **_MANIFEST,
            "namespace": {"type": "str"},
            "cleanup": {"type": "bool", "default": True},
            **_OWNERSHIP,
        },
        checks={
            "mutually_exclusive": [tuple(_MANIFEST)],
            "required_one_of": [("name", *_MANIFEST)],
        },
    ),
    "restart": _on_workloads({"key": {"type": "str", "no_log": False}, **_CAUSE, **_LOCK, **_APPROVED, **_OWNERSHIP, **VERIFY, **_WAIT}),
}
"""By the module's name."""
