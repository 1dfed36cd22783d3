# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Watches: what is sent to whom, and when it arrives."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import Resource

from .clock import Clock
from .refusals import expired
from .schema import Json
from .store import Change, Store

Match = Callable[[Json], bool]
CUT = b""
"""In the place of a line: the server ends the request here."""


class Stream:
    """One running watch; it is also what the client takes for the answer (and its socket): `status`, `stream`, `close`."""

    def __init__(self, watches: Watches, resource: Resource, namespace: str, matches: Match, seconds: float) -> None:
        self.status = 200
        self.headers: dict[str, str] = {}
        self.connection = self
        self.sock = self
        self._watches = watches
        self.resource, self._namespace, self._matches = resource, namespace, matches
        self._lines: deque[bytes] = deque()
        self._arrived = 0.0
        self._ends = watches.clock.seconds + seconds
        self._over = False

    def settimeout(self, _seconds: float) -> None:
        """As a socket has it."""

    def read(self) -> bytes:
        """Nothing is left to be read of an answer that is one."""
        return b""

    def close(self) -> None:
        self.end()

    def end(self) -> None:
        """Break the connection."""
        self._over = True
        self._watches.open.pop(self, None)

    def stream(self, _size: int, *, decode_content: bool) -> Iterator[bytes]:
        """The events as they come, until the server or somebody else ends it."""
        del decode_content
        clock = self._watches.clock
        while not self._over:
            clock.wait(lambda: bool(self._lines) or self._over, self._ends - clock.seconds)
            if self._over:
                break
            if self._lines:
                line = self._lines.popleft()
                if line == CUT:
                    break
                yield line
            elif clock.seconds >= self._ends:
                yield self.bookmark()
                break
        self.end()

    def offer(self, change: Change, delay: float) -> None:
        """Send a change on its way if it belongs here."""
        line = self._seen(change)
        if line is not None:
            self.send(line, delay)

    def send(self, line: bytes, delay: float) -> None:
        """Send a line on its way; what was sent earlier arrives earlier."""
        clock = self._watches.clock
        self._arrived = max(self._arrived, clock.seconds + delay)
        clock.after(self._arrived - clock.seconds, lambda: self._lines.append(line))

    def bookmark(self) -> bytes:
        """A line that says how far the watch has come."""
        metadata = {"resourceVersion": str(self._watches.store.version)}
        return _line("BOOKMARK", {"apiVersion": self.resource.api_version, "kind": self.resource.kind, "metadata": metadata})

    def begin(self, changes: list[Change]) -> None:
        """Send what has happened since the version that the watch begins at."""
        self._lines.extend(line for change in changes if (line := self._seen(change)) is not None)

    def say_expired(self) -> None:
        """Say that the version is too old, and end."""
        self._lines.append(_line("ERROR", expired().body))

    def _seen(self, change: Change) -> bytes | None:
        if change.resource != self.resource or (self._namespace and change.new["metadata"].get("namespace") != self._namespace):
            return None
        before, now = change.old is not None and self._matches(change.old), self._matches(change.new)
        if change.type == "DELETED":
            return _line("DELETED", change.new) if before or now else None
        if now:
            return _line("MODIFIED" if before else "ADDED", change.new)
        if before:  # It no longer fits the selector.
            last = {**change.old, "metadata": {**change.old["metadata"], "resourceVersion": str(change.version)}}
            return _line("DELETED", last)
        return None


class Watches:
    """All running watches. `delay` says how many seconds an event takes; `carry` sends a change on its way on one watch."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock: Clock = store.clock
        self.open: dict[Stream, None] = {}
        self.delay: Callable[[Change], float] = lambda _change: self.clock.random.uniform(0.0005, 0.02)
        self.carry: Callable[[Stream, Change], None] = lambda stream, change: stream.offer(change, self.delay(change))
        self.opened: Callable[[Stream], None] = lambda _stream: None
        """Called with each watch that has just begun."""
        store.listeners.append(self._tell)

    def begin(self, resource: Resource, namespace: str, matches: Match, version: str, seconds: float) -> Stream:
        """A watch from that version on; from now on without one."""
        stream = Stream(self, resource, namespace, matches, seconds)
        since = int(version or self.store.version)
        if since < self.store.forgotten:
            stream.say_expired()
        else:
            stream.begin([change for change in self.store.changes if change.version > since])
        self.open[stream] = None
        self.opened(stream)
        return stream

    def break_all(self) -> None:
        """Break every watch, as a load balancer that is restarted."""
        for stream in list(self.open):
            stream.end()

    def _tell(self, change: Change) -> None:
        for stream in list(self.open):
            self.carry(stream, change)


class _Spelling:
    """Objects as JSON; the last one is kept, as several watches tell of it in a row, and what is stored never changes in place."""

    def __init__(self) -> None:
        self._last: Any = None
        self._text = "null"

    def __call__(self, obj: Any) -> str:
        if obj is not self._last:
            self._last, self._text = obj, json.dumps(obj)
        return self._text


_spelled = _Spelling()


def _line(kind: str, obj: Any) -> bytes:
    return f'{{"type": "{kind}", "object": {_spelled(obj)}}}\n'.encode()
