# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many pods a rolling update may add and take away: counts and percentages, rounded as each kind's controller rounds them.

The server looks at what is written, not at what it comes to: 10% of 3 rounds down to 0 and is accepted; the controllers then
use 1. That is a warning here and no error. What each kind takes, its defaults, and what of it the server refuses, says its `Kind`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..base.errors import InputError

if TYPE_CHECKING:
    from .kind import Kind

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
    warning: str = ""
    """One sentence where the numbers are not what was asked for."""


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


def resolve(kind: Kind, desired: int, *, surge: int | str | None = None, unavailable: int | str | None = None) -> Bounds:
    """The bounds of a rolling update of `desired` pods; None is the kind's default.

    `InputError` for what the server would refuse; a percentage of unavailable pods above 100 as well.
    """
    added, taken = kind.default_limits
    added = added if surge is None else amount(surge, option="max_surge")
    taken = taken if unavailable is None else amount(unavailable, option="max_unavailable")
    if surge is not None and not kind.takes("maxSurge"):
        raise InputError(f"max_surge does not exist for a {kind.name}: leave it out.")
    kind.refuse_limits(added, taken)
    refuse_more_than_all("max_unavailable", taken)
    more = added.of(desired, up=True)
    fewer = taken.of(desired, up=kind.unavailable_rounds_up)
    warning = ""
    if desired and fewer == 0 and more == 0:
        warning = f"max_unavailable {taken} of {_pods(desired)} rounds to 0 and nothing may be added: Kubernetes takes 1 away at a time"
        fewer = 1
    fewer = min(fewer, desired)
    return Bounds(more, fewer, desired - fewer, warning)


def refuse_both_zero(surge: Amount, unavailable: Amount) -> None:
    """Raise `InputError` where no pod may be added, and none taken away."""
    if surge.value == 0 and unavailable.value == 0:
        raise InputError(_BOTH_ZERO)


def refuse_more_than_all(option: str, given: Amount) -> None:
    """Raise `InputError` for a percentage above 100."""
    if given.percent and given.value > 100:
        raise InputError(f"{option} is {given}, which is more than 100%.")


def _pods(count: int) -> str:
    return f"{count} pod{'' if count == 1 else 's'}"
