# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long requests are repeated: until the run's deadline, which a plan may set anew, or shortly where they are of no use later."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.errors import ClusterError, UnreachableError
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import LEASE
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.client import KubeCluster
from ansible_collections.rollout.kubernetes.plugins.module_utils._kube.transport import Lost

LEASE_OBJECT = {"metadata": {"namespace": "shop", "name": "rollout-web"}}


class Dead:
    """A way to a server that has answered once and never does again."""

    def __init__(self, *, sent: bool = False) -> None:
        self.now = 0.0
        self.reading: list[float] = []
        self.host = "https://server"
        self.settings = SimpleNamespace(server_source="the test")
        self._sent = sent

    def send(self, *_request: Any, read_seconds: float, **_more: Any) -> Any:
        self.reading.append(read_seconds)
        raise Lost("nobody answers", sent=self._sent)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def cluster(self, deadline: float) -> KubeCluster:
        transport: Any = self
        made = KubeCluster(transport, clock=lambda: self.now, sleep=self.sleep, deadline=deadline)
        made._reached = True
        return made


def seconds_of(dead: Dead, cluster: KubeCluster) -> float:
    began = dead.now
    with pytest.raises(UnreachableError):
        cluster.read(LEASE, "shop", "rollout-web")
    return dead.now - began


def test_requests_are_repeated_until_the_deadline_which_may_be_set_anew() -> None:
    dead = Dead()
    cluster = dead.cluster(100.0)
    assert 80 < seconds_of(dead, cluster) <= 100
    cluster.patience(300)
    assert 280 < seconds_of(dead, cluster) <= 300
    cluster.patience(30)
    assert 18 < seconds_of(dead, cluster) <= 30


def test_a_hurried_request_has_its_own_seconds_whatever_the_deadline() -> None:
    dead = Dead()
    cluster = dead.cluster(10_000.0)
    assert seconds_of(dead, cluster.hurried(10)) <= 10
    assert max(dead.reading) == 10
    cluster.patience(10_000)
    dead.reading.clear()
    assert seconds_of(dead, cluster.hurried(10)) <= 10
    assert max(dead.reading) == 10


@pytest.mark.parametrize(("sent", "dry_run", "doubtful"), [(True, False, True), (False, False, False), (True, True, False)])
def test_a_write_whose_answer_is_lost_is_in_doubt(sent: bool, dry_run: bool, doubtful: bool) -> None:
    with pytest.raises(ClusterError) as raised:
        Dead(sent=sent).cluster(5.0).update(LEASE, LEASE_OBJECT, manager="test", dry_run=dry_run)
    assert raised.value.in_doubt is doubtful
