# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A route of each kind, with much in it that is not ours: one of its rules names the Services `web` and `other`, four parts to one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_NGINX = "nginx.ingress.kubernetes.io/"


def _metadata(name: str, namespace: str, **annotations: str) -> dict[str, Any]:
    return {"name": name, "namespace": namespace, "labels": {"team": "shop"}, "annotations": {"note": "ours: 1", **annotations}}


def http_route(namespace: str = "shop") -> dict[str, Any]:
    """Gateway API: rules by path and by header, filters, timeouts."""
    header: dict[str, Any] = {"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [{"name": "x-rule", "value": "main"}]}}
    main = {
        "name": "main",
        "matches": [{"path": {"type": "PathPrefix", "value": "/shop"}, "headers": [{"name": "x-team", "value": "a"}]}],
        "filters": [header],
        "timeouts": {"request": "10s"},
        "backendRefs": [
            {"name": "web", "port": 80, "weight": 80, "filters": [header]},
            {"name": "other", "port": 80, "weight": 20},
        ],
    }
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": _metadata("web", namespace),
        "spec": {
            "parentRefs": [{"name": "public", "sectionName": "http"}],
            "hostnames": ["shop.example"],
            "rules": [{"backendRefs": [{"name": "api", "port": 80}]}, main],
        },
    }


def grpc_route(namespace: str = "shop") -> dict[str, Any]:
    """Gateway API: a rule by method."""
    main = {
        "matches": [{"method": {"service": "shop.Cart", "method": "Get"}}],
        "backendRefs": [{"name": "web", "port": 80, "weight": 4}, {"name": "other", "port": 80}],
    }
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "GRPCRoute",
        "metadata": _metadata("web", namespace),
        "spec": {"parentRefs": [{"name": "public"}], "rules": [main, {"backendRefs": [{"name": "api", "port": 80}]}]},
    }


def openshift_route(namespace: str = "shop") -> dict[str, Any]:
    """OpenShift: a Route with TLS and a path."""
    return {
        "apiVersion": "route.openshift.io/v1",
        "kind": "Route",
        "metadata": _metadata("web", namespace, **{"haproxy.router.openshift.io/timeout": "5s"}),
        "spec": {
            "host": "shop.example",
            "path": "/shop",
            "port": {"targetPort": "http"},
            "to": {"kind": "Service", "name": "web", "weight": 200},
            "alternateBackends": [{"kind": "Service", "name": "other", "weight": 50}],
            "tls": {"termination": "edge", "insecureEdgeTerminationPolicy": "Redirect"},
            "wildcardPolicy": "None",
        },
    }


def ingress(namespace: str = "shop") -> dict[str, Any]:
    """ingress-nginx: the second Ingress, whose Service is the candidate's; the rest is that of `web`, which it does not name."""
    path = {"path": "/shop", "pathType": "Prefix", "backend": {"service": {"name": "web-canary", "port": {"number": 80}}}}
    annotations = {f"{_NGINX}canary": "true", f"{_NGINX}canary-weight": "007", f"{_NGINX}proxy-read-timeout": "10"}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": _metadata("web-canary", namespace, **annotations),
        "spec": {"ingressClassName": "nginx", "rules": [{"host": "shop.example", "http": {"paths": [path]}}]},
    }


def virtual_service(namespace: str = "shop") -> dict[str, Any]:
    """Istio: routes by header and by prefix, retries, a mirror, and one of TCP."""
    main = {
        "name": "main",
        "match": [{"uri": {"prefix": "/shop"}}],
        "retries": {"attempts": 2, "perTryTimeout": "2s"},
        "timeout": "10s",
        "mirror": {"host": "shadow"},
        "route": [
            {"destination": {"host": f"web.{namespace}.svc.cluster.local", "port": {"number": 80}}, "weight": 80},
            {"destination": {"host": "other", "port": {"number": 80}}, "weight": 20, "headers": {"request": {"set": {"x-side": "other"}}}},
        ],
    }
    header = {"match": [{"headers": {"x-team": {"exact": "a"}}}], "route": [{"destination": {"host": "api"}}]}
    tcp = {"match": [{"port": 5432}], "route": [{"destination": {"host": "database"}}]}
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": _metadata("web", namespace),
        "spec": {"hosts": ["shop.example"], "gateways": ["public"], "http": [header, main], "tcp": [tcp]},
    }


def traefik_service(namespace: str = "shop") -> dict[str, Any]:
    """Traefik: Services with settings of their own."""
    return {
        "apiVersion": "traefik.io/v1alpha1",
        "kind": "TraefikService",
        "metadata": _metadata("web", namespace),
        "spec": {
            "weighted": {
                "services": [
                    {"name": "web", "port": 80, "weight": 4, "passHostHeader": True},
                    {"name": "other", "port": "http"},
                ],
            }
        },
    }


def ingress_route(namespace: str = "shop") -> dict[str, Any]:
    """Traefik: routes with middlewares."""
    main = {
        "kind": "Rule",
        "match": "Host(`shop.example`) && PathPrefix(`/shop`)",
        "priority": 10,
        "middlewares": [{"name": "limited"}],
        "services": [{"name": "web", "port": 80, "weight": 4}, {"name": "other", "port": 80}],
    }
    api = {"kind": "Rule", "match": "PathPrefix(`/api`)", "services": [{"name": "api", "port": 80}]}
    return {
        "apiVersion": "traefik.io/v1alpha1",
        "kind": "IngressRoute",
        "metadata": _metadata("web", namespace),
        "spec": {"entryPoints": ["web"], "routes": [api, main]},
    }


MANIFESTS: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "HTTPRoute": http_route,
    "GRPCRoute": grpc_route,
    "Route": openshift_route,
    "Ingress": ingress,
    "VirtualService": virtual_service,
    "TraefikService": traefik_service,
    "IngressRoute": ingress_route,
}
"""By kind."""
RULES: Mapping[str, str] = {
    "HTTPRoute": "main",
    "GRPCRoute": "0",
    "Route": "0",
    "Ingress": "canary",
    "VirtualService": "main",
    "TraefikService": "weighted",
    "IngressRoute": "1",
}
"""What the rule is called that names them."""
