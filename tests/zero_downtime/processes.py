# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers and load as processes of this machine, on 127.0.0.1: for the tests that need no node."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Self

from tests.dev.programs import programs

LONG = 60.0
"""Seconds after which something that should have happened is taken to never happen."""


@dataclass(kw_only=True)
class Server:
    """A server that runs and writes a log of lines to its standard output."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    fresh: queue.Queue[str | None] = field(default_factory=queue.Queue)

    def __post_init__(self) -> None:
        threading.Thread(target=self.follow, daemon=True).start()

    def follow(self) -> None:
        """Pass the log on line by line; None is its end."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.fresh.put(line.rstrip("\n"))
        self.fresh.put(None)

    def await_line(self, pattern: str) -> re.Match[str]:
        """Return the first match in a line of the log that was not awaited yet."""
        while True:
            line = self.fresh.get(timeout=LONG)
            assert line is not None, f"The log ended without {pattern!r}: {self.lines}"
            self.lines.append(line)
            if found := re.search(pattern, line):
                return found

    def port(self) -> int:
        """Return the port that the log names."""
        return int(self.await_line(r"port (\d+)")[1])

    def ended(self) -> int:
        """Wait for the end; return the exit code, minus the signal if one killed it. The log is whole then."""
        code = self.process.wait(LONG)
        while (line := self.fresh.get(timeout=LONG)) is not None:
            self.lines.append(line)
        return code


@contextlib.contextmanager
def started(command: Sequence[str | Path], **variables: str) -> Iterator[Server]:
    """Start a server with these environment variables on top of the process's own, and PORT=0; kill it at the end."""
    environment = {**os.environ, "PORT": "0", **variables}
    process = subprocess.Popen(
        [str(part) for part in command], env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        yield Server(process=process)
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def web(**variables: str) -> Iterator[Server]:
    """Start the web server with these settings."""
    with started([programs() / "web"], **variables) as server:
        yield server


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer read to its end."""

    status: int
    body: str
    headers: Mapping[str, str]


def get(port: int, path: str = "/") -> Answer:
    """Return the answer to one GET on a connection of its own."""
    connection = HTTPConnection("127.0.0.1", port, timeout=LONG)
    with contextlib.closing(connection):
        connection.request("GET", path)
        return read(connection)


def read(connection: HTTPConnection) -> Answer:
    """Return the answer to the request that was sent on this connection."""
    answer = connection.getresponse()
    return Answer(status=answer.status, body=answer.read().decode(), headers=dict(answer.getheaders()))


@contextlib.contextmanager
def in_flight(port: int, path: str) -> Iterator[HTTPConnection]:
    """Send a GET that the server is slow to answer; it is accepted by now, as another connection after it was answered."""
    connection = HTTPConnection("127.0.0.1", port, timeout=LONG)
    with contextlib.closing(connection):
        connection.request("GET", path)
        assert get(port).status == 200
        yield connection


def is_refused(port: int) -> bool:
    """Say whether nobody listens on the port."""
    with socket.socket() as client:
        client.settimeout(LONG)
        return client.connect_ex(("127.0.0.1", port)) != 0


class Load:
    """The load generator at work."""

    def __init__(self, port: int, *options: str, path: str = "/") -> None:
        command = [str(programs() / "load"), "-url", f"http://127.0.0.1:{port}{path}", *options]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.__exit__(None, None, None)

    def tell(self, line: str) -> None:
        """Write a line to the standard input."""
        assert self.process.stdin
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def result(self) -> dict[str, Any]:
        """Wait until it ends by itself, and return what it counted."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert self.process.wait(LONG) == 0
        return dict(json.loads(line))

    def stopped(self) -> dict[str, Any]:
        """Close the standard input, and return what it counted."""
        assert self.process.stdin
        self.process.stdin.close()
        return self.result()
