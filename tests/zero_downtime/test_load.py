# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The load generator counts what really happened, against servers that fail in known ways. Needs Go, but no node and no rights."""

from __future__ import annotations

import contextlib
import csv
import itertools
import signal
import socket
import struct
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.dev.programs import programs

from .processes import LONG, Load, get, web

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Version: v1\r\nX-Pod: web-1\r\n\r\nok"
Behaviour = Callable[[socket.socket, int], None]
"""What a server does with a connection, which is the n-th that it accepts (from 0); it is closed afterwards."""


@contextlib.contextmanager
def serving(behaviour: Behaviour) -> Iterator[int]:
    """Serve connections on 127.0.0.1, each in a thread; give the port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)

    def serve() -> None:
        for number in itertools.count():
            try:
                accepted, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=handle, args=(accepted, number), daemon=True).start()

    def handle(accepted: socket.socket, number: int) -> None:
        with accepted, contextlib.suppress(ConnectionError):
            behaviour(accepted, number)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def receive(client: socket.socket) -> bool:
    """Read one request; say whether there was one."""
    text = b""
    while not text.endswith(b"\r\n\r\n"):
        part = client.recv(65536)
        if not part:
            return False
        text += part
    assert text.startswith(b"GET / HTTP/1.1\r\nHost: 127.0.0.1:")
    return True


def answering(answer: bytes) -> Behaviour:
    """Return what answers each request with these bytes, and keeps the connection."""

    def behave(client: socket.socket, _number: int) -> None:
        while receive(client):
            client.sendall(answer)

    return behave


def answering_once(answer: bytes) -> Behaviour:
    """Return what answers one request and closes the connection."""

    def behave(client: socket.socket, _number: int) -> None:
        receive(client)
        client.sendall(answer)

    return behave


def resetting(client: socket.socket, _number: int) -> None:
    """Read a request and reset the connection."""
    receive(client)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hanging(client: socket.socket, _number: int) -> None:
    """Read requests and never answer."""
    while receive(client):
        pass


@pytest.mark.parametrize("mode", ["new", "keepalive"])
@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        (answering_once(OK), "ok"),
        (answering_once(b"HTTP/1.1 100 Continue\r\n\r\n" + OK), "ok"),
        (answering_once(b"HTTP/1.0 200 OK\r\n\r\nuntil the end"), "ok"),
        (answering_once(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\nok\r\n0\r\n\r\n"), "ok"),
        (answering_once(b""), "eof"),
        (answering_once(OK[:20]), "eof"),
        (answering_once(OK[:-1]), "eof"),
        (answering_once(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"), "eof"),
        (answering_once(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), "status 503"),
        (answering_once(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), "status 302"),
        (answering_once(b"SSH-2.0-OpenSSH\r\n\r\n"), "other"),
        (resetting, "reset"),
        (hanging, "timeout"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_outcome_has_its_name(mode, behaviour, outcome):
    # A request that is to be answered has all the time that a busy machine may need.
    patience = "300ms" if outcome == "timeout" else f"{LONG:.0f}s"
    with serving(behaviour) as port, Load(port, "-mode", mode, "-rate", "100", "-max", "5", "-workers", "5", "-timeout", patience) as load:
        counted = load.result()
    assert {name: count for name, count in counted["outcomes"].items() if count} == {outcome: 5}
    assert (counted["requests"], counted["ok"], counted["failed"]) == ((5, 5, 0) if outcome == "ok" else (5, 0, 5))
    assert counted["connections"] == 5
    assert sum(counted["others"].values()) == (5 if outcome == "other" else 0)


@pytest.mark.parametrize("mode", ["new", "keepalive"])
def test_a_port_where_nobody_listens_refuses(mode):
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        with Load(reserved.getsockname()[1], "-mode", mode, "-rate", "100", "-max", "5") as load:
            counted = load.result()
    assert (counted["failed"], counted["outcomes"]["refused"], counted["connections"]) == (5, 5, 0)
    assert counted["longest_gap_ms"] == pytest.approx(counted["seconds"] * 1000)


def test_a_full_queue_of_connections_is_a_timeout():
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        stack.enter_context(socket.create_connection(full.getsockname()))
        load = stack.enter_context(Load(full.getsockname()[1], "-rate", "100", "-max", "5", "-timeout", "300ms"))
        counted = load.result()
    assert counted["outcomes"]["timeout"] == 5


@pytest.mark.parametrize("mode", ["new", "keepalive"])
def test_another_host_than_that_of_the_url_is_asked_for_when_it_is_named(mode):
    asked = []

    def noting(client: socket.socket, _number: int) -> None:
        while text := client.recv(65536):
            asked.append(text.split(b"\r\n")[1])
            client.sendall(OK)

    with serving(noting) as port, Load(port, "-mode", mode, "-host", "shop.example", "-rate", "100", "-max", "5") as load:
        counted = load.result()
    assert counted["ok"] == 5
    assert asked == [b"Host: shop.example"] * 5


@pytest.mark.parametrize(("mode", "connections"), [("new", 40), ("keepalive", 4)])
def test_connections_are_new_or_kept(mode, connections):
    with serving(answering(OK)) as port, Load(port, "-mode", mode, "-rate", "200", "-max", "40", "-workers", "4") as load:
        counted = load.result()
    assert (counted["ok"], counted["connections"], counted["reopened"]) == (40, connections, 0)
    assert (counted["versions"], counted["pods"]) == ({"v1": 40}, {"web-1": 40})


def test_a_connection_is_not_kept_against_the_servers_word():
    answer = OK.replace(b"X-Pod", b"Connection: close\r\nX-Pod")
    with serving(answering(answer)) as port, Load(port, "-mode", "keepalive", "-rate", "100", "-max", "10", "-workers", "1") as load:
        counted = load.result()
    assert (counted["ok"], counted["connections"], counted["reopened"]) == (10, 10, 0)


def test_a_connection_that_was_closed_while_idle_is_replaced():
    def closing_with_the_answer(client: socket.socket, _number: int) -> None:
        receive(client)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)  # the answer and the end of the connection come in one packet
        client.sendall(OK)

    with serving(closing_with_the_answer) as port, Load(port, "-mode", "keepalive", "-rate", "100", "-max", "10", "-workers", "1") as load:
        counted = load.result()
    assert (counted["ok"], counted["connections"], counted["reopened"]) == (10, 10, 9)


@pytest.mark.parametrize("end", ["close", "reset"])
def test_a_kept_connection_that_breaks_before_the_answer_is_stale(end):
    def answering_every_second(client: socket.socket, number: int) -> None:
        receive(client)
        client.sendall(OK)
        if end == "close":
            receive(client)
        else:
            resetting(client, number)

    with serving(answering_every_second) as port, Load(port, "-mode", "keepalive", "-rate", "100", "-max", "10", "-workers", "1") as load:
        counted = load.result()
    assert (counted["ok"], counted["failed"], counted["outcomes"]["stale"], counted["connections"]) == (5, 5, 5, 5)


@pytest.mark.parametrize(("last", "outcome"), [(OK[:20], "eof"), (None, "timeout")])
def test_a_kept_connection_that_breaks_later_is_not_stale(last, outcome):
    def behave(client: socket.socket, number: int) -> None:
        receive(client)
        client.sendall(OK)
        if last is None:
            hanging(client, number)
        else:
            answering_once(last)(client, number)

    options = ("-mode", "keepalive", "-rate", "100", "-max", "4", "-workers", "1", "-timeout", "1s")
    with serving(behave) as port, Load(port, *options) as load:
        counted = load.result()
    assert (counted["ok"], counted["outcomes"][outcome]) == (2, 2)


def test_requests_are_late_where_all_workers_are_busy():
    def behave(client: socket.socket, number: int) -> None:
        receive(client)
        if number == 0:
            time.sleep(0.55)
        client.sendall(OK)

    with serving(behave) as port, Load(port, "-workers", "1", "-rate", "10", "-max", "8") as load:
        counted = load.result()
    assert counted["ok"] == 8
    # Those that were due while the first was not answered: at 100, 200, ... 500 ms; on a busy machine it may be more.
    assert 5 <= counted["late"] <= 7
    assert counted["slowest_ms"] >= 400
    with serving(answering(OK)) as port, Load(port, "-workers", "8", "-rate", "10", "-max", "8") as load:
        assert load.result()["late"] == 0


def test_records_agree_with_the_result(tmp_path: Path):
    def sometimes(client: socket.socket, number: int) -> None:
        receive(client)
        version = b"v1" if number < 40 else b"v2"
        if number >= 60:
            time.sleep(0.3)
        bad = b"HTTP/1.1 503 Service Unavailable\r\nX-Version: %s\r\nContent-Length: 0\r\n\r\n" % version
        client.sendall(bad if 20 <= number < 60 else OK.replace(b"v1", version))

    file = tmp_path / "records.csv"
    with serving(sometimes) as port, Load(port, "-rate", "200", "-max", "80", "-records", str(file)) as load:
        counted = load.result()
    rows = list(csv.DictReader(file.open()))
    assert list(rows[0]) == ["start_ms", "end_ms", "outcome", "version", "pod"]
    assert Counter(row["outcome"] for row in rows) == {"ok": 40, "status 503": 40} == +Counter(counted["outcomes"])
    assert Counter(row["version"] for row in rows if row["outcome"] == "ok") == counted["versions"] == {"v1": 20, "v2": 20}
    starts = [float(row["start_ms"]) for row in rows]
    assert starts == sorted(starts)
    assert all(start >= number * 5 for number, start in enumerate(starts))
    ends = [0.0, *sorted(float(row["end_ms"]) for row in rows if row["outcome"] == "ok"), counted["seconds"] * 1000]
    assert counted["longest_gap_ms"] == pytest.approx(max(after - before for before, after in itertools.pairwise(ends)), abs=0.01)
    assert counted["longest_gap_ms"] >= 150
    slowest = max(float(row["end_ms"]) - float(row["start_ms"]) for row in rows if row["outcome"] == "ok")
    assert counted["slowest_ms"] == pytest.approx(slowest, abs=0.01)


def test_marks_have_their_times_and_the_end_of_input_ends_it():
    served = threading.Semaphore(0)

    def behave(client: socket.socket, _number: int) -> None:
        receive(client)
        client.sendall(OK)
        served.release()

    with serving(behave) as port, Load(port, "-max", "0", "-max-time", "0") as load:
        load.tell("mark rollout begins")
        for _ in range(20):
            assert served.acquire(timeout=LONG)
        load.tell("nonsense")
        load.tell("mark rollout ends")
        counted = load.stopped()
        assert load.process.stderr
        assert load.process.stderr.read() == 'load: the line "nonsense" is not like: mark TEXT.\n'
    first, second = counted["marks"]
    assert (first["text"], second["text"]) == ("rollout begins", "rollout ends")
    assert second["ms"] >= 95  # the twentieth request was due then
    assert first["ms"] <= second["ms"] <= counted["seconds"] * 1000
    assert counted["failed"] == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_is_in_flight_at_a_signal_is_finished(number):
    arrived, release = threading.Semaphore(0), threading.Event()

    def behave(client: socket.socket, _number: int) -> None:
        receive(client)
        arrived.release()
        release.wait(LONG)
        client.sendall(OK)

    with serving(behave) as port, Load(port, "-workers", "3", "-rate", "1000", "-timeout", f"{LONG:.0f}s") as load:
        for _ in range(3):
            assert arrived.acquire(timeout=LONG)
        load.process.send_signal(number)
        # A second one changes nothing; when it has been seen to be alive after both, the requests are answered.
        load.process.send_signal(number)
        assert load.process.poll() is None
        release.set()
        counted = load.result()
    assert counted["ok"] == counted["requests"] >= 3


def test_it_ends_when_its_time_is_over():
    with serving(answering(OK)) as port, Load(port, "-max", "0", "-max-time", "300ms", "-rate", "100") as load:
        counted = load.result()
    assert counted["seconds"] >= 0.3
    assert 0 < counted["requests"] <= 30


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-url", "https://127.0.0.1/"], 'the URL "https://127.0.0.1/" is not like http://10.96.0.7:80/.'),
        ([], 'the URL "" is not like http://10.96.0.7:80/.'),
        (["-mode", "old"], 'the mode "old" is neither new nor keepalive.'),
        (["-rate", "0"], "the rate 0 is not a number of requests a second."),
        (["-workers", "0"], "0 workers are not at least one."),
        (["-timeout", "0s"], "the timeout 0s is not more than nothing."),
        (["-max", "-1"], "a bound is negative: 0 means that there is none."),
        (["-url", "http://127.0.0.1/", "-host", "a\r\nb"], 'the host "a\\r\\nb" is not made of printable characters without spaces.'),
        (["http://127.0.0.1/"], '"http://127.0.0.1/" is not an option.'),
        (["-colour", "red"], "flag provided but not defined: -colour."),
    ],
)
def test_wrong_options_are_refused_in_one_sentence(options, said):
    done = subprocess.run([programs() / "load", *options], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"load: {said}\n")


def test_records_that_cannot_be_written_are_said_before_the_work(tmp_path: Path):
    missing = tmp_path / "missing" / "records.csv"
    command = [str(programs() / "load"), "-url", "http://127.0.0.1:1/", "-max", "0", "-max-time", "0", "-records", str(missing)]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.PIPE, timeout=LONG)
    assert done.returncode == 1
    assert done.stderr == f"load: the records cannot be written: open {missing}: no such file or directory.\n"


@pytest.mark.parametrize("mode", ["new", "keepalive"])
def test_it_tells_a_server_that_drains_from_one_that_exits(mode):
    outcomes = {}
    for behaviour in ("exit", "drain"):
        with web(ON_TERM=behaviour, LATENCY="200ms") as server:
            port = server.port()
            with Load(port, "-mode", mode, "-rate", "40") as load:
                for _ in range(5):
                    assert get(port).status == 200  # meanwhile, about eight requests of the load are in flight at any time
                server.process.terminate()
                assert server.ended() == 0
                outcomes[behaviour] = load.stopped()["outcomes"]
    exit_, drain = outcomes["exit"], outcomes["drain"]
    assert exit_["eof"] + exit_["reset"] + exit_["stale"] > 0
    # A connection that is still in the queue of the port, or idle, may break when the server closes them; none that is served does.
    assert (drain["eof"], drain["timeout"], drain["other"]) == (0, 0, 0)
    assert drain["ok"] > 0
