# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cluster in memory (tests/memory) in the place of the real one, for tests marked `memory`."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._entry.main import Context
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.connect import Connection
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.transport import Answer

from tests.memory.cluster import Memory
from tests.memory.cluster import running as memory_running
from tests.memory.requests import Request, place_of
from tests.memory.wire import Wire

from . import api
from .cluster import Done, Event
from .people import People, Refused

VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
PLACE = Path("memory")
NODES = 5
"""As many as the real cluster has."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class InMemory:
    """Answers as `Cluster` does."""

    memory: Memory
    events: list[Event] = dataclasses.field(default_factory=list)
    kubeconfig: Path = PLACE

    def kubectl(self, *arguments: str, stdin: str | None = None, check: bool = True) -> Done:
        """Do what kubectl would, for the commands that tests begin with (`people.py`)."""
        words = list(arguments)
        namespace = "default"
        if words[:1] == ["--namespace"]:
            namespace, words = words[1], words[2:]
        try:
            return Done(code=0, stdout=People(self.memory, namespace).do(words, stdin), stderr="")
        except Refused as refused:
            if check:
                raise
            return Done(code=1, stdout="", stderr=str(refused))

    @contextlib.contextmanager
    def fresh_namespace(self, name: str) -> Iterator[None]:
        """A namespace that is ready for pods; it ends with the cluster."""
        self.memory.make_namespace(name)
        yield

    def get(self, namespace: str, kind: str, name: str | None = None) -> Any:
        """Return one object as a dict (None: not there), or the list of all."""
        people = People(self.memory, namespace)
        try:
            found = json.loads(people.do(["get", kind, *([name] if name is not None else []), "--output=json"], None))
        except Refused:
            return None
        return found if name is not None else found["items"]

    def reached(self, context: Context) -> tuple[dict[str, str], Context]:
        """Return the options and the context that lead a module here."""
        return {"host": "https://memory.example", "api_key": "of-the-test"}, dataclasses.replace(context, connect=self._connect)

    def audit_size(self) -> int:
        """Return where what was asked by now ends."""
        return len(self.events)

    def audit_mark(self) -> int:
        """Return a mark: what was asked by now lies before it."""
        return len(self.events)

    def audit_since(self, mark: int, *, about: str = "") -> list[Event]:
        """Return all requests of modules after the mark."""
        del about
        return self.events[mark:]

    def asked(self, method: str, path: str, *, body: Any, absent: bool) -> Any:
        """As `api.ask`."""
        status, answer = self.memory.server.answer(Request(method, path, {"fieldManager": api.USER_AGENT}, body))
        if status == 404 and absent:
            return None
        if status >= 400:
            raise api.Refused(f"{method} {path} was answered with {status}: {answer}")
        return answer

    def _connect(self, _options: Any, *, deadline_seconds: float, **_more: Any) -> Connection:
        wire = Wire(self.memory.server)
        wire.after.append(self._noted)
        return Connection(self.memory.client_on(wire, deadline_seconds), (), (), "default")

    def _noted(self, request: Request, answer: Answer) -> Answer:
        if request.path == "/version" or len(request.path.split("/")) < 4:
            return answer
        place = place_of(request.path)
        reading = "watch" if request.is_watch else "get" if place.name else "list"
        event = Event(
            verb=VERBS.get(request.method, reading),
            uri=request.path,
            query=request.query,
            user=request.user,
            user_agent="rollout.kubernetes",
            resource=place.resource.plural,
            subresource=place.below,
            namespace=place.namespace,
            name=place.name,
            code=answer.status,
            stage="ResponseStarted" if request.is_watch else "ResponseComplete",
            time=self.memory.clock.now().isoformat(),
        )
        self.events.append(event)
        return answer


@contextlib.contextmanager
def in_memory() -> Iterator[InMemory]:
    """A fresh cluster in memory, on whose clock the collection and the test live for so long."""
    with memory_running(seed=1, nodes=NODES) as memory:
        cluster = InMemory(memory=memory)
        api.IN_MEMORY[cluster.kubeconfig] = cluster
        try:
            yield cluster
        finally:
            del api.IN_MEMORY[cluster.kubeconfig]
