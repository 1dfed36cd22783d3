# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Continuous requests while something else goes on: the program load, and what it has seen."""

from __future__ import annotations

import csv
import dataclasses
import datetime
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from tests.dev.programs import programs

Mode = Literal["new", "keepalive"]
LEAST = 2000
"""How many requests each scenario is judged by, at the least."""
RATE = 150
PATIENCE = 300
"""Seconds until what hangs is ended."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Request:
    """What became of one request; times are milliseconds since the first one."""

    begin: float
    end: float
    outcome: str
    version: str
    pod: str

    @property
    def ok(self) -> bool:
        return self.outcome == "ok"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Seen:
    """What all requests of a scenario have seen."""

    totals: Mapping[str, Any]
    requests: tuple[Request, ...]

    @property
    def failed(self) -> int:
        """How many were lost. A kept connection that the server closes at the very moment at which the next request is sent on it loses
        none: clients repeat that one, as HTTP says (RFC 9110, 9.2.2), and ours counts it as stale."""
        return int(self.totals["failed"]) - self.stale

    @property
    def stale(self) -> int:
        """How many a client would have repeated; none with new connections."""
        return int(self.totals["outcomes"]["stale"])

    @property
    def gap(self) -> float:
        """The longest time without an answer, in seconds."""
        return float(self.totals["longest_gap_ms"]) / 1000

    @property
    def versions(self) -> set[str]:
        """Who has answered."""
        return set(self.totals["versions"])

    @property
    def outcomes(self) -> str:
        """The failures by their kinds, in words."""
        kinds = {**self.totals["outcomes"], **self.totals["others"]}
        return ", ".join(f"{count} {kind}" for kind, count in kinds.items() if count and kind not in ("ok", "other"))

    @property
    def last(self) -> str:
        """The version of the last answer."""
        return next(request.version for request in reversed(self.requests) if request.ok)

    def moment(self, time: str) -> float:
        """Return a time of day (RFC 3339) as milliseconds since the first request."""
        return datetime.datetime.fromisoformat(time).timestamp() * 1000 - self.epoch

    @property
    def epoch(self) -> float:
        """The time of the first request, in milliseconds of the epoch."""
        return datetime.datetime.fromisoformat(str(self.totals["started"])).timestamp() * 1000

    def strays(self, old: str, new: str) -> int:
        """Return how many requests the old version answered that began after an answer of the new one was complete."""
        first = min((request.end for request in self.requests if request.ok and request.version == new), default=float("inf"))
        return sum(request.begin > first for request in self.requests if request.ok and request.version == old)

    def after(self, version: str, moment: float) -> int:
        """Return how many requests that began after a moment a version has answered."""
        return sum(request.begin > moment for request in self.requests if request.ok and request.version == version)


def sent(address: str, count: int, *, host: str = "", rate: int = 400) -> Mapping[str, Any]:
    """Send so many requests, each by a connection of its own, and return what the program load has counted."""
    command = [str(programs() / "load"), "-url", f"http://{address}/", "-host", host, "-rate", str(rate), "-timeout", "5s"]
    command += ["-min", str(count), "-max", str(count)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, timeout=2 * PATIENCE)
    totals: Mapping[str, Any] = json.loads(done.stdout)
    return totals


class Load:
    """A load that runs until it is ended. `host`: what is asked for at the address, where that is not its own name."""

    def __init__(self, address: str, records: Path, *, mode: Mode = "new", rate: int = RATE, host: str = "", least: int = LEAST) -> None:
        self.records = records
        command = [str(programs() / "load"), "-url", f"http://{address}/", "-host", host, "-mode", mode, "-rate", str(rate)]
        command += ["-timeout", "5s", "-min", str(least), "-max", "60000", "-max-time", f"{PATIENCE}s", "-records", str(records)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def mark(self, text: str) -> None:
        """Note this moment."""
        if self.process.stdin is None:
            raise AssertionError("The load takes no marks.")
        self.process.stdin.write(f"mark {text}\n")
        self.process.stdin.flush()

    def end(self) -> Seen:
        """End it, once there were enough requests, and return what it has seen."""
        stdout, stderr = self.process.communicate(timeout=2 * PATIENCE)
        assert self.process.returncode == 0, stderr
        with self.records.open(newline="") as stream:
            requests = tuple(
                Request(
                    begin=float(row["start_ms"]), end=float(row["end_ms"]), outcome=row["outcome"], version=row["version"], pod=row["pod"]
                )
                for row in csv.DictReader(stream)
            )
        return Seen(totals=json.loads(stdout), requests=requests)

    def kill(self) -> None:
        """End it at once, where the test has failed."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()
