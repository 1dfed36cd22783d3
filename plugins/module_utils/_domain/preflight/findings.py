# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values of the preflight: what is known (`Scenery`), what a rule says (`Fault`), what the user is told (`Finding`)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..base.objects import JsonObject, JsonValue, Ref, ref_of, text
from ..kinds import WORKLOADS
from ..request import Severity, Way
from ..workloads.shares import Share

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
"""The worst first."""

KINDS = (
    *WORKLOADS,
    "Service",
    "PodDisruptionBudget",
    "HorizontalPodAutoscaler",
    "PersistentVolumeClaim",
    "ResourceQuota",
    "LimitRange",
    "ConfigMap",
    "Pod",
    "Node",
)
"""The kinds whose live objects some rule asks for. Secrets are none of them: nobody should need the right to read them for this."""
_PLAIN = re.compile(r"[A-Za-z](?:[\w./:-]*\w)?|\d+(?:m|[KMGT]i)", re.ASCII)
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
"""What YAML takes for something else than text."""


def near(one: Ref, other: Ref) -> bool:
    """Both are in one namespace; a manifest that names none is where the others are."""
    return one.namespace == other.namespace or not (one.namespace and other.namespace)


@dataclass(frozen=True)
class Scenery:
    """What is known before a rollout. What was not looked at is unknown, which is not the same as absent: no rule guesses."""

    manifests: tuple[JsonObject, ...]
    """The definition: the workloads and all that comes along with them."""
    live: Mapping[str, Sequence[JsonObject]] = field(default_factory=dict)
    """All live objects of the definition's namespaces by kind, those of `KINDS` (nodes: of the cluster).

    A kind that is missing here was not looked at."""
    server_version: tuple[int, int] | None = None
    """Major and minor."""
    strategy: Way | None = None
    """None leaves it to the workload's own manifest."""
    wait_timeout: float | None = None
    """Seconds that the rollout is waited for."""
    shutdown_seconds: float | None = None
    """How long the programs need to end after SIGTERM."""
    versioned: frozenset[tuple[str, str]] = frozenset()
    """Kind and name of the configuration that the rollout versions."""
    shares: tuple[Share, ...] = ()
    """The steps of a canary."""
    least: int = 1
    """How many pods run the candidate at least in each of them."""

    def looked_at(self, kind: str) -> bool:
        """All live objects of the kind are known."""
        return kind in self.live

    def known(self, kind: str) -> tuple[JsonObject, ...]:
        """The objects of a kind as they will be: those of the definition, and live ones that the definition does not replace."""
        coming = tuple(obj for obj in self.manifests if text(obj, "kind") == kind)
        replaced = tuple(ref_of(obj) for obj in coming)
        kept = ({**obj, "kind": kind} for obj in self.live.get(kind, ()))
        return (*coming, *(obj for obj in kept if not any(own.name == ref_of(obj).name and near(own, ref_of(obj)) for own in replaced)))


@dataclass(frozen=True)
class Fault:
    """What one rule has found at one place."""

    ref: Ref
    path: str
    """The field, from the object's root: `spec.template.spec.containers[0].readinessProbe`."""
    why: str
    """One sentence: what there is, and why it costs requests."""
    remedy: str
    """The YAML lines that belong at `path`, beginning with its last key; a comment where a line is to be taken away, and a task where
    a task mends it."""


@dataclass(frozen=True)
class Finding:
    """A fault as the user is told it."""

    rule: str
    severity: Severity
    ref: Ref
    path: str
    why: str
    remedy: str


def yaml_lines(key: str, value: JsonValue) -> str:
    """A key and its value as lines of YAML, in block style as manifests are written."""
    return "\n".join(_lines({key: value}))


def removal(key: str, value: JsonValue) -> str:
    """The lines to take away, as a comment."""
    return "\n".join(("# take away:", *(f"# {line}" for line in _lines({key: value}))))


def _lines(value: JsonValue) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if _is_block(item):
                yield f"{_scalar(key)}:"
                yield from (f"  {line}" for line in _lines(item))
            else:
                yield f"{_scalar(key)}: {_scalar(item)}"
    for item in value if isinstance(value, (list, tuple)) else ():
        first, *others = _lines(item) if _is_block(item) else (_scalar(item),)
        yield f"- {first}"
        yield from (f"  {line}" for line in others)


def _is_block(value: JsonValue) -> bool:
    return isinstance(value, (Mapping, list, tuple)) and bool(value)


def _scalar(value: JsonValue) -> str:
    """JSON is YAML; words are written without quotes where nothing could take them for something else."""
    if not isinstance(value, str):
        return json.dumps(value, default=str)
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    # A pair of escapes is one character in JSON and two in YAML.
    return json.dumps(value, ensure_ascii=not value.isprintable()).replace("\x7f", "\\x7f")
