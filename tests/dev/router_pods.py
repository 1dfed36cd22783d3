# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real routers as pods in the network of a real node. They end with the cluster."""

from __future__ import annotations

import dataclasses
import re
import string
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from . import golang, routers
from .cluster import Cluster
from .shell import Problem, last_lines, lock, say

PATIENCE = 120
"""Seconds after which a router that is not ready is taken to never be."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Router:
    """How one is started."""

    title: str
    definitions: Sequence[str]
    """The keys of `routers.DEFINITIONS` whose kinds it reads."""
    programs: Mapping[str, Callable[[], Path]]
    """Its programs by the words that stand for their folders in the manifests."""
    manifests: Sequence[str]
    """The files in tests/routers with all that makes it up."""
    deployments: Sequence[str]
    """Each as NAMESPACE/NAME."""


TRAEFIK = Router(
    title="Traefik",
    definitions=("gateway_api", "traefik"),
    programs={"traefik": routers.TRAEFIK.program},
    manifests=("traefik/traefik.yaml",),
    deployments=("traefik/traefik",),
)
ROUTERS = {
    "traefik": TRAEFIK,
    "traefik-strict": dataclasses.replace(
        TRAEFIK,
        title="Traefik without allowEmptyServices",
        manifests=(*TRAEFIK.manifests, "traefik/strict.yaml"),
        deployments=(*TRAEFIK.deployments, "traefik/traefik-strict"),
    ),
    "istio": Router(
        title="Istio",
        definitions=("gateway_api", "istio"),
        programs={"istiod": routers.ISTIOD.program, "envoy": routers.envoy},
        manifests=("istio/istio.yaml",),
        deployments=("istio-system/istiod", "istio-ingress/envoy"),
    ),
}


def start(cluster: Cluster, name: str) -> None:
    """Start a router in a cluster with a real node, and return once it is ready; at once where it is there already."""
    router = ROUTERS[name]
    if not cluster.is_real:
        raise Problem(f"{router.title} needs a real node, which the cluster {cluster.name} has not: start one by ./dev cluster up --real")
    note = cluster.node.state / f"router-{name}"
    with lock(cluster.node.state / "routers.lock", "Waiting for another process that starts a router ..."):
        if note.exists():
            return
        begun = time.monotonic()
        folders = {word: str(program().parent) for word, program in router.programs.items()}
        for key in router.definitions:
            applied(cluster, "\n---\n".join(path.read_text() for path in routers.definitions(key)))
        kubectl(cluster, "wait", "--for=condition=Established", "crd", "--all", f"--timeout={PATIENCE}s")
        values = {**folders, "port": server_port(cluster)}
        for manifest in router.manifests:
            applied(cluster, string.Template((routers.SOURCES / manifest).read_text()).substitute(values))
        for deployment in router.deployments:
            await_ready(cluster, router.title, *deployment.split("/"))
        note.touch()
        say(f"{router.title} is ready in the cluster {cluster.name} after {time.monotonic() - begun:.1f} s.")


def server_port(cluster: Cluster) -> str:
    """Return the port of the API server."""
    found = re.search(r"server: https://127\.0\.0\.1:(\d+)", cluster.kubeconfig.read_text())
    if not found:
        raise Problem(f"{cluster.kubeconfig} names no API server on 127.0.0.1.")
    return found[1]


def applied(cluster: Cluster, manifests: str) -> None:
    """Apply objects: on the side of the server, as the definitions of kinds are too long for kubectl's annotation."""
    kubectl(cluster, "apply", "--server-side", "--force-conflicts", "--filename=-", stdin=manifests)


def await_ready(cluster: Cluster, title: str, namespace: str, name: str) -> None:
    """Return once a Deployment is ready; else raise with what its pod has said last."""
    about = [f"deployment/{name}", "--namespace", namespace]
    done = run(cluster, "rollout", "status", *about, f"--timeout={PATIENCE}s")
    if done.returncode:
        log = run(cluster, "logs", *about, "--tail=5").stdout
        why = last_lines(log or done.stderr)
        raise Problem(f"{title} was started in the cluster {cluster.name}, and Deployment {namespace}/{name} does not get ready: {why}")


def kubectl(cluster: Cluster, *arguments: str, stdin: str = "") -> None:
    """Run kubectl as the administrator; raise where it fails."""
    done = run(cluster, *arguments, stdin=stdin)
    if done.returncode:
        raise Problem(f"kubectl {' '.join(arguments[:2])} failed: {last_lines(done.stderr)}")


def run(cluster: Cluster, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run kubectl in the node's network."""
    command = [*cluster.inside, str(golang.binaries() / "kubectl"), "--kubeconfig", str(cluster.kubeconfig), *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
