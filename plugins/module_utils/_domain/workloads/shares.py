# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many pods each step of a rollout gives the candidate, where steps are named by their share of the pods.

The whole number of pods stays what the workload asks for, so a weight is only met as closely as whole pods can (Argo Rollouts rounds the
same way without a router and without a surge).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ..base.objects import JsonObject, JsonValue, at, number, text

MATCH = "match"
"""The first step of a canary in which nothing but matching requests go to the candidate."""
PROMOTE = "promote"
"""The last step: all pods run the candidate."""


@dataclass(frozen=True)
class Share:
    """One step before the promotion: `weight` in percent of the pods, or a number of pods (`replicas`)."""

    name: str
    weight: int | None = None
    replicas: int | None = None
    hold: float = 0.0
    """Seconds that it lasts, counted from when the pods of the candidate serve."""

    def candidates(self, total: int, least: int = 1) -> int:
        """How many of `total` pods run the candidate: at least `least` and 1, and at least one pod stays stable.

        Of a workload with one pod that is one: a canary starts it beside the stable one, pod by pod it is exchanged.
        """
        if total <= 1:
            return 1
        wanted = self.replicas if self.replicas is not None else nearest(total, self.weight or 0)
        return max(1, min(max(wanted, least), total - 1))

    @property
    def asked(self) -> str:
        """What the user has asked for, in words."""
        if self.weight is None:
            return f"{self.replicas} pod{'' if self.replicas == 1 else 's'}"
        return f"{self.weight} %"

    def plain(self) -> dict[str, JsonValue]:
        """What is stored of it."""
        found: dict[str, JsonValue] = {"name": self.name, "weight": self.weight, "replicas": self.replicas, "hold": round(self.hold)}
        return {key: value for key, value in found.items() if value is not None and (value != 0 or key == "weight")}

    @classmethod
    def of(cls, entry: JsonObject) -> Share:
        """From what is stored of it."""
        return cls(text(entry, "name"), _whole(entry, "weight"), _whole(entry, "replicas"), float(number(entry, "hold")))


def nearest(total: int, weight: int) -> int:
    """The number of pods whose share of `total` is nearest to a weight in percent; of two that are as near, the larger one."""
    less, rest = divmod(total * weight, 100)
    return less + (rest >= 50)


def most_more(shares: Iterable[Share], least: int, total: int, portion: int) -> int:
    """How many pods more than `total` there are at most on the way through all steps; `portion` are exchanged at a time in the end."""
    before, most = 0, 0
    for share in shares:
        count = share.candidates(total, least)
        most, before = max(most, count - before), max(before, count)
    return max(most, min(portion, max(total - before, 1))) if total else 0


def named(shares: Iterable[Share]) -> tuple[Share, ...]:
    """The same with their names: `weight_10`, and `weight_10_2` for the second of that weight."""
    seen: Counter[str] = Counter()
    found = []
    for share in shares:
        base = f"replicas_{share.replicas}" if share.weight is None else f"weight_{share.weight}"
        seen[base] += 1
        found.append(Share(base if seen[base] == 1 else f"{base}_{seen[base]}", share.weight, share.replicas, share.hold))
    return tuple(found)


def percent(part: int, whole: int) -> str:
    """The share of some pods, in words: `33 %`."""
    return f"{round(100 * part / whole)} %" if whole else "0 %"


def _whole(entry: JsonObject, name: str) -> int | None:
    return number(entry, name) if isinstance(at(entry, name), int) else None
