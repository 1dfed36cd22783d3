# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether what is on its way is what somebody has approved: an approval that comes late must not move another version.

A candidate is named as results name it (`rollouts[].candidate.name`): its ReplicaSet, which is the Deployment's name and the hash of
the template.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ..base.errors import RefusedError
from ..base.objects import JsonObject, items, text
from ..leases.claim import Claim
from ..leases.remembered import FORMAT, recalled
from ..traffic.scenes import Scene
from ..workloads.revisions import candidate_of
from .claims import Promotion, SidesClaim

GIVEN_UP = "rollout.kubernetes/given-up"
"""The annotation of the application's Lease that remembers which candidates were given up."""
REMEMBERED = 20
"""How many of them it keeps."""
LONGEST = 200
"""How many characters of a reason it keeps."""


@dataclass(frozen=True)
class GivenUp:
    """A rollout that was given up and has gone back."""

    candidates: frozenset[str]
    why: str
    by: str
    at: str
    """When, in RFC 3339."""


@dataclass(frozen=True)
class Known:
    """What is known of an application when something is expected of it."""

    application: str
    claim: Claim | None
    candidates: frozenset[str]
    """Of the rollout on its way; the name is empty of one that was not made yet."""
    serving: frozenset[str]
    given_up: tuple[GivenUp, ...] = ()


def given_up_of(lease: JsonObject | None) -> tuple[GivenUp, ...]:
    """What a Lease remembers, oldest first. Raises `RefusedError` for what cannot be read."""
    return tuple(
        GivenUp(
            candidates=frozenset(text(entry, "candidates").split()),
            why=text(entry, "why"),
            by=text(entry, "by"),
            at=text(entry, "at"),
        )
        for entry in items(recalled(lease, GIVEN_UP), "rollouts")
    )


def given_up_text(entries: Iterable[GivenUp]) -> str:
    """The value of the annotation: the last ones, each candidate once, with the beginning of the reason."""
    newest: dict[frozenset[str], GivenUp] = {}
    for entry in entries:
        newest.pop(entry.candidates, None)
        newest[entry.candidates] = entry
    kept = [
        {"candidates": " ".join(sorted(entry.candidates)), "why": _shortened(entry.why), "by": entry.by, "at": entry.at}
        for entry in [*newest.values()][-REMEMBERED:]
    ]
    return json.dumps({"version": FORMAT, "rollouts": kept}, sort_keys=True)


def candidates_of(claim: SidesClaim, scene: Scene) -> tuple[str, ...]:
    """The names of a rollout's candidates; empty for one that was not made yet. Of what goes back, those that were given up."""
    if claim.back:
        return claim.candidates
    revisions = [candidate_of(scene.snapshot(side.candidate)) for side in claim.sides]
    return tuple(revision.name if revision is not None else "" for revision in revisions)


def serving_of(history: Collection[Promotion]) -> frozenset[str]:
    """The names of what the last promotion gave the traffic to."""
    last = [*history][-1:]
    return frozenset(f"{deployment}-{its_hash}" for entry in last for deployment, its_hash in entry.parts.values())


def promoted_already(expected: frozenset[str], known: Known) -> str:
    """Return why nothing is left to be promoted, or '' when the promotion of what is expected is to go on.

    Raises `RefusedError` for any other candidate, for none, and for one that is being given up.
    """
    claim = known.claim
    if claim is not None and known.candidates == expected:
        if claim.back:
            raise _refusal("promote", expected, known, _on_its_way_back(claim))
        return ""
    if expected <= known.serving:
        return f"{_named(expected)} {_verb(expected, 'serves', 'serve')} already"
    raise _refusal("promote", expected, known, _instead(known))


def aborted_already(expected: frozenset[str], known: Known) -> str:
    """Return why nothing is left to be given up, or '' when what is expected is to be given up. Raises `RefusedError` for all else."""
    if known.claim is not None and known.candidates == expected:
        return ""
    former = next((entry for entry in reversed(known.given_up) if entry.candidates == expected), None)
    if former is not None and not expected <= known.serving:
        by = f" by {former.by}" if former.by else ""
        return f"{_named(expected)} {_verb(expected, 'was', 'were')} given up already{by} at {former.at} ({former.why.rstrip('.')})"
    if expected <= known.serving:
        it = _verb(expected, "it serves", "they serve")
        raise _refusal("abort", expected, known, f"{it} already; undo brings the version before back")
    raise _refusal("abort", expected, known, _instead(known))


def _refusal(goal: str, expected: frozenset[str], known: Known, what: str) -> RefusedError:
    return RefusedError(f"{goal} of {known.application} expects {_named(expected)}, but {what}. Nothing was changed.")


def _instead(known: Known) -> str:
    claim = known.claim
    if claim is None:
        serving = f", {_named(known.serving)} {_verb(known.serving, 'serves', 'serve')}" if known.serving else ""
        return f"nothing is on its way{serving}; roll it out anew and expect the candidate of that result"
    if claim.back:
        return _on_its_way_back(claim)
    since = f", begun by {claim.by} at {claim.since}" if claim.since else ""
    if not all(known.candidates):
        return (
            f"the rollout on its way ({claim.cause}{since}) has not made its candidate yet; run {claim.strategy} again with what you want"
        )
    there = f"{_named(known.candidates)} {_verb(known.candidates, 'is', 'are')} on the way ({claim.cause}{since})"
    return f"{there}; look at that version and expect it by name, or abort it"


def _on_its_way_back(claim: Claim) -> str:
    return f"the rollout on its way ({claim.cause}) is being given up ({claim.why.rstrip('.')})"


def _shortened(why: str) -> str:
    first = why.partition("\n")[0]
    return first if len(first) <= LONGEST else f"{first[: LONGEST - 3]}..."


def _verb(names: Collection[str], one: str, several: str) -> str:
    return one if len(names) == 1 else several


def _named(names: Collection[str]) -> str:
    return " and ".join(sorted(names))
