# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the example project rolls out in these tests: a shop with its Service, and a database."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.functional.sides import service
from tests.functional.workloads import Kubectl, create, rolled_out

HELD = {"ready-after": "600s"}
"""The pods stay not ready until they are `starting`, so that a job waits as long as the test wants it to."""
ONE, TWO, THREE = (f"registry.example/web:{tag}" for tag in "123")


def web(
    kubectl: Kubectl, deployment: Callable[..., dict[str, Any]], *, name: str = "web", simulate: Mapping[str, str] | None = None
) -> None:
    """A Deployment with a Service, rolled out. What `simulate` says counts for all of its pods."""
    create(kubectl, deployment(name, replicas=2, simulate=simulate), service(name))
    with starting(kubectl):
        rolled_out(kubectl, f"deployment/{name}")


def database(kubectl: Kubectl, manifest: Callable[..., dict[str, Any]], *, simulate: Mapping[str, str] | None = None) -> None:
    """A StatefulSet of two pods, rolled out."""
    create(kubectl, manifest("StatefulSet", name="db", replicas=2, podManagementPolicy="Parallel", simulate=simulate))
    with starting(kubectl):
        rolled_out(kubectl, "statefulset/db")


@contextmanager
def starting(kubectl: Kubectl) -> Iterator[None]:
    """Let all pods become ready, those that come later too."""
    over = threading.Event()

    def each() -> None:
        while not over.wait(0.1):
            kubectl("annotate", "pods", "--all", "--overwrite", "simulate.rollout.kubernetes/ready-after=0s", check=False)

    thread = threading.Thread(target=each)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def rolling(namespace: str, image: str = TWO, **more: Any) -> dict[str, Any]:
    """Answers to the survey of a rolling update."""
    return {"rolling_name": "web", "rolling_namespace": namespace, "rolling_image": image, **{f"rolling_{key}": more[key] for key in more}}


def release(namespace: str, image: str = TWO, **more: Any) -> dict[str, Any]:
    """Answers to the survey of the workflow Release."""
    given = {"name": "web", "namespace": namespace, "image": image, "scale_down_delay": "0", **more}
    return {f"blue_green_{key}": value for key, value in given.items()}


def by_canary(namespace: str, image: str = TWO, **more: Any) -> dict[str, Any]:
    """Answers to the survey of the workflow Canary release."""
    given = {"name": "web", "namespace": namespace, "image": image, "weights": "[50]", "hold": "0", **more}
    return {f"canary_{key}": value for key, value in given.items()}


def of_database(namespace: str, image: str = TWO, **more: Any) -> dict[str, Any]:
    """Answers to the survey of the workflow Database release."""
    return {f"partition_{key}": value for key, value in {"name": "db", "namespace": namespace, "image": image, **more}.items()}


def serving(get: Callable[..., Any]) -> str:
    """The image of the pods that users get, by the selector of the Service; several are a failure."""
    selector = get("service", "web")["spec"]["selector"]
    found = {
        pod["spec"]["containers"][0]["image"]
        for pod in get("pods")
        if "deletionTimestamp" not in pod["metadata"] and selector.items() <= pod["metadata"]["labels"].items()
    }
    (image,) = found
    return str(image)


def versions(get: Callable[..., Any], name: str = "web") -> dict[str, int]:
    """How many pods of a Deployment are wanted of each image."""
    found: Counter[str] = Counter()
    for one in get("replicasets"):
        if one["metadata"]["name"].startswith(f"{name}-"):
            found[one["spec"]["template"]["spec"]["containers"][0]["image"]] += one["spec"]["replicas"]
    return dict(+found)


def images_of(get: Callable[..., Any], name: str = "db") -> dict[str, str]:
    """The image of each pod of a StatefulSet."""
    pods = [pod for pod in get("pods") if pod["metadata"]["name"].startswith(f"{name}-")]
    return {pod["metadata"]["name"]: pod["spec"]["containers"][0]["image"] for pod in pods}
