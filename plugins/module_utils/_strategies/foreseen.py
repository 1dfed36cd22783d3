# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known beforehand of an object that later steps are going to change."""

from __future__ import annotations

from dataclasses import dataclass

from .._domain.base.objects import JsonValue, Ref
from .._domain.base.resources import Resource


@dataclass(frozen=True)
class Foreseen:
    """One field of one object as it is going to be; without a path the object goes."""

    resource: Resource
    ref: Ref
    path: tuple[str, ...] = ()
    value: JsonValue = None
