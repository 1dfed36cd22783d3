# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a Deployment's new number of replicas is shared among its ReplicaSets."""

from __future__ import annotations

from ..schema import Json

_MAXIMUM = "deployment.kubernetes.io/max-replicas"


def proportional(active: list[Json], desired: int, allowed: int, counted: int) -> dict[str, int]:
    """Sizes by name: each grows or shrinks as the whole does, and the largest takes what rounding leaves."""
    missing = allowed - sum(entry["spec"]["replicas"] for entry in active)

    def rank(entry: Json) -> tuple[object, ...]:
        created = entry["metadata"]["creationTimestamp"]
        return -entry["spec"]["replicas"], *((-ord(letter) for letter in created) if missing > 0 else (created,))

    ordered = sorted(active, key=rank)
    sizes, added = {}, 0
    for entry in ordered:
        now, part = entry["spec"]["replicas"], 0
        if missing and missing != added:
            maximum = int(entry["metadata"]["annotations"].get(_MAXIMUM, 0)) or counted or desired
            fraction = int(now * allowed / maximum + 0.5) - now
            left = missing - added
            part = min(fraction, left) if missing > 0 else max(fraction, left)
        sizes[entry["metadata"]["name"]] = now + part
        added += part
    first = ordered[0]["metadata"]["name"]
    sizes[first] = max(0, sizes[first] + missing - added)
    return sizes
