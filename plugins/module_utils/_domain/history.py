# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The revisions of a workload for people: which one they mean, what stands in each, how two differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import unified_diff

from .base.errors import InputError
from .base.objects import JsonObject, JsonValue, Ref
from .config.references import references
from .text.causes import reason_of
from .text.veils import veiled
from .workloads.records import UndoRecord
from .workloads.revisions import candidate_of, is_of, newest_besides
from .workloads.workload import Revision, Snapshot

_MOST_MATCHES = 1_000_000
_CONTEXT = 3


@dataclass(frozen=True)
class Entry:
    """One revision as history shows it."""

    revision: Revision
    config: tuple[str, ...]
    """What its template refers to: `ConfigMap web-v4`, `Secret web-tls`; sorted."""
    running: bool
    """It has pods, or is wanted."""
    current: bool
    """It is what the workload asks for."""
    replicas: int
    ready: int

    def age(self, now: datetime) -> int | None:
        """Seconds since it was made; None where the cluster does not say."""
        return max(0, round((now - self.revision.created).total_seconds())) if self.revision.created is not None else None


def entries(snapshot: Snapshot) -> tuple[Entry, ...]:
    """All revisions, oldest first."""
    return tuple(_entry(snapshot, revision, candidate_of(snapshot)) for revision in snapshot.revisions)


def numbered(snapshot: Snapshot, ref: Ref, number: int) -> Revision:
    """The revision with that number, or the one that had it before an undo gave it another. Raises `InputError` when there is none.

    Deployments keep former numbers in `deployment.kubernetes.io/revision-history`; for the other kinds our own record of undos knows
    those that we have moved.
    """
    for revision in snapshot.revisions:
        if revision.number == number:
            return revision
    known = UndoRecord.of(snapshot.workload.annotations).numbers if snapshot.workload is not None else {}
    for revision in reversed(snapshot.revisions):
        if number in revision.former or known.get(str(number)) == revision.name:
            return revision
    there = _listed([str(revision.number) for revision in snapshot.revisions])
    raise InputError(f"{ref} has no revision {number}; it has {there}. history_info shows them.")


def described(snapshot: Snapshot, ref: Ref, to: str) -> Revision:
    """The revision with that image or change cause: the wanted one if it fits, else the newest. Raises `InputError` when none fits.

    An image fits as a whole, or without its registry and path (`web:1.2`); a change cause as a whole, or by its reason alone.
    """
    candidate = candidate_of(snapshot)
    for revision in (*([candidate] if candidate is not None else []), *reversed(snapshot.revisions)):
        if _fits(revision, to):
            return revision
    known = [
        f"{revision.number} ({', '.join((*revision.images.values(), revision.change_cause)).rstrip(', ')})"
        for revision in snapshot.revisions
    ]
    raise InputError(f"{ref} has no revision with the image or change cause {to!r}; it has {_listed(known)}.")


def previous(snapshot: Snapshot, ref: Ref) -> Revision:
    """The one before the wanted one, which is the newest other one; raises `InputError` when there is none."""
    found = newest_besides(snapshot, candidate_of(snapshot))
    if found is None:
        raise InputError(f"{ref} has no earlier revision to go back to; history_info shows what there is.")
    return found


def shown_template(template: JsonObject) -> dict[str, JsonValue]:
    """A template for a result: what is secret in it, or looks so, is hidden."""
    return veiled(template)


def difference(before: str, after: str, old: str, new: str) -> str:
    """Two texts as a unified diff, with what they are in its header; empty when they are equal.

    Where the same lines come again and again, which `difflib` takes hours for, all between the first and the last difference is one.
    """
    left, right = before.splitlines(), after.splitlines()
    if left == right:
        return ""
    if _matches(left, right) <= _MOST_MATCHES:
        return "\n".join(unified_diff(left, right, old, new, lineterm=""))
    start = _common(left, right)
    end = _common(left[start:][::-1], right[start:][::-1])
    above, below = left[max(0, start - _CONTEXT) : start], left[len(left) - end :][:_CONTEXT]
    gone, come = left[start : len(left) - end], right[start : len(right) - end]
    sides = (f"{start - len(above) + 1},{len(above) + len(lines) + len(below)}" for lines in (gone, come))
    hunk = "@@ -{} +{} @@".format(*sides)
    shown = [
        *(f" {line}" for line in above),
        *(f"-{line}" for line in gone),
        *(f"+{line}" for line in come),
        *(f" {line}" for line in below),
    ]
    return "\n".join([f"--- {old}", f"+++ {new}", hunk, *shown]) if gone or come else ""


def _common(left: Sequence[str], right: Sequence[str]) -> int:
    """With how many equal lines both begin."""
    pairs = enumerate(zip(left, right, strict=False))
    return next((index for index, (one, other) in pairs if one != other), min(len(left), len(right)))


def _matches(left: Sequence[str], right: Sequence[str]) -> int:
    """How many pairs of equal lines there are: what a comparison costs."""
    counts = Counter(right)
    return sum(counts[line] for line in left)


def config_of(template: JsonObject) -> tuple[str, ...]:
    """The ConfigMaps and Secrets that a pod template refers to, sorted: volumes, projected volumes, environment, image pull secrets."""
    return tuple(sorted({f"{found.kind} {found.name}" for found in references(template)}))


def _entry(snapshot: Snapshot, revision: Revision, candidate: Revision | None) -> Entry:
    current = candidate is not None and revision.uid == candidate.uid
    pods = [pod for pod in snapshot.pods if is_of(pod, revision) and not pod.terminating]
    through = snapshot.workload is not None and snapshot.workload.kind.through_revisions
    replicas = revision.replicas if through else len(pods)
    return Entry(
        revision=revision,
        config=config_of(revision.template),
        running=current or replicas > 0,
        current=current,
        replicas=replicas,
        ready=revision.ready if through else sum(pod.ready for pod in pods),
    )


def _fits(revision: Revision, to: str) -> bool:
    if any(image == to or image.endswith(f"/{to}") for image in revision.images.values()):
        return True
    cause = revision.change_cause
    return bool(cause) and to in (cause, reason_of(cause))


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names) or "none"
