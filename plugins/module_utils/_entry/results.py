# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one shape of result, made from an outcome."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from .._domain.base.objects import text
from .._domain.gates.judging import Measurement
from .._domain.history import Entry, difference
from .._domain.kinds import WORKLOADS
from .._domain.leases.claim import Judged
from .._domain.steps.changes import diff_pair
from .._domain.text.veils import veiled, veiled_pair
from .._domain.workloads.completion import standing
from .._domain.workloads.diagnosis import Finding
from .._domain.workloads.revisions import candidate_of, old_and_new
from .._domain.workloads.workload import CHANGE_CAUSE, REVISION, Condition, Revision, Snapshot
from .._engine.config.configuration import Copy
from .._engine.outside.gates import GateReport
from .._engine.tell.outcome import Coloured, Difference, Outcome, Rollout, Routed, StepReport, Switched
from .manifests import dumped
from .preflight import preflight_keys

Result = dict[str, Any]

_LONGEST_MESSAGE = 20_000
"""Characters of a message."""
_MOST_LISTED = 20
"""Workloads that a failed task lists in any case."""


def result_of(outcome: Outcome, *, diff: bool, check: bool, known: frozenset[str] = frozenset()) -> Result:
    """The result of a run that came to an end, well or not; `known` are the texts that no diff may show."""
    result: Result = {
        "changed": outcome.changed,
        "msg": bounded(_ended(outcome.error) if outcome.error else _summary(outcome, check=check)),
        "rollouts": [_rollout(rollout, known) for rollout in _worth_telling(outcome)],
    }
    left_out = len(outcome.rollouts) - len(result["rollouts"])
    if left_out:
        result["msg"] += f" The other {left_out} of {len(outcome.rollouts)} workloads are complete, and left out of rollouts."
    if outcome.copies:
        result["configs"] = [_copy(copy) for copy in outcome.copies]
    if diff:
        result["diff"] = [_difference(difference, known) for difference in outcome.differences]
    if outcome.error:
        result["failed"] = True
    if outcome.preflight is not None:
        result |= preflight_keys(outcome, outcome.preflight)
    if outcome.gates:
        result["gates"] = [gate_result(report) for report in outcome.gates]
    return result


def bounded(message: str) -> str:
    """A message that a person can still read: its beginning, and how much more there was."""
    if len(message) <= _LONGEST_MESSAGE:
        return message
    return f"{message[:_LONGEST_MESSAGE].rpartition(' ')[0]} ... (and {len(message) - _LONGEST_MESSAGE} characters more)"


def _ended(message: str) -> str:
    """A sentence with its full stop; what ends with lines of a log stays."""
    return message if message.endswith((".", "!", "?")) or "\n" in message else f"{message}."


def _worth_telling(outcome: Outcome) -> tuple[Rollout, ...]:
    """The workloads of a result; after a failure the failed ones first, and of very many those that are complete are only counted."""
    if not outcome.error or len(outcome.rollouts) <= _MOST_LISTED:
        return outcome.rollouts
    open_ones = [rollout for rollout in outcome.rollouts if rollout.cause or rollout.phase != "complete"]
    return tuple(sorted(open_ones, key=lambda rollout: not rollout.cause))


def failure(message: str, *, changed: bool) -> Result:
    """The result of a run that was refused or broke off; `changed` when something had been written by then."""
    return {
        "changed": changed,
        "failed": True,
        "msg": bounded(_ended(message)),
        "rollouts": [],
    }


def gate_result(report: GateReport) -> Result:
    """One entry of the key `gates`."""
    standing = report.standing
    return {
        "name": report.gate.name,
        "verdict": report.verdict,
        "step": report.step,
        "workload": report.workload,
        "dry_run": report.gate.dry_run,
        "measurements": [_measurement(entry) for entry in standing.last],
        "counts": {
            "passed": standing.passed,
            "failed": standing.failed,
            "inconclusive": standing.inconclusive,
            "ignored": standing.ignored,
            "errors": standing.errors,
        },
        "seconds": round(report.seconds, 1),
        "message": report.sentence,
    }


def _measurement(entry: Measurement) -> Result:
    value = _json_number(entry.value)
    return {"at": round(entry.at, 1), "outcome": entry.outcome, "value": value, "why": entry.said, "query": entry.query}


def _judged(judged: Judged) -> Result:
    value = _json_number(judged.value)
    known = {"verdict": judged.verdict, "value": value, "at": judged.at, "dry_run": judged.dry_run}
    return {"gate": judged.gate, "step": judged.step, **known}


def _json_number(value: float | None) -> float | str | None:
    """A number as JSON can have it: what is infinite becomes a text."""
    return value if value is None or isfinite(value) else str(value)


