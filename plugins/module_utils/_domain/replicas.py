# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many pods a rolling update may add and take away: counts and percentages, rounded as each kind's controller rounds them.

| kind | surge | unavailable | defaults | refused by the server |
|---|---|---|---|---|
| Deployment | up | down | 25%, 25% | both 0 |
| DaemonSet | up | up | 0, 1 | both 0, and both above 0 |
| StatefulSet | has none | down, at least 1 | 1 | 0 |

The server looks at what is written, not at what it comes to: 10% of 3 rounds down to 0 and is accepted; the controllers then
use 1. That is a warning here and no error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .errors import InputError

_LARGEST = 2**31 - 1
_BOTH_ZERO = "max_surge and max_unavailable are both 0, so that no pod could ever be replaced: set one of them above 0."


@dataclass(frozen=True)
class Amount:
    """A count of pods, or a percentage of the desired ones."""

    value: int
    percent: bool = False

    def of(self, total: int, *, up: bool) -> int:
        """How many of `total` pods that is."""
        if not self.percent:
            return self.value
        return -(-total * self.value // 100) if up else total * self.value // 100

    @property
    def spelled(self) -> int | str:
        """As manifests spell it: 3 or "25%"."""
        return f"{self.value}%" if self.percent else self.value

    def __str__(self) -> str:
        return str(self.spelled)


@dataclass(frozen=True)
class Bounds:
    """What holds during a rolling update, in pods."""

    surge: int
    unavailable: int
    min_available: int
    max_total: int
    warning: str = ""
    """One sentence where the numbers are not what was asked for."""


_DEFAULTS: Mapping[str, tuple[Amount, Amount]] = {
    "Deployment": (Amount(25, percent=True), Amount(25, percent=True)),
    "DaemonSet": (Amount(0), Amount(1)),
    "StatefulSet": (Amount(0), Amount(1)),
}


def amount(value: int | str, *, option: str) -> Amount:
    """The amount that "25%", "3" or 3 means; `InputError` names `option` for anything else."""
    found = None if isinstance(value, bool) else re.fullmatch(r"\s*([0-9]{1,10})(%?)\s*", str(value), re.ASCII)
    if found is None or int(found[1]) > _LARGEST:
        raise InputError(f"{option} is {value!r}, which is neither a count of pods such as 3 nor a percentage such as 25%.")
    return Amount(int(found[1]), percent=bool(found[2]))


def check_limits(*, surge: int | str | None, unavailable: int | str | None) -> None:
    """`InputError` for what is wrong with the two whatever the kind is: no amount, or both 0. None is not given."""
    given = [
        amount(value, option=option) for option, value in (("max_surge", surge), ("max_unavailable", unavailable)) if value is not None
    ]
    if len(given) == 2 and not any(entry.value for entry in given):
        raise InputError(_BOTH_ZERO)


def resolve(kind: str, desired: int, *, surge: int | str | None = None, unavailable: int | str | None = None) -> Bounds:
    """The bounds of a rolling update of `desired` pods; None is the kind's default.

    `InputError` for what the server would refuse: see the table above; a percentage of unavailable pods above 100 as well.
    """
    added = _DEFAULTS[kind][0] if surge is None else amount(surge, option="max_surge")
    taken = _DEFAULTS[kind][1] if unavailable is None else amount(unavailable, option="max_unavailable")
    _refuse(kind, added, taken, surge_given=surge is not None)
    more = added.of(desired, up=True)
    fewer = taken.of(desired, up=kind == "DaemonSet")
    warning = ""
    if desired and fewer == 0 and more == 0:
        warning = f"max_unavailable {taken} of {_pods(desired)} rounds to 0 and nothing may be added: Kubernetes takes 1 away at a time"
        fewer = 1
    fewer = min(fewer, desired)
    return Bounds(more, fewer, desired - fewer, desired + more, warning)


def _refuse(kind: str, added: Amount, taken: Amount, *, surge_given: bool) -> None:
    if kind == "StatefulSet":
        if surge_given:
            raise InputError("max_surge does not exist for a StatefulSet: leave it out.")
        if taken.value == 0:
            raise InputError("max_unavailable of a StatefulSet is 0, so that no pod could ever be replaced: set at least 1.")
    elif added.value == 0 and taken.value == 0:
        raise InputError(_BOTH_ZERO)
    elif kind == "DaemonSet" and added.value and taken.value:
        raise InputError(
            "max_surge and max_unavailable of a DaemonSet are both above 0 (max_unavailable is 1 where it is not set), which Kubernetes "
            "refuses: set one of them to 0."
        )
    limited = [("max_unavailable", taken)] + ([("max_surge", added)] if kind == "DaemonSet" else [])
    for option, given in limited:
        if given.percent and given.value > 100:
            raise InputError(f"{option} is {given}, which is more than 100%.")


def _pods(count: int) -> str:
    return f"{count} pod{'' if count == 1 else 's'}"
