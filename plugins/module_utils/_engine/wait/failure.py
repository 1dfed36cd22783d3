# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the end of a course to what the user is told about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..._domain.base.errors import ClusterError
from ..._domain.base.objects import Ref
from ..._domain.base.ports import Cluster
from ..._domain.request import Waiting
from ..._domain.text.masking import mask
from ..._domain.workloads.completion import standing
from ..._domain.workloads.diagnosis import Finding
from ..._domain.workloads.revisions import candidate_of
from ..._domain.workloads.workload import Snapshot
from ..tell.outcome import Rollout, RolloutPhase
from .course import Course

_STRATEGY = {"RollingUpdate": "rolling", "Recreate": "recreate", "OnDelete": "on_delete"}

Logs = dict[tuple[Ref, str], tuple[str, ...]]


def phase_of(course: Course) -> RolloutPhase:
    """The phase at the end: what failed is degraded, whatever the numbers say."""
    if course.failed and not course.timed_out and not course.refusal:
        return "degraded"
    phase = standing(course.snapshot).phase
    # What is complete then is not what the task was to bring.
    return "degraded" if course.refusal and course.reason != "in_vain" and phase == "complete" else phase


def strategy_of(snapshot: Snapshot) -> str:
    """The strategy by which the cluster's own controller replaces the workload's pods."""
    return _STRATEGY.get(snapshot.workload.update_type, "") if snapshot.workload is not None else ""


def read_logs(course: Course, cluster: Cluster, waiting: Waiting) -> Logs:
    """The last lines of the log of the container that ended the wait, masked; nothing where there is none to read."""
    worst = next((finding for finding in course.verdict.findings if finding.outlook == "crash_loop"), None)
    place = (worst.ref, worst.container) if worst is not None else _ended(course)
    if place is None or not waiting.log_lines or not course.failed:
        return {}
    pod, container = place
    for previous in (True, False):
        try:
            log = cluster.log(pod.namespace, pod.name, container, lines=waiting.log_lines, previous=previous)
        except ClusterError:
            continue  # No right to read logs, or the kubelet does not answer: the cause stands without them.
        if log.strip():
            # Masked as a whole: a key or certificate goes over several lines.
            return {place: tuple(mask(log.strip()).splitlines()[-waiting.log_lines :])}
    return {}


def _ended(course: Course) -> tuple[Ref, str] | None:
    """The container whose end has failed a step that was done; None where that was no container's."""
    found = course.unsteady
    return (found.pod.ref, found.container.name) if found is not None and found.container is not None else None


def failure_of(course: Course, waiting: Waiting) -> str:
    """The sentence about a course that failed: object, revision, how far it got, cause, remedy."""
    if course.refusal:
        return course.refusal
    if course.loss:
        return f"{course.ref}: {course.loss}" if course.lost_alone else f"{course.ref} {_how_it_stood(course)}, and {course.loss}"
    if course.deleted:
        return f"{course.ref} was deleted while its rollout was waited for{', and made anew' if course.made_anew else ''}."
    workload, candidate = course.snapshot.workload, candidate_of(course.snapshot)
    revision = f" revision {candidate.number}" if candidate is not None and candidate.number else ""
    worst = course.verdict.fatal or next(iter(course.verdict.findings), None)
    seconds = round((course.ended or course.started) - course.started)
    how_far = course.verdict.message.rstrip(".") or "nothing was seen of it"
    if course.timed_out:
        how_far += f" (wait_timeout of {waiting.timeout:g} s is over)"
    sentence = f"{course.ref} did not finish{revision}: {how_far} after {seconds} s"
    if course.silence:
        # What was wrong when the cluster was last heard of may be no more.
        sentence += f"; at the end the cluster did not answer ({course.silence}), so what was seen last may be outdated"
    elif worst is not None:
        sentence += f"; {_cause(worst, workload_ref=workload.ref if workload is not None else course.ref)}"
    return sentence.rstrip(".") + "."


def _how_it_stood(course: Course) -> str:
    """How far it was when it was stopped, for what that cost users."""
    if standing(course.snapshot).done:
        return "is complete"
    how_far = course.verdict.message.rstrip(".")
    seconds = round((course.ended or course.started) - course.started)
    return f"was on its way after {seconds} s{f' ({how_far})' if how_far else ''}"


def deleted(told: Sequence[str]) -> str:
    """Which pods were deleted, as the end of a sentence."""
    return f" Deleted {', '.join(told)}, to be made anew." if told else ""


def with_logs(rollout: Rollout) -> Rollout:
    """The rollout with the log's last lines at the end of its cause, each in a line of its own."""
    lines = [line for log in rollout.logs.values() for line in ("Its log ends with:", *(f"  {entry}" for entry in log))]
    return replace(rollout, cause="\n".join([rollout.cause, *lines])) if rollout.cause else rollout


def _cause(finding: Finding, *, workload_ref: Ref) -> str:
    return finding.sentence if finding.ref != workload_ref else f"{finding.reason}: {finding.message}; {finding.remedy}"
