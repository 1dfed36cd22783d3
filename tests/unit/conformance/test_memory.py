# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The conformance suite against the cluster in memory."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import ClusterError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.ports import Cluster, WatchEvent
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import Resource

pytest.register_assert_rewrite("tests.conformance")

from tests.conformance import ROWS  # noqa: E402
from tests.memory.cluster import Memory, running  # noqa: E402


class InMemory:
    """A bench."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.api: Cluster = memory.client()
        self.namespace = "row"
        self._users = itertools.count()
        memory.make_namespace(self.namespace)

    def until(self, holds: Callable[[], bool], what: str) -> None:
        end = self.memory.clock.seconds + 3600
        while not holds():
            assert self.memory.clock.seconds < end, f"It did not come about: {what}"
            self.memory.clock.sleep(0.05)

    def passes(self, seconds: float) -> None:
        self.memory.clock.sleep(seconds)

    def as_user(self, *denied: tuple[Sequence[str], str]) -> Cluster:
        user = f"user-{next(self._users)}"
        for verbs, plural in denied:
            self.memory.server.rights.deny(user, verbs, plural)
        return self.memory.client(user=user)

    @contextmanager
    def events(self, resource: Resource, *, version: str = "", labels: str = "", fields: str = "") -> Iterator[list[WatchEvent]]:
        found: list[WatchEvent] = []
        watch = self.api.watch(resource, self.namespace, labels=labels, fields=fields, resource_version=version)

        def listen() -> None:
            found.extend(watch)  # One by one, as they come.

        self.memory.clock.start(listen, name="watch")
        yield found
        watch.close()

    @contextmanager
    def follow(self, pod: str, container: str, *, api: Cluster | None = None) -> Iterator[list[str | ClusterError]]:
        found: list[str | ClusterError] = []
        lines = (api or self.api).follow(self.namespace, pod, container)

        def listen() -> None:
            try:
                found.extend(lines)
            except ClusterError as error:
                found.append(error)

        self.memory.clock.start(listen, name="log")
        yield found
        lines.close()


@pytest.mark.parametrize("name", ROWS)
def test_row(name: str) -> None:
    with running(seed=sum(map(ord, name))) as memory:
        ROWS[name](InMemory(memory))
