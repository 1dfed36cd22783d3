# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rollout pod by pod that is on its way: it has the workload for itself between its tasks, until it is done or given up."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from ..base.objects import JsonObject, Ref, text
from ..kinds import named
from ..workloads.workload import Workload
from .remembered import FORMAT, recalled, unreadable

STEPPING = "rollout.kubernetes/stepping"
"""The annotation of the application's Lease that holds it."""


@dataclass(frozen=True)
class Stepping:
    """Which rollout that is, and who began it."""

    strategy: str
    workload: str
    """As `StatefulSet/db`."""
    template: str
    """The fingerprint of the pod template that is rolled out."""
    by: str = ""
    since: str = ""
    """When it was begun, in RFC 3339."""
    cause: str = ""
    base: str = ""
    """The fingerprint of the template that was there before; empty where that is not known."""
    step: str = ""
    """The step before which it stands; empty while a task is at work, or where that was killed."""

    @classmethod
    def of(cls, lease: JsonObject | None) -> Stepping | None:
        """From the annotations of a Lease; None when nothing is on its way. Raises `RefusedError` for what cannot be read."""
        entry = recalled(lease, STEPPING)
        if entry is None:
            return None
        found = cls(**{name: text(entry, name) for name in cls.__dataclass_fields__})
        if not (found.strategy and found.workload and found.template):
            raise unreadable(lease, STEPPING)
        return found

    def text(self) -> str:
        """The value of the annotation."""
        return json.dumps({"version": FORMAT, **{name: value for name, value in asdict(self).items() if value}}, sort_keys=True)

    def is_of(self, ref: Ref) -> bool:
        """It is about this workload."""
        return self.workload == ref.short

    def sentence(self, ref: Ref) -> str:
        """For who wants to change the workload by another way while nobody works on the rollout."""
        cause = f" ({self.cause})" if self.cause else ""
        by = f" by {self.by}" if self.by else ""
        state = f"it stands before the step {self.step}" if self.step else "it was broken off"
        give_up = "by abort or undo" if named(ref.kind).names_revisions else "by undo"
        return (
            f"{ref} is being rolled out by {self.strategy}{cause}, begun{by} at {self.since}; {state}. Go on with it by the same task, "
            f"give it up {give_up} or with the version before, or roll something else out by {self.strategy} with supersede: true."
        )


def goes_on(workload: Workload, template: str, stepping: Stepping) -> bool:
    """Whether the rollout is on its way in the cluster: its template (with this fingerprint) is there, and not all pods have it."""
    return template == stepping.template and workload.updated < workload.desired
