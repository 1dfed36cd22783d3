# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether users lose requests while something is rolled out: what is asked for, what came back, and whether that is too much.

Pure counting and judging; `_gates` sends the requests, `_engine` lets a wait end. Times are seconds.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from .base.errors import InputError

OK = "ok"
"""The outcome of a request that was answered as it should be; each other outcome is a failure."""
IN_A_ROW = 5
"""So many requests must succeed one after another before anything is written."""
AFTER = 3.0
"""How long the measurement goes on by default once all is complete. A pod that ends leaves the EndpointSlices within about a second,
kube-proxy and its like take that over within another one, and the application may be gone before: that is when requests are lost."""
SHORTEST_INTERVAL = 0.01
MOST_AT_ONCE = 64
"""Requests that may be on their way at one time."""
_FAILURES_KEPT = 3

StatusRange = tuple[int, int]


@dataclass(frozen=True)
class PodProbe:
    """The measurement from a pod of a Job, for what the controller cannot reach."""

    image: str
    namespace: str = ""
    """Empty: that of the workload."""
    service_account: str = ""
    image_pull_policy: str = ""
    image_pull_secrets: tuple[str, ...] = ()
    run_as_user: int | None = None


@dataclass(frozen=True)
class Allowance:
    """How many requests may fail: a count, or a share in percent."""

    count: int = 0
    percent: float | None = None

    def __str__(self) -> str:
        if self.percent is not None:
            return f"{self.percent:g}% may"
        return f"{self.count} may" if self.count else "none may"

    def is_exceeded(self, tally: Tally, *, final: bool = False) -> bool:
        """More requests failed than may. A share says something once one failure alone does not exceed it any more, or at the end."""
        if self.percent is None:
            return tally.failed > self.count
        if not final and tally.requests * self.percent < 100:
            return False
        return tally.failed * 100 > self.percent * tally.requests


@dataclass(frozen=True)
class Verification:
    """What is measured, and how much may go wrong."""

    url: str
    pod: PodProbe | None = None
    """None: from here."""
    interval: float = 0.1
    timeout: float = 5.0
    status: tuple[StatusRange, ...] = ((200, 399),)
    contains: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    method: str = "GET"
    validate_certs: bool = True
    ca_cert: str = ""
    allowed: Allowance = Allowance()
    after: float = AFTER
    gives_up: bool = True
    """Begin only if all is well, and end the rollout when too much went wrong; else it is only told at the end."""

    @property
    def at_once(self) -> int:
        """How many requests may be on their way at one time, so that slow answers do not stop the others."""
        return max(1, min(MOST_AT_ONCE, math.ceil(self.timeout / self.interval)))

    @property
    def origin(self) -> str:
        """Where the requests come from."""
        return "controller" if self.pod is None else "job"

    def accepts(self, status: int) -> bool:
        """The status is one that is wanted."""
        return any(low <= status <= high for low, high in self.status)


@dataclass(frozen=True)
class Reply:
    """One request as it went; `at` is when it was sent, counted from the beginning of the measurement."""

    at: float
    seconds: float
    outcome: str
    detail: str = ""

    @property
    def failed(self) -> bool:
        """It was not answered as it should be."""
        return self.outcome != OK

    @property
    def words(self) -> str:
        """What went wrong, and how."""
        return f"{self.outcome} ({self.detail})" if self.detail else self.outcome


@dataclass(frozen=True)
class Tally:
    """What came of all requests so far: numbers, and no more than the first few failures."""

    requests: int = 0
    outcomes: Mapping[str, int] = field(default_factory=dict)
    slowest: float = 0.0
    failures: tuple[Reply, ...] = ()
    answered_at: float = 0.0
    """When the last good answer came; the measurement begins with one."""
    gap: float = 0.0
    """The longest time between two good answers."""

    @property
    def failed(self) -> int:
        """How many failed."""
        return self.requests - self.outcomes.get(OK, 0)

    def after(self, reply: Reply) -> Tally:
        """The tally with one more reply; they come in any order."""
        outcomes = {**self.outcomes, reply.outcome: self.outcomes.get(reply.outcome, 0) + 1}
        tally = replace(self, requests=self.requests + 1, outcomes=outcomes, slowest=max(self.slowest, reply.seconds))
        if reply.failed:
            return replace(tally, failures=tuple(sorted((*self.failures, reply), key=lambda entry: entry.at))[:_FAILURES_KEPT])
        came = reply.at + reply.seconds
        return replace(tally, answered_at=max(self.answered_at, came), gap=max(self.gap, came - self.answered_at))

    def longest_gap(self, now: float) -> float:
        """The longest time without a good answer up to now."""
        return max(self.gap, now - self.answered_at)

    def spelled(self) -> str:
        """The failures by their kind, the most frequent first: `2 refused, 1 status 503`."""
        wrong = sorted(
            ((count, outcome) for outcome, count in self.outcomes.items() if outcome != OK), key=lambda pair: (-pair[0], pair[1])
        )
        return ", ".join(f"{count} {outcome}" for count, outcome in wrong)


def loss(tally: Tally, allowed: Allowance, url: str) -> str:
    """What users lost, in a clause."""
    first = tally.failures[0]
    return (
        f"users lost requests: {tally.failed} of {tally.requests} to {url} failed ({tally.spelled()}), {allowed}; the first one "
        f"{first.at:.1f} s after the measurement began: {first.words}"
    )


# --- from what the user writes ------------------------------------------------------------------------------------------------


def allowance_of(given: str) -> Allowance:
    """From `3` or `0.5%`. Raises `InputError`."""
    text = given.strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return Allowance(int(text))
    if re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,9})?[ ]?%", text) and float(text[:-1]) <= 100:
        percent = float(text[:-1])
        return Allowance(percent=percent) if percent else Allowance()
    raise InputError(f"verify.max_failed must be a count such as 3, or a share such as 0.5%, not {text}.")


def statuses_of(given: Iterable[str], option: str = "verify.status") -> tuple[StatusRange, ...]:
    """From numbers, ranges such as `200-399` and classes such as `2xx`. Raises `InputError`."""
    found: list[StatusRange] = []
    for entry in given:
        match = re.fullmatch(r"([1-5][0-9][0-9])(?:\s*-\s*([1-5][0-9][0-9]))?|([1-5])[xX]{2}", entry.strip())
        low = high = 0
        if match:
            low = int(match[3]) * 100 if match[3] else int(match[1])
            high = low + 99 if match[3] else int(match[2] or low)
        if not match or high < low:
            raise InputError(f"{option} must hold numbers, ranges or classes such as 200, 200-399 or 2xx, not {entry}.")
        found.append((low, high))
    if not found:
        raise InputError(f"{option} is empty; give at least one, such as 200.")
    return tuple(found)


def checked_url(url: str, option: str) -> str:
    """The address if it is one. Raises `InputError`, in whose message there is nothing of it that may be secret."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InputError(f"{option} is no address such as https://shop.example/healthz.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or not re.fullmatch(r"[!-~]+", url) or "\\" in url:
        raise InputError(f"{option} must be an address such as https://shop.example/healthz: http or https, a host, no blanks.")
    if "@" in parts.netloc:
        raise InputError(
            f"{option} holds a user or password, which would be seen by others; give it without, and send what is secret by headers."
        )
    return url


def shown_url(url: str) -> str:
    """The address as anybody may see it: without user, password and query."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "..."
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" + ("?..." if parts.query else "")
