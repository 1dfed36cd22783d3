# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The revisions of a workload for people: which one they mean, what stands in each, how two differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import unified_diff

from .causes import reason_of
from .config_references import references
from .errors import InputError
from .masking import MASK, looks_secret, mask
from .objects import JsonObject, JsonValue, Ref, text
from .records import UndoRecord
from .revisions import candidate_of, is_of, newest_besides
from .workload import Revision, Snapshot


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
    """A template for a result: whatever looks like a credential is hidden, and values of variables whose names sound like one's."""
    return {key: _masked(value) for key, value in template.items()}


def _masked(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        hidden = looks_secret(text(value, "name")) and isinstance(value.get("value"), str)
        # An image's `name:tag` may look like a key and its value.
        return {key: MASK if hidden and key == "value" else item if key == "image" else _masked(item) for key, item in value.items()}
    return [_masked(item) for item in value] if isinstance(value, Sequence) else value


def difference(before: str, after: str, old: str, new: str) -> str:
    """Two texts as a unified diff, with what they are in its header; empty when they are equal."""
    return "\n".join(unified_diff(before.splitlines(), after.splitlines(), old, new, lineterm=""))


def config_of(template: JsonObject) -> tuple[str, ...]:
    """The ConfigMaps and Secrets that a pod template refers to, sorted: volumes, projected volumes, environment, image pull secrets."""
    return tuple(sorted({f"{found.kind} {found.name}" for found in references(template)}))


def _entry(snapshot: Snapshot, revision: Revision, candidate: Revision | None) -> Entry:
    current = candidate is not None and revision.uid == candidate.uid
    pods = [pod for pod in snapshot.pods if is_of(pod, revision) and not pod.terminating]
    deployment = snapshot.workload is not None and snapshot.workload.ref.kind == "Deployment"
    replicas = revision.replicas if deployment else len(pods)
    return Entry(
        revision=revision,
        config=config_of(revision.template),
        running=current or replicas > 0,
        current=current,
        replicas=replicas,
        ready=revision.ready if deployment else sum(pod.ready for pod in pods),
    )


def _fits(revision: Revision, to: str) -> bool:
    if any(image == to or image.endswith(f"/{to}") for image in revision.images.values()):
        return True
    cause = revision.change_cause
    return bool(cause) and to in (cause, reason_of(cause))


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names) or "none"
