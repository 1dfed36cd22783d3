# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A reverse proxy in front of the real API server that does what networks and overloaded servers do: refuse, drop, cut off, hang.

What no fault matches is passed on with the administrator's client certificate, or on request with the client's own token; the client
under test speaks plain HTTP to it.
"""

from __future__ import annotations

import base64
import http.client
import json
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import yaml


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the client asked for."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]

    @property
    def is_watch(self) -> bool:
        return self.query.get("watch") == "true"

    @property
    def is_list(self) -> bool:
        """Say whether it reads a collection, not as a watch."""
        return self.method == "GET" and not self.is_watch and "limit" in self.query


@dataclass(kw_only=True)
class Fault:
    """What happens to the next `times` requests that `matches` accepts.

    `status` answers with that code and `body` instead of asking the server; `unsent` closes the connection before asking it, `unheard`
    after, and calls `answered` then; `says` answers with these texts instead of asking it, each sent as it comes; `lines` passes that
    many lines of a watch on, then the first `part` bytes of the next, and closes; `hang` sends nothing.
    """

    matches: Callable[[Request], bool]
    times: int = 1
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    unsent: bool = False
    unheard: bool = False
    answered: Callable[[], object] = lambda: None
    lines: int | None = None
    part: int = 0
    hang: bool = False
    says: Callable[[], Iterable[str]] | None = None


class Faults:
    """The running proxy: `url`, what was asked (`requests`), how many watches were opened (`streams`), what shall happen (`add`)."""

    def __init__(self, upstream: str, context: ssl.SSLContext | None, *, not_passed_on: Collection[str]) -> None:
        self.upstream = urlsplit(upstream)
        self.context = context
        self.not_passed_on = not_passed_on
        self.requests: list[Request] = []
        self.streams = 0
        self.over = threading.Event()
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"faults": self}))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def add(self, **fault: Any) -> None:
        """Let a fault happen; the oldest that matches comes first."""
        with self._lock:
            self._faults.append(Fault(**fault))

    def take(self, request: Request) -> Fault | None:
        """Note a request and take the fault that it meets."""
        with self._lock:
            self.requests.append(request)
            for fault in self._faults:
                if fault.times > 0 and fault.matches(request):
                    fault.times -= 1
                    return fault
        return None

    def connect(self) -> http.client.HTTPConnection:
        """Open a connection to the real server."""
        host, port = self.upstream.hostname or "", self.upstream.port
        if self.context is not None:
            return http.client.HTTPSConnection(host, port, timeout=120, context=self.context)
        return http.client.HTTPConnection(host, port, timeout=120)

    def hold(self, connection: socket.socket) -> None:
        """Remember an open connection of a client."""
        with self._lock:
            self._open.add(connection)

    def drop_all(self) -> None:
        """Break every connection of every client, as a load balancer that is restarted."""
        with self._lock:
            held, self._open = self._open, set()
        for connection in held:
            _break(connection)

    def stop(self) -> None:
        """End it."""
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self.drop_all()


@contextmanager
def faulty(kubeconfig: Path, *, as_administrator: bool = True) -> Iterator[Faults]:
    """A proxy in front of the API server that a kubeconfig with a client certificate names; without that, clients show their tokens."""
    content = yaml.safe_load(kubeconfig.read_text())
    cluster, user = content["clusters"][0]["cluster"], content["users"][0]["user"]
    with tempfile.TemporaryDirectory() as folder:
        context = ssl.create_default_context(cafile=_file(cluster, "certificate-authority", folder))
        if as_administrator:
            context.load_cert_chain(_file(user, "client-certificate", folder), _file(user, "client-key", folder))
    proxy = Faults(cluster["server"], context, not_passed_on=("host", "connection", *["authorization"] * as_administrator))
    try:
        yield proxy
    finally:
        proxy.stop()


def _file(entry: Mapping[str, str], key: str, folder: str) -> str:
    if key in entry:
        return entry[key]
    path = Path(folder) / key
    path.write_bytes(base64.b64decode(entry[f"{key}-data"]))
    return str(path)


def _break(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    faults: Faults

    def handle(self) -> None:
        self.faults.hold(self.connection)
        with suppress(OSError):
            super().handle()

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the name in the standard library
        """Keep quiet."""

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        query = dict(parse_qsl(address.query))
        request = Request(method=self.command, path=address.path, query=query, headers=dict(self.headers.items()))
        body = self.rfile.read(int(self.headers.get("Content-Length", 0) or 0))
        fault = self.faults.take(request)
        if fault is None:
            self._pass_on(request, body)
        elif fault.status:
            self._answer(fault.status, fault.headers, json.dumps(fault.body).encode())
        elif fault.says is not None:
            self._say(fault.says())
        elif fault.unsent or fault.hang:
            if fault.hang:
                self.faults.over.wait()
            self._close()
        else:
            self._pass_on(request, body, fault)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - names of the standard library

    def _pass_on(self, request: Request, body: bytes, fault: Fault | None = None) -> None:
        connection = self.faults.connect()
        kept = {name: value for name, value in request.headers.items() if name.lower() not in self.faults.not_passed_on}
        connection.request(self.command, self.path, body=body or None, headers=kept)
        answer = connection.getresponse()
        if fault is not None and fault.unheard:
            answer.read()
            fault.answered()
            self._close()
        elif request.is_watch and answer.status == 200:
            self._stream(answer, fault)
        else:
            self._answer(answer.status, dict(answer.getheaders()), answer.read())
        connection.close()

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, answer: http.client.HTTPResponse, fault: Fault | None) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.faults.streams += 1
        left = None if fault is None else fault.lines
        for line in iter(answer.readline, b""):
            if fault is not None and left == 0:
                self._chunk(line[: fault.part])
                self._close()
                return
            self._chunk(line)
            left = None if left is None else left - 1
        self.wfile.write(b"0\r\n\r\n")

    def _say(self, texts: Iterable[str]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for text in texts:
            self._chunk(text.encode())
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, data: bytes) -> None:
        if data:
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            self.wfile.flush()

    def _close(self) -> None:
        self.close_connection = True
        _break(self.connection)
