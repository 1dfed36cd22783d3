# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole cluster in memory: clock, API server, controllers, and clients of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import KNOWN
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.client import KubeCluster

from .clock import Clock
from .controllers import start
from .kinds import named
from .rights import ADMINISTRATOR
from .schema import Json
from .server import NAMESPACE, Server
from .stand_ins import installed
from .users import reaching
from .wire import Wire

NODES = 3


class Memory:
    """A cluster with a few nodes, a namespace `default` and all controllers at work."""

    def __init__(self, seed: int = 0, nodes: int = NODES) -> None:
        self.seed = seed
        self.clock = Clock(seed)
        self.server = Server(self.clock)
        self.runs: list[Any] = []
        """The runs of modules, in their order."""
        for number in range(nodes):
            node = {
                "metadata": {"name": f"node-{number}", "labels": {"kubernetes.io/hostname": f"node-{number}", "kubernetes.io/os": "linux"}}
            }
            self.server.create(KNOWN["v1", "Node"], node)
        self.controllers = start(self.server)
        self.make_namespace("default")

    def make_namespace(self, name: str) -> None:
        """A namespace that is ready for pods."""
        self.server.create(NAMESPACE, {"metadata": {"name": name}})
        self.clock.sleep(0.1)

    def client(self, *, user: str = ADMINISTRATOR, patience: float = 300) -> KubeCluster:
        """The collection's own client, with a connection of its own."""
        return self.client_on(Wire(self.server, user=user), patience)

    def client_on(self, wire: Wire, patience: float = 300) -> KubeCluster:
        """The collection's own client on a connection."""
        transport: Any = wire
        deadline = self.clock.seconds + patience
        return KubeCluster(transport, clock=lambda: self.clock.seconds, sleep=self.clock.sleep, deadline=deadline)

    def get(self, namespace: str, kind: str, name: str) -> Json:
        """An object as it is stored, None when it is not there; takes no time."""
        return self.server.store.get(named(kind), namespace, name)

    def all(self, namespace: str, kind: str) -> list[Json]:
        """All objects of a kind."""
        return list(self.server.store.all(named(kind), namespace))


@contextlib.contextmanager
def running(seed: int = 0, nodes: int = NODES) -> Iterator[Memory]:
    """A cluster, on whose clock the collection's modules live for so long."""
    memory = Memory(seed, nodes)
    with installed(memory.clock), reaching(memory.server), memory.clock:
        yield memory
