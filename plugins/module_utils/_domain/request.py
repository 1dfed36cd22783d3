# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one frozen value that arguments become; nothing below `_entry` sees an argument."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from .objects import JsonObject, Ref
from .resources import Resource

OnFailure = Literal["rollback", "hold"]


@dataclass(frozen=True)
class Waiting:
    """How a wait ends. Times are seconds."""

    wait: bool = True
    timeout: float = 600
    failure_grace: float | None = None
    """How long what may heal by itself may last; None leaves it to the cluster's own progress deadline."""
    log_lines: int = 5
    on_failure: OnFailure = "hold"


@dataclass(frozen=True)
class Limits:
    """Settings of the workload that a task may set besides its template; None leaves what is there."""

    max_surge: int | str | None = None
    max_unavailable: int | str | None = None
    min_ready_seconds: int | None = None
    progress_deadline_seconds: int | None = None


@dataclass(frozen=True)
class ShortChange:
    """The short way to change a live workload, without a manifest."""

    image: str | Mapping[str, str] | None = None
    env: Mapping[str, str | None] = field(default_factory=dict)
    """Values by name; None takes a variable away."""
    container: str | None = None


@dataclass(frozen=True)
class Target:
    """One workload that shall reach its desired template: by its manifest, or by a short change of what is there."""

    resource: Resource
    ref: Ref
    manifest: JsonObject | None = None
    change: ShortChange | None = None


@dataclass(frozen=True)
class Companion:
    """An object that comes along in the definition and is applied before the workloads."""

    resource: Resource
    ref: Ref
    manifest: JsonObject


@dataclass(frozen=True)
class RolloutRequest:
    """One task that rolls workloads out."""

    strategy: str
    targets: tuple[Target, ...]
    companions: tuple[Companion, ...] = ()
    limits: Limits = Limits()
    change_cause: str = ""
    take_ownership: bool = False
    waiting: Waiting = Waiting()


@dataclass(frozen=True)
class WatchRequest:
    """One task that only looks at workloads, once or until they are done."""

    targets: tuple[Target, ...]
    waiting: Waiting = Waiting()
