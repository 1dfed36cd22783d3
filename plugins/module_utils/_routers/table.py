# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All routers: a new one is one file and one line here. Imported only by tasks that have routes."""

from __future__ import annotations

from collections.abc import Mapping

from .._domain.traffic.routes import Router
from . import gateway_api, ingress_nginx, istio, openshift_route, traefik

_ALL = (
    *(gateway_api.HTTP_ROUTE, gateway_api.GRPC_ROUTE),
    openshift_route.ROUTE,
    ingress_nginx.INGRESS,
    istio.VIRTUAL_SERVICE,
    *(traefik.TRAEFIK_SERVICE, traefik.INGRESS_ROUTE),
)
ROUTERS: Mapping[str, Router] = {router.kind: router for router in _ALL}
"""By the kind of their routes."""
