# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Traefik: `TraefikService` with `weighted.services`, and `IngressRoute`, whose routes have `services`, both with relative weights.

Sources: github.com/traefik/traefik/v3 v3.7.13, pkg/provider/kubernetes/crd/traefikio/v1alpha1/service.go and ingressroute.go,
pkg/provider/kubernetes/crd/kubernetes_http.go. A weight is 0 or more, 1 where there is none; a Service that is alone in an IngressRoute
gets everything, whatever its weight. A rule that names a Service that does not exist is not served at all, also at weight 0; so is one
that names a Service without endpoints, unless Traefik runs with `allowEmptyServices`. Nothing is told in the status.
"""

from __future__ import annotations

from collections.abc import Mapping

from .._domain.base.objects import JsonObject, mapping, text
from .._domain.base.resources import Resource
from .._domain.traffic.routes import Router, Rule, fingerprint_of, found_at
from .listed import Lists, elements, read_branches, written

_VERSION = "traefik.io/v1alpha1"
_SERVICES = ("spec", "weighted", "services")


def _service(entry: JsonObject, namespace: str) -> str:
    own = text(entry, "namespace") in ("", namespace)
    return text(entry, "name") if own and text(entry, "kind") in ("", "Service") else ""


def _leading(entry: JsonObject, service: str) -> JsonObject:
    return {**entry, "name": service}


def _weighted(obj: JsonObject) -> tuple[Rule, ...]:
    branches = read_branches(found_at(obj, _SERVICES), text(obj, "metadata", "namespace"), _service, 1)
    key = fingerprint_of(mapping(obj, *_SERVICES[:-1]), _SERVICES[-1])
    return (Rule("weighted", _SERVICES, branches, key),) if branches else ()


def _unfit(obj: JsonObject) -> str:
    if elements(found_at(obj, _SERVICES)):
        return ""
    return "has no spec.weighted.services, so no weight stands in it; name the TraefikService that has the Services and their weights."


def _sticky(obj: JsonObject) -> tuple[str, ...]:
    if not isinstance(found_at(obj, ("spec", "weighted", "sticky", "cookie")), Mapping):
        return ()
    return ("its spec.weighted.sticky binds clients by a cookie: who was served once stays where he is, whatever the weights say",)


_ROUTES = Lists((("spec", "routes"),), "services", _service, unset=1, alone=1)


TRAEFIK_SERVICE = Router(
    name="traefik",
    resource=Resource(_VERSION, "TraefikService", "traefikservices"),
    rules=_weighted,
    written=written,
    leading=_leading,
    most=1_000_000,
    fields={"f:spec": {"f:weighted": {"f:services": {}}}},
    unfit=_unfit,
    warnings=_sticky,
)
INGRESS_ROUTE = Router(
    name="traefik",
    resource=Resource(_VERSION, "IngressRoute", "ingressroutes"),
    rules=_ROUTES.read,
    written=written,
    leading=_leading,
    most=1_000_000,
    fields={"f:spec": {"f:routes": {}}},
)
