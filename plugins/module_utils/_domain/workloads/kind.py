# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What this collection asks of a kind of workload. The file of a kind holds its answers, and nothing else compares kinds by their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..base.objects import JsonObject, JsonValue, number
from ..base.resources import Resource
from .replicas import Amount
from .revisions import newest

if TYPE_CHECKING:
    from .completion import Standing
    from .pace import Pace
    from .workload import Revision, Snapshot, Workload

_NO_DEADLINE = 2**31 - 1
"""How the API spells that there is no progress deadline."""


def _untold(workload: Workload) -> str:
    del workload
    return ""


@dataclass(frozen=True, eq=False, kw_only=True)
class Kind:
    """One kind of workload."""

    resource: Resource

    # --- how its objects are read ---

    read: Callable[[JsonObject], Workload]
    """Make the value of an object of this kind."""
    strategy_field: str
    """The field of its spec that says how pods are replaced; below it `rollingUpdate` has the limits."""
    has_deadline: bool = False
    """Its controller gives a rollout up that makes no progress for progressDeadlineSeconds."""
    fixed_fields: tuple[str, ...] = ("selector",)
    """The fields of its spec that the server lets nobody change."""

    # --- the ways to roll it out ---

    update_types: tuple[str, ...]
    """Which types its strategy may have."""
    has_sides: bool = False
    """Two objects of it may be the sides of one application (blue/green)."""
    has_bare_lease: bool = False
    """The Lease of a workload that says no application has the workload's name alone, as 0.1.0 has called it."""
    lends: Literal["limits", "strategy"]
    """What a task changes of it only for as long as it works: the limits, so that a restart of its only pod has another one beside it, or
    the update strategy, so that its pods are replaced when they are deleted."""
    pauses: bool = False
    """Its rollout can be paused."""

    # --- its pods ---

    per_node: bool = False
    """Each of its nodes has one pod of it, and the node is the pod's place. Another kind has replicas."""
    keeps_ordinals: bool = False
    """Its pods have numbers, and names that outlive them: a pod's name is its place, they come and go in order, and a headless Service
    names them."""
    needs_repair: bool = False
    """Its controller waits for each pod to be ready before it replaces any, for ever if one never will be."""
    goes_first: Callable[[Workload], bool]
    """While the template changes a pod that serves may stop before its successor is there."""

    # --- its revisions ---

    revisions: Resource
    """What keeps its revisions."""
    read_revision: Callable[[JsonObject], Revision]
    """Make the value of an object that keeps a revision."""
    through_revisions: bool = False
    """Its revisions make the pods: they own them, count them, and say in their status that the server refuses one. Of another kind the
    workload owns its pods, and only Events tell of a refusal."""
    chosen: Callable[[Sequence[Revision]], Revision] = newest
    """Which of several revisions with the wanted template the controller takes; they come sorted by their numbers."""
    told_number: Callable[[Workload], str] = _untold
    """The number of the wanted revision as the workload tells it itself; empty where it does not."""
    keeps_former_numbers: bool = False
    """A revision that gets a new number remembers those that it had."""
    names_revisions: bool = False
    """Its status names the revision that serves, whatever was tried since, so that a rollout which goes pod by pod can be given up."""
    least_observed: int = 0
    """The observedGeneration below which kubectl takes the status for nothing, whatever the generation is."""

    # --- within which limits it is rolled out ---

    limits: tuple[str, ...]
    """What `rollingUpdate` takes of it, as manifests call that."""
    default_limits: tuple[Amount, Amount]
    """maxSurge and maxUnavailable where nothing is written."""
    unavailable_gate: str = ""
    """The feature gate without which the server ignores its maxUnavailable; empty where there is none."""
    unavailable_rounds_up: bool = False
    """How a percentage of maxUnavailable is rounded; one of maxSurge is rounded up."""
    proposed_limits: Mapping[str, JsonValue]
    """Limits that take no pod away before another is ready, or as few as the kind allows."""
    refuse_limits: Callable[[Amount, Amount], None]
    """Raise `InputError` for a maxSurge and a maxUnavailable (with defaults) that the server refuses together."""

    # --- how far its rollout is ---

    leaves_no_old_pods: bool = False
    """It is never complete beside pods of another revision."""
    completion: Callable[[Snapshot, Workload], Standing]
    """How far a rollout is, by an observed status, where the controller replaces pods itself."""
    pace: Callable[[Workload], Pace]
    """How fast the controller replaces the pods. Raises `InputError` for limits that the server refuses."""

    @property
    def name(self) -> str:
        """As manifests and messages call it."""
        return self.resource.kind

    def takes(self, limit: str) -> bool:
        """Its `rollingUpdate` has this limit."""
        return limit in self.limits

    @property
    def goes_pod_by_pod(self) -> bool:
        """Tasks of ours may replace its pods, some after others, as the update strategy OnDelete leaves that to them."""
        return "OnDelete" in self.update_types

    def deadline(self, spec: JsonObject) -> int | None:
        """Seconds of its progress deadline; None where that is switched off or does not exist."""
        found = number(spec, "progressDeadlineSeconds", default=600)
        return found if self.has_deadline and found != _NO_DEADLINE else None
