# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option `repair`, which only a StatefulSet has a use for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._domain.base.errors import InputError
from .._domain.kinds import named
from .._domain.request import Selection


def check_repair(parameters: Mapping[str, Any], selection: Selection) -> None:
    """Raises `InputError` where `repair` is set and the task is about one kind alone that has none.

    A task about several kinds says it for the StatefulSets among them, also if there are none this time.
    """
    repair = parameters.get("repair", "blocking")
    kinds = {target.resource.kind for target in selection.targets} | {resource.kind for resource in selection.resources}
    if repair == "blocking" or len(kinds) != 1 or any(named(kind).needs_repair for kind in kinds):
        return
    which = f"{selection.targets[0].ref}, which gets" if selection.targets else f"{min(kinds)}s, which get"
    raise InputError(f"repair: {repair} is for StatefulSets; leave it out for {which} past broken pods without it.")
