# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTP request over a connection of its own, as a user's: no proxy, no redirect, no second attempt; and what came of it.

The whole request, from the look-up of the name to the last byte, has one deadline. A look-up cannot be interrupted and a server may send
a byte at a time, so each request runs in a thread of its own: at the deadline its socket is shut and the thread is left to itself.
"""

from __future__ import annotations

import http.client
import queue
import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from .._domain.base.errors import InputError, causes
from .._domain.verification import OK, Verification

try:
    import urllib3
    import urllib3.connection
    import urllib3.exceptions
except ImportError:  # The client of the API needs it too, and says so before anything is asked here.
    urllib3 = None

_MOST_BYTES = 1_048_576
"""So much of a body is read."""
_AS_IT_STANDS = "/?%:=&~#+!$,;'@()*[]"

Outcome = tuple[str, str]
"""What came of a request, and more about it where there is more to say."""


@dataclass(frozen=True)
class Question:
    """A request to send, as often as is wanted. `timeout` is the seconds for all of it; `ca_option` is what the user calls `ca_cert`."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: str = ""
    timeout: float = 10.0
    validate_certs: bool = True
    ca_cert: str = ""
    ca_option: str = "ca_cert"


@dataclass(frozen=True)
class Answered:
    """What a server has answered; of the body the first part up to a bound, and whether that is all of it."""

    status: int
    body: bytes
    whole: bool


class Exchange:
    """Sends the same request again and again; safe for threads.

    Raises `InputError` for a `ca_cert` that cannot be used.
    """

    def __init__(self, question: Question) -> None:
        self._question = question
        parts = urlsplit(question.url)
        self._host = parts.hostname or ""
        self._tls = _context(question) if parts.scheme == "https" else None
        if self._tls is not None and not question.validate_certs:
            # It would be printed for each request; whoever switched the check off knows.
            warnings.filterwarnings("ignore", category=urllib3.exceptions.InsecureRequestWarning)
        self._port = parts.port or (80 if self._tls is None else 443)
        self._path = quote(parts.path or "/", safe=_AS_IT_STANDS) + (f"?{quote(parts.query, safe=_AS_IT_STANDS)}" if parts.query else "")
        usual = {"Host": parts.netloc, "User-Agent": "rollout.kubernetes", "Accept": "*/*", "Connection": "close"}
        given = {name.lower() for name in question.headers}
        headers = {**{name: value for name, value in usual.items() if name.lower() not in given}, **question.headers}
        self._headers = {name: value.encode("latin-1", "replace") for name, value in headers.items()}
        self._lock = threading.Lock()
        self._under_way: set[_Request] = set()
        self._closed = False

    def ask(self) -> Answered | Outcome:
        """One request: what was answered, or why nothing was. Never raises for what the network or the server does."""
        request = _Request()
        with self._lock:
            if self._closed:
                return "timeout", ""
            self._under_way.add(request)
        threading.Thread(target=self._run, args=(request,), name="rollout-request", daemon=True).start()
        try:
            answer = request.answer.get(timeout=self._question.timeout)
        except queue.Empty:
            request.abort()
            return "timeout", ""
        finally:
            with self._lock:
                self._under_way.discard(request)
        return answer if isinstance(answer, Answered) else _outcome_of(answer)

    def close(self) -> None:
        """End the requests that are on their way."""
        with self._lock:
            self._closed = True
            for request in self._under_way:
                request.abort()

    def _run(self, request: _Request) -> None:
        try:
            request.answer.put(self._answer(request))
        except Exception as error:  # noqa: BLE001 - it is raised again, or named, in the thread that asked.
            request.answer.put(error)

    def _answer(self, request: _Request) -> Answered:
        with self._pool(request) as pool:
            response = pool.request(
                self._question.method,
                self._path,
                body=self._question.body.encode() or None,
                headers=self._headers,
                redirect=False,
                retries=False,
                preload_content=False,
                enforce_content_length=True,
            )
            body = _body(response)
        return Answered(response.status, body[:_MOST_BYTES], len(body) <= _MOST_BYTES)

    def _pool(self, request: _Request) -> Any:
        """A pool for one connection, which tells the request of its socket."""
        bounds: dict[str, Any] = {"maxsize": 1, "timeout": self._question.timeout}
        pool: Any
        if self._tls is None:
            pool = urllib3.HTTPConnectionPool(self._host, self._port, **bounds)
        else:
            # urllib3 1.26 takes this from here, 2.x from the context.
            checked = {"cert_reqs": self._tls.verify_mode}
            pool = urllib3.HTTPSConnectionPool(self._host, self._port, ssl_context=self._tls, **checked, **bounds)
        make = pool.ConnectionCls

        def connection(*arguments: Any, **options: Any) -> Any:
            request.connection = make(*arguments, **options)
            return request.connection

        pool.ConnectionCls = connection
        return pool


