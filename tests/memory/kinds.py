# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds that the cluster serves: those that every cluster has, and those of the routers, whose CustomResourceDefinitions count as
installed."""

from __future__ import annotations

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import KNOWN, Resource
from ansible_collections.rollout.kubernetes.plugins.module_utils._routers.table import ROUTERS

SERVED: tuple[Resource, ...] = tuple(dict.fromkeys((*KNOWN.values(), *(router.resource for router in ROUTERS.values()))))


def named(kind: str) -> Resource:
    """The kind of this name."""
    return next(resource for resource in SERVED if resource.kind == kind)
