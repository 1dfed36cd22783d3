# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What two revisions have of configuration, side by side: their templates only name it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..._domain.base.errors import ForbiddenError
from ..._domain.base.objects import JsonObject, JsonValue, Ref, mapping, ref_of
from ..._domain.base.ports import Cluster
from ..._domain.config.content import Key, base_by_shape
from ..._domain.config.naming import base_of
from ..._domain.config.references import references
from ..._domain.workloads.workload import Revision
from ..config.configuration import Shelf
from ..tell.outcome import Difference, Outcome, Rollout

_FIELDS = ("data", "binaryData")


def with_configuration(outcome: Outcome, cluster: Cluster) -> Outcome:
    """The outcome in which each comparison of two revisions has the contents of the copies that they refer to as well.

    What may not be read is left out, with a warning.
    """
    warnings: list[str] = []
    rollouts = tuple(
        replace(rollout, reconfigured=tuple(_differences(rollout, rollout.compared, cluster, warnings))) if rollout.compared else rollout
        for rollout in outcome.rollouts
    )
    return replace(outcome, rollouts=rollouts, warnings=(*outcome.warnings, *dict.fromkeys(warnings)))


def _differences(rollout: Rollout, compared: tuple[Revision, Revision], cluster: Cluster, warnings: list[str]) -> Iterator[Difference]:
    shelf = Shelf(cluster, rollout.ref.namespace, ())
    earlier, later = (_by_base(revision.template, shelf, warnings) for revision in compared)
    for key in sorted(earlier.keys() & later.keys()):
        before, after = earlier[key], later[key]
        if ref_of(before) != ref_of(after):
            yield Difference(Ref(key[0], rollout.ref.namespace, key[1]), _content(before), _content(after))


def _by_base(template: JsonObject, shelf: Shelf, warnings: list[str]) -> dict[Key, JsonObject]:
    """What a template refers to and is there, by kind and by what it is a copy of."""
    found: dict[Key, JsonObject] = {}
    for reference in references(template):
        try:
            obj = None if reference.credential else shelf.get(reference.key)
        except ForbiddenError as error:
            warnings.append(f"{error.message} So its contents were not compared.")
            continue
        if obj is not None:
            found[reference.kind, base_of(obj) or base_by_shape(reference.name) or reference.name] = obj
    return found


def _content(obj: JsonObject) -> JsonObject:
    ref = ref_of(obj)
    fields: dict[str, JsonValue] = {field: mapping(obj, field) for field in _FIELDS if field in obj}
    return {"kind": ref.kind, "metadata": {"name": ref.name}, **fields}
