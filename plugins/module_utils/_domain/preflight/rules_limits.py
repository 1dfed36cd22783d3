# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about the numbers of a rollout: how many pods at a time, how many at all, how long."""

from __future__ import annotations

from collections.abc import Iterator

from ..base.errors import InputError
from ..base.objects import JsonObject, at, mapping
from ..workloads.replicas import amount, resolve
from .findings import Fault, Scenery, yaml_lines
from .manifest import Subject, probe_budget, whole
from .surroundings import answering, autoscalers, bounds_of, desired, least, limit, rolls, served_by, usual_start, way

_LIMITS = ("maxSurge", "maxUnavailable")
_SURGING: JsonObject = {"maxSurge": 1, "maxUnavailable": 0}
_START = 60
"""Seconds that a pod may take until it is ready, in the wait that is proposed."""


def both_zero(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """maxSurge and maxUnavailable are both 0."""
    if _both_zero(subject) and way(subject, scenery) != "recreate":
        alone = not subject.kind.takes("maxSurge")
        why = (
            f"{'maxUnavailable is' if alone else 'maxSurge and maxUnavailable are both'} 0, so that no pod could ever be replaced: "
            "Kubernetes refuses it."
        )
        yield Fault(subject.ref, f"{subject.strategy_path}.rollingUpdate", why, yaml_lines("rollingUpdate", subject.kind.proposed_limits))


def _both_zero(subject: Subject) -> bool:
    if subject.update_type != "RollingUpdate":
        return False
    names = [name for name in _LIMITS if subject.kind.takes(name)]
    try:
        given = [amount(value, option=name) for name in names if (value := limit(subject, name)) is not None]
    except InputError:
        return False
    added, _taken = subject.kind.default_limits
    expected = len(names) if added.value or limit(subject, "maxUnavailable") is None else 1
    return len(given) >= expected and not any(entry.value for entry in given)


def limits_refused(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """maxSurge or maxUnavailable is something that Kubernetes refuses."""
    if subject.update_type != "RollingUpdate" or _both_zero(subject) or way(subject, scenery) == "recreate":
        return
    try:
        resolve(
            subject.kind,
            desired(subject, scenery) or 0,
            surge=limit(subject, "maxSurge"),
            unavailable=limit(subject, "maxUnavailable"),
        )
    except InputError as error:
        why = error.message.replace("max_surge", "maxSurge").replace("max_unavailable", "maxUnavailable")
        yield Fault(subject.ref, f"{subject.strategy_path}.rollingUpdate", why, yaml_lines("rollingUpdate", subject.kind.proposed_limits))


def rounds_to_zero(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """maxUnavailable rounds to 0 and nothing may be added: Kubernetes takes one away."""
    bounds = bounds_of(subject, scenery)
    if bounds is not None and bounds.warning:
        why = (
            f"maxUnavailable {limit(subject, 'maxUnavailable')} of {desired(subject, scenery)} rounds to 0 and no pod may be added, so "
            "Kubernetes takes a pod away before its successor is ready: less is left for the requests than was asked for."
        )
        if not subject.kind.takes("maxSurge"):
            yield Fault(
                subject.ref, f"{subject.strategy_path}.rollingUpdate.maxUnavailable", why, yaml_lines("maxUnavailable", bounds.unavailable)
            )
        else:
            yield Fault(subject.ref, f"{subject.strategy_path}.rollingUpdate.maxSurge", why, yaml_lines("maxSurge", 1))


def takes_all(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """maxUnavailable takes all pods at once. Where one pod is asked for, that is another rule's; a DaemonSet's is asked for by the node."""
    if not rolls(subject, scenery) or not answering(subject, scenery):
        return
    bounds, total = bounds_of(subject, scenery), desired(subject, scenery)
    given = limit(subject, "maxUnavailable")
    least_pods = 1 if subject.kind.per_node else 2
    none_stays = bounds is not None and bounds.min_available == 0
    all_of_them = str(given).strip() == "100%" if total is None else total >= least_pods and none_stays
    if all_of_them:
        what = "the only pod go" if total == 1 else f"all {total or ''} pods go at once"
        value = "1, the default, " if given is None else f"{given} "
        why = f"maxUnavailable {value}lets {what}: no request is answered until the new ones are ready."
        # On several nodes one pod after the other is enough; on one there must be two for a while.
        remedy = _SURGING if subject.kind.per_node and total == 1 else subject.kind.proposed_limits
        yield Fault(
            subject.ref,
            f"{subject.strategy_path}.rollingUpdate",
            why.replace("  ", " "),
            yaml_lines("rollingUpdate", remedy),
        )


def single_replica(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """One pod alone answers the requests."""
    if subject.counted and desired(subject, scenery) == 1 and least(subject, scenery) < 2 and served_by(subject, scenery):
        why = "One pod alone answers the requests: whenever it is evicted, moved or crashes, nobody does."
        scaled = next(iter(autoscalers(subject, scenery)), None)
        if scaled is None or subject.replicas is not None:
            yield Fault(subject.ref, "spec.replicas", why, yaml_lines("replicas", 2))
        else:
            yield Fault(subject.ref, "spec.replicas", why, "# minReplicas of its HorizontalPodAutoscaler:\n# minReplicas: 2")


def recreate_served(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """All pods go before the first new one comes."""
    if "Recreate" in subject.kind.update_types and way(subject, scenery) == "recreate" and served_by(subject, scenery):
        why = "Recreate ends all pods before the first new one starts: every request fails until that one is ready."
        remedy: JsonObject = {"type": "RollingUpdate", "rollingUpdate": _SURGING}
        yield Fault(subject.ref, "spec.strategy", why, yaml_lines("strategy", remedy))


def min_ready_and_deadline(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """minReadySeconds lasts as long as the progress deadline or longer."""
    if subject.deadline is not None and subject.min_ready >= subject.deadline:
        why = (
            f"minReadySeconds {subject.min_ready} is not less than progressDeadlineSeconds {subject.deadline}: no pod could become "
            "available in time, and Kubernetes refuses it."
        )
        yield Fault(
            subject.ref, "spec.progressDeadlineSeconds", why, yaml_lines("progressDeadlineSeconds", max(600, 2 * subject.min_ready))
        )


def min_ready_and_timeout(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """The rollout takes longer than it is waited for, by minReadySeconds alone."""
    if scenery.wait_timeout is None or not subject.min_ready:
        return
    bounds, total = bounds_of(subject, scenery), desired(subject, scenery)
    at_once = bounds.surge + bounds.unavailable if bounds is not None else 0
    rounds = -(-total // at_once) if total and at_once else 1
    if rounds * subject.min_ready >= scenery.wait_timeout:
        why = (
            f"minReadySeconds {subject.min_ready} in {rounds} round{'' if rounds == 1 else 's'} of pods takes at least "
            f"{rounds * subject.min_ready} s, and the rollout is waited for only {whole(scenery.wait_timeout)} s: it would be given up "
            "half way."
        )
        fitting = max(1, int(scenery.wait_timeout // (2 * rounds)))
        instead = f"# or wait longer, in the task:\n# wait_timeout: {rounds * (subject.min_ready + _START)}"
        yield Fault(subject.ref, "spec.minReadySeconds", why, f"{yaml_lines('minReadySeconds', fitting)}\n{instead}")


def startup_and_deadline(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """A startup probe may take longer than the progress deadline."""
    for part in subject.parts:
        budget = probe_budget(mapping(part.obj, "startupProbe")) if part.has("startupProbe") else 0
        if subject.deadline is not None and budget and subject.deadline <= budget + subject.min_ready:
            why = (
                f"The startupProbe of container {part.name} allows {budget} s for the start"
                f"{f' and minReadySeconds adds {subject.min_ready} s' if subject.min_ready else ''}, but progressDeadlineSeconds is "
                f"{subject.deadline}: a slow start counts as a failed rollout."
            )
            remedy = yaml_lines("progressDeadlineSeconds", budget + subject.min_ready + 60)
            yield Fault(subject.ref, "spec.progressDeadlineSeconds", why, remedy)


def start_and_deadline(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """Pods that run took longer to start than the progress deadline."""
    seconds = usual_start(subject, scenery)
    if seconds is not None and subject.deadline is not None and subject.deadline <= seconds:
        why = (
            f"Half of the pods that run took {seconds} s or longer until they were ready (pull of the image and start), but "
            f"progressDeadlineSeconds is {subject.deadline}: the next rollout counts as failed although nothing is wrong."
        )
        yield Fault(subject.ref, "spec.progressDeadlineSeconds", why, yaml_lines("progressDeadlineSeconds", 2 * seconds))


def no_history(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """No revision is kept to go back to."""
    if at(subject.obj, "spec", "revisionHistoryLimit") == 0 and at(subject.obj, "spec", "revisionHistoryLimit") is not False:
        why = "revisionHistoryLimit 0 keeps no revision to go back to: requests fail until a repaired version is there."
        yield Fault(subject.ref, "spec.revisionHistoryLimit", why, yaml_lines("revisionHistoryLimit", 10))
