# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules about canaries: what keeps one from beginning, what brings the candidate to all pods unasked, who gets it as well."""

from __future__ import annotations

from collections.abc import Iterator

from ..base.objects import JsonObject, at, items, number, ref_of, text
from ..base.resources import DEPLOYMENT
from ..traffic.scenes import least_field
from .findings import Fault, Scenery, near, yaml_lines
from .manifest import Subject
from .surroundings import autoscalers, desired, listed, served_by, way

_ROLLING: JsonObject = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
_COUNTED = {"External": "external", "Object": "object"}
"""The metrics whose target may be a value for each pod, and where it stands."""


def recreates(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """The Deployment stops all pods before the first new one starts."""
    if way(subject, scenery) == "canary" and subject.update_type == "Recreate":
        why = "Recreate stops all pods before the first new one starts, so that no part of them can run the candidate: a canary is refused."
        yield Fault(subject.ref, "spec.strategy", why, yaml_lines("strategy", _ROLLING))


def scaled_to_zero(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """Something may take all pods away. From 0 a Deployment comes back with its newest template alone."""
    if way(subject, scenery) != "canary":
        return
    comes_back = "and from 0 it comes back with the candidate alone, which nobody has approved."
    for obj in autoscalers(subject, scenery):
        if at(obj, "spec", "minReplicas") == 0:
            why = f"{ref_of(obj)} may scale it to 0, {comes_back}"
            yield Fault(ref_of(obj), "spec.minReplicas", why, yaml_lines("minReplicas", 1))
    for obj in scenery.known("ScaledObject"):
        if near(ref_of(obj), subject.ref) and _scales(obj, subject):
            field = least_field(obj)
            if number(obj, "spec", field) == 0:
                why = f"{ref_of(obj)} may scale it to 0 ({field} is {at(obj, 'spec', field) or 0}), {comes_back}"
                remedy = (
                    "# without idleReplicaCount, and with:\n# minReplicaCount: 1" if field == "idleReplicaCount" else yaml_lines(field, 1)
                )
                yield Fault(ref_of(obj), f"spec.{field}", why, remedy)


def _scales(obj: JsonObject, subject: Subject) -> bool:
    """A ScaledObject of KEDA scales it; without a kind it means a Deployment."""
    target = (text(obj, "spec", "scaleTargetRef", "kind") or DEPLOYMENT.kind, text(obj, "spec", "scaleTargetRef", "name"))
    return target == (subject.ref.kind, subject.ref.name)


def counts_pods(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """An autoscaler takes the pods that a canary adds for a while for pods that are wanted."""
    if way(subject, scenery) != "canary":
        return
    for obj in autoscalers(subject, scenery):
        for metric in items(obj, "spec", "metrics"):
            field = _COUNTED.get(text(metric, "type"), "")
            if field and text(metric, field, "target", "type") == "AverageValue":
                why = (
                    f"{ref_of(obj)} divides a metric of type {text(metric, 'type')} by all pods (AverageValue). Those that the canary adds "
                    "in each step count as well, and as long as the load is near the target it takes their number for the wanted one."
                )
                total = desired(subject, scenery)
                lines = (
                    f"# for the time of the canary:\n# maxReplicas: {total}"
                    if total
                    else "# for the time of the canary a fixed maxReplicas"
                )
                yield Fault(ref_of(obj), "spec.maxReplicas", why, lines)
                break


def several_services(subject: Subject, scenery: Scenery) -> Iterator[Fault]:
    """Several Services lead to the pods."""
    names = sorted(service.ref.name for service, _obj in served_by(subject, scenery))
    if way(subject, scenery) == "canary" and len(names) > 1:
        why = f"The Services {listed(names)} all lead to its pods, so that the users of each get the candidate, by its share of the pods."
        yield Fault(
            subject.ref,
            "spec.template.metadata.labels",
            why,
            "# nothing, if that is wanted; blue_green moves the Services that it is given",
        )
