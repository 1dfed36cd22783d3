# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one task costs that has nothing to change: a long play and a short one, their difference divided by the number of tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.functional.plays import Way

from ..figures import Figure, Measure, Subject, ratios
from ..manifests import deployment, image
from ..scene import Scene, Unfit

Task = dict[str, Any]


def measure(scene: Scene) -> Measure:
    """Measure it for us, for kubernetes.core, and for Ansible's own ping as a scale."""
    with scene.namespace("unchanged") as namespace:
        ours: Task = {"name": "Roll out", "rollout.kubernetes.rolling": {"definition": manifest("ours", namespace)}}
        core: Task = {"name": "Apply", "kubernetes.core.k8s": {"definition": manifest("core", namespace)}}
        for task in (ours, core):
            scene.play(task)
        scene.cluster.kubectl("wait", "--namespace", namespace, "--for=condition=Available", "deployment", "--all", "--timeout=60s")
        subjects: dict[str, Callable[[], float]] = {
            "ping": lambda: one(scene, {"name": "Ping", "ansible.builtin.ping": {}}, "process"),
            "kubernetes.core.k8s": lambda: one(scene, core, "process"),
            "rolling, in Ansible's process": lambda: one(scene, ours, "process"),
            "rolling, as a module": lambda: one(scene, ours, "module"),
        }
        found: dict[str, list[float]] = {name: [] for name in subjects}
        for _round in range(scene.sizes.rounds):
            for name, run in subjects.items():
                found[name].append(run())
    figure = Figure(
        name="one unchanged task / kubernetes.core.k8s",
        unit="",
        values=ratios(found["rolling, in Ansible's process"], found["kubernetes.core.k8s"]),
        goal=0.1,
    )
    listed = tuple(Subject(name=name, values=tuple(values)) for name, values in found.items())
    return Measure(title="One unchanged task, without the start of the play", figures=(figure,), subjects=listed)


def manifest(name: str, namespace: str) -> Task:
    """Return the Deployment of one subject."""
    return deployment(name, image=image(1), replicas=3, namespace=namespace)


def one(scene: Scene, task: Task, way: Way) -> float:
    """Return the seconds that a further task costs."""
    count = scene.sizes.tasks
    long, short = scene.play([task] * (count + 1), way=way), scene.play([task], way=way)
    if any(long.changed) or any(short.changed):
        raise Unfit(f"The task {task['name']} changed something although there was nothing to change.")
    return (long.seconds - short.seconds) / count
