# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rolling update: the cluster's own controller replaces the pods within the bounds of its kind; one step brings the template."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from .._domain.base.errors import InputError, RefusedError
from .._domain.base.objects import JsonObject, JsonValue, Ref, at, mapping, replaced, text
from .._domain.config.entries import renamed
from .._domain.kinds import named, workload_of
from .._domain.ownership.superseded import Wanted, by_change, by_manifest
from .._domain.request import Limits, ShortChange, Target
from .._domain.steps.changes import check_bounds, set_env, set_images, set_limits
from .._domain.steps.edits import Chain, OwnStrategy
from .._domain.steps.goals import is_complete
from .._domain.steps.step import Apply, Edit, Step, Terms, Write
from .._domain.workloads.pace import left_behind, pace_of, replaces_pods, waits_for_deletion
from .._domain.workloads.revisions import observed
from .._domain.workloads.workload import Snapshot, Workload
from .repair import blocked, way_for_the_new

_ROLLING_UPDATE = ("spec", "updateStrategy", "rollingUpdate")
_REMEDY = "set updateStrategy to type: RollingUpdate in its definition"


def steps(target: Target, limits: Limits) -> tuple[Step, ...]:
    """One step, `roll`: the manifest or the short change with the limits, done when the rollout is complete as kubectl has it.

    Raises `InputError` where the manifest cannot take the limits, or has bounds that the server refuses.
    """
    if target.manifest is not None:
        manifest = with_limits(target, limits, target.manifest)
        _check(target, manifest)
        return (_step(target, limits, Apply(manifest), at(manifest, *_ROLLING_UPDATE, "maxUnavailable")),)
    change = target.change or ShortChange()
    write = Edit(Chain((OwnStrategy(), NewTemplate(target, change, limits))))
    return (_step(target, limits, write, limits.max_unavailable),)


def _step(target: Target, limits: Limits, write: Write, unavailable: JsonValue) -> Step:
    """`unavailable`: the maxUnavailable that is asked for; None where none is."""
    stuck = target.kind.needs_repair
    repair = way_for_the_new(limits.repair) if stuck else None
    lacks = blocked(limits.repair) if stuck else None
    terms = _terms(target.ref, unavailable)
    return Step(
        "roll",
        write,
        is_complete,
        repair,
        unchanged="the template already runs",
        terms=terms,
        impossible=_in_vain,
        waiting_for=lacks,
        wants=wants_of(target),
        gates="along",
    )


def wants_of(target: Target) -> Callable[[JsonObject | None, JsonObject], Wanted]:
    """What must stay as it was written: what the definition names, or the short change."""
    if target.manifest is not None:
        return partial(by_manifest, target.manifest)
    return partial(by_change, target.change or ShortChange())


def _terms(ref: Ref, unavailable: JsonValue) -> Callable[[JsonObject | None, JsonObject], Terms]:
    def terms(before: JsonObject | None, after: JsonObject) -> Terms:
        wanted = workload_of(after)
        ignored = ignored_unavailable(ref, unavailable, after)
        if before is None:
            return Terms(warnings=ignored)
        was = workload_of(before)
        _refuse_on_delete(ref, was, wanted)
        if not replaces_pods(was, wanted):
            kept = left_behind(wanted) if was.updated < was.desired else ""
            return Terms(notes=(f"{ref}: {kept} (partition {wanted.partition})",) if kept else (), warnings=ignored)
        pace = pace_of(wanted)
        return Terms(
            notes=(f"{ref}: {pace.sentence}",) if pace.sentence else (),
            warnings=(*ignored, *((pace.warning,) if pace.warning else ())),
            replaces_pods=True,
            gap=pace.gap,
        )

    return terms


def ignored_unavailable(ref: Ref, unavailable: JsonValue, after: JsonObject) -> tuple[str, ...]:
    """That the server has dropped what was asked for, as the kind's maxUnavailable is behind a feature gate."""
    gate = named(ref.kind).unavailable_gate
    if not gate or unavailable is None or at(after, *_ROLLING_UPDATE, "maxUnavailable") is not None:
        return ()
    return (f"{ref}: this cluster ignores maxUnavailable of {ref.kind}s (feature gate {gate}), pods are replaced one at a time.",)


def _refuse_on_delete(ref: Ref, was: Workload, wanted: Workload) -> None:
    """Under OnDelete the controller replaces no pod: a rolling update would be waited for for ever."""
    if wanted.update_type != "OnDelete":
        return
    if was.normal != wanted.normal:
        other = "use the module on_delete"
        raise RefusedError(f"{_on_delete(ref)} no pod gets a new template by itself; {_REMEDY}, or {other}.")
    in_vain = _in_vain(Snapshot(was))
    if in_vain:
        raise RefusedError(in_vain)


def _in_vain(snapshot: Snapshot) -> str:
    """That pods of an older template stay under OnDelete; empty as long as the controller has not told, or where none does."""
    workload = snapshot.workload
    old = waits_for_deletion(workload) if workload is not None and observed(workload) else 0
    if workload is None or not old:
        return ""
    stay = f"{old} of its {workload.current} pods {'stay' if old > 1 else 'stays'} on an older template until somebody deletes"
    return f"{_on_delete(workload.ref)} {stay} {'them' if old > 1 else 'it'}; {_REMEDY}, or use the module on_delete."


def _on_delete(ref: Ref) -> str:
    return f"{ref} has the update strategy OnDelete, under which"


def _check(target: Target, manifest: JsonObject) -> None:
    """Refuse bounds that the server would refuse, in the words of this collection, where its own are hard to understand."""
    bounds = mapping(manifest, *_ROLLING_UPDATE)
    if bounds and text(manifest, "spec", "updateStrategy", "type") in ("", "RollingUpdate"):
        with _naming(target):
            check_bounds(bounds, kind=target.kind)


@dataclass(frozen=True)
class NewTemplate:
    """Makes the short change of a live workload, and sets its limits."""

    target: Target
    change: ShortChange
    limits: Limits

    def __call__(self, obj: JsonObject) -> JsonObject:
        """Return the object with both. Raises `InputError` as `with_change` and `with_limits`."""
        return with_limits(self.target, self.limits, with_change(self.target, self.change, obj))


def with_limits(target: Target, limits: Limits, obj: JsonObject) -> JsonObject:
    """The object with the limits in its spec; the object itself when there are none. Raises `InputError`."""
    if limits.set_nothing:
        return obj
    with _naming(target):
        spec = set_limits(
            mapping(obj, "spec"),
            kind=target.kind,
            max_surge=limits.max_surge,
            max_unavailable=limits.max_unavailable,
            partition=limits.partition,
            min_ready_seconds=limits.min_ready_seconds,
            progress_deadline_seconds=limits.progress_deadline_seconds,
        )
    return replaced(obj, ("spec",), spec)


@contextmanager
def _naming(target: Target) -> Iterator[None]:
    """A refusal names the workload, as a definition may hold several."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{target.ref}: {error.message}") from error


def with_change(target: Target, change: ShortChange, obj: JsonObject) -> JsonObject:
    """The object with images, environment variables and the names of configuration of its pod template set."""
    template = mapping(obj, "spec", "template")
    if change.image:
        template = set_images(template, change.image, ref=target.ref)
    if change.env:
        template = set_env(template, change.env, container=change.container, ref=target.ref)
    return replaced(obj, ("spec", "template"), renamed(template, change.config))
