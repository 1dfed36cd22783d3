# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one task costs that has nothing to change: a long play and a short one, their difference divided by the number of tasks; what a
play of that one task costs beside one that does nothing at all; and what the role costs beside its module."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.functional.plays import Way

from ..figures import Figure, Measure, Subject, ratios
from ..manifests import deployment, image
from ..scene import Scene, Timed, Unfit

Task = dict[str, Any]


def measure(scene: Scene) -> Measure:
    """Measure it for us, for kubernetes.core, and for Ansible's own ping as a scale."""
    with scene.namespace("unchanged") as namespace:
        ours: Task = {"name": "Roll out", "rollout.kubernetes.rolling": {"definition": manifest("ours", namespace)}}
        core: Task = {"name": "Apply", "kubernetes.core.k8s": {"definition": manifest("core", namespace)}}
        for task in (ours, core):
            scene.play(task)
        scene.cluster.kubectl("wait", "--namespace", namespace, "--for=condition=Available", "deployment", "--all", "--timeout=60s")
        ping: Task = {"name": "Ping", "ansible.builtin.ping": {}}
        subjects: dict[str, Callable[[], float]] = {
            "ping": lambda: one(scene, ping, "process"),
            "kubernetes.core.k8s": lambda: one(scene, core, "process"),
            "rolling, in Ansible's process": lambda: one(scene, ours, "process"),
            "rolling, as a module": lambda: one(scene, ours, "module"),
        }
        found: dict[str, list[float]] = {name: [] for name in subjects}
        for _round in range(scene.sizes.rounds):
            for name, run in subjects.items():
                found[name].append(run())
        pings, plays = beside(scene, ping, ours)
        role: Task = {
            "name": "Roll out by the role",
            "ansible.builtin.import_role": {"name": "rollout.kubernetes.rolling"},
            "vars": {"rolling_definition": manifest("ours", namespace)},
        }
        alone, roles = beside(scene, ours, role)
    task_figure = Figure(
        name="one unchanged task / kubernetes.core.k8s",
        unit="",
        values=ratios(found["rolling, in Ansible's process"], found["kubernetes.core.k8s"]),
        goal=0.1,
    )
    play_figure = Figure(
        name="a play of one unchanged task / a play of one ping, processor time", unit="", values=ratios(plays, pings), goal=1.1
    )
    role_figure = Figure(name="role rolling, unchanged / its module alone, processor time", unit="", values=ratios(roles, alone), goal=1.3)
    listed = (
        *(Subject(name=name, values=tuple(values)) for name, values in found.items()),
        Subject(name="a whole play of one ping, processor time", values=pings),
        Subject(name="a whole play of one rolling in Ansible's process, processor time", values=plays),
        Subject(name="a whole play of the role rolling, processor time", values=roles),
    )
    return Measure(
        title="One unchanged task, without the start of the play", figures=(task_figure, play_figure, role_figure), subjects=listed
    )


def beside(scene: Scene, plain: Task, ours: Task) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The processor time of plays of a plain task and of one of ours, in turns: more pairs than rounds, as they cost little."""
    pairs = [(unchanged(scene, plain), unchanged(scene, ours)) for _pair in range(scene.sizes.pairs)]
    return tuple(one.processor_seconds for one, _other in pairs), tuple(other.processor_seconds for _one, other in pairs)


def unchanged(scene: Scene, tasks: Task | list[Task], way: Way = "process") -> Timed:
    """A play that ran; raises `Unfit` where it changed something."""
    timed = scene.play(tasks, way=way)
    if any(timed.changed):
        raise Unfit("A task changed something although there was nothing to change.")
    return timed


def manifest(name: str, namespace: str) -> Task:
    """Return the Deployment of one subject."""
    return deployment(name, image=image(1), replicas=3, namespace=namespace)


def one(scene: Scene, task: Task, way: Way) -> float:
    """Return the seconds that a further task costs."""
    count = scene.sizes.tasks
    long, short = unchanged(scene, [task] * (count + 1), way), unchanged(scene, task, way)
    return (long.seconds - short.seconds) / count
