# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Switching Services: what an intent holds, and what follows from it and from the cluster after an interruption.

There is no transaction over several objects. So the intent - which selectors there were, and which there shall be - is stored before the
first Service is written and cleared after the last one is proven; whoever comes next can tell half a switch from a whole one, and knows
what to go back to.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..base.objects import JsonObject, mapping, texts
from ..leases.remembered import FORMAT, recalled, unreadable
from .services import Selector, Service

INTENT = "rollout.kubernetes/switch"
"""The annotation of the application's Lease that holds the intent."""


@dataclass(frozen=True)
class Intent:
    """A switch that was begun: by the Services' names the selectors before and after."""

    before: Mapping[str, Selector] = field(default_factory=dict)
    after: Mapping[str, Selector] = field(default_factory=dict)

    @classmethod
    def of(cls, lease: JsonObject | None) -> Intent:
        """From the annotations of a Lease; an empty one when there is none. Raises `RefusedError` for one that cannot be read."""
        entry = recalled(lease, INTENT)
        if entry is None:
            return cls()
        before, after = mapping(entry, "before"), mapping(entry, "after")
        if not after or not all(isinstance(selector, Mapping) for selector in (*before.values(), *after.values())):
            raise unreadable(lease, INTENT)
        return cls({name: texts(before, name) for name in before}, {name: texts(after, name) for name in after})

    def text(self) -> str:
        """The value of the annotation; empty for an empty intent."""
        if not self.after:
            return ""
        plain = {
            side: {name: dict(selector) for name, selector in part.items()}
            for side, part in (("before", self.before), ("after", self.after))
        }
        return json.dumps({"version": FORMAT, **plain}, sort_keys=True)


def following(former: Intent, services: Mapping[str, Service], wanted: Mapping[str, Selector]) -> Intent:
    """Return the intent of a switch to `wanted`: the former one where it goes on with that or turns it back, else a new one.

    Where an interrupted run has switched some Services, the selectors to go back to are those from before that run. For a Service that
    somebody else has changed since, it is what that person has set.
    """
    live = {name: services[name].selector for name in wanted}
    if not is_same(wanted, former.after) and not half_done(former, services):
        return Intent(live, dict(wanted))
    before = {
        name: former.before[name] if name in former.before and selector in (former.before[name], former.after.get(name)) else selector
        for name, selector in live.items()
    }
    return Intent(before, former.after)


def is_same(wanted: Mapping[str, Selector], other: Mapping[str, Selector]) -> bool:
    """Both say the same of the same Services."""
    return {name: dict(selector) for name, selector in wanted.items()} == {name: dict(selector) for name, selector in other.items()}


def half_done(former: Intent, services: Mapping[str, Service]) -> tuple[str, ...]:
    """The names of the Services that an interrupted switch has reached, if it has not reached all; empty for a whole one."""
    there = {name: selector for name, selector in former.after.items() if name in services}
    reached = tuple(sorted(name for name, selector in there.items() if services[name].selector == selector != former.before.get(name)))
    rest = [name for name, selector in there.items() if services[name].selector != selector]
    return reached if rest else ()
