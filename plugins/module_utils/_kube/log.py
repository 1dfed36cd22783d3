# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A container's log while it is written, line by line; opened again where the connection was lost."""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from .._domain.base.errors import ClusterError
from .._domain.base.resources import POD
from .answers import Deed, error_of, status_of
from .library import urllib3
from .transport import Clock, Lost, Transport
from .watch import shut, socket_of

_QUIET_SECONDS = 90.0
"""How long nothing may come before it is opened again."""
_TRIES = 3
"""So many requests in a row that end soon are the end of the log: it comes again, from some seconds ago, also when nothing follows."""
_STEADY_SECONDS = 5.0
_OVERLAP_SECONDS = 10
_LONGEST = 65_536


class LogStream:
    """`Lines` over HTTP; iterate once. Lines may come twice after a lost connection."""

    def __init__(self, *, transport: Transport, namespace: str, pod: str, container: str, clock: Clock) -> None:
        self._transport = transport
        self._path = POD.path(namespace, pod, "log")
        self._container = container
        self._deed = Deed("read", replace(POD, plural="pods/log"), namespace, pod)
        self._clock = clock
        self._heard = clock()
        self._begun = False
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._socket: Any = None

    def close(self) -> None:
        """End the iteration at once, from any thread."""
        with self._lock:
            self._closed.set()
            if self._socket is not None:
                shut(self._socket)

    def __iter__(self) -> Iterator[str]:
        short = 0
        while not self._closed.is_set() and short < _TRIES:
            self._closed.wait(float(short))
            asked = self._clock()
            try:
                for line in self._once():
                    self._heard, self._begun = self._clock(), True
                    yield line
            except ClusterError:
                if not self._closed.is_set():
                    raise
            except (Lost, urllib3.exceptions.HTTPError, OSError, AttributeError, ValueError):
                # AttributeError and ValueError: what http.client raises when another thread has shut its socket.
                pass
            short = 0 if self._clock() - asked >= _STEADY_SECONDS else short + 1

    def _once(self) -> Iterator[str]:
        """The lines of one request. Raises `ClusterError` for what does not heal."""
        query = [("container", self._container), ("follow", "true")]
        if self._begun:
            query.append(("sinceSeconds", str(math.ceil(self._clock() - self._heard) + _OVERLAP_SECONDS)))
        asked = self._clock()
        response = self._transport.stream(self._path, query=query, read_seconds=_QUIET_SECONDS, accept="*/*")
        try:
            with self._lock:
                self._socket = socket_of(response)
            if response.status == 401 and self._transport.renew(since=asked):
                return
            if response.status in (401, 403, 404):
                raise error_of(response.status, status_of(response.read()), deed=self._deed, host=self._transport.host)
            if response.status == 200:
                yield from self._lines(response)
        finally:
            with self._lock:
                self._socket = None
            with contextlib.suppress(OSError, urllib3.exceptions.HTTPError, AttributeError, ValueError):
                response.close()

    def _lines(self, response: Any) -> Iterator[str]:
        rest = b""
        for chunk in response.stream(4_096, decode_content=True):
            if self._closed.is_set():
                return
            *lines, rest = (rest + chunk).split(b"\n")
            rest = rest[-_LONGEST:]
            yield from (line.decode(errors="replace") for line in lines)
        if rest:
            yield rest.decode(errors="replace")
