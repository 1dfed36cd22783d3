# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two hundred Deployments with a thousand pods in one task, beside what the control plane itself needs; and the memory of the worker."""

from __future__ import annotations

import threading
import time
from typing import Any

from ..api import Witness, is_complete
from ..figures import Figure, Measure, Subject, ratios
from ..manifests import fleet, image
from ..memory import Growth
from ..scene import Scene, Timed, Unfit

WAIT_SECONDS = 300


def measure(scene: Scene) -> Measure:
    """Both in turns; each in a namespace of its own."""
    count, pods = scene.sizes.scale, scene.sizes.scale * scene.sizes.scale_replicas
    plain: list[float] = []
    plays: list[float] = []
    tasks: list[float] = []
    memory: list[float] = []
    base: list[float] = []
    with scene.namespace("plain") as reference, scene.namespace("scale") as namespace:
        ours(scene, namespace, 0)
        begin(scene, reference)
        for version in range(1, scene.sizes.rounds + 1):
            plain.append(control_plane(scene, reference, version))
            scene.check_rolled(reference, image(version), count)
            timed, growth = ours(scene, namespace, version)
            scene.check_rolled(namespace, image(version), count)
            plays.append(timed.seconds)
            tasks.append(timed.tasks[0][1] - timed.tasks[0][0])
            memory.append(growth.megabytes)
            base.append(growth.base_megabytes)
    figures = (
        Figure(name=f"{count} Deployments, {pods} pods: one task / control plane alone", unit="", values=ratios(tasks, plain), goal=1.2),
        Figure(name=f"peak memory at {pods} pods, above import kubernetes", unit="MB", values=tuple(memory), goal=40),
    )
    subjects = (
        Subject(name="control plane alone", values=tuple(plain)),
        Subject(name="rolling, the task", values=tuple(tasks)),
        Subject(name="rolling, the whole play", values=tuple(plays)),
        Subject(name="worker's memory at its start, import kubernetes included", values=tuple(base), unit="MB"),
        Subject(name="worker's memory at its peak, above that", values=tuple(memory), unit="MB"),
    )
    return Measure(title=f"{count} Deployments with {pods} pods", figures=figures, subjects=subjects)


def manifests(scene: Scene, namespace: str, version: int) -> list[dict[str, Any]]:
    """Return the Deployments."""
    return fleet(scene.sizes.scale, image=image(version), replicas=scene.sizes.scale_replicas, namespace=namespace)


def ours(scene: Scene, namespace: str, version: int) -> tuple[Timed, Growth]:
    """One task, watched from outside."""
    started = time.monotonic()
    task = {"rollout.kubernetes.rolling": {"definition": manifests(scene, namespace, version), "wait_timeout": WAIT_SECONDS}}
    running, times = scene.start({"name": "Roll out", **task})
    with Growth(running.process.pid) as growth:
        timed = scene.ended(running, times, started)
    return timed, growth


def begin(scene: Scene, namespace: str) -> None:
    """Make the Deployments of the reference."""
    task = {"rollout.kubernetes.rolling": {"definition": manifests(scene, namespace, 0), "wait_timeout": WAIT_SECONDS}}
    scene.play({"name": "Begin", **task})


def control_plane(scene: Scene, namespace: str, version: int) -> float:
    """Return the seconds from the first write to the last complete Deployment: writes by eight threads, one watch."""
    collection = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    names = {manifest["metadata"]["name"] for manifest in manifests(scene, namespace, version)}
    wanted, left, finished = image(version), set(names), threading.Event()

    def seen(_now: float, _kind: str, obj: dict[str, Any]) -> None:
        if is_complete(obj) and obj["spec"]["template"]["spec"]["containers"][0]["image"] == wanted:
            left.discard(obj["metadata"]["name"])
            if not left:
                finished.set()

    patch = {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": wanted}]}}}}
    with Witness(scene.api, collection, seen):
        started = time.monotonic()
        scene.api.patch_all({f"{collection}/{name}": patch for name in names})
        if not finished.wait(WAIT_SECONDS):
            raise Unfit(f"The control plane did not finish {len(left)} Deployments.")
        return time.monotonic() - started
