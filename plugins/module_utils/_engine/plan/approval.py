# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hash of a plan, and the refusal of any other plan than the one that was approved.

What is hashed is what there shall be at the end, not how far that is: a run that was killed is followed by one with the same hash. So
what a strategy steps or borrows on its way stands in no hash, and its steps stand in it whether they are done or not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from ..._domain.base.errors import RefusedError, RolloutError
from ..._domain.base.objects import JsonObject, JsonValue, Ref, mapping, replaced
from ..._domain.kinds import WORKLOADS, workload_of
from ..._domain.ownership.borrowed import with_everything_back
from ..._domain.request import Abort, Batching, OperationRequest, Partitioning, Pause, Primary, Restart, RolloutRequest, SwitchRequest
from ..._domain.steps.groups import batches, falling, pods_of, primary_of
from ..._domain.steps.plan_hash import (
    UNKNOWN,
    Aspect,
    Aspects,
    bare_manifest,
    bare_template,
    differing,
    images_in_words,
    is_secret,
    other_plan,
    plan_hash,
    sealed,
    settings_in_words,
    settings_of,
    words_of,
)
from ..._domain.steps.step import Apply
from ..._domain.traffic.services import spelled
from ..._domain.workloads.shares import PROMOTE, Share
from ..config.configuration import Configuration
from ..hold.hold import refuse_held
from ..outside.surroundings import Surroundings
from ..write.writer import Planned
from .plan import Plan, PlannedTarget

_BORROWED = ("strategy", "limits")
"""Steps that give back what was borrowed."""
_SWITCH = ("check", "switch", "verify")
Form = Callable[[bool], Aspects]
"""What a plan wants, by aspects: as the server answers, or (`True`) as the manifests are written, where it could not be asked."""


def refuse_other(plan: Plan, request: RolloutRequest | OperationRequest, outside: Surroundings) -> None:
    """Note the plan's hash. Raises `RefusedError` where another plan was approved, `HeldError` where somebody is at work on its objects."""
    refs = [entry.target.ref for entry in plan.targets]
    unasked = any(planned.needs for planned in plan.writes)
    compare(lambda written: aspects_of(plan, request, written), refs, outside, unasked=unasked)


def refuse_other_switch(request: SwitchRequest, outside: Surroundings) -> None:
    """As `refuse_other`, for Services that are led elsewhere: the request says it all."""
    refs = [Ref("Service", request.namespace, name) for name in sorted(request.wanted)]
    leads: dict[str, JsonValue] = {name: dict(selector) for name, selector in request.wanted.items()}
    words = words_of(f"{name} to {spelled(selector)}" for name, selector in sorted(request.wanted.items()))
    found = {"goal": way("service_switch"), "objects": objects(refs), "services": Aspect(leads, words), "steps": steps(_SWITCH)}
    compare(lambda _written: found, refs, outside)


def compare(form: Form, refs: Collection[Ref], outside: Surroundings, *, unasked: bool = False) -> None:
    """Note the hash. Raises as `refuse_other`.

    What was approved before its namespace was there, say, was approved as it is written: so it may be carried out later as well.
    """
    approved, found = outside.approved, form(unasked)
    approved.found = plan_hash(found)
    if not approved.expected:
        return
    names = differing(approved.expected, found)
    if names and (unasked or differing(approved.expected, form(True))):
        refuse_held(refs, outside)
        raise RefusedError(other_plan(names, found))
    approved.found = approved.expected


def aspects_of(plan: Plan, request: RolloutRequest | OperationRequest, written: bool = False) -> Aspects:
    """What the plan's hash is made of."""
    shown = {entry.target.ref: _shown(entry, written) for entry in plan.targets}
    templates = {ref: bare_template(mapping(obj, "spec", "template")) for ref, obj in shown.items()}
    settings = {entry.target.ref: _settings(entry, shown[entry.target.ref], request) for entry in plan.targets}
    return {
        "goal": _goal(plan, request),
        "objects": objects(shown),
        "templates": _by_ref(templates, images_in_words),
        "settings": _by_ref(settings, settings_in_words),
        "companions": companions_of(plan.companions, plan.configuration),
        "configuration": configuration_of(plan.configuration),
        "steps": _steps(plan, request),
    }


# --- aspects --------------------------------------------------------------------------------------------------------------------


def way(name: str, **more: JsonValue) -> Aspect:
    """What the task is for."""
    told = [f"{key} {value}" for key, value in more.items()]
    return Aspect({"way": name, **more}, " ".join((name, *([f"({', '.join(told)})"] if told else []))))


def objects(refs: Iterable[Ref]) -> Aspect:
    """Which workloads, or Services, the task is about."""
    names = sorted(map(str, refs))
    return Aspect(names, words_of(names))


def steps(names: Iterable[str]) -> Aspect:
    """The steps of the strategy, whether they are done or not."""
    listed = [*names]
    return Aspect(listed, words_of(listed))


def companions_of(
    writes: Iterable[Planned], configuration: Configuration, change: Callable[[JsonObject], JsonObject] = lambda manifest: manifest
) -> Aspect:
    """What comes along, as its manifests say: what the server makes of that is its own."""
    copies = {copy.ref for copy in configuration.copies}
    found = {entry.ref: change(entry.write.manifest) for entry in writes if entry.ref not in copies and isinstance(entry.write, Apply)}
    secrets = [replaced(manifest, ("metadata", "namespace"), ref.namespace) for ref, manifest in found.items() if is_secret(manifest)]
    value: dict[str, JsonValue] = {str(ref): bare_manifest(manifest) for ref, manifest in found.items()}
    return Aspect({"objects": value, "secrets": sealed(secrets)}, words_of(value)) if value else Aspect()


