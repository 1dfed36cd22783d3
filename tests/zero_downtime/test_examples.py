# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The servers of docs/examples end gracefully. Needs Go, and Node.js for one of them, but no node and no rights."""

from __future__ import annotations

import contextlib
import shutil
import signal
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.dev.paths import ROOT

from .processes import LONG, Load, Server, get, in_flight, is_refused, read, started

EXAMPLES = ROOT / "docs" / "examples"
COMMANDS: dict[str, list[str | Path]] = {
    "node": ["node", EXAMPLES / "graceful-node" / "server.js"],
    "python": [sys.executable, EXAMPLES / "graceful-python" / "server.py"],
}


@pytest.fixture(params=sorted(COMMANDS))
def example(request: pytest.FixtureRequest) -> str:
    """The name of each example whose language this machine has."""
    if request.param == "node" and not shutil.which("node"):
        pytest.skip("Node.js is not installed.")
    return str(request.param)


@contextlib.contextmanager
def running(example: str, **variables: str) -> Iterator[tuple[Server, int]]:
    """Start an example; give it and its port."""
    with started(COMMANDS[example], **variables) as server:
        yield server, server.port()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_requests_in_flight_are_finished_and_idle_connections_closed(example, number):
    with running(example) as (server, port):
        idle, silent = (HTTPConnection("127.0.0.1", port, timeout=LONG) for _ in range(2))
        silent.connect()  # and never a request
        with contextlib.closing(idle), contextlib.closing(silent), in_flight(port, "/slow?ms=2000") as slow:
            idle.request("GET", "/healthz")
            assert read(idle).status == 200
            assert idle.sock is not None
            server.process.send_signal(number)
            server.await_line(f"{number.name}: finishing what is in flight")
            assert idle.sock.recv(1) == b""
            assert silent.sock is not None
            assert silent.sock.recv(1) == b""
            while not is_refused(port):
                pass
            server.process.send_signal(number)  # told twice, it still finishes
            answer = read(slow)
            assert (answer.status, answer.headers["Connection"]) == (200, "close")
        assert server.ended() == 0
        assert server.lines[-1] == "all requests are answered"


@pytest.mark.parametrize("mode", ["new", "keepalive"])
def test_all_that_load_has_in_flight_is_answered_and_what_comes_later_is_refused(example, mode):
    with running(example, VERSION="v7") as (server, port):
        with Load(port, "-mode", mode, "-rate", "1000", "-max", "16", path="/slow?ms=2000") as before:
            before.tell("mark begun")
            while connections(port) < 16:
                assert before.process.poll() is None
            assert get(port).status == 200  # those before it are accepted
            server.process.terminate()
            server.await_line("SIGTERM: finishing what is in flight")
            while not is_refused(port):
                pass
            with Load(port, "-mode", mode, "-rate", "100", "-max", "10") as after:
                assert after.result()["outcomes"]["refused"] == 10
            counted = before.stopped()
        assert (counted["ok"], counted["failed"], counted["versions"]) == (16, 0, {"v7": 16})
        assert server.ended() == 0


def test_load_through_the_end_loses_nothing_that_is_served(example):
    with running(example) as (server, port), Load(port, "-mode", "new", "-rate", "40", path="/slow?ms=200") as load:
        for _ in range(5):
            assert get(port, "/slow?ms=200").status == 200  # meanwhile, about eight requests are in flight at any time
        server.process.terminate()
        assert server.ended() == 0
        outcomes = load.stopped()["outcomes"]
    assert outcomes["ok"] > 0
    # Without a preStop hook, a connection may still be in the queue of the port that is closed: that one is reset.
    assert (outcomes["eof"], outcomes["timeout"], outcomes["other"]) == (0, 0, 0)


def test_the_timeout_ends_what_takes_too_long(example):
    with running(example, DRAIN_TIMEOUT="200" if example == "node" else "0.2") as (server, port):
        with in_flight(port, "/slow?ms=3600000"):
            server.process.terminate()
            assert server.ended() == 1
        assert "requests in flight were cut off after" in server.lines[-1]


def connections(port: int) -> int:
    """Return how many connections to a port of this machine are established, counted at the client's end."""
    lines = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return sum(fields[2].endswith(f":{port:04X}") and fields[3] == "01" for fields in lines)