def _summary(outcome: Outcome, *, check: bool) -> str:
    if outcome.gates and not outcome.rollouts:
        return " ".join(report.sentence for report in outcome.gates)
    sentences = [_sentence(rollout, check=check) for rollout in outcome.rollouts]
    if not sentences:
        copies = [_made(copy, check=check) for copy in outcome.copies]
        sentences = copies or ["No such workload is there, so there is nothing to do."]
    targets = {rollout.ref for rollout in outcome.rollouts} or {copy.ref for copy in outcome.copies}
    along = [str(difference.ref) for difference in outcome.differences if difference.ref not in targets]
    if along:
        sentences.append(f"{'Would change' if check else 'Changed'} along with it: {', '.join(along)}.")
    notes = [note.replace("took over", "would take over", 1) if check else note for note in outcome.notes]
    if notes:
        sentences.append(f"Note: {'; '.join(notes)}.")
    return " ".join(sentences)


def _made(copy: Copy, *, check: bool) -> str:
    base = f"{copy.ref.kind} {copy.ref.namespace}/{copy.entry.name}"
    if copy.live is not None:
        return f"{base}: its copy {copy.ref.name} is there already."
    changes = f" ({copy.changes})" if copy.former is not None and copy.changes else ""
    return f"{base}: {'would make' if check else 'made'} its copy {copy.ref.name}{changes}."


def _sentence(rollout: Rollout, *, check: bool) -> str:
    states = {step.state for step in rollout.steps}
    message = rollout.message.rstrip(".").removeprefix("paused: ")
    if check and "pending" in states and rollout.phase == "pending":
        return f"{rollout.ref} {message}."
    how = f"is {rollout.phase}{f': {message}' if message else ''}"
    if rollout.unchanged:
        return f"{rollout.ref}: {rollout.unchanged}; {'nothing to do' if rollout.phase == 'complete' else f'it {how}'}."
    return f"{rollout.ref} {f'{rollout.news}, and ' if rollout.news else ''}{how}."


def _rollout(rollout: Rollout, known: frozenset[str]) -> Result:
    workload = rollout.snapshot.workload
    candidate = _version(rollout.candidate) or _live_version(rollout.snapshot)
    entry: Result = {
        "kind": rollout.ref.kind,
        "namespace": rollout.ref.namespace,
        "name": rollout.coloured.workload if rollout.coloured is not None else rollout.ref.name,
        "phase": rollout.phase,
        "complete": standing(rollout.snapshot).done or (not _has_pods(rollout) and rollout.phase == "complete"),
        "strategy": rollout.strategy,
        "steps": [_step(step) for step in rollout.steps],
        # Stable is what serves: once complete, the candidate itself.
        "stable": candidate if rollout.phase == "complete" else _version(rollout.stable),
        "candidate": candidate,
        "revision": _revision(rollout.snapshot),
        "change_cause": workload.annotations.get(CHANGE_CAUSE, "") if workload is not None else "",
        "images": workload.images if workload is not None else {},
        "replicas": _replicas(rollout.snapshot),
        "conditions": [_condition(condition) for condition in workload.conditions] if workload is not None else [],
        "findings": [_finding(finding, rollout) for finding in rollout.findings],
        "cause": rollout.cause,
    }
    if rollout.outage is not None:
        entry["outage"] = {"expected_seconds": rollout.outage.expected, "seconds": rollout.outage.seconds}
    if rollout.application:
        entry["application"] = rollout.application
    if rollout.steps:
        entry["steps_left"] = [step.name for step in rollout.steps if step.state == "pending"]
        entry["next_step"] = next(iter(entry["steps_left"]), None)
    if rollout.switched is not None:
        entry["traffic"] = [_switched(rollout.ref.name, rollout.switched)]
    if rollout.routed:
        entry["traffic"] = [_routed(routed) for routed in rollout.routed]
    if rollout.coloured is not None:
        entry |= _two_sided(rollout.coloured)
        entry["complete"] = rollout.phase == "complete"
    stands = {
        "verdicts": [_judged(judged) for judged in rollout.verdicts],
        "weights": dict(rollout.weights),
        "plan": list(rollout.plan),
        "plan_hash": rollout.plan_hash,
    }
    entry |= {key: value for key, value in stands.items() if value}
    if rollout.history is not None:
        now = rollout.seen or datetime.now(UTC)
        entry["revisions"] = [_revision_entry(revision, now) for revision in rollout.history]
        entry["template"] = veiled(rollout.chosen.template, known) if rollout.chosen is not None else None
        entry["difference"] = _compared(rollout, *rollout.compared, known) if rollout.compared is not None else ""
    return entry


def _switched(service: str, switched: Switched) -> Result:
    selectors = {"selector": dict(switched.after), "previous_selector": dict(switched.before)}
    return {"router": "service", "name": service, **selectors, "pods": switched.pods, "ready": switched.ready}


def _has_pods(rollout: Rollout) -> bool:
    """Whether it is a workload, and no Service or route."""
    return rollout.ref.kind in WORKLOADS


def _routed(routed: Routed) -> Result:
    entry: Result = {"router": routed.router, "name": routed.ref.short, "rule": routed.rule, "weights": dict(routed.weights)}
    return entry if routed.before is None else {**entry, "previous_weights": dict(routed.before)}


