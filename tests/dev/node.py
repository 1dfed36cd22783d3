# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real node with a real control plane, in namespaces of its own: up, down, and the way in.

Everything, its clients too, lives in one network namespace: no request can leave it. `box.py` is what runs inside. What the machine
keeps is a name in /run/netns, one control group in each hierarchy and a state folder; `down` removes all of it, also after a crash.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from . import box, debian, golang, images, programs
from .paths import CLUSTER_SOURCES, CLUSTERS, ROOT
from .shell import Problem, quiet

CGROUPS = Path("/sys/fs/cgroup")
NETWORKS = Path("/run/netns")
JOINING = 'while read -r group; do echo $$ > "$group/cgroup.procs" || exit 1; done < "$0"; exec "$@"'
"""What the box's first process does before anything else: it joins the control groups that a file lists."""
PROGRAMS = ("etcd", "kube-apiserver", "kube-controller", "kube-controller-manager", "kube-scheduler", "containerd", "kubelet", "kube-proxy")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Node:
    """A cluster of one real node, by its name in this checkout; running or not."""

    name: str

    @property
    def state(self) -> Path:
        return CLUSTERS / "real" / self.name

    @property
    def full_name(self) -> str:
        """What it is called where all checkouts of the machine meet: network namespace and control groups."""
        own = hashlib.sha256(str(ROOT).encode()).hexdigest()[:6]
        return f"rollout-{self.name}-{own}"

    @property
    def network(self) -> Path:
        return NETWORKS / self.full_name

    @property
    def inside(self) -> list[str]:
        """What a command begins with that is to run in the node's network."""
        return ["nsenter", f"--net={self.network}", "--"]

    @property
    def audit_log(self) -> Path:
        return self.state / "clusters" / self.name / "logs" / "audit.log"

    def exists(self) -> bool:
        """Say whether anything of it is there."""
        return self.state.exists() or self.network.exists()

    def groups(self) -> list[Path]:
        """Return its control groups, as noted when they were made."""
        note = self.state / "groups"
        return [Path(line) for line in note.read_text().splitlines()] if note.is_file() else []

    def is_up(self) -> bool:
        """Say whether all of it runs."""
        return (self.state / "ready").exists() and bool(self.processes())

    def programs(self) -> dict[str, int]:
        """Return the process id of each program that is no pod's, by its name."""
        found = {}
        for pid in self.processes():
            with contextlib.suppress(OSError):
                found[Path(f"/proc/{pid}/comm").read_text().strip()] = pid
        return {name: pid for name, pid in found.items() if name in PROGRAMS}

    def processes(self) -> list[int]:
        """Return the ids of all its processes, as the machine counts them."""
        found: set[int] = set()
        for group in self.groups():
            for listing in group.rglob("cgroup.procs"):
                with contextlib.suppress(OSError):
                    found.update(map(int, listing.read_text().split()))
        return sorted(found)


def obstacle() -> str:
    """Return why no real node can run here, in a few words; empty where one can."""
    if not sys.platform.startswith("linux"):
        return "a real node needs Linux"
    if os.geteuid() != 0:
        return "a real node needs root"
    if not Path("/sys/fs/cgroup/pids/cgroup.procs").exists():
        return "a real node needs control groups of version 1 here, and this machine has only version 2"
    return ""


def up(node: Node, kubeconfig: Path) -> None:
    """Start it; raises `Problem` with the cause, and leaves nothing behind, where that fails."""
    why_not = obstacle()
    if why_not:
        raise Problem(f"The cluster {node.name} cannot have a real node: {why_not}.")
    debian.install(debian.NODE)
    built, web = golang.binaries(), programs.programs()
    down(node)
    try:
        prepare(node, built, web)
        join(node)
        kubeconfig.touch(mode=0o600)
        kubeconfig.write_text((node.state / "kubeconfig").read_text().replace(str(box.RUN), str(node.state)))
    except BaseException:
        down(node)
        raise


