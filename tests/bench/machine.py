# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the numbers were measured on: the machine and the versions, and nothing that names a host, a user or a path."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import platform
from pathlib import Path

from tests.functional.cluster import Cluster


def machine(cluster: Cluster) -> dict[str, str]:
    """Return the machine and the versions."""
    versions = cluster.kubectl("version", "--output=json").json()
    return {
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "memory": memory(),
        "load at the start": f"{os.getloadavg()[0]:.1f}",
        "cpu": cpu_model(),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        "ansible-core": importlib.metadata.version("ansible-core"),
        "ansible": importlib.metadata.version("ansible"),
        "kubernetes.core": core_version(),
        "kubernetes (Python)": importlib.metadata.version("kubernetes"),
        "kubectl": versions["clientVersion"]["gitVersion"],
        "Kubernetes": versions["serverVersion"]["gitVersion"],
    }


def core_version() -> str:
    """Return the version of the collection that is compared with."""
    found = importlib.util.find_spec("ansible_collections")
    for folder in (found.submodule_search_locations or []) if found else []:
        manifest = Path(folder) / "kubernetes" / "core" / "MANIFEST.json"
        if manifest.is_file():
            return str(json.loads(manifest.read_text())["collection_info"]["version"])
    return "unknown"


def cpu_model() -> str:
    """Return the processor's name, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def memory() -> str:
    """Return the machine's memory."""
    try:
        size = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return "unknown"
    return f"{size / 2**30:.0f} GiB"