def _two_sided(coloured: Coloured) -> Result:
    """What a workload with two sides has besides: where each stands, and where the traffic goes."""
    names = {"stable": coloured.stable, "candidate": coloured.candidate}
    found: Result = {
        "sides": {side: {"name": name, "replicas": coloured.replicas.get(name)} if name else None for side, name in names.items()},
    }
    if coloured.selectors:
        found["traffic"] = [{"router": "service", "name": name, "selector": dict(its)} for name, its in coloured.selectors.items()]
    return found


def _step(step: StepReport) -> Result:
    entry: Result = {"name": step.name, "state": step.state, "seconds": step.seconds}
    if step.pods is not None:
        entry["pods"] = list(step.pods)
    if step.nodes:
        entry["nodes"] = list(step.nodes)
    return entry


def _copy(copy: Copy) -> Result:
    changes = copy.changes
    return {
        "kind": copy.ref.kind,
        "namespace": copy.ref.namespace,
        "name": copy.entry.name,
        "copy_name": copy.ref.name,
        "created": copy.live is None,
        "changes": {"added": list(changes.added), "changed": list(changes.changed), "removed": list(changes.removed)},
    }


def _revision_entry(entry: Entry, now: datetime) -> Result:
    revision = entry.revision
    return {
        "revision": revision.number,
        "name": revision.name,
        "created": _time(revision.created),
        "age": entry.age(now),
        "change_cause": revision.change_cause,
        "images": revision.images,
        "config": list(entry.config),
        "running": entry.running,
        "current": entry.current,
        "former": list(revision.former),
        "replicas": entry.replicas,
        "ready": entry.ready,
    }


def _compared(rollout: Rollout, earlier: Revision, later: Revision, known: frozenset[str]) -> str:
    """The templates, then what they refer to, as unified diffs one after another."""
    templates = veiled_pair(earlier.template, later.template, known)
    whole = [difference(*map(dumped, templates), *map(_title, (earlier, later)))]
    for changed in rollout.reconfigured:
        sides = diff_pair(changed.before, changed.after, known)
        names = (f"{changed.ref.kind} {text(side, 'metadata', 'name')}" for side in (changed.before, changed.after))
        whole.append(difference(*map(dumped, sides), *names))
    return "\n".join(filter(None, whole))


def _title(revision: Revision) -> str:
    return f"revision {revision.number} ({revision.name})"


def _condition(condition: Condition) -> Result:
    return {
        "type": condition.type,
        "status": condition.status,
        "reason": condition.reason,
        "message": condition.message,
        "since": _time(condition.since),
    }


def _time(moment: datetime | None) -> str:
    """As the API writes it; empty when it is not known."""
    return moment.isoformat().replace("+00:00", "Z") if moment is not None else ""


def _revision(snapshot: Snapshot) -> int | None:
    candidate = candidate_of(snapshot)
    if candidate is not None:
        return candidate.number
    number = snapshot.workload.annotations.get(REVISION, "") if snapshot.workload is not None else ""
    return int(number) if number.isdecimal() else None


def _version(revision: Revision | None) -> Result | None:
    if revision is None:
        return None
    return {"revision": revision.number, "name": revision.name, "images": revision.images, "change_cause": revision.change_cause}


def _live_version(snapshot: Snapshot) -> Result | None:
    """What the workload asks for where its revisions were not read (nothing to wait for) or are not made yet."""
    if snapshot.workload is None:
        return None
    workload = snapshot.workload
    return {
        "revision": _revision(snapshot),
        "name": "",
        "images": workload.images,
        "change_cause": workload.annotations.get(CHANGE_CAUSE, ""),
    }


def _replicas(snapshot: Snapshot) -> Result:
    workload = snapshot.workload
    if workload is None:
        return {}
    counts: Result = {
        "desired": workload.desired,
        "current": workload.current,
        "updated": workload.updated,
        "ready": workload.ready,
        "available": workload.available,
    }
    if snapshot.revisions:
        counts["old"], counts["new"] = old_and_new(snapshot)
        counts["terminating"] = sum(pod.terminating for pod in snapshot.pods)
    return counts


def _finding(finding: Finding, rollout: Rollout) -> Result:
    entry: Result = {
        "object": str(finding.ref),
        "container": finding.container,
        "reason": finding.reason,
        "message": finding.message,
        "remedy": finding.remedy,
        "restarts": finding.restarts,
        "log": list(rollout.logs.get((finding.ref, finding.container), ())),
    }
    return entry


def _difference(difference: Difference, known: frozenset[str]) -> Result:
    before, after = diff_pair(difference.before, difference.after, known)
    former = text(difference.before, "metadata", "name") or difference.ref.name
    return {
        "before_header": str(replace(difference.ref, name=former)),
        "after_header": str(difference.ref),
        "before": dumped(before) if before else "",
        "after": dumped(after) if after else "",
    }
