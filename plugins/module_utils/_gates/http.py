# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTP request over a connection of its own, as a user's: no proxy, no redirect, no second attempt; and what came of it.

The whole request, from the look-up of the name to the last byte, has one deadline.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any
from urllib.parse import quote, urlsplit

from .._domain.errors import InputError
from .._domain.verification import OK, Verification

_MOST_BYTES = 1_048_576
"""So much of a body is read."""
_AS_IT_STANDS = "/?%:=&~#+!$,;'@()*[]"

Outcome = tuple[str, str]
"""What came of a request, and more about it where there is more to say."""


class HttpProbe:
    """Sends the same request again and again; safe for threads.

    Raises `InputError` for a `ca_cert` that cannot be used.
    """

    def __init__(self, wanted: Verification) -> None:
        self._wanted = wanted
        parts = urlsplit(wanted.url)
        self._host = parts.hostname or ""
        self._tls = _context(wanted) if parts.scheme == "https" else None
        self._port = parts.port or (80 if self._tls is None else 443)
        self._authority = parts.netloc
        self._path = quote(parts.path or "/", safe=_AS_IT_STANDS) + (f"?{quote(parts.query, safe=_AS_IT_STANDS)}" if parts.query else "")
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._closed = False

    def ask(self) -> Outcome:
        """One request. Never raises for what the network or the server does."""
        deadline = time.monotonic() + self._wanted.timeout
        try:
            with self._connected(deadline) as connection:
                return self._answer(connection, deadline)
        except OSError as error:
            return _outcome_of(error)
        except UnicodeError:  # What getaddrinfo says of a label that is too long.
            return "unresolved", "it is no name"
        except http.client.HTTPException as error:
            if isinstance(error, http.client.IncompleteRead):
                return "closed", "in the middle of the answer"
            return "no http", type(error).__name__

    def close(self) -> None:
        """End the requests that are on their way."""
        with self._lock:
            self._closed = True
            for connection in self._open:
                with suppress(OSError):
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)

    @contextmanager
    def _connected(self, deadline: float) -> Iterator[socket.socket]:
        with closing(_connect(self._host, self._port, deadline)) as plain:
            with self._lock:
                if self._closed:
                    raise TimeoutError
                self._open.add(plain)
            try:
                if self._tls is None:
                    yield plain
                    return
                plain.settimeout(_left(deadline))
                with self._tls.wrap_socket(plain, server_hostname=self._host, do_handshake_on_connect=False) as connection:
                    with self._lock:
                        self._open = (self._open - {plain}) | {connection}
                    try:
                        connection.do_handshake()
                        yield connection
                    finally:
                        with self._lock:
                            self._open.discard(connection)
            finally:
                with self._lock:
                    self._open.discard(plain)

    def _answer(self, connection: socket.socket, deadline: float) -> Outcome:
        wanted = self._wanted
        lines = {"Host": self._authority, "User-Agent": "rollout.kubernetes", "Accept": "*/*", "Connection": "close"}
        given = {name.lower() for name in wanted.headers}
        headers = {**{name: value for name, value in lines.items() if name.lower() not in given}, **wanted.headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        connection.settimeout(_left(deadline))
        connection.sendall(f"{wanted.method} {self._path} HTTP/1.1\r\n{head}\r\n".encode("latin-1", "replace"))
        response = http.client.HTTPResponse(_Timed(connection, deadline), method=wanted.method)  # type: ignore[arg-type]
        try:
            response.begin()
            body = _body(response)
        finally:
            response.close()
        if not wanted.accepts(response.status):
            return f"status {response.status}", ""
        if wanted.contains and wanted.contains.encode() not in body:
            return "wrong body", "verify.contains is not in it"
        return OK, ""


def _body(response: http.client.HTTPResponse) -> bytes:
    """The body, up to a bound. Raises `IncompleteRead` for one that is cut off."""
    found = bytearray()
    while len(found) < _MOST_BYTES:
        part = response.read(65_536)
        if not part:
            if response.length:
                raise http.client.IncompleteRead(bytes(found), response.length)
            break
        found += part
    return bytes(found)


class _Timed(io.RawIOBase):
    """What `HTTPResponse` reads from: a socket each of whose reads ends at the deadline of the whole request."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline

    def makefile(self, _mode: str) -> io.BufferedReader:
        """As `HTTPResponse` asks a socket for it."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._connection.settimeout(_left(self._deadline))
        return self._connection.recv_into(buffer)


def _connect(host: str, port: int, deadline: float) -> socket.socket:
    """A connection to the first address that takes one, as clients do it."""
    failure: OSError = OSError("the name has no address")
    for family, kind, protocol, _name, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(_left(deadline))
            connection.connect(address)
        except OSError as error:
            connection.close()
            failure = error
        else:
            return connection
    raise failure


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


_OUTCOMES: tuple[tuple[type[OSError], Outcome], ...] = (
    (TimeoutError, ("timeout", "")),
    (socket.gaierror, ("unresolved", "the name has no address")),
    (ConnectionRefusedError, ("refused", "")),
    (http.client.RemoteDisconnected, ("closed", "without an answer")),
    (ConnectionError, ("reset", "")),
)
"""What a user's client would call it; the first that fits counts."""


def _outcome_of(error: OSError) -> Outcome:
    if isinstance(error, ssl.SSLCertVerificationError):
        return "tls", error.verify_message
    if isinstance(error, ssl.SSLError):
        return "tls", (error.reason or "no handshake").replace("_", " ").lower()
    return next((outcome for kind, outcome in _OUTCOMES if isinstance(error, kind)), ("unreachable", error.strerror or ""))


def _context(wanted: Verification) -> ssl.SSLContext:
    if not wanted.validate_certs:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    try:
        return ssl.create_default_context(cafile=wanted.ca_cert or None)
    except OSError as error:
        reason = "it holds no certificate" if isinstance(error, ssl.SSLError) else (error.strerror or "it is no file")
        raise InputError(f"verify.ca_cert {wanted.ca_cert} cannot be read: {reason}.") from error
