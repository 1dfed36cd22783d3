# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading the JSON of many objects, with no more memory than needed."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from .._domain.base.resources import CONTROLLER_REVISION, POD, REPLICA_SET, Resource

_MADE_BY_CONTROLLERS = (POD, REPLICA_SET, CONTROLLER_REVISION)
"""Kinds of which nobody here asks who owns which field, and of which there may be thousands."""


def reader_of(resource: Resource) -> Callable[[bytes], Any]:
    """What makes objects of the text of a list or an event: without `managedFields` for kinds that controllers make.

    They are half of a pod, and go while it is read: of a whole page they would be what a task needs most memory for.
    """
    return partial(json.loads, object_hook=_without_owners) if resource in _MADE_BY_CONTROLLERS else json.loads


def _without_owners(obj: dict[str, Any]) -> dict[str, Any]:
    obj.pop("managedFields", None)
    return obj
