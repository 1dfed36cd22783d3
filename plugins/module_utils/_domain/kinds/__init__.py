# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of workloads, one file each; a new one is one file and one line here.

A kind is asked for what it can do (`kind.has_deadline`), never for its name. A workload brings its kind along, and so does a target. Where
only a name is known (an option, a `Ref`), `named` finds the kind; names alone tell the kinds of the table apart. Where an object may be of
anybody's kind, its group counts as well: there are StatefulSets of other groups.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..base.objects import JsonObject, controller_of, text
from ..base.resources import Resource
from ..workloads.kind import Kind
from ..workloads.workload import Revision, Workload
from . import daemon_set, deployment, stateful_set

KINDS: tuple[Kind, ...] = (
    deployment.KIND,
    stateful_set.KIND,
    daemon_set.KIND,
)
DEFAULT = deployment.KIND.name
"""What is meant where a task says no kind."""
TWO_SIDED = frozenset(kind.name for kind in KINDS if kind.has_sides)
"""The names of the kinds that blue/green rolls out."""
WORKLOADS: Mapping[str, Resource] = {kind.name: kind.resource for kind in KINDS}
"""The kinds whose pods a strategy replaces, by name."""
_BY_NAME: Mapping[str, Kind] = {kind.name: kind for kind in KINDS}
_BY_KEEPER: Mapping[str, tuple[Kind, ...]] = {
    keeper.kind: tuple(kind for kind in KINDS if kind.revisions == keeper) for keeper in (kind.revisions for kind in KINDS)
}
_BY_GROUP: Mapping[tuple[str, str], Kind] = {(kind.resource.group, kind.name): kind for kind in KINDS}


def named(name: str) -> Kind:
    """The kind of this name. Raises `KeyError` for what is no kind of workload."""
    return _BY_NAME[name]


def kind_of(resource: Resource) -> Kind | None:
    """The kind of workload that a resource is; None for anything else, also for one of the same name in another group."""
    return _BY_GROUP.get((resource.group, resource.kind))


def workload_of(obj: JsonObject) -> Workload:
    """The workload that an object of one of the kinds is, read as its kind reads it. Raises `KeyError` for what is no kind of workload."""
    return named(text(obj, "kind")).read(obj)


def revision_of(obj: JsonObject) -> Revision:
    """The revision that an object keeps, read as the kind of its controller reads it. What belongs to none of these kinds is read as well:
    whoever follows pods must know that it is there."""
    owner, candidates = text(controller_of(obj), "kind"), _BY_KEEPER[text(obj, "kind")]
    return next((kind for kind in candidates if kind.name == owner), candidates[0]).read_revision(obj)


def kind_in(obj: JsonObject) -> Kind | None:
    """The kind of workload that an object with its version is of; None for anything else."""
    return _BY_GROUP.get((text(obj, "apiVersion").rpartition("/")[0], text(obj, "kind")))
