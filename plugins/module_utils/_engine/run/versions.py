# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copies of configuration by themselves, for workloads whose templates something else changes."""

from __future__ import annotations

from dataclasses import replace

from ..._domain.base.errors import InputError
from ..._domain.base.objects import ref_of
from ..._domain.request import ConfigRequest, Versioned
from ..config.cleaning import clean_up
from ..config.configuration import Copy, Shelf, copied
from ..outside.surroundings import Surroundings
from ..plan.plan import differences, notes
from ..tell.outcome import Outcome
from ..write.writer import Writer


def version(request: ConfigRequest, outside: Surroundings, *, check: bool) -> Outcome:
    """Make the copies that are not there yet, then clean up; in check mode tell what would be made.

    Raises `RolloutError` for whatever would be refused, before anything is written.
    """
    writer = Writer(outside.cluster, guard=outside.guard, take_ownership=request.take_ownership, wrote=outside.wrote)
    copies = tuple(_copy(entry, request.namespace, outside) for entry in request.config)
    planned = tuple(copy.planned(writer) for copy in copies)
    made = Outcome(
        changed=any(entry.changed for entry in planned),
        rollouts=(),
        differences=differences(planned),
        notes=notes(planned),
        copies=copies,
    )
    if check:
        return made
    written = tuple(writer.execute(entry) for entry in planned)
    made = replace(made, differences=differences(written), notes=notes(written))
    if not request.cleans:
        return made
    cleaned = clean_up(copies, outside.cluster, writer)
    changed = made.changed or bool(cleaned.notes)
    return replace(made, changed=changed, notes=(*made.notes, *cleaned.notes), warnings=cleaned.warnings)


def _copy(entry: Versioned, namespace: str, outside: Surroundings) -> Copy:
    place = (ref_of(entry.source).namespace if entry.source is not None else "") or namespace
    shelf = Shelf(outside.cluster, place, (entry,))
    former, source = shelf.newest(entry), entry.source or shelf.get(entry.key)
    if source is not None:
        return copied(entry, source, shelf, former)
    if former is not None:
        return Copy(entry, ref_of(former), None, former, former)
    raise InputError(
        f"{entry.kind} {place}/{entry.name} does not exist and is given no content; correct the name, or give data, files, folder, src or "
        "definition."
    )
