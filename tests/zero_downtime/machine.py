# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs of the machine in pods, in the place of images of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FOLDERS = {"/usr": "/usr", "/lib": "/usr/lib", "/lib64": "/usr/lib64", "/bin": "/usr/bin"}
"""Where a pod finds the machine's own programs."""


def on_this_machine(workload: dict[str, Any], more: Mapping[str, str]) -> dict[str, Any]:
    """The workload with the machine's programs, and what else of the machine it needs (path in the pod to path), for the image of its only
    container; else as it is."""
    pod = workload["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    container["image"] = "web:v1"
    mounts = [*FOLDERS.items(), *more.items()]
    container.setdefault("volumeMounts", []).extend(
        {"name": f"m{at}", "mountPath": path, "readOnly": True} for at, (path, _) in enumerate(mounts)
    )
    pod.setdefault("volumes", []).extend({"name": f"m{at}", "hostPath": {"path": path}} for at, (_, path) in enumerate(mounts))
    return workload
