# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What we must remember of an undo or a restart, and what the cluster does not keep: records in annotations of the workload.

They are written in the same request as the template, so that there is no moment at which only one of them is there, and each says by
itself whether it still holds: state that comes back from the dead (an undo by kubectl brings a Deployment's annotations back) is not
believed. A later definition leaves them alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..base.objects import JsonObject, JsonValue, mapping, number, replaced, text, texts, without
from .revisions import candidate_of, newest_besides
from .workload import Revision, Snapshot

UNDO = "rollout.kubernetes/undo"
RESTART = "rollout.kubernetes/restart"
STRATEGY = "rollout.kubernetes/update-strategy"
RECORDS = (UNDO, RESTART, STRATEGY)


@dataclass(frozen=True)
class UndoRecord:
    """The undo that brought the present template back. It holds while that template is wanted and nothing new was rolled out since."""

    to: str = ""
    """The name of the revision that was brought back."""
    newest: int = 0
    """The highest number of another revision at that time. Numbers only grow, also that of a revision that is rolled out once more."""
    numbers: Mapping[str, str] = field(default_factory=dict)
    """Former numbers of ControllerRevisions, which keep none themselves, to their names. They hold as long as those exist."""

    @classmethod
    def of(cls, annotations: Mapping[str, str]) -> UndoRecord:
        """From a workload's annotations; an empty record when there is none, or none that can be read."""
        entry = _parsed(annotations.get(UNDO, ""))
        return cls(text(entry, "to"), number(entry, "newest"), texts(entry, "numbers"))

    def holds(self, snapshot: Snapshot) -> bool:
        """What is wanted is the outcome of that undo."""
        candidate = candidate_of(snapshot)
        other = newest_besides(snapshot, candidate)
        return candidate is not None and candidate.name == self.to and (other is None or other.number <= self.newest)

    def after(self, snapshot: Snapshot, target: Revision) -> UndoRecord:
        """The record of an undo to `target`, from what there is before it."""
        other, highest = newest_besides(snapshot, target), newest_besides(snapshot, None)
        newest = other.number if other is not None else 0
        if highest is not None and _is_coming(snapshot, highest):
            newest = highest.number + 1
        there = {revision.name for revision in snapshot.revisions}
        numbers = {former: name for former, name in self.numbers.items() if name in there}
        if snapshot.workload is not None and not snapshot.workload.kind.keeps_former_numbers:
            numbers[str(target.number)] = target.name
        return UndoRecord(target.name, newest, numbers)

    def into(self, obj: JsonObject) -> JsonObject:
        """The object with the record."""
        entry: dict[str, JsonValue] = {"to": self.to, "newest": self.newest, **({"numbers": dict(self.numbers)} if self.numbers else {})}
        return replaced(obj, ("metadata", "annotations", UNDO), json.dumps(entry, sort_keys=True))


@dataclass(frozen=True)
class RestartRecord:
    """The last restart. It holds while the template carries its time."""

    key: str = ""
    at: str = ""
    limits: Mapping[str, JsonValue] = field(default_factory=dict)
    """The workload's own `rollingUpdate`, kept while the restart runs under other limits; empty otherwise."""

    @classmethod
    def of(cls, annotations: Mapping[str, str]) -> RestartRecord:
        """From a workload's annotations; an empty record when there is none, or none that can be read."""
        entry = _parsed(annotations.get(RESTART, ""))
        return cls(text(entry, "key"), text(entry, "at"), dict(mapping(entry, "limits")))

    def into(self, obj: JsonObject) -> JsonObject:
        """The object with the record, without one when there is nothing to say."""
        entry: dict[str, JsonValue] = {"key": self.key, "at": self.at, "limits": dict(self.limits)}
        entry = {name: value for name, value in entry.items() if value}
        if not entry:
            return without(obj, "metadata", "annotations", RESTART)
        return replaced(obj, ("metadata", "annotations", RESTART), json.dumps(entry, sort_keys=True))


@dataclass(frozen=True)
class StrategyRecord:
    """The update strategy that a workload is given back when all its pods are replaced. It holds while the strategy is OnDelete."""

    strategy: Mapping[str, JsonValue] = field(default_factory=dict)
    """The workload's own `updateStrategy`; empty otherwise."""

    @classmethod
    def of(cls, annotations: Mapping[str, str]) -> StrategyRecord:
        """From a workload's annotations; an empty record when there is none, or none that can be read."""
        return cls(dict(_parsed(annotations.get(STRATEGY, ""))))

    def into(self, obj: JsonObject) -> JsonObject:
        """The object with the record, without one when there is nothing to say."""
        if not self.strategy:
            return without(obj, "metadata", "annotations", STRATEGY)
        return replaced(obj, ("metadata", "annotations", STRATEGY), json.dumps(dict(self.strategy), sort_keys=True))


def _is_coming(snapshot: Snapshot, highest: Revision) -> bool:
    """The controller has yet to make or number the revision that is wanted; it may do so before it sees what we write."""
    candidate, workload = candidate_of(snapshot), snapshot.workload
    if candidate is not None:
        return candidate.uid != highest.uid
    return workload is not None and not workload.paused


def _parsed(value: str) -> JsonObject:
    try:
        entry = json.loads(value) if value else {}
    except (ValueError, RecursionError):
        return {}
    return entry if isinstance(entry, Mapping) else {}
