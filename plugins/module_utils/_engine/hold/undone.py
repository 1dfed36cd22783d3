# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Telling of a version that a person took back, when it is to be rolled out again."""

from __future__ import annotations

from collections.abc import Mapping

from ..._domain.base.errors import RefusedError
from ..._domain.base.objects import JsonObject, Ref, mapping
from ..._domain.leases.undone import found
from ..._domain.ownership.owners import unrestarted
from ..._domain.sides.colours import fingerprint
from ..outside.surroundings import Surroundings


def told_of_undone(versions: Mapping[Ref, str], outside: Surroundings, *, refuse: bool) -> tuple[str, ...]:
    """The warnings for versions (workload to fingerprint) that a person took back. Raises `RefusedError` instead on request."""
    sentences = []
    for ref, version in sorted(versions.items()):
        entry = found(outside.leases.of(ref.namespace) or (), ref, version)
        sentences += [entry.sentence(ref)] if entry is not None else []
    if sentences and refuse:
        lines = (f"{sentence}; refuse_undone is set, so nothing was written." for sentence in sentences)
        raise RefusedError("\n".join(lines))
    return tuple(f"{sentence}." for sentence in sentences)


def version_of(obj: JsonObject | None) -> str:
    """The fingerprint of a workload's pod template, whether it was restarted or not."""
    return fingerprint(unrestarted(mapping(obj or {}, "spec", "template")))
