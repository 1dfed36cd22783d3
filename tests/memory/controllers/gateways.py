# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A controller of Gateways: it takes HTTPRoutes and GRPCRoutes over, and says so in their status. It sends no requests anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ansible_collections.rollout.kubernetes.plugins.module_utils._domain.base.resources import SERVICE, Resource
from ansible_collections.rollout.kubernetes.plugins.module_utils._routers.gateway_api import GRPC_ROUTE, HTTP_ROUTE

from ..schema import Json
from ..store import Change
from .base import Controller, Key, conditions_with, key_of

NAME = "example.org/gateway-controller"
_ACCEPTED = "Accepted", "True", "Accepted", "Route is accepted"
_RESOLVED = "ResolvedRefs", "True", "ResolvedRefs", "All references are resolved"


class Gateways(Controller):
    """Each parentRef of a route is a Gateway of its own that admits it, unless the test says otherwise."""

    pace = (0.02, 0.1)

    def __init__(self, server: Any, resource: Resource) -> None:
        self.resource = resource
        self._refused: dict[Key, tuple[str, str]] = {}
        super().__init__(server)

    def refuse(self, namespace: str, name: str, reason: str, message: str) -> None:
        """Let all Gateways refuse a route, such as with the reason `NotAllowedByListeners`; without a reason they admit it again."""
        self._refused[namespace, name] = reason, message
        self.look_at((namespace, name))

    def touched(self, change: Change) -> Iterable[Key]:
        yield from super().touched(change)
        if change.resource == SERVICE:
            namespace, name = key_of(change.new)
            for route in self.store.all(self.resource):
                if (namespace, name) in set(_services(route)):
                    yield key_of(route)

    def reconcile(self, obj: Json) -> None:
        former = (obj.get("status") or {}).get("parents") or []
        there = {str(entry["parentRef"]): entry for entry in former if entry["controllerName"] == NAME}
        ours = [self._parent(obj, ref, there.get(str(ref), {})) for ref in obj["spec"].get("parentRefs") or ()]
        others = [entry for entry in former if entry["controllerName"] != NAME]
        self.server.revise(self.resource, obj, manager="gateway-controller", status={"parents": [*others, *ours]})

    def _parent(self, obj: Json, ref: Json, former: Json) -> Json:
        conditions = former.get("conditions") or []
        for said in (self._accepted(obj), self._resolved(obj)):
            conditions = conditions_with(conditions, self.store.stamp(), *said, observedGeneration=obj["metadata"]["generation"])
        return {"parentRef": ref, "controllerName": NAME, "conditions": conditions}

    def _accepted(self, obj: Json) -> tuple[str, str, str, str]:
        reason, message = self._refused.get(key_of(obj), ("", ""))
        return ("Accepted", "False", reason, message) if reason else _ACCEPTED

    def _resolved(self, obj: Json) -> tuple[str, str, str, str]:
        absent = [name for namespace, name in _services(obj) if self.store.get(SERVICE, namespace, name) is None]
        return ("ResolvedRefs", "False", "BackendNotFound", f"Service {absent[0]} not found") if absent else _RESOLVED


def http_routes(server: Any) -> Gateways:
    return Gateways(server, HTTP_ROUTE.resource)


def grpc_routes(server: Any) -> Gateways:
    return Gateways(server, GRPC_ROUTE.resource)


def _services(route: Json) -> Iterator[Key]:
    """Namespace and name of each Service that a route sends requests to."""
    for rule in route["spec"].get("rules") or ():
        for entry in rule.get("backendRefs") or ():
            if entry["kind"] == "Service" and not entry["group"]:
                yield entry.get("namespace") or route["metadata"]["namespace"], entry["name"]
