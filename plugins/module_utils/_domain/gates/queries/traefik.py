# Copyright (c) 2026 the rollout.kubernetes contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Traefik 3, which counts by Service: https://doc.traefik.io/traefik/observability/metrics/overview/.

It calls a Service `shop-web-80@kubernetescrd`, after namespace, name and port, and a backend of an HTTPRoute
`httproute-...-svc-shop-web-0@kubernetesgateway`. The label is `service`; where Prometheus has one of that name for what it reads, as it has
by the operator's ServiceMonitor, Traefik's becomes `exported_service`.
"""

from __future__ import annotations

from .counters import Counters, Whose

_LABELS = ("service", "exported_service")


def counters(whose: Whose) -> Counters:
    """Return what Traefik counts of the requests that it sends to a Service."""
    service = whose.service or f"${whose.version}_service"
    # What stands behind the name has no dash, so that web is not taken for web-canary.
    named = f"(.+-svc-)?$namespace-({service})-[^-@]+@.+"

    def found(series: str, more: str = "") -> tuple[str, ...]:
        return tuple(f'{series}{{{label}=~"{named}"{more}}}' for label in _LABELS)

    return Counters(
        requests=found("traefik_service_requests_total"),
        failed=found("traefik_service_requests_total", ',code=~"5.."'),
        buckets=found("traefik_service_request_duration_seconds_bucket"),
    )
