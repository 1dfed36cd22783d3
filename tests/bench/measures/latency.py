# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long after the last pod's readiness a task returns, as an independent watch on the same machine sees that readiness."""

from __future__ import annotations

import contextlib
import dataclasses
import statistics
import threading
import time
from collections.abc import Iterator
from typing import Any

from ..api import Witness, is_complete, is_ready
from ..figures import Figure, Measure, Subject
from ..manifests import deployment, image
from ..scene import Scene, Unfit

REPLICAS = 3


@dataclasses.dataclass
class Seen:
    """When each pod of an image was first seen ready, and when the Deployment with that image was first seen complete."""

    ready: dict[str, dict[str, float]] = dataclasses.field(default_factory=dict)
    complete: dict[str, float] = dataclasses.field(default_factory=dict)
    lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)

    def pod(self, now: float, kind: str, obj: dict[str, Any]) -> None:
        """Take an event of a pod."""
        if kind != "DELETED" and is_ready(obj):
            with self.lock:
                self.ready.setdefault(obj["spec"]["containers"][0]["image"], {}).setdefault(obj["metadata"]["uid"], now)

    def deployment(self, now: float, kind: str, obj: dict[str, Any]) -> None:
        """Take an event of the Deployment."""
        if kind != "DELETED" and is_complete(obj):
            with self.lock:
                self.complete.setdefault(obj["spec"]["template"]["spec"]["containers"][0]["image"], now)

    def moments(self, wanted: str) -> tuple[float, float]:
        """When the last pod of an image was ready, and the Deployment complete; the watch may be a moment behind."""
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            with self.lock:
                if wanted in self.complete and len(self.ready.get(wanted, {})) == REPLICAS:
                    return max(self.ready[wanted].values()), self.complete[wanted]
            time.sleep(0.01)
        raise Unfit(f"The watch did not see {REPLICAS} ready pods of {wanted}.")


def measure(scene: Scene) -> Measure:
    """Several rollouts of one Deployment a round, by our tasks in one play and by kubectl."""
    ours: list[list[tuple[float, float]]] = []
    kubectl: list[list[tuple[float, float]]] = []
    with witnessed(scene) as (mine, seen), witnessed(scene) as (theirs, seen_theirs):
        roll(scene, seen, mine, [0])
        scene.kubectl(theirs, [["create", "deployment", "web", f"--image={image(0)}", f"--replicas={REPLICAS}"]])
        scene.kubectl(theirs, [["rollout", "status", "deployment/web", "--timeout=60s"]])
        for turn in range(scene.sizes.rounds):
            versions = [turn * scene.sizes.moments + each for each in range(1, scene.sizes.moments + 1)]
            ours.append(roll(scene, seen, mine, versions))
            kubectl.append([roll_by_kubectl(scene, seen_theirs, theirs, version) for version in versions])
    figure = Figure(name="from the last pod's readiness to the task's return", unit="ms", values=medians(ours, 0), goal=100)
    subjects = (
        Subject(name="readiness to the task's return", values=medians(ours, 0), unit="ms"),
        Subject(name="  of that after the Deployment's status is complete", values=medians(ours, 1), unit="ms"),
        Subject(name="readiness to the end of kubectl rollout status", values=medians(kubectl, 0), unit="ms"),
        Subject(name="  of that after the Deployment's status is complete", values=medians(kubectl, 1), unit="ms"),
    )
    return Measure(
        title=f"The end of a rollout of {REPLICAS} pods (each round the median of {scene.sizes.moments})",
        figures=(figure,),
        subjects=subjects,
    )


def medians(rounds: list[list[tuple[float, float]]], which: int) -> tuple[float, ...]:
    """The median of each round in milliseconds."""
    return tuple(statistics.median(sample[which] for sample in samples) * 1000 for samples in rounds)


@contextlib.contextmanager
def witnessed(scene: Scene) -> Iterator[tuple[str, Seen]]:
    """Give a namespace whose pods and Deployments are watched."""
    seen = Seen()
    with scene.namespace("latency") as namespace:
        pods, deployments = f"/api/v1/namespaces/{namespace}/pods", f"/apis/apps/v1/namespaces/{namespace}/deployments"
        with Witness(scene.api, pods, seen.pod), Witness(scene.api, deployments, seen.deployment):
            yield namespace, seen


def roll(scene: Scene, seen: Seen, namespace: str, versions: list[int]) -> list[tuple[float, float]]:
    """Roll from image to image in one play; for each the seconds from readiness and from the complete status to the task's return."""
    tasks = []
    for version in versions:
        manifest = deployment("web", image=image(version), replicas=REPLICAS, namespace=namespace)
        tasks.append({"name": "Roll out", "rollout.kubernetes.rolling": {"definition": manifest}})
    timed = scene.play(tasks)
    found = []
    for version, (_began, ended) in zip(versions, timed.tasks, strict=True):
        ready, complete = seen.moments(image(version))
        found.append((ended - ready, ended - complete))
    return found


def roll_by_kubectl(scene: Scene, seen: Seen, namespace: str, version: int) -> tuple[float, float]:
    """The same for kubectl, whose return is the end of its process."""
    container = "web"
    scene.kubectl(namespace, [["set", "image", "deployment/web", f"{container}={image(version)}"], ["rollout", "status", "deployment/web"]])
    ended = time.time()
    ready, complete = seen.moments(image(version))
    return ended - ready, ended - complete
