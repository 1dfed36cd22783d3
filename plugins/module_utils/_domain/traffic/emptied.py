# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services that a new template would leave without a ready pod: because their selector and the pods' labels do not go together any more,
or not yet.

A Service is served on where a ready pod has what it is going to select and stays: one of a workload that nobody changes, or one of a
workload whose old and new pods both have it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..base.objects import JsonObject, Ref, texts
from ..kinds import named
from ..workloads.workload import COLOUR, REVISION_HASH, TEMPLATE_HASH
from .services import Backend, Selector, picked, picks, spelled

OF_ONE_TEMPLATE = (TEMPLATE_HASH, REVISION_HASH, "pod-template-generation")
"""The labels that controllers give to the pods of one template: no pod of another template has the same value."""
OF_ONE_POD = ("statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index")
"""Those of a StatefulSet's pods: the pod that comes in the place of another one has the same value again."""


@dataclass(frozen=True)
class Relabelled:
    """A workload that gets new pods."""

    ref: Ref
    before: Selector
    """The labels of its template as it is; empty for a workload that is not there yet."""
    after: Selector
    """Those of the template that comes."""
    returning: frozenset[str] = frozenset()
    """The hashes of the revision that comes, where it has been there before."""
    known: frozenset[str] = frozenset()
    """The keys of labels that some template of it has had. Other labels of its pods are given to them while they run, by an operator
    say, and so may those of new pods."""

    @classmethod
    def of(cls, ref: Ref, before: JsonObject | None, after: JsonObject) -> Relabelled:
        """From the workload as it is, if it is there, and as it is going to be."""
        path = ("spec", "template", "metadata", "labels")
        return cls(ref, texts(before or {}, *path), texts(after, *path))

    @property
    def application(self) -> str:
        """As `Backend.application` calls it."""
        return f"{self.ref.kind} {self.ref.name}"

    def lacks(self, selector: Selector, *, alive: bool) -> tuple[str, ...]:
        """The keys of a selector that the new pods do not answer to. `alive`: pods of it that run do, also by labels that no template of
        it has."""
        return tuple(key for key, value in sorted(selector.items()) if not self._answers(key, value, alive=alive))

    def _answers(self, key: str, value: str, *, alive: bool) -> bool:
        if key in OF_ONE_TEMPLATE:
            return value in self.returning
        if key in self.after:
            return self.after[key] == value
        return alive and (key in OF_ONE_POD or key not in {*self.before, *self.known})

    def makes(self, selector: Selector, *, alive: bool) -> bool:
        """New pods answer to a selector, those of a StatefulSet also to one that names one of them."""
        lacking = self.lacks(selector, alive=alive)
        return all(key in OF_ONE_POD and self._is_numbered(selector[key]) for key in lacking)

    def _is_numbered(self, pod: str) -> bool:
        name, _dash, index = pod.rpartition("-")
        return named(self.ref.kind).keeps_ordinals and name in ("", self.ref.name) and index.isdigit()


@dataclass(frozen=True)
class Turned:
    """A Service: what it selects, and what it is going to select from the first write on."""

    ref: Ref
    before: Selector
    """Empty for a Service that is not there yet."""
    after: Selector
    backends: Sequence[Backend] = field(default_factory=tuple)
    """The pods that either selector picks, at least."""
    comes: bool = False
    """It stands in the definition, beside a workload of its namespace."""
    others: Sequence[Selector] = ()
    """The labels of what else may make pods that it selects."""


def concerned(before: Selector, after: Selector, chosen: Mapping[str, str], change: Relabelled) -> bool:
    """The Service may lead to pods of this workload, whose own selector is `chosen`, and not to its new ones."""
    mine = {key: value for key, value in before.items() if key in chosen}
    related = bool(mine) and all(chosen[key] == value for key, value in mine.items())
    return (related or picks(before, change.before)) and (before != after or bool(change.lacks(after, alive=False)))


def emptied(service: Turned, changes: Iterable[Relabelled], *, outage: bool = False) -> str:
    """Why the Service would lead to nothing, for a time or for good, and what to do; empty when it is served on.

    `outage`: the pods stop before others start, as was announced; then only what is for good is told.
    """
    by_name = {change.application: change for change in changes}
    chosen = picked(service.after, service.backends)
    alive = {backend.application for backend in chosen}
    coming = [change for change in by_name.values() if change.makes(service.after, alive=change.application in alive)]
    stays = {change.application for change in coming}
    if any(backend.ready and (backend.application in stays or backend.application not in by_name) for backend in chosen):
        return ""
    serving = sorted({backend.application for backend in picked(service.before, service.backends) if backend.ready})
    leaving = [by_name[name] for name in serving if name in by_name]
    if coming:
        return _not_yet(service, coming[0]) if serving and not outage else ""
    leaving = leaving or [change for change in by_name.values() if picks(service.before, change.before)]
    if leaving:
        return _no_more(service, leaving[0])
    # A label that no template has may be given to pods while they run; another value is a mistake.
    mistaken = all(any(change.after.get(key, value) != value for key, value in service.after.items()) for change in by_name.values())
    if serving or (service.comes and service.before != service.after and not chosen and mistaken):
        fitting = any(picks(service.after, labels) for labels in service.others)
        return "" if fitting else _never(service, list(by_name.values()))
    return ""


def _not_yet(service: Turned, change: Relabelled) -> str:
    keys = [key for key, value in sorted(service.after.items()) if service.before.get(key) != value] or sorted(service.after)
    return (
        f"{service.ref} would select {spelled(service.after)}, which no ready pod has before the new ones of {change.ref} are there, and "
        f"lead to nothing until then. {_way_out(keys)}"
    )


def _no_more(service: Turned, change: Relabelled) -> str:
    keys = change.lacks(service.after, alive=True) or change.lacks(service.after, alive=False)
    lacking = spelled({key: service.after[key] for key in keys})
    return (
        f"{service.ref} selects {spelled(service.after)}, and the new pods of {change.ref} do not have {lacking}: once the old ones are "
        f"gone it would lead to nothing. {_way_out(keys)}"
    )


def _never(service: Turned, changes: Sequence[Relabelled]) -> str:
    found = " and ".join(f"{change.ref} ({spelled(change.after)})" for change in changes[:3])
    nor = f", nor the new ones of {found}" if found else ""
    return (
        f"{service.ref} would select {spelled(service.after)}, which no pod has{nor}: it would lead to nothing. Correct spec.selector of "
        "the Service, or the labels of the template."
    )


def _way_out(keys: Sequence[str]) -> str:
    if COLOUR in keys:
        return "Blue/green has set that: use the module blue_green, or go back to one plain Deployment first (blue_green with leave: true)."
    names = " and ".join(keys)
    return (
        f"Take {names} out of its selector first, so that it leads to old and new pods alike, then run the task again (or blue_green, "
        "where old and new ones must not answer side by side)."
    )


def of_one_pod(selector: Selector) -> str:
    """The pod to which a selector leads alone, by the label that names it; empty where it leads to others as well."""
    return next((selector[key] for key in OF_ONE_POD if key in selector), "")
