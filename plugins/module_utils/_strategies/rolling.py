# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rolling update: the cluster's own controller replaces the pods within maxSurge and maxUnavailable; one step brings the template."""

from __future__ import annotations

from .._domain.changes import set_env, set_images, set_limits
from .._domain.goals import is_complete
from .._domain.objects import JsonObject, mapping, replaced
from .._domain.request import Limits, ShortChange, Target
from .._domain.steps import Apply, Edit, Step, Write


def steps(target: Target, limits: Limits) -> tuple[Step, ...]:
    """One step, `roll`: the manifest or the short change with the limits, done when the rollout is complete as kubectl has it.

    Raises `InputError` where the manifest cannot take the limits.
    """
    if target.manifest is not None:
        return (_step(Apply(with_limits(target, limits, target.manifest))),)
    change = target.change or ShortChange()
    return (_step(Edit(lambda obj: with_limits(target, limits, with_change(target, change, obj)))),)


def _step(write: Write) -> Step:
    return Step("roll", write, is_complete, unchanged="the template already runs")


def with_limits(target: Target, limits: Limits, obj: JsonObject) -> JsonObject:
    """The object with the limits in its spec; the object itself when there are none."""
    if limits == Limits():
        return obj
    spec = set_limits(
        mapping(obj, "spec"),
        kind=target.ref.kind,
        max_surge=limits.max_surge,
        max_unavailable=limits.max_unavailable,
        min_ready_seconds=limits.min_ready_seconds,
        progress_deadline_seconds=limits.progress_deadline_seconds,
    )
    return replaced(obj, ("spec",), spec)


def with_change(target: Target, change: ShortChange, obj: JsonObject) -> JsonObject:
    """The object with images and environment variables of its pod template set."""
    template = mapping(obj, "spec", "template")
    if change.image:
        template = set_images(template, change.image, ref=target.ref)
    if change.env:
        template = set_env(template, change.env, container=change.container, ref=target.ref)
    return replaced(obj, ("spec", "template"), template)
