# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hash of a plan for blue/green: by the names of workloads, whatever their Deployments are called at the moment."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ..._domain.base.objects import JsonObject, JsonValue, Ref, mapping, replaced, texts
from ..._domain.base.resources import DEPLOYMENT
from ..._domain.ownership.owners import unrestarted
from ..._domain.request import ColourRequest
from ..._domain.sides.colours import base_of, fingerprint
from ..._domain.steps.plan_hash import NONE, UNKNOWN, Aspect, Aspects, images_in_words, settings_in_words, settings_of, words_of
from ..._domain.traffic.services import spelled
from ..._strategies.blue_green_back import BACK
from ..._strategies.blue_green_steps import FORWARD
from ..outside.surroundings import Surroundings
from .approval import companions_of, compare, configuration_of, objects, steps, way
from .sides import ColourPlan


def refuse_other_sides(plan: ColourPlan, request: ColourRequest, refs: Collection[Ref], outside: Surroundings) -> None:
    """Note the plan's hash. Raises `RefusedError` where another plan was approved, `HeldError` where somebody is at work on `refs`."""
    unasked = any(planned.needs for planned in (*plan.companions, *plan.direct, *plan.candidates))
    compare(lambda written: _aspects(plan, request, written), refs, outside, unasked=unasked)


def _aspects(plan: ColourPlan, request: ColourRequest, written: bool) -> Aspects:
    templates = plan.ends.written if written else plan.ends.templates
    refs = {name: Ref(DEPLOYMENT.kind, request.namespace, name) for name in templates}
    # What comes along is not looked at any more once the rollout goes back.
    known = request.goal != "roll" or plan.claim is None or not plan.claim.back
    return {
        "goal": _goal(plan, request),
        "objects": objects(refs.values()) if templates else UNKNOWN,
        "templates": _templates(templates, refs) if templates else UNKNOWN,
        "settings": _settings(plan, request),
        "companions": companions_of(plan.companions, plan.configuration, _rebased) if known else UNKNOWN,
        "configuration": configuration_of(plan.configuration) if known else UNKNOWN,
        "services": _services(plan),
        "steps": steps(BACK if request.goal == "abort" else FORWARD),
    }


def _goal(plan: ColourPlan, request: ColourRequest) -> Aspect:
    if request.goal != "abort":
        return way("blue_green" if request.goal == "roll" else request.goal)
    if plan.claim is None:
        return UNKNOWN
    given_up: dict[str, JsonValue] = {side.workload: side.wanted for side in plan.claim.sides}
    return Aspect({"way": "abort", "gives up": given_up}, f"abort of {plan.claim.cause or 'what is on its way'}")


def _templates(templates: Mapping[str, JsonObject | str], refs: Mapping[str, Ref]) -> Aspect:
    value: dict[str, JsonValue] = {name: its if isinstance(its, str) else fingerprint(unrestarted(its)) for name, its in templates.items()}
    return Aspect(value, words_of(images_in_words(refs[name], {} if isinstance(its, str) else its) for name, its in templates.items()))


def _settings(plan: ColourPlan, request: ColourRequest) -> Aspect:
    """What the definition names besides the templates, and how the rollout goes. The short way changes a template and nothing else."""
    if request.goal == "abort":
        return NONE
    colours = plan.ends.colours
    if colours is None:
        return UNKNOWN
    given = {entry.ref: settings_of(entry.manifest, mapping(entry.manifest, "spec")) for entry in request.targets if entry.manifest}
    options: dict[str, JsonValue] = {
        "preview_replicas": colours.preview_replicas,
        "scale_down_delay": round(colours.delay),
        "keep_old": colours.keep_old,
        "leave": colours.leaves,
    }
    told = [*(settings_in_words(ref, its) for ref, its in given.items()), *(f"{key} {value}" for key, value in options.items())]
    return Aspect({"workloads": {str(ref): its for ref, its in given.items()}, "options": options}, words_of(told))


def _services(plan: ColourPlan) -> Aspect:
    ends = plan.ends
    if ends.services is None:
        return UNKNOWN
    leads: dict[str, JsonValue] = {name: [its, dict(ends.selectors[name])] for name, its in ends.services.items()}
    told = [f"{name} to {its} ({spelled(ends.selectors[name])})" for name, its in sorted(ends.services.items())]
    told += [f"preview {name} to {its}" for name, its in sorted(ends.previews.items())]
    return Aspect({"services": leads, "previews": dict(ends.previews)}, words_of(told))


def _rebased(manifest: JsonObject) -> JsonObject:
    """A Service's manifest without what tells the colours apart."""
    if manifest.get("kind") != "Service":
        return manifest
    return replaced(manifest, ("spec", "selector"), dict(base_of(texts(manifest, "spec", "selector"))))