class HttpProbe:
    """The requests of a measurement, each of which is answered as it should be or not. Raises as `Exchange`."""

    def __init__(self, wanted: Verification) -> None:
        self._wanted = wanted
        self._exchange = Exchange(
            Question(
                wanted.url,
                method=wanted.method,
                headers=wanted.headers,
                timeout=wanted.timeout,
                validate_certs=wanted.validate_certs,
                ca_cert=wanted.ca_cert,
                ca_option="verify.ca_cert",
            )
        )

    def ask(self) -> Outcome:
        """One request. Never raises for what the network or the server does."""
        answer = self._exchange.ask()
        if not isinstance(answer, Answered):
            return answer
        if not self._wanted.accepts(answer.status):
            return f"status {answer.status}", ""
        if self._wanted.contains and self._wanted.contains.encode() not in answer.body:
            return "wrong body", "verify.contains is not in it"
        return OK, ""

    def close(self) -> None:
        """End the requests that are on their way."""
        self._exchange.close()


class _Request:
    """One request under way: its connection once there is one, and the place where its answer comes."""

    def __init__(self) -> None:
        self.answer: queue.SimpleQueue[Answered | Exception] = queue.SimpleQueue()
        self.connection: Any = None

    def abort(self) -> None:
        """End what it reads or writes. Not by `SSLSocket.shutdown`, which would pull the TLS session from under the reader."""
        held = getattr(self.connection, "sock", None)
        if isinstance(held, socket.socket):
            with suppress(OSError):
                socket.socket.shutdown(held, socket.SHUT_RDWR)


def _body(response: Any) -> bytes:
    """The body, up to a bound and a little more. Raises `IncompleteRead` for one that is cut off."""
    found = bytearray()
    while len(found) <= _MOST_BYTES and (part := response.read(65_536, decode_content=False)):
        found += part
    return bytes(found)


_OUTCOMES: tuple[tuple[type[BaseException], Callable[[Any], Outcome]], ...] = (
    (ssl.SSLCertVerificationError, lambda error: ("tls", error.verify_message)),
    (ssl.SSLError, lambda error: ("tls", (error.reason or "no handshake").replace("_", " ").lower())),
    (TimeoutError, lambda _error: ("timeout", "")),
    (socket.gaierror, lambda _error: ("unresolved", "the name has no address")),
    (UnicodeError, lambda _error: ("unresolved", "it is no name")),  # What getaddrinfo says of a label that is too long.
    (ConnectionRefusedError, lambda _error: ("refused", "")),
    (http.client.RemoteDisconnected, lambda _error: ("closed", "without an answer")),
    (http.client.IncompleteRead, lambda _error: ("closed", "in the middle of the answer")),
    (ConnectionError, lambda _error: ("reset", "")),
    (http.client.HTTPException, lambda error: ("no http", type(error).__name__)),
    (OSError, lambda error: ("unreachable", error.strerror or "")),
)
"""What a user's client would call an exception of Python's; the first that fits counts."""
_WRAPPERS: tuple[tuple[str, str, str], ...] = (
    ("LocationValueError", "unresolved", "it is no name"),
    ("SSLError", "tls", "the certificate is for another name"),
    ("HTTPError", "no http", ""),
)
"""The same for exceptions of urllib3 that wrap none of Python's."""


def _outcome_of(error: Exception) -> Outcome:
    """Name what became of a request by the innermost cause that has a name; what is none of the network's is raised again."""
    for cause in reversed(causes(error)):
        for kind, outcome in _OUTCOMES:
            if isinstance(cause, kind):
                return outcome(cause)
    for name, short, detail in _WRAPPERS:
        if isinstance(error, getattr(urllib3.exceptions, name)):
            return short, detail or type(error).__name__
    raise error


def _context(wanted: Question) -> ssl.SSLContext:
    """What a server must show. The name is compared by urllib3, as 1.26 does not let the handshake do it for addresses."""
    if not wanted.validate_certs:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    try:
        context = ssl.create_default_context(cafile=wanted.ca_cert or None)
    except OSError as error:
        reason = "it holds no certificate" if isinstance(error, ssl.SSLError) else (error.strerror or "it is no file")
        raise InputError(f"{wanted.ca_option} {wanted.ca_cert} cannot be read: {reason}.") from error
    context.check_hostname = False
    return context