def configuration_of(configuration: Configuration) -> Aspect:
    """The copies of configuration: their names say the content, or it is looked at where the user has chosen them."""
    copies = sorted(configuration.copies, key=lambda copy: copy.ref)
    chosen = [found for copy in copies if copy.entry.version for found in (copy.body or copy.live,) if found is not None]
    names = [str(copy.ref) for copy in copies]
    return Aspect({"copies": names, "content": sealed(chosen)}, words_of(names)) if names else Aspect()


def _by_ref(values: Mapping[Ref, JsonObject], told: Callable[[Ref, JsonObject], str]) -> Aspect:
    return Aspect({str(ref): value for ref, value in values.items()}, words_of(told(ref, value) for ref, value in values.items()))


def _shown(entry: PlannedTarget, written: bool) -> JsonObject:
    """The workload as it is to be at the end."""
    if written and isinstance(entry.write.write, Apply):
        return entry.write.write.manifest
    return with_everything_back(entry.write.after) if entry.write.resource.kind in WORKLOADS else entry.write.after


def _settings(entry: PlannedTarget, shown: JsonObject, request: RolloutRequest | OperationRequest) -> JsonObject:
    stepped = isinstance(request, RolloutRequest) and isinstance(request.grouping, Partitioning)
    stays = isinstance(request, OperationRequest) and isinstance(request.operation, Abort)
    return settings_of(entry.target.manifest, mapping(shown, "spec"), steps_partition=stepped or stays)


def _goal(plan: Plan, request: RolloutRequest | OperationRequest) -> Aspect:
    if isinstance(request, RolloutRequest):
        return way(request.strategy, **_repairing(request.limits.repair))
    operation = request.operation
    if isinstance(operation, Restart):
        return way("restart", **({"key": operation.key} if operation.key else {}))
    if isinstance(operation, Pause):
        return way("pause" if operation.paused else "resume")
    if isinstance(operation, Abort):
        return _abort(plan, operation)
    return way("undo", **_repairing(operation.repair))


def _abort(plan: Plan, operation: Abort) -> Aspect:
    """Giving up what is on its way; what that was is not known any more once the template that serves is back."""
    given_up = {entry.target.ref: entry.write.before for entry in plan.targets if entry.write.template_changed}
    if not given_up:
        return UNKNOWN
    templates = {ref: bare_template(mapping(before, "spec", "template")) for ref, before in given_up.items()}
    value: dict[str, JsonValue] = {str(ref): template for ref, template in templates.items()}
    told = words_of(images_in_words(ref, template) for ref, template in templates.items())
    return Aspect({"way": "abort", "gives up": value, **_repairing(operation.repair)}, f"abort of {told}")


def _repairing(repair: str) -> dict[str, JsonValue]:
    return {} if repair == "blocking" else {"repair": repair}


# --- steps ----------------------------------------------------------------------------------------------------------------------


def _steps(plan: Plan, request: RolloutRequest | OperationRequest) -> Aspect:
    grouping = request.grouping if isinstance(request, RolloutRequest) else None
    if isinstance(grouping, Partitioning):
        return _of_each(plan, lambda entry: _partitions(entry, grouping))
    if isinstance(grouping, Batching):
        return _of_each(plan, lambda entry: _batches(entry, grouping))
    return steps(dict.fromkeys(step.name for entry in plan.targets for step in entry.steps if step.name not in _BORROWED))


def _of_each(plan: Plan, told: Callable[[PlannedTarget], list[str]]) -> Aspect:
    return steps(name for entry in plan.targets for name in ("template", *told(entry)))


def _partitions(entry: PlannedTarget, wish: Partitioning) -> list[str]:
    """The names of the groups, also where no pod is ready at the moment, and all are updated at once."""
    after = workload_of(entry.write.after)
    names = pods_of(after)
    try:
        groups = falling(after, wish, names[-1] if wish.primary.named and names else "")
    except RolloutError:
        # Where no pod is ready nobody asks whether the wish can be.
        return [f"steps {', '.join(map(str, wish.counts)) or ', '.join(wish.lowest)}"]
    return [_with_hold(group.name, group.share) for group in groups]


def _with_hold(name: str, share: Share | None) -> str:
    return f"{name} for {share.hold:g} s" if share is not None and share.hold else name


def _batches(entry: PlannedTarget, wish: Batching) -> list[str]:
    """How pods go together; which these are only where that does not hang on where they run at the moment."""
    after, primary = workload_of(entry.write.after), wish.primary
    chosen = primary.pod or _spelled(primary)
    told = {"batch_label": wish.label, "nodes": wish.nodes, "order": " ".join(wish.order), "primary": chosen}
    rule = [*([] if wish.label else [f"{wish.size} at once"]), *(f"{key} {value}" for key, value in told.items() if value)]
    if wish.shares:
        return [*rule, *(_with_hold(share.name, share) for share in wish.shares), PROMOTE]
    if not after.kind.keeps_ordinals or wish.label or wish.nodes:
        return rule
    places = pods_of(after)
    try:
        last = primary_of(after.ref, Primary(pod=primary.pod), places, ())
        groups = batches(after.ref, places, wish, primary=last)
    except RolloutError:
        # Of a workload that is not there yet nobody asks whether the wish can be.
        return rule
    return [*(group.name for group in groups), *([f"primary {_spelled(primary)}"] if primary.labels else [])]


def _spelled(primary: Primary) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(primary.labels.items()))
