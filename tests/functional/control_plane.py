# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster of a test's own: with feature gates, or whose API server is killed and started again (really, by its process id)."""

from __future__ import annotations

import os
import signal
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .cluster import Cluster, started_cluster, stopped_cluster
from .interference import eventually, is_alive


class ControlPlane:
    """The processes of a cluster, as far as tests touch them."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._state = cluster.audit_log.parent.parent
        self._arguments = {path.stem: _arguments(int(path.read_text())) for path in self._state.glob("pids/*.pid")}
        self._ours: list[subprocess.Popen[bytes]] = []

    def kill_api_server(self) -> None:
        """End it at once, as a machine that loses power."""
        pid = self._pid("kube-apiserver")
        assert str(self._state) in " ".join(_arguments(pid)), "the process id is of another cluster"
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: not is_alive(pid), "the API server has ended")

    def start_api_server(self) -> None:
        """Start it again with the same arguments, and wait until it answers."""
        self._start("kube-apiserver")
        eventually(lambda: self.cluster.kubectl("get", "--raw=/readyz", check=False).code == 0, "the API server is back")

    def revive(self) -> None:
        """Start again what has ended because nobody answered."""
        for name in self._arguments:
            if not is_alive(self._pid(name)):
                self._start(name)

    def reap(self) -> None:
        """End what was started here."""
        for process in self._ours:
            process.kill()
            process.wait()

    def _pid(self, name: str) -> int:
        return int((self._state / "pids" / f"{name}.pid").read_text())

    def _start(self, name: str) -> None:
        with (self._state / "logs" / f"{name}-again.log").open("ab") as log:
            process = subprocess.Popen(
                self._arguments[name], cwd=self._state, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self._ours.append(process)
        (self._state / "pids" / f"{name}.pid").write_text(str(process.pid))


def _arguments(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0").split("\0")


@contextmanager
def control_plane(purpose: str, *gates: str) -> Iterator[ControlPlane]:
    """A cluster for one purpose, under a name that nobody else has, with these feature gates; it is gone at the end."""
    name = f"{purpose}-{uuid.uuid4().hex[:6]}"
    started: ControlPlane | None = None
    try:
        started = ControlPlane(started_cluster(name, *gates))
        yield started
    finally:
        if started is not None:
            started.reap()
        stopped_cluster(name)
