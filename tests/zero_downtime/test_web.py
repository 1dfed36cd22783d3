# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The web server of the tests with real pods does what its settings say. Needs Go, but no node and no rights."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from http.client import HTTPConnection, RemoteDisconnected
from pathlib import Path

import pytest

from tests.dev.golang import STATIC, go_program
from tests.dev.programs import SOURCES, programs
from tests.dev.shell import quiet

from .processes import LONG, get, in_flight, is_refused, read, web


def go(*arguments: str) -> str:
    """Return what a command of Go prints; it fails if the command does."""
    return quiet([go_program(), *arguments], f"go {arguments[0]}", env=os.environ | STATIC, cwd=SOURCES)


def test_sources_are_formatted_and_vetted():
    gofmt = Path(go("env", "GOROOT").strip()) / "bin" / "gofmt"
    assert quiet([gofmt, "-l", "."], "gofmt", cwd=SOURCES) == ""
    go("vet", "./...")


def test_programs_need_no_library_of_the_machine():
    for name in ("web", "load"):
        assert b"/ld-linux" not in (programs() / name).read_bytes(), name


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"PORT": "http"}, 'web: PORT is "http", which is not a port.'),
        ({"VERSION": "v 1"}, 'web: VERSION is "v 1", which is not made of printable characters without spaces.'),
        ({"START_DELAY": "3"}, 'web: START_DELAY is "3", which is not a time like 500ms or 3s.'),
        ({"READY": "no"}, 'web: READY is "no", which is none of yes, never.'),
        ({"READY_DELAY": "-1s"}, 'web: READY_DELAY is "-1s", which is not a time like 500ms or 3s.'),
        ({"ON_TERM": "die"}, 'web: ON_TERM is "die", which is none of exit, drain, ignore.'),
        ({"DRAIN_TIMEOUT": "x"}, 'web: DRAIN_TIMEOUT is "x", which is not a time like 500ms or 3s.'),
        ({"LATENCY": "x"}, 'web: LATENCY is "x", which is not a time like 500ms or 3s.'),
        ({"FAIL_EVERY": "-5"}, 'web: FAIL_EVERY is "-5", which is not a whole number like 0 or 5.'),
        ({"CRASH_AFTER": "x"}, 'web: CRASH_AFTER is "x", which is not a time like 500ms or 3s.'),
        ({"CRASH_AT_START": "1"}, 'web: CRASH_AT_START is "1", which is none of false, true.'),
    ],
)
def test_invalid_settings_are_refused_in_one_sentence(variables, said):
    with web(**variables) as server:
        assert server.ended() == 2
        assert server.lines == [said]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run"], 'web: "run" is not a command: use serve, pause, or sleep with a time like 3s.'),
        (["serve", "now"], 'web: "serve now" is not a command: use serve, pause, or sleep with a time like 3s.'),
        (["sleep", "3"], 'web: the time of sleep is "3", which is not a time like 500ms or 3s.'),
    ],
)
def test_unknown_commands_are_refused_in_one_sentence(arguments, said):
    done = subprocess.run([programs() / "web", *arguments], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (2, said + "\n")


def test_answers_tell_version_and_pod():
    with web(VERSION="v7", HOSTNAME="web-abc", LATENCY="") as server:
        port = server.port()
        answer = get(port)
        assert (answer.status, answer.body, answer.headers["Content-Type"]) == (200, "v7 web-abc\n", "text/plain; charset=utf-8")
        assert (answer.headers["X-Version"], answer.headers["X-Pod"]) == ("v7", "web-abc")
        assert get(port, "/ready").headers["X-Version"] == "v7"
        assert get(port, "/other").status == 404
        assert get(port, "/slow?for=soon").status == get(port, "/crash?code=256").status == 400


def test_answers_take_the_time_they_are_told_to():
    with web(LATENCY="150ms") as server:
        port = server.port()
        for path, least in (("/", 0.15), ("/slow?for=250ms", 0.25)):
            before = time.monotonic()
            assert get(port, path).status == 200
            assert time.monotonic() - before >= least


def test_every_nth_answer_fails_as_told_and_is_counted():
    with web(FAIL_EVERY="3") as server:
        port = server.port()
        assert '{code="500"} 0\n' in get(port, "/metrics").body
        assert [get(port).status for _ in range(7)] == [200, 200, 500, 200, 200, 500, 200]
        assert get(port, "/ready").status == 200
        metrics = get(port, "/metrics")
        assert metrics.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        assert metrics.body == '# TYPE requests_total counter\nrequests_total{code="200"} 5\nrequests_total{code="500"} 2\n'


def test_it_listens_and_is_ready_no_earlier_than_told():
    before = time.monotonic()
    with web(START_DELAY="300ms", READY_DELAY="500ms") as server:
        server.await_line("listens in 300ms")
        port = server.port()
        assert time.monotonic() - before >= 0.3
        assert get(port).status == 200
        while get(port, "/ready").status == 503:
            assert time.monotonic() - before < LONG
        assert time.monotonic() - before >= 0.8


def test_it_can_be_never_ready():
    with web(READY="never") as server:
        port = server.port()
        assert get(port).status == 200
        assert get(port, "/ready").status == 503


def test_exit_cuts_off_what_is_in_flight():
    with web(ON_TERM="exit") as server:
        port = server.port()
        with in_flight(port, "/slow?for=1h") as slow:
            server.process.terminate()
            with pytest.raises((RemoteDisconnected, ConnectionResetError)):
                slow.getresponse()
        assert server.ended() == 0
        assert "SIGTERM: ends at once" in server.lines[-2]
        assert server.lines[-1].endswith("answered 1 requests, 0 of them after SIGTERM")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_drain_finishes_what_is_in_flight_and_closes_what_is_idle(number):
    with web(ON_TERM="drain") as server:
        port = server.port()
        idle = HTTPConnection("127.0.0.1", port, timeout=LONG)
        with contextlib.closing(idle), in_flight(port, "/slow?for=1500ms") as slow:
            idle.request("GET", "/")
            assert read(idle).status == 200
            assert idle.sock is not None
            server.process.send_signal(number)
            assert idle.sock.recv(1) == b""
            server.await_line(f"{number.name}: finishes what is in flight")
            assert is_refused(port)
            assert read(slow).status == 200
        assert server.ended() == 0
        assert server.lines[-1].endswith("answered 3 requests, 1 of them after SIGTERM")


def test_drain_gives_up_after_its_timeout():
    with web(ON_TERM="drain", DRAIN_TIMEOUT="100ms") as server:
        with in_flight(server.port(), "/slow?for=1h"):
            server.process.terminate()
            assert server.ended() == 1
        assert "cut off what was in flight after 100ms" in server.lines[-1]


def test_ignore_goes_on_until_it_is_killed():
    with web(ON_TERM="ignore") as server:
        port = server.port()
        server.process.terminate()
        server.await_line("SIGTERM: goes on")
        assert get(port).status == get(port, "/ready").status == 200
        server.process.kill()
        assert server.ended() == -signal.SIGKILL


@pytest.mark.parametrize("behaviour", ["exit", "drain"])
def test_a_signal_before_it_listens_ends_it(behaviour):
    with web(START_DELAY="1h", ON_TERM=behaviour) as server:
        server.await_line("listens in 1h")
        server.process.terminate()
        assert server.ended() == 0
        assert "ended before it listened" in server.lines[-1]


def test_it_crashes_when_told_to():
    with web(CRASH_AT_START="true") as server:
        assert server.ended() == 1
        assert not any("listens" in line for line in server.lines)
    with web(CRASH_AFTER="100ms") as server:
        assert server.ended() == 1
        assert "crashes after 100ms" in server.lines[-1]
    with web() as server:
        with pytest.raises((RemoteDisconnected, ConnectionResetError)):
            get(server.port(), "/crash?code=3")
        assert server.ended() == 3


def test_a_port_that_is_taken_is_said():
    with web() as first, web(PORT=str(first.port())) as second:
        assert second.ended() == 1
        assert "cannot listen on port" in second.lines[-1]


def test_sleep_sleeps():
    before = time.monotonic()
    subprocess.run([programs() / "web", "sleep", "200ms"], check=True)
    assert time.monotonic() - before >= 0.2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("life", ["0", "0.3"])
def test_pause_reaps_children_until_it_is_told_to_end(number, life):
    script = f'sleep {life} & echo $!; exec "$0" pause'
    with subprocess.Popen(["sh", "-c", script, programs() / "web"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        child = int(process.stdout.readline())
        limit = time.monotonic() + LONG
        while exists(child):
            assert time.monotonic() < limit
            time.sleep(0.01)
        process.send_signal(number)
        assert process.wait(LONG) == 0


def exists(process: int) -> bool:
    """Say whether there is a process of this id, be it only one that nobody has reaped."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
