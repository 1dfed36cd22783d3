# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Debian's packages that a real node needs: which of them are missing, and their installation."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from .shell import Problem, quiet, say

NODE: Mapping[str, str] = {
    "/usr/bin/containerd": "containerd",
    "/usr/sbin/runc": "runc",
    "/usr/lib/cni/ptp": "containernetworking-plugins",
    "/usr/sbin/nft": "nftables",
    "/usr/sbin/conntrack": "conntrack",
    "/usr/sbin/iptables": "iptables",
    "/usr/sbin/ip": "iproute2",
    "/usr/bin/nsenter": "util-linux",
    "/bin/busybox": "busybox-static",
}
"""What runs pods, by the file that shows that it is there."""
SAMPLES: Mapping[str, str] = {"/usr/bin/node": "nodejs", "/usr/bin/python3": "python3-minimal", "/usr/bin/curl": "curl"}
"""What the samples in the documentation run with."""
DATABASE: Mapping[str, str] = {"/usr/lib/postgresql/*/bin/postgres": "postgresql"}
"""What the database in the documentation runs with; a pattern, since the folder has the version in its name."""
JAVA: Mapping[str, str] = {"/usr/bin/java": "default-jre-headless"}
"""What ansible-rulebook runs its rules with."""
NO_CLUSTER = Path("/etc/postgresql-common/createcluster.d/rollout-kubernetes.conf")
"""While this file is there, PostgreSQL is installed without a database of the machine's own, which would be made and started at once."""


def missing(wanted: Mapping[str, str]) -> list[str]:
    """Return the packages whose file is not there."""
    return sorted(package for path, package in wanted.items() if not glob.glob(path))


def install(wanted: Mapping[str, str]) -> None:
    """Install what is missing; raises `Problem` where that cannot be done."""
    packages = missing(wanted)
    if not packages:
        return
    if not shutil.which("apt-get"):
        raise Problem(f"What is tested needs {', '.join(packages)} (Debian's names), and there is no apt-get to install them.")
    say(f"Installing {', '.join(packages)} ...")
    variables = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    with without_database(packages):
        try:
            quiet(command, "Installing Debian's packages", env=variables)
        except Problem:
            # The lists may be missing, as in a new container, or old.
            quiet(["apt-get", "update"], "Reading Debian's lists of packages", env=variables)
            quiet(command, "Installing Debian's packages", env=variables)


@contextlib.contextmanager
def without_database(packages: Sequence[str]) -> Iterator[None]:
    """Let Debian make no database where PostgreSQL is among the packages that are installed meanwhile."""
    if not set(packages) & set(DATABASE.values()):
        yield
        return
    NO_CLUSTER.parent.mkdir(parents=True, exist_ok=True)
    NO_CLUSTER.write_text("create_main_cluster = false\n")
    try:
        yield
    finally:
        NO_CLUSTER.unlink()
