# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A watch that lives as long as it is wanted: opened again where it left off, listed again only when the server has forgotten that place.

Between events it sends nothing. The server ends each request after some minutes, so that a quiet watch cannot hang for ever; bookmarks
keep the place fresh, so that opening again needs no list.
"""

from __future__ import annotations

import contextlib
import random
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, NoReturn

from .._domain.base.errors import ClusterError, UnreachableError
from .._domain.base.objects import JsonObject, number, text
from .._domain.base.ports import Keep, Page, WatchEvent, whole
from .answers import Deed, error_of, seconds_asked, status_of
from .library import urllib3
from .reading import reader_of
from .retry import Attempts, is_transient
from .transport import Clock, Lost, Transport, lost

SERVER_SECONDS = (240, 300)
"""After how long the server ends one request, at random so that many watches do not come back together."""
OPEN_SECONDS = 20.0
"""How long the server may take to begin its answer."""
QUIET_SECONDS = 90.0
"""How long nothing may come. A bookmark comes each minute; without one the connection may be dead behind a proxy, and opening is cheap."""

STEADY_SECONDS = 1.0
"""A request that lived so long was a good one: the next that fails is the first of a new series."""

_TYPES: dict[str, Literal["ADDED", "MODIFIED", "DELETED"]] = {"ADDED": "ADDED", "MODIFIED": "MODIFIED", "DELETED": "DELETED"}


class _Interrupted(Exception):
    """One request of the watch ended before its time. `status` is the server's, 0 for a lost connection."""

    def __init__(self, reason: str, *, status: int = 0, body: JsonObject | None = None, asked: float = 0.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.body = body or {}
        self.asked = asked


class _Closed(Exception):
    """The consumer does not want any more events."""


class Watch:
    """`Subscription` over HTTP; iterate once. Without a `resource_version` it begins with a list, given as RESYNC.

    `relist` lists the collection and sleeps between its retries by the function it is given.
    """

    def __init__(
        self,
        *,
        transport: Transport,
        path: str,
        query: Sequence[tuple[str, str]],
        resource_version: str,
        relist: Callable[[Callable[[float], None]], Page],
        deed: Deed,
        attempts: Callable[[], Attempts],
        clock: Clock,
        opened: Callable[[], None] = lambda: None,
        keep: Keep = whole,
    ) -> None:
        self._transport = transport
        self._path = path
        self._query = tuple(query)
        self._version = resource_version
        self._relist = relist
        self._deed = deed
        self._read = reader_of(deed.resource)
        self._attempts = attempts
        self._clock = clock
        self._when_opened = opened
        self._keep = keep
        self._opened = float("inf")
        self._asked = float("-inf")
        self._reached = False
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._socket: Any = None
        self._trouble = ""

    @property
    def trouble(self) -> str:
        return self._trouble

    def close(self) -> None:
        self._closed.set()
        with self._lock:
            if self._socket is not None:
                shut(self._socket)

    def __iter__(self) -> Iterator[WatchEvent]:
        attempts: Attempts | None = None
        while not self._closed.is_set():
            try:
                for event in self._once():
                    attempts = None
                    yield event
            except _Closed:
                return
            except _Interrupted as interruption:
                if self._closed.is_set():
                    return
                if self._clock() - self._opened >= STEADY_SECONDS:
                    attempts = None
                attempts = attempts or self._begin()
                self._wait(interruption, attempts)

    def _once(self) -> Iterator[WatchEvent]:
        """The events of one request, after a list where there is no place to begin at."""
        self._opened = float("inf")
        if not self._version:
            page = self._relist(self._sleep)
            self._version = page.resource_version
            self._reached = True
            yield WatchEvent("RESYNC", {}, page.items)
        response, heard = self._open(), False
        self._opened = self._clock()
        self._trouble = ""
        self._when_opened()
        for kind, obj in self._changes(response):
            heard = True
            if kind == "ERROR":
                self._interrupt(number(obj, "code"), obj)
            self._version = text(obj, "metadata", "resourceVersion") or self._version
            if kind in _TYPES:
                yield WatchEvent(_TYPES[kind], self._keep(obj))
        if not heard and self._clock() - self._opened < STEADY_SECONDS:
            raise _Interrupted("each watch is ended at once")

    def _open(self) -> Any:
        """A response with status 200, still to be read."""
        query = [
            *self._query,
            ("watch", "true"),
            ("allowWatchBookmarks", "true"),
            ("resourceVersion", self._version),
            ("timeoutSeconds", str(random.SystemRandom().randint(*SERVER_SECONDS))),
        ]
        self._asked = self._clock()
        try:
            response = self._transport.stream(self._path, query=query, read_seconds=OPEN_SECONDS)
            body = {} if response.status == 200 else status_of(response.read())
        except Lost as failure:
            raise self._broken(failure) from failure
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise self._broken(lost(error)) from error
        if response.status != 200:
            self._interrupt(response.status, body, response.headers.get("Retry-After", ""))
        self._reached = True
        return response

    def _changes(self, response: Any) -> Iterator[tuple[str, JsonObject]]:
        """The lines of a response as (type, object); the rest of a line that was cut off is dropped, for it comes again."""
        self._hold(response)
        rest = b""
        try:
            for chunk in response.stream(65_536, decode_content=True):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    if line.strip():
                        yield _parse(self._read(line))
        except (urllib3.exceptions.HTTPError, OSError, AttributeError, ValueError) as error:
            # AttributeError and ValueError: what http.client raises when another thread has shut its socket.
            if self._closed.is_set():
                raise _Closed from None
            if isinstance(error, (AttributeError, ValueError)) and not isinstance(error, urllib3.exceptions.HTTPError):
                raise _Interrupted("a line of the watch was garbled") from error
            raise self._broken(lost(error)) from error
        finally:
            with self._lock:
                self._socket = None
            response.close()

    def _hold(self, response: Any) -> None:
        """Keep the socket, so that `close` can end the read of another thread."""
        found = socket_of(response)
        with self._lock:
            if self._closed.is_set():
                response.close()
                raise _Closed
            self._socket = found
        if found is not None:
            found.settimeout(QUIET_SECONDS)

    def _interrupt(self, status: int, body: JsonObject, retry_after: str = "") -> NoReturn:
        """Raise what an answer, or an ERROR event, means."""
        if status == 410:
            self._version = ""
        elif status == 401 and self._transport.renew(since=self._asked):
            pass
        elif not is_transient(status):
            raise self._error(status, body)
        raise _Interrupted(text(body, "message"), status=status, body=body, asked=seconds_asked(body, retry_after))

    def _wait(self, interruption: _Interrupted, attempts: Attempts) -> None:
        """Wait before the next request; the domain's error when it has been tried for long enough."""
        self._trouble = interruption.reason or f"it answers {interruption.status}"
        pause = attempts.pause(status=interruption.status, asked=interruption.asked)
        if pause is not None:
            self._closed.wait(pause)
        elif interruption.status:
            raise self._error(interruption.status, interruption.body)
        else:
            raise UnreachableError(
                f"{self._deed}: the cluster at {self._transport.host} does not answer any more: {interruption.reason} "
                f"(tried for {attempts.seconds:.0f} s)."
            )

    def _begin(self) -> Attempts:
        attempts = self._attempts()
        attempts.reached = attempts.reached or self._reached
        return attempts

    def _broken(self, failure: Lost) -> Exception:
        if failure.lasting:
            return UnreachableError(f"{self._deed}: the cluster at {self._transport.host} cannot be used: {failure.reason}.")
        return _Interrupted(failure.reason)

    def _error(self, status: int, body: JsonObject) -> ClusterError:
        return error_of(status, body, deed=self._deed, host=self._transport.host)

    def _sleep(self, seconds: float) -> None:
        if self._closed.wait(seconds):
            raise _Closed


def _parse(event: Any) -> tuple[str, JsonObject]:
    if not isinstance(event, dict) or not isinstance(event.get("object"), dict):
        raise ValueError("not a watch event")  # noqa: TRY004 - bad data, not a bad call
    return text(event, "type"), event["object"]


def socket_of(response: Any) -> Any:
    """The socket below urllib3's response; the connection forgets it when the server wants to close after the answer."""
    found = getattr(getattr(response, "connection", None), "sock", None)
    if found is None:
        buffered = getattr(getattr(response, "_fp", None), "fp", None)
        found = getattr(getattr(buffered, "raw", None), "_sock", None)
    return found


def shut(held: Any) -> None:
    """End a read in another thread. Not by `SSLSocket.shutdown`, which would pull the TLS session from under the reader."""
    plain = held if isinstance(held, socket.socket) else getattr(held, "socket", None)
    if isinstance(plain, socket.socket):
        with contextlib.suppress(OSError):
            socket.socket.shutdown(plain, socket.SHUT_RDWR)
