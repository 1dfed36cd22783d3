# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way to the server: what a client of `_kube` takes for its transport, and what a test does to the requests on it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.transport import Answer, Lost

from .clock import Clock, Party
from .refusals import Refusal
from .requests import Request, read_body, read_query
from .rights import ADMINISTRATOR
from .server import Server

Before = Callable[[Request], Answer | None]
"""Called when a request has arrived; an answer is given instead of the server's. It may also raise `Lost`."""
After = Callable[[Request, Answer], Answer]
"""Called when a request has been carried out; it gives the answer on, another one, or raises `Lost`."""


@dataclass(frozen=True)
class Settings:
    """What the client looks at of its settings."""

    host: str = "https://memory.example"
    server_source: str = "the test"


class Wire:
    """One client's connection. Requests are counted and take some time there and back; `before` and `after` are for tests."""

    def __init__(self, server: Server, *, party: Party | None = None, user: str = ADMINISTRATOR) -> None:
        self.settings = Settings()
        self.requests: list[Request] = []
        self.before: list[Before] = []
        self.after: list[After] = []
        self._server = server
        self._clock: Clock = server.clock
        self._party = party
        self._user = user

    @property
    def host(self) -> str:
        return self.settings.host

    @property
    def writes(self) -> list[Request]:
        """The requests that could change something."""
        return [request for request in self.requests if request.is_write]

    @property
    def changes(self) -> list[Request]:
        """The writes without those of Leases, and without questions for rights."""
        return [request for request in self.writes if request.is_change]

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        body: bytes | None = None,
        content_type: str = "",
        accept: str = "application/json",
        read_seconds: float = 0.0,
    ) -> Answer:
        """One request and its answer."""
        del accept, read_seconds
        request = Request(method, path, read_query(query), read_body(body), content_type, self._user)
        answer: Answer = self._exchange(request, self._answered)
        return answer

    def stream(self, path: str, *, query: Sequence[tuple[str, str]], read_seconds: float, accept: str = "application/json") -> Any:
        """A watch, or a log that is followed."""
        del accept, read_seconds
        request = Request("GET", path, read_query(query), None, "", self._user)
        return self._exchange(request, self._watched)

    def renew(self, *, since: float) -> bool:
        """Credentials are never renewed here."""
        del since
        return False

    def _exchange(self, request: Request, do: Callable[[Request], Any]) -> Any:
        self._travel()
        self.requests.append(request)
        answer: Any = None
        for meddle in self.before:
            answer = answer or meddle(request)
        answer = _Whole(answer) if answer is not None and request.is_stream else answer or do(request)
        for hear in self.after:
            answer = hear(request, answer)
        self._travel()
        return answer

    def _travel(self) -> None:
        self._clock.sleep(self._clock.random.uniform(0.001, 0.01))

    def _answered(self, request: Request) -> Answer:
        status, body = self._server.answer(request)
        return self.spelled(status, body)

    def spelled(self, status: int, body: Any) -> Answer:
        """An answer with this status and body."""
        date = self._clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT")
        text = body if isinstance(body, str) else json.dumps(body) if body is not None else "404 page not found"
        return Answer(status, {"Date": date}, text.encode())

    def _watched(self, request: Request) -> Any:
        try:
            return self._server.watch(request) if request.is_watch else self._server.follow(request)
        except Refusal as refusal:
            return _Whole(self.spelled(refusal.code, refusal.body))


class _Whole:
    """An answer to a watch that is none."""

    def __init__(self, answer: Answer) -> None:
        self.status, self.headers = answer.status, answer.headers
        self._body = answer.body

    def read(self) -> bytes:
        return self._body

    def close(self) -> None:
        """As a response has it."""


__all__ = ["Lost", "Wire"]