def prepare(node: Node, built: Path, web: Path) -> None:
    """Make the state folder, the network and the control groups."""
    node.state.mkdir(parents=True, mode=0o700)
    (node.state / "logs").mkdir()
    images.archive(web / "web", node.state / "images.tar")
    settings = {
        "name": node.name,
        "programs": str(built),
        "pause": images.LIBRARY + images.PAUSE,
        "audit_policy": str(CLUSTER_SOURCES / "audit-policy.yaml"),
    }
    (node.state / "box.json").write_text(json.dumps(settings))
    shutil.copyfile(CLUSTER_SOURCES / "real" / "kwokctl.yaml", node.state / "kwokctl.yaml")
    for arguments in (
        ["netns", "add", node.full_name],
        ["-n", node.full_name, "link", "set", "lo", "up"],
        ["-n", node.full_name, "link", "add", "node0", "type", "veth", "peer", "name", "node1"],
        ["-n", node.full_name, "addr", "add", "10.99.0.1/24", "dev", "node0"],
        ["-n", node.full_name, "link", "set", "node0", "up"],
        ["-n", node.full_name, "link", "set", "node1", "up"],
        ["-n", node.full_name, "route", "add", "default", "dev", "node0"],
    ):
        quiet(["ip", *arguments], "Making the node's network")
    groups = own_groups(node)
    (node.state / "groups").write_text("".join(f"{group}\n" for group in groups))
    for group in groups:
        group.mkdir()
        for name in ("cpuset.cpus", "cpuset.mems"):
            if (group / name).exists():
                (group / name).write_text((group.parent / name).read_text())


def own_groups(node: Node) -> list[Path]:
    """Return where its control groups belong: below ours, in each hierarchy of version 1."""
    result = []
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        if names:
            result.append(CGROUPS / names.removeprefix("name=") / path.lstrip("/") / node.full_name)
    return result


def join(node: Node) -> None:
    """Start the box and wait until it is ready, or says why not."""
    command = ["sh", "-c", JOINING, str(node.state / "groups")]
    command += ["nsenter", f"--net={node.network}", "unshare", "--mount", "--pid", "--uts", "--ipc", "--cgroup"]
    command += ["--fork", "--kill-child", "--mount-proc", sys.executable, "-m", "dev.box", str(node.state)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests"), "PYTHONDONTWRITEBYTECODE": "1"}
    with (node.state / "logs" / "box.log").open("wb") as log:
        first = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True)
    while not (node.state / "ready").exists():
        if first.poll() is not None:
            told = node.state / "failed"
            text = told.read_text() if told.exists() else (node.state / "logs" / "box.log").read_text(errors="replace")[-500:]
            raise Problem(f"The cluster {node.name} did not start: {text.strip() or 'it ended without a word'}")
        time.sleep(0.05)


def down(node: Node) -> None:
    """End all of its processes and remove all that the machine keeps of it; also what a crash left."""
    deadline = time.monotonic() + 30
    while processes := node.processes():
        for pid in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            raise Problem(f"Processes of the cluster {node.name} do not end: {', '.join(map(str, processes))}.")
        time.sleep(0.02)
    for group in node.groups():
        for folder in folders(group):
            removed(folder, deadline)
    if node.network.exists():
        quiet(["ip", "netns", "delete", node.full_name], "Removing the node's network")
    shutil.rmtree(node.state, ignore_errors=True)
    if node.state.exists():
        raise Problem(f"Files of the cluster {node.name} cannot be removed: {node.state}.")


def removed(folder: Path, deadline: float) -> None:
    """Remove a control group; its last process may need a moment to be gone for good."""
    while folder.exists():
        try:
            folder.rmdir()
        except OSError as error:
            if time.monotonic() > deadline:
                raise Problem(f"The control group {folder} cannot be removed: {error.strerror}.") from error
            time.sleep(0.02)


def folders(group: Path) -> Iterator[Path]:
    """Yield a control group and all below it, the deepest first."""
    found = [Path(path) for path, _, _ in os.walk(group)]
    yield from sorted(found, key=lambda path: len(path.parts), reverse=True)
