# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random sequences of what people do to a workload and its configuration; after each step what must hold is looked for on the server.

`ROLLOUT_CONFIG_SEQUENCES=50` with --all hunts with as many for each kind; `ROLLOUT_CONFIG_SEED` gives one again, which each failure names.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.config import use as config_use
from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.config.references import references

from .calls import call
from .cluster import Cluster
from .configs import config_map, configured, copies, secret
from .sides import service
from .workloads import create, of_kind

COUNT = int(os.environ.get("ROLLOUT_CONFIG_SEQUENCES", "1"))
FIRST = int(os.environ.get("ROLLOUT_CONFIG_SEED", "0"))
STEPS = 8
ALWAYS = [("rolling", "StatefulSet"), ("blue_green", "Deployment")]
"""A workload of ControllerRevisions, and one of ReplicaSets of which two Deployments have some."""
OTHERS = [("rolling", "Deployment"), ("rolling", "DaemonSet"), ("recreate", "Deployment")]
LIMIT = 2
"""Revisions that the workload keeps besides the present one."""


class World:
    """One application, what is asked of it, and what was asked before."""

    def __init__(self, cluster: Cluster, namespace: str, get: Callable[..., Any], way: tuple[str, str], seed: int) -> None:
        self.cluster, self.namespace, self.get = cluster, namespace, get
        self.module, self.kind = way
        self.random = random.Random(seed)  # noqa: S311 - a sequence, not a key
        self.image, self.config, self.password = 1, "info", "first"
        self.history: list[tuple[int, str, str]] = []

    def manifest(self, deployment: Callable[..., dict[str, Any]]) -> dict[str, Any]:
        """The workload as it is asked for now."""
        whole = configured(deployment(replicas=1, image=f"registry.example/web:{self.image}"))
        whole = whole if self.kind == "Deployment" else of_kind(self.kind, whole)
        whole["spec"]["revisionHistoryLimit"] = LIMIT
        return whole

    def call(self, module: str, **options: Any) -> dict[str, Any]:
        """Run a module on it, which must not fail."""
        more: dict[str, Any] = {"scale_down_delay": 0} if module == "blue_green" else {}
        result = call(self.cluster, module, namespace=self.namespace, wait_timeout=300, **more, **options)
        assert not result.get("failed"), result["msg"]
        return result

    def roll(self, deployment: Callable[..., dict[str, Any]]) -> dict[str, Any]:
        """Roll out what is asked for now."""
        given = [
            {"name": "web-config", "data": {"LOG_LEVEL": self.config}},
            {"kind": "Secret", "name": "web-secret", "data": {"password": self.password}},
        ]
        return self.call(self.module, definition=self.manifest(deployment), config=given)

    def asked(self) -> tuple[int, str, str]:
        """What is asked for now, as one value."""
        return self.image, self.config, self.password


def change(world: World) -> None:
    """Ask for something else, perhaps for what was there before."""
    what = world.random.choice(["image", "config", "config", "password", "all", "earlier"])
    if what in ("image", "all"):
        world.image = world.random.randint(1, 4)
    if what in ("config", "all"):
        world.config = world.random.choice(["info", "debug", "warn", "error"])
    if what in ("password", "all"):
        world.password = world.random.choice(["first", "second", "third"])
    if what == "earlier" and world.history:
        world.image, world.config, world.password = world.random.choice(world.history)


def holds(world: World) -> None:
    """What must hold once a rollout is complete."""
    get = world.get
    there = {("ConfigMap", obj["metadata"]["name"]): obj for obj in get("configmaps")}
    there |= {("Secret", obj["metadata"]["name"]): obj for obj in get("secrets")}
    needed = set()
    pods = [pod for pod in get("pods") if "deletionTimestamp" not in pod["metadata"]]
    assert pods, "something runs"
    templates = [pod["spec"] for pod in pods]
    templates += [one["spec"]["template"]["spec"] for one in get("replicasets")]
    templates += [one["data"]["spec"]["template"]["spec"] for one in get("controllerrevisions")]
    for spec in templates:
        needed |= {found.key for found in references({"spec": spec}) if not found.credential}
    assert [key for key in needed if key not in there] == [], "each revision and each pod finds its configuration"
    for pod in pods:
        assert pod["spec"]["containers"][0]["image"] == f"registry.example/web:{world.image}"
        for found in references({"spec": pod["spec"]}):
            if found.kind == "ConfigMap" and found.name.startswith("web-config"):
                assert there[found.key]["data"]["LOG_LEVEL"] == world.config
                assert there[found.key]["immutable"] is True
    kept = {("ConfigMap", name) for name in copies(get)} | {("Secret", name) for name in copies(get, "web-secret", "secrets")}
    # What the controller forgets while it is cleaned up goes the next time: at most one revision's.
    assert len(kept - needed) <= 2, sorted(kept - needed)


@pytest.mark.parametrize("number", range(COUNT))
@pytest.mark.parametrize("way", [*ALWAYS, *(pytest.param(way, marks=pytest.mark.long) for way in OTHERS)], ids=" ".join)
def test_random_sequences_keep_what_is_needed(cluster, namespace, deployment, get, kubectl, monkeypatch, way, number):
    monkeypatch.setattr(config_use, "YOUNGEST", timedelta(seconds=-60))
    seed = FIRST + number
    world = World(cluster, namespace, get, way, seed)
    create(kubectl, config_map(LOG_LEVEL="original"), secret(password="original"), service())
    told = [f"seed {seed}"]
    for _step in range(STEPS):
        undo = world.history and world.random.random() < 0.3
        if undo and len(world.history) > 1 and world.history[-2] != world.asked():
            told.append("undo")
            back = world.call("undo", name="web", kind=world.kind)
            if back["changed"]:
                world.image, world.config, world.password = world.history[-2]
                world.history.append(world.asked())
        else:
            change(world)
            told.append(f"roll {world.asked()}")
            world.roll(deployment)
            if not world.history or world.history[-1] != world.asked():
                world.history.append(world.asked())
        try:
            holds(world)
            assert not world.roll(deployment)["changed"], "a second run changes nothing"
        except AssertionError as error:
            raise AssertionError(f"{error}\nafter {', '.join(told)}") from error
    assert get("configmap", "web-config")["data"] == {"LOG_LEVEL": "original"}
