# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of routes that the routers of tests/routers serve: what each looks like, and how its weights are written."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

STABLE, CANDIDATE = "web", "web-canary"
"""The Services; the route is called as the first."""
CANARY = "nginx.ingress.kubernetes.io/canary"
Manifest = dict[str, Any]
Weight = int | None
"""The candidate's, of 100; None: the route knows the first Service alone, as its user has written it."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class RouteKind:
    """One kind of routes, served by one router."""

    name: str
    """What its tests are called."""
    router: str
    """As `tests.dev.router_pods` calls it."""
    port: int
    """Where the router listens, on 127.0.0.1 of the node's network."""
    ref: Mapping[str, str]
    """The kind and name of the object that a user calls the route."""
    objects: Callable[[str, Weight], Sequence[Manifest]]
    """All that leads a host to the Services."""
    weighed: str
    """Where the API has the object that holds the weights; its namespace belongs where the | stands."""
    places: Mapping[str, str]
    """Where in that object the weight of each Service stands, as a JSON pointer."""
    text: bool = False
    """Weights are texts there."""

    def path(self, namespace: str) -> str:
        """Where the API has the object that holds the weights."""
        prefix, suffix = self.weighed.split("|")
        return f"{prefix}/namespaces/{namespace}/{suffix}"

    def patch(self, weight: int) -> list[Manifest]:
        """The JSON patch that gives the candidate a weight."""
        weights: dict[str, int] = {STABLE: 100 - weight, CANDIDATE: weight}
        return [
            {"op": "replace", "path": place, "value": str(weights[service]) if self.text else weights[service]}
            for service, place in self.places.items()
        ]


def backends(weight: Weight) -> list[Manifest]:
    """The Services by name and port, with their weights where there are any."""
    if weight is None:
        return [{"name": STABLE, "port": 80}]
    return [{"name": STABLE, "port": 80, "weight": 100 - weight}, {"name": CANDIDATE, "port": 80, "weight": weight}]


def manifest(api_version: str, kind: str, spec: Manifest, name: str = STABLE, annotations: Mapping[str, str] | None = None) -> Manifest:
    """An object with a spec."""
    metadata = {"name": name, **({"annotations": dict(annotations)} if annotations else {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}


def http_route(gateway: str) -> Callable[[str, Weight], Sequence[Manifest]]:
    """An HTTPRoute at a Gateway, NAMESPACE/NAME."""
    namespace, name = gateway.split("/")

    def objects(host: str, weight: Weight) -> Sequence[Manifest]:
        parents = [{"namespace": namespace, "name": name}]
        spec = {"parentRefs": parents, "hostnames": [host], "rules": [{"backendRefs": backends(weight)}]}
        return [manifest("gateway.networking.k8s.io/v1", "HTTPRoute", spec)]

    return objects


def ingresses(host: str, weight: Weight) -> Sequence[Manifest]:
    """An Ingress; and a second one with the annotations of a canary."""

    def ingress(service: str, annotations: Mapping[str, str]) -> Manifest:
        backend = {"service": {"name": service, "port": {"number": 80}}}
        rule = {"host": host, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
        spec = {"ingressClassName": "nginx", "rules": [rule]}
        return manifest("networking.k8s.io/v1", "Ingress", spec, service, annotations)

    if weight is None:
        return [ingress(STABLE, {})]
    return [ingress(STABLE, {}), ingress(CANDIDATE, {CANARY: "true", f"{CANARY}-weight": str(weight)})]


def ingress_route(host: str, services: Sequence[Manifest]) -> Manifest:
    """An IngressRoute to some services."""
    spec = {"entryPoints": ["web"], "routes": [{"kind": "Rule", "match": f"Host(`{host}`)", "services": list(services)}]}
    return manifest("traefik.io/v1alpha1", "IngressRoute", spec)


def traefik_service(host: str, weight: Weight) -> Sequence[Manifest]:
    """A TraefikService, and the IngressRoute that leads to it."""
    spec = {"weighted": {"services": backends(weight)}}
    return [
        manifest("traefik.io/v1alpha1", "TraefikService", spec),
        ingress_route(host, [{"kind": "TraefikService", "name": STABLE}]),
    ]


def virtual_service(host: str, weight: Weight) -> Sequence[Manifest]:
    """A VirtualService at Istio's own Gateway."""
    entries = [
        {
            "destination": {"host": backend["name"], "port": {"number": 80}},
            **({"weight": backend["weight"]} if "weight" in backend else {}),
        }
        for backend in backends(weight)
    ]
    spec = {"hosts": [host], "gateways": ["istio-ingress/ingress"], "http": [{"route": entries}]}
    return [manifest("networking.istio.io/v1", "VirtualService", spec)]


HTTP_ROUTE = RouteKind(
    name="http_route",
    router="traefik",
    port=8000,
    ref={"kind": "HTTPRoute", "name": STABLE},
    objects=http_route("traefik/traefik"),
    weighed=f"/apis/gateway.networking.k8s.io/v1|httproutes/{STABLE}",
    places={STABLE: "/spec/rules/0/backendRefs/0/weight", CANDIDATE: "/spec/rules/0/backendRefs/1/weight"},
)
ISTIO_HTTP_ROUTE = dataclasses.replace(
    HTTP_ROUTE, name="istio_http_route", router="istio", port=8021, objects=http_route("istio-ingress/istio")
)
INGRESS = RouteKind(
    name="ingress",
    router="traefik",
    port=8000,
    ref={"kind": "Ingress", "name": STABLE},
    objects=ingresses,
    weighed=f"/apis/networking.k8s.io/v1|ingresses/{CANDIDATE}",
    places={CANDIDATE: f"/metadata/annotations/{CANARY.replace('/', '~1')}-weight"},
    text=True,
)
TRAEFIK_SERVICE = RouteKind(
    name="traefik_service",
    router="traefik",
    port=8000,
    ref={"kind": "TraefikService", "name": STABLE},
    objects=traefik_service,
    weighed=f"/apis/traefik.io/v1alpha1|traefikservices/{STABLE}",
    places={STABLE: "/spec/weighted/services/0/weight", CANDIDATE: "/spec/weighted/services/1/weight"},
)
STRICT_TRAEFIK_SERVICE = dataclasses.replace(TRAEFIK_SERVICE, name="strict_traefik_service", router="traefik-strict", port=8010)
INGRESS_ROUTE = RouteKind(
    name="ingress_route",
    router="traefik",
    port=8000,
    ref={"kind": "IngressRoute", "name": STABLE},
    objects=lambda host, weight: [ingress_route(host, backends(weight))],
    weighed=f"/apis/traefik.io/v1alpha1|ingressroutes/{STABLE}",
    places={STABLE: "/spec/routes/0/services/0/weight", CANDIDATE: "/spec/routes/0/services/1/weight"},
)
VIRTUAL_SERVICE = RouteKind(
    name="virtual_service",
    router="istio",
    port=8020,
    ref={"kind": "VirtualService", "name": STABLE},
    objects=virtual_service,
    weighed=f"/apis/networking.istio.io/v1|virtualservices/{STABLE}",
    places={STABLE: "/spec/http/0/route/0/weight", CANDIDATE: "/spec/http/0/route/1/weight"},
)
KINDS = (HTTP_ROUTE, INGRESS, TRAEFIK_SERVICE, INGRESS_ROUTE, VIRTUAL_SERVICE, ISTIO_HTTP_ROUTE)
"""Each once, as its router is usually set up."""
