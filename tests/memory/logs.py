# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logs of containers: what every one has written, as on the tests' simulated nodes, and what a program writes while it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import POD

from .schema import Json
from .store import Change, Store

_FILE = Path(__file__).parents[1] / "cluster" / "logs" / "container.log"
_LINES = [line.split(" ", 3)[3] for line in _FILE.read_text(encoding="utf-8").splitlines()]


class Logs:
    """The lines of each pod that writes some of its own; all others have the same few."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._own: dict[str, list[str]] = {}
        self.open: dict[LogAnswer, None] = {}
        store.listeners.append(self._hear)

    def begin(self, pod: Json) -> None:
        """From now on this pod writes lines of its own."""
        self._own[pod["metadata"]["uid"]] = []

    def write(self, pod: Json, line: str) -> None:
        """A pod writes a line."""
        self._own[pod["metadata"]["uid"]].append(line)

    def of(self, pod: Json) -> list[str]:
        """The lines by now; the list goes on."""
        return self._own.get(pod["metadata"]["uid"], _LINES)

    def tail(self, pod: Json, query: Mapping[str, str]) -> str:
        """The last lines, as an answer."""
        lines = self.of(pod)
        count = int(query.get("tailLines", len(lines)))
        return "".join(f"{line}\n" for line in lines[len(lines) - min(count, len(lines)) :])

    def break_all(self) -> None:
        """Break each connection on which a log is followed."""
        for answer in list(self.open):
            answer.close()

    def _hear(self, change: Change) -> None:
        if change.resource == POD and change.type == "DELETED":
            for answer in list(self.open):
                if answer.uid == change.new["metadata"]["uid"]:
                    answer.close()


class LogAnswer:
    """A log that is followed: `status`, `stream`, `close` and a socket, as the client takes them from an answer."""

    def __init__(self, logs: Logs, pod: Json) -> None:
        self.status = 200
        self.headers: dict[str, str] = {}
        self.connection = self
        self.sock = self
        self.uid = pod["metadata"]["uid"]
        self._logs = logs
        self._lines = logs.of(pod)
        self._over = False
        self._sent = 0
        logs.open[self] = None

    def read(self) -> bytes:
        """Nothing is left to be read of an answer that is one."""
        return b""

    def close(self) -> None:
        self._over = True
        self._logs.open.pop(self, None)

    def stream(self, _size: int, *, decode_content: bool) -> Iterator[bytes]:
        """The lines from the first on, as they come, until the pod is gone or somebody ends it."""
        del decode_content
        while not self._over:
            self._logs.store.clock.wait(lambda: self._over or len(self._lines) > self._sent)
            while len(self._lines) > self._sent:
                self._sent += 1
                yield f"{self._lines[self._sent - 1]}\n".encode()
        self.close()
