# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An application of real pods that users reach through a real router."""

from __future__ import annotations

import dataclasses
import json
import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

from tests.functional import api

from .routes import CANDIDATE, STABLE, Manifest, RouteKind, Weight
from .scene import Pods, Scene, until
from .traffic import sent

BATCH = 50
"""So many requests show whether a router has followed a write."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Counts:
    """What became of some requests. The keys of `by_version` are those that were answered well."""

    requests: int
    by_version: Counter[str]
    failed: int
    outcomes: Mapping[str, int]

    def is_share(self, part: int, share: float) -> bool:
        """Say whether so many of the requests are a share of them, within four standard deviations."""
        return abs(part / self.requests - share) <= 4 * math.sqrt(share * (1 - share) / self.requests)


@dataclasses.dataclass(kw_only=True)
class RouterScene(Scene):
    """One namespace with the Deployment `web`, the Service `web` and a route to it, as their user has written them.

    `add_candidate` adds a second version and gives the route weights, by plain writes; modules of ours may do that instead.
    """

    route: RouteKind

    @property
    def address(self) -> str:
        """Where the router listens."""
        return f"127.0.0.1:{self.route.port}"

    @property
    def host(self) -> str:
        """What users ask the router for."""
        return f"{self.namespace}.example"

    @property
    def route_ref(self) -> dict[str, str]:
        """The kind and name of the route, as options of modules take them."""
        return dict(self.route.ref)

    def objects(self, weight: Weight = None) -> list[Manifest]:
        """The route's manifests."""
        return list(self.route.objects(self.host, weight))

    def set_up(self) -> None:
        """Bring up the first version behind its Service and its route."""
        self.create(self.pods.manifest(STABLE), service(STABLE), *self.objects())
        self.until_it_answers()

    def add_candidate(self, *, replicas: int = 2, weight: int = 0) -> None:
        """Bring up `web:v2` behind a Service of its own, and give it a weight; with 0 replicas it has no pods."""
        pods: Pods = dataclasses.replace(self.pods, replicas=replicas)
        self.create(pods.manifest(CANDIDATE, "web:v2"), service(CANDIDATE))
        self.apply(*self.objects(weight))

    def apply(self, *manifests: Mapping[str, Any]) -> None:
        """Write objects as their user would."""
        for manifest in manifests:
            self.kubectl("apply", "--server-side", "--force-conflicts", "--filename=-", stdin=json.dumps(manifest))

    def weigh(self, weight: int) -> None:
        """Write the candidate's weight."""
        path = self.route.path(self.namespace)
        api.ask(self.cluster.kubeconfig, "PATCH", path, body=self.route.patch(weight), content_type="application/json-patch+json")
        self.mark(f"weight {weight}")

    def scale_candidate(self, replicas: int) -> None:
        """Let the candidate have so many pods; they come and go as the cluster does it."""
        self.kubectl("scale", f"deployment/{CANDIDATE}", f"--replicas={replicas}")

    def until_shared(self, weight: int) -> None:
        """Wait until the requests follow a weight, by which versions answer: an object's status says so some moments too early.

        So few tell 100 from all others, and 0 from 50 and more; they do not tell other weights from each other.
        """
        wanted = {"v1"} if weight == 0 else {"v2"} if weight == 100 else {"v1", "v2"}
        until(lambda: set(self.send(BATCH).by_version) == wanted, f"requests follow the weight {weight}")

    def send(self, count: int) -> Counts:
        """Send some requests through the router, each by a connection of its own."""
        totals = sent(self.address, count, host=self.host)
        return Counts(
            requests=totals["requests"],
            by_version=Counter(totals["versions"]),
            failed=totals["failed"],
            outcomes={name: number for name, number in totals["outcomes"].items() if number and name != "ok"},
        )


def service(name: str) -> Manifest:
    """The Service of the pods of this name."""
    spec = {"selector": {"app": name}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}
