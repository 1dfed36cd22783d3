# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Versions that a person took back, by undo or abort: a pipeline must not roll them out again without a word.

A version is a workload and the fingerprint of its pod template (`colours.fingerprint`). What went back by itself is not among them, as
the next try may be meant to go well.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from ..base.errors import RefusedError
from ..base.objects import JsonObject, Ref, items, text
from .remembered import FORMAT, recalled

UNDONE = "rollout.kubernetes/undone"
"""The annotation of the application's Lease that remembers them."""
REMEMBERED = 20
"""How many of them it keeps."""


@dataclass(frozen=True)
class Undone:
    """One version that was taken back."""

    workload: str
    """As `Deployment/web`."""
    template: str
    """The fingerprint of the pod template."""
    by: str
    why: str
    at: str
    """When, in RFC 3339."""

    def sentence(self, ref: Ref) -> str:
        """What is said where it is rolled out again."""
        by = f" by {self.by}" if self.by else ""
        why = f" ({self.why.rstrip('.')})" if self.why else ""
        return f"{ref} gets a version that was taken back{by} at {self.at}{why}"


def undone_of(lease: JsonObject | None) -> tuple[Undone, ...]:
    """What a Lease remembers, oldest first. What cannot be read is nothing: only a warning hangs on it."""
    try:
        entry = recalled(lease, UNDONE)
    except RefusedError:
        return ()
    return tuple(Undone(**{name: text(item, name) for name in Undone.__dataclass_fields__}) for item in items(entry, "versions"))


def undone_text(entries: Iterable[Undone]) -> str:
    """The value of the annotation: the last ones, each version once; empty where there are none."""
    newest: dict[tuple[str, str], Undone] = {}
    for entry in entries:
        newest.pop((entry.workload, entry.template), None)
        newest[entry.workload, entry.template] = entry
    kept = [asdict(entry) for entry in [*newest.values()][-REMEMBERED:]]
    return json.dumps({"version": FORMAT, "versions": kept}, sort_keys=True) if kept else ""


def found(leases: Iterable[JsonObject], ref: Ref, template: str) -> Undone | None:
    """The record of a version of this workload, whatever application it was taken back under; None where there is none."""
    entries = (entry for lease in leases for entry in undone_of(lease))
    return next((entry for entry in entries if (entry.workload, entry.template) == (ref.short, template)), None)


def settled(former: Iterable[Undone], *, back: Iterable[Undone] = (), again: Iterable[tuple[str, str]] = ()) -> tuple[Undone, ...]:
    """What is remembered after a rollout: with the versions that it took back, without those (workload and fingerprint) that run now."""
    running = set(again)
    return tuple(entry for entry in (*former, *back) if (entry.workload, entry.template) not in running)
