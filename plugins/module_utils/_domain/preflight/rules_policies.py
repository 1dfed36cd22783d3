# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about PodDisruptionBudgets and HorizontalPodAutoscalers."""

from __future__ import annotations

from collections.abc import Iterator

from ..base.errors import InputError
from ..base.objects import JsonObject, JsonValue, at, mapping, number, ref_of
from ..workloads.replicas import Amount, amount
from .findings import Fault, Scenery, near, removal, yaml_lines
from .manifest import Subject
from .surroundings import about, autoscalers, budgets, counts, desired, listed, unseen, workloads

_FIELDS = ("minAvailable", "maxUnavailable")


def blocks_evictions(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """A budget allows no eviction, ever."""
    total = desired(subject, scenery)
    for budget in budgets(subject, scenery):
        for field, given in _given(budget):
            if subject.counted and total and _spare(field, given, total) <= 0:
                name = ref_of(budget)
                why = (
                    f"{name} with {field} {given} of {total} pod{'' if total == 1 else 's'} allows no eviction: a node is never emptied, "
                    "until somebody ends its pods by force, with all requests that they work on."
                )
                yield Fault(name, f"spec.{field}", why, _looser(field, total))


def _given(budget: JsonObject) -> Iterator[tuple[str, Amount]]:
    for field in _FIELDS:
        value = at(budget, "spec", field)
        if isinstance(value, (int, str)):
            try:
                yield field, amount(value, option=field)
            except InputError:
                continue


def _spare(field: str, given: Amount, total: int) -> int:
    """How many pods may be away; the disruption controller rounds both percentages up."""
    return given.of(total, up=True) if field == "maxUnavailable" else total - given.of(total, up=True)


def _looser(field: str, total: int) -> str:
    if field == "maxUnavailable":
        return yaml_lines(field, 1)
    return yaml_lines(field, total - 1) if total > 1 else "# with two replicas:\n# minAvailable: 1"


def matches_nothing(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """A budget of the definition counts none of its pods."""
    around = [found for found in workloads(scenery) if near(found.ref, subject.ref)]
    for budget in scenery.known("PodDisruptionBudget"):
        coming = any(budget is manifest for manifest in scenery.manifests) and near(ref_of(budget), subject.ref)
        mine = about(ref_of(budget), around, scenery) == subject.ref
        if coming and mine and not any(counts(budget, found.labels) for found in around):
            why = (
                f"{ref_of(budget)} counts no pod of the definition{unseen(scenery)}: nothing keeps their nodes from being emptied all at "
                "once."
            )
            wanted = mapping(subject.obj, "spec", "selector") or {"matchLabels": subject.labels}
            yield Fault(ref_of(budget), "spec.selector", why, yaml_lines("selector", wanted))


def of_daemons(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """A budget of a DaemonSet's pods counts in a way that needs replicas."""
    for budget in budgets(subject, scenery) if not subject.counted else ():
        for field, given in _given(budget):
            if field == "maxUnavailable" or given.percent:
                why = (
                    f"{ref_of(budget)} has {field} {given} for the pods of {subject.ref.kind} {subject.ref.name}, which have no "
                    "replicas to count from: Kubernetes refuses every eviction for ever."
                )
                instead = yaml_lines("minAvailable", 1)
                remedy = instead if field == "minAvailable" else f"{removal(field, given.spelled)}\n# and instead:\n# {instead}"
                yield Fault(ref_of(budget), f"spec.{field}", why, remedy)


def budgets_overlap(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """Two budgets count the same pods."""
    found = budgets(subject, scenery)
    if len(found) > 1:
        why = (
            f"{listed(sorted(str(ref_of(budget)) for budget in found))} count the same pods: Kubernetes answers every eviction of them "
            "with an error."
        )
        yield Fault(ref_of(found[-1]), "spec.selector", why, removal("selector", mapping(found[-1], "spec", "selector")))


def outside_bounds(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """The replicas are not what the autoscaler allows."""
    for scaler, least, most in _scaled(subject, scenery):
        if subject.replicas and not least <= subject.replicas <= most:
            why = (
                f"replicas {subject.replicas} is outside of what {ref_of(scaler)} allows ({least} to {most}): the rollout and the "
                "autoscaler change it against each other while pods are replaced."
            )
            yield Fault(subject.ref, "spec.replicas", why, removal("replicas", subject.replicas))


def beside_autoscaler(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """The manifest sets the replicas that an autoscaler sets as well."""
    for scaler, least, most in _scaled(subject, scenery):
        if subject.replicas and least <= subject.replicas <= most:
            why = (
                f"replicas {subject.replicas} is written although {ref_of(scaler)} scales it: each rollout sets the number back to "
                f"{subject.replicas}, however many the requests need just then."
            )
            yield Fault(subject.ref, "spec.replicas", why, removal("replicas", subject.replicas))


def _scaled(subject: Subject, scenery: Scenery) -> Iterator[tuple[JsonObject, int, int]]:
    for scaler in autoscalers(subject, scenery):
        least = number(scaler, "spec", "minReplicas", default=1)
        yield scaler, least, number(scaler, "spec", "maxReplicas", default=max(least, subject.replicas or 0))


def autoscalers_overlap(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """Two autoscalers scale the same workload."""
    found = autoscalers(subject, scenery)
    if len(found) > 1:
        why = (
            f"{listed(sorted(str(ref_of(scaler)) for scaler in found))} scale the same workload: Kubernetes stops scaling it, and the "
            "pods that there are get all requests."
        )
        target: JsonValue = mapping(found[-1], "spec", "scaleTargetRef")
        yield Fault(ref_of(found[-1]), "spec.scaleTargetRef", why, removal("scaleTargetRef", target))
