# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controllers: one file a kind."""

from __future__ import annotations

from dataclasses import dataclass, fields

from ..server import Server
from .autoscalers import Autoscalers
from .base import Controller
from .budgets import Budgets
from .daemon_sets import DaemonSets
from .deployments import Deployments
from .endpoint_slices import EndpointSlices
from .garbage import Garbage, Namespaces, Quotas
from .gateways import Gateways, grpc_routes, http_routes
from .jobs import Jobs
from .kubelets import Kubelets
from .replica_sets import ReplicaSets
from .stateful_sets import StatefulSets


@dataclass(frozen=True)
class Controllers:
    """All of them, at work."""

    deployments: Deployments
    replica_sets: ReplicaSets
    stateful_sets: StatefulSets
    daemon_sets: DaemonSets
    jobs: Jobs
    kubelets: Kubelets
    endpoint_slices: EndpointSlices
    autoscalers: Autoscalers
    budgets: Budgets
    quotas: Quotas
    namespaces: Namespaces
    garbage: Garbage
    http_routes: Gateways
    grpc_routes: Gateways

    def all(self) -> list[Controller]:
        return [getattr(self, entry.name) for entry in fields(self)]


def start(server: Server) -> Controllers:
    """Set all controllers to work."""
    return Controllers(
        Deployments(server),
        ReplicaSets(server),
        StatefulSets(server),
        DaemonSets(server),
        Jobs(server),
        Kubelets(server),
        EndpointSlices(server),
        Autoscalers(server),
        Budgets(server),
        Quotas(server),
        Namespaces(server),
        Garbage(server),
        http_routes(server),
        grpc_routes(server),
    )
