# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what users say about order to which pods are updated together."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .._domain.base.errors import InputError
from .._domain.request import ONE_POD, Batching, Partitioning, Primary
from .._domain.workloads.replicas import Amount, amount
from .shares import shares_of

_ONE_BY_ONE = "one_by_one"
_LABEL = re.compile(r"[\w./-]+=[\w.-]*(?:,[\w./-]+=[\w.-]*)*", re.ASCII)


def grouping_of(strategy: str, parameters: Mapping[str, Any]) -> Partitioning | Batching | None:
    """Which pods go together, of the strategies that go pod by pod. Raises `InputError`."""
    stop = (parameters.get("stop_before") or "").strip()
    shares = shares_of(parameters) if strategy in ("partition", "on_delete") else ()
    if strategy == "partition":
        counts, one_by_one = _counts(parameters.get("steps") if not shares else None)
        lowest = tuple(str(entry).strip() for entry in parameters.get("ordinals") or ())
        return Partitioning(counts, one_by_one, lowest, _primary(parameters.get("primary")), stop, shares)
    if strategy == "on_delete":
        order = tuple(str(entry).strip() for entry in parameters.get("order") or ())
        return Batching(
            size=_size(parameters["batch"], "batch") if parameters.get("batch") is not None else ONE_POD,
            label=(parameters.get("batch_label") or "").strip(),
            order=order,
            nodes=(parameters.get("nodes") or "").strip(),
            shares=shares,
            primary=_primary(parameters.get("primary")),
            stop_before=stop,
        )
    return None


def _counts(given: Any) -> tuple[tuple[Amount, ...], bool]:
    """The option `steps`: counts and percentages, or one pod a step."""
    if given is None or given == _ONE_BY_ONE:
        return (), given == _ONE_BY_ONE
    entries = given if isinstance(given, Sequence) and not isinstance(given, str) else [given]
    return tuple(_size(entry, "steps") for entry in entries), False


def _size(given: Any, option: str) -> Amount:
    found = amount(given, option=option)
    if found.value < 1:
        raise InputError(f"{option} is {found}, with which no pod would be updated; give at least 1.")
    if found.percent and found.value > 100:
        raise InputError(f"{option} is {found}, which is more than 100%.")
    return found


def _primary(given: Any) -> Primary:
    """The option `primary`: a pod's name or ordinal, labels, or the registered result of a task that prints one of these."""
    if isinstance(given, Mapping):
        if not isinstance(given.get("stdout"), str) or not given["stdout"].strip():
            raise InputError("primary is a result without any output; give one whose stdout is the primary's name, or name the pod.")
        given = given["stdout"]
    said = "" if given is None or isinstance(given, bool) else str(given).strip()
    if given is not None and (not said or len(said.split()) > 1):
        raise InputError(f"primary is {given!r}, which names no pod; give a pod's name, its ordinal, or a label such as role=primary.")
    if _LABEL.fullmatch(said):
        return Primary(labels=dict(part.split("=", 1) for part in said.split(",")))
    return Primary(pod=said.removeprefix("pod/"))
