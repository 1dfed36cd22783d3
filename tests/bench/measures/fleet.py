# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Twenty Deployments: one task of ours, a loop of kubernetes.core that waits, twenty kubectl side by side."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from typing import Any

from ..figures import Figure, Measure, Subject, ratios
from ..manifests import fleet, image
from ..scene import Scene

OURS, CORE, KUBECTL = "rolling, one task", "kubernetes.core.k8s, a loop that waits", "kubectl apply and rollout status, side by side"


def measure(scene: Scene) -> Measure:
    """Roll the same Deployments, each subject in a namespace of its own, from one image to the next in each round."""
    subjects: dict[str, Callable[[Scene, str, str], None]] = {OURS: ours, KUBECTL: kubectl, CORE: core}
    found: dict[str, list[float]] = {name: [] for name in subjects}
    with contextlib.ExitStack() as stack:
        namespaces = {name: stack.enter_context(scene.namespace("fleet")) for name in subjects}
        ours(scene, namespaces[OURS], image(0))
        kubectl(scene, namespaces[KUBECTL], image(0))
        scene.play({"name": "Begin", "kubernetes.core.k8s": {"definition": manifests(scene, namespaces[CORE], image(0)), "wait": True}})
        for version in range(1, scene.sizes.rounds + 1):
            for name, roll in subjects.items():
                started = time.monotonic()
                roll(scene, namespaces[name], image(version))
                found[name].append(time.monotonic() - started)
                scene.check_rolled(namespaces[name], image(version), scene.sizes.fleet)
    count = scene.sizes.fleet
    figures = (
        Figure(
            name=f"{count} Deployments: kubernetes.core loop / one task",
            unit="times",
            values=ratios(found[CORE], found[OURS]),
            goal=20,
            sense="at least",
        ),
        Figure(
            name=f"{count} Deployments: one task / {count} kubectl side by side",
            unit="",
            values=ratios(found[OURS], found[KUBECTL]),
            goal=1.3,
        ),
    )
    listed = tuple(Subject(name=name, values=tuple(values)) for name, values in found.items())
    return Measure(title=f"{count} Deployments of {scene.sizes.fleet_replicas} pods, from start to end", figures=figures, subjects=listed)


def manifests(scene: Scene, namespace: str, version: str) -> list[dict[str, Any]]:
    """Return the Deployments of one subject."""
    return fleet(scene.sizes.fleet, image=version, replicas=scene.sizes.fleet_replicas, namespace=namespace)


def ours(scene: Scene, namespace: str, version: str) -> None:
    """One task, with Ansible's start and end."""
    scene.play({"name": "Roll out", "rollout.kubernetes.rolling": {"definition": manifests(scene, namespace, version)}})


def core(scene: Scene, namespace: str, version: str) -> None:
    """A loop that applies one and waits for it, then the next: what its documentation has."""
    scene.play(
        {
            "name": "Apply and wait",
            "kubernetes.core.k8s": {"definition": "{{ item }}", "wait": True},
            "loop": manifests(scene, namespace, version),
            "loop_control": {"label": "{{ item.metadata.name }}"},
        }
    )


def kubectl(scene: Scene, namespace: str, version: str) -> None:
    """All at once: each its own apply, then its own wait."""
    scripts = []
    for manifest in manifests(scene, namespace, version):
        name = manifest["metadata"]["name"]
        path = scene.folder / f"{namespace}-{name}.json"
        path.write_text(json.dumps(manifest))
        scripts.append([["apply", "--filename", str(path)], ["rollout", "status", f"deployment/{name}", "--timeout=120s"]])
    scene.side_by_side(namespace, scripts)
